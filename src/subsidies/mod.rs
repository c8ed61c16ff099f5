//! 区の支援事業: what a ward applies for, gets, does, reports and gives on to other wards
//! (横浜DX戦略 重点方針3 令和4年度の取組実績 No3.4.1, デジタルデバイド対応支援事業).
//!
//! ```text
//!           submit               start_review           adopt
//!   draft ---------> submitted ---------------> in_review -----------> adopted
//!                     ^    | return_application   |  |  |  conditionally  ^
//!               submit|    v                      |  |  +--> conditional -+ meet_conditions
//!                    returned <-------------------+  +-----> rejected
//!
//!            grant            start            submit_report         fix
//!   adopted -------> granted -------> running ---------------> reported -----> fixed
//!                      | change, pay    | change, pay   ^  | return_report       |
//!                      +--- stop -------+--> stopped ---+  v                     | settle
//!                                                report_returned                 v
//!                                model <----------- verified <----------- settled
//!                                      mark_model              verify
//! ```
//!
//! `withdraw` leads from every state before the grant to `withdrawn`. The whole table is
//! [`crate::subsidies::rules::states::TABLE`].
//!
//! - A submitted version is never changed; goals are fixed with it, before the project starts.
//! - 確定額 ≤ 交付決定額 after changes; 返還額 = 概算払 − 確定額 ≥ 0; nothing is paid before the
//!   grant decision ([`crate::subsidies::rules::money`]).
//! - A ward officer reads the own ward's projects and what was adopted elsewhere; headquarters
//!   reads all; a partner has no login ([`crate::subsidies::access`]).
//! - Whoever has a conflict of interest, or works for the applying ward, scores nothing.
//! - 定着 of its people is counted with the report and kept, and once more after the last follow-up:
//!   it never follows the sessions that somebody puts under the project
//!   ([`crate::subsidies::rules::retention`]).
//! - What sessions count stands beside what was written by hand, and neither replaces the other.

pub mod access;
pub mod actions;
pub mod api;
pub mod pages;
pub mod queries;
pub mod rules;

pub use entity::subsidies::{
    application_section, application_version, practice, practice_step, project, project_change,
    project_deadline, project_decision, subsidy_round,
};
pub use queries::{ProjectFilter, ProjectRow};

/// Outbox job: a deadline is near. Payload: [`Reminder`].
pub const REMIND: &str = "remind_deadline";

/// Outbox job: a report went out, and 定着 of its people is to be counted. Payload: [`Named`].
pub const FREEZE: &str = "freeze_retention";

/// Payload of [`FREEZE`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Named {
    pub municipality_id: entity::MunicipalityId,
    pub project_id: entity::ProjectId,
}

/// Payload of [`REMIND`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Reminder {
    pub municipality_id: entity::MunicipalityId,
    pub deadline_id: entity::ProjectDeadlineId,
}

use crate::inquiries::Calls;
use crate::platform::Ctx;
use crate::platform::Room;
use crate::platform::room::Entry;
use crate::platform::web::door::Right;
use crate::subsidies::access::{Applying, Reading, Reviewing};

/// Whether somebody is a ward officer, or headquarters.
fn takes_part(ctx: &Ctx) -> bool {
    Reading::scope(ctx).is_ok()
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Reviewing::RIGHTS, Applying::RIGHTS, Reading::RIGHTS],
    menu: &[
        Entry {
            // Headquarters may look at the desk; its work is with the wards' projects.
            home: |ctx| takes_part(ctx).then(|| if Calls::opens(ctx) { 6 } else { 1 }),
            ..Entry::new(("wards", 60), "/projects", "projects.title", takes_part)
        },
        Entry::new(("wards", 61), "/rounds", "rounds.title", takes_part),
        Entry::new(("wards", 62), "/practices", "practices.title", takes_part),
    ],
    jobs: &[(REMIND, actions::remind_job), (FREEZE, actions::freeze_job)],
    pages: pages::pages,
    ..Room::new("subsidies", include_str!("../../seeds/wording/subsidies.tsv"))
};
