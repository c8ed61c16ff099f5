//! `/same`: records that may be one person, most of them from the public form.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::{ResidentId, ResidentQuestionId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::desk::actions::{Finding, settle_question};
use crate::desk::ahead::{self, BookingAhead};
use crate::desk::rules::narrow_moment;
use crate::platform::japan::PhoneNumber;
use crate::platform::web::Page;
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{redirect, render};
use crate::platform::{Error, Personal, Result};
use crate::residents::queries::Question;
use crate::residents::rules::same::{Field, Sameness, news};
use crate::residents::{self, Card, Desk};

/// Questions that the list shows.
const SHOWN: u64 = 100;

/// What has just been done, as the list says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DoneQuery {
    done: String,
}

#[derive(Template)]
#[template(path = "desk/pages/same.html")]
struct SamePage {
    page: Page,
    questions: Vec<Question>,
    /// The word of what has just been done; none for nothing.
    done: Option<String>,
}

impl SamePage {
    fn moment(&self, at: &DateTime<Utc>) -> String {
        narrow_moment(self.page.ctx.lang, *at)
    }
}

/// The questions that nobody has answered. Each name shown is a look at the person.
#[handler]
pub(super) async fn list(visit: Visit<Desk>, Query(query): Query<DoneQuery>) -> Result<Response> {
    let found = residents::queries::find_questions(visit.db(), &visit.scope, SHOWN).await?;
    let both = found.iter().flat_map(|question| [question.row.resident_id, question.row.known_id]);
    let both: Vec<ResidentId> = both.collect();
    let questions = visit.saw(Personal::new(found, both), "same_list").await?;

    let done = Finding::parse(&query.done).map(|_| query.done);
    render(&SamePage { page: visit.page, questions, done })
}

/// What both records say of one thing.
struct Compared {
    /// Wording key.
    label: &'static str,
    told: String,
    known: String,
    differs: bool,
}

#[derive(Template)]
#[template(path = "desk/pages/same_one.html")]
struct QuestionPage {
    page: Page,
    told: Card,
    known: Card,
    /// Keys of the reasons why it is asked.
    reasons: Vec<String>,
    compared: Vec<Compared>,
    told_ahead: Vec<BookingAhead>,
    known_ahead: Vec<BookingAhead>,
    back: Returned,
}

impl QuestionPage {
    fn moment(&self, at: &DateTime<Utc>) -> String {
        narrow_moment(self.page.ctx.lang, *at)
    }

    /// The known person's own numbers.
    fn phones(&self) -> Vec<String> {
        numbers(&self.known)
    }

    /// Whether something of the record clashes with what the known person has.
    fn clashes(&self) -> bool {
        self.told_ahead.iter().any(|booking| !booking.clashes.is_empty())
    }
}

/// One question: what both records say, what clashes, how to ask the person.
#[handler]
pub(super) async fn show(
    visit: Visit<Desk>,
    Path(id): Path<ResidentQuestionId>,
) -> Result<Response> {
    draw(visit, id, Returned::default()).await
}

async fn draw(visit: Visit<Desk>, id: ResidentQuestionId, back: Returned) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let question = residents::queries::get_question(db, scope, id).await?;
    let (told_id, known_id) = (question.row.resident_id, question.row.known_id);
    let told = residents::queries::get_card(db, scope, told_id).await?;
    let known = residents::queries::get_card(db, scope, known_id).await?;
    let (told, known) = visit.saw(told.and(known), "same_question").await?;

    let told_ahead = ahead::of_record(db, scope, told_id, Some(known_id), now).await?;
    let known_ahead = ahead::of_record(db, scope, known_id, None, now).await?;
    let sameness = Some(question.sameness()).filter(|sameness| *sameness != Sameness::Same);
    let why = sameness.map(|sameness| format!("same.why.{}", sameness.word()));
    let clashes = told_ahead.iter().flat_map(|booking| &booking.clashes);
    let clashes = clashes.map(|clash| format!("same.clash.{}", clash.word()));
    let reasons = why.into_iter().chain(clashes).collect();

    let page = visit.page;
    let compared = compared(&page, &question, &told, &known);
    let template =
        QuestionPage { page, told, known, reasons, compared, told_ahead, known_ahead, back };
    render_form(&template.back, &template)
}

fn numbers(card: &Card) -> Vec<String> {
    let number = |digits: &String| {
        PhoneNumber::parse(digits).map_or_else(|_| digits.to_owned(), |phone| phone.display())
    };
    card.phones.iter().map(number).collect()
}

fn compared(page: &Page, question: &Question, told: &Card, known: &Card) -> Vec<Compared> {
    let news = news(&question.known, &question.told);
    let line = |label, value: &dyn Fn(&Card) -> String, differs| Compared {
        label,
        told: value(told),
        known: value(known),
        differs,
    };

    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let birth = |card: &Card| match (card.resident.birth_on, card.resident.birth_year) {
        (Some(on), _) => page.long_day(&on),
        (None, Some(year)) => page.f1("same.born_in", "year", year),
        (None, None) => String::new(),
    };
    let phones = |card: &Card| numbers(card).join(page.pick("、", ", "));
    let address = |card: &Card| text(&card.resident.address);
    let ways = |card: &Card| {
        let ways = card.channels.iter().map(|way| page.word("hearing.channels", way));
        ways.collect::<Vec<_>>().join(page.pick("、つぎに", ", then "))
    };

    [
        line("people.kana", &|card| card.resident.kana.clone(), false),
        line("people.name", &|card| text(&card.resident.name), false),
        line("people.birth", &birth, false),
        line("people.phone", &phones, news.contains(&Field::Phone)),
        line("people.address", &address, news.contains(&Field::Address)),
        line("people.email", &|card| text(&card.resident.email), news.contains(&Field::Email)),
        line("people.order", &ways, false),
    ]
    .into_iter()
    .filter(|line| !line.told.is_empty() || !line.known.is_empty())
    .collect()
}

/// The answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AnswerForm {
    finding: String,
}

/// Settles a question; a second press finds it settled.
#[handler]
pub(super) async fn answer(
    visit: Visit<Desk>,
    Path(id): Path<ResidentQuestionId>,
    Form(answer): Form<AnswerForm>,
) -> Result<Response> {
    let finding = Finding::parse(&answer.finding).ok_or(Error::BadRequest)?;
    let mail = visit.app.config().smtp_url.is_some();
    let work = |tx, scope| async move { settle_question(&tx, scope, id, finding, mail).await };
    match visit.does("settle_question", work).await {
        Ok(()) => Ok(redirect(&format!("/same?done={}", answer.finding))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit, id, back).await
        }
    }
}
