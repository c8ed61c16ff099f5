//! `/projects/export.csv`: the projects that the asker reads, for spreadsheets.

use poem::{Response, handler};

use super::list::ProjectQuery;
use crate::platform::Result;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::{Page, sheet};
use crate::subsidies::access::Reading;
use crate::subsidies::queries::{self, ProjectRow};

/// Rows that are read at once.
const BATCH: usize = 200;

/// Wording keys of the headings.
const HEADINGS: [&str; 14] = [
    "export.project",
    "round.fiscal_year",
    "projects.round",
    "projects.ward",
    "projects.name",
    "projects.kind",
    "export.state",
    "money.requested",
    "money.granted",
    "money.advanced",
    "money.fixed",
    "export.rest",
    "export.repaid",
    "project.source",
];

#[handler]
pub(super) async fn send(visit: Visit<Reading>, query: Query<ProjectQuery>) -> Result<Response> {
    let (db, scope, page) = (visit.db(), &visit.scope, &visit.page);
    let filter = query.0.filter();
    let mut rows = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let found = queries::list(db, scope, &filter, BATCH, after.as_deref()).await?;
        for row in found.items {
            let version = queries::reviewed_version(db, &row.project).await?;
            let requested = version.map(|version| version.requested_yen);
            rows.push(Vec::from(cells(page, &row, requested)));
        }
        match found.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    sheet::csv("projects.csv", &HEADINGS.map(|key| page.t(key)), &rows)
}

/// One line: the cells under [`HEADINGS`].
fn cells(page: &Page, row: &ProjectRow, requested: Option<i64>) -> [String; HEADINGS.len()] {
    let project = &row.project;
    let yen = |yen: Option<i64>| yen.map(|yen| yen.to_string()).unwrap_or_default();
    // Nothing is paid before the grant decision: that is no zero.
    let paid = |amount: i64| yen(project.granted_yen.map(|_| amount));

    [
        project.id.to_string(),
        row.round.fiscal_year.to_string(),
        row.round.name.clone(),
        page.pick(&row.ward.name_ja, &row.ward.name_en).to_owned(),
        project.title.clone(),
        page.word("project.kind", project.kind),
        page.word("project.state", project.state),
        yen(requested),
        yen(project.granted_yen),
        paid(project.advanced_yen),
        yen(project.fixed_yen),
        paid(project.rest_yen),
        paid(project.repaid_yen),
        project.source.clone().unwrap_or_default(),
    ]
}
