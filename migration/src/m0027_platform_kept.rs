//! What shows that the database stores, what a program must know to use the schema, and work of an
//! older copy that waits for a person's word.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

// A step that takes something away names itself in `schema_floor`: programs that do not know it stop.
const UP: &str = "
CREATE TABLE heartbeat (
    name text NOT NULL PRIMARY KEY,
    beat_at @INSTANT NOT NULL
);
CREATE TABLE schema_floor (
    step text NOT NULL PRIMARY KEY
);
ALTER TABLE outbox ADD COLUMN held_at @INSTANT;
ALTER TABLE delivery ADD COLUMN held_at @INSTANT;
CREATE INDEX delivery_held ON delivery (municipality_id) WHERE held_at IS NOT NULL;
CREATE INDEX outbox_held ON outbox (id) WHERE held_at IS NOT NULL;
";

const DOWN: &str = "
DROP INDEX outbox_held;
DROP INDEX delivery_held;
ALTER TABLE delivery DROP COLUMN held_at;
ALTER TABLE outbox DROP COLUMN held_at;
DROP TABLE schema_floor;
DROP TABLE heartbeat;
";
