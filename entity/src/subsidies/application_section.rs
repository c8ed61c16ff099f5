use crate::{ProjectId, StaffId};
use sea_orm::entity::prelude::*;

/// One section of an application as it stands now.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "application_section")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub section: Section,
    /// Texts by name and rows of cells.
    pub content: Json,
    pub revision: i32,
    pub updated_by: Option<StaffId>,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// The sections of an application, in the order of the form.
    Section {
        Basics = "basics", Problem = "problem", People = "people", Partners = "partners",
        Plan = "plan", Budget = "budget", Goals = "goals", Verification = "verification",
        Spread = "spread",
    }
}

belongs_to! {}
