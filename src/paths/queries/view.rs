//! Paths as they are shown: what is proposed, and what was agreed on.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};
use entity::bookings::booking::BookingState;
use entity::paths::path_step::{OverrideReason, StepKind, StepState};
use entity::sessions::session::SessionKind;
use entity::{BookingId, PathId, PathStepId, ResidentId, SessionId};
use poem_openapi::Object;
use serde_json::Value;

use super::{PathView, Proposed, StepView};
use crate::bookings::queries::BookingRow;
use crate::paths::rules::{AcceptedStep, Answer, Arranged, Closed, ProposalStep, StaffNote};
use crate::platform::japan::time::to_jst;
use crate::platform::{Lang, words};
use crate::sessions::SessionRow;

/// A proposed path; nothing is stored.
#[derive(Object, Clone, Debug)]
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
#[derive(Object, Clone, Debug)]
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
#[derive(Object, Clone, Debug)]
pub struct ProposedSession {
    pub id: SessionId,
    pub title: String,
    pub kind: SessionKind,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue: String,
    pub free: i32,
}

/// A step that made the path too long.
#[derive(Object, Clone, Debug)]
pub struct SetAside {
    pub kind: StepKind,
    pub reason: String,
    pub rule_ids: Vec<String>,
}

/// Something that the staff arranges.
#[derive(Object, Clone, Debug)]
pub struct ProposedArrangement {
    pub what: String,
    pub text: String,
    pub rule_id: String,
}

/// A note for the staff.
#[derive(Object, Clone, Debug)]
pub struct ProposedNote {
    pub rule_id: String,
    pub text: String,
}

/// The end of a path.
#[derive(Object, Clone, Debug)]
pub struct ProposedClosing {
    /// `reached`, or `silent`: no letter, call or survey.
    pub how: String,
    pub reason: String,
    pub rule_id: String,
}

/// The current version of a person's path.
#[derive(Object, Clone, Debug)]
pub struct AcceptedPath {
    pub id: PathId,
    pub resident_id: ResidentId,
    pub version: i32,
    pub rules_version: String,
    pub accepted_at: DateTime<FixedOffset>,
    /// The answers it was made from.
    pub hearing: HashMap<String, Value>,
    pub steps: Vec<PathStep>,
}

/// One step of an accepted path.
#[derive(Object, Clone, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct PathStep {
    pub id: PathStepId,
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
#[derive(Object, Clone, Debug)]
pub struct StepBooking {
    pub id: BookingId,
    /// As it is spoken, `4821-3754`.
    pub number: String,
    pub state: BookingState,
    pub session_id: SessionId,
    pub title: String,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue: String,
}

impl Proposed {
    /// As it is shown in a language.
    pub fn shown(&self, lang: Lang) -> PathProposal {
        let plan = &self.proposal;
        PathProposal {
            rules_version: plan.rules_version.clone(),
            steps: (0..self.placed.len()).map(|at| self.shown_step(at, lang)).collect(),
            committed_steps: i32::try_from(plan.committed_steps).unwrap_or(i32::MAX),
            uncovered_goals: words_of(&plan.uncovered_goals),
            set_aside: plan.set_aside.iter().map(|step| SetAside::new(step, lang)).collect(),
            arrangements: plan
                .arrangements
                .iter()
                .map(|item| ProposedArrangement::new(item, lang))
                .collect(),
            staff_notes: plan
                .staff_notes
                .iter()
                .map(|note| ProposedNote::new(note, lang))
                .collect(),
            closing: plan.closing.as_ref().map(|end| ProposedClosing::new(end, lang)),
        }
    }

