//! How dates, times and numbers sound: the kana line under a sentence that is read out on the
//! telephone.
//!
//! 4 and 8 July sound alike (よっか, ようか), so the day of the week always follows the day.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};

const MONTHS: [&str; 12] = [
    "いちがつ",
    "にがつ",
    "さんがつ",
    "しがつ",
    "ごがつ",
    "ろくがつ",
    "しちがつ",
    "はちがつ",
    "くがつ",
    "じゅうがつ",
    "じゅういちがつ",
    "じゅうにがつ",
];

const DAYS: [&str; 31] = [
    "ついたち",
    "ふつか",
    "みっか",
    "よっか",
    "いつか",
    "むいか",
    "なのか",
    "ようか",
    "ここのか",
    "とおか",
    "じゅういちにち",
    "じゅうににち",
    "じゅうさんにち",
    "じゅうよっか",
    "じゅうごにち",
    "じゅうろくにち",
    "じゅうしちにち",
    "じゅうはちにち",
    "じゅうくにち",
    "はつか",
    "にじゅういちにち",
    "にじゅうににち",
    "にじゅうさんにち",
    "にじゅうよっか",
    "にじゅうごにち",
    "にじゅうろくにち",
    "にじゅうしちにち",
    "にじゅうはちにち",
    "にじゅうくにち",
    "さんじゅうにち",
    "さんじゅういちにち",
];

const HOURS: [&str; 12] = [
    "れいじ",
    "いちじ",
    "にじ",
    "さんじ",
    "よじ",
    "ごじ",
    "ろくじ",
    "しちじ",
    "はちじ",
    "くじ",
    "じゅうじ",
    "じゅういちじ",
];

/// Minutes 1 to 9; those ending in ぷん and ふん follow the sound before them.
const MINUTES: [&str; 9] = [
    "いっぷん",
    "にふん",
    "さんぷん",
    "よんぷん",
    "ごふん",
    "ろっぷん",
    "ななふん",
    "はっぷん",
    "きゅうふん",
];

/// Tens of minutes before further minutes: 25 is にじゅう + ごふん.
const TENS: [&str; 6] = ["", "じゅう", "にじゅう", "さんじゅう", "よんじゅう", "ごじゅう"];

/// Whole tens of minutes: 30 is さんじゅっぷん.
const WHOLE_TENS: [&str; 6] =
    ["", "じゅっぷん", "にじゅっぷん", "さんじゅっぷん", "よんじゅっぷん", "ごじゅっぷん"];

/// Digits one by one. 0, 4, 7 and 9 take the reading that cannot be misheard.
const DIGITS: [&str; 10] =
    ["ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"];

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "げつようび",
        Weekday::Tue => "かようび",
        Weekday::Wed => "すいようび",
        Weekday::Thu => "もくようび",
        Weekday::Fri => "きんようび",
        Weekday::Sat => "どようび",
        Weekday::Sun => "にちようび",
    }
}

/// 「しちがつ とおか、すいようび」.
#[must_use]
pub fn reading_date(date: NaiveDate) -> String {
    format!(
        "{} {}、{}",
        MONTHS[date.month0() as usize],
        DAYS[date.day0() as usize],
        weekday(date.weekday())
    )
}

/// 「ごご にじ」「ごぜん じゅうじ さんじゅっぷん」「しょうご」.
#[must_use]
pub fn reading_time(time: NaiveTime) -> String {
    if is_noon(time) {
        return "しょうご".to_owned();
    }
    format!("{} {}", half(time), clock(time))
}

/// 「ごご にじから よじまで」; ごぜん or ごご is said again only if it changes.
#[must_use]
pub fn reading_span(start: NaiveTime, end: NaiveTime) -> String {
    let same_half = half(start) == half(end) && !is_noon(start) && !is_noon(end);
    let end = if same_half { clock(end) } else { reading_time(end) };
    format!("{}から {end}まで", reading_time(start))
}

