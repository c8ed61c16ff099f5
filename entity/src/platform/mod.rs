//! Tables that are not the domain.

pub mod audit;
pub mod form_draft;
pub mod heartbeat;
pub mod house_fact;
pub mod idempotency;
pub mod municipality;
pub mod outbox;
pub mod rate_counter;
pub mod role;
pub mod schema_floor;
