//! Real faults of the disk, and what was acknowledged through them.
//!
//! Each scenario runs twice: through `Store::write`, which must lose nothing, and as the driver's
//! own transactions do it, which is the control and must lose something: a fault that harms nobody
//! proves nothing. No harness: the scenario with `strace` runs this program again as its child.
//!
//! Needs root for the small file system (or user namespaces), and strace.

#[path = "../it/support/postgres.rs"]
mod cluster;
#[path = "../it/support/machine.rs"]
mod machine;
mod postgres;
mod restore;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use entity::MunicipalityId;
use entity::platform::heartbeat::{ActiveModel, Entity};
use sea_orm::{
    ActiveValue, ConnectOptions, Database, DatabaseConnection, EntityTrait, QuerySelect,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use shirube::platform::{Ctx, Error, Store};

/// Bytes of one row: a few hundred of them fill the small disk.
const ROW: usize = 20_000;
/// Megabytes of the small disk.
const DISK: u32 = 9;
/// What stands on the disk and goes when an administrator makes room.
const BALLAST: usize = 3_000_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();

    // Started again by its own scenario, this program is the child that writes under strace.
    if let [_, child, way, path] = args.as_slice()
        && child == "child"
    {
        runtime.block_on(child_writes(way, Path::new(path)));
        return;
    }

    // Who asks for the list of tests gets an empty one.
    if args.iter().any(|arg| arg == "--list") {
        return;
    }

    let mut failures = 0;
    for (name, lost) in [
        ("a full disk, Store::write", runtime.block_on(full_disk(Way::Ours))),
        ("a failing fsync, Store::write", runtime.block_on(failing_fsync(Way::Ours))),
    ] {
        println!("{name}: {} acknowledged, {} lost", lost.acknowledged, lost.lost);
        failures += i32::from(lost.lost > 0 || lost.acknowledged == 0 || lost.refused == 0);
    }

    failures += runtime.block_on(restore::run());
    failures += runtime.block_on(postgres::run());

    for (name, lost) in [
        (
            "control: a full disk, the driver's transaction",
            runtime.block_on(full_disk(Way::Drivers)),
        ),
        (
            "control: a failing fsync, the driver's transaction",
            runtime.block_on(failing_fsync(Way::Drivers)),
        ),
    ] {
        println!("{name}: {} acknowledged, {} lost", lost.acknowledged, lost.lost);
        failures += i32::from(lost.lost == 0);
    }

    assert_eq!(failures, 0, "a fault lost writes, or a control lost none");
}

/// How a row is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the service does.
    Ours,
    /// As sqlx and SeaORM begin, commit and roll back.
    Drivers,
}

enum Writer {
    Ours(Store),
    Drivers(DatabaseConnection),
}

