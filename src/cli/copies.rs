//! Copies of the embedded database. A PostgreSQL database has its own tools for that.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use entity::MunicipalityId;
use sea_orm::{ConnectionTrait, Statement};
use shirube::notices::actions::hold_all;
use shirube::platform::clock::{Clock, SystemClock};
use shirube::platform::db::file;
use shirube::platform::{Ctx, Store};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

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

#[derive(Args)]
pub struct HoldArgs {
    #[command(flatten)]
    database: DatabaseArg,
}

/// The path of the embedded database.
fn path(url: &str) -> anyhow::Result<PathBuf> {
    if url.starts_with("postgres") {
        bail!("this copies the embedded database only; for PostgreSQL use pg_dump and pg_restore");
    }
    file::path_of(url)
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

    // SQLite writes into an empty file, so the copy is never readable by others, not even at first.
    let cannot = || format!("cannot write {}", args.file.display());
    file::create_private(&args.file).with_context(cannot)?;
    let copied = store.reader().execute_unprepared(&format!("VACUUM INTO '{target}'")).await;
    if copied.is_err() {
        let _ = fs::remove_file(&args.file);
    }
    copied.with_context(cannot)?;

    File::open(&args.file)?.sync_all()?;
    store.close().await?;
    println!("{} bytes in {}", fs::metadata(&args.file)?.len(), args.file.display());
    Ok(())
}

/// `shirube restore`: checks a copy and puts it in its place. The database that was there stays
/// beside it as `.bak`, and what the copy would send waits on `/post` for a person's word.
///
/// At every moment there is one whole database under the name, the old or the new one.
pub async fn restore(args: RestoreArgs) -> anyhow::Result<()> {
    let database = path(&args.database.database)?;
    if database.exists() && !args.force {
        bail!("{} exists already; --force puts the copy in its place", database.display());
    }
    check_head(&args.file)?;
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let used = file::Use::alone(&database)?;

    let copy = file::beside(&database, "-restoring");
    forget(&copy);
    let prepared = prepare(&args.file, &copy).await;
    if prepared.is_err() {
        forget(&copy);
    }
    let held = prepared?;

    let kept = if database.exists() { Some(keep(&database).await?) } else { None };
    fs::rename(&copy, &database)?;
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    drop(used);

    println!("restored {}", database.display());
    if let Some(kept) = kept {
        println!("the database that was there is {}", kept.display());
    }
    tell(held);
    Ok(())
}

/// `shirube hold`: what a copy would send waits on `/post` for a person's word, as after
/// `shirube restore`. For databases that their own tools put back.
pub async fn hold(args: HoldArgs) -> anyhow::Result<()> {
    let store =
        Store::connect(&args.database.database).await.context("cannot open the database")?;
    let schema = store.schema().await.context("cannot read the schema")?;
    if !schema.pending.is_empty() {
        bail!("the database has an older schema: run shirube migrate first");
    }
    let held = hold_outbox(&store).await?;
    store.close().await?;
    tell(held);
    Ok(())
}

fn tell(held: u64) {
    if held > 0 {
        println!("{held} letters, calls, mails and jobs are held: decide about them on /post/held");
    }
}

/// Copies `from` to `to`, looks whether it is sound, and holds what it would send; answers how much.
async fn prepare(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let cannot = || format!("cannot read {}", from.display());
    let mut target = file::create_private(to)?;
    std::io::copy(&mut File::open(from).with_context(cannot)?, &mut target).with_context(cannot)?;
    let store = Store::connect(&format!("sqlite://{}", to.display()))
        .await
        .context("the copy is not one of Shirube's")?;
    let looked = look(&store).await;
    store.close().await?;
    let held = looked?;
    // Closing has brought everything from the log into the one file.
    File::open(to)?.sync_all()?;
    let _ = fs::remove_file(file::beside(to, "-lock"));
    Ok(held)
}

async fn look(store: &Store) -> anyhow::Result<u64> {
    let db = store.reader();
    let ask = Statement::from_string(db.get_database_backend(), "PRAGMA integrity_check");
    let answer = db.query_one_raw(ask).await.context("the copy is damaged")?;
    if answer.and_then(|row| row.try_get_by_index::<String>(0).ok()).as_deref() != Some("ok") {
        bail!("the copy is damaged");
    }
    if !store.schema().await?.lost.is_empty() {
        bail!("the copy has another schema; use the program that wrote it");
    }
    store.migrate().await.context("cannot bring the schema of the copy up to date")?;
    hold_outbox(store).await
}

/// Holds everything that is open, in all municipalities; answers how much that is.
async fn hold_outbox(store: &Store) -> anyhow::Result<u64> {
    let db = store.reader();
    let first = "SELECT id FROM municipality ORDER BY id LIMIT 1";
    let first = db.query_one_raw(Statement::from_string(db.get_database_backend(), first)).await?;
    let id = first.map_or(Ok(0), |first| first.try_get_by_index(0))?;
    let ctx = Ctx::system(MunicipalityId(id), SystemClock.now(), "restore");
    let held = store.write(&ctx, "hold_outbox", |tx| async move { hold_all(&tx).await }).await?;
    Ok(held)
}

/// Keeps the database that is there under another name beside it; answers that name.
async fn keep(database: &Path) -> anyhow::Result<PathBuf> {
    // What stands only in its log comes into the one file. This fails while anybody has it open.
    fold(database).await?;
    let name = (1..)
        .map(|n| if n == 1 { ".bak".to_owned() } else { format!(".bak{n}") })
        .map(|ending| file::beside(database, &ending))
        .find(|name| !name.exists())
        .context("no name is left for the old database")?;
    // A second name for the same file: the old one is never without a name.
    fs::hard_link(database, &name).with_context(|| format!("cannot write {}", name.display()))?;
    file::make_private(&name);
    Ok(name)
}

/// Leaves the write-ahead log, so that one file holds everything.
async fn fold(database: &Path) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .busy_timeout(std::time::Duration::from_millis(500))
        .disable_statement_logging();
    let in_use = || format!("{} is in use: stop the service first", database.display());
    let mut connection = options.connect().await.with_context(in_use)?;
    let mode = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = DELETE");
    let mode = mode.fetch_one(&mut connection).await.with_context(in_use)?;
    connection.close().await?;
    if mode != "delete" {
        bail!(in_use());
    }
    Ok(())
}

/// Removes a half-made copy and what SQLite kept beside it.
fn forget(copy: &Path) {
    for ending in ["", "-wal", "-shm", "-lock"] {
        let _ = fs::remove_file(file::beside(copy, ending));
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
