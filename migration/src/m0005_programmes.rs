//! Programmes, yearly plans, and the roles of staff in them.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE programme (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    code text NOT NULL,
    name_ja text NOT NULL,
    name_en text NOT NULL,
    effects @JSON NOT NULL,
    UNIQUE (municipality_id, code)
);

CREATE TABLE programme_plan (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    programme_id bigint NOT NULL REFERENCES programme (id),
    fiscal_year integer NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100),
    kind text NOT NULL CHECK (kind IN ('class_basic', 'class_applied', 'consultation', 'event_game', 'event_quiz', 'event_walk')),
    planned_count integer NOT NULL CHECK (planned_count >= 0),
    UNIQUE (programme_id, fiscal_year, kind)
);

CREATE TABLE role_grant (
    id @ID,
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    role text NOT NULL CHECK (role IN ('operator', 'coordinator', 'teacher', 'ward_officer',
        'programme_manager', 'administrator', 'auditor')),
    programme_id bigint REFERENCES programme (id),
    ward_id bigint REFERENCES ward (id),
    from_on @DATE NOT NULL,
    until_on @DATE,
    CHECK (until_on IS NULL OR until_on >= from_on)
);
CREATE INDEX role_grant_staff ON role_grant (staff_id);
"#;

const DOWN: &str = "DROP TABLE role_grant; DROP TABLE programme_plan; DROP TABLE programme;";
