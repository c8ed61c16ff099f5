//! Where web bookings come from, as digests; when a session opened; small facts about the house.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = "
CREATE TABLE house_fact (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL,
    noted_at @INSTANT NOT NULL
);

-- Sessions from before this step keep no share for the phone: they opened long ago.
ALTER TABLE session ADD COLUMN opened_at @INSTANT;

CREATE TABLE booking_origin (
    booking_id bigint NOT NULL PRIMARY KEY REFERENCES booking (id),
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    network text NOT NULL,
    wider text NOT NULL,
    booked_at @INSTANT NOT NULL,
    vouched_at @INSTANT,
    vouched_by bigint REFERENCES staff_member (id),
    CHECK ((vouched_at IS NULL) = (vouched_by IS NULL))
);
CREATE INDEX booking_origin_age ON booking_origin (municipality_id, booked_at);
";

const DOWN: &str = "
DROP TABLE booking_origin;
ALTER TABLE session DROP COLUMN opened_at;
DROP TABLE house_fact;
";
