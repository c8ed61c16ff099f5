//! The same on PostgreSQL: a full tablespace, killed backends, clients that hang up, and what the
//! server writes into the log that operators are told to watch.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entity::MunicipalityId;
use entity::platform::heartbeat::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue, EntityTrait, PaginatorTrait, QuerySelect};
use shirube::platform::{Ctx, Error, Store};
use sqlx::{ConnectOptions, Executor, PgConnection};

use super::{SmallDisk, cluster, now, scratch};

/// Letters of a row: less than PostgreSQL moves out of the table.
const ROW: usize = 1_500;

/// Runs the scenarios; answers how many failed.
pub async fn run() -> i32 {
    // Readable by the user that PostgreSQL runs as.
    let folder = scratch();
    own(&folder);
    let log = folder.join("postgres.log");
    let (home, tidy) = cluster::cluster(Some(&log));
    let mut failures = 0;
    let full = full_tablespace(&home).await;
    println!("PostgreSQL, a full tablespace: {full:?}");
    failures += i32::from(full.lost > 0 || full.acknowledged == 0 || full.refused == 0);
    failures += i32::from(full.other > 0);
    let killed = killed_backends(&home).await;
    println!("PostgreSQL, killed backends and clients that hang up: {killed:?}");
    failures += i32::from(killed.lost > 0 || killed.acknowledged == 0 || killed.refused == 0);
    failures += i32::from(killed.other > 0);
    let said = std::fs::read_to_string(&log).unwrap();
    let warnings: Vec<&str> = said.lines().filter(|line| line.contains("WARNING")).collect();
    println!("PostgreSQL's log: {} warnings {warnings:#?}", warnings.len());
    failures += i32::from(!warnings.is_empty());
    drop(tidy);
    let _ = std::fs::remove_dir_all(folder);
    failures
}

/// What became of the writes and reads of one scenario.
#[derive(Debug, Default)]
struct Outcome {
    acknowledged: usize,
    /// With 503, as it should be.
    refused: usize,
    /// With anything else.
    other: usize,
    lost: usize,
}

impl Outcome {
    fn note(&mut self, error: &Error) {
        match error.status() {
            503 => self.refused += 1,
            _ => {
                self.other += 1;
                println!("{error}");
            }
        }
    }
}

async fn full_tablespace(home: &str) -> Outcome {
    let disk = SmallDisk::mount(4);
    let (space, ballast) = (disk.folder.join("space"), disk.folder.join("ballast"));
    std::fs::create_dir(&space).unwrap();
    own(&space);
    std::fs::write(&ballast, vec![7u8; 1_000_000]).unwrap();

    let (store, mut admin) = database(home, "full").await;
    for sql in [
        &format!("CREATE TABLESPACE small LOCATION '{}'", space.display()),
        "ALTER TABLE heartbeat SET TABLESPACE small",
        "ALTER INDEX heartbeat_pkey SET TABLESPACE small",
    ] {
        admin.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap();
    }

    let (mut outcome, mut acknowledged) = (Outcome::default(), Vec::new());
    for number in 0..5_000 {
        match put(&store, &row("before", number)).await {
            Ok(()) => acknowledged.push(row("before", number)),
            Err(error) => outcome.note(&error),
        }
        if outcome.refused > 3 {
            break;
        }
    }

    // With room again the service goes on by itself.
    std::fs::remove_file(&ballast).unwrap();
    for number in 0..60 {
        match put(&store, &row("after", number)).await {
            Ok(()) => acknowledged.push(row("after", number)),
            Err(error) => outcome.note(&error),
        }
    }

    outcome.acknowledged = acknowledged.len();
    outcome.lost = missing(home, "full", &acknowledged).await;
    store.close().await.unwrap();
    for sql in ["DROP DATABASE full_fault WITH (FORCE)", "DROP TABLESPACE small"] {
        let mut server = connect(home, "postgres").await;
        server.execute(sql).await.unwrap();
    }
    outcome
}

