//! Learning from a hearing.

use entity::ResidentId;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, Device, Mobility, Need};
use entity::residents::resident_barrier::{self, Barrier};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use super::{change, contact};
use crate::platform::{Result, Scope, Tx};
use crate::residents::{queries, rules};

/// What a hearing tells about a person; `None` leaves what is known.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
    /// Only `none` and `have a smartphone of unknown make` follow from a hearing.
    pub device: Option<Device>,
    pub barriers: Option<Vec<Barrier>>,
    pub channels: Option<Vec<Channel>>,
}

/// Keeps what a hearing told. The inquiry itself stands on the timeline, so this adds no line.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn learn(tx: &Tx, scope: &Scope, id: ResidentId, learned: &Learned) -> Result<()> {
    let before = queries::lock(tx, scope, id).await?;
    let card = queries::get_card(tx.db(), scope, id).await?.for_work();
    let Learned { hearing, vision, mobility, device, barriers, channels } = learned;

    let after = resident::Model {
        hearing: hearing.or(before.hearing),
        vision: vision.or(before.vision),
        mobility: mobility.or(before.mobility),
        device: device.or(before.device),
        revision: before.revision + 1,
        ..before.clone()
    };
    let mut fields = change::changed_fields(&before, &after);

    if let Some(barriers) = barriers {
        let mut told = barriers.clone();
        told.sort_unstable();
        told.dedup();
        if told != card.barriers {
            write_barriers(tx, id, &told).await?;
            fields.push("barriers");
        }
    }

    if let Some(channels) = channels {
        let told = rules::channels(channels, !card.phones.is_empty());
        if told != card.channels {
            contact::write_channels(tx, id, &told).await?;
            fields.push("channels");
        }
    }

    if !fields.is_empty() {
        resident::Entity::update_many()
            .set(change::columns(&after, tx))
            .filter(resident::Column::Id.eq(id))
            .exec(tx.db())
            .await?;
    }

    tx.audit("resident", id.0, serde_json::json!({ "learned": fields }));
    Ok(())
}

async fn write_barriers(tx: &Tx, id: ResidentId, barriers: &[Barrier]) -> Result<()> {
    resident_barrier::Entity::delete_many()
        .filter(resident_barrier::Column::ResidentId.eq(id))
        .exec(tx.db())
        .await?;
    if barriers.is_empty() {
        return Ok(());
    }
    let rows = barriers.iter().map(|barrier| resident_barrier::ActiveModel {
        resident_id: ActiveValue::Set(id),
        barrier: ActiveValue::Set(*barrier),
    });
    resident_barrier::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}
