//! The one check of a session: for making, changing, moving and staffing it, on both doors.
//!
//! What is refused comes as [`Conflict::Wrong`]; all else a planner may accept, and has to be told
//! first. Who is in two places at once is not judged here: the cells of rooms and staff know.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::sessions::session::{Allocation, SessionKind};
use entity::staff::role_grant::Role;
use entity::{StaffId, VenueId};
use poem_openapi::Object;
use serde_json::{Value, json};

use super::{ClosedDay, capacity_fits, check_time};
use crate::platform::error::FieldError;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::holidays::{holiday_name, holiday_name_en};
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::random::digest;
use crate::platform::{Lang, words};

/// Nothing begins earlier in the day.
const EARLIEST: NaiveTime = NaiveTime::from_hms_opt(7, 0, 0).expect("a time");
/// Nothing ends later in the day.
const LATEST: NaiveTime = NaiveTime::from_hms_opt(21, 0, 0).expect("a time");
/// What it takes at least to get from one venue to another and to set up there.
const TRAVEL: TimeDelta = TimeDelta::minutes(30);
/// How long somebody works in sessions on one day, without a word.
const LONGEST_DAY: TimeDelta = TimeDelta::hours(8);

/// A session as it is to be, with what is around it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub kind: SessionKind,
    pub allocation: Allocation,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub venue_id: VenueId,
    /// People that its room holds; none when no room is kept.
    pub room: Option<i32>,
    /// People that the largest room of the venue holds.
    pub largest: i32,
    pub capacity: i32,
    /// People who have a seat.
    pub taken: i32,
    /// 1-on-1 slots instead of seats.
    pub has_slots: bool,
    /// Shown to the public.
    pub is_public: bool,
    pub staff: Vec<Member>,
    /// The days on which the municipality or the venue is closed.
    pub closed: Vec<ClosedDay>,
    pub programme: Programme,
    /// The plan of its fiscal year; none when nobody planned a number.
    pub planned: Option<Planned>,
    /// People who have a seat and are elsewhere at the new time.
    pub elsewhere: usize,
    /// Whether a person typed it. Data sets carry what documents say, however odd.
    pub typed: bool,
    /// What it is now; none for a new one. Only what a change brings is told.
    pub before: Option<Before>,
}

/// What a session is before a change.
#[derive(Clone, Debug)]
pub struct Before {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub venue_id: VenueId,
    pub has_room: bool,
    pub capacity: i32,
    pub is_public: bool,
    pub staff: Vec<StaffId>,
}

/// Somebody who is to work there.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: StaffId,
    pub name: String,
    /// The account is closed.
    pub gone: bool,
    /// Holds a role on that day that [`gives`] such a session, in its programme and ward.
    pub fits: bool,
    /// What else the person does on that day.
    pub duties: Vec<Duty>,
}

/// Where somebody works at another time of the day.
#[derive(Clone, Debug)]
pub struct Duty {
    /// None: not in a session.
    pub venue_id: Option<VenueId>,
    /// Japanese and English title; none when it is another municipality's business.
    pub title: Option<(String, String)>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// The programme, and who plans or holds sessions of this kind.
#[derive(Clone, Debug)]
pub struct Programme {
    pub name_ja: String,
    pub name_en: String,
    /// This one plans or held some.
    pub own: bool,
    /// Another one plans or held some.
    pub others: bool,
}

/// Sessions of the kind in the programme and fiscal year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    pub planned: i32,
    /// With a date already, without this one.
    pub dated: i64,
}

/// What speaks against a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Cannot be: the field to mend.
    Wrong(FieldError),
    /// The place is closed, with the reason in Japanese and English.
    Closed(String, String),
    /// A national holiday, by name.
    Holiday(&'static str, &'static str),
    /// 29 December to 3 January (行政機関の休日に関する法律, article 1).
    YearEnd,
    /// The time has passed.
    Past,
    /// The public could book it, and nobody works there.
    NoStaff,
    /// More seats than any room of the venue holds, and no room is kept.
    Crowded { seats: i32, largest: i32 },
    /// Another programme does sessions of this kind, this one never did.
    Strange { kind: SessionKind, ja: String, en: String },
    /// More than the year's plan: the `nth` of `planned`.
    BeyondPlan { planned: i32, nth: i64 },
    /// Too little time to get there from somewhere else, or back.
    Travel { staff: StaffId, name: String, other: Option<(String, String)>, minutes: i64 },
    /// Too much for one day.
    LongDay { staff: StaffId, name: String, minutes: i64 },
    /// Has no role for such a session, and cannot open its roster.
    Role { staff: StaffId, name: String },
    /// Has left, and is still named.
    Gone { staff: StaffId, name: String },
    /// People with a seat who are elsewhere at the new time lose it.
    Elsewhere { people: usize },
}

