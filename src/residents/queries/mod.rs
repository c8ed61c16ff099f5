//! Reads.

mod alike;

use std::collections::HashMap;

use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident_barrier::{self, Barrier};
use entity::residents::resident_phone::PhoneOwner;
use entity::residents::{consent, resident, resident_phone};
use entity::{AreaId, ResidentId, places::area};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};

use super::rules::same::{Sameness, Traits};
use super::search::{Candidate, Numbers};
use super::{rules, search};
use crate::platform::db::locked;
use crate::platform::japan::PhoneNumber;
use crate::platform::text::search::fold;
use crate::platform::{Error, Lang, Personal, Result, Scope, Tx};

pub use alike::{Question, alike, find_questions, get_question, likeness, open_questions_of};

/// One person in a list of candidates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub id: ResidentId,
    pub kana: String,
    pub name: Option<String>,
    pub birth_year: Option<i32>,
    /// National digits.
    pub phones: Vec<String>,
    /// The same numbers, with their extensions.
    #[serde(default)]
    pub numbers: Vec<PhoneNumber>,
    pub area_ja: Option<String>,
    pub area_en: Option<String>,
}

impl Found {
    /// The area in a language.
    pub fn area(&self, lang: Lang) -> Option<&str> {
        Some(lang.pick(self.area_ja.as_deref()?, self.area_en.as_deref()?))
    }
}

/// A person with everything that hangs on the person.
#[derive(Clone, Debug)]
pub struct Card {
    pub resident: resident::Model,
    /// National digits, preferred first.
    pub phones: Vec<String>,
    /// The same numbers, with their extensions.
    pub numbers: Vec<PhoneNumber>,
    /// Whose these numbers are, as far as somebody asked.
    pub owners: HashMap<String, PhoneOwner>,
    pub channels: Vec<Channel>,
    pub barriers: Vec<Barrier>,
    pub area_ja: Option<String>,
    pub area_en: Option<String>,
    /// Whether the person agreed that what is said is kept.
    pub consent_given: bool,
}

impl Card {
    /// The area in a language.
    pub fn area(&self, lang: Lang) -> Option<&str> {
        Some(lang.pick(self.area_ja.as_deref()?, self.area_en.as_deref()?))
    }
}

/// People by kana in any script, kanji with variants, phone in any notation, its beginning or
/// its last four digits, or a booking number. Best first, at most `limit` (and 200).
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find(
    db: &impl ConnectionTrait,
    scope: &Scope,
    query: &str,
    limit: u64,
) -> Result<Personal<Vec<Found>>> {
    let (numbers, limit) = (Numbers::PhonesAndBookings, Ord::min(limit, rules::MAX_FOUND));
    let people = search::people_meant(db, scope, query, numbers, limit).await?;
    shown(db, scope, people).await.map(personal)
}

/// As [`find`], but a booking number names nobody: for those who may not act for the person, and
/// could else try which numbers are somebody's.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_by_name_or_phone(
    db: &impl ConnectionTrait,
    scope: &Scope,
    query: &str,
    limit: u64,
) -> Result<Personal<Vec<Found>>> {
    let limit = Ord::min(limit, rules::MAX_FOUND);
    let people = search::people_meant(db, scope, query, Numbers::Phones, limit).await?;
    shown(db, scope, people).await.map(personal)
}

fn personal(found: Vec<Found>) -> Personal<Vec<Found>> {
    let ids: Vec<ResidentId> = found.iter().map(|person| person.id).collect();
    Personal::new(found, ids)
}