/// Eight clients write and read, some hang up in the middle, and every few moments all backends are
/// killed, as a failover or an administrator does it.
async fn killed_backends(home: &str) -> Outcome {
    let (store, mut admin) = database(home, "killed").await;
    let over = Arc::new(AtomicBool::new(false));
    let until = over.clone();
    // A backend that is gone by itself before its turn is a warning too, but not of the service.
    admin.execute("SET log_min_messages = error").await.unwrap();

    let killer = tokio::spawn(async move {
        let all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        while !until.load(Ordering::Relaxed) {
            admin.execute(all).await.unwrap();
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    });

    let clients = (0..8).map(|client| {
        let store = store.clone();
        tokio::spawn(async move {
            let (mut outcome, mut acknowledged) = (Outcome::default(), Vec::new());
            for number in 0..150 {
                let name = row(&format!("client-{client}"), number);
                let impatient = tokio::spawn({
                    let (store, name) = (store.clone(), format!("gone-{name}"));
                    async move { put(&store, &name).await }
                });
                match put(&store, &name).await {
                    Ok(()) => acknowledged.push(name),
                    Err(error) => outcome.note(&error),
                }
                impatient.abort();
                if let Err(error) = Entity::find().count(store.reader()).await {
                    outcome.note(&Error::from(error));
                }
            }
            (outcome, acknowledged)
        })
    });

    let (mut all, mut acknowledged) = (Outcome::default(), Vec::new());
    for client in clients.collect::<Vec<_>>() {
        let (outcome, names) = client.await.unwrap();
        all.refused += outcome.refused;
        all.other += outcome.other;
        acknowledged.extend(names);
    }

    over.store(true, Ordering::Relaxed);
    killer.await.unwrap();
    all.acknowledged = acknowledged.len();
    all.lost = missing(home, "killed", &acknowledged).await;
    all
}

async fn put(store: &Store, name: &str) -> Result<(), Error> {
    let ctx = Ctx::system(MunicipalityId(0), now(), "fault");
    let row =
        ActiveModel { name: ActiveValue::Set(name.to_owned()), beat_at: ActiveValue::Set(now()) };
    let row = &row;
    store
        .write(&ctx, "fault", |tx| async move {
            Entity::insert(row.clone()).exec_without_returning(tx.db()).await?;
            Ok(())
        })
        .await
}

/// A name that no compression makes shorter.
fn row(name: &str, number: u64) -> String {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let letters = (0..ROW).map(|_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap_or(0))
    });
    format!("{name}-{number}-{}", letters.collect::<String>())
}

async fn database(home: &str, name: &str) -> (Store, PgConnection) {
    let create = format!("CREATE DATABASE {name}_fault");
    connect(home, "postgres").await.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    let store = Store::connect(&format!("{home}/{name}_fault")).await.unwrap();
    store.migrate().await.unwrap();
    (store, connect(home, &format!("{name}_fault")).await)
}

async fn connect(home: &str, database: &str) -> PgConnection {
    let options: sqlx::postgres::PgConnectOptions = format!("{home}/{database}").parse().unwrap();
    options.disable_statement_logging().connect().await.unwrap()
}

/// How many of the acknowledged rows another connection does not see.
async fn missing(home: &str, name: &str, acknowledged: &[String]) -> usize {
    let other = Store::connect(&format!("{home}/{name}_fault")).await.unwrap();
    let seen: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Name)
        .into_tuple()
        .all(other.reader())
        .await
        .unwrap();
    let seen: HashSet<&String> = seen.iter().collect();
    other.close().await.unwrap();
    acknowledged.iter().filter(|name| !seen.contains(name)).count()
}

/// PostgreSQL does not run as root.
fn own(folder: &Path) {
    let done = Command::new("chown").arg("postgres").arg(folder).status().unwrap();
    assert!(done.success(), "no user postgres");
}
