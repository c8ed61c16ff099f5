//! The pages: a person's link, and the staff's lists, sheets, calls, figures.

mod ask;
mod call;
mod class;
mod figures;
mod key;
mod list;
mod one;
mod preview;

use poem::{Route, get, post};

use super::rules::{AnswerChoice, Kind, Moment, Question, Reply};
use crate::platform::web::Page;
use crate::platform::web::door::Returned;
use crate::platform::{Error, Lang, Result};

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/ask/:token", get(ask::start).post(ask::begin))
        .at("/ask/:token/:question", get(ask::show).post(ask::answer))
        .at("/followup", get(list::show))
        .at("/followup/figures", get(figures::show))
        .at("/followup/key", get(key::show).post(key::record))
        .at("/followup/preview", get(preview::show))
        .at("/followup/:id", get(one::show))
        .at("/followup/:id/attempt", post(call::attempt))
        .at("/followup/:id/call", get(call::show).post(call::answer))
        .at("/followup/:id/finish", post(call::finish))
        .at("/followup/:id/path", post(one::settle))
        .at("/followup/:id/reopen", post(one::reopen))
        .at("/followup/:id/who", post(call::who))
        .at("/sessions/:id/answers", get(class::show).post(class::record))
}

/// A question as pages show it, with what was said to it.
pub(crate) struct QuestionView {
    pub question: &'static Question,
    pub choices: Vec<AnswerChoice>,
    reply: Option<Reply>,
    lang: Lang,
}

impl QuestionView {
    fn new(lang: Lang, question: &'static Question, reply: Option<&Reply>) -> Self {
        Self { question, choices: question.choices(lang), reply: reply.cloned(), lang }
    }

    /// As it is written.
    pub(crate) fn text(&self) -> &str {
        self.question.text(self.lang)
    }

    /// As a whole sentence.
    pub(crate) fn sentence(&self) -> String {
        self.question.sentence(self.lang)
    }

    /// As it is said on the telephone.
    pub(crate) fn spoken(&self) -> String {
        self.question.spoken(self.lang)
    }

    /// Whether an answer was chosen before.
    pub(crate) fn has(&self, choice: &AnswerChoice) -> bool {
        match &self.reply {
            Some(Reply::One(one)) => *one == choice.value,
            Some(Reply::Many(many)) => many.contains(&choice.value),
            _ => false,
        }
    }

    /// What was typed or said before, for numbers and words.
    pub(crate) fn typed(&self) -> String {
        match &self.reply {
            Some(Reply::Number(number)) => number.to_string(),
            Some(Reply::One(words)) => words.clone(),
            _ => String::new(),
        }
    }

    pub(crate) fn is_multiple(&self) -> bool {
        self.question.kind == Kind::Multiple
    }

    pub(crate) fn is_text(&self) -> bool {
        self.question.kind == Kind::Text
    }

    pub(crate) fn is_number(&self) -> bool {
        self.question.kind == Kind::Number
    }
}

/// How a call begins, after a class with this title.
fn opening(page: &Page, moment: Moment, title: &str) -> String {
    page.f(
        &format!("survey.script.open.{}", moment.word()),
        &[("city", &page.place), ("department", &page.department), ("title", title)],
    )
}

/// The page again, where nothing that was typed stands beside what somebody else saved.
fn returned(page: &Page, error: Error) -> Result<Returned> {
    let mut back = Returned::of(page, error)?;
    if back.is_stale {
        back.refusal = Some(page.t("problem.stale").to_owned());
    }
    Ok(back)
}
