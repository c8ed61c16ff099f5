//! Bookings, and the time of residents in ten-minute cells.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE booking (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    session_id bigint NOT NULL REFERENCES session (id),
    slot_id bigint REFERENCES slot (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    number integer NOT NULL UNIQUE CHECK (number BETWEEN 0 AND 99999999),
    state text NOT NULL CHECK (state IN ('held', 'confirmed', 'waiting', 'offered', 'cancelled', 'expired')),
    via text NOT NULL CHECK (via IN ('phone', 'counter', 'paper', 'web', 'walk_in')),
    queued_at @INSTANT NOT NULL,
    expires_at @INSTANT,
    attendance text CHECK (attendance IN ('present', 'late', 'left_early', 'absent_told', 'no_show', 'companion')),
    attendance_at @INSTANT,
    calendar_uid text NOT NULL UNIQUE,
    calendar_sequence integer NOT NULL DEFAULT 0 CHECK (calendar_sequence >= 0),
    booked_by bigint REFERENCES staff_member (id),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    CHECK ((state IN ('held', 'offered')) = (expires_at IS NOT NULL)),
    CHECK (state <> 'waiting' OR slot_id IS NULL)
);
-- One person, one living booking in a session; one person in a slot.
CREATE UNIQUE INDEX booking_one_each ON booking (session_id, resident_id)
    WHERE state IN ('held', 'confirmed', 'waiting', 'offered');
CREATE UNIQUE INDEX booking_one_slot ON booking (slot_id)
    WHERE state IN ('held', 'confirmed', 'offered');
CREATE INDEX booking_session ON booking (session_id, state, queued_at, id);
CREATE INDEX booking_resident ON booking (municipality_id, resident_id, id);
CREATE INDEX booking_expiry ON booking (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE resident_busy (
    resident_id bigint NOT NULL REFERENCES resident (id),
    cell_at @INSTANT NOT NULL,
    booking_id bigint NOT NULL REFERENCES booking (id),
    PRIMARY KEY (resident_id, cell_at)
);
CREATE INDEX resident_busy_booking ON resident_busy (booking_id);
"#;

const DOWN: &str = "DROP TABLE resident_busy; DROP TABLE booking;";
