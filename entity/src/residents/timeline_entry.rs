use crate::{MunicipalityId, ResidentId, StaffId, TimelineEntryId};
use sea_orm::entity::prelude::*;

/// One thing that happened with a resident, whichever room it happened in.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline_entry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TimelineEntryId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    pub at: ChronoDateTimeUtc,
    pub kind: TimelineKind,
    /// Wording key of the sentence, such as `timeline.booked`.
    pub wording: String,
    /// Values for the sentence: ids, dates, titles.
    pub params: Json,
    /// The record it is about, in the table that `kind` names.
    pub subject_id: i64,
    pub staff_id: Option<StaffId>,
}

text_enum! {
    /// What kind of contact.
    TimelineKind {
        Inquiry = "inquiry", Booking = "booking", Attendance = "attendance", Path = "path",
        Notice = "notice", Person = "person", Survey = "survey",
    }
}

belongs_to! {}
