//! Numbers in thousandths: exact on either database, and read as people write them.

use crate::platform::text::characters::narrow;

/// 「1,250,000」「70.6」「43」.
pub fn shown(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let (whole, part) = (milli.unsigned_abs() / 1000, milli.unsigned_abs() % 1000);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }

    let part = format!("{part:03}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{grouped}"),
        part => format!("{sign}{grouped}.{part}"),
    }
}

/// For machines: 「1250000」「70.6」.
pub fn plain(milli: i64) -> String {
    shown(milli).replace(',', "")
}

/// For machines that read numbers: 70.6.
pub fn float(milli: i64) -> f64 {
    milli as f64 / 1000.0
}

/// Reads a number of any width, with or without commas: at most three places behind the point.
pub fn parse(text: &str) -> Option<i64> {
    let text = narrow(text.trim()).replace([',', '，'], "");
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };

    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let ends_well = !text.ends_with('.');
    if whole.is_empty() || whole.len() > 12 || part.len() > 3 || !ends_well {
        return None;
    }
    if !digits(whole) || !digits(part) {
        return None;
    }

    let whole: i64 = whole.parse().ok()?;
    let part: i64 = if part.is_empty() { 0 } else { format!("{part:0<3}").parse().ok()? };
    Some(sign * (whole * 1000 + part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_and_written_as_people_do() {
        for (text, milli, written) in [
            ("43", 43_000, "43"),
            ("70.6", 70_600, "70.6"),
            ("1,250,000", 1_250_000_000, "1,250,000"),
            ("１２．５", 12_500, "12.5"),
            ("-0.125", -125, "-0.125"),
            ("0", 0, "0"),
            ("1000", 1_000_000, "1,000"),
        ] {
            assert_eq!(parse(text), Some(milli), "{text}");
            assert_eq!(shown(milli), written, "{text}");
        }

        for wrong in ["", "約80", "1.2345", "1.", ".5", "12a", "1e3", "9999999999999", "--1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(milli in -999_999_999_999_i64..999_999_999_999) {
            prop_assert_eq!(parse(&shown(milli)), Some(milli));
            prop_assert_eq!(parse(&plain(milli)), Some(milli));
        }
    }
}
