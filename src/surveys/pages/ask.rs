//! `/ask/{token}`: one question per page, without account or script.

use askama::Template;
use entity::surveys::follow_up::{self, AnswerVia, AnsweredBy};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::QuestionView;
use crate::platform::rate::{self, Limit};
use crate::platform::web::door::{Returned, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{App, Ctx, Error, FieldError, Result, Scope};
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::queries;
use crate::surveys::rules::{
    Answers, Kind, LAST_PAGE, Moment, Question, Refusal, Said, Standing, can_answer,
};

#[derive(Template)]
#[template(path = "surveys/pages/ask_start.html")]
struct StartPage {
    page: Page,
    token: String,
    back: Returned,
    who: Option<AnsweredBy>,
    /// Some questions were answered before.
    goes_on: bool,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask_over.html")]
struct OverPage {
    page: Page,
    answered: bool,
    /// Its day is not near yet.
    early: bool,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask.html")]
struct AskPage {
    page: Page,
    token: String,
    back: Returned,
    question: QuestionView,
    at: usize,
    of: usize,
    /// Address of the page before.
    before: String,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask_send.html")]
struct SendPage {
    page: Page,
    token: String,
    back: Returned,
    said: usize,
    /// Address of the page before.
    before: String,
}

/// Wrong links from one network.
const PER_NETWORK: Limit = Limit { name: "ask_network", hits: 20, minutes: 15 };
/// Wrong links from one wider network.
const PER_WIDER: Limit = Limit { name: "ask_wider", hits: 80, minutes: 15 };

/// What a link leads to.
struct Linked {
    row: follow_up::Model,
    scope: Scope,
    open: Result<(), Refusal>,
}

/// Wrong links are counted. A right one opens whatever others on the same network have tried:
/// nobody comes upon one by guessing.
async fn find(app: &App, ctx: &Ctx, token: &str) -> Result<Linked> {
    let (public, reader) = (ctx.public_scope(), app.store().reader());
    let Some(row) = queries::find_by_token(reader, &public, token).await? else {
        let (network, wider) = (&ctx.origin.network, &ctx.origin.wider);
        rate::count(app, ctx, &[PER_NETWORK.of(&[network]), PER_WIDER.of(&[wider])]).await?;
        return Err(Error::NotFound);
    };
    let scope = Scope::own(row.municipality_id, row.resident_id);
    let active = queries::is_active(reader, &row).await?;
    let open = can_answer(Standing::of(&row, active, ctx.today()));
    Ok(Linked { row, scope, open })
}

fn over(page: Page, refusal: Refusal) -> Result<Response> {
    let (answered, early) = (refusal == Refusal::Answered, refusal == Refusal::TooEarly);
    render(&OverPage { page, answered, early })
}

/// `GET /ask/{token}`
#[handler]
pub async fn start(page: Page, ctx: Ctx, app: App, Path(token): Path<String>) -> Result<Response> {
    let linked = find(&app, &ctx, &token).await?;
    if let Err(refusal) = linked.open {
        return over(page, refusal);
    }
    start_page(page, token, &linked.row, linked.row.answered_by, Returned::default())
}

fn start_page(
    page: Page,
    token: String,
    row: &follow_up::Model,
    who: Option<AnsweredBy>,
    back: Returned,
) -> Result<Response> {
    let goes_on = !Answers::stored(&row.answers).is_empty();
    let template = StartPage { page, token, back, who, goes_on };
    render_form(&template.back, &template)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WhoForm {
    who: String,
}

/// `POST /ask/{token}`
#[handler]
pub async fn begin(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(token): Path<String>,
    Form(form): Form<WhoForm>,
) -> Result<Response> {
    let linked = find(&app, &ctx, &token).await?;
    if linked.open.is_err() {
        return Ok(redirect(&format!("/ask/{token}")));
    }
    let Some(by) = AnsweredBy::from_text(&form.who) else {
        let back = Returned::mistake("answer", "err.survey.who");
        return start_page(page, token, &linked.row, None, back);
    };

    let (scope, id) = (&linked.scope, linked.row.id);
    let work = |tx| async move { actions::choose_who(&tx, scope, id, by).await };
    match app.store().write(&ctx, "begin_survey", work).await {
        // Answered by another way meanwhile: the first page says so.
        Err(Error::Refused(_)) => return Ok(redirect(&format!("/ask/{token}"))),
        done => done?,
    }

    let set = questionnaire(&linked.row)?;
    let answers = Answers::stored(&linked.row.answers);
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
    let linked = find(&app, &ctx, &token).await?;
    if linked.open.is_err() || linked.row.answered_by.is_none() {
        return Ok(redirect(&format!("/ask/{token}")));
    }
    if name == LAST_PAGE {
        return send_page(page, token, &linked.row, Returned::default());
    }
    ask_page(page, token, &linked.row, &name, None, Returned::default())
}

fn ask_page(
    page: Page,
    token: String,
    row: &follow_up::Model,
    name: &str,
    typed: Option<&Said>,
    back: Returned,
) -> Result<Response> {
    let set = questionnaire(row)?;
    let answers = Answers::stored(&row.answers);
    let asked: Vec<&Question> = answers.asked(set, Moment::ThreeMonths).collect();
    let at = asked.iter().position(|question| question.id == name).ok_or(Error::NotFound)?;
    let before = match at.checked_sub(1) {
        Some(before) => format!("/ask/{token}/{}", asked[before].id),
        None => format!("/ask/{token}"),
    };

    let said = typed.or_else(|| answers.get(name));
    let question = QuestionView::new(&page, asked[at], said);
    let template = AskPage { question, at: at + 1, of: asked.len(), before, token, back, page };
    render_form(&template.back, &template)
}

fn send_page(
    page: Page,
    token: String,
    row: &follow_up::Model,
    back: Returned,
) -> Result<Response> {
    let set = questionnaire(row)?;
    let answers = Answers::stored(&row.answers);
    let last = answers.asked(set, Moment::ThreeMonths).last();
    let before = format!("/ask/{token}/{}", last.map_or("", |last| last.id.as_str()));
    let template = SendPage { said: answers.said_count(), before, page, token, back };
    render_form(&template.back, &template)
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
    fn is_nothing(&self) -> bool {
        self.skip.is_empty() && self.answer.iter().all(|value| value.trim().is_empty())
    }

    /// What was typed or chosen, as it is shown again beside its error.
    fn typed(&self, kind: Kind) -> Said {
        match kind {
            Kind::Multiple => Said::Many(self.answer.clone()),
            _ => Said::One(self.answer.first().cloned().unwrap_or_default()),
        }
    }

    /// What was said on a page where something is to be chosen or typed, or passed over.
    fn read_chosen(&self, question: &Question) -> Result<Said, FieldError> {
        if self.is_nothing() && question.kind != Kind::Text {
            return Err(FieldError::new("answer", nothing_said(question.kind)));
        }
        self.read(question)
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

/// The sentence for a page that was sent on without an answer.
fn nothing_said(kind: Kind) -> &'static str {
    match kind {
        Kind::Multiple => "err.survey.choose.many",
        Kind::Number => "err.survey.choose.number",
        _ => "err.survey.choose",
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
    let linked = find(&app, &ctx, &token).await?;
    if linked.open.is_err() || linked.row.answered_by.is_none() {
        return Ok(redirect(&format!("/ask/{token}")));
    }
    if name == LAST_PAGE {
        return send(page, &ctx, &app, token, &linked).await;
    }

    let set = questionnaire(&linked.row)?;
    let question = set.of(Moment::ThreeMonths).find(|known| known.id == name);
    let question = question.ok_or(Error::NotFound)?;
    let said = match posted.read_chosen(question) {
        Ok(said) => said,
        Err(error) => {
            let (typed, back) = (posted.typed(question.kind), Returned::mistakes(vec![error]));
            return ask_page(page, token, &linked.row, &name, Some(&typed), back);
        }
    };

    let (scope, id, said, name) = (&linked.scope, linked.row.id, &said, name.as_str());
    let work =
        |tx| async move { actions::answer_question(&tx, scope, id, name, said.clone()).await };
    let answers = match app.store().write(&ctx, "answer_survey", work).await {
        // Answered by another way meanwhile: the first page says so.
        Err(Error::Refused(_)) => return Ok(redirect(&format!("/ask/{token}"))),
        done => done?,
    };
    let next = answers.after(set, Moment::ThreeMonths, name);
    let next = next.map_or(LAST_PAGE, |next| next.id.as_str());
    Ok(redirect(&format!("/ask/{token}/{next}")))
}

async fn send(
    page: Page,
    ctx: &Ctx,
    app: &App,
    token: String,
    linked: &Linked,
) -> Result<Response> {
    let (scope, id) = (&linked.scope, linked.row.id);
    let work = |tx| async move { actions::finish(&tx, scope, id, AnswerVia::Web).await };
    match app.store().write(ctx, "finish_survey", work).await {
        // Pressed twice, or answered on the telephone meanwhile: thank you all the same.
        Ok(_) | Err(Error::Refused(_)) => Ok(redirect(&format!("/ask/{token}"))),
        Err(Error::Invalid(mut errors)) => {
            // One thing alone can be done on the page.
            for error in &mut errors {
                error.field = "answer".to_owned();
            }
            send_page(page, token, &linked.row, Returned::mistakes(errors))
        }
        Err(error) => Err(error),
    }
}
