//! The files as rows.

use std::collections::BTreeSet;
use std::fmt::Display;

use anyhow::Context as _;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shirube::platform::japan::{MunicipalityCode, PhoneNumber};
use shirube::platform::text::{Kana, PersonName};

/// The rows of a file.
pub fn rows<T: DeserializeOwned>(text: &str) -> anyhow::Result<Vec<T>> {
    let mut found = Vec::new();
    for (number, row) in csv::Reader::from_reader(text.as_bytes()).deserialize().enumerate() {
        found.push(row.with_context(|| format!("data row {}", number + 1))?);
    }
    Ok(found)
}

/// A time of day as the files write it, `14:00`.
pub fn time(text: &str) -> anyhow::Result<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").with_context(|| format!("{text} is not a time"))
}

/// The items of a cell that holds a list.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').filter(|item| !item.is_empty())
}

#[derive(Clone, Debug, Deserialize)]
pub struct Town {
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub department_ja: String,
    pub department_en: String,
    pub postal: String,
    pub address_ja: String,
    pub phone: String,
    pub fax: Option<String>,
    pub mail_from: String,
    pub call_centre: Option<CallCentre>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct CallCentre {
    pub opens_on: toml::value::Datetime,
    pub weekdays: Vec<chrono::Weekday>,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Area {
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Venue {
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub kana: String,
    pub postal: Option<String>,
    pub address: Option<String>,
    pub access_ja: Option<String>,
    pub access_en: Option<String>,
    pub step_free: Option<bool>,
    pub area_code: Option<String>,
    pub capacity: i32,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Programme {
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub effects: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Plan {
    pub fiscal_year: i32,
    pub programme: String,
    pub kind: String,
    pub planned_count: Option<i32>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    pub code: String,
    pub kind: String,
    pub on_date: NaiveDate,
    pub starts: String,
    pub ends: String,
    pub venue: String,
    pub capacity: i32,
    pub slot_minutes: Option<i32>,
    pub staff: String,
    pub title_ja: String,
    pub title_en: String,
    pub bring_ja: String,
    pub bring_en: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Ward {
    pub code: String,
    pub municipality_code: String,
    pub name_ja: String,
    pub name_en: String,
    pub kana: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PastProject {
    pub ward: String,
    pub kind: String,
    pub title: String,
    pub fiscal_year: i32,
    pub round: String,
    pub state: String,
    pub source: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PastSessions {
    pub code: String,
    pub fiscal_year: i32,
    pub kind: String,
    pub session_count: i32,
    pub wards: String,
    pub people_total: Option<i32>,
    pub people_unit: String,
    pub approx: bool,
    pub title_ja: String,
    pub title_en: String,
    pub words: String,
    pub source: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Milestone {
    pub code: String,
    pub rank: i32,
    pub year: Option<i32>,
    pub month: Option<i32>,
    pub ward_count: Option<i32>,
    pub words_ja: String,
    pub words_en: String,
    pub source: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Router {
    pub municipality: String,
    pub code: String,
    pub kind: String,
    pub state: String,
    pub purpose: String,
    pub ward: Option<String>,
    pub place_kind: Option<String>,
    pub place_name: String,
    pub venue: Option<String>,
    pub sim: String,
    pub note: String,
    /// Days ago and result of each test.
    pub tests: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Trial {
    pub municipality: String,
    pub ward: Option<String>,
    pub place_name: String,
    /// Days ago.
    pub started: u64,
    pub ended: Option<u64>,
    pub households: Option<i32>,
    pub outcome: String,
    pub findings: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Staff {
    pub login: String,
    pub name: String,
    pub kana: String,
    pub roles: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    pub code: String,
    pub name: Option<String>,
    pub kana: String,
    pub birth_year: Option<i32>,
    pub age_band: Option<String>,
    pub phones: String,
    pub postal: Option<String>,
    pub address: Option<String>,
    pub area: Option<String>,
    pub channels: String,
    pub email: Option<String>,
    pub device: Option<String>,
    pub carrier: Option<String>,
    pub os: Option<String>,
    pub barriers: String,
    pub hearing: Option<String>,
    pub vision: Option<String>,
    pub mobility: Option<String>,
    pub helper: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    pub person: String,
    pub day_offset: i64,
    pub at: String,
    pub what: String,
    pub channel: String,
    pub session: Option<String>,
    pub slot_at: Option<String>,
    pub slot_staff: Option<String>,
    pub state: Option<String>,
    pub topic: Option<String>,
    pub words: Option<String>,
    pub outcome: Option<String>,
    pub staff: Option<String>,
}

#[derive(Deserialize)]
struct Shift {
    pivot_monday: toml::value::Datetime,
}

#[derive(Deserialize)]
struct Coded {
    code: String,
}

const CHIYODA: &str = include_str!("../../seeds/chiyoda/municipality.toml");
const AREAS: &str = include_str!("../../seeds/chiyoda/areas.csv");
const VENUES: &str = include_str!("../../seeds/chiyoda/venues.csv");
const PROGRAMMES: &str = include_str!("../../seeds/chiyoda/programmes.csv");
const PLANS: &str = include_str!("../../seeds/chiyoda/plans.csv");
const SESSIONS: &str = include_str!("../../seeds/chiyoda/sessions_r6.csv");
const MEGURO: &str = include_str!("../../seeds/meguro/municipality.toml");
const MINATO: &str = include_str!("../../seeds/minato/municipality.toml");
const YOKOHAMA: &str = include_str!("../../seeds/yokohama/municipality.toml");
const WARDS: &str = include_str!("../../seeds/yokohama/wards.csv");
const PAST_SESSIONS: &str = include_str!("../../seeds/yokohama/sessions_r4.csv");
const BWA: &str = include_str!("../../seeds/yokohama/bwa.csv");
const ROUTERS: &str = include_str!("../../seeds/demo/routers.csv");
const TRIALS: &str = include_str!("../../seeds/demo/trials.csv");
const CODES: &str = include_str!("../../seeds/japan/municipalities.csv");
const PAST_PROJECTS: &str = include_str!("../../seeds/yokohama/projects.csv");
const DEMO_PROJECTS: &str = include_str!("../../seeds/demo/projects.toml");
const STAFF: &str = include_str!("../../seeds/demo/staff.csv");
const PEOPLE: &str = include_str!("../../seeds/demo/people.csv");
const HISTORY: &str = include_str!("../../seeds/demo/history.csv");
const DEMO_SESSIONS: &str = include_str!("../../seeds/demo/sessions.csv");
const SHIFT: &str = include_str!("../../seeds/demo/demo.toml");

/// Declares a reader for each file.
macro_rules! files {
    ($($(#[$note:meta])* $name:ident: $row:ty = $text:ident in $path:literal),+ $(,)?) => {$(
        $(#[$note])*
        pub fn $name() -> anyhow::Result<Vec<$row>> {
            rows($text).context(concat!("seeds/", $path))
        }
    )+};
}

files! {
    areas: Area = AREAS in "chiyoda/areas.csv",
    venues: Venue = VENUES in "chiyoda/venues.csv",
    programmes: Programme = PROGRAMMES in "chiyoda/programmes.csv",
    plans: Plan = PLANS in "chiyoda/plans.csv",
    sessions: Session = SESSIONS in "chiyoda/sessions_r6.csv",
    /// Three invented classes long enough ago that people are asked about them.
    demo_sessions: Session = DEMO_SESSIONS in "demo/sessions.csv",
    wards: Ward = WARDS in "yokohama/wards.csv",
    past_sessions: PastSessions = PAST_SESSIONS in "yokohama/sessions_r4.csv",
    past_projects: PastProject = PAST_PROJECTS in "yokohama/projects.csv",
    milestones: Milestone = BWA in "yokohama/bwa.csv",
    routers: Router = ROUTERS in "demo/routers.csv",
    trials: Trial = TRIALS in "demo/trials.csv",
    staff: Staff = STAFF in "demo/staff.csv",
    people: Person = PEOPLE in "demo/people.csv",
    events: Event = HISTORY in "demo/history.csv",
}

/// Chiyoda as it presents itself.
pub fn chiyoda() -> anyhow::Result<Town> {
    toml::from_str(CHIYODA).context("seeds/chiyoda/municipality.toml")
}

/// Yokohama as it presents itself.
pub fn yokohama() -> anyhow::Result<Town> {
    toml::from_str(YOKOHAMA).context("seeds/yokohama/municipality.toml")
}

/// Meguro as it presents itself.
pub fn meguro() -> anyhow::Result<Town> {
    toml::from_str(MEGURO).context("seeds/meguro/municipality.toml")
}

/// Minato as it presents itself.
pub fn minato() -> anyhow::Result<Town> {
    toml::from_str(MINATO).context("seeds/minato/municipality.toml")
}

/// The invented projects of the demo.
pub fn demo_projects() -> anyhow::Result<super::projects::Plan> {
    toml::from_str(DEMO_PROJECTS).context("seeds/demo/projects.toml")
}

/// A date of a TOML file.
pub fn date(date: &toml::value::Datetime) -> anyhow::Result<NaiveDate> {
    date.to_string().parse().with_context(|| format!("{date} is not a date"))
}

/// The Monday of the plan that the demo moves to this week.
pub fn pivot_monday() -> anyhow::Result<NaiveDate> {
    let shift: Shift = toml::from_str(SHIFT).context("seeds/demo/demo.toml")?;
    date(&shift.pivot_monday)
}

/// What is wrong with the files.
pub fn problems() -> Vec<String> {
    let mut found = Vec::new();
    if let Err(error) = collect(&mut found) {
        found.push(format!("seeds: {error:#}"));
    }
    found
}

fn collect(found: &mut Vec<String>) -> anyhow::Result<()> {
    let mut wrong = |place: &str, what: &dyn Display| found.push(format!("seeds/{place}: {what}"));
    let (chiyoda, yokohama) = (chiyoda()?, yokohama()?);

    let codes: Vec<Coded> = rows(CODES).context("seeds/japan/municipalities.csv")?;
    let wards = wards()?;
    let all =
        codes.iter().map(|row| &row.code).chain(wards.iter().map(|row| &row.municipality_code));
    for code in all.chain([&chiyoda.code, &yokohama.code, &meguro()?.code, &minato()?.code]) {
        if MunicipalityCode::parse(code).is_err() {
            wrong("japan/municipalities.csv", &format_args!("{code}: wrong check digit"));
        }
    }

    for (town, problem) in super::goals::problems() {
        wrong(town, &problem);
    }

    let venues: BTreeSet<String> = venues()?.into_iter().map(|row| row.code).collect();
    let staff: BTreeSet<String> = staff()?.into_iter().map(|row| row.login).collect();
    let mut sessions = BTreeSet::new();
    for row in self::sessions()?.into_iter().chain(demo_sessions()?) {
        if !venues.contains(&row.venue) {
            wrong("chiyoda/sessions_r6.csv", &format_args!("{}: no venue {}", row.code, row.venue));
        }
        for login in row.staff.split(',').filter(|login| !staff.contains(*login)) {
            wrong("chiyoda/sessions_r6.csv", &format_args!("{}: nobody is {login}", row.code));
        }
        time(&row.starts)?;
        time(&row.ends)?;
        sessions.insert(row.code);
    }

    let mut people = BTreeSet::new();
    for row in self::people()? {
        if Kana::parse(&row.kana).is_err() {
            wrong("demo/people.csv", &format_args!("{}: kana", row.code));
        }
        if row.name.as_deref().is_some_and(|name| PersonName::parse(name).is_err()) {
            wrong("demo/people.csv", &format_args!("{}: name", row.code));
        }
        for _ in list(&row.phones).filter(|phone| PhoneNumber::parse(phone).is_err()) {
            wrong("demo/people.csv", &format_args!("{}: phone", row.code));
        }
        people.insert(row.code);
    }

    for (number, row) in events()?.iter().enumerate() {
        let known = people.contains(&row.person)
            && row.session.as_ref().is_none_or(|code| sessions.contains(code))
            && row.staff.as_ref().is_none_or(|login| staff.contains(login));
        if !known {
            wrong("demo/history.csv", &format_args!("data row {}: unknown code", number + 1));
        }
        time(&row.at)?;
    }

    pivot_monday()?;
    Ok(())
}
