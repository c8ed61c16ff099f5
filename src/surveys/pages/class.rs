//! `/sessions/{id}/answers`: what people can do before a class, and at its end.

use std::collections::HashMap;

use askama::Template;
use entity::surveys::class_answers::ClassMoment;
use entity::{BookingId, SessionId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::bookings::rules::SEATED;
use crate::platform::actor::{DESK, ROSTER};
use crate::platform::japan::time::local_date;
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result, Scope};
use crate::surveys::rules::{Answers, CAN_DO, Questionnaire, Rule, came};
use crate::surveys::{actions, queries};
use crate::{bookings, residents, sessions};

/// A task of the class.
struct Task {
    id: String,
    text: String,
}

/// A person with what is known.
struct Person {
    booking: i64,
    kana: String,
    /// Chosen value by task, in the order of the tasks.
    said: Vec<String>,
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
    tasks: Vec<Task>,
    people: Vec<Person>,
    choices: Vec<(&'static str, String)>,
    errors: Vec<FieldError>,
    saved: bool,
}

impl ClassPage {
    /// A person's tasks with what was said.
    fn marks<'a>(&'a self, person: &'a Person) -> Vec<(&'a Task, &'a str)> {
        self.tasks.iter().zip(person.said.iter().map(String::as_str)).collect()
    }
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
    let tasks: Vec<Task> = set
        .tasks()
        .filter(|task| moment == ClassMoment::Before || taught.contains(task.id.as_str()))
        .map(|task| Task { id: task.id.clone(), text: task.text(ctx.lang).to_owned() })
        .collect();
    let there: Vec<_> = bookings::queries::of_session(reader, &whole, SessionId(id))
        .await?
        .into_iter()
        .map(|(booking, _)| booking)
        .filter(|booking| match moment {
            ClassMoment::Before => SEATED.contains(&booking.state),
            ClassMoment::EndOfClass => came(booking.state, booking.attendance),
        })
        .collect();
    let ids: Vec<_> = there.iter().map(|booking| booking.resident_id).collect();
    let people = residents::queries::found_by_ids(reader, &whole, &ids).await?;
    let known: Vec<BookingId> = there.iter().map(|booking| booking.id).collect();
    let told: HashMap<BookingId, Answers> = queries::class_answers(reader, &known)
        .await?
        .into_iter()
        .filter(|row| row.moment == moment)
        .map(|row| (row.booking_id, Answers::stored(&row.answers)))
        .collect();
    let mut people: Vec<Person> = there
        .iter()
        .filter_map(|booking| {
            let person = people.get(&booking.resident_id)?;
            let told = told.get(&booking.id);
            let said = |task: &Task| {
                told.and_then(|told| told.one(&task.id)).unwrap_or_default().to_owned()
            };
            Some(Person {
                booking: booking.id.0,
                kana: person.kana.clone(),
                said: tasks.iter().map(said).collect(),
            })
        })
        .collect();
    people.sort_by(|a, b| (&a.kana, a.booking).cmp(&(&b.kana, b.booking)));
    if !ids.is_empty() {
        let ids = &ids;
        app.store()
            .write(ctx, "look_at_surveys", |tx| async move {
                residents::actions::record_look(&tx, ids, "class_answers");
                Ok(())
            })
            .await?;
    }
    let choice = |(value, key): &(&'static str, &'static str)| (*value, page.t(key).to_owned());
    Ok(ClassPage {
        id,
        title: session.title(ctx.lang).to_owned(),
        day: session.when(ctx.lang),
        moment,
        may_before: ctx.has(DESK),
        choices: CAN_DO.iter().map(choice).collect(),
        tasks,
        people,
        errors: Vec::new(),
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

/// `POST /sessions/{id}/answers`: fields `{booking}.{task}`; people without a mark stay as they
/// are.
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
    let mut told: HashMap<i64, Map<String, Value>> = HashMap::new();
    for (name, value) in &typed {
        let Some((booking, task)) = name.split_once('.') else { continue };
        let Ok(booking) = booking.parse() else { continue };
        if !value.is_empty() {
            let of = told.entry(booking).or_default();
            of.insert(task.to_owned(), Value::from(value.as_str()));
        }
    }
    let (told, scope, session_id) = (&told, &scope, session.session.id);
    let done = app
        .store()
        .write(&ctx, "record_class_answers", |tx| async move {
            let whole = Scope::whole(scope.municipality_id);
            for (booking, answers) in told {
                let booking = BookingId(*booking);
                let row = bookings::queries::get(tx.db(), &whole, booking).await?;
                if row.session_id != session_id {
                    return Err(Error::NotFound);
                }
                actions::record_class_answers(&tx, scope, booking, moment, answers).await?;
            }
            Ok(())
        })
        .await;
    match done {
        Ok(()) => Ok(redirect(&format!("/sessions/{id}/answers?moment={moment}&saved=1"))),
        Err(Error::Invalid(errors)) => {
            let mut shown = page_of(&app, &ctx, page, scope, id, moment).await?;
            shown.errors = errors;
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error),
    }
}
