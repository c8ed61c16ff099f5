//! From steps to real sessions: what has a place, is in reach, and does not
//! collide with what the person has already.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Months, Timelike, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::hearing::{Hearing, TimeBand};
use super::history::History;
use super::proposal::{Proposal, ProposalStep};
use super::propose::propose;
use super::ruleset::Ruleset;
use super::words::{Mode, Need, StepKind};
use crate::platform::japan::time::{local_date, to_jst};

/// A session as far as placing a step needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub session_id: i64,
    /// What is held.
    pub kind: StepKind,
    /// Begin.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// Where.
    pub venue_code: String,
    /// Areas that the venue belongs to.
    pub area_codes: Vec<String>,
    /// Whether it can be reached without a step.
    pub step_free: bool,
    /// Free seats or slots; none or fewer means that one can only wait.
    pub free: i32,
    /// Who teaches or consults there.
    pub staff_ids: Vec<i64>,
}

/// What the person and the day allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraints {
    /// The instant of the request.
    pub now: DateTime<Utc>,
    /// Venue and area codes that suit; empty when unknown.
    pub areas: BTreeSet<String>,
    /// Times of the week that suit; empty when unknown.
    pub times: BTreeSet<TimeBand>,
    /// Begin and end of what the person has booked.
    pub busy: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Seats that the person has; each stands for one step of its kind.
    pub booked: Vec<Booked>,
    /// Whether only venues without a step can be reached.
    pub needs_step_free: bool,
    /// Staff members whom the person has met.
    pub met_staff: BTreeSet<i64>,
    /// Most sessions to name for one step.
    pub per_step: usize,
    /// From [`super::Limits`]: months from the last class to the survey.
    pub survey_after_months: u32,
}

/// A seat that the person has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// Id of the booking.
    pub booking_id: i64,
    /// What is held.
    pub kind: StepKind,
    /// Begin.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
}

/// A step with the sessions that could be booked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedStep {
    /// The step.
    pub step: ProposalStep,
    /// Sessions with a free place: within the step's gap first, then those that
    /// suit place and time of the week, then the soonest.
    pub sessions: Vec<i64>,
    /// Sessions that would suit but are full, soonest first.
    pub full: Vec<i64>,
    /// The seat that the person has for it; then no sessions are named.
    pub booked: Option<i64>,
    /// When the step begins if the first session is taken; for a survey, when it is due.
    pub earliest: Option<DateTime<Utc>>,
    /// There is no session with a free place, or the class before it has none.
    pub wait: bool,
    /// The first session named is later than the step's gap allows.
    pub late: bool,
    /// No venue can be reached, so the talk is held by phone with posted material.
    pub by_phone_instead: bool,
}

impl PlacedStep {
    /// Whether the step takes a seat in a session.
    pub fn takes_a_seat(&self) -> bool {
        takes_a_seat(&self.step)
    }
}

fn takes_a_seat(step: &ProposalStep) -> bool {
    step.mode == Mode::InPerson
}

/// A proposal and its sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The path.
    pub proposal: Proposal,
    /// Its steps with sessions.
    pub placed: Vec<PlacedStep>,
}

/// Proposes a path and finds its sessions. When the first step has no place soon,
/// the rules are asked once more with that knowledge and offer another way.
pub fn plan(
    set: &Ruleset,
    hearing: &Hearing,
    history: &History,
    candidates: &[Candidate],
    constraints: &Constraints,
) -> Plan {
    let proposal = propose(set, hearing, history);
    let placed = place(&proposal.steps, candidates, constraints);
    let wait = first_place_in_days(&placed, constraints.now);
    if wait.is_none_or(|days| days <= set.limits.first_within_days) {
        return Plan { proposal, placed };
    }

    let history = History { next_place_in_days: wait, ..history.clone() };
    let proposal = propose(set, hearing, &history);
    let placed = place(&proposal.steps, candidates, constraints);
    Plan { proposal, placed }
}

/// Whole days until the first step can begin: 0 for a step that needs no seat,
/// `u32::MAX` when no session is in sight, none for an empty path.
pub fn first_place_in_days(placed: &[PlacedStep], now: DateTime<Utc>) -> Option<u32> {
    let first = placed.first()?;
    if !first.takes_a_seat() || first.by_phone_instead {
        return Some(0);
    }
    let days = first
        .earliest
        .filter(|_| !first.wait)
        .map(|at| (local_date(at) - local_date(now)).num_days());
    Some(days.map_or(u32::MAX, |days| u32::try_from(days).unwrap_or(0)))
}

