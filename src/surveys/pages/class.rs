//! `/sessions/{id}/answers`: what people tell before a class, and at its end.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use entity::surveys::class_answers::ClassMoment;
use entity::{BookingId, SessionId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::QuestionView;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::{Returned, Right as _, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Result, Scope};
use crate::residents::Desk;
use crate::sessions::Roster;
use crate::surveys::actions::ClassTold;
use crate::surveys::queries::Participant;
use crate::surveys::rules::{Answers, Kind, Moment, Question, Questionnaire, Rule, Said};
use crate::surveys::{actions, class_scope, queries};
use crate::{bookings, sessions};

/// A question about one person, with what was said.
struct Ask {
    view: QuestionView,
    /// The class teaches it.
    taught: bool,
}

/// The questions about one person, with what is known.
struct PersonForm {
    booking: BookingId,
    kana: String,
    /// 0 where nothing was recorded.
    revision: i32,
    tasks: Vec<Ask>,
    /// The questions beside the tasks.
    more: Vec<Ask>,
    /// Some of these were answered.
    has_more: bool,
}

#[derive(Template)]
#[template(path = "surveys/pages/class.html")]
struct ClassPage {
    page: Page,
    id: SessionId,
    title: String,
    day: String,
    moment: ClassMoment,
    may_before: bool,
    people: Vec<PersonForm>,
    back: Returned,
    saved: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClassQuery {
    moment: String,
    saved: String,
}

fn read_moment(word: &str) -> ClassMoment {
    ClassMoment::from_text(word).unwrap_or(ClassMoment::EndOfClass)
}

async fn draw(
    visit: Visit<Roster>,
    id: SessionId,
    moment: ClassMoment,
    back: Returned,
    saved: bool,
) -> Result<Response> {
    let scope = class_scope(&visit, moment)?;
    let session = sessions::queries::get(visit.db(), &scope, id).await?;
    let on = local_date(session.session.starts_at);
    let set = Questionnaire::on(on).ok_or(Error::internal("no questionnaire"))?;
    let rule = Rule::on(on).ok_or(Error::internal("no rule of retention"))?;
    let taught = rule.taught_in(&[session.session.kind]);
    let found = queries::participants(visit.db(), &scope, id, moment).await?;
    let found = visit.saw(found, "class_answers").await?;

    let page = visit.page;
    let form = |one: &Participant| person(&page, set, moment, &taught, one);
    let mut people: Vec<PersonForm> = found.iter().map(form).collect();
    people.sort_by(|a, b| (&a.kana, a.booking).cmp(&(&b.kana, b.booking)));

    let template = ClassPage {
        id,
        title: session.title(page.ctx.lang).to_owned(),
        day: session.when(page.ctx.lang),
        moment,
        may_before: Desk::scope(&page.ctx).is_ok(),
        people,
        back,
        saved,
        page,
    };
    render_form(&template.back, &template)
}

/// The questions of a moment about one person.
fn person(
    page: &Page,
    set: &Questionnaire,
    moment: ClassMoment,
    taught: &BTreeSet<&str>,
    one: &Participant,
) -> PersonForm {
    let said = one.told.as_ref().map(|row| Answers::stored(&row.answers)).unwrap_or_default();
    let asked = set.of(Moment::of(moment)).map(|question| Ask {
        view: QuestionView::new(page, question, said.get(&question.id)),
        taught: taught.contains(question.id.as_str()),
    });
    let (tasks, more) = asked.partition(|ask| ask.view.kind == Kind::CanDo);
    let beside = |question: &&Question| question.kind != Kind::CanDo;

    PersonForm {
        booking: one.booking.id,
        kana: one.person.kana.clone(),
        revision: one.told.as_ref().map_or(0, |row| row.revision),
        tasks,
        more,
        has_more: set.questions.iter().filter(beside).any(|q| said.get(&q.id).is_some()),
    }
}

/// `GET /sessions/{id}/answers`
#[handler]
pub async fn show(
    visit: Visit<Roster>,
    Path(id): Path<i64>,
    Query(query): Query<ClassQuery>,
) -> Result<Response> {
    let (moment, saved) = (read_moment(&query.moment), !query.saved.is_empty());
    draw(visit, SessionId(id), moment, Returned::default(), saved).await
}

/// What the form says about each person. A question whose field came empty was not asked.
fn read(
    set: &Questionnaire,
    moment: ClassMoment,
    typed: &[(String, String)],
) -> Result<BTreeMap<i64, ClassTold>> {
    let mut fields: BTreeMap<(i64, &str), Vec<String>> = BTreeMap::new();
    let mut told: BTreeMap<i64, ClassTold> = BTreeMap::new();
    for (name, value) in typed {
        let Some((booking, question)) = name.split_once('.') else { continue };
        let Ok(booking) = booking.parse() else { continue };
        match question {
            "revision" => {
                let seen = value.parse().map_err(|_| Error::BadRequest)?;
                told.entry(booking).or_default().revision = Some(seen);
            }
            question => fields.entry((booking, question)).or_default().push(value.clone()),
        }
    }

    let mut errors = Vec::new();
    for ((booking, name), values) in fields {
        let of = told.entry(booking).or_default();
        let question = set.of(Moment::of(moment)).find(|question| question.id == name);
        let question = question.ok_or(Error::NotFound)?;
        match question.read_form(&values) {
            Ok(Said::Passed) => of.forget.push(name.to_owned()),
            Ok(said) => drop(of.answers.insert(name.to_owned(), serde_json::to_value(said)?)),
            Err(fault) => errors.push(FieldError {
                field: format!("b{booking}-{name}"),
                wording: fault.wording,
                values: vec![("max", fault.max.to_string()), ("value", fault.value)],
            }),
        }
    }
    if errors.is_empty() { Ok(told) } else { Err(Error::Invalid(errors)) }
}

/// `POST /sessions/{id}/answers`: fields `{booking}.{question}`, and `{booking}.revision`. A person
/// of whom nothing is said, before and now, stays without a line.
#[handler]
pub async fn record(
    visit: Visit<Roster>,
    Path(id): Path<i64>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let id = SessionId(id);
    let word = typed.iter().find(|(name, _)| name == "moment").map_or("", |(_, value)| value);
    let moment = read_moment(word);
    let Err(error) = save(&visit, id, moment, &typed).await else {
        return Ok(redirect(&format!("/sessions/{id}/answers?moment={moment}&saved=1")));
    };

    let mut back = Returned::of(&visit.page, error)?;
    if back.is_stale {
        // The page shows what stands now, not what was typed.
        back.refusal = Some(visit.page.t("problem.stale").to_owned());
    }
    draw(visit, id, moment, back, false).await
}

async fn save(
    visit: &Visit<Roster>,
    id: SessionId,
    moment: ClassMoment,
    typed: &[(String, String)],
) -> Result<()> {
    let scope = &class_scope(visit, moment)?;
    let session = sessions::queries::get(visit.db(), scope, id).await?;
    let on = local_date(session.session.starts_at);
    let set = Questionnaire::on(on).ok_or(Error::internal("no questionnaire"))?;
    let told = &read(set, moment, typed)?;

    // The scope is that of the moment, which may be narrower than the roster.
    visit
        .does("record_class_answers", |tx, _| async move {
            let whole = Scope::whole(scope.municipality_id);
            for (booking, told) in told {
                let booking = BookingId(*booking);
                if told.answers.is_empty() && told.revision.unwrap_or(0) == 0 {
                    continue;
                }
                // A form of this class says nothing of another's people.
                let row = bookings::queries::get(tx.db(), &whole, booking).await?;
                if row.session_id != id {
                    return Err(Error::NotFound);
                }
                actions::record_class_answers(&tx, scope, booking, moment, told).await?;
            }
            Ok(())
        })
        .await
}
