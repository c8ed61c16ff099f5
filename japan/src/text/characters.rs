//! Kinds of characters: what looks like a hyphen, what cannot be seen, what cannot be printed.

use unicode_normalization::UnicodeNormalization;

/// Half-width letters and digits, full-width kana (Unicode NFKC), with detached voicing marks
/// (゛゜) joined to the kana before them.
///
/// Only for reading numbers and making search keys: it changes ㈱ and ㍻, which a stored text keeps.
#[must_use]
pub fn narrow(text: &str) -> String {
    text.chars().map(attached).nfkc().collect()
}

/// The combining form of a detached voicing mark.
fn attached(c: char) -> char {
    match c {
        '\u{309B}' => '\u{3099}',
        '\u{309C}' => '\u{309A}',
        other => other,
    }
}

/// Whether a character is a number in a sign of its own (①, ㊿, ½, Ⅳ): [`narrow`] would read digits
/// in it, and that is to guess. 全角 digits and 漢数字 are none.
#[must_use]
pub fn is_number_sign(c: char) -> bool {
    c.is_numeric() && !c.is_ascii_digit() && !('０'..='９').contains(&c)
}

/// Unicode NFC that leaves compatibility ideographs alone.
///
/// Plain NFC would turn the 神, 福 or 都 of older type in a name into today's shapes for good.
#[must_use]
pub fn compose(text: &str) -> String {
    text.split_inclusive(is_compatibility_ideograph)
        .flat_map(|piece| {
            let ideograph = piece.chars().next_back().filter(|c| is_compatibility_ideograph(*c));
            let rest = &piece[..piece.len() - ideograph.map_or(0, char::len_utf8)];
            rest.nfc().chain(ideograph).collect::<Vec<_>>()
        })
        .collect()
}

const fn is_compatibility_ideograph(c: char) -> bool {
    matches!(c, '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

/// Whether people use a character as a hyphen: hyphens, minus signs, dashes, box lines, and the
/// long-vowel mark ー. NFKC alone does not bring them together.
#[must_use]
pub const fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{00AD}' | '\u{02D7}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207B}'
                | '\u{208B}'
                | '\u{2212}'
                | '\u{2500}'
                | '\u{2501}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{30FC}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{FF70}'
    )
}

/// Whether a character is a wave dash or tilde of any kind.
#[must_use]
pub const fn is_wave(c: char) -> bool {
    matches!(c, '~' | '\u{223C}' | '\u{223E}' | '\u{301C}' | '\u{3030}' | '\u{FF5E}')
}

/// Joiners between the parts of one emoji or letter.
#[must_use]
pub const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Whether a character changes the direction of the text around it.
#[must_use]
pub const fn is_direction(c: char) -> bool {
    matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether a character leaves no mark on the page: zero-width and direction characters, fillers,
/// tags, byte order marks, joiners and the soft hyphen. Spaces and variation selectors do not count.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    is_joiner(c)
        || is_direction(c)
        || matches!(
            c,
            '\u{00AD}'
                | '\u{034F}'
                | '\u{115F}'
                | '\u{1160}'
                | '\u{17B4}'
                | '\u{17B5}'
                | '\u{180B}'..='\u{180E}'
                | '\u{200B}'
                | '\u{2060}'..='\u{2065}'
                | '\u{206A}'..='\u{206F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E00FF}'
        )
}

/// Whether a character picks one of several shapes of the character before it (IVS and others).
#[must_use]
pub const fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// 外字: a private character that only the computer it was made on can print.
#[must_use]
pub const fn is_private(c: char) -> bool {
    matches!(
        c,
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}'
    )
}

/// Whether a character is an emoji, a flag letter, a keycap, or a pictograph from the same blocks.
#[must_use]
pub const fn is_emoji(c: char) -> bool {
    matches!(
        c,
        '\u{20E3}'
            | '\u{231A}'..='\u{231B}'
            | '\u{23E9}'..='\u{23FA}'
            | '\u{2600}'..='\u{27BF}'
            | '\u{2B1B}'..='\u{2B1C}'
            | '\u{2B50}'
            | '\u{2B55}'
            | '\u{1F000}'..='\u{1FAFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_kana_come_out_in_one_width() {
        for (typed, expected) in
            [("０３－１２", "03-12"), ("ﾔﾏﾀﾞ", "ヤマダ"), ("タ゛", "ダ"), ("㍻元", "平成元")]
        {
            assert_eq!(narrow(typed), expected);
        }
    }

    #[test]
    fn composing_keeps_the_older_shapes_of_names() {
        for (typed, expected) in [
            ("か\u{3099}", "が"),
            ("\u{FA19}谷", "\u{FA19}谷"),
            ("か\u{3099}\u{FA1B}か\u{3099}", "が\u{FA1B}が"),
            ("髙﨑", "髙﨑"),
            ("", ""),
        ] {
            assert_eq!(compose(typed), expected);
        }
    }

    #[test]
    fn every_kind_of_hyphen_is_one_and_the_kanji_for_one_is_none() {
        for c in "-ー−‐‑–—―－ｰ".chars() {
            assert!(is_dash(c), "{c}");
        }
        for c in "一二ノ'".chars() {
            assert!(!is_dash(c), "{c}");
        }
    }
}
