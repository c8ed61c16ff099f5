//! What an older copy of the database would send: held until a person decides.
//!
//! The copy does not know what went out after it was made. Letters, calls, mails and jobs that were
//! open in it may be done long since, and a second cancellation or a call about last month's class
//! does harm; so nothing of it goes out by itself.

use entity::notices::delivery::{self, DeliveryState};
use entity::residents::contact_channel::Channel;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::notices::SEND_MAIL;
use crate::notices::queries::HeldKind;
use crate::platform::{Error, Result, Scope, Tx, outbox};

/// States of a delivery that is still to be done.
const OPEN: [DeliveryState; 3] =
    [DeliveryState::Waiting, DeliveryState::Printed, DeliveryState::NoAnswer];

/// What a person decides about work that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has not gone out yet: it goes its usual way now.
    Release,
    /// It went out already, or is no longer true: it never goes out.
    Discard,
}

/// Holds everything that is open, in all municipalities; answers how many letters, calls, mails and
/// jobs that is.
pub async fn hold_all(tx: &Tx) -> Result<u64> {
    let deliveries = delivery::Entity::update_many()
        .col_expr(delivery::Column::HeldAt, Expr::value(tx.now()))
        .filter(delivery::Column::State.is_in(OPEN))
        .filter(delivery::Column::HeldAt.is_null())
        .exec(tx.db())
        .await?;
    let jobs = outbox::hold_all(tx).await?;
    tx.audit("outbox", 0, json!({ "held": deliveries.rows_affected + jobs }));
    Ok(deliveries.rows_affected + jobs)
}

/// Releases or discards what is held of one kind in the scope; answers how many that were.
///
/// # Errors
/// `NotFound` when nothing of this kind is held: somebody else has decided.
pub async fn decide_held(tx: &Tx, scope: &Scope, kind: &HeldKind, what: Verdict) -> Result<u64> {
    let decided = match kind {
        HeldKind::Delivery(channel) => deliveries(tx, scope, *channel, what).await?,
        HeldKind::Job(name) => jobs(tx, scope, name, what).await?,
    };
    if decided == 0 {
        return Err(Error::NotFound);
    }
    let verdict = if what == Verdict::Release { "released" } else { "discarded" };
    tx.audit("outbox", 0, json!({ "kind": kind.to_string(), verdict: decided }));
    Ok(decided)
}

async fn deliveries(tx: &Tx, scope: &Scope, channel: Channel, what: Verdict) -> Result<u64> {
    let mut update = delivery::Entity::update_many()
        .col_expr(
            delivery::Column::HeldAt,
            Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None),
        )
        .col_expr(delivery::Column::Revision, Expr::col(delivery::Column::Revision).add(1))
        .col_expr(delivery::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(delivery::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(delivery::Column::Channel.eq(channel))
        .filter(delivery::Column::HeldAt.is_not_null());
    if what == Verdict::Discard {
        update = update.col_expr(delivery::Column::State, Expr::value(DeliveryState::Dropped));
    }

    let done = update.exec(tx.db()).await?.rows_affected;
    // A mail is sent by a job of its own.
    if channel == Channel::Email {
        jobs(tx, scope, SEND_MAIL, what).await?;
    }
    Ok(done)
}

async fn jobs(tx: &Tx, scope: &Scope, kind: &str, what: Verdict) -> Result<u64> {
    match what {
        Verdict::Release => outbox::release_held(tx, scope, kind).await,
        Verdict::Discard => outbox::discard_held(tx, scope, kind).await,
    }
}
