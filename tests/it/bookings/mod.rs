//! Seats, slots, waiting lists, offers, attendance: the verbs of `bookings`.

use chrono::TimeDelta;
use entity::bookings::booking::{Attendance, BookingState, Via};
use entity::residents::resident::{self, Standing};
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use shirube::bookings::{self, Wish};
use shirube::platform::{Error, Result};
use shirube::sessions;

use crate::support::{TestApp, a_wish, at, book, class, consultation, person, slots, two_hours};

fn wish(session_id: SessionId, resident_id: ResidentId, may_wait: bool) -> Wish {
    a_wish(session_id, resident_id).may_wait(may_wait).value()
}

/// One verb of `bookings` in a transaction of its own.
macro_rules! act {
    ($t:expr, $verb:ident, $a:expr) => {{
        let (scope, a) = (&$t.scope(), $a);
        $t.app
            .store()
            .write(&$t.ctx_system(), stringify!($verb), |tx| async move {
                bookings::actions::$verb(&tx, scope, a).await
            })
            .await
    }};
    ($t:expr, $verb:ident, $a:expr, $b:expr) => {{
        let (scope, a, b) = (&$t.scope(), $a, $b);
        $t.app
            .store()
            .write(&$t.ctx_system(), stringify!($verb), |tx| async move {
                bookings::actions::$verb(&tx, scope, a, b).await
            })
            .await
    }};
    ($t:expr, $verb:ident, $a:expr, $b:expr, $c:expr) => {{
        let (scope, a, b, c) = (&$t.scope(), $a, $b, $c);
        $t.app
            .store()
            .write(&$t.ctx_system(), stringify!($verb), |tx| async move {
                bookings::actions::$verb(&tx, scope, a, b, c).await
            })
            .await
    }};
}

async fn state(t: &TestApp, id: BookingId) -> BookingState {
    bookings::queries::get(t.app.store().reader(), &t.scope(), id).await.unwrap().state
}

async fn taken(t: &TestApp, id: SessionId) -> i32 {
    sessions::queries::get(t.app.store().reader(), &t.scope(), id).await.unwrap().session.taken
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T>, code: &str) {
    match answer {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code, code),
        other => panic!("expected {code}, got {other:?}"),
    }
}

/// Cancels a booking, and waits until its seat is offered on.
async fn gone_from(t: &TestApp, id: BookingId) {
    act!(t, cancel, id).unwrap();
    t.advance(bookings::rules::KEEP);
    t.run_jobs().await;
}

