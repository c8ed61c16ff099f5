//! `/projects/{id}/attendances`: the rows behind the sums of the report, without names.

use std::collections::HashMap;

use askama::Template;
use entity::{ProjectId, SessionId};
use poem::web::Path;
use poem::{Response, handler};

use super::view::{Asker, Head, Tab, when_word};
use crate::platform::Result;
use crate::platform::web::door::{Returned, Visit};
use crate::platform::web::page::{Page, render};
use crate::subsidies::access::Reading;
use crate::subsidies::queries;

struct AttendanceLine {
    session: String,
    when: String,
    person_no: usize,
    time_no: usize,
    came: String,
}

#[derive(Template)]
#[template(path = "subsidies/pages/attendances.html")]
struct AttendancesPage {
    page: Page,
    back: Returned,
    head: Head,
    sums: String,
    lines: Vec<AttendanceLine>,
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<i64>) -> Result<Response> {
    let asker = Asker::of(visit)?;
    let (page, db, now) = (&asker.page, asker.app.store().reader(), asker.page.ctx.now);
    let row = queries::get_own(db, &asker.scope, ProjectId(id)).await?;
    let linked = queries::linked(db, &row.project, now).await?;
    let counted = queries::counted(db, &row.project, now).await?;
    let found = queries::attendances(db, &row.project, now).await?;

    let titles: HashMap<SessionId, &str> = linked
        .iter()
        .map(|linked| &linked.session)
        .map(|session| (session.id, page.pick(&session.title_ja, &session.title_en)))
        .collect();
    let lines = found.into_iter().map(|attended| AttendanceLine {
        session: titles.get(&attended.session_id).copied().unwrap_or_default().to_owned(),
        when: when_word(page, attended.starts_at),
        person_no: attended.person_no,
        time_no: attended.time_no,
        came: page.t(&format!("attendance.{}", attended.attendance)).to_owned(),
    });
    let numbers = [
        ("sessions", &*counted.sessions.to_string()),
        ("attendances", &*counted.attendances.to_string()),
        ("persons", &*counted.persons.to_string()),
    ];

    let template = AttendancesPage {
        head: Head::new(&asker, &row, Tab::Report),
        sums: page.f("results.rows.sums", &numbers),
        lines: lines.collect(),
        back: Returned::default(),
        page: asker.page,
    };
    render(&template)
}
