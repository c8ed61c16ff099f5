//! How the steps of a path stand, given the person's bookings.
//!
//! The result depends on the bookings as they are, not on what happened to them in which
//! order, so following a booking twice changes nothing the second time.

use chrono::{DateTime, Utc};
use entity::bookings::booking::{Attendance, BookingState};
use entity::paths::path_step::{StepKind, StepState};
use entity::{BookingId, PathStepId};
use poem_openapi::Enum;

/// What a booking means for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The person waits for a seat.
    Waiting,
    /// The person has a seat.
    Booked,
    /// The person came.
    Done,
    /// The person did not come.
    Missed,
    /// Taken back or run out.
    Ended,
}

/// A step as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepNow {
    pub id: PathStepId,
    pub kind: StepKind,
    pub state: StepState,
    pub by_phone: bool,
    pub booking_id: Option<BookingId>,
}

/// A booking as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookingNow {
    pub id: BookingId,
    pub kind: StepKind,
    pub standing: Standing,
    pub starts_at: DateTime<Utc>,
}

/// States that the staff sets by hand.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
pub enum MarkedState {
    Done,
    Dropped,
}

impl MarkedState {
    /// The state of the step.
    pub fn state(self) -> StepState {
        match self {
            Self::Done => StepState::Done,
            Self::Dropped => StepState::Dropped,
        }
    }

    /// The wording of the line in the person's history.
    pub fn line(self) -> &'static str {
        match self {
            Self::Done => "timeline.step_done",
            Self::Dropped => "timeline.step_dropped",
        }
    }
}

/// What a booking means. Attendance, once recorded, says more than the state.
pub fn standing(state: BookingState, attendance: Option<Attendance>) -> Standing {
    match (attendance, state) {
        (_, BookingState::Cancelled | BookingState::Expired) => Standing::Ended,
        (
            Some(
                Attendance::Present
                | Attendance::Late
                | Attendance::LeftEarly
                | Attendance::Companion,
            ),
            _,
        ) => Standing::Done,
        (Some(Attendance::NoShow | Attendance::AbsentTold), _) => Standing::Missed,
        (None, BookingState::Waiting) => Standing::Waiting,
        (None, BookingState::Held | BookingState::Confirmed | BookingState::Offered) => {
            Standing::Booked
        }
    }
}

/// The steps that change. `bookings` holds those that steps point to, the person's living
/// ones, and the one that has just changed; `steps` are in the order of the path.
pub fn follow(steps: &[StepNow], bookings: &[BookingNow]) -> Vec<StepNow> {
    let mut after = steps.to_vec();
    for step in &mut after {
        let own = bookings.iter().find(|booking| Some(booking.id) == step.booking_id);
        if let Some(booking) = own {
            set(step, booking);
        }
    }

    let mut sorted: Vec<&BookingNow> = bookings.iter().collect();
    sorted.sort_by_key(|booking| (booking.starts_at, booking.id));
    // A seat goes before a wait, so that a wait never keeps a step from its seat.
    for wanted in [&[Standing::Booked, Standing::Done][..], &[Standing::Waiting]] {
        for booking in sorted.iter().filter(|booking| wanted.contains(&booking.standing)) {
            take(&mut after, booking);
        }
    }

    after.into_iter().zip(steps).filter(|(new, old)| new != *old).map(|(new, _)| new).collect()
}

fn set(step: &mut StepNow, booking: &BookingNow) {
    (step.state, step.booking_id) = match booking.standing {
        Standing::Waiting => (StepState::Proposed, Some(booking.id)),
        Standing::Booked => (StepState::Booked, Some(booking.id)),
        Standing::Done => (StepState::Done, Some(booking.id)),
        Standing::Missed => (StepState::Missed, Some(booking.id)),
        Standing::Ended => (StepState::Proposed, None),
    };
}

