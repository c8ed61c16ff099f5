//! `/routers/{id}`: one router, its tests and its way through the house.

use askama::Template;
use entity::RouterId;
use entity::routers::router_test::TestResult;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::chosen;
use crate::platform::japan::day;
use crate::platform::web::door::{Choice, Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::routers::queries::{self, Past, RouterRow};
use crate::routers::rules::NewTest;
use crate::routers::{Network, actions};

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
    row: RouterRow,
    /// What happened with it, and who did it.
    past: Vec<(Past, String)>,
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
    let past = queries::history(visit.db(), &visit.scope, id).await?;
    let page = visit.page;
    let results = page.choices("router.result", TestResult::ALL);
    let template = OnePage { row, past, results, typed, back, page };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Network>, Path(id): Path<RouterId>) -> Result<Response> {
    let typed = TestForm { tested_on: visit.ctx.today().to_string(), ..TestForm::default() };
    draw(visit, id, typed, Returned::default()).await
}

#[handler]
pub(super) async fn record(
    visit: Visit<Network>,
    Path(id): Path<RouterId>,
    Form(typed): Form<TestForm>,
) -> Result<Response> {
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
    let day = day::read(&typed.tested_on).ok();
    let tested_on = chosen(&mut errors, "tested_on", "err.router.test.day", day);
    let result = TestResult::from_text(&typed.result);
    let result = chosen(&mut errors, "result", "err.router.test.result", result);
    match (tested_on, result) {
        (Some(tested_on), Some(result)) => {
            Ok(NewTest { tested_on, result, note: typed.note.clone() })
        }
        _ => Err(Error::Invalid(errors)),
    }
}
