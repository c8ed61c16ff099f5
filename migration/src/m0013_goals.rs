//! Goals: plans and their editions, goals, actuals and judgements; results known as totals only.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE programme_result (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    programme_id bigint NOT NULL REFERENCES programme (id),
    fiscal_year integer NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100),
    kind text NOT NULL CHECK (kind IN ('class_basic', 'class_applied', 'consultation', 'event_game', 'event_quiz', 'event_walk')),
    session_count integer NOT NULL CHECK (session_count >= 0),
    people integer CHECK (people >= 0),
    people_unit text NOT NULL CHECK (people_unit IN ('unknown', 'attendances', 'persons')),
    is_approx boolean NOT NULL,
    ward_codes @JSON NOT NULL,
    words text NOT NULL,
    document text NOT NULL,
    UNIQUE (programme_id, fiscal_year, kind)
);

CREATE TABLE goal_plan (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    code text NOT NULL,
    name_ja text NOT NULL,
    name_en text NOT NULL,
    first_year integer NOT NULL CHECK (first_year BETWEEN 1989 AND 2100),
    last_year integer NOT NULL CHECK (last_year BETWEEN 1989 AND 2100),
    style text NOT NULL CHECK (style IN ('quarter', 'year')),
    UNIQUE (municipality_id, code),
    CHECK (first_year <= last_year)
);

CREATE TABLE goal_edition (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    plan_id bigint NOT NULL REFERENCES goal_plan (id),
    code text NOT NULL,
    title_ja text NOT NULL,
    title_en text NOT NULL,
    document text NOT NULL,
    issued_words text NOT NULL,
    covers @JSON NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'published')),
    based_on bigint REFERENCES goal_edition (id),
    published_at @INSTANT,
    published_by bigint REFERENCES staff_member (id),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (municipality_id, code),
    CHECK ((state = 'published') = (published_at IS NOT NULL)),
    CHECK (published_by IS NULL OR published_at IS NOT NULL)
);
CREATE INDEX goal_edition_plan ON goal_edition (plan_id, id);

CREATE TABLE goal_theme (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    edition_id bigint NOT NULL REFERENCES goal_edition (id),
    policy text NOT NULL,
    policy_title text NOT NULL,
    number integer NOT NULL,
    title_ja text NOT NULL,
    title_en text NOT NULL,
    lead text NOT NULL,
    UNIQUE (edition_id, policy, number)
);

CREATE TABLE goal_item (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    edition_id bigint NOT NULL REFERENCES goal_edition (id),
    theme_id bigint REFERENCES goal_theme (id),
    code text NOT NULL,
    rank integer NOT NULL,
    title_ja text NOT NULL,
    title_en text NOT NULL,
    field text NOT NULL,
    owner text NOT NULL,
    cross_listed_as text CHECK (cross_listed_as <> code),
    is_core_index boolean NOT NULL,
    printed_at text NOT NULL,
    note text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    UNIQUE (edition_id, code)
);

CREATE TABLE goal_measure (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    item_id bigint NOT NULL REFERENCES goal_item (id),
    rank integer NOT NULL CHECK (rank >= 1),
    name_ja text NOT NULL,
    name_en text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('text', 'number', 'rate', 'milestone')),
    unit text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('up', 'down', 'neither')),
    baseline_words text NOT NULL,
    baseline_milli bigint,
    baseline_year integer,
    denominator text NOT NULL,
    denominator_year integer,
    UNIQUE (item_id, rank)
);

CREATE TABLE goal_cell (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    measure_id bigint NOT NULL REFERENCES goal_measure (id),
    fiscal_year integer NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100),
    kind text NOT NULL CHECK (kind IN ('stated', 'carry', 'merged', 'none', 'pictured')),
    words text NOT NULL,
    value_milli bigint,
    is_approx boolean NOT NULL,
    UNIQUE (measure_id, fiscal_year),
    CHECK ((kind = 'stated') = (words <> '')),
    CHECK (kind = 'stated' OR value_milli IS NULL)
);