/// What speaks against a session and was accepted.
#[derive(Clone, Debug, Object)]
pub struct SessionWarning {
    /// `closed`, `holiday`, `year_end`, `past`, `no_staff`, `crowded`, `strange` (a kind that only
    /// other programmes do), `beyond_plan`, `travel`, `long_day`, `role`, `gone`.
    pub code: String,
    /// In the language of the request.
    pub message: String,
}

impl Conflict {
    /// Its code, and the whole sentence.
    pub fn warning(&self, lang: Lang) -> SessionWarning {
        let point = self.point(lang);
        let values: Vec<(&str, &str)> =
            point.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let message = words::fill(lang, point.wording, &values);
        SessionWarning { code: self.code().to_owned(), message }
    }

    /// Stable code, and the end of the wording key `warn.session.<code>`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong(_) => "wrong",
            Self::Closed(..) => "closed",
            Self::Holiday(..) => "holiday",
            Self::YearEnd => "year_end",
            Self::Past => "past",
            Self::NoStaff => "no_staff",
            Self::Crowded { .. } => "crowded",
            Self::Strange { .. } => "strange",
            Self::BeyondPlan { .. } => "beyond_plan",
            Self::Travel { .. } => "travel",
            Self::LongDay { .. } => "long_day",
            Self::Role { .. } => "role",
            Self::Gone { .. } => "gone",
            Self::Elsewhere { .. } => "elsewhere",
        }
    }

    /// The sentence, and the field that it is about.
    pub fn point(&self, lang: Lang) -> FieldError {
        let pick = |ja: &str, en: &str| lang.pick(ja, en).to_owned();
        let said =
            |field: &str, wording, values| FieldError { values, ..FieldError::new(field, wording) };

        match self {
            Self::Wrong(error) => error.clone(),
            Self::Closed(ja, en) => {
                said("starts_at", "warn.session.closed", vec![("reason", pick(ja, en))])
            }
            Self::Holiday(ja, en) => {
                said("starts_at", "warn.session.holiday", vec![("reason", pick(ja, en))])
            }
            Self::YearEnd => said("starts_at", "warn.session.year_end", Vec::new()),
            Self::Past => said("starts_at", "warn.session.past", Vec::new()),

            Self::NoStaff => said("staff", "warn.session.no_staff", Vec::new()),
            Self::Crowded { seats, largest } => {
                let values = vec![("seats", seats.to_string()), ("n", largest.to_string())];
                said("capacity", "warn.session.crowded", values)
            }

            Self::Strange { kind, ja, en } => {
                let kind = words::text(lang, &format!("kind.{kind}")).to_owned();
                let values = vec![("programme", pick(ja, en)), ("kind", kind)];
                said("programme_id", "warn.session.strange", values)
            }
            Self::BeyondPlan { planned, nth } => {
                let values = vec![("n", planned.to_string()), ("nth", nth.to_string())];
                said("kind", "warn.session.beyond_plan", values)
            }

            Self::Travel { name, other, minutes, .. } => {
                let other = match other {
                    Some((ja, en)) => pick(ja, en),
                    None => words::text(lang, "staff.elsewhere").to_owned(),
                };
                let values =
                    vec![("staff", name.clone()), ("other", other), ("n", minutes.to_string())];
                said("staff", "warn.session.travel", values)
            }
            Self::LongDay { name, minutes, .. } => {
                let values = vec![("staff", name.clone()), ("time", hours(lang, *minutes))];
                said("staff", "warn.session.long_day", values)
            }
            Self::Role { name, .. } => {
                said("staff", "warn.session.role", vec![("staff", name.clone())])
            }
            Self::Gone { name, .. } => {
                said("staff", "warn.session.gone", vec![("staff", name.clone())])
            }

            Self::Elsewhere { people } => {
                said("starts_at", "warn.session.elsewhere", vec![("n", people.to_string())])
            }
        }
    }

    /// What stays in the audit log when somebody accepted it: no names.
    pub fn record(&self) -> Value {
        let code = self.code();

        match self {
            Self::Closed(reason, _) => json!({ "code": code, "reason": reason }),
            Self::Holiday(reason, _) => json!({ "code": code, "reason": reason }),
            Self::Crowded { seats, largest } => {
                json!({ "code": code, "seats": seats, "largest": largest })
            }
            Self::BeyondPlan { planned, nth } => {
                json!({ "code": code, "planned": planned, "nth": nth })
            }
            Self::Travel { staff, minutes, .. } | Self::LongDay { staff, minutes, .. } => {
                json!({ "code": code, "staff_id": staff, "minutes": minutes })
            }
            Self::Role { staff, .. } | Self::Gone { staff, .. } => {
                json!({ "code": code, "staff_id": staff })
            }
            Self::Elsewhere { people } => json!({ "code": code, "people": people }),
            Self::Wrong(_) | Self::YearEnd | Self::Past | Self::NoStaff | Self::Strange { .. } => {
                json!({ "code": code })
            }
        }
    }
}

