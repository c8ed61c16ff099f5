//! Pure decisions: how many, when, in which slots, and what speaks against it ([`conflicts`]).

mod conflicts;
mod moments;
mod typed;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use entity::sessions::session::SessionKind;
use entity::{RoomId, StaffId, VenueId};
use poem_openapi::Object;

use crate::platform::cells;
use crate::platform::error::FieldError;
use crate::platform::error::refusals;
use crate::platform::japan::time::local_date;
use crate::platform::japan::{AmountError, amount};

pub use conflicts::{
    Before, Conflict, Duty, Member, Plan, Planned, Programme, SessionWarning, confirmation,
    conflicts, gives,
};
pub use moments::{read_from, read_to};
pub use typed::{place_value, read_place, read_span};

/// People that a session can have (also a CHECK of the schema).
pub const MAX_CAPACITY: i32 = 500;
/// Longest session.
pub const MAX_LENGTH: TimeDelta = TimeDelta::hours(8);
/// Minutes of a consultation's slot when none are given.
pub const SLOT_MINUTES: i32 = 30;
/// Visible characters of a title.
pub const TITLE_LENGTH: usize = 80;
/// Visible characters of the reason why a session is called off.
pub const REASON_LENGTH: usize = 60;
/// Visible characters of what to bring.
pub const BRING_LENGTH: usize = 200;

refusals! {
    /// Why a session is not made or changed.
    Refusal {
        /// The session does not take place any more.
        NotPlanned => "session_not_planned",
        /// It has begun.
        Begun => "session_begun",
        /// It is over.
        Over => "session_over",
        /// Another session of the municipality has this code.
        CodeTaken => "session_code_taken",
        /// Another session is in the room; the sentence names it.
        RoomBusy => "room_busy",
        /// Fewer consultants than have slots: somebody would lose theirs.
        FewerConsultants => "session_fewer_consultants",
    }
}

/// Another time or place for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Object)]
pub struct NewTime {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub venue_id: VenueId,
    /// Without it no room is kept.
    pub room_id: Option<RoomId>,
}

/// What may be edited without touching anybody's booking.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub struct SessionChange {
    pub title_ja: String,
    pub title_en: String,
    pub bring_ja: String,
    pub bring_en: String,
    // Of a consultation it is the number of its slots and stays.
    /// 0 to 500, not fewer than have a seat, not more than the room holds.
    pub capacity: i64,
    pub is_public: bool,
}

/// The number in a capacity field, 0 to [`MAX_CAPACITY`].
///
/// # Errors
/// The wording key of the sentence.
pub fn parse_capacity(text: &str) -> Result<i32, &'static str> {
    match amount::count(text) {
        Ok(capacity) => check_capacity(i64::from(capacity)),
        Err(AmountError::Empty) => Err("err.session.capacity.empty"),
        Err(AmountError::TooGreat) => Err("err.session.capacity.range"),
        Err(_) => Err("err.session.capacity.digits"),
    }
}

/// A capacity as a number.
///
/// # Errors
/// The wording key of the sentence.
pub fn check_capacity(capacity: i64) -> Result<i32, &'static str> {
    match i32::try_from(capacity) {
        Ok(capacity) if (0..=MAX_CAPACITY).contains(&capacity) => Ok(capacity),
        _ => Err("err.session.capacity.range"),
    }
}

/// Whether a capacity fits the room, and those who have a seat already.
///
/// # Errors
/// The field error of `capacity`.
pub fn capacity_fits(capacity: i32, taken: i32, room: Option<i32>) -> Result<(), FieldError> {
    if capacity < taken {
        return Err(with("capacity", "err.session.capacity.taken", "n", taken));
    }
    match room {
        Some(room) if capacity > room => {
            Err(with("capacity", "err.session.capacity.room", "n", room))
        }
        _ => Ok(()),
    }
}

fn with(field: &str, wording: &'static str, name: &'static str, value: i32) -> FieldError {
    FieldError { values: vec![(name, value.to_string())], ..FieldError::new(field, wording) }
}

