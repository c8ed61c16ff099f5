//! Staff: the rows behind a counted actual, as published and as they stand now.

use std::collections::HashMap;

use askama::Template;
use chrono::{DateTime, Utc};
use entity::GoalMeasureId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view;
use crate::goals::Goals;
use crate::goals::queries::{self, CountedActual};
use crate::goals::rules::figure::{Figure, Row};
use crate::places;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render};
use crate::platform::{Lang, Result};

/// Names of wards by code.
type WardNames<'a> = HashMap<&'a str, &'a str>;

/// A row in words.
struct RowLine {
    what: String,
    /// A session's own page.
    href: String,
    place: String,
    sessions: String,
    people: String,
}

impl RowLine {
    fn new(page: &Page, wards: &WardNames<'_>, row: &Row) -> Self {
        let name = |code: &String| wards.get(code.as_str()).copied().unwrap_or(code).to_owned();

        match row {
            Row::Session { id, on, title_ja, title_en, ward, came } => {
                let day = match page.ctx.lang {
                    Lang::Ja => dates::date_long_ja(*on),
                    Lang::En => dates::date_en(*on),
                };
                Self {
                    what: format!("{day} {}", page.pick(title_ja, title_en)),
                    href: format!("/sessions/{id}"),
                    place: ward.as_ref().map(name).unwrap_or_default(),
                    sessions: "1".to_owned(),
                    people: came.len().to_string(),
                }
            }
            Row::Total {
                document,
                words,
                sessions,
                people,
                approx: _,
                unit_unknown,
                wards: codes,
            } => {
                let people = match people {
                    None => page.t("goals.rows.unknown").to_owned(),
                    Some(_) if *unit_unknown => page.f1("goals.rows.unit_unknown", "words", words),
                    Some(_) => words.clone(),
                };
                Self {
                    what: page.f1("goals.rows.total", "document", document),
                    href: String::new(),
                    place: codes.iter().map(name).collect::<Vec<_>>().join(page.pick("・", ", ")),
                    sessions: sessions.to_string(),
                    people,
                }
            }
            Row::Procedure { rank, name, ready_year: _ } => Self {
                what: format!("{rank}. {name}"),
                href: String::new(),
                place: String::new(),
                sessions: String::new(),
                people: String::new(),
            },
        }
    }
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

impl RowsPage {
    fn new(page: Page, wards: &WardNames<'_>, counted: &CountedActual, year: i32) -> Self {
        let (lang, item) = (page.ctx.lang, &counted.item);
        let figure = |title: String, figure: &Figure| FigureView {
            title,
            number: view::figure_words(&page, figure, &counted.measure.unit),
            lines: figure.rows.iter().map(|row| RowLine::new(&page, wards, row)).collect(),
        };
        let kept = counted.frozen.iter().map(|(at, kept)| {
            let when = when(lang, *at);
            figure(page.f1("goals.rows.kept", "when", when), kept)
        });
        let mut figures: Vec<FigureView> = kept.collect();
        figures.push(figure(page.t("goals.rows.now").to_owned(), &counted.live));

        let title = view::pick(lang, &item.title_ja, &item.title_en).0;
        let item_id = item.id.map_or(0, |id| id.0);
        Self {
            item_link: format!("/goals/items/{item_id}?year={year}"),
            item: format!("No {} {title}", item.code),
            measure: view::measure_name(&page, &counted.measure),
            metric: page.f(&format!("goals.metric.{}", counted.metric), &[]),
            year: counted.row.periods().label(lang, year),
            figures,
            page,
        }
    }
}

fn when(lang: Lang, at: DateTime<Utc>) -> String {
    let (day, time) = (local_date(at), local_time(at));
    match lang {
        Lang::Ja => format!("{}{}", dates::date_long_ja(day), dates::time_ja(time)),
        Lang::En => format!("{}, {}", dates::date_en(day), dates::time_en(time)),
    }
}

/// Of which fiscal year.
#[derive(Deserialize, Default)]
struct RowsQuery {
    #[serde(default)]
    year: i32,
}

#[handler]
pub(super) async fn show_rows(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    query: Query<RowsQuery>,
) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let (id, year) = (GoalMeasureId(id), query.0.year);
    let counted = queries::counted_actual(db, scope, id, year, now).await?;
    let wards = places::queries::list_wards(db, scope).await?;

    let lang = visit.ctx.lang;
    let named = wards.iter().map(|ward| {
        let name = lang.pick(&ward.name_ja, &ward.name_en);
        (ward.code.as_str(), name)
    });
    let wards: WardNames<'_> = named.collect();
    render(&RowsPage::new(visit.page, &wards, &counted, year))
}
