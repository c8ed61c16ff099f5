//! Logins of browsers and API clients.

use chrono::{DateTime, Utc};
use entity::staff::login::{self, LoginKind};
use entity::staff::{role_grant, staff_member};
use entity::{LoginId, MunicipalityId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::platform::japan::time::local_date;
use crate::platform::lock::Guess;
use crate::platform::random::digest;
use crate::platform::web::gate::Token;
use crate::platform::{Actor, App, Ctx, Error, Grant, Result};
use crate::staff::attempts::LOGINS;
use crate::staff::{devices, passwords, queries, rules};

/// Most bytes of a password that are looked at.
const MAX_TYPED: usize = 4096;

/// A new login: secret and device token go to the client and are kept nowhere.
#[derive(Clone)]
pub struct NewLogin {
    pub secret: String,
    pub expires_at: DateTime<Utc>,
    /// Makes a browser known at its next login; none for API clients.
    pub device: Option<String>,
}

impl std::fmt::Debug for NewLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLogin").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Checks a login name and a password, on an unknown device.
///
/// # Errors
/// As [`log_in_on`].
pub async fn log_in(
    app: &App,
    ctx: &Ctx,
    login: &str,
    password: &str,
    kind: LoginKind,
) -> Result<NewLogin> {
    log_in_on(app, ctx, None, login, password, kind).await
}

/// Checks a login name and a password, and opens a login under a new secret. `device` is the token
/// that the device got at an earlier login.
///
/// # Errors
/// `Unauthorized`, alike (also in the time it takes) for a login that does not exist, a wrong
/// password and a closed account; `TooMany` after many wrong tries.
pub async fn log_in_on(
    app: &App,
    ctx: &Ctx,
    device: Option<&str>,
    login: &str,
    password: &str,
    kind: LoginKind,
) -> Result<NewLogin> {
    let login = rules::normal_login(login);
    let db = app.store().reader();
    let known_device = match device {
        Some(token) if devices::is_known(db, token, &login, ctx.now).await? => Some(token),
        _ => None,
    };
    let guess = Guess { thing: &login, known_device };

    // The seat comes first: of many tries at once only a few are under way when the next is judged.
    let seat = passwords::seat().await?;
    LOGINS.ensure_left(app, ctx, guess).await?;

    let found = queries::find_by_login(db, &login).await?;
    let stored = found.as_ref().map(|member| member.password_hash.clone());
    let typed = if password.len() > MAX_TYPED { "" } else { password };
    let right = passwords::verify(&seat, typed, stored).await?;

    match found {
        Some(member) if right && member.disabled_at.is_none() => {
            open(app, ctx, member, kind, device).await
        }
        other => {
            LOGINS.count(app, ctx, guess).await?;
            note_failure(app, ctx, other.as_ref()).await?;
            Err(Error::Unauthorized)
        }
    }
}

async fn open(
    app: &App,
    ctx: &Ctx,
    member: staff_member::Model,
    kind: LoginKind,
    device: Option<&str>,
) -> Result<NewLogin> {
    let device = &match (kind, device) {
        (LoginKind::Token, _) => None,
        (_, Some(token)) if devices::is_ours(app.store().reader(), token, ctx.now).await? => {
            Some(token.to_owned())
        }
        _ => Some(app.random().token()),
    };

    let mut ctx = ctx.clone();
    let staff_id = member.id;
    ctx.actor = actor_of(app, member, &ctx).await?;
    let ctx = &ctx;

    let secret = app.random().token();
    let hash = &token_hash(&secret);
    let expires_at = ctx.now + rules::life(kind);
    app.store()
        .write(ctx, "log_in", |tx| async move {
            let row = login::ActiveModel {
                staff_id: ActiveValue::Set(staff_id),
                kind: ActiveValue::Set(kind),
                token_hash: ActiveValue::Set(hash.clone()),
                created_at: ActiveValue::Set(tx.now()),
                seen_at: ActiveValue::Set(tx.now()),
                expires_at: ActiveValue::Set(expires_at),
                revoked_at: ActiveValue::Set(None),
                ..Default::default()
            }
            .insert(tx.db())
            .await?;

            if let Some(device) = device {
                devices::remember(&tx, staff_id, device).await?;
            }
            tx.audit("login", row.id.0, json!({ "staff_id": staff_id, "kind": kind }));
            Ok(())
        })
        .await?;

    Ok(NewLogin { secret, expires_at, device: device.clone() })
}

/// Leaves a line in the audit log; also without such a login, so that both take the same time.
async fn note_failure(app: &App, ctx: &Ctx, member: Option<&staff_member::Model>) -> Result<()> {
    app.store()
        .write(ctx, "fail_to_log_in", |tx| async move {
            if let Some(member) = member {
                tx.audit("staff_member", member.id.0, json!({}));
            }
            Ok(())
        })
        .await
}

/// Ends the login that `secret` names, on the server: the secret is worth nothing after this.
pub async fn log_out(app: &App, ctx: &Ctx, secret: &str) -> Result<()> {
    let hash = token_hash(secret);
    let found = login::Entity::find()
        .filter(login::Column::TokenHash.eq(hash))
        .filter(login::Column::RevokedAt.is_null())
        .one(app.store().reader())
        .await?;
    let Some(row) = found else { return Ok(()) };

    let id = row.id;
    app.store()
        .write(ctx, "log_out", |tx| async move {
            login::Entity::update_many()
                .col_expr(login::Column::RevokedAt, Expr::value(tx.now()))
                .filter(login::Column::Id.eq(id))
                .exec(tx.db())
                .await?;
            tx.audit("login", id.0, json!({ "state": "revoked" }));
            Ok(())
        })
        .await
}

/// Who the bearer of a token is, with the roles that hold today in Japan.
pub async fn authenticate(app: App, token: Token, ctx: Ctx) -> Result<Option<Actor>> {
    let db = app.store().reader();
    let found = login::Entity::find()
        .filter(login::Column::TokenHash.eq(token_hash(&token.secret)))
        .one(db)
        .await?;
    let Some(row) = found else { return Ok(None) };

    // A cookie's secret is no API token and the other way round: only cookies need `csrf`.
    if (row.kind == LoginKind::Browser) != token.from_cookie {
        return Ok(None);
    }

    let times = rules::LoginTimes {
        kind: row.kind,
        seen_at: row.seen_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    };
    if !rules::login_holds(&times, ctx.now) {
        return Ok(None);
    }

    let Some(member) = staff_member::Entity::find_by_id(row.staff_id).one(db).await? else {
        return Ok(None);
    };
    if member.disabled_at.is_some() {
        return Ok(None);
    }

    let mut ctx = ctx;
    ctx.actor = actor_of(&app, member, &ctx).await?;
    if ctx.now - row.seen_at >= rules::RENEW_AFTER {
        renew(&app, &ctx, row.id).await;
    }
    Ok(Some(ctx.actor))
}

/// Notes that a login was used. Reading goes on when the database takes no writes.
async fn renew(app: &App, ctx: &Ctx, id: LoginId) {
    let done = app
        .store()
        .write(ctx, "renew_login", |tx| async move {
            login::Entity::update_many()
                .col_expr(login::Column::SeenAt, Expr::value(tx.now()))
                .filter(login::Column::Id.eq(id))
                .filter(login::Column::SeenAt.lt(tx.now()))
                .exec(tx.db())
                .await?;
            tx.audit("login", id.0, json!({ "fields": ["seen_at"] }));
            Ok(())
        })
        .await;

    if let Err(error) = done {
        tracing::warn!(code = error.code(), "the use of a login could not be noted");
    }
}

/// The staff member with the roles of one municipality: that of this service's public pages
/// when the person works there today, else the employing one, else the first with a role.
async fn actor_of(app: &App, member: staff_member::Model, ctx: &Ctx) -> Result<Actor> {
    let today = local_date(ctx.now);
    let held: Vec<role_grant::Model> = role_grant::Entity::find()
        .filter(role_grant::Column::StaffId.eq(member.id))
        .order_by_asc(role_grant::Column::Id)
        .all(app.store().reader())
        .await?
        .into_iter()
        .filter(|grant| rules::grant_holds(grant.from_on, grant.until_on, today))
        .collect();

    let works_in = |id: &MunicipalityId| held.iter().any(|grant| grant.municipality_id == *id);
    let municipality_id = [app.home(), member.municipality_id]
        .into_iter()
        .find(works_in)
        .or_else(|| held.iter().map(|grant| grant.municipality_id).min())
        .unwrap_or(member.municipality_id);

    let grants: Vec<Grant> = held
        .iter()
        .filter(|grant| grant.municipality_id == municipality_id)
        .map(|grant| Grant {
            role: grant.role,
            programme_id: grant.programme_id,
            ward_id: grant.ward_id,
        })
        .collect();

    Ok(Actor::Staff {
        id: member.id,
        name: member.name.into(),
        municipality_id,
        grants: grants.into(),
    })
}

fn token_hash(secret: &str) -> String {
    digest(&[b"login", secret.as_bytes()])
}
