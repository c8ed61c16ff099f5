//! `/post`: what is still to be done.

use std::collections::BTreeMap;

use askama::Template;
use chrono::TimeDelta;
use entity::SessionId;
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::places::municipality;
use entity::platform::outbox as job;
use entity::residents::contact_channel::Channel;
use poem::{Response, handler};

use crate::notices::letter;
use crate::notices::message::{date_text, printed_name};
use crate::notices::queries::{self, DeliveryFilter, HeldCount, Item, Timely};
use crate::notices::rules::Overtaken;
use crate::places::queries as places;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::local_date;
use crate::platform::web::page::{Page, render};
use crate::platform::{App, Ctx, Lang, Result, Scope, actor, outbox, words};
use crate::residents;

/// Deliveries looked at; the rest comes when these are done.
const LOOKED_AT: usize = 1000;
/// Calls shown at once.
const CALLS_SHOWN: usize = 50;
/// Letters of one button: one pile on the printer.
const BUNDLE: usize = 100;
/// Dead jobs shown at once.
const JOBS_SHOWN: usize = 50;
/// Days for which failed mails, and letters printed for sessions that are over, are shown.
const SHOWN_DAYS: i64 = 30;

#[derive(Template)]
#[template(path = "notices/pages/queue.html")]
struct Queue {
    page: Page,
    bundles: Vec<Bundle>,
    letter_count: usize,
    /// Printed letters that must not be posted.
    stopped: Vec<Stopped>,
    /// Letters that would not be whole on paper.
    unprintable: Vec<Unprintable>,
    calls: Vec<Call>,
    call_count: usize,
    failed: Vec<FailedMail>,
    /// What came with an older copy of the database and waits for a decision.
    held_count: usize,
    /// Jobs that were tried too often.
    jobs: Vec<DeadJob>,
    job_count: usize,
    more: bool,
}

/// Letters of one kind about one session.
struct Bundle {
    title: String,
    printed: bool,
    made_on: String,
    ids: Vec<i64>,
}

