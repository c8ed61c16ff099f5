//! Inquiries.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE inquiry (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint REFERENCES resident (id),
    caller_phone text,
    channel text NOT NULL CHECK (channel IN ('phone', 'counter', 'fax', 'letter', 'email', 'web')),
    operator_id bigint NOT NULL REFERENCES staff_member (id),
    state text NOT NULL CHECK (state IN ('draft', 'closed')),
    started_at @INSTANT NOT NULL,
    ended_at @INSTANT,
    topic text CHECK (topic IN ('apply', 'consult', 'change', 'ask', 'family')),
    hearing @JSON NOT NULL,
    note text NOT NULL,
    outcome text CHECK (outcome IN ('booked', 'answered', 'call_back', 'referred', 'declined', 'other')),
    call_back_at @INSTANT,
    called_back_at @INSTANT,
    revision integer NOT NULL DEFAULT 1,
    updated_at @INSTANT NOT NULL,
    CHECK ((state = 'closed') = (ended_at IS NOT NULL)),
    CHECK (ended_at IS NULL OR ended_at >= started_at)
);
CREATE INDEX inquiry_time ON inquiry (municipality_id, started_at, id);
CREATE INDEX inquiry_resident ON inquiry (municipality_id, resident_id, id);
CREATE INDEX inquiry_call_back ON inquiry (municipality_id, call_back_at)
    WHERE call_back_at IS NOT NULL AND called_back_at IS NULL;
CREATE UNIQUE INDEX inquiry_one_draft ON inquiry (operator_id) WHERE state = 'draft';
"#;

const DOWN: &str = "DROP TABLE inquiry;";
