//! A notice about a session that the office moved knows when it was to be.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE notice ADD COLUMN former_starts_at @INSTANT
    CHECK (former_starts_at IS NULL OR kind IN ('session_moved', 'session_cancelled'));
";

const DOWN: &str = "
ALTER TABLE notice DROP COLUMN former_starts_at;
";
