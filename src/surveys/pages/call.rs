//! `/followup/{id}/call`: the interview on the telephone, one question at a time.

use askama::Template;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::FollowUpId;
use entity::surveys::follow_up::{self, AnswerVia, AnsweredBy};
use entity::surveys::survey_call::CallOutcome;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::QuestionView;
use super::ask::Posted;
use super::list::Line;
use crate::places;
use crate::platform::japan::time::instant;
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::residents::Desk;
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::queries::{self, FollowUpRow};
use crate::surveys::rules::{Answers, LAST_PAGE, Moment, Question, Refusal, can_call};

#[derive(Template)]
#[template(path = "surveys/pages/call.html")]
struct CallPage {
    page: Page,
    line: Line,
    id: FollowUpId,
    revision: i32,
    script: String,
    /// None before the first question and after the last.
    question: Option<QuestionView>,
    at: usize,
    of: usize,
    /// Address of the question before.
    before: Option<String>,
    ended: bool,
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
    let asked: Vec<&Question> = answers.asked(set, Moment::ThreeMonths).collect();
    let at = asked.iter().position(|question| question.id == name);
    let question = at.map(|at| QuestionView::new(&page, asked[at], answers.get(name)));
    let ended = name == LAST_PAGE;
    if !name.is_empty() && !ended && question.is_none() {
        return Err(Error::NotFound);
    }

    let over = can_call(row.standing(page.ctx.today()));
    let open = over.is_ok();
    let template = CallPage {
        line: Line::new(&page, &row, None),
        id,
        revision: row.follow_up.revision,
        script: script(&page, &row),
        before: before(id, &asked, at, ended),
        at: at.map_or(0, |at| at + 1),
        of: asked.len(),
        question: question.filter(|_| open),
        ended: ended && open,
        said: answers.said_count(),
        back,
        over: over.err(),
        page,
    };
    render_form(&template.back, &template)
}

/// The page before: the question before, or before the first one the page that opens the call.
fn before(id: FollowUpId, asked: &[&Question], at: Option<usize>, ended: bool) -> Option<String> {
    let question = match at {
        Some(at) => at.checked_sub(1).map(|before| asked[before]),
        None => asked.last().copied().filter(|_| ended),
    };
    match (question, at) {
        (Some(question), _) => Some(format!("/followup/{id}/call?q={}", question.id)),
        (None, Some(_)) => Some(format!("/followup/{id}/call")),
        (None, None) => None,
    }
}

fn script(page: &Page, row: &FollowUpRow) -> String {
    let title = page.pick(&row.class.session.title_ja, &row.class.session.title_en);
    page.f(
        "survey.script.open.three_months",
        &[
            ("city", page.place.as_str()),
            ("department", page.department.as_str()),
            ("title", title),
        ],
    )
}

/// `GET /followup/{id}/call`
#[handler]
pub async fn show(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Query(query): Query<CallQuery>,
) -> Result<Response> {
    draw(visit, FollowUpId(id), &query.q, Returned::default()).await
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
    Path(id): Path<i64>,
    Form(form): Form<WhoForm>,
) -> Result<Response> {
    let id = FollowUpId(id);
    let by = AnsweredBy::from_text(&form.who).ok_or(Error::BadRequest)?;
    let work = |tx, scope| async move { actions::choose_who(&tx, scope, id, by).await };
    if let Err(error) = visit.does("begin_interview", work).await {
        return again(visit, id, "", error).await;
    }
    let row = queries::get(visit.db(), &visit.scope, id).await?;
    Ok(redirect(&format!("/followup/{id}/call?q={}", next(&row)?)))
}

/// The first question without an answer.
fn next(row: &follow_up::Model) -> Result<String> {
    let answers = Answers::stored(&row.answers);
    let next = answers.next(questionnaire(row)?, Moment::ThreeMonths);
    Ok(next.map_or(LAST_PAGE.to_owned(), |next| next.id.clone()))
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
    Path(id): Path<i64>,
    Form(AnswerForm { question: name, answer, skip }): Form<AnswerForm>,
) -> Result<Response> {
    let (id, name) = (FollowUpId(id), name.as_str());
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
        Ok(answers) => {
            let next = answers.after(set, Moment::ThreeMonths, name);
            let next = next.map_or(LAST_PAGE, |next| next.id.as_str());
            Ok(redirect(&format!("/followup/{id}/call?q={next}")))
        }
        // Nothing more can be asked: the page that opens the call says why.
        Err(error) => again(visit, id, "", error).await,
    }
}

/// `POST /followup/{id}/finish`
#[handler]
pub async fn finish(visit: Visit<Desk>, Path(id): Path<i64>) -> Result<Response> {
    let id = FollowUpId(id);
    let work = |tx, scope| async move {
        actions::finish(&tx, scope, id, AnswerVia::Phone).await.map(|row| row.id)
    };
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
        let day: NaiveDate = self.on.trim().parse().map_err(|_| wrong())?;
        let time = match self.at.trim() {
            "" => "10:00",
            time => time,
        };
        let time = NaiveTime::parse_from_str(time, "%H:%M").map_err(|_| wrong())?;
        Ok(Some(instant(day, time)))
    }
}

/// `POST /followup/{id}/attempt`: a call that was no interview.
#[handler]
pub async fn attempt(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(form): Form<AttemptForm>,
) -> Result<Response> {
    let (id, revision) = (FollowUpId(id), form.revision);
    let outcome = CallOutcome::from_text(&form.outcome);
    let outcome = outcome.filter(|outcome| *outcome != CallOutcome::Answered);
    let outcome = outcome.ok_or(Error::BadRequest)?;

    let done = async {
        let again_at = form.again_at()?;
        let work = |tx, scope| async move {
            let made = actions::record_call(&tx, scope, id, outcome, again_at, revision).await;
            made.map(|row| row.id)
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
    let mut back = Returned::of(&visit.page, error)?;
    if back.is_stale {
        // A call was noted meanwhile: nothing that was typed here stands beside it.
        back.refusal = Some(visit.page.t("problem.stale").to_owned());
    }
    draw(visit, id, name, back).await
}
