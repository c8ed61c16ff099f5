//! Ward subsidies: rounds, projects, applications, review, money, reports, spread.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE subsidy_round (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    fiscal_year integer NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100),
    name text NOT NULL,
    opens_on @DATE,
    closes_on @DATE,
    report_due_on @DATE,
    cap_yen bigint CHECK (cap_yen > 0),
    guidelines text NOT NULL,
    source text,
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    UNIQUE (municipality_id, fiscal_year, name),
    CHECK (closes_on IS NULL OR opens_on IS NULL OR closes_on >= opens_on)
);

CREATE TABLE project (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    round_id bigint NOT NULL REFERENCES subsidy_round (id),
    ward_id bigint NOT NULL REFERENCES ward (id),
    kind text NOT NULL CHECK (kind IN ('event', 'study')),
    title text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'submitted', 'in_review', 'returned',
        'conditional', 'adopted', 'rejected', 'withdrawn', 'granted', 'running', 'stopped',
        'reported', 'report_returned', 'fixed', 'settled', 'verified', 'model')),
    parent_id bigint REFERENCES project (id),
    kept text NOT NULL,
    changed text NOT NULL,
    source text,
    granted_yen bigint CHECK (granted_yen > 0),
    granted_on @DATE,
    advanced_yen bigint NOT NULL DEFAULT 0 CHECK (advanced_yen >= 0),
    fixed_yen bigint CHECK (fixed_yen >= 0),
    fixed_on @DATE,
    rest_yen bigint NOT NULL DEFAULT 0 CHECK (rest_yen >= 0),
    repaid_yen bigint NOT NULL DEFAULT 0 CHECK (repaid_yen >= 0),
    settled_on @DATE,
    revision integer NOT NULL DEFAULT 1,
    created_at @INSTANT NOT NULL,
    updated_at @INSTANT NOT NULL,
    CHECK (parent_id IS NULL OR parent_id < id),
    CHECK (advanced_yen <= COALESCE(granted_yen, 0)),
    CHECK (fixed_yen IS NULL OR fixed_yen <= COALESCE(granted_yen, 0)),
    CHECK (rest_yen = 0 OR repaid_yen = 0),
    CHECK (rest_yen + repaid_yen = 0 OR advanced_yen + rest_yen - repaid_yen = fixed_yen),
    CHECK (settled_on IS NULL OR advanced_yen + rest_yen - repaid_yen = fixed_yen),
    CHECK (state NOT IN ('granted', 'running', 'stopped', 'reported', 'report_returned', 'fixed',
        'settled', 'verified', 'model') OR granted_yen IS NOT NULL),
    CHECK (state NOT IN ('fixed', 'settled', 'verified', 'model') OR fixed_yen IS NOT NULL),
    CHECK (state NOT IN ('settled', 'verified', 'model') OR settled_on IS NOT NULL)
);
CREATE INDEX project_place ON project (municipality_id, ward_id, state);
CREATE INDEX project_round ON project (round_id);
CREATE INDEX project_parent ON project (parent_id);

CREATE TABLE application_section (
    project_id bigint NOT NULL REFERENCES project (id),
    section text NOT NULL CHECK (section IN ('basics', 'problem', 'people', 'partners', 'plan',
        'budget', 'goals', 'verification', 'spread')),
    content @JSON NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    updated_by bigint REFERENCES staff_member (id),
    updated_at @INSTANT NOT NULL,
    PRIMARY KEY (project_id, section)
);

CREATE TABLE application_version (
    id @ID,
    project_id bigint NOT NULL REFERENCES project (id),
    number integer NOT NULL CHECK (number >= 1),
    content @JSON NOT NULL,
    total_yen bigint NOT NULL CHECK (total_yen > 0),
    own_yen bigint NOT NULL CHECK (own_yen >= 0),
    requested_yen bigint NOT NULL CHECK (requested_yen > 0),
    submitted_by bigint REFERENCES staff_member (id),
    submitted_at @INSTANT NOT NULL,
    UNIQUE (project_id, number),
    CHECK (requested_yen = total_yen - own_yen)
);

