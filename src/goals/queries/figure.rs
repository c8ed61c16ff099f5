//! Figures of our own records as they stand now.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use entity::bookings::booking::{self, Attendance, BookingState};
use entity::goals::goal_actual::Metric;
use entity::goals::{goal_plan, goal_procedure};
use entity::places::ward;
use entity::programmes::programme_result::{self, PeopleUnit};
use entity::sessions::session::{self, SessionState};
use entity::{GoalItemId, GoalMeasureId, SessionId, WardId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{EditionRow, content, get_edition, get_item, get_measure};
use crate::goals::rules::content::{Binding, Content, Item, Measure};
use crate::goals::rules::figure::{Came, Figure, FigureRow, LiveFigures, count};
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::{instant, local_date};
use crate::platform::{Error, Result, Scope};

/// The figure of a binding for a fiscal year, as it stands at `now`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn live(
    db: &impl ConnectionTrait,
    plan: &goal_plan::Model,
    binding: &Binding,
    fiscal_year: i32,
    now: DateTime<Utc>,
) -> Result<Figure> {
    let rows = match binding.metric {
        Metric::ProceduresDone => procedures(db, plan, fiscal_year).await?,
        _ => {
            let mut rows = totals(db, plan, binding, fiscal_year).await?;
            rows.extend(sessions(db, plan, binding, fiscal_year, now).await?);
            rows
        }
    };
    Ok(count(binding.metric, rows))
}

/// The figures of all bound actuals of an edition.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn live_figures(
    db: &impl ConnectionTrait,
    plan: &goal_plan::Model,
    content: &Content,
    now: DateTime<Utc>,
) -> Result<LiveFigures> {
    let mut found = LiveFigures::new();
    for measure in content.items.iter().flat_map(|item| &item.measures) {
        for (year, actual) in &measure.actuals {
            if let (Some(id), Some(binding)) = (actual.id, &actual.binding) {
                found.insert(id, live(db, plan, binding, *year, now).await?);
            }
        }
    }
    Ok(found)
}

async fn procedures(
    db: &impl ConnectionTrait,
    plan: &goal_plan::Model,
    fiscal_year: i32,
) -> Result<Vec<FigureRow>> {
    let rows = goal_procedure::Entity::find()
        .filter(goal_procedure::Column::PlanId.eq(plan.id))
        .filter(goal_procedure::Column::ReadyYear.lte(fiscal_year))
        .order_by_asc(goal_procedure::Column::Rank)
        .all(db)
        .await?;

    let row = |row: goal_procedure::Model| FigureRow::Procedure {
        rank: row.rank,
        name: row.name,
        ready_year: row.ready_year,
    };
    Ok(rows.into_iter().map(row).collect())
}

async fn totals(
    db: &impl ConnectionTrait,
    plan: &goal_plan::Model,
    binding: &Binding,
    fiscal_year: i32,
) -> Result<Vec<FigureRow>> {
    let mut select = programme_result::Entity::find()
        .filter(programme_result::Column::MunicipalityId.eq(plan.municipality_id))
        .filter(programme_result::Column::FiscalYear.eq(fiscal_year))
        .order_by_asc(programme_result::Column::Id);
    if let Some(programme_id) = binding.programme_id {
        select = select.filter(programme_result::Column::ProgrammeId.eq(programme_id));
    }
    if let Some(kind) = binding.session_kind {
        select = select.filter(programme_result::Column::Kind.eq(kind));
    }

    let mut found = Vec::new();
    for row in select.all(db).await? {
        found.push(FigureRow::Total {
            document: row.document,
            words: row.words,
            sessions: row.session_count,
            people: row.people,
            approx: row.is_approx,
            unit_unknown: row.people_unit == PeopleUnit::Unknown,
            wards: serde_json::from_value(row.ward_codes)?,
        });
    }
    Ok(found)
}

