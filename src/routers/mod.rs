//! 地域BWA: the register of routers and SIMs, their tests, and the trials of TV push.
//!
//! ```text
//!             placed                  sent in
//!   stock <-----------> in_use <-----------------> repair
//!     |      fetched       |         mended           |
//!     +--------------------+--------------------------+----> retired (does not come back)
//! ```
//!
//! - A router in use stands somewhere: a ward office, a disaster base (地域防災拠点), a venue.
//! - A BWA router in use has a SIM; a SIM is in one router. A Wi-Fi point has none.
//! - Every change of state or place is kept, and every test with its day and its result.
//! - What was not tested for six months is due: a router that is for a disaster and was never
//!   switched on is not there.
//! - A session shows how its venue is connected.
//!
//! Source: 横浜DX戦略 重点方針3 令和4年度の取組実績 No3.4.3.

pub mod actions;
pub mod api;
pub mod pages;
pub mod queries;
pub mod rules;

pub use entity::routers::{bwa_milestone, router, router_change, router_test, tv_push_trial};
pub use queries::connectivity;
pub use rules::Connectivity;

use crate::platform::Room;
use crate::platform::room::Entry;
use crate::platform::web::door::{Right, rights};

rights! {
    /// Keeps the register of routers, each within its wards.
    Network = "network": [Coordinator, ProgrammeManager, WardOfficer]
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Network::RIGHTS],
    menu: &[Entry::new(("network", 80), "/routers", "nav.routers", Network::opens)],
    pages: pages::pages,
    ..Room::new("routers", include_str!("../../seeds/wording/routers.tsv"))
};
