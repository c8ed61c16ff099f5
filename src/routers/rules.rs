//! Pure decisions: what a router needs in its state, when a test is due, how a venue is connected.

use chrono::{Months, NaiveDate};
use entity::routers::router::{PlaceKind, Purpose, RouterKind, RouterState};
use entity::routers::router_test::TestResult;
use entity::routers::tv_push_trial::TrialOutcome;
use entity::{VenueId, WardId};
use poem_openapi::Object;

use crate::platform::error::refusals;
use crate::platform::japan::era::EraYear;
use crate::platform::text::characters::narrow;
use crate::platform::{FieldError, Lang, words};

/// Most characters of a label or a place.
pub const LONGEST_NAME: usize = 60;
/// Most characters of a note.
pub const LONGEST_NOTE: usize = 1000;
/// Months after which a router is to be tested again. Our own figure: no paper gives one.
pub const TEST_MONTHS: u32 = 6;
/// Most households of a trial.
pub const MOST_HOUSEHOLDS: i32 = 1_000_000;

refusals! {
    /// Why a router or a trial is not kept so.
    Refusal {
        /// Another router has this label.
        CodeTaken => "router_code_taken",
        /// Another router has this SIM.
        SimTaken => "router_sim_taken",
        /// It was given up.
        Retired => "router_retired",
    }
}

/// All that is said of a router.
#[derive(Clone, Debug, Object)]
#[oai(rename = "RouterBody", skip_serializing_if_is_none)]
pub struct RouterEntry {
    /// Number on its label; unique in the municipality.
    pub code: String,
    pub kind: RouterKind,
    pub state: RouterState,
    pub purpose: Purpose,
    /// Without it the venue's ward, or the only ward that you work for.
    pub ward_id: Option<WardId>,
    pub place_kind: Option<PlaceKind>,
    /// Without it the name of the venue.
    #[oai(default)]
    pub place_name: String,
    pub venue_id: Option<VenueId>,
    /// 19 or 20 digits in any notation; only for `bwa`.
    pub sim: Option<String>,
    #[oai(default)]
    pub note: String,
}

/// A test of a router.
#[derive(Clone, Debug, Object)]
#[oai(rename = "RouterTestBody")]
pub struct NewTest {
    pub tested_on: NaiveDate,
    pub result: TestResult,
    #[oai(default)]
    pub note: String,
}

/// A trial of TV push.
#[derive(Clone, Debug, Object)]
#[oai(rename = "TrialBody", skip_serializing_if_is_none)]
pub struct TrialEntry {
    pub ward_id: Option<WardId>,
    pub place_name: String,
    pub starts_on: NaiveDate,
    /// Absent while it goes on.
    pub ends_on: Option<NaiveDate>,
    /// Absent: not counted.
    pub household_count: Option<i32>,
    pub outcome: TrialOutcome,
    #[oai(default)]
    pub findings: String,
}

/// The digits of a SIM card's number (ICCID, ITU-T E.118): 19 or 20, the last a check digit by
/// Luhn. Spaces, hyphens and wide digits are read too.
///
/// # Errors
/// The key of the sentence to show.
pub fn parse_sim(text: &str) -> Result<String, &'static str> {
    let plain = narrow(text);
    let digits: String =
        plain.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | 'ー' | '−')).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 19 | 20) {
        return Err("err.router.sim.len");
    }
    if luhn(&digits) { Ok(digits) } else { Err("err.router.sim.check") }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            let doubled = if place % 2 == 1 { digit * 2 } else { digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A SIM in groups of four, as it is read aloud; a spreadsheet leaves it a text.
pub fn sim_words(digits: &str) -> String {
    let mut words = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            words.push(' ');
        }
        words.push(digit);
    }
    words
}

/// What a router is said to be, as far as its fields depend on each other.
#[derive(Clone, Copy, Debug)]
pub struct RouterFacts {
    pub kind: RouterKind,
    pub state: RouterState,
    pub has_sim: bool,
    pub place_kind: Option<PlaceKind>,
    pub has_place: bool,
    pub has_venue: bool,
}

/// What is missing or too much.
pub fn check(said: RouterFacts) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let in_use = said.state == RouterState::InUse;
    match (said.kind, said.has_sim) {
        (RouterKind::Wifi, true) => errors.push(FieldError::new("sim", "err.router.sim.wifi")),
        (RouterKind::Bwa, false) if in_use => {
            errors.push(FieldError::new("sim", "err.router.sim.needed"));
        }
        _ => {}
    }

    if said.place_kind == Some(PlaceKind::Venue) && !said.has_venue {
        errors.push(FieldError::new("venue", "err.router.venue"));
    } else if in_use && !said.has_place {
        errors.push(FieldError::new("place_name", "err.router.place"));
    }
    if in_use && said.place_kind.is_none() {
        errors.push(FieldError::new("place_kind", "err.router.place_kind"));
    }
    errors
}

