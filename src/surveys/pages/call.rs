//! `/followup/{id}/call`: the interview on the telephone, one question at a time.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::FollowUpId;
use entity::surveys::follow_up::{AnswerVia, AnsweredBy};
use entity::surveys::survey_call::CallOutcome;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::ask::Posted;
use super::{QuestionView, opening, returned};
use crate::places;
use crate::platform::japan::time::instant;
use crate::platform::japan::{clock, day};
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::residents::Desk;
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::queries::{self, FollowUpRow};
use crate::surveys::rules::{
    Answers, LAST_PAGE, Moment, Position, Question, Refusal, can_call, page_of,
};

#[derive(Template)]
#[template(path = "surveys/pages/call.html")]
struct CallPage {
    page: Page,
    row: FollowUpRow,
    script: String,
    /// None before the first question and after the last.
    question: Option<(QuestionView, Position<'static>)>,
    ended: bool,
    /// The last question.
    last: Option<&'static Question>,
    said: usize,
    back: Returned,
    /// Why nobody is to call.
    over: Option<Refusal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallQuery {
    q: String,
}

/// The page of the question called `name`; without a name the one that opens the call.
async fn draw(visit: Visit<Desk>, id: FollowUpId, name: &str, back: Returned) -> Result<Response> {
    let (db, scope) = (visit.db(), &visit.scope);
    // The office that calls, whatever town's public pages this process shows.
    let office = places::queries::get_municipality(db, scope.municipality_id).await?;
    let row = visit.saw(queries::get_row(db, scope, id).await?, "survey_call").await?;
    let page = visit.page.of(&office);

    let set = questionnaire(&row.follow_up)?;
    let answers = Answers::stored(&row.follow_up.answers);
    let position = answers.position(set, Moment::ThreeMonths, name);
    let ended = name == LAST_PAGE;
    if !name.is_empty() && !ended && position.is_none() {
        return Err(Error::NotFound);
    }

    let over = can_call(row.standing(page.ctx.today())).err();
    let view = |position: Position<'static>| {
        let reply = answers.get(name);
        (QuestionView::new(page.ctx.lang, position.question, reply), position)
    };
    let title = page.pick(&row.class.session.title_ja, &row.class.session.title_en);
    let template = CallPage {
        script: opening(&page, Moment::ThreeMonths, title),
        question: position.filter(|_| over.is_none()).map(view),
        ended: ended && over.is_none(),
        last: answers.asked(set, Moment::ThreeMonths).last(),
        said: answers.said_count(),
        back,
        over,
        row,
        page,
    };
    render_form(&template.back, &template)
}

/// `GET /followup/{id}/call`
#[handler]
pub async fn show(
    visit: Visit<Desk>,
    Path(id): Path<FollowUpId>,
    Query(query): Query<CallQuery>,
) -> Result<Response> {
    draw(visit, id, &query.q, Returned::default()).await
}

/// On to a question, or to the end of the call.
fn to_question(id: FollowUpId, question: Option<&Question>) -> Response {
    redirect(&format!("/followup/{id}/call?q={}", page_of(question)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WhoForm {
    who: String,
}

/// `POST /followup/{id}/who`: the person is there, and the interview begins.
#[handler]
pub async fn who(
    visit: Visit<Desk>,
    Path(id): Path<FollowUpId>,
    Form(form): Form<WhoForm>,
) -> Result<Response> {
    let by = AnsweredBy::from_text(&form.who).ok_or(Error::BadRequest)?;
    let work = |tx, scope| async move { actions::choose_who(&tx, scope, id, by).await };
    if let Err(error) = visit.does("begin_interview", work).await {
        return again(visit, id, "", error).await;
    }

    // The first question without an answer.
    let row = queries::get(visit.db(), &visit.scope, id).await?;
    let answers = Answers::stored(&row.answers);
    Ok(to_question(id, answers.next(questionnaire(&row)?, Moment::ThreeMonths)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    question: String,
    answer: Vec<String>,
    skip: String,
}

/// `POST /followup/{id}/call`
#[handler]
pub async fn answer(
    visit: Visit<Desk>,
    Path(id): Path<FollowUpId>,
    Form(AnswerForm { question: name, answer, skip }): Form<AnswerForm>,
) -> Result<Response> {
    let name = name.as_str();
    let row = queries::get(visit.db(), &visit.scope, id).await?;
    let set = questionnaire(&row)?;
    let question = set.of(Moment::ThreeMonths).find(|known| known.id == name);
    let question = question.ok_or(Error::NotFound)?;
    let said = match (Posted { answer, skip }).read(question) {
        Ok(said) => said,
        // The same question once more.
        Err(error) => return again(visit, id, name, Error::Invalid(vec![error])).await,
    };

    let said = &said;
    let work = |tx, scope| async move {
        actions::answer_question(&tx, scope, id, name, said.clone()).await
    };
    match visit.does("answer_interview", work).await {
        Ok(answers) => Ok(to_question(id, answers.after(set, Moment::ThreeMonths, name))),
        // Nothing more can be asked: the page that opens the call says why.
        Err(error) => again(visit, id, "", error).await,
    }
}

/// `POST /followup/{id}/finish`
#[handler]
pub async fn finish(visit: Visit<Desk>, Path(id): Path<FollowUpId>) -> Result<Response> {
    let work = |tx, scope| async move { actions::finish(&tx, scope, id, AnswerVia::Phone).await };
    match visit.does("finish_interview", work).await {
        Ok(_) => Ok(redirect(&format!("/followup/{id}"))),
        Err(error) => again(visit, id, LAST_PAGE, error).await,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AttemptForm {
    outcome: String,
    /// When to call again: a day, and a time of it.
    on: String,
    at: String,
    revision: Option<i32>,
}

impl AttemptForm {
    /// When the person asked to be called again, if it was said.
    fn again_at(&self) -> Result<Option<DateTime<Utc>>> {
        if self.on.trim().is_empty() {
            return Ok(None);
        }
        let wrong = || Error::invalid("again_at", "err.survey.again");
        let day = day::read(&self.on).map_err(|_| wrong())?;
        let time = match self.at.trim() {
            "" => "10:00",
            time => time,
        };
        let time = clock::read(time).map_err(|_| wrong())?;
        Ok(Some(instant(day, time)))
    }
}

/// `POST /followup/{id}/attempt`: a call that was no interview.
#[handler]
pub async fn attempt(
    visit: Visit<Desk>,
    Path(id): Path<FollowUpId>,
    Form(form): Form<AttemptForm>,
) -> Result<Response> {
    let revision = form.revision;
    let outcome = CallOutcome::from_text(&form.outcome);
    let outcome = outcome.filter(|outcome| *outcome != CallOutcome::Answered);
    let outcome = outcome.ok_or(Error::BadRequest)?;

    let done = async {
        let again_at = form.again_at()?;
        let work = |tx, scope| async move {
            actions::record_call(&tx, scope, id, outcome, again_at, revision).await
        };
        visit.does("record_survey_call", work).await
    };
    match done.await {
        Ok(_) => Ok(redirect("/followup")),
        Err(error) => again(visit, id, "", error).await,
    }
}

/// The page again, with a sentence that says why nothing was done.
async fn again(visit: Visit<Desk>, id: FollowUpId, name: &str, error: Error) -> Result<Response> {
    let back = returned(&visit.page, error)?;
    draw(visit, id, name, back).await
}
