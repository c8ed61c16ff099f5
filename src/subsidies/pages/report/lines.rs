//! The lines of the report's tables.

use crate::platform::web::Page;
use crate::platform::web::door::Returned;
use crate::subsidies::pages::view::COUNTS;
use crate::subsidies::queries::{CostRow, GoalItem, Results};
use crate::subsidies::rules::figure::{show_milli, show_yen};
use crate::subsidies::rules::report::{Counted, offered};

/// One cell of a table that is written into.
pub struct CellField {
    pub id: String,
    /// Ids of the headings that name it.
    pub label: String,
    pub value: String,
    pub error: Option<String>,
    pub class: &'static str,
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

/// One figure of people, or of what they cost.
pub struct FigureLine {
    /// Wording key.
    pub label: &'static str,
    pub counted: String,
    pub frozen: String,
    pub hand: String,
    pub total: String,
}

/// Figures side by side: counted now, counted when the report went out, written by hand, and what
/// counts altogether.
pub fn figure_lines(page: &Page, results: &Results) -> Vec<FigureLine> {
    let people = results.people;
    let counts = COUNTS.iter().map(|&(label, pick)| FigureLine {
        label,
        counted: pick(people.live).to_string(),
        frozen: page.known(&people.frozen.map(pick)),
        hand: pick(people.by_hand).to_string(),
        total: pick(people.total()).to_string(),
    });

    let (per_attendance, per_person) = results.each();
    let costs = [("results.yen_attendance", per_attendance), ("results.yen_person", per_person)];
    let costs = costs.into_iter().map(|(label, yen)| FigureLine {
        label,
        counted: String::new(),
        frozen: String::new(),
        hand: String::new(),
        total: page.known_yen(&yen),
    });
    counts.chain(costs).collect()
}

/// A goal, what became of it, and the cells to write that.
pub struct GoalLine {
    pub goal: GoalItem,
    /// What the records of attendance say.
    pub offer: Option<String>,
    pub actual: CellField,
    pub reason: CellField,
}

impl GoalLine {
    /// What the records of attendance say (`live`) stands in the field until somebody writes
    /// something else.
    pub fn new(page: &Page, back: &Returned, goal: GoalItem, live: Option<Counted>) -> Self {
        let offer = live
            .and_then(|live| offered(&goal.kpi, &goal.unit, &goal.data_source, live))
            .map(show_milli);
        let reason = goal.reason.as_deref().unwrap_or_default();
        let is_unwritten = goal.actual.is_none() && reason.is_empty();
        let actual = goal.actual.as_ref().or(offer.as_ref().filter(|_| is_unwritten));

        let cell = |end: &str, stands: &str| {
            let position = goal.position;
            let (id, label) = (format!("goal-{position}-{end}"), format!("g-{position} h-{end}"));
            CellField::new(page, back, id, label, stands)
        };
        Self {
            actual: cell("actual", actual.map_or("", String::as_str)),
            reason: cell("reason", reason),
            offer,
            goal,
        }
    }

    /// For the template: actual less target, with its sign.
    pub fn difference(&self) -> Option<String> {
        let by = self.goal.difference.clone()?;
        let is_more = !by.starts_with('-') && by != "0";
        Some(if is_more { format!("+{by}") } else { by })
    }
}

/// A line of the budget, and the cells to write what it cost.
pub struct CostLine {
    pub cost: CostRow,
    pub yen: CellField,
    pub note: CellField,
}

impl CostLine {
    pub fn new(page: &Page, back: &Returned, cost: CostRow) -> Self {
        let cell = |end: &str, stands: &str| {
            let position = cost.position;
            let (id, label) = (format!("cost-{position}-{end}"), format!("k-{position} h-{end}"));
            CellField::new(page, back, id, label, stands)
        };
        let spent = cost.spent_yen.map(show_yen).unwrap_or_default();
        Self { yen: cell("yen", &spent), note: cell("note", &cost.note), cost }
    }

    /// For the template.
    pub fn planned(&self) -> String {
        show_yen(self.cost.planned_yen)
    }

    /// For the template.
    pub fn spent(&self) -> Option<String> {
        self.cost.spent_yen.map(show_yen)
    }
}
