//! Audit, outbox, idempotency keys, rate counters.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE audit (
    id @ID,
    municipality_id bigint,
    at @INSTANT NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    subject_id bigint,
    detail @JSON NOT NULL,
    request_id text NOT NULL
);
CREATE INDEX audit_subject ON audit (municipality_id, subject, subject_id, id);
CREATE INDEX audit_actor ON audit (municipality_id, actor, id);

CREATE TABLE outbox (
    id @ID,
    kind text NOT NULL,
    payload @JSON NOT NULL,
    dedupe_key text NOT NULL UNIQUE,
    run_at @INSTANT NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    locked_by text,
    locked_until @INSTANT,
    done_at @INSTANT,
    dead_at @INSTANT,
    last_error text,
    created_at @INSTANT NOT NULL,
    CHECK (done_at IS NULL OR dead_at IS NULL)
);
CREATE INDEX outbox_due ON outbox (run_at, id) WHERE done_at IS NULL AND dead_at IS NULL;

CREATE TABLE idempotency (
    key_hash text NOT NULL PRIMARY KEY,
    body_hash text NOT NULL,
    status integer NOT NULL,
    body text NOT NULL,
    created_at @INSTANT NOT NULL
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE rate_counter (
    bucket text NOT NULL,
    window_start @INSTANT NOT NULL,
    hits integer NOT NULL CHECK (hits > 0),
    PRIMARY KEY (bucket, window_start)
);
CREATE INDEX rate_counter_age ON rate_counter (window_start);
"#;

const DOWN: &str =
    "DROP TABLE rate_counter; DROP TABLE idempotency; DROP TABLE outbox; DROP TABLE audit;";