/// What is known while walking along the path.
struct Walk<'a> {
    candidates: Vec<&'a Candidate>,
    constraints: &'a Constraints,
    /// Seats that no step has taken yet, soonest first.
    booked: Vec<&'a Booked>,
    /// End of the step before.
    after: DateTime<Utc>,
    /// End of the last class, from which the survey counts.
    last_class_end: Option<DateTime<Utc>>,
    /// The staff of the step before.
    staff: BTreeSet<i64>,
    basic_waits: bool,
}

/// Finds sessions for each step. The result depends on the set of candidates,
/// not on their order.
pub fn place(
    steps: &[ProposalStep],
    candidates: &[Candidate],
    constraints: &Constraints,
) -> Vec<PlacedStep> {
    let mut sorted: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.starts_at > constraints.now)
        .filter(|candidate| !collides(candidate, &constraints.busy))
        .collect();
    sorted.sort_by_key(|candidate| (candidate.starts_at, candidate.session_id));
    let mut booked: Vec<&Booked> = constraints.booked.iter().collect();
    booked.sort_by_key(|seat| (seat.starts_at, seat.booking_id));

    let mut walk = Walk {
        candidates: sorted,
        booked,
        constraints,
        after: constraints.now,
        last_class_end: None,
        staff: constraints.met_staff.clone(),
        basic_waits: false,
    };
    steps.iter().map(|step| walk.place(step)).collect()
}

fn collides(candidate: &Candidate, busy: &[(DateTime<Utc>, DateTime<Utc>)]) -> bool {
    busy.iter().any(|(from, until)| candidate.starts_at < *until && *from < candidate.ends_at)
}

/// The time of the week in which an instant lies, in Japan. Noon begins the afternoon.
fn time_band(at: DateTime<Utc>) -> TimeBand {
    let local = to_jst(at);
    match (local.weekday(), local.hour()) {
        (Weekday::Sat | Weekday::Sun, _) => TimeBand::Weekend,
        (_, 0..12) => TimeBand::WeekdayAm,
        _ => TimeBand::WeekdayPm,
    }
}

