//! What goes on paper: one page where a form is one page, with everything that must be on it.

use fantoccini::Locator;

use crate::support::{Browser, Service, pdf_text};

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
        let letters = browser.client.find_all(Locator::Css(".sheet")).await.unwrap().len();
        assert!(letters > 0, "no letter was printed:\n{}", browser.text().await);
        let (pages, file) = browser.print("letters").await;
        assert_eq!(pages, letters, "one page a letter, and both sides of a sheet");
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
