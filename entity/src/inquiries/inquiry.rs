use crate::{BookingId, InquiryId, MunicipalityId, ResidentId, StaffId};
use sea_orm::entity::prelude::*;

/// One conversation: a call, a visit, a letter. While it goes on it is a draft, saved as it is typed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inquiry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: InquiryId,
    pub municipality_id: MunicipalityId,
    pub resident_id: Option<ResidentId>,
    /// National digits.
    pub caller_phone: Option<String>,
    pub channel: InquiryChannel,
    pub operator_id: StaffId,
    pub state: InquiryState,
    pub started_at: ChronoDateTimeUtc,
    pub ended_at: Option<ChronoDateTimeUtc>,
    pub topic: Option<Topic>,
    /// Answers by key.
    pub hearing: Json,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub outcome: Option<Outcome>,
    pub call_back_at: Option<ChronoDateTimeUtc>,
    /// When the promised call was made.
    pub called_back_at: Option<ChronoDateTimeUtc>,
    /// While the call goes on: the seat that is kept and read back. Afterwards: what it left.
    pub booking_id: Option<BookingId>,
    pub revision: i32,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// How the person came to us.
    InquiryChannel {
        Phone = "phone", Counter = "counter", Fax = "fax", Letter = "letter", Email = "email", Web = "web",
    }
}
text_enum! {
    /// Draft or done.
    InquiryState { Draft = "draft", Closed = "closed" }
}
text_enum! {
    /// What it was about (H0).
    Topic {
        Apply = "apply", Consult = "consult", Change = "change", Ask = "ask", Family = "family",
    }
}
text_enum! {
    /// What came of it.
    Outcome {
        Booked = "booked", Answered = "answered", CallBack = "call_back", Referred = "referred",
        Declined = "declined", Other = "other",
    }
}

belongs_to! {}