/// Digits one by one: 「よんはちにいち さんななごよん」. Groups follow the hyphens or spaces of the
/// text; without any, groups of four. Characters other than ASCII digits only separate.
#[must_use]
pub fn reading_digits(text: &str) -> String {
    let mut groups: Vec<Vec<u32>> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .map(|group| group.chars().filter_map(|c| c.to_digit(10)).collect())
        .collect();
    if let [only] = groups.as_slice() {
        groups = only.chunks(4).map(<[u32]>::to_vec).collect();
    }
    groups
        .iter()
        .map(|group| group.iter().map(|digit| DIGITS[*digit as usize]).collect())
        .collect::<Vec<String>>()
        .join(" ")
}

fn half(time: NaiveTime) -> &'static str {
    if time.hour() < 12 { "ごぜん" } else { "ごご" }
}

fn is_noon(time: NaiveTime) -> bool {
    time.hour() == 12 && time.minute() == 0
}

fn clock(time: NaiveTime) -> String {
    let hour = HOURS[(time.hour() % 12) as usize];
    let (tens, ones) = ((time.minute() / 10) as usize, (time.minute() % 10) as usize);
    match (tens, ones) {
        (0, 0) => hour.to_owned(),
        (tens, 0) => format!("{hour} {}", WHOLE_TENS[tens]),
        (tens, ones) => format!("{hour} {}{}", TENS[tens], MINUTES[ones - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    #[test]
    fn days_of_the_month_take_their_own_words() {
        for (date, reading) in [
            ("2024-07-10", "しちがつ とおか、すいようび"),
            ("2024-04-01", "しがつ ついたち、げつようび"),
            ("2024-09-04", "くがつ よっか、すいようび"),
            ("2024-09-08", "くがつ ようか、にちようび"),
            ("2024-06-14", "ろくがつ じゅうよっか、きんようび"),
            ("2024-12-20", "じゅうにがつ はつか、きんようび"),
            ("2024-10-24", "じゅうがつ にじゅうよっか、もくようび"),
            ("2024-08-31", "はちがつ さんじゅういちにち、どようび"),
            ("2024-01-16", "いちがつ じゅうろくにち、かようび"),
        ] {
            assert_eq!(reading_date(date.parse().unwrap()), reading);
        }
    }

    #[test]
    fn times_take_their_own_words() {
        for (clock, reading) in [
            ("14:00", "ごご にじ"),
            ("16:00", "ごご よじ"),
            ("07:00", "ごぜん しちじ"),
            ("09:00", "ごぜん くじ"),
            ("12:00", "しょうご"),
            ("00:00", "ごぜん れいじ"),
            ("10:30", "ごぜん じゅうじ さんじゅっぷん"),
            ("13:15", "ごご いちじ じゅうごふん"),
            ("13:01", "ごご いちじ いっぷん"),
            ("13:46", "ごご いちじ よんじゅうろっぷん"),
            ("13:10", "ごご いちじ じゅっぷん"),
        ] {
            assert_eq!(reading_time(time(clock)), reading);
        }
    }

    #[test]
    fn a_span_is_read_like_the_sentence() {
        assert_eq!(reading_span(time("14:00"), time("16:00")), "ごご にじから よじまで");
        assert_eq!(
            reading_span(time("10:00"), time("15:00")),
            "ごぜん じゅうじから ごご さんじまで"
        );
        assert_eq!(reading_span(time("10:00"), time("12:00")), "ごぜん じゅうじから しょうごまで");
    }

    #[test]
    fn numbers_are_read_digit_by_digit() {
        for (digits, reading) in [
            ("4821375", "よんはちにいち さんななご"),
            ("4821-3754", "よんはちにいち さんななごよん"),
            ("03-1234-5678", "ゼロさん いちにさんよん ごろくななはち"),
            ("9", "きゅう"),
            ("", ""),
        ] {
            assert_eq!(reading_digits(digits), reading);
        }
    }
}
