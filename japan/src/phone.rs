//! Japanese telephone numbers, in any notation that people use.
//!
//! A number is accepted by its shape alone (10 digits, or 11 for mobile-like prefixes): new ranges
//! come into use every year, and nobody may be turned away because a table does not know their
//! number. The table of ranges is used only to place the hyphens.

use std::fmt;

use rlibphonenumber::{PhoneNumber as Listed, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::text::characters::{is_dash, is_invisible, is_number_sign, narrow};

/// Why a text is not a telephone number in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// Nothing was typed.
    #[error("the telephone number is empty")]
    Empty,
    /// There are letters or other characters that no number has.
    #[error("the telephone number has characters that are not digits")]
    Characters,
    /// Too few or too many digits, or no area code.
    #[error("the telephone number does not have the right count of digits")]
    Length,
    /// A number that is right but for the 0 at its beginning, as spreadsheets leave it.
    #[error("the telephone number lacks its leading 0")]
    NoLeadingZero,
    /// A number of another country.
    #[error("the telephone number is not in Japan")]
    Foreign,
    /// An extension of other characters than digits, or of more than eight.
    #[error("the extension is not one to eight digits")]
    Extension,
}

/// The most digits of an extension.
const MAX_EXTENSION: usize = 8;

impl PhoneError {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Empty,
        Self::Characters,
        Self::Length,
        Self::NoLeadingZero,
        Self::Foreign,
        Self::Extension,
    ];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.tel.empty",
            Self::Characters => "err.tel.chars",
            Self::Length => "err.tel.len",
            Self::NoLeadingZero => "err.tel.zero",
            Self::Foreign => "err.tel.foreign",
            Self::Extension => "err.tel.ext",
        }
    }
}

/// A telephone number in Japan: the digits as dialled inside the country, and an extension.
///
/// `Debug` shows no digit, so that a number cannot slip into a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PhoneNumber {
    digits: String,
    extension: Option<String>,
}

impl PhoneNumber {
    /// Reads a number with full-width digits, hyphens and long-vowel signs of any kind, spaces,
    /// dots, parentheses, +81, and an extension (内線12, ext. 12).
    ///
    /// # Errors
    /// Empty, other characters, a wrong count of digits, no leading 0, another country, or an
    /// extension that cannot be kept as it is.
    pub fn parse(text: &str) -> Result<PhoneNumber, PhoneError> {
        if text.chars().any(is_number_sign) {
            return Err(PhoneError::Characters);
        }
        let text: String = narrow(text).chars().filter(|c| !is_invisible(*c)).collect();
        let (main, extension) = split_extension(&text);
        let extension = match extension {
            Some(text) => extension_digits(text)?,
            None => None,
        };
        let digits = national(&bare(main)?)?;
        Ok(PhoneNumber { digits, extension })
    }

    /// A number as it was stored: national digits, and an extension beside them.
    #[must_use]
    pub fn stored(digits: &str, extension: Option<&str>) -> PhoneNumber {
        PhoneNumber { digits: digits.to_owned(), extension: extension.map(str::to_owned) }
    }

    /// The digits as dialled inside Japan, as 「0312345678」: what is stored and compared.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The digits of an extension, if one was given.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    /// The number with hyphens, as 「03-1234-5678」, without the extension.
    #[must_use]
    pub fn display(&self) -> String {
        Listed::parse(&self.digits, Some(Region::JP))
            .ok()
            .filter(Listed::is_valid)
            .map(|listed| listed.format_as(PhoneNumberFormat::National).into_owned())
            .unwrap_or_else(|| grouped_by_shape(&self.digits))
    }

    /// The number as people read it out: 「03-1234-5678 内線12」.
    #[must_use]
    pub fn in_full(&self) -> String {
        match &self.extension {
            Some(extension) => format!("{} 内線{extension}", self.display()),
            None => self.display(),
        }
    }

    /// The national digits, and behind a `#` the extension: one text that [`Self::parse`] reads
    /// back whole.
    #[must_use]
    pub fn written(&self) -> String {
        match &self.extension {
            Some(extension) => format!("{}#{extension}", self.digits),
            None => self.digits.clone(),
        }
    }

    /// What a `tel:` link dials (RFC 3966).
    #[must_use]
    pub fn dialled(&self) -> String {
        match &self.extension {
            Some(extension) => format!("{};ext={extension}", self.digits),
            None => self.digits.clone(),
        }
    }

    /// The number in international notation, as "+81312345678".
    #[must_use]
    pub fn e164(&self) -> String {
        format!("+81{}", &self.digits[1..])
    }

    /// The last four digits: what a caller says to prove that a booking is theirs.
    #[must_use]
    pub fn last4(&self) -> &str {
        &self.digits[self.digits.len() - 4..]
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PhoneNumber(..)")
    }
}

