//! The figures of 定着 of a project are worked out with its report and kept, and once more when its
//! last follow-up ended. Reports that are out already get theirs from the worker.

use crate::sql::Step;

pub const STEP: Step = Step { module: module_path!(), up: UP, down: DOWN };

const UP: &str = r#"
CREATE TABLE project_retention (
    project_id bigint NOT NULL REFERENCES project (id),
    stage text NOT NULL CHECK (stage IN ('report', 'last')),
    rule text NOT NULL,
    due integer CHECK (due >= 5),
    reached integer,
    answered integer,
    stuck integer,
    PRIMARY KEY (project_id, stage, rule),
    CHECK ((due IS NULL AND reached IS NULL AND answered IS NULL AND stuck IS NULL)
        OR (stuck BETWEEN 0 AND answered AND answered <= reached AND reached <= due))
);
ALTER TABLE project_report ADD COLUMN retention_on @DATE;
ALTER TABLE project_report ADD COLUMN retention_last_on @DATE
    CHECK (retention_last_on IS NULL OR retention_on IS NOT NULL);

INSERT INTO outbox (kind, payload, dedupe_key, run_at, created_at)
SELECT 'freeze_retention', CAST('{"municipality_id":' || project.municipality_id
    || ',"project_id":' || project.id || '}' AS @JSON), 'freeze_retention:' || project.id || ':report',
    project.updated_at, project.updated_at
FROM project JOIN project_report ON project_report.project_id = project.id
WHERE project_report.submitted_at IS NOT NULL;
"#;

const DOWN: &str = "
DELETE FROM outbox WHERE kind = 'freeze_retention';
ALTER TABLE project_report DROP COLUMN retention_last_on;
ALTER TABLE project_report DROP COLUMN retention_on;
DROP TABLE project_retention;
";
