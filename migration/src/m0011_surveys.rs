//! Follow-ups three months after a class, answers at a class, and what they tell the path.
//!
//! Timeline and notices gain a kind. A CHECK cannot be changed in SQLite: there the tables are
//! built anew, children before parents, so that no reference ever hangs in the air.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, UP).await?;
        let sqlite = rebuilt(TIMELINE_KINDS_NEW, NOTICE_KINDS_NEW);
        let postgresql = checked(TIMELINE_KINDS_NEW, NOTICE_KINDS_NEW);
        sql::run_each(manager, &sqlite, &postgresql).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, DOWN).await?;
        let sqlite = rebuilt(TIMELINE_KINDS, NOTICE_KINDS);
        let postgresql = checked(TIMELINE_KINDS, NOTICE_KINDS);
        sql::run_each(manager, &sqlite, &postgresql).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const TIMELINE_KINDS: &str = "'inquiry', 'booking', 'attendance', 'path', 'notice', 'person'";
const TIMELINE_KINDS_NEW: &str =
    "'inquiry', 'booking', 'attendance', 'path', 'notice', 'person', 'survey'";
const NOTICE_KINDS: &str = "'confirmed', 'waiting', 'offered', 'moved', 'cancelled',
        'session_moved', 'session_cancelled'";
const NOTICE_KINDS_NEW: &str = "'confirmed', 'waiting', 'offered', 'moved', 'cancelled',
        'session_moved', 'session_cancelled', 'survey'";

const UP: &str = r#"
CREATE TABLE follow_up (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    booking_id bigint NOT NULL REFERENCES booking (id),
    first_due_on @DATE NOT NULL,
    due_on @DATE NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'asked', 'calling', 'answered', 'closed')),
    close_reason text CHECK (close_reason IN ('silent', 'no_answer', 'taken_back', 'declined')),
    code integer NOT NULL UNIQUE CHECK (code BETWEEN 0 AND 99999999),
    token_hash text NOT NULL UNIQUE,
    asked_at @INSTANT,
    reached_at @INSTANT,
    answered_at @INSTANT,
    closed_at @INSTANT,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    answers @JSON NOT NULL,
    answered_by text CHECK (answered_by IN ('person', 'helper')),
    answered_via text CHECK (answered_via IN ('web', 'paper', 'phone')),
    recorded_by bigint REFERENCES staff_member (id),
    questionnaire text NOT NULL,
    rule_version text,
    result text CHECK (result IN ('stuck', 'partly', 'not_stuck')),
    alone_count integer CHECK (alone_count BETWEEN 0 AND 10),
    gain integer CHECK (gain BETWEEN -10 AND 10),
    path_base text,
    replan text NOT NULL DEFAULT 'none' CHECK (replan IN ('none', 'open', 'accepted', 'dismissed')),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    CHECK (due_on >= first_due_on),
    CHECK ((state = 'closed') = (close_reason IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((state = 'answered') = (answered_at IS NOT NULL)),
    CHECK ((state = 'answered') = (result IS NOT NULL)),
    CHECK ((state = 'answered') = (rule_version IS NOT NULL)),
    CHECK ((state = 'answered') = (alone_count IS NOT NULL)),
    CHECK (state <> 'answered' OR (answered_by IS NOT NULL AND answered_via IS NOT NULL)),
    -- Answered, reached, asked: each only with the one after it, so that the counts keep that order.
    CHECK (answered_at IS NULL OR reached_at IS NOT NULL),
    CHECK (reached_at IS NULL OR asked_at IS NOT NULL),
    CHECK (replan = 'none' OR state = 'answered')
);
CREATE UNIQUE INDEX follow_up_one_each ON follow_up (resident_id, due_on) WHERE state <> 'closed';
CREATE INDEX follow_up_queue ON follow_up (municipality_id, state, due_on, id);
CREATE INDEX follow_up_resident ON follow_up (municipality_id, resident_id, id);
CREATE INDEX follow_up_session ON follow_up (booking_id);

CREATE TABLE follow_up_booking (
    booking_id bigint NOT NULL PRIMARY KEY REFERENCES booking (id),
    follow_up_id bigint NOT NULL REFERENCES follow_up (id),
    attended_on @DATE NOT NULL
);
CREATE INDEX follow_up_booking_of ON follow_up_booking (follow_up_id, attended_on);

CREATE TABLE survey_call (
    id @ID,
    follow_up_id bigint NOT NULL REFERENCES follow_up (id),
    called_at @INSTANT NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('no_answer', 'voicemail', 'later', 'declined', 'answered')),
    staff_id bigint REFERENCES staff_member (id)
);
CREATE INDEX survey_call_of ON survey_call (follow_up_id, id);

