//! The register of routers: BWA and Wi-Fi, where they stand, how their tests went; trials of TV push.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE router (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    ward_id bigint REFERENCES ward (id),
    venue_id bigint REFERENCES venue (id),
    code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('bwa', 'wifi')),
    state text NOT NULL CHECK (state IN ('stock', 'in_use', 'repair', 'retired')),
    purpose text NOT NULL CHECK (purpose IN ('emergency', 'classes', 'office', 'tv_push')),
    place_kind text CHECK (place_kind IN ('ward_office', 'disaster_base', 'venue')),
    place_name text NOT NULL,
    sim text,
    note text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (municipality_id, code),
    CONSTRAINT router_wifi_without_sim CHECK (sim IS NULL OR kind = 'bwa'),
    CONSTRAINT router_in_use_somewhere CHECK (state <> 'in_use' OR place_name <> ''),
    CONSTRAINT router_in_use_with_sim CHECK (state <> 'in_use' OR kind <> 'bwa' OR sim IS NOT NULL),
    CONSTRAINT router_at_a_venue CHECK (place_kind <> 'venue' OR venue_id IS NOT NULL)
);
CREATE INDEX router_ward ON router (municipality_id, ward_id, code);
CREATE INDEX router_venue ON router (municipality_id, venue_id);
CREATE UNIQUE INDEX router_sim ON router (municipality_id, sim)
    WHERE sim IS NOT NULL AND state <> 'retired';

CREATE TABLE router_change (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    router_id bigint NOT NULL REFERENCES router (id),
    revision integer NOT NULL,
    state text NOT NULL CHECK (state IN ('stock', 'in_use', 'repair', 'retired')),
    place_name text NOT NULL,
    changed_by bigint REFERENCES staff_member (id),
    changed_at @INSTANT NOT NULL,
    UNIQUE (router_id, revision)
);

CREATE TABLE router_test (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    router_id bigint NOT NULL REFERENCES router (id),
    tested_on @DATE NOT NULL,
    result text NOT NULL CHECK (result IN ('good', 'weak', 'none')),
    place_name text NOT NULL,
    note text NOT NULL,
    tested_by bigint REFERENCES staff_member (id),
    created_at @INSTANT NOT NULL
);
CREATE INDEX router_test_day ON router_test (router_id, tested_on);

CREATE TABLE tv_push_trial (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    ward_id bigint REFERENCES ward (id),
    place_name text NOT NULL,
    starts_on @DATE NOT NULL,
    ends_on @DATE,
    household_count integer CHECK (household_count BETWEEN 0 AND 1000000),
    outcome text NOT NULL CHECK (outcome IN ('open', 'useful', 'partly', 'not_useful')),
    findings text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    CONSTRAINT tv_push_trial_order CHECK (ends_on >= starts_on),
    CONSTRAINT tv_push_trial_judged_at_its_end CHECK (outcome = 'open' OR ends_on IS NOT NULL)
);
CREATE INDEX tv_push_trial_start ON tv_push_trial (municipality_id, starts_on);

CREATE TABLE bwa_milestone (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    code text NOT NULL,
    rank integer NOT NULL,
    year integer CHECK (year BETWEEN 1989 AND 2100),
    month integer CHECK (month BETWEEN 1 AND 12),
    ward_count integer CHECK (ward_count >= 0),
    words_ja text NOT NULL,
    words_en text NOT NULL,
    source text NOT NULL,
    UNIQUE (municipality_id, code)
);
"#;

const DOWN: &str = "DROP TABLE bwa_milestone; DROP TABLE tv_push_trial; DROP TABLE router_test; DROP TABLE router_change; DROP TABLE router;";
