//! Those who wait: nobody overtakes them, and a seat that is free is never out of their reach.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_still_to_come_counts_against_the_limit() {
    let t = TestApp::start().await;
    let who = person(&t, "いちばん").await;
    for day in 8..20 {
        book(&t, class(&t, at(2024, 7, day, 14, 0), 3).await, who).await.unwrap();
    }
    let next = class(&t, at(2024, 7, 30, 14, 0), 3).await;
    refused(book(&t, next, who).await, "too_many_bookings");
    t.clock.set(at(2024, 7, 8, 15, 59));
    refused(book(&t, next, who).await, "too_many_bookings");
    t.clock.set(at(2024, 7, 8, 16, 0));
    book(&t, next, who).await.unwrap();
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_seats_are_not_for_newcomers_while_people_wait() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let waits = book(&t, session, person(&t, "にばん").await).await.unwrap();
    let coordinator = t.coordinator().await;
    let path = format!("/api/sessions/{session}");
    let words = coordinator.get(&path).await.expect(200);
    let edit = serde_json::json!({ "title_ja": "基礎編", "title_en": "Basics", "bring_ja": "",
        "bring_en": "", "capacity": 2, "is_public": true });
    let edited = coordinator.with_header("if-match", words.header("etag"));
    edited.put_json(&path, &edit).await.expect(200);
    // No worker has run yet.
    let newcomer = book(&t, session, person(&t, "あとから").await).await.unwrap();
    assert_eq!(newcomer.state, BookingState::Waiting);
    assert_eq!(state(&t, waits.id).await, BookingState::Offered);
    // Who asks for the seat that is offered to them takes it.
    let taken = act!(t, book, &wish(session, waits.resident_id, false)).unwrap();
    assert_eq!((taken.id, taken.state), (waits.id, BookingState::Confirmed));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shortly_before_the_session_a_free_seat_is_for_whoever_asks_also_for_who_waits() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 2).await;
    let (second, third) = (person(&t, "にばん").await, person(&t, "さんばん").await);
    let mut seats = Vec::new();
    for kana in ["いちばん", "べつ"] {
        seats.push(book(&t, session, person(&t, kana).await).await.unwrap());
    }

    let waits = book(&t, session, second).await.unwrap();
    let comes = book(&t, session, third).await.unwrap();
    refused(act!(t, hold, &wish(session, second, false)), "already_booked");

    t.clock.set(at(2024, 7, 10, 12, 30));
    for seat in seats {
        act!(t, cancel, seat.id).unwrap();
    }
    assert_eq!(state(&t, waits.id).await, BookingState::Waiting, "too late for an offer");
    let booked = book(&t, session, second).await.unwrap();
    assert_eq!((booked.id, booked.state), (waits.id, BookingState::Confirmed));
    assert_eq!(booked.number, waits.number);

    // Who waited and comes to the door is let in.
    t.clock.set(at(2024, 7, 10, 13, 50));
    let present = act!(t, walk_in, session, third).unwrap();
    assert_eq!(
        (present.id, present.state, present.attendance),
        (comes.id, BookingState::Confirmed, Some(Attendance::Present))
    );
    assert_eq!(taken(&t, session).await, 2);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_held_for_who_waited_is_not_the_end_of_the_waiting() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let first = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let who = person(&t, "にばん").await;
    let waits = book(&t, session, who).await.unwrap();
    t.clock.set(at(2024, 7, 10, 12, 30));
    act!(t, cancel, first.id).unwrap();
    let held = act!(t, hold, &wish(session, who, false)).unwrap();
    assert_eq!((held.id, held.state), (waits.id, BookingState::Held));
    let released = act!(t, release, held.id).unwrap();
    assert_eq!((released.state, released.queued_at), (BookingState::Waiting, waits.queued_at));
    assert_eq!(taken(&t, session).await, 0);

    act!(t, hold, &wish(session, who, false)).unwrap();
    t.advance(TimeDelta::minutes(5));
    t.run_jobs().await;
    assert_eq!(state(&t, waits.id).await, BookingState::Waiting, "the hold ran out");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_passed_over_is_asked_when_there_is_time_again() {
    let t = TestApp::start().await;
    let full = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let other = class(&t, at(2024, 7, 31, 15, 0), 5).await;
    let who = person(&t, "べつのばしょ").await;
    let first = book(&t, full, person(&t, "いちばん").await).await.unwrap();
    let waits = book(&t, full, who).await.unwrap();
    let elsewhere = book(&t, other, who).await.unwrap();
    gone_from(&t, first.id).await;
    assert_eq!(state(&t, waits.id).await, BookingState::Waiting);
    act!(t, cancel, elsewhere.id).unwrap();
    t.run_jobs().await;
    assert_eq!(state(&t, waits.id).await, BookingState::Offered);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_elsewhere_a_moment_ago_does_not_refuse_somebody_elses_cancelling() {
    let t = TestApp::start().await;
    for round in 0..15 {
        let full = class(&t, at(2024, 7, 8 + round, 14, 0), 1).await;
        let other = class(&t, at(2024, 7, 8 + round, 15, 0), 5).await;
        let who = person(&t, "べつのばしょ").await;
        let first = book(&t, full, person(&t, "いちばん").await).await.unwrap();
        let waits = book(&t, full, who).await.unwrap();
        act!(t, cancel, first.id).unwrap();
        t.advance(bookings::rules::KEEP);
        let (_, booked) = tokio::join!(t.run_jobs(), async { book(&t, other, who).await });
        match booked {
            Ok(_) => assert_eq!(state(&t, waits.id).await, BookingState::Waiting),
            refusal => {
                refused(refusal, "overlap");
                assert_eq!(state(&t, waits.id).await, BookingState::Offered);
            }
        }
    }
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_session_is_offered_again_with_its_new_day() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let first = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let offered = book(&t, session, person(&t, "にばん").await).await.unwrap();
    gone_from(&t, first.id).await;

    let before = bookings::queries::get(t.app.store().reader(), &t.scope(), offered.id).await;
    assert_eq!(before.unwrap().state, BookingState::Offered);

    let to = two_hours("2024-07-03 14:00", t.place.city_office);
    act!(t, move_session, session, &to, None).unwrap();
    let after = bookings::queries::get(t.app.store().reader(), &t.scope(), offered.id).await;
    let after = after.unwrap();
    assert_eq!(after.state, BookingState::Offered);
    assert_eq!(after.expires_at, Some(at(2024, 7, 3, 12, 0)), "two hours before the new start");
    assert_eq!(taken(&t, session).await, 1);

    let calls = entity::platform::outbox::Entity::find()
        .filter(
            entity::platform::outbox::Column::DedupeKey
                .eq(format!("changed:{}:{}", offered.id, after.revision)),
        )
        .one(t.app.store().reader())
        .await
        .unwrap();
    assert!(calls.is_some(), "the person hears of the new day");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_died_leaves_the_seats_to_those_who_wait_and_nobody_is_written_to() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let who = person(&t, "いちばん").await;
    let seat = book(&t, session, who).await.unwrap();
    let waits = book(&t, session, person(&t, "にばん").await).await.unwrap();
    let past = class(&t, at(2024, 7, 3, 14, 0), 1).await;
    let attended = book(&t, past, who).await.unwrap();
    t.run_jobs().await;
    let told = notices(&t, seat.id).await;
    t.clock.set(at(2024, 7, 4, 10, 0));

    let coordinator = t.coordinator().await;
    let path = format!("/api/residents/{who}");
    let card = coordinator.get(&path).await.expect(200);
    let change = serde_json::json!({ "kana": "イチバン", "standing": "deceased" });
    let changing = coordinator.with_header("if-match", card.header("etag"));
    changing.put_json_sure(&path, &change).await.expect(200);
    t.run_jobs().await;

    assert_eq!(state(&t, seat.id).await, BookingState::Cancelled);
    assert_eq!(state(&t, waits.id).await, BookingState::Waiting, "a slip can still be mended");
    t.advance(bookings::rules::KEEP);
    t.run_jobs().await;
    assert_eq!(state(&t, waits.id).await, BookingState::Offered);
    assert_eq!(state(&t, attended.id).await, BookingState::Confirmed, "what was stays");
    assert_eq!(notices(&t, seat.id).await, told);
    t.finish().await;
}

async fn notices(t: &TestApp, id: BookingId) -> usize {
    entity::notices::notice::Entity::find()
        .filter(entity::notices::notice::Column::BookingId.eq(id))
        .all(t.app.store().reader())
        .await
        .unwrap()
        .len()
}
