//! `/reports/committee/rows`: the rows behind one figure.

use askama::Template;
use poem::{Response, handler};

use super::{Choices, Typed, counted_at, label};
use crate::platform::actor::FIGURES;
use crate::platform::japan::time::local_date;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{App, Ctx, Result};
use crate::reports::printed::Printed;
use crate::reports::queries::{self, PersonRow};
use crate::reports::rules::Group;

/// One session in words.
struct SessionLine {
    id: i64,
    day: String,
    title: String,
    place: String,
    visits: usize,
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
    page: Page,
    ctx: Ctx,
    app: App,
    Query(typed): Query<Typed>,
) -> Result<Response> {
    let scope = ctx.scope(FIGURES)?;
    let choices = Choices::read(&app, &page, &scope, &typed).await?;
    let group = Group::from_text(&typed.group);
    let db = app.store().reader();
    let found = queries::behind(db, &scope, &choices.asked, group, ctx.now).await?;
    let lang = ctx.lang;
    let (of, count) = match typed.of.as_str() {
        "people" => ("people", found.counts.people),
        "visits" => ("visits", found.counts.visits),
        _ => ("sessions", found.counts.sessions),
    };
    let line = |row: &queries::BehindRow| SessionLine {
        id: row.session.id.0,
        day: local_date(row.session.starts_at)
            .format(lang.pick("%Y年%-m月%-d日", "%-d %B %Y"))
            .to_string(),
        title: lang.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
        place: found
            .venues
            .get(&row.session.venue_id)
            .map(|venue| lang.pick(&venue.name_ja, &venue.name_en).to_owned())
            .unwrap_or_default(),
        visits: row.visits,
    };
    let asked = &choices.asked;
    let (from, to) = (label(lang, asked.from), label(lang, asked.to));
    let template = BehindPage {
        of,
        group: page.f(&format!("report.group.{}", group.map_or("all", Group::as_str)), &[]),
        span: match asked.from == asked.to {
            true => from,
            false => page.f("report.span", &[("from", &from), ("to", &to)]),
        },
        at: counted_at(&page),
        count,
        sessions: found.sessions.iter().map(line).collect(),
        people: found.people,
        printed: found.printed.into_iter().map(|row| (label(lang, row.year), row)).collect(),
        back: format!("/reports/committee?{}", choices.query()),
        page,
    };
    render(&template)
}
