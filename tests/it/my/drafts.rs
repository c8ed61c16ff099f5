//! What is typed on the way to a booking, and where it is kept.

use entity::platform::form_draft;
use shirube::platform::config::Config;

use super::*;

async fn kept(t: &TestApp) -> Vec<form_draft::Model> {
    form_draft::Entity::find().all(t.app.store().reader()).await.unwrap()
}

/// Everything that the browser holds.
fn held(browser: &Browser) -> String {
    format!("{:?}", browser.cookies.lock().unwrap())
}

#[tokio::test]
async fn what_was_typed_is_in_no_cookie_and_gone_after_a_day() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.up_to_check(session, "しるべ はなこ", "0312345678").await;
    for typed in ["はなこ", "%E3%81%AF", "0312345678", "phone"] {
        assert!(!held(&browser).contains(typed), "{typed}: {}", held(&browser));
    }
    assert_eq!(kept(&t).await.len(), 1);
    // Another browser with the same address finds nothing.
    let other = Browser::new(&t);
    assert_eq!(other.get(&format!("{path}/check")).await.location(), "/events?again=1");
    t.advance(TimeDelta::hours(23));
    browser.get(&format!("{path}/check")).await.expect(200);
    t.advance(TimeDelta::hours(1));
    assert_eq!(browser.get(&format!("{path}/check")).await.location(), "/events?again=1");
    t.advance(TimeDelta::hours(1));
    t.run_jobs().await;
    assert!(kept(&t).await.is_empty());
    t.finish().await;
}

#[tokio::test]
async fn what_was_typed_is_deleted_by_the_booking_and_by_whoever_stops() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);

    // Two forms in one browser do not know each other.
    let first = browser.up_to_check(session, "しるべ はなこ", "0312345678").await;
    let second = browser.up_to_check(session, "しるべ たろう", "0312345678").await;
    let check = browser.get(&format!("{first}/check")).await.expect(200);
    assert!(check.text.contains("しるべ はなこ") && !check.text.contains("しるべ たろう"));

    browser.press(&first).await.expect(303);
    let left = kept(&t).await.into_iter().filter(|row| row.body.to_string().contains("はなこ"));
    assert_eq!(left.count(), 0);

    let page = browser.get(&format!("{second}/check")).await.expect(200);
    assert!(page.text.contains("入力を消す"), "{}", page.text);
    browser.post(&format!("{second}/stop"), &[]).await.expect(303);
    assert_eq!(browser.get(&format!("{second}/check")).await.location(), "/events?again=1");
    assert_eq!(kept(&t).await.len(), 1, "that something was booked");

    // On a machine that others use, nothing leads back to it.
    browser.get(&format!("{first}/done")).await.expect(200);
    browser.post("/my/close", &[]).await.expect(303);
    assert_eq!(browser.get(&format!("{first}/done")).await.location(), "/my");

    let notice = browser.get("/privacy").await.expect(200);
    assert!(notice.text.contains("24時間だけおあずかりし"), "{}", notice.text);
    t.finish().await;
}

#[tokio::test]
async fn where_browsers_come_by_https_no_other_host_can_set_our_cookies() {
    let https = Config { base_url: "https://shirube.example.jp".into(), ..Config::default() };
    let t = TestApp::start_with(https).await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.up_to_check(session, "しるべ はなこ", "0312345678").await;
    let booked = browser.press(&path).await.expect(303);
    let chosen = browser.get("/?lang=en&size=3").await.expect(200);
    for answer in [&booked, &chosen] {
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.starts_with("__Host-"), "{line}");
            assert!(line.contains("Path=/;") && line.contains("Secure"), "{line}");
        }
    }
    assert!(browser.get("/").await.expect(200).text.contains("lang=\"en\""));
    browser.get("/my/booking").await.expect(200);
    t.finish().await;
}
