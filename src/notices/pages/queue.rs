//! `/post`: what is still to be done.

use std::collections::BTreeMap;

use askama::Template;
use chrono::TimeDelta;
use entity::SessionId;
use entity::notices::delivery::DeliveryState;
use entity::notices::notice::NoticeKind;
use entity::places::municipality;
use entity::residents::contact_channel::Channel;
use poem::{Response, handler};

use super::record_look;
use crate::notices::message::date_text;
use crate::notices::queries::{self, DeliveryFilter, Item};
use crate::places::queries as places;
use crate::platform::japan::time::local_date;
use crate::platform::web::page::{Page, render};
use crate::platform::{App, Ctx, Result, Scope, actor};

/// Deliveries looked at; the rest comes when these are done.
const LOOKED_AT: usize = 1000;
/// Calls shown at once.
const CALLS_SHOWN: usize = 50;
/// Letters of one button: one pile on the printer.
const BUNDLE: usize = 100;
/// Days for which failed mails are shown.
const FAILED_DAYS: i64 = 30;

#[derive(Template)]
#[template(path = "notices/pages/queue.html")]
struct Queue {
    page: Page,
    bundles: Vec<Bundle>,
    letter_count: usize,
    /// Printed letters that must not be posted.
    silenced: Vec<(&'static str, String)>,
    calls: Vec<Call>,
    call_count: usize,
    failed: Vec<FailedMail>,
    more: bool,
}

/// Letters of one kind about one session.
struct Bundle {
    title: String,
    printed: bool,
    made_on: String,
    ids: Vec<i64>,
}

struct Call {
    id: i64,
    revision: i32,
    resident_id: i64,
    kana: String,
    phone: Option<String>,
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

#[handler]
pub async fn show(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    let office = places::get_municipality(app.store().reader(), scope.municipality_id).await?;
    let open_letters = [DeliveryState::Waiting, DeliveryState::Printed];
    let (letters, more_letters) = open(&app, &scope, Channel::Letter, &open_letters).await?;
    let open_calls = [DeliveryState::Waiting, DeliveryState::NoAnswer];
    let (calls, more_calls) = open(&app, &scope, Channel::Phone, &open_calls).await?;
    let failed = failed_mails(&ctx, &app, &scope).await?;

    let (letters, silenced): (Vec<Item>, Vec<Item>) =
        letters.into_iter().partition(|item| item.is_due(ctx.now));
    let mut calls: Vec<Item> = calls.into_iter().filter(|item| item.is_due(ctx.now)).collect();
    // A kept seat runs out; the rest waits its turn.
    calls.sort_by_key(|item| {
        let deadline = item.row.booking.expires_at;
        (deadline.is_none(), deadline, item.delivery.updated_at, item.delivery.id)
    });
    let call_count = calls.len();
    calls.truncate(CALLS_SHOWN);
    let shown: Vec<_> = calls.iter().chain(&failed).map(|item| item.person.resident.id).collect();
    record_look(&app, &ctx, &shown).await?;

    render(&Queue {
        letter_count: letters.len(),
        bundles: bundles(&page, &office, &letters),
        silenced: silenced
            .iter()
            .filter(|item| item.delivery.state == DeliveryState::Printed)
            .map(Item::number)
            .collect(),
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
        more: more_letters || more_calls || call_count > CALLS_SHOWN,
        page,
    })
}

/// Open deliveries of a channel, oldest first, and whether there are more.
async fn open(
    app: &App,
    scope: &Scope,
    channel: Channel,
    states: &[DeliveryState],
) -> Result<(Vec<Item>, bool)> {
    let reader = app.store().reader();
    let filter = DeliveryFilter {
        channel: Some(channel),
        states: states.to_vec(),
        ..DeliveryFilter::default()
    };
    let found = queries::list(reader, scope, &filter, LOOKED_AT, None).await?;
    let more = found.next.is_some();
    Ok((queries::items(reader, scope, found.items).await?, more))
}

async fn failed_mails(ctx: &Ctx, app: &App, scope: &Scope) -> Result<Vec<Item>> {
    let reader = app.store().reader();
    let filter = DeliveryFilter {
        channel: Some(Channel::Email),
        states: vec![DeliveryState::Failed],
        changed_since: Some(ctx.now - TimeDelta::days(FAILED_DAYS)),
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
        phone: item.person.phone(),
        headline: words.headline(),
        script: words.script(),
        reading: words.reading(),
        until: words.until(),
        tries: item.delivery.attempts,
    }
}