CREATE TABLE budget_line (
    version_id bigint NOT NULL REFERENCES application_version (id),
    position integer NOT NULL CHECK (position >= 1),
    category text NOT NULL,
    item text NOT NULL,
    yen bigint NOT NULL CHECK (yen > 0),
    PRIMARY KEY (version_id, position)
);

CREATE TABLE project_goal (
    version_id bigint NOT NULL REFERENCES application_version (id),
    position integer NOT NULL CHECK (position >= 1),
    kpi text NOT NULL,
    unit text NOT NULL,
    baseline_milli bigint,
    target_milli bigint NOT NULL,
    due text NOT NULL,
    data_source text NOT NULL,
    PRIMARY KEY (version_id, position)
);

CREATE TABLE section_message (
    id @ID,
    project_id bigint NOT NULL REFERENCES project (id),
    section text NOT NULL CHECK (section IN ('basics', 'problem', 'people', 'partners', 'plan',
        'budget', 'goals', 'verification', 'spread')),
    kind text NOT NULL CHECK (kind IN ('question', 'answer')),
    body text NOT NULL,
    author_id bigint REFERENCES staff_member (id),
    created_at @INSTANT NOT NULL
);
CREATE INDEX section_message_project ON section_message (project_id, id);

CREATE TABLE reviewer (
    project_id bigint NOT NULL REFERENCES project (id),
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    has_conflict boolean,
    conflict_reason text NOT NULL,
    declared_at @INSTANT,
    PRIMARY KEY (project_id, staff_id),
    CHECK ((has_conflict IS NULL) = (declared_at IS NULL))
);

CREATE TABLE review_score (
    version_id bigint NOT NULL REFERENCES application_version (id),
    staff_id bigint NOT NULL REFERENCES staff_member (id),
    criterion text NOT NULL CHECK (criterion IN ('clarity', 'effect', 'partnership',
        'verifiability', 'spread', 'cost')),
    score integer NOT NULL CHECK (score BETWEEN 1 AND 5),
    reason text NOT NULL,
    scored_at @INSTANT NOT NULL,
    PRIMARY KEY (version_id, staff_id, criterion)
);

CREATE TABLE project_decision (
    project_id bigint NOT NULL PRIMARY KEY REFERENCES project (id),
    version_id bigint NOT NULL REFERENCES application_version (id),
    outcome text NOT NULL CHECK (outcome IN ('adopted', 'conditional', 'rejected')),
    adopted_yen bigint CHECK (adopted_yen > 0),
    conditions text NOT NULL,
    reason text NOT NULL,
    decided_on @DATE NOT NULL,
    decided_by bigint REFERENCES staff_member (id),
    CHECK ((outcome = 'rejected') = (adopted_yen IS NULL)),
    CHECK (outcome <> 'conditional' OR conditions <> '')
);

