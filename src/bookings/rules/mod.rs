//! Pure decisions: who may have a seat, when an offer ends.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::bookings::booking::BookingState;
use entity::sessions::session::{Allocation, SessionState};

use crate::platform::error::refusals;
use crate::platform::japan::OpeningHours;

pub mod bursts;
pub mod numbers;
mod share;

pub use share::{Share, kept_until, web_seats};

/// How long a seat is kept after the last sign of the operator who talks.
pub const HOLD: TimeDelta = TimeDelta::minutes(5);
/// A hold that has less than this used up is not renewed: one write a minute is enough.
const RENEW_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Call-centre hours for the answer to an offer that is told on the phone.
pub const OFFER_HOURS: u32 = 14;
/// Call-centre hours for the answer to an offer that goes by letter: five working days, of which
/// printing and post take three.
pub const OFFER_HOURS_BY_LETTER: u32 = 35;
/// How long the seat of a cancelled booking is not offered on, so that taking it back finds it.
pub const KEEP: TimeDelta = TimeDelta::seconds(60);
/// No offer is made when fewer hours than this are left before the session.
pub const LAST_OFFER: TimeDelta = TimeDelta::hours(2);
/// Living bookings a person may have at once in sessions that are not over.
pub const MAX_LIVING: u64 = 12;

/// The lists of a roster, each numbered by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterList {
    Seats,
    /// Holds and offers.
    Pending,
    Waiting,
}

/// The list in which a living booking stands.
pub const fn roster_list(state: BookingState) -> RosterList {
    match state {
        BookingState::Waiting => RosterList::Waiting,
        BookingState::Confirmed => RosterList::Seats,
        _ => RosterList::Pending,
    }
}

/// The row number of each booking of a session, in the order of the roster, from 1 in each list.
/// It stands for the booking number wherever somebody looks who may not act for the person.
pub fn row_numbers(states: impl IntoIterator<Item = BookingState>) -> Vec<i32> {
    let mut last = [0; 3];
    let number = |state| {
        let last = &mut last[roster_list(state) as usize];
        *last += 1;
        *last
    };
    states.into_iter().map(number).collect()
}

refusals! {
    /// Why a booking is not made.
    Refusal {
        SessionCancelled => "session_cancelled",
        SessionStarted => "session_started",
        /// Seats are drawn, not booked.
        ByDraw => "by_draw",
        AlreadyBooked => "already_booked",
        /// The person is elsewhere at that time.
        Overlap => "overlap",
        Full => "session_full",
        SlotTaken => "slot_taken",
        SlotNeeded => "slot_needed",
        NoSlotHere => "no_slot_here",
        /// The seats that are left are kept for phone and counter.
        KeptForPhone => "kept_for_phone",
        TooMany => "too_many_bookings",
        /// The hold or offer ran out.
        TooLate => "too_late",
        /// The booking is not in the state that the verb needs.
        NotNow => "not_now",
        /// Attendance before the session begins.
        TooEarly => "too_early",
        /// The person died, moved away or withdrew.
        PersonSilent => "person_silent",
    }
}

/// Why an application cannot simply stand on the record of the person whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// The person is not contacted any more.
    Silent,
    /// The person has a booking in this session.
    Already,
    /// The person is elsewhere at that time.
    Elsewhere,
    TooMany,
}

impl Clash {
    /// The last part of its wording key.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Already => "already",
            Self::Elsewhere => "elsewhere",
            Self::TooMany => "too_many",
        }
    }

    /// What is said when it is tried all the same.
    pub const fn refusal(self) -> Refusal {
        match self {
            Self::Silent => Refusal::PersonSilent,
            Self::Already => Refusal::AlreadyBooked,
            Self::Elsewhere => Refusal::Overlap,
            Self::TooMany => Refusal::TooMany,
        }
    }
}

/// What a person has beside an application.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    pub active: bool,
    pub in_session: bool,
    pub elsewhere: bool,
    /// Living bookings in sessions that are not over.
    pub living: u64,
}

/// What speaks against it; nothing, when the application can be the person's.
pub fn clashes(beside: Beside) -> Vec<Clash> {
    let Beside { active, in_session, elsewhere, living } = beside;
    [
        (!active, Clash::Silent),
        (in_session, Clash::Already),
        (elsewhere && !in_session, Clash::Elsewhere),
        (living >= MAX_LIVING, Clash::TooMany),
    ]
    .into_iter()
    .filter_map(|(is_so, clash)| is_so.then_some(clash))
    .collect()
}

