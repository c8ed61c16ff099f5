//! Cleaning of texts other than names: one line, or several.

use thiserror::Error;

use super::characters::{compose, is_invisible, is_joiner};
use super::limits::fits;

/// Bytes allowed for each visible character: a kanji with its variation selector has up to eight.
const BYTES_PER_GRAPHEME: usize = 8;

/// Why a text is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// More visible characters (or far more bytes) than allowed.
    #[error("the text has more than {max} characters")]
    TooLong {
        /// The number of visible characters allowed.
        max: usize,
    },
}

impl TextError {
    /// The key of the sentence to show; it takes `{max}`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "err.text.long",
        }
    }
}

/// One line: line breaks and tabs become spaces, runs of spaces one, invisible and control
/// characters go. May be empty.
///
/// # Errors
/// `TooLong` above `max_graphemes` visible characters.
pub fn single_line(text: &str, max_graphemes: usize) -> Result<String, TextError> {
    within(one_line(text), max_graphemes)
}

/// A postal address: its lines, and the wide spaces that begin a new line on an envelope, stay.
/// Other runs of spaces become one; invisible and control characters go. May be empty.
///
/// # Errors
/// `TooLong` above `max_graphemes` visible characters.
pub fn address(text: &str, max_graphemes: usize) -> Result<String, TextError> {
    let unix = text.replace("\r\n", "\n");
    let lines = unix.split(is_line_break).map(|line| {
        let parts = line.split('\u{3000}').map(one_line).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("\u{3000}")
    });
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    within(lines.join("\n"), max_graphemes)
}

/// Text of several lines: line breaks become `\n`, control characters except tabs go, direction
/// and zero-width characters too; joiners inside emoji stay. No empty lines at the ends.
///
/// # Errors
/// `TooLong` above `max_graphemes` visible characters.
pub fn free_text(text: &str, max_graphemes: usize) -> Result<String, TextError> {
    let unix = text.replace("\r\n", "\n");
    let kept: String = unix
        .chars()
        .map(|c| if is_line_break(c) { '\n' } else { c })
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .filter(|c| is_joiner(*c) || !is_invisible(*c))
        .collect();
    let composed = compose(&kept);
    within(composed.trim().to_owned(), max_graphemes)
}

/// The cleaning of [`single_line`], without a limit.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if is_line_break(c) || c == '\t' { ' ' } else { c })
        .filter(|c| !(c.is_control() || is_invisible(*c)))
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    compose(&words.join(" "))
}

fn within(text: String, max: usize) -> Result<String, TextError> {
    if fits(&text, max, max.saturating_mul(BYTES_PER_GRAPHEME)) {
        Ok(text)
    } else {
        Err(TextError::TooLong { max })
    }
}

const fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_line_has_no_break_and_nothing_unseen() {
        for (typed, expected) in [
            ("講習会\r\nBCC: x", "講習会 BCC: x"),
            ("a\u{2028}b\u{85}c\td", "a b c d"),
            ("\u{202E}abc\u{2066}", "abc"),
            ("\u{FEFF}a\u{200B}b\u{AD}c\0\u{1B}[31m", "abc[31m"),
            ("　区役所　　1階　", "区役所 1階"),
            ("\u{200B}　", ""),
        ] {
            assert_eq!(single_line(typed, 100).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_address_keeps_its_lines() {
        for (typed, expected) in [
            ("九段南1-2-1\r\nしるべ荘  101", "九段南1-2-1\nしるべ荘 101"),
            ("　九段南1-2-1　　しるべ荘101　", "九段南1-2-1　しるべ荘101"),
            ("九段南 1-2-1", "九段南 1-2-1"),
            ("\n九段南\n\n1-2-1\t\u{200B}\n", "九段南\n1-2-1"),
            ("　\n ", ""),
        ] {
            assert_eq!(address(typed, 100).as_deref(), Ok(expected));
        }
        assert_eq!(address(&"あ".repeat(101), 100), Err(TextError::TooLong { max: 100 }));
    }

    #[test]
    fn markup_and_formulas_are_text_like_any_other() {
        for text in [
            "<script>alert(1)</script>",
            "\" onmouseover=",
            "{{7*7}}",
            "${jndi:ldap}",
            "javascript:",
            "=HYPERLINK(\"x\")",
            "+1",
            "@SUM",
        ] {
            assert_eq!(single_line(text, 100).as_deref(), Ok(text));
            assert_eq!(free_text(text, 100).as_deref(), Ok(text));
        }
    }

    #[test]
    fn free_text_keeps_its_lines_and_its_emoji() {
        for (typed, expected) in [
            ("一行目\r\n二行目\r三行目", "一行目\n二行目\n三行目"),
            ("ありがとう👩‍🦳", "ありがとう👩‍🦳"),
            ("a\u{202E}b\u{200B}c\0", "abc"),
            ("\n\n本文\n\n終わり\n", "本文\n\n終わり"),
            ("項目\t値", "項目\t値"),
        ] {
            assert_eq!(free_text(typed, 100).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_text_above_its_limit_is_refused_and_not_cut() {
        let long = "あ".repeat(10_000);
        assert_eq!(single_line(&long, 200), Err(TextError::TooLong { max: 200 }));
        assert_eq!(free_text(&long, 9_999), Err(TextError::TooLong { max: 9_999 }));
        assert!(free_text(&long, 10_000).is_ok());
        let stacked = format!("e{}", "\u{301}".repeat(5_000));
        assert!(single_line(&stacked, 200).is_err());
    }
}
