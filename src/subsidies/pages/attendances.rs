//! `/projects/{id}/attendances`: the rows behind the sums of the report, without names.

use std::collections::HashMap;

use askama::Template;
use entity::sessions::session;
use entity::{ProjectId, SessionId};
use poem::web::Path;
use poem::{Response, handler};

use super::view::{Asker, Head, Tab};
use crate::platform::Result;
use crate::platform::web::door::{Returned, Visit};
use crate::platform::web::page::{Page, render};
use crate::subsidies::access::Reading;
use crate::subsidies::queries::{self, Attended};

#[derive(Template)]
#[template(path = "subsidies/pages/attendances.html")]
struct AttendancesPage {
    page: Page,
    back: Returned,
    head: Head,
    sums: String,
    sessions: HashMap<SessionId, session::Model>,
    attended: Vec<Attended>,
}

impl AttendancesPage {
    /// The title of a session.
    fn title(&self, id: &SessionId) -> &str {
        let session = self.sessions.get(id);
        session.map_or("", |session| self.page.pick(&session.title_ja, &session.title_en))
    }
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<ProjectId>) -> Result<Response> {
    let asker = Asker::of(visit)?;
    let (page, db, now) = (&asker.page, asker.app.store().reader(), asker.page.ctx.now);
    let row = queries::get_own(db, &asker.scope, id).await?;
    let linked = queries::linked(db, &row.project, now).await?.into_iter();
    let counted = queries::counted(db, &row.project, now).await?;

    let numbers = [
        ("sessions", &*counted.sessions.to_string()),
        ("attendances", &*counted.attendances.to_string()),
        ("persons", &*counted.persons.to_string()),
    ];
    let template = AttendancesPage {
        head: Head::new(&asker, &row, Tab::Report),
        sums: page.f("results.rows.sums", &numbers),
        sessions: linked.map(|linked| (linked.session.id, linked.session)).collect(),
        attended: queries::attendances(db, &row.project, now).await?,
        back: Returned::default(),
        page: asker.page,
    };
    render(&template)
}
