//! The verbs: log in and out, hire, give and end roles, assign.

mod duties;
mod login;
mod people;
mod refusals;
mod roles;

pub use duties::{assign, keep, release, release_session};
pub use login::{NewLogin, authenticate, log_in, log_in_on, log_out};
pub use people::{NewStaff, create_staff, disable_staff, enable_staff, set_password};
pub use refusals::record_refusal;
pub use roles::{grant_role, revoke_role};
