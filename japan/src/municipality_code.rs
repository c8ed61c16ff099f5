//! 全国地方公共団体コード: the six-digit code of a prefecture, city, town, village or ward.

use std::fmt;

use thiserror::Error;

use super::text::characters::narrow;

/// Why a text is not a municipality code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MunicipalityCodeError {
    /// Not six digits.
    #[error("a municipality code has six digits")]
    Length,
    /// The first two digits are not a prefecture (01 to 47).
    #[error("a municipality code begins with a prefecture, 01 to 47")]
    Prefecture,
    /// The last digit does not fit the others.
    #[error("the check digit of the municipality code does not fit")]
    CheckDigit,
}

impl MunicipalityCodeError {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Length, Self::Prefecture, Self::CheckDigit];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Length => "err.municipality.len",
            Self::Prefecture => "err.municipality.prefecture",
            Self::CheckDigit => "err.municipality.check",
        }
    }
}

/// A municipality code with a check digit that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MunicipalityCode(u32);

impl MunicipalityCode {
    /// Reads six digits, half or full width.
    ///
    /// # Errors
    /// Not six digits, no such prefecture, or a check digit that does not fit.
    pub fn parse(text: &str) -> Result<MunicipalityCode, MunicipalityCodeError> {
        let narrow = narrow(text);
        let text = narrow.trim();
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MunicipalityCodeError::Length);
        }
        let value: u32 = text.parse().map_err(|_| MunicipalityCodeError::Length)?;
        if !(1..=47).contains(&(value / 10_000)) {
            return Err(MunicipalityCodeError::Prefecture);
        }
        if check_digit(value / 10) != value % 10 {
            return Err(MunicipalityCodeError::CheckDigit);
        }
        Ok(MunicipalityCode(value))
    }

    /// The two-digit number of the prefecture, 1 to 47.
    #[must_use]
    pub const fn prefecture(self) -> u32 {
        self.0 / 10_000
    }
}

/// The check digit by the rule of the Ministry of Internal Affairs (weights 6 to 2, modulo 11).
fn check_digit(five_digits: u32) -> u32 {
    let sum: u32 = [(6, 10_000), (5, 1_000), (4, 100), (3, 10), (2, 1)]
        .into_iter()
        .map(|(weight, place)| weight * (five_digits / place % 10))
        .sum();
    (11 - sum % 11) % 10
}

impl fmt::Display for MunicipalityCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:06}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_the_first_municipalities_are_right() {
        for code in [
            "131016", "131032", "131105", "141003", "141011", "141020", "141038", "141046",
            "141054", "141062", "141071", "141089", "141097", "141101", "141119", "141127",
            "141135", "141143", "141151", "141160", "141178", "141186", "011002", "131237",
        ] {
            let parsed = MunicipalityCode::parse(code);
            assert_eq!(parsed.map(|code| code.to_string()), Ok(code.to_owned()));
        }
    }

    #[test]
    fn a_wrong_code_says_why() {
        for (code, error) in [
            ("131017", MunicipalityCodeError::CheckDigit),
            ("131061", MunicipalityCodeError::CheckDigit),
            ("13101", MunicipalityCodeError::Length),
            ("1310160", MunicipalityCodeError::Length),
            ("13101a", MunicipalityCodeError::Length),
            ("", MunicipalityCodeError::Length),
            ("481017", MunicipalityCodeError::Prefecture),
            ("001016", MunicipalityCodeError::Prefecture),
        ] {
            assert_eq!(MunicipalityCode::parse(code), Err(error), "{code}");
        }
    }

    #[test]
    fn full_width_digits_are_read() {
        let code = MunicipalityCode::parse("１３１０１６").unwrap();
        assert_eq!(code.prefecture(), 13);
    }
}
