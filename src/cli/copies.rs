//! Copies of the embedded database. A PostgreSQL database has its own tools for that.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use sea_orm::{ConnectionTrait, Statement};
use shirube::platform::Store;

use super::DatabaseArg;

#[derive(Args)]
pub struct BackupArgs {
    /// File to write; it must not exist yet
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArg,
}

#[derive(Args)]
pub struct RestoreArgs {
    /// File that `shirube backup` wrote
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArg,
    /// Put it in the place of the database that is there
    #[arg(long)]
    force: bool,
}

/// The path of the embedded database.
fn path(url: &str) -> anyhow::Result<PathBuf> {
    match url.strip_prefix("sqlite://") {
        Some(path) => Ok(PathBuf::from(path)),
        None => bail!(
            "this copies the embedded database only; for PostgreSQL use pg_dump and pg_restore"
        ),
    }
}

/// `shirube backup`: a consistent copy, while the service runs.
pub async fn backup(args: BackupArgs) -> anyhow::Result<()> {
    let database = path(&args.database.database)?;
    if !database.is_file() {
        bail!("there is no database at {}", database.display());
    }
    if args.file.exists() {
        bail!("{} exists already", args.file.display());
    }
    let store =
        Store::connect(&args.database.database).await.context("cannot open the database")?;
    let target = args.file.to_str().context("the file name is not UTF-8")?.replace('\'', "''");
    let copied = store.reader().execute_unprepared(&format!("VACUUM INTO '{target}'")).await;
    copied.with_context(|| format!("cannot write {}", args.file.display()))?;
    File::open(&args.file)?.sync_all()?;
    store.close().await?;
    println!("{} bytes in {}", std::fs::metadata(&args.file)?.len(), args.file.display());
    Ok(())
}

/// `shirube restore`: checks a copy and puts it in its place.
pub async fn restore(args: RestoreArgs) -> anyhow::Result<()> {
    let database = path(&args.database.database)?;
    if database.exists() && !args.force {
        bail!("{} exists already; --force puts the copy in its place", database.display());
    }
    check_head(&args.file)?;
    if let Some(folder) = database.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = with_ending(&database, "restoring");
    std::fs::copy(&args.file, &beside)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let sound = check_content(&beside).await;
    if sound.is_ok() {
        File::open(&beside)?.sync_all()?;
        // The log of the database that was there must not be replayed into this one.
        remove_log(&database);
        std::fs::rename(&beside, &database)?;
    }
    remove_log(&beside);
    if sound.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    sound?;
    println!("restored {}", database.display());
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}-{ending}", path.display()))
}

fn remove_log(database: &Path) {
    for ending in ["wal", "shm"] {
        let _ = std::fs::remove_file(with_ending(database, ending));
    }
}

fn check_head(file: &Path) -> anyhow::Result<()> {
    let mut head = [0u8; 16];
    let read = File::open(file).and_then(|mut open| open.read_exact(&mut head));
    read.with_context(|| format!("cannot read {}", file.display()))?;
    if &head != b"SQLite format 3\0" {
        bail!("{} is not a copy of a database", file.display());
    }
    Ok(())
}

async fn check_content(file: &Path) -> anyhow::Result<()> {
    let url = format!("sqlite://{}", file.display());
    let store = Store::connect(&url).await.context("the copy cannot be opened")?;
    let db = store.reader();
    let ask = Statement::from_string(db.get_database_backend(), "PRAGMA integrity_check");
    let answer = db.query_one_raw(ask).await.context("the copy is damaged")?;
    let sound = answer.and_then(|row| row.try_get_by_index::<String>(0).ok());
    // Steps that this program does not know mean that a newer one wrote the copy.
    let steps = store.pending_migrations().await;
    let municipalities =
        db.execute_unprepared("SELECT id FROM municipality LIMIT 1").await.map(|_| ());
    store.close().await?;
    if sound.as_deref() != Some("ok") {
        bail!("the copy is damaged");
    }
    municipalities.context("the copy is not one of Shirube's")?;
    steps.context("the copy has another schema; use the program that wrote it")?;
    Ok(())
}