/// Whether the day of a test can be right: not in the future.
///
/// # Errors
/// The field with its sentence.
pub fn check_test_day(on: NaiveDate, today: NaiveDate) -> Result<(), FieldError> {
    if on > today { Err(FieldError::new("tested_on", "err.router.test.future")) } else { Ok(()) }
}

/// The last day on which a test counts as old, looking from `today`.
pub fn old_since(today: NaiveDate) -> NaiveDate {
    today.checked_sub_months(Months::new(TEST_MONTHS)).unwrap_or(today)
}

/// How a router's last test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    Never,
    /// Six months ago or longer.
    Due,
    Fresh,
}

/// How a last test stands today.
pub fn freshness(last: Option<NaiveDate>, today: NaiveDate) -> Freshness {
    match last {
        None => Freshness::Never,
        Some(on) if on <= old_since(today) => Freshness::Due,
        Some(_) => Freshness::Fresh,
    }
}

/// The time of what a paper says, as exact as the paper is: 「令和4年（2022年）5月」, "May 2022".
pub fn paper_time(lang: Lang, year: Option<i32>, month: Option<i32>) -> String {
    let Some(year) = year else {
        return words::text(lang, "router.milestone.undated").to_owned();
    };
    match (lang, month) {
        (Lang::Ja, None) => year_ja(year),
        (Lang::Ja, Some(month)) => format!("{}{month}月", year_ja(year)),
        (Lang::En, month) => {
            let first = NaiveDate::from_ymd_opt(year, month.unwrap_or(1).unsigned_abs(), 1);
            let format = if month.is_some() { "%B %Y" } else { "%Y" };
            first.map(|day| day.format(format).to_string()).unwrap_or_default()
        }
    }
}

/// 「令和4年（2022年）」, by the era in which the year ends.
fn year_ja(year: i32) -> String {
    let last = NaiveDate::from_ymd_opt(year, 12, 31);
    match last.and_then(EraYear::of) {
        Some(era) => format!("{}（{year}年）", era.label_ja()),
        None => format!("{year}年"),
    }
}

/// What is wrong with the time and the outcome of a trial.
pub fn check_trial(
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
    outcome: TrialOutcome,
    today: NaiveDate,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if ends_on.is_some_and(|end| end < starts_on) {
        errors.push(FieldError::new("ends_on", "err.trial.order"));
    }
    if outcome != TrialOutcome::Open && ends_on.is_none_or(|end| end > today) {
        errors.push(FieldError::new("outcome", "err.trial.judged_early"));
    }
    errors
}

/// One line of a venue to the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterLine {
    pub kind: RouterKind,
    /// Day and result of the last test.
    pub last: Option<(NaiveDate, TestResult)>,
}

impl RouterLine {
    /// It was tried and connects.
    pub fn works(&self) -> bool {
        self.last.is_some_and(|(_, result)| result != TestResult::None)
    }
}

/// How a venue is connected: the best line of each kind that is in use there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connectivity {
    pub wifi: Option<RouterLine>,
    pub bwa: Option<RouterLine>,
}

impl Connectivity {
    /// The lines, Wi-Fi first.
    pub fn lines(&self) -> impl Iterator<Item = RouterLine> {
        [self.wifi, self.bwa].into_iter().flatten()
    }

    /// Nothing is registered here.
    pub fn is_empty(&self) -> bool {
        self.lines().next().is_none()
    }

    /// Some line was tried and connects: what may be promised to the public.
    pub fn works(&self) -> bool {
        self.lines().any(|line| line.works())
    }

