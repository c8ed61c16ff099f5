//! Pure decisions: when a promised call is due, and what a hearing tells about a person.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::inquiries::inquiry::Outcome;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{Device, Mobility, Need};
use entity::residents::resident_barrier::Barrier;

use crate::paths::rules::{self as path, Answer, Hearing};
use crate::platform::error::refusals;
use crate::platform::japan::OpeningHours;
use crate::platform::japan::time::{instant, local_date};
use crate::residents::actions::Learned;

/// Most characters of a note.
pub const LONGEST_NOTE: usize = 2000;
/// How far ahead a call can be promised.
const FARTHEST: TimeDelta = TimeDelta::days(366);

refusals! {
    /// Why an inquiry is not changed.
    Refusal {
        /// It was closed before.
        Closed => "inquiry_closed",
        /// 「予約した」 without a booking.
        NothingBooked => "nothing_booked",
    }
}

/// Whether a conversation can end so: 「予約した」 needs the booking.
///
/// # Errors
/// `NothingBooked`.
pub fn can_end(outcome: Outcome, booked: bool) -> Result<(), Refusal> {
    if outcome == Outcome::Booked && !booked { Err(Refusal::NothingBooked) } else { Ok(()) }
}

/// Why a call cannot be promised for an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCall {
    Past,
    TooFar,
    Closed,
}

impl NoCall {
    /// The key of the sentence to show.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Past => "err.call_back.past",
            Self::TooFar => "err.call_back.far",
            Self::Closed => "err.call_back.closed",
        }
    }
}

/// Whether a call can be promised for `at`: while the call centre is open, at most a year
/// ahead. This very moment is always possible, for somebody is there.
///
/// # Errors
/// The reason why not.
pub fn can_promise(
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    hours: &OpeningHours,
    closed: &[NaiveDate],
) -> Result<(), NoCall> {
    if at < now {
        return Err(NoCall::Past);
    }
    if at > now + FARTHEST {
        return Err(NoCall::TooFar);
    }
    if at == now || hours.is_open_at(at, closed) { Ok(()) } else { Err(NoCall::Closed) }
}

/// When a call promised for a day is due: when the call centre opens on that day or, if it is
/// closed then, on the next open day. For today it is an open hour from now. Without a day it
/// is the next open day.
///
/// # Errors
/// `Past` and `TooFar`.
pub fn promise_on(
    day: Option<NaiveDate>,
    now: DateTime<Utc>,
    hours: &OpeningHours,
    closed: &[NaiveDate],
) -> Result<DateTime<Utc>, NoCall> {
    let today = local_date(now);
    let at = match day {
        Some(day) if day < today => return Err(NoCall::Past),
        Some(day) if day == today => hours.add_open_hours(now, 1, closed),
        Some(day) if hours.is_open_on(day, closed) => Some(instant(day, hours.from())),
        day => hours
            .next_open_day(day.unwrap_or(today), closed)
            .map(|open| instant(open, hours.from())),
    };
    at.filter(|at| *at <= now + FARTHEST).ok_or(NoCall::TooFar)
}

/// How a promised call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// So many days late, by the calendar in Japan.
    Late(i64),
    /// Today, at a time that has passed.
    Passed,
    Today,
    Later,
}

/// How a call promised for `at` stands.
pub fn due(at: DateTime<Utc>, now: DateTime<Utc>) -> Due {
    let days = (local_date(now) - local_date(at)).num_days();
    match days {
        1.. => Due::Late(days),
        0 if at < now => Due::Passed,
        0 => Due::Today,
        _ => Due::Later,
    }
}

