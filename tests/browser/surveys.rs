//! The three ways to answer, in a browser: a link without scripting, a sheet and an interview by
//! keyboard alone.

use std::time::Instant;

use fantoccini::Locator;

use crate::support::{Browser, ENTER, Service, pdf_text};

/// Longest time for a sheet of fourteen answers, in seconds.
const SHEET_SECONDS: u64 = 25;

/// Prints the letters with questions and gives the links and codes of their sheets.
async fn sheets(browser: &Browser) -> Vec<(String, String)> {
    browser.open("/post").await;
    let piles = browser.client.find_all(Locator::Css(".queue li")).await.unwrap();
    for pile in piles {
        if pile.text().await.unwrap().contains("3か月のおたずね") {
            pile.find(Locator::Css("form[action='/post/print'] button"))
                .await
                .unwrap()
                .click()
                .await
                .unwrap();
            break;
        }
    }

    let mut found = Vec::new();
    let codes = browser.client.find_all(Locator::Css(".survey-code")).await.unwrap();
    for code in codes {
        let link = code.find(Locator::Css("a")).await.unwrap().attr("href").await.unwrap().unwrap();
        let path = link.split_once("/ask/").unwrap().1;
        let number = code.find(Locator::Css("strong")).await.unwrap().text().await.unwrap();
        found.push((format!("/ask/{path}"), number));
    }

    assert!(!found.is_empty(), "no letter with questions:\n{}", browser.text().await);
    found
}

#[tokio::test]
async fn a_letter_brings_a_sheet_of_two_pages() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.log_in("annai").await;
    let letters = sheets(&browser).await.len();
    browser.picture("survey-letter-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    let (pages, file) = browser.print("survey-letter").await;
    assert_eq!(pages, letters * 4, "a letter with its empty back, and both sides of a sheet");
    let text = pdf_text(&file);
    for needed in ["その後、いかがですか", "用紙番号", "うらにつづきます", "03-0000-0100"]
    {
        assert!(text.contains(needed), "{needed} is missing in:\n{text}");
    }
}

/// The whole questionnaire by the link; `look` is asked on every page.
async fn answer_by_link(browser: &Browser, link: &str, look: impl AsyncFn(&Browser, &str)) {
    browser.open(link).await;
    look(browser, "start").await;
    browser.click("input[name=who][value=person]").await;
    browser.click("main form .button-main").await;

    let mut pages = 0;
    while !browser.path().await.ends_with("/finish") {
        let path = browser.path().await;
        let question = path.rsplit('/').next().unwrap().to_owned();
        look(browser, &question).await;
        match question.as_str() {
            "use" => browser.click("input[value=rarely]").await,
            "purposes" => {
                browser.click("input[value=photo]").await;
                browser.click("input[value=map]").await;
            }
            "why" => browser.click("input[value=forgot]").await,
            "wish" => browser.type_into("textarea", "地図をもう一度").await,
            "feeling" | "ask" => {}
            "call_centre" => browser.click("input[value=no]").await,
            _ => browser.click("input[value=with_help]").await,
        }

        let button = match question.as_str() {
            "feeling" | "ask" => "main form button[name=skip]",
            _ => "main form .button-main",
        };
        browser.click(button).await;
        pages += 1;
        assert!(pages <= 17, "more pages than questions");
    }

    assert_eq!(pages, 17);
    look(browser, "send").await;
}

#[tokio::test]
async fn a_resident_answers_by_link_without_scripting_and_goes_back() {
    let service = Service::start().await;
    let staff = Browser::start(&service, true).await;
    staff.log_in("annai").await;
    let (link, _) = sheets(&staff).await.remove(0);

    let browser = Browser::start(&service, false).await;
    browser.resize(375, 800).await;

    // Nothing chosen: the page says what to do.
    browser.open(&link).await;
    browser.click("main form .button-main").await;
    assert!(browser.text().await.contains("どなたが答えているかを、えらんでください"));
    answer_by_link(&browser, &link, async |_, _| {}).await;

    // Back from the end, and again from the start: what was said is still there.
    browser.click("a.back-link").await;
    assert!(browser.path().await.ends_with("/wish"));
    browser.click("a.back-link").await;
    assert!(browser.path().await.ends_with("/why"));

    browser.open(&link).await;
    assert!(browser.text().await.contains("つづきから答える"));
    browser.click("main form .button-main").await;
    assert!(browser.path().await.ends_with("/finish"));
    browser.click("main form .button-main").await;
    assert!(browser.text().await.contains("ありがとうございました"));
    browser.open(&format!("{link}/use")).await;
    assert!(browser.text().await.contains("ありがとうございました"));
}

