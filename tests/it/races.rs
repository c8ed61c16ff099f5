//! Many writers at once: the last seat, the same slot, the same staff member, the same offer.
//!
//! Each race runs with 50 writers on two apps (two processes' worth of state) that share one
//! database. The controls leave the lock and the condition away, and must go wrong.

use chrono::TimeDelta;
use entity::bookings::booking::{self, BookingState, Via};
use entity::platform::rate_counter;
use entity::sessions::session;
use entity::staff::assignment::Duty;
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use shirube::bookings;
use shirube::platform::{Error, Result};
use shirube::{sessions, staff};

use crate::support::{TestApp, a_wish, at, class, consultation, person};

const WRITERS: usize = 50;

/// Runs `job` on 50 tasks that start together, half of them on another app, and gives the answers.
async fn all_at_once<T, F, W>(t: &TestApp, job: F) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Fn(usize, shirube::platform::App) -> W,
    W: Future<Output = Result<T>> + Send + 'static,
{
    let other = t.again().await;
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(WRITERS));
    let tasks: Vec<_> = (0..WRITERS)
        .map(|i| {
            let app = if i % 2 == 0 { t.app.clone() } else { other.app.clone() };
            let (barrier, work) = (barrier.clone(), job(i, app));
            tokio::spawn(async move {
                barrier.wait().await;
                work.await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

async fn people(t: &TestApp) -> Vec<ResidentId> {
    let mut all = Vec::new();
    for i in 0..WRITERS {
        let kana: String =
            "あいうえおかきくけこ".chars().cycle().skip(i % 10).take(3 + i / 10).collect();
        all.push(person(t, &kana).await);
    }
    all
}

/// How many were refused with `code`; any other error fails the test.
#[track_caller]
fn refusals<T>(answers: &[Result<T>], code: &str) -> usize {
    answers
        .iter()
        .filter(|answer| match answer {
            Ok(_) => false,
            Err(Error::Refused(refusal)) if refusal.code == code => true,
            Err(other) => panic!("an error that is not {code}: {other:?}"),
        })
        .count()
}

async fn taken(t: &TestApp, id: SessionId) -> i32 {
    sessions::queries::get(t.app.store().reader(), &t.scope(), id).await.unwrap().session.taken
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_people_and_three_seats_give_three_bookings() {
    let t = TestApp::start().await;
    let session_id = class(&t, at(2024, 7, 10, 14, 0), 3).await;
    let people = people(&t).await;
    let (ctx, scope) = (t.ctx_system(), t.scope());
    let answers = all_at_once(&t, |i, app| {
        let (ctx, scope) = (ctx.clone(), scope.clone());
        let wish = a_wish(session_id, people[i]).by(Via::Web).value();
        async move {
            let (scope, wish) = (&scope, &wish);
            app.store()
                .write(&ctx, "book_session", |tx| async move {
                    bookings::actions::book(&tx, scope, wish).await
                })
                .await
        }
    })
    .await;
    assert_eq!(refusals(&answers, "session_full"), WRITERS - 3);
    assert_eq!(taken(&t, session_id).await, 3);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_lock_and_the_condition_the_session_is_overbooked() {
    // The control: count the rows, then write one, as many booking systems do. Its seats are rows
    // of a table that has no constraint on their number; every write is seen by later counts.
    let t = TestApp::start().await;
    let now = t.now();
    all_at_once(&t, |i, app| async move {
        let reader = app.store().reader();
        let taken = rate_counter::Entity::find().count(reader).await?;
        if taken >= 3 {
            return Err(Error::refused("session_full"));
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let seat = rate_counter::ActiveModel {
            bucket: ActiveValue::Set(format!("seat-{i}")),
            window_start: ActiveValue::Set(now),
            hits: ActiveValue::Set(1),
        };
        rate_counter::Entity::insert(seat).exec_without_returning(reader).await?;
        Ok(())
    })
    .await;
    let seats = rate_counter::Entity::find().count(t.app.store().reader()).await.unwrap();
    assert!(seats > 3, "the control gave {seats} seats: this race tests nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_a_seat_too_many_even_without_our_rules() {
    let t = TestApp::start().await;
    let id = class(&t, at(2024, 7, 10, 14, 0), 3).await;
    let answer = t
        .app
        .store()
        .write(&t.ctx_system(), "break_the_rules", |tx| async move {
            session::Entity::update_many()
                .col_expr(session::Column::Taken, Expr::value(4))
                .filter(session::Column::Id.eq(id))
                .exec(tx.db())
                .await?;
            Ok(())
        })
        .await;
    assert!(matches!(answer, Err(Error::Internal(_))), "{answer:?}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_people_and_one_slot_give_one_booking() {
    let t = TestApp::start().await;
    let session_id = consultation(&t, at(2024, 7, 10, 14, 0), &[t.place.teacher]).await;
    let slots = sessions::queries::free_slots(t.app.store().reader(), &t.scope(), session_id)
        .await
        .unwrap();
    let slot_id = slots[0].0.id;
    let people = people(&t).await;
    let (ctx, scope) = (t.ctx_system(), t.scope());

    let answers = all_at_once(&t, |i, app| {
        let (ctx, scope) = (ctx.clone(), scope.clone());
        let wish = a_wish(session_id, people[i]).slot(slot_id).value();
        async move {
            let (scope, wish) = (&scope, &wish);
            app.store()
                .write(&ctx, "hold_seat", |tx| async move {
                    bookings::actions::hold(&tx, scope, wish).await
                })
                .await
        }
    })
    .await;

    assert_eq!(refusals(&answers, "slot_taken"), WRITERS - 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_pressing_fifty_times_has_one_booking() {
    let t = TestApp::start().await;
    let session_id = class(&t, at(2024, 7, 10, 14, 0), 20).await;
    let resident_id = person(&t, "しるべはなこ").await;
    let (ctx, scope) = (t.ctx_system(), t.scope());
    let answers = all_at_once(&t, |_, app| {
        let (ctx, scope) = (ctx.clone(), scope.clone());
        let wish = a_wish(session_id, resident_id).by(Via::Web).may_wait(true).value();
        async move {
            let (scope, wish) = (&scope, &wish);
            app.store()
                .write(&ctx, "book_session", |tx| async move {
                    bookings::actions::book(&tx, scope, wish).await
                })
                .await
        }
    })
    .await;
    assert_eq!(refusals(&answers, "already_booked"), WRITERS - 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_never_in_two_sessions_at_once() {
    let t = TestApp::start().await;
    let resident_id = person(&t, "しるべはなこ").await;

    let mut sessions = Vec::new();
    for i in 0..WRITERS {
        let minutes = TimeDelta::minutes(10 * i64::try_from(i % 10).unwrap());
        sessions.push(class(&t, at(2024, 7, 10, 14, 0) + minutes, 5).await);
    }

    let (ctx, scope) = (t.ctx_system(), t.scope());
    let answers = all_at_once(&t, |i, app| {
        let (ctx, scope) = (ctx.clone(), scope.clone());
        let wish = a_wish(sessions[i], resident_id).by(Via::Web).value();
        async move {
            let (scope, wish) = (&scope, &wish);
            app.store()
                .write(&ctx, "book_session", |tx| async move {
                    bookings::actions::book(&tx, scope, wish).await
                })
                .await
        }
    })
    .await;

    assert_eq!(refusals(&answers, "overlap"), WRITERS - 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staff_member_is_in_one_place_whatever_the_programme() {
    let t = TestApp::start().await;
    let staff_id = t.place.teacher;
    let ctx = t.ctx_system();
    let answers = all_at_once(&t, |i, app| {
        let ctx = ctx.clone();
        async move {
            let start = at(2024, 7, 10, 14, 0) + TimeDelta::minutes(10 * (i as i64 % 6));
            app.store()
                .write(&ctx, "assign", |tx| async move {
                    let end = start + TimeDelta::hours(2);
                    staff::actions::assign(&tx, staff_id, Duty::Phones, None, start, end).await
                })
                .await
        }
    })
    .await;
    assert_eq!(refusals(&answers, "staff_busy"), WRITERS - 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freed_seat_is_offered_once_however_many_cancel_and_look() {
    let t = TestApp::start().await;
    let session_id = class(&t, at(2024, 7, 31, 14, 0), 10).await;
    let people = people(&t).await;
    let mut all: Vec<BookingId> = Vec::new();
    let scope = t.scope();
    for resident_id in &people {
        all.push(a_wish(session_id, *resident_id).may_wait(true).book(&t).await.id);
        t.advance(TimeDelta::seconds(1));
    }

    // Five of the ten with a seat are cancelled, each by ten people at once.
    let ctx = t.ctx_system();
    let answers = all_at_once(&t, |i, app| {
        let (ctx, scope, id) = (ctx.clone(), scope.clone(), all[i % 5]);
        async move {
            let scope = &scope;
            app.store()
                .write(&ctx, "cancel_booking", |tx| async move {
                    bookings::actions::cancel(&tx, scope, id).await
                })
                .await
        }
    })
    .await;
    assert_eq!(refusals(&answers, "not_now"), WRITERS - 5);

    t.advance(bookings::rules::KEEP);
    tokio::join!(t.run_jobs(), t.run_jobs(), t.run_jobs());

    let offered = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session_id))
        .filter(booking::Column::State.eq(BookingState::Offered))
        .all(t.app.store().reader())
        .await
        .unwrap();
    let mut offered: Vec<_> = offered.into_iter().map(|row| row.id).collect();
    offered.sort_unstable();
    assert_eq!(offered, all[10..15], "the first five who waited, each once");
    assert_eq!(taken(&t, session_id).await, 10);

    // The same offer answered fifty times is one booking.
    let id = all[10];
    let answers = all_at_once(&t, |_, app| {
        let (ctx, scope) = (ctx.clone(), scope.clone());
        async move {
            let scope = &scope;
            app.store()
                .write(&ctx, "confirm_booking", |tx| async move {
                    bookings::actions::confirm(&tx, scope, id).await
                })
                .await
        }
    })
    .await;
    assert_eq!(refusals(&answers, "not_now"), WRITERS - 1);

    let confirmed = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session_id))
        .filter(booking::Column::State.eq(BookingState::Confirmed))
        .count(t.app.store().reader())
        .await
        .unwrap();
    assert_eq!(confirmed, 6);
    t.finish().await;
}
