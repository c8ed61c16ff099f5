//! Paths and their steps.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE path (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    version integer NOT NULL CHECK (version > 0),
    hearing @JSON NOT NULL,
    rules_version text NOT NULL,
    accepted_by bigint REFERENCES staff_member (id),
    accepted_at @INSTANT NOT NULL,
    UNIQUE (resident_id, version)
);

CREATE TABLE path_step (
    id @ID,
    path_id bigint NOT NULL REFERENCES path (id),
    rank integer NOT NULL CHECK (rank > 0),
    kind text NOT NULL CHECK (kind IN ('class_basic', 'class_applied', 'practice_app', 'consultation',
        'event_game', 'event_quiz', 'event_walk', 'survey')),
    state text NOT NULL CHECK (state IN ('proposed', 'booked', 'done', 'missed', 'dropped')),
    by_phone boolean NOT NULL,
    topic text,
    rule_ids @JSON NOT NULL,
    goal_tags @JSON NOT NULL,
    reason_ja text NOT NULL,
    reason_en text NOT NULL,
    override_reason text CHECK (override_reason IN ('wish', 'date', 'place', 'health', 'family', 'other')),
    booking_id bigint REFERENCES booking (id),
    UNIQUE (path_id, rank)
);
CREATE INDEX path_step_booking ON path_step (booking_id);
"#;

const DOWN: &str = "DROP TABLE path_step; DROP TABLE path;";
