//! The demo: the R6 plan moved to today, with invented staff, people and what happened so far.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use entity::sessions::session::{Allocation, SessionKind};
use shirube::platform::clock::TestClock;
use shirube::platform::config::Config;
use shirube::platform::japan::time::{instant, local_date};
use shirube::platform::japan::{FiscalYear, OpeningHours};
use shirube::platform::random::Random;
use shirube::platform::{App, Ctx, Scope, Store};
use shirube::sessions::actions::{self, NewSession};
use shirube::sessions::queries::SessionFilter;
use shirube::{places, programmes, sessions};

use super::staff::{self, DemoLogin, Roll};
use super::{history, people, projects, routers, tables};

/// What of the demo is still to be made.
pub enum Rest {
    /// It is all there.
    Nothing,
    /// It was stopped before it was complete, and cannot go on.
    Interrupted,
    /// What has happened so far in the town of the demo.
    Past(Box<Past>),
}

/// The 200 days before the demo's today, not yet played.
pub struct Past {
    app: App,
    clock: Arc<TestClock>,
    world: history::World,
}

/// Loads staff, sessions, people and their history around `now`. What is there already stays.
pub async fn demo(
    store: &Store,
    now: DateTime<Utc>,
    password: Option<&str>,
) -> anyhow::Result<Vec<DemoLogin>> {
    let (logins, rest) = prepare(store, now, password).await?;
    match rest {
        Rest::Nothing => {}
        Rest::Interrupted => bail!("the demo was stopped while it was made: begin with a new file"),
        Rest::Past(past) => past.play(|_| {}).await?,
    }
    Ok(logins)
}

/// Loads what one has to see to look around: staff, sessions and people. Their history is the rest.
pub async fn prepare(
    store: &Store,
    now: DateTime<Utc>,
    password: Option<&str>,
) -> anyhow::Result<(Vec<DemoLogin>, Rest)> {
    // All of it can be made again.
    let store = &store.clone().without_waiting();
    let code = tables::chiyoda()?.code;
    let home = places::queries::find_municipality_by_code(store.reader(), &code).await?;
    let home = home.context("load chiyoda and yokohama before the demo")?;
    let (roll, logins) = staff::load(store, now, password).await?;

    let scope = Scope::whole(home.id);
    let any = SessionFilter::default();
    let there = sessions::queries::list(store.reader(), &scope, &any, now, 1, None).await?;
    if !there.items.is_empty() {
        // The goals come last.
        let is_whole = super::goals_demo::is_loaded(store).await?;
        return Ok((logins, if is_whole { Rest::Nothing } else { Rest::Interrupted }));
    }

    let monday = monday_of(local_date(now));
    let shift = monday - tables::pivot_monday()?;
    // Before anything of the history happened.
    let start = now - TimeDelta::days(200);
    let ctx = Ctx::system(home.id, start, "seed");
    let hours = places::queries::opening_hours(&home)?;
    plan(store, &ctx, &scope, &Shift { by: shift, hours, from: local_date(now) }, &roll).await?;
    super::places::repeat_plan(store, &ctx, FiscalYear::of(local_date(now)).year()).await?;
    let people = people::load(store, &ctx, &scope).await?;

    let clock = Arc::new(TestClock::new(start));
    let random = Random::from_system();
    let app = App::new(store.clone(), clock.clone(), random, Config::default(), home);
    let world = history::World { scope, people, roll, monday, now };
    Ok((logins, Rest::Past(Box::new(Past { app, clock, world }))))
}

impl Past {
    /// Plays it, and tells how many hundredths of it are done.
    pub async fn play(&self, tell: impl Fn(usize)) -> anyhow::Result<()> {
        let Self { app, clock, world } = self;
        // The calls, classes and letters of the town are two thirds of the work.
        history::replay(app, clock, world, |done| tell(done * 2 / 3)).await?;

        routers::load(app.store(), world.now, &world.roll).await?;
        projects::demo(app, clock, &world.roll, world.now).await?;
        tell(95);
        super::goals_demo::load(app.store(), &world.roll, world.now).await
    }
}

