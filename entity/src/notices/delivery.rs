use crate::residents::contact_channel::Channel;
use crate::{DeliveryId, MunicipalityId, NoticeId, StaffId};
use sea_orm::entity::prelude::*;

/// One way in which a notice travels: a mail, a letter, a call to make.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DeliveryId,
    pub municipality_id: MunicipalityId,
    pub notice_id: NoticeId,
    pub channel: Channel,
    /// Rung of the ladder, from 0: the next one opens when this one fails.
    pub rank: i32,
    pub state: DeliveryState,
    /// Calls made, mails tried.
    pub attempts: i32,
    /// Who printed, posted or called.
    pub staff_id: Option<StaffId>,
    /// Digest of the addressee on the paper; none where nothing was printed, or printed long ago.
    pub printed_to: Option<String>,
    /// Digest of what the paper says.
    pub printed_about: Option<String>,
    /// When a letter that must not be posted was taken out of the pile.
    pub taken_out_at: Option<ChronoDateTimeUtc>,
    /// Mail: the address to which it was handed over; forgotten after some months.
    pub sent_to: Option<String>,
    /// Mail: when its recall was written, because the address was corrected.
    pub recalled_at: Option<ChronoDateTimeUtc>,
    pub revision: i32,
    /// Came with an older copy of the database and may have gone out already: a person decides.
    pub held_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// Where the delivery stands. `posted`, `told` and `sent` are its good ends.
    DeliveryState {
        /// To be sent, printed or called.
        Waiting = "waiting",
        /// Letter: printed, not yet in the post.
        Printed = "printed",
        /// Letter: in the post.
        Posted = "posted",
        /// Call: nobody answered yet.
        NoAnswer = "no_answer",
        /// Call: the person knows.
        Told = "told",
        /// Mail: handed to the mail server.
        Sent = "sent",
        /// Could not be delivered; the next way was opened.
        Failed = "failed",
        /// No longer needed: a later notice, a cancelled booking, a person who may not be contacted.
        Dropped = "dropped",
    }
}

belongs_to! {}
