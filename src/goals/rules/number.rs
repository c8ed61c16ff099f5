//! Numbers in thousandths, exact on either database: how they are written. They are read by
//! `japan::amount`.

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::japan::amount::figure;

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
            assert_eq!(figure(text), Ok(milli), "{text}");
            assert_eq!(shown(milli), written, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(milli in -999_999_999_999_i64..999_999_999_999) {
            prop_assert_eq!(figure(&shown(milli)), Ok(milli));
            prop_assert_eq!(figure(&plain(milli)), Ok(milli));
        }
    }
}