/// People who may be somebody of whom this was told: the same number, or the same folded kana, with
/// how much they are alike. The likest first, then the oldest record, at most 20.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn possible_duplicates(
    db: &impl ConnectionTrait,
    scope: &Scope,
    told: &Traits,
) -> Result<Vec<(Found, Sameness)>> {
    const SHOWN: u64 = 20;

    let mut ids: Vec<ResidentId> = resident::Entity::find()
        .select_only()
        .column(resident::Column::Id)
        .filter(resident::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident::Column::KanaKey.eq(fold(&told.kana)))
        .filter(resident::Column::SameAs.is_null())
        .order_by_asc(resident::Column::Id)
        .limit(SHOWN)
        .into_tuple()
        .all(db)
        .await?;

    if !told.phones.is_empty() {
        let with_phone: Vec<ResidentId> = resident_phone::Entity::find()
            .select_only()
            .column(resident_phone::Column::ResidentId)
            .filter(resident_phone::Column::MunicipalityId.eq(scope.municipality_id))
            .filter(resident_phone::Column::Digits.is_in(&told.phones))
            .order_by_asc(resident_phone::Column::ResidentId)
            .limit(SHOWN)
            .into_tuple()
            .all(db)
            .await?;
        ids.extend(with_phone);
    }

    ids.sort_unstable();
    ids.dedup();
    let how = alike(db, scope, told, &ids).await?;
    let mut found: Vec<(Found, Sameness)> = in_order(db, scope, &ids)
        .await?
        .into_iter()
        .filter_map(|person| how.get(&person.id).map(|how| (person, *how)))
        .collect();
    found.sort_by_key(|(_, how)| *how);
    Ok(found)
}

/// A person.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
) -> Result<resident::Model> {
    within(scope).filter(resident::Column::Id.eq(id)).one(db).await?.ok_or(Error::NotFound)
}

/// Whether the person can be called.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn has_phone(db: &impl ConnectionTrait, id: ResidentId) -> Result<bool> {
    let phones = resident_phone::Entity::find()
        .filter(resident_phone::Column::ResidentId.eq(id))
        .count(db)
        .await?;
    Ok(phones > 0)
}

/// A person, locked until the transaction ends.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock(tx: &Tx, scope: &Scope, id: ResidentId) -> Result<resident::Model> {
    locked(within(scope).filter(resident::Column::Id.eq(id)))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}

/// A person with everything that hangs on the person; a bounded number of queries.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_card(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
) -> Result<Personal<Card>> {
    let resident = get(db, scope, id).await?;
    let numbers = numbers_of(db, &[id]).await?.remove(&id).unwrap_or_default();
    let owners = number_rows(db, id).await?.into_iter();
    let owners = owners.filter_map(|row| row.whose.map(|whose| (row.digits, whose))).collect();

    let channels = contact_channel::Entity::find()
        .filter(contact_channel::Column::ResidentId.eq(id))
        .order_by_asc(contact_channel::Column::Rank)
        .all(db)
        .await?;
    let mut barriers: Vec<Barrier> = resident_barrier::Entity::find()
        .filter(resident_barrier::Column::ResidentId.eq(id))
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.barrier)
        .collect();
    barriers.sort_unstable();

    let area = areas(db, scope, resident.area_id.as_slice()).await?.into_values().next();
    let (area_ja, area_en) = area.unzip();
    let consent = consent::Entity::find()
        .filter(consent::Column::ResidentId.eq(id))
        .filter(consent::Column::Purpose.eq(rules::CONSENT_RECORD))
        .order_by_desc(consent::Column::Id)
        .one(db)
        .await?;

    let card = Card {
        resident,
        phones: digits_of(&numbers),
        numbers,
        owners,
        channels: channels.into_iter().map(|row| row.channel).collect(),
        barriers,
        area_ja,
        area_en,
        consent_given: consent.is_some_and(|row| row.given),
    };
    Ok(Personal::new(card, [id]))
}

/// The consents of a person, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn consents(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
) -> Result<Vec<consent::Model>> {
    Ok(consent::Entity::find()
        .filter(consent::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(consent::Column::ResidentId.eq(id))
        .order_by_desc(consent::Column::Id)
        .limit(50)
        .all(db)
        .await?)
}

/// Several people at once, by id: three queries, however many people.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn found_by_ids(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[ResidentId],
) -> Result<Personal<HashMap<ResidentId, Found>>> {
    if ids.is_empty() {
        return Ok(Personal::new(HashMap::new(), []));
    }
    let people = search::people_of(db, scope, ids.to_vec()).await?;
    let found = personal(shown(db, scope, people).await?);
    Ok(found.map(|found| found.into_iter().map(|person| (person.id, person)).collect()))
}

