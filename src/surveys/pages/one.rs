//! `/followup/{id}`: one follow-up, its answers, and the path that they ask for.

use askama::Template;
use chrono::NaiveDate;
use entity::FollowUpId;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState};
use entity::surveys::survey_call;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::bookings::BookingRow;
use crate::paths::queries::Proposed;
use crate::paths::rules::Answer as _;
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Lang, Result, words};
use crate::residents::Desk;
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::queries::{self, FollowUpRow};
use crate::surveys::rules::{Answers, Moment, Question, can_call};

#[derive(Template)]
#[template(path = "surveys/pages/one.html")]
struct OnePage {
    page: Page,
    row: FollowUpRow,
    classes: Vec<String>,
    /// The questions that were asked, each with its answer in words.
    told: Vec<(&'static Question, String)>,
    calls: Vec<survey_call::Model>,
    /// The path that the answers ask for.
    proposal: Option<Proposed>,
    /// Why nothing was done.
    back: Returned,
}

impl OnePage {
    fn can_be_called(&self) -> bool {
        can_call(self.row.standing(self.page.ctx.today())).is_ok()
    }

    /// The person declined, and may be asked after all.
    fn has_declined(&self) -> bool {
        self.row.active && self.row.follow_up.close_reason == Some(CloseReason::Declined)
    }
}

/// `GET /followup/{id}`
#[handler]
pub async fn show(visit: Visit<Desk>, Path(id): Path<FollowUpId>) -> Result<Response> {
    draw(visit, id, Returned::default()).await
}

async fn draw(visit: Visit<Desk>, id: FollowUpId, back: Returned) -> Result<Response> {
    let (db, scope, lang) = (visit.db(), &visit.scope, visit.ctx.lang);
    let row = visit.saw(queries::get_row(db, scope, id).await?, "followup").await?;
    let covered = queries::covered(db, scope, &[id]).await?.remove(&id).unwrap_or_default();
    let template = OnePage {
        classes: classes(&covered, lang),
        told: told(&row.follow_up, lang)?,
        calls: queries::calls(db, &row.follow_up).await?,
        proposal: queries::open_proposal(db, scope, &row.follow_up, visit.ctx.now).await?,
        back,
        row,
        page: visit.page,
    };
    render_form(&template.back, &template)
}

/// The classes that it covers, each with its day.
fn classes(covered: &[(NaiveDate, BookingRow)], lang: Lang) -> Vec<String> {
    let words = |(on, class): &(NaiveDate, BookingRow)| queries::class_words(*on, class, lang);
    let mut classes: Vec<String> = covered.iter().map(words).collect();
    // Two places of one session are one class.
    classes.dedup();
    classes
}

/// The questions that were asked, each with its answer; nothing before the first answer.
fn told(follow_up: &follow_up::Model, lang: Lang) -> Result<Vec<(&'static Question, String)>> {
    let answers = Answers::stored(&follow_up.answers);
    if answers.is_empty() {
        return Ok(Vec::new());
    }

    // Once it has ended nobody is going to ask.
    let has_ended = matches!(follow_up.state, FollowUpState::Answered | FollowUpState::Closed);
    let answer = |question: &'static Question| match answers.get(&question.id) {
        None if has_ended => (question, words::text(lang, "survey.left_out").to_owned()),
        said => (question, question.told(said, lang)),
    };
    Ok(answers.asked(questionnaire(follow_up)?, Moment::ThreeMonths).map(answer).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    decision: String,
}

/// `POST /followup/{id}/path`
#[handler]
pub async fn settle(
    visit: Visit<Desk>,
    Path(id): Path<FollowUpId>,
    Form(form): Form<DecisionForm>,
) -> Result<Response> {
    let accept = match form.decision.as_str() {
        "accept" => true,
        "dismiss" => false,
        _ => return Err(Error::BadRequest),
    };
    let work = |tx, scope| async move { actions::settle_proposal(&tx, scope, id, accept).await };
    let done = visit.does("settle_proposal", work).await;
    answer(visit, id, done).await
}

/// `POST /followup/{id}/reopen`
#[handler]
pub async fn reopen(visit: Visit<Desk>, Path(id): Path<FollowUpId>) -> Result<Response> {
    let work = |tx, scope| async move { actions::reopen(&tx, scope, id).await };
    let done = visit.does("reopen_follow_up", work).await;
    answer(visit, id, done).await
}

/// The page, with a sentence that says why nothing was done if nothing was.
async fn answer(visit: Visit<Desk>, id: FollowUpId, done: Result<FollowUpId>) -> Result<Response> {
    let Err(error) = done else { return Ok(redirect(&format!("/followup/{id}"))) };
    let back = Returned::of(&visit.page, error)?;
    draw(visit, id, back).await
}
