//! What became of a project, and the project with all that somebody may read of it.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::subsidies::project_retention::RetentionStage;
use entity::subsidies::{application_version, project, project_report};
use entity::{PracticeId, ProjectId};
use poem_openapi::Object;
use sea_orm::ConnectionTrait;

use super::{
    DecisionItem, ProjectItem, Report, VersionItem, changed_application, costs, decision, is_own,
    last_version, people, practice_of, report, retention, section_revisions, shown_application,
    shows_report, versions,
};
use crate::platform::{Result, Scope};
use crate::subsidies::rules::figure::show_milli;
use crate::subsidies::rules::report::{People, difference, each};
use crate::subsidies::rules::retention::{RetentionLine, yen_per_stuck};
use crate::subsidies::rules::sections::Application;
use crate::subsidies::rules::states::OPEN;

/// A goal and what became of it.
#[derive(Clone, Debug, Object)]
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

/// The goals of a version, with what a report says of each.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn goal_items(
    db: &impl ConnectionTrait,
    version: &application_version::Model,
    report: &Report,
) -> Result<Vec<GoalItem>> {
    let goals = super::goals(db, version).await?.into_iter().map(|goal| {
        let result = report.goals.get(&goal.position);
        let actual = result.and_then(|row| row.actual_milli);
        GoalItem {
            position: goal.position,
            kpi: goal.kpi,
            unit: goal.unit,
            baseline: goal.baseline_milli.map(show_milli),
            target: show_milli(goal.target_milli),
            due: goal.due,
            data_source: goal.data_source,
            actual: actual.map(show_milli),
            difference: difference(goal.target_milli, actual).map(show_milli),
            reason: result.map(|row| row.reason.clone()),
        }
    });
    Ok(goals.collect())
}

/// A line of the budget and what it cost.
#[derive(Clone, Debug)]
pub struct CostRow {
    pub position: i32,
    /// Category and item.
    pub name: String,
    pub planned_yen: i64,
    /// None: not written yet.
    pub spent_yen: Option<i64>,
    pub note: String,
}

/// The budget lines of a version, with what a report says of each.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn cost_rows(
    db: &impl ConnectionTrait,
    version: &application_version::Model,
    report: &Report,
) -> Result<Vec<CostRow>> {
    let rows = super::lines(db, version).await?.into_iter().map(|line| {
        let result = report.costs.get(&line.position);
        CostRow {
            position: line.position,
            name: format!("{}・{}", line.category, line.item),
            planned_yen: line.yen,
            spent_yen: result.and_then(|row| row.actual_yen),
            note: result.map(|row| row.note.clone()).unwrap_or_default(),
        }
    });
    Ok(rows.collect())
}

/// 定着 of a project's people by one version of the rule, as it was counted once and kept; without
/// counts below five people. Before the report went out there is none.
#[derive(Clone, Debug, Object)]
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

impl RetentionItem {
    fn new(
        line: RetentionLine,
        report: Option<&project_report::Model>,
        cost: i64,
        persons: i64,
    ) -> Self {
        let count = line.count;
        Self {
            stage: line.stage,
            counted_on: report.and_then(|report| match line.stage {
                RetentionStage::Report => report.retention_on,
                RetentionStage::Last => report.retention_last_on,
            }),
            rule: line.rule,
            due_count: count.map(|count| count.due),
            reached_count: count.map(|count| count.reached),
            answered_count: count.map(|count| count.answered),
            stuck_count: count.map(|count| count.stuck),
            yen_per_stuck: count.and_then(|count| yen_per_stuck(cost, persons, count)),
        }
    }
}

/// What became of a project, as far as its report is written.
#[derive(Clone, Debug)]
pub struct Results {
    pub report: Report,
    pub people: People,
    /// What the project has cost so far, by its report.
    pub cost: i64,
    pub retention: Vec<RetentionItem>,
}

impl Results {
    /// Costs for each attendance and each person.
    pub fn each(&self) -> (Option<i64>, Option<i64>) {
        each(self.cost, self.people.total())
    }
}

