//! `/followup/preview`: the questionnaire as web page, paper sheet and telephone script.

use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

use super::{QuestionView, opening};
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
    version: &'static str,
    shape: &'static str,
    moment: Moment,
    questions: Vec<QuestionView>,
    sheet: Sheet,
    script: String,
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
    let lang = page.ctx.lang;
    render(&PreviewPage {
        version: &set.version,
        shape,
        moment,
        questions: set.of(moment).map(|asked| QuestionView::new(lang, asked, None)).collect(),
        sheet: Sheet::new(set, moment, code, lang)?,
        // A class that stands for any.
        script: opening(&page, moment, page.t("kind.class_basic")),
        page,
    })
}
