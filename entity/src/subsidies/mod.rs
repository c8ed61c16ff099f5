//! 区の支援事業: rounds, projects and what becomes of them.

pub mod application_section;
pub mod application_version;
pub mod budget_line;
pub mod cost_result;
pub mod goal_result;
pub mod payment;
pub mod practice;
pub mod practice_step;
pub mod project;
pub mod project_change;
pub mod project_deadline;
pub mod project_decision;
pub mod project_goal;
pub mod project_report;
pub mod project_retention;
pub mod project_session;
pub mod review_score;
pub mod reviewer;
pub mod section_message;
pub mod subsidy_round;
