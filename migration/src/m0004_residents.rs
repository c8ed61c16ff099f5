//! Residents, their contact points, search index, consents and timeline.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE resident (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    name text,
    kana text NOT NULL CHECK (kana <> ''),
    kana_key @KEY NOT NULL CHECK (kana_key <> ''),
    name_key @KEY NOT NULL,
    kana_sort @BYTES NOT NULL,
    birth_on @DATE,
    birth_year integer CHECK (birth_year BETWEEN 1868 AND 2100),
    age_band text CHECK (age_band IN ('under_60', '60s', '70s', '80s', '90_up')),
    postal_code text,
    address text,
    area_id bigint REFERENCES area (id),
    email text,
    device text CHECK (device IN ('none', 'feature_phone', 'easy_phone', 'android', 'iphone')),
    device_carrier text,
    device_os text,
    hearing text CHECK (hearing IN ('fine', 'hard')),
    vision text CHECK (vision IN ('fine', 'hard')),
    mobility text CHECK (mobility IN ('fine', 'hard', 'cannot_go_out')),
    helper text,
    note text,
    standing text NOT NULL CHECK (standing IN ('active', 'moved_out', 'deceased', 'withdrawn')),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL
);
CREATE INDEX resident_kana ON resident (municipality_id, kana_key, id);
CREATE INDEX resident_name ON resident (municipality_id, name_key, id);
CREATE INDEX resident_order ON resident (municipality_id, kana_sort, id);

CREATE TABLE resident_phone (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    digits @KEY NOT NULL CHECK (length(digits) BETWEEN 10 AND 11),
    last4 @KEY NOT NULL CHECK (length(last4) = 4),
    rank integer NOT NULL,
    UNIQUE (resident_id, digits)
);
CREATE INDEX resident_phone_digits ON resident_phone (municipality_id, digits, resident_id);
CREATE INDEX resident_phone_last4 ON resident_phone (municipality_id, last4, resident_id);

CREATE TABLE contact_channel (
    resident_id bigint NOT NULL REFERENCES resident (id),
    channel text NOT NULL CHECK (channel IN ('letter', 'phone', 'sms', 'email', 'line')),
    rank integer NOT NULL,
    PRIMARY KEY (resident_id, channel),
    UNIQUE (resident_id, rank)
);

CREATE TABLE resident_barrier (
    resident_id bigint NOT NULL REFERENCES resident (id),
    barrier text NOT NULL CHECK (barrier IN ('no_interest', 'looks_hard', 'buying_is_trouble',
        'nobody_to_ask', 'fear_of_fraud', 'cost', 'family_does_it', 'other')),
    PRIMARY KEY (resident_id, barrier)
);

CREATE TABLE resident_gram (
    municipality_id bigint NOT NULL,
    gram @KEY NOT NULL,
    resident_id bigint NOT NULL REFERENCES resident (id),
    PRIMARY KEY (municipality_id, gram, resident_id)
) @SEARCH_TABLE;
CREATE INDEX resident_gram_resident ON resident_gram (resident_id);

CREATE TABLE consent (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    purpose text NOT NULL,
    text_version text NOT NULL,
    given boolean NOT NULL,
    staff_id bigint REFERENCES staff_member (id),
    at @INSTANT NOT NULL
);
CREATE INDEX consent_resident ON consent (resident_id, purpose, id);

CREATE TABLE timeline_entry (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    at @INSTANT NOT NULL,
    kind text NOT NULL CHECK (kind IN ('inquiry', 'booking', 'attendance', 'path', 'notice', 'person')),
    wording text NOT NULL,
    params @JSON NOT NULL,
    subject_id bigint NOT NULL,
    staff_id bigint REFERENCES staff_member (id)
);
CREATE INDEX timeline_entry_resident ON timeline_entry (municipality_id, resident_id, at, id);
"#;

const DOWN: &str = "DROP TABLE timeline_entry; DROP TABLE consent; DROP TABLE resident_gram; DROP TABLE resident_barrier; DROP TABLE contact_channel; DROP TABLE resident_phone; DROP TABLE resident;";
