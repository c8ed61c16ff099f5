//! Sessions, slots, and the time of rooms and staff in ten-minute cells.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE session (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    programme_id bigint NOT NULL REFERENCES programme (id),
    ward_id bigint REFERENCES ward (id),
    venue_id bigint NOT NULL REFERENCES venue (id),
    room_id bigint REFERENCES room (id),
    code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('class_basic', 'class_applied', 'consultation', 'event_game', 'event_quiz', 'event_walk')),
    title_ja text NOT NULL,
    title_en text NOT NULL,
    bring_ja text NOT NULL,
    bring_en text NOT NULL,
    starts_at @INSTANT NOT NULL,
    ends_at @INSTANT NOT NULL,
    capacity integer NOT NULL CHECK (capacity BETWEEN 0 AND 500),
    taken integer NOT NULL DEFAULT 0,
    allocation text NOT NULL CHECK (allocation IN ('first_come', 'draw')),
    state text NOT NULL CHECK (state IN ('planned', 'cancelled')),
    is_public boolean NOT NULL,
    slot_minutes integer CHECK (slot_minutes BETWEEN 10 AND 120),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (municipality_id, code),
    CHECK (starts_at < ends_at),
    CONSTRAINT session_not_overbooked CHECK (taken BETWEEN 0 AND capacity)
);
CREATE INDEX session_time ON session (municipality_id, starts_at, id);
CREATE INDEX session_kind_time ON session (municipality_id, kind, starts_at, id);

CREATE TABLE slot (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    session_id bigint NOT NULL REFERENCES session (id),
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    starts_at @INSTANT NOT NULL,
    ends_at @INSTANT NOT NULL,
    UNIQUE (session_id, staff_id, starts_at),
    CHECK (starts_at < ends_at)
);

CREATE TABLE room_busy (
    room_id bigint NOT NULL REFERENCES room (id),
    cell_at @INSTANT NOT NULL,
    session_id bigint NOT NULL REFERENCES session (id),
    PRIMARY KEY (room_id, cell_at)
);
CREATE INDEX room_busy_session ON room_busy (session_id);

CREATE TABLE assignment (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    duty text NOT NULL CHECK (duty IN ('teach', 'consult', 'phones')),
    session_id bigint REFERENCES session (id),
    starts_at @INSTANT NOT NULL,
    ends_at @INSTANT NOT NULL,
    CHECK (starts_at < ends_at),
    UNIQUE (session_id, staff_id)
);
CREATE INDEX assignment_staff ON assignment (staff_id, starts_at);

CREATE TABLE staff_busy (
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    cell_at @INSTANT NOT NULL,
    assignment_id bigint NOT NULL REFERENCES assignment (id),
    PRIMARY KEY (staff_id, cell_at)
);
CREATE INDEX staff_busy_assignment ON staff_busy (assignment_id);
"#;

const DOWN: &str = "DROP TABLE staff_busy; DROP TABLE assignment; DROP TABLE room_busy; DROP TABLE slot; DROP TABLE session;";
