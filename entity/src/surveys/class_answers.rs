use crate::{BookingId, ClassAnswersId, MunicipalityId, ResidentId, StaffId};
use sea_orm::entity::prelude::*;

/// What one person can do before a class, or at its end.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "class_answers")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ClassAnswersId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    pub booking_id: BookingId,
    pub moment: ClassMoment,
    /// Version of the questionnaire.
    pub questionnaire: String,
    /// Answers by question; null where the person passed over it.
    pub answers: Json,
    /// Tasks of the ten that the person can do alone.
    pub alone_count: i32,
    pub recorded_by: Option<StaffId>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// When in a class it was asked.
    ClassMoment { Before = "before", EndOfClass = "end_of_class" }
}

belongs_to! {}
