//! What is stored with a form is refused in any other, by the database itself, on either database;
//! rows that were stored before stay, and can be mended.

use std::collections::BTreeSet;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::support::{TestApp, a_person, a_session, on_postgres};

/// Columns that have one form, values in it, and values that are none.
struct Form {
    columns: &'static [&'static str],
    fits: &'static [&'static str],
    breaks: &'static [&'static str],
}

const FORMS: &[Form] = &[
    Form {
        columns: &["resident.kana", "staff_member.kana", "ward.kana", "venue.kana"],
        fits: &["シルベ ハナコ", "マリー＝クレール", "ア"],
        breaks: &[" ", "シル\nベ", "ア\tイ", "\u{7f}"],
    },
    Form {
        columns: &["resident.birth_on"],
        fits: &["1947-03-04", "1868-10-23"],
        breaks: &["1867-12-31", "2101-01-01", "1947-02-29", "昭和22"],
    },
    Form {
        columns: &["resident.postal_code", "venue.postal_code", "municipality.postal_code"],
        fits: &["102-0074"],
        breaks: &["", "あいう", "1020074", "１０２－００７４", "102-00745", "102-0074\n"],
    },
    Form {
        columns: &["resident.email", "municipality.email"],
        fits: &["a@example.jp", "a..b@docomo.ne.jp", "o'neil+x@example.jp"],
        breaks: &["a", "@x", "x@", "a@b@c", "a b@example.jp", "a\u{3000}b@x.jp", "a@x.jp\n"],
    },
    Form {
        columns: &["resident_phone.digits", "web_application.digits"],
        fits: &["0312345678", "09012345678"],
        breaks: &["1312345678", "03-1234-5678", "031234567", "0３12345678", "031234567890"],
    },
    Form {
        columns: &["resident_phone.last4", "web_application.last4"],
        fits: &["0001"],
        breaks: &["123", "12345", "abcd"],
    },
    Form {
        columns: &["resident_phone.extension"],
        fits: &["1", "12345678"],
        breaks: &["", "12a", "123456789"],
    },
    Form {
        columns: &["inquiry.caller_phone"],
        fits: &["0312345678", "09012345678#12345678", "0312345678#1"],
        breaks: &["0312345678#", "0312345678##1", "03 1234 5678", "12"],
    },
    Form {
        columns: &["municipality.phone", "municipality.fax"],
        fits: &["03-0000-0100", "0300000100"],
        breaks: &["03 0000 0100", "tel 03-0000-0100", "1"],
    },
    Form {
        columns: &["municipality.code", "ward.code"],
        fits: &["131016"],
        breaks: &["13101", "13101a", "1310166"],
    },
    Form {
        columns: &["router.sim"],
        fits: &["8981100000000000001", "89811000000000000011"],
        breaks: &["898110000000000000", "8981100000000000001a"],
    },
    Form {
        columns: &[
            "municipality.opened_on",
            "closure.on_date",
            "role_grant.from_on",
            "role_grant.until_on",
            "router_test.tested_on",
            "tv_push_trial.starts_on",
            "tv_push_trial.ends_on",
            "follow_up.first_due_on",
            "follow_up.due_on",
            "follow_up_booking.attended_on",
            "subsidy_round.opens_on",
            "subsidy_round.closes_on",
            "subsidy_round.report_due_on",
            "project.granted_on",
            "project.fixed_on",
            "project.settled_on",
            "payment.paid_on",
            "project_decision.decided_on",
            "project_deadline.due_on",
            "practice_step.on_date",
        ],
        fits: &["2024-02-29", "0001-01-01", "9999-12-31"],
        breaks: &["2024-02-30", "10000-01-01", "あした"],
    },
    Form {
        columns: &["session.starts_at", "session.ends_at", "slot.starts_at", "slot.ends_at"],
        fits: &["2024-07-10T05:00:00+00:00", "1970-01-01T00:00:00+00:00"],
        breaks: &["1950-01-01T00:00:00+00:00", "2200-01-01T00:00:00+00:00"],
    },
    Form {
        columns: &[
            "session.capacity",
            "tv_push_trial.household_count",
            "notice.calendar_sequence",
            "delivery.attempts",
            "project_report.counted_sessions",
            "project_report.counted_attendances",
            "project_report.counted_persons",
            "goal_saving.after_minutes",
        ],
        fits: &["0", "12"],
        breaks: &["-1", "十"],
    },
    Form {
        columns: &[
            "subsidy_round.cap_yen",
            "project.granted_yen",
            "project.fixed_yen",
            "budget_line.yen",
            "cost_result.actual_yen",
            "payment.yen",
            "project_decision.adopted_yen",
        ],
        fits: &["1", "100000000000"],
        breaks: &["-1", "千円", "2000000000000"],
    },
    Form {
        columns: &["booking.number", "follow_up.code"],
        fits: &["0", "99999999"],
        breaks: &["-1", "100000000", "x"],
    },
];

/// A text of SQL.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

async fn texts(db: &DatabaseConnection, sql: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let statement = Statement::from_string(db.get_database_backend(), sql.to_owned());
    let rows = db.query_all_raw(statement).await.unwrap();
    let text = |row: &sea_orm::QueryResult, name: &str| row.try_get::<String>("", name).unwrap();
    rows.iter().map(|row| columns.iter().map(|name| text(row, name)).collect()).collect()
}

