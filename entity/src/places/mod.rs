//! Where things are: municipalities, wards, areas, venues, rooms, closures.

pub mod area;
pub mod closure;
pub mod room;
pub mod venue;
pub mod ward;

pub use crate::platform::municipality;
