use sea_orm::entity::prelude::*;

/// A step of the schema that a program must know, because it took something away.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schema_floor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub step: String,
}

belongs_to! {}
