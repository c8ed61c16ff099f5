//! `/sessions/{id}/answers`: what people tell before a class, and at its end.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use entity::surveys::class_answers::{self, ClassMoment};
use entity::{BookingId, SessionId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::QuestionView;
use crate::platform::actor::{DESK, ROSTER};
use crate::platform::japan::time::local_date;
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result, Scope};
use crate::surveys::actions::ClassTold;
use crate::surveys::rules::{Answers, Kind, Moment, Question, Questionnaire, Rule, Said, came};
use crate::surveys::{actions, queries};
use crate::{bookings, residents, sessions};

/// A question about one person, with what was said.
struct Ask {
    view: QuestionView,
    /// The class teaches it.
    taught: bool,
}

/// A person with what is known.
struct Person {
    booking: i64,
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
    id: i64,
    title: String,
    day: String,
    moment: ClassMoment,
    may_before: bool,
    people: Vec<Person>,
    errors: Vec<FieldError>,
    stale: bool,
    saved: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    moment: String,
    saved: String,
}

fn read_moment(ctx: &Ctx, word: &str) -> Result<(ClassMoment, Scope)> {
    let moment = ClassMoment::from_text(word).unwrap_or(ClassMoment::EndOfClass);
    let roles = match moment {
        ClassMoment::Before => DESK,
        ClassMoment::EndOfClass => ROSTER,
    };
    Ok((moment, ctx.scope(roles)?))
}

async fn page_of(
    app: &App,
    ctx: &Ctx,
    page: Page,
    scope: &Scope,
    id: i64,
    moment: ClassMoment,
) -> Result<ClassPage> {
    let reader = app.store().reader();
    let session = sessions::queries::get(reader, scope, SessionId(id)).await?;
    let whole = Scope::whole(scope.municipality_id);
    let on = local_date(session.session.starts_at);
    let set = Questionnaire::on(on).ok_or(Error::internal("no questionnaire"))?;
    let rule = Rule::on(on).ok_or(Error::internal("no rule of retention"))?;
    let taught = rule.taught_in(&[session.session.kind]);
    let there: Vec<_> = bookings::queries::of_session(reader, &whole, SessionId(id))
        .await?
        .into_iter()
        .map(|(booking, _)| booking)
        .filter(|booking| match moment {
            ClassMoment::Before => booking.state.has_seat(),
            ClassMoment::EndOfClass => came(booking.state, booking.attendance),
        })
        .collect();
    let ids: Vec<_> = there.iter().map(|booking| booking.resident_id).collect();
    let people = residents::queries::found_by_ids(reader, &whole, &ids).await?;
    let known: Vec<BookingId> = there.iter().map(|booking| booking.id).collect();
    let told: HashMap<BookingId, class_answers::Model> = queries::class_answers(reader, &known)
        .await?
        .into_iter()
        .filter(|row| row.moment == moment)
        .map(|row| (row.booking_id, row))
        .collect();
    let mut people: Vec<Person> = there
        .iter()
        .filter_map(|booking| {
            let person = people.get(&booking.resident_id)?;
            let told = told.get(&booking.id);
            let said = told.map(|row| Answers::stored(&row.answers)).unwrap_or_default();
            let asked = set.of(Moment::of(moment)).map(|question| Ask {
                view: QuestionView::new(&page, question, said.get(&question.id)),
                taught: taught.contains(question.id.as_str()),
            });
            let (tasks, more) = asked.partition(|ask| ask.view.kind == Kind::CanDo);
            let beside = |question: &&Question| question.kind != Kind::CanDo;
            let has_more = set.questions.iter().filter(beside).any(|q| said.get(&q.id).is_some());
            let revision = told.map_or(0, |row| row.revision);
            let (booking, kana) = (booking.id.0, person.kana.clone());
            Some(Person { booking, kana, revision, tasks, more, has_more })
        })
        .collect();
    people.sort_by(|a, b| (&a.kana, a.booking).cmp(&(&b.kana, b.booking)));
    residents::record_look(app, ctx, &ids, "class_answers").await?;
    Ok(ClassPage {
        id,
        title: session.title(ctx.lang).to_owned(),
        day: session.when(ctx.lang),
        moment,
        may_before: ctx.has(DESK),
        people,
        errors: Vec::new(),
        stale: false,
        saved: false,
        page,
    })
}

/// `GET /sessions/{id}/answers`
#[handler]
pub async fn show(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    asked: Query<Asked>,
) -> Result<Response> {
    ctx.scope(ROSTER)?;
    let (moment, scope) = read_moment(&ctx, &asked.0.moment)?;
    let mut shown = page_of(&app, &ctx, page, &scope, id, moment).await?;
    shown.saved = !asked.0.saved.is_empty();
    render_with(StatusCode::OK, &shown)
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
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    ctx.scope(ROSTER)?;
    let word = typed.iter().find(|(name, _)| name == "moment").map_or("", |(_, value)| value);
    let (moment, scope) = read_moment(&ctx, word)?;
    let session = sessions::queries::get(app.store().reader(), &scope, SessionId(id)).await?;
    let on = local_date(session.session.starts_at);
    let set = Questionnaire::on(on).ok_or(Error::internal("no questionnaire"))?;
    let (scope, session_id) = (&scope, session.session.id);
    let done = match read(set, moment, &typed) {
        Ok(told) => save(&app, &ctx, scope, session_id, moment, &told).await,
        Err(error) => Err(error),
    };
    let (errors, status) = match done {
        Ok(()) => {
            return Ok(redirect(&format!("/sessions/{id}/answers?moment={moment}&saved=1")));
        }
        Err(Error::Invalid(errors)) => (errors, StatusCode::UNPROCESSABLE_ENTITY),
        Err(Error::Stale) => (Vec::new(), StatusCode::CONFLICT),
        Err(error) => return Err(error),
    };
    let mut shown = page_of(&app, &ctx, page, scope, id, moment).await?;
    shown.stale = errors.is_empty();
    shown.errors = errors;
    render_with(status, &shown)
}

async fn save(
    app: &App,
    ctx: &Ctx,
    scope: &Scope,
    session_id: SessionId,
    moment: ClassMoment,
    told: &BTreeMap<i64, ClassTold>,
) -> Result<()> {
    app.store()
        .write(ctx, "record_class_answers", |tx| async move {
            let whole = Scope::whole(scope.municipality_id);
            for (booking, told) in told {
                let booking = BookingId(*booking);
                if told.answers.is_empty() && told.revision.unwrap_or(0) == 0 {
                    continue;
                }
                let row = bookings::queries::get(tx.db(), &whole, booking).await?;
                if row.session_id != session_id {
                    return Err(Error::NotFound);
                }
                actions::record_class_answers(&tx, scope, booking, moment, told).await?;
            }
            Ok(())
        })
        .await
}
