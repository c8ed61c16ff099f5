//! The public pages: first page, sessions, booking, a person's own booking and path.

mod book;
mod home;
mod jar;
mod mine;
mod move_day;
mod owner;
mod path;
mod view;

use poem::{EndpointExt, Route, get, post};

use super::Anybody;
use super::even::evenly;
use crate::platform::web::door::Visit;

/// Whoever comes to these pages.
type Guest = Visit<Anybody>;

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/", get(home::first_page))
        .at("/events", get(home::events))
        .at("/events/:id", get(home::event))
        .at("/call", get(home::call))
        .at("/book/:key", get(book::start))
        .at("/book/:key/done", get(book::show_done))
        .at("/book/:key/stop", post(book::stop))
        .at("/book/:key/:step", get(book::show).post(book::answer))
        .at("/my", get(mine::ask).post(mine::look_up))
        .at("/my/booking", get(mine::show))
        .at("/my/calendar.ics", get(mine::calendar))
        .at("/my/cancel", get(mine::ask_cancel).post(mine::cancel.around(evenly)))
        .at("/my/give-back", post(mine::give_back.around(evenly)))
        .at("/my/accept", post(mine::accept.around(evenly)))
        .at("/my/again", post(mine::send_again.around(evenly)))
        .at("/my/close", post(mine::close))
        .at("/my/day", get(move_day::show_days))
        .at("/my/day/:id", get(move_day::confirm).post(move_day::move_day.around(evenly)))
        .at("/my/path", get(path::path))
}
