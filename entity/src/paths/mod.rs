//! 受講フロー: one person's ordered steps.

pub mod path;
pub mod path_evidence;
pub mod path_step;
