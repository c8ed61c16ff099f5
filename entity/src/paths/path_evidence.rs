use crate::{MunicipalityId, ResidentId};
use sea_orm::entity::prelude::*;

/// What surveys found of a person, as far as the rules of a path ask.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "path_evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub resident_id: ResidentId,
    pub municipality_id: MunicipalityId,
    /// The last three-month survey: `stuck` or `not_stuck`.
    pub survey: Option<SurveyFinding>,
    /// Reasons given there for not using the phone.
    pub survey_why: Json,
    /// When that survey was answered.
    pub surveyed_at: Option<ChronoDateTimeUtc>,
    /// Tasks of the ten that the person can do alone.
    pub can_do_count: Option<i32>,
    /// `can_do_count` minus the count before the class.
    pub can_do_gain: Option<i32>,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What the three-month survey found.
    SurveyFinding { Stuck = "stuck", NotStuck = "not_stuck" }
}

belongs_to! {}
