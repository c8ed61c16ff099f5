//! What the office does does not show to whoever applied, before it has settled whose it is.

use entity::ResidentId;

use super::known::{KANA, NAME, PHONE, book_by_phone, known_person};
use super::*;

/// An application in the name of the person that is known; it goes to that person's record.
async fn applies(t: &TestApp, session: SessionId, known: ResidentId) -> Browser {
    let browser = Browser::new(t);
    let path = browser.up_to_check(session, KANA, PHONE).await;
    let named = [("kana", KANA), ("name", NAME)];
    browser.post(&format!("{path}/name"), &named).await.expect(303);
    browser.press(&path).await.expect(303);
    t.run_jobs().await;
    assert_eq!(bookings_of(t, session).await[0].resident_id, known, "it is joined");
    browser
}

#[tokio::test]
async fn the_own_way_of_a_known_person_shows_to_nobody() {
    let t = TestApp::start().await;
    let known = known_person(&t).await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = applies(&t, session, known).await;
    for _ in 0..2 {
        let page = browser.get("/my/booking?done=again").await.expect(200);
        assert!(page.text.contains("えらんだ方法で"), "{}", page.text);
        assert!(!page.text.contains("手紙でお送りします"), "{}", page.text);
        browser.post("/my/again", &[]).await.expect(303);
    }
    t.finish().await;
}

#[tokio::test]
async fn taking_a_cancellation_back_does_not_depend_on_what_else_the_person_has() {
    let t = TestApp::start().await;
    let known = known_person(&t).await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = applies(&t, session, known).await;
    browser.post("/my/cancel", &[]).await.expect(303);
    t.run_jobs().await;
    book_by_phone(&t, session, known).await;
    let back = browser.post("/my/give-back", &[]).await.expect(303);
    assert_eq!(back.location(), "/my/booking?done=back");
    t.run_jobs().await;
    let made = bookings_of(&t, session).await;
    let living = made.iter().filter(|one| one.state == BookingState::Confirmed).count();
    assert_eq!(living, 2, "one for each, until the office has looked");
    let list = t.operator().await.get("/same").await.expect(200);
    assert!(list.text.contains("シルベ ハナコ"), "{}", list.text);
    t.finish().await;
}

#[tokio::test]
async fn that_somebody_left_does_not_show_to_whoever_applied_in_the_name() {
    let t = TestApp::start().await;
    let known = known_person(&t).await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let own = class(&t, at(2024, 7, 17, 14, 0), 12).await;
    book_by_phone(&t, own, known).await;
    let browser = applies(&t, session, known).await;
    let before = browser.get("/my/booking").await.expect(200);
    assert!(before.text.contains("日にちを変える"), "{}", before.text);

    let operator = t.operator().await;
    let path = format!("/people/{known}/standing");
    let asked = operator.get(&format!("{path}?to=moved_out")).await.expect(200);
    assert!(asked.text.contains("7月17日") && !asked.text.contains("7月10日"), "{}", asked.text);
    let seen = asked.field("seen");
    let done = operator.post_form(&path, &[("to", "moved_out"), ("seen", &seen)]).await;
    let done = done.expect(303);
    assert!(done.location().starts_with(&format!("{path}?done=changed&")), "{}", done.location());
    t.run_jobs().await;

    let after = browser.get("/my/booking").await.expect(200);
    assert_eq!(after.text, before.text);
    assert_eq!(bookings_of(&t, own).await[0].state, BookingState::Cancelled);
    let list = operator.get("/same").await.expect(200);
    assert!(list.text.contains("シルベ ハナコ"), "the office is asked: {}", list.text);
    t.finish().await;
}
