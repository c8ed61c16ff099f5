//! Where a session takes place: the venue within the scope, and the room's time.

use chrono::{DateTime, Utc};
use entity::places::{room, venue};
use entity::sessions::{room_busy, session};
use entity::{ProgrammeId, RoomId, SessionId, VenueId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::places::queries;
use crate::platform::error::FieldError;
use crate::platform::{Error, Result, Scope, Tx, cells};
use crate::sessions::rules::Refusal;

/// A venue and perhaps one of its rooms.
pub(super) struct Place {
    pub venue: venue::Model,
    pub room: Option<room::Model>,
}

/// Finds venue and room where the scope lets this programme take place.
pub(super) async fn find(
    tx: &Tx,
    scope: &Scope,
    programme_id: ProgrammeId,
    venue_id: VenueId,
    room_id: Option<RoomId>,
) -> Result<Place> {
    let unknown = |field: &'static str, wording: &'static str| {
        move |error| match error {
            Error::NotFound => Error::Invalid(vec![FieldError::new(field, wording)]),
            other => other,
        }
    };

    let venue = queries::get_venue(tx.db(), scope, venue_id)
        .await
        .map_err(unknown("venue_id", "err.session.venue"))?;

    // A programme out of reach everywhere is the caller's own mistake to name.
    let elsewhere = scope.reaches_programme(programme_id);
    if (elsewhere && !scope.reaches(programme_id, venue.ward_id))
        || !scope.reaches_ward(venue.ward_id)
    {
        return Err(Error::invalid("venue_id", "err.session.venue"));
    }

    let room = match room_id {
        Some(id) => Some(
            queries::get_room(tx.db(), scope, id)
                .await
                .map_err(unknown("room_id", "err.session.room"))?,
        ),
        None => None,
    };
    if room.as_ref().is_some_and(|room| room.venue_id != venue.id) {
        return Err(Error::invalid("room_id", "err.session.room"));
    }
    Ok(Place { venue, room })
}

/// Takes the room for a time.
///
/// # Errors
/// `RoomBusy`, with the title of the session that has it.
pub(super) async fn take(
    tx: &Tx,
    room_id: RoomId,
    session_id: SessionId,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<()> {
    let wanted = cells::of(starts_at, ends_at);
    let rows = wanted.iter().map(|cell| room_busy::ActiveModel {
        room_id: ActiveValue::Set(room_id),
        cell_at: ActiveValue::Set(*cell),
        session_id: ActiveValue::Set(session_id),
    });

    let twice = OnConflict::columns([room_busy::Column::RoomId, room_busy::Column::CellAt])
        .do_nothing()
        .to_owned();
    let taken = room_busy::Entity::insert_many(rows)
        .on_conflict(twice)
        .exec_without_returning(tx.db())
        .await?;
    if taken == wanted.len() as u64 {
        return Ok(());
    }

    let other = room_busy::Entity::find()
        .filter(room_busy::Column::RoomId.eq(room_id))
        .filter(room_busy::Column::CellAt.is_in(wanted))
        .filter(room_busy::Column::SessionId.ne(session_id))
        .order_by_asc(room_busy::Column::CellAt)
        .one(tx.db())
        .await?;

    let title = match other {
        Some(cell) => title(tx, cell.session_id).await?,
        None => String::new(),
    };
    Err(Error::refused_with(Refusal::RoomBusy, vec![("other", title)]))
}

async fn title(tx: &Tx, id: SessionId) -> Result<String> {
    let found = session::Entity::find_by_id(id).one(tx.db()).await?.ok_or(Error::NotFound)?;
    Ok(tx.ctx().lang.pick(&found.title_ja, &found.title_en).to_owned())
}

/// Frees whatever room the session has.
pub(super) async fn free(tx: &Tx, session_id: SessionId) -> Result<()> {
    room_busy::Entity::delete_many()
        .filter(room_busy::Column::SessionId.eq(session_id))
        .exec(tx.db())
        .await?;
    Ok(())
}
