//! How long an answer takes tells nothing.

use std::time::Instant;

use shirube::my::even::TICK;

use super::*;

#[tokio::test]
async fn what_is_done_with_a_booking_is_answered_at_even_times() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let other = class(&t, at(2024, 7, 17, 14, 0), 5).await;
    let browser = Browser::new(&t);
    browser.book(session, "しるべ はなこ", "0312345678").await;

    let day = format!("/my/day/{other}");
    for (path, status) in [
        (&*day, 303),
        // Refused: it is there already.
        (&*day, 303),
        // Before the job that writes the first notice has run.
        ("/my/again", 303),
        ("/my/cancel", 303),
        ("/my/again", 303),
        ("/my/give-back", 303),
        ("/my/accept", 303),
    ] {
        let begun = Instant::now();
        let answer = browser.post(path, &[]).await;
        assert_eq!(answer.code(), status, "{path}");
        assert!(begun.elapsed() >= TICK, "{path}: {:?}", begun.elapsed());
    }

    // To read a page waits for nothing.
    let begun = Instant::now();
    for _ in 0..5 {
        browser.get("/my/booking").await.expect(200);
    }
    assert!(begun.elapsed() < 5 * TICK, "{:?}", begun.elapsed());
    t.finish().await;
}
