//! Where things are: municipalities, wards, areas, venues, rooms, closed days.
//!
//! A municipality's call centre has hours on some days of the week; it is closed on holidays, from
//! 29 December to 3 January and on the days in `closure`.

pub mod queries;

pub use entity::places::{area, closure, municipality, room, venue, ward};
pub use queries::opening_hours;
