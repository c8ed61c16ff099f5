use crate::{MunicipalityId, RouterId, RouterTestId, StaffId};
use sea_orm::entity::prelude::*;

/// One test of a router: it was switched on and tried.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "router_test")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RouterTestId,
    pub municipality_id: MunicipalityId,
    pub router_id: RouterId,
    pub tested_on: ChronoDate,
    pub result: TestResult,
    /// Where it stood then.
    pub place_name: String,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub tested_by: Option<StaffId>,
    pub created_at: ChronoDateTimeUtc,
}

text_enum! {
    /// How a test went.
    TestResult {
        Good = "good",
        /// Connects, but slowly or not always.
        Weak = "weak",
        /// Does not connect.
        None = "none",
    }
}

belongs_to! {}
