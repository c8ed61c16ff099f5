//! Tables that are not the domain.

pub mod audit;
pub mod form_draft;
pub mod idempotency;
pub mod outbox;
pub mod rate_counter;
