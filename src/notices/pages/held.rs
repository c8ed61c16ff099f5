//! `/post/held`: what an older copy of the database would send, and whether it may.

use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

use crate::notices::actions::{self, Verdict};
use crate::notices::message::date_text;
use crate::notices::queries::{self, HeldCount, HeldKind};
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Result, words};
use crate::residents::Desk;

#[derive(Template)]
#[template(path = "notices/pages/held.html")]
struct HeldPage {
    page: Page,
    /// What would never go out, if somebody is sure.
    asked: Option<Row>,
    rows: Vec<Row>,
}

/// One kind of held work.
struct Row {
    kind: String,
    title: String,
    day: usize,
    week: usize,
    older: usize,
    total: usize,
    since: String,
}

impl Row {
    /// The sentence that asks before all of it is dropped.
    fn question(&self, page: &Page) -> String {
        page.f("post.held.sure", &[("what", &self.title), ("n", &self.total.to_string())])
    }
}

#[handler]
pub async fn show(visit: Visit<Desk>) -> Result<Response> {
    draw(visit, None).await
}

/// The page, with the question about `asked` above the table.
async fn draw(visit: Visit<Desk>, asked: Option<&HeldKind>) -> Result<Response> {
    let held = queries::held(visit.app.store(), &visit.scope, visit.ctx.now).await?;
    let page = visit.page;
    let asked = asked.and_then(|kind| held.get(kind).map(|count| row(&page, kind, count)));
    let rows = held.iter().map(|(kind, count)| row(&page, kind, count)).collect();
    render(&HeldPage { asked, rows, page })
}

fn row(page: &Page, kind: &HeldKind, count: &HeldCount) -> Row {
    let oldest = count.oldest.map(|at| date_text(page.ctx.lang, local_date(at), true));
    Row {
        kind: kind.to_string(),
        title: title(page, kind),
        day: count.day,
        week: count.week,
        older: count.older,
        total: count.total(),
        since: oldest.unwrap_or_default(),
    }
}

fn title(page: &Page, kind: &HeldKind) -> String {
    let key = match kind {
        HeldKind::Delivery(channel) => format!("post.held.{channel}"),
        HeldKind::Job(name) => format!("post.job.{name}"),
    };
    if words::exists(&key) { page.t(&key).to_owned() } else { kind.to_string() }
}

/// What was decided about one kind.
#[derive(Debug, Deserialize)]
pub struct DecisionForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    verdict: String,
    /// How many the question named: what is discarded cannot be taken back.
    #[serde(default)]
    sure: String,
}

#[handler]
pub async fn decide(visit: Visit<Desk>, Form(form): Form<DecisionForm>) -> Result<Response> {
    let kind = &HeldKind::parse(&form.kind).ok_or(Error::BadRequest)?;
    let verdict = match form.verdict.as_str() {
        "release" => Verdict::Release,
        "discard" => Verdict::Discard,
        _ => return Err(Error::BadRequest),
    };
    // A yes to another number than is there is asked again.
    if verdict == Verdict::Discard && form.sure.parse() != Ok(count(&visit, kind).await?) {
        return draw(visit, Some(kind)).await;
    }

    let work = |tx, scope| async move { actions::decide_held(&tx, scope, kind, verdict).await };
    visit.does("decide_held", work).await?;
    Ok(redirect("/post/held"))
}

/// How many of a kind are held now.
async fn count(visit: &Visit<Desk>, kind: &HeldKind) -> Result<usize> {
    let held = queries::held(visit.app.store(), &visit.scope, visit.ctx.now).await?;
    Ok(held.get(kind).map_or(0, HeldCount::total))
}
