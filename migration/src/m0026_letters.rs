//! A letter on paper knows what it says and to whom, and a notice what was before the change.
//!
//! `former_starts_at` may stand on few kinds of notices (m0018), so what a booking was moved from
//! has columns of its own.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
ALTER TABLE delivery ADD COLUMN printed_to text;
ALTER TABLE delivery ADD COLUMN printed_about text
    CHECK ((printed_about IS NULL) = (printed_to IS NULL));
ALTER TABLE delivery ADD COLUMN taken_out_at @INSTANT
    CHECK (taken_out_at IS NULL OR printed_to IS NOT NULL);
ALTER TABLE notice ADD COLUMN former_session_id bigint REFERENCES session (id);
ALTER TABLE notice ADD COLUMN former_venue_id bigint REFERENCES venue (id);
ALTER TABLE notice ADD COLUMN former_room_id bigint REFERENCES room (id);
ALTER TABLE notice ADD COLUMN former_from_at @INSTANT;
ALTER TABLE notice ADD COLUMN former_until_at @INSTANT
    CHECK (former_until_at IS NULL OR former_until_at > former_from_at);
ALTER TABLE session ADD COLUMN called_off_because text;
";

const DOWN: &str = "
ALTER TABLE session DROP COLUMN called_off_because;
ALTER TABLE notice DROP COLUMN former_until_at;
ALTER TABLE notice DROP COLUMN former_from_at;
ALTER TABLE notice DROP COLUMN former_room_id;
ALTER TABLE notice DROP COLUMN former_venue_id;
ALTER TABLE notice DROP COLUMN former_session_id;
ALTER TABLE delivery DROP COLUMN taken_out_at;
ALTER TABLE delivery DROP COLUMN printed_about;
ALTER TABLE delivery DROP COLUMN printed_to;
";
