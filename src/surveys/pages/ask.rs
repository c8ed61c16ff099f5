//! `/ask/{token}`: one question per page, without account or script.

use askama::Template;
use entity::surveys::follow_up::{self, AnswerVia, AnsweredBy, FollowUpState};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::QuestionView;
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result, Scope};
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::queries;
use crate::surveys::rules::{Answers, LAST_PAGE, Moment, Question, Said, can_answer};

#[derive(Template)]
#[template(path = "surveys/pages/ask_start.html")]
struct StartPage {
    page: Page,
    token: String,
    errors: Vec<FieldError>,
    who: Option<AnsweredBy>,
    /// Some questions were answered before.
    goes_on: bool,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask_over.html")]
struct OverPage {
    page: Page,
    answered: bool,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask.html")]
struct AskPage {
    page: Page,
    token: String,
    errors: Vec<FieldError>,
    question: QuestionView,
    at: usize,
    of: usize,
    back: String,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask_send.html")]
struct SendPage {
    page: Page,
    token: String,
    errors: Vec<FieldError>,
    said: usize,
    back: String,
}

/// What a link leads to.
struct Asked {
    row: follow_up::Model,
    scope: Scope,
    open: bool,
}

async fn find(app: &App, ctx: &Ctx, token: &str) -> Result<Asked> {
    let public = ctx.public_scope();
    let row = queries::find_by_token(app.store().reader(), &public, token).await?;
    let row = row.ok_or(Error::NotFound)?;
    let open = can_answer(row.state, row.close_reason).is_ok();
    let scope = Scope::own(row.municipality_id, row.resident_id);
    Ok(Asked { row, scope, open })
}

fn over(page: Page, row: &follow_up::Model) -> Result<Response> {
    let answered = row.state == FollowUpState::Answered;
    render(&OverPage { page, answered })
}

/// `GET /ask/{token}`
#[handler]
pub async fn start(page: Page, ctx: Ctx, app: App, Path(token): Path<String>) -> Result<Response> {
    let asked = find(&app, &ctx, &token).await?;
    if !asked.open {
        return over(page, &asked.row);
    }
    let goes_on = !Answers::stored(&asked.row.answers).is_empty();
    let who = asked.row.answered_by;
    render(&StartPage { page, token, errors: Vec::new(), who, goes_on })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Who {
    who: String,
}

/// `POST /ask/{token}`
#[handler]
pub async fn begin(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(token): Path<String>,
    Form(typed): Form<Who>,
) -> Result<Response> {
    let asked = find(&app, &ctx, &token).await?;
    if !asked.open {
        return Ok(redirect(&format!("/ask/{token}")));
    }
    let Some(by) = AnsweredBy::from_text(&typed.who) else {
        let errors = vec![FieldError::new("who", "err.survey.who")];
        let goes_on = !Answers::stored(&asked.row.answers).is_empty();
        let again = StartPage { page, token, errors, who: None, goes_on };
        return render_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    };
    let (scope, id) = (&asked.scope, asked.row.id);
    app.store()
        .write(
            &ctx,
            "begin_survey",
            |tx| async move { actions::choose_who(&tx, scope, id, by).await },
        )
        .await?;
    let set = questionnaire(&asked.row)?;
    let answers = Answers::stored(&asked.row.answers);
    let next = answers.next(set, Moment::ThreeMonths).map_or(LAST_PAGE, |next| next.id.as_str());
    Ok(redirect(&format!("/ask/{token}/{next}")))
}

/// `GET /ask/{token}/{question}`
#[handler]
pub async fn show(
    page: Page,
    ctx: Ctx,
    app: App,
    Path((token, name)): Path<(String, String)>,
) -> Result<Response> {
    let asked = find(&app, &ctx, &token).await?;
    if !asked.open || asked.row.answered_by.is_none() {
        return Ok(redirect(&format!("/ask/{token}")));
    }
    if name == LAST_PAGE {
        return render(&send_page(page, token, &asked.row, Vec::new())?);
    }
    render(&ask_page(page, token, &asked.row, &name, None, Vec::new())?)
}

fn ask_page(
    page: Page,
    token: String,
    row: &follow_up::Model,
    name: &str,
    typed: Option<&Said>,
    errors: Vec<FieldError>,
) -> Result<AskPage> {
    let set = questionnaire(row)?;
    let answers = Answers::stored(&row.answers);
    let asked: Vec<&Question> = answers.asked(set, Moment::ThreeMonths).collect();
    let at = asked.iter().position(|question| question.id == name).ok_or(Error::NotFound)?;
    let before = at.checked_sub(1).map(|before| asked[before].id.as_str());
    let back = match before {
        Some(before) => format!("/ask/{token}/{before}"),
        None => format!("/ask/{token}"),
    };
    let said = typed.or_else(|| answers.get(name));
    let question = QuestionView::new(&page, asked[at], said);
    Ok(AskPage { question, at: at + 1, of: asked.len(), back, token, errors, page })
}

fn send_page(
    page: Page,
    token: String,
    row: &follow_up::Model,
    errors: Vec<FieldError>,
) -> Result<SendPage> {
    let set = questionnaire(row)?;
    let answers = Answers::stored(&row.answers);
    let last = answers.asked(set, Moment::ThreeMonths).last();
    let back = format!("/ask/{token}/{}", last.map_or("", |last| last.id.as_str()));
    Ok(SendPage { said: answers.said_count(), back, page, token, errors })
}

/// What a page of the questionnaire posts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Posted {
    pub answer: Vec<String>,
    pub skip: String,
}

impl Posted {
    /// Whether nothing was chosen and the person did not say to pass over it.
    pub fn is_nothing(&self) -> bool {
        self.skip.is_empty() && self.answer.iter().all(|value| value.trim().is_empty())
    }