    /// The step at a place, with what stands for it at the same place of the other lists.
    fn shown_step(&self, at: usize, lang: Lang) -> ProposedStep {
        let placed = &self.placed[at];
        let step = &placed.step;
        let accepted = AcceptedStep::from(placed);
        let session = |row: &SessionRow| ProposedSession::new(row, lang);

        // The best suited stand first where one is chosen; whoever reads a list looks for a day.
        let mut sessions: Vec<&SessionRow> = self.sessions.get(at).into_iter().flatten().collect();
        sessions.sort_by_key(|row| (row.session.starts_at, row.session.id));

        let booking = self.booked.get(at).and_then(Option::as_ref);
        ProposedStep {
            kind: accepted.kind,
            reason: lang.pick(&step.reason_ja, &step.reason_en).to_owned(),
            reason_ja: accepted.reason_ja,
            reason_en: accepted.reason_en,
            rule_ids: accepted.rule_ids,
            goal_tags: accepted.goal_tags,
            by_phone: accepted.by_phone,
            topic: accepted.topic,
            topics: words_of(&step.topics),
            needs: words_of(&step.needs),
            attended_before: step.attended_before,
            sessions: sessions.into_iter().map(session).collect(),
            full: self.full.get(at).into_iter().flatten().map(session).collect(),
            booking: booking.map(|row| StepBooking::new(row, lang)),
            wait: placed.wait,
            late: placed.late,
        }
    }
}

fn words_of<'a, A: Answer>(values: impl IntoIterator<Item = &'a A>) -> Vec<String> {
    values.into_iter().map(|value| value.word().to_owned()).collect()
}

impl ProposedSession {
    fn new(row: &SessionRow, lang: Lang) -> Self {
        Self {
            id: row.session.id,
            title: row.title(lang).to_owned(),
            kind: row.session.kind,
            starts_at: to_jst(row.session.starts_at),
            ends_at: to_jst(row.session.ends_at),
            venue: row.place(lang).to_owned(),
            free: row.free,
        }
    }
}

impl SetAside {
    fn new(step: &ProposalStep, lang: Lang) -> Self {
        Self {
            kind: step.kind.stored(),
            reason: lang.pick(&step.reason_ja, &step.reason_en).to_owned(),
            rule_ids: step.rule_ids.clone(),
        }
    }
}

impl ProposedArrangement {
    fn new(item: &Arranged, lang: Lang) -> Self {
        let what = item.what.word();
        let text = words::text(lang, &format!("arrangement.{what}")).to_owned();
        Self { what: what.to_owned(), text, rule_id: item.rule_id.clone() }
    }
}

impl ProposedNote {
    fn new(note: &StaffNote, lang: Lang) -> Self {
        Self { rule_id: note.rule_id.clone(), text: lang.pick(&note.ja, &note.en).to_owned() }
    }
}

impl ProposedClosing {
    fn new(end: &Closed, lang: Lang) -> Self {
        Self {
            how: end.how.word().to_owned(),
            reason: lang.pick(&end.reason_ja, &end.reason_en).to_owned(),
            rule_id: end.rule_id.clone(),
        }
    }
}

impl PathView {
    /// As it is shown in a language.
    pub fn shown(self, lang: Lang) -> AcceptedPath {
        let Self { path, steps } = self;
        AcceptedPath {
            id: path.id,
            resident_id: path.resident_id,
            version: path.version,
            rules_version: path.rules_version,
            accepted_at: to_jst(path.accepted_at),
            hearing: stored(path.hearing),
            steps: steps.into_iter().map(|step| step.shown(lang)).collect(),
        }
    }
}

impl StepView {
    /// As it is shown in a language.
    fn shown(self, lang: Lang) -> PathStep {
        let Self { step, booking } = self;
        PathStep {
            id: step.id,
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
            booking: booking.map(|row| StepBooking::new(&row, lang)),
        }
    }
}

/// Stored lists and maps, as they were written when the path was accepted.
fn stored<T: serde::de::DeserializeOwned + Default>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_default()
}

impl StepBooking {
    fn new(row: &BookingRow, lang: Lang) -> Self {
        let (starts_at, ends_at) = row.span();
        Self {
            id: row.booking.id,
            number: row.number(),
            state: row.booking.state,
            session_id: row.session.id,
            title: lang.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
            starts_at: to_jst(starts_at),
            ends_at: to_jst(ends_at),
            venue: lang.pick(&row.venue.name_ja, &row.venue.name_en).to_owned(),
        }
    }
}
