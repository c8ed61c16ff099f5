//! A database for each test: a copy of one that was migrated and filled once.

use std::path::PathBuf;
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};

use shirube::platform::Store;
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::sync::OnceCell;

use super::machine::{scratch, when_this_process_ends};
use super::place::{self, Place};
use super::postgres;

static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Whether the tests run on PostgreSQL.
pub fn on_postgres() -> bool {
    std::env::var("SHIRUBE_TEST_DB").is_ok_and(|name| name == "postgres")
}

struct Template {
    /// Where all databases of this process are: a folder, or a cluster's address without a name.
    home: String,
    place: Place,
    /// Tidies up when this process ends, however it ends.
    _tidy: Option<Child>,
}

const TEMPLATE_NAME: &str = "shirube_template";

async fn template() -> &'static Template {
    TEMPLATE
        .get_or_init(|| async {
            let (home, tidy) = if on_postgres() {
                let log = std::env::var_os("SHIRUBE_TEST_PG_LOG").map(PathBuf::from);
                let (home, tidy) = postgres::cluster(log.as_deref());
                admin(&home, &format!("DROP DATABASE IF EXISTS {TEMPLATE_NAME}")).await;
                admin(&home, &format!("CREATE DATABASE {TEMPLATE_NAME}")).await;
                (home, tidy)
            } else {
                let folder = scratch("sqlite");
                let tidy = when_this_process_ends(&format!("rm -rf '{}'", folder.display()));
                (folder.display().to_string(), Some(tidy))
            };
            let store = Store::connect(&url(&home, TEMPLATE_NAME)).await.unwrap();
            store.migrate().await.unwrap();
            let place = place::build(&store).await;
            // Closing brings everything from the log into the one file that is copied.
            store.close().await.unwrap();
            Template { home, place, _tidy: tidy }
        })
        .await
}

fn url(home: &str, name: &str) -> String {
    if on_postgres() { format!("{home}/{name}") } else { format!("sqlite://{home}/{name}.db") }
}

/// A database that lives as long as its test.
pub struct Database {
    pub url: String,
    pub place: Place,
    home: &'static str,
    name: String,
}

impl Database {
    /// A migrated database with the small world of [`Place`].
    pub async fn new() -> Self {
        let template = template().await;
        let home = template.home.as_str();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("shirube_{}_{number}", std::process::id());
        if on_postgres() {
            // A schema is many small files: as files they are copied five times as fast as page by
            // page through the log.
            let how = format!("TEMPLATE {TEMPLATE_NAME} STRATEGY FILE_COPY");
            admin(home, &format!("CREATE DATABASE {name} {how}")).await;
        } else {
            std::fs::copy(format!("{home}/{TEMPLATE_NAME}.db"), format!("{home}/{name}.db"))
                .unwrap();
        }
        Self { url: url(home, &name), place: template.place.clone(), home, name }
    }

    /// An empty database without any table.
    pub async fn empty() -> Self {
        let template = template().await;
        let home = template.home.as_str();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("shirube_{}_{number}", std::process::id());
        if on_postgres() {
            admin(home, &format!("CREATE DATABASE {name}")).await;
        }
        Self { url: url(home, &name), place: template.place.clone(), home, name }
    }

    /// Connects as one process of the service does.
    pub async fn connect(&self) -> Store {
        Store::connect(&self.url).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !on_postgres() {
            for ending in ["db", "db-wal", "db-shm"] {
                let _ = std::fs::remove_file(format!("{}/{}.{ending}", self.home, self.name));
            }
            return;
        }
        let (home, sql) = (self.home, format!("DROP DATABASE {} WITH (FORCE)", self.name));
        // The test's own runtime may be about to end.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(admin(home, &sql));
        });
        let _ = dropped.join();
    }
}

async fn admin(home: &str, sql: &str) {
    let options: sqlx::postgres::PgConnectOptions = format!("{home}/postgres").parse().unwrap();
    let mut connection = options.disable_statement_logging().connect().await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}
