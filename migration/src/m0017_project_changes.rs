//! A change of a project may alter its plan: what it would be stands with the request, and the
//! approval makes a version of it.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
ALTER TABLE project_change ADD COLUMN content @JSON;
ALTER TABLE project_change ADD COLUMN version_id bigint REFERENCES application_version (id)
    CHECK (version_id IS NULL OR state = 'approved');
";

const DOWN: &str = "
ALTER TABLE project_change DROP COLUMN version_id;
ALTER TABLE project_change DROP COLUMN content;
";
