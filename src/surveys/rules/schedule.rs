//! When a person is asked: dates, and what is to be done on which day.

use chrono::{Months, NaiveDate, TimeDelta};
use entity::surveys::follow_up::FollowUpState;

use crate::platform::japan::OpeningHours;

/// Classes whose days lie in a window of so many days are asked about in one interview.
pub const WINDOW_DAYS: i64 = 30;
/// The letter or mail is written so many days before.
pub const ASK_BEFORE_DAYS: i64 = 7;
/// Somebody calls so many days after, if there is no answer; a letter has so many days from the
/// day on which it was posted.
pub const CALL_AFTER_DAYS: i64 = 7;
/// So many days after, the follow-up ends without an answer.
pub const CLOSE_AFTER_DAYS: i64 = 30;
/// However late a letter was posted, there is so much time for calls after its week.
const CALLING_DAYS: i64 = 14;
/// From a class to its follow-up.
const MONTHS: Months = Months::new(3);

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Write the letter or the mail.
    Ask,
    /// Write a letter to whoever got a mail and is silent.
    Again,
    /// Put the person on the list of calls.
    Call,
    /// End it without an answer.
    Close,
}

/// The same day three months later; where that month is shorter, its last day.
pub fn three_months_after(day: NaiveDate) -> NaiveDate {
    day.checked_add_months(MONTHS).unwrap_or(day)
}

/// Three months after a class, moved to the next open day.
pub fn due_on(attended_on: NaiveDate, hours: &OpeningHours, closed: &[NaiveDate]) -> NaiveDate {
    let day = three_months_after(attended_on);
    if hours.is_open_on(day, closed) {
        return day;
    }
    hours.next_open_day(day, closed).unwrap_or(day)
}

/// Whether a class joins an interview that covers the classes from `first` to `last` (days
/// attended): together they lie within the window.
pub fn joins(first: NaiveDate, last: NaiveDate, attended_on: NaiveDate) -> bool {
    within_window(
        three_months_after(first),
        three_months_after(last),
        three_months_after(attended_on),
    )
}

/// Whether a day three months after a class lies within the window, together with the first and
/// the last that an interview covers.
pub fn within_window(first: NaiveDate, last: NaiveDate, day: NaiveDate) -> bool {
    (last.max(day) - first.min(day)).num_days() <= WINDOW_DAYS
}

/// When the questions were written, and when they left the house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub asked_on: Option<NaiveDate>,
    /// The last letter was posted, or mail handed over.
    pub sent_on: Option<NaiveDate>,
    /// The second way was taken.
    pub again: bool,
}

/// The day by which an answer is hoped for, in a letter that leaves on a day.
pub fn answer_by(due_on: NaiveDate, sent_on: NaiveDate) -> NaiveDate {
    due_on.max(sent_on) + TimeDelta::days(CALL_AFTER_DAYS)
}

/// The day on which it ends without an answer.
fn last_day(due_on: NaiveDate, written: Written) -> NaiveDate {
    let last = due_on + TimeDelta::days(CLOSE_AFTER_DAYS);
    let late = TimeDelta::days(CALL_AFTER_DAYS + CALLING_DAYS);
    written.sent_on.map_or(last, |sent| last.max(sent + late))
}

/// What comes next, and on which day; nothing when it has ended. The time of a letter runs from
/// the day on which it was posted; one that nobody posts holds nothing up.
pub fn next_turn(
    state: FollowUpState,
    due_on: NaiveDate,
    written: Written,
) -> Option<(NaiveDate, Turn)> {
    let last = last_day(due_on, written);
    let from = written.sent_on.or(written.asked_on).unwrap_or(due_on);

    let (day, turn) = match state {
        FollowUpState::Waiting => (due_on - TimeDelta::days(ASK_BEFORE_DAYS), Turn::Ask),
        FollowUpState::Asked if !written.again => {
            (due_on.max(from + TimeDelta::days(CALL_AFTER_DAYS)), Turn::Again)
        }
        FollowUpState::Asked => (answer_by(due_on, from), Turn::Call),
        FollowUpState::Calling => (last, Turn::Close),
        FollowUpState::Answered | FollowUpState::Closed => return None,
    };
    Some(if day >= last { (last, Turn::Close) } else { (day, turn) })
}

