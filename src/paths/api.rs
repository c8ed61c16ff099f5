//! The API of paths.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset};
use entity::bookings::booking::BookingState;
use entity::paths::path_step::{OverrideReason, StepKind, StepState};
use entity::sessions::session::SessionKind;
use entity::{PathStepId, ResidentId};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object, OpenApi};

use super::actions::{self, AcceptedStep, Mark};
use super::queries::{self, PathView, Proposed, StepView};
use super::rules::{Answer, Arranged, Closed, PlacedStep, StaffNote, Step};
use crate::bookings::queries::BookingRow;
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{ApiResult, Editable, IfMatch, Seen};
use crate::platform::web::door::By;
use crate::platform::{Error, Lang, Personal, Result, words};
use crate::residents::{self, Desk};
use crate::sessions::SessionRow;

/// Answers of a hearing by key. All keys are optional: `device`, `want`, `reasons`,
/// `interests`, `can_do`, `areas`, `times`, `hearing`, `vision`, `mobility`, `support`,
/// `channels`.
type Answers = HashMap<String, Any<serde_json::Value>>;

/// A map of answers as one value.
fn answers_of(answers: Answers) -> serde_json::Value {
    serde_json::Value::Object(answers.into_iter().map(|(key, value)| (key, value.0)).collect())
}

/// Answers from which a path is proposed.
#[derive(Object, Debug)]
pub struct PathWish {
    /// Answers by key, as in the table of the documentation; absent is unknown, not no.
    pub hearing: Answers,
}

/// A proposed path; nothing is stored.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct PathProposal {
    /// The edition of the rules.
    pub rules_version: String,
    pub steps: Vec<ProposedStep>,
    /// How many of the first steps are to be agreed on now.
    pub committed_steps: i32,
    /// Effects that the person needs and no step brings.
    pub uncovered_goals: Vec<String>,
    /// Steps that made the path too long.
    pub set_aside: Vec<SetAside>,
    /// What the staff arranges around the path.
    pub arrangements: Vec<ProposedArrangement>,
    pub staff_notes: Vec<ProposedNote>,
    /// Why there are no steps.
    pub closing: Option<ProposedClosing>,
}

/// One step of a proposed path.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ProposedStep {
    pub kind: StepKind,
    /// Why, in the language of the request.
    pub reason: String,
    pub reason_ja: String,
    pub reason_en: String,
    /// The rules that asked for the step or shaped it.
    pub rule_ids: Vec<String>,
    pub goal_tags: Vec<String>,
    /// A talk on the phone instead of a visit.
    pub by_phone: bool,
    /// What it is mainly about.
    pub topic: Option<String>,
    pub topics: Vec<String>,
    /// What it must bring along for this person.
    pub needs: Vec<String>,
    /// The person has attended this kind before.
    pub attended_before: bool,
    /// Sessions that can be booked, soonest first.
    pub sessions: Vec<ProposedSession>,
    /// Sessions that are full, for the waiting list.
    pub full: Vec<ProposedSession>,
    /// The seat that the person has for this step already.
    pub booking: Option<StepBooking>,
    /// There is no session with a free place.
    pub wait: bool,
    /// The soonest session is later than the rules wish.
    pub late: bool,
}

/// A session for a step.
#[derive(Object, Debug)]
pub struct ProposedSession {
    pub id: i64,
    pub title: String,
    pub kind: SessionKind,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue: String,
    pub free: i32,
}

/// A step that made the path too long.
#[derive(Object, Debug)]
pub struct SetAside {
    pub kind: StepKind,
    pub reason: String,
    pub rule_ids: Vec<String>,
}

/// Something that the staff arranges.
#[derive(Object, Debug)]
pub struct ProposedArrangement {
    pub what: String,
    pub text: String,
    pub rule_id: String,
}

/// A note for the staff.
#[derive(Object, Debug)]
pub struct ProposedNote {
    pub rule_id: String,
    pub text: String,
}

/// The end of a path.
#[derive(Object, Debug)]
pub struct ProposedClosing {
    /// `reached`, or `silent`: no letter, call or survey.
    pub how: String,
    pub reason: String,
    pub rule_id: String,
}

