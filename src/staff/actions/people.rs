//! Staff members: hired, locked out, let in again.

use std::collections::BTreeSet;

use entity::StaffId;
use entity::staff::role_grant::{self, Role};
use entity::staff::{login, staff_member};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::roles::{check_administrators, lock_administrators};
use crate::platform::japan::time::local_date;
use crate::platform::random::digest;
use crate::platform::web::door::Right;
use crate::platform::{Actor, Ctx, Error, FieldError, Question, Result, Scope, Tx};
use crate::staff::passwords::{self, Hashed};
use crate::staff::rules::{self, Refusal, Span, StaffWish};
use crate::staff::{Administration, queries};

/// A staff member to be added. The password is hashed before the transaction begins
/// ([`crate::staff::passwords::accept`]).
#[derive(Clone, Debug)]
pub struct NewStaff {
    pub login: String,
    pub name: String,
    pub kana: String,
    pub password: Hashed,
}

impl NewStaff {
    /// As it is wished, with the password hashed.
    ///
    /// # Errors
    /// `Invalid` for all that is wrong at once, the password too; `Busy`.
    pub async fn of(wish: StaffWish) -> Result<Self> {
        let StaffWish { login, name, kana, password } = wish;
        let mut wrong = rules::check_person(&login, &name, &kana).err().unwrap_or_default();
        wrong.extend(rules::check_password(&password, &rules::normal_login(&login)).err());
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }

        let password = passwords::hash(&password).await?;
        Ok(Self { login, name, kana, password })
    }
}

/// Adds a staff member, who can log in and do nothing until a role is given.
///
/// # Errors
/// `Invalid` for `login` (also when it is taken), `name`, `kana`.
pub async fn create_staff(tx: &Tx, new: &NewStaff) -> Result<StaffId> {
    let scope = whole(tx.ctx())?;
    let NewStaff { login, name, kana, password } = new;
    let (login, name, kana) = rules::check_person(login, name, kana).map_err(Error::Invalid)?;

    let taken = staff_member::Entity::find()
        .filter(staff_member::Column::Login.eq(login.as_str()))
        .one(tx.db())
        .await?;
    if taken.is_some() {
        return Err(Error::invalid("login", "err.login.taken"));
    }

    let row = staff_member::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        login: ActiveValue::Set(login),
        name: ActiveValue::Set(name),
        kana: ActiveValue::Set(kana),
        password_hash: ActiveValue::Set(password.as_str().to_owned()),
        disabled_at: ActiveValue::Set(None),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    }
    .insert(tx.db())
    .await?;

    tx.audit("staff_member", row.id.0, json!({ "state": "created" }));
    Ok(row.id)
}

