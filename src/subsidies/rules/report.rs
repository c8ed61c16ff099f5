//! The results report: whether it is whole, and what its figures say.

use entity::subsidies::project::{ProjectKind, ProjectState};

use super::Refusal;
use super::figure::yen_each;
use super::states::REPORTING;

/// Most characters of each text of a report.
pub const LONGEST: usize = 1000;

/// What a report holds, as far as it matters for submitting it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was done, before and after, lessons.
    pub texts: [String; 3],
    /// Each goal's actual and reason.
    pub goals: Vec<(Option<i64>, String)>,
    /// What each line of the budget cost.
    pub costs: Vec<Option<i64>>,
    /// Linked sessions, and sessions written by hand.
    pub session_count: i64,
}

/// Whether the ward may write its report now.
///
/// # Errors
/// `ReportLocked`.
pub fn can_write(state: ProjectState) -> Result<(), Refusal> {
    if REPORTING.contains(&state) { Ok(()) } else { Err(Refusal::ReportLocked) }
}

/// Whether a report can be submitted: every text, every cost, and for every goal its actual or
/// why there is none. An event has sessions; a commissioned study and a stopped project have not.
///
/// # Errors
/// `ReportUnfinished`, `NoSessions`.
pub fn can_submit(kind: ProjectKind, state: ProjectState, report: &Report) -> Result<(), Refusal> {
    let texts = report.texts.iter().all(|text| !text.is_empty());
    let goals = report.goals.iter().all(|(actual, reason)| actual.is_some() || !reason.is_empty());
    let costs = report.costs.iter().all(Option::is_some);
    if !(texts && goals && costs) {
        return Err(Refusal::ReportUnfinished);
    }
    let needs_sessions = kind == ProjectKind::Event && state != ProjectState::Stopped;
    if needs_sessions && report.session_count == 0 {
        return Err(Refusal::NoSessions);
    }
    Ok(())
}

/// What came out against the target, in thousandths.
pub fn difference(target_milli: i64, actual_milli: Option<i64>) -> Option<i64> {
    actual_milli.map(|actual| actual - target_milli)
}

/// Sessions and people of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub sessions: i64,
    /// 延べ
    pub attendances: i64,
    /// 実
    pub persons: i64,
}

/// Costs for each attendance and each person; none without them, and before anything is spent.
pub fn each(cost_yen: i64, counted: Counted) -> (Option<i64>, Option<i64>) {
    let each = |count| yen_each(cost_yen, count).filter(|_| cost_yen > 0);
    (each(counted.attendances), each(counted.persons))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Report {
        Report {
            texts: ["した".into(), "前と後".into(), "学んだ".into()],
            goals: vec![(Some(60_000), String::new()), (None, "数えられなかった".into())],
            costs: vec![Some(100), Some(0)],
            session_count: 3,
        }
    }

    #[test]
    fn a_report_is_submitted_when_it_is_whole() {
        let (kind, state) = (ProjectKind::Event, ProjectState::Running);
        assert_eq!(can_submit(kind, state, &whole()), Ok(()));
        let mut text = whole();
        text.texts[2] = String::new();
        let mut goal = whole();
        goal.goals[1].1 = String::new();
        let mut cost = whole();
        cost.costs[0] = None;
        for report in [text, goal, cost] {
            assert_eq!(can_submit(kind, state, &report), Err(Refusal::ReportUnfinished));
        }
    }

    #[test]
    fn a_commissioned_study_needs_no_sessions() {
        let none = Report { session_count: 0, ..whole() };
        let event = ProjectKind::Event;
        let running = ProjectState::Running;
        assert_eq!(can_submit(ProjectKind::Study, running, &none), Ok(()));
        assert_eq!(can_submit(event, running, &none), Err(Refusal::NoSessions));
        assert_eq!(can_submit(event, ProjectState::Stopped, &none), Ok(()));
    }

    #[test]
    fn a_report_is_written_while_the_project_runs_or_was_stopped() {
        for state in ProjectState::ALL {
            let open = [ProjectState::Running, ProjectState::Stopped, ProjectState::ReportReturned];
            assert_eq!(can_write(*state).is_ok(), open.contains(state), "{state}");
        }
    }

    #[test]
    fn differences_and_costs_are_computed() {
        assert_eq!(difference(60_000, Some(57_500)), Some(-2_500));
        assert_eq!(difference(60_000, None), None);
        let counted = Counted { sessions: 5, attendances: 80, persons: 0 };
        assert_eq!(each(400_000, counted), (Some(5_000), None));
        assert_eq!(each(0, counted), (None, None));
    }
}