CREATE TABLE class_answers (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    booking_id bigint NOT NULL REFERENCES booking (id),
    moment text NOT NULL CHECK (moment IN ('before', 'end_of_class')),
    questionnaire text NOT NULL,
    answers @JSON NOT NULL,
    alone_count integer NOT NULL CHECK (alone_count BETWEEN 0 AND 10),
    recorded_by bigint REFERENCES staff_member (id),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (booking_id, moment)
);
CREATE INDEX class_answers_resident ON class_answers (municipality_id, resident_id, id);

CREATE TABLE path_evidence (
    resident_id bigint NOT NULL PRIMARY KEY REFERENCES resident (id),
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    survey text CHECK (survey IN ('stuck', 'not_stuck')),
    survey_why @JSON NOT NULL,
    surveyed_at @INSTANT,
    can_do_count integer CHECK (can_do_count BETWEEN 0 AND 10),
    can_do_gain integer CHECK (can_do_gain BETWEEN -10 AND 10),
    updated_at @INSTANT NOT NULL
);
"#;

const DOWN: &str = "DROP TABLE path_evidence; DROP TABLE class_answers; DROP TABLE survey_call;
DROP TABLE follow_up_booking; DROP TABLE follow_up;
DELETE FROM timeline_entry WHERE kind = 'survey';
DELETE FROM delivery WHERE notice_id IN (SELECT id FROM notice WHERE kind = 'survey');
DELETE FROM notice WHERE kind = 'survey';";

/// PostgreSQL: the two checks with other words.
fn checked(timeline: &str, notice: &str) -> String {
    format!(
        "ALTER TABLE timeline_entry DROP CONSTRAINT timeline_entry_kind_check;
        ALTER TABLE timeline_entry ADD CONSTRAINT timeline_entry_kind_check CHECK (kind IN ({timeline}));
        ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
        ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ({notice}));"
    )
}

/// SQLite: the three tables again, with all their rows.
fn rebuilt(timeline: &str, notice: &str) -> String {
    format!(
        "CREATE TABLE timeline_entry_new (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    at @INSTANT NOT NULL,
    kind text NOT NULL CHECK (kind IN ({timeline})),
    wording text NOT NULL,
    params @JSON NOT NULL,
    subject_id bigint NOT NULL,
    staff_id bigint REFERENCES staff_member (id)
);
INSERT INTO timeline_entry_new
    (id, municipality_id, resident_id, at, kind, wording, params, subject_id, staff_id)
    SELECT id, municipality_id, resident_id, at, kind, wording, params, subject_id, staff_id
    FROM timeline_entry;
DROP TABLE timeline_entry;
ALTER TABLE timeline_entry_new RENAME TO timeline_entry;
CREATE INDEX timeline_entry_resident ON timeline_entry (municipality_id, resident_id, at, id);

CREATE TABLE notice_new (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    booking_id bigint NOT NULL REFERENCES booking (id),
    kind text NOT NULL CHECK (kind IN ({notice})),
    calendar_sequence integer NOT NULL,
    created_at @INSTANT NOT NULL
);
INSERT INTO notice_new
    (id, municipality_id, resident_id, booking_id, kind, calendar_sequence, created_at)
    SELECT id, municipality_id, resident_id, booking_id, kind, calendar_sequence, created_at
    FROM notice;
CREATE TABLE delivery_new (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    notice_id bigint NOT NULL REFERENCES notice_new (id),
    channel text NOT NULL CHECK (channel IN ('letter', 'phone', 'sms', 'email', 'line')),
    rank integer NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'printed', 'posted', 'no_answer', 'told', 'sent',
        'failed', 'dropped')),
    attempts integer NOT NULL DEFAULT 0,
    staff_id bigint REFERENCES staff_member (id),
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (notice_id, channel)
);
INSERT INTO delivery_new
    (id, municipality_id, notice_id, channel, rank, state, attempts, staff_id, revision, created_at,
        updated_at)
    SELECT id, municipality_id, notice_id, channel, rank, state, attempts, staff_id, revision,
        created_at, updated_at FROM delivery;
DROP TABLE delivery;
DROP TABLE notice;
ALTER TABLE notice_new RENAME TO notice;
ALTER TABLE delivery_new RENAME TO delivery;
CREATE INDEX notice_resident ON notice (municipality_id, resident_id, id);
CREATE INDEX notice_booking ON notice (booking_id, id);
CREATE INDEX delivery_queue ON delivery (municipality_id, channel, state, id);"
    )
}