/// What is to be done today.
pub fn turn_on(
    today: NaiveDate,
    state: FollowUpState,
    due_on: NaiveDate,
    written: Written,
) -> Option<Turn> {
    let (day, turn) = next_turn(state, due_on, written)?;
    if today >= last_day(due_on, written) {
        return Some(Turn::Close);
    }
    (day <= today).then_some(turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveTime;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn hours() -> OpeningHours {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("valid");
        OpeningHours::weekdays(time(10), time(17)).expect("valid")
    }

    #[test]
    fn three_months_are_clamped_to_the_end_of_the_month() {
        for (attended, want) in [
            ("2024-07-10", "2024-10-10"),
            ("2023-11-29", "2024-02-29"),
            ("2023-11-30", "2024-02-29"),
            ("2024-11-28", "2025-02-28"),
            ("2024-11-29", "2025-02-28"),
            ("2024-11-30", "2025-02-28"),
            ("2024-02-29", "2024-05-29"),
            ("2024-08-31", "2024-11-30"),
            ("2025-01-31", "2025-04-30"),
            ("2024-12-31", "2025-03-31"),
            ("2024-10-01", "2025-01-01"),
        ] {
            assert_eq!(three_months_after(day(attended)), day(want), "{attended}");
        }
    }

    #[test]
    fn a_day_on_which_the_office_is_closed_moves_to_the_next_open_one() {
        for (attended, closed, want) in [
            // Thursday.
            ("2024-07-10", None, "2024-10-10"),
            // Saturday to Monday.
            ("2024-07-12", None, "2024-10-15"),
            // 10-14 is スポーツの日.
            ("2024-07-14", None, "2024-10-15"),
            // The turn of the year: Sunday 29 December to Monday 6 January.
            ("2024-09-29", None, "2025-01-06"),
            ("2024-10-01", None, "2025-01-06"),
            // The office's own closed day.
            ("2024-07-10", Some("2024-10-10"), "2024-10-11"),
            // 2024-02-29 in a leap year is a Thursday, 2025-02-28 a Friday.
            ("2023-11-30", None, "2024-02-29"),
            ("2024-11-30", None, "2025-02-28"),
        ] {
            let closed: Vec<NaiveDate> = closed.map(day).into_iter().collect();
            assert_eq!(due_on(day(attended), &hours(), &closed), day(want), "{attended}");
        }
    }

    #[test]
    fn classes_within_thirty_days_are_one_interview() {
        for (first, last, new, want) in [
            ("2024-07-10", "2024-07-10", "2024-07-10", true),
            ("2024-07-10", "2024-07-10", "2024-08-09", true),
            ("2024-07-10", "2024-07-10", "2024-08-10", false),
            ("2024-07-10", "2024-07-10", "2024-06-10", true),
            ("2024-07-10", "2024-07-10", "2024-06-09", false),
            // The window does not creep on from class to class.
            ("2024-07-10", "2024-08-01", "2024-08-20", false),
        ] {
            assert_eq!(joins(day(first), day(last), day(new)), want, "{first} {last} {new}");
        }
    }

    #[test]
    fn each_turn_has_its_day() {
        use {FollowUpState as S, Turn as T};
        let due = day("2024-10-10");
        let written = |asked: &str, sent: &str, again| {
            let read = |text: &str| (!text.is_empty()).then(|| day(text));
            Written { asked_on: read(asked), sent_on: read(sent), again }
        };
        let asked = written("2024-10-03", "", true);

        for (today, state, written, want) in [
            ("2024-10-02", S::Waiting, Written::default(), None),
            ("2024-10-03", S::Waiting, Written::default(), Some(T::Ask)),
            // A mail, or the first letter, has a week, and at least until the day itself.
            ("2024-10-09", S::Asked, written("2024-10-03", "2024-10-03", false), None),
            ("2024-10-10", S::Asked, written("2024-10-03", "2024-10-03", false), Some(T::Again)),
            ("2024-10-16", S::Asked, asked, None),
            ("2024-10-17", S::Asked, asked, Some(T::Call)),
            // Written late: the letter has a week.
            ("2024-10-17", S::Asked, written("2024-10-15", "", true), None),
            ("2024-10-22", S::Asked, written("2024-10-15", "", true), Some(T::Call)),
            // Posted late: the week runs from the post box, and calls have their time after it.
            ("2024-10-22", S::Asked, written("2024-10-03", "2024-10-16", true), None),
            ("2024-10-23", S::Asked, written("2024-10-03", "2024-10-16", true), Some(T::Call)),
            ("2024-11-09", S::Asked, written("2024-10-03", "2024-11-08", true), None),
            ("2024-11-15", S::Asked, written("2024-10-03", "2024-11-08", true), Some(T::Call)),
            ("2024-11-28", S::Calling, written("2024-10-03", "2024-11-08", true), None),
            ("2024-11-29", S::Calling, written("2024-10-03", "2024-11-08", true), Some(T::Close)),
            ("2024-11-08", S::Calling, asked, None),
            ("2024-11-09", S::Calling, asked, Some(T::Close)),
            ("2024-11-09", S::Waiting, Written::default(), Some(T::Close)),
            ("2024-11-09", S::Asked, asked, Some(T::Close)),
            ("2025-11-09", S::Answered, Written::default(), None),
            ("2025-11-09", S::Closed, Written::default(), None),
        ] {
            let got = turn_on(day(today), state, due, written);
            assert_eq!(got, want, "{today} {state} {written:?}");
        }

        let late = next_turn(S::Asked, due, written("2024-11-08", "", true));
        assert_eq!(late, Some((day("2024-11-09"), T::Close)));
        assert_eq!(answer_by(due, day("2024-10-03")), day("2024-10-17"));
        assert_eq!(answer_by(due, day("2024-10-20")), day("2024-10-27"));
    }
}
