//! A proposal from what is known: the hearing, what happened, and the calendar.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::bookings::booking::{Attendance, BookingState};
use entity::paths::path_evidence;
use entity::residents::resident::{self, Standing};
use entity::sessions::session::{Allocation, SessionKind, SessionState};
use entity::{AreaId, BookingId, ResidentId, SessionId, StaffId};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::bookings::queries::{BookingRow, of_resident};
use crate::paths::rules::{
    self, AcceptedStep, Answer, Booked, Candidate, Constraints, Hearing, History, Left, Mobility,
    PlacedStep, Proposal, Ruleset, StepKind, SurveyResult, Why,
};
use crate::places::queries::list_areas;
use crate::platform::{Result, Scope};
use crate::residents;
use crate::sessions::SessionRow;
use crate::sessions::queries::{SessionFilter, free_slots_of, list};
use crate::staff::queries::assigned_to;

/// How far ahead sessions are looked for.
const HORIZON: TimeDelta = TimeDelta::days(120);
/// How long the answers of a survey say something about a person who came to nothing since.
const SURVEY_COUNTS: TimeDelta = TimeDelta::days(180);
/// Most sessions named for one step.
const PER_STEP: usize = 5;
/// Sessions are read in so many pages of so many at most.
const PAGES: usize = 5;
const PAGE: usize = 400;

/// A proposal with real sessions for each step.
#[derive(Clone, Debug)]
pub struct Proposed {
    pub proposal: Proposal,
    /// The steps as they were placed in the calendar.
    pub placed: Vec<PlacedStep>,
    /// For each step: sessions that can be booked, the best suited first.
    pub sessions: Vec<Vec<SessionRow>>,
    /// For each step: sessions that would suit but are full, soonest first.
    pub full: Vec<Vec<SessionRow>>,
    /// For each step: the seat that the person has for it already.
    pub booked: Vec<Option<BookingRow>>,
    /// Ids of the staff whom the person has met, latest first; one may stand there twice.
    pub met_staff: Vec<i64>,
}

impl Proposed {
    /// The rules that made it, whether by a step or by ending the path.
    pub fn fired(&self) -> impl Iterator<Item = &str> {
        let steps = self.proposal.steps.iter().flat_map(|step| &step.rule_ids);
        let closing = self.proposal.closing.iter().map(|closed| &closed.rule_id);
        steps.chain(closing).map(String::as_str)
    }

    /// The steps as they are accepted when the operator changes nothing.
    pub fn as_accepted(&self) -> Vec<AcceptedStep> {
        self.placed.iter().map(AcceptedStep::from).collect()
    }
}

/// Proposes a path from a hearing, the person's history and the calendar. The same rules,
/// answers, bookings and sessions give the same proposal.
///
/// # Errors
/// `NotFound`, also when the person is outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn propose(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
    hearing: &Hearing,
    now: DateTime<Utc>,
) -> Result<Proposed> {
    let person = residents::queries::get(db, scope, resident_id).await?;
    let bookings = of_resident(db, scope, resident_id, false).await?;
    let sessions = open_sessions(db, scope, now).await?;
    let areas: HashMap<AreaId, String> =
        list_areas(db, scope).await?.into_iter().map(|area| (area.id, area.code)).collect();

    let visits: Vec<&BookingRow> = attended(&bookings).collect();
    let ids: Vec<SessionId> = sessions
        .iter()
        .map(|row| row.session.id)
        .chain(visits.iter().map(|row| row.session.id))
        .collect();
    let staff = assigned_to(db, &ids).await?;
    let met_staff: Vec<i64> = visits.iter().flat_map(|row| met(row, &staff)).collect();

    let consultations: Vec<SessionId> = sessions
        .iter()
        .filter(|row| row.session.slot_minutes.is_some() && row.free > 0)
        .map(|row| row.session.id)
        .collect();
    let has_time = !met_staff.is_empty() && {
        let free = free_slots_of(db, &consultations, now).await?;
        free.iter().any(|(slot, _)| met_staff.contains(&slot.staff_id.0))
    };

    let set = Ruleset::shipped();
    let candidates: Vec<Candidate> =
        sessions.iter().map(|row| candidate(row, &areas, &staff)).collect();
    let constraints = Constraints {
        now,
        areas: hearing.areas.clone(),
        times: hearing.times.clone(),
        busy: living(&bookings).map(BookingRow::span).collect(),
        booked: seats(&bookings, now),
        needs_step_free: needs_step_free(hearing, &person),
        met_staff: met_staff.iter().copied().collect(),
        per_step: PER_STEP,
        survey_after_months: set.limits.survey_after_months,
    };

    let evidence = path_evidence::Entity::find_by_id(resident_id).one(db).await?;
    let known = History {
        met_staff_has_time: has_time,
        ..history(&bookings, &person, evidence.as_ref(), now)
    };

    let plan = rules::plan(set, hearing, &known, &candidates, &constraints);
    Ok(Proposed { met_staff, ..joined(plan, sessions, &bookings) })
}

/// Planned sessions that take bookings, full ones too: one can wait for those.
async fn open_sessions(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<SessionRow>> {
    let filter =
        SessionFilter { from: Some(now), to: Some(now + HORIZON), ..SessionFilter::default() };

    let mut found = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        let page = list(db, scope, &filter, now, PAGE, after.as_deref()).await?;
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }

    found.retain(|row| {
        row.session.state == SessionState::Planned
            && row.session.allocation == Allocation::FirstCome
    });
    Ok(found)
}

