//! What readers see of rounds, projects, versions and decisions.

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::subsidies::application_section::Section;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::project_change::{self, ChangeKind, ChangeState};
use entity::subsidies::project_deadline::{self, DeadlineKind};
use entity::subsidies::project_decision::{self, DecisionOutcome};
use entity::subsidies::section_message::{self, MessageKind};
use entity::subsidies::{application_version, subsidy_round};
use entity::{ProjectChangeId, ProjectId, SubsidyRoundId, WardId};
use poem_openapi::Object;

use super::{ProjectRow, read_application};
use crate::platform::Result;
use crate::platform::japan::time::to_jst;
use crate::subsidies::rules::compare::{Difference, compare};

/// A round (公募).
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RoundItem {
    pub id: SubsidyRoundId,
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

impl From<subsidy_round::Model> for RoundItem {
    fn from(round: subsidy_round::Model) -> Self {
        Self {
            id: round.id,
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
}

/// A project. Amounts that are absent are not decided, or not known.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ProjectItem {
    pub id: ProjectId,
    pub round_id: SubsidyRoundId,
    pub fiscal_year: i32,
    pub ward_id: WardId,
    pub ward: String,
    pub kind: ProjectKind,
    pub title: String,
    pub state: ProjectState,
    /// The project that it was taken over from.
    pub parent_id: Option<ProjectId>,
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

impl From<ProjectRow> for ProjectItem {
    fn from(ProjectRow { project, ward, round }: ProjectRow) -> Self {
        let text = |text: String| (!text.is_empty()).then_some(text);
        Self {
            id: project.id,
            round_id: project.round_id,
            fiscal_year: round.fiscal_year,
            ward_id: project.ward_id,
            ward: ward.name_ja,
            kind: project.kind,
            title: project.title,
            state: project.state,
            parent_id: project.parent_id,
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
}

/// A deadline that is not met yet.
#[derive(Clone, Debug, Object)]
pub struct DeadlineItem {
    pub project_id: ProjectId,
    pub title: String,
    pub ward: String,
    pub kind: DeadlineKind,
    pub due_on: NaiveDate,
    /// The worker put it on top of the list.
    pub is_reminded: bool,
}

impl From<(project_deadline::Model, ProjectRow)> for DeadlineItem {
    fn from((deadline, row): (project_deadline::Model, ProjectRow)) -> Self {
        Self {
            project_id: row.project.id,
            title: row.project.title,
            ward: row.ward.name_ja,
            kind: deadline.kind,
            due_on: deadline.due_on,
            is_reminded: deadline.reminded_at.is_some(),
        }
    }
}

/// A submitted version.
#[derive(Clone, Debug, Object)]
pub struct VersionItem {
    pub number: i32,
    pub total_yen: i64,
    pub own_yen: i64,
    pub requested_yen: i64,
    pub submitted_at: DateTime<FixedOffset>,
}

impl From<application_version::Model> for VersionItem {
    fn from(version: application_version::Model) -> Self {
        Self {
            number: version.number,
            total_yen: version.total_yen,
            own_yen: version.own_yen,
            requested_yen: version.requested_yen,
            submitted_at: to_jst(version.submitted_at),
        }
    }
}

/// A question or an answer as it stands.
#[derive(Clone, Debug, Object)]
pub struct MessageItem {
    pub section: Section,
    pub kind: MessageKind,
    pub body: String,
    pub at: DateTime<FixedOffset>,
}

impl From<section_message::Model> for MessageItem {
    fn from(message: section_message::Model) -> Self {
        Self {
            section: message.section,
            kind: message.kind,
            body: message.body,
            at: to_jst(message.created_at),
        }
    }
}

/// What was decided.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DecisionItem {
    pub outcome: DecisionOutcome,
    pub adopted_yen: Option<i64>,
    pub conditions: String,
    pub reason: String,
    pub decided_on: NaiveDate,
}

impl From<project_decision::Model> for DecisionItem {
    fn from(decision: project_decision::Model) -> Self {
        Self {
            outcome: decision.outcome,
            adopted_yen: decision.adopted_yen,
            conditions: decision.conditions,
            reason: decision.reason,
            decided_on: decision.decided_on,
        }
    }
}

/// A change that was asked for.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ChangeItem {
    pub id: ProjectChangeId,
    pub kind: ChangeKind,
    pub what: String,
    pub old_yen: i64,
    pub new_yen: i64,
    pub state: ChangeState,
    pub answer: String,
    /// While it waits: how the plan would differ from the version that stands.
    pub differences: Vec<Difference>,
    /// The version that its approval made; none when the plan stays.
    pub version_number: Option<i32>,
}

impl ChangeItem {
    /// A change among the versions of its project.
    ///
    /// # Errors
    /// `Internal` when what is kept of the plan cannot be read.
    pub fn among(
        versions: &[application_version::Model],
        change: project_change::Model,
    ) -> Result<Self> {
        let differences = match (change.content, versions.last()) {
            (Some(content), Some(last)) if change.state == ChangeState::Asked => {
                compare(&read_application(last)?, &serde_json::from_value(content)?)
            }
            _ => Vec::new(),
        };
        let made = versions.iter().find(|version| Some(version.id) == change.version_id);

        Ok(Self {
            id: change.id,
            kind: change.kind,
            what: change.what,
            old_yen: change.old_yen,
            new_yen: change.new_yen,
            state: change.state,
            answer: change.answer,
            differences,
            version_number: made.map(|version| version.number),
        })
    }
}
