use crate::{MunicipalityId, StaffId};
use sea_orm::entity::prelude::*;

/// A person who works for a programme, with a login.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_member")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: StaffId,
    /// The municipality that employs the person; roles may reach further.
    pub municipality_id: MunicipalityId,
    #[sea_orm(unique)]
    pub login: String,
    pub name: String,
    pub kana: String,
    /// Argon2id, in PHC form.
    pub password_hash: String,
    pub disabled_at: Option<ChronoDateTimeUtc>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

belongs_to! {}