/// What became of a project.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn results(
    db: &impl ConnectionTrait,
    project: &project::Model,
    now: DateTime<Utc>,
) -> Result<Results> {
    let report = report(db, project).await?;
    let written = report.report.as_ref();
    let people = people(db, project, written, now).await?;
    let (cost, persons) = (costs(&report), people.total().persons);
    let lines = retention(db, project).await?.into_iter();
    let retention = lines.map(|line| RetentionItem::new(line, written, cost, persons)).collect();
    Ok(Results { people, cost, retention, report })
}

/// Sessions and people: counted from the project's sessions (from the report on what was counted
/// when it went out), counted now (`live_`), and written by hand for what no record holds (`hand_`).
/// Costs are shared by what was counted and what was written by hand together.
#[derive(Clone, Debug, Object)]
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

impl FigureItem {
    /// None before anything of the report is written.
    fn of(results: &Results) -> Option<Self> {
        let (report, people) = (results.report.report.as_ref()?, results.people);
        let (yen_per_attendance, yen_per_person) = results.each();
        Some(Self {
            session_count: people.counted.sessions,
            attendance_count: people.counted.attendances,
            person_count: people.counted.persons,
            live_session_count: people.live.sessions,
            live_attendance_count: people.live.attendances,
            live_person_count: people.live.persons,
            hand_session_count: report.session_count,
            hand_attendance_count: report.attendance_count,
            hand_person_count: report.person_count,
            cost_yen: Some(results.cost),
            yen_per_attendance,
            yen_per_person,
            retention: results.retention.clone(),
        })
    }
}

/// A project with all that the asker may read.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ProjectDetail {
    pub project: ProjectItem,
    /// The practice that it took over.
    pub practice_id: Option<PracticeId>,
    /// Sections by name: as it is written until it is submitted, then as it was submitted last.
    pub application: Application,
    /// For those who may act on it: the revision of each section, to be sent back as `If-Match`.
    pub section_revisions: Option<HashMap<String, i32>>,
    /// The same of the results report; 0 where there is none.
    pub report_revision: Option<i32>,
    /// For the ward: the application with what is altered for the next request of a change.
    pub draft: Option<Application>,
    pub versions: Vec<VersionItem>,
    pub decision: Option<DecisionItem>,
    pub goals: Vec<GoalItem>,
    pub figures: Option<FigureItem>,
}

/// A project, each part as far as the scope reads it; `applies` is what the asker writes as a ward.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn detail(
    db: &impl ConnectionTrait,
    scope: &Scope,
    applies: Option<&Scope>,
    id: ProjectId,
    now: DateTime<Utc>,
) -> Result<ProjectDetail> {
    let row = super::get(db, scope, id).await?;
    let project = &row.project;
    let last = last_version(db, project).await?;
    let application = shown_application(db, scope, project, last.as_ref()).await?;
    let writes = applies.is_some_and(|scope| is_own(scope, project));
    let draft = match writes && !OPEN.contains(&project.state) {
        true => changed_application(db, project).await?,
        false => None,
    };

    // Other wards read the report once it is with headquarters.
    let results = match shows_report(scope, project) {
        true => Some(results(db, project, now).await?),
        false => None,
    };
    let unwritten = Report::default();
    let report = results.as_ref().map_or(&unwritten, |results| &results.report);
    let goals = match &last {
        Some(last) => goal_items(db, last, report).await?,
        None => Vec::new(),
    };
    let practice = practice_of(db, project).await?;

    // What stays between the ward and headquarters.
    let (mut submitted, mut decided) = (Vec::new(), None);
    let (mut revisions, mut report_revision) = (None, None);
    if is_own(scope, project) {
        submitted = versions(db, project).await?;
        decided = decision(db, project).await?;
        revisions = Some(section_revisions(db, project).await?);
        report_revision = Some(report.report.as_ref().map_or(0, |report| report.revision));
    }

    Ok(ProjectDetail {
        practice_id: practice.map(|practice| practice.id),
        application,
        section_revisions: revisions,
        report_revision,
        draft,
        versions: submitted.into_iter().map(VersionItem::from).collect(),
        decision: decided.map(DecisionItem::from),
        goals,
        figures: results.as_ref().and_then(FigureItem::of),
        project: row.into(),
    })
}