/// What a booking needs to know of its session.
#[derive(Clone, Copy, Debug)]
pub struct Seats {
    pub state: SessionState,
    pub allocation: Allocation,
    pub starts_at: DateTime<Utc>,
    pub capacity: i32,
    pub taken: i32,
    /// Free seats that are not for whoever asks.
    pub kept: i32,
    pub has_slots: bool,
}

impl Seats {
    /// Whether whoever asks can have one.
    pub fn left(&self) -> bool {
        self.taken + self.kept < self.capacity
    }
}

/// What somebody who asks for a place gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Seat,
    Wait,
}

/// Seat or wait. `slot` says whether a slot was chosen; `may_wait` whether the person would wait.
///
/// # Errors
/// The rule that says no.
pub fn place(
    seats: &Seats,
    slot: bool,
    may_wait: bool,
    now: DateTime<Utc>,
) -> Result<Place, Refusal> {
    open_for_booking(seats, now)?;
    if slot && !seats.has_slots {
        return Err(Refusal::NoSlotHere);
    }

    // A free seat was offered to those who wait before anybody else is asked. What is left is for
    // whoever asks first: also in the last hours, when no offer is made any more.
    match (seats.left(), may_wait) {
        (true, _) if seats.has_slots && !slot => Err(Refusal::SlotNeeded),
        (true, _) => Ok(Place::Seat),
        (false, true) => Ok(Place::Wait),
        (false, false) if seats.taken < seats.capacity => Err(Refusal::KeptForPhone),
        (false, false) => Err(Refusal::Full),
    }
}

/// Whether the session takes bookings at all.
///
/// # Errors
/// The rule that says no.
pub fn open_for_booking(seats: &Seats, now: DateTime<Utc>) -> Result<(), Refusal> {
    if seats.state == SessionState::Cancelled {
        return Err(Refusal::SessionCancelled);
    }
    if seats.starts_at <= now {
        return Err(Refusal::SessionStarted);
    }
    if seats.allocation == Allocation::Draw {
        return Err(Refusal::ByDraw);
    }
    Ok(())
}

/// Whether a hold or offer can still be turned into a booking.
///
/// # Errors
/// `TooLate` after its end, `NotNow` in any other state.
pub fn can_confirm(
    state: BookingState,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    match (state, expires_at) {
        (BookingState::Held | BookingState::Offered, Some(end)) if now < end => Ok(()),
        (BookingState::Held | BookingState::Offered, _) => Err(Refusal::TooLate),
        _ => Err(Refusal::NotNow),
    }
}

/// Whether a freed seat may still be offered, and until when the offer lasts: [`OFFER_HOURS`]
/// call-centre hours, or [`OFFER_HOURS_BY_LETTER`] for somebody who has no phone, but not into
/// the last [`LAST_OFFER`] before the session.
pub fn offer_end(
    now: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    has_phone: bool,
    hours: &OpeningHours,
    closed: &[NaiveDate],
) -> Option<DateTime<Utc>> {
    let latest = starts_at - LAST_OFFER;
    if now >= latest {
        return None;
    }

    let open_hours = if has_phone { OFFER_HOURS } else { OFFER_HOURS_BY_LETTER };
    let by_hours = hours.add_open_hours(now, open_hours, closed);
    Some(by_hours.map_or(latest, |end| end.min(latest)))
}

/// What a hold becomes that nobody confirmed. Somebody who waited before the hold waits again, in
/// the old place; `queued_at` is older than the hold then.
pub fn after_hold(queued_at: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) -> BookingState {
    match expires_at {
        Some(end) if queued_at + HOLD < end => BookingState::Waiting,
        _ => BookingState::Expired,
    }
}

