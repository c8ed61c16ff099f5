//! Runs `invariants.sql`: each statement selects what must not exist.

use sea_orm::ConnectionTrait;
use shirube::platform::Store;

const SQL: &str = include_str!("../../../invariants.sql");

/// Name of the invariant and number of rows that break it.
pub async fn violations(store: &Store) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, sql) in statements(SQL) {
        let db = store.reader();
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.unwrap();
        if !rows.is_empty() {
            broken.push(format!("{name} ({} rows)", rows.len()));
        }
    }
    broken
}

/// The statements, each with the comment above it as its name.
pub fn statements(text: &str) -> Vec<(String, String)> {
    text.split(';')
        .filter_map(|part| {
            let (comments, sql): (Vec<&str>, Vec<&str>) =
                part.trim().lines().partition(|line| line.starts_with("--"));
            let name = comments.last()?.trim_start_matches("--").trim().to_owned();
            let sql = sql.join("\n");
            (!sql.trim().is_empty()).then_some((name, sql))
        })
        .collect()
}
