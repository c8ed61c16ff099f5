//! Numbers read off a paper roster: `1-8,10,12`, in any width, with 「、」 or 「・」.

use std::collections::BTreeSet;

use crate::platform::text::characters::{is_dash, is_wave, narrow};

/// The numbers in the text, each between 1 and `last`.
///
/// # Errors
/// The wording key of the sentence.
pub fn read(text: &str, last: i32) -> Result<BTreeSet<i32>, &'static str> {
    // A long vowel mark is what an input method makes of the hyphen key.
    let joined: String = narrow(text)
        .chars()
        .map(|c| if is_dash(c) || is_wave(c) || c == 'ー' { '-' } else { c })
        .collect();

    let separated = joined.replace([',', '、', '，', '。', '.', '・', '/'], " ");
    // A dash may stand between spaces; the rest is separated by them.
    let tight: Vec<&str> = separated.split('-').map(str::trim).collect();

    let mut found = BTreeSet::new();
    for word in tight.join("-").split_whitespace() {
        let (from, to) = match word.split_once('-') {
            Some((from, to)) => (number(from)?, number(to)?),
            None => (number(word)?, number(word)?),
        };
        if from == 0 || to < from {
            return Err("err.numbers.order");
        }
        if to > last {
            return Err("err.numbers.unknown");
        }
        found.extend(from..=to);
    }
    if found.is_empty() { Err("err.numbers.empty") } else { Ok(found) }
}

fn number(text: &str) -> Result<i32, &'static str> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("err.numbers.unreadable");
    }
    // More digits than the type holds are certainly past the last line.
    Ok(text.parse().unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_from_paper_are_read_in_any_width() {
        for (text, want) in [
            ("1-8,10,12", Ok(vec![1, 2, 3, 4, 5, 6, 7, 8, 10, 12])),
            ("１－３、５", Ok(vec![1, 2, 3, 5])),
            ("1ー3・5", Ok(vec![1, 2, 3, 5])),
            ("1〜3", Ok(vec![1, 2, 3])),
            (" 1 - 3 , 5 ", Ok(vec![1, 2, 3, 5])),
            ("12 1 1", Ok(vec![1, 12])),
            ("1,,2、", Ok(vec![1, 2])),
            ("", Err("err.numbers.empty")),
            ("、", Err("err.numbers.empty")),
            ("0", Err("err.numbers.order")),
            ("8-1", Err("err.numbers.order")),
            ("13", Err("err.numbers.unknown")),
            ("1-99999999999999999999999", Err("err.numbers.unknown")),
            ("1-", Err("err.numbers.unreadable")),
            ("-3", Err("err.numbers.unreadable")),
            ("1-2-3", Err("err.numbers.unreadable")),
            ("はなこ", Err("err.numbers.unreadable")),
        ] {
            let got = read(text, 12).map(|found| found.into_iter().collect::<Vec<_>>());
            assert_eq!(got, want, "{text:?}");
        }
    }
}