    /// What was said.
    pub fn read(&self, question: &Question) -> Result<Said, FieldError> {
        if !self.skip.is_empty() {
            return Ok(Said::Passed);
        }
        question.read_form(&self.answer).map_err(|fault| FieldError {
            field: "answer".to_owned(),
            wording: fault.wording,
            values: vec![("max", fault.max.to_string()), ("value", fault.value)],
        })
    }
}

/// `POST /ask/{token}/{question}`
#[handler]
pub async fn answer(
    page: Page,
    ctx: Ctx,
    app: App,
    Path((token, name)): Path<(String, String)>,
    Form(posted): Form<Posted>,
) -> Result<Response> {
    let asked = find(&app, &ctx, &token).await?;
    if !asked.open || asked.row.answered_by.is_none() {
        return Ok(redirect(&format!("/ask/{token}")));
    }
    if name == LAST_PAGE {
        return send(page, &ctx, &app, token, &asked).await;
    }
    let set = questionnaire(&asked.row)?;
    let question = set.of(Moment::ThreeMonths).find(|known| known.id == name);
    let question = question.ok_or(Error::NotFound)?;
    let said = match posted.read(question) {
        _ if posted.is_nothing() => Err(FieldError::new("answer", "err.survey.choose")),
        said => said,
    };
    let said = match said {
        Ok(said) => said,
        Err(error) => {
            let typed = Said::One(posted.answer.first().cloned().unwrap_or_default());
            let asked = ask_page(page, token, &asked.row, &name, Some(&typed), vec![error])?;
            return render_with(StatusCode::UNPROCESSABLE_ENTITY, &asked);
        }
    };
    let (scope, id, said, name) = (&asked.scope, asked.row.id, &said, name.as_str());
    let answers = app
        .store()
        .write(&ctx, "answer_survey", |tx| async move {
            actions::answer_question(&tx, scope, id, name, said.clone()).await
        })
        .await?;
    let next = answers.after(set, Moment::ThreeMonths, name);
    let next = next.map_or(LAST_PAGE, |next| next.id.as_str());
    Ok(redirect(&format!("/ask/{token}/{next}")))
}

async fn send(page: Page, ctx: &Ctx, app: &App, token: String, asked: &Asked) -> Result<Response> {
    let (scope, id) = (&asked.scope, asked.row.id);
    let done = app
        .store()
        .write(ctx, "finish_survey", |tx| async move {
            actions::finish(&tx, scope, id, AnswerVia::Web).await
        })
        .await;
    match done {
        // Pressed twice, or answered on the telephone meanwhile: thank you all the same.
        Ok(_) | Err(Error::Refused(_)) => Ok(redirect(&format!("/ask/{token}"))),
        Err(Error::Invalid(errors)) => {
            let page = send_page(page, token, &asked.row, errors)?;
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error),
    }
}
