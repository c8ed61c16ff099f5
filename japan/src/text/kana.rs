//! よみ: how a name is read. Typed in any kana, stored in full-width katakana.

use std::fmt;

use thiserror::Error;

use super::characters::{compose, is_dash, is_variation_selector, is_wave, narrow};
use super::clean::one_line;
use super::limits::fits;

/// The most visible characters in a reading.
pub const MAX_GRAPHEMES: usize = 100;
/// The most bytes in a reading.
pub const MAX_BYTES: usize = 400;

/// The sign between the parts of a foreign name, as it is stored (U+FF1D: every keyboard has it).
const EQUALS: char = '＝';
/// The sign that Unicode means for this (U+30A0).
const DOUBLE_HYPHEN: char = '゠';

/// How far the katakana block lies above the hiragana block.
const KATAKANA_OFFSET: u32 = 0x60;

/// Why a text is not accepted as a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KanaError {
    /// Nothing that can be seen was typed.
    #[error("the reading is empty")]
    Empty,
    /// More than 100 characters.
    #[error("the reading is too long")]
    TooLong,
    /// Latin letters instead of kana.
    #[error("the reading is in Latin letters")]
    Latin,
    /// Kanji, digits or signs.
    #[error("the reading has characters that are not kana")]
    NotKana,
}

impl KanaError {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Empty, Self::TooLong, Self::Latin, Self::NotKana];

    /// The key of the sentence to show; `err.kana.long` takes `{max}`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.kana.empty",
            Self::TooLong => "err.kana.long",
            Self::Latin => "err.kana.latin",
            Self::NotKana => "err.kana.chars",
        }
    }
}

/// A reading in full-width katakana, with one space between its parts.
///
/// `Debug` shows no letter, so that a name cannot slip into a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kana(String);

impl Kana {
    /// Reads hiragana, katakana and half-width katakana, with ー, 中点, spaces, and the double
    /// hyphen of foreign names (マリー＝クレール). A hyphen after a kana is taken for ー.
    ///
    /// # Errors
    /// Empty, too long, Latin letters, or other characters that are not kana.
    pub fn parse(text: &str) -> Result<Kana, KanaError> {
        let line = narrow(&one_line(text));
        let visible = line.chars().filter(|c| !is_variation_selector(*c));
        let mut kana = String::with_capacity(line.len());
        let mut latin = false;

        for c in visible {
            match c {
                'ァ'..='ヺ' | 'ヽ'..='ヾ' | '・' => kana.push(c),
                'ぁ'..='ゖ' | 'ゝ'..='ゞ' => kana.push(to_katakana(c)),
                '=' | DOUBLE_HYPHEN => {
                    if kana.is_empty() || kana.ends_with([' ', EQUALS]) {
                        return Err(KanaError::NotKana);
                    }
                    kana.push(EQUALS);
                }
                c if is_dash(c) || is_wave(c) => {
                    if kana.is_empty() || kana.ends_with(' ') {
                        return Err(KanaError::NotKana);
                    }
                    kana.push('ー');
                }
                c if c.is_whitespace() => {
                    if !kana.ends_with(' ') {
                        kana.push(' ');
                    }
                }
                c if is_latin(c) => latin = true,
                _ => return Err(KanaError::NotKana),
            }
        }

        // Latin letters have a sentence of their own; what is neither was refused above.
        if latin {
            return Err(KanaError::Latin);
        }
        if kana.trim_end().ends_with(EQUALS) {
            return Err(KanaError::NotKana);
        }

        let kana = compose(kana.trim());
        if kana.chars().all(|c| c == '・') {
            return Err(KanaError::Empty);
        }
        if !fits(&kana, MAX_GRAPHEMES, MAX_BYTES) {
            return Err(KanaError::TooLong);
        }
        Ok(Kana(kana))
    }

    /// The reading in full-width katakana.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reading in hiragana.
    #[must_use]
    pub fn hiragana(&self) -> String {
        self.0.chars().map(to_hiragana).collect()
    }
}

impl fmt::Debug for Kana {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Kana(..)")
    }
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\'' | '.' | '\u{C0}'..='\u{24F}' | '\u{2019}')
}

/// The katakana of a hiragana; other characters stay.
#[must_use]
pub fn to_katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ'..='ゞ' => {
            char::from_u32(u32::from(c) + KATAKANA_OFFSET).unwrap_or(c)
        }
        other => other,
    }
}

/// The hiragana of a katakana; other characters stay, ー among them.
#[must_use]
pub fn to_hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' | 'ヽ'..='ヾ' => {
            char::from_u32(u32::from(c) - KATAKANA_OFFSET).unwrap_or(c)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Result<String, KanaError> {
        Kana::parse(text).map(|kana| kana.as_str().to_owned())
    }

    #[test]
    fn every_kind_of_kana_is_stored_as_katakana() {
        for (typed, expected) in [
            ("しるべ　はなこ", "シルベ ハナコ"),
            ("シルベ  ハナコ", "シルベ ハナコ"),
            ("ｼﾙﾍﾞ ﾊﾅｺ", "シルベ ハナコ"),
            ("しるへ\u{3099}", "シルベ"),
            ("しるへ゛", "シルベ"),
            ("おーの", "オーノ"),
            ("ｵｰﾉ", "オーノ"),
            ("おお‐の", "オオーノ"),
            ("ら〜めん", "ラーメン"),
            ("ジョン・スミス", "ジョン・スミス"),
            ("ｼﾞｮﾝ･ｽﾐｽ", "ジョン・スミス"),
            ("マリー＝クレール", "マリー＝クレール"),
            ("まりー=くれーる", "マリー＝クレール"),
            ("ﾏﾘｰ゠ｸﾚｰﾙ", "マリー＝クレール"),
            ("ゔぃおら", "ヴィオラ"),
            ("すゞき", "スヾキ"),
            ("\u{200B}り\u{FEFF}", "リ"),
            ("しるべ\r\nはなこ", "シルベ ハナコ"),
        ] {
            assert_eq!(stored(typed).as_deref(), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn a_reading_that_is_none_says_why() {
        let long = "あ".repeat(101);
        for (typed, error) in [
            ("", KanaError::Empty),
            ("　", KanaError::Empty),
            ("・", KanaError::Empty),
            ("Shirube Hanako", KanaError::Latin),
            ("ｓｈｉｒｕｂｅ", KanaError::Latin),
            ("シルベ Hanako", KanaError::Latin),
            ("しるべ 花子", KanaError::NotKana),
            ("花子 hanako", KanaError::NotKana),
            ("しるべ1", KanaError::NotKana),
            ("ー", KanaError::NotKana),
            ("しるべ<b>", KanaError::NotKana),
            ("＝クレール", KanaError::NotKana),
            ("マリー＝", KanaError::NotKana),
            ("マリー＝＝クレール", KanaError::NotKana),
            ("しるべ👩", KanaError::NotKana),
            (long.as_str(), KanaError::TooLong),
        ] {
            assert_eq!(stored(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn a_stored_reading_is_read_unchanged() {
        for typed in ["しるべ はなこ", "ジョン・スミス", "ｵｰﾉ", "すゞき", "マリー＝クレール"]
        {
            let once = stored(typed).unwrap();
            assert_eq!(stored(&once), Ok(once));
        }
    }

    #[test]
    fn a_reading_is_shown_in_hiragana_too() {
        let kana = Kana::parse("シルベ ハナコー・ヴ").unwrap();
        assert_eq!(kana.hiragana(), "しるべ はなこー・ゔ");
        assert_eq!(format!("{kana:?}"), "Kana(..)");
    }
}
