//! Search keys: one form in which every way to write the same thing is the same.
//!
//! A text is folded once when it is stored and once when it is searched for; the pieces of two
//! characters (bigrams) of the folded text are the index. Full-text search of neither database
//! finds two Japanese characters, so both get the same pieces made here.

use std::collections::BTreeSet;

use wana_kana::ConvertJapanese;

use super::characters::{is_dash, is_invisible, is_variation_selector, is_wave, narrow};
use super::kana::to_hiragana;
use super::variants::fold_variants;

/// How many characters of a text are searched; nobody's name or address is longer.
const TEXT_CAP: usize = 1000;
/// How many characters of a query count.
const QUERY_CAP: usize = 40;

/// The search key of a text: half-width lower-case letters, hiragana, common kanji forms, every
/// hyphen and long-vowel sign as `-`; without spaces, middle dots, double hyphens, and what cannot
/// be seen. Small kana stay small. Folding a key again changes nothing. Only the first 1,000
/// characters count.
#[must_use]
pub fn fold(text: &str) -> String {
    let capped: String = text
        .chars()
        .take(TEXT_CAP)
        .filter(|c| !(is_invisible(*c) || is_variation_selector(*c)))
        .map(large_ke)
        .collect();
    // Lower case can leave a loose accent (İ), so the composition comes after it.
    let plain = narrow(&narrow(&capped).to_lowercase());
    let simple: String = plain
        .chars()
        .filter(|c| !(is_invisible(*c) || is_variation_selector(*c)))
        .filter(|c| !(c.is_whitespace() || c.is_control() || matches!(c, '・' | '·' | '=' | '゠')))
        .map(simplified)
        .collect();
    fold_variants(&simple)
}

/// 市ヶ谷 and 市ケ谷 are one place. Before composition, because a voicing mark may follow.
const fn large_ke(c: char) -> char {
    match c {
        'ヶ' | 'ゖ' => 'け',
        'ヵ' | 'ゕ' => 'か',
        other => other,
    }
}

/// One character of a key, kanji aside.
fn simplified(c: char) -> char {
    match c {
        c if is_dash(c) || is_wave(c) => '-',
        '¥' => '\\',
        c => to_hiragana(c),
    }
}

/// The bigrams of a text's key; a key of one character is its own piece. Every piece of a query
/// is among the [`index_grams`] of each text in which it occurs.
#[must_use]
pub fn grams(text: &str) -> BTreeSet<String> {
    let key: Vec<char> = fold(text).chars().collect();
    match key.as_slice() {
        [] => BTreeSet::new(),
        [only] => BTreeSet::from([only.to_string()]),
        many => many.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

/// What is stored to find a text: its bigrams and each of its characters, so that a query of one
/// character finds it as well.
#[must_use]
pub fn index_grams(text: &str) -> BTreeSet<String> {
    let mut pieces = grams(text);
    pieces.extend(fold(text).chars().map(String::from));
    pieces
}

/// The keys to search for: the query folded, and, if it is in Latin letters that can be read as
/// Japanese, its kana (yamada, Satō). Empty for an empty query. Only 40 characters count.
#[must_use]
pub fn query_keys(query: &str) -> Vec<String> {
    let capped: String = query.chars().take(TEXT_CAP).collect();
    let key: String = fold(&capped).chars().take(QUERY_CAP).collect();
    if key.is_empty() {
        return Vec::new();
    }
    let kana = kana_of_romaji(&key);
    std::iter::once(key).chain(kana).collect()
}

/// The hiragana of a folded key that is romaji throughout, `None` if any letter is left over.
fn kana_of_romaji(key: &str) -> Option<String> {
    let spelled: String = key
        .chars()
        .map(|c| match c {
            'ā' | 'â' => "aa".to_owned(),
            'ī' | 'î' => "ii".to_owned(),
            'ū' | 'û' => "uu".to_owned(),
            'ē' | 'ê' => "ee".to_owned(),
            'ō' | 'ô' => "ou".to_owned(),
            other => other.to_string(),
        })
        .collect();
    if !spelled.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '\'' | '-')) {
        return None;
    }
    // Passport spelling writes ん before b, m, p as m: Namba, Homma.
    let spelled = spelled.replace("mb", "nb").replace("mm", "nm").replace("mp", "np");
    let kana = fold(&spelled.to_hiragana());
    kana.chars()
        .all(|c| matches!(c, 'ぁ'..='ゖ' | '-'))
        .then_some(kana)
        .filter(|kana| kana.chars().any(|c| c != '-'))
}

