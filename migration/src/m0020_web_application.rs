//! What is applied for on the public pages stands on a record of its own until somebody has said
//! whose it is: the link to the known person, the questions for the office, and the number that
//! was typed.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
ALTER TABLE resident ADD COLUMN same_as bigint REFERENCES resident (id) CHECK (same_as <> id);
CREATE INDEX resident_same_as ON resident (same_as) WHERE same_as IS NOT NULL;

CREATE TABLE resident_question (
    id @ID,
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    known_id bigint NOT NULL REFERENCES resident (id),
    state text NOT NULL CHECK (state IN ('open', 'same', 'apart')),
    asked_at @INSTANT NOT NULL,
    settled_by bigint REFERENCES staff_member (id),
    settled_at @INSTANT,
    UNIQUE (resident_id, known_id),
    CHECK (resident_id <> known_id),
    CHECK ((state = 'open') = (settled_at IS NULL))
);
CREATE INDEX resident_question_queue ON resident_question (municipality_id, state, id);
CREATE INDEX resident_question_known ON resident_question (known_id, state);

CREATE TABLE web_application (
    booking_id bigint NOT NULL PRIMARY KEY REFERENCES booking (id),
    municipality_id bigint NOT NULL REFERENCES municipality (id),
    resident_id bigint NOT NULL REFERENCES resident (id),
    digits @KEY NOT NULL CHECK (length(digits) BETWEEN 10 AND 11),
    last4 @KEY NOT NULL CHECK (length(last4) = 4),
    settled_at @INSTANT
);
CREATE INDEX web_application_resident ON web_application (resident_id);
"#;

const DOWN: &str = "DROP TABLE web_application; DROP TABLE resident_question;
DROP INDEX resident_same_as; ALTER TABLE resident DROP COLUMN same_as;";
