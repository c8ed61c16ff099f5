//! Staff members, logins and roles. Assignments come with sessions.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE staff_member (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    login text NOT NULL UNIQUE,
    name text NOT NULL,
    kana text NOT NULL,
    password_hash text NOT NULL,
    disabled_at @INSTANT,
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL
);
CREATE INDEX staff_member_municipality ON staff_member (municipality_id);

CREATE TABLE login (
    id @ID,
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    kind text NOT NULL CHECK (kind IN ('browser', 'token')),
    token_hash text NOT NULL UNIQUE,
    created_at @INSTANT NOT NULL,
    seen_at @INSTANT NOT NULL,
    expires_at @INSTANT NOT NULL,
    revoked_at @INSTANT
);
CREATE INDEX login_staff ON login (staff_id);
CREATE INDEX login_end ON login (expires_at);
"#;

const DOWN: &str = "DROP TABLE login; DROP TABLE staff_member;";