/// 「8時間30分」, or in English.
fn hours(lang: Lang, minutes: i64) -> String {
    let (whole, rest) = ((minutes / 60).to_string(), (minutes % 60).to_string());
    let key = if minutes % 60 == 0 { "warn.hours" } else { "warn.hours.minutes" };
    words::fill(lang, key, &[("h", &whole), ("m", &rest)])
}

/// The roles whose holders give sessions of a kind.
pub const fn gives(kind: SessionKind) -> &'static [Role] {
    match kind {
        SessionKind::ClassBasic | SessionKind::ClassApplied => &[Role::Teacher, Role::Coordinator],
        SessionKind::Consultation
        | SessionKind::EventGame
        | SessionKind::EventQuiz
        | SessionKind::EventWalk => &[Role::Teacher, Role::Coordinator, Role::Operator],
    }
}

/// The yes to a plan: a digest of the day, time, place, seats and staff, and of all that was said
/// against it. Anything else is another question.
pub fn confirmation(plan: &Plan, found: &[Conflict]) -> String {
    let staff: Vec<StaffId> = plan.staff.iter().map(|person| person.id).collect();
    let about = format!(
        "{:?} {} {} {} {:?} {} {} {staff:?}",
        plan.kind,
        plan.starts_at,
        plan.ends_at,
        plan.venue_id,
        plan.room,
        plan.capacity,
        plan.is_public
    );
    digest(&[b"session", about.as_bytes(), format!("{found:?}").as_bytes()])
}

/// All that speaks against a plan.
pub fn conflicts(plan: &Plan, now: DateTime<Utc>) -> Vec<Conflict> {
    let mut found = Vec::new();
    times(plan, now, &mut found);
    seats(plan, &mut found);

    if plan.before.is_none() && plan.allocation == Allocation::Draw {
        // Nobody could enter: there is no draw yet.
        found.push(wrong("allocation", "err.session.allocation.draw"));
    }

    let Programme { name_ja, name_en, own, others } = &plan.programme;
    if plan.before.is_none() && !own && *others {
        let (ja, en) = (name_ja.clone(), name_en.clone());
        found.push(Conflict::Strange { kind: plan.kind, ja, en });
    }

    let year = |at| FiscalYear::of(local_date(at));
    let other_year =
        plan.before.as_ref().is_none_or(|before| year(before.starts_at) != year(plan.starts_at));
    match plan.planned {
        Some(Planned { planned, dated }) if other_year && dated >= i64::from(planned) => {
            found.push(Conflict::BeyondPlan { planned, nth: dated + 1 });
        }
        _ => {}
    }

    people(plan, &mut found);
    if plan.elsewhere > 0 {
        found.push(Conflict::Elsewhere { people: plan.elsewhere });
    }
    found
}

fn wrong(field: &str, wording: &'static str) -> Conflict {
    Conflict::Wrong(FieldError::new(field, wording))
}

fn times(plan: &Plan, now: DateTime<Utc>, found: &mut Vec<Conflict>) {
    let (starts_at, ends_at) = (plan.starts_at, plan.ends_at);
    let before = plan.before.as_ref();
    let new_time =
        before.is_none_or(|before| (before.starts_at, before.ends_at) != (starts_at, ends_at));

    // A change is told only what it brings.
    if !new_time && before.is_some_and(|before| before.venue_id == plan.venue_id) {
        return;
    }

    if let Err(error) = check_time(starts_at, ends_at) {
        found.push(Conflict::Wrong(error));
        return;
    }
    if before.is_some_and(|before| plan.has_slots && before.length() != ends_at - starts_at) {
        found.push(wrong("ends_at", "err.session.time.slots"));
    }

    let date = local_date(starts_at);
    if plan.typed && new_time {
        if let Some(error) = far(date, local_date(now)) {
            found.push(Conflict::Wrong(error));
            return;
        }
        if local_time(starts_at) < EARLIEST {
            found.push(wrong("starts_at", "err.session.time.hours"));
        } else if local_time(ends_at) > LATEST {
            found.push(wrong("ends_at", "err.session.time.hours"));
        }
    }

    if starts_at <= now {
        found.push(match before {
            // Nobody can come to a time that is over.
            Some(_) => wrong("starts_at", "err.session.time.past"),
            None => Conflict::Past,
        });
    }

    let closed = plan.closed.iter().filter(|day| day.on == date);
    found.extend(closed.map(|day| Conflict::Closed(day.reason_ja.clone(), day.reason_en.clone())));
    if let (Some(ja), Some(en)) = (holiday_name(date), holiday_name_en(date)) {
        found.push(Conflict::Holiday(ja, en));
    }
    if matches!((date.month(), date.day()), (12, 29..) | (1, ..=3)) {
        found.push(Conflict::YearEnd);
    }
}