/// The Monday of a day's week.
fn monday_of(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_monday()))
}

/// How the plan is moved to today.
struct Shift {
    by: TimeDelta,
    hours: OpeningHours,
    /// Sessions of later days evade holidays and the end of the year; the history before it is
    /// told by days.
    from: NaiveDate,
}

impl Shift {
    /// Where a day of the plan goes.
    fn day(&self, planned: NaiveDate) -> NaiveDate {
        let day = planned + self.by;
        let falls_out = self.hours.is_open_on(planned, &[]) && !self.hours.is_open_on(day, &[]);
        match self.hours.next_open_day(day, &[]) {
            Some(next) if falls_out && day > self.from => next,
            _ => day,
        }
    }
}

/// Whether two sessions need the same room or the same people at the same time.
fn collide(one: &NewSession, other: &NewSession) -> bool {
    let same_time = one.starts_at < other.ends_at && other.starts_at < one.ends_at;
    let same_room = one.room_id.is_some() && one.room_id == other.room_id;
    same_time && (same_room || one.staff.iter().any(|id| other.staff.contains(id)))
}

/// Puts the 58 sessions of the plan, and three invented classes, into the calendar.
async fn plan(
    store: &Store,
    ctx: &Ctx,
    scope: &Scope,
    shift: &Shift,
    roll: &Roll,
) -> anyhow::Result<()> {
    // Open since yesterday: no seat is kept for the phone any more.
    let ctx = &Ctx { now: ctx.now - TimeDelta::days(1), ..ctx.clone() };
    let programmes = programmes::queries::list_programmes(store.reader(), scope).await?;
    let venues = places::queries::list_venues(store.reader(), scope).await?;
    let rooms = places::queries::list_rooms(store.reader(), scope).await?;

    let mut all: Vec<NewSession> = Vec::new();
    // The plan first, so that its sessions keep their numbers.
    for row in tables::sessions()?.into_iter().chain(tables::demo_sessions()?) {
        let kind =
            SessionKind::from_text(&row.kind).with_context(|| format!("kind {}", row.kind))?;
        let programme = match kind {
            SessionKind::ClassBasic | SessionKind::ClassApplied => "classes",
            SessionKind::Consultation => "consultations",
            SessionKind::EventGame | SessionKind::EventQuiz | SessionKind::EventWalk => "events",
        };
        let programme = programmes.iter().find(|p| p.code == programme).context("a programme")?;
        let venue = venues.iter().find(|venue| venue.code == row.venue).context("a venue")?;
        let room = rooms.iter().find(|room| room.venue_id == venue.id);

        let day = shift.day(row.on_date);
        let staff = row.staff.split(',').map(|login| roll.get(login).map(|(id, _)| *id));
        let mut new = NewSession {
            programme_id: programme.id,
            kind,
            title_ja: row.title_ja,
            title_en: row.title_en,
            bring_ja: row.bring_ja,
            bring_en: row.bring_en,
            venue_id: venue.id,
            room_id: room.filter(|_| kind != SessionKind::EventWalk).map(|room| room.id),
            starts_at: instant(day, tables::time(&row.starts)?),
            ends_at: instant(day, tables::time(&row.ends)?),
            capacity: row.capacity,
            allocation: Allocation::FirstCome,
            is_public: true,
            slot_minutes: row.slot_minutes,
            staff: staff.collect::<Option<_>>().context("a staff member")?,
            code: Some(row.code),
        };

        // A day that evaded a holiday may bring two sessions together: the later one goes on.
        while all.iter().any(|other| collide(&new, other)) {
            let day = shift.hours.next_open_day(local_date(new.starts_at), &[]);
            let length = new.ends_at - new.starts_at;
            new.starts_at = instant(day.context("an open day")?, tables::time(&row.starts)?);
            new.ends_at = new.starts_at + length;
        }
        all.push(new);
    }

    let all = &all;
    store
        .write(ctx, "seed_sessions", |tx| async move {
            for new in all {
                actions::create(&tx, scope, new, None).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}
