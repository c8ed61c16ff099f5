//! Dates and times in words, for screens and paper.
//!
//! Japanese says 「午後2時」, never 14:00; the year appears on paper and for far days only.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};

use super::era::EraYear;

/// Half of the day, as Japanese names it.
fn half_ja(time: NaiveTime) -> &'static str {
    if time.hour() < 12 { "午前" } else { "午後" }
}

fn is_noon(time: NaiveTime) -> bool {
    time.hour() == 12 && time.minute() == 0
}

/// One letter for a day of the week: 「水」.
#[must_use]
pub const fn weekday_ja(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "月",
        Weekday::Tue => "火",
        Weekday::Wed => "水",
        Weekday::Thu => "木",
        Weekday::Fri => "金",
        Weekday::Sat => "土",
        Weekday::Sun => "日",
    }
}

/// The name of a day of the week in English: "Wednesday".
#[must_use]
pub const fn weekday_en(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// 「7月10日（水曜日）」.
#[must_use]
pub fn date_ja(date: NaiveDate) -> String {
    let weekday = weekday_ja(date.weekday());
    format!("{}月{}日（{weekday}曜日）", date.month(), date.day())
}

/// 「令和6年（2024年）7月10日（水曜日）」, for letters and other paper.
#[must_use]
pub fn date_long_ja(date: NaiveDate) -> String {
    let western = format!("{}年", date.year());
    let year = match EraYear::of(date) {
        Some(era_year) => format!("{}（{western}）", era_year.label_ja()),
        None => western,
    };
    format!("{year}{}", date_ja(date))
}

/// 「7/10(水)」, for narrow columns of staff screens.
#[must_use]
pub fn date_short_ja(date: NaiveDate) -> String {
    let weekday = weekday_ja(date.weekday());
    format!("{}/{}({weekday})", date.month(), date.day())
}

/// "Wednesday 10 July 2024".
#[must_use]
pub fn date_en(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

/// "Wed 10 Jul", for narrow columns of staff screens.
#[must_use]
pub fn date_short_en(date: NaiveDate) -> String {
    date.format("%a %-d %b").to_string()
}

/// 「午後2時」「午前10時30分」「正午」. Seconds are not said.
#[must_use]
pub fn time_ja(time: NaiveTime) -> String {
    if is_noon(time) {
        return "正午".to_owned();
    }
    format!("{}{}", half_ja(time), clock_ja(time))
}

/// 「2時」「10時30分」, without the half of the day.
fn clock_ja(time: NaiveTime) -> String {
    let hour = time.hour() % 12;
    match time.minute() {
        0 => format!("{hour}時"),
        minute => format!("{hour}時{minute}分"),
    }
}

/// 「午後2時から4時まで」; 午前 or 午後 is said again only if it changes.
#[must_use]
pub fn span_ja(start: NaiveTime, end: NaiveTime) -> String {
    let same_half = half_ja(start) == half_ja(end) && !is_noon(start) && !is_noon(end);
    let end = if same_half { clock_ja(end) } else { time_ja(end) };
    format!("{}から{end}まで", time_ja(start))
}

/// "2 pm", "10:30 am", "12 noon", "12 midnight". Seconds are not said.
#[must_use]
pub fn time_en(time: NaiveTime) -> String {
    let (afternoon, hour) = time.hour12();
    let half = if afternoon { "pm" } else { "am" };
    match (time.hour(), time.minute()) {
        (12, 0) => "12 noon".to_owned(),
        (0, 0) => "12 midnight".to_owned(),
        (_, 0) => format!("{hour} {half}"),
        (_, minute) => format!("{hour}:{minute:02} {half}"),
    }
}

/// "2 pm to 4 pm".
#[must_use]
pub fn span_en(start: NaiveTime, end: NaiveTime) -> String {
    format!("{} to {}", time_en(start), time_en(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    #[test]
    fn dates_are_said_in_words() {
        let day = date("2024-07-10");
        assert_eq!(date_ja(day), "7月10日（水曜日）");
        assert_eq!(date_long_ja(day), "令和6年（2024年）7月10日（水曜日）");
        assert_eq!(date_short_ja(day), "7/10(水)");
        assert_eq!(date_en(day), "Wednesday 10 July 2024");
        assert_eq!(date_short_en(day), "Wed 10 Jul");
        assert_eq!(date_long_ja(date("2019-05-01")), "令和元年（2019年）5月1日（水曜日）");
    }

    #[test]
    fn times_are_said_by_half_days() {
        for (clock, ja, en) in [
            ("00:00", "午前0時", "12 midnight"),
            ("00:30", "午前0時30分", "12:30 am"),
            ("10:00", "午前10時", "10 am"),
            ("10:30", "午前10時30分", "10:30 am"),
            ("12:00", "正午", "12 noon"),
            ("12:05", "午後0時5分", "12:05 pm"),
            ("14:00", "午後2時", "2 pm"),
            ("23:59", "午後11時59分", "11:59 pm"),
        ] {
            assert_eq!(time_ja(time(clock)), ja);
            assert_eq!(time_en(time(clock)), en);
        }
    }

    #[test]
    fn a_span_says_the_half_of_the_day_again_only_if_it_changes() {
        for (start, end, ja, en) in [
            ("14:00", "16:00", "午後2時から4時まで", "2 pm to 4 pm"),
            ("10:00", "11:30", "午前10時から11時30分まで", "10 am to 11:30 am"),
            ("10:00", "12:00", "午前10時から正午まで", "10 am to 12 noon"),
            ("10:00", "15:00", "午前10時から午後3時まで", "10 am to 3 pm"),
            ("12:00", "13:00", "正午から午後1時まで", "12 noon to 1 pm"),
            ("12:30", "14:00", "午後0時30分から2時まで", "12:30 pm to 2 pm"),
        ] {
            assert_eq!(span_ja(time(start), time(end)), ja);
            assert_eq!(span_en(time(start), time(end)), en);
        }
    }
}
