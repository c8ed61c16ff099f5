//! Follow-ups three months after a class: their days, three ways to answer, figures, paths.

mod answers;
mod days;
mod figures;
mod paths;
mod silence;
mod ways;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::bookings::booking::Attendance;
use entity::residents::resident::{self, Standing};
use entity::surveys::follow_up;
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shirube::bookings;
use shirube::surveys::queries;

use crate::support::{TestApp, a_wish, at, class, person};

/// A person who gets letters.
pub async fn letter_writer(t: &TestApp, kana: &str) -> ResidentId {
    let id = person(t, kana).await;
    set(t, id, |row| row.address = ActiveValue::Set(Some("試験町0-0-9".to_owned()))).await;
    id
}

pub async fn set(
    t: &TestApp,
    id: ResidentId,
    change: impl Fn(&mut resident::ActiveModel) + Copy + Send + Sync,
) {
    let ctx = t.ctx_system();
    let done = t.app.store().write(&ctx, "test", |tx| async move {
        let mut row = resident::ActiveModel::default();
        change(&mut row);
        resident::Entity::update_many()
            .set(row)
            .filter(resident::Column::Id.eq(id))
            .exec(tx.db())
            .await?;
        Ok(())
    });
    done.await.unwrap();
}

pub async fn leaves(t: &TestApp, id: ResidentId, standing: Standing) {
    set(t, id, move |row| row.standing = ActiveValue::Set(standing)).await;
}

pub async fn book(t: &TestApp, session_id: SessionId, who: ResidentId) -> BookingId {
    a_wish(session_id, who).book(t).await.id
}

pub async fn mark(t: &TestApp, id: BookingId, attendance: Option<Attendance>) {
    let (ctx, scope) = (t.ctx_system(), &t.scope());
    let done = t.app.store().write(&ctx, "attend", |tx| async move {
        bookings::actions::record_attendance(&tx, scope, id, attendance).await.map(drop)
    });
    done.await.unwrap();
    t.run_jobs().await;
}

/// The clock at ten in the morning of a day, with everything done that is due.
pub async fn on(t: &TestApp, year: i32, month: u32, day: u32) {
    go(t, at(year, month, day, 10, 0)).await;
}

async fn go(t: &TestApp, to: DateTime<Utc>) {
    t.clock.set(to);
    t.run_jobs().await;
}

/// The person was at a class at two in the afternoon of a day.
pub async fn was_at(t: &TestApp, who: ResidentId, starts_at: DateTime<Utc>) -> BookingId {
    let session = class(t, starts_at, 9).await;
    let booking = book(t, session, who).await;
    go(t, starts_at + TimeDelta::hours(2)).await;
    mark(t, booking, Some(Attendance::Present)).await;
    booking
}

pub async fn follow_ups(t: &TestApp, who: ResidentId) -> Vec<follow_up::Model> {
    follow_up::Entity::find()
        .filter(follow_up::Column::ResidentId.eq(who))
        .order_by_asc(follow_up::Column::Id)
        .all(t.app.store().reader())
        .await
        .unwrap()
}

/// The person's one follow-up.
pub async fn only(t: &TestApp, who: ResidentId) -> follow_up::Model {
    let mut all = follow_ups(t, who).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.pop().unwrap()
}

/// State and close reason.
pub async fn state(t: &TestApp, who: ResidentId) -> String {
    let row = only(t, who).await;
    row.close_reason.map_or(row.state.to_string(), |reason| format!("{}: {reason}", row.state))
}

pub async fn token(t: &TestApp, who: ResidentId) -> String {
    let row = only(t, who).await;
    queries::get_row(t.app.store().reader(), &t.scope(), row.id).await.unwrap().for_work().token()
}

/// The code on the person's sheet.
pub async fn code(t: &TestApp, who: ResidentId) -> String {
    let row = only(t, who).await;
    queries::get_row(t.app.store().reader(), &t.scope(), row.id).await.unwrap().for_work().code()
}

/// Somebody asked after a class on 10 July 2024, on the day itself: 10 October 2024.
pub async fn asked(t: &TestApp, kana: &str) -> ResidentId {
    let who = letter_writer(t, kana).await;
    was_at(t, who, at(2024, 7, 10, 14, 0)).await;
    on(t, 2024, 10, 3).await;
    on(t, 2024, 10, 10).await;
    who
}

/// Uses it every day for photos and can do five things alone.
pub fn stuck() -> Value {
    answers("daily", &["photo"], &["power", "type", "call", "photo", "search"])
}

pub fn answers(use_: &str, purposes: &[&str], alone: &[&str]) -> Value {
    let mut all = json!({ "use": use_, "purposes": purposes, "feeling": "mostly", "ask": "yes" });
    for task in
        ["power", "type", "call", "photo", "search", "route", "send", "calendar", "apps", "scam"]
    {
        all[task] = json!(if alone.contains(&task) { "alone" } else { "with_help" });
    }
    all
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
