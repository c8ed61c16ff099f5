//! Phone numbers with an extension (内線): it belongs to the number and is dialled behind it.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE resident_phone ADD COLUMN extension text
    CHECK (extension IS NULL OR length(extension) BETWEEN 1 AND 8);
";

const DOWN: &str = "
ALTER TABLE resident_phone DROP COLUMN extension;
";
