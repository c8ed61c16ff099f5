//! What became of the seat that was read back, and what has to be asked before it is given away.

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, BookingState};
use entity::sessions::slot;
use entity::{BookingId, SessionId, SlotId, StaffId};

/// What the operator chose among the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Keep this seat while we talk.
    Seat(SessionId, Option<SlotId>),
    /// Wait for a seat in this session.
    Wait(SessionId),
    /// No day now.
    Later,
}

impl Choice {
    /// Reads `12`, `12-34`, `wait-12` or `later`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "later" {
            return Some(Self::Later);
        }
        if let Some(session) = text.strip_prefix("wait-") {
            return session.parse().ok().map(|id| Self::Wait(SessionId(id)));
        }

        match text.split_once('-') {
            Some((session, slot)) => {
                let slot = SlotId(slot.parse().ok()?);
                Some(Self::Seat(SessionId(session.parse().ok()?), Some(slot)))
            }
            None => text.parse().ok().map(|id| Self::Seat(SessionId(id), None)),
        }
    }

    /// The text of the form.
    pub fn to_text(self) -> String {
        match self {
            Self::Seat(session, Some(slot)) => format!("{session}-{slot}"),
            Self::Seat(session, None) => session.to_string(),
            Self::Wait(session) => format!("wait-{session}"),
            Self::Later => "later".to_owned(),
        }
    }

    /// Whether the kept seat is given back for it.
    pub fn gives_up(self, session: SessionId, slot: Option<SlotId>) -> bool {
        self != Self::Seat(session, slot)
    }
}

/// What is asked before something is taken away: the seat of the call, or a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// This choice would give the kept seat back.
    Instead(Choice),
    /// A booking is to be cancelled.
    Cancel(BookingId),
    /// The call is to be left, and with it the kept seat.
    Leave,
}

impl Doubt {
    /// Reads the word of an address.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("instead", choice)) => Choice::parse(choice).map(Self::Instead),
            Some(("cancel", id)) => id.parse().ok().map(|id| Self::Cancel(BookingId(id))),
            None if text == "leave" => Some(Self::Leave),
            _ => None,
        }
    }

    /// The word of an address; ids only, nothing of the person.
    pub fn to_text(self) -> String {
        match self {
            Self::Instead(choice) => format!("instead:{}", choice.to_text()),
            Self::Cancel(id) => format!("cancel:{id}"),
            Self::Leave => "leave".to_owned(),
        }
    }
}

/// How the seat stands that was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// Kept for the caller, until the call ends.
    Kept,
    /// Booked meanwhile.
    Booked,
    /// Nobody has it for the caller any more: what was read back is not true.
    Gone,
}

/// What of a booking tells whether it is a seat that somebody keeps.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    pub state: BookingState,
    pub by: Option<StaffId>,
    pub until: Option<DateTime<Utc>>,
}

impl From<&booking::Model> for Hold {
    fn from(booking: &booking::Model) -> Self {
        Self { state: booking.state, by: booking.booked_by, until: booking.expires_at }
    }
}

impl Hold {
    /// Whether this staff member keeps it during a call.
    pub fn is_kept_by(self, staff_id: StaffId, now: DateTime<Utc>) -> bool {
        self.state == BookingState::Held
            && self.by == Some(staff_id)
            && self.until.is_some_and(|end| now < end)
    }
}

impl Seat {
    /// How a booking stands that `staff_id` kept in a call.
    pub fn of(hold: Hold, staff_id: StaffId, now: DateTime<Utc>) -> Self {
        match hold.state {
            BookingState::Held if hold.is_kept_by(staff_id, now) => Self::Kept,
            BookingState::Confirmed | BookingState::Offered => Self::Booked,
            _ => Self::Gone,
        }
    }
}