/// Whether a session can have this time: on the ten-minute grid, within one day in Japan, at
/// most [`MAX_LENGTH`].
///
/// # Errors
/// The field error of `starts_at` or `ends_at`.
pub fn check_time(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Result<(), FieldError> {
    let wrong = |field, wording| Err(FieldError::new(field, wording));
    if !(1970..=2100).contains(&local_date(starts_at).year()) {
        return wrong("starts_at", "err.session.time.year");
    }

    if !cells::on_grid(starts_at) {
        return wrong("starts_at", "err.session.time.grid");
    }
    if !cells::on_grid(ends_at) {
        return wrong("ends_at", "err.session.time.grid");
    }

    if ends_at <= starts_at {
        return wrong("ends_at", "err.session.time.order");
    }
    if local_date(starts_at) != local_date(ends_at) {
        return wrong("ends_at", "err.session.time.day");
    }
    if ends_at - starts_at > MAX_LENGTH {
        return wrong("ends_at", "err.session.time.long");
    }
    Ok(())
}

/// Whether a planned session may still be moved or cancelled.
///
/// # Errors
/// The rule that says no.
pub fn can_change(
    planned: bool,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if !planned {
        return Err(Refusal::NotPlanned);
    }
    if starts_at <= now {
        return Err(Refusal::Begun);
    }
    Ok(())
}

/// Whether a planned session may still get other staff: also while it runs, when somebody stands in.
///
/// # Errors
/// The rule that says no.
pub fn can_restaff(
    planned: bool,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if !planned {
        return Err(Refusal::NotPlanned);
    }
    if ends_at <= now {
        return Err(Refusal::Over);
    }
    Ok(())
}

/// Who leaves, who comes, and who comes in whose place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restaffing {
    /// The slots of the first pass to the second.
    pub replaced: Vec<(StaffId, StaffId)>,
    /// Come without anybody leaving.
    pub added: Vec<StaffId>,
    /// Leave without anybody coming.
    pub left: Vec<StaffId>,
}

/// Compares the staff of a session with those that it is to have.
pub fn restaffing(now: &[StaffId], wanted: &[StaffId]) -> Restaffing {
    let without = |all: &[StaffId], others: &[StaffId]| -> Vec<StaffId> {
        all.iter().copied().filter(|id| !others.contains(id)).collect()
    };
    let (mut left, mut added) = (without(now, wanted), without(wanted, now));
    let pairs = left.len().min(added.len());
    let replaced = left.drain(..pairs).zip(added.drain(..pairs)).collect();
    Restaffing { replaced, added, left }
}

/// One slot before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub staff_id: StaffId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// Cuts a consultation into slots: as many whole slots as fit, for each staff member.
/// `minutes` is a multiple of ten, so that slots lie on the grid.
pub fn cut_slots(
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    minutes: i32,
    staff: &[StaffId],
) -> Vec<Cut> {
    let step = TimeDelta::minutes(i64::from(minutes));
    let starts = std::iter::successors(Some(starts_at), |at| Some(*at + step));

    starts
        .take_while(|at| *at + step <= ends_at)
        .flat_map(|at| {
            staff.iter().map(move |id| Cut { staff_id: *id, starts_at: at, ends_at: at + step })
        })
        .collect()
}

/// Whether slots can have this length: 10 to 120 minutes, on the grid.
pub fn check_slot_minutes(minutes: i32) -> Result<(), FieldError> {
    if (10..=120).contains(&minutes) && minutes % 10 == 0 {
        return Ok(());
    }
    Err(FieldError::new("slot_minutes", "err.session.slot.minutes"))
}

/// The name of a session's row when nobody gave one: `20240710-class_basic-12`. `next` is
/// greater than every id so far, so the name is new.
pub fn code(kind: SessionKind, starts_at: DateTime<Utc>, next: i64) -> String {
    format!("{}-{kind}-{next}", local_date(starts_at).format("%Y%m%d"))
}

