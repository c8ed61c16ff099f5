//! 定着 of a project's people: what was counted and kept, and what a count is made of.

use chrono::{DateTime, TimeDelta, Utc};
use entity::bookings::booking;
use entity::subsidies::{project, project_report, project_retention, project_session};
use entity::surveys::follow_up_booking;
use entity::{FollowUpId, ProjectId};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::participants::attended_bookings;
use crate::platform::japan::time::local_date;
use crate::platform::{Result, Scope};
use crate::subsidies::rules::retention::{Count, RetentionLine, RetentionStage, shown, stage};
use crate::surveys;
use crate::surveys::rules::ASK_BEFORE_DAYS;

/// What is shown of the counts that were kept, with the report's first. None is worked out here:
/// figures that follow the sessions would tell who is in one of them.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn retention(
    db: &impl ConnectionTrait,
    project: &project::Model,
) -> Result<Vec<RetentionLine>> {
    let kept = project_retention::Entity::find()
        .filter(project_retention::Column::ProjectId.eq(project.id))
        .all(db)
        .await?;
    Ok(shown(kept.into_iter().map(line).collect()))
}

fn line(row: project_retention::Model) -> RetentionLine {
    let of = |count: Option<i32>| count.map(i64::from);
    let count = (of(row.due), of(row.reached), of(row.answered), of(row.stuck));
    let count = match count {
        (Some(due), Some(reached), Some(answered), Some(stuck)) => {
            Some(Count { due, reached, answered, stuck })
        }
        _ => None,
    };
    RetentionLine { stage: row.stage, rule: row.rule, count }
}

/// The count that is to be made and kept now, if one is: to be stored, not to be shown.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn count_due(
    db: &impl ConnectionTrait,
    project: &project::Model,
    now: DateTime<Utc>,
) -> Result<Option<(RetentionStage, Vec<RetentionLine>)>> {
    let report = project_report::Entity::find_by_id(project.id).one(db).await?;
    let Some(report) = report else { return Ok(None) };
    let bookings = attended_bookings(db, project, now).await?;

    // A ward counts its own people's answers and looks nobody up.
    let city = Scope::whole(project.municipality_id);
    let is_any_open = surveys::queries::is_any_open(db, &city, &bookings).await?;
    let stage = stage_of(&report, is_any_open);
    let Some(stage) = stage else { return Ok(None) };

    // Who answers a few days early counts from the day on; the second count waits for nobody.
    let until = match stage {
        RetentionStage::Report => local_date(now),
        RetentionStage::Last => local_date(now) + TimeDelta::days(ASK_BEFORE_DAYS),
    };

    let found = surveys::queries::figures_of(db, &city, &bookings, until).await?;
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let lines = found.into_iter().map(|figures| RetentionLine {
        stage,
        rule: figures.version,
        count: figures.total.count.map(|count| Count {
            due: number(count.due),
            reached: number(count.reached),
            answered: number(count.answered),
            stuck: number(count.stuck),
        }),
    });
    Ok(Some((stage, lines.collect())))
}

/// Which count of a report is to be made.
pub fn stage_of(report: &project_report::Model, is_any_open: bool) -> Option<RetentionStage> {
    let (first, last) = (report.retention_on.is_some(), report.retention_last_on.is_some());
    stage(report.submitted_at.is_some(), first, last, is_any_open)
}

/// The projects whose sessions somebody attended who was asked by this follow-up.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn projects_asked_by(
    db: &impl ConnectionTrait,
    follow_up_id: FollowUpId,
) -> Result<Vec<ProjectId>> {
    let bookings = Query::select()
        .column(follow_up_booking::Column::BookingId)
        .from(follow_up_booking::Entity)
        .and_where(follow_up_booking::Column::FollowUpId.eq(follow_up_id))
        .to_owned();
    let sessions = Query::select()
        .column(booking::Column::SessionId)
        .from(booking::Entity)
        .and_where(booking::Column::Id.in_subquery(bookings))
        .to_owned();

    let links = project_session::Entity::find()
        .filter(project_session::Column::SessionId.in_subquery(sessions))
        .order_by_asc(project_session::Column::ProjectId)
        .all(db)
        .await?;
    let mut found: Vec<ProjectId> = links.into_iter().map(|link| link.project_id).collect();
    found.dedup();
    Ok(found)
}
