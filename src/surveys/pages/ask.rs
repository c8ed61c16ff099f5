//! `/ask/{token}`: one question per page, without account or script.

use askama::Template;
use entity::surveys::follow_up::{self, AnswerVia, AnsweredBy};
use poem::web::Path;
use poem::{FromRequest, Request, RequestBody, Response, handler};
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
    Answers, Kind, LAST_PAGE, Moment, Position, Question, Refusal, Reply, Standing, can_answer,
    page_of,
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
    why: Refusal,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask.html")]
struct AskPage {
    page: Page,
    token: String,
    back: Returned,
    question: QuestionView,
    position: Position<'static>,
}

#[derive(Template)]
#[template(path = "surveys/pages/ask_send.html")]
struct SendPage {
    page: Page,
    token: String,
    back: Returned,
    said: usize,
    /// The last question.
    before: Option<&'static Question>,
}

/// Wrong links from one network.
const PER_NETWORK: Limit = Limit { name: "ask_network", hits: 20, minutes: 15 };
/// Wrong links from one wider network.
const PER_WIDER: Limit = Limit { name: "ask_wider", hits: 80, minutes: 15 };

/// Whoever came by a link, and the follow-up to which it leads.
pub struct Guest {
    page: Page,
    app: App,
    token: String,
    /// The question of the page; empty on the first.
    question: String,
    row: follow_up::Model,
    scope: Scope,
    open: Result<(), Refusal>,
}

/// What the address says.
#[derive(Deserialize)]
struct Link {
    token: String,
    #[serde(default)]
    question: String,
}

impl<'a> FromRequest<'a> for Guest {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Path(link) = Path::<Link>::from_request(request, body).await?;
        let page = Page::from_request(request, body).await?;
        let app = App::from_request(request, body).await?;
        Ok(Self::find(page, app, link).await?)
    }
}

impl Guest {
    /// Wrong links are counted. A right one opens whatever others on the same network have tried:
    /// nobody comes upon one by guessing.
    async fn find(page: Page, app: App, Link { token, question }: Link) -> Result<Self> {
        let ctx = &page.ctx;
        let reader = app.store().reader();
        let Some(row) = queries::find_by_token(reader, &ctx.public_scope(), &token).await? else {
            let (network, wider) = (&ctx.origin.network, &ctx.origin.wider);
            rate::count(&app, ctx, &[PER_NETWORK.of(&[network]), PER_WIDER.of(&[wider])]).await?;
            return Err(Error::NotFound);
        };

        let scope = Scope::own(row.municipality_id, row.resident_id);
        let active = queries::is_active(reader, &row).await?;
        let open = can_answer(Standing::of(&row, active, ctx.today()));
        Ok(Self { page, app, token, question, row, scope, open })
    }

    fn ctx(&self) -> &Ctx {
        &self.page.ctx
    }

    fn answers(&self) -> Answers {
        Answers::stored(&self.row.answers)
    }

    /// Whether questions can be shown: it is open, and said who answers.
    fn may_go_on(&self) -> bool {
        self.open.is_ok() && self.row.answered_by.is_some()
    }

    fn to_start(&self) -> Response {
        redirect(&format!("/ask/{}", self.token))
    }

    fn to_question(&self, question: Option<&Question>) -> Response {
        redirect(&format!("/ask/{}/{}", self.token, page_of(question)))
    }

    fn start_page(self, who: Option<AnsweredBy>, back: Returned) -> Result<Response> {
        let goes_on = !self.answers().is_empty();
        let template = StartPage { page: self.page, token: self.token, back, who, goes_on };
        render_form(&template.back, &template)
    }

    /// The page of the question, with what was just typed or with what was said before.
    fn ask_page(self, typed: Option<&Reply>, back: Returned) -> Result<Response> {
        let (set, answers) = (questionnaire(&self.row)?, self.answers());
        let position = answers.position(set, Moment::ThreeMonths, &self.question);
        let position = position.ok_or(Error::NotFound)?;
        let reply = typed.or_else(|| answers.get(&self.question));
        let question = QuestionView::new(self.ctx().lang, position.question, reply);
        let template = AskPage { page: self.page, token: self.token, back, question, position };
        render_form(&template.back, &template)
    }

    fn send_page(self, back: Returned) -> Result<Response> {
        let (set, answers) = (questionnaire(&self.row)?, self.answers());
        let before = answers.asked(set, Moment::ThreeMonths).last();
        let said = answers.said_count();
        let template = SendPage { page: self.page, token: self.token, back, said, before };
        render_form(&template.back, &template)
    }

