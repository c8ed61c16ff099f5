//! One error for the whole house, without transport. Its two faces are in `web`.

use std::panic::Location;
use std::sync::Arc;

use sea_orm::{DbErr, SqlErr};

/// What an action or a finder answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a rule of a room says no: each room has its own, written with `refusals!`.
pub trait Reason: Copy {
    /// Stable code, and the end of the wording key `refused.<code>`.
    fn code(self) -> &'static str;

    /// The reason with this code, when it is one of these.
    fn from_code(code: &str) -> Option<Self>;
}

/// The reasons of a room: an enum whose every reason has a code, so that none is forgotten.
macro_rules! refusals {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $reason:ident => $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$what])* $reason,)+ }

        impl $name {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$reason,)+];

            /// Stable code, and the end of the wording key `refused.<code>`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$reason => $code,)+ }
            }
        }

        impl $crate::platform::error::Reason for $name {
            fn code(self) -> &'static str {
                Self::code(self)
            }

            fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.code() == code)
            }
        }
    };
}
pub(crate) use refusals;

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Does not exist, or lies outside the asker's scope. 404.
    #[error("not found")]
    NotFound,
    /// Nobody is logged in. 401; a page leads to the login.
    #[error("not logged in")]
    Unauthorized,
    /// The role does not allow it. 403.
    #[error("forbidden")]
    Forbidden,
    /// A rule of the domain says no. 409.
    #[error("refused: {}", .0.code)]
    Refused(Refused),
    /// Something speaks against it that a person may accept: nothing was stored, and the same wish
    /// with the answer is done. 409.
    #[error("asked: {}", .0.points.iter().map(|p| p.wording).collect::<Vec<_>>().join(", "))]
    Asked(Question),
    /// The same one-time key came with another request before. 422.
    #[error("another request under the same key")]
    Mismatch,
    /// The body is larger than we read. 413.
    #[error("too large")]
    TooLarge,
    /// Fields that must be mended. 422.
    #[error("invalid: {}", .0.iter().map(|f| f.field.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// The request itself cannot be read. 400.
    #[error("bad request")]
    BadRequest,
    /// One header, or one field that every form carries, cannot be read. 400.
    #[error("unreadable: {}", .0.field)]
    Unreadable(FieldError),
    /// What is to be changed was not read first: `If-Match` is missing, or names everything. 428.
    #[error("nothing was seen before")]
    Unseen,
    /// The record was changed by somebody else meanwhile. 409.
    #[error("stale")]
    Stale,
    /// Too many tries; seconds to wait. 429.
    #[error("too many requests")]
    TooMany(u32),
    /// The database is overloaded or away. 503.
    #[error("busy")]
    Busy,
    /// The database answers, but stores nothing: its disk is full or failing, or it is read-only.
    /// What was asked was not done. 503.
    #[error("not stored")]
    NotStored,
    /// Two writes met; the transaction is tried again and this never leaves
    /// [`super::Store::write`].
    #[error("write conflict")]
    Conflict,
    /// Everything unforeseen: logged once at the boundary, never shown. 500.
    #[error("internal: {0}")]
    Internal(Fault),
}

/// What was not foreseen, and the line of ours that met it; nothing personal.
#[derive(Clone, Debug)]
pub struct Fault {
    what: Arc<str>,
    at: &'static Location<'static>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}:{}", self.what, self.at.file(), self.at.line())
    }
}

/// A refusal: a stable code, and values for its sentence (wording key `refused.<code>`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub values: Vec<(&'static str, String)>,
}

/// What has to be told before something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The yes to exactly this: a digest of what is wanted and of what speaks against it.
    pub confirm: String,
    /// What speaks against it.
    pub points: Vec<FieldError>,
}

/// What is wrong with one field: the wording key of a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub wording: &'static str,
    pub values: Vec<(&'static str, String)>,
}

impl FieldError {
    /// An error with a sentence that needs no values.
    pub fn new(field: &str, wording: &'static str) -> Self {
        Self { field: field.to_owned(), wording, values: Vec::new() }
    }
}

impl Error {
    /// A refusal whose sentence needs no values.
    pub fn refused(code: &'static str) -> Self {
        Self::Refused(Refused { code, values: Vec::new() })
    }

    /// A refusal whose sentence names something.
    pub fn refused_with(reason: impl Reason, values: Vec<(&'static str, String)>) -> Self {
        Self::Refused(Refused { code: reason.code(), values })
    }

    /// One invalid field.
    pub fn invalid(field: &str, wording: &'static str) -> Self {
        Self::Invalid(vec![FieldError::new(field, wording)])
    }

    /// An unforeseen error; `what` must not hold personal data.
    #[track_caller]
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(Fault { what: what.to_string().into(), at: Location::caller() })
    }

    /// The reason of a room for which this was refused.
    pub fn reason<R: Reason>(&self) -> Option<R> {
        match self {
            Self::Refused(refusal) => R::from_code(refusal.code),
            _ => None,
        }
    }

