//! `/sessions`: what is planned, and how far the year's plan is.

use askama::Template;
use chrono::{NaiveDate, NaiveTime};
use entity::VenueId;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Heading;
use crate::bookings::queries;
use crate::places;
use crate::platform::Result;
use crate::platform::japan::time::instant;
use crate::platform::japan::{FiscalYear, day};
use crate::platform::web::door::{Choice, Field, Returned, Right, Visit};
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::residents::Desk;
use crate::sessions::queries::{KindFigure, Staffing, staffing, year_figures};
use crate::sessions::session::SessionKind;
use crate::sessions::{self, Roster, SessionFilter, SessionRow};

const PAGE: usize = 50;

/// What a list was asked for; all text, so that it can be shown again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SessionsQuery {
    kind: String,
    venue: String,
    from: String,
    after: String,
}

impl SessionsQuery {
    /// What was understood of it: only that goes back into the form and into links.
    fn filter(&mut self, today: NaiveDate) -> SessionFilter {
        let from = day::read(&self.from).unwrap_or(today);
        let filter = SessionFilter {
            kind: SessionKind::from_text(&self.kind),
            venue_id: self.venue.parse().ok().map(VenueId),
            from: Some(instant(from, NaiveTime::MIN)),
            ..Default::default()
        };
        self.from = from.to_string();
        self.kind = filter.kind.map(|kind| kind.to_string()).unwrap_or_default();
        self.venue = filter.venue_id.map(|id| id.to_string()).unwrap_or_default();
        filter
    }
}

/// A session with its staff.
struct SessionLine {
    row: SessionRow,
    head: Heading,
    staff: Staffing,
}

#[derive(Template)]
#[template(path = "bookings/pages/list.html")]
struct SessionsPage {
    page: Page,
    asked: SessionsQuery,
    year: String,
    figures: Vec<KindFigure>,
    kinds: Vec<Choice>,
    venues: Vec<Choice>,
    rows: Vec<SessionLine>,
    next: Option<String>,
    /// Bursts of web bookings that nobody has dealt with.
    bursts: usize,
}

impl SessionsPage {
    /// A field of the filter.
    fn filter(&self, name: &str, value: &str) -> Field {
        self.page.field(&Returned::default(), name, &format!("sessions.{name}"), value)
    }

    /// Address of the next page.
    fn next_link(&self, next: &str) -> String {
        let SessionsQuery { kind, venue, from, after: _ } = &self.asked;
        format!("/sessions?kind={kind}&venue={venue}&from={from}&after={next}")
    }
}

#[handler]
pub(super) async fn show(
    visit: Visit<Roster>,
    Query(mut asked): Query<SessionsQuery>,
) -> Result<Response> {
    let (db, scope, ctx) = (visit.db(), &visit.scope, &visit.ctx);
    let filter = asked.filter(ctx.today());
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let found = sessions::queries::list(db, scope, &filter, ctx.now, PAGE, after).await?;
    let mut staff = staffing(db, &found.items, ctx.now).await?;
    let line = |row: SessionRow| SessionLine {
        head: Heading::of(&row, ctx),
        staff: staff.remove(&row.session.id).unwrap_or_default(),
        row,
    };
    let rows = found.items.into_iter().map(line).collect();

    let venues = places::queries::list_venues(db, scope).await?;
    let year = FiscalYear::of(ctx.today());
    let figures = year_figures(db, scope, year, ctx.now).await?;
    let bursts = bursts(&visit).await?;

    let page = visit.page;
    let venue = |venue: places::venue::Model| {
        (venue.id.to_string(), page.pick(&venue.name_ja, &venue.name_en).to_owned())
    };
    let template = SessionsPage {
        bursts,
        figures,
        year: if page.is_ja() { year.label_ja() } else { year.label_en() },
        kinds: page.choices("kind", SessionKind::ALL),
        venues: venues.into_iter().map(venue).collect(),
        rows,
        next: found.next,
        asked,
        page,
    };
    render(&template)
}

/// Bursts with bookings that would end with them; none for those who cannot cancel.
async fn bursts(visit: &Visit<Roster>) -> Result<usize> {
    let Ok(scope) = Desk::scope(&visit.ctx) else { return Ok(0) };
    let all = queries::list_bursts(visit.db(), &scope, visit.ctx.now).await?;
    Ok(all.iter().filter(|burst| burst.open() > 0).count())
}