/// The steps on which operator and person agree.
#[derive(Object, Debug)]
pub struct PathAcceptance {
    /// The answers from which the path was proposed.
    pub hearing: Answers,
    /// One to six steps, in their order.
    pub steps: Vec<AcceptedStepBody>,
}

/// One step as it is agreed on. Reasons and effects that are left out are those of the kind.
#[derive(Object, Debug)]
pub struct AcceptedStepBody {
    pub kind: StepKind,
    #[oai(default)]
    pub by_phone: bool,
    pub topic: Option<String>,
    #[oai(default)]
    pub rule_ids: Vec<String>,
    #[oai(default)]
    pub goal_tags: Vec<String>,
    #[oai(default)]
    pub reason_ja: String,
    #[oai(default)]
    pub reason_en: String,
    /// Why the operator added or moved the step.
    pub override_reason: Option<OverrideReason>,
}

/// The current version of a person's path.
#[derive(Object, Debug)]
pub struct AcceptedPath {
    pub id: i64,
    pub resident_id: i64,
    pub version: i32,
    pub rules_version: String,
    pub accepted_at: DateTime<FixedOffset>,
    /// The answers it was made from.
    pub hearing: Answers,
    pub steps: Vec<PathStep>,
}

/// One step of an accepted path.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct PathStep {
    pub id: i64,
    /// From 1.
    pub rank: i32,
    pub kind: StepKind,
    pub state: StepState,
    pub reason: String,
    pub reason_ja: String,
    pub reason_en: String,
    pub rule_ids: Vec<String>,
    pub goal_tags: Vec<String>,
    pub by_phone: bool,
    pub topic: Option<String>,
    pub override_reason: Option<OverrideReason>,
    pub booking: Option<StepBooking>,
}

/// The booking of a step.
#[derive(Object, Debug)]
pub struct StepBooking {
    pub id: i64,
    /// As it is spoken, `4821-3754`.
    pub number: String,
    pub state: BookingState,
    pub session_id: i64,
    pub title: String,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue: String,
}

/// What the staff says of a step.
#[derive(Object, Debug)]
pub struct StepMark {
    pub state: MarkedState,
    pub reason: Option<OverrideReason>,
}

/// States that the staff sets by hand.
#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename_all = "snake_case")]
pub enum MarkedState {
    Done,
    Dropped,
}

/// A step after it was marked.
#[derive(Object, Debug)]
pub struct MarkedStep {
    pub id: i64,
    pub kind: StepKind,
    pub state: StepState,
}

/// Paths: hearing, proposal, progress.
#[derive(Clone, Copy, Debug)]
pub struct PathsApi;

#[OpenApi(tag = "Tags::Paths")]
impl PathsApi {
    /// Proposes a path with real sessions. Stores nothing.
    #[oai(path = "/residents/:id/path", method = "post", operation_id = "propose_path")]
    async fn propose_path(
        &self,
        by: By<Desk>,
        id: Path<i64>,
        body: Json<PathWish>,
    ) -> ApiResult<PathProposal> {
        let (db, scope, id) = (by.db(), &by.scope, ResidentId(id.0));
        let PathWish { hearing } = body.0;
        let hearing = queries::check_hearing(db, scope, &answers_of(hearing)).await?;
        let found = queries::propose(db, scope, id, &hearing, by.ctx.now).await?;
        let found = by.saw(Personal::new(found, [id]), "propose_path").await?;
        Ok(Json(proposal(&found, by.ctx.lang)))
    }

    /// The current version of a person's path.
    #[oai(path = "/residents/:id/path", method = "get", operation_id = "get_path")]
    async fn get_path(&self, by: By<Desk>, id: Path<i64>) -> Result<Editable<AcceptedPath>> {
        let (db, scope, id) = (by.db(), &by.scope, ResidentId(id.0));
        residents::queries::get(db, scope, id).await?;
        let view = by.saw(queries::current(db, scope, id).await?, "get_path").await?;
        let view = view.ok_or(Error::NotFound)?;
        Ok(Editable { revision: view.path.version, body: accepted(view, by.ctx.lang) })
    }

