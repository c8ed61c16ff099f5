//! The tables of Shirube: one file a table, foldered by the room that owns it.
//!
//! What one row *is* stands above each `Model`. Rules live in the rooms of the
//! `shirube` crate; here are only shapes.

#[macro_use]
mod text_enum;

#[macro_use]
mod belongs_to;

pub mod bookings;
pub mod goals;
pub mod ids;
pub mod inquiries;
pub mod notices;
pub mod paths;
pub mod places;
pub mod platform;
pub mod programmes;
pub mod residents;
pub mod routers;
pub mod sessions;
pub mod staff;
pub mod subsidies;
pub mod surveys;

pub use ids::*;
