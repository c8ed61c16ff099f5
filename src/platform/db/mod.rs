//! The database: one way to read, one way to write.

pub mod file;
pub mod schema;
mod transaction;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr,
    EntityTrait, QuerySelect, Select,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::idempotency::{self, Once};
use super::random::Random;
use super::{Ctx, Error, Result, Scope, audit};
use transaction::Pool;
pub use transaction::Transaction;

/// How often a write that met another one is tried again.
const TRIES: u32 = 12;
/// How many connections are tried before a transaction cannot be opened.
const BEGINS: u32 = 3;

/// The way to the database.
#[derive(Clone)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// Commits without waiting for the disk; see [`Store::look`].
    looks: DatabaseConnection,
    random: Arc<Random>,
    /// Statements sent to the database since the start of this process.
    statements: Arc<AtomicU64>,
    /// How the last beat went; nothing yet where nobody beats (`heartbeat.rs`).
    beat: Arc<Mutex<Option<Beat>>>,
    /// Wakes the worker of this process after a transaction that left it something to do.
    wake: Arc<Notify>,
    /// Keeps others from replacing the file of an embedded database.
    #[expect(dead_code, reason = "held, not read")]
    used: Option<Arc<file::Use>>,
}

/// When something could be stored last; none: the last try failed.
type Beat = Option<DateTime<Utc>>;

/// A write transaction, and what it must leave in the audit log. A clone is the same transaction.
#[derive(Clone)]
pub struct Tx(Arc<Inner>);

struct Inner {
    db: Transaction,
    ctx: Ctx,
    entries: Mutex<Vec<audit::Entry>>,
    random: Arc<Random>,
    /// The worker has something to do once this is committed.
    work: AtomicBool,
}

impl Tx {
    /// The connection, for queries inside the transaction.
    pub fn db(&self) -> &Transaction {
        &self.0.db
    }

    /// The request this write belongs to.
    pub fn ctx(&self) -> &Ctx {
        &self.0.ctx
    }

    /// Numbers and tokens.
    pub fn random(&self) -> &Random {
        &self.0.random
    }

    /// The instant of the request.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.ctx.now
    }

    /// Says that the worker has something to do once this transaction is committed.
    pub(super) fn leaves_work(&self) {
        self.0.work.store(true, Ordering::Relaxed);
    }

    fn take_entries(&self) -> Vec<audit::Entry> {
        std::mem::take(&mut *self.0.entries.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// Names a record that was changed or looked at. `detail` holds ids, states and
    /// names of fields, never personal data.
    pub fn audit(&self, subject: &'static str, id: i64, detail: serde_json::Value) {
        self.0.entries.lock().unwrap_or_else(|e| e.into_inner()).push(audit::Entry {
            subject,
            subject_id: Some(id),
            detail,
        });
    }
}

/// One try at the work of a write.
type Step<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// A keyset page: the items, and where the next page starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `rows`, which holds one more than `limit` when there is a next page.
    pub fn cut(mut rows: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next }
    }

    /// The same page with other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

impl Store {
    /// Connects to `sqlite://path` (created when absent) or `postgres://...`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the address or the database.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let statements = Arc::new(AtomicU64::new(0));
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let mut options = options(url, 16);
            // A connection that rested may be gone; one that was just used is not asked first.
            options.test_before_acquire_if_idle_for(Duration::from_secs(5));
            options.map_sqlx_postgres_opts(|o| o.options([("client_min_messages", "error")]));

            let mut unsynced = options.clone();
            unsynced.max_connections(4).map_sqlx_postgres_opts(|o| {
                o.options([("client_min_messages", "error"), ("synchronous_commit", "off")])
            });

