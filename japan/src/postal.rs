//! 郵便番号: postal codes, in any notation that people use.

use std::fmt;

use thiserror::Error;

use super::text::characters::{is_dash, is_invisible, is_number_sign, narrow};

/// The text is no postal code: not seven digits, or something else between and around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the postal code is not seven digits")]
pub struct PostalCodeError;

impl PostalCodeError {
    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        "err.postal.len"
    }
}

/// A postal code in the one form in which it is stored: 「102-0074」.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PostalCode(String);

impl PostalCode {
    /// Reads seven digits of any width, with 〒 or 「郵便番号」 before them and a hyphen or space of
    /// any kind behind the third.
    ///
    /// # Errors
    /// Anything else: nothing is dropped to make seven digits.
    pub fn parse(text: &str) -> Result<PostalCode, PostalCodeError> {
        if text.chars().any(is_number_sign) {
            return Err(PostalCodeError);
        }
        let text: String = narrow(text).chars().filter(|c| !is_invisible(*c)).collect();
        let text = text.trim();
        let text =
            ["〒", "郵便番号"].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
        let (head, rest) = text.split_at_checked(3).ok_or(PostalCodeError)?;
        let tail = rest.trim_start_matches(|c: char| c.is_whitespace() || is_dash(c));
        let plain =
            |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if plain(head, 3) && plain(tail, 4) {
            Ok(PostalCode(format!("{head}-{tail}")))
        } else {
            Err(PostalCodeError)
        }
    }

    /// The code as it is stored and shown, without 〒.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PostalCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_in_many_notations_is_one_code() {
        for text in [
            "1020074",
            "102-0074",
            "〒102-0074",
            "〒 1020074",
            "１０２－００７４",
            "〒１０２ー００７４",
            "102−0074",
            "102‐0074",
            "102 0074",
            "102　0074",
            "102 - 0074",
            "郵便番号：102-0074",
            "　102-0074\u{200B}　",
        ] {
            let code = PostalCode::parse(text);
            assert_eq!(code.as_ref().map(PostalCode::as_str), Ok("102-0074"), "{text}");
            assert_eq!(code.map(|code| PostalCode::parse(code.as_str()).is_ok()), Ok(true));
        }
    }

    #[test]
    fn what_is_no_postal_code_is_refused_and_not_mended() {
        for text in [
            "",
            "〒",
            "あいう",
            "000",
            "102-007",
            "102-00745",
            "10-20074",
            "102a0074",
            "1-0-2-0-0-7-4",
            "102-0074 東京都",
            "一〇二",
            "〒102-0074〒",
            "102--",
            "+102-0074",
            "㊿2-0074",
        ] {
            assert_eq!(PostalCode::parse(text), Err(PostalCodeError), "{text}");
        }
    }
}
