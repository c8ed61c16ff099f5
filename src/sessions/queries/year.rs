//! How far the plan of a fiscal year is.

use chrono::{DateTime, NaiveTime, Utc};
use entity::sessions::session::SessionKind;
use sea_orm::ConnectionTrait;

use super::{Tally, tally};
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::instant;
use crate::platform::{Result, Scope};
use crate::programmes;

/// Sessions of a kind: held so far, with a date, planned for the year.
#[derive(Clone, Copy, Debug)]
pub struct KindFigure {
    pub kind: SessionKind,
    pub held: i64,
    pub dated: i64,
    pub planned: i32,
}

/// The figures of each kind that is planned or dated in a year. Three queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn year_figures(
    db: &impl ConnectionTrait,
    scope: &Scope,
    year: FiscalYear,
    now: DateTime<Utc>,
) -> Result<Vec<KindFigure>> {
    let start = instant(year.start(), NaiveTime::MIN);
    let end = instant(year.end().succ_opt().unwrap_or(year.end()), NaiveTime::MIN);
    let plans = programmes::queries::list_plans(db, scope, year).await?;
    let held = tally(db, scope, start, now.min(end)).await?;
    let dated = tally(db, scope, start, end).await?;

    let of = |tallies: &[Tally], kind: SessionKind| -> i64 {
        tallies.iter().filter(|tally| tally.kind == kind).map(|tally| tally.count).sum()
    };
    let figure = |kind: &SessionKind| KindFigure {
        kind: *kind,
        held: of(&held, *kind),
        dated: of(&dated, *kind),
        planned: plans.iter().filter(|plan| plan.kind == *kind).map(|p| p.planned_count).sum(),
    };
    let all = SessionKind::ALL.iter().map(figure);
    Ok(all.filter(|figure| figure.planned > 0 || figure.dated > 0).collect())
}
