//! What is entered for one fiscal year: the goal, what was reached, the judgement.

use entity::ProgrammeId;
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_review::Achievement;
use entity::sessions::session::SessionKind;
use poem_openapi::Object;

/// The goal of one fiscal year, as it is entered.
#[derive(Clone, Debug)]
pub struct NewGoal {
    pub kind: CellKind,
    /// Only of a stated goal.
    pub words: String,
    /// In thousandths of the unit.
    pub milli: Option<i64>,
    pub approx: bool,
}

/// What was reached in one fiscal year, as it is entered: words (and maybe a number), or a
/// metric that is counted.
#[derive(Clone, Debug, Default)]
pub struct NewActual {
    pub words: String,
    /// In thousandths of the unit.
    pub milli: Option<i64>,
    pub approx: bool,
    pub metric: Option<Metric>,
    pub programme_id: Option<ProgrammeId>,
    pub session_kind: Option<SessionKind>,
}

/// A judgement; who sends it is its approver.
#[derive(Clone, Debug, Object)]
#[oai(rename = "ReviewBody")]
pub struct Judgement {
    /// None takes the judgement back.
    pub achievement: Option<Achievement>,
    #[oai(default)]
    pub evidence: String,
    #[oai(default)]
    pub next_direction: String,
}
