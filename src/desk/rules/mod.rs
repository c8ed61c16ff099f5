//! Pure decisions of the desk: what digits mean, who is meant, what is read back.

mod answers;
mod path_edit;
mod pick;
mod read_back;
mod seat;
mod way;
mod words;

pub use answers::{
    Answers, NoSuchDigit, answers_of, asked_after, digits_of, in_saved_order, is_asked,
    next_question, typed_answers, with_before,
};
pub use path_edit::{
    Edit, EditRefusal, Edited, PlannedStep, ShownStep, StepMark, accepted_steps, missing_kinds,
    planned_steps, shown_steps,
};
pub use pick::{Picked, Sought, pick, sought};
pub use read_back::{ReadBack, SeatFacts, What, read_back};
pub use seat::{Choice, Doubt, Hold, Seat, one_a_time};
pub use way::Ways;
pub use words::{age, day, moment, narrow_moment, need_keys, phone, short_day, short_moment};

use entity::inquiries::inquiry::{Outcome, Topic};

use crate::platform::error::refusals;

refusals! {
    /// Why the desk does not do what was asked.
    Refusal {
        /// The call was ended, or another one began, since the page was drawn.
        NoSuchCall => "no_such_call",
        /// A seat needs a person.
        NobodyThere => "nobody_there",
        /// There is no number to add.
        NoNumber => "no_number",
        /// Somebody has to say whose number is added.
        NoOwner => "no_owner",
        /// The seat that was read back is nobody's any more.
        SeatGone => "seat_gone",
        /// A seat is kept in this call; what becomes of it is decided first.
        SeatKept => "seat_kept",
    }
}

/// What usually came of a call, offered so that the operator need not choose.
pub fn usual_outcome(booked: bool, promised: bool, topic: Option<Topic>) -> Outcome {
    match (booked, promised, topic) {
        (true, _, _) => Outcome::Booked,
        (_, true, _) => Outcome::CallBack,
        (_, _, Some(_)) => Outcome::Answered,
        _ => Outcome::Other,
    }
}

/// What a digit of the screen stands for among all of a kind, from 1.
pub fn by_digit<T: Copy>(all: &[T], digit: &str) -> Option<T> {
    let at: usize = digit.trim().parse().ok()?;
    all.get(at.checked_sub(1)?).copied()
}

/// The digit of one of a kind on the screen, from 1.
pub fn digit_of<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|known| *known == one).map_or(0, |at| at + 1)
}

/// Whether the path is kept as the person's new version.
///
/// A call that only asked something, or in which the person said no, leaves the path alone.
pub fn keeps_path(
    outcome: Outcome,
    edited: bool,
    heard: bool,
    booked: bool,
    has_path: bool,
) -> bool {
    match outcome {
        Outcome::Declined | Outcome::Referred => false,
        _ => edited || heard || (booked && !has_path),
    }
}

#[cfg(test)]
mod tests {
    use entity::paths::path_step::OverrideReason;
    use entity::residents::resident::AgeBand;

    use super::*;

    #[test]
    fn the_usual_outcome_follows_from_what_happened() {
        for (booked, promised, topic, want) in [
            (true, false, Some(Topic::Apply), Outcome::Booked),
            (true, true, None, Outcome::Booked),
            (false, true, Some(Topic::Ask), Outcome::CallBack),
            (false, false, Some(Topic::Ask), Outcome::Answered),
            (false, false, None, Outcome::Other),
        ] {
            assert_eq!(
                usual_outcome(booked, promised, topic),
                want,
                "{booked} {promised} {topic:?}"
            );
        }
    }

    #[test]
    fn digits_stand_for_what_the_screen_lists() {
        for (digit, want) in [
            ("1", Some(Outcome::Booked)),
            ("3", Some(Outcome::CallBack)),
            ("6", Some(Outcome::Other)),
            ("7", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(by_digit(Outcome::ALL, digit), want, "{digit}");
            assert!(want.is_none_or(|one| digit_of(Outcome::ALL, one).to_string() == digit));
        }
        assert_eq!(by_digit(OverrideReason::ALL, "1"), Some(OverrideReason::Wish));
        assert_eq!(by_digit(OverrideReason::ALL, "6"), Some(OverrideReason::Other));
        assert_eq!(by_digit(AgeBand::ALL, "3"), Some(AgeBand::Seventies));
        assert_eq!(by_digit(AgeBand::ALL, "5"), Some(AgeBand::NinetyUp));
    }

    #[test]
    fn a_path_is_kept_only_when_something_of_it_was_agreed() {
        for (outcome, edited, heard, booked, has_path, want) in [
            (Outcome::Booked, false, true, true, false, true),
            (Outcome::Booked, false, false, true, false, true),
            (Outcome::Booked, false, false, true, true, false),
            (Outcome::Answered, false, false, false, false, false),
            (Outcome::Answered, true, false, false, true, true),
            (Outcome::Declined, true, true, false, false, false),
            (Outcome::Referred, false, true, false, false, false),
        ] {
            let kept = keeps_path(outcome, edited, heard, booked, has_path);
            assert_eq!(kept, want, "{outcome} {edited} {heard} {booked} {has_path}");
        }
    }
}
