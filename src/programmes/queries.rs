//! Reads.

use entity::ProgrammeId;
use entity::programmes::session_kind::SessionKind;
use entity::programmes::{programme, programme_plan};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::platform::db::reached_programmes;
use crate::platform::japan::FiscalYear;
use crate::platform::{Result, Scope};

/// The programmes within the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_programmes(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<programme::Model>> {
    Ok(programme::Entity::find()
        .filter(programme::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(reached_programmes(scope, programme::Column::Id))
        .order_by_asc(programme::Column::Id)
        .all(db)
        .await?)
}

/// The plan of a fiscal year, by programme and kind of session.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_plans(
    db: &impl ConnectionTrait,
    scope: &Scope,
    year: FiscalYear,
) -> Result<Vec<programme_plan::Model>> {
    Ok(programme_plan::Entity::find()
        .filter(programme_plan::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(programme_plan::Column::FiscalYear.eq(year.year()))
        .filter(reached_programmes(scope, programme_plan::Column::ProgrammeId))
        .order_by_asc(programme_plan::Column::Id)
        .all(db)
        .await?)
}

/// The programmes that plan, or ever planned, sessions of a kind.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn planners(
    db: &impl ConnectionTrait,
    scope: &Scope,
    kind: SessionKind,
) -> Result<Vec<ProgrammeId>> {
    Ok(programme_plan::Entity::find()
        .select_only()
        .column(programme_plan::Column::ProgrammeId)
        .distinct()
        .filter(programme_plan::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(programme_plan::Column::Kind.eq(kind))
        .filter(programme_plan::Column::PlannedCount.gt(0))
        .into_tuple()
        .all(db)
        .await?)
}
