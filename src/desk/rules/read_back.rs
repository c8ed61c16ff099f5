//! The sentence that the operator reads back, and how its numbers are said.

use chrono::{DateTime, Utc};
use entity::residents::contact_channel::Channel;

use crate::notices::message::held;
use crate::platform::japan::readings;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::{Lang, words};

/// What happens to the seat that is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Seat,
    Wait,
    /// The booking is about to be cancelled.
    Cancel,
    /// A day that was chosen while another seat is kept.
    Other,
    /// The same, for the waiting list of a day that is full.
    OtherWait,
}

/// What is read back.
#[derive(Clone, Debug)]
pub struct SeatFacts<'a> {
    pub what: What,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub title: &'a str,
    pub venue: &'a str,
    /// What to bring; may be empty.
    pub bring: &'a str,
    /// How the person is told; none when nothing is known.
    pub channel: Option<Channel>,
    /// 「4821-3754」; empty for what has none yet.
    pub number: &'a str,
}

/// The sentence and its reading line; the line is empty in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBack {
    pub sentence: String,
    pub reading: String,
}

/// Puts the sentence together: day, time, place, what to bring, way, number.
pub fn read_back(lang: Lang, seat: &SeatFacts) -> ReadBack {
    let date = local_date(seat.starts_at);
    let (day, span) = (lang.day(date), lang.span(seat.starts_at, seat.ends_at));
    let title = held(seat.title);
    let when = [
        ("date", day.as_str()),
        ("span", span.as_str()),
        ("venue", seat.venue),
        ("title", title.as_str()),
    ];

    let opening = match seat.what {
        What::Seat => "desk.readback.when",
        What::Wait => "desk.readback.wait",
        What::Cancel => "desk.readback.cancel",
        What::Other => "desk.readback.other",
        What::OtherWait => "desk.readback.other_wait",
    };

    let mut parts = vec![words::fill(lang, opening, &when)];
    if !seat.bring.is_empty() && seat.what == What::Seat {
        parts.push(words::fill(lang, "desk.readback.bring", &[("bring", seat.bring)]));
    }
    if let Some(channel) = seat.channel.filter(|_| seat.what != What::Cancel) {
        parts.push(words::text(lang, &by_way(channel)).to_owned());
    }

    let (from, to) = (local_time(seat.starts_at), local_time(seat.ends_at));
    let mut readings = vec![readings::reading_date(date), readings::reading_span(from, to)];
    if !seat.number.is_empty() {
        parts.push(words::fill(lang, "desk.readback.number", &[("number", seat.number)]));
        readings.push(readings::reading_digits(seat.number));
    }

    let reading = match lang {
        Lang::Ja => readings.join("。"),
        Lang::En => String::new(),
    };
    ReadBack { sentence: parts.join(lang.pick("", " ")), reading }
}

/// The wording key of how the person is told.
fn by_way(channel: Channel) -> String {
    format!("desk.readback.by.{channel}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};

    fn seat<'a>(bring: &'a str, channel: Option<Channel>, what: What) -> SeatFacts<'a> {
        let starts_at = Utc.with_ymd_and_hms(2024, 7, 10, 5, 0, 0).single().expect("valid");
        SeatFacts {
            what,
            starts_at,
            ends_at: starts_at + TimeDelta::hours(2),
            title: "基礎編",
            venue: "区役所1階",
            bring,
            channel,
            number: "4821-3754",
        }
    }

    #[test]
    fn the_sentence_has_day_time_place_things_way_and_number() {
        let said = read_back(Lang::Ja, &seat("充電器", Some(Channel::Letter), What::Seat));
        for part in
            ["7月10日（水曜日）", "午後2時から4時まで", "区役所1階", "充電器", "手紙", "4821-3754"]
        {
            assert!(said.sentence.contains(part), "{part}: {}", said.sentence);
        }
        assert_eq!(
            said.reading,
            "しちがつ とおか、すいようび。ごご にじから よじまで。よんはちにいち さんななごよん"
        );
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let said = read_back(Lang::Ja, &seat("", None, What::Seat));
        assert!(!said.sentence.contains("お持ち"), "{}", said.sentence);
        assert!(!said.sentence.contains("手紙"), "{}", said.sentence);
        let waiting = read_back(Lang::Ja, &seat("充電器", Some(Channel::Phone), What::Wait));
        assert!(!waiting.sentence.contains("充電器"), "{}", waiting.sentence);
        assert_ne!(waiting.sentence, said.sentence);
    }

    #[test]
    fn a_booking_to_be_cancelled_is_read_back_with_its_day_and_number() {
        let said = read_back(Lang::Ja, &seat("充電器", Some(Channel::Letter), What::Cancel));
        for part in ["7月10日（水曜日）", "基礎編", "取り消します", "4821-3754"] {
            assert!(said.sentence.contains(part), "{part}: {}", said.sentence);
        }
        assert!(!said.sentence.contains("充電器"), "{}", said.sentence);
        assert!(!said.sentence.contains("手紙"), "{}", said.sentence);
    }

    #[test]
    fn english_has_the_same_facts_and_no_reading_line() {
        let said = read_back(Lang::En, &seat("a charger", Some(Channel::Phone), What::Seat));
        for part in ["Wednesday 10 July 2024", "2 pm to 4 pm", "a charger", "4821-3754"] {
            assert!(said.sentence.contains(part), "{part}: {}", said.sentence);
        }
        assert_eq!(said.reading, "");
    }

    #[test]
    fn every_way_has_its_sentence() {
        for channel in Channel::ALL {
            assert!(words::exists(&by_way(*channel)), "{channel}");
        }
    }
}
