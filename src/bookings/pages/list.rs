//! `/sessions`: what is planned, and how far the year's plan is.

use askama::Template;
use chrono::{NaiveDate, NaiveTime};
use entity::{SessionId, StaffId, VenueId};
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::{Heading, names};
use crate::bookings::queries;
use crate::places;
use crate::platform::Result;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::instant;
use crate::platform::web::door::{Choice, Field, Returned, Right, Visit};
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::residents::Desk;
use crate::sessions::queries::Tally;
use crate::sessions::session::{Allocation, SessionKind, SessionState};
use crate::sessions::{self, Roster, SessionFilter, SessionRow};
use crate::{programmes, staff};

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
        let from = self.from.parse().unwrap_or(today);
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

struct Row {
    row: SessionRow,
    head: Heading,
    staff: String,
    /// Somebody of them has left and has to be replaced.
    gone: bool,
    /// Class and wording key of the state.
    state: (&'static str, &'static str),
}

/// Sessions of a kind: held so far, with a date, planned for the year.
struct Figure {
    kind: SessionKind,
    held: i64,
    dated: i64,
    planned: i32,
}

#[derive(Template)]
#[template(path = "bookings/pages/list.html")]
struct SessionsPage {
    page: Page,
    asked: SessionsQuery,
    year: String,
    figures: Vec<Figure>,
    kinds: Vec<Choice>,
    venues: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    /// Bursts of web bookings that nobody has dealt with.
    bursts: usize,
}

impl SessionsPage {
    fn kind_name(&self, kind: &SessionKind) -> String {
        self.page.f(&format!("kind.{kind}"), &[])
    }

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
    let rows = rows(&visit, found.items).await?;
    let venues = places::queries::list_venues(db, scope).await?;
    let year = FiscalYear::of(ctx.today());
    let (bursts, figures) = (bursts(&visit).await?, figures(&visit, year).await?);

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

/// The sessions with their staff: two queries.
async fn rows(visit: &Visit<Roster>, found: Vec<SessionRow>) -> Result<Vec<Row>> {
    let (db, ctx) = (visit.db(), &visit.ctx);
    let ids: Vec<SessionId> = found.iter().map(|row| row.session.id).collect();
    let assigned = staff::queries::assigned_to(db, &ids).await?;
    let people: Vec<StaffId> = assigned.values().flatten().map(|(id, _)| *id).collect();
    let left = staff::queries::left(db, &people).await?;

    let is_gone = |row: &SessionRow| {
        let mut named = assigned.get(&row.session.id).into_iter().flatten();
        row.session.ends_at > ctx.now && named.any(|(id, _)| left.contains(id))
    };
    let row = |row: SessionRow| Row {
        gone: is_gone(&row),
        staff: assigned.get(&row.session.id).map(|people| names(people)).unwrap_or_default(),
        state: state(&row, ctx.now),
        head: Heading::of(&row, ctx.lang),
        row,
    };
    Ok(found.into_iter().map(row).collect())
}

/// Bursts with bookings that would end with them; none for those who cannot cancel.
async fn bursts(visit: &Visit<Roster>) -> Result<usize> {
    let Ok(scope) = Desk::scope(&visit.ctx) else { return Ok(0) };
    let now = visit.ctx.now;
    let all = queries::list_bursts(visit.db(), &scope, now).await?;
    Ok(all.iter().filter(|burst| burst.open(now) > 0).count())
}

/// How a session stands: class and wording key.
pub(super) fn state(
    row: &SessionRow,
    now: chrono::DateTime<chrono::Utc>,
) -> (&'static str, &'static str) {
    let session = &row.session;
    if session.state == SessionState::Cancelled {
        ("status-off", "sessions.state.cancelled")
    } else if session.ends_at <= now {
        ("status-off", "sessions.state.over")
    } else if session.starts_at <= now {
        ("status-now", "sessions.state.running")
    } else if !session.is_public {
        ("status-off", "sessions.state.hidden")
    } else if session.allocation == Allocation::Draw {
        ("status-now", "sessions.state.draw")
    } else if row.free == 0 {
        ("status-wait", "sessions.state.full")
    } else {
        ("status-ok", "sessions.state.open")
    }
}

/// The strip over the list: three queries.
async fn figures(visit: &Visit<Roster>, year: FiscalYear) -> Result<Vec<Figure>> {
    let (db, scope) = (visit.db(), &visit.scope);
    let start = instant(year.start(), NaiveTime::MIN);
    let end = instant(year.end().succ_opt().unwrap_or(year.end()), NaiveTime::MIN);
    let plans = programmes::queries::list_plans(db, scope, year).await?;
    let held = sessions::queries::tally(db, scope, start, visit.ctx.now.min(end)).await?;
    let dated = sessions::queries::tally(db, scope, start, end).await?;

    let of = |tallies: &[Tally], kind: SessionKind| -> i64 {
        tallies.iter().filter(|tally| tally.kind == kind).map(|tally| tally.count).sum()
    };
    let figure = |kind: &SessionKind| Figure {
        kind: *kind,
        held: of(&held, *kind),
        dated: of(&dated, *kind),
        planned: plans.iter().filter(|plan| plan.kind == *kind).map(|p| p.planned_count).sum(),
    };
    let all = SessionKind::ALL.iter().map(figure);
    Ok(all.filter(|figure| figure.planned > 0 || figure.dated > 0).collect())
}
