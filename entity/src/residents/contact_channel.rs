use crate::ResidentId;
use sea_orm::entity::prelude::*;

/// A way in which the person wants to be reached, in order of preference.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_channel")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub resident_id: ResidentId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: Channel,
    /// 0 is tried first.
    pub rank: i32,
}

text_enum! {
    /// A way to reach a person.
    Channel { Letter = "letter", Phone = "phone", Sms = "sms", Email = "email", Line = "line" }
}

belongs_to! {}
