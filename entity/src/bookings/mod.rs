//! 予約: seats, slots, waits, offers, attendance.

pub mod booking;
pub mod booking_origin;
pub mod resident_busy;
pub mod web_application;
