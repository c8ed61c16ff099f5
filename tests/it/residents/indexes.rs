//! A search and a timeline read what they show, and never through the whole town: how the database
//! would answer each of their statements. How long that takes with 100,000 people is measured by
//! `scripts/measure-search`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use shirube::platform::japan::number::BookingNumber;
use shirube::residents::{queries, timeline};

use super::add;
use super::search::{CORPUS, PEOPLE};
use crate::support::{TestApp, at, class};
use crate::surveys::book;

/// What grows with the town, and the name under which the search joins `resident_gram` again.
const GROWING: [&str; 6] =
    ["resident", "resident_gram", "other", "resident_phone", "booking", "timeline_entry"];

#[tokio::test]
async fn no_search_and_no_timeline_reads_through_the_whole_town() {
    let test = TestApp::start().await;
    let mut ids = Vec::new();
    for (kana, name, phones) in PEOPLE {
        ids.push(add(&test, kana, name, phones).await);
    }

    // PostgreSQL takes any index of an empty table.
    let class = class(&test, at(2024, 7, 10, 14, 0), 60).await;
    for id in &ids {
        book(&test, class, *id).await;
    }

    let (db, asked) = listening(test.database_url()).await;
    let number = BookingNumber::from_serial(1).unwrap().digits();
    let typed = CORPUS.iter().map(|(query, _)| *query).chain([number.as_str()]);
    for query in typed {
        queries::find(&db, &test.scope(), query, 20).await.unwrap().for_work();
    }
    timeline::page(&db, &test.scope(), ids[0], 20, None).await.unwrap().for_work();

    let asked = std::mem::take(&mut *asked.lock().unwrap());
    for table in GROWING {
        assert!(asked.keys().any(|sql| sql.contains(&format!("\"{table}\""))), "{table} is read");
    }
    for statement in asked.values() {
        let plan = plan(&db, statement).await;
        assert!(!reads_all(&plan), "{}\n{}", statement.sql, plan.join("\n"));
    }

    // What the test would see of a search that looks at everybody.
    for sql in [
        "SELECT id FROM resident WHERE kana LIKE '%ハ%'",
        "SELECT id FROM resident WHERE municipality_id = 1 AND kana LIKE '%ハ%'",
    ] {
        let everybody = Statement::from_string(db.get_database_backend(), sql);
        let plan = plan(&db, &everybody).await;
        assert!(reads_all(&plan), "{sql}\n{}", plan.join("\n"));
    }

    db.close().await.unwrap();
    test.finish().await;
}

type Asked = Arc<Mutex<BTreeMap<String, Statement>>>;

/// One connection, and every statement that goes through it.
async fn listening(url: &str) -> (DatabaseConnection, Asked) {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let mut db = Database::connect(options).await.unwrap();
    if db.get_database_backend() == DbBackend::Postgres {
        // A table of two dozen people is read fastest from end to end; a town is not.
        db.execute_unprepared("SET enable_seqscan = off").await.unwrap();
        db.execute_unprepared("ANALYZE").await.unwrap();
    }
    let asked = Asked::default();
    let heard = asked.clone();
    db.set_metric_callback(move |info| {
        heard.lock().unwrap().insert(info.statement.sql.clone(), info.statement.clone());
    });
    (db, asked)
}

async fn plan(db: &DatabaseConnection, statement: &Statement) -> Vec<String> {
    let (explain, column) = match db.get_database_backend() {
        DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
        _ => ("EXPLAIN QUERY PLAN", "detail"),
    };
    let explained = Statement { sql: format!("{explain} {}", statement.sql), ..statement.clone() };
    let rows = db.query_all_raw(explained).await.unwrap();
    rows.iter().map(|row| row.try_get("", column).unwrap()).collect()
}

/// Whether a plan walks through a table, or through all that a municipality has in it.
fn reads_all(plan: &[String]) -> bool {
    let next_lines = plan.iter().skip(1).map(String::as_str).chain([""]);
    plan.iter().zip(next_lines).any(|(line, next)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let grows_after = |word: &str| {
            let at = words.iter().position(|one| *one == word);
            at.and_then(|at| words.get(at + 1)).is_some_and(|table| GROWING.contains(table))
        };
        // SQLite: SCAN table, SEARCH table USING INDEX name (a=? AND b>?).
        let sqlite = grows_after("SCAN") || line.ends_with("(municipality_id=?)");
        // PostgreSQL: Seq Scan on table, Index Scan using name on table, and in the line below
        // Index Cond: ((a = 1) AND (b > 2)).
        let walks = line.contains("Seq Scan")
            || line.contains("Scan using") && !next.contains("Index Cond:");
        let postgres = walks && grows_after("on") || line.contains("Index Cond: (municipality_id");
        sqlite || postgres
    })
}
