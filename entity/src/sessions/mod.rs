//! 開催回: dated classes, consultation days and events.

pub mod room_busy;
pub mod seat;
pub mod session;
pub mod slot;
