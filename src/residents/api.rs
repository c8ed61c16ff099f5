//! Residents in the API.

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::ResidentId;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need, Standing};
use entity::residents::timeline_entry::{self, TimelineKind};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi, Tags};

use super::actions::{self, Facts, NewResident};
use super::intake::{Intake, MAX_LINE};
use super::queries::{self, Card, Found};
use super::rules::same::Sameness;
use super::{Desk, rules, timeline};
use crate::places::{self, area};
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{ApiResult, Created, Editable, Seen, page_size};
use crate::platform::web::door::By;
use crate::platform::{Ctx, Lang, Result};

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
    pub id: i64,
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
        Self { id: id.0, name, kana, birth_year, phones, area }
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

/// A new person. Only the reading is needed.
#[derive(Object, Debug)]
pub struct NewPerson {
    pub name: Option<String>,
    /// In any kana.
    pub kana: String,
    /// In any notation.
    #[oai(default)]
    pub phones: Vec<String>,
    /// ISO 8601, or as people write it (昭和22年3月4日); a year alone is enough.
    pub birth_date: Option<String>,
    /// When no birth is known.
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    /// Code of the area.
    pub area: Option<String>,
    pub email: Option<String>,
    /// In order of preference. None: phone when there is a number, else letter.
    #[oai(default)]
    pub channels: Vec<Channel>,
}

/// Whether somebody is the person who was created.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
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

impl From<Sameness> for Alike {
    fn from(how: Sameness) -> Self {
        match how {
            Sameness::Same => Self::Same,
            Sameness::News => Self::News,
            Sameness::Pair => Self::Pair,
            Sameness::Other => Self::Other,
        }
    }
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
    pub id: i64,
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
        Self { id: created.id.0, possible_duplicates: alike.collect() }
    }
}

