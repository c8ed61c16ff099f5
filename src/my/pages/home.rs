//! The first page, the sessions in words, and how to call.

use askama::Template;
use entity::SessionId;
use entity::sessions::session::SessionKind;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view::{SessionView, TimeView};
use crate::my::queries;
use crate::platform::japan::time::local_date;
use crate::platform::web::Page;
use crate::platform::web::form::Query;
use crate::platform::web::page::render;
use crate::platform::{App, Ctx, Result};
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
pub async fn first_page(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let db = app.store().reader();
    let scope = ctx.public_scope();
    let found = queries::coming(db, &scope, None, None, ctx.now, FIRST, None).await?;
    let coming = found.items.iter().map(|row| SessionView::new(ctx.lang, row, ctx.now)).collect();
    render(&Home { page, coming })
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

/// A choice of the list, as a link.
struct Filter {
    words: String,
    link: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "my/pages/events.html")]
struct Events {
    page: Page,
    sessions: Vec<SessionView>,
    kinds: Vec<Filter>,
    places: Vec<Filter>,
    narrowed: bool,
    next: Option<String>,
    later: bool,
    again: bool,
}

/// `/events`
#[handler]
pub async fn events(
    page: Page,
    ctx: Ctx,
    app: App,
    Query(query): Query<EventsQuery>,
) -> Result<Response> {
    let db = app.store().reader();
    let scope = ctx.public_scope();
    let kind = SessionKind::from_text(&query.kind);
    let areas = places::queries::list_areas(db, &scope).await?;
    let area = areas.iter().find(|area| area.code == query.place);
    let code = area.map(|area| area.code.clone());
    let after = Some(query.after.as_str()).filter(|after| !after.is_empty());
    let found = queries::coming(db, &scope, kind, code, ctx.now, LISTED, after).await?;

    let kind_text = kind.map_or("", SessionKind::as_str);
    let place_text = area.map_or("", |area| area.code.as_str());
    let kinds = std::iter::once(("", page.t("events.kind.all").to_owned()))
        .chain(SessionKind::ALL.iter().map(|kind| {
            let key = format!("kind.{kind}");
            (kind.as_str(), page.t(&key).to_owned())
        }))
        .map(|(value, words)| Filter {
            words,
            link: list_link(value, place_text, None),
            current: value == kind_text,
        })
        .collect();

    let places = std::iter::once(("", page.t("events.place.all")))
        .chain(
            areas.iter().map(|area| (area.code.as_str(), page.pick(&area.name_ja, &area.name_en))),
        )
        .map(|(value, words)| Filter {
            words: words.to_owned(),
            link: list_link(kind_text, value, None),
            current: value == place_text,
        })
        .collect();

    render(&Events {
        sessions: found.items.iter().map(|row| SessionView::new(ctx.lang, row, ctx.now)).collect(),
        kinds,
        places,
        narrowed: kind.is_some() || area.is_some(),
        next: found.next.map(|next| list_link(kind_text, place_text, Some(&next))),
        later: after.is_some(),
        again: !query.again.is_empty(),
        page,
    })
}

fn list_link(kind: &str, place: &str, after: Option<&str>) -> String {
    let chosen = [("kind", kind), ("place", place), ("after", after.unwrap_or_default())];
    let pairs: Vec<String> = chosen
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
pub async fn event(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let db = app.store().reader();
    let scope = ctx.public_scope();
    let row = queries::public_session(db, &scope, SessionId(id)).await?;
    let known = routers::connectivity(db, &scope, &[row.venue.id]).await?;
    let online = known.get(&row.venue.id).is_some_and(|venue| venue.works());
    let session = SessionView { online, ..SessionView::new(ctx.lang, &row, ctx.now) };
    let times = match session.timed && session.open && !session.full() {
        true => queries::free_times(db, &scope, SessionId(id)).await?,
        false => Vec::new(),
    };
    let times = times.iter().map(|slot| TimeView::new(ctx.lang, slot)).collect();
    render(&Event { page, session, times })
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
pub async fn call(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let home = app.home_municipality();
    let hours = places::opening_hours(home)?;
    let closures =
        places::queries::list_closures(app.store().reader(), &ctx.public_scope()).await?;
    let closed: Vec<_> =
        closures.iter().filter(|day| day.venue_id.is_none()).map(|day| day.on_date).collect();
    let begun = local_date(ctx.now) >= home.opened_on;
    let days = if page.is_ja() { hours.closed_ja() } else { hours.closed_en() };
    let closed_days = page.f1("call.closed_days", "days", days);
    render(&Call { open_now: begun && hours.is_open_at(ctx.now, &closed), closed_days, page })
}
