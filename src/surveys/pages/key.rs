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
use crate::surveys::rules::{Answers, Kind, Moment, Questionnaire};

/// One line of the sheet.
struct SheetLine {
    name: String,
    label: String,
    number: String,
    hint: String,
    typed: String,
    /// `one` digit, `many`, or `words`.
    takes: &'static str,
}

#[derive(Template)]
#[template(path = "surveys/pages/key.html")]
struct KeyPage {
    page: Page,
    code: String,
    who: String,
    fields: Vec<SheetLine>,
    back: Returned,
    /// Whose sheet was recorded last.
    done: Option<(FollowUpId, String)>,
    /// The follow-up on whose page the sheet is keyed.
    of: String,
    of_kana: String,
}

impl KeyPage {
    /// 「問3：」 before the sentence about an answer; nothing before one about the sheet.
    fn of_question(&self, name: &str) -> String {
        let field = self.fields.iter().find(|field| field.name == name);
        field.map_or_else(String::new, |field| {
            let number = match field.number.as_str() {
                "" => field.label.clone(),
                number => self.page.f1("survey.number", "n", number),
            };
            format!("{number}{}", self.page.pick("：", ": "))
        })
    }

    fn wrong(&self, name: &str) -> bool {
        self.back.errors.iter().any(|error| error.field == name)
    }
}

fn fields(page: &Page, set: &Questionnaire, typed: &[(String, String)]) -> Vec<SheetLine> {
    set.of(Moment::ThreeMonths)
        .map(|question| {
            let last = question.values().len().to_string();
            let (takes, hint) = match question.kind {
                Kind::Text => ("words", page.t("key.words").to_owned()),
                Kind::Number => ("many", page.f1("key.number", "max", question.most())),
                Kind::Multiple => ("many", page.f1("key.digits", "max", &last)),
                Kind::Single | Kind::CanDo => ("one", page.f1("key.digit", "max", &last)),
            };
            let name = format!("answers.{}", question.id);
            SheetLine {
                typed: value(typed, &name).to_owned(),
                label: question.text(page.ctx.lang).to_owned(),
                number: question.number.map(|number| number.to_string()).unwrap_or_default(),
                name,
                hint,
                takes,
            }
        })
        .collect()
}

fn value<'a>(typed: &'a [(String, String)], name: &str) -> &'a str {
    typed.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct KeyQuery {
    done: Option<i64>,
    r#for: Option<i64>,
}

async fn draw(
    visit: Visit<Desk>,
    of: Option<FollowUpId>,
    done: Option<FollowUpId>,
    typed: &[(String, String)],
    back: Returned,
) -> Result<Response> {
    let today = visit.ctx.today();
    let set = Questionnaire::on(today).ok_or(Error::internal("no questionnaire"))?;
    let of_kana = match of {
        Some(id) => queries::kana(visit.db(), &visit.scope, id).await?,
        None => String::new(),
    };
    let done = match done {
        Some(id) => Some((id, queries::kana(visit.db(), &visit.scope, id).await?)),
        None => None,
    };

    let page = visit.page;
    let template = KeyPage {
        code: value(typed, "code").to_owned(),
        who: value(typed, "who").to_owned(),
        fields: fields(&page, set, typed),
        back,
        done,
        of: of.map(|id| id.to_string()).unwrap_or_default(),
        of_kana,
        page,
    };
    render_form(&template.back, &template)
}

/// `GET /followup/key`
#[handler]
pub async fn show(visit: Visit<Desk>, Query(query): Query<KeyQuery>) -> Result<Response> {
    let (of, done) = (query.r#for.map(FollowUpId), query.done.map(FollowUpId));
    draw(visit, of, done, &[], Returned::default()).await
}

/// `POST /followup/key`
#[handler]
pub async fn record(
    visit: Visit<Desk>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let of = value(&typed, "of").parse().ok().map(FollowUpId);
    let done = async {
        let (code, given) = read(&visit, &typed).await?;
        let given = &given;
        let work = |tx, scope| async move {
            actions::key_sheet(&tx, scope, code, of, given).await.map(|row| row.id)
        };
        visit.does("key_sheet", work).await
    };
    match done.await {
        Ok(id) => Ok(redirect(&format!("/followup/key?done={id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit, of, None, &typed, back).await
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
