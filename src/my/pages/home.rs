//! The first page, the sessions in words, and how to call.

use askama::Template;
use entity::SessionId;
use entity::places::area;
use entity::sessions::session::SessionKind;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::Guest;
use crate::my::queries;
use crate::my::view::{SessionView, TimeView};
use crate::platform::Result;
use crate::platform::japan::time::local_date;
use crate::platform::web::Page;
use crate::platform::web::form::Query;
use crate::platform::web::page::render;
use crate::{places, routers};

/// Sessions on the first page.
const FIRST: usize = 3;
/// Sessions on a page of the list.
const LISTED: usize = 20;

#[derive(Template)]
#[template(path = "my/pages/home.html")]
struct Home {
    page: Page,
    coming: Vec<SessionView>,
}

/// `/`
#[handler]
pub async fn first_page(guest: Guest) -> Result<Response> {
    let coming = queries::coming(guest.db(), &guest.ctx, None, None, FIRST, None).await?.items;
    render(&Home { page: guest.page, coming })
}

/// What a list of sessions is narrowed to.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EventsQuery {
    place: String,
    kind: String,
    after: String,
    /// The draft of a booking could not be found again.
    again: String,
}

#[derive(Template)]
#[template(path = "my/pages/events.html")]
struct Events {
    page: Page,
    sessions: Vec<SessionView>,
    areas: Vec<area::Model>,
    /// The chosen kind and the code of the chosen place; empty for all.
    kind: &'static str,
    place: String,
    /// Where the next page begins.
    next: Option<String>,
    later: bool,
    again: bool,
}

impl Events {
    fn is_narrowed(&self) -> bool {
        !self.kind.is_empty() || !self.place.is_empty()
    }

    fn of_kind(&self, kind: &str) -> String {
        list_link(kind, &self.place, "")
    }

    fn of_place(&self, place: &str) -> String {
        list_link(self.kind, place, "")
    }

    fn beginning_at(&self, after: &str) -> String {
        list_link(self.kind, &self.place, after)
    }
}

/// `/events`
#[handler]
pub async fn events(guest: Guest, Query(query): Query<EventsQuery>) -> Result<Response> {
    let db = guest.db();
    let kind = SessionKind::from_text(&query.kind);
    let areas = places::queries::list_areas(db, &guest.scope).await?;
    let code = Some(query.place).filter(|code| areas.iter().any(|area| area.code == *code));
    let after = Some(query.after.as_str()).filter(|after| !after.is_empty());
    let found = queries::coming(db, &guest.ctx, kind, code.clone(), LISTED, after).await?;

    render(&Events {
        sessions: found.items,
        areas,
        kind: kind.map_or("", SessionKind::as_str),
        place: code.unwrap_or_default(),
        next: found.next,
        later: after.is_some(),
        again: !query.again.is_empty(),
        page: guest.page,
    })
}

fn list_link(kind: &str, place: &str, after: &str) -> String {
    let pairs: Vec<String> = [("kind", kind), ("place", place), ("after", after)]
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if pairs.is_empty() { "/events".to_owned() } else { format!("/events?{}", pairs.join("&")) }
}

#[derive(Template)]
#[template(path = "my/pages/event.html")]
struct Event {
    page: Page,
    session: SessionView,
    times: Vec<TimeView>,
}

/// `/events/{id}`
#[handler]
pub async fn event(guest: Guest, Path(id): Path<SessionId>) -> Result<Response> {
    let db = guest.db();
    let session = queries::public_session(db, &guest.ctx, id).await?;
    let known = routers::connectivity(db, &guest.scope, &[session.venue_id]).await?;
    let online = known.get(&session.venue_id).is_some_and(|venue| venue.works());
    let times = match session.timed && session.open && !session.full() {
        true => queries::free_times(db, &guest.ctx, id).await?,
        false => Vec::new(),
    };
    render(&Event { page: guest.page, session: SessionView { online, ..session }, times })
}

#[derive(Template)]
#[template(path = "my/pages/call.html")]
struct Call {
    page: Page,
    open_now: bool,
    closed_days: String,
}

/// `/call`
#[handler]
pub async fn call(guest: Guest) -> Result<Response> {
    let home = guest.app.home_municipality();
    let hours = places::opening_hours(home)?;
    let closures = places::queries::list_closures(guest.db(), &guest.scope).await?;
    let closed: Vec<_> =
        closures.iter().filter(|day| day.venue_id.is_none()).map(|day| day.on_date).collect();
    let begun = local_date(guest.ctx.now) >= home.opened_on;
    let open_now = begun && hours.is_open_at(guest.ctx.now, &closed);

    let page = guest.page;
    let days = if page.is_ja() { hours.closed_ja() } else { hours.closed_en() };
    let closed_days = page.f1("call.closed_days", "days", days);
    render(&Call { open_now, closed_days, page })
}