    /// Takes one more line into account. Of two of a kind the one that works counts, then the
    /// one that was tried last.
    pub fn add(&mut self, line: RouterLine) {
        let best = match line.kind {
            RouterKind::Wifi => &mut self.wifi,
            RouterKind::Bwa => &mut self.bwa,
        };
        let rank = |line: &RouterLine| (line.works(), line.last.map(|(on, _)| on));
        if best.as_ref().is_none_or(|known| rank(known) < rank(&line)) {
            *best = Some(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_sim_is_read_in_any_notation_and_a_slip_is_found() {
        let right = Ok("8981100000000000010".to_owned());
        for (typed, want) in [
            ("8981100000000000010", right.clone()),
            ("8981 1000 0000 0000 010", right.clone()),
            ("８９８１－１０００－００００－００００－０１０", right),
            ("8981100000000000011", Err("err.router.sim.check")),
            ("8981100000000000100", Err("err.router.sim.check")),
            ("898110000000000001", Err("err.router.sim.len")),
            ("898110000000000001x", Err("err.router.sim.len")),
            ("", Err("err.router.sim.len")),
        ] {
            assert_eq!(parse_sim(typed), want, "{typed}");
        }
        assert_eq!(sim_words("8981100000000000010"), "8981 1000 0000 0000 010");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_of_a_sim_is_always_found(
            digits in "[0-9]{18}", at in 0_usize..19, by in 1_u8..10,
        ) {
            let check = (0..10).map(|d| format!("{digits}{d}")).find(|sim| luhn(sim));
            let right = check.expect("ten check digits, one of them right");
            let mut wrong = right.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            let wrong = String::from_utf8(wrong).expect("digits");
            prop_assert_eq!(parse_sim(&right), Ok(right.clone()));
            prop_assert_eq!(parse_sim(&wrong), Err("err.router.sim.check"));
        }
    }

    #[test]
    fn a_router_needs_what_its_state_asks_for() {
        use PlaceKind::{DisasterBase, Venue};
        use RouterState::{InUse, Repair, Stock};
        let (bwa, wifi) = (RouterKind::Bwa, RouterKind::Wifi);

        for (kind, state, has_sim, place_kind, has_place, has_venue, want) in [
            (bwa, Stock, false, None, false, false, &[][..]),
            (bwa, Repair, true, None, false, false, &[]),
            (bwa, InUse, true, Some(DisasterBase), true, false, &[]),
            (bwa, InUse, false, Some(DisasterBase), true, false, &["sim"]),
            (bwa, InUse, true, None, true, false, &["place_kind"]),
            (bwa, InUse, true, Some(DisasterBase), false, false, &["place_name"]),
            (wifi, InUse, false, Some(Venue), true, true, &[]),
            (wifi, InUse, false, Some(Venue), true, false, &["venue"]),
            (wifi, Stock, true, None, false, false, &["sim"]),
        ] {
            let said = RouterFacts { kind, state, has_sim, place_kind, has_place, has_venue };
            let fields: Vec<_> = check(said).into_iter().map(|error| error.field).collect();
            assert_eq!(fields, want, "{said:?}");
        }
    }

    #[test]
    fn a_test_is_due_after_six_months() {
        let today = day("2024-08-31");
        for (last, want) in [
            (None, Freshness::Never),
            (Some("2024-08-31"), Freshness::Fresh),
            // Half a year before 31 August is the last day of February.
            (Some("2024-03-01"), Freshness::Fresh),
            (Some("2024-02-29"), Freshness::Due),
            (Some("2020-01-01"), Freshness::Due),
        ] {
            assert_eq!(freshness(last.map(day), today), want, "{last:?}");
        }
        assert!(check_test_day(today, today).is_ok());
        assert!(check_test_day(day("2024-09-01"), today).is_err());
    }

    #[test]
    fn the_time_of_a_paper_is_as_exact_as_the_paper() {
        for (year, month, ja, en) in [
            (Some(2022), None, "令和4年（2022年）", "2022"),
            (Some(2022), Some(5), "令和4年（2022年）5月", "May 2022"),
            // The era in which the year ended.
            (Some(2019), Some(1), "令和元年（2019年）1月", "January 2019"),
        ] {
            assert_eq!(paper_time(Lang::Ja, year, month), ja);
            assert_eq!(paper_time(Lang::En, year, month), en);
        }
    }

    #[test]
    fn a_trial_is_judged_when_it_has_ended() {
        let (start, today) = (day("2022-12-01"), day("2023-02-01"));
        for (end, outcome, want) in [
            (None, TrialOutcome::Open, None),
            (Some("2023-01-31"), TrialOutcome::Useful, None),
            (Some("2022-11-30"), TrialOutcome::Open, Some("ends_on")),
            (None, TrialOutcome::Partly, Some("outcome")),
            (Some("2023-03-31"), TrialOutcome::Useful, Some("outcome")),
        ] {
            let errors = check_trial(start, end.map(day), outcome, today);
            let field = errors.first().map(|error| error.field.as_str());
            assert_eq!(field, want, "{end:?} {outcome}");
        }
    }

    #[test]
    fn of_two_lines_the_one_that_works_counts() {
        use TestResult::{Good, None as Dead, Weak};
        let line = |kind, on: &str, result| RouterLine { kind, last: Some((day(on), result)) };
        let mut venue = Connectivity::default();
        assert!(venue.is_empty() && !venue.works());
        venue.add(line(RouterKind::Bwa, "2024-06-20", Dead));
        assert!(!venue.is_empty() && !venue.works());
        venue.add(line(RouterKind::Bwa, "2024-05-01", Weak));
        venue.add(RouterLine { kind: RouterKind::Bwa, last: None });
        assert_eq!(venue.bwa, Some(line(RouterKind::Bwa, "2024-05-01", Weak)));
        venue.add(line(RouterKind::Bwa, "2024-05-02", Good));
        assert_eq!(venue.bwa, Some(line(RouterKind::Bwa, "2024-05-02", Good)));
        assert!(venue.wifi.is_none() && venue.works());
    }
}
