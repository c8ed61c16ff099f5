//! All that is not the domain. This room knows no other room.

pub mod actor;
pub mod app;
pub mod audit;
pub mod cells;
pub mod clock;
pub mod config;
pub mod db;
pub mod draft;
pub mod error;
pub mod heartbeat;
pub mod idempotency;
pub mod lock;
pub mod origin;
pub mod outbox;
pub mod personal;
pub mod random;
pub mod rate;
pub mod room;
pub mod said;
pub mod secret;
pub mod web;
pub mod words;

/// What is the same everywhere in Japan, and the text that people type: a crate of its own.
pub use japan::{self, text};

pub use actor::{Actor, Ctx, Grant, Reach, Scope};
pub use app::App;
pub use db::{Page, Store, Tx};
pub use error::{Error, FieldError, Question, Refused, Result};
pub use origin::Origin;
pub use personal::Personal;
pub use room::Room;
pub use words::Lang;
