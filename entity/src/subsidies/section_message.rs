use super::application_section::Section;
use crate::{ProjectId, SectionMessageId, StaffId};
use sea_orm::entity::prelude::*;

/// A question of headquarters about a section, or the ward's answer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "section_message")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SectionMessageId,
    pub project_id: ProjectId,
    pub section: Section,
    pub kind: MessageKind,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub author_id: Option<StaffId>,
    pub created_at: ChronoDateTimeUtc,
}

text_enum! {
    /// Who speaks.
    MessageKind { Question = "question", Answer = "answer" }
}

belongs_to! {}
