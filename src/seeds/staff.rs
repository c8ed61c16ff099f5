//! The invented staff of the demo.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDate, Utc};
use entity::staff::role_grant::Role;
use entity::{MunicipalityId, StaffId};
use shirube::platform::random::Random;
use shirube::platform::{Ctx, Scope, Store};
use shirube::staff::actions::{self, NewStaff};
use shirube::staff::passwords::{self, Hashed};
use shirube::staff::queries;
use shirube::staff::rules::NewGrant;
use shirube::{places, programmes};

use super::tables;

/// A login of the demo.
#[derive(Clone, Debug)]
pub struct DemoLogin {
    pub login: String,
    pub roles: String,
    /// None: it was there already and its password was not touched.
    pub password: Option<String>,
}

/// Who is who: login and id, name.
pub type Roll = HashMap<String, (StaffId, String)>;

/// Creates the staff that is not there yet; a given password is set for everybody.
pub async fn load(
    store: &Store,
    now: DateTime<Utc>,
    password: Option<&str>,
) -> anyhow::Result<(Roll, Vec<DemoLogin>)> {
    let given = match password {
        Some(typed) => Some(passwords::hash(typed).await?),
        None => None,
    };
    let random = Random::from_system();
    let (mut roll, mut logins) = (Roll::new(), Vec::new());

    for row in tables::staff()? {
        let found = queries::find_by_login(store.reader(), &row.login).await?;
        let (id, set) = match (found, &given) {
            (Some(found), None) => (found.id, None),
            (Some(found), Some(hashed)) => {
                let ctx = Ctx::system(found.municipality_id, now, "seed");
                let id = found.id;
                let work = async |tx| actions::set_password(&tx, id, hashed).await;
                store.write(&ctx, "seed_password", work).await?;
                (id, password.map(str::to_owned))
            }
            (None, Some(hashed)) => {
                (create(store, now, &row, hashed.clone()).await?, password.map(str::to_owned))
            }
            (None, None) => {
                let typed = random.token()[..16].to_owned();
                let hashed = passwords::hash(&typed).await?;
                (create(store, now, &row, hashed).await?, Some(typed))
            }
        };

        roll.insert(row.login.clone(), (id, row.name.clone()));
        let roles = tables::list(&row.roles).map(short).collect::<Vec<_>>();
        logins.push(DemoLogin { login: row.login, roles: once_each(roles), password: set });
    }
    Ok((roll, logins))
}

/// `teacher@chiyoda:classes` as it is told: `teacher`.
fn short(role: &str) -> &str {
    role.split('@').next().unwrap_or(role)
}

fn once_each(mut roles: Vec<&str>) -> String {
    roles.dedup();
    roles.join(", ")
}

/// A role as the file writes it, with its municipality.
struct Written {
    municipality_id: MunicipalityId,
    grant: NewGrant,
}

async fn create(
    store: &Store,
    now: DateTime<Utc>,
    row: &tables::Staff,
    password: Hashed,
) -> anyhow::Result<StaffId> {
    let from_on = NaiveDate::from_ymd_opt(2024, 4, 1).context("a date")?;
    let mut roles = Vec::new();
    for text in tables::list(&row.roles) {
        let role = read_role(store, text, from_on).await;
        roles.push(role.with_context(|| format!("{}: {text}", row.login))?);
    }
    let Some(first) = roles.first() else { bail!("{} has no role", row.login) };

    let new = NewStaff {
        login: row.login.clone(),
        name: row.name.clone(),
        kana: row.kana.clone(),
        password,
    };
    let ctx = Ctx::system(first.municipality_id, now, "seed");
    let new = &new;
    let id = store
        .write(&ctx, "seed_staff", |tx| async move { actions::create_staff(&tx, new).await })
        .await?;

    for role in &roles {
        let (ctx, grant) = (Ctx::system(role.municipality_id, now, "seed"), &role.grant);
        store
            .write(&ctx, "seed_role", |tx| async move { actions::grant_role(&tx, id, grant).await })
            .await?;
    }
    Ok(id)
}

/// `role@municipality` or `role@municipality:programme-or-ward`.
async fn read_role(store: &Store, text: &str, from_on: NaiveDate) -> anyhow::Result<Written> {
    let (role, place) = text.split_once('@').context("no municipality")?;
    let (town, part) =
        place.split_once(':').map_or((place, None), |(town, part)| (town, Some(part)));
    let code = match town {
        "chiyoda" => tables::chiyoda()?.code,
        "yokohama" => tables::yokohama()?.code,
        _ => bail!("unknown municipality"),
    };
    let town = places::queries::find_municipality_by_code(store.reader(), &code).await?;
    let municipality_id = town.context("its municipality is not loaded")?.id;

    let mut grant = NewGrant {
        role: Role::from_text(role).context("unknown role")?,
        programme_id: None,
        ward_id: None,
        from_on,
        until_on: None,
    };

    if let Some(part) = part {
        let scope = Scope::whole(municipality_id);
        let listed = programmes::queries::list_programmes(store.reader(), &scope).await?;
        let ward = tables::wards()?.into_iter().find(|row| row.code == part);
        match ward {
            Some(ward) => {
                let wards = places::queries::list_wards(store.reader(), &scope).await?;
                let found = wards.iter().find(|row| row.code == ward.municipality_code);
                grant.ward_id = Some(found.context("its ward is not loaded")?.id);
            }
            None => {
                let found = listed.iter().find(|row| row.code == part);
                grant.programme_id = Some(found.context("unknown programme")?.id);
            }
        }
    }
    Ok(Written { municipality_id, grant })
}