/// All that can be changed of a person; what is left out is removed.
#[derive(Object, Debug)]
pub struct PersonChange {
    pub name: Option<String>,
    pub kana: String,
    #[oai(default)]
    pub phones: Vec<String>,
    pub birth_date: Option<String>,
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    /// Code of the area.
    pub area: Option<String>,
    pub email: Option<String>,
    #[oai(default)]
    pub channels: Vec<Channel>,
    pub device: Option<Device>,
    pub device_carrier: Option<String>,
    pub device_os: Option<String>,
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
    pub helper: Option<String>,
    pub note: Option<String>,
    /// None: as it was. Who may not be contacted any more loses what is booked ahead, so that is asked
    /// first (`confirmation_needed`).
    pub standing: Option<Standing>,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

/// A person.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct Person {
    pub id: i64,
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
            id: resident.id.0,
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

/// One thing that happened with a person.
#[derive(Object, Debug)]
pub struct TimelineItem {
    pub id: i64,
    pub at: DateTime<FixedOffset>,
    pub kind: TimelineKind,
    /// A sentence in the language of the request.
    pub text: String,
    /// The record it is about, in the table that `kind` names.
    pub subject_id: i64,
}

impl TimelineItem {
    fn of(line: timeline_entry::Model, lang: Lang) -> Self {
        Self {
            id: line.id.0,
            at: to_jst(line.at),
            kind: line.kind,
            text: timeline::sentence(&line, lang),
            subject_id: line.subject_id,
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

impl NewPerson {
    fn read(self, ctx: &Ctx, areas: &[area::Model]) -> Result<NewResident> {
        let Self {
            name,
            kana,
            phones,
            birth_date,
            age_band,
            postal_code,
            address,
            area,
            email,
            channels,
        } = self;

        let mut intake = Intake::new(ctx.today());
        let kana = intake.kana(&kana);
        let name = intake.name(name.as_deref().unwrap_or_default());
        let phones = intake.phones(&phones);
        let birth = intake.birth("birth_date", birth_date.as_deref().unwrap_or_default());
        let postal_code =
            intake.postal_code("postal_code", postal_code.as_deref().unwrap_or_default());
        let address = intake.address(address.as_deref().unwrap_or_default());
        let area_id = intake.area(area.as_deref().unwrap_or_default(), areas);
        let email = intake.email(email.as_deref().unwrap_or_default());
        let email = email.map(|email| email.as_str().to_owned());

        intake.finish(kana.map(|kana| NewResident {
            kana,
            name,
            phones,
            birth_on: birth.on,
            birth_year: birth.year,
            age_band,
            postal_code,
            address,
            area_id,
            email,
            channels,
        }))
    }
}

impl PersonChange {
    fn read(self, ctx: &Ctx, areas: &[area::Model], standing_now: Standing) -> Result<Facts> {
        let Self {
            name,
            kana,
            phones,
            birth_date,
            age_band,
            postal_code,
            address,
            area,
            email,
            channels,
            device,
            device_carrier,
            device_os,
            hearing,
            vision,
            mobility,
            helper,
            note,
            standing,
            confirm: _,
        } = self;

        let mut intake = Intake::new(ctx.today());
        let kana = intake.kana(&kana);
        let name = intake.name(name.as_deref().unwrap_or_default());
        let phones = intake.phones(&phones);
        let birth = intake.birth("birth_date", birth_date.as_deref().unwrap_or_default());
        let postal_code =
            intake.postal_code("postal_code", postal_code.as_deref().unwrap_or_default());
        let address = intake.address(address.as_deref().unwrap_or_default());
        let area_id = intake.area(area.as_deref().unwrap_or_default(), areas);
        let email = intake.email(email.as_deref().unwrap_or_default());

        let mut line = |field: &str, text: Option<String>, max: usize| {
            text.and_then(|text| intake.line(field, &text, max))
        };
        let device_carrier = line("device_carrier", device_carrier, MAX_LINE);
        let device_os = line("device_os", device_os, MAX_LINE);
        let helper = line("helper", helper, MAX_LINE);
        let note = note.and_then(|text| intake.note(&text));

        intake.finish(kana.map(|kana| Facts {
            kana,
            name,
            phones,
            birth_on: birth.on,
            birth_year: birth.year,
            age_band,
            postal_code,
            address,
            area_id,
            email,
            channels,
            device,
            device_carrier,
            device_os,
            hearing,
            vision,
            mobility,
            helper,
            note,
            standing: standing.unwrap_or(standing_now),
        }))
    }
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
        let new = &body.0.read(&by.ctx, &areas)?;
        let work = |tx, scope| async move { actions::create(&tx, scope, new).await };
        let created = by.does("create_resident", work).await?;
        let location = format!("/api/residents/{}", created.id);
        Ok(Created { location, body: CreatedPerson::of(created, by.ctx.lang) })
    }

    /// A person. The look is recorded.
    #[oai(path = "/residents/:id", method = "get", operation_id = "get_resident")]
    async fn get_resident(&self, by: By<Desk>, id: Path<i64>) -> Result<Editable<Person>> {
        let card = queries::get_card(by.db(), &by.scope, ResidentId(id.0)).await?;
        let card = by.saw(card, "get_resident").await?;
        Ok(Editable { revision: card.resident.revision, body: Person::of(card, by.ctx.lang) })
    }

    /// Changes a person. Send the `ETag` that you read as `If-Match`.
    #[oai(path = "/residents/:id", method = "put", operation_id = "update_resident")]
    async fn update_resident(
        &self,
        by: By<Desk>,
        id: Path<i64>,
        #[oai(name = "If-Match")] seen: Seen,
        body: Json<PersonChange>,
    ) -> Result<Editable<Person>> {
        let (id, revision) = (ResidentId(id.0), seen.revision()?);
        let now = queries::get(by.db(), &by.scope, id).await?;
        let areas = places::queries::list_areas(by.db(), &by.scope).await?;
        let confirm = body.0.confirm.clone();
        let facts = &body.0.read(&by.ctx, &areas, now.standing)?;
        rules::ask_standing(&now, facts.standing, confirm.as_deref())?;

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
        id: Path<i64>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<Timeline> {
        let (db, id, size) = (by.db(), ResidentId(id.0), page_size(limit.0));
        queries::get(db, &by.scope, id).await?;
        let page = timeline::page(db, &by.scope, id, size, after.0.as_deref()).await?;
        let page = by.saw(page, "get_timeline").await?;
        let page = page.map(|line| TimelineItem::of(line, by.ctx.lang));
        Ok(Json(Timeline { items: page.items, next: page.next }))
    }
}