fn kind_of(kind: SessionKind) -> StepKind {
    match kind {
        SessionKind::ClassBasic => StepKind::ClassBasic,
        SessionKind::ClassApplied => StepKind::ClassApplied,
        SessionKind::Consultation => StepKind::Consultation,
        SessionKind::EventGame => StepKind::EventGame,
        SessionKind::EventQuiz => StepKind::EventQuiz,
        SessionKind::EventWalk => StepKind::EventWalk,
    }
}

type Assigned = HashMap<SessionId, Vec<(StaffId, String)>>;

fn candidate(row: &SessionRow, areas: &HashMap<AreaId, String>, staff: &Assigned) -> Candidate {
    let area = row.venue.area_id.and_then(|id| areas.get(&id));
    let staff_ids = staff.get(&row.session.id).into_iter().flatten().map(|(id, _)| id.0);

    Candidate {
        session_id: row.session.id.0,
        kind: kind_of(row.session.kind),
        starts_at: row.session.starts_at,
        ends_at: row.session.ends_at,
        venue_code: row.venue.code.clone(),
        area_codes: area.cloned().into_iter().collect(),
        step_free: row.venue.step_free,
        free: row.free,
        staff_ids: staff_ids.collect(),
    }
}

fn living(bookings: &[BookingRow]) -> impl Iterator<Item = &BookingRow> {
    bookings.iter().filter(|row| row.booking.state.is_living())
}

/// The sessions to which the person came.
fn attended(bookings: &[BookingRow]) -> impl Iterator<Item = &BookingRow> {
    bookings.iter().filter(|row| row.booking.came())
}

fn seats(bookings: &[BookingRow], now: DateTime<Utc>) -> Vec<Booked> {
    bookings
        .iter()
        .filter(|row| row.booking.state.has_seat() && row.booking.attendance.is_none())
        .filter(|row| row.span().1 > now)
        .map(|row| Booked {
            booking_id: row.booking.id.0,
            kind: kind_of(row.session.kind),
            starts_at: row.span().0,
            ends_at: row.span().1,
        })
        .collect()
}

/// What was said counts; where nothing was said now, what is known of the person.
fn needs_step_free(hearing: &Hearing, person: &resident::Model) -> bool {
    match hearing.mobility {
        Some(said) => said != Mobility::Fine,
        None => person.mobility.is_some_and(|known| known != resident::Mobility::Fine),
    }
}

/// In a slot the person met one staff member; in a class, everybody there.
fn met(row: &BookingRow, staff: &Assigned) -> Vec<i64> {
    match &row.slot {
        Some(slot) => vec![slot.staff_id.0],
        None => staff.get(&row.session.id).into_iter().flatten().map(|(id, _)| id.0).collect(),
    }
}

/// What happened so far. Absences count from the last time the person came: whoever comes
/// again has been heard again. So do the answers of a survey: after it, only until the person
/// comes again, and for half a year.
fn history(
    bookings: &[BookingRow],
    person: &resident::Model,
    evidence: Option<&path_evidence::Model>,
    now: DateTime<Utc>,
) -> History {
    let last = attended(bookings).map(|row| row.session.starts_at).max();
    let missed = bookings
        .iter()
        .filter(|row| row.booking.state == BookingState::Confirmed)
        .filter(|row| row.booking.attendance == Some(Attendance::NoShow))
        .filter(|row| last.is_none_or(|last| row.session.starts_at > last));

    let surveyed = evidence.filter(|row| {
        row.surveyed_at
            .is_some_and(|at| now - at <= SURVEY_COUNTS && last.is_none_or(|last| last < at))
    });
    let why: Vec<String> = surveyed
        .and_then(|row| serde_json::from_value(row.survey_why.clone()).ok())
        .unwrap_or_default();

    History {
        survey: surveyed.and_then(|row| row.survey).map(|found| match found {
            path_evidence::SurveyFinding::Stuck => SurveyResult::Stuck,
            path_evidence::SurveyFinding::NotStuck => SurveyResult::NotStuck,
        }),
        survey_why: why.iter().filter_map(|word| Why::from_word(word)).collect(),
        can_do_count: evidence.and_then(|row| row.can_do_count),
        can_do_gain: evidence.and_then(|row| row.can_do_gain),
        attended: attended(bookings).map(|row| kind_of(row.session.kind)).collect(),
        no_show_count: u32::try_from(missed.count()).unwrap_or(u32::MAX),
        left: match person.standing {
            Standing::Active => None,
            Standing::MovedOut => Some(Left::MovedOut),
            Standing::Deceased => Some(Left::Deceased),
            Standing::Withdrawn => Some(Left::Withdrawn),
        },
        ..History::default()
    }
}

fn joined(plan: rules::Plan, sessions: Vec<SessionRow>, bookings: &[BookingRow]) -> Proposed {
    let by_id: HashMap<i64, SessionRow> =
        sessions.into_iter().map(|row| (row.session.id.0, row)).collect();
    let rows = |ids: &[i64]| ids.iter().filter_map(|id| by_id.get(id).cloned()).collect();
    let booking = |id: i64| bookings.iter().find(|row| row.booking.id == BookingId(id)).cloned();
    Proposed {
        sessions: plan.placed.iter().map(|step| rows(&step.sessions)).collect(),
        full: plan.placed.iter().map(|step| rows(&step.full)).collect(),
        booked: plan.placed.iter().map(|step| step.booked.and_then(booking)).collect(),
        proposal: plan.proposal,
        placed: plan.placed,
        met_staff: Vec::new(),
    }
}
