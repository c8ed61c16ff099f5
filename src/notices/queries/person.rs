//! People with the ways to reach them.

use std::collections::HashMap;

use entity::ResidentId;
use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident::{self, Standing};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::notices::rules::Reach;
use crate::platform::Result;
use crate::platform::japan::PhoneNumber;
use crate::platform::text::EmailAddress;
use crate::residents;

/// A person with the ways to reach them.
#[derive(Clone, Debug)]
pub struct Person {
    pub resident: resident::Model,
    /// Preferred first.
    pub numbers: Vec<PhoneNumber>,
    /// The person's order.
    pub channels: Vec<Channel>,
}

impl Person {
    /// Whether the person may be contacted at all.
    pub fn is_active(&self) -> bool {
        self.resident.standing == Standing::Active
    }

    /// By which ways the person can be reached; `mail` tells whether there is a mail server.
    pub fn reach(&self, mail: bool) -> Reach {
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|t| !t.trim().is_empty());
        let email =
            self.resident.email.as_deref().is_some_and(|typed| EmailAddress::parse(typed).is_ok());
        Reach {
            phone: !self.numbers.is_empty(),
            letter: filled(&self.resident.address),
            letter_in_time: true,
            email: mail && email,
        }
    }

    /// The preferred number.
    pub fn phone(&self) -> Option<&PhoneNumber> {
        self.numbers.first()
    }
}

/// People with their numbers and channels, by id: three queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn people(
    db: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Person>> {
    let residents = resident::Entity::find()
        .filter(resident::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    let mut people: HashMap<ResidentId, Person> = residents
        .into_iter()
        .map(|resident| {
            (resident.id, Person { resident, numbers: Vec::new(), channels: Vec::new() })
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