impl Before {
    fn length(&self) -> TimeDelta {
        self.ends_at - self.starts_at
    }
}

/// A day that cannot be meant: before the last fiscal year, or after the next one.
fn far(date: NaiveDate, today: NaiveDate) -> Option<FieldError> {
    let year = FiscalYear::of(today).year();
    let (first, last) = (year - 1, year + 1);
    let of_day = FiscalYear::of(date).year();
    (!(first..=last).contains(&of_day)).then(|| FieldError {
        values: vec![("from", first.to_string()), ("until", (last + 1).to_string())],
        ..FieldError::new("starts_at", "err.session.time.far")
    })
}

fn seats(plan: &Plan, found: &mut Vec<Conflict>) {
    // Of a consultation only those whose turn it is are in the room.
    if plan.has_slots {
        return;
    }

    if let Err(error) = capacity_fits(plan.capacity, plan.taken, plan.room) {
        found.push(Conflict::Wrong(error));
    }

    let known = plan.before.as_ref().is_some_and(|before| {
        !before.has_room && before.venue_id == plan.venue_id && plan.capacity <= before.capacity
    });
    // A walk meets in the open.
    let outside = plan.kind == SessionKind::EventWalk;
    if plan.room.is_none() && plan.capacity > plan.largest && !outside && !known {
        found.push(Conflict::Crowded { seats: plan.capacity, largest: plan.largest });
    }
}

fn people(plan: &Plan, found: &mut Vec<Conflict>) {
    let before = plan.before.as_ref();
    let known = before.is_some_and(|before| before.is_public && before.staff.is_empty());
    if plan.is_public && plan.staff.is_empty() && !known {
        found.push(Conflict::NoStaff);
    }

    let as_it_was = before.is_some_and(|before| {
        (before.starts_at, before.ends_at, before.venue_id)
            == (plan.starts_at, plan.ends_at, plan.venue_id)
    });

    let mut ids: Vec<StaffId> = plan.staff.iter().map(|person| person.id).collect();
    ids.sort_unstable();
    let same_staff = before.is_some_and(|before| {
        let mut own = before.staff.clone();
        own.sort_unstable();
        own == ids
    });
    if as_it_was && same_staff {
        return;
    }

    for person in &plan.staff {
        let (staff, name) = (person.id, || person.name.clone());
        if person.gone {
            found.push(Conflict::Gone { staff, name: name() });
            continue;
        }
        if as_it_was && before.is_some_and(|before| before.staff.contains(&staff)) {
            continue;
        }

        if !person.fits {
            found.push(Conflict::Role { staff, name: name() });
        }
        for (duty, gap) in neighbours(plan, person) {
            if gap < TRAVEL {
                let (other, minutes) = (duty.title.clone(), gap.num_minutes());
                found.push(Conflict::Travel { staff, name: name(), other, minutes });
            }
        }

        let others: TimeDelta =
            person.duties.iter().map(|duty| duty.ends_at - duty.starts_at).sum();
        let whole = others + (plan.ends_at - plan.starts_at);
        if whole > LONGEST_DAY {
            found.push(Conflict::LongDay { staff, name: name(), minutes: whole.num_minutes() });
        }
    }
}

/// The sessions elsewhere before and after, with the time between.
fn neighbours<'a>(
    plan: &'a Plan,
    person: &'a Member,
) -> impl Iterator<Item = (&'a Duty, TimeDelta)> {
    let elsewhere = |duty: &&Duty| duty.venue_id.is_some_and(|id| id != plan.venue_id);

    person.duties.iter().filter(elsewhere).filter_map(|duty| {
        if duty.ends_at <= plan.starts_at {
            Some((duty, plan.starts_at - duty.ends_at))
        } else if duty.starts_at >= plan.ends_at {
            Some((duty, duty.starts_at - plan.ends_at))
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests;