/// One slot for each time, and whether the person has met its staff member: the one met latest goes
/// first, and who was not met is as good as any other.
pub fn one_a_time<'a>(
    slots: impl Iterator<Item = &'a (slot::Model, String)>,
    met: &[i64],
) -> Vec<(&'a (slot::Model, String), bool)> {
    let rank = |slot: &slot::Model| {
        met.iter().position(|known| *known == slot.staff_id.0).unwrap_or(usize::MAX)
    };

    let mut best: Vec<&(slot::Model, String)> = Vec::new();
    for next in slots {
        match best.iter_mut().find(|held| held.0.starts_at == next.0.starts_at) {
            Some(held) if rank(&next.0) < rank(&held.0) => *held = next,
            Some(_) => {}
            None => best.push(next),
        }
    }

    best.into_iter().map(|best| (best, rank(&best.0) < usize::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};
    use entity::MunicipalityId;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2024, 7, 1, 1, 0, 0).single().expect("valid")
    }

    fn kept(state: BookingState, left: i64) -> Hold {
        Hold { state, by: Some(StaffId(7)), until: Some(now() + TimeDelta::seconds(left)) }
    }

    #[test]
    fn a_day_is_named_by_session_and_slot() {
        let session = SessionId(12);
        for (text, want) in [
            ("12", Some(Choice::Seat(session, None))),
            ("12-34", Some(Choice::Seat(session, Some(SlotId(34))))),
            ("wait-12", Some(Choice::Wait(session))),
            ("later", Some(Choice::Later)),
            ("", None),
            ("12-", None),
            ("wait-x", None),
        ] {
            assert_eq!(Choice::parse(text), want, "{text}");
            assert!(want.is_none_or(|choice| choice.to_text() == text), "{text}");
        }
    }

    #[test]
    fn a_doubt_survives_its_address() {
        for text in ["instead:12", "instead:12-34", "instead:wait-12", "instead:later", "cancel:9"]
        {
            assert_eq!(Doubt::parse(text).map(Doubt::to_text).as_deref(), Some(text));
        }
        assert_eq!(Doubt::parse("leave"), Some(Doubt::Leave));
        for text in ["", "cancel", "cancel:x", "instead:", "leave:1"] {
            assert_eq!(Doubt::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_same_seat_is_no_second_choice() {
        let (here, there) = (SessionId(12), SessionId(13));
        for (choice, want) in [
            (Choice::Seat(here, Some(SlotId(34))), false),
            (Choice::Seat(here, Some(SlotId(35))), true),
            (Choice::Seat(there, None), true),
            (Choice::Wait(there), true),
            (Choice::Later, true),
        ] {
            assert_eq!(choice.gives_up(here, Some(SlotId(34))), want, "{choice:?}");
        }
    }

    #[test]
    fn a_seat_that_ran_out_is_gone_whoever_has_cleared_it_away() {
        for (state, left, by, want) in [
            (BookingState::Held, 60, 7, Seat::Kept),
            (BookingState::Held, 60, 8, Seat::Gone),
            (BookingState::Held, 0, 7, Seat::Gone),
            (BookingState::Confirmed, 0, 7, Seat::Booked),
            (BookingState::Offered, 60, 7, Seat::Booked),
            (BookingState::Waiting, 60, 7, Seat::Gone),
            (BookingState::Expired, 0, 7, Seat::Gone),
            (BookingState::Cancelled, 0, 7, Seat::Gone),
        ] {
            assert_eq!(Seat::of(kept(state, left), StaffId(by), now()), want, "{state} {left}");
        }
    }

    #[test]
    fn of_several_at_one_time_the_one_whom_the_person_met_is_offered() {
        let at = Utc.with_ymd_and_hms(2024, 7, 10, 5, 0, 0).single().expect("valid");
        let slot = |id: i64, staff: i64, hours: i64| {
            let starts_at = at + TimeDelta::hours(hours);
            let slot = slot::Model {
                id: SlotId(id),
                municipality_id: MunicipalityId(1),
                session_id: SessionId(1),
                staff_id: StaffId(staff),
                starts_at,
                ends_at: starts_at + TimeDelta::minutes(30),
            };
            (slot, format!("担当{staff}"))
        };

        let free = [slot(1, 7, 0), slot(2, 8, 0), slot(3, 9, 0), slot(4, 7, 1), slot(5, 9, 2)];
        for (met, want) in [
            (&[][..], [(1, false), (4, false), (5, false)]),
            (&[8], [(2, true), (4, false), (5, false)]),
            (&[9, 8], [(3, true), (4, false), (5, true)]),
            (&[5], [(1, false), (4, false), (5, false)]),
        ] {
            let shown = one_a_time(free.iter(), met);
            let shown: Vec<(i64, bool)> =
                shown.into_iter().map(|((slot, _), met)| (slot.id.0, met)).collect();
            assert_eq!(shown, want, "{met:?}");
        }
    }
}
