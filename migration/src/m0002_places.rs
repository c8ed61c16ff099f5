//! Municipalities, wards, areas, venues, rooms, closures.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE municipality (
    id @ID,
    code text NOT NULL UNIQUE CHECK (length(code) = 6),
    name_ja text NOT NULL,
    name_en text NOT NULL,
    department_ja text NOT NULL,
    department_en text NOT NULL,
    postal_code text NOT NULL,
    address text NOT NULL,
    phone text NOT NULL,
    fax text,
    email text NOT NULL,
    opens_minute integer NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute integer NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440),
    opened_on @DATE NOT NULL,
    created_at @INSTANT NOT NULL,
    CHECK (opens_minute < closes_minute)
);

CREATE TABLE ward (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    code text NOT NULL UNIQUE CHECK (length(code) = 6),
    name_ja text NOT NULL,
    name_en text NOT NULL,
    kana text NOT NULL
);
CREATE INDEX ward_municipality ON ward (municipality_id);

CREATE TABLE area (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    code text NOT NULL,
    name_ja text NOT NULL,
    name_en text NOT NULL,
    rank integer NOT NULL,
    UNIQUE (municipality_id, code)
);

CREATE TABLE venue (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    ward_id bigint REFERENCES ward (id),
    area_id bigint REFERENCES area (id),
    code text NOT NULL,
    name_ja text NOT NULL,
    name_en text NOT NULL,
    kana text NOT NULL,
    postal_code text,
    address text,
    access_ja text,
    access_en text,
    step_free boolean NOT NULL,
    capacity integer NOT NULL CHECK (capacity BETWEEN 0 AND 500),
    rank integer NOT NULL,
    UNIQUE (municipality_id, code)
);

CREATE TABLE room (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    venue_id bigint NOT NULL REFERENCES venue (id),
    name_ja text NOT NULL,
    name_en text NOT NULL,
    capacity integer NOT NULL CHECK (capacity BETWEEN 0 AND 500),
    UNIQUE (venue_id, name_ja)
);

CREATE TABLE closure (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    venue_id bigint REFERENCES venue (id),
    on_date @DATE NOT NULL,
    reason_ja text NOT NULL,
    reason_en text NOT NULL
);
CREATE INDEX closure_date ON closure (municipality_id, on_date);
"#;

const DOWN: &str = "DROP TABLE closure; DROP TABLE room; DROP TABLE venue; DROP TABLE area; DROP TABLE ward; DROP TABLE municipality;";
