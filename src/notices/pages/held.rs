//! `/post/held`: what an older copy of the database would send, and whether it may.

use std::collections::BTreeMap;

use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

use crate::notices::actions::{self, Verdict};
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
    asked: Option<HeldKind>,
    held: BTreeMap<HeldKind, HeldCount>,
}

impl HeldPage {
    fn title(&self, kind: &HeldKind) -> String {
        let key = match kind {
            HeldKind::Delivery(channel) => format!("post.held.{channel}"),
            HeldKind::Job(name) => format!("post.job.{name}"),
        };
        if words::exists(&key) { self.page.t(&key).to_owned() } else { kind.to_string() }
    }

    /// How many of a kind there are.
    fn total(&self, kind: &HeldKind) -> usize {
        self.held.get(kind).map_or(0, HeldCount::total)
    }

    /// The sentence that asks before all of a kind is dropped.
    fn question(&self, kind: &HeldKind) -> String {
        let (what, n) = (self.title(kind), self.total(kind).to_string());
        self.page.f("post.held.sure", &[("what", &what), ("n", &n)])
    }

    /// The day of the oldest.
    fn since(&self, count: &HeldCount) -> String {
        let oldest = count.oldest.map(|at| self.page.long_day(&local_date(at)));
        oldest.unwrap_or_default()
    }
}

#[handler]
pub async fn show(visit: Visit<Desk>) -> Result<Response> {
    let held = queries::held(visit.app.store(), &visit.scope, visit.ctx.now).await?;
    render(&HeldPage { page: visit.page, asked: None, held })
}

/// What was decided about one kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    kind: String,
    verdict: String,
    /// How many the question named: what is discarded cannot be taken back.
    sure: String,
}

#[handler]
pub async fn decide(visit: Visit<Desk>, Form(form): Form<DecisionForm>) -> Result<Response> {
    let kind = HeldKind::parse(&form.kind).ok_or(Error::BadRequest)?;
    let verdict = match form.verdict.as_str() {
        "release" => Verdict::Release,
        "discard" => Verdict::Discard,
        _ => return Err(Error::BadRequest),
    };

    // A yes to another number than is there is asked again.
    if verdict == Verdict::Discard {
        let held = queries::held(visit.app.store(), &visit.scope, visit.ctx.now).await?;
        let count = held.get(&kind).map_or(0, HeldCount::total);
        if form.sure.parse() != Ok(count) {
            let asked = Some(kind).filter(|kind| held.contains_key(kind));
            return render(&HeldPage { page: visit.page, asked, held });
        }
    }

    let kind = &kind;
    let work = |tx, scope| async move { actions::decide_held(&tx, scope, kind, verdict).await };
    visit.does("decide_held", work).await?;
    Ok(redirect("/post/held"))
}