/// A text for `LIKE ? ESCAPE '\'` that stands for itself: `%`, `_` and `\` are escaped.
#[must_use]
pub fn like_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a query finds a stored text, as both databases do it.
    fn finds(query: &str, stored: &str) -> bool {
        let (index, text) = (index_grams(stored), fold(stored));
        query_keys(query)
            .iter()
            .any(|key| grams(key).is_subset(&index) && text.contains(key.as_str()))
    }

    #[test]
    fn the_same_name_is_found_however_it_is_written() {
        for (query, stored) in [
            ("やまだ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
            ("ヤマダ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
            ("ﾔﾏﾀﾞ", "ヤマダ　ハナコ"),
            ("やまだはなこ", "ヤマダ　ハナコ"),
            ("ﾌｼﾞﾀ", "ふじた"),
            ("フジタ", "ふし\u{3099}た"),
            ("yamada", "ヤマダ ハナコ"),
            ("ＹＡＭＡＤＡ", "ヤマダ ハナコ"),
            ("Satō", "サトウ"),
            ("Namba", "ナンバ"),
            ("ken", "ケンイチ"),
            ("高橋", "髙橋"),
            ("髙橋", "高橋"),
            ("崎", "山﨑"),
            ("吉田", "𠮷田"),
            ("葛城", "葛\u{E0100}城"),
            ("渡辺", "渡邉"),
            ("渡邊", "渡辺"),
            ("斉藤", "齋藤"),
            ("斎藤", "齊藤"),
            ("浜田", "濵田"),
            ("神谷", "\u{FA19}谷"),
            ("ジョンスミス", "ジョン・スミス"),
            ("smith", "John SMITH"),
            ("李", "李"),
            ("李", "李白"),
            ("花\u{200B}子", "しるべ 花子"),
            ("平成", "㍻元年"),
            ("1", "①"),
            ("株", "㈱しるべ"),
            ("市ケ谷", "市ヶ谷"),
            ("オーノ", "ｵ－ﾉ"),
            ("おー", "オーノ"),
            ("1-2-3", "１ー２−３"),
            ("ら〜", "ラーメン"),
            // The backslash key of a Japanese keyboard is the yen key.
            ("\\", "100¥"),
            ("%", "50%"),
        ] {
            assert!(finds(query, stored), "{query} in {stored}");
        }
    }

    #[test]
    fn another_name_is_not_found() {
        for (query, stored) in [
            ("やまた", "ヤマダ"),
            ("太田", "大田"),
            ("山本", "本山"),
            ("しよう", "ショウ"),
            ("%", "しるべ 花子"),
            ("_", "しるべ 花子"),
            ("\\", "しるべ 花子"),
            ("", "しるべ 花子"),
            ("　", "しるべ 花子"),
            ("Robert'); DROP", "しるべ 花子"),
            ("李", "木子"),
        ] {
            assert!(!finds(query, stored), "{query} in {stored}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in [
            "ﾔﾏﾀﾞ ﾊﾅｺ",
            "髙﨑 𠮷郎",
            "葛\u{E0100}城",
            "İstanbul",
            "①㈱㍻㋿",
            "¥〜～ー－−‐",
            "ヴァイオリン",
            "タ゛イスケ",
            "渡部 部",
            "ẞß",
            "ﷺ",
            "\u{FA19}",
            "ヶヵ",
            "ヶ\u{3099}",
            "Ω",
            "e\u{301}",
        ] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    #[test]
    fn one_sign_stands_for_all_hyphens_and_long_vowels() {
        for text in ["1ー2", "1－2", "1−2", "1‐2", "1–2", "1—2", "1―2", "1ｰ2", "1〜2", "1～2"]
        {
            assert_eq!(fold(text), "1-2", "{text}");
        }
    }

    #[test]
    fn pieces_are_pairs_of_characters() {
        let pieces: Vec<String> = grams("ヤマダ").into_iter().collect();
        assert_eq!(pieces, ["まだ", "やま"]);
        assert_eq!(grams("李"), BTreeSet::from(["李".to_owned()]));
        assert!(grams(" \u{200B}").is_empty());
        assert!(grams("𠮷田").contains("吉田"));
        assert!(index_grams("ヤマダ").contains("ま"));
    }

    #[test]
    fn letters_that_are_no_japanese_stay_letters() {
        assert_eq!(query_keys("yamada"), ["yamada", "やまだ"]);
        assert_eq!(query_keys("smith"), ["smith"]);
        assert_eq!(query_keys("やまだ"), ["やまだ"]);
        assert_eq!(query_keys("0312"), ["0312"]);
        assert_eq!(query_keys("-"), ["-"]);
        assert!(query_keys("").is_empty());
    }

    #[test]
    fn a_huge_query_is_cut_short() {
        let keys = query_keys(&"a".repeat(50_000));
        assert!(keys.iter().all(|key| key.chars().count() <= QUERY_CAP));
        assert!(fold(&"あ".repeat(50_000)).chars().count() <= TEXT_CAP);
    }

    #[test]
    fn wildcards_of_the_database_stand_for_themselves() {
        for (text, escaped) in
            [("50%", "50\\%"), ("a_b", "a\\_b"), ("\\", "\\\\"), ("しるべ", "しるべ")]
        {
            assert_eq!(like_escape(text), escaped);
        }
    }
}
