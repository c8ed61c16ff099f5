//! The shapes of the API.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::subsidies::application_section::Section;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::project_decision::DecisionOutcome;
use entity::subsidies::project_retention::RetentionStage;
use entity::subsidies::subsidy_round;
use poem_openapi::Object;

use crate::platform::japan::time::to_jst;
use crate::subsidies::queries::ProjectRow;
use crate::subsidies::rules::compare::Difference;
use crate::subsidies::rules::figure::show_milli;
use crate::subsidies::rules::sections::{Application, Content};

/// A round (公募).
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct RoundItem {
    pub id: i64,
    /// 2024 is 令和6年度.
    pub fiscal_year: i32,
    pub name: String,
    pub opens_on: Option<NaiveDate>,
    pub closes_on: Option<NaiveDate>,
    pub report_due_on: Option<NaiveDate>,
    /// Most yen that one project can get.
    pub cap_yen: Option<i64>,
    pub guidelines: String,
    /// The paper that a round of the past is taken from.
    pub source: Option<String>,
    pub revision: i32,
}

/// A round to be, or its new content.
#[derive(Object, Debug)]
pub struct RoundBody {
    pub fiscal_year: i32,
    pub name: String,
    pub opens_on: Option<NaiveDate>,
    pub closes_on: Option<NaiveDate>,
    pub report_due_on: Option<NaiveDate>,
    pub cap_yen: Option<i64>,
    #[oai(default)]
    pub guidelines: String,
}

/// A project. Amounts that are absent are not decided, or not known.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ProjectItem {
    pub id: i64,
    pub round_id: i64,
    pub fiscal_year: i32,
    pub ward_id: i64,
    pub ward: String,
    pub kind: ProjectKind,
    pub title: String,
    pub state: ProjectState,
    /// The project that it was taken over from.
    pub parent_id: Option<i64>,
    pub kept: Option<String>,
    pub changed: Option<String>,
    pub source: Option<String>,
    pub granted_yen: Option<i64>,
    pub advanced_yen: i64,
    pub fixed_yen: Option<i64>,
    pub rest_yen: i64,
    pub repaid_yen: i64,
    pub revision: i32,
}

/// A page of projects.
#[derive(Object, Debug)]
pub struct ProjectPage {
    pub items: Vec<ProjectItem>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// One section of an application.
#[derive(Object, Debug)]
pub struct SectionBody {
    #[oai(default)]
    pub texts: HashMap<String, String>,
    /// Cells in the order of the section's columns.
    #[oai(default)]
    pub rows: Vec<Vec<String>>,
}

/// A submitted version.
#[derive(Object, Debug)]
pub struct VersionItem {
    pub number: i32,
    pub total_yen: i64,
    pub own_yen: i64,
    pub requested_yen: i64,
    pub submitted_at: DateTime<FixedOffset>,
}

/// What differs between two versions.
#[derive(Object, Debug)]
pub struct DifferenceItem {
    pub section: Section,
    pub old: String,
    pub new: String,
}

impl From<Difference> for DifferenceItem {
    fn from(difference: Difference) -> Self {
        let Difference { section, old, new, .. } = difference;
        Self { section, old, new }
    }
}

/// What was decided.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct DecisionItem {
    pub outcome: DecisionOutcome,
    pub adopted_yen: Option<i64>,
    pub conditions: String,
    pub reason: String,
    pub decided_on: NaiveDate,
}

/// A goal and what became of it.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct GoalItem {
    pub position: i32,
    pub kpi: String,
    pub unit: String,
    pub baseline: Option<String>,
    pub target: String,
    pub due: String,
    pub data_source: String,
    pub actual: Option<String>,
    /// Actual less target.
    pub difference: Option<String>,
    pub reason: Option<String>,
}

/// 定着 of a project's people by one version of the rule, as it was counted once and kept; without
/// counts below five people. Before the report went out there is none.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct RetentionItem {
    pub stage: RetentionStage,
    pub counted_on: Option<NaiveDate>,
    pub rule: String,
    pub due_count: Option<i64>,
    pub reached_count: Option<i64>,
    pub answered_count: Option<i64>,
    pub stuck_count: Option<i64>,
    /// What each person cost, shared by the part of those asked who keep using.
    pub yen_per_stuck: Option<i64>,
}

