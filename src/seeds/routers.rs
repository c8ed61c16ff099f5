//! What the papers say of the city's BWA, and the invented routers of the demo.

use anyhow::Context as _;
use chrono::{DateTime, Days, TimeDelta, Utc};
use entity::routers::bwa_milestone;
use entity::routers::router::{PlaceKind, Purpose, RouterKind, RouterState};
use entity::routers::router_test::TestResult;
use entity::routers::tv_push_trial::TrialOutcome;
use entity::{MunicipalityId, WardId};
use sea_orm::ActiveValue::Set;
use shirube::places;
use shirube::platform::japan::time::local_date;
use shirube::platform::{Actor, Ctx, Result, Scope, Store, Tx};
use shirube::routers::actions;
use shirube::routers::queries::{self, RouterFilter};
use shirube::routers::rules::{NewTest, RouterEntry, TrialEntry};

use super::places::add;
use super::staff::Roll;
use super::tables;

/// Inserts the milestones that are not there yet.
pub async fn load_milestones(
    tx: &Tx,
    id: MunicipalityId,
    rows: &[tables::Milestone],
) -> Result<u64> {
    let rows = rows.iter().map(|row| bwa_milestone::ActiveModel {
        municipality_id: Set(id),
        code: Set(row.code.clone()),
        rank: Set(row.rank),
        year: Set(row.year),
        month: Set(row.month),
        ward_count: Set(row.ward_count),
        words_ja: Set(row.words_ja.clone()),
        words_en: Set(row.words_en.clone()),
        source: Set(row.source.clone()),
        ..Default::default()
    });
    let key = [bwa_milestone::Column::MunicipalityId, bwa_milestone::Column::Code];
    add(tx, key, rows.collect()).await
}

/// A municipality in which routers of the demo stand.
struct Town {
    /// As the files name it.
    name: &'static str,
    scope: Scope,
    actor: Actor,
    venues: Vec<places::venue::Model>,
    wards: Vec<places::ward::Model>,
}

impl Town {
    fn ward(&self, code: &str) -> anyhow::Result<WardId> {
        let row = tables::wards()?.into_iter().find(|row| row.code == code);
        let code = row.with_context(|| format!("ward {code}"))?.municipality_code;
        let found = self.wards.iter().find(|ward| ward.code == code);
        Ok(found.context("its ward is not loaded")?.id)
    }

    /// As the one who keeps the register, so many days ago.
    fn ctx(&self, now: DateTime<Utc>, days: u64) -> Ctx {
        let at = now - TimeDelta::days(i64::try_from(days).unwrap_or_default());
        let mut ctx = Ctx::system(self.scope.municipality_id, at, "seed");
        ctx.actor = self.actor.clone();
        ctx
    }

    fn entry(&self, row: &tables::Router) -> anyhow::Result<RouterEntry> {
        let venue = match row.venue.as_deref() {
            Some(code) => {
                Some(self.venues.iter().find(|venue| venue.code == code).context("a venue")?)
            }
            None => None,
        };

        Ok(RouterEntry {
            code: row.code.clone(),
            kind: RouterKind::from_text(&row.kind).context("kind")?,
            state: RouterState::from_text(&row.state).context("state")?,
            purpose: Purpose::from_text(&row.purpose).context("purpose")?,
            ward_id: row.ward.as_deref().map(|code| self.ward(code)).transpose()?,
            place_kind: row.place_kind.as_deref().and_then(PlaceKind::from_text),
            place_name: row.place_name.clone(),
            venue_id: venue.map(|venue| venue.id),
            sim: Some(row.sim.clone()),
            note: row.note.clone(),
        })
    }
}

/// Days before now on which the routers were registered.
const REGISTERED: u64 = 900;

/// Registers the routers of the demo with their tests, and the trials of TV push, once.
pub async fn load(store: &Store, now: DateTime<Utc>, roll: &Roll) -> anyhow::Result<()> {
    for (name, code, keeper) in [
        ("chiyoda", tables::chiyoda()?.code, "hashi"),
        ("yokohama", tables::yokohama()?.code, "hatoba"),
    ] {
        let town = places::queries::find_municipality_by_code(store.reader(), &code).await?;
        let municipality_id = town.context("its municipality is not loaded")?.id;
        let scope = Scope::whole(municipality_id);
        let (id, staff_name) = roll.get(keeper).context("a staff member")?;

        let town = Town {
            name,
            actor: Actor::Staff {
                id: *id,
                name: staff_name.as_str().into(),
                municipality_id,
                grants: [].into(),
            },
            venues: places::queries::list_venues(store.reader(), &scope).await?,
            wards: places::queries::list_wards(store.reader(), &scope).await?,
            scope,
        };

        let any = RouterFilter::default();
        let there = queries::list(store.reader(), &town.scope, &any, 1, None).await?;
        if there.items.is_empty() {
            routers(store, now, &town).await?;
            trials(store, now, &town).await?;
        }
    }
    Ok(())
}

async fn routers(store: &Store, now: DateTime<Utc>, town: &Town) -> anyhow::Result<()> {
    for row in tables::routers()?.iter().filter(|row| row.municipality == town.name) {
        let entry = town.entry(row).with_context(|| row.code.clone())?;
        // What was given up was in use before.
        let mut first = entry.clone();
        if entry.state == RouterState::Retired {
            first.state = RouterState::InUse;
        }

        let (scope, first) = (&town.scope, &first);
        let ctx = town.ctx(now, REGISTERED);
        let id =
            store
                .write(&ctx, "seed_router", |tx| async move {
                    actions::register(&tx, scope, first).await
                })
                .await?;

        for test in tables::list(&row.tests) {
            let (days, result) = test.split_once(':').context("a test")?;
            let ctx = town.ctx(now, days.parse()?);
            let result = TestResult::from_text(result).context("a result")?;
            let test = &NewTest { tested_on: ctx.today(), result, note: String::new() };
            store
                .write(&ctx, "seed_router_test", |tx| async move {
                    actions::record_test(&tx, scope, id, test).await
                })
                .await?;
        }

        if entry.state == RouterState::Retired {
            let entry = &entry;
            store
                .write(&town.ctx(now, 300), "seed_router", |tx| async move {
                    actions::change(&tx, scope, id, 1, entry).await
                })
                .await?;
        }
    }
    Ok(())
}

async fn trials(store: &Store, now: DateTime<Utc>, town: &Town) -> anyhow::Result<()> {
    let today = local_date(now);
    for row in tables::trials()?.iter().filter(|row| row.municipality == town.name) {
        let entry = &TrialEntry {
            ward_id: row.ward.as_deref().map(|code| town.ward(code)).transpose()?,
            place_name: row.place_name.clone(),
            starts_on: today - Days::new(row.started),
            ends_on: row.ended.map(|days| today - Days::new(days)),
            household_count: row.households,
            outcome: TrialOutcome::from_text(&row.outcome).context("an outcome")?,
            findings: row.findings.clone(),
        };

        let (scope, ctx) = (&town.scope, town.ctx(now, row.ended.unwrap_or(row.started)));
        store
            .write(&ctx, "seed_tv_push_trial", |tx| async move {
                actions::start_trial(&tx, scope, entry).await
            })
            .await?;
    }
    Ok(())
}
