//! The invented people of the demo.

use std::collections::HashMap;

use anyhow::{Context as _, anyhow};
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need, Standing};
use entity::residents::resident_barrier::Barrier;
use entity::{AreaId, ResidentId};
use shirube::places;
use shirube::platform::japan::{PhoneNumber, PostalCode};
use shirube::platform::text::EmailAddress;
use shirube::platform::text::{Kana, PersonName};
use shirube::platform::{Ctx, Result, Scope, Store, Tx};
use shirube::residents::actions::{self, Facts, Learned, NewResident};
use shirube::residents::queries::Card;

use super::tables::{self, Person};

/// A person's id by the code in the files.
pub type People = HashMap<String, ResidentId>;

/// One person, read and checked.
struct Ready {
    code: String,
    new: NewResident,
    facts: Facts,
    barriers: Vec<Barrier>,
}

/// Creates everybody.
pub async fn load(store: &Store, ctx: &Ctx, scope: &Scope) -> anyhow::Result<People> {
    let areas = places::queries::list_areas(store.reader(), scope).await?;
    let areas: HashMap<&str, AreaId> =
        areas.iter().map(|row| (row.code.as_str(), row.id)).collect();
    let mut ready = Vec::new();
    for row in tables::people()? {
        ready.push(
            read(&row, &areas).with_context(|| format!("seeds/demo/people.csv: {}", row.code))?,
        );
    }

    let ready = &ready;
    let made = store
        .write(ctx, "seed_people", |tx| async move {
            let mut made = People::new();
            for person in ready {
                made.insert(person.code.clone(), create(&tx, scope, person).await?);
            }
            Ok(made)
        })
        .await?;
    Ok(made)
}

async fn create(tx: &Tx, scope: &Scope, person: &Ready) -> Result<ResidentId> {
    let id = actions::create(tx, scope, &person.new).await?.id;
    actions::change(tx, scope, id, 1, &person.facts).await?;
    if !person.barriers.is_empty() {
        let barriers = Some(person.barriers.clone());
        actions::learn(tx, scope, id, &Learned { barriers, ..Learned::default() }).await?;
    }
    Ok(id)
}

/// A word of an enum, or nothing.
fn word<T>(text: Option<&str>, read: fn(&str) -> Option<T>) -> anyhow::Result<Option<T>> {
    text.map(|text| read(text).with_context(|| format!("unknown word {text}"))).transpose()
}

fn words<T>(text: &str, read: fn(&str) -> Option<T>) -> anyhow::Result<Vec<T>> {
    tables::list(text)
        .map(|text| read(text).with_context(|| format!("unknown word {text}")))
        .collect()
}

/// `75_79` lies in the seventies.
fn age_band(text: &str) -> Option<AgeBand> {
    match text.split('_').next()?.parse().ok()? {
        0..60 => Some(AgeBand::Under60),
        60..70 => Some(AgeBand::Sixties),
        70..80 => Some(AgeBand::Seventies),
        80..90 => Some(AgeBand::Eighties),
        90..=120 => Some(AgeBand::NinetyUp),
        _ => None,
    }
}

fn read(row: &Person, areas: &HashMap<&str, AreaId>) -> anyhow::Result<Ready> {
    let kana = Kana::parse(&row.kana).map_err(|e| anyhow!("kana: {}", e.key()))?;
    let name = row.name.as_deref().map(PersonName::parse).transpose();
    let name = name.map_err(|e| anyhow!("name: {}", e.key()))?;

    let phones: Vec<PhoneNumber> = tables::list(&row.phones)
        .map(|text| PhoneNumber::parse(text).map_err(|e| anyhow!("phone: {}", e.key())))
        .collect::<anyhow::Result<_>>()?;
    let email = row.email.as_deref().map(EmailAddress::parse).transpose();
    let email = email.map_err(|e| anyhow!("email: {}", e.key()))?;
    let postal_code = row.postal.as_deref().map(PostalCode::parse).transpose();
    let postal_code = postal_code.map_err(|e| anyhow!("postal code: {}", e.key()))?;

    let area_id = match row.area.as_deref() {
        Some(code) => Some(*areas.get(code).with_context(|| format!("unknown area {code}"))?),
        None => None,
    };
    let age_band = word(row.age_band.as_deref(), age_band)?;
    let channels = words(&row.channels, Channel::from_text)?;

    let new = NewResident {
        kana: kana.clone(),
        name: name.clone(),
        phones: phones.clone(),
        birth_on: None,
        birth_year: row.birth_year,
        age_band,
        postal_code: postal_code.clone(),
        address: row.address.clone(),
        area_id,
        email: row.email.clone(),
        channels: channels.clone(),
    };

    let facts = Facts {
        kana,
        name,
        phones,
        birth_on: None,
        birth_year: row.birth_year,
        age_band,
        postal_code,
        address: row.address.clone(),
        area_id,
        email,
        channels,
        device: word(row.device.as_deref(), Device::from_text)?,
        device_carrier: row.carrier.clone(),
        device_os: row.os.clone(),
        hearing: word(row.hearing.as_deref(), Need::from_text)?,
        vision: word(row.vision.as_deref(), Need::from_text)?,
        mobility: word(row.mobility.as_deref(), Mobility::from_text)?,
        helper: row.helper.clone(),
        note: None,
        standing: Standing::Active,
    };

    Ok(Ready {
        code: row.code.clone(),
        new,
        facts,
        barriers: words(&row.barriers, Barrier::from_text)?,
    })
}

/// What is known about a person, who has left the town.
pub fn moved_out(card: &Card) -> anyhow::Result<Facts> {
    let person = card.resident.clone();
    let kana = Kana::parse(&person.kana).map_err(|e| anyhow!("kana: {}", e.key()))?;
    let name = person.name.as_deref().map(PersonName::parse).transpose();
    let email = person.email.as_deref().map(EmailAddress::parse).transpose();
    let postal_code = person.postal_code.as_deref().map(PostalCode::parse).transpose();

    Ok(Facts {
        kana,
        name: name.map_err(|e| anyhow!("name: {}", e.key()))?,
        phones: card.numbers.clone(),
        birth_on: person.birth_on,
        birth_year: person.birth_year,
        age_band: person.age_band,
        postal_code: postal_code.map_err(|e| anyhow!("postal code: {}", e.key()))?,
        address: person.address,
        area_id: person.area_id,
        email: email.map_err(|e| anyhow!("email: {}", e.key()))?,
        channels: card.channels.clone(),
        device: person.device,
        device_carrier: person.device_carrier,
        device_os: person.device_os,
        hearing: person.hearing,
        vision: person.vision,
        mobility: person.mobility,
        helper: person.helper,
        note: person.note,
        standing: Standing::MovedOut,
    })
}
