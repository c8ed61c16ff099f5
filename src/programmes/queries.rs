//! Reads.

use entity::programmes::{programme, programme_plan};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::platform::japan::FiscalYear;
use crate::platform::{Result, Scope};

/// The programmes within the scope.
pub async fn list_programmes(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<programme::Model>> {
    let mut select = programme::Entity::find()
        .filter(programme::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(programme::Column::Id);
    if let Some(ids) = &scope.programmes {
        select = select.filter(programme::Column::Id.is_in(ids.iter().copied()));
    }
    Ok(select.all(db).await?)
}

/// The plan of a fiscal year, by programme and kind of session.
pub async fn list_plans(
    db: &impl ConnectionTrait,
    scope: &Scope,
    year: FiscalYear,
) -> Result<Vec<programme_plan::Model>> {
    let mut select = programme_plan::Entity::find()
        .filter(programme_plan::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(programme_plan::Column::FiscalYear.eq(year.year()))
        .order_by_asc(programme_plan::Column::Id);
    if let Some(ids) = &scope.programmes {
        select = select.filter(programme_plan::Column::ProgrammeId.is_in(ids.iter().copied()));
    }
    Ok(select.all(db).await?)
}
