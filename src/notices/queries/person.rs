//! People with the ways to reach them.

use std::collections::HashMap;

use entity::ResidentId;
use entity::residents::{contact_channel, resident};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::notices::dispatch::Addressee;
use crate::platform::Result;
use crate::residents;

/// People with their numbers and channels, by id: three queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn people(
    db: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Addressee>> {
    let residents = resident::Entity::find()
        .filter(resident::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let mut people: HashMap<ResidentId, Addressee> = residents
        .into_iter()
        .map(|resident| {
            (resident.id, Addressee { resident, numbers: Vec::new(), channels: Vec::new() })
        })
        .collect();

    for (id, numbers) in residents::queries::numbers_of(db, ids).await? {
        if let Some(person) = people.get_mut(&id) {
            person.numbers = numbers;
        }
    }
    let channels = contact_channel::Entity::find()
        .filter(contact_channel::Column::ResidentId.is_in(ids.iter().copied()))
        .order_by_asc(contact_channel::Column::Rank)
        .all(db)
        .await?;
    for channel in channels {
        if let Some(person) = people.get_mut(&channel.resident_id) {
            person.channels.push(channel.channel);
        }
    }
    Ok(people)
}
