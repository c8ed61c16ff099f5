//! 金額・数: amounts of money, counts and figures, as people type them and paste them from a
//! spreadsheet.
//!
//! A number is kept or refused, never altered: what would have to be guessed (①, 10², 120万円, two
//! amounts in one field) is no number.

use thiserror::Error;

use super::text::characters::{is_dash, is_invisible, is_number_sign, narrow};

/// The greatest amount that is read: a hundred billion yen.
pub const MOST_YEN: i64 = 100_000_000_000;
/// The most digits of a figure before its point.
const MOST_DIGITS: usize = 12;
/// The most digits of a figure behind its point.
const MOST_DECIMALS: usize = 3;

/// What people write behind a count.
const COUNTERS: &[&str] =
    &["世帯", "か所", "ヶ所", "人", "名", "件", "回", "席", "枚", "台", "個", "分", "年", "歳"];

/// Why a text is not an amount, a count or a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("the number is empty")]
    Empty,
    /// The text is no number of this kind.
    #[error("the number cannot be read")]
    Unreadable,
    /// More digits behind the point than are kept.
    #[error("the number has too many decimals")]
    TooFine,
    /// More than is believed.
    #[error("the number is too great")]
    TooGreat,
}

impl AmountError {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Unreadable, Self::TooFine, Self::TooGreat];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.amount.empty",
            Self::Unreadable => "err.amount.unreadable",
            Self::TooFine => "err.amount.fine",
            Self::TooGreat => "err.amount.great",
        }
    }
}

/// Yen, a whole number from 0 to [`MOST_YEN`]: `120000`, 「１２０，０００円」, `¥1,200`.
///
/// # Errors
/// See [`AmountError`].
pub fn yen(text: &str) -> Result<i64, AmountError> {
    let bare = bare(text)?;
    whole(without_currency(&bare), MOST_YEN)
}

/// How many, from 0 on: `1200`, 「１，２００」, 「12人」.
///
/// # Errors
/// See [`AmountError`].
pub fn count(text: &str) -> Result<i32, AmountError> {
    let bare = bare(text)?;
    let counter = COUNTERS.iter().find_map(|word| bare.strip_suffix(word));
    let count = whole(counter.unwrap_or(&bare), i64::from(i32::MAX))?;
    i32::try_from(count).map_err(|_| AmountError::TooGreat)
}

/// A figure in thousandths, with a sign and up to three decimals: `37.5` is 37500.
///
/// # Errors
/// See [`AmountError`].
pub fn figure(text: &str) -> Result<i64, AmountError> {
    let bare = bare(text)?;
    let bare = without_currency(&bare);
    let (sign, digits) = match bare.strip_prefix(is_dash) {
        Some(rest) => (-1, without_currency(rest)),
        None => (1, bare),
    };

    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    if before.is_empty() || !is_digits(before) || !is_digits(behind) {
        return Err(AmountError::Unreadable);
    }
    if behind.len() > MOST_DECIMALS {
        return Err(AmountError::TooFine);
    }
    if before.len() > MOST_DIGITS {
        return Err(AmountError::TooGreat);
    }

    // At most fifteen digits together.
    let digits = format!("{before}{behind:0<MOST_DECIMALS$}");
    digits.parse::<i64>().map(|milli| sign * milli).map_err(|_| AmountError::TooGreat)
}

/// In half width, without spaces, thousands marks and what nobody can see. A mark or a space between
/// digits stands before three of them: `1,2` and `10 20` are two numbers.
fn bare(text: &str) -> Result<String, AmountError> {
    if text.chars().any(is_number_sign) {
        return Err(AmountError::Unreadable);
    }

    let seen: String = narrow(text).chars().filter(|c| !is_invisible(*c)).collect();
    let (mut bare, mut rest, mut is_marked) = (String::new(), seen.trim(), false);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if !c.is_whitespace() && !matches!(c, ',' | '、') {
            bare.push(c);
            continue;
        }

        let before = bare.bytes().rev().take_while(u8::is_ascii_digit).count();
        let behind = rest.trim_start().bytes().take_while(u8::is_ascii_digit).count();
        let is_between = before > 0 && behind > 0;
        let is_thousands = behind == 3 && (is_marked || before <= 3);
        if (is_between && !is_thousands) || (!is_between && !c.is_whitespace()) {
            return Err(AmountError::Unreadable);
        }
        is_marked |= is_between;
    }
    if bare.is_empty() { Err(AmountError::Empty) } else { Ok(bare) }
}

/// An amount without ¥ before it and 円 behind it.
fn without_currency(text: &str) -> &str {
    // On Japanese keyboards the backslash is a yen sign.
    let text = text.strip_prefix(['¥', '\\']).unwrap_or(text);
    text.strip_suffix('円').unwrap_or(text)
}

