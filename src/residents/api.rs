//! Residents in the API.

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::ResidentId;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need, Standing};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi, Tags};

use super::intake::{NewPerson, PersonChange};
use super::queries::{self, Card, Found};
use super::rules::same::Sameness;
use super::timeline::{self, TimelineItem};
use super::{Desk, actions, rules};
use crate::places;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{ApiResult, Created, Editable, Seen, page_size};
use crate::platform::web::door::By;
use crate::platform::{Lang, Personal, Result, room};

#[derive(Tags)]
enum Tag {
    /// People whom we serve.
    Residents,
}

/// How many people a search shows when it does not say: whom nobody needs to see, nobody sees.
const SHOWN: u32 = 20;

/// One person in a list.
#[derive(Object, Debug)]
pub struct FoundResident {
    pub id: ResidentId,
    #[oai(skip_serializing_if_is_none)]
    pub name: Option<String>,
    /// Full-width katakana.
    pub kana: String,
    #[oai(skip_serializing_if_is_none)]
    pub birth_year: Option<i32>,
    /// National digits, preferred first.
    pub phones: Vec<String>,
    /// Name of the area, in the language of the request.
    #[oai(skip_serializing_if_is_none)]
    pub area: Option<String>,
}

impl FoundResident {
    fn of(found: Found, lang: Lang) -> Self {
        let area = found.area(lang).map(str::to_owned);
        let Found { id, kana, name, birth_year, phones, numbers: _, area_ja: _, area_en: _ } =
            found;
        Self { id, name, kana, birth_year, phones, area }
    }
}

/// People who were found, best first.
#[derive(Object, Debug)]
pub struct FoundResidents {
    pub items: Vec<FoundResident>,
    /// Always null: a search that finds too many is made longer, not paged.
    #[oai(nullable)]
    pub next: Option<String>,
}

/// Whether somebody is the person who was created.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[oai(rename_all = "snake_case", remote = "Sameness")]
pub enum Alike {
    /// One person, by all that both records say.
    Same,
    /// One person, with another address, mail or number.
    News,
    /// The same number and reading; kanji and birth are not known on both sides, so it may be family.
    Pair,
    /// Somebody else.
    Other,
}

/// Somebody with the same number or reading.
#[derive(Object, Debug)]
pub struct PossibleDuplicate {
    #[oai(flatten)]
    pub person: FoundResident,
    pub alike: Alike,
}

/// A person was created.
#[derive(Object, Debug)]
pub struct CreatedPerson {
    pub id: ResidentId,
    /// People with the same number or reading, the likest first. Nothing was merged.
    pub possible_duplicates: Vec<PossibleDuplicate>,
}

impl CreatedPerson {
    fn of(created: actions::Created, lang: Lang) -> Self {
        let alike = created.possible_duplicates.into_iter();
        let alike = alike.map(|(person, how)| PossibleDuplicate {
            person: FoundResident::of(person, lang),
            alike: how.into(),
        });
        Self { id: created.id, possible_duplicates: alike.collect() }
    }
}

/// A person.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct Person {
    pub id: ResidentId,
    pub revision: i32,
    pub name: Option<String>,
    pub kana: String,
    /// National digits, preferred first; an extension stands behind `#`.
    pub phones: Vec<String>,
    pub birth_date: Option<NaiveDate>,
    pub birth_year: Option<i32>,
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    /// Name of the area, in the language of the request.
    pub area: Option<String>,
    pub email: Option<String>,
    pub channels: Vec<Channel>,
    pub device: Option<Device>,
    pub device_carrier: Option<String>,
    pub device_os: Option<String>,
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
    pub helper: Option<String>,
    pub note: Option<String>,
    pub standing: Standing,
    /// Whether the person agreed that what is said is kept.
    pub consent_given: bool,
    pub created_at: DateTime<FixedOffset>,
    pub updated_at: DateTime<FixedOffset>,
}

impl Person {
    fn of(card: Card, lang: Lang) -> Self {
        let area = card.area(lang).map(str::to_owned);
        let Card { resident, numbers, channels, barriers: _, consent_given, .. } = card;

        Self {
            id: resident.id,
            revision: resident.revision,
            name: resident.name,
            kana: resident.kana,
            phones: numbers.iter().map(PhoneNumber::written).collect(),
            birth_date: resident.birth_on,
            birth_year: resident.birth_year,
            age_band: resident.age_band,
            postal_code: resident.postal_code,
            address: resident.address,
            area,
            email: resident.email,
            channels,
            device: resident.device,
            device_carrier: resident.device_carrier,
            device_os: resident.device_os,
            hearing: resident.hearing,
            vision: resident.vision,
            mobility: resident.mobility,
            helper: resident.helper,
            note: resident.note,
            standing: resident.standing,
            consent_given,
            created_at: to_jst(resident.created_at),
            updated_at: to_jst(resident.updated_at),
        }
    }
}

