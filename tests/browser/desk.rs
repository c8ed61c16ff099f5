//! One call at the desk, by keyboard alone, with every key counted.

use fantoccini::Locator;

use crate::support::{ALT, Browser, CONTROL, DELETE, ENTER, F2, SPACE, Service};

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
    browser.wait_for("電話の記録を閉じました").await;
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
    browser.wait_for("電話の記録を閉じました").await;
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
    browser.press(DELETE).await;
    browser.wait_for("取り消してよいか").await;
    browser.picture("desk-cancel-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    browser.press('2').await;
    browser.wait_for("この電話で取り消しました").await;
    browser.press(ENTER).await;
    browser.wait_for("電話の記録を閉じました").await;
    let keys = browser.counted_keys();
    assert!(keys <= 12, "{keys} keys to cancel, to be asked and to end the call");
    enter(&browser, &number).await;
    browser.wait_for("タメシ ミドリ").await;
    let living = browser.client.find(Locator::Css("#bookings")).await.unwrap();
    let living = living.text().await.unwrap().replace('-', "");
    assert!(!living.contains(&number), "{living}");
}

/// The answer of a script on the page.
async fn ask(browser: &Browser, script: &str) -> String {
    let answer = browser.client.execute(script, vec![]).await.unwrap();
    answer.as_str().map_or_else(|| answer.to_string(), str::to_owned)
}

async fn focused(browser: &Browser) -> String {
    ask(browser, "return document.activeElement.id;").await
}

#[tokio::test]
async fn one_enter_at_the_question_keeps_what_was_booked() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    let number = booked(&browser).await;
    enter(&browser, &number).await;
    browser.wait_for("取り消す").await;
    browser.press(DELETE).await;
    browser.wait_for("取り消してよいか").await;
    browser.press(ENTER).await;
    browser.wait_for("確定").await;
    let text = browser.text().await;
    assert!(!text.contains("取り消してよいか") && !text.contains("この電話で取り消し"), "{text}");
    // And what was cancelled comes back.
    browser.client.find(Locator::Css("#bookings button")).await.unwrap().click().await.unwrap();
    browser.wait_for("取り消してよいか").await;
    browser.press('2').await;
    browser.wait_for("この電話で取り消しました").await;
    browser.click("[data-cancelled] button").await;
    browser.wait_for("確定").await;
}

#[tokio::test]
async fn a_second_day_asks_by_keys_and_a_sign_of_life_keeps_the_first() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000210").await;
    hear(&browser).await;
    browser.press('1').await;
    browser.wait_for("くり返します").await;
    let first = ask(&browser, "return document.querySelector('.readback').innerText;").await;

    // A sign of life every second, so that one is seen before the test ends.
    ask(&browser, "document.getElementById('desk').dataset.beat = '1'; return '';").await;

    browser.press_with(ALT, '4').await;
    browser.press('2').await;
    browser.wait_for("先におさえた席があります").await;
    browser.picture("desk-instead-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());

    browser.press(ENTER).await;
    browser.wait_gone("#question").await;
    let now = ask(&browser, "return document.querySelector('.readback').innerText;").await;
    assert_eq!(now, first, "one Enter keeps the first seat");

    browser.press(F2).await;
    browser.wait_for("席をおさえたままです").await;
    browser.press('1').await;
    browser.wait_gone("#question").await;

    browser.press('.').await;
    browser.press('2').await;
    browser.wait_for("先におさえた席があります").await;
    browser.press('2').await;
    browser.wait_gone("#question").await;
    let now = ask(&browser, "return document.querySelector('.readback').innerText;").await;
    assert_ne!(now, first, "the digit of the other answer takes the second");

    let beats = "return performance.getEntriesByType('resource')
        .filter((entry) => entry.name.endsWith('/desk/stay')).length;";
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while ask(&browser, beats).await == "0" {
        assert!(std::time::Instant::now() < deadline, "no sign of life");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }

    browser.press_with(CONTROL, ENTER).await;
    browser.wait_for("電話の記録を閉じました").await;
}

#[tokio::test]
async fn enter_goes_on_and_only_plus_asks_whose_number_it_is() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000210").await;
    browser.wait_for("タメシ ミドリ").await;
    browser.press_with(ALT, '1').await;
    enter(&browser, "09000009999").await;
    browser.wait_for("どなたのものですか").await;
    browser.press_with(ALT, '2').await;
    browser.press(ENTER).await;
    browser.press(ENTER).await;
    let asked = ask(&browser, "return String(!!document.getElementById('whose'));").await;
    assert_eq!(asked, "true", "Enter added the number");
    browser.press('+').await;
    browser.picture("desk-whose-1280").await;
    browser.press(ENTER).await;
    let asked = ask(&browser, "return String(!!document.getElementById('whose'));").await;
    assert_eq!(asked, "true", "Enter added the number");
    browser.press('+').await;
    browser.press('2').await;
    browser.wait_for("（ご家族） を足しました").await;
    browser.click("[formaction='/desk/phone-back']").await;
    browser.wait_for("どなたのものですか").await;
}

#[tokio::test]
async fn a_dot_and_a_digit_on_somebody_without_steps_say_nothing_was_booked() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000241").await;
    browser.wait_for("予約する段がありません").await;
    browser.press('.').await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(focused(&browser).await, "no-steps");
    browser.press('1').await;
    let ticked = "return String(!!document.querySelector('[name=outcome]:checked'));";
    assert_eq!(ask(&browser, ticked).await, "false");
    browser.press(ENTER).await;
    assert_eq!(focused(&browser).await, "finish");
}

#[tokio::test]
async fn what_was_typed_stays_on_the_screen_while_nothing_can_be_stored() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    enter(&browser, "0300000210").await;
    browser.wait_for("聞き取り").await;
    drop(service);
    browser.press_all("12").await;
    browser.press_with(ALT, '5').await;
    browser.press_all("wifi").await;
    browser.wait_for("いま、保存できません").await;
    browser.wait_for("紙の聞き取り票をひらく").await;
    browser.picture("desk-trouble-1280").await;
    assert_eq!(ask(&browser, "return document.getElementById('memo').value;").await, "wifi");
    let below = "const e = document.documentElement; return e.scrollHeight - e.clientHeight;";
    assert_eq!(ask(&browser, below).await, "0", "px below the edge of 1280 x 800");
}

#[tokio::test]
async fn the_call_sheet_is_one_page_of_a4() {
    let service = Service::start().await;
    let browser = desk(&service).await;
    browser.open("/desk/paper").await;
    browser.wait_for("聞き取り票").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    browser.picture("desk-paper-1280").await;
    let (pages, _) = browser.print("desk-paper").await;
    assert_eq!(pages, 1);
    browser.open("/desk/paper?lang=en").await;
    let (pages, _) = browser.print("desk-paper-en").await;
    assert_eq!(pages, 1, "in English");
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
