//! Municipalities with their places, programmes and plans.

use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Timelike, Utc};
use entity::places::{area, municipality, room, venue, ward};
use entity::programmes::programme_result::{self, PeopleUnit};
use entity::programmes::{programme, programme_plan};
use entity::sessions::session::SessionKind;
use entity::{AreaId, MunicipalityId, ProgrammeId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use shirube::platform::{Ctx, Error, Result, Store, Tx};

use super::routers;
use super::tables::{self, Town};

/// Loads Chiyoda; answers how many rows are new.
pub async fn chiyoda(store: &Store, now: DateTime<Utc>) -> anyhow::Result<u64> {
    let (town, areas, venues) = (tables::chiyoda()?, tables::areas()?, tables::venues()?);
    let (programmes, plans) = (tables::programmes()?, tables::plans()?);
    let (id, new) = municipality(store, now, &town).await?;
    let ctx = Ctx::system(id, now, "seed");
    let (areas, venues, programmes, plans) = (&areas, &venues, &programmes, &plans);

    let work = async |tx: Tx| {
        let mut new = load_areas(&tx, id, areas).await?;
        new += load_venues(&tx, id, venues).await?;
        new += load_programmes(&tx, id, programmes).await?;
        for plan in plans {
            let Some(kind) = SessionKind::from_text(&plan.kind) else { continue };
            let count = plan.planned_count.unwrap_or_default();
            new += load_plan(&tx, id, &plan.programme, plan.fiscal_year, kind, count).await?;
        }
        Ok(new)
    };
    Ok(new + store.write(&ctx, "seed_chiyoda", work).await?)
}

/// Loads Yokohama; answers how many rows are new.
pub async fn yokohama(store: &Store, now: DateTime<Utc>) -> anyhow::Result<u64> {
    let (town, wards, past) = (tables::yokohama()?, tables::wards()?, tables::past_sessions()?);
    let (id, new) = municipality(store, now, &town).await?;
    let ctx = Ctx::system(id, now, "seed");
    let milestones = &tables::milestones()?;
    let (wards, past) = (&wards, &past);

    let work = async |tx: Tx| {
        let mut new = load_wards(&tx, id, wards).await?;
        for row in past {
            let programme = tables::Programme {
                code: row.code.clone(),
                name_ja: row.title_ja.clone(),
                name_en: row.title_en.clone(),
                effects: String::new(),
            };
            new += load_programmes(&tx, id, &[programme]).await?;
            if let Some(kind) = SessionKind::from_text(&row.kind) {
                new +=
                    load_plan(&tx, id, &row.code, row.fiscal_year, kind, row.session_count).await?;
                new += load_result(&tx, id, row, kind, wards).await?;
            }
        }
        new += routers::load_milestones(&tx, id, milestones).await?;
        Ok(new)
    };

    let new = new + store.write(&ctx, "seed_yokohama", work).await?;
    let new = new + super::projects::yokohama(store, &ctx).await?;
    Ok(new + super::goals::yokohama(store, &ctx).await?)
}

/// Loads Meguro; answers how many rows are new.
pub async fn meguro(store: &Store, now: DateTime<Utc>) -> anyhow::Result<u64> {
    let (id, new) = municipality(store, now, &tables::meguro()?).await?;
    Ok(new + super::goals::meguro(store, &Ctx::system(id, now, "seed")).await?)
}

/// Loads Minato; answers how many rows are new.
pub async fn minato(store: &Store, now: DateTime<Utc>) -> anyhow::Result<u64> {
    let (id, new) = municipality(store, now, &tables::minato()?).await?;
    Ok(new + super::goals::minato(store, &Ctx::system(id, now, "seed")).await?)
}

/// What is known of past sessions as totals only.
async fn load_result(
    tx: &Tx,
    id: MunicipalityId,
    row: &tables::PastSessions,
    kind: SessionKind,
    wards: &[tables::Ward],
) -> Result<u64> {
    let codes: Vec<&str> = tables::list(&row.wards)
        .filter_map(|code| wards.iter().find(|ward| ward.code == code))
        .map(|ward| ward.municipality_code.as_str())
        .collect();
    let unit = PeopleUnit::from_text(&row.people_unit).unwrap_or(PeopleUnit::Unknown);

    let model = programme_result::ActiveModel {
        municipality_id: Set(id),
        programme_id: Set(programme_id(tx, id, &row.code).await?),
        fiscal_year: Set(row.fiscal_year),
        kind: Set(kind),
        session_count: Set(row.session_count),
        people: Set(row.people_total),
        people_unit: Set(unit),
        is_approx: Set(row.approx),
        ward_codes: Set(codes.into()),
        words: Set(row.words.clone()),
        document: Set(row.source.clone()),
        ..Default::default()
    };

    let key = [
        programme_result::Column::ProgrammeId,
        programme_result::Column::FiscalYear,
        programme_result::Column::Kind,
    ];
    add(tx, key, vec![model]).await
}

/// Days of the week as bits, minutes after midnight when the call centre opens and closes, and its
/// first day.
fn hours(town: &Town) -> anyhow::Result<(i32, i32, i32, NaiveDate)> {
    let Some(centre) = &town.call_centre else {
        // The city's documents name no call centre: office hours, from the first plan on.
        let first = NaiveDate::from_ymd_opt(2022, 4, 1).context("a date")?;
        return Ok((0b001_1111, 9 * 60, 17 * 60, first));
    };
    let minute = |text: &str| -> anyhow::Result<i32> {
        let time = tables::time(text)?;
        Ok(i32::try_from(time.hour() * 60 + time.minute())?)
    };
    let days = centre.weekdays.iter().map(|day| 1 << day.num_days_from_monday()).sum();
    Ok((days, minute(&centre.from)?, minute(&centre.to)?, tables::date(&centre.opens_on)?))
}

async fn municipality(
    store: &Store,
    now: DateTime<Utc>,
    town: &Town,
) -> anyhow::Result<(MunicipalityId, u64)> {
    let found =
        shirube::places::queries::find_municipality_by_code(store.reader(), &town.code).await?;
    if let Some(found) = found {
        return Ok((found.id, 0));
    }

    let (open_days, opens_minute, closes_minute, opened_on) = hours(town)?;
    let row = municipality::ActiveModel {
        code: Set(town.code.clone()),
        name_ja: Set(town.name_ja.clone()),
        name_en: Set(town.name_en.clone()),
        department_ja: Set(town.department_ja.clone()),
        department_en: Set(town.department_en.clone()),
        postal_code: Set(town.postal.clone()),
        address: Set(town.address_ja.clone()),
        phone: Set(town.phone.clone()),
        fax: Set(town.fax.clone()),
        email: Set(town.mail_from.clone()),
        open_days: Set(open_days),
        opens_minute: Set(opens_minute),
        closes_minute: Set(closes_minute),
        opened_on: Set(opened_on),
        created_at: Set(now),
        ..Default::default()
    };

    // The municipality has no id before it exists; the audit log does not refer to the table.
    let (ctx, row) = (Ctx::system(MunicipalityId(0), now, "seed"), &row);
    let id = store
        .write(&ctx, "seed_municipality", |tx| async move {
            let id = row.clone().insert(tx.db()).await?.id;
            tx.audit("municipality", id.0, serde_json::json!({ "state": "created" }));
            Ok(id)
        })
        .await?;
    Ok((id, 1))
}

/// Inserts rows that are not there yet by the columns of their code.
pub(super) async fn add<E, A, const N: usize>(
    tx: &Tx,
    key: [E::Column; N],
    rows: Vec<A>,
) -> Result<u64>
where
    E: EntityTrait,
    A: ActiveModelTrait<Entity = E> + Send,
    E::Model: IntoActiveModel<A>,
{
    if rows.is_empty() {
        return Ok(0);
    }
    let there = OnConflict::columns(key).do_nothing().to_owned();
    Ok(E::insert_many(rows).on_conflict(there).exec_without_returning(tx.db()).await?)
}

async fn load_areas(tx: &Tx, id: MunicipalityId, rows: &[tables::Area]) -> Result<u64> {
    let rows = (1..).zip(rows).map(|(rank, row)| area::ActiveModel {
        municipality_id: Set(id),
        code: Set(row.code.clone()),
        name_ja: Set(row.name_ja.clone()),
        name_en: Set(row.name_en.clone()),
        rank: Set(rank),
        ..Default::default()
    });
    add(tx, [area::Column::MunicipalityId, area::Column::Code], rows.collect()).await
}

async fn load_venues(tx: &Tx, id: MunicipalityId, rows: &[tables::Venue]) -> Result<u64> {
    let areas: HashMap<String, AreaId> = area::Entity::find()
        .filter(area::Column::MunicipalityId.eq(id))
        .all(tx.db())
        .await?
        .into_iter()
        .map(|row| (row.code, row.id))
        .collect();

    let models = (1..).zip(rows).map(|(rank, row)| venue::ActiveModel {
        municipality_id: Set(id),
        ward_id: Set(None),
        area_id: Set(row.area_code.as_ref().and_then(|code| areas.get(code).copied())),
        code: Set(row.code.clone()),
        name_ja: Set(row.name_ja.clone()),
        name_en: Set(row.name_en.clone()),
        kana: Set(row.kana.clone()),
        postal_code: Set(row.postal.clone()),
        address: Set(row.address.clone()),
        access_ja: Set(row.access_ja.clone()),
        access_en: Set(row.access_en.clone()),
        // Not known to be without steps is not promised to be.
        step_free: Set(row.step_free.unwrap_or(false)),
        capacity: Set(row.capacity),
        rank: Set(rank),
        ..Default::default()
    });
    let mut new =
        add(tx, [venue::Column::MunicipalityId, venue::Column::Code], models.collect()).await?;

    let venues =
        venue::Entity::find().filter(venue::Column::MunicipalityId.eq(id)).all(tx.db()).await?;
    let rooms = venues.iter().map(|venue| room::ActiveModel {
        municipality_id: Set(id),
        venue_id: Set(venue.id),
        name_ja: Set("会議室".to_owned()),
        name_en: Set("Meeting room".to_owned()),
        capacity: Set(venue.capacity),
        ..Default::default()
    });
    new += add(tx, [room::Column::VenueId, room::Column::NameJa], rooms.collect()).await?;
    Ok(new)
}

async fn load_programmes(tx: &Tx, id: MunicipalityId, rows: &[tables::Programme]) -> Result<u64> {
    let rows = rows.iter().map(|row| programme::ActiveModel {
        municipality_id: Set(id),
        code: Set(row.code.clone()),
        name_ja: Set(row.name_ja.clone()),
        name_en: Set(row.name_en.clone()),
        effects: Set(tables::list(&row.effects).collect::<Vec<_>>().into()),
        ..Default::default()
    });
    let key = [programme::Column::MunicipalityId, programme::Column::Code];
    add(tx, key, rows.collect()).await
}

/// Repeats the plan of R6 for another fiscal year: the demo moves the sessions into it.
pub async fn repeat_plan(store: &Store, ctx: &Ctx, fiscal_year: i32) -> anyhow::Result<u64> {
    let plans = tables::plans()?;
    let (id, plans) = (ctx.home, &plans);
    let work = async |tx: Tx| {
        let mut new = 0;
        for plan in plans {
            let Some(kind) = SessionKind::from_text(&plan.kind) else { continue };
            let count = plan.planned_count.unwrap_or_default();
            new += load_plan(&tx, id, &plan.programme, fiscal_year, kind, count).await?;
        }
        Ok(new)
    };
    Ok(store.write(ctx, "seed_plan", work).await?)
}

async fn load_plan(
    tx: &Tx,
    id: MunicipalityId,
    programme: &str,
    fiscal_year: i32,
    kind: SessionKind,
    planned_count: i32,
) -> Result<u64> {
    let row = programme_plan::ActiveModel {
        municipality_id: Set(id),
        programme_id: Set(programme_id(tx, id, programme).await?),
        fiscal_year: Set(fiscal_year),
        kind: Set(kind),
        planned_count: Set(planned_count),
        ..Default::default()
    };
    let key = [
        programme_plan::Column::ProgrammeId,
        programme_plan::Column::FiscalYear,
        programme_plan::Column::Kind,
    ];
    add(tx, key, vec![row]).await
}

async fn programme_id(tx: &Tx, id: MunicipalityId, code: &str) -> Result<ProgrammeId> {
    let found = programme::Entity::find()
        .filter(programme::Column::MunicipalityId.eq(id))
        .filter(programme::Column::Code.eq(code))
        .one(tx.db())
        .await?;
    Ok(found.ok_or(Error::NotFound)?.id)
}

async fn load_wards(tx: &Tx, id: MunicipalityId, rows: &[tables::Ward]) -> Result<u64> {
    let rows = rows.iter().map(|row| ward::ActiveModel {
        municipality_id: Set(id),
        code: Set(row.municipality_code.clone()),
        name_ja: Set(row.name_ja.clone()),
        name_en: Set(row.name_en.clone()),
        kana: Set(row.kana.clone()),
        ..Default::default()
    });
    add(tx, [ward::Column::Code], rows.collect()).await
}
