//! Notices and their deliveries.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE notice (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    booking_id bigint NOT NULL REFERENCES booking (id),
    kind text NOT NULL CHECK (kind IN ('confirmed', 'waiting', 'offered', 'moved', 'cancelled',
        'session_moved', 'session_cancelled')),
    calendar_sequence integer NOT NULL,
    created_at @INSTANT NOT NULL
);
CREATE INDEX notice_resident ON notice (municipality_id, resident_id, id);
CREATE INDEX notice_booking ON notice (booking_id, id);

CREATE TABLE delivery (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    notice_id bigint NOT NULL REFERENCES notice (id),
    channel text NOT NULL CHECK (channel IN ('letter', 'phone', 'sms', 'email', 'line')),
    rank integer NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'printed', 'posted', 'no_answer', 'told', 'sent',
        'failed', 'dropped')),
    attempts integer NOT NULL DEFAULT 0,
    staff_id bigint REFERENCES staff_member (id),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (notice_id, channel)
);
CREATE INDEX delivery_queue ON delivery (municipality_id, channel, state, id);
"#;

const DOWN: &str = "DROP TABLE delivery; DROP TABLE notice;";
