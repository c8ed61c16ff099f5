use crate::{AuditId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// Who did (or looked at) what, when. Rows are only ever added.
///
/// Holds ids and names of fields, never the personal data itself.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AuditId,
    pub municipality_id: Option<MunicipalityId>,
    pub at: ChronoDateTimeUtc,
    /// `staff:12`, `resident:7`, `anonymous`, `system`.
    pub actor: String,
    /// The verb, such as `book_session`; `view_resident` for a look.
    pub action: String,
    /// The kind of record, such as `booking`.
    pub subject: String,
    pub subject_id: Option<i64>,
    /// What changed: names of fields, states before and after, ids.
    pub detail: Json,
    pub request_id: String,
}

belongs_to! {}