/// The digits in a search text, in national form: "+81 3…" gives "03…". Empty if there are none.
#[must_use]
pub fn digits_of(query: &str) -> String {
    let narrow = narrow(query);
    let digits: String = narrow.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("81") {
        Some(rest) if narrow.trim_start().starts_with('+') => {
            format!("0{}", rest.trim_start_matches('0'))
        }
        _ => digits,
    }
}

/// Cuts a text before the word for an extension.
fn split_extension(text: &str) -> (&str, Option<&str>) {
    let lower = text.to_ascii_lowercase();
    let found = ["内線", "extension", "ext.", "ext", ";ext", "#", ";"]
        .into_iter()
        .filter_map(|word| lower.find(word).map(|at| (at, word.len())))
        .min_by_key(|(at, length)| (*at, usize::MAX - *length));
    match found {
        Some((at, length)) if at > 0 => (&text[..at], Some(&text[at + length..])),
        _ => (text, None),
    }
}

/// The digits behind the word for an extension; none when nothing stands there. Two extensions
/// (210・211) are not read as one.
fn extension_digits(text: &str) -> Result<Option<String>, PhoneError> {
    let around =
        |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ':' | '.' | '=' | '番' | '号');
    let digits = text.trim_matches(around);
    if digits.is_empty() {
        return Ok(None);
    }
    let fits = digits.len() <= MAX_EXTENSION && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(Some(digits.to_owned())) } else { Err(PhoneError::Extension) }
}

/// The digits of a number, with a leading + kept; separators are dropped.
///
/// # Errors
/// `Characters` if anything else is in the text.
fn bare(text: &str) -> Result<String, PhoneError> {
    let text = text.trim();
    let text = ["tel", "TEL", "Tel", "電話"]
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .unwrap_or(text);
    let mut digits = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            '(' | ')' | '.' | '/' | ':' | '・' => {}
            c if c.is_whitespace() || is_dash(c) => {}
            _ => return Err(PhoneError::Characters),
        }
    }
    Ok(digits)
}

/// Turns +81 into 0 and checks the shape.
fn national(digits: &str) -> Result<String, PhoneError> {
    if digits.is_empty() || digits == "+" {
        return Err(PhoneError::Empty);
    }
    let digits = if let Some(abroad) = digits.strip_prefix('+') {
        let rest = abroad.strip_prefix("81").ok_or(PhoneError::Foreign)?;
        format!("0{}", rest.trim_start_matches('0'))
    } else {
        match digits.strip_prefix("81") {
            // Inside Japan every number begins with 0, so this is +81 without its plus.
            Some(rest) if digits.len() >= 11 => format!("0{}", rest.trim_start_matches('0')),
            _ => digits.to_owned(),
        }
    };
    match digits.starts_with('0') {
        _ if has_national_shape(&digits) => Ok(digits),
        false if has_national_shape(&format!("0{digits}")) => Err(PhoneError::NoLeadingZero),
        _ => Err(PhoneError::Length),
    }
}

/// Whether digits have the shape of a number that can be dialled inside Japan: 0, an area code
/// that does not begin with 0, 10 digits; 11 digits where the third is 0 (020, 050 to 090, 0800),
/// and never 10 for 050 to 090. This is the frame of the national numbering plan
/// (電気通信番号計画), not a list of ranges in use.
fn has_national_shape(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    match bytes {
        [b'0', b'5'..=b'9', b'0', ..] => bytes.len() == 11,
        [b'0', b'1'..=b'9', b'0', ..] => bytes.len() == 10 || bytes.len() == 11,
        [b'0', b'1'..=b'9', ..] => bytes.len() == 10,
        _ => false,
    }
}

