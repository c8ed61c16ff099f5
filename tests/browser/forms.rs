//! Plain forms in a real browser: with scripting switched off nothing is lost but comfort.

use chrono::{NaiveDate, NaiveTime};
use fantoccini::Locator;
use serde_json::json;
use shirube::platform::clock::{Clock, SystemClock};
use shirube::platform::japan::time::local_date;
use shirube::platform::japan::{OpeningHours, dates};

use crate::support::{Browser, Service};

/// A booking made on the phone, as its number and the end of a phone prove it.
async fn booked(browser: &Browser) -> String {
    browser.open_free_session("class_basic").await;
    browser.click("main a[href^='/book/']").await;
    browser.click("input[name=who][value=myself]").await;
    browser.click("main form .button-main").await;
    browser.type_into("input[name=name]", "試し 三郎").await;
    browser.type_into("input[name=kana]", "ためし さぶろう").await;
    browser.click("main form .button-main").await;
    browser.type_into("input[name=phone]", "03-0000-0903").await;
    browser.click("main form .button-main").await;
    browser.click("input[name=way][value=phone]").await;
    browser.click("main form .button-main").await;
    browser.wait_for("この内容で申し込みますか").await;
    browser.click("main form .button-main").await;
    browser.wait_for("申し込みができました").await;
    let shown = browser.client.find(Locator::Css(".done-number")).await.unwrap();
    shown.text().await.unwrap()
}

#[tokio::test]
async fn a_resident_moves_a_booking_to_another_day_without_scripting() {
    let service = Service::start().await;
    let browser = Browser::start(&service, false).await;
    browser.resize(375, 800).await;
    let number = booked(&browser).await;
    browser.client.delete_all_cookies().await.unwrap();
    browser.open("/my").await;
    browser.type_into("input[name=number]", &number).await;
    browser.type_into("input[name=last4]", "0903").await;
    browser.click("main form .button-main").await;
    browser.wait_for(&number).await;
    browser.click("main a[href='/my/day']").await;
    browser.click("main a[href^='/my/day/']").await;
    browser.picture("my-move-375").await;
    browser.submit("main form").await;
    browser.wait_for("日にちを変えました").await;
    browser.wait_for(&number).await;
    browser.submit("main form[action='/my/again']").await;
    browser.wait_for("えらんだ方法で、ご案内をお送りします").await;
    browser.picture("my-again-375").await;
}

#[tokio::test]
async fn a_coordinator_plans_moves_and_cancels_a_session_without_scripting() {
    let service = Service::start().await;
    let browser = Browser::start(&service, false).await;
    browser.log_in("hashi").await;
    browser.open("/sessions/new").await;
    browser.submit("main form.stack").await;
    let error = browser.client.find(Locator::Css(".error-summary a")).await.unwrap();
    let (_, _, _, height) = error.rectangle().await.unwrap();
    assert!(height >= 24.0, "{height} px");
    for (css, text) in [("#programme_id", "講習会"), ("#kind", "基礎"), ("#place", "千代田区役所")]
    {
        choose(&browser, css, text).await;
    }
    browser.type_into("#title_ja", "試験の講習会").await;
    let (first, second) = two_working_days();
    let on = [("#date", &*first.to_string()), ("#starts_at", "10:00"), ("#ends_at", "11:30")];
    fill(&browser, &on).await;
    browser.submit("main form.stack").await;
    // Nobody teaches it yet, and that is said before it is stored.
    browser.wait_for("まだ保存していません").await;
    browser.wait_for("担当がまだ決まっていません").await;
    browser.submit("main form.stack").await;
    browser.wait_for("試験の講習会").await;
    let session = browser.path().await;
    assert!(session.starts_with("/sessions/") && !session.contains("new"), "{session}");

    browser.open(&format!("{session}/change")).await;
    let to = [("#date", &*second.to_string()), ("#starts_at", "14:00"), ("#ends_at", "15:30")];
    fill(&browser, &to).await;
    choose(&browser, "#place", "千代田区役所").await;
    browser.click("#confirm_move").await;
    browser.submit("main form[action$='/move']").await;
    browser.wait_for(&dates::date_ja(second)).await;
    browser.open(&format!("{session}/change")).await;
    browser.submit("main form[action$='/cancel']").await;
    assert!(browser.text().await.contains("まちがい") || browser.path().await.ends_with("/cancel"));
    browser.click("#confirm_cancel").await;
    browser.submit("main form[action$='/cancel']").await;
    browser.wait_for("中止").await;
}

/// Two days after each other, two months ahead, on which offices are open.
fn two_working_days() -> (NaiveDate, NaiveDate) {
    let today = local_date(SystemClock.now());
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let hours = OpeningHours::weekdays(time(9), time(17)).unwrap();
    let open = |day: &NaiveDate| hours.is_open_on(*day, &[]);
    let mut days = today.iter_days().skip(60).map(|day| (day, day.succ_opt().unwrap()));
    days.find(|(one, other)| open(one) && open(other)).unwrap()
}

/// Sets fields for days and times, which every browser types in its own way.
async fn fill(browser: &Browser, fields: &[(&str, &str)]) {
    for (css, value) in fields {
        let script = "document.querySelector(arguments[0]).value = arguments[1];";
        let values = vec![json!(css), json!(value)];
        browser.client.execute(script, values).await.unwrap();
    }
}

/// Chooses the first option whose label holds `text`.
async fn choose(browser: &Browser, css: &str, text: &str) {
    let script = "const all = [...document.querySelector(arguments[0]).options];
        const found = all.find(option => option.label.includes(arguments[1]));
        if (found) found.selected = true; return Boolean(found);";
    let found = browser.client.execute(script, vec![json!(css), json!(text)]).await.unwrap();
    assert_eq!(found, json!(true), "{css}: no {text}");
}

#[tokio::test]
async fn a_whole_call_is_served_without_scripting() {
    let service = Service::start().await;
    let browser = Browser::start(&service, false).await;
    browser.resize(1280, 900).await;
    browser.log_in("annai").await;
    browser.open("/desk").await;
    browser.type_into("#find", "0300000210").await;
    browser.click("#find-go").await;
    browser.wait_for("聞き取り").await;
    // Booking; has a phone and does not use it; it looks hard.
    for (ask, digit) in [(1, 1), (2, 2)] {
        let ask = format!(".asks > div:nth-of-type({ask})");
        browser.click(&format!("{ask} label:has(input[data-digit='{digit}'])")).await;
    }
    browser.click("#save").await;
    let reasons = ".asks > div:not([hidden]) fieldset[data-multiple]";
    browser.click(&format!("{reasons} label:has(input[data-digit='2'])")).await;
    browser.click("#save").await;
    browser.wait_for("空きのある").await;
    browser.picture("desk-noscript-days").await;
    browser.click("label:has(input[name=seat])").await;
    browser.click("#hold").await;
    browser.wait_for("くり返します").await;
    browser.click("#finish").await;
    browser.wait_for("受付番号").await;
    browser.picture("desk-noscript-done").await;

    // The same person calls again and wants another day.
    browser.type_into("#find", "0300000210").await;
    browser.click("#find-go").await;
    browser.click("a[href$='/move']").await;
    browser.wait_for("申し込みをほかの日に変える").await;
    browser.picture("booking-move-1280").await;
    browser.click("label:has(input[name=to])").await;
    browser.submit("main form.panel").await;
    assert_eq!(browser.path().await, "/desk", "{}", browser.text().await);
}
