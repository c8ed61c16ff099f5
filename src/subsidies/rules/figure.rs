//! Figures of this room, and how numbers are shown. Numbers are read by `japan::amount`.

use crate::platform::japan::amount;

/// A figure with more digits before its point is none of a project.
const MOST_MILLI: i64 = 1_000_000_000_000;

/// A figure in thousandths: `37.5` is 37500. At most nine digits before the point, three after.
pub fn parse_milli(text: &str) -> Option<i64> {
    amount::figure(text).ok().filter(|milli| milli.abs() < MOST_MILLI)
}

/// A figure as it is read: `37.5`, without zeros at the end.
pub fn show_milli(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let (whole, part) = (milli.unsigned_abs() / 1000, milli.unsigned_abs() % 1000);
    let text = format!("{sign}{whole}.{part:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1,234,567`.
pub fn show_yen(yen: i64) -> String {
    let digits = yen.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if yen < 0 { format!("-{text}") } else { text }
}

/// Yen for each of `count`, rounded to the nearest; none for nobody.
pub fn yen_each(yen: i64, count: i64) -> Option<i64> {
    (count > 0).then(|| (yen + count / 2) / count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::japan::amount::MOST_YEN;

    #[test]
    fn figures_keep_three_decimals() {
        for (text, want, shown) in [
            ("37.5", Some(37_500), "37.5"),
            ("８０", Some(80_000), "80"),
            ("1,200", Some(1_200_000), "1200"),
            ("0.125", Some(125), "0.125"),
            ("-3", Some(-3_000), "-3"),
            ("1.2345", None, ""),
            ("", None, ""),
            (".5", None, ""),
            ("約80", None, ""),
            ("9999999999", None, ""),
        ] {
            let got = parse_milli(text);
            assert_eq!(got, want, "{text}");
            if let Some(milli) = got {
                assert_eq!(show_milli(milli), shown);
            }
        }
    }

    #[test]
    fn yen_are_shown_in_groups_and_shared_to_the_nearest() {
        for (yen, want) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(show_yen(yen), want);
        }
        assert_eq!(yen_each(1000, 3), Some(333));
        assert_eq!(yen_each(500, 3), Some(167));
        assert_eq!(yen_each(500, 0), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(milli in -999_999_999_999_i64..999_999_999_999, yen in 0..MOST_YEN) {
            prop_assert_eq!(parse_milli(&show_milli(milli)), Some(milli));
            prop_assert_eq!(amount::yen(&show_yen(yen)), Ok(yen));
        }
    }
}
