//! Reads.

use entity::places::{area, closure, municipality, room, venue, ward};
use entity::{MunicipalityId, RoomId, VenueId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::platform::japan::OpeningHours;
use crate::platform::{Error, Result, Scope};

/// A municipality by id.
///
/// # Errors
/// `NotFound`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_municipality(
    db: &impl ConnectionTrait,
    id: MunicipalityId,
) -> Result<municipality::Model> {
    municipality::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// A municipality by its 6-digit code.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_municipality_by_code(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Option<municipality::Model>> {
    Ok(municipality::Entity::find().filter(municipality::Column::Code.eq(code)).one(db).await?)
}

/// The call centre's hours.
pub fn opening_hours(municipality: &municipality::Model) -> Result<OpeningHours> {
    let municipality::Model { open_days, opens_minute, closes_minute, .. } = municipality;
    OpeningHours::of_row(*open_days, *opens_minute, *closes_minute)
        .map_err(|_| Error::internal("opening hours"))
}

/// The areas in the order of the desk.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_areas(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<area::Model>> {
    Ok(area::Entity::find()
        .filter(area::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(area::Column::Rank)
        .order_by_asc(area::Column::Id)
        .all(db)
        .await?)
}

/// The venues in the order of the desk.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_venues(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<venue::Model>> {
    Ok(venue::Entity::find()
        .filter(venue::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(venue::Column::Rank)
        .order_by_asc(venue::Column::Id)
        .all(db)
        .await?)
}

/// A venue by id.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_venue(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: VenueId,
) -> Result<venue::Model> {
    venue::Entity::find_by_id(id)
        .filter(venue::Column::MunicipalityId.eq(scope.municipality_id))
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The rooms of a municipality.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_rooms(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<room::Model>> {
    Ok(room::Entity::find()
        .filter(room::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(room::Column::VenueId)
        .order_by_asc(room::Column::Id)
        .all(db)
        .await?)
}

/// A room by id.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_room(db: &impl ConnectionTrait, scope: &Scope, id: RoomId) -> Result<room::Model> {
    room::Entity::find_by_id(id)
        .filter(room::Column::MunicipalityId.eq(scope.municipality_id))
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The wards of a city.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_wards(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<ward::Model>> {
    Ok(ward::Entity::find()
        .filter(ward::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(ward::Column::Code)
        .all(db)
        .await?)
}

/// The days on which the whole municipality, or any of its venues, is closed.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_closures(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<closure::Model>> {
    Ok(closure::Entity::find()
        .filter(closure::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(closure::Column::OnDate)
        .all(db)
        .await?)
}
