use crate::{MunicipalityId, ResidentId, ResidentQuestionId, StaffId};
use sea_orm::entity::prelude::*;

/// Whether two records are one person: asked by the house, answered by the office.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resident_question")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ResidentQuestionId,
    pub municipality_id: MunicipalityId,
    /// The record that came without anybody of the office having looked for the person.
    pub resident_id: ResidentId,
    /// Who it may be.
    pub known_id: ResidentId,
    pub state: QuestionState,
    pub asked_at: ChronoDateTimeUtc,
    pub settled_by: Option<StaffId>,
    pub settled_at: Option<ChronoDateTimeUtc>,
}

text_enum! {
    /// How the question stands.
    QuestionState {
        Open = "open",
        /// One person.
        Same = "same",
        /// Two people.
        Apart = "apart",
    }
}

belongs_to! {}