/// A day on which a place is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedDay {
    pub on: NaiveDate,
    pub reason_ja: String,
    pub reason_en: String,
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;

    use super::*;
    use crate::platform::japan::time::instant;

    fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        let date = NaiveDate::from_ymd_opt(2024, 7, day).expect("valid");
        instant(date, NaiveTime::from_hms_opt(hour, minute, 0).expect("valid"))
    }

    #[test]
    fn a_capacity_is_0_to_500_in_digits_of_any_width() {
        for (text, want) in [
            ("0", Ok(0)),
            ("10", Ok(10)),
            ("１０", Ok(10)),
            (" 500 ", Ok(500)),
            ("０５", Ok(5)),
            ("501", Err("err.session.capacity.range")),
            ("2147483648", Err("err.session.capacity.range")),
            ("99999999999999999999", Err("err.session.capacity.range")),
            ("-1", Err("err.session.capacity.digits")),
            ("−1", Err("err.session.capacity.digits")),
            ("1e3", Err("err.session.capacity.digits")),
            ("10.0", Err("err.session.capacity.digits")),
            ("十", Err("err.session.capacity.digits")),
            ("", Err("err.session.capacity.empty")),
            ("　", Err("err.session.capacity.empty")),
        ] {
            assert_eq!(parse_capacity(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_capacity_fits_the_room_and_those_who_have_a_seat() {
        for (capacity, taken, room, want) in [
            (12, 12, Some(12), None),
            (12, 0, None, None),
            (11, 12, Some(24), Some("err.session.capacity.taken")),
            (17, 0, Some(16), Some("err.session.capacity.room")),
        ] {
            let got = capacity_fits(capacity, taken, room).err().map(|error| error.wording);
            assert_eq!(got, want, "{capacity} with {taken} in {room:?}");
        }
    }

    #[test]
    fn a_session_lies_on_the_grid_within_one_day_of_eight_hours() {
        for (starts, ends, want) in [
            (at(10, 14, 0), at(10, 16, 0), None),
            (at(10, 9, 10), at(10, 17, 10), None),
            (at(10, 14, 5), at(10, 16, 0), Some("err.session.time.grid")),
            (at(10, 14, 0), at(10, 16, 1), Some("err.session.time.grid")),
            (at(10, 14, 0), at(10, 14, 0), Some("err.session.time.order")),
            (at(10, 16, 0), at(10, 14, 0), Some("err.session.time.order")),
            (at(10, 23, 0), at(11, 1, 0), Some("err.session.time.day")),
            (at(10, 9, 0), at(10, 17, 10), Some("err.session.time.long")),
            (
                DateTime::UNIX_EPOCH - TimeDelta::days(400),
                at(10, 1, 0),
                Some("err.session.time.year"),
            ),
        ] {
            let got = check_time(starts, ends).err().map(|error| error.wording);
            assert_eq!(got, want, "{starts} to {ends}");
        }
    }

    #[test]
    fn slots_are_cut_from_the_span_for_each_staff_member() {
        let staff = [StaffId(7), StaffId(8)];
        for (ends, minutes, count) in [
            (at(10, 16, 0), 30, 8),
            (at(10, 16, 0), 50, 4),
            (at(10, 15, 50), 30, 6),
            (at(10, 14, 20), 30, 0),
        ] {
            let slots = cut_slots(at(10, 14, 0), ends, minutes, &staff);
            assert_eq!(slots.len(), count, "{minutes} minutes until {ends}");
            assert!(
                slots.iter().all(|slot| slot.ends_at <= ends && cells::on_grid(slot.starts_at))
            );
        }

        let first = cut_slots(at(10, 14, 0), at(10, 16, 0), 30, &staff)[0];
        assert_eq!(
            first,
            Cut { staff_id: StaffId(7), starts_at: at(10, 14, 0), ends_at: at(10, 14, 30) }
        );
    }

    #[test]
    fn a_session_that_has_begun_or_is_cancelled_does_not_change() {
        for (planned, now, want) in [
            (true, at(9, 10, 0), Ok(())),
            (true, at(10, 14, 0), Err(Refusal::Begun)),
            (false, at(9, 10, 0), Err(Refusal::NotPlanned)),
        ] {
            assert_eq!(can_change(planned, at(10, 14, 0), now), want);
        }
    }

    #[test]
    fn a_name_of_its_own_says_the_day_in_japan() {
        let night = at(10, 0, 0);
        assert_eq!(code(SessionKind::ClassBasic, night, 12), "20240710-class_basic-12");
    }
}
