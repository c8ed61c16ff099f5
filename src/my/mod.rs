//! The resident's own pages: look for a session, book it, see, change and cancel a booking, see
//! the path. No account, no e-mail, no JavaScript; every page gives the phone number.
//!
//! This room owns no table. What a person has typed so far is kept for a day under a key that only
//! that person's own browser has (`platform::draft`); nothing personal is ever in an address or a
//! cookie. Whoever
//! has once said a booking number and the last four digits of its phone number carries a
//! `proof` for two hours; whoever has just booked carries one that reaches that booking only. Every
//! change is a post that answers with a redirect, so that the back button, reloading, the other
//! language and the larger text lose nothing.

pub mod actions;
pub mod even;
pub mod known;
pub mod limits;
pub mod pages;
pub mod proof;
pub mod queries;
pub mod rules;
pub mod view;

use crate::platform::web::door::{Right, Rights};
use crate::platform::{Ctx, Result, Room, Scope};

/// The key to these pages, which everybody has.
#[derive(Clone, Copy, Debug)]
pub struct Anybody;

impl Right for Anybody {
    const RIGHTS: Rights = Rights { name: "anybody", roles: &[] };

    fn scope(ctx: &Ctx) -> Result<Scope> {
        Ok(ctx.public_scope())
    }
}

/// What the house has to know of this room.
pub const ROOM: Room =
    Room { pages: pages::pages, ..Room::new("my", include_str!("../../seeds/wording/my.tsv")) };
