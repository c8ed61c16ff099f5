//! The schema of Shirube, one step a file, named by room.
//!
//! Each step is SQL written by hand, with a few type words that `sql.rs` spells
//! for SQLite or PostgreSQL. Steps are never edited once released: expand, then contract.
//!
//! There is no m0015 and no m0019: no step ever had these numbers, and nothing is
//! renumbered.

pub use sea_orm_migration::prelude::*;

mod m0001_platform;
mod m0002_places;
mod m0003_staff;
mod m0004_residents;
mod m0005_programmes;
mod m0006_sessions;
mod m0007_bookings;
mod m0008_paths;
mod m0009_inquiries;
mod m0010_notices;
mod m0011_surveys;
mod m0012_subsidies;
mod m0013_goals;
mod m0014_routers;
mod m0016_survey_ways;
mod m0017_project_changes;
mod m0018_notice_former_time;
mod m0020_web_application;
mod m0021_origins;
mod m0022_project_retention;
mod m0023_residents;
mod m0024_inquiry_booking;
mod m0025_places_open_days;
mod m0026_letters;
mod m0027_platform_kept;
mod m0028_mail_address;
mod m0120_form_draft;
mod m0121_staff_devices;
mod m0123_bookings;
mod m0124_phone_owner;
mod m0125_stored_forms;
mod sql;

/// All steps in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_platform::STEP),
            Box::new(m0002_places::STEP),
            Box::new(m0003_staff::STEP),
            Box::new(m0004_residents::STEP),
            Box::new(m0005_programmes::STEP),
            Box::new(m0006_sessions::STEP),
            Box::new(m0007_bookings::STEP),
            Box::new(m0008_paths::STEP),
            Box::new(m0009_inquiries::STEP),
            Box::new(m0010_notices::STEP),
            Box::new(m0011_surveys::Migration),
            Box::new(m0012_subsidies::STEP),
            Box::new(m0013_goals::STEP),
            Box::new(m0014_routers::STEP),
            Box::new(m0016_survey_ways::STEP),
            Box::new(m0017_project_changes::STEP),
            Box::new(m0018_notice_former_time::STEP),
            Box::new(m0020_web_application::STEP),
            Box::new(m0021_origins::STEP),
            Box::new(m0022_project_retention::STEP),
            Box::new(m0023_residents::STEP),
            Box::new(m0024_inquiry_booking::STEP),
            Box::new(m0025_places_open_days::STEP),
            Box::new(m0026_letters::STEP),
            Box::new(m0027_platform_kept::STEP),
            Box::new(m0028_mail_address::STEP),
            Box::new(m0120_form_draft::STEP),
            Box::new(m0121_staff_devices::STEP),
            Box::new(m0123_bookings::STEP),
            Box::new(m0124_phone_owner::STEP),
            Box::new(m0125_stored_forms::Migration),
        ]
    }
}