            let db = counted(Database::connect(options).await?, &statements);
            let looks = counted(Database::connect(unsynced).await?, &statements);
            let reader = db.clone();
            return Ok(Self::of(reader, db, looks, statements, None));
        }

        let path = file::path_of(url)?;
        if let Some(folder) = path.parent()
            && !folder.as_os_str().is_empty()
        {
            std::fs::create_dir_all(folder)?;
        }

        file::refuse_foreign(&path).await?;
        let used = Arc::new(file::Use::shared(&path)?);
        let _ = file::create_private(&path);

        // A file that somebody else owns still works; whoever runs the service has to know.
        if !["", "-wal", "-shm"].iter().all(|end| file::make_private(&file::beside(&path, end))) {
            tracing::warn!("others on this machine may read the database");
        }

        use sqlx::sqlite::SqliteSynchronous::{Full, Normal};
        let connect = async |connections, sync| {
            let db = Database::connect(sqlite_options(url, connections, sync)).await?;
            anyhow::Ok(counted(db, &statements))
        };

        let writer = connect(1, Full).await?;
        let looks = connect(1, Normal).await?;
        let reader = connect(8, Full).await?;
        Ok(Self::of(reader, writer, looks, statements, Some(used)))
    }

    fn of(
        reader: DatabaseConnection,
        writer: DatabaseConnection,
        looks: DatabaseConnection,
        statements: Arc<AtomicU64>,
        used: Option<Arc<file::Use>>,
    ) -> Self {
        let random = Arc::new(Random::from_system());
        let (beat, wake) = Default::default();
        Self { reader, writer, looks, random, statements, beat, wake, used }
    }

    /// The same store with another source of chance.
    pub fn with_random(mut self, random: Random) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Numbers and tokens.
    pub fn random(&self) -> &Random {
        &self.random
    }

    /// The same store, of which no write waits for the disk: for what can be made again. A power cut
    /// may lose the latest of its writes, but harms nothing.
    pub fn without_waiting(mut self) -> Self {
        self.writer = self.looks.clone();
        self
    }

    /// The connection for reads outside a transaction.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// How many statements this process has sent to the database.
    pub fn statement_count(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Waits until a transaction of this process has left something for the worker.
    pub(super) async fn work_left(&self) {
        self.wake.notified().await;
    }

    /// Whether the database is the embedded one.
    pub fn is_embedded(&self) -> bool {
        self.reader.get_database_backend() == DbBackend::Sqlite
    }

    /// The only way to write: all or nothing, with its line in the audit log.
    ///
    /// `work` may run more than once, when two writes meet; it must do nothing outside
    /// the database. What must happen outside goes to the outbox.
    ///
    /// # Errors
    /// What `work` answers; `Busy` when the database cannot take the write.
    pub async fn write<T, F, W>(&self, ctx: &Ctx, action: &'static str, work: F) -> Result<T>
    where
        T: Send,
        F: Fn(Tx) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        self.retried(&self.writer, ctx, Some(action), work).await
    }

    /// As [`Store::write`], to record only that somebody looked: it is written before the answer
    /// goes out, but nobody who searches waits for the disk. A power cut may lose the latest
    /// of such records, and nothing else (`docs/decisions/0013-looks-do-not-wait.md`).
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn look<T, F, W>(&self, ctx: &Ctx, action: &'static str, work: F) -> Result<T>
    where
        T: Send,
        F: Fn(Tx) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        self.retried(&self.looks, ctx, Some(action), work).await
    }

    /// As [`Store::write`] for the platform's own bookkeeping (leases, counters), which
    /// leaves no line in the audit log.
    pub(super) async fn write_unaudited<T, F, W>(&self, ctx: &Ctx, work: F) -> Result<T>
    where
        T: Send,
        F: Fn(Tx) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        self.retried(&self.writer, ctx, None, work).await
    }

    /// A thin shim for each kind of work, so that what follows is compiled once.
    async fn retried<T, F, W>(
        &self,
        db: &DatabaseConnection,
        ctx: &Ctx,
        action: Option<&'static str>,
        work: F,
    ) -> Result<T>
    where
        T: Send,
        F: Fn(Tx) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        let answer = Mutex::new(None);
        let step = |tx: Tx| -> Step<'_> {
            let done = work(tx);
            Box::pin(async {
                let done = done.await?;
                *answer.lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
                Ok(())
            })
        };
        self.run(db, ctx, action, &step).await?;

        let answer = answer.into_inner().unwrap_or_else(|e| e.into_inner());
        answer.ok_or_else(|| Error::internal("a write ended without an answer"))
    }

    async fn run<'s>(
        &self,
        db: &DatabaseConnection,
        ctx: &Ctx,
        action: Option<&'static str>,
        step: &'s (dyn Fn(Tx) -> Step<'s> + Sync),
    ) -> Result<()> {
        let mut tries = 0;

        loop {
            tries += 1;
            match self.try_write(db, ctx, action, step).await {
                Err(Error::Conflict) if tries < TRIES => {
                    // Longer each time, so that those who met do not meet again at once.
                    let wait = Duration::from_millis(u64::from(2 * tries * tries));
                    tokio::time::sleep(wait).await;
                }
                Err(Error::Conflict) => return Err(Error::Busy),
                Err(Error::NotStored) => {
                    // Nobody needs to wait for the next beat to know.
                    self.note_beat(None);
                    return Err(Error::NotStored);
                }
                other => return other,
            }
        }
    }

    /// As [`Store::write`], but a request repeated under the same key gets the first answer.
    ///
    /// # Errors
    /// `idempotency.mismatch` when the same key comes with another request.
    pub async fn write_once<T, F, W>(
        &self,
        ctx: &Ctx,
        action: &'static str,
        once: Option<&Once>,
        work: F,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Send,
        F: Fn(Tx) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        let work = &work;
        self.write(ctx, action, |tx| async move {
            let Some(once) = once else { return work(tx).await };
            if let Some(answer) = idempotency::earlier_answer(&tx, action, once).await? {
                return Ok(serde_json::from_str(&answer)?);
            }
            let answer = work(tx.clone()).await?;
            idempotency::keep(&tx, action, once, &serde_json::to_string(&answer)?).await?;
            Ok(answer)
        })
        .await
    }

    async fn try_write<'s>(
        &self,
        db: &DatabaseConnection,
        ctx: &Ctx,
        action: Option<&'static str>,
        step: &'s (dyn Fn(Tx) -> Step<'s> + Sync),
    ) -> Result<()> {
        let tx = Tx(Arc::new(Inner {
            db: self.begin(db).await?,
            ctx: ctx.clone(),
            entries: Mutex::default(),
            random: self.random.clone(),
            work: AtomicBool::new(false),
        }));

        let outcome = match (step(tx.clone()).await, action) {
            (Ok(()), Some(action)) => audit::append(&tx, action, tx.take_entries()).await,
            (outcome, _) => outcome,
        };

        let inner =
            Arc::into_inner(tx.0).ok_or(Error::internal("a transaction outlived its work"))?;

        match outcome {
            Ok(()) => {
                inner.db.commit().await?;
                if inner.work.into_inner() {
                    self.wake.notify_one();
                }
                Ok(())
            }
            Err(error) => {
                // What went wrong first is the answer; a failed ROLLBACK closes the connection.
                let _ = inner.db.rollback().await;
                Err(error)
            }
        }
    }

    /// Opens a transaction. A connection that was lost while it rested is no reason to refuse:
    /// nothing was done on it, so another one is taken.
    async fn begin(&self, db: &DatabaseConnection) -> Result<Transaction> {
        let pool = Pool::of(db);
        let mut tries = 0;
        loop {
            tries += 1;
            match Transaction::begin(&pool, &self.statements).await {
                Err(DbErr::Query(_)) if tries < BEGINS => {}
                other => return Ok(other?),
            }
        }
    }

    /// Remembers how the last beat went.
    pub(super) fn note_beat(&self, beat: Beat) {
        *self.beat.lock().unwrap_or_else(|e| e.into_inner()) = Some(beat);
    }

    /// How the last beat went; none where nobody beats.
    pub(super) fn last_beat(&self) -> Option<Beat> {
        *self.beat.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.reader.ping().await?)
    }

    /// Closes all connections.
    pub async fn close(self) -> anyhow::Result<()> {
        self.looks.close().await?;
        self.reader.close().await?;
        self.writer.close().await?;
        Ok(())
    }
}

