//! Devices on which somebody has logged in before. To be known opens nothing: it only means that
//! the wrong tries of others do not count against it.

use chrono::{DateTime, Utc};
use entity::StaffId;
use entity::staff::{staff_device, staff_member};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::rules::DEVICE_LIFE;
use crate::platform::random::digest;
use crate::platform::{Result, Tx};

/// What is kept of a device's token.
pub(super) fn token_hash(token: &str) -> String {
    digest(&[b"staff_device", token.as_bytes()])
}

/// Whether somebody with this login name has logged in on this device within [`DEVICE_LIFE`].
pub(super) async fn is_known(
    db: &impl ConnectionTrait,
    token: &str,
    login: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let found = staff_device::Entity::find()
        .filter(staff_device::Column::TokenHash.eq(token_hash(token)))
        .filter(staff_device::Column::ExpiresAt.gt(now))
        .find_also_related(staff_member::Entity)
        .all(db)
        .await?;
    Ok(found.iter().any(|(_, member)| member.as_ref().is_some_and(|own| own.login == login)))
}

/// Whether this token is one of ours. Another one is not taken over: whoever set it might know it.
pub(super) async fn is_ours(
    db: &impl ConnectionTrait,
    token: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let found = staff_device::Entity::find()
        .filter(staff_device::Column::TokenHash.eq(token_hash(token)))
        .filter(staff_device::Column::ExpiresAt.gt(now))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Notes that somebody has logged in on this device.
pub(super) async fn remember(tx: &Tx, staff_id: StaffId, token: &str) -> Result<()> {
    use staff_device::Column;
    let row = staff_device::ActiveModel {
        staff_id: ActiveValue::Set(staff_id),
        token_hash: ActiveValue::Set(token_hash(token)),
        created_at: ActiveValue::Set(tx.now()),
        seen_at: ActiveValue::Set(tx.now()),
        expires_at: ActiveValue::Set(tx.now() + DEVICE_LIFE),
        ..Default::default()
    };

    let again = OnConflict::columns([Column::TokenHash, Column::StaffId])
        .update_columns([Column::SeenAt, Column::ExpiresAt])
        .to_owned();
    staff_device::Entity::insert(row).on_conflict(again).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Forgets the devices on which nobody has logged in for [`DEVICE_LIFE`].
pub async fn forget_old(tx: &Tx) -> Result<()> {
    staff_device::Entity::delete_many()
        .filter(staff_device::Column::ExpiresAt.lte(tx.now()))
        .exec(tx.db())
        .await?;
    Ok(())
}