CREATE TABLE project_change (
    id @ID,
    project_id bigint NOT NULL REFERENCES project (id),
    kind text NOT NULL CHECK (kind IN ('content', 'stop')),
    what text NOT NULL,
    old_yen bigint NOT NULL CHECK (old_yen > 0),
    new_yen bigint NOT NULL CHECK (new_yen > 0),
    state text NOT NULL CHECK (state IN ('asked', 'approved', 'refused')),
    asked_by bigint REFERENCES staff_member (id),
    asked_at @INSTANT NOT NULL,
    answer text NOT NULL,
    decided_by bigint REFERENCES staff_member (id),
    decided_at @INSTANT,
    CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX project_change_open ON project_change (project_id) WHERE state = 'asked';
CREATE INDEX project_change_project ON project_change (project_id, id);

CREATE TABLE payment (
    id @ID,
    project_id bigint NOT NULL REFERENCES project (id),
    kind text NOT NULL CHECK (kind IN ('advance', 'rest', 'repayment')),
    yen bigint NOT NULL CHECK (yen > 0),
    paid_on @DATE NOT NULL,
    created_by bigint REFERENCES staff_member (id),
    created_at @INSTANT NOT NULL
);
CREATE INDEX payment_project ON payment (project_id, id);

CREATE TABLE project_report (
    project_id bigint NOT NULL PRIMARY KEY REFERENCES project (id),
    done text NOT NULL,
    before_after text NOT NULL,
    lessons text NOT NULL,
    session_count integer CHECK (session_count >= 0),
    attendance_count integer CHECK (attendance_count >= 0),
    person_count integer CHECK (person_count >= 0),
    counted_sessions integer,
    counted_attendances integer,
    counted_persons integer,
    submitted_at @INSTANT,
    what_changed text NOT NULL,
    compared_with text NOT NULL,
    other_reasons text NOT NULL,
    verified_at @INSTANT,
    revision integer NOT NULL DEFAULT 1,
    updated_at @INSTANT NOT NULL,
    CHECK (person_count IS NULL OR attendance_count IS NULL OR person_count <= attendance_count)
);

CREATE TABLE goal_result (
    project_id bigint NOT NULL REFERENCES project (id),
    position integer NOT NULL,
    actual_milli bigint,
    reason text NOT NULL,
    PRIMARY KEY (project_id, position)
);

CREATE TABLE cost_result (
    project_id bigint NOT NULL REFERENCES project (id),
    position integer NOT NULL,
    actual_yen bigint CHECK (actual_yen >= 0),
    note text NOT NULL,
    PRIMARY KEY (project_id, position)
);

CREATE TABLE project_session (
    session_id bigint NOT NULL PRIMARY KEY REFERENCES session (id),
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    project_id bigint NOT NULL REFERENCES project (id),
    linked_at @INSTANT NOT NULL
);
CREATE INDEX project_session_project ON project_session (project_id);

CREATE TABLE practice (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    project_id bigint UNIQUE REFERENCES project (id),
    name text NOT NULL,
    summary text NOT NULL,
    session_count integer CHECK (session_count >= 0),
    people_count integer CHECK (people_count >= 0),
    people_unit text CHECK (people_unit IN ('attendances', 'persons', 'unknown')),
    approx boolean NOT NULL,
    words text NOT NULL,
    source text,
    created_at @INSTANT NOT NULL,
    UNIQUE (municipality_id, name),
    CHECK ((people_count IS NULL) = (people_unit IS NULL))
);

CREATE TABLE practice_step (
    id @ID,
    practice_id bigint NOT NULL REFERENCES practice (id),
    ward_id bigint NOT NULL REFERENCES ward (id),
    number integer NOT NULL CHECK (number >= 1),
    state text NOT NULL CHECK (state IN ('study', 'trial', 'running', 'declined')),
    fiscal_year integer NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100),
    on_date @DATE,
    reason text NOT NULL,
    project_id bigint REFERENCES project (id),
    created_by bigint REFERENCES staff_member (id),
    created_at @INSTANT NOT NULL,
    UNIQUE (practice_id, ward_id, number)
);

CREATE TABLE project_deadline (
    id @ID,
    project_id bigint NOT NULL REFERENCES project (id),
    kind text NOT NULL CHECK (kind IN ('apply', 'resubmit', 'conditions', 'report', 'settle',
        'verify')),
    due_on @DATE NOT NULL,
    reminded_at @INSTANT,
    done_at @INSTANT,
    created_at @INSTANT NOT NULL
);
CREATE UNIQUE INDEX project_deadline_open ON project_deadline (project_id, kind)
    WHERE done_at IS NULL;
"#;

const DOWN: &str = "
DROP TABLE project_deadline; DROP TABLE practice_step; DROP TABLE practice;
DROP TABLE project_session; DROP TABLE cost_result; DROP TABLE goal_result;
DROP TABLE project_report; DROP TABLE payment; DROP TABLE project_change;
DROP TABLE project_decision; DROP TABLE review_score; DROP TABLE reviewer;
DROP TABLE section_message; DROP TABLE project_goal; DROP TABLE budget_line;
DROP TABLE application_version; DROP TABLE application_section; DROP TABLE project;
DROP TABLE subsidy_round;
";
