//! Roles: given, ended.

use chrono::NaiveDate;
use entity::places::ward;
use entity::programmes::programme;
use entity::staff::role_grant::{self, Role};
use entity::staff::staff_member;
use entity::{MunicipalityId, RoleGrantId, StaffId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::people::whole;
use crate::platform::db::locked;
use crate::platform::japan::time::local_date;
use crate::platform::{Actor, Error, Result, Scope, Tx};
use crate::staff::queries;
use crate::staff::rules::{self, NewGrant, Refusal, Span};

/// Gives a role in the municipality of the request.
///
/// # Errors
/// `NotFound` for staff, a programme or a ward of another municipality; `Invalid` for a place
/// or time that makes no sense; `Refused("staff_gone")` for a closed account.
pub async fn grant_role(tx: &Tx, staff_id: StaffId, new: &NewGrant) -> Result<RoleGrantId> {
    let scope = whole(tx.ctx())?;
    rules::check_grant(new).map_err(Error::Invalid)?;

    let member = match tx.ctx().actor {
        // Seeds hire across municipalities; people do so only for those who work here already.
        Actor::System => staff_member::Entity::find_by_id(staff_id).one(tx.db()).await?,
        _ => Some(queries::get_staff(tx.db(), &scope, staff_id).await?),
    };
    if member.ok_or(Error::NotFound)?.disabled_at.is_some() {
        return Err(Refusal::Gone.into());
    }

    let NewGrant { role, programme_id, ward_id, from_on, until_on } = new.clone();
    find_place(tx, &scope, new).await?;

    let row = role_grant::ActiveModel {
        staff_id: ActiveValue::Set(staff_id),
        municipality_id: ActiveValue::Set(scope.municipality_id),
        role: ActiveValue::Set(role),
        programme_id: ActiveValue::Set(programme_id),
        ward_id: ActiveValue::Set(ward_id),
        from_on: ActiveValue::Set(from_on),
        until_on: ActiveValue::Set(until_on),
        ..Default::default()
    }
    .insert(tx.db())
    .await?;

    let detail = json!({
        "staff_id": staff_id, "role": role, "programme_id": programme_id, "ward_id": ward_id,
        "from_on": from_on, "until_on": until_on,
    });
    tx.audit("role_grant", row.id.0, detail);
    Ok(row.id)
}

async fn find_place(tx: &Tx, scope: &Scope, new: &NewGrant) -> Result<()> {
    if let Some(id) = new.programme_id {
        programme::Entity::find_by_id(id)
            .filter(programme::Column::MunicipalityId.eq(scope.municipality_id))
            .one(tx.db())
            .await?
            .ok_or(Error::NotFound)?;
    }

    if let Some(id) = new.ward_id {
        ward::Entity::find_by_id(id)
            .filter(ward::Column::MunicipalityId.eq(scope.municipality_id))
            .one(tx.db())
            .await?
            .ok_or(Error::NotFound)?;
    }
    Ok(())
}

/// Ends a role: after `until_on`, or at once without a date. A role that would never have held
/// a whole day goes; the audit log keeps it.
///
/// # Errors
/// `NotFound` outside the municipality; `Invalid` for a last day before today or the role's
/// first day; `Refused("role_ended")`; `Refused("own_account")` for one's own administration;
/// `Refused("last_administrator")`.
pub async fn revoke_role(tx: &Tx, id: RoleGrantId, until_on: Option<NaiveDate>) -> Result<()> {
    let scope = whole(tx.ctx())?;
    let found = role_grant::Entity::find_by_id(id)
        .filter(role_grant::Column::MunicipalityId.eq(scope.municipality_id));
    let row = found.clone().one(tx.db()).await?.ok_or(Error::NotFound)?;
    let stands = match row.role {
        Role::Administrator => lock_administrators(tx, scope.municipality_id).await?,
        _ => Vec::new(),
    };
    // Read again behind the lock.
    let row = locked(found).one(tx.db()).await?.ok_or(Error::NotFound)?;

    let today = local_date(tx.now());
    if row.until_on.is_some_and(|until| until < today) {
        return Err(Refusal::RoleEnded.into());
    }
    if row.role == Role::Administrator && tx.ctx().staff_id() == Some(row.staff_id) {
        return Err(Refusal::OwnAccount.into());
    }
    if until_on.is_some_and(|until| until < today || until < row.from_on) {
        return Err(Error::invalid("until_on", "err.grant.past"));
    }

    // At once means yesterday was the last day.
    let last = until_on.or(today.pred_opt()).unwrap_or(today);
    let after = stands.iter().map(|grant| match grant.id == id {
        true => (grant.from_on, Some(last)),
        false => (grant.from_on, grant.until_on),
    });
    check_administrators(today, &stands, &after.collect::<Vec<_>>())?;

    if last < row.from_on {
        role_grant::Entity::delete_by_id(id).exec(tx.db()).await?;
    } else {
        role_grant::Entity::update_many()
            .col_expr(role_grant::Column::UntilOn, Expr::value(last))
            .filter(role_grant::Column::Id.eq(id))
            .exec(tx.db())
            .await?;
    }

    tx.audit(
        "role_grant",
        id.0,
        json!({ "staff_id": row.staff_id, "role": row.role, "until_on": last }),
    );
    Ok(())
}

/// The roles of those who manage staff in a municipality and whose accounts are open. Whoever ends
/// one stands in one queue here, so that two who end each other at once leave one of them.
pub(super) async fn lock_administrators(
    tx: &Tx,
    municipality_id: MunicipalityId,
) -> Result<Vec<role_grant::Model>> {
    let all = role_grant::Entity::find()
        .filter(role_grant::Column::MunicipalityId.eq(municipality_id))
        .filter(role_grant::Column::Role.eq(Role::Administrator))
        .order_by_asc(role_grant::Column::Id);
    let mut all = locked(all).all(tx.db()).await?;

    let open: Vec<StaffId> = staff_member::Entity::find()
        .filter(staff_member::Column::Id.is_in(all.iter().map(|grant| grant.staff_id)))
        .filter(staff_member::Column::DisabledAt.is_null())
        .all(tx.db())
        .await?
        .into_iter()
        .map(|member| member.id)
        .collect();

    all.retain(|grant| open.contains(&grant.staff_id));
    Ok(all)
}

/// Refuses what would leave a municipality without anybody who manages staff.
pub(super) fn check_administrators(
    today: NaiveDate,
    stands: &[role_grant::Model],
    after: &[Span],
) -> Result<()> {
    let before: Vec<Span> = stands.iter().map(|grant| (grant.from_on, grant.until_on)).collect();
    rules::keeps_administrator(today, &before, after).map_err(Error::from)
}
