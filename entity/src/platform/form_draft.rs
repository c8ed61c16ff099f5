use sea_orm::entity::prelude::*;

/// What one browser has typed into one unfinished form. Gone after a day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "form_draft")]
pub struct Model {
    /// A hash of the browser's key and the form's: whoever reads the table cannot open the form.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_hash: String,
    pub body: Json,
    pub expires_at: ChronoDateTimeUtc,
}

belongs_to! {}
