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

use super::rules::{Kind, Question};
use super::sheet::{SheetChoice, choices};
use crate::platform::japan::dates;
use crate::platform::web::Page;
use crate::platform::{Lang, words};

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

/// A question as pages show it.
pub(crate) struct QuestionView {
    pub id: String,
    pub number: String,
    /// As it is written.
    pub text: String,
    /// As a whole sentence.
    pub title: String,
    /// As it is said on the telephone.
    pub said: String,
    pub kind: Kind,
    pub choices: Vec<ChoiceView>,
    /// What was typed or said before, for numbers and words.
    pub typed: String,
    pub most: i64,
}

/// An answer to choose.
pub(crate) struct ChoiceView {
    pub digit: usize,
    pub value: String,
    pub label: String,
    pub on: bool,
}

impl QuestionView {
    pub(super) fn new(page: &Page, question: &Question, said: Option<&super::rules::Said>) -> Self {
        use super::rules::Said;
        let lang = page.ctx.lang;

        // A task is asked as a whole sentence: whether the person can do it.
        let title = |text: &str| match question.kind {
            Kind::CanDo => page.f1("survey.can_do.ask", "task", text),
            _ => text.to_owned(),
        };

        let chosen = |value: &str| match said {
            Some(Said::One(one)) => one == value,
            Some(Said::Many(many)) => many.iter().any(|one| one == value),
            _ => false,
        };
        let typed = match said {
            Some(Said::Number(number)) => number.to_string(),
            Some(Said::One(words)) if matches!(question.kind, Kind::Text | Kind::Number) => {
                words.clone()
            }
            _ => String::new(),
        };

        Self {
            id: question.id.clone(),
            number: question.number.map(|number| number.to_string()).unwrap_or_default(),
            text: question.text(lang).to_owned(),
            title: title(question.text(lang)),
            said: title(question.said(lang)),
            kind: question.kind,
            choices: question
                .values()
                .into_iter()
                .zip(choices(question, lang))
                .map(|(value, SheetChoice { digit, label })| ChoiceView {
                    on: chosen(value),
                    value: value.to_owned(),
                    digit,
                    label,
                })
                .collect(),
            typed,
            most: question.most(),
        }
    }

    pub(crate) fn is_multiple(&self) -> bool {
        self.kind == Kind::Multiple
    }

    pub(crate) fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }

    pub(crate) fn is_number(&self) -> bool {
        self.kind == Kind::Number
    }
}

/// What was said to a question, in words.
pub(super) fn told(question: &Question, said: Option<&super::rules::Said>, lang: Lang) -> String {
    use super::rules::Said;
    let labels = choices(question, lang);
    let values = question.values();
    let label = |value: &str| {
        let at = values.iter().position(|known| *known == value);
        at.map(|at| labels[at].label.clone()).unwrap_or_default()
    };

    match said {
        None => words::text(lang, "survey.not_asked").to_owned(),
        Some(Said::Passed) => words::text(lang, "survey.passed").to_owned(),
        Some(Said::Number(number)) => number.to_string(),
        Some(Said::One(text)) if question.kind == Kind::Text => text.clone(),
        Some(Said::One(value)) => label(value),
        Some(Said::Many(many)) => {
            let many: Vec<String> = many.iter().map(|value| label(value)).collect();
            many.join(lang.pick("、", ", "))
        }
    }
}

/// 「7月10日（水曜日）」.
pub(super) fn day(lang: Lang, date: chrono::NaiveDate) -> String {
    match lang {
        Lang::Ja => dates::date_ja(date),
        Lang::En => dates::date_en(date),
    }
}
