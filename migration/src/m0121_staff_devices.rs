//! Devices on which a staff member has logged in before.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
CREATE TABLE staff_device (
    id @ID,
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    token_hash text NOT NULL,
    created_at @INSTANT NOT NULL,
    seen_at @INSTANT NOT NULL,
    expires_at @INSTANT NOT NULL,
    UNIQUE (token_hash, staff_id)
);
CREATE INDEX staff_device_staff ON staff_device (staff_id);
CREATE INDEX staff_device_end ON staff_device (expires_at);
";

const DOWN: &str = "DROP TABLE staff_device;";
