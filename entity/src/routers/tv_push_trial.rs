use crate::{MunicipalityId, TvPushTrialId, WardId};
use sea_orm::entity::prelude::*;

/// One trial of TV push (テレビ・プッシュ): messages of the city on the televisions of a place.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tv_push_trial")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TvPushTrialId,
    pub municipality_id: MunicipalityId,
    pub ward_id: Option<WardId>,
    pub place_name: String,
    pub starts_on: ChronoDate,
    /// None while it goes on.
    pub ends_on: Option<ChronoDate>,
    /// None: not counted.
    pub household_count: Option<i32>,
    pub outcome: TrialOutcome,
    #[sea_orm(column_type = "Text")]
    pub findings: String,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What came of it.
    TrialOutcome {
        /// Not judged yet.
        Open = "open",
        Useful = "useful", Partly = "partly", NotUseful = "not_useful",
    }
}

belongs_to! {}