fn whole(digits: &str, most: i64) -> Result<i64, AmountError> {
    if digits.is_empty() || !is_digits(digits) {
        return Err(AmountError::Unreadable);
    }
    // More digits than the type holds are certainly too much.
    let number = digits.parse().unwrap_or(i64::MAX);
    if number <= most { Ok(number) } else { Err(AmountError::TooGreat) }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yen_are_read_as_people_and_spreadsheets_write_them() {
        for (text, yen_read) in [
            ("120000", 120_000),
            ("１２０，０００円", 120_000),
            ("¥1,200", 1200),
            ("￥１，２００", 1200),
            ("\\1,200", 1200),
            ("1、200円", 1200),
            (" 1 200 円\u{200B}", 1200),
            (" 0 ", 0),
            ("007", 7),
            ("1,200,000", 1_200_000),
            ("1, 200 円", 1200),
            ("100000000000", MOST_YEN),
        ] {
            assert_eq!(yen(text), Ok(yen_read), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_and_not_mended() {
        for (text, error) in [
            ("", AmountError::Empty),
            ("　", AmountError::Empty),
            (",", AmountError::Unreadable),
            ("円", AmountError::Unreadable),
            ("-5", AmountError::Unreadable),
            ("ー5", AmountError::Unreadable),
            ("△5", AmountError::Unreadable),
            ("12.5", AmountError::Unreadable),
            ("十万", AmountError::Unreadable),
            ("120万円", AmountError::Unreadable),
            ("120千円", AmountError::Unreadable),
            ("1e3", AmountError::Unreadable),
            // Two amounts are not one.
            ("100円200円", AmountError::Unreadable),
            ("円100", AmountError::Unreadable),
            ("1,2", AmountError::Unreadable),
            ("1、2", AmountError::Unreadable),
            ("10 20", AmountError::Unreadable),
            ("12,3456", AmountError::Unreadable),
            ("1200,000", AmountError::Unreadable),
            ("1,200,", AmountError::Unreadable),
            // A number in a sign of its own may be a footnote or a power.
            ("①", AmountError::Unreadable),
            ("10²", AmountError::Unreadable),
            ("100000000001", AmountError::TooGreat),
            ("99999999999999999999", AmountError::TooGreat),
        ] {
            assert_eq!(yen(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_count_is_read_with_the_word_behind_it() {
        for (text, read) in [
            ("12", Ok(12)),
            ("１２人", Ok(12)),
            ("１，２００ 世帯", Ok(1200)),
            ("5回", Ok(5)),
            ("0", Ok(0)),
            ("2147483647", Ok(i32::MAX)),
            ("2147483648", Err(AmountError::TooGreat)),
            ("99999999999999999999", Err(AmountError::TooGreat)),
            ("-1", Err(AmountError::Unreadable)),
            ("−1", Err(AmountError::Unreadable)),
            ("+1", Err(AmountError::Unreadable)),
            ("10.0", Err(AmountError::Unreadable)),
            ("十", Err(AmountError::Unreadable)),
            ("人", Err(AmountError::Unreadable)),
            ("約80", Err(AmountError::Unreadable)),
            ("1,200円", Err(AmountError::Unreadable)),
            ("㉚", Err(AmountError::Unreadable)),
            ("", Err(AmountError::Empty)),
        ] {
            assert_eq!(count(text), read, "{text}");
        }
    }

    #[test]
    fn figures_keep_three_decimals() {
        for (text, milli) in [
            ("37.5", Ok(37_500)),
            ("８０", Ok(80_000)),
            ("1,250,000", Ok(1_250_000_000)),
            ("１２．５", Ok(12_500)),
            ("0.125", Ok(125)),
            ("-0.125", Ok(-125)),
            ("−3", Ok(-3_000)),
            ("－３", Ok(-3_000)),
            ("-¥1,200円", Ok(-1_200_000)),
            ("1.", Ok(1_000)),
            ("999999999999.999", Ok(999_999_999_999_999)),
            ("9999999999999", Err(AmountError::TooGreat)),
            ("1.2345", Err(AmountError::TooFine)),
            (".5", Err(AmountError::Unreadable)),
            ("--1", Err(AmountError::Unreadable)),
            ("1.2.3", Err(AmountError::Unreadable)),
            ("12a", Err(AmountError::Unreadable)),
            ("1e3", Err(AmountError::Unreadable)),
            ("約80", Err(AmountError::Unreadable)),
            ("5½", Err(AmountError::Unreadable)),
            ("", Err(AmountError::Empty)),
        ] {
            assert_eq!(figure(text), milli, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_none(text in any::<String>()) {
            let within = yen(&text).map_or(true, |yen| (0..=MOST_YEN).contains(&yen));
            prop_assert!(within && count(&text).map_or(true, |count| count >= 0));
            let _ = figure(&text);
        }

        #[test]
        fn what_is_written_is_read_again(number in 0..MOST_YEN, decimals in 0..1000_i64) {
            let written = number.to_string();
            prop_assert_eq!(yen(&written), Ok(number));
            prop_assert_eq!(figure(&written), Ok(number * 1000));
            let milli = number * 1000 + decimals;
            prop_assert_eq!(figure(&format!("-{written}.{decimals:03}")), Ok(-milli));
        }
    }
}
