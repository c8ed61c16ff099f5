//! 地域BWA: routers, their tests and changes, trials of TV push, what the papers say.

pub mod bwa_milestone;
pub mod router;
pub mod router_change;
pub mod router_test;
pub mod tv_push_trial;