    /// Whether it was refused for exactly this reason.
    pub fn is(&self, reason: impl Reason) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == reason.code())
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest | Self::Unreadable(_) => 400,
            Self::Unseen => 428,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Refused(_) | Self::Asked(_) | Self::Stale => 409,
            Self::TooLarge => 413,
            Self::Invalid(_) | Self::Mismatch => 422,
            Self::TooMany(_) => 429,
            Self::Internal(_) => 500,
            Self::Busy | Self::NotStored | Self::Conflict => 503,
        }
    }

    /// The stable code of problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unreadable(wrong) => wrong.wording,
            Self::Unseen => "if_match_required",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Refused(refusal) => refusal.code,
            Self::Asked(_) => "confirmation_needed",
            Self::Stale => "stale",
            Self::Invalid(_) => "invalid",
            Self::Mismatch => "idempotency.mismatch",
            Self::TooLarge => "too_large",
            Self::TooMany(_) => "too_many_requests",
            Self::Internal(_) => "internal",
            Self::Busy | Self::Conflict => "busy",
            Self::NotStored => "not_stored",
        }
    }
}

impl<R: Reason> From<R> for Error {
    fn from(reason: R) -> Self {
        Self::refused(reason.code())
    }
}

/// The only place that judges database errors.
///
/// A driver's message can quote a row, so only its kind is kept.
impl From<DbErr> for Error {
    #[track_caller]
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            // A rule should have said no first; another writer was quicker.
            return Self::Conflict;
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return Self::Busy,
            DbErr::RecordNotFound(_) | DbErr::RecordNotUpdated => return Self::NotFound,
            _ => {}
        }
        match sqlx_fault(&error) {
            Some(Driver::Code(code)) => of_code(&code),
            // The connection is gone: somebody ended it, or the server stopped.
            Some(Driver::Connection) => Self::Busy,
            None => Self::internal(kind_of(&error)),
        }
    }
}

/// Judges what a database calls the fault: SQLSTATE on PostgreSQL, a result code on SQLite.
#[track_caller]
fn of_code(code: &str) -> Error {
    // SQLite's extended codes carry the kind in their low byte (sqlite.org/rescode.html).
    if let Ok(number) = code.parse::<u32>()
        && code.len() != 5
    {
        return match number & 0xff {
            // Busy (also with an old snapshot), locked.
            5 | 6 => Error::Conflict,
            // Read-only, I/O, full, cannot open.
            8 | 10 | 13 | 14 => Error::NotStored,
            _ => Error::internal(format_args!("database error {code}")),
        };
    }
    match code {
        // Serialization failure, deadlock.
        "40001" | "40P01" => Error::Conflict,
        // Disk full, I/O, read-only (a standby, say), a file that may not be written.
        "53100" | "58030" | "25006" | "42501" => Error::NotStored,
        // Too many connections, out of memory; ended by an administrator, crashed, starting.
        "53200" | "53300" | "57P01" | "57P02" | "57P03" | "57P05" => Error::Busy,
        _ if code.starts_with("08") => Error::Busy,
        _ => Error::internal(format_args!("database error {code}")),
    }
}

/// How the driver failed.
enum Driver {
    Code(String),
    Connection,
}

fn sqlx_fault(error: &DbErr) -> Option<Driver> {
    let (DbErr::Exec(runtime) | DbErr::Query(runtime)) = error else { return None };
    let sea_orm::RuntimeErr::SqlxError(error) = runtime else { return None };
    match error.as_ref() {
        sqlx::Error::Database(error) => error.code().map(|code| {
            Driver::Code(match error.constraint() {
                Some(constraint) if !code.starts_with("40") => format!("{code} {constraint}"),
                _ => code.into_owned(),
            })
        }),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Some(Driver::Connection),
        _ => None,
    }
}

fn kind_of(error: &DbErr) -> String {
    let text = format!("{error:?}");
    let end = text.find(['(', ' ', '{']).unwrap_or(text.len());
    format!("database error {}", &text[..end])
}

impl From<serde_json::Error> for Error {
    #[track_caller]
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format_args!("json: {:?}", error.classify()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_a_database_has_its_answer() {
        let cases = [
            // Two writes met, or a lock is held: PostgreSQL, then SQLite.
            ("40001", 503, "busy"),
            ("40P01", 503, "busy"),
            ("5", 503, "busy"),
            ("517", 503, "busy"),
            ("6", 503, "busy"),
            // SQLite: full, fsync failed, write failed, read-only, cannot open.
            ("13", 503, "not_stored"),
            ("1034", 503, "not_stored"),
            ("778", 503, "not_stored"),
            ("8", 503, "not_stored"),
            ("14", 503, "not_stored"),
            // PostgreSQL: disk full, I/O, read-only.
            ("53100", 503, "not_stored"),
            ("58030", 503, "not_stored"),
            ("25006", 503, "not_stored"),
            // PostgreSQL: ended by an administrator, crashed, starting, too many, connection lost.
            ("57P01", 503, "busy"),
            ("57P02", 503, "busy"),
            ("57P03", 503, "busy"),
            ("53300", 503, "busy"),
            ("08006", 503, "busy"),
            // Ours to mend: a syntax error, a missing table, a broken CHECK.
            ("42601", 500, "internal"),
            ("1", 500, "internal"),
            ("275 seats", 500, "internal"),
            ("23514 seats", 500, "internal"),
        ];

        for (code, status, name) in cases {
            let error = of_code(code);
            assert_eq!((error.status(), error.code()), (status, name), "{code}");
        }
    }
}
