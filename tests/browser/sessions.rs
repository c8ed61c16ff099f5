//! Attendance: by touch on a tablet, and from paper.

use fantoccini::Locator;

use crate::support::{Browser, Service};

#[tokio::test]
async fn attendance_is_recorded_by_touch_and_taken_back() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.log_in("hashi").await;

    // The newest session that is over: its attendance can still be mended.
    browser.open("/sessions/1/attend").await;
    browser.resize(768, 1024).await;
    browser.picture("attend-768").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    assert_eq!(browser.sideways_scroll().await, 0);

    let rows = browser.client.find_all(Locator::Css(".attend-list > li")).await.unwrap();
    assert!(!rows.is_empty(), "{}", browser.text().await);
    let text = browser.text().await;
    assert!(!text.contains("03-0000-"), "no whole phone number on the tablet");
    for row in &rows {
        let (_, _, _, height) = row.rectangle().await.unwrap();
        assert!(height >= 72.0, "a row of {height} px");
    }

    let marked =
        async || browser.client.find_all(Locator::Css("button[value=none]")).await.unwrap().len();
    let before = marked().await;
    browser.click(".attend-list > li:first-child button[value=none]").await;
    assert_eq!(marked().await, before - 1, "the record is taken back");
    browser.click(".attend-list > li:first-child button[value=present]").await;
    assert_eq!(marked().await, before, "and made again");
}