    /// Stores the steps as the person's next path version. Finished steps stay in front. Who has a
    /// path already keeps it unless its version comes as `If-Match`.
    #[oai(path = "/residents/:id/path", method = "put", operation_id = "accept_path")]
    async fn accept_path(
        &self,
        by: By<Desk>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<PathAcceptance>,
    ) -> Result<Editable<AcceptedPath>> {
        let id = ResidentId(id.0);
        let PathAcceptance { hearing, steps } = body.0;
        let hearing = &answers_of(hearing);
        queries::check_hearing(by.db(), &by.scope, hearing).await?;
        let steps: &Vec<AcceptedStep> = &steps.into_iter().map(AcceptedStep::from).collect();

        by.does("accept_path", |tx, scope| async move {
            actions::replace(&tx, scope, id, seen.revision()?, hearing, steps).await
        })
        .await?;
        let view = queries::current(by.db(), &by.scope, id).await?.just_written();
        let view = view.ok_or(Error::NotFound)?;
        Ok(Editable { revision: view.path.version, body: accepted(view, by.ctx.lang) })
    }

    /// Marks a step that has no booking as done or dropped. The revision is the path's version.
    #[oai(path = "/path-steps/:id/state", method = "put", operation_id = "mark_step")]
    async fn mark_step(
        &self,
        by: By<Desk>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<StepMark>,
    ) -> ApiResult<MarkedStep> {
        let (id, seen) = (PathStepId(id.0), seen.revision()?);
        let StepMark { state, reason } = body.0;
        let mark = match state {
            MarkedState::Done => Mark::Done,
            MarkedState::Dropped => Mark::Dropped,
        };
        let marked = by.does("mark_step", |tx, scope| async move {
            let step = actions::mark_step(&tx, scope, id, seen, mark, reason).await?;
            Ok((step.id, step.kind, step.state))
        });
        let (id, kind, state) = marked.await?;
        Ok(Json(MarkedStep { id: id.0, kind, state }))
    }
}

#[derive(poem_openapi::Tags)]
enum Tags {
    /// 受講フロー
    Paths,
}

impl From<AcceptedStepBody> for AcceptedStep {
    fn from(body: AcceptedStepBody) -> Self {
        let AcceptedStepBody {
            kind,
            by_phone,
            topic,
            rule_ids,
            goal_tags,
            reason_ja,
            reason_en,
            override_reason,
        } = body;
        Self { kind, by_phone, topic, rule_ids, goal_tags, reason_ja, reason_en, override_reason }
    }
}

fn list<A: Answer>(values: impl IntoIterator<Item = A>) -> Vec<String> {
    values.into_iter().map(|value| value.word().to_owned()).collect()
}

fn proposal(found: &Proposed, lang: Lang) -> PathProposal {
    let plan = &found.proposal;
    let steps = found.placed.iter().enumerate().map(|(index, placed)| {
        let sessions = found.sessions.get(index).map(Vec::as_slice).unwrap_or_default();
        let full = found.full.get(index).map(Vec::as_slice).unwrap_or_default();
        let booking = found.booked.get(index).and_then(Option::as_ref);
        step(placed, sessions, full, booking, lang)
    });
    PathProposal {
        rules_version: plan.rules_version.clone(),
        steps: steps.collect(),
        committed_steps: i32::try_from(plan.committed_steps).unwrap_or(i32::MAX),
        uncovered_goals: list(plan.uncovered_goals.iter().copied()),
        set_aside: plan.set_aside.iter().map(|step| set_aside(step, lang)).collect(),
        arrangements: plan.arrangements.iter().map(|item| arrangement(item, lang)).collect(),
        staff_notes: plan.staff_notes.iter().map(|note| staff_note(note, lang)).collect(),
        closing: plan.closing.as_ref().map(|closed| closing(closed, lang)),
    }
}

