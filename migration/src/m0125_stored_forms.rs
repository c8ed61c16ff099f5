//! What is stored as a text or a number with a form is held to that form, whichever door it came by.
//!
//! Rows that were stored before stay as they are, and can still be changed in everything else: a CHECK
//! would look at the whole row with every change (on PostgreSQL also one that is NOT VALID), so both
//! databases get triggers, which look at what is new or changed. `shirube check` lists the
//! people whose rows are to be mended (`harmed.sql`). A step that builds one of these tables anew on SQLite makes its triggers again.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite: Vec<String> = FORMS.iter().map(Form::on_sqlite).collect();
        let postgresql: Vec<String> = FORMS.iter().map(Form::on_postgresql).collect();
        let postgresql = format!("{REFUSED}{}", postgresql.concat());
        sql::run_each(manager, &sqlite.concat(), &postgresql).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite: Vec<String> = FORMS.iter().map(|form| form.without("")).collect();
        let postgresql: Vec<String> =
            FORMS.iter().map(|form| form.without(&format!(" ON {}", form.0))).collect();
        let postgresql = format!("{}DROP FUNCTION form_refused();\n", postgresql.concat());
        sql::run_each(manager, &sqlite.concat(), &postgresql).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const REFUSED: &str = "CREATE FUNCTION form_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = 'CHECK constraint failed: ' || TG_NAME;
END $$;\n";

/// A condition on a value, `{}`, for SQLite and for PostgreSQL. No value is in every form.
#[derive(Clone, Copy)]
struct Rule(&'static str, &'static str);

/// A column and what holds for it.
struct Form(&'static str, &'static str, Rule);

/// 「102-0074」.
const POSTAL_CODE: Rule =
    Rule("{} GLOB '[0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]'", "{} ~ '^[0-9]{3}-[0-9]{4}$'");
/// One @ with something on both sides, and nothing that cannot be seen.
const EMAIL: Rule = Rule(
    "{} LIKE '_%@%_' AND {} NOT LIKE '%@%@%'
        AND {} NOT GLOB ('*[' || char(1) || '-' || char(32) || char(127) || char(12288) || ']*')",
    "{} ~ '^[^@[:cntrl:][:space:]\u{3000}]+@[^@[:cntrl:][:space:]\u{3000}]+$'",
);
/// A number as it is dialled inside Japan.
const PHONE: Rule = Rule(
    "{} GLOB '0[0-9]*' AND {} NOT GLOB '*[^0-9]*' AND length({}) BETWEEN 10 AND 11",
    "{} ~ '^0[0-9]{9,10}$'",
);
/// As [`PHONE`], and behind a # the extension.
const PHONE_IN_FULL: Rule = Rule(
    "{} GLOB '0[0-9]*' AND {} NOT GLOB '*[^0-9#]*' AND {} NOT LIKE '%#%#%' AND {} NOT LIKE '%#'
        AND length({}) BETWEEN 10 AND 20",
    "{} ~ '^0[0-9]{9,10}(#[0-9]{1,8})?$'",
);
/// The number of an office, with its hyphens.
const PRINTED_PHONE: Rule = Rule(
    "{} GLOB '0[0-9]*' AND {} NOT GLOB '*[^-0-9]*' AND length({}) BETWEEN 10 AND 13",
    "{} ~ '^0[0-9][-0-9]{8,11}$'",
);
const LAST_FOUR: Rule = Rule("{} GLOB '[0-9][0-9][0-9][0-9]'", "{} ~ '^[0-9]{4}$'");
const EXTENSION: Rule =
    Rule("{} NOT GLOB '*[^0-9]*' AND length({}) BETWEEN 1 AND 8", "{} ~ '^[0-9]{1,8}$'");
/// A reading can be seen, and stands on one line.
const KANA: Rule = Rule(
    "trim({}) <> '' AND {} NOT GLOB ('*[' || char(1) || '-' || char(31) || char(127) || ']*')",
    "btrim({}) <> '' AND {} !~ '[[:cntrl:]]'",
);
/// Of a municipality or a ward.
const PUBLIC_CODE: Rule = Rule("{} NOT GLOB '*[^0-9]*' AND length({}) = 6", "{} ~ '^[0-9]{6}$'");
const SIM: Rule =
    Rule("{} NOT GLOB '*[^0-9]*' AND length({}) BETWEEN 19 AND 20", "{} ~ '^[0-9]{19,20}$'");
/// A day of the calendar with a year of four digits.
const DAY: Rule = Rule(
    "{} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND date({}, '+0 days') IS {}",
    "{} BETWEEN DATE '0001-01-01 BC' AND DATE '9999-12-31'",
);
/// A day on which somebody was born.
const BIRTHDAY: Rule = Rule(
    "{} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND date({}, '+0 days') IS {}
        AND {} BETWEEN '1868-01-01' AND '2100-12-31'",
    "{} BETWEEN DATE '1868-01-01' AND DATE '2100-12-31'",
);
/// A day in Japan from 1970 to 2100 and a time of it.
const TIME: Rule = Rule(
    "{} >= '1969-12-31' AND {} < '2101-01-02'",
    "{} >= TIMESTAMPTZ '1969-12-31 00:00:00+00' AND {} < TIMESTAMPTZ '2101-01-02 00:00:00+00'",
);
/// How many.
const COUNT: Rule = Rule("typeof({}) = 'integer' AND {} >= 0", "{} >= 0");
/// Whole yen.
const YEN: Rule = Rule(
    "typeof({}) = 'integer' AND {} BETWEEN 0 AND 1000000000000",
    "{} BETWEEN 0 AND 1000000000000",
);
/// A number with eight digits, as it is read out.
const EIGHT_DIGITS: Rule =
    Rule("typeof({}) = 'integer' AND {} BETWEEN 0 AND 99999999", "{} BETWEEN 0 AND 99999999");