/// A letter on paper that must not be posted.
struct Stopped {
    id: i64,
    /// Key of the number's name, and the number as it stands on the paper.
    number: (&'static str, String),
    name: String,
    headline: String,
    /// Key of the reason.
    why: &'static str,
}

/// A letter that cannot be printed as things are.
struct Unprintable {
    resident_id: i64,
    kana: String,
    headline: String,
    /// Key of the sentence that says what to do.
    why: String,
}

struct Call {
    id: i64,
    revision: i32,
    resident_id: i64,
    kana: String,
    phone: Option<PhoneNumber>,
    headline: String,
    script: String,
    reading: Option<String>,
    until: Option<String>,
    tries: i32,
}

struct FailedMail {
    resident_id: i64,
    kana: String,
    headline: String,
}

/// A job that was given up: its payload is nobody's to read here.
struct DeadJob {
    id: i64,
    title: String,
    since: String,
    tries: i32,
}

#[handler]
pub async fn show(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    let reader = app.store().reader();
    let office = places::get_municipality(reader, scope.municipality_id).await?;
    let open_letters = [DeliveryState::Waiting, DeliveryState::Printed];
    let (mut letters, more_letters) =
        open(&ctx, &app, &scope, Channel::Letter, &open_letters).await?;
    letters.extend(printed_before(&ctx, &app, &scope).await?);
    let letters = queries::items(reader, &scope, letters).await?;
    let open_calls = [DeliveryState::Waiting, DeliveryState::NoAnswer];
    let (calls, more_calls) = open(&ctx, &app, &scope, Channel::Phone, &open_calls).await?;
    let calls = queries::items(reader, &scope, calls).await?;
    let failed = failed_mails(&ctx, &app, &scope).await?;
    let jobs = outbox::dead_in(app.store(), &scope).await?;
    let held = queries::held(app.store(), &scope, ctx.now).await?;

    let Sorted { letters, stopped, unprintable } = sorted(&ctx, &office, letters);
    let mut calls: Vec<Item> = calls.into_iter().filter(|item| item.is_due(ctx.now)).collect();
    // A kept seat runs out, and nobody should come in vain; the rest waits its turn.
    calls.sort_by_key(|item| {
        let deadline = item.to_be_known_by();
        (deadline.is_none(), deadline, item.delivery.updated_at, item.delivery.id)
    });
    let call_count = calls.len();
    calls.truncate(CALLS_SHOWN);
    let named = calls.iter().chain(&failed).chain(&unprintable).chain(&stopped);
    let shown: Vec<_> = named.map(|item| item.person.resident.id).collect();
    residents::record_look(&app, &ctx, &shown, "post").await?;

    render(&Queue {
        letter_count: letters.len(),
        bundles: bundles(&page, &office, &letters),
        stopped: stopped.iter().map(|item| stop(&page, &office, item)).collect(),
        unprintable: unprintable.iter().map(|item| unprinted(&page, &office, item)).collect(),
        calls: calls.iter().map(|item| call(&page, &office, item)).collect(),
        call_count,
        failed: failed
            .iter()
            .map(|item| FailedMail {
                resident_id: item.person.resident.id.0,
                kana: item.person.resident.kana.clone(),
                headline: item.words(&office, page.ctx.lang, false).headline(),
            })
            .collect(),
        held_count: held.values().map(HeldCount::total).sum(),
        job_count: jobs.len(),
        jobs: jobs.iter().take(JOBS_SHOWN).map(|row| dead_job(&page, row)).collect(),
        more: more_letters || more_calls || call_count > CALLS_SHOWN,
        page,
    })
}

/// A delivery with its notice.
type Told = (delivery::Model, notice::Model);

/// Open deliveries of a channel whose time is not over, oldest first, and whether there are more.
async fn open(
    ctx: &Ctx,
    app: &App,
    scope: &Scope,
    channel: Channel,
    states: &[DeliveryState],
) -> Result<(Vec<Told>, bool)> {
    let filter = DeliveryFilter {
        channel: Some(channel),
        states: states.to_vec(),
        timely: Some(Timely::Ahead(ctx.now)),
        ..DeliveryFilter::default()
    };
    let found = queries::list(app.store().reader(), scope, &filter, LOOKED_AT, None).await?;
    Ok((found.items, found.next.is_some()))
}

/// Letters that were printed lately and have nothing to tell any more, or were dropped since.
async fn printed_before(ctx: &Ctx, app: &App, scope: &Scope) -> Result<Vec<Told>> {
    let lately = DeliveryFilter {
        channel: Some(Channel::Letter),
        changed_since: Some(ctx.now - TimeDelta::days(SHOWN_DAYS)),
        ..DeliveryFilter::default()
    };
    let over = DeliveryFilter {
        states: vec![DeliveryState::Printed],
        timely: Some(Timely::Over(ctx.now)),
        ..lately.clone()
    };
    let dropped = DeliveryFilter { states: vec![DeliveryState::Dropped], on_paper: true, ..lately };
    let reader = app.store().reader();
    let mut found = queries::list(reader, scope, &over, LOOKED_AT, None).await?.items;
    found.extend(queries::list(reader, scope, &dropped, LOOKED_AT, None).await?.items);
    Ok(found)
}

/// Letters by what is to be done with them.
struct Sorted {
    /// To print, or to post.
    letters: Vec<Item>,
    stopped: Vec<Item>,
    unprintable: Vec<Item>,
}

fn sorted(ctx: &Ctx, office: &municipality::Model, items: Vec<Item>) -> Sorted {
    let mut sorted = Sorted { letters: Vec::new(), stopped: Vec::new(), unprintable: Vec::new() };
    for item in items {
        let on_paper = item.delivery.state != DeliveryState::Waiting;
        let list = if on_paper && item.overtaken(ctx.now).is_some() {
            &mut sorted.stopped
        } else if !item.is_due(ctx.now) {
            continue;
        } else if letter::compose(&item, office, Lang::Ja, ctx.today()).is_err() {
            &mut sorted.unprintable
        } else {
            &mut sorted.letters
        };
        list.push(item);
    }
    sorted
}

fn stop(page: &Page, office: &municipality::Model, item: &Item) -> Stopped {
    Stopped {
        id: item.delivery.id.0,
        number: item.number(),
        name: printed_name(&item.person.resident).to_owned(),
        headline: item.words(office, page.ctx.lang, false).headline(),
        why: item.overtaken(page.ctx.now).unwrap_or(Overtaken::Replaced).key(),
    }
}

fn unprinted(page: &Page, office: &municipality::Model, item: &Item) -> Unprintable {
    let why = letter::compose(item, office, Lang::Ja, page.ctx.today());
    Unprintable {
        resident_id: item.person.resident.id.0,
        kana: item.person.resident.kana.clone(),
        headline: item.words(office, page.ctx.lang, false).headline(),
        why: why.map_or_else(|why| format!("refused.{}", why.code()), |_| String::new()),
    }
}

async fn failed_mails(ctx: &Ctx, app: &App, scope: &Scope) -> Result<Vec<Item>> {
    let reader = app.store().reader();
    let filter = DeliveryFilter {
        channel: Some(Channel::Email),
        states: vec![DeliveryState::Failed],
        changed_since: Some(ctx.now - TimeDelta::days(SHOWN_DAYS)),
        ..DeliveryFilter::default()
    };
    let found = queries::list(reader, scope, &filter, CALLS_SHOWN, None).await?;
    queries::items(reader, scope, found.items).await
}

fn bundles(page: &Page, office: &municipality::Model, letters: &[Item]) -> Vec<Bundle> {
    let mut piles: BTreeMap<(bool, SessionId, NoticeKind), Vec<&Item>> = BTreeMap::new();
    for item in letters {
        let printed = item.delivery.state == DeliveryState::Printed;
        piles.entry((printed, item.row.session.id, item.notice.kind)).or_default().push(item);
    }
    let mut bundles = Vec::new();
    for ((printed, _, kind), pile) in &piles {
        for part in pile.chunks(BUNDLE) {
            let [first, ..] = part else { continue };
            let words = first.words(office, page.ctx.lang, false);
            let made_on = local_date(first.delivery.created_at);
            bundles.push(Bundle {
                title: words.bundle(page.t(&format!("notice.kind.{kind}"))),
                printed: *printed,
                made_on: date_text(page.ctx.lang, made_on, false),
                ids: part.iter().map(|item| item.delivery.id.0).collect(),
            });
        }
    }
    bundles
}

fn call(page: &Page, office: &municipality::Model, item: &Item) -> Call {
    let words = item.words(office, page.ctx.lang, false);
    Call {
        id: item.delivery.id.0,
        revision: item.delivery.revision,
        resident_id: item.person.resident.id.0,
        kana: item.person.resident.kana.clone(),
        phone: item.person.phone().cloned(),
        headline: words.headline(),
        script: words.script(),
        reading: words.reading(),
        until: words.until(),
        tries: item.delivery.attempts,
    }
}

fn dead_job(page: &Page, row: &job::Model) -> DeadJob {
    let key = format!("post.job.{}", row.kind);
    let since = row.dead_at.unwrap_or(row.run_at);
    DeadJob {
        id: row.id.0,
        title: if words::exists(&key) { page.t(&key).to_owned() } else { row.kind.clone() },
        since: date_text(page.ctx.lang, local_date(since), false),
        tries: row.attempts,
    }
}
