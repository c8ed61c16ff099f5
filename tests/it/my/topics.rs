//! Another day may be about something else: every choice says what about.

use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::Set;

use super::*;

/// A class under another title.
async fn titled(t: &TestApp, day: u32, title: &'static str) -> SessionId {
    let id = class(t, at(2024, 7, day, 14, 0), 12).await;
    t.app
        .store()
        .write(&t.ctx_system(), "change_for_test", |tx| async move {
            let session = entity::sessions::session::ActiveModel {
                id: Set(id),
                title_ja: Set(title.to_owned()),
                ..Default::default()
            };
            session.update(tx.db()).await?;
            Ok(())
        })
        .await
        .unwrap();
    id
}

#[tokio::test]
async fn the_same_topic_comes_first_and_another_one_is_named() {
    let t = TestApp::start().await;
    let booked = titled(&t, 10, "安心して使うために").await;
    let other = titled(&t, 11, "電源の入れ方").await;
    let same = titled(&t, 18, "安心して使うために").await;
    let browser = Browser::new(&t);
    browser.book(booked, "しるべ はなこ", "0312345678").await;

    let days = browser.get("/my/day").await.expect(200).text;
    let place = |part: &str| days.find(part).unwrap_or_else(|| panic!("{part} in {days}"));
    assert!(place("同じ内容の日") < place(&format!("/my/day/{same}\"")), "{days}");
    assert!(place(&format!("/my/day/{same}\"")) < place("ほかの内容の日"), "{days}");
    assert!(place("ほかの内容の日") < place(&format!("/my/day/{other}\"")), "{days}");
    assert!(days.contains("<h3>安心して使うために</h3>") && days.contains("<h3>電源の入れ方</h3>"));

    let asked = browser.get(&format!("/my/day/{same}")).await.expect(200).text;
    assert!(asked.matches("安心して使うために").count() >= 2, "old and new: {asked}");
    assert!(!asked.contains("内容も変わります"));
    let asked = browser.get(&format!("/my/day/{other}")).await.expect(200).text;
    let warned = "内容も変わります。「安心して使うために」から「電源の入れ方」になります。";
    assert!(asked.contains(warned), "{asked}");
    t.finish().await;
}
