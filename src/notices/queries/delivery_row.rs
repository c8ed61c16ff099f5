//! A delivery with what its notice says.

use chrono::{DateTime, FixedOffset};
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::residents::contact_channel::Channel;
use entity::{BookingId, DeliveryId, NoticeId, ResidentId, StaffId};
use poem_openapi::Object;

use crate::platform::japan::time::to_jst;

/// One way that one notice takes.
#[derive(Clone, Debug, Object)]
#[oai(rename = "Delivery", skip_serializing_if_is_none)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub notice_id: NoticeId,
    pub booking_id: BookingId,
    pub resident_id: ResidentId,
    /// What the notice says.
    pub kind: NoticeKind,
    pub channel: Channel,
    pub state: DeliveryState,
    /// Rung of the person's ladder, from 0.
    pub rank: i32,
    /// Calls made, mails tried, prints.
    pub attempts: i32,
    /// Who printed, posted or called last.
    pub staff_id: Option<StaffId>,
    pub revision: i32,
    pub created_at: DateTime<FixedOffset>,
    pub updated_at: DateTime<FixedOffset>,
}

impl From<(delivery::Model, notice::Model)> for DeliveryRow {
    fn from((row, notice): (delivery::Model, notice::Model)) -> Self {
        Self {
            id: row.id,
            notice_id: notice.id,
            booking_id: notice.booking_id,
            resident_id: notice.resident_id,
            kind: notice.kind,
            channel: row.channel,
            state: row.state,
            rank: row.rank,
            attempts: row.attempts,
            staff_id: row.staff_id,
            revision: row.revision,
            created_at: to_jst(row.created_at),
            updated_at: to_jst(row.updated_at),
        }
    }
}
