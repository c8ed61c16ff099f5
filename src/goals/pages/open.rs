//! Open data: everything that is published, one row for each statement.

use poem::http::header;
use poem::web::Path;
use poem::{Response, handler};
use serde_json::{Map, Value, json};

use crate::goals::queries::{self, EditionRow, PlanRow};
use crate::goals::rules::long_form::{COLUMNS, Source, rows};
use crate::platform::japan::time::local_date;
use crate::platform::{App, Error, Result};

/// All rows of a municipality.
async fn all(app: &App, code: &str) -> Result<Vec<Vec<String>>> {
    let db = app.store().reader();
    let (town, plans) = queries::published_by(db, code).await?;
    let mut found = Vec::new();
    for PlanRow { plan, editions } in plans {
        for edition in editions {
            let content = queries::content(db, &edition).await?;
            let row = EditionRow { edition, plan: plan.clone() };
            found.extend(rows(&source(&town.code, &row), &content));
        }
    }
    Ok(found)
}

fn source(code: &str, row: &EditionRow) -> Source {
    let edition = &row.edition;
    // A document that was loaded has its own date; what is published here has the day of that.
    let issued = match (edition.issued_words.is_empty(), edition.published_by) {
        (true, Some(_)) => {
            edition.published_at.map(|at| local_date(at).to_string()).unwrap_or_default()
        }
        _ => edition.issued_words.clone(),
    };
    Source {
        municipality_code: code.to_owned(),
        plan: row.plan.name_ja.clone(),
        edition: edition.title_ja.clone(),
        issued,
        periods: row.periods(),
    }
}

/// CSV with a byte order mark and CRLF, which spreadsheets read without asking.
fn csv_file(head: Vec<String>, rows: Vec<Vec<String>>, name: &str) -> Result<Response> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(head).map_err(Error::internal)?;
    for row in rows {
        writer.write_record(row).map_err(Error::internal)?;
    }
    let body = writer.into_inner().map_err(|_| Error::internal("csv"))?;
    Ok(Response::builder()
        .content_type("text/csv; charset=utf-8")
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .body(body))
}

#[handler]
pub(super) async fn send_table(app: App, Path(code): Path<String>) -> Result<Response> {
    let head = COLUMNS.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    csv_file(head, all(&app, &code).await?, &format!("{code}_quarter_code.csv"))
}

#[handler]
pub(super) async fn send_definition(app: App, Path(code): Path<String>) -> Result<Response> {
    // Only for those who have published something, as the table itself.
    all(&app, &code).await?;
    let head = ["項目名", "意味", "値"].map(str::to_owned).to_vec();
    let rows = COLUMNS
        .iter()
        .map(|(name, meaning, values)| [*name, *meaning, *values].map(str::to_owned).to_vec());
    csv_file(head, rows.collect(), &format!("{code}_quarter_code_definition.csv"))
}

#[handler]
pub(super) async fn send_objects(app: App, Path(code): Path<String>) -> Result<Response> {
    let object = |row: Vec<String>| {
        let pairs = COLUMNS.iter().zip(row).map(|((name, _, _), value)| {
            let value = match *name {
                "年度(西暦)" | "分母の年度(西暦)" | "数値" => number(&value),
                "概数" => json!(value == "1"),
                _ => Value::String(value),
            };
            ((*name).to_owned(), value)
        });
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let items: Vec<Value> = all(&app, &code).await?.into_iter().map(object).collect();
    Ok(Response::builder()
        .content_type("application/json")
        .body(serde_json::to_string(&json!({ "items": items }))?))
}

/// A number, or nothing.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
