//! The lines of the report's tables.

use entity::SessionId;
use entity::sessions::session::SessionState;
use entity::subsidies::{budget_line, cost_result, goal_result, project_goal, project_report};

use crate::platform::web::Page;
use crate::platform::web::door::Returned;
use crate::subsidies::pages::view::{stage_word, when_word, yen_word};
use crate::subsidies::queries::Linked;
use crate::subsidies::rules::figure::{show_milli, show_yen};
use crate::subsidies::rules::report::{Counted, People, difference, each};
use crate::subsidies::rules::retention::{Count, Line, yen_per_stuck};

/// One cell of a table that is written into.
pub struct CellField {
    pub id: String,
    /// Ids of the headings that name it.
    pub label: String,
    pub value: String,
    pub error: Option<String>,
    pub class: &'static str,
}

pub struct FigureLine {
    pub label: String,
    pub counted: String,
    pub frozen: String,
    pub hand: String,
    pub total: String,
}

/// 定着 by one version of the rule, as it was counted once.
pub struct RetentionLine {
    pub when: String,
    pub version: String,
    /// None: fewer than five people.
    pub count: Option<Count>,
    pub each: String,
}

pub struct SessionLine {
    pub id: SessionId,
    pub title: String,
    pub when: String,
    pub place: String,
    pub attendances: i64,
    pub persons: i64,
    /// Wording key of why it counts nothing; empty when it counts.
    pub note: &'static str,
}

pub struct GoalLine {
    pub position: i32,
    pub kpi: String,
    pub unit: String,
    pub baseline: String,
    pub target: String,
    pub actual: String,
    pub difference: String,
    pub reason: String,
    /// What the records of attendance say.
    pub offer: String,
    pub actual_field: CellField,
    pub reason_field: CellField,
}

pub struct CostLine {
    pub position: i32,
    pub name: String,
    pub planned: String,
    pub spent: String,
    pub note: String,
    pub yen_field: CellField,
    pub note_field: CellField,
}

impl CellField {
    /// With what was typed, or what stands; `label` is ids of headings.
    fn new(page: &Page, back: &Returned, id: String, label: String, stands: &str) -> Self {
        let is_number = id.ends_with("-yen") || id.ends_with("-actual");
        Self {
            error: page.error_of(&back.errors, &id),
            value: back.value(&id, stands),
            class: if is_number { "cell-short num" } else { "cell-wide" },
            id,
            label,
        }
    }
}

/// A figure that nobody knows.
fn none(page: &Page) -> String {
    page.t("results.none").to_owned()
}

impl RetentionLine {
    /// Shares `cost` by `persons` and those of them who keep using it.
    pub fn new(
        page: &Page,
        line: Line,
        report: Option<&project_report::Model>,
        (cost, persons): (i64, i64),
    ) -> Self {
        let each = line.count.and_then(|count| yen_per_stuck(cost, persons, count));
        Self {
            when: report.map(|report| stage_word(page, line.stage, report)).unwrap_or_default(),
            version: line.rule,
            count: line.count,
            each: each.map(|yen| yen_word(page, yen)).unwrap_or_else(|| none(page)),
        }
    }
}

impl SessionLine {
    pub fn new(page: &Page, linked: Linked) -> Self {
        let Linked { session, venue, attendance_count, person_count, counts } = linked;
        Self {
            id: session.id,
            title: page.pick(&session.title_ja, &session.title_en).to_owned(),
            when: when_word(page, session.starts_at),
            place: page.pick(&venue.name_ja, &venue.name_en).to_owned(),
            attendances: attendance_count,
            persons: person_count,
            note: match (session.state, counts) {
                (SessionState::Cancelled, _) => "results.session.cancelled",
                (SessionState::Planned, false) => "results.session.to_come",
                (SessionState::Planned, true) => "",
            },
        }
    }
}

impl GoalLine {
    /// A goal, what became of it, and what the records of attendance say (`offered`), which stands
    /// in the field until somebody writes something else.
    pub fn new(
        page: &Page,
        back: &Returned,
        goal: project_goal::Model,
        result: Option<&goal_result::Model>,
        offered: Option<i64>,
    ) -> Self {
        let position = goal.position;
        let actual = result.and_then(|row| row.actual_milli);
        let reason = result.map(|row| row.reason.clone()).unwrap_or_default();
        let offered = offered.map(show_milli);
        let is_unwritten = actual.is_none() && reason.is_empty();
        let stands = actual.map(show_milli).or(offered.clone().filter(|_| is_unwritten));
        let cell = |end: &str, stands: &str| {
            let (id, label) = (format!("goal-{position}-{end}"), format!("g-{position} h-{end}"));
            CellField::new(page, back, id, label, stands)
        };

        let by = |by: i64| if by > 0 { format!("+{}", show_milli(by)) } else { show_milli(by) };
        let by = difference(goal.target_milli, actual).map(by);
        Self {
            baseline: goal.baseline_milli.map(show_milli).unwrap_or_else(|| none(page)),
            target: show_milli(goal.target_milli),
            actual: actual.map(show_milli).unwrap_or_else(|| none(page)),
            difference: by.unwrap_or_else(|| none(page)),
            actual_field: cell("actual", &stands.unwrap_or_default()),
            reason_field: cell("reason", &reason),
            offer: offered.map(|n| page.f1("results.offer", "n", n)).unwrap_or_default(),
            reason,
            kpi: goal.kpi,
            unit: goal.unit,
            position,
        }
    }
}

impl CostLine {
    pub fn new(
        page: &Page,
        back: &Returned,
        line: &budget_line::Model,
        result: Option<&cost_result::Model>,
    ) -> Self {
        let position = line.position;
        let spent = result.and_then(|row| row.actual_yen).map(show_yen);
        let note = result.map(|row| row.note.clone()).unwrap_or_default();
        let cell = |end: &str, stands: &str| {
            let (id, label) = (format!("cost-{position}-{end}"), format!("k-{position} h-{end}"));
            CellField::new(page, back, id, label, stands)
        };
        Self {
            name: format!("{}・{}", line.category, line.item),
            planned: show_yen(line.yen),
            yen_field: cell("yen", spent.as_deref().unwrap_or_default()),
            spent: spent.unwrap_or_else(|| none(page)),
            note_field: cell("note", &note),
            note,
            position,
        }
    }
}

/// Figures side by side: counted now, counted when the report went out, written by hand, and what
/// counts altogether.
pub fn figure_lines(page: &Page, people: People, cost: i64) -> Vec<FigureLine> {
    let line = |key: &str, pick: fn(Counted) -> i64| FigureLine {
        label: page.t(key).to_owned(),
        counted: pick(people.live).to_string(),
        frozen: people.frozen.map(|sent| pick(sent).to_string()).unwrap_or_else(|| none(page)),
        hand: pick(people.by_hand).to_string(),
        total: pick(people.total()).to_string(),
    };
    let (per_attendance, per_person) = each(cost, people.total());
    let yen = |key: &str, yen: Option<i64>| FigureLine {
        label: page.t(key).to_owned(),
        counted: String::new(),
        frozen: String::new(),
        hand: String::new(),
        total: yen.map(|yen| yen_word(page, yen)).unwrap_or_else(|| none(page)),
    };

    vec![
        line("results.session_count", |counted| counted.sessions),
        line("results.attendances", |counted| counted.attendances),
        line("results.persons", |counted| counted.persons),
        yen("results.yen_attendance", per_attendance),
        yen("results.yen_person", per_person),
    ]
}
