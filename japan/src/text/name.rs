//! 氏名: the name of a person, in one field, as that person writes it.
//!
//! There is no split into family and given name. Variant characters (髙, 﨑, 𠮷), variation
//! selectors and private characters are part of the name and are kept.

use std::fmt;

use thiserror::Error;

use super::characters::{is_emoji, is_private, is_variation_selector};
use super::clean::one_line;
use super::limits::fits;

/// The most visible characters in a name.
pub const MAX_GRAPHEMES: usize = 100;
/// The most bytes in a name.
pub const MAX_BYTES: usize = 400;

/// Why a text is not accepted as a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing that can be seen was typed.
    #[error("the name is empty")]
    Empty,
    /// More than 100 characters or 400 bytes.
    #[error("the name is too long")]
    TooLong,
    /// There is an emoji.
    #[error("the name has an emoji")]
    Emoji,
}

impl NameError {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Empty, Self::TooLong, Self::Emoji];

    /// The key of the sentence to show; `err.name.long` takes `{max}`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.name.empty",
            Self::TooLong => "err.name.long",
            Self::Emoji => "err.name.emoji",
        }
    }
}

/// A person's name as typed, on one line, without characters that cannot be seen.
///
/// `Debug` shows no letter, so that a name cannot slip into a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// The key of the warning to show if [`PersonName::has_unprintable`].
    pub const UNPRINTABLE_KEY: &'static str = "warn.name.unprintable";

    /// Reads a name: composed, line breaks as spaces, one space between words.
    ///
    /// # Errors
    /// Empty, too long, or with an emoji.
    pub fn parse(text: &str) -> Result<PersonName, NameError> {
        let name = one_line(text);
        if name.chars().all(|c| c.is_whitespace() || is_variation_selector(c)) {
            return Err(NameError::Empty);
        }
        if !fits(&name, MAX_GRAPHEMES, MAX_BYTES) {
            return Err(NameError::TooLong);
        }
        if name.chars().any(is_emoji) {
            return Err(NameError::Emoji);
        }
        Ok(PersonName(name))
    }

    /// The name as it is stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name has a private character (外字) that will not print.
    #[must_use]
    pub fn has_unprintable(&self) -> bool {
        self.0.chars().any(is_private)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PersonName(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Result<String, NameError> {
        PersonName::parse(text).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn names_are_kept_as_people_write_them() {
        for name in [
            "しるべ 花子",
            "𠮷田 太郎",
            "髙橋 﨑子",
            "葛\u{E0100}城 一",
            "\u{FA19}谷 \u{FA1B}子",
            "李",
            "ﾔﾏﾀﾞ ﾊﾅｺ",
            "ジョン・スミス",
            "John Q. Public",
            "O'Neil",
            "<script>alert(1)</script>",
            "=HYPERLINK(1)",
            "Robert'); DROP",
            "㈱しるべ ㋿",
        ] {
            assert_eq!(stored(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_taken_out() {
        for (typed, expected) in [
            ("　しるべ　　花子　", "しるべ 花子"),
            ("しるべ\r\n花子", "しるべ 花子"),
            ("しるべ\u{202E}花子\u{2069}", "しるべ花子"),
            ("\u{FEFF}しる\u{200B}べ\u{AD}\0", "しるべ"),
            ("か\u{3099}", "が"),
        ] {
            assert_eq!(stored(typed).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_name_that_is_none_says_why() {
        let long = "あ".repeat(10_000);
        let stacked = format!("e{}", "\u{301}".repeat(500));
        for (typed, error) in [
            ("", NameError::Empty),
            ("　", NameError::Empty),
            ("\u{200B}\u{FEFF}\u{3164}", NameError::Empty),
            ("\u{E0100}", NameError::Empty),
            (long.as_str(), NameError::TooLong),
            (stacked.as_str(), NameError::TooLong),
            ("花子👩‍🦳", NameError::Emoji),
            ("🇯🇵", NameError::Emoji),
            ("花子❤\u{FE0F}", NameError::Emoji),
        ] {
            assert_eq!(stored(typed), Err(error));
        }
    }

    #[test]
    fn a_hundred_characters_are_allowed_and_one_more_is_not() {
        assert!(stored(&"あ".repeat(100)).is_ok());
        assert_eq!(stored(&"あ".repeat(101)), Err(NameError::TooLong));
    }

    #[test]
    fn a_private_character_is_kept_and_reported() {
        let name = PersonName::parse("\u{E000}田").unwrap();
        assert_eq!(name.as_str(), "\u{E000}田");
        assert!(name.has_unprintable());
        assert!(!PersonName::parse("𠮷田").unwrap().has_unprintable());
    }

    #[test]
    fn a_name_does_not_show_in_debug_output() {
        let name = PersonName::parse("しるべ 花子").unwrap();
        assert_eq!(format!("{name:?}"), "PersonName(..)");
    }
}