impl Writer {
    async fn open(way: Way, path: &Path) -> Self {
        let url = format!("sqlite://{}", path.display());
        let store = Store::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        if way == Way::Ours {
            return Self::Ours(store);
        }
        store.close().await.unwrap();
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
        });
        Self::Drivers(Database::connect(options).await.unwrap())
    }

    /// Writes a row, or writes it and then refuses as a rule of the domain would.
    async fn put(&self, name: &str, refuse: bool) -> Result<(), Error> {
        match self {
            Self::Ours(store) => {
                let ctx = Ctx::system(MunicipalityId(0), now(), "fault");
                store
                    .write(&ctx, "fault", |tx| async move {
                        Entity::insert(row(name)).exec_without_returning(tx.db()).await?;
                        if refuse { Err(Error::refused("session_started")) } else { Ok(()) }
                    })
                    .await
            }
            Self::Drivers(db) => drivers_put(db, name, refuse).await,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the control: what the service no longer does")]
async fn drivers_put(db: &DatabaseConnection, name: &str, refuse: bool) -> Result<(), Error> {
    let immediate = SqliteTransactionMode::Immediate;
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(immediate), ..Default::default() };
    let tx = db.begin_with_options(options).await?;
    match Entity::insert(row(name)).exec_without_returning(&tx).await {
        Ok(_) if !refuse => Ok(tx.commit().await?),
        Ok(_) => {
            tx.rollback().await?;
            Err(Error::refused("session_started"))
        }
        Err(error) => {
            tx.rollback().await?;
            Err(error.into())
        }
    }
}

fn row(name: &str) -> ActiveModel {
    let name = format!("{name}-{}", "x".repeat(ROW));
    ActiveModel { name: ActiveValue::Set(name), beat_at: ActiveValue::Set(now()) }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

/// What became of the writes of one scenario.
struct Outcome {
    acknowledged: usize,
    refused: usize,
    lost: usize,
}

/// A disk that fills up under load; somebody makes room; the work goes on.
async fn full_disk(way: Way) -> Outcome {
    let disk = SmallDisk::mount(DISK);
    let path = disk.folder.join("full.db");
    let ballast = disk.folder.join("ballast");
    std::fs::write(&ballast, vec![7u8; BALLAST]).unwrap();

    let writer = Writer::open(way, &path).await;
    let (mut acknowledged, mut refused) = (Vec::new(), 0);

    for number in 0..600 {
        let name = format!("before-{number}");
        match writer.put(&name, false).await {
            Ok(()) => acknowledged.push(name),
            Err(error) => {
                if way == Way::Ours {
                    assert_eq!((error.status(), error.code()), (503, "not_stored"));
                }
                refused += 1;
                if refused > 3 {
                    break;
                }
            }
        }
    }

    std::fs::remove_file(&ballast).unwrap();
    for number in 0..60 {
        let name = format!("after-{number}");
        // A rule that says no now and then: its ROLLBACK is where the driver's count goes wrong.
        if writer.put(&name, number % 7 == 3).await.is_ok() {
            acknowledged.push(name);
        }
    }

    let lost = missing(&path, &acknowledged).await;
    Outcome { acknowledged: acknowledged.len(), refused, lost }
}

/// A disk that fails to sync a few times, injected into the system call of a child process.
async fn failing_fsync(way: Way) -> Outcome {
    let folder = scratch();
    let path = folder.join("sync.db");
    let way_name = if way == Way::Ours { "ours" } else { "drivers" };
    // The schema is made outside the faults.
    drop(Writer::open(way, &path).await);
    let done = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync"])
        .args(["-e", "inject=fdatasync,fsync:error=EIO:when=8..11"])
        .arg(std::env::current_exe().unwrap())
        .args(["child", way_name, &path.display().to_string()])
        .stderr(Stdio::inherit())
        .output()
        .expect("strace is installed");
    assert!(done.status.success(), "the child failed: {:?}", done.status);
    let said = String::from_utf8(done.stdout).unwrap();
    let of = |word: &str| -> Vec<String> {
        said.lines().filter_map(|line| line.strip_prefix(word)).map(str::to_owned).collect()
    };
    let (acknowledged, refused) = (of("kept "), of("refused ").len());
    let lost = missing(&path, &acknowledged).await;
    let _ = std::fs::remove_dir_all(folder);
    Outcome { acknowledged: acknowledged.len(), refused, lost }
}

/// Rows that a child writes or is refused.
const CHILD_ROWS: usize = 60;

/// Whether a rule of the domain says no to this row of a child.
fn is_refused(number: usize) -> bool {
    number % 7 == 6
}

/// The child's part: says of each row whether it was acknowledged, and ends without closing.
async fn child_writes(way: &str, path: &Path) {
    let way = if way == "ours" { Way::Ours } else { Way::Drivers };
    let writer = Writer::open(way, path).await;
    for number in 0..CHILD_ROWS {
        let name = format!("child-{number}");
        let refuse = is_refused(number);
        match writer.put(&name, refuse).await {
            Ok(()) => println!("kept {name}"),
            Err(_) if refuse => {}
            Err(_) => println!("refused {name}"),
        }
    }
    std::process::exit(0);
}

/// How many of the acknowledged rows another connection does not see.
async fn missing(path: &Path, acknowledged: &[String]) -> usize {
    let mut options = ConnectOptions::new(format!("sqlite://{}", path.display()));
    options.max_connections(1).sqlx_logging(false);
    let other = Database::connect(options).await.unwrap();
    let names: Vec<String> = Entity::find()
        .select_only()
        .column(entity::platform::heartbeat::Column::Name)
        .into_tuple()
        .all(&other)
        .await
        .unwrap();
    other.close().await.unwrap();
    let seen: std::collections::HashSet<&str> =
        names.iter().filter_map(|name| name.rsplit_once('-')).map(|(name, _)| name).collect();
    acknowledged.iter().filter(|name| !seen.contains(name.as_str())).count()
}

/// A file system of a few megabytes in memory.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    fn mount(megabytes: u32) -> Self {
        let folder = scratch();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "shirube-fault"])
            .arg(&folder)
            .status()
            .unwrap();
        assert!(done.success(), "a small file system cannot be mounted: run the tests as root");
        Self { folder }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a writer of the control may still have its files open.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        let _ = std::fs::remove_dir(&self.folder);
    }
}

fn scratch() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    machine::scratch(&format!("fault-{number}"))
}
