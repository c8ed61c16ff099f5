//! `/reports/committee/rows`: the rows behind one figure.

use askama::Template;
use chrono::{DateTime, Utc};
use poem::{Response, handler};

use super::{Choices, CommitteeQuery, label};
use crate::platform::Result;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::reports::queries::{self, Behind};
use crate::reports::rules::Group;
use crate::surveys::Figures;

#[derive(Template)]
#[template(path = "reports/pages/behind.html")]
struct BehindPage {
    page: Page,
    choices: Choices,
    /// What is counted: `sessions`, `visits` or `people`.
    of: &'static str,
    group: String,
    count: usize,
    found: Behind,
}

impl BehindPage {
    /// The day in Japan with its year, for the rows run over years.
    fn day(&self, at: &DateTime<Utc>) -> String {
        let day = self.page.pick("%Y年%-m月%-d日", "%-d %B %Y");
        local_date(*at).format(day).to_string()
    }

    fn year(&self, year: &FiscalYear) -> String {
        label(self.page.ctx.lang, year.year())
    }
}

#[handler]
pub(super) async fn show(
    visit: Visit<Figures>,
    Query(query): Query<CommitteeQuery>,
) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let choices = Choices::read(&visit, &query).await?;
    let group = Group::from_text(&query.group);
    let found = queries::behind(db, scope, &choices.filter, group, now).await?;

    // What is no figure is the number of sessions.
    let (of, count) = match query.of.as_str() {
        "people" => ("people", found.counts.people),
        "visits" => ("visits", found.counts.visits),
        _ => ("sessions", found.counts.sessions),
    };
    let page = visit.page;
    let group = page.word("report.group", group.map_or("all", Group::as_str));
    render(&BehindPage { choices, of, group, count, found, page })
}
