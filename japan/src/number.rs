//! 受付番号: the booking number that people write down and read out on the telephone.
//!
//! Seven digits and a check digit by the Damm algorithm (H. M. Damm, 2004): every single wrong
//! digit and every swap of two neighbours is noticed. Said in two groups of four.

use std::fmt;

use thiserror::Error;

use super::text::characters::{is_dash, is_invisible, narrow};

/// How many numbers there are before the check digit: serials 0..=9,999,999.
const SERIALS: u32 = 10_000_000;

/// The totally anti-symmetric quasigroup of order 10 from Damm's thesis.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// The Damm check digit of some digits; 0 for digits that end in their own check digit.
fn damm(digits: &str) -> u8 {
    digits.bytes().fold(0, |interim, byte| DAMM[usize::from(interim)][usize::from(byte - b'0')])
}

/// Why a text is not a booking number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BookingNumberError {
    /// Nothing was typed.
    #[error("the booking number is empty")]
    Empty,
    /// Something other than digits, hyphens and spaces was typed.
    #[error("the booking number has characters that are not digits")]
    Characters,
    /// Not eight digits.
    #[error("the booking number does not have eight digits")]
    Length,
    /// The check digit does not fit: a digit was misheard or mistyped.
    #[error("the check digit of the booking number does not fit")]
    CheckDigit,
}

impl BookingNumberError {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Characters, Self::Length, Self::CheckDigit];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.number.empty",
            Self::Characters => "err.number.chars",
            Self::Length => "err.number.len",
            Self::CheckDigit => "err.number.check",
        }
    }
}

/// An eight-digit booking number whose check digit fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookingNumber(u32);

impl BookingNumber {
    /// The number with the given first seven digits, `None` above 9,999,999.
    #[must_use]
    pub fn from_serial(serial: u32) -> Option<BookingNumber> {
        (serial < SERIALS)
            .then(|| BookingNumber(serial * 10 + u32::from(damm(&format!("{serial:07}")))))
    }

    /// Reads a number in any notation: full-width digits, hyphens of any kind, spaces.
    ///
    /// # Errors
    /// Empty, other characters, not eight digits, or a check digit that does not fit.
    pub fn parse(text: &str) -> Result<BookingNumber, BookingNumberError> {
        let digits: String = narrow(text)
            .chars()
            .filter(|c| !(c.is_whitespace() || is_dash(*c) || is_invisible(*c)))
            .collect();
        if digits.is_empty() {
            return Err(BookingNumberError::Empty);
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BookingNumberError::Characters);
        }
        if digits.len() != 8 {
            return Err(BookingNumberError::Length);
        }
        if damm(&digits) != 0 {
            return Err(BookingNumberError::CheckDigit);
        }
        let value = digits.parse().map_err(|_| BookingNumberError::Characters)?;
        Ok(BookingNumber(value))
    }

    /// The eight digits without a separator, as they are stored.
    #[must_use]
    pub fn digits(self) -> String {
        format!("{:08}", self.0)
    }
}

impl fmt::Display for BookingNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> impl Iterator<Item = BookingNumber> {
        (0..SERIALS)
            .step_by(33_331)
            .chain([1, 9, 10, 4_821_375, SERIALS - 1])
            .filter_map(BookingNumber::from_serial)
    }

    #[test]
    fn the_check_digit_is_the_published_one() {
        // The worked example of the algorithm: 572 has check digit 4.
        assert_eq!(damm("572"), 4);
        assert_eq!(damm("5724"), 0);
    }

    #[test]
    fn every_number_can_be_read_back() {
        for number in sample() {
            assert_eq!(BookingNumber::parse(&number.digits()), Ok(number));
            assert_eq!(BookingNumber::parse(&number.to_string()), Ok(number));
        }
    }

    #[test]
    fn every_single_wrong_digit_is_noticed() {
        for number in sample() {
            let digits = number.digits();
            for place in 0..8 {
                for wrong in '0'..='9' {
                    let mut typed: Vec<char> = digits.chars().collect();
                    if typed[place] == wrong {
                        continue;
                    }
                    typed[place] = wrong;
                    let typed: String = typed.into_iter().collect();
                    assert_eq!(
                        BookingNumber::parse(&typed),
                        Err(BookingNumberError::CheckDigit),
                        "{typed} for {digits}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_swap_of_neighbours_is_noticed() {
        for number in sample() {
            let digits: Vec<char> = number.digits().chars().collect();
            for place in 0..7 {
                let mut typed = digits.clone();
                typed.swap(place, place + 1);
                if typed == digits {
                    continue;
                }
                let typed: String = typed.into_iter().collect();
                assert_eq!(BookingNumber::parse(&typed), Err(BookingNumberError::CheckDigit));
            }
        }
    }

    #[test]
    fn a_number_is_read_in_any_notation() {
        let number = BookingNumber::from_serial(4_821_375).unwrap();
        let digits = number.digits();
        let (head, tail) = digits.split_at(4);
        assert_eq!(number.to_string(), format!("{head}-{tail}"));
        let wide: String =
            digits.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xFEE0)).collect();
        for typed in [
            format!("{head}{tail}"),
            format!(" {head} {tail} "),
            format!("{head}ー{tail}"),
            format!("{head}−{tail}"),
            format!("{head}　{tail}\u{200B}"),
            wide,
        ] {
            assert_eq!(BookingNumber::parse(&typed), Ok(number), "{typed}");
        }
    }

    #[test]
    fn what_is_not_a_number_says_why() {
        for (typed, error) in [
            ("", BookingNumberError::Empty),
            ("　-", BookingNumberError::Empty),
            ("1234567", BookingNumberError::Length),
            ("123456789", BookingNumberError::Length),
            ("1234567a", BookingNumberError::Characters),
            ("1234567٣", BookingNumberError::Characters),
            ("-1e3", BookingNumberError::Characters),
        ] {
            assert_eq!(BookingNumber::parse(typed), Err(error), "{typed}");
        }
        assert_eq!(BookingNumber::from_serial(SERIALS), None);
    }
}