/// The times of a hold that was renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    pub queued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A hold that goes on, because the talk does. None while
/// most of its time is left. Who did not wait before the hold does not wait after it either, see
/// [`after_hold`].
///
/// # Errors
/// As [`can_confirm`].
pub fn renewed(
    state: BookingState,
    queued_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<Renewed>, Refusal> {
    if state != BookingState::Held {
        return Err(Refusal::NotNow);
    }
    can_confirm(state, expires_at, now)?;

    let waited = after_hold(queued_at, expires_at) == BookingState::Waiting;
    let due = expires_at.is_none_or(|end| end - now <= HOLD - RENEW_AFTER);
    let queued_at = if waited { queued_at } else { now };
    Ok(due.then_some(Renewed { queued_at, expires_at: now + HOLD }))
}

/// Whether the person or the office may still take the booking back or change it.
///
/// # Errors
/// `NotNow` when it has ended, `SessionStarted` when it is too late.
pub fn can_change(
    state: BookingState,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if !state.is_living() {
        return Err(Refusal::NotNow);
    }
    if starts_at <= now {
        return Err(Refusal::SessionStarted);
    }
    Ok(())
}

/// What of a living booking can be given back once it is taken: nothing of a hold, which nobody
/// was promised.
pub fn can_come_back(state: BookingState) -> Option<BookingState> {
    match state {
        BookingState::Confirmed | BookingState::Waiting | BookingState::Offered => Some(state),
        BookingState::Held | BookingState::Cancelled | BookingState::Expired => None,
    }
}

/// What a cancelled booking becomes when it is given back. An offer becomes its old place in the
/// list again: who stands first there is asked anew.
///
/// # Errors
/// `NotNow` when nothing was taken, or it was given back already.
pub fn given_back(
    state: BookingState,
    taken_from: Option<BookingState>,
) -> Result<BookingState, Refusal> {
    match (state, taken_from) {
        (BookingState::Cancelled, Some(BookingState::Offered)) => Ok(BookingState::Waiting),
        (BookingState::Cancelled, Some(from)) => Ok(from),
        _ => Err(Refusal::NotNow),
    }
}

/// Whether attendance may be recorded: for a seat, from an hour before the start.
///
/// # Errors
/// `NotNow` without a seat, `TooEarly` before that hour.
pub fn can_attend(
    state: BookingState,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if state != BookingState::Confirmed {
        return Err(Refusal::NotNow);
    }
    if now < starts_at - TimeDelta::hours(1) {
        return Err(Refusal::TooEarly);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveTime, TimeZone};

    fn at(day: u32, hour: u32) -> DateTime<Utc> {
        // Hours in Japan.
        Utc.with_ymd_and_hms(2024, 7, day, hour, 0, 0).single().expect("valid")
            - TimeDelta::hours(9)
    }

    fn seats(taken: i32) -> Seats {
        Seats {
            state: SessionState::Planned,
            allocation: Allocation::FirstCome,
            starts_at: at(20, 14),
            capacity: 12,
            taken,
            kept: 0,
            has_slots: false,
        }
    }

    #[test]
    fn a_seat_goes_to_who_comes_first_and_then_people_wait() {
        for (taken, may_wait, want) in [
            (0, false, Ok(Place::Seat)),
            (11, true, Ok(Place::Seat)),
            (12, false, Err(Refusal::Full)),
            (12, true, Ok(Place::Wait)),
        ] {
            assert_eq!(place(&seats(taken), false, may_wait, at(10, 10)), want, "{taken} taken");
        }
    }

    #[test]
    fn each_list_of_a_roster_is_numbered_by_itself() {
        use BookingState::{Confirmed, Held, Offered, Waiting};
        for (states, want) in [
            (vec![], vec![]),
            (vec![Confirmed, Held, Confirmed, Offered], vec![1, 1, 2, 2]),
            (vec![Confirmed, Waiting, Waiting], vec![1, 1, 2]),
        ] {
            assert_eq!(row_numbers(states.clone()), want, "{states:?}");
        }
    }

    #[test]
    fn a_kept_seat_is_not_for_whoever_asks() {
        let kept = Seats { kept: 4, ..seats(8) };
        for (asked, may_wait, want) in [
            (Seats { kept: 4, ..seats(7) }, false, Ok(Place::Seat)),
            (kept, false, Err(Refusal::KeptForPhone)),
            (kept, true, Ok(Place::Wait)),
            (Seats { kept: 0, ..seats(12) }, false, Err(Refusal::Full)),
        ] {
            assert_eq!(place(&asked, false, may_wait, at(10, 10)), want, "{asked:?}");
        }
    }

    #[test]
    fn a_session_refuses_what_it_cannot_give() {
        let cancelled = Seats { state: SessionState::Cancelled, ..seats(0) };
        let drawn = Seats { allocation: Allocation::Draw, ..seats(0) };
        let with_slots = Seats { has_slots: true, ..seats(0) };
        for (asked, slot, now, want) in [
            (cancelled, false, at(10, 10), Refusal::SessionCancelled),
            (drawn, false, at(10, 10), Refusal::ByDraw),
            (seats(0), false, at(20, 14), Refusal::SessionStarted),
            (seats(0), true, at(10, 10), Refusal::NoSlotHere),
            (with_slots, false, at(10, 10), Refusal::SlotNeeded),
        ] {
            assert_eq!(place(&asked, slot, true, now), Err(want));
        }
    }

    #[test]
    fn an_offer_lasts_call_centre_hours_and_never_reaches_into_the_session() {
        let time = |h| NaiveTime::from_hms_opt(h, 0, 0).expect("valid");
        let hours = OpeningHours::weekdays(time(10), time(17)).expect("valid");
        for (now, starts, has_phone, want) in [
            // Friday 16:00 + 14 h: 1 on Friday, Monday is 海の日, 7 on Tuesday, 6 on Wednesday.
            (at(12, 16), at(31, 14), true, Some(at(17, 16))),
            // + 35 h: 1, 7 on each of four days, 6 on Monday after.
            (at(12, 16), at(31, 14), false, Some(at(22, 16))),
            (at(12, 16), at(16, 14), true, Some(at(16, 12))),
            (at(12, 16), at(16, 14), false, Some(at(16, 12))),
            (at(16, 12), at(16, 14), true, None),
            (at(16, 13), at(16, 14), false, None),
        ] {
            assert_eq!(offer_end(now, starts, has_phone, &hours, &[]), want, "{now} {starts}");
        }
    }

    #[test]
    fn what_was_taken_comes_back_as_what_it_was() {
        use BookingState::{Cancelled, Confirmed, Expired, Held, Offered, Waiting};
        for (state, from, want) in [
            (Cancelled, Some(Confirmed), Ok(Confirmed)),
            (Cancelled, Some(Waiting), Ok(Waiting)),
            (Cancelled, Some(Offered), Ok(Waiting)),
            (Cancelled, None, Err(Refusal::NotNow)),
            (Confirmed, None, Err(Refusal::NotNow)),
            (Expired, None, Err(Refusal::NotNow)),
        ] {
            assert_eq!(given_back(state, from), want, "{state} {from:?}");
        }

        for state in [Held, Cancelled, Expired] {
            assert_eq!(can_come_back(state), None, "{state}");
        }
    }

    #[test]
    fn an_application_stands_on_a_record_unless_something_there_speaks_against_it() {
        let nothing = Beside { active: true, in_session: false, elsewhere: false, living: 11 };
        for (beside, want) in [
            (nothing, vec![]),
            (Beside { active: false, ..nothing }, vec![Clash::Silent]),
            (Beside { in_session: true, elsewhere: true, ..nothing }, vec![Clash::Already]),
            (Beside { elsewhere: true, ..nothing }, vec![Clash::Elsewhere]),
            (Beside { living: 12, ..nothing }, vec![Clash::TooMany]),
        ] {
            assert_eq!(clashes(beside), want, "{beside:?}");
        }
    }

    #[test]
    fn who_waited_before_a_hold_waits_after_it() {
        let end = Some(at(10, 10) + HOLD);
        assert_eq!(after_hold(at(10, 10), end), BookingState::Expired);
        assert_eq!(after_hold(at(9, 10), end), BookingState::Waiting);
    }

    #[test]
    fn a_hold_goes_on_with_the_talk_and_its_end_stays_what_it_was() {
        let minutes = TimeDelta::minutes;
        let began = at(10, 10);
        let end = Some(began + HOLD);
        let renew = |queued_at, now| renewed(BookingState::Held, queued_at, end, now);

        assert_eq!(renew(began, began + minutes(1) - TimeDelta::seconds(1)), Ok(None));
        for (queued_at, now, after) in [
            (began, began + minutes(1), BookingState::Expired),
            (began, began + minutes(4), BookingState::Expired),
            (at(9, 10), began + minutes(4), BookingState::Waiting),
        ] {
            let next = renew(queued_at, now).expect("held").expect("due");
            assert_eq!(next.expires_at, now + HOLD);
            assert_eq!(after_hold(next.queued_at, Some(next.expires_at)), after, "{now}");
        }

        assert_eq!(renew(began, began + HOLD), Err(Refusal::TooLate));
        assert_eq!(
            renewed(BookingState::Offered, began, end, began + minutes(4)),
            Err(Refusal::NotNow)
        );
    }

    #[test]
    fn a_hold_ends_at_its_time() {
        for (state, now, want) in [
            (BookingState::Held, at(10, 10), Ok(())),
            (BookingState::Offered, at(10, 10), Ok(())),
            (BookingState::Held, at(10, 11), Err(Refusal::TooLate)),
            (BookingState::Confirmed, at(10, 10), Err(Refusal::NotNow)),
        ] {
            assert_eq!(can_confirm(state, Some(at(10, 11)), now), want);
        }
    }
}
