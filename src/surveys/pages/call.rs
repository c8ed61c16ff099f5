//! `/followup/{id}/call`: the interview on the telephone, one question at a time.

use askama::Template;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::FollowUpId;
use entity::surveys::follow_up::{self, AnswerVia, AnsweredBy};
use entity::surveys::survey_call::CallOutcome;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::QuestionView;
use super::ask::Posted;
use super::list::Line;
use crate::places;
use crate::platform::actor::DESK;
use crate::platform::japan::time::instant;
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result, Scope};
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::api::record_look;
use crate::surveys::queries::{self, FollowUpRow};
use crate::surveys::rules::{Answers, LAST_PAGE, Moment, Question, Refusal, can_call};

#[derive(Template)]
#[template(path = "surveys/pages/call.html")]
struct CallPage {
    page: Page,
    line: Line,
    id: i64,
    revision: i32,
    script: String,
    /// None before the first question and after the last.
    question: Option<QuestionView>,
    at: usize,
    of: usize,
    back: Option<String>,
    ended: bool,
    said: usize,
    errors: Vec<FieldError>,
    notice: Option<String>,
    /// Why nobody is to call.
    over: Option<Refusal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

async fn page_of(
    app: &App,
    ctx: &Ctx,
    page: Page,
    scope: &Scope,
    id: i64,
    name: &str,
) -> Result<CallPage> {
    let reader = app.store().reader();
    // The office that calls, whatever town's public pages this process shows.
    let office = places::queries::get_municipality(reader, scope.municipality_id).await?;
    let page = page.of(&office);
    let row = queries::get_row(reader, scope, FollowUpId(id)).await?;
    let rows = [row];
    record_look(app, ctx, &rows, "survey_call").await?;
    let [row] = rows;
    let set = questionnaire(&row.follow_up)?;
    let answers = Answers::stored(&row.follow_up.answers);
    let asked: Vec<&Question> = answers.asked(set, Moment::ThreeMonths).collect();
    let at = asked.iter().position(|question| question.id == name);
    let question = at.map(|at| QuestionView::new(&page, asked[at], answers.get(name)));
    let ended = name == LAST_PAGE;
    if !name.is_empty() && !ended && question.is_none() {
        return Err(Error::NotFound);
    }
    let before = match at {
        Some(at) => at.checked_sub(1).map(|before| asked[before].id.clone()),
        None => asked.last().filter(|_| ended).map(|last| last.id.clone()),
    };
    let link = |name: &str| format!("/followup/{id}/call?q={name}");
    let over = can_call(row.standing(ctx.today()));
    let open = over.is_ok();
    Ok(CallPage {
        line: Line::new(&page, &row, None),
        id,
        revision: row.follow_up.revision,
        script: script(&page, &row),
        back: match (&before, at) {
            (Some(before), _) => Some(link(before)),
            (None, Some(_)) => Some(format!("/followup/{id}/call")),
            (None, None) => None,
        },
        at: at.map_or(0, |at| at + 1),
        of: asked.len(),
        question: question.filter(|_| open),
        ended: ended && open,
        said: answers.said_count(),
        errors: Vec::new(),
        notice: None,
        over: over.err(),
        page,
    })
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
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    asked: Query<Asked>,
) -> Result<Response> {
    let scope = ctx.scope(DESK)?;
    render(&page_of(&app, &ctx, page, &scope, id, &asked.0.q).await?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Who {
    who: String,
}

/// `POST /followup/{id}/who`: the person is there, and the interview begins.
#[handler]
pub async fn who(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Who>,
) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let by = AnsweredBy::from_text(&typed.who).ok_or(Error::BadRequest)?;
    let done = app
        .store()
        .write(&ctx, "begin_interview", |tx| async move {
            actions::choose_who(&tx, scope, FollowUpId(id), by).await
        })
        .await;
    if let Err(error) = done {
        return shown_again(&app, &ctx, page, scope, id, "", error).await;
    }
    let row = queries::get(app.store().reader(), scope, FollowUpId(id)).await?;
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
pub struct Said {
    question: String,
    answer: Vec<String>,
    skip: String,
}

/// `POST /followup/{id}/call`
#[handler]
pub async fn answer(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(Said { question: name, answer, skip }): Form<Said>,
) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let row = queries::get(app.store().reader(), scope, FollowUpId(id)).await?;
    let set = questionnaire(&row)?;
    let question = set.of(Moment::ThreeMonths).find(|known| known.id == name);
    let question = question.ok_or(Error::NotFound)?;
    let posted = Posted { answer, skip };
    let said = match posted.read(question) {
        Ok(said) => &said.clone(),
        Err(error) => {
            let error = Error::Invalid(vec![error]);
            return shown_again(&app, &ctx, page, scope, id, &name, error).await;
        }
    };
    let asked = name.as_str();
    let done = app
        .store()
        .write(&ctx, "answer_interview", |tx| async move {
            actions::answer_question(&tx, scope, FollowUpId(id), asked, said.clone()).await
        })
        .await;
    match done {
        Ok(answers) => {
            let next = answers.after(set, Moment::ThreeMonths, asked);
            let next = next.map_or(LAST_PAGE, |next| next.id.as_str());
            Ok(redirect(&format!("/followup/{id}/call?q={next}")))
        }
        Err(error) => shown_again(&app, &ctx, page, scope, id, "", error).await,
    }
}

/// `POST /followup/{id}/finish`
#[handler]
pub async fn finish(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let done = app
        .store()
        .write(&ctx, "finish_interview", |tx| async move {
            actions::finish(&tx, scope, FollowUpId(id), AnswerVia::Phone).await
        })
        .await;
    match done {
        Ok(_) => Ok(redirect(&format!("/followup/{id}"))),
        Err(error) => shown_again(&app, &ctx, page, scope, id, LAST_PAGE, error).await,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Attempt {
    outcome: String,
    /// When to call again: a day, and a time of it.
    on: String,
    at: String,
    revision: Option<i32>,
}

impl Attempt {
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
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Attempt>,
) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let outcome = CallOutcome::from_text(&typed.outcome);
    let outcome = outcome.filter(|outcome| *outcome != CallOutcome::Answered);
    let outcome = outcome.ok_or(Error::BadRequest)?;
    let revision = typed.revision;
    let done = match typed.again_at() {
        Err(error) => Err(error),
        Ok(again_at) => {
            let id = FollowUpId(id);
            let work =
                async |tx| actions::record_call(&tx, scope, id, outcome, again_at, revision).await;
            app.store().write(&ctx, "record_survey_call", work).await
        }
    };
    match done {
        Ok(_) => Ok(redirect("/followup")),
        Err(error) => shown_again(&app, &ctx, page, scope, id, "", error).await,
    }
}

/// The page again, with a sentence that says why nothing was done.
async fn shown_again(
    app: &App,
    ctx: &Ctx,
    page: Page,
    scope: &Scope,
    id: i64,
    name: &str,
    error: Error,
) -> Result<Response> {
    let mut shown = page_of(app, ctx, page, scope, id, name).await?;
    let status = match error {
        Error::Refused(refusal) => {
            shown.notice = Some(shown.page.refusal(&refusal));
            StatusCode::CONFLICT
        }
        Error::Stale => {
            shown.notice = Some(shown.page.t("problem.stale").to_owned());
            StatusCode::CONFLICT
        }
        Error::Invalid(errors) => {
            shown.errors = errors;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        error => return Err(error),
    };
    render_with(status, &shown)
}
