//! How a person is reached.

use entity::ResidentId;
use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident_phone::PhoneOwner;
use entity::residents::timeline_entry::TimelineKind;
use entity::residents::{resident, resident_phone};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::phone_row;
use crate::platform::japan::phone::PhoneNumber;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::{queries, rules, timeline};

/// Adds a phone number to a person, behind the others, with the word whose it is. A number that
/// the person has already changes nothing, unless it comes with another extension: that one counts
/// then.
///
/// # Errors
/// `NotFound` outside the scope, `Refused` above ten numbers.
pub async fn add_phone(
    tx: &Tx,
    scope: &Scope,
    id: ResidentId,
    phone: &PhoneNumber,
    whose: PhoneOwner,
) -> Result<()> {
    let person = queries::lock(tx, scope, id).await?;
    let held = resident_phone::Entity::find()
        .filter(resident_phone::Column::ResidentId.eq(id))
        .order_by_asc(resident_phone::Column::Rank)
        .all(tx.db())
        .await?;

    match held.iter().find(|row| row.digits == phone.digits()) {
        Some(same)
            if phone.extension().is_none() || same.extension.as_deref() == phone.extension() =>
        {
            tx.audit("resident", id.0, serde_json::json!({ "fields": [] }));
            return Ok(());
        }
        Some(other) => {
            let mut row = resident_phone::ActiveModel::from(other.clone());
            row.extension = ActiveValue::Set(phone.extension().map(str::to_owned));
            row.update(tx.db()).await?;
        }
        None => {
            rules::may_add_phone(held.len()).map_err(Error::from)?;
            let rank = held.last().map_or(0, |row| row.rank + 1);
            let row = resident_phone::ActiveModel {
                whose: ActiveValue::Set(Some(whose)),
                added_at: ActiveValue::Set(Some(tx.now())),
                ..phone_row(scope, id, phone, rank)
            };
            row.insert(tx.db()).await?;
        }
    }

    touch(tx, &person).await?;
    timeline::note(
        tx,
        id,
        TimelineKind::Person,
        "timeline.phone_added_of",
        serde_json::json!({ "whose_key": rules::owner_key(whose) }),
        id.0,
    )
    .await?;
    tx.audit("resident", id.0, serde_json::json!({ "fields": ["phones"], "added": true }));
    Ok(())
}

/// Removes a phone number from a person; a number that the person does not have changes nothing.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn remove_phone(
    tx: &Tx,
    scope: &Scope,
    id: ResidentId,
    phone: &PhoneNumber,
) -> Result<()> {
    let person = queries::lock(tx, scope, id).await?;
    let done = resident_phone::Entity::delete_many()
        .filter(resident_phone::Column::ResidentId.eq(id))
        .filter(resident_phone::Column::Digits.eq(phone.digits()))
        .exec(tx.db())
        .await?;

    if done.rows_affected > 0 {
        touch(tx, &person).await?;
        let (kind, line) = (TimelineKind::Person, "timeline.phone_removed");
        timeline::note(tx, id, kind, line, serde_json::json!({}), id.0).await?;
    }

    tx.audit("resident", id.0, serde_json::json!({ "fields": ["phones"], "added": false }));
    Ok(())
}

/// Sets the ways to reach a person, in order of preference.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn set_channels(
    tx: &Tx,
    scope: &Scope,
    id: ResidentId,
    channels: &[Channel],
) -> Result<()> {
    let person = queries::lock(tx, scope, id).await?;
    let has_phone = queries::has_phone(tx.db(), id).await?;
    write_channels(tx, id, &rules::channels(channels, has_phone)).await?;
    touch(tx, &person).await?;
    tx.audit("resident", id.0, serde_json::json!({ "fields": ["channels"] }));
    Ok(())
}

/// Replaces the channels; none may be doubled.
pub(super) async fn write_channels(tx: &Tx, id: ResidentId, channels: &[Channel]) -> Result<()> {
    contact_channel::Entity::delete_many()
        .filter(contact_channel::Column::ResidentId.eq(id))
        .exec(tx.db())
        .await?;
    let rows = (0_i32..).zip(channels).map(|(rank, channel)| contact_channel::ActiveModel {
        resident_id: ActiveValue::Set(id),
        channel: ActiveValue::Set(*channel),
        rank: ActiveValue::Set(rank),
    });
    contact_channel::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// An open edit form must notice that something changed.
pub(super) async fn touch(tx: &Tx, person: &resident::Model) -> Result<()> {
    resident::Entity::update_many()
        .col_expr(resident::Column::Revision, Expr::value(person.revision + 1))
        .col_expr(resident::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(resident::Column::Id.eq(person.id))
        .exec(tx.db())
        .await?;
    Ok(())
}
