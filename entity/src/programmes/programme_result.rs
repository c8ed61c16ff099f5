use crate::sessions::session::SessionKind;
use crate::{MunicipalityId, ProgrammeId, ProgrammeResultId};
use sea_orm::entity::prelude::*;

/// What took place in a fiscal year of which only the totals are known, from a document.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_result")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ProgrammeResultId,
    pub municipality_id: MunicipalityId,
    pub programme_id: ProgrammeId,
    pub fiscal_year: i32,
    pub kind: SessionKind,
    pub session_count: i32,
    pub people: Option<i32>,
    pub people_unit: PeopleUnit,
    /// The number of people is printed as about so many.
    pub is_approx: bool,
    /// 全国地方公共団体コード of the wards, a list.
    pub ward_codes: Json,
    /// The number of people as printed.
    pub words: String,
    pub document: String,
}

text_enum! {
    /// What a number of people counts.
    PeopleUnit {
        /// The document does not say.
        Unknown = "unknown",
        /// 延べ人数
        Attendances = "attendances",
        /// 実人数
        Persons = "persons",
    }
}

belongs_to! {}
