//! A project with all that the asker may read.

use entity::subsidies::{application_version, project, project_decision, project_report};

use super::objects::{
    DecisionItem, FigureItem, GoalItem, ProjectDetail, RetentionItem, item, milli, sections,
    version,
};
use crate::platform::Result;
use crate::platform::web::door::{By, Right};
use crate::subsidies::access::{Applying, Reading};
use crate::subsidies::queries::{self, ProjectRow, Report};
use crate::subsidies::rules::report::{difference, each};
use crate::subsidies::rules::retention::{Line, RetentionStage, yen_per_stuck};
use crate::subsidies::rules::sections::Application;
use crate::subsidies::rules::states::OPEN;

/// Each part as far as the asker reads it.
pub(super) async fn detail(by: &By<Reading>, row: ProjectRow) -> Result<ProjectDetail> {
    let (db, project) = (by.db(), &row.project);
    let last = queries::last_version(db, project).await?;
    let application = queries::shown_application(db, &by.scope, project, last.as_ref()).await?;
    let draft = draft(by, project).await?;

    // Other wards read the report once it is with headquarters.
    let shows = queries::shows_report(&by.scope, project);
    let report = if shows { queries::report(db, project).await? } else { Report::default() };
    let goals = goals(by, last.as_ref(), &report).await?;
    let figures = match &report.report {
        Some(written) => Some(figures(by, project, written, &report).await?),
        None => None,
    };
    let practice = queries::practice_of(db, project).await?;

    // What stays between the ward and headquarters.
    let (mut versions, mut decision) = (Vec::new(), None);
    let (mut section_revisions, mut report_revision) = (None, None);
    if queries::is_own(&by.scope, project) {
        versions = queries::versions(db, project).await?.into_iter().map(version).collect();
        decision = queries::decision(db, project).await?.map(decision_item);
        section_revisions = Some(queries::section_revisions(db, project).await?);
        report_revision = Some(report.report.as_ref().map_or(0, |report| report.revision));
    }

    Ok(ProjectDetail {
        project: item(row),
        practice_id: practice.map(|practice| practice.id.0),
        application: sections(application),
        section_revisions,
        report_revision,
        draft: draft.map(sections),
        versions,
        decision,
        goals,
        figures,
    })
}

/// What the ward alters for its next request of a change.
async fn draft(by: &By<Reading>, project: &project::Model) -> Result<Option<Application>> {
    let writes = Applying::scope(&by.ctx).is_ok_and(|scope| queries::is_own(&scope, project));
    if !writes || OPEN.contains(&project.state) {
        return Ok(None);
    }
    queries::changed_application(by.db(), project).await
}

fn decision_item(row: project_decision::Model) -> DecisionItem {
    DecisionItem {
        outcome: row.outcome,
        adopted_yen: row.adopted_yen,
        conditions: row.conditions,
        reason: row.reason,
        decided_on: row.decided_on,
    }
}

/// The goals of the version that stands, with what became of each.
async fn goals(
    by: &By<Reading>,
    last: Option<&application_version::Model>,
    report: &Report,
) -> Result<Vec<GoalItem>> {
    let Some(last) = last else { return Ok(Vec::new()) };
    let goals = queries::goals(by.db(), last).await?.into_iter().map(|goal| {
        let result = report.goals.get(&goal.position);
        let actual = result.and_then(|row| row.actual_milli);
        GoalItem {
            position: goal.position,
            kpi: goal.kpi,
            unit: goal.unit,
            baseline: milli(goal.baseline_milli),
            target: milli(Some(goal.target_milli)).unwrap_or_default(),
            due: goal.due,
            data_source: goal.data_source,
            actual: milli(actual),
            difference: milli(difference(goal.target_milli, actual)),
            reason: result.map(|row| row.reason.clone()),
        }
    });
    Ok(goals.collect())
}

async fn figures(
    by: &By<Reading>,
    project: &project::Model,
    written: &project_report::Model,
    report: &Report,
) -> Result<FigureItem> {
    let people = queries::people(by.db(), project, Some(written), by.ctx.now).await?;
    let retention = queries::retention(by.db(), project).await?.into_iter();

    let (cost, total) = (queries::costs(report), people.total());
    let (per_attendance, per_person) = each(cost, total);
    Ok(FigureItem {
        retention: retention
            .map(|line| retention_item(line, written, (cost, total.persons)))
            .collect(),
        session_count: people.counted.sessions,
        attendance_count: people.counted.attendances,
        person_count: people.counted.persons,
        live_session_count: people.live.sessions,
        live_attendance_count: people.live.attendances,
        live_person_count: people.live.persons,
        hand_session_count: written.session_count,
        hand_attendance_count: written.attendance_count,
        hand_person_count: written.person_count,
        cost_yen: Some(cost),
        yen_per_attendance: per_attendance,
        yen_per_person: per_person,
    })
}

fn retention_item(
    line: Line,
    written: &project_report::Model,
    (cost, persons): (i64, i64),
) -> RetentionItem {
    let count = line.count;
    RetentionItem {
        stage: line.stage,
        counted_on: match line.stage {
            RetentionStage::Report => written.retention_on,
            RetentionStage::Last => written.retention_last_on,
        },
        rule: line.rule,
        due_count: count.map(|count| count.due),
        reached_count: count.map(|count| count.reached),
        answered_count: count.map(|count| count.answered),
        stuck_count: count.map(|count| count.stuck),
        yen_per_stuck: count.and_then(|count| yen_per_stuck(cost, persons, count)),
    }
}
