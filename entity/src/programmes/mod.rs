//! 事業 and their yearly plans.

pub mod programme;
pub mod programme_plan;
pub mod programme_result;
pub mod session_kind;
