//! The verbs: create, change, learn from a hearing.

mod change;
mod consent;
mod contact;
mod learn;
mod same;

use chrono::NaiveDate;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, AgeBand, Standing};
use entity::residents::timeline_entry::TimelineKind;
use entity::residents::{resident_gram, resident_phone};
use entity::{AreaId, ResidentId, places::area};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

pub use change::{Facts, change, set_standing};
pub use consent::record_consent;
pub use contact::{add_phone, remove_phone, set_channels};
pub use learn::{Learned, learn};
pub use same::{answer_question, ask_if_alike, ask_whether_same, copy, note_united, part, unite};

use super::rules::same::{Sameness, Traits};
use super::{Found, queries, rules, timeline};
use crate::platform::japan::{PhoneNumber, PostalCode};
use crate::platform::text::search::{fold, index_grams};
use crate::platform::text::{EmailAddress, Kana, PersonName, name_order};
use crate::platform::{Error, Result, Scope, Tx};

/// A new person; the kana is all that is needed.
#[derive(Clone, Debug)]
pub struct NewResident {
    pub kana: Kana,
    pub name: Option<PersonName>,
    pub phones: Vec<PhoneNumber>,
    pub birth_on: Option<NaiveDate>,
    pub birth_year: Option<i32>,
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<PostalCode>,
    pub address: Option<String>,
    pub area_id: Option<AreaId>,
    pub email: Option<String>,
    /// In order of preference; empty means: phone when there is a number, else letter.
    pub channels: Vec<Channel>,
}

impl NewResident {
    /// A person of whom only the reading is known: all that is needed.
    pub fn named(kana: Kana) -> Self {
        Self {
            kana,
            name: None,
            phones: Vec::new(),
            birth_on: None,
            birth_year: None,
            age_band: None,
            postal_code: None,
            address: None,
            area_id: None,
            email: None,
            channels: Vec::new(),
        }
    }
}

impl From<Facts> for NewResident {
    fn from(facts: Facts) -> Self {
        Self {
            kana: facts.kana,
            name: facts.name,
            phones: facts.phones,
            birth_on: facts.birth_on,
            birth_year: facts.birth_year,
            age_band: facts.age_band,
            postal_code: facts.postal_code,
            address: facts.address,
            area_id: facts.area_id,
            email: facts.email.map(|email| email.as_str().to_owned()),
            channels: facts.channels,
        }
    }
}

/// A person was created.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Created {
    pub id: ResidentId,
    /// People with the same phone or the same folded kana, who existed before.
    pub possible_duplicates: Vec<(Found, Sameness)>,
}

impl NewResident {
    /// What tells this person from others.
    pub fn traits(&self) -> Traits {
        Traits {
            kana: self.kana.as_str().to_owned(),
            name: self.name.as_ref().map(|name| name.as_str().to_owned()),
            birth_on: self.birth_on,
            birth_year: self.birth_year,
            phones: self.phones.iter().map(|phone| phone.digits().to_owned()).collect(),
            email: self.email.clone(),
            address: self.address.clone(),
        }
    }
}

/// Creates a person, with search index, phones and channels, and says who may be the same.
///
/// # Errors
/// As [`register`].
pub async fn create(tx: &Tx, scope: &Scope, new: &NewResident) -> Result<Created> {
    let told = new.traits();
    let possible_duplicates = queries::possible_duplicates(tx.db(), scope, &told).await?;
    let id = register(tx, scope, new).await?;
    Ok(Created { id, possible_duplicates })
}

