//! What those who teach need to know of the people in a session, and no more.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use entity::ResidentId;
use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident::{self, AgeBand, Device, Mobility, Need};
use entity::residents::resident_phone;
use entity::sessions::session;
use poem_openapi::Object;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::platform::web::door::Right;
use crate::platform::{Ctx, Result, Scope};
use crate::residents::Desk;

/// A person on a roster: no address, and of the phone its last four digits.
#[derive(Clone, Debug, Default, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Guest {
    pub kana: String,
    pub name: Option<String>,
    /// Last four digits of the first phone number.
    pub phone_end: Option<String>,
    // What only the pages show.
    #[oai(skip)]
    pub birth_on: Option<NaiveDate>,
    #[oai(skip)]
    pub birth_year: Option<i32>,
    #[oai(skip)]
    pub age_band: Option<AgeBand>,
    #[oai(skip)]
    pub device: Option<Device>,
    #[oai(skip)]
    pub hearing_hard: bool,
    #[oai(skip)]
    pub vision_hard: bool,
    #[oai(skip)]
    pub mobility: Option<Mobility>,
    /// How the person wants to be reached first.
    #[oai(skip)]
    pub channel: Option<Channel>,
}

impl Guest {
    /// The name as it is written, when it is known.
    pub fn kanji(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// What to mind, as wording keys.
    pub fn needs(&self) -> Vec<&'static str> {
        let mobility = match self.mobility {
            Some(Mobility::Hard) => Some("roster.need.mobility"),
            Some(Mobility::CannotGoOut) => Some("roster.need.cannot_go_out"),
            Some(Mobility::Fine) | None => None,
        };
        let hearing = self.hearing_hard.then_some("roster.need.hearing");
        let vision = self.vision_hard.then_some("roster.need.vision");
        [hearing, vision, mobility].into_iter().flatten().collect()
    }

    /// The decade of the person's age on a day: from the birth date, else from the year of
    /// birth (the age reached that year), else as the person said.
    pub fn decade(&self, on: NaiveDate) -> Option<AgeBand> {
        let age = match (self.birth_on, self.birth_year) {
            (Some(born), _) => {
                let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
                on.year() - born.year() - i32::from(!had_birthday)
            }
            (None, Some(year)) => on.year() - year,
            (None, None) => return self.age_band,
        };

        Some(match age {
            ..60 => AgeBand::Under60,
            60..70 => AgeBand::Sixties,
            70..80 => AgeBand::Seventies,
            80..90 => AgeBand::Eighties,
            90.. => AgeBand::NinetyUp,
        })
    }
}

/// Whether the actor may act for the people of this session. Booking number and end of the phone
/// together are a resident's proof: whoever may not act for the person sees a row number instead.
pub fn may_act(ctx: &Ctx, session: &session::Model) -> bool {
    Desk::scope(ctx).is_ok_and(|scope| {
        scope.municipality_id == session.municipality_id
            && scope.reaches(session.programme_id, session.ward_id)
    })
}

/// The people with these ids: beside bookings whose people the door has recorded as seen. Three
/// queries, however many people.
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
        birth_on: person.birth_on,
        birth_year: person.birth_year,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decade_comes_from_the_best_that_is_known() {
        let day = |text: &str| -> NaiveDate { text.parse().expect("valid") };
        let on = day("2024-07-10");

        for (birth_on, birth_year, age_band, want) in [
            (Some("1944-07-10"), None, None, Some(AgeBand::Eighties)),
            (Some("1944-07-11"), None, None, Some(AgeBand::Seventies)),
            (None, Some(1934), None, Some(AgeBand::NinetyUp)),
            (None, Some(1965), Some(AgeBand::Eighties), Some(AgeBand::Under60)),
            (None, None, Some(AgeBand::Sixties), Some(AgeBand::Sixties)),
            (None, None, None, None),
        ] {
            let birth_on = birth_on.map(day);
            let guest = Guest { birth_on, birth_year, age_band, ..Guest::default() };

            assert_eq!(guest.decade(on), want, "{birth_on:?} {birth_year:?} {age_band:?}");
        }
    }
}
