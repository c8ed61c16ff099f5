//! A write transaction that owns its connection.
//!
//! sqlx counts by itself how deep a connection is in transactions. When SQLite rolls back on its own
//! (disk full, a failed fsync) or a caller hangs up during BEGIN, that count is wrong, and the next
//! borrower writes into a transaction that nobody commits. So BEGIN, COMMIT and ROLLBACK are plain
//! statements here, and a connection goes back to its pool only after one of the last two was
//! answered; in every other case it is closed (`docs/decisions/0022-a-write-owns-its-transaction.md`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sea_orm::sea_query::Values;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement,
};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Sqlite, SqlitePool};
use tokio::sync::Mutex;

/// Where write transactions take their connections from.
#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// The pool behind a connection of SeaORM.
    pub(super) fn of(db: &DatabaseConnection) -> Self {
        match db.get_database_backend() {
            DbBackend::Postgres => Self::Postgres(db.get_postgres_connection_pool().clone()),
            _ => Self::Sqlite(db.get_sqlite_connection_pool().clone()),
        }
    }
}

/// An open write transaction. Dropped before its COMMIT or ROLLBACK was answered, its connection
/// is closed, and with that the transaction is undone.
pub struct Transaction {
    held: Mutex<Held>,
    backend: DbBackend,
    statements: Arc<AtomicU64>,
    /// A statement failed. PostgreSQL refuses all that follows by itself; SQLite may have rolled back
    /// without a word, and would store each later statement at once and alone.
    failed: AtomicBool,
}

enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A connection that is closed when dropped, unless it is known to be outside any transaction.
struct Held {
    connection: Connection,
    ended: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.close_on_drop(),
            Connection::Postgres(connection) => connection.close_on_drop(),
        }
    }
}

/// Sends `$statement` by `$method` of sqlx on the driver's own connection.
macro_rules! send {
    ($held:expr, $statement:expr, $method:ident) => {{
        let sql = AssertSqlSafe($statement.sql.as_str());
        let values = SqlxValues($statement.values.clone().unwrap_or(Values(Vec::new())));
        match &mut $held.connection {
            Connection::Sqlite(connection) => {
                let query = sqlx::query_with::<Sqlite, _>(sql, values);
                query.$method(&mut **connection).await.map(Answer::Sqlite)
            }
            Connection::Postgres(connection) => {
                let query = sqlx::query_with::<Postgres, _>(sql, values);
                query.$method(&mut **connection).await.map(Answer::Postgres)
            }
        }
    }};
}

/// What a driver answered, in its own type.
enum Answer<S, P> {
    Sqlite(S),
    Postgres(P),
}

impl Held {
    async fn acquire(pool: &Pool) -> Result<Self, sqlx::Error> {
        let connection = match pool {
            Pool::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
            Pool::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        };
        Ok(Self { connection, ended: false })
    }

    /// Sends a statement as it stands, without preparing it.
    async fn plain(&mut self, sql: &str) -> Result<ExecResult, sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.execute(sql).await.map(Into::into),
            Connection::Postgres(connection) => connection.execute(sql).await.map(Into::into),
        }
    }
}

impl Transaction {
    /// Opens a transaction on a connection of `pool`.
    ///
    /// # Errors
    /// Nothing was done: no connection was free, or BEGIN failed and the connection was closed.
    pub(super) async fn begin(pool: &Pool, statements: &Arc<AtomicU64>) -> Result<Self, DbErr> {
        let mut held = Held::acquire(pool).await.map_err(acquire_error)?;
        let (backend, begin) = match pool {
            // A deferred transaction that reads and then writes fails when another wrote meanwhile.
            // Inside an open transaction SQLite refuses BEGIN, so none is ever joined unseen.
            Pool::Sqlite(_) => (DbBackend::Sqlite, "BEGIN IMMEDIATE"),
            Pool::Postgres(_) => (DbBackend::Postgres, "BEGIN"),
        };
        held.plain(begin).await.map_err(query_error)?;
        Ok(Self {
            held: Mutex::new(held),
            backend,
            statements: statements.clone(),
            failed: AtomicBool::new(false),
        })
    }

    /// Keeps what was done.
    ///
    /// # Errors
    /// It is not known whether it was kept; the connection is closed.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        if self.failed.load(Ordering::Acquire) {
            return Err(went_on());
        }
        self.end("COMMIT").await
    }

    /// Undoes what was done.
    ///
    /// # Errors
    /// The connection is closed, which undoes it too.
    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        self.end("ROLLBACK").await
    }

    async fn end(self, sql: &str) -> Result<(), DbErr> {
        let mut held = self.held.into_inner();
        held.plain(sql).await.map_err(query_error)?;
        held.ended = true;
        Ok(())
    }

    fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Refuses to go on after a statement that failed.
    fn sound(&self) -> Result<(), DbErr> {
        if self.failed.load(Ordering::Acquire) { Err(went_on()) } else { Ok(()) }
    }

    fn failed(&self, error: DbErr) -> DbErr {
        self.failed.store(true, Ordering::Release);
        error
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.sound()?;
        self.count();
        let mut held = self.held.lock().await;
        match send!(held, stmt, execute) {
            Ok(Answer::Sqlite(done)) => Ok(done.into()),
            Ok(Answer::Postgres(done)) => Ok(done.into()),
            Err(error) => Err(self.failed(exec_error(error))),
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.sound()?;
        self.count();
        let mut held = self.held.lock().await;
        held.plain(sql).await.map_err(|error| self.failed(exec_error(error)))
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.sound()?;
        self.count();
        let mut held = self.held.lock().await;
        match send!(held, stmt, fetch_optional) {
            Ok(Answer::Sqlite(row)) => Ok(row.map(Into::into)),
            Ok(Answer::Postgres(row)) => Ok(row.map(Into::into)),
            Err(error) => Err(self.failed(query_error(error))),
        }
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.sound()?;
        self.count();
        let mut held = self.held.lock().await;
        match send!(held, stmt, fetch_all) {
            Ok(Answer::Sqlite(rows)) => Ok(rows.into_iter().map(Into::into).collect()),
            Ok(Answer::Postgres(rows)) => Ok(rows.into_iter().map(Into::into).collect()),
            Err(error) => Err(self.failed(query_error(error))),
        }
    }
}

fn acquire_error(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))),
    }
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

fn went_on() -> DbErr {
    DbErr::Custom("a write went on after a statement that failed".to_owned())
}
