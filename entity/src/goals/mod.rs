//! 目標・実績・達成状況.

pub mod goal_actual;
pub mod goal_cell;
pub mod goal_change;
pub mod goal_edition;
pub mod goal_frozen;
pub mod goal_item;
pub mod goal_measure;
pub mod goal_plan;
pub mod goal_procedure;
pub mod goal_review;
pub mod goal_saving;
pub mod goal_theme;
