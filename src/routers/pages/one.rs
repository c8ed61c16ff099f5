//! `/routers/{id}`: one router, its tests and its way through the house.

use askama::Template;
use chrono::NaiveDate;
use entity::RouterId;
use entity::routers::router_test::TestResult;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::{Line, day_of, day_words, result_words};
use crate::platform::web::door::{Choice, Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Result};
use crate::routers::Network;
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
pub(super) struct TestForm {
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
    typed: TestForm,
    back: Returned,
}

async fn draw(
    visit: Visit<Network>,
    id: RouterId,
    typed: TestForm,
    back: Returned,
) -> Result<Response> {
    let row = queries::get(visit.db(), &visit.scope, id).await?;
    let past = queries::history(visit.db(), &visit.scope, id).await?.into_iter();

    let page = visit.page;
    let template = OnePage {
        line: Line::new(&page, row),
        past: past.map(|(past, by)| PastLine::new(&page, past, by)).collect(),
        results: page.choices("router.result", TestResult::ALL),
        typed,
        back,
        page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Network>, Path(id): Path<i64>) -> Result<Response> {
    let typed = TestForm { tested_on: visit.ctx.today().to_string(), ..TestForm::default() };
    draw(visit, RouterId(id), typed, Returned::default()).await
}

#[handler]
pub(super) async fn record(
    visit: Visit<Network>,
    Path(id): Path<i64>,
    Form(typed): Form<TestForm>,
) -> Result<Response> {
    let id = RouterId(id);
    let done = async {
        let test = &read(&typed)?;
        let work = |tx, scope| async move { actions::record_test(&tx, scope, id, test).await };
        visit.does("test_router", work).await
    };
    match done.await {
        Ok(_) => Ok(redirect(&format!("/routers/{id}#past"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit, id, typed, back).await
        }
    }
}

fn read(typed: &TestForm) -> Result<NewTest> {
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
        _ => Err(Error::Invalid(errors)),
    }
}
