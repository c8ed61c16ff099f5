//! Pages of sessions and their rosters.

mod attend;
mod bursts;
mod change;
mod forms;
mod lines;
mod list;
mod move_one;
mod paper;
mod plan;
mod session;
mod walk_in;

use poem::{Route, get, post};

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/bursts", get(bursts::list))
        .at("/bursts/:id", get(bursts::show))
        .at("/bursts/:id/cancel", post(bursts::cancel))
        .at("/bursts/:id/vouch", post(bursts::vouch))
        .at("/bookings/:id/move", get(move_one::show).post(move_one::move_it))
        .at("/sessions", get(list::show))
        .at("/sessions/new", get(plan::show).post(plan::create))
        .at("/sessions/:id", get(session::show))
        .at("/sessions/:id/attend", get(attend::show))
        .at("/sessions/:id/attendance", post(attend::record))
        .at("/sessions/:id/numbers", post(attend::preview))
        .at("/sessions/:id/present", post(attend::record_many))
        .at("/sessions/:id/offer", post(session::answer_offer))
        .at("/sessions/:id/walk-in", get(walk_in::show).post(walk_in::act))
        .at("/sessions/:id/roster", get(paper::show))
        .at("/sessions/:id/change", get(change::show))
        .at("/sessions/:id/edit", post(change::edit))
        .at("/sessions/:id/move", post(change::move_session))
        .at("/sessions/:id/staff", post(change::change_staff))
        .at("/sessions/:id/cancel", post(change::cancel))
}
