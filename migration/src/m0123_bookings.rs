//! What was taken from somebody can be given back: what it was, which act took it, and until when
//! its seat is not offered on.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE booking ADD COLUMN taken_from text
    CHECK (taken_from IS NULL OR taken_from IN ('confirmed', 'waiting', 'offered'));
ALTER TABLE booking ADD COLUMN taken_by text
    CHECK (taken_by IS NULL OR taken_by IN ('cancel', 'standing'));
ALTER TABLE booking ADD COLUMN kept_until @INSTANT;
CREATE INDEX booking_kept ON booking (session_id, kept_until) WHERE kept_until IS NOT NULL;
";

const DOWN: &str = "
DROP INDEX booking_kept;
ALTER TABLE booking DROP COLUMN kept_until;
ALTER TABLE booking DROP COLUMN taken_by;
ALTER TABLE booking DROP COLUMN taken_from;
";
