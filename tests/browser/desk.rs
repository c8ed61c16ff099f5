//! One call at the desk, by keyboard alone, with every key counted.

use fantoccini::Locator;

use crate::support::{ALT, Browser, CONTROL, ENTER, SPACE, Service, TAB};

/// Types into the one box, as a caller says it, and presses Enter.
async fn enter(browser: &Browser, typed: &str) {
    browser.press_all(typed).await;
    browser.press(ENTER).await;
}

/// Answers six questions and goes to the days: apply; has a phone and does not use it; it looks
/// hard; would like to use maps.
async fn hear(browser: &Browser) {
    browser.wait_for("聞き取り").await;
    browser.press_all("12").await;
    browser.press('2').await;
    browser.press(ENTER).await;
    browser.press('3').await;
    browser.press('.').await;
    browser.wait_for("空きのある").await;
}

/// Takes the first day, reads back and finishes; gives the booking number.
async fn book_first_and_finish(browser: &Browser) -> String {
    browser.press('1').await;
    browser.wait_for("くり返します").await;
    browser.press_with(CONTROL, ENTER).await;
    browser.wait_for("受付番号").await;
    let text = browser.text().await;
    let number = text.split_whitespace().find(|word| {
        word.len() == 9
            && word.as_bytes()[4] == b'-'
            && word.replace('-', "").bytes().all(|b| b.is_ascii_digit())
    });
    number.unwrap_or_else(|| panic!("no booking number in:\n{text}")).to_owned()
}

async fn desk(service: &Service) -> Browser {
    let browser = Browser::start(service, true).await;
    browser.resize(1280, 800).await;
    browser.log_in("annai").await;
    browser.open("/desk").await;
    browser.counted_keys();
    browser
}

#[tokio::test]
async fn a_known_caller_is_booked_within_22_keys() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000210").await;
    hear(&browser).await;
    browser.picture("desk-call-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    browser.press('1').await;
    browser.wait_for("くり返します").await;
    browser.picture("desk-readback-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    browser.press_with(CONTROL, ENTER).await;
    browser.wait_for("受付番号").await;
    browser.picture("desk-done-1280").await;
    let keys = browser.counted_keys();
    assert!(keys <= 22, "{keys} keys");
}

#[tokio::test]
async fn one_of_a_couple_on_one_phone_is_booked_within_23_keys() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000201").await;
    browser.wait_for("シルベ タロウ").await;
    browser.picture("desk-couple-1280").await;
    browser.press('1').await;
    hear(&browser).await;
    book_first_and_finish(&browser).await;
    let keys = browser.counted_keys();
    assert!(keys <= 23, "{keys} keys");
}

#[tokio::test]
async fn a_new_caller_is_booked_within_55_keys() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000999").await;
    browser.wait_for("はじめての番号です").await;
    browser.press_kana("tameshihanako", "ためし はなこ").await;
    browser.press(ENTER).await;
    browser.press('3').await;
    browser.press(ENTER).await;
    browser.wait_for("タメシ ハナコ").await;
    hear(&browser).await;
    let number = book_first_and_finish(&browser).await;
    let keys = browser.counted_keys();
    assert!(keys <= 55, "{keys} keys");

    // The number opens the booking again, typed into the same box.
    enter(&browser, &number.replace('-', "")).await;
    browser.wait_for("タメシ ハナコ").await;
}

/// Books somebody for the next test, and gives the digits of the booking's number.
async fn booked(browser: &Browser) -> String {
    enter(browser, "0300000210").await;
    hear(browser).await;
    let number = book_first_and_finish(browser).await.replace('-', "");
    browser.counted_keys();
    number
}

#[tokio::test]
async fn a_booking_is_moved_or_cancelled_by_its_number_within_12_keys() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    let number = booked(&browser).await;
    enter(&browser, &number).await;
    browser.wait_for("取り消す").await;
    browser.picture("desk-number-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    browser.press(ENTER).await;
    browser.wait_for("変える先").await;
    browser.picture("desk-move-1280").await;
    browser.press(SPACE).await;
    browser.press(ENTER).await;
    browser.wait_for("聞き取り").await;
    let keys = browser.counted_keys();
    assert!(keys <= 12, "{keys} keys to move");

    browser.press_with(CONTROL, ENTER).await;
    browser.wait_for("電話の記録を閉じました").await;
    browser.counted_keys();
    enter(&browser, &number).await;
    browser.wait_for("取り消す").await;
    browser.press(TAB).await;
    browser.press(ENTER).await;
    browser.press(ENTER).await;
    browser.wait_for("電話の記録を閉じました").await;
    let keys = browser.counted_keys();
    assert!(keys <= 12, "{keys} keys to cancel and to end the call");
    enter(&browser, &number).await;
    browser.wait_for("タメシ ミドリ").await;
    let living = browser.client.find(Locator::Css("#bookings")).await.unwrap();
    let living = living.text().await.unwrap().replace('-', "");
    assert!(!living.contains(&number), "{living}");
}

#[tokio::test]
async fn who_reads_a_number_out_and_talks_on_is_heard_without_another_key() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    let number = booked(&browser).await;
    enter(&browser, &number).await;
    browser.wait_for("取り消す").await;
    hear(&browser).await;
}

#[tokio::test]
async fn a_question_is_only_noted_within_8_keys() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    browser.press('0').await;
    browser.press(ENTER).await;
    browser.wait_for("聞き取り").await;
    browser.press('3').await;
    browser.press_with(ALT, '5').await;
    let keys = browser.counted_keys();
    browser.press_all("wifi").await;
    browser.counted_keys();
    browser.press_with(CONTROL, ENTER).await;
    browser.wait_for("電話の記録を閉じました").await;
    let keys = keys + browser.counted_keys();
    assert!(keys <= 8, "{keys} keys");
    browser.open("/calls").await;
    browser.wait_for("wifi").await;
}

#[tokio::test]
async fn the_desk_fits_its_screen_and_reflows_when_magnified() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000210").await;
    hear(&browser).await;
    let script = "const e = document.documentElement; return e.scrollHeight - e.clientHeight;";
    let below = browser.client.execute(script, vec![]).await.unwrap().as_i64().unwrap();
    assert!(below <= 0, "{below} px below the edge of 1280 x 800");
    for (width, height) in [(1024, 768), (375, 800), (320, 256)] {
        browser.resize(width, height).await;
        assert_eq!(browser.sideways_scroll().await, 0, "{width}");
        browser.picture(&format!("desk-call-{width}")).await;
    }
}