/// Sessions and people: counted from the project's sessions (from the report on what was counted
/// when it went out), counted now (`live_`), and written by hand for what no record holds (`hand_`).
/// Costs are shared by what was counted and what was written by hand together.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct FigureItem {
    pub session_count: i64,
    /// 延べ
    pub attendance_count: i64,
    /// 実
    pub person_count: i64,
    pub live_session_count: i64,
    pub live_attendance_count: i64,
    pub live_person_count: i64,
    pub hand_session_count: Option<i32>,
    pub hand_attendance_count: Option<i32>,
    pub hand_person_count: Option<i32>,
    pub cost_yen: Option<i64>,
    pub yen_per_attendance: Option<i64>,
    pub yen_per_person: Option<i64>,
    pub retention: Vec<RetentionItem>,
}

/// A project with all that the asker may read.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ProjectDetail {
    pub project: ProjectItem,
    /// The practice that it took over.
    pub practice_id: Option<i64>,
    /// Sections by name: as it is written until it is submitted, then as it was submitted last.
    pub application: HashMap<String, SectionBody>,
    /// For those who may act on it: the revision of each section, to be sent back as `If-Match`.
    pub section_revisions: Option<HashMap<String, i32>>,
    /// The same of the results report; 0 where there is none.
    pub report_revision: Option<i32>,
    /// For the ward: the application with what is altered for the next request of a change.
    pub draft: Option<HashMap<String, SectionBody>>,
    pub versions: Vec<VersionItem>,
    pub decision: Option<DecisionItem>,
    pub goals: Vec<GoalItem>,
    pub figures: Option<FigureItem>,
}

/// A new project.
#[derive(Object, Debug)]
pub struct NewProjectBody {
    pub round_id: i64,
    pub ward_id: i64,
    pub kind: ProjectKind,
    pub title: String,
}

/// The number of what was made.
#[derive(Object, Debug)]
pub struct Made {
    pub id: i64,
}

/// An amount.
#[derive(Object, Debug)]
pub struct AmountBody {
    pub yen: i64,
}

/// A text.
#[derive(Object, Debug)]
pub struct TextBody {
    pub body: String,
}

pub fn item(row: ProjectRow) -> ProjectItem {
    let ProjectRow { project, ward, round } = row;
    let text = |text: String| (!text.is_empty()).then_some(text);
    ProjectItem {
        id: project.id.0,
        round_id: project.round_id.0,
        fiscal_year: round.fiscal_year,
        ward_id: project.ward_id.0,
        ward: ward.name_ja,
        kind: project.kind,
        title: project.title,
        state: project.state,
        parent_id: project.parent_id.map(|id| id.0),
        kept: text(project.kept),
        changed: text(project.changed),
        source: project.source,
        granted_yen: project.granted_yen,
        advanced_yen: project.advanced_yen,
        fixed_yen: project.fixed_yen,
        rest_yen: project.rest_yen,
        repaid_yen: project.repaid_yen,
        revision: project.revision,
    }
}

pub fn round_item(round: subsidy_round::Model) -> RoundItem {
    RoundItem {
        id: round.id.0,
        fiscal_year: round.fiscal_year,
        name: round.name,
        opens_on: round.opens_on,
        closes_on: round.closes_on,
        report_due_on: round.report_due_on,
        cap_yen: round.cap_yen,
        guidelines: round.guidelines,
        source: round.source,
        revision: round.revision,
    }
}

pub fn sections(whole: Application) -> HashMap<String, SectionBody> {
    let body = |content: Content| SectionBody {
        texts: content.texts.into_iter().collect(),
        rows: content.rows,
    };
    whole.into_iter().map(|(name, content)| (name, body(content))).collect()
}

pub fn content(body: SectionBody) -> Content {
    let SectionBody { texts, rows } = body;
    Content { texts: texts.into_iter().collect::<BTreeMap<_, _>>(), rows }
}

pub fn version(row: entity::subsidies::application_version::Model) -> VersionItem {
    VersionItem {
        number: row.number,
        total_yen: row.total_yen,
        own_yen: row.own_yen,
        requested_yen: row.requested_yen,
        submitted_at: to_jst(row.submitted_at),
    }
}

pub fn milli(value: Option<i64>) -> Option<String> {
    value.map(show_milli)
}
