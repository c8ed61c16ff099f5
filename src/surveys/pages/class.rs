//! `/sessions/{id}/answers`: what people tell before a class, and at its end.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use entity::surveys::class_answers::ClassMoment;
use entity::{BookingId, SessionId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::{QuestionView, returned};
use crate::platform::japan::time::local_date;
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Lang, Result};
use crate::sessions::{self, Roster, SessionRow};
use crate::surveys::actions::{self, ClassTold};
use crate::surveys::class_scope;
use crate::surveys::queries::{self, Participant};
use crate::surveys::rules::{Answers, Kind, Moment, Question, Questionnaire, Reply, Rule};

/// The questions about one person, with what is known.
struct PersonForm {
    booking: BookingId,
    kana: String,
    /// 0 where nothing was recorded.
    revision: i32,
    tasks: Vec<QuestionView>,
    /// The questions beside the tasks.
    more: Vec<QuestionView>,
    /// Some of these were answered.
    has_more: bool,
}

#[derive(Template)]
#[template(path = "surveys/pages/class.html")]
struct ClassPage {
    page: Page,
    session: SessionRow,
    moment: ClassMoment,
    /// The tasks that this class teaches.
    taught: BTreeSet<&'static str>,
    people: Vec<PersonForm>,
    back: Returned,
    saved: bool,
}

impl ClassPage {
    fn is_taught(&self, task: &QuestionView) -> bool {
        self.moment == ClassMoment::EndOfClass && self.taught.contains(task.question.id.as_str())
    }
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

/// What is asked at a class on its day.
fn questionnaire(session: &SessionRow) -> Result<&'static Questionnaire> {
    let on = local_date(session.session.starts_at);
    Questionnaire::on(on).ok_or(Error::internal("no questionnaire"))
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
    let set = questionnaire(&session)?;
    let rule = Rule::on(local_date(session.session.starts_at));
    let rule = rule.ok_or(Error::internal("no rule of retention"))?;
    let found = queries::participants(visit.db(), &scope, id, moment).await?;
    let found = visit.saw(found, "class_answers").await?;

    let lang = visit.ctx.lang;
    let form = |one: Participant| person(lang, set, moment, one);
    let mut people: Vec<PersonForm> = found.into_iter().map(form).collect();
    people.sort_by(|a, b| (&a.kana, a.booking).cmp(&(&b.kana, b.booking)));

    let taught = rule.taught_in(&[session.session.kind]);
    let page = visit.page;
    let template = ClassPage { page, session, moment, taught, people, back, saved };
    render_form(&template.back, &template)
}

/// The questions of a moment about one person.
fn person(
    lang: Lang,
    set: &'static Questionnaire,
    moment: ClassMoment,
    one: Participant,
) -> PersonForm {
    let said = one.told.as_ref().map(|row| Answers::stored(&row.answers)).unwrap_or_default();
    let views = set
        .of(Moment::of(moment))
        .map(|question| QuestionView::new(lang, question, said.get(&question.id)));
    let (tasks, more) = views.partition(|view| view.question.kind == Kind::CanDo);
    let beside = |question: &&Question| question.kind != Kind::CanDo;

    PersonForm {
        booking: one.booking.id,
        revision: one.told.as_ref().map_or(0, |row| row.revision),
        kana: one.person.kana,
        tasks,
        more,
        has_more: set.questions.iter().filter(beside).any(|q| said.get(&q.id).is_some()),
    }
}

/// `GET /sessions/{id}/answers`
#[handler]
pub async fn show(
    visit: Visit<Roster>,
    Path(id): Path<SessionId>,
    Query(query): Query<ClassQuery>,
) -> Result<Response> {
    let (moment, saved) = (read_moment(&query.moment), !query.saved.is_empty());
    draw(visit, id, moment, Returned::default(), saved).await
}

/// What the form says about each person. A question whose field came empty was not asked.
fn read(
    set: &Questionnaire,
    moment: ClassMoment,
    typed: &[(String, String)],
) -> Result<BTreeMap<BookingId, ClassTold>> {
    let mut fields: BTreeMap<(BookingId, &str), Vec<String>> = BTreeMap::new();
    let mut told: BTreeMap<BookingId, ClassTold> = BTreeMap::new();
    for (name, value) in typed {
        let Some((booking, question)) = name.split_once('.') else { continue };
        let Ok(booking) = booking.parse().map(BookingId) else { continue };
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
        match question.ok_or(Error::NotFound)?.read_form(&values) {
            Ok(Reply::Passed) => of.forget.push(name.to_owned()),
            Ok(said) => drop(of.answers.insert(name.to_owned(), serde_json::to_value(said)?)),
            Err(fault) => errors.push(fault.of_field(format!("b{booking}-{name}"))),
        }
    }
    if errors.is_empty() { Ok(told) } else { Err(Error::Invalid(errors)) }
}

/// `POST /sessions/{id}/answers`: fields `{booking}.{question}`, and `{booking}.revision`. A person
/// of whom nothing is said, before and now, stays without a line.
#[handler]
pub async fn record(
    visit: Visit<Roster>,
    Path(id): Path<SessionId>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let word = typed.iter().find(|(name, _)| name == "moment").map_or("", |(_, value)| value);
    let moment = read_moment(word);
    match save(&visit, id, moment, &typed).await {
        Ok(()) => Ok(redirect(&format!("/sessions/{id}/answers?moment={moment}&saved=1"))),
        Err(error) => {
            let back = returned(&visit.page, error)?;
            draw(visit, id, moment, back, false).await
        }
    }
}

async fn save(
    visit: &Visit<Roster>,
    id: SessionId,
    moment: ClassMoment,
    typed: &[(String, String)],
) -> Result<()> {
    let scope = &class_scope(visit, moment)?;
    let session = sessions::queries::get(visit.db(), scope, id).await?;
    let told = &read(questionnaire(&session)?, moment, typed)?;
    // The scope is that of the moment, which may be narrower than the roster.
    let work = |tx, _| async move { actions::record_class(&tx, scope, id, moment, told).await };
    visit.does("record_class_answers", work).await
}