impl Walk<'_> {
    fn place(&mut self, step: &ProposalStep) -> PlacedStep {
        let mut placed = PlacedStep {
            step: step.clone(),
            sessions: Vec::new(),
            full: Vec::new(),
            booked: None,
            earliest: None,
            wait: false,
            late: false,
            by_phone_instead: false,
        };

        if step.kind == StepKind::Survey {
            placed.earliest = self.survey_due();
        } else if !takes_a_seat(step) {
            placed.earliest = Some(self.after);
        } else if let Some(index) = self.booked.iter().position(|seat| seat.kind == step.kind) {
            let seat = self.booked.remove(index);
            placed.booked = Some(seat.booking_id);
            placed.earliest = Some(seat.starts_at);
            self.walk_past(step, seat.ends_at);
        } else {
            self.seat(step, &mut placed);
        }

        placed
    }

    fn walk_past(&mut self, step: &ProposalStep, end: DateTime<Utc>) {
        self.after = self.after.max(end);
        if step.kind.is_class() {
            self.last_class_end = Some(end);
        }
    }

    /// Three months after the last class; without a class, after the last step.
    fn survey_due(&self) -> Option<DateTime<Utc>> {
        let from = self.last_class_end.unwrap_or(self.after);
        // The same hour of the day three months later is the same in Japan as in UTC.
        from.checked_add_months(Months::new(self.constraints.survey_after_months))
    }

    fn seat(&mut self, step: &ProposalStep, placed: &mut PlacedStep) {
        let must_wait = self.basic_waits && step.kind == StepKind::ClassApplied;
        // A gap that leads beyond the calendar is no limit.
        let latest = self
            .after
            .checked_add_days(Days::new(u64::from(step.max_gap_days)))
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        let step_free = self.constraints.needs_step_free || step.needs.contains(&Need::StepFree);

        let mut suited: Vec<&Candidate> = self
            .candidates
            .iter()
            .copied()
            .filter(|candidate| candidate.kind == step.kind)
            .filter(|candidate| candidate.starts_at >= self.after)
            .filter(|candidate| candidate.step_free || !step_free)
            .collect();
        // The sort is stable, so within a rank the soonest stays first.
        suited.sort_by_key(|candidate| {
            let rank = self.rank(candidate);
            let staff = self.wrong_staff(step, candidate);
            (candidate.starts_at > latest, rank, staff)
        });

        let per_step = self.constraints.per_step;
        let full = suited.iter().filter(|candidate| candidate.free <= 0);
        placed.full = full.map(|candidate| candidate.session_id).take(per_step).collect();
        let open = || suited.iter().filter(|candidate| candidate.free > 0);

        if let Some(first) = open().next().filter(|_| !must_wait) {
            placed.sessions = open().map(|candidate| candidate.session_id).take(per_step).collect();
            placed.earliest = Some(first.starts_at);
            placed.late = first.starts_at > latest;
            self.staff.extend(first.staff_ids.iter().copied());
            self.walk_past(step, first.ends_at);
        } else if suited.is_empty() && step_free && step.needs.contains(&Need::OrByPhone) {
            placed.by_phone_instead = true;
            placed.earliest = Some(self.after);
        } else {
            placed.wait = true;
            self.basic_waits |= step.kind == StepKind::ClassBasic;
        }
    }

    /// 0 suits place and time, 1 the place, 2 neither was asked for there.
    fn rank(&self, candidate: &Candidate) -> u8 {
        let areas = &self.constraints.areas;
        let times = &self.constraints.times;
        let near = areas.is_empty()
            || areas.contains(&candidate.venue_code)
            || candidate.area_codes.iter().any(|code| areas.contains(code));
        let timely = times.is_empty() || times.contains(&time_band(candidate.starts_at));
        match (near, timely) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        }
    }

    fn wrong_staff(&self, step: &ProposalStep, candidate: &Candidate) -> bool {
        let met = candidate.staff_ids.iter().any(|id| self.staff.contains(id));
        let wants_same = step.needs.contains(&Need::SameStaff);
        let wants_other = step.needs.contains(&Need::OtherTeacher);
        (wants_same && !met && !self.staff.is_empty()) || (wants_other && met)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ruleset::SHIPPED_RULES;
    use super::*;
    use proptest::prelude::*;

    fn set() -> Ruleset {
        Ruleset::parse(SHIPPED_RULES).expect("shipped rules")
    }

    fn said(json: &str) -> Hearing {
        serde_json::from_str(json).expect("a hearing")
    }

    /// Monday 1 July 2024, nine in the morning in Japan.
    fn monday() -> DateTime<Utc> {
        "2024-07-01T00:00:00Z".parse().expect("an instant")
    }

    fn constraints() -> Constraints {
        Constraints {
            now: monday(),
            areas: BTreeSet::new(),
            times: BTreeSet::new(),
            busy: Vec::new(),
            booked: Vec::new(),
            needs_step_free: false,
            met_staff: BTreeSet::new(),
            per_step: 5,
            survey_after_months: 3,
        }
    }

    /// A two-hour session so many days and hours after Monday at nine.
    fn session(session_id: i64, kind: StepKind, day: i64, hour: i64) -> Candidate {
        let starts_at = monday() + chrono::Duration::hours(24 * day + hour);
        Candidate {
            session_id,
            kind,
            starts_at,
            ends_at: starts_at + chrono::Duration::hours(2),
            venue_code: "hall".to_owned(),
            area_codes: vec!["north".to_owned()],
            step_free: true,
            free: 3,
            staff_ids: vec![1],
        }
    }

    const OWNER: &str = r#"{"device":"have_unused"}"#;

    fn placed(
        hearing: &str,
        candidates: &[Candidate],
        constraints: &Constraints,
    ) -> Vec<PlacedStep> {
        let proposal = propose(&set(), &said(hearing), &History::default());
        place(&proposal.steps, candidates, constraints)
    }

    fn basic(id: i64, day: i64, hour: i64) -> Candidate {
        session(id, StepKind::ClassBasic, day, hour)
    }

    #[test]
    fn each_step_comes_after_the_one_before() {
        let game = |id, day| session(id, StepKind::EventGame, day, 1);
        let candidates = [basic(1, 9, 5), basic(2, 4, 5), game(3, 3), game(4, 8), game(5, 20)];
        let steps = placed(OWNER, &candidates, &constraints());
        assert_eq!(steps[0].sessions, [2, 1]);
        assert_eq!(steps[1].earliest, Some(candidates[1].ends_at), "practice begins at once");
        assert_eq!(steps[2].sessions, [4, 5], "the game on day 3 is before the class");
        let due = steps[3].earliest.expect("a day");
        assert_eq!(due.to_rfc3339(), "2024-10-05T07:00:00+00:00");
    }

    #[test]
    fn a_seat_that_the_person_has_stands_for_its_step() {
        let game = |id, day| session(id, StepKind::EventGame, day, 1);
        let seat = Booked {
            booking_id: 70,
            kind: StepKind::ClassBasic,
            starts_at: monday() + chrono::Duration::days(9),
            ends_at: monday() + chrono::Duration::days(9) + chrono::Duration::hours(2),
        };
        let limits = Constraints { booked: vec![seat.clone()], ..constraints() };
        let steps = placed(OWNER, &[basic(1, 4, 5), game(2, 5), game(3, 12)], &limits);
        assert_eq!((steps[0].booked, steps[0].sessions.len()), (Some(70), 0));
        assert_eq!(steps[0].earliest, Some(seat.starts_at));
        assert_eq!(steps[2].sessions, [3], "the game on day 5 is before the class");
        assert!(steps[1..].iter().all(|step| step.booked.is_none()));
    }

    #[test]
    fn what_cannot_be_attended_is_not_offered() {
        let full = Candidate { free: 0, ..basic(2, 2, 0) };
        let other_kind = session(3, StepKind::ClassApplied, 2, 0);
        let stairs = Candidate { step_free: false, ..basic(4, 2, 0) };
        let candidates = [basic(1, 0, 0), full, other_kind, stairs, basic(5, 3, 3), basic(6, 3, 4)];
        let busy_from = monday() + chrono::Duration::hours(24 * 3 + 2);
        let limits = Constraints {
            busy: vec![(busy_from, busy_from + chrono::Duration::hours(2))],
            needs_step_free: true,
            ..constraints()
        };
        let steps = placed(OWNER, &candidates, &limits);
        assert_eq!(steps[0].sessions, [6], "one that begins as the other ends is free");
        assert_eq!(steps[0].full, [2]);
    }

    #[test]
    fn wishes_sort_but_do_not_exclude() {
        let far = |id, day, hour| Candidate {
            venue_code: "annex".to_owned(),
            area_codes: Vec::new(),
            ..basic(id, day, hour)
        };
        // Hour 2 is eleven in the morning, hour 5 is two in the afternoon; day 5 is a Saturday.
        let candidates =
            [far(1, 1, 2), basic(2, 2, 5), basic(3, 3, 2), basic(4, 5, 2), basic(5, 30, 2)];
        let wishes = Constraints {
            areas: BTreeSet::from(["north".to_owned()]),
            times: BTreeSet::from([TimeBand::WeekdayAm]),
            ..constraints()
        };
        assert_eq!(placed(OWNER, &candidates, &wishes)[0].sessions, [3, 2, 4, 1, 5]);
        let few = Constraints { per_step: 2, ..wishes };
        assert_eq!(placed(OWNER, &candidates, &few)[0].sessions, [3, 2]);
        assert_eq!(placed(OWNER, &candidates, &constraints())[0].sessions, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn time_bands_are_those_of_japan() {
        let cases = [
            ("2024-07-01T02:59:00Z", TimeBand::WeekdayAm),
            ("2024-07-01T03:00:00Z", TimeBand::WeekdayPm),
            ("2024-07-05T15:00:00Z", TimeBand::Weekend),
            ("2024-07-07T15:00:00Z", TimeBand::WeekdayAm),
        ];
        for (at, expected) in cases {
            assert_eq!(time_band(at.parse().expect("an instant")), expected, "{at}");
        }
    }

    #[test]
    fn a_step_without_a_place_waits_and_the_applied_class_waits_with_it() {
        let learner = r#"{"device":"some_use","reasons":["looks_hard"]}"#;
        let talk = session(1, StepKind::Consultation, 1, 1);
        let applied = session(2, StepKind::ClassApplied, 5, 1);
        let full = Candidate { free: 0, ..basic(3, 3, 1) };
        let steps = placed(learner, &[talk, applied, full], &constraints());
        let of = |kind| steps.iter().find(|placed| placed.step.kind == kind).expect("a step");
        assert!(!of(StepKind::Consultation).wait);
        assert!(of(StepKind::ClassBasic).wait && of(StepKind::ClassApplied).wait);
        assert_eq!(of(StepKind::ClassBasic).full, [3]);
        assert!(of(StepKind::ClassApplied).sessions.is_empty());
    }

    #[test]
    fn without_a_step_free_venue_the_talk_is_held_by_phone() {
        let stairs = Candidate { step_free: false, ..basic(1, 3, 1) };
        let hearing = r#"{"device":"have_unused","mobility":"hard"}"#;
        let first = &placed(hearing, &[stairs], &constraints())[0];
        assert!(first.by_phone_instead && !first.wait && first.sessions.is_empty());
    }

    #[test]
    fn the_same_helper_is_preferred_when_the_rules_ask_for_it() {
        let hearing = r#"{"device":"have_unused","reasons":["nobody_to_ask"]}"#;
        let other = Candidate { staff_ids: vec![2], ..session(2, StepKind::Consultation, 4, 1) };
        let same = session(3, StepKind::Consultation, 6, 1);
        let steps = placed(hearing, &[basic(1, 3, 1), other, same], &constraints());
        assert_eq!(steps[1].step.kind, StepKind::Consultation);
        assert_eq!(steps[1].sessions, [3, 2]);
    }

    #[test]
    fn when_the_first_place_is_far_another_way_is_offered() {
        let cases = [(14, vec!["D2"]), (15, vec!["W1"]), (46, vec!["T5", "W1"])];
        for (day, rules) in cases {
            let plan = plan(
                &set(),
                &said(OWNER),
                &History::default(),
                &[basic(1, day, 1)],
                &constraints(),
            );
            assert_eq!(plan.proposal.steps[0].rule_ids, rules, "day {day}");
            assert_eq!(
                first_place_in_days(&plan.placed, monday()),
                Some(if day > 14 { 0 } else { 14 })
            );
        }
        let none = plan(&set(), &said(OWNER), &History::default(), &[], &constraints());
        assert_eq!(none.proposal.steps[0].rule_ids, ["T5", "W1"]);
        assert!(none.placed[1].wait);
    }

    #[test]
    fn a_session_beyond_the_gap_is_offered_but_marked() {
        let first = &placed(OWNER, &[basic(1, 20, 1)], &constraints())[0];
        assert_eq!(first.sessions, [1]);
        assert!(first.late);
    }

    fn calendars() -> impl Strategy<Value = Vec<Candidate>> {
        let kinds = proptest::sample::select(super::super::hearing::Answer::ALL);
        let one = (kinds, 0_i64..70, 0_i64..8, -1_i32..3, any::<bool>(), 1_i64..4);
        proptest::collection::vec(one, 0..40).prop_map(|rows| {
            let numbered = (1..).zip(rows);
            numbered
                .map(|(id, (kind, day, hour, free, step_free, staff))| Candidate {
                    free,
                    step_free,
                    staff_ids: vec![staff],
                    ..session(id, kind, day, hour)
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn a_shuffled_calendar_gives_the_same_bytes(
            (calendar, shuffled) in calendars()
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
            hearing in proptest::sample::select(vec![
                OWNER,
                "{}",
                r#"{"device":"some_use","reasons":["looks_hard","nobody_to_ask"],"mobility":"hard"}"#,
            ]),
        ) {
            let write = |candidates: &[Candidate]| {
                let plan =
                    plan(&set(), &said(hearing), &History::default(), candidates, &constraints());
                serde_json::to_string(&plan).expect("text")
            };
            prop_assert_eq!(write(&calendar), write(&shuffled));
        }

        #[test]
        fn the_first_choices_never_overlap_and_all_have_seats(calendar in calendars()) {
            let hearing = said(r#"{"device":"some_use","reasons":["looks_hard"]}"#);
            let plan = plan(&set(), &hearing, &History::default(), &calendar, &constraints());
            let find = |id: &i64| calendar.iter().find(|known| known.session_id == *id);
            let mut after = monday();
            for placed in &plan.placed {
                prop_assert!(placed.sessions.len() <= 5);
                for found in placed.sessions.iter().filter_map(find) {
                    prop_assert!(found.free > 0 && found.kind == placed.step.kind);
                    prop_assert!(found.starts_at >= after);
                }
                if let Some(first) = placed.sessions.first().and_then(find) {
                    after = first.ends_at;
                }
            }
        }
    }
}
