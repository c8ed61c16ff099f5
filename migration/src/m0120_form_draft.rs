//! What is typed into an unfinished form stays on the server for a day, under a key that only one
//! browser has.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE form_draft (
    key_hash @KEY NOT NULL PRIMARY KEY CHECK (length(key_hash) = 64),
    body @JSON NOT NULL,
    expires_at @INSTANT NOT NULL
);
CREATE INDEX form_draft_end ON form_draft (expires_at);
"#;

const DOWN: &str = "DROP TABLE form_draft;";