/// What happened with a person, newest first.
#[derive(Object, Debug)]
pub struct Timeline {
    pub items: Vec<TimelineItem>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// The room's operations.
#[derive(Clone, Copy, Debug)]
pub struct ResidentsApi;

#[OpenApi(tag = "Tag::Residents")]
impl ResidentsApi {
    /// Finds people by kana in any script, kanji including variants, phone in any notation or
    /// its last four digits, or booking number. The look is recorded.
    #[oai(path = "/residents", method = "get", operation_id = "find_residents")]
    async fn find_residents(
        &self,
        by: By<Desk>,
        q: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<FoundResidents> {
        let query = q.0.unwrap_or_default();
        let limit = page_size(limit.0.or(Some(SHOWN))) as u64;
        let found = queries::find(by.db(), &by.scope, &query, limit).await?;
        let found = by.saw(found, "find_residents").await?.into_iter();
        let items = found.map(|person| FoundResident::of(person, by.ctx.lang)).collect();
        Ok(Json(FoundResidents { items, next: None }))
    }

    /// Registers a person; only a reading is needed.
    #[oai(path = "/residents", method = "post", operation_id = "create_resident")]
    async fn create_resident(
        &self,
        by: By<Desk>,
        body: Json<NewPerson>,
    ) -> Result<Created<CreatedPerson>> {
        let areas = places::queries::list_areas(by.db(), &by.scope).await?;
        let new = &body.0.read(by.ctx.today(), &areas)?;
        let work = |tx, scope| async move { actions::create(&tx, scope, new).await };
        let created = by.does("create_resident", work).await?;
        let location = format!("/api/residents/{}", created.id);
        Ok(Created { location, body: CreatedPerson::of(created, by.ctx.lang) })
    }

    /// A person. The look is recorded.
    #[oai(path = "/residents/:id", method = "get", operation_id = "get_resident")]
    async fn get_resident(&self, by: By<Desk>, id: Path<ResidentId>) -> Result<Editable<Person>> {
        let card = queries::get_card(by.db(), &by.scope, id.0).await?;
        let card = by.saw(card, "get_resident").await?;
        Ok(Editable { revision: card.resident.revision, body: Person::of(card, by.ctx.lang) })
    }

    /// Changes a person. Send the `ETag` that you read as `If-Match`.
    #[oai(path = "/residents/:id", method = "put", operation_id = "update_resident")]
    async fn update_resident(
        &self,
        by: By<Desk>,
        id: Path<ResidentId>,
        #[oai(name = "If-Match")] seen: Seen,
        body: Json<PersonChange>,
    ) -> Result<Editable<Person>> {
        let (id, revision) = (id.0, seen.revision()?);
        let now = queries::get(by.db(), &by.scope, id).await?;
        let areas = places::queries::list_areas(by.db(), &by.scope).await?;
        let confirm = body.0.confirm.clone();
        let facts = &body.0.read(by.ctx.today(), &areas, now.standing)?;
        if rules::takes(&now, facts.standing) {
            let hanging = Personal::new(room::hanging(&by.app, &by.ctx, id).await?, [id]);
            let hanging = by.saw(hanging, "update_resident").await?;
            rules::ask_standing(&now, facts.standing, hanging, confirm.as_deref())?;
        }

        let work =
            |tx, scope| async move { actions::change(&tx, scope, id, revision, facts).await };
        by.does("update_resident", work).await?;
        let card = queries::get_card(by.db(), &by.scope, id).await?.just_written();
        Ok(Editable { revision: card.resident.revision, body: Person::of(card, by.ctx.lang) })
    }

    /// Everything that happened with a person, newest first. The look is recorded.
    #[oai(path = "/residents/:id/timeline", method = "get", operation_id = "get_timeline")]
    async fn get_timeline(
        &self,
        by: By<Desk>,
        id: Path<ResidentId>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<Timeline> {
        let (db, id, size) = (by.db(), id.0, page_size(limit.0));
        queries::get(db, &by.scope, id).await?;
        let page = timeline::page(db, &by.scope, id, size, after.0.as_deref()).await?;
        let page = by.saw(page, "get_timeline").await?;
        let page = page.map(|line| TimelineItem::of(&line, by.ctx.lang));
        Ok(Json(Timeline { items: page.items, next: page.next }))
    }
}
