//! Holds that go on with the talk.

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
