//! `/sessions`: what is planned, and how far the year's plan is.

use askama::Template;
use chrono::{NaiveDate, NaiveTime};
use entity::{SessionId, StaffId, VenueId};
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::{Heading, names};
use crate::bookings::queries;
use crate::places;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::instant;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{App, Ctx, Result, Scope, actor};
use crate::sessions::queries::{SessionRow, Tally};
use crate::sessions::session::{Allocation, SessionKind, SessionState};
use crate::sessions::{self, SessionFilter};
use crate::{programmes, staff};

const PAGE: usize = 50;

/// What a list was asked for; all text, so that it can be shown again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    venue: String,
    from: String,
    after: String,
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
struct ListPage {
    page: Page,
    asked: Asked,
    year: String,
    figures: Vec<Figure>,
    kinds: &'static [SessionKind],
    venues: Vec<places::venue::Model>,
    rows: Vec<Row>,
    next: Option<String>,
    /// Bursts of web bookings that nobody has dealt with.
    bursts: usize,
}

impl ListPage {
    fn kind_name(&self, kind: &SessionKind) -> String {
        self.page.f(&format!("kind.{kind}"), &[])
    }

    /// Address of the next page.
    fn next_link(&self, next: &str) -> String {
        let Asked { kind, venue, from, after: _ } = &self.asked;
        format!("/sessions?kind={kind}&venue={venue}&from={from}&after={next}")
    }
}

#[handler]
pub(super) async fn show(
    page: Page,
    ctx: Ctx,
    app: App,
    Query(mut asked): Query<Asked>,
) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    let db = app.store().reader();
    let from = asked.from.parse::<NaiveDate>().unwrap_or_else(|_| ctx.today());
    let kind = SessionKind::from_text(&asked.kind);
    let venue_id = asked.venue.parse().ok().map(VenueId);
    // Only what was understood goes back into the form and into links.
    asked.from = from.to_string();
    asked.kind = kind.map(|kind| kind.to_string()).unwrap_or_default();
    asked.venue = venue_id.map(|id| id.to_string()).unwrap_or_default();
    let filter = SessionFilter {
        kind,
        venue_id,
        from: Some(instant(from, NaiveTime::MIN)),
        ..Default::default()
    };
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let found = sessions::queries::list(db, &scope, &filter, ctx.now, PAGE, after).await?;
    let ids: Vec<SessionId> = found.items.iter().map(|row| row.session.id).collect();
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
    let year = FiscalYear::of(ctx.today());
    let template = ListPage {
        bursts: bursts(&app, &ctx).await?,
        figures: figures(&app, &ctx, &scope, year).await?,
        year: if page.is_ja() { year.label_ja() } else { year.label_en() },
        kinds: SessionKind::ALL,
        venues: places::queries::list_venues(db, &scope).await?,
        rows: found.items.into_iter().map(row).collect(),
        next: found.next,
        asked,
        page,
    };
    render(&template)
}

/// Bursts with bookings that would end with them; none for those who cannot cancel.
async fn bursts(app: &App, ctx: &Ctx) -> Result<usize> {
    let Ok(scope) = ctx.scope(actor::DESK) else { return Ok(0) };
    let all = queries::list_bursts(app.store().reader(), &scope, ctx.now).await?;
    Ok(all.iter().filter(|burst| burst.open(ctx.now) > 0).count())
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
async fn figures(app: &App, ctx: &Ctx, scope: &Scope, year: FiscalYear) -> Result<Vec<Figure>> {
    let db = app.store().reader();
    let start = instant(year.start(), NaiveTime::MIN);
    let end = instant(year.end().succ_opt().unwrap_or(year.end()), NaiveTime::MIN);
    let plans = programmes::queries::list_plans(db, scope, year).await?;
    let held = sessions::queries::tally(db, scope, start, ctx.now.min(end)).await?;
    let dated = sessions::queries::tally(db, scope, start, end).await?;
    let of = |tallies: &[Tally], kind: SessionKind| -> i64 {
        tallies.iter().filter(|tally| tally.kind == kind).map(|tally| tally.count).sum()
    };
    let mut figures: Vec<Figure> = Vec::new();
    for kind in SessionKind::ALL {
        let planned: i32 =
            plans.iter().filter(|plan| plan.kind == *kind).map(|plan| plan.planned_count).sum();
        let (held, dated) = (of(&held, *kind), of(&dated, *kind));
        if planned > 0 || dated > 0 {
            figures.push(Figure { kind: *kind, held, dated, planned });
        }
    }
    Ok(figures)
}
