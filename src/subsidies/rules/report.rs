//! The results report: whether it is whole, and what its figures say.

use chrono::NaiveDate;
use entity::subsidies::project::{ProjectKind, ProjectState};
use poem_openapi::Object;

use super::Refusal;
use super::figure::{parse_milli, yen_each};
use super::states::REPORTING;
use crate::platform::FieldError;

/// Most characters of each text of a report.
pub const LONGEST: usize = 1000;

/// What became of a goal.
#[derive(Clone, Debug, Object)]
#[oai(rename = "GoalResultBody")]
pub struct GoalDraft {
    pub position: i32,
    /// With up to three decimals.
    pub actual: Option<String>,
    #[oai(default)]
    pub reason: String,
}

impl GoalDraft {
    /// The actual in thousandths; none when it is not known.
    ///
    /// # Errors
    /// What is no figure, by its field: `goal-2-actual`.
    pub fn milli(&self) -> Result<Option<i64>, FieldError> {
        let Some(text) = &self.actual else { return Ok(None) };
        let field = || format!("goal-{}-actual", self.position);
        let milli = parse_milli(text);
        milli.map(Some).ok_or_else(|| FieldError::new(&field(), "err.project.figure"))
    }
}

/// What a line of the budget cost.
#[derive(Clone, Debug, Object)]
#[oai(rename = "CostBody")]
pub struct CostDraft {
    pub position: i32,
    pub yen: Option<i64>,
    #[oai(default)]
    pub note: String,
}

/// What a report holds, as far as it matters for submitting it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenReport {
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
pub fn can_submit(
    kind: ProjectKind,
    state: ProjectState,
    report: &WrittenReport,
) -> Result<(), Refusal> {
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

/// The figures of people of a project, side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Counted from attendances now.
    pub live: Counted,
    /// Counted when the report went out.
    pub frozen: Option<Counted>,
    /// The one of the two that counts ([`standing`]).
    pub counted: Counted,
    /// Written by hand: only sessions and people that no record holds, so that they add up.
    pub by_hand: Counted,
}

impl People {
    /// Counted and by hand together: what costs are shared by.
    pub fn total(self) -> Counted {
        Counted {
            sessions: self.counted.sessions + self.by_hand.sessions,
            attendances: self.counted.attendances + self.by_hand.attendances,
            persons: self.counted.persons + self.by_hand.persons,
        }
    }
}

/// Words by which a goal says that its data come from the records of attendance.
pub const FROM_ATTENDANCE: &str = "出席の記録";

/// What the records of attendance say about a goal, in thousandths: sessions (回), attendances (延べ)
/// or people (人, 名). None when its data come from elsewhere or it measures something else.
pub fn offered(kpi: &str, unit: &str, data_source: &str, counted: Counted) -> Option<i64> {
    if !data_source.contains(FROM_ATTENDANCE) {
        return None;
    }
    let count = match unit {
        "回" => counted.sessions,
        "人" | "名" if kpi.contains("延べ") => counted.attendances,
        "人" | "名" => counted.persons,
        _ => return None,
    };
    count.checked_mul(1000)
}

/// What counts: until the report goes out what is counted now, and from then on what was counted
/// when it went out.
pub fn standing(state: ProjectState, live: Counted, frozen: Option<Counted>) -> Counted {
    match frozen {
        Some(frozen) if !REPORTING.contains(&state) => frozen,
        _ => live,
    }
}

/// Whether a session can be put under a project: it takes place, on one of the project's days.
///
/// # Errors
/// `SessionCancelled`, `SessionOutside`.
pub fn can_link(
    takes_place: bool,
    on: NaiveDate,
    [starts_on, ends_on]: [Option<NaiveDate>; 2],
) -> Result<(), Refusal> {
    if !takes_place {
        return Err(Refusal::SessionCancelled);
    }
    if starts_on.is_some_and(|starts| on < starts) || ends_on.is_some_and(|ends| on > ends) {
        return Err(Refusal::SessionOutside);
    }
    Ok(())
}

/// Costs for each attendance and each person; none without them, and before anything is spent.
pub fn each(cost_yen: i64, counted: Counted) -> (Option<i64>, Option<i64>) {
    let each = |count| yen_each(cost_yen, count).filter(|_| cost_yen > 0);
    (each(counted.attendances), each(counted.persons))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_went_out_keeps_its_figures() {
        let live = Counted { sessions: 3, attendances: 9, persons: 5 };
        let sent = Counted { sessions: 2, attendances: 4, persons: 3 };
        for (state, frozen, want) in [
            (ProjectState::Running, None, live),
            (ProjectState::Reported, Some(sent), sent),
            (ProjectState::Model, Some(sent), sent),
            // It is being written anew.
            (ProjectState::ReportReturned, Some(sent), live),
            (ProjectState::Stopped, None, live),
        ] {
            assert_eq!(standing(state, live, frozen), want, "{state}");
        }
    }

    #[test]
    fn a_goal_measured_by_attendance_is_offered_its_figure() {
        let counted = Counted { sessions: 3, attendances: 21, persons: 18 };
        for (kpi, unit, source, want) in [
            ("参加した実人数", "人", "出席の記録", Some(18_000)),
            ("参加した人", "名", "催しの出席の記録による", Some(18_000)),
            ("延べ参加者", "人", "出席の記録", Some(21_000)),
            ("開催", "回", "出席の記録", Some(3_000)),
            ("満足した人", "%", "出席の記録", None),
            ("参加した人", "人", "名簿", None),
        ] {
            assert_eq!(offered(kpi, unit, source, counted), want, "{kpi} {source}");
        }
        let by_hand = Counted { sessions: 1, attendances: 4, persons: 2 };
        let people = People { live: counted, frozen: None, counted, by_hand };
        assert_eq!(people.total(), Counted { sessions: 4, attendances: 25, persons: 20 });
    }

    #[test]
    fn a_session_takes_place_within_the_projects_days() {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        let days = [day("2024-07-01"), day("2025-02-28")];
        let at = |text: &str| day(text).expect("a day");
        for (takes_place, on, days, want) in [
            (true, "2024-07-01", days, Ok(())),
            (true, "2025-02-28", days, Ok(())),
            (true, "2024-06-30", days, Err(Refusal::SessionOutside)),
            (true, "2025-03-01", days, Err(Refusal::SessionOutside)),
            (true, "2025-03-01", [None, None], Ok(())),
            (false, "2024-07-01", days, Err(Refusal::SessionCancelled)),
        ] {
            assert_eq!(can_link(takes_place, at(on), days), want, "{on}");
        }
    }

    fn whole() -> WrittenReport {
        WrittenReport {
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
        let none = WrittenReport { session_count: 0, ..whole() };
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
