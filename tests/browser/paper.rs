//! What goes on paper: one page where a form is one page, with everything that must be on it.

use fantoccini::Locator;

use crate::support::{Browser, Service, page_text, pdf_text};

#[tokio::test]
async fn a_letter_is_one_page_with_everything_on_it() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.log_in("annai").await;
    browser.open("/post").await;
    browser.picture("post-1280").await;

    // Bundle after bundle, until one that invites: a cancellation says less.
    let file = loop {
        browser.click("main form[action='/post/print'] button").await;
        let sheets = browser.client.find_all(Locator::Css(".sheet")).await.unwrap().len();
        assert!(sheets > 0, "no letter was printed:\n{}", browser.text().await);
        let (pages, file) = browser.print("letters").await;
        assert_eq!(pages, sheets, "a letter and its back are a page each");
        each_person_has_sheets_of_their_own(&file, pages);

        let text = pdf_text(&file);
        // A letter with questions names its sheet.
        let number = if text.contains("用紙番号") { "用紙番号" } else { "受付番号" };
        for needed in ["様", number, "03-0000-0100", "令和"] {
            assert!(text.contains(needed), "{needed} is missing in:\n{text}");
        }

        if text.contains("お待ちしています") {
            for needed in ["日にち", "時間", "場所", "持ちもの", "かかりません"] {
                assert!(text.contains(needed), "{needed} is missing in:\n{text}");
            }
            break file;
        }
        browser.open("/post").await;
    };

    let fonts = std::process::Command::new("pdffonts").arg(&file).output().unwrap();
    let fonts = String::from_utf8_lossy(&fonts.stdout).into_owned();
    let embedded = fonts.lines().skip(2).all(|line| line.contains(" yes "));
    assert!(embedded, "a font is not embedded:\n{fonts}");
}

#[tokio::test]
async fn rosters_and_paths_print_on_a4() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.log_in("hashi").await;
    browser.open("/sessions").await;
    browser.click("main table a[href^='/sessions/']").await;
    let session = browser.path().await;
    browser.open(&format!("{session}/roster")).await;
    let (pages, file) = browser.print("roster").await;
    assert_eq!(pages, 1);
    assert!(pdf_text(&file).contains("受付簿") || pdf_text(&file).contains("名簿"));
}

/// Printed on both sides, whatever begins on a front page has an empty back or its own.
fn each_person_has_sheets_of_their_own(file: &std::path::Path, pages: usize) {
    assert_eq!(pages % 2, 0, "every person has an even number of pages");
    for front in (1..=pages).step_by(2) {
        let (front, back) = (page_text(file, front), page_text(file, front + 1));
        assert!(!front.trim().is_empty(), "a sheet begins with text");
        // Every letter bears the postal code of the office.
        assert!(!back.contains('〒'), "nobody's letter is on the back of another's:\n{back}");
    }
}

/// Books a place in a class for somebody who wants letters.
async fn book_by_letter(browser: &Browser, class: &str, kana: &str, name: &str, address: &str) {
    let next = async || browser.click("main form .button-main").await;
    browser.open(class).await;
    browser.click("main a[href^='/book/']").await;
    browser.click("input[name=who][value=myself]").await;
    next().await;
    browser.type_into("input[name=name]", name).await;
    browser.type_into("input[name=kana]", kana).await;
    next().await;
    browser.type_into("input[name=phone]", "03-0000-0999").await;
    next().await;
    browser.click("input[name=way][value=letter]").await;
    next().await;
    browser.type_into("input[name=postal]", "101-0051").await;
    browser.type_into("[name=address]", address).await;
    next().await;
    next().await;
    browser.wait_for("申し込みができました").await;
}

#[tokio::test]
async fn the_longest_addresses_stand_whole_in_the_window_with_the_name() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    let longest = "東京都千代田区神田神保町一丁目105番地12　コーポレート神保町ガーデンハイツ弐番館\
                   1203号室　特別養護老人ホームしるべの里東館　佐々木様方";
    let flat = "東京都千代田区神田神保町一丁目百五番地十二号".chars().cycle().take(80);
    let people = [
        ("ためし ももよ", "試し 桃代", longest.to_owned()),
        ("ためし うめよ", "試し 梅代", flat.collect::<String>()),
        ("ためし まつよ", "試し 松代", format!("{} 101", "WMWM-1234 ".repeat(7))),
    ];

    browser.open_free_session("class_basic").await;
    let class = browser.path().await;
    for (kana, name, address) in &people {
        assert!(address.chars().count() >= 70, "{address}");
        book_by_letter(&browser, &class, kana, name, address).await;
    }

    browser.log_in("annai").await;
    let mut found = 0;
    for _ in 0..100 {
        if found == people.len() {
            break;
        }

        browser.open("/post").await;
        let unprinted = "main form[action='/post/print'] button:not(.button-secondary)";
        let Ok(button) = browser.client.find(Locator::Css(unprinted)).await else {
            // The worker has still to write them.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            continue;
        };
        button.click().await.unwrap();
        browser.wait_for("両面で印刷してください").await;

        // Half a pixel is rounding, not text that is cut off.
        let measured = browser
            .client
            .execute(
                "return [...document.querySelectorAll('.letter-window')].map(w => {
                    const box = w.getBoundingClientRect();
                    const out = [...w.querySelectorAll('span')].filter(s => {
                        const b = s.getBoundingClientRect();
                        return s.scrollWidth > s.clientWidth + 1 || b.bottom > box.bottom + 0.6
                            || b.right > box.right + 0.6 || b.top < box.top - 0.6;
                    });
                    return out.map(s => s.textContent);
                }).flat();",
                vec![],
            )
            .await
            .unwrap();
        assert_eq!(measured, serde_json::json!([]), "outside the window");

        let (pages, file) = browser.print("addresses").await;
        each_person_has_sheets_of_their_own(&file, pages);
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        for front in (1..=pages).step_by(2) {
            let text = bare(&page_text(&file, front));
            for (_, name, address) in &people {
                if text.contains(&bare(name)) {
                    found += 1;
                    assert!(text.contains(&bare(address)), "{address} in {text}");
                    let times = text.matches(&format!("{}様", bare(name))).count();
                    assert_eq!(times, 2, "in the window and at the head of the text");
                }
            }
        }
    }

    assert_eq!(found, people.len(), "not every letter was printed");
}
