//! The file of the embedded database: whose it is, who may read it, who uses it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

/// Read and written by its owner only: it holds names, addresses and telephone numbers.
const PRIVATE: u32 = 0o600;

/// The path in `sqlite://PATH`.
///
/// # Errors
/// A sentence for an address of another kind, or without a path.
pub fn path_of(url: &str) -> anyhow::Result<PathBuf> {
    match url.strip_prefix("sqlite://") {
        Some("") => bail!("name the file of the database, such as sqlite://data/shirube.db"),
        Some(path) => Ok(PathBuf::from(path)),
        None => bail!("the database must be sqlite://PATH or postgres://..."),
    }
}

/// The path with something after it, as SQLite names the files beside a database.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// A file that only its owner may read, empty and new.
///
/// # Errors
/// When there is a file of that name already, or the folder cannot be written.
pub fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)
}

/// Takes away what others may do with the file; `false` when it belongs to somebody else.
pub fn make_private(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return true };
    found.permissions().mode() & 0o077 == 0
        || fs::set_permissions(path, Permissions::from_mode(PRIVATE)).is_ok()
}

/// Held as long as a database is open. Any number of processes may use a database at once; while
/// one does, nobody can put another file in its place.
pub struct Use {
    _lock: File,
}

impl Use {
    /// Says that this process uses the database at `path`.
    ///
    /// # Errors
    /// A restore is under way, or the folder cannot be written.
    pub fn shared(path: &Path) -> anyhow::Result<Self> {
        let lock = lock_file(path)?;
        if lock.try_lock_shared().is_err() {
            bail!("{} is being restored", path.display());
        }
        Ok(Self { _lock: lock })
    }

    /// Takes the database for this process alone.
    ///
    /// # Errors
    /// Another process uses it.
    pub fn alone(path: &Path) -> anyhow::Result<Self> {
        let lock = lock_file(path)?;
        if lock.try_lock().is_err() {
            bail!("{} is in use: stop the service first", path.display());
        }
        Ok(Self { _lock: lock })
    }
}

fn lock_file(path: &Path) -> anyhow::Result<File> {
    let name = beside(path, "-lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(PRIVATE);
    options.open(&name).with_context(|| format!("cannot open {}", name.display()))
}

/// Refuses a file that another program made, without changing a byte of it.
///
/// # Errors
/// A sentence for a file that is no database, or somebody else's.
pub async fn refuse_foreign(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    // No journal mode is asked for: that would be written into the file.
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = options.disable_statement_logging().connect().await?;
    let tables = "SELECT (SELECT count(*) FROM sqlite_master WHERE type = 'table' \
                  AND name NOT IN ('seaql_migrations', 'sqlite_sequence')), \
                  (SELECT count(*) FROM sqlite_master WHERE name = 'seaql_migrations')";
    let row = sqlx::query(tables).fetch_one(&mut connection).await;
    let row = row.with_context(|| format!("{} is no database", path.display()))?;
    let (tables, ours): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let ours = ours > 0 && {
        let first = "SELECT count(*) FROM seaql_migrations WHERE version = 'm0001_platform'";
        let row = sqlx::query(first).fetch_one(&mut connection).await;
        row.and_then(|row| row.try_get::<i64, _>(0)).is_ok_and(|found| found > 0)
    };
    connection.close().await?;
    if tables > 0 && !ours {
        bail!("{} is the database of another program", path.display());
    }
    Ok(())
}