/// Hyphens for numbers that the table of ranges does not know.
fn grouped_by_shape(digits: &str) -> String {
    let first = match digits {
        _ if digits.len() == 11 => 3,
        _ if digits.starts_with("03") || digits.starts_with("06") => 2,
        _ => 3,
    };
    let (head, rest) = digits.split_at(first);
    let (middle, tail) = rest.split_at(rest.len() - 4);
    format!("{head}-{middle}-{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_many_notations_is_one_number() {
        for text in [
            "0312345678",
            "03-1234-5678",
            "０３－１２３４－５６７８",
            "０３ー１２３４ー５６７８",
            "03−1234–5678",
            "03‐1234—5678",
            "03―1234ｰ5678",
            "(03) 1234 5678",
            "（０３）１２３４－５６７８",
            "03.1234.5678",
            "+81 3 1234 5678",
            "+81-3-1234-5678",
            "+81(0)3-1234-5678",
            "＋８１３１２３４５６７８",
            "81312345678",
            "03-1234-5678 内線12",
            "03-1234-5678（内線１２）",
            "03-1234-5678 ext. 12",
            "03-1234-5678#12",
            "TEL: 03-1234-5678",
            "℡03-1234-5678",
            "電話　03-1234-5678",
            "\u{200B}03-1234-5678\u{FEFF}\r\n",
        ] {
            let number = PhoneNumber::parse(text);
            let digits = number.as_ref().map(PhoneNumber::digits);

            assert_eq!(digits, Ok("0312345678"), "{text}");
        }
    }

    #[test]
    fn an_extension_is_kept_apart() {
        for (text, extension) in [
            ("03-1234-5678 内線12", Some("12")),
            ("03-1234-5678（内線１２）", Some("12")),
            ("03-1234-5678 ext. 1234", Some("1234")),
            ("03-1234-5678 内線：210番", Some("210")),
            ("0312345678#210", Some("210")),
            ("0312345678;ext=210", Some("210")),
            ("03-1234-5678 内線", None),
            ("03-1234-5678", None),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().extension(), extension);
        }
    }

    #[test]
    fn an_extension_goes_wherever_its_number_goes() {
        let number = PhoneNumber::parse("03-1234-5678 内線210").unwrap();
        assert_eq!(number.in_full(), "03-1234-5678 内線210");
        assert_eq!(number.dialled(), "0312345678;ext=210");
        for text in [number.written(), number.in_full(), number.dialled()] {
            assert_eq!(PhoneNumber::parse(&text).as_ref(), Ok(&number), "{text}");
        }
        let plain = PhoneNumber::stored("0312345678", None);
        assert_eq!([plain.written(), plain.dialled()], ["0312345678", "0312345678"]);
        assert_eq!(plain.in_full(), "03-1234-5678");
    }

    #[test]
    fn a_number_is_shown_with_its_hyphens() {
        for (text, shown) in [
            ("0312345678", "03-1234-5678"),
            ("0452345678", "045-234-5678"),
            ("0422551234", "0422-55-1234"),
            ("09012345678", "090-1234-5678"),
            ("05012345678", "050-1234-5678"),
            ("0120123456", "0120-123-456"),
            ("0570012345", "0570-012-345"),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().display(), shown);
        }
    }

    #[test]
    fn a_number_that_no_table_knows_is_accepted_and_shown() {
        for (text, shown) in [
            ("03-0000-0012", "03-0000-0012"),
            ("090-0000-0012", "090-0000-0012"),
            ("060-0000-0012", "060-0000-0012"),
            ("045-000-0012", "045-000-0012"),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().display(), shown);
        }
    }

    #[test]
    fn what_is_not_a_number_says_why() {
        for (text, error) in [
            ("", PhoneError::Empty),
            ("　", PhoneError::Empty),
            ("ー", PhoneError::Empty),
            ("110", PhoneError::Length),
            ("1234567", PhoneError::Length),
            ("12345678", PhoneError::Length),
            ("031234567", PhoneError::Length),
            ("03123456789", PhoneError::Length),
            ("0901234567", PhoneError::Length),
            ("0000000000", PhoneError::Length),
            ("1234567890", PhoneError::Length),
            ("+81 110", PhoneError::Length),
            ("+1 212 555 0100", PhoneError::Foreign),
            ("なし", PhoneError::Characters),
            ("⓪3-1234-5678", PhoneError::Characters),
            ("03-abcd-5678", PhoneError::Characters),
            ("03-1234-567x", PhoneError::Characters),
            ("9012345678", PhoneError::NoLeadingZero),
            ("90-1234-5678", PhoneError::NoLeadingZero),
            ("８０１２３４５６７８", PhoneError::NoLeadingZero),
            ("312345678", PhoneError::NoLeadingZero),
            ("3-1234-5678", PhoneError::NoLeadingZero),
            ("03-1234-5678 内線たなか", PhoneError::Extension),
            ("03-1234-5678 内線210・211", PhoneError::Extension),
            ("03-1234-5678 内線123456789", PhoneError::Extension),
            ("03+12345678", PhoneError::Characters),
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn parts_and_other_forms_of_a_number_are_at_hand() {
        let number = PhoneNumber::parse("03-1234-5678").unwrap();
        assert_eq!(number.e164(), "+81312345678");
        assert_eq!(number.last4(), "5678");
        assert_eq!(format!("{number:?}"), "PhoneNumber(..)");
    }

    #[test]
    fn digits_of_a_search_text_are_in_national_form() {
        for (query, digits) in [
            ("５６７８", "5678"),
            ("03-1234", "031234"),
            ("+81 3-1234", "031234"),
            ("8134", "8134"),
            ("ヤマダ", ""),
        ] {
            assert_eq!(digits_of(query), digits);
        }
    }
}