/// Creates a person, with search index, phones and channels, without looking at anybody else: the
/// same work whether somebody like that is known or not.
///
/// # Errors
/// `Invalid` for more than ten phones, an e-mail that is none, or an area of elsewhere.
pub async fn register(tx: &Tx, scope: &Scope, new: &NewResident) -> Result<ResidentId> {
    let NewResident {
        kana,
        name,
        phones,
        birth_on,
        birth_year,
        age_band,
        postal_code,
        address,
        area_id,
        email,
        channels,
    } = new;

    check_area(tx, scope, *area_id).await?;
    let email = email.as_deref().map(EmailAddress::parse).transpose();
    let email = email.map_err(|e| Error::invalid("email", e.key()))?;
    let name = name.as_ref().map(PersonName::as_str);

    let person = resident::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        name: ActiveValue::Set(name.map(str::to_owned)),
        kana: ActiveValue::Set(kana.as_str().to_owned()),
        kana_key: ActiveValue::Set(fold(kana.as_str())),
        name_key: ActiveValue::Set(fold(name.unwrap_or_default())),
        kana_sort: ActiveValue::Set(name_order::sort_key(kana.as_str())),
        birth_on: ActiveValue::Set(*birth_on),
        birth_year: ActiveValue::Set(rules::birth_year(*birth_on, *birth_year)),
        age_band: ActiveValue::Set(*age_band),
        postal_code: ActiveValue::Set(postal_code.as_ref().map(PostalCode::to_string)),
        address: ActiveValue::Set(address.clone()),
        area_id: ActiveValue::Set(*area_id),
        email: ActiveValue::Set(email.map(|email| email.as_str().to_owned())),
        standing: ActiveValue::Set(Standing::Active),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };

    let id = person.insert(tx.db()).await?.id;
    index_for_search(tx, scope, id, kana.as_str(), name).await?;
    write_phones(tx, scope, id, phones).await?;
    contact::write_channels(tx, id, &rules::channels(channels, !phones.is_empty())).await?;

    timeline::note(
        tx,
        id,
        TimelineKind::Person,
        "timeline.person_created",
        serde_json::json!({}),
        id.0,
    )
    .await?;
    tx.audit("resident", id.0, serde_json::json!({ "created": true }));
    Ok(id)
}

/// Makes the person findable by kana and name.
async fn index_for_search(
    tx: &Tx,
    scope: &Scope,
    id: ResidentId,
    kana: &str,
    name: Option<&str>,
) -> Result<()> {
    resident_gram::Entity::delete_many()
        .filter(resident_gram::Column::ResidentId.eq(id))
        .exec(tx.db())
        .await?;

    let mut pieces = index_grams(kana);
    pieces.extend(index_grams(name.unwrap_or_default()));
    let rows = pieces.into_iter().map(|gram| resident_gram::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        gram: ActiveValue::Set(gram),
        resident_id: ActiveValue::Set(id),
    });
    resident_gram::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Replaces the numbers of a person, in the order given, each once.
///
/// # Errors
/// `Invalid` above ten numbers.
async fn write_phones(
    tx: &Tx,
    scope: &Scope,
    id: ResidentId,
    phones: &[PhoneNumber],
) -> Result<()> {
    let mut kept: Vec<&PhoneNumber> = Vec::with_capacity(phones.len());
    for phone in phones {
        if !kept.iter().any(|other| other.digits() == phone.digits()) {
            kept.push(phone);
        }
    }
    if kept.len() > rules::MAX_PHONES {
        return Err(Error::invalid("phones", "err.phones.many"));
    }

    let before = queries::number_rows(tx.db(), id).await?;
    resident_phone::Entity::delete_many()
        .filter(resident_phone::Column::ResidentId.eq(id))
        .exec(tx.db())
        .await?;
    if kept.is_empty() {
        return Ok(());
    }

    let rows = (0_i32..).zip(kept).map(|(rank, phone)| {
        // A number that stays keeps the word whose it is.
        let known = before.iter().find(|known| known.digits == phone.digits());
        resident_phone::ActiveModel {
            whose: ActiveValue::Set(known.and_then(|known| known.whose)),
            added_at: ActiveValue::Set(known.and_then(|known| known.added_at)),
            ..phone_row(scope, id, phone, rank)
        }
    });
    resident_phone::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}

fn phone_row(
    scope: &Scope,
    id: ResidentId,
    phone: &PhoneNumber,
    rank: i32,
) -> resident_phone::ActiveModel {
    resident_phone::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        resident_id: ActiveValue::Set(id),
        digits: ActiveValue::Set(phone.digits().to_owned()),
        last4: ActiveValue::Set(phone.last4().to_owned()),
        extension: ActiveValue::Set(phone.extension().map(str::to_owned)),
        rank: ActiveValue::Set(rank),
        ..Default::default()
    }
}

async fn check_area(tx: &Tx, scope: &Scope, id: Option<AreaId>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    let known = area::Entity::find_by_id(id)
        .filter(area::Column::MunicipalityId.eq(scope.municipality_id))
        .one(tx.db())
        .await?;
    known.map(|_| ()).ok_or(Error::invalid("area", "err.area.unknown"))
}
