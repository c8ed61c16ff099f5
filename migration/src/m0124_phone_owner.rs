//! A phone number says whose it is, and when it was added to the person.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE resident_phone ADD COLUMN whose text CHECK (whose IN ('own', 'family', 'other'));
ALTER TABLE resident_phone ADD COLUMN added_at @INSTANT;
";

const DOWN: &str = "
ALTER TABLE resident_phone DROP COLUMN added_at;
ALTER TABLE resident_phone DROP COLUMN whose;
";
