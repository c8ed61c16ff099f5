use crate::{MunicipalityId, ProjectId, SessionId};
use sea_orm::entity::prelude::*;

/// A session that belongs to a project; a session belongs to one at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    pub municipality_id: MunicipalityId,
    pub project_id: ProjectId,
    pub linked_at: ChronoDateTimeUtc,
}

belongs_to! {}
