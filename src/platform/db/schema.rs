//! The schema as this program needs it, and as it may find it during an upgrade.

use std::collections::BTreeSet;

use anyhow::bail;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::Store;

/// Key of the advisory lock under which PostgreSQL is migrated.
const MIGRATION_LOCK: i64 = 0x5348_4952_5542_4501;

/// How the schema stands to this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Steps that this program needs and that were not run yet.
    pub pending: Vec<String>,
    /// Steps of a newer release. They only add, so this program goes on beside it.
    pub newer: Vec<String>,
    /// Newer steps that took something away which this program needs.
    pub lost: Vec<String>,
}

impl Schema {
    /// Whether this program can serve on it.
    pub fn is_usable(&self) -> bool {
        self.pending.is_empty() && self.lost.is_empty()
    }

    /// Compares what was `run`, and what programs must know (`floor`), with what this program knows.
    fn compared(known: &[String], run: &BTreeSet<String>, floor: &BTreeSet<String>) -> Self {
        let unknown = |names: &BTreeSet<String>| {
            names.iter().filter(|name| !known.contains(name)).cloned().collect()
        };
        Self {
            pending: known.iter().filter(|name| !run.contains(*name)).cloned().collect(),
            newer: unknown(run),
            lost: unknown(floor),
        }
    }
}

impl Store {
    /// How the schema stands to this program.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn schema(&self) -> anyhow::Result<Schema> {
        let known: Vec<String> =
            Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        let db = &self.writer;
        let run = names(db, "seaql_migrations", "version").await?;
        let floor = names(db, "schema_floor", "step").await?;
        Ok(Schema::compared(&known, &run, &floor))
    }

    /// Brings the schema up to date; several processes may call it at once.
    ///
    /// # Errors
    /// A newer release has taken away what this program needs, the database belongs to another
    /// program, or a step failed.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        if self.is_embedded() {
            return self.run_steps().await;
        }
        self.refuse_foreign_tables().await?;
        // The lock belongs to the session of one connection, and is taken in its own transaction.
        let guard = self.begin(&self.writer).await?;
        guard
            .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            .await?;
        let done = self.run_steps().await;
        guard.commit().await?;
        done
    }

    async fn run_steps(&self) -> anyhow::Result<()> {
        let schema = self.schema().await?;
        if !schema.lost.is_empty() {
            bail!("a newer release has changed the schema: use that program");
        }
        // The migrator refuses steps that it does not know, also when there is nothing to do.
        if !schema.pending.is_empty() {
            Migrator::up(&self.writer, None).await?;
        }
        Ok(())
    }

    /// Refuses a PostgreSQL database in which another program keeps its tables.
    async fn refuse_foreign_tables(&self) -> anyhow::Result<()> {
        let tables = "SELECT table_name FROM information_schema.tables \
                      WHERE table_schema = current_schema() AND table_name <> 'seaql_migrations'";
        let found = self.writer.query_all_raw(Statement::from_string(DbBackend::Postgres, tables));
        let ours = names(&self.writer, "seaql_migrations", "version").await?;
        if !found.await?.is_empty() && !ours.contains("m0001_platform") {
            bail!("the database holds the tables of another program");
        }
        Ok(())
    }
}

/// A column of names, none where there is no such table yet.
async fn names(
    db: &DatabaseConnection,
    table: &'static str,
    column: &'static str,
) -> anyhow::Result<BTreeSet<String>> {
    let backend = db.get_database_backend();
    let exists = match backend {
        DbBackend::Postgres => format!("SELECT 1 WHERE to_regclass('{table}') IS NOT NULL"),
        _ => format!("SELECT 1 FROM sqlite_master WHERE name = '{table}'"),
    };
    if db.query_one_raw(Statement::from_string(backend, exists)).await?.is_none() {
        return Ok(BTreeSet::new());
    }
    let all = Statement::from_string(backend, format!("SELECT {column} FROM {table}"));
    let rows = db.query_all_raw(all).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_newer_schema_is_fine_unless_it_took_something_away() {
        let known = ["m1".to_owned(), "m2".to_owned()];
        let cases: [(&[&str], &[&str], bool); 6] = [
            (&["m1", "m2"], &[], true),
            (&["m1"], &[], false),
            (&["m1", "m2", "m3"], &[], true),
            (&["m1", "m3"], &[], false),
            (&["m1", "m2"], &["m2"], true),
            (&["m1", "m2", "m3"], &["m3"], false),
        ];
        for (run, floor, usable) in cases {
            let schema = Schema::compared(&known, &set(run), &set(floor));
            assert_eq!(schema.is_usable(), usable, "{run:?} {floor:?} {schema:?}");
        }
    }
}
