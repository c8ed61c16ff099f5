//! Tables that are not the domain.

pub mod audit;
pub mod house_fact;
pub mod idempotency;
pub mod outbox;
pub mod rate_counter;
