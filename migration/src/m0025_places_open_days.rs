//! On which days of the week a call centre is open.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE municipality ADD COLUMN open_days integer NOT NULL DEFAULT 31
    CHECK (open_days BETWEEN 1 AND 127);
";

const DOWN: &str = "
ALTER TABLE municipality DROP COLUMN open_days;
";
