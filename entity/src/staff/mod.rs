//! Who works here: people, roles, logins, assignments.

pub mod assignment;
pub mod login;
pub mod role_grant;
pub mod staff_busy;
pub mod staff_device;
pub mod staff_member;
pub mod work;