/// Gives a new password and ends all logins made with the old one.
///
/// # Errors
/// `NotFound`, also for staff of another municipality.
pub async fn set_password(tx: &Tx, staff_id: StaffId, password: &Hashed) -> Result<()> {
    employed(tx, staff_id).await?;
    staff_member::Entity::update_many()
        .col_expr(staff_member::Column::PasswordHash, Expr::value(password.as_str()))
        .col_expr(staff_member::Column::Revision, Expr::col(staff_member::Column::Revision).add(1))
        .col_expr(staff_member::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(staff_member::Column::Id.eq(staff_id))
        .exec(tx.db())
        .await?;
    end_logins(tx, staff_id).await?;
    tx.audit("staff_member", staff_id.0, json!({ "fields": ["password"] }));
    Ok(())
}

/// Closes an account and ends its logins. Records of what the person did stay, and the sessions
/// that name the person go on naming them. `confirm` is the yes to what hangs on the account, when
/// that was asked before; the house itself is not asked.
///
/// # Errors
/// `NotFound`, also for staff of another municipality; `Refused("own_account")`;
/// `Refused("last_administrator")` where nobody else manages staff; `Asked` with the sessions that
/// are still to come.
pub async fn disable_staff(tx: &Tx, staff_id: StaffId, confirm: Option<&str>) -> Result<()> {
    if tx.ctx().staff_id() == Some(staff_id) {
        return Err(Refusal::OwnAccount.into());
    }
    employed(tx, staff_id).await?;

    let managed = role_grant::Entity::find()
        .filter(role_grant::Column::StaffId.eq(staff_id))
        .filter(role_grant::Column::Role.eq(Role::Administrator))
        .all(tx.db())
        .await?;
    let towns: BTreeSet<_> = managed.into_iter().map(|grant| grant.municipality_id).collect();
    for town in towns {
        let stands = lock_administrators(tx, town).await?;
        let others = stands.iter().filter(|grant| grant.staff_id != staff_id);
        let after: Vec<Span> = others.map(|grant| (grant.from_on, grant.until_on)).collect();
        check_administrators(local_date(tx.now()), &stands, &after)?;
    }

    // Read again: somebody may have closed it while this one waited.
    let member = employed(tx, staff_id).await?;
    if member.disabled_at.is_some() {
        return Ok(());
    }

    let scope = Scope::whole(tx.ctx().municipality_id());
    let ahead = queries::sessions_ahead(tx.db(), &scope, staff_id, tx.now()).await?;
    if !ahead.is_empty() && !matches!(tx.ctx().actor, Actor::System) {
        let wanted = closing(staff_id, &ahead);
        if confirm != Some(wanted.as_str()) {
            let values = vec![("name", member.name), ("n", ahead.len().to_string())];
            let point = FieldError { values, ..FieldError::new("staff", "admin.close.ahead") };
            return Err(Error::Asked(Question { confirm: wanted, points: vec![point] }));
        }
    }

    set_disabled(tx, staff_id, true).await?;
    end_logins(tx, staff_id).await?;
    let left: Vec<i64> = ahead.iter().map(|ahead| ahead.session_id.0).collect();
    tx.audit("staff_member", staff_id.0, json!({ "state": "disabled", "sessions_ahead": left }));
    Ok(())
}

/// The yes to closing an account on which exactly these sessions hang.
fn closing(staff_id: StaffId, ahead: &[queries::Ahead]) -> String {
    digest(&[b"close", staff_id.to_string().as_bytes(), format!("{ahead:?}").as_bytes()])
}

/// Opens a closed account again.
///
/// # Errors
/// `NotFound`, also for staff of another municipality.
pub async fn enable_staff(tx: &Tx, staff_id: StaffId) -> Result<()> {
    if employed(tx, staff_id).await?.disabled_at.is_none() {
        return Ok(());
    }
    set_disabled(tx, staff_id, false).await?;
    tx.audit("staff_member", staff_id.0, json!({ "state": "enabled" }));
    Ok(())
}

async fn set_disabled(tx: &Tx, staff_id: StaffId, disabled: bool) -> Result<()> {
    let disabled_at = disabled.then_some(tx.now());
    staff_member::Entity::update_many()
        .col_expr(staff_member::Column::DisabledAt, Expr::value(disabled_at))
        .col_expr(staff_member::Column::Revision, Expr::col(staff_member::Column::Revision).add(1))
        .col_expr(staff_member::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(staff_member::Column::Id.eq(staff_id))
        .exec(tx.db())
        .await?;
    Ok(())
}

async fn end_logins(tx: &Tx, staff_id: StaffId) -> Result<()> {
    login::Entity::update_many()
        .col_expr(login::Column::RevokedAt, Expr::value(tx.now()))
        .filter(login::Column::StaffId.eq(staff_id))
        .filter(login::Column::RevokedAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}

/// The scope of somebody who manages staff: always a whole municipality.
///
/// # Errors
/// `Forbidden` for a narrower right.
pub(super) fn whole(ctx: &Ctx) -> Result<Scope> {
    let scope = Administration::scope(ctx)?;
    if scope.is_whole() { Ok(scope) } else { Err(Error::Forbidden) }
}

/// A person whom the municipality employs.
async fn employed(tx: &Tx, staff_id: StaffId) -> Result<staff_member::Model> {
    let scope = whole(tx.ctx())?;
    staff_member::Entity::find_by_id(staff_id)
        .filter(staff_member::Column::MunicipalityId.eq(scope.municipality_id))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}
