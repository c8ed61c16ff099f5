//! Other staff for a session.

use entity::sessions::session::{self, SessionState};
use entity::sessions::slot;
use entity::{SessionId, StaffId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::create::{duty, insert_slots, known_staff};
use super::findings::{Findings, with_accepted};
use super::widen;
use crate::platform::error::FieldError;
use crate::platform::{Error, Result, Scope, Tx};
use crate::sessions::queries::around::{self, Wanted};
use crate::sessions::{queries, rules};
use crate::staff;

/// Gives a session these staff. In a consultation who comes takes the slots of who leaves, with
/// the people booked in them; one more person brings new slots. `revision` is the one that the
/// editor saw; none: whatever it is. `confirm` is the yes to what speaks against it.
///
/// # Errors
/// `NotFound` outside the scope; `Stale`; `Refused` when it is over or cancelled, with
/// `staff_busy` and `staff_gone`, and with `session_fewer_consultants`; `Invalid` for staff who
/// cannot be chosen; `Asked` when something speaks against it.
pub async fn change_staff(
    tx: &Tx,
    scope: &Scope,
    id: SessionId,
    revision: Option<i32>,
    wanted: &[StaffId],
    confirm: Option<&str>,
) -> Result<session::Model> {
    let session = queries::lock(tx, scope, id).await?;
    if revision.is_some_and(|seen| seen != session.revision) {
        return Err(Error::Stale);
    }
    let planned = session.state == SessionState::Planned;
    rules::can_restaff(planned, session.ends_at, tx.now())?;

    let mut staff = wanted.to_vec();
    staff.sort_unstable();
    staff.dedup();
    let has_slots = session.slot_minutes.is_some();
    let mut wrong: Vec<FieldError> = known_staff(tx, scope, &staff).await?.into_iter().collect();
    if has_slots && staff.is_empty() {
        wrong.push(FieldError::new("staff", "err.session.slot.staff"));
    }

    let before = around::staff_of(tx.db(), id).await?;
    let as_it_is = around::as_it_is(tx.db(), scope, &session).await?;
    let after = Wanted { staff: staff.clone(), ..as_it_is };
    let findings = Findings::of(tx, scope, &after, Some(&session), 0).await?;
    wrong.append(&mut findings.wrong());
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }

    let change = rules::restaffing(&before, &staff);
    if has_slots && !change.left.is_empty() {
        return Err(rules::Refusal::FewerConsultants.into());
    }

    let gone: Vec<StaffId> = before.iter().copied().filter(|id| !staff.contains(id)).collect();
    staff::actions::release(tx, id, &gone).await?;
    for new in staff.iter().copied().filter(|id| !before.contains(id)) {
        let (from, to) = (session.starts_at, session.ends_at);
        staff::actions::assign(tx, new, duty(session.kind), Some(id), from, to).await?;
    }

    let more = take_slots(tx, &session, &change).await?;
    session::Entity::update_many()
        .col_expr(session::Column::Capacity, Expr::col(session::Column::Capacity).add(more))
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .col_expr(session::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(session::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    if more > 0 {
        widen(tx, &session).await?;
    }

    let accepted = findings.settle(tx, confirm)?;
    let detail = json!({ "changed": ["staff"], "from": before, "staff": staff });
    tx.audit("session", id.0, with_accepted(detail, accepted));
    queries::lock(tx, scope, id).await
}

/// Hands the slots of a consultation on, and cuts those of whoever comes besides. Answers how many
/// are new.
async fn take_slots(tx: &Tx, session: &session::Model, change: &rules::Restaffing) -> Result<i32> {
    let Some(minutes) = session.slot_minutes else { return Ok(0) };

    for (old, new) in &change.replaced {
        slot::Entity::update_many()
            .col_expr(slot::Column::StaffId, Expr::value(*new))
            .filter(slot::Column::SessionId.eq(session.id))
            .filter(slot::Column::StaffId.eq(*old))
            .exec(tx.db())
            .await?;
    }

    let cuts = rules::cut_slots(session.starts_at, session.ends_at, minutes, &change.added);
    let whole = i64::from(session.capacity) + cuts.len() as i64;
    let whole = rules::check_capacity(whole).map_err(|wording| Error::invalid("staff", wording))?;

    insert_slots(tx, session, &cuts).await?;
    Ok(whole - session.capacity)
}
