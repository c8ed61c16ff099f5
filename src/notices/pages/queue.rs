//! `/post`: what is still to be done.

use std::collections::BTreeMap;

use askama::Template;
use chrono::NaiveDate;
use entity::notices::delivery::DeliveryState;
use entity::notices::notice::NoticeKind;
use entity::places::municipality;
use entity::platform::outbox as job;
use entity::{DeliveryId, SessionId};
use poem::{Response, handler};

use crate::notices::dispatch::Dispatch;
use crate::notices::letter;
use crate::notices::message::Words;
use crate::notices::queries::{self, HeldCount, Queue};
use crate::notices::rules::Overtaken;
use crate::places::queries as places;
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
    office: municipality::Model,
    bundles: Vec<Bundle>,
    letter_count: usize,
    /// Printed letters that must not be posted.
    stopped: Vec<Dispatch>,
    /// Letters that would not be whole on paper.
    unprintable: Vec<Dispatch>,
    calls: Vec<Dispatch>,
    call_count: usize,
    /// Mails that did not arrive.
    failed: Vec<Dispatch>,
    /// What came with an older copy of the database and waits for a decision.
    held_count: usize,
    /// Jobs that were tried too often: their payload is nobody's to read here.
    jobs: Vec<job::Model>,
    job_count: usize,
    more: bool,
}

impl QueuePage {
    fn words<'a>(&'a self, item: &'a Dispatch) -> Words<'a> {
        item.words(&self.office, self.page.ctx.lang, false)
    }

    /// Key of the reason why a letter must not be posted.
    fn why_stopped(&self, item: &Dispatch) -> &'static str {
        letter::overtaken(item, self.page.ctx.now).unwrap_or(Overtaken::Replaced).key()
    }

    /// What to do about a letter that cannot be printed as things are.
    fn why_unprintable(&self, item: &Dispatch) -> String {
        match letter::compose(item, &self.office, Lang::Ja, self.page.ctx.today()) {
            Ok(_) => String::new(),
            Err(why) => self.page.word("refused", why.code()),
        }
    }

    fn job_title(&self, job: &job::Model) -> String {
        let key = format!("post.job.{}", job.kind);
        if words::exists(&key) { self.page.t(&key).to_owned() } else { job.kind.clone() }
    }

    /// The day on which a job was given up.
    fn job_day(&self, job: &job::Model) -> String {
        self.page.day(&local_date(job.dead_at.unwrap_or(job.run_at)))
    }
}

/// Letters of one kind about one session.
struct Bundle {
    title: String,
    printed: bool,
    made_on: NaiveDate,
    ids: Vec<DeliveryId>,
}

#[handler]
pub async fn show(visit: Visit<Desk>) -> Result<Response> {
    let (db, store, scope, now) = (visit.db(), visit.app.store(), &visit.scope, visit.ctx.now);
    let office = places::get_municipality(db, scope.municipality_id).await?;
    let found = queries::queue(db, scope, &office, now).await?;
    let mut jobs = outbox::dead_in(store, scope).await?;
    let held = queries::held(store, scope, now).await?;
    let Queue { letters, stopped, unprintable, calls, call_count, failed, more } =
        visit.saw(found, "post").await?;

    let (page, job_count) = (visit.page, jobs.len());
    jobs.truncate(JOBS_SHOWN);
    render(&QueuePage {
        letter_count: letters.len(),
        bundles: bundles(&page, &office, &letters),
        stopped,
        unprintable,
        calls,
        call_count,
        failed,
        held_count: held.values().map(HeldCount::total).sum(),
        jobs,
        job_count,
        more,
        office,
        page,
    })
}

fn bundles(page: &Page, office: &municipality::Model, letters: &[Dispatch]) -> Vec<Bundle> {
    let mut piles: BTreeMap<(bool, SessionId, NoticeKind), Vec<&Dispatch>> = BTreeMap::new();
    for item in letters {
        let printed = item.delivery.state == DeliveryState::Printed;
        piles.entry((printed, item.row.session.id, item.notice.kind)).or_default().push(item);
    }

    let mut bundles = Vec::new();
    for ((printed, _, kind), pile) in &piles {
        for part in pile.chunks(BUNDLE) {
            let [first, ..] = part else { continue };
            let words = first.words(office, page.ctx.lang, false);
            bundles.push(Bundle {
                title: words.bundle(&page.word("notice.kind", kind)),
                printed: *printed,
                made_on: local_date(first.delivery.created_at),
                ids: part.iter().map(|item| item.delivery.id).collect(),
            });
        }
    }
    bundles
}