/// What of a hearing is kept of a person whose phone is `known`; an answer that was not given
/// changes nothing.
pub fn learned(hearing: &Hearing, known: Option<Device>) -> Learned {
    let need = |ease: path::Ease| match ease {
        path::Ease::Fine => Need::Fine,
        path::Ease::Hard => Need::Hard,
    };

    let barriers: Vec<Barrier> =
        hearing.reasons.iter().filter_map(|reason| Barrier::from_text(reason.word())).collect();
    let channels: Vec<Channel> =
        hearing.channels.iter().filter_map(|way| Channel::from_text(way.word())).collect();

    Learned {
        hearing: hearing.hearing.map(need),
        vision: hearing.vision.map(need),
        mobility: hearing.mobility.map(|said| match said {
            path::Mobility::Fine => Mobility::Fine,
            path::Mobility::Hard => Mobility::Hard,
            path::Mobility::CannotGoOut => Mobility::CannotGoOut,
        }),
        // Which smartphone somebody has is not asked. "No smartphone" is no word about another
        // phone: that one stays.
        device: match (hearing.device, known) {
            (Some(path::Device::None), Some(Device::FeaturePhone | Device::EasyPhone)) => None,
            (Some(path::Device::None), _) => Some(Device::None),
            _ => None,
        },
        barriers: (!barriers.is_empty()).then_some(barriers),
        channels: (!channels.is_empty()).then_some(channels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveTime, TimeZone};

    /// Hours in Japan in July 2024; the 1st is a Monday, the 15th is 海の日.
    fn at(day: u32, hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2024, 7, day, hour, 0, 0).single().expect("valid")
            - TimeDelta::hours(9)
    }

    fn hours() -> OpeningHours {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("valid");
        OpeningHours::weekdays(time(10), time(17)).expect("valid")
    }

    fn july(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 7, day).expect("valid")
    }

    #[test]
    fn a_call_is_promised_for_open_hours_to_come() {
        for (when, want) in [
            (at(2, 10), Ok(())),
            (at(2, 16), Ok(())),
            (at(2, 17), Err(NoCall::Closed)),
            (at(6, 11), Err(NoCall::Closed)),
            (at(15, 11), Err(NoCall::Closed)),
            (at(3, 11), Err(NoCall::Closed)),
            (at(1, 19), Ok(())),
            (at(1, 18), Err(NoCall::Past)),
            (at(1, 19) + TimeDelta::days(367), Err(NoCall::TooFar)),
        ] {
            assert_eq!(can_promise(when, at(1, 19), &hours(), &[july(3)]), want, "{when}");
        }
    }

    #[test]
    fn a_day_becomes_the_opening_of_that_day_or_the_next_open_one() {
        for (day, now, want) in [
            (Some(july(4)), at(1, 11), Ok(at(4, 10))),
            (Some(july(6)), at(1, 11), Ok(at(8, 10))),
            (Some(july(15)), at(1, 11), Ok(at(16, 10))),
            (Some(july(3)), at(1, 11), Ok(at(4, 10))),
            (Some(july(1)), at(1, 11), Ok(at(1, 12))),
            (Some(july(1)), at(1, 20), Ok(at(2, 11))),
            (None, at(1, 11), Ok(at(2, 10))),
            (None, at(5, 11), Ok(at(8, 10))),
            (Some(july(1)), at(2, 9), Err(NoCall::Past)),
            (NaiveDate::from_ymd_opt(2999, 1, 1), at(2, 9), Err(NoCall::TooFar)),
            (Some(NaiveDate::MAX), at(2, 9), Err(NoCall::TooFar)),
        ] {
            assert_eq!(promise_on(day, now, &hours(), &[july(3)]), want, "{day:?} {now}");
        }
    }

    #[test]
    fn only_a_call_with_a_booking_ends_as_booked() {
        for outcome in Outcome::ALL {
            assert_eq!(can_end(*outcome, true), Ok(()), "{outcome}");
            let want = match outcome {
                Outcome::Booked => Err(Refusal::NothingBooked),
                _ => Ok(()),
            };
            assert_eq!(can_end(*outcome, false), want, "{outcome}");
        }
    }

    #[test]
    fn lateness_is_counted_in_days_of_the_calendar() {
        for (promised, now, want) in [
            (at(1, 16), at(3, 10), Due::Late(2)),
            (at(1, 16), at(2, 1), Due::Late(1)),
            (at(2, 10), at(2, 11), Due::Passed),
            (at(2, 12), at(2, 11), Due::Today),
            (at(3, 10), at(2, 23), Due::Later),
        ] {
            assert_eq!(due(promised, now), want, "{promised} {now}");
        }
    }

    #[test]
    fn only_answers_that_were_given_are_kept() {
        assert_eq!(
            format!("{:?}", learned(&Hearing::default(), None)),
            format!("{:?}", Learned::default())
        );

        let said = r#"{"device":"none","hearing":"hard","mobility":"cannot_go_out",
            "reasons":["cost","no_interest"],"channels":["phone","letter"]}"#;
        let told = learned(&serde_json::from_str(said).expect("a hearing"), None);
        assert_eq!(told.device, Some(Device::None));
        assert_eq!((told.hearing, told.vision), (Some(Need::Hard), None));
        assert_eq!(told.mobility, Some(Mobility::CannotGoOut));
        assert_eq!(told.barriers, Some(vec![Barrier::NoInterest, Barrier::Cost]));
        assert_eq!(told.channels, Some(vec![Channel::Phone, Channel::Letter]));

        let uses = r#"{"device":"some_use"}"#;
        let uses = learned(&serde_json::from_str(uses).expect("a hearing"), None);
        assert_eq!(uses.device, None);
    }

    #[test]
    fn no_smartphone_takes_no_other_phone_away() {
        let said = serde_json::from_str(r#"{"device":"none"}"#).expect("a hearing");
        for (known, want) in [
            (None, Some(Device::None)),
            (Some(Device::None), Some(Device::None)),
            (Some(Device::Android), Some(Device::None)),
            (Some(Device::FeaturePhone), None),
            (Some(Device::EasyPhone), None),
        ] {
            assert_eq!(learned(&said, known).device, want, "{known:?}");
        }
    }

    #[test]
    fn every_answer_has_its_place_with_the_person() {
        for reason in path::Reason::ALL {
            assert!(Barrier::from_text(reason.word()).is_some(), "{}", reason.word());
        }
        for way in path::Channel::ALL {
            assert!(Channel::from_text(way.word()).is_some(), "{}", way.word());
        }
    }
}
