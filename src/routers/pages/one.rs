//! `/routers/{id}`: one router, its tests and its way through the house.

use askama::Template;
use chrono::NaiveDate;
use entity::RouterId;
use entity::routers::router_test::TestResult;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::{Choice, Line, day_of, day_words, result_words};
use crate::platform::actor::NETWORK;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result};
use crate::routers::actions::{self, NewTest};
use crate::routers::queries::{self, Past};

/// One line of the history.
struct PastLine {
    day: String,
    what: String,
    /// Class and word of a test's result.
    result: Option<(&'static str, String)>,
    place: String,
    note: String,
    by: String,
}

impl PastLine {
    fn new(page: &Page, past: Past, by: String) -> Self {
        let lang = page.ctx.lang;
        match past {
            Past::Tested(test) => Self {
                day: day_words(lang, test.tested_on),
                what: page.t("router.past.test").to_owned(),
                result: Some(result_words(page, test.result)),
                place: test.place_name,
                note: test.note,
                by,
            },
            Past::Changed(change) => Self {
                day: day_of(lang, change.changed_at),
                what: page.f(&format!("router.state.{}", change.state), &[]),
                result: None,
                place: change.place_name,
                note: String::new(),
                by,
            },
        }
    }
}

/// What was typed of a test.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    tested_on: String,
    result: String,
    note: String,
}

#[derive(Template)]
#[template(path = "routers/pages/one.html")]
struct OnePage {
    page: Page,
    line: Line,
    past: Vec<PastLine>,
    results: Vec<Choice>,
    typed: Typed,
    errors: Vec<FieldError>,
}

async fn load(page: Page, app: &App, id: RouterId, typed: Typed) -> Result<OnePage> {
    let scope = page.ctx.scope(NETWORK)?;
    let db = app.store().reader();
    let line = Line::new(&page, queries::get(db, &scope, id).await?);
    let past = queries::history(db, &scope, id).await?.into_iter();
    Ok(OnePage {
        line,
        past: past.map(|(past, by)| PastLine::new(&page, past, by)).collect(),
        results: Choice::words(&page, "router.result", TestResult::ALL),
        typed,
        errors: Vec::new(),
        page,
    })
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let typed = Typed { tested_on: ctx.today().to_string(), ..Typed::default() };
    render(&load(page, &app, RouterId(id), typed).await?)
}

#[handler]
pub(super) async fn record(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    intent: Intent,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (scope, id) = (&ctx.scope(NETWORK)?, RouterId(id));
    let done = match read(&typed) {
        Ok(test) => {
            let test = &test;
            let work =
                app.store().write_once(&ctx, "test_router", intent.0.as_ref(), |tx| async move {
                    actions::record_test(&tx, scope, id, test).await
                });
            work.await.map(|_| ())
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    match done {
        Ok(()) => Ok(redirect(&format!("/routers/{id}#past"))),
        Err(Error::Invalid(errors)) => {
            let mut template = load(page, &app, id, typed).await?;
            template.errors = errors;
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
        }
        Err(other) => Err(other),
    }
}

fn read(typed: &Typed) -> Result<NewTest, Vec<FieldError>> {
    let mut errors = Vec::new();
    let tested_on = typed.tested_on.parse::<NaiveDate>().ok();
    if tested_on.is_none() {
        errors.push(FieldError::new("tested_on", "err.router.test.day"));
    }
    let result = TestResult::from_text(&typed.result);
    if result.is_none() {
        errors.push(FieldError::new("result", "err.router.test.result"));
    }
    match (tested_on, result) {
        (Some(tested_on), Some(result)) => {
            Ok(NewTest { tested_on, result, note: typed.note.clone() })
        }
        _ => Err(errors),
    }
}