#[tokio::test]
async fn every_page_of_the_link_is_accessible() {
    let service = Service::start().await;
    let staff = Browser::start(&service, true).await;
    staff.log_in("annai").await;
    let (link, _) = sheets(&staff).await.remove(0);
    let browser = Browser::start(&service, true).await;
    answer_by_link(&browser, &link, async |browser: &Browser, name| {
        let wrong = browser.look(&format!("survey-{name}")).await;
        assert_eq!(wrong, Vec::<String>::new(), "{name}");
    })
    .await;
    browser.click("main form .button-main").await;
    browser.picture("survey-thanks-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_sheet_of_fourteen_answers_is_keyed_within_25_seconds() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.resize(1280, 800).await;
    browser.log_in("annai").await;
    let (_, code) = sheets(&browser).await.remove(0);
    browser.open("/followup/key").await;
    browser.counted_keys();

    let began = Instant::now();
    // The number, who wrote it, question 1, two uses, ten tasks, questions 13 and 14 with what
    // follows it.
    browser.press_all(&code.replace('-', "")).await;
    browser.press_all("11").await;
    browser.press_all("13").await;
    browser.press(ENTER).await;
    browser.press_all("1111122223").await;
    browser.press_all("211").await;
    // No reason, no words: the last Enter records.
    browser.press(ENTER).await;
    browser.press(ENTER).await;
    browser.wait_for("さまの用紙を記録しました").await;

    let (took, keys) = (began.elapsed(), browser.counted_keys());
    browser.picture("key-done-1280").await;
    assert!(took.as_secs() < SHEET_SECONDS, "{took:?}");
    assert!(keys <= 30, "{keys} keys");
    assert_eq!(browser.axe().await, Vec::<String>::new());

    // The next sheet can be keyed at once; the same one says that it is there.
    browser.press_all(&code.replace('-', "")).await;
    browser.press_all("15").await;
    browser.press('9').await;
    browser.press(ENTER).await;
    browser.press_all("4444444444").await;
    browser.press_all("421").await;
    browser.press('6').await;
    browser.press(ENTER).await;
    browser.press(ENTER).await;
    browser.wait_for("何も変えていません").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_interview_is_made_by_digits() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.resize(1280, 800).await;
    browser.log_in("annai").await;
    browser.open("/followup").await;
    browser.picture("followup-1280").await;

    browser.click("main .queue a[href$='/call']").await;
    browser.wait_for("はじめに、こう話します").await;
    browser.picture("call-open-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    browser.press('1').await;
    browser.wait_for("16問のうち").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());

    // Hardly ever used: 17 questions, the last in words.
    let answers = ["4", "1", "1", "1", "2", "2", "2", "3", "3", "4", "4", "4", "3", "1", "2"];
    browser.press('4').await;
    for (at, digit) in answers.iter().enumerate().skip(1) {
        browser.wait_for(&format!("{}問目", at + 1)).await;
        browser.press_all(digit).await;
        if at == 1 {
            browser.press(ENTER).await;
        }
    }

    browser.wait_for("16問目").await;
    browser.picture("call-why-1280").await;
    browser.press_all("12").await;
    browser.press(ENTER).await;
    browser.wait_for("17問目").await;
    browser.client.find(Locator::Css("main form .button")).await.unwrap().click().await.unwrap();

    browser.wait_for("質問は終わりです").await;
    browser.press(ENTER).await;
    browser.wait_for("お答えから考えた道すじ").await;
    browser.picture("followup-proposal-1280").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
}

#[tokio::test]
async fn sheets_fit_both_sides_of_one_paper_and_figures_begin_on_their_first() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.log_in("hashi").await;
    for lang in ["en", "ja"] {
        for moment in ["before", "end_of_class", "three_months"] {
            browser.open(&format!("/followup/preview?as=paper&moment={moment}&lang={lang}")).await;
            let (pages, _) = browser.print(&format!("sheet-{moment}-{lang}")).await;
            assert_eq!(pages, 2, "{moment} {lang}");
        }
        browser.open(&format!("/followup/figures?by=kind&lang={lang}")).await;
        let (pages, file) = browser.print(&format!("figures-{lang}")).await;
        assert!(pages <= 2, "{pages} pages");
        let text = pdf_text(&file);
        let first = text.split('\u{c}').next().unwrap();
        assert!(first.contains("66.7%"), "the figures stand on the first page:\n{first}");
    }
}
