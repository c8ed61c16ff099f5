//! A resident books, looks up, changes and cancels, with scripting switched off.

use fantoccini::Locator;

use crate::support::{Browser, Service};

/// The number that the page shows large.
async fn number(browser: &Browser) -> String {
    let shown = browser.client.find(Locator::Css(".done-number")).await.unwrap();
    shown.text().await.unwrap()
}

async fn next(browser: &Browser) {
    browser.click("main form .button-main").await;
}

/// Follows the first link whose address begins with `prefix`.
async fn follow(browser: &Browser, prefix: &str) {
    browser.click(&format!("main a[href^='{prefix}']")).await;
}

#[tokio::test]
async fn a_resident_books_looks_up_changes_and_cancels_without_scripting() {
    let service = Service::start().await;
    let browser = Browser::start(&service, false).await;
    walk(&browser, async |_| {}).await;
}

#[tokio::test]
async fn every_page_on_that_way_is_accessible() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    walk(&browser, async |browser: &Browser| {
        let path = browser.path().await;
        let wrong = browser.look(&format!("way{}", path.replace(['/', '?', '=', '&'], "_"))).await;
        assert_eq!(wrong, Vec::<String>::new(), "{path}");
    })
    .await;
}

/// The whole way; `look` is asked on every page that only this way leads to.
async fn walk(browser: &Browser, look: impl AsyncFn(&Browser)) {
    browser.resize(375, 800).await;
    let mut pages = 0;
    browser.open_free_session("class_basic").await;
    look(browser).await;
    follow(browser, "/book/").await;
    pages += 1;
    browser.click("input[name=who][value=myself]").await;
    look(browser).await;
    browser.picture("book-1-who-375").await;
    next(browser).await;
    pages += 1;

    // A mistake first: the page says what to do and keeps what was typed.
    browser.type_into("input[name=name]", "試し 一郎").await;
    next(browser).await;
    let title = browser.client.title().await.unwrap();
    assert!(title.starts_with("まちがい"), "{title}");
    let kept = browser.client.find(Locator::Css("input[name=name]")).await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().as_deref(), Some("試し 一郎"));
    look(browser).await;
    browser.picture("book-2-error-375").await;

    browser.type_into("input[name=kana]", "ためし いちろう").await;
    next(browser).await;
    pages += 1;

    browser.type_into("input[name=phone]", "０３−００００−０９０１").await;
    look(browser).await;
    browser.picture("book-3-phone-375").await;
    next(browser).await;
    pages += 1;

    browser.click("input[name=way][value=phone]").await;
    look(browser).await;
    browser.picture("book-4-way-375").await;
    next(browser).await;
    pages += 1;

    browser.wait_for("この内容で申し込みますか").await;
    browser.picture("book-5-check-375").await;
    look(browser).await;
    next(browser).await;
    pages += 1;
    assert!(pages <= 6, "{pages} pages");

    browser.wait_for("申し込みができました").await;
    look(browser).await;
    browser.picture("book-6-done-375").await;
    let number = number(browser).await;
    let address = browser.path().await;
    assert!(!address.contains("0901") && !address.contains("%E3"), "{address}");

    // Going back and pressing again books nothing more.
    browser.client.refresh().await.unwrap();
    browser.wait_for(&number).await;

    browser.client.delete_all_cookies().await.unwrap();
    browser.open("/my").await;
    browser.type_into("input[name=number]", &number).await;
    browser.type_into("input[name=last4]", "9999").await;
    next(browser).await;
    assert!(!browser.text().await.contains("ためし"), "a wrong guess shows nothing");

    browser.type_into("input[name=number]", &number).await;
    browser.type_into("input[name=last4]", "0901").await;
    next(browser).await;
    browser.wait_for(&number).await;
    browser.picture("my-booking-375").await;
    look(browser).await;

    follow(browser, "/my/day").await;
    browser.picture("my-day-375").await;
    look(browser).await;
    follow(browser, "/my/day/").await;
    browser.picture("my-day-sure-375").await;
    look(browser).await;

    browser.open("/my/path").await;
    browser.picture("my-path-375").await;
    look(browser).await;

    browser.open("/my/cancel").await;
    browser.wait_for("参加をやめますか").await;
    look(browser).await;
    browser.picture("my-cancel-375").await;
    browser.submit("main form").await;
    browser.wait_for("取り消しました").await;
    look(browser).await;
}

#[tokio::test]
async fn the_english_pages_lead_to_a_consultation_at_a_chosen_time() {
    let service = Service::start().await;
    let browser = Browser::start(&service, false).await;
    browser.resize(320, 640).await;

    browser.open("/events?lang=en").await;
    browser.open_free_session("consultation").await;
    browser.click("input[name=time]").await;
    browser.picture("event-consultation-320-en").await;
    next(&browser).await;

    browser.click("input[name=who][value=myself]").await;
    next(&browser).await;
    browser.type_into("input[name=kana]", "ためし じろう").await;
    browser.picture("book-2-name-320-en").await;
    next(&browser).await;
    browser.type_into("input[name=phone]", "090-0000-0902").await;
    next(&browser).await;
    browser.click("input[name=way][value=phone]").await;
    next(&browser).await;

    browser.wait_for("Is everything correct?").await;
    assert_eq!(browser.sideways_scroll().await, 0);
    next(&browser).await;
    browser.wait_for("Your booking is confirmed").await;

    let text = browser.text().await;
    let japanese = text.chars().filter(|c| ('\u{3041}'..='\u{30ff}').contains(c)).count();
    // The person's own reading and the link to the Japanese pages are all that is left.
    assert!(japanese < 20, "half translated:\n{text}");
}
