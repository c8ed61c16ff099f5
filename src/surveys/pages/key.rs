//! `/followup/key`: a sheet into the machine, by digits alone.

use askama::Template;
use entity::FollowUpId;
use entity::surveys::follow_up::{AnswerVia, AnsweredBy};
use poem::{Response, handler};
use serde::Deserialize;

use crate::platform::japan::BookingNumber;
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Result};
use crate::residents::Desk;
use crate::surveys::actions::{self, Given, invalid, questionnaire};
use crate::surveys::queries;
use crate::surveys::rules::{Answers, Kind, Moment, Question, Questionnaire};

/// What was typed, by field: read as it came, since a sheet may be of another version than the form.
type Fields = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "surveys/pages/key.html")]
struct KeyPage {
    page: Page,
    questions: Vec<&'static Question>,
    typed: Fields,
    back: Returned,
    /// Whose sheet was recorded last.
    done: Option<(FollowUpId, String)>,
    /// The follow-up on whose page the sheet is keyed, and whose it is.
    of: Option<(FollowUpId, String)>,
}

impl KeyPage {
    fn typed(&self, name: &str) -> &str {
        value(&self.typed, name)
    }

    /// The name of a question's field.
    fn name(&self, question: &Question) -> String {
        format!("answers.{}", question.id)
    }

    /// `one` digit, `many`, or `words`.
    fn takes(&self, question: &Question) -> &'static str {
        match question.kind {
            Kind::Text => "words",
            Kind::Number | Kind::Multiple => "many",
            Kind::Single | Kind::CanDo => "one",
        }
    }

    fn hint(&self, question: &Question) -> String {
        let last = question.values().len();
        match question.kind {
            Kind::Text => self.page.t("key.words").to_owned(),
            Kind::Number => self.page.f1("key.number", "max", question.most()),
            Kind::Multiple => self.page.f1("key.digits", "max", last),
            Kind::Single | Kind::CanDo => self.page.f1("key.digit", "max", last),
        }
    }

    /// 「問3：」 before the sentence about an answer; nothing before one about the sheet.
    fn of_question(&self, name: &str) -> String {
        let question = self.questions.iter().find(|question| self.name(question) == name);
        question.map_or_else(String::new, |question| {
            let number = match question.number {
                None => question.text(self.page.ctx.lang).to_owned(),
                Some(number) => self.page.f1("survey.number", "n", number),
            };
            format!("{number}{}", self.page.pick("：", ": "))
        })
    }

    fn wrong(&self, name: &str) -> bool {
        self.back.errors.iter().any(|error| error.field == name)
    }
}

fn value<'a>(typed: &'a [(String, String)], name: &str) -> &'a str {
    typed.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct KeyQuery {
    done: Option<FollowUpId>,
    r#for: Option<FollowUpId>,
}

async fn draw(
    visit: Visit<Desk>,
    of: Option<FollowUpId>,
    done: Option<FollowUpId>,
    typed: Fields,
    back: Returned,
) -> Result<Response> {
    let set = Questionnaire::on(visit.ctx.today()).ok_or(Error::internal("no questionnaire"))?;
    let template = KeyPage {
        questions: set.of(Moment::ThreeMonths).collect(),
        typed,
        back,
        done: named(&visit, done).await?,
        of: named(&visit, of).await?,
        page: visit.page,
    };
    render_form(&template.back, &template)
}

/// A follow-up with the kana of its person.
async fn named(
    visit: &Visit<Desk>,
    id: Option<FollowUpId>,
) -> Result<Option<(FollowUpId, String)>> {
    let Some(id) = id else { return Ok(None) };
    Ok(Some((id, queries::kana(visit.db(), &visit.scope, id).await?)))
}

/// `GET /followup/key`
#[handler]
pub async fn show(visit: Visit<Desk>, Query(query): Query<KeyQuery>) -> Result<Response> {
    draw(visit, query.r#for, query.done, Vec::new(), Returned::default()).await
}

/// `POST /followup/key`
#[handler]
pub async fn record(visit: Visit<Desk>, Form(typed): Form<Fields>) -> Result<Response> {
    let of = value(&typed, "of").parse().ok().map(FollowUpId);
    let done = async {
        let (code, given) = read(&visit, &typed).await?;
        let given = &given;
        let work = |tx, scope| async move { actions::key_sheet(&tx, scope, code, of, given).await };
        visit.does("key_sheet", work).await
    };
    match done.await {
        Ok(id) => Ok(redirect(&format!("/followup/key?done={id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit, of, None, typed, back).await
        }
    }
}

/// Reads the sheet; the questions are those of the sheet's own version.
async fn read(visit: &Visit<Desk>, typed: &[(String, String)]) -> Result<(BookingNumber, Given)> {
    let mut errors = Vec::new();
    let code = BookingNumber::parse(value(typed, "code"));
    let code = code.map_err(|error| errors.push(FieldError::new("code", sheet_error(error.key()))));
    let by = match value(typed, "who").trim() {
        // An empty line is the person: whoever helps is asked to say so.
        "" | "0" | "1" | "１" => AnsweredBy::Myself,
        "2" | "２" => AnsweredBy::Helper,
        _ => {
            errors.push(FieldError::new("who", "err.survey.by"));
            AnsweredBy::Myself
        }
    };

    let found = match &code {
        Ok(code) => queries::find_by_code(visit.db(), &visit.scope, *code).await?,
        Err(()) => None,
    };
    let set = match &found {
        Some(row) => questionnaire(row)?,
        None => Questionnaire::on(chrono::NaiveDate::MAX).ok_or(Error::NotFound)?,
    };

    let digits = typed.iter().filter_map(|(name, typed)| {
        let question = name.strip_prefix("answers.")?;
        (!typed.trim().is_empty()).then(|| (question.to_owned(), typed.clone()))
    });
    let answers = Answers::read_sheet(set, &digits.collect());
    if let Err(faults) = &answers
        && let Error::Invalid(found) = invalid(faults)
    {
        errors.extend(found);
    }

    match (code, answers) {
        (Ok(code), Ok(answers)) if errors.is_empty() => {
            Ok((code, Given { answers, by, via: AnswerVia::Paper }))
        }
        _ => Err(Error::Invalid(errors)),
    }
}

/// The sentence about a code speaks of the sheet.
fn sheet_error(key: &'static str) -> &'static str {
    match key {
        "err.number.check" => "err.sheet.check",
        "err.number.empty" => "err.sheet.empty",
        _ => "err.sheet.len",
    }
}
