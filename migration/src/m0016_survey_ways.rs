//! A follow-up knows when its letter left the house, when a second way was taken, and when the
//! person asked to be called again.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

// Of letters posted before this step only the first is known.
const UP: &str = "
ALTER TABLE follow_up ADD COLUMN asked_again_at @INSTANT
    CHECK (asked_again_at IS NULL OR asked_at IS NOT NULL);
ALTER TABLE follow_up ADD COLUMN sent_at @INSTANT
    CHECK (sent_at IS NULL OR reached_at IS NOT NULL);
ALTER TABLE follow_up ADD COLUMN call_again_at @INSTANT
    CHECK (call_again_at IS NULL OR attempts > 0);
UPDATE follow_up SET sent_at = reached_at WHERE state = 'asked';
";

const DOWN: &str = "
ALTER TABLE follow_up DROP COLUMN call_again_at;
ALTER TABLE follow_up DROP COLUMN sent_at;
ALTER TABLE follow_up DROP COLUMN asked_again_at;
";