CREATE TABLE goal_actual (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    measure_id bigint NOT NULL REFERENCES goal_measure (id),
    fiscal_year integer NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100),
    words text NOT NULL,
    value_milli bigint,
    is_approx boolean NOT NULL,
    metric text CHECK (metric IN ('sessions_held', 'distinct_wards', 'attendances', 'distinct_people', 'procedures_done')),
    programme_id bigint REFERENCES programme (id),
    session_kind text CHECK (session_kind IN ('class_basic', 'class_applied', 'consultation', 'event_game', 'event_quiz', 'event_walk')),
    entered_by bigint REFERENCES staff_member (id),
    updated_at @INSTANT NOT NULL,
    UNIQUE (measure_id, fiscal_year),
    CHECK (metric IS NULL OR value_milli IS NULL),
    CHECK (metric IS NOT NULL OR words <> '')
);

CREATE TABLE goal_frozen (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    actual_id bigint NOT NULL UNIQUE REFERENCES goal_actual (id),
    frozen_at @INSTANT NOT NULL,
    value_milli bigint NOT NULL,
    is_approx boolean NOT NULL,
    counted @JSON NOT NULL
);

CREATE TABLE goal_review (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    item_id bigint NOT NULL REFERENCES goal_item (id),
    fiscal_year integer NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100),
    achievement text CHECK (achievement IN ('achieved', 'mostly', 'not_achieved')),
    evidence text NOT NULL,
    approver_words text NOT NULL,
    approved_by bigint REFERENCES staff_member (id),
    approved_at @INSTANT,
    next_direction text NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (item_id, fiscal_year),
    CONSTRAINT goal_review_judged_by_somebody CHECK (achievement IS NULL
        OR (evidence <> '' AND (approved_by IS NOT NULL OR approver_words <> ''))),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);

CREATE TABLE goal_change (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    item_id bigint NOT NULL REFERENCES goal_item (id),
    measure_id bigint REFERENCES goal_measure (id),
    fiscal_year integer NOT NULL,
    field text NOT NULL CHECK (field IN ('goal', 'actual', 'achievement', 'evidence', 'next_direction')),
    before_words text NOT NULL,
    after_words text NOT NULL,
    changed_by bigint REFERENCES staff_member (id),
    changed_at @INSTANT NOT NULL
);
CREATE INDEX goal_change_item ON goal_change (item_id, id);

CREATE TABLE goal_procedure (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    plan_id bigint NOT NULL REFERENCES goal_plan (id),
    rank integer NOT NULL CHECK (rank >= 1),
    name text NOT NULL,
    annual_count integer NOT NULL CHECK (annual_count >= 0),
    channel_system text NOT NULL,
    ready_year integer NOT NULL,
    status_words text NOT NULL,
    note text NOT NULL,
    UNIQUE (plan_id, rank)
);

CREATE TABLE goal_saving (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    plan_id bigint NOT NULL REFERENCES goal_plan (id),
    service text NOT NULL,
    before_words text NOT NULL,
    before_low integer NOT NULL,
    before_high integer NOT NULL,
    after_words text NOT NULL,
    after_minutes integer NOT NULL,
    is_approx boolean NOT NULL,
    claimed_words text NOT NULL,
    claimed_percent integer NOT NULL CHECK (claimed_percent BETWEEN 0 AND 100),
    document text NOT NULL,
    UNIQUE (plan_id, service),
    CHECK (before_low <= before_high AND after_minutes <= before_low)
);
"#;

const DOWN: &str = "DROP TABLE goal_saving; DROP TABLE goal_procedure; DROP TABLE goal_change;
DROP TABLE goal_review; DROP TABLE goal_frozen; DROP TABLE goal_actual; DROP TABLE goal_cell;
DROP TABLE goal_measure; DROP TABLE goal_item; DROP TABLE goal_theme; DROP TABLE goal_edition;
DROP TABLE goal_plan; DROP TABLE programme_result;";
