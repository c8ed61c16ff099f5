//! What is due when, and when its ward is reminded.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use entity::subsidies::project_deadline::DeadlineKind;

use super::states::Transition;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::instant;

/// So many days before a deadline its ward is reminded.
pub const REMIND_DAYS: u64 = 7;

/// Days from today until what a step brings about is due.
const RESUBMIT_DAYS: u64 = 14;
const CONDITIONS_DAYS: u64 = 30;
const REPORT_DAYS: u64 = 10;
const SETTLE_DAYS: u64 = 30;
const VERIFY_DAYS: u64 = 60;

/// What becomes due by a step, and when. The report is due on the round's day, or ten days after
/// the fiscal year; after a stop ten days after it.
pub fn opened_by(
    transition: Transition,
    today: NaiveDate,
    fiscal_year: i32,
    report_due_on: Option<NaiveDate>,
) -> Option<(DeadlineKind, NaiveDate)> {
    let in_days = |days: u64| today.checked_add_days(Days::new(days));
    let end = FiscalYear::new(fiscal_year).map(FiscalYear::end);

    let (kind, due) = match transition {
        Transition::ReturnApplication => (DeadlineKind::Resubmit, in_days(RESUBMIT_DAYS)),
        Transition::AdoptConditionally => (DeadlineKind::Conditions, in_days(CONDITIONS_DAYS)),
        Transition::Start => (
            DeadlineKind::Report,
            report_due_on.or_else(|| end?.checked_add_days(Days::new(REPORT_DAYS))),
        ),
        Transition::Stop | Transition::ReturnReport => (DeadlineKind::Report, in_days(REPORT_DAYS)),
        Transition::Fix => (DeadlineKind::Settle, in_days(SETTLE_DAYS)),
        Transition::Settle => (DeadlineKind::Verify, in_days(VERIFY_DAYS)),
        _ => return None,
    };
    due.map(|due| (kind, due.max(today)))
}

/// What is no longer due after a step.
pub fn closed_by(transition: Transition) -> &'static [DeadlineKind] {
    use DeadlineKind as K;
    match transition {
        Transition::Submit => &[K::Apply, K::Resubmit],
        Transition::Withdraw => K::ALL,
        Transition::MeetConditions => &[K::Conditions],
        Transition::SubmitReport | Transition::Stop => &[K::Report],
        Transition::Settle => &[K::Settle],
        Transition::Verify => &[K::Verify],
        _ => &[],
    }
}

/// When the reminder goes out: a week before, at nine in the morning.
pub fn remind_at(due_on: NaiveDate, now: DateTime<Utc>) -> DateTime<Utc> {
    let day = due_on.checked_sub_days(Days::new(REMIND_DAYS)).unwrap_or(due_on);
    let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
    instant(day, nine).max(now)
}

/// How a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// So many days late.
    Late(i64),
    /// Today or within the reminder's time.
    Soon,
    Later,
}

/// How a deadline stands today.
pub fn due(due_on: NaiveDate, today: NaiveDate) -> Due {
    match (due_on - today).num_days() {
        days if days < 0 => Due::Late(-days),
        days if days <= REMIND_DAYS.cast_signed() => Due::Soon,
        _ => Due::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::japan::time::{local_date, local_time};

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn each_step_says_what_is_due_next() {
        let today = day("2026-07-01");
        for (transition, want) in [
            (Transition::ReturnApplication, Some((DeadlineKind::Resubmit, "2026-07-15"))),
            (Transition::AdoptConditionally, Some((DeadlineKind::Conditions, "2026-07-31"))),
            (Transition::Start, Some((DeadlineKind::Report, "2027-04-10"))),
            (Transition::Stop, Some((DeadlineKind::Report, "2026-07-11"))),
            (Transition::Fix, Some((DeadlineKind::Settle, "2026-07-31"))),
            (Transition::Settle, Some((DeadlineKind::Verify, "2026-08-30"))),
            (Transition::Submit, None),
            (Transition::MarkModel, None),
        ] {
            let got = opened_by(transition, today, 2026, None);
            assert_eq!(got, want.map(|(kind, due)| (kind, day(due))), "{transition:?}");
        }

        let own = opened_by(Transition::Start, today, 2026, Some(day("2027-03-20")));
        assert_eq!(own, Some((DeadlineKind::Report, day("2027-03-20"))));
        // A day that has passed is not set for what begins today.
        let late = opened_by(Transition::Start, today, 2026, Some(day("2026-06-01")));
        assert_eq!(late, Some((DeadlineKind::Report, today)));
    }

    #[test]
    fn every_deadline_is_closed_by_some_step() {
        for kind in DeadlineKind::ALL {
            let closing = Transition::ALL
                .iter()
                .filter(|transition| **transition != Transition::Withdraw)
                .any(|transition| closed_by(*transition).contains(kind));
            assert!(closing, "{kind}");
        }
    }

    #[test]
    fn the_reminder_goes_out_a_week_before_or_at_once() {
        let now = instant(day("2026-07-01"), NaiveTime::MIN);
        let at = remind_at(day("2026-07-31"), now);
        assert_eq!(local_date(at), day("2026-07-24"));
        assert_eq!(local_time(at), NaiveTime::from_hms_opt(9, 0, 0).expect("nine"));
        assert_eq!(remind_at(day("2026-07-03"), now), now);
    }

    #[test]
    fn a_deadline_is_late_soon_or_later() {
        let today = day("2026-07-08");
        for (due_on, want) in [
            ("2026-07-06", Due::Late(2)),
            ("2026-07-08", Due::Soon),
            ("2026-07-15", Due::Soon),
            ("2026-07-16", Due::Later),
        ] {
            assert_eq!(due(day(due_on), today), want, "{due_on}");
        }
    }
}