/// Gives the booking the first open step of its kind, unless it has one. A talk on the phone
/// comes last, because a booking is for somebody who comes.
fn take(steps: &mut [StepNow], booking: &BookingNow) {
    if steps.iter().any(|step| step.booking_id == Some(booking.id)) {
        return;
    }

    let waits = |step: &StepNow| step.state == StepState::Proposed && step.booking_id.is_some();
    let open = steps
        .iter_mut()
        .filter(|step| step.kind == booking.kind)
        .filter(|step| matches!(step.state, StepState::Proposed | StepState::Missed))
        .filter(|step| booking.standing != Standing::Waiting || !waits(step))
        .min_by_key(|step| (waits(step), step.by_phone));

    if let Some(step) = open {
        set(step, booking);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: i64, kind: StepKind, state: StepState, booking: Option<i64>) -> StepNow {
        let booking_id = booking.map(BookingId);
        StepNow { id: PathStepId(id), kind, state, by_phone: false, booking_id }
    }

    fn booking(id: i64, kind: StepKind, standing: Standing) -> BookingNow {
        let starts_at = DateTime::from_timestamp(1_720_000_000 + id * 86_400, 0).expect("valid");
        BookingNow { id: BookingId(id), kind, standing, starts_at }
    }

    fn shown(steps: &[StepNow]) -> Vec<(i64, &'static str, Option<i64>)> {
        steps.iter().map(|s| (s.id.0, s.state.as_str(), s.booking_id.map(|id| id.0))).collect()
    }

    #[test]
    fn a_booking_and_its_attendance_mean_one_thing() {
        use {Attendance as A, BookingState as B, Standing as S};
        for (state, attendance, want) in [
            (B::Held, None, S::Booked),
            (B::Confirmed, None, S::Booked),
            (B::Offered, None, S::Booked),
            (B::Waiting, None, S::Waiting),
            (B::Cancelled, None, S::Ended),
            (B::Expired, None, S::Ended),
            (B::Confirmed, Some(A::Present), S::Done),
            (B::Confirmed, Some(A::Late), S::Done),
            (B::Confirmed, Some(A::LeftEarly), S::Done),
            (B::Confirmed, Some(A::Companion), S::Done),
            (B::Confirmed, Some(A::NoShow), S::Missed),
            (B::Confirmed, Some(A::AbsentTold), S::Missed),
        ] {
            assert_eq!(standing(state, attendance), want, "{state} {attendance:?}");
        }
    }

    #[test]
    fn steps_follow_their_bookings() {
        use {Standing as S, StepKind as K, StepState as T};
        let basic = |state, id| step(1, K::ClassBasic, state, id);
        let cases = [
            (basic(T::Proposed, None), S::Booked, vec![(1, "booked", Some(9))]),
            (basic(T::Proposed, None), S::Done, vec![(1, "done", Some(9))]),
            (basic(T::Proposed, None), S::Waiting, vec![(1, "proposed", Some(9))]),
            (basic(T::Proposed, None), S::Missed, vec![]),
            (basic(T::Proposed, None), S::Ended, vec![]),
            (basic(T::Missed, Some(3)), S::Booked, vec![(1, "booked", Some(9))]),
            (basic(T::Proposed, Some(3)), S::Booked, vec![(1, "booked", Some(9))]),
            (basic(T::Proposed, Some(3)), S::Waiting, vec![]),
            (basic(T::Booked, Some(9)), S::Booked, vec![]),
            (basic(T::Booked, Some(9)), S::Done, vec![(1, "done", Some(9))]),
            (basic(T::Booked, Some(9)), S::Missed, vec![(1, "missed", Some(9))]),
            (basic(T::Booked, Some(9)), S::Ended, vec![(1, "proposed", None)]),
            (basic(T::Done, Some(9)), S::Booked, vec![(1, "booked", Some(9))]),
            (basic(T::Dropped, None), S::Booked, vec![]),
            (basic(T::Done, None), S::Booked, vec![]),
            (step(1, K::ClassApplied, T::Proposed, None), S::Booked, vec![]),
        ];

        for (before, standing, want) in cases {
            let bookings = [booking(9, K::ClassBasic, standing)];
            let changed = follow(&[before], &bookings);
            assert_eq!(shown(&changed), want, "{before:?} {standing:?}");
            let again = changed.first().copied().unwrap_or(before);
            assert_eq!(follow(&[again], &bookings), [], "the second time nothing changes");
        }
    }

    #[test]
    fn a_seat_takes_the_first_step_in_person_and_goes_before_a_wait() {
        use {Standing as S, StepKind as K, StepState as T};
        let talk = StepNow { by_phone: true, ..step(1, K::Consultation, T::Proposed, None) };
        let steps = [talk, step(2, K::Consultation, T::Proposed, None)];
        let seat = booking(5, K::Consultation, S::Booked);
        let wait = booking(4, K::Consultation, S::Waiting);
        assert_eq!(shown(&follow(&steps, &[seat])), [(2, "booked", Some(5))]);
        let both = follow(&steps, &[wait, seat]);
        assert_eq!(shown(&both), [(1, "proposed", Some(4)), (2, "booked", Some(5))]);
    }

    #[test]
    fn when_one_of_two_bookings_ends_the_other_takes_the_step() {
        use {Standing as S, StepKind as K, StepState as T};
        let steps = [step(1, K::EventWalk, T::Booked, Some(5))];
        let bookings = [booking(5, K::EventWalk, S::Ended), booking(6, K::EventWalk, S::Booked)];
        assert_eq!(shown(&follow(&steps, &bookings)), [(1, "booked", Some(6))]);
    }
}
