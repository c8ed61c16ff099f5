//! `/post`: what is still to be done.

use std::collections::BTreeMap;

use askama::Template;
use entity::SessionId;
use entity::notices::delivery::DeliveryState;
use entity::notices::notice::NoticeKind;
use entity::places::municipality;
use entity::platform::outbox as job;
use poem::{Response, handler};

use crate::notices::letter;
use crate::notices::message::{date_text, printed_name};
use crate::notices::queries::{self, HeldCount, Item, Queue};
use crate::notices::rules::Overtaken;
use crate::places::queries as places;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::page::{Page, render};
use crate::platform::{Lang, Result, outbox, words};
use crate::residents::Desk;

/// Letters of one button: one pile on the printer.
const BUNDLE: usize = 100;
/// Dead jobs shown at once.
const JOBS_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "notices/pages/queue.html")]
struct QueuePage {
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
pub async fn show(visit: Visit<Desk>) -> Result<Response> {
    let (db, store, scope, now) = (visit.db(), visit.app.store(), &visit.scope, visit.ctx.now);
    let office = places::get_municipality(db, scope.municipality_id).await?;
    let found = queries::queue(db, scope, &office, now).await?;
    let jobs = outbox::dead_in(store, scope).await?;
    let held = queries::held(store, scope, now).await?;
    let Queue { letters, stopped, unprintable, calls, call_count, failed, more } =
        visit.saw(found, "post").await?;

    let page = visit.page;
    render(&QueuePage {
        letter_count: letters.len(),
        bundles: bundles(&page, &office, &letters),
        stopped: stopped.iter().map(|item| stop(&page, &office, item)).collect(),
        unprintable: unprintable.iter().map(|item| unprinted(&page, &office, item)).collect(),
        calls: calls.iter().map(|item| call(&page, &office, item)).collect(),
        call_count,
        failed: failed.iter().map(|item| failed_mail(&page, &office, item)).collect(),
        held_count: held.values().map(HeldCount::total).sum(),
        job_count: jobs.len(),
        jobs: jobs.iter().take(JOBS_SHOWN).map(|row| dead_job(&page, row)).collect(),
        more,
        page,
    })
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

fn failed_mail(page: &Page, office: &municipality::Model, item: &Item) -> FailedMail {
    FailedMail {
        resident_id: item.person.resident.id.0,
        kana: item.person.resident.kana.clone(),
        headline: item.words(office, page.ctx.lang, false).headline(),
    }
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