async fn sessions(
    db: &impl ConnectionTrait,
    plan: &goal_plan::Model,
    binding: &Binding,
    fiscal_year: i32,
    now: DateTime<Utc>,
) -> Result<Vec<FigureRow>> {
    let (Some(year), Some(next)) = (FiscalYear::new(fiscal_year), FiscalYear::new(fiscal_year + 1))
    else {
        return Ok(Vec::new());
    };

    let first = |year: FiscalYear| instant(year.start(), NaiveTime::MIN);
    let mut select = session::Entity::find()
        .filter(session::Column::MunicipalityId.eq(plan.municipality_id))
        .filter(session::Column::State.eq(SessionState::Planned))
        .filter(session::Column::StartsAt.gte(first(year)))
        .filter(session::Column::StartsAt.lt(first(next)))
        .filter(session::Column::EndsAt.lte(now))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id);
    if let Some(programme_id) = binding.programme_id {
        select = select.filter(session::Column::ProgrammeId.eq(programme_id));
    }
    if let Some(kind) = binding.session_kind {
        select = select.filter(session::Column::Kind.eq(kind));
    }

    let held = select.all(db).await?;
    if held.is_empty() {
        return Ok(Vec::new());
    }

    let wards: HashMap<WardId, String> = ward::Entity::find()
        .filter(ward::Column::MunicipalityId.eq(plan.municipality_id))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.code))
        .collect();

    let mut came: HashMap<SessionId, Vec<Came>> = HashMap::new();
    let bookings = booking::Entity::find()
        .filter(booking::Column::SessionId.is_in(held.iter().map(|row| row.id)))
        .filter(booking::Column::State.eq(BookingState::Confirmed))
        .filter(booking::Column::Attendance.is_in(Attendance::CAME))
        .order_by_asc(booking::Column::Id)
        .all(db)
        .await?;
    for row in bookings {
        let one = Came { booking_id: row.id, resident_id: row.resident_id };
        came.entry(row.session_id).or_default().push(one);
    }

    let row = |row: session::Model| FigureRow::Session {
        came: came.remove(&row.id).unwrap_or_default(),
        id: row.id,
        on: local_date(row.starts_at),
        ward: row.ward_id.and_then(|id| wards.get(&id).cloned()),
        title_ja: row.title_ja,
        title_en: row.title_en,
    };
    Ok(held.into_iter().map(row).collect())
}

/// A counted actual: as published, and as it stands now.
#[derive(Clone, Debug)]
pub struct CountedActual {
    pub metric: Metric,
    pub frozen: Option<(DateTime<Utc>, Figure)>,
    pub live: Figure,
    pub item_id: GoalItemId,
    pub item: Item,
    pub measure: Measure,
    pub row: EditionRow,
}

/// The rows behind the actual of a measure and fiscal year.
///
/// # Errors
/// `NotFound` when nothing is counted there, or outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn counted_actual(
    db: &impl ConnectionTrait,
    scope: &Scope,
    measure_id: GoalMeasureId,
    fiscal_year: i32,
    now: DateTime<Utc>,
) -> Result<CountedActual> {
    let measure = get_measure(db, scope, measure_id).await?;
    let item_id = measure.item_id;
    let edition_id = get_item(db, scope, item_id).await?.edition_id;
    let row = get_edition(db, scope, edition_id).await?;
    let content = content(db, &row.edition).await?;

    let mut items = content.items.into_iter();
    let item = items.find(|item| item.id == Some(item_id)).ok_or(Error::NotFound)?;
    let found = item.measures.iter().find(|other| other.id == Some(measure_id));
    let measure = found.cloned().ok_or(Error::NotFound)?;
    let actual = measure.actuals.get(&fiscal_year).ok_or(Error::NotFound)?;
    let binding = actual.binding.ok_or(Error::NotFound)?;

    Ok(CountedActual {
        metric: binding.metric,
        frozen: actual.frozen.clone(),
        live: live(db, &row.plan, &binding, fiscal_year, now).await?,
        item_id,
        item,
        measure,
        row,
    })
}
