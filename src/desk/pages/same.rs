//! `/same`: records that may be one person, most of them from the public form.

use askama::Template;
use entity::residents::contact_channel::Channel;
use entity::{ResidentId, ResidentQuestionId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::bookings::rules::Clash;
use crate::bookings::{self, BookingRow};
use crate::desk::actions::{Finding, settle_question};
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::japan::{PhoneNumber, dates};
use crate::platform::web::door::{By, Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Lang, Personal, Result, Scope};
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

struct Line {
    id: i64,
    asked: String,
    told: Named,
    known: Named,
    why_key: String,
}

/// A person in a line.
struct Named {
    kana: String,
    name: String,
}

#[derive(Template)]
#[template(path = "desk/pages/same.html")]
struct SamePage {
    page: Page,
    lines: Vec<Line>,
    /// Key of the sentence about what has just been done; empty for nothing.
    said: &'static str,
}

/// The questions that nobody has answered. Each name shown is a look at the person.
#[handler]
pub(super) async fn list(visit: Visit<Desk>, Query(query): Query<DoneQuery>) -> Result<Response> {
    let found = residents::queries::find_questions(visit.db(), &visit.scope, SHOWN).await?;
    let both = found.iter().flat_map(|question| [question.row.resident_id, question.row.known_id]);
    let both: Vec<ResidentId> = both.collect();
    let found = visit.saw(Personal::new(found, both), "same_list").await?;

    let lines = found.iter().map(|question| line(question, visit.ctx.lang)).collect();
    let said = match query.done.as_str() {
        "same" => "same.done.same",
        "double" => "same.done.double",
        "apart" => "same.done.apart",
        _ => "",
    };
    render(&SamePage { page: visit.page, lines, said })
}

fn line(question: &Question, lang: Lang) -> Line {
    let who = |of: &residents::rules::same::Traits| Named {
        kana: of.kana.clone(),
        name: of.name.clone().unwrap_or_default(),
    };
    Line {
        id: question.row.id.0,
        asked: moment(question.row.asked_at, lang),
        told: who(&question.told),
        known: who(&question.known),
        why_key: format!("same.why.{}", question.sameness().word()),
    }
}

fn moment(at: chrono::DateTime<chrono::Utc>, lang: Lang) -> String {
    let (date, time) = (local_date(at), local_time(at));
    match lang {
        Lang::Ja => format!("{}{}", dates::date_short_ja(date), dates::time_ja(time)),
        Lang::En => format!("{}, {}", dates::date_short_en(date), dates::time_en(time)),
    }
}

/// What both records say of one thing.
struct Compared {
    label: String,
    told: String,
    known: String,
    differs: bool,
}

/// A booking that a record has ahead.
struct Ahead {
    title: String,
    when: String,
    number: String,
    state_key: String,
    /// Why it cannot stand on the known record as it is.
    clash_keys: Vec<String>,
}

#[derive(Template)]
#[template(path = "desk/pages/same_one.html")]
struct QuestionPage {
    page: Page,
    told_id: i64,
    known_id: i64,
    told_kana: String,
    /// Keys of the reasons why it is asked.
    reasons: Vec<String>,
    compared: Vec<Compared>,
    told_ahead: Vec<Ahead>,
    known_ahead: Vec<Ahead>,
    /// The known person's own numbers.
    phones: Vec<String>,
    /// Something of the record clashes with what the known person has.
    clash: bool,
    back: Returned,
}

/// One question: what both records say, what clashes, how to ask the person.
#[handler]
pub(super) async fn show(visit: Visit<Desk>, Path(id): Path<i64>) -> Result<Response> {
    draw(visit, ResidentQuestionId(id), Returned::default()).await
}

async fn draw(visit: Visit<Desk>, id: ResidentQuestionId, back: Returned) -> Result<Response> {
    let (db, scope) = (visit.db(), &visit.scope);
    let question = residents::queries::get_question(db, scope, id).await?;
    let (told_id, known_id) = (question.row.resident_id, question.row.known_id);
    let told = residents::queries::get_card(db, scope, told_id).await?;
    let known = residents::queries::get_card(db, scope, known_id).await?;
    let (told, known) = visit.saw(told.and(known), "same_question").await?;

    let told_ahead = ahead(&visit, told_id, Some(known_id)).await?;
    let known_ahead = ahead(&visit, known_id, None).await?;
    let mut reasons = Vec::new();
    if question.sameness() != Sameness::Same {
        reasons.push(format!("same.why.{}", question.sameness().word()));
    }
    reasons.extend(told_ahead.iter().flat_map(|booking| booking.clash_keys.clone()));

    let page = visit.page;
    let template = QuestionPage {
        told_id: told_id.0,
        known_id: known_id.0,
        told_kana: told.resident.kana.clone(),
        compared: compared(&page, &question, &told, &known),
        phones: known.phones.iter().map(|digits| number(digits)).collect(),
        clash: told_ahead.iter().any(|booking| !booking.clash_keys.is_empty()),
        reasons,
        told_ahead,
        known_ahead,
        back,
        page,
    };
    render_form(&template.back, &template)
}

fn number(digits: &str) -> String {
    PhoneNumber::parse(digits).map_or_else(|_| digits.to_owned(), |phone| phone.display())
}

fn compared(page: &Page, question: &Question, told: &Card, known: &Card) -> Vec<Compared> {
    let news = news(&question.known, &question.told);
    let line = |label: &str, value: &dyn Fn(&Card) -> String, differs: bool| Compared {
        label: page.t(label).to_owned(),
        told: value(told),
        known: value(known),
        differs,
    };

    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let name = |card: &Card| text(&card.resident.name);
    let birth = |card: &Card| match (card.resident.birth_on, card.resident.birth_year) {
        (Some(on), _) => page.pick(&dates::date_long_ja(on), &dates::date_en(on)).to_owned(),
        (None, Some(year)) => page.f1("same.born_in", "year", year),
        (None, None) => String::new(),
    };
    let phones = |card: &Card| {
        let shown: Vec<String> = card.phones.iter().map(|digits| number(digits)).collect();
        shown.join(page.pick("、", ", "))
    };
    let ways = |card: &Card| {
        let way = |way: &Channel| page.t(&format!("hearing.channels.{way}")).to_owned();
        card.channels.iter().map(way).collect::<Vec<_>>().join(page.pick("、つぎに", ", then "))
    };

    [
        line("people.kana", &|card| card.resident.kana.clone(), false),
        line("people.name", &name, false),
        line("people.birth", &birth, false),
        line("people.phone", &phones, news.contains(&Field::Phone)),
        line(
            "people.address",
            &|card| text(&card.resident.address),
            news.contains(&Field::Address),
        ),
        line("people.email", &|card| text(&card.resident.email), news.contains(&Field::Email)),
        line("people.order", &ways, false),
    ]
    .into_iter()
    .filter(|line| !line.told.is_empty() || !line.known.is_empty())
    .collect()
}

/// What a record has ahead, also in programmes that the asker does not serve; beside `known`, with
/// what speaks against it standing there.
async fn ahead(by: &By<Desk>, id: ResidentId, known: Option<ResidentId>) -> Result<Vec<Ahead>> {
    let (db, now, lang) = (by.db(), by.ctx.now, by.ctx.lang);
    let scope = &Scope::whole(by.scope.municipality_id);
    let mut rows: Vec<BookingRow> = bookings::queries::of_resident(db, scope, id, true).await?;
    rows.retain(|row| row.session.starts_at > now);
    rows.reverse();

    let mut found = Vec::new();
    for row in rows {
        let clashes = match known {
            Some(known) => bookings::queries::clashes(db, scope, &row, known, now).await?,
            None => Vec::new(),
        };
        found.push(Ahead {
            title: lang.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
            when: moment(row.span().0, lang),
            number: row.number(),
            state_key: format!("state.{}", row.booking.state),
            clash_keys: clashes.into_iter().map(clash_key).collect(),
        });
    }
    Ok(found)
}

fn clash_key(clash: Clash) -> String {
    format!("same.clash.{}", clash.word())
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
    Path(id): Path<i64>,
    Form(answer): Form<AnswerForm>,
) -> Result<Response> {
    let finding = match answer.finding.as_str() {
        "same" => Finding::Same,
        "double" => Finding::Double,
        "apart" => Finding::Apart,
        _ => return Err(Error::BadRequest),
    };

    let (question, mail) = (ResidentQuestionId(id), visit.app.config().smtp_url.is_some());
    let work =
        |tx, scope| async move { settle_question(&tx, scope, question, finding, mail).await };
    match visit.does("settle_question", work).await {
        Ok(()) => Ok(redirect(&format!("/same?done={}", answer.finding))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit, question, back).await
        }
    }
}
