//! `/projects/export.csv`: the projects that the asker reads, for spreadsheets.

use poem::http::header;
use poem::{Response, handler};

use super::list::ProjectQuery;
use super::view::{Asker, kind_word, state_word};
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::{Error, Result};
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

/// UTF-8 with a byte-order mark and CRLF, as spreadsheets in Japan read it. A cell that a
/// spreadsheet would compute is kept as text.
#[handler]
pub(super) async fn send(visit: Visit<Reading>, query: Query<ProjectQuery>) -> Result<Response> {
    let asker = Asker::of(visit)?;
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{FEFF}".as_bytes().to_vec());
    let headings = HEADINGS.map(|key| asker.page.t(key));
    writer.write_record(headings).map_err(Error::internal)?;

    let (db, filter) = (asker.app.store().reader(), query.0.filter());
    let mut after: Option<String> = None;
    loop {
        let found = queries::list(db, &asker.scope, &filter, BATCH, after.as_deref()).await?;
        for row in found.items {
            let version = queries::reviewed_version(db, &row.project).await?;
            let requested = version.map(|version| version.requested_yen);
            writer.write_record(cells(&asker, &row, requested)).map_err(Error::internal)?;
        }
        match found.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }

    let body = writer.into_inner().map_err(|error| Error::internal(error.error()))?;
    Ok(Response::builder()
        .content_type("text/csv; charset=utf-8")
        .header(header::CONTENT_DISPOSITION, "attachment; filename=\"projects.csv\"")
        .body(body))
}

/// One line: the cells under [`HEADINGS`].
fn cells(asker: &Asker, row: &ProjectRow, requested: Option<i64>) -> [String; HEADINGS.len()] {
    let (page, project) = (&asker.page, &row.project);
    let yen = |yen: Option<i64>| yen.map(|yen| yen.to_string()).unwrap_or_default();
    // Nothing is paid before the grant decision: that is no zero.
    let paid = |amount: i64| yen(project.granted_yen.map(|_| amount));

    [
        project.id.to_string(),
        row.round.fiscal_year.to_string(),
        as_text(&row.round.name),
        page.pick(&row.ward.name_ja, &row.ward.name_en).to_owned(),
        as_text(&project.title),
        kind_word(page, project.kind),
        state_word(page, project.state),
        yen(requested),
        yen(project.granted_yen),
        paid(project.advanced_yen),
        yen(project.fixed_yen),
        paid(project.rest_yen),
        paid(project.repaid_yen),
        as_text(project.source.as_deref().unwrap_or_default()),
    ]
}

/// A text that no spreadsheet takes for a formula.
fn as_text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_never_a_formula() {
        for (text, want) in [("=1+1", "'=1+1"), ("@SUM", "'@SUM"), ("教室", "教室"), ("", "")] {
            assert_eq!(as_text(text), want);
        }
    }
}