fn step(
    placed: &PlacedStep,
    sessions: &[SessionRow],
    full: &[SessionRow],
    booking: Option<&BookingRow>,
    lang: Lang,
) -> ProposedStep {
    let step = &placed.step;
    let accepted = AcceptedStep::from(placed);
    let mut sessions: Vec<&SessionRow> = sessions.iter().collect();
    sessions.sort_by_key(|row| (row.session.starts_at, row.session.id));

    ProposedStep {
        kind: accepted.kind,
        reason: lang.pick(&step.reason_ja, &step.reason_en).to_owned(),
        reason_ja: accepted.reason_ja,
        reason_en: accepted.reason_en,
        rule_ids: accepted.rule_ids,
        goal_tags: accepted.goal_tags,
        by_phone: accepted.by_phone,
        topic: accepted.topic,
        topics: list(step.topics.iter().copied()),
        needs: list(step.needs.iter().copied()),
        attended_before: step.attended_before,
        sessions: sessions.into_iter().map(|row| session(row, lang)).collect(),
        full: full.iter().map(|row| session(row, lang)).collect(),
        booking: booking.map(|row| step_booking(row, lang)),
        wait: placed.wait,
        late: placed.late,
    }
}

fn session(row: &SessionRow, lang: Lang) -> ProposedSession {
    ProposedSession {
        id: row.session.id.0,
        title: lang.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
        kind: row.session.kind,
        starts_at: to_jst(row.session.starts_at),
        ends_at: to_jst(row.session.ends_at),
        venue: lang.pick(&row.venue.name_ja, &row.venue.name_en).to_owned(),
        free: row.free,
    }
}

fn set_aside(step: &Step, lang: Lang) -> SetAside {
    SetAside {
        kind: step.kind.stored(),
        reason: lang.pick(&step.reason_ja, &step.reason_en).to_owned(),
        rule_ids: step.rule_ids.clone(),
    }
}

fn arrangement(item: &Arranged, lang: Lang) -> ProposedArrangement {
    let what = item.what.word();
    let text = words::text(lang, &format!("arrangement.{what}")).to_owned();
    ProposedArrangement { what: what.to_owned(), text, rule_id: item.rule_id.clone() }
}

fn staff_note(note: &StaffNote, lang: Lang) -> ProposedNote {
    let text = lang.pick(&note.ja, &note.en).to_owned();
    ProposedNote { rule_id: note.rule_id.clone(), text }
}

fn closing(closed: &Closed, lang: Lang) -> ProposedClosing {
    ProposedClosing {
        how: closed.how.word().to_owned(),
        reason: lang.pick(&closed.reason_ja, &closed.reason_en).to_owned(),
        rule_id: closed.rule_id.clone(),
    }
}

fn step_booking(row: &BookingRow, lang: Lang) -> StepBooking {
    let (starts_at, ends_at) = row.span();
    StepBooking {
        id: row.booking.id.0,
        number: row.number(),
        state: row.booking.state,
        session_id: row.session.id.0,
        title: lang.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
        starts_at: to_jst(starts_at),
        ends_at: to_jst(ends_at),
        venue: lang.pick(&row.venue.name_ja, &row.venue.name_en).to_owned(),
    }
}

/// Stored lists and maps, as they were written by [`actions::accept`].
fn stored<T: serde::de::DeserializeOwned + Default>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap_or_default()
}

fn accepted(view: PathView, lang: Lang) -> AcceptedPath {
    let hearing: BTreeMap<String, serde_json::Value> = stored(view.path.hearing);
    AcceptedPath {
        id: view.path.id.0,
        resident_id: view.path.resident_id.0,
        version: view.path.version,
        rules_version: view.path.rules_version,
        accepted_at: to_jst(view.path.accepted_at),
        hearing: hearing.into_iter().map(|(key, value)| (key, Any(value))).collect(),
        steps: view.steps.into_iter().map(|step| path_step(step, lang)).collect(),
    }
}

fn path_step(StepView { step, booking }: StepView, lang: Lang) -> PathStep {
    PathStep {
        id: step.id.0,
        rank: step.rank,
        kind: step.kind,
        state: step.state,
        reason: lang.pick(&step.reason_ja, &step.reason_en).to_owned(),
        reason_ja: step.reason_ja,
        reason_en: step.reason_en,
        rule_ids: stored(step.rule_ids),
        goal_tags: stored(step.goal_tags),
        by_phone: step.by_phone,
        topic: step.topic,
        override_reason: step.override_reason,
        booking: booking.map(|row| step_booking(&row, lang)),
    }
}
