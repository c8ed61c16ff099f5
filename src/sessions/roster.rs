//! What those who teach need to know of the people in a session, and no more.

use std::collections::HashMap;

use entity::ResidentId;
use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident::{self, AgeBand, Device, Mobility, Need};
use entity::residents::resident_phone;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::platform::{Result, Scope};

/// A person on a roster: no address, and of the phone its last four digits.
#[derive(Clone, Debug)]
pub struct Guest {
    pub id: ResidentId,
    pub kana: String,
    pub name: Option<String>,
    pub birth_year: Option<i32>,
    pub age_band: Option<AgeBand>,
    pub device: Option<Device>,
    pub hearing_hard: bool,
    pub vision_hard: bool,
    pub mobility: Option<Mobility>,
    /// How the person wants to be reached first.
    pub channel: Option<Channel>,
    /// Last four digits of the first phone number.
    pub phone_end: Option<String>,
}

/// The people with these ids. Three queries, however many people.
pub async fn guests(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Guest>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let people = resident::Entity::find()
        .filter(resident::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let phones = resident_phone::Entity::find()
        .filter(resident_phone::Column::ResidentId.is_in(ids.iter().copied()))
        .order_by_asc(resident_phone::Column::Rank)
        .all(db)
        .await?;
    let channels = contact_channel::Entity::find()
        .filter(contact_channel::Column::ResidentId.is_in(ids.iter().copied()))
        .order_by_asc(contact_channel::Column::Rank)
        .all(db)
        .await?;
    let guest = |person: resident::Model| Guest {
        id: person.id,
        birth_year: person.birth_on.map(|on| chrono::Datelike::year(&on)).or(person.birth_year),
        age_band: person.age_band,
        device: person.device,
        hearing_hard: person.hearing == Some(Need::Hard),
        vision_hard: person.vision == Some(Need::Hard),
        mobility: person.mobility,
        channel: channels.iter().find(|c| c.resident_id == person.id).map(|c| c.channel),
        phone_end: phones.iter().find(|p| p.resident_id == person.id).map(|p| p.last4.clone()),
        kana: person.kana,
        name: person.name,
    };
    Ok(people.into_iter().map(|person| (person.id, guest(person))).collect())
}