    async fn send(self) -> Result<Response> {
        let (scope, id) = (&self.scope, self.row.id);
        let work = |tx| async move { actions::finish(&tx, scope, id, AnswerVia::Web).await };
        match self.app.store().write(self.ctx(), "finish_survey", work).await {
            // Pressed twice, or answered on the telephone meanwhile: thank you all the same.
            Ok(_) | Err(Error::Refused(_)) => Ok(self.to_start()),
            Err(Error::Invalid(mut errors)) => {
                // One thing alone can be done on the page.
                for error in &mut errors {
                    error.field = "answer".to_owned();
                }
                self.send_page(Returned::mistakes(errors))
            }
            Err(error) => Err(error),
        }
    }
}

/// `GET /ask/{token}`
#[handler]
pub async fn start(guest: Guest) -> Result<Response> {
    match guest.open {
        Ok(()) => {
            let who = guest.row.answered_by;
            guest.start_page(who, Returned::default())
        }
        Err(why) => render(&OverPage { page: guest.page, why }),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WhoForm {
    who: String,
}

/// `POST /ask/{token}`
#[handler]
pub async fn begin(guest: Guest, Form(form): Form<WhoForm>) -> Result<Response> {
    if guest.open.is_err() {
        return Ok(guest.to_start());
    }
    let Some(by) = AnsweredBy::from_text(&form.who) else {
        return guest.start_page(None, Returned::mistake("answer", "err.survey.who"));
    };

    let (scope, id) = (&guest.scope, guest.row.id);
    let work = |tx| async move { actions::choose_who(&tx, scope, id, by).await };
    match guest.app.store().write(guest.ctx(), "begin_survey", work).await {
        // Answered by another way meanwhile: the first page says so.
        Err(Error::Refused(_)) => return Ok(guest.to_start()),
        done => done?,
    }

    let set = questionnaire(&guest.row)?;
    Ok(guest.to_question(guest.answers().next(set, Moment::ThreeMonths)))
}

/// `GET /ask/{token}/{question}`
#[handler]
pub async fn show(guest: Guest) -> Result<Response> {
    if !guest.may_go_on() {
        return Ok(guest.to_start());
    }
    if guest.question == LAST_PAGE {
        return guest.send_page(Returned::default());
    }
    guest.ask_page(None, Returned::default())
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
    fn typed(&self, kind: Kind) -> Reply {
        match kind {
            Kind::Multiple => Reply::Many(self.answer.clone()),
            _ => Reply::One(self.answer.first().cloned().unwrap_or_default()),
        }
    }

    /// What was said on a page where something is to be chosen or typed, or passed over.
    fn read_chosen(&self, question: &Question) -> Result<Reply, FieldError> {
        if self.is_nothing() && question.kind != Kind::Text {
            return Err(FieldError::new("answer", nothing_said(question.kind)));
        }
        self.read(question)
    }

    /// What was said.
    pub fn read(&self, question: &Question) -> Result<Reply, FieldError> {
        if !self.skip.is_empty() {
            return Ok(Reply::Passed);
        }
        question.read_form(&self.answer).map_err(|fault| fault.of_field("answer".to_owned()))
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
pub async fn answer(guest: Guest, Form(posted): Form<Posted>) -> Result<Response> {
    if !guest.may_go_on() {
        return Ok(guest.to_start());
    }
    if guest.question == LAST_PAGE {
        return guest.send().await;
    }

    let set = questionnaire(&guest.row)?;
    let question = set.of(Moment::ThreeMonths).find(|known| known.id == guest.question);
    let question = question.ok_or(Error::NotFound)?;
    let said = match posted.read_chosen(question) {
        Ok(said) => said,
        Err(error) => {
            let typed = posted.typed(question.kind);
            return guest.ask_page(Some(&typed), Returned::mistakes(vec![error]));
        }
    };

    let (scope, id, name, said) = (&guest.scope, guest.row.id, question.id.as_str(), &said);
    let work =
        |tx| async move { actions::answer_question(&tx, scope, id, name, said.clone()).await };
    match guest.app.store().write(guest.ctx(), "answer_survey", work).await {
        Ok(answers) => Ok(guest.to_question(answers.after(set, Moment::ThreeMonths, name))),
        // Answered by another way meanwhile: the first page says so.
        Err(Error::Refused(_)) => Ok(guest.to_start()),
        Err(error) => Err(error),
    }
}
