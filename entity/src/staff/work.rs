use crate::{MunicipalityId, SessionId};
use sea_orm::entity::prelude::*;

/// What the staff room sees of the table of sessions: where somebody is at work, in words.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SessionId,
    pub municipality_id: MunicipalityId,
    pub title_ja: String,
    pub title_en: String,
    pub starts_at: ChronoDateTimeUtc,
}

belongs_to! {}
