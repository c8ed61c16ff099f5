//! 電話受付: the operator's one screen, from the first ring to the booking number.
//!
//! The desk composes the rooms above and owns no table. A call is the operator's draft of an
//! inquiry (one at most) and, once a day was chosen, a seat kept for five minutes. Every post
//! of the desk saves the draft first, so nothing that was said is lost.
//!
//! All of it works as plain forms. The script `desk.js` posts the same forms in the
//! background and adds the keys.

pub mod actions;
pub mod ahead;
pub mod pages;
pub mod queries;
pub mod rules;

use crate::platform::Room;
use crate::platform::room::{Asset, Entry};
use crate::residents::Desk;

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    menu: &[
        Entry {
            home: |ctx| Desk::opens(ctx).then_some(2),
            ..Entry::new(("calls", 10), "/desk", "nav.desk", Desk::opens)
        },
        Entry::new(("people", 21), "/same", "nav.same", Desk::opens),
    ],
    assets: &[Asset::script("desk.js", include_str!("pages/desk.js"))],
    pages: pages::pages,
    hangs: Some(|app, ctx, person| Box::pin(ahead::points(app, ctx, person))),
    ..Room::new("desk", include_str!("../../seeds/wording/desk.tsv"))
};
