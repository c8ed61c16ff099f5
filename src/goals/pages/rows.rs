//! Staff: the rows behind a counted actual, as published and as they stand now.

use std::collections::HashMap;

use askama::Template;
use entity::GoalMeasureId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view;
use crate::goals::queries;
use crate::goals::rules::figure::{Figure, Row};
use crate::places;
use crate::platform::actor::GOALS;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render};
use crate::platform::{App, Ctx, Lang, Result};

/// A row in words.
struct RowLine {
    what: String,
    /// A session's own page.
    href: String,
    place: String,
    sessions: String,
    people: String,
}

/// A figure with its rows.
struct FigureView {
    title: String,
    number: String,
    lines: Vec<RowLine>,
}

#[derive(Template)]
#[template(path = "goals/pages/rows.html")]
struct RowsPage {
    page: Page,
    item_link: String,
    item: String,
    measure: String,
    metric: String,
    year: String,
    figures: Vec<FigureView>,
}

#[derive(Deserialize, Default)]
struct OfYear {
    #[serde(default)]
    year: i32,
}

#[handler]
pub(super) async fn show_rows(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    query: Query<OfYear>,
) -> Result<Response> {
    let scope = ctx.scope(GOALS)?;
    let db = app.store().reader();
    let year = query.0.year;
    let counted = queries::counted_actual(db, &scope, GoalMeasureId(id), year, ctx.now).await?;
    let wards = places::queries::list_wards(db, &scope).await?;
    let wards: HashMap<&str, &str> = wards
        .iter()
        .map(|ward| (ward.code.as_str(), page.pick(&ward.name_ja, &ward.name_en)))
        .collect();
    let unit = &counted.measure.unit;
    let figure = |title: String, figure: &Figure| FigureView {
        title,
        number: view::figure_words(&page, figure, unit),
        lines: figure.rows.iter().map(|row| row_line(&page, &wards, row)).collect(),
    };
    let mut figures = Vec::new();
    if let Some((at, kept)) = &counted.frozen {
        let (day, time) = (local_date(*at), local_time(*at));
        let when = match ctx.lang {
            Lang::Ja => format!("{}{}", dates::date_long_ja(day), dates::time_ja(time)),
            Lang::En => format!("{}, {}", dates::date_en(day), dates::time_en(time)),
        };
        figures.push(figure(page.f1("goals.rows.kept", "when", when), kept));
    }
    figures.push(figure(page.t("goals.rows.now").to_owned(), &counted.live));
    let item_id = counted.item.id.map_or(0, |id| id.0);
    render(&RowsPage {
        item_link: format!("/goals/items/{item_id}?year={year}"),
        item: format!(
            "No {} {}",
            counted.item.code,
            view::pick(ctx.lang, &counted.item.title_ja, &counted.item.title_en).0
        ),
        measure: view::measure_name(&page, &counted.measure),
        metric: page.f(&format!("goals.metric.{}", counted.metric), &[]),
        year: counted.row.periods().label(ctx.lang, year),
        figures,
        page,
    })
}

fn row_line(page: &Page, wards: &HashMap<&str, &str>, row: &Row) -> RowLine {
    let name = |code: &String| wards.get(code.as_str()).copied().unwrap_or(code).to_owned();
    match row {
        Row::Session { id, on, title_ja, title_en, ward, came } => {
            let day = match page.ctx.lang {
                Lang::Ja => dates::date_long_ja(*on),
                Lang::En => dates::date_en(*on),
            };
            RowLine {
                what: format!("{day} {}", page.pick(title_ja, title_en)),
                href: format!("/sessions/{id}"),
                place: ward.as_ref().map(name).unwrap_or_default(),
                sessions: "1".to_owned(),
                people: came.len().to_string(),
            }
        }
        Row::Total { document, words, sessions, people, approx: _, unit_unknown, wards: codes } => {
            let people = match people {
                None => page.t("goals.rows.unknown").to_owned(),
                Some(_) if *unit_unknown => page.f1("goals.rows.unit_unknown", "words", words),
                Some(_) => words.clone(),
            };
            RowLine {
                what: page.f1("goals.rows.total", "document", document),
                href: String::new(),
                place: codes.iter().map(name).collect::<Vec<_>>().join(page.pick("・", ", ")),
                sessions: sessions.to_string(),
                people,
            }
        }
        Row::Procedure { rank, name, ready_year: _ } => RowLine {
            what: format!("{rank}. {name}"),
            href: String::new(),
            place: String::new(),
            sessions: String::new(),
            people: String::new(),
        },
    }
}
