//! アンケート: what people tell before, at the end of a class, and three months after it.

pub mod class_answers;
pub mod follow_up;
pub mod follow_up_booking;
pub mod survey_call;
