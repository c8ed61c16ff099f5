//! A change of a project may alter its plan: what it would be stands with the request, and the
//! approval makes a version of it.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE project_change ADD COLUMN content @JSON;
ALTER TABLE project_change ADD COLUMN version_id bigint REFERENCES application_version (id)
    CHECK (version_id IS NULL OR state = 'approved');
";

const DOWN: &str = "
ALTER TABLE project_change DROP COLUMN version_id;
ALTER TABLE project_change DROP COLUMN content;
";
