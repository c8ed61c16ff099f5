//! Where a mail went, so that it can be recalled from an address that was corrected.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE delivery ADD COLUMN sent_to text;
ALTER TABLE delivery ADD COLUMN recalled_at @INSTANT
    CHECK (recalled_at IS NULL OR sent_to IS NOT NULL);
ALTER TABLE follow_up ADD COLUMN link_no integer NOT NULL DEFAULT 0 CHECK (link_no >= 0);
";

const DOWN: &str = "
ALTER TABLE follow_up DROP COLUMN link_no;
ALTER TABLE delivery DROP COLUMN recalled_at;
ALTER TABLE delivery DROP COLUMN sent_to;
";
