//! `/reports/committee/rows`: the rows behind one figure.

use askama::Template;
use poem::{Response, handler};

use super::{Choices, CommitteeQuery, counted_at, label};
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{Lang, Result};
use crate::reports::printed::Printed;
use crate::reports::queries::{self, Behind, BehindRow, PersonRow};
use crate::reports::rules::Group;
use crate::surveys::Figures;

/// One session in words.
struct SessionLine {
    id: i64,
    day: String,
    title: String,
    place: String,
    visits: usize,
}

impl SessionLine {
    fn new(lang: Lang, found: &Behind, row: &BehindRow) -> Self {
        let session = &row.session;
        let day = lang.pick("%Y年%-m月%-d日", "%-d %B %Y");
        let venue = found.venues.get(&session.venue_id);
        let place = venue.map(|venue| lang.pick(&venue.name_ja, &venue.name_en).to_owned());
        Self {
            id: session.id.0,
            day: local_date(session.starts_at).format(day).to_string(),
            title: lang.pick(&session.title_ja, &session.title_en).to_owned(),
            place: place.unwrap_or_default(),
            visits: row.visits,
        }
    }
}

#[derive(Template)]
#[template(path = "reports/pages/behind.html")]
struct BehindPage {
    page: Page,
    /// What is counted: `sessions`, `visits` or `people`.
    of: &'static str,
    group: String,
    span: String,
    at: String,
    count: usize,
    sessions: Vec<SessionLine>,
    people: Vec<PersonRow>,
    /// Years of the printed rows beside them.
    printed: Vec<(String, Printed)>,
    back: String,
}

impl BehindPage {
    /// `of` is the figure that was asked for; what is none is the number of sessions.
    fn new(page: Page, choices: &Choices, group: Option<Group>, of: &str, found: Behind) -> Self {
        let lang = page.ctx.lang;
        let (of, count) = match of {
            "people" => ("people", found.counts.people),
            "visits" => ("visits", found.counts.visits),
            _ => ("sessions", found.counts.sessions),
        };
        let group = group.map_or("all", Group::as_str);
        let sessions = found.sessions.iter();

        Self {
            of,
            group: page.f(&format!("report.group.{group}"), &[]),
            span: choices.span(&page),
            at: counted_at(&page),
            count,
            sessions: sessions.map(|row| SessionLine::new(lang, &found, row)).collect(),
            people: found.people,
            printed: found.printed.into_iter().map(|row| (label(lang, row.year), row)).collect(),
            back: format!("/reports/committee?{}", choices.query()),
            page,
        }
    }

    fn is_people(&self) -> bool {
        self.of == "people"
    }

    fn definition(&self) -> String {
        self.page.f(&format!("report.def.{}", self.of), &[])
    }

    fn name(&self) -> String {
        self.page.f(&format!("report.{}", self.of), &[])
    }

    fn visits(&self) -> usize {
        self.sessions.iter().map(|line| line.visits).sum()
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
    render(&BehindPage::new(visit.page, &choices, group, &query.of, found))
}