/// The columns that the schema holds to a form, as `table.column`.
async fn checks(db: &DatabaseConnection) -> BTreeSet<String> {
    let sql = if on_postgres() {
        "SELECT c.relname || '.' || substr(tgname, length(c.relname) + 7, \
         length(tgname) - length(c.relname) - 10) AS place \
         FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname LIKE 'form\\_%\\_new'"
    } else {
        "SELECT tbl_name || '.' || substr(name, length(tbl_name) + 7, \
         length(name) - length(tbl_name) - 10) AS place \
         FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'form_*_new'"
    };
    texts(db, sql, &["place"]).await.into_iter().flatten().collect()
}

/// Whether a value is let through: the row is refused for what it lacks, but not by this form, nor
/// by the type of the column.
async fn fits(db: &DatabaseConnection, place: &str, value: &str) -> bool {
    let (table, column) = place.split_once('.').unwrap();
    let sql = format!("INSERT INTO {table} ({column}) VALUES ({})", quoted(value));
    let Err(error) = db.execute_unprepared(&sql).await else { return true };
    let said = error.to_string();
    let by_type = ["invalid input syntax", "out of range"].iter().any(|no| said.contains(no));
    !by_type && !said.contains(&format!("form_{table}_{column}"))
}

#[tokio::test]
async fn every_form_takes_what_is_in_it_and_nothing_else() {
    let t = TestApp::start().await;
    let db = t.app.store().reader();
    let checks = checks(db).await;
    let mut named: Vec<&str> = FORMS.iter().flat_map(|form| form.columns).copied().collect();
    named.sort_unstable();
    let standing: Vec<&str> = checks.iter().map(String::as_str).collect();
    assert_eq!(standing, named, "the checks of the schema and those that are tested");

    for form in FORMS {
        for place in form.columns {
            for value in form.fits {
                assert!(fits(db, place, value).await, "{place} refuses {value:?}");
            }
            for value in form.breaks {
                assert!(!fits(db, place, value).await, "{place} takes {value:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_value_of_another_form_is_refused_by_raw_sql() {
    let t = TestApp::start().await;
    let person = a_person("シルベ ハナコ").phone("0312345678").create(&t).await;
    let session = a_session().create(&t).await;
    let db = t.app.store().reader();

    for (table, column, id, taken, refused) in [
        ("resident", "kana", person.0, "シルベ タロウ", "シルベ\nタロウ"),
        ("resident", "birth_on", person.0, "1947-03-04", "1801-01-01"),
        ("resident", "postal_code", person.0, "102-0074", "1020074"),
        ("resident", "email", person.0, "a@example.jp", "a example.jp"),
        ("municipality", "code", t.place.chiyoda.0, "131016", "千代田千代田"),
        ("municipality", "phone", t.place.chiyoda.0, "03-0000-0100", "なし"),
        ("municipality", "email", t.place.chiyoda.0, "sumaho@example.jp", "なし"),
        ("ward", "code", t.place.konan.0, "141119", "14111a"),
        ("venue", "postal_code", t.place.city_office.0, "102-8688", "〒102-8688"),
        ("staff_member", "kana", t.place.operator.0, "シケン ウケツケ", "シケン\u{1}"),
        ("session", "capacity", session.0, "12", "-1"),
        (
            "session",
            "starts_at",
            session.0,
            "2024-07-10T05:00:00+00:00",
            "1950-01-01T05:00:00+00:00",
        ),
    ] {
        let update = |value: &str| {
            format!("UPDATE {table} SET {column} = {} WHERE id = {id}", quoted(value))
        };
        db.execute_unprepared(&update(taken)).await.unwrap();
        assert!(db.execute_unprepared(&update(refused)).await.is_err(), "{table}.{column}");
    }

    let phone = |set: &str| format!("UPDATE resident_phone SET {set} WHERE resident_id = {person}");
    db.execute_unprepared(&phone("extension = '210'")).await.unwrap();
    for set in ["extension = '内線'", "last4 = 'abcd'", "digits = '03-1234-567'"] {
        assert!(db.execute_unprepared(&phone(set)).await.is_err(), "{set}");
    }
}

#[tokio::test]
async fn rows_of_before_stay_and_can_be_mended() {
    let t = TestApp::start().await;
    let person = a_person("シルベ ハナコ").create(&t).await;
    let db = t.app.store().reader();
    let steps = Migrator::migrations();
    let at = steps.iter().position(|step| step.name() == "m0125_stored_forms").unwrap();
    let later = u32::try_from(steps.len() - at).unwrap();
    let set = |value: &str| {
        format!("UPDATE resident SET postal_code = {} WHERE id = {person}", quoted(value))
    };

    Migrator::down(db, Some(later)).await.unwrap();
    assert!(checks(db).await.is_empty());
    db.execute_unprepared(&set("あいう")).await.unwrap();
    t.app.store().migrate().await.unwrap();

    let stored = "SELECT postal_code AS stored FROM resident WHERE postal_code IS NOT NULL";
    assert_eq!(texts(db, stored, &["stored"]).await, [["あいう"]]);
    // What is wrong with it does not stand in the way of anything else.
    let other = format!(
        "UPDATE resident SET note = 'よく聞こえない', postal_code = 'あいう' WHERE id = {person}"
    );
    db.execute_unprepared(&other).await.unwrap();
    assert!(db.execute_unprepared(&set("いろは")).await.is_err());
    db.execute_unprepared(&set("102-0074")).await.unwrap();
    assert_eq!(texts(db, stored, &["stored"]).await, [["102-0074"]]);
    assert_eq!(checks(db).await.len(), FORMS.iter().map(|form| form.columns.len()).sum::<usize>());
}
