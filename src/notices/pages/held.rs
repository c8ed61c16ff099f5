//! `/post/held`: what an older copy of the database would send, and whether it may.

use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

use crate::notices::actions::{self, Verdict};
use crate::notices::message::date_text;
use crate::notices::queries::{self, HeldCount, HeldKind};
use crate::platform::japan::time::local_date;
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{App, Ctx, Error, Result, Scope, actor, words};

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
pub async fn show(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    draw(page, &ctx, &app, &scope, None).await
}

/// The page, with the question about `asked` above the table.
async fn draw(
    page: Page,
    ctx: &Ctx,
    app: &App,
    scope: &Scope,
    asked: Option<&HeldKind>,
) -> Result<Response> {
    let held = queries::held(app.store(), scope, ctx.now).await?;
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
pub struct Decision {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    verdict: String,
    /// How many the question named: what is discarded cannot be taken back.
    #[serde(default)]
    sure: String,
}

#[handler]
pub async fn decide(page: Page, ctx: Ctx, app: App, form: Form<Decision>) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    let kind = &HeldKind::parse(&form.0.kind).ok_or(Error::BadRequest)?;
    let verdict = match form.0.verdict.as_str() {
        "release" => Verdict::Release,
        "discard" => {
            let now = queries::held(app.store(), scope, ctx.now)
                .await?
                .get(kind)
                .map_or(0, HeldCount::total);
            // A yes to another number than is there is asked again.
            if form.0.sure.parse() != Ok(now) {
                return draw(page, &ctx, &app, scope, Some(kind)).await;
            }
            Verdict::Discard
        }
        _ => return Err(Error::BadRequest),
    };
    app.store()
        .write(&ctx, "decide_held", |tx| async move {
            actions::decide_held(&tx, scope, kind, verdict).await
        })
        .await?;
    Ok(redirect("/post/held"))
}