/// People with their phones and areas: two queries.
async fn shown(
    db: &impl ConnectionTrait,
    scope: &Scope,
    people: Vec<Candidate>,
) -> Result<Vec<Found>> {
    let known: Vec<ResidentId> = people.iter().map(|person| person.id).collect();
    let mut numbers = numbers_of(db, &known).await?;
    let mut area_ids: Vec<AreaId> = people.iter().filter_map(|person| person.area_id).collect();
    area_ids.sort_unstable();
    area_ids.dedup();
    let areas = areas(db, scope, &area_ids).await?;

    let found = people.into_iter().map(|person| {
        let area = person.area_id.and_then(|id| areas.get(&id).cloned());
        let (area_ja, area_en) = area.unzip();
        let numbers = numbers.remove(&person.id).unwrap_or_default();
        Found {
            id: person.id,
            kana: person.kana,
            name: person.name,
            birth_year: rules::birth_year(person.birth_on, person.birth_year),
            phones: digits_of(&numbers),
            numbers,
            area_ja,
            area_en,
        }
    });
    Ok(found.collect())
}

fn digits_of(numbers: &[PhoneNumber]) -> Vec<String> {
    numbers.iter().map(|number| number.digits().to_owned()).collect()
}

/// The phone numbers of people, preferred first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn numbers_of(
    db: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Vec<PhoneNumber>>> {
    let mut numbers: HashMap<ResidentId, Vec<PhoneNumber>> = HashMap::new();
    if ids.is_empty() {
        return Ok(numbers);
    }

    let rows = resident_phone::Entity::find()
        .filter(resident_phone::Column::ResidentId.is_in(ids.iter().copied()))
        .order_by_asc(resident_phone::Column::Rank)
        .order_by_asc(resident_phone::Column::Id)
        .all(db)
        .await?;

    for row in rows {
        let number = PhoneNumber::stored(&row.digits, row.extension.as_deref());
        numbers.entry(row.resident_id).or_default().push(number);
    }
    Ok(numbers)
}

/// The rows of a person's numbers, preferred first.
///
/// # Errors
/// Those of the database.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn number_rows(
    db: &impl ConnectionTrait,
    id: ResidentId,
) -> Result<Vec<resident_phone::Model>> {
    Ok(resident_phone::Entity::find()
        .filter(resident_phone::Column::ResidentId.eq(id))
        .order_by_asc(resident_phone::Column::Rank)
        .order_by_asc(resident_phone::Column::Id)
        .all(db)
        .await?)
}

/// The people of whom a number is known to be somebody else's: the family's, or another's.
///
/// # Errors
/// Those of the database.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn reached_by_others(
    db: &impl ConnectionTrait,
    scope: &Scope,
    phone: &PhoneNumber,
) -> Result<Vec<ResidentId>> {
    Ok(resident_phone::Entity::find()
        .select_only()
        .column(resident_phone::Column::ResidentId)
        .filter(resident_phone::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident_phone::Column::Digits.eq(phone.digits()))
        .filter(resident_phone::Column::Whose.is_in([PhoneOwner::Family, PhoneOwner::Other]))
        .into_tuple()
        .all(db)
        .await?)
}

fn within(scope: &Scope) -> sea_orm::Select<resident::Entity> {
    let own = scope.resident_id.map(|id| resident::Column::Id.eq(id));
    resident::Entity::find().filter(
        Condition::all()
            .add(resident::Column::MunicipalityId.eq(scope.municipality_id))
            .add_option(own),
    )
}

async fn in_order(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[ResidentId],
) -> Result<Vec<Found>> {
    let mut people = search::people_of(db, scope, ids.to_vec()).await?;
    people.retain(|person| person.same_as.is_none());
    let found = shown(db, scope, people).await?.into_iter().map(|person| (person.id, person));
    let mut people: HashMap<ResidentId, Found> = found.collect();
    Ok(ids.iter().filter_map(|id| people.remove(id)).collect())
}

async fn areas(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[AreaId],
) -> Result<HashMap<AreaId, (String, String)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }

    Ok(area::Entity::find()
        .filter(area::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(area::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, (row.name_ja, row.name_en)))
        .collect())
}