const FORMS: &[Form] = &[
    Form("resident", "kana", KANA),
    Form("resident", "birth_on", BIRTHDAY),
    Form("resident", "postal_code", POSTAL_CODE),
    Form("resident", "email", EMAIL),
    Form("resident_phone", "digits", PHONE),
    Form("resident_phone", "last4", LAST_FOUR),
    Form("resident_phone", "extension", EXTENSION),
    Form("web_application", "digits", PHONE),
    Form("web_application", "last4", LAST_FOUR),
    Form("inquiry", "caller_phone", PHONE_IN_FULL),
    Form("municipality", "code", PUBLIC_CODE),
    Form("municipality", "postal_code", POSTAL_CODE),
    Form("municipality", "phone", PRINTED_PHONE),
    Form("municipality", "fax", PRINTED_PHONE),
    Form("municipality", "email", EMAIL),
    Form("municipality", "opened_on", DAY),
    Form("ward", "code", PUBLIC_CODE),
    Form("ward", "kana", KANA),
    Form("venue", "kana", KANA),
    Form("venue", "postal_code", POSTAL_CODE),
    Form("closure", "on_date", DAY),
    Form("staff_member", "kana", KANA),
    Form("role_grant", "from_on", DAY),
    Form("role_grant", "until_on", DAY),
    Form("router", "sim", SIM),
    Form("router_test", "tested_on", DAY),
    Form("tv_push_trial", "starts_on", DAY),
    Form("tv_push_trial", "ends_on", DAY),
    Form("tv_push_trial", "household_count", COUNT),
    Form("session", "starts_at", TIME),
    Form("session", "ends_at", TIME),
    Form("session", "capacity", COUNT),
    Form("slot", "starts_at", TIME),
    Form("slot", "ends_at", TIME),
    Form("booking", "number", EIGHT_DIGITS),
    Form("follow_up", "code", EIGHT_DIGITS),
    Form("follow_up", "first_due_on", DAY),
    Form("follow_up", "due_on", DAY),
    Form("follow_up_booking", "attended_on", DAY),
    Form("notice", "calendar_sequence", COUNT),
    Form("delivery", "attempts", COUNT),
    Form("subsidy_round", "opens_on", DAY),
    Form("subsidy_round", "closes_on", DAY),
    Form("subsidy_round", "report_due_on", DAY),
    Form("subsidy_round", "cap_yen", YEN),
    Form("project", "granted_yen", YEN),
    Form("project", "granted_on", DAY),
    Form("project", "fixed_yen", YEN),
    Form("project", "fixed_on", DAY),
    Form("project", "settled_on", DAY),
    Form("budget_line", "yen", YEN),
    Form("cost_result", "actual_yen", YEN),
    Form("payment", "yen", YEN),
    Form("payment", "paid_on", DAY),
    Form("project_decision", "adopted_yen", YEN),
    Form("project_decision", "decided_on", DAY),
    Form("project_deadline", "due_on", DAY),
    Form("project_report", "counted_sessions", COUNT),
    Form("project_report", "counted_attendances", COUNT),
    Form("project_report", "counted_persons", COUNT),
    Form("practice_step", "on_date", DAY),
    Form("goal_saving", "after_minutes", COUNT),
];

impl Form {
    /// The name of the rule; the triggers add their moment to it.
    fn name(&self) -> String {
        let Self(table, column, _) = self;
        format!("form_{table}_{column}")
    }

    /// What is wrong with a new value.
    fn broken(&self, rule: &str) -> String {
        let new = format!("NEW.{}", self.1);
        format!("{new} IS NOT NULL AND NOT ({})", rule.replace("{}", &new))
    }

    fn on_sqlite(&self) -> String {
        let (name, Self(table, column, Rule(rule, _))) = (self.name(), self);
        let broken = self.broken(rule);
        let refused = format!("SELECT RAISE(ABORT, 'CHECK constraint failed: {name}')");
        format!(
            "CREATE TRIGGER {name}_new BEFORE INSERT ON {table}
    WHEN {broken} BEGIN {refused}; END;
CREATE TRIGGER {name}_set BEFORE UPDATE OF {column} ON {table}
    WHEN NEW.{column} IS NOT OLD.{column} AND {broken} BEGIN {refused}; END;\n"
        )
    }

    // The function runs only when the condition says that something is wrong.
    fn on_postgresql(&self) -> String {
        let (name, Self(table, column, Rule(_, rule))) = (self.name(), self);
        let broken = self.broken(rule);
        format!(
            "CREATE TRIGGER {name}_new BEFORE INSERT ON {table}
    FOR EACH ROW WHEN ({broken}) EXECUTE FUNCTION form_refused();
CREATE TRIGGER {name}_set BEFORE UPDATE OF {column} ON {table}
    FOR EACH ROW WHEN (NEW.{column} IS DISTINCT FROM OLD.{column} AND {broken})
    EXECUTE FUNCTION form_refused();\n"
        )
    }

    fn without(&self, on_table: &str) -> String {
        let name = self.name();
        format!("DROP TRIGGER {name}_set{on_table};\nDROP TRIGGER {name}_new{on_table};\n")
    }
}
