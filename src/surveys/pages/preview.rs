//! `/followup/preview`: the questionnaire as web page, paper sheet and telephone script.

use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

use super::QuestionView;
use crate::places;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{Error, Result};
use crate::sessions::Roster;
use crate::surveys::rules::{Moment, Questionnaire};
use crate::surveys::sheet::Sheet;

/// A code that no real sheet has a right to: seven noughts and their check digit.
const SPECIMEN: &str = "0000-0000";

#[derive(Template)]
#[template(path = "surveys/pages/preview.html")]
struct PreviewPage {
    page: Page,
    version: String,
    shape: &'static str,
    moment: Moment,
    questions: Vec<QuestionView>,
    only_if: Vec<String>,
    sheet: Sheet,
    script: String,
}

impl PreviewPage {
    fn is_conditional(&self, id: &str) -> bool {
        self.only_if.iter().any(|known| known == id)
    }
}

/// In which shape, and of which moment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PreviewQuery {
    r#as: String,
    moment: String,
}

/// `GET /followup/preview`
#[handler]
pub async fn show(visit: Visit<Roster>, Query(query): Query<PreviewQuery>) -> Result<Response> {
    let municipality_id = visit.scope.municipality_id;
    let office = places::queries::get_municipality(visit.db(), municipality_id).await?;
    let link = format!("{}/ask/", visit.app.config().base_url);
    let page = visit.page.of(&office);

    let set = Questionnaire::on(page.ctx.today()).ok_or(Error::internal("no questionnaire"))?;
    let shape = match query.r#as.as_str() {
        "paper" => "paper",
        "phone" => "phone",
        _ => "web",
    };
    let moment = Moment::from_word(&query.moment).unwrap_or(Moment::ThreeMonths);
    let code = (moment == Moment::ThreeMonths).then_some((SPECIMEN, link.as_str()));
    let sheet = Sheet::new(set, moment, code, page.ctx.lang)?;
    let conditional = set.of(moment).filter(|question| question.only_if.is_some());

    render(&PreviewPage {
        version: set.version.clone(),
        shape,
        moment,
        questions: set.of(moment).map(|q| QuestionView::new(&page, q, None)).collect(),
        only_if: conditional.map(|question| question.id.clone()).collect(),
        sheet,
        script: opening(&page, moment),
        page,
    })
}

/// How a call begins, with a class that stands for any.
fn opening(page: &Page, moment: Moment) -> String {
    page.f(
        &format!("survey.script.open.{}", moment.word()),
        &[
            ("city", page.place.as_str()),
            ("department", page.department.as_str()),
            ("title", page.t("kind.class_basic")),
        ],
    )
}
