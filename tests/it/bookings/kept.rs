//! Holds that go on with the talk, and cancellations that are taken back.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_goes_on_with_every_sign_and_ends_five_minutes_after_the_last() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let (first, second) = (person(&t, "いちばん").await, person(&t, "にばん").await);
    let held = act!(t, hold, &wish(session, first, false)).unwrap();
    for verb in 0..6 {
        t.advance(TimeDelta::minutes(4));
        t.run_jobs().await;
        let kept = match verb % 2 {
            0 => act!(t, renew, held.id).unwrap(),
            _ => act!(t, hold, &wish(session, first, false)).unwrap(),
        };
        assert_eq!((kept.id, kept.expires_at), (held.id, Some(t.now() + TimeDelta::minutes(5))));
        refused(act!(t, book, &wish(session, second, false)), "session_full");
    }
    // A moment later nothing is written: one renewal a minute is enough.
    let before = act!(t, renew, held.id).unwrap();
    t.advance(TimeDelta::seconds(30));
    assert_eq!(act!(t, renew, held.id).unwrap(), before);
    t.advance(TimeDelta::minutes(5));
    refused(act!(t, renew, held.id), "too_late");
    t.run_jobs().await;
    assert_eq!(state(&t, held.id).await, BookingState::Expired);
    refused(act!(t, renew, held.id), "not_now");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_is_taken_back_while_the_seat_is_free() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let (first, second) = (person(&t, "いちばん").await, person(&t, "にばん").await);
    let booked = book(&t, session, first).await.unwrap();
    refused(act!(t, reinstate, booked.id), "not_now");
    act!(t, cancel, booked.id).unwrap();
    let again = act!(t, reinstate, booked.id).unwrap();
    assert_eq!((again.number, again.state), (booked.number, BookingState::Confirmed));
    assert_eq!(again.calendar_sequence, booked.calendar_sequence + 2);
    assert_eq!(taken(&t, session).await, 1);
    act!(t, cancel, booked.id).unwrap();
    let other = book(&t, session, second).await.unwrap();
    refused(act!(t, reinstate, booked.id), "session_full");
    act!(t, cancel, other.id).unwrap();
    book(&t, session, first).await.unwrap();
    refused(act!(t, reinstate, booked.id), "already_booked");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_taken_back_has_its_old_place() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let seat = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let [second, third] = [person(&t, "にばん").await, person(&t, "さんばん").await];
    let waits = book(&t, session, second).await.unwrap();
    t.advance(TimeDelta::minutes(1));
    let later = book(&t, session, third).await.unwrap();
    act!(t, cancel, waits.id).unwrap();
    let again = act!(t, reinstate, waits.id).unwrap();
    assert_eq!((again.state, again.queued_at), (BookingState::Waiting, waits.queued_at));
    act!(t, cancel, seat.id).unwrap();
    assert_eq!(state(&t, waits.id).await, BookingState::Offered);
    assert_eq!(state(&t, later.id).await, BookingState::Waiting);
    t.finish().await;
}
