//! One error for the whole house, without transport. Its two faces are in `web`.

use std::sync::Arc;

use sea_orm::{DbErr, SqlErr};

/// What an action or a finder answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
    Refused(Refusal),
    /// Something speaks against it that a person may accept: nothing was stored, and the same wish
    /// with the answer is done. 409.
    #[error("asked: {}", .0.points.iter().map(|p| p.wording).collect::<Vec<_>>().join(", "))]
    Asked(Question),
    /// Fields that must be mended. 422.
    #[error("invalid: {}", .0.iter().map(|f| f.field.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// The request itself cannot be read. 400.
    #[error("bad request")]
    BadRequest,
    /// The record was changed by somebody else meanwhile. 409.
    #[error("stale")]
    Stale,
    /// Too many tries; seconds to wait. 429.
    #[error("too many requests")]
    TooMany(u32),
    /// The database is overloaded or away. 503.
    #[error("busy")]
    Busy,
    /// Two writes met; the transaction is tried again and this never leaves [`super::Store::write`].
    #[error("write conflict")]
    Conflict,
    /// Everything unforeseen: logged once at the boundary, never shown. 500.
    #[error("internal: {0}")]
    Internal(Arc<str>),
}

/// A refusal: a stable code, and values for its sentence (wording key `refused.<code>`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
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
        Self::Refused(Refusal { code, values: Vec::new() })
    }

    /// One invalid field.
    pub fn invalid(field: &str, wording: &'static str) -> Self {
        Self::Invalid(vec![FieldError::new(field, wording)])
    }

    /// An unforeseen error; `what` must not hold personal data.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string().into())
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Refused(_) | Self::Asked(_) | Self::Stale => 409,
            Self::Invalid(_) => 422,
            Self::TooMany(_) => 429,
            Self::Internal(_) => 500,
            Self::Busy | Self::Conflict => 503,
        }
    }

    /// The stable code of problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Refused(refusal) => refusal.code,
            Self::Asked(_) => "confirmation_needed",
            Self::Stale => "stale",
            Self::Invalid(_) => "invalid",
            Self::TooMany(_) => "too_many_requests",
            Self::Internal(_) => "internal",
            Self::Busy | Self::Conflict => "busy",
        }
    }
}

/// The only place that judges database errors.
///
/// A driver's message can quote a row, so only its kind is kept.
impl From<DbErr> for Error {
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
        match sqlx_code(&error).as_deref() {
            // PostgreSQL: serialization failure, deadlock. SQLite: busy, busy snapshot, locked.
            Some("40001" | "40P01" | "5" | "517" | "6") => Self::Conflict,
            Some(code) => Self::Internal(format!("database error {code}").into()),
            None => Self::Internal(kind_of(&error).into()),
        }
    }
}

fn sqlx_code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(runtime) | DbErr::Query(runtime)) = error else { return None };
    let sea_orm::RuntimeErr::SqlxError(error) = runtime else { return None };
    match error.as_database_error() {
        Some(error) => error.code().map(|code| match error.constraint() {
            Some(constraint) if !code.starts_with("40") => format!("{code} {constraint}"),
            _ => code.into_owned(),
        }),
        None => None,
    }
}

fn kind_of(error: &DbErr) -> String {
    let text = format!("{error:?}");
    let end = text.find(['(', ' ', '{']).unwrap_or(text.len());
    format!("database error {}", &text[..end])
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format_args!("json: {:?}", error.classify()))
    }
}