fn counted(mut db: DatabaseConnection, statements: &Arc<AtomicU64>) -> DatabaseConnection {
    let statements = statements.clone();
    db.set_metric_callback(move |_| {
        statements.fetch_add(1, Ordering::Relaxed);
    });
    db
}

/// The rows that `scope` reaches, by the columns that hold their programme and their ward.
pub fn reached(scope: &Scope, programme: impl ColumnTrait, ward: impl ColumnTrait) -> Condition {
    let Some(reach) = &scope.reach else { return Condition::all() };
    reach.iter().fold(Condition::any(), |any, one| {
        let programme = one.programme_id.map(|id| programme.eq(id));
        let ward = one.ward_id.map(|id| ward.eq(id));
        any.add(Condition::all().add_option(programme).add_option(ward))
    })
}

/// The rows that `scope` reaches, by the one column that holds their programme.
pub fn reached_programmes(scope: &Scope, programme: impl ColumnTrait) -> Condition {
    match &scope.reach {
        Some(reach) if reach.iter().all(|one| one.programme_id.is_some()) => {
            Condition::all().add(programme.is_in(reach.iter().filter_map(|one| one.programme_id)))
        }
        _ => Condition::all(),
    }
}

/// The rows that `scope` reaches, by the one column that holds their ward.
pub fn reached_wards(scope: &Scope, ward: impl ColumnTrait) -> Condition {
    Condition::all().add_option(scope.wards().map(|ids| ward.is_in(ids)))
}

/// Locks the rows of `select` until the transaction ends (SQLite has one writer anyway).
pub fn locked<E: EntityTrait>(select: Select<E>) -> Select<E> {
    select.lock_exclusive()
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(3))
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

fn sqlite_options(
    url: &str,
    connections: u32,
    synchronous: sqlx::sqlite::SqliteSynchronous,
) -> ConnectOptions {
    let mut options = options(url, connections);
    options.acquire_timeout(Duration::from_secs(10));
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-16000")
    });
    options
}