mod kept;
mod taken_back;
mod waiting;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_session_refuses_another_booking() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let (first, second) = (person(&t, "しるべはなこ").await, person(&t, "みちのたろう").await);
    assert_eq!(book(&t, session, first).await.unwrap().state, BookingState::Confirmed);
    refused(act!(t, book, &wish(session, second, false)), "session_full");
    assert_eq!(taken(&t, session).await, 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freed_seat_is_offered_to_the_first_who_waits_and_only_once() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let mut all = Vec::new();
    for kana in ["いちばん", "にばん", "さんばん"] {
        let who = person(&t, kana).await;
        all.push(book(&t, session, who).await.unwrap());
        t.advance(TimeDelta::minutes(1));
    }
    assert_eq!(all[1].state, BookingState::Waiting);
    gone_from(&t, all[0].id).await;
    assert_eq!(state(&t, all[1].id).await, BookingState::Offered);
    assert_eq!(state(&t, all[2].id).await, BookingState::Waiting);
    assert_eq!(taken(&t, session).await, 1, "an offer keeps the seat");

    // Nobody passes: a newcomer waits behind them.
    let late = person(&t, "あとから").await;
    assert_eq!(book(&t, session, late).await.unwrap().state, BookingState::Waiting);

    // Who takes the offer back leaves the list, and the next one is asked.
    gone_from(&t, all[1].id).await;
    assert_eq!(state(&t, all[2].id).await, BookingState::Offered);
    act!(t, confirm, all[2].id).unwrap();
    assert_eq!(state(&t, all[1].id).await, BookingState::Cancelled, "never offered again");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_seats_are_offered_to_those_who_wait_in_their_order() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let mut all = Vec::new();
    for kana in ["いちばん", "にばん", "さんばん", "よんばん"] {
        let who = person(&t, kana).await;
        all.push(book(&t, session, who).await.unwrap());
        t.advance(TimeDelta::minutes(1));
    }

    let coordinator = t.coordinator().await;
    let path = format!("/api/sessions/{session}");
    let words = coordinator.get(&path).await.expect(200);
    let edit = serde_json::json!({ "title_ja": "基礎編", "title_en": "Basics", "bring_ja": "",
        "bring_en": "", "capacity": 3, "is_public": true });
    let edited = coordinator.with_header("if-match", words.header("etag"));
    edited.put_json(&path, &edit).await.expect(200);
    t.run_jobs().await;

    let mut states = Vec::new();
    for booking in &all {
        states.push(state(&t, booking.id).await);
    }
    use BookingState::{Confirmed, Offered, Waiting};
    assert_eq!(states, [Confirmed, Offered, Offered, Waiting]);
    assert_eq!(taken(&t, session).await, 3);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_not_answered_goes_to_the_next() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let mut all = Vec::new();
    for kana in ["いちばん", "にばん", "さんばん"] {
        let who = person(&t, kana).await;
        all.push(book(&t, session, who).await.unwrap());
        t.advance(TimeDelta::minutes(1));
    }
    gone_from(&t, all[0].id).await;
    // Nobody has a phone: 35 call-centre hours from Monday 10:04 end on the next Monday at 10:04.
    t.clock.set(at(2024, 7, 5, 16, 59));
    t.run_jobs().await;
    assert_eq!(state(&t, all[1].id).await, BookingState::Offered);
    t.clock.set(at(2024, 7, 8, 10, 4));
    t.run_jobs().await;
    assert_eq!(state(&t, all[1].id).await, BookingState::Expired);
    assert_eq!(state(&t, all[2].id).await, BookingState::Offered);
    refused(act!(t, confirm, all[1].id), "too_late");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seat_is_offered_shortly_before_or_after_the_session_begins() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let (first, second) = (person(&t, "いちばん").await, person(&t, "にばん").await);
    let first = book(&t, session, first).await.unwrap();
    let second = book(&t, session, second).await.unwrap();
    t.clock.set(at(2024, 7, 10, 12, 30));
    act!(t, cancel, first.id).unwrap();
    assert_eq!(state(&t, second.id).await, BookingState::Waiting);
    t.clock.set(at(2024, 7, 10, 14, 0));
    refused(act!(t, cancel, second.id), "session_started");
    let third = person(&t, "さんばん").await;
    refused(book(&t, session, third).await, "session_started");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_be_contacted_or_is_elsewhere_is_passed_over_and_keeps_the_place() {
    let t = TestApp::start().await;
    let full = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let other = class(&t, at(2024, 7, 31, 15, 0), 5).await;

    let first = book(&t, full, person(&t, "いちばん").await).await.unwrap();
    let elsewhere = person(&t, "べつのばしょ").await;
    let waits = book(&t, full, elsewhere).await.unwrap();
    book(&t, other, elsewhere).await.unwrap();
    let gone = person(&t, "てんしゅつ").await;
    let gone_waits = book(&t, full, gone).await.unwrap();
    let third = book(&t, full, person(&t, "さんばん").await).await.unwrap();

    resident::Entity::update_many()
        .set(resident::ActiveModel {
            standing: ActiveValue::Set(Standing::MovedOut),
            ..Default::default()
        })
        .filter(resident::Column::Id.eq(gone))
        .exec(t.app.store().reader())
        .await
        .unwrap();

    gone_from(&t, first.id).await;
    assert_eq!(state(&t, waits.id).await, BookingState::Waiting);
    assert_eq!(state(&t, gone_waits.id).await, BookingState::Waiting);
    assert_eq!(state(&t, third.id).await, BookingState::Offered);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_the_seat_for_five_minutes() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let (first, second) = (person(&t, "いちばん").await, person(&t, "にばん").await);
    let held = act!(t, hold, &wish(session, first, false)).unwrap();
    assert_eq!(held.state, BookingState::Held);
    refused(act!(t, book, &wish(session, second, false)), "session_full");
    let again = act!(t, hold, &wish(session, first, false)).unwrap();
    assert_eq!(again.id, held.id, "holding twice holds once");

    t.advance(TimeDelta::minutes(5));
    assert_eq!(
        act!(t, book, &wish(session, second, false)).unwrap().state,
        BookingState::Confirmed,
        "a hold that ran out is no obstacle, even before the worker came by"
    );
    refused(act!(t, confirm, held.id), "too_late");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn booking_what_is_held_confirms_the_hold() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 3).await;
    let who = person(&t, "いちばん").await;
    let held = act!(t, hold, &wish(session, who, false)).unwrap();
    let booked = book(&t, session, who).await.unwrap();
    assert_eq!((booked.id, booked.state), (held.id, BookingState::Confirmed));
    refused(book(&t, session, who).await, "already_booked");
    assert_eq!(taken(&t, session).await, 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn releasing_a_hold_gives_the_seat_to_who_waits() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let held = act!(t, hold, &wish(session, person(&t, "いちばん").await, false)).unwrap();
    let waits = book(&t, session, person(&t, "にばん").await).await.unwrap();
    act!(t, release, held.id).unwrap();
    assert_eq!(state(&t, held.id).await, BookingState::Expired);
    assert_eq!(state(&t, waits.id).await, BookingState::Offered);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_two_sessions_at_once_but_sessions_may_touch() {
    let t = TestApp::start().await;
    let first = class(&t, at(2024, 7, 10, 10, 0), 5).await;
    let overlapping = class(&t, at(2024, 7, 10, 11, 0), 5).await;
    let touching = class(&t, at(2024, 7, 10, 12, 0), 5).await;
    let who = person(&t, "いちばん").await;
    let booked = book(&t, first, who).await.unwrap();
    refused(book(&t, overlapping, who).await, "overlap");
    assert_eq!(taken(&t, overlapping).await, 0, "the refusal took no seat");
    book(&t, touching, who).await.unwrap();
    act!(t, cancel, booked.id).unwrap();
    refused(book(&t, overlapping, who).await, "overlap");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_goes_to_one_person_and_a_freed_slot_is_offered() {
    let t = TestApp::start().await;
    let session = consultation(&t, at(2024, 7, 31, 14, 0), &[t.place.teacher]).await;
    let free = slots(&t, session).await;
    assert_eq!(free.len(), 4);
    let mut booked = Vec::new();
    for (kana, slot) in ["いちばん", "にばん", "さんばん", "よんばん"].iter().zip(&free)
    {
        let who = person(&t, kana).await;
        booked.push(a_wish(session, who).slot(*slot).book(&t).await);
    }
    let fifth = person(&t, "ごばん").await;
    let waits = book(&t, session, fifth).await.unwrap();
    assert_eq!(waits.state, BookingState::Waiting);
    gone_from(&t, booked[2].id).await;
    let offered =
        bookings::queries::get(t.app.store().reader(), &t.scope(), waits.id).await.unwrap();
    assert_eq!((offered.state, offered.slot_id), (BookingState::Offered, Some(free[2])));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_must_be_chosen_free_and_of_this_session() {
    let t = TestApp::start().await;
    let session = consultation(&t, at(2024, 7, 10, 14, 0), &[t.place.teacher]).await;
    let free = slots(&t, session).await;
    let class = class(&t, at(2024, 7, 11, 14, 0), 3).await;
    let (first, second) = (person(&t, "いちばん").await, person(&t, "にばん").await);
    refused(act!(t, book, &wish(session, first, false)), "slot_needed");
    let with_slot = |session, who| a_wish(session, who).slot(free[0]);
    with_slot(session, first).book(&t).await;
    refused(with_slot(session, second).try_to_book(&t).await, "slot_taken");
    refused(with_slot(class, second).try_to_book(&t).await, "no_slot_here");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_booking_keeps_number_and_invitation_and_frees_its_seat() {
    let t = TestApp::start().await;
    let from = class(&t, at(2024, 7, 30, 14, 0), 1).await;
    let to = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let first = book(&t, from, person(&t, "いちばん").await).await.unwrap();
    let waits = book(&t, from, person(&t, "にばん").await).await.unwrap();
    let moved = act!(t, move_to, first.id, to, None).unwrap();
    assert_eq!((moved.number, &moved.calendar_uid), (first.number, &first.calendar_uid));
    assert_eq!(moved.calendar_sequence, first.calendar_sequence + 1);
    assert_eq!(state(&t, waits.id).await, BookingState::Offered);
    assert_eq!((taken(&t, from).await, taken(&t, to).await), (1, 1));
    // Back into a full session: refused, and nothing changed.
    refused(act!(t, move_to, moved.id, from, None), "session_full");
    assert_eq!((taken(&t, from).await, taken(&t, to).await), (1, 1));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_moves_between_slots_of_one_consultation() {
    let t = TestApp::start().await;
    let session = consultation(&t, at(2024, 7, 10, 14, 0), &[t.place.teacher]).await;
    let free = slots(&t, session).await;
    let who = person(&t, "いちばん").await;
    let booked = a_wish(session, who).slot(free[0]).book(&t).await;
    let moved = act!(t, move_to, booked.id, session, Some(free[1])).unwrap();
    assert_eq!(moved.slot_id, Some(free[1]));
    assert_eq!(taken(&t, session).await, 1);
    assert_eq!(slots(&t, session).await, [free[0], free[2], free[3]]);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_session_frees_everybody_and_stays_cancelled() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let same_time = class(&t, at(2024, 7, 10, 14, 0), 5).await;
    let who = person(&t, "いちばん").await;
    let booked = book(&t, session, who).await.unwrap();
    let waits = book(&t, session, person(&t, "にばん").await).await.unwrap();
    let told = act!(t, cancel_session, session).unwrap();
    assert_eq!(told, [booked.id, waits.id]);
    assert_eq!(state(&t, waits.id).await, BookingState::Cancelled);
    book(&t, same_time, who).await.unwrap();
    refused(book(&t, session, person(&t, "さんばん").await).await, "session_cancelled");
    refused(act!(t, cancel_session, session), "session_cancelled");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_session_takes_its_people_along_and_names_those_who_cannot_come() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 5).await;
    let other = class(&t, at(2024, 7, 11, 14, 0), 5).await;
    let (free, busy) = (person(&t, "いちばん").await, person(&t, "にばん").await);
    let kept = book(&t, session, free).await.unwrap();
    let conflict = book(&t, session, busy).await.unwrap();
    book(&t, other, busy).await.unwrap();
    let to = two_hours("2024-07-11 15:00", t.place.branch);
    let moved = act!(t, move_session, session, &to, None).unwrap();
    assert_eq!((moved.kept, moved.conflicts), (vec![kept.id], vec![conflict.id]));
    let kept = bookings::queries::get(t.app.store().reader(), &t.scope(), kept.id).await.unwrap();
    assert_eq!(kept.calendar_sequence, 1);
    let history = t.operator().await.get(&format!("/people/{free}")).await.expect(200).text;
    let said = "7月11日（木曜日）午後3時、麴町出張所。前は、7月10日（水曜日）午後2時、千代田区役所でした。";
    assert!(history.contains(said), "{history}");
    refused(book(&t, other, free).await, "overlap");
    t.finish().await;
}

#[tokio::test]
async fn who_cancels_after_being_marked_as_here_did_not_come() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 1, 10, 30), 1).await;
    let booked = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let here = act!(t, record_attendance, booked.id, Some(Attendance::Present)).unwrap();
    assert!(here.came());

    let cancelled = act!(t, cancel, booked.id).unwrap();
    assert_eq!((cancelled.attendance, cancelled.attendance_at), (None, None));
    t.run_jobs().await;
    let asked = entity::surveys::follow_up::Entity::find().all(t.app.store().reader()).await;
    let open = asked.unwrap().into_iter().filter(|row| row.closed_at.is_none());
    assert_eq!(open.count(), 0, "nobody is asked whether a class helped that they left");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attendance_is_recorded_around_the_session_and_can_be_mended() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 2).await;
    let booked = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let present = Some(Attendance::Present);
    refused(act!(t, record_attendance, booked.id, present), "too_early");
    t.clock.set(at(2024, 7, 10, 13, 50));
    let recorded = act!(t, record_attendance, booked.id, present).unwrap();
    assert_eq!(recorded.attendance_at, Some(t.now()));
    let mended = act!(t, record_attendance, booked.id, Some(Attendance::Late)).unwrap();
    assert_eq!(mended.attendance, Some(Attendance::Late));
    let undone = act!(t, record_attendance, booked.id, None).unwrap();
    assert_eq!((undone.attendance, undone.attendance_at), (None, None));

    let walk_in = act!(t, walk_in, session, person(&t, "とうじつ").await).unwrap();
    assert_eq!((walk_in.via, walk_in.attendance), (Via::WalkIn, present));
    refused(act!(t, walk_in, session, person(&t, "さんにんめ").await), "session_full");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_of_another_municipality_does_not_exist() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 2).await;
    let who = person(&t, "いちばん").await;
    let booked = book(&t, session, who).await.unwrap();
    let elsewhere = &shirube::platform::Scope::whole(t.place.yokohama);

    let answer = t
        .app
        .store()
        .write(&t.ctx_system(), "cancel", |tx| async move {
            bookings::actions::cancel(&tx, elsewhere, booked.id).await
        })
        .await;
    assert!(matches!(answer, Err(Error::NotFound)), "{answer:?}");

    let wish = &wish(session, who, false);
    let answer = t
        .app
        .store()
        .write(&t.ctx_system(), "book", |tx| async move {
            bookings::actions::book(&tx, elsewhere, wish).await
        })
        .await;
    assert!(matches!(answer, Err(Error::NotFound)), "{answer:?}");
    t.finish().await;
}
