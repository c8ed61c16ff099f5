//! Goals: the public page without scripting and on paper, and a manager's way to a publication.

use fantoccini::Locator;

use crate::support::{Browser, Service, pdf_text};

#[tokio::test]
async fn the_public_progress_page_reads_without_scripting_and_prints_whole() {
    let service = Service::start().await;
    let browser = Browser::start(&service, false).await;
    browser.open("/progress").await;
    browser.click("main a[href='/progress/141003/r4_results']").await;

    for width in [1280, 375, 320] {
        browser.resize(width, 800).await;
        browser.picture(&format!("progress-{width}")).await;
        assert_eq!(browser.sideways_scroll().await, 0, "{width}");
    }

    let text = browser.text().await;
    for shown in ["1Q(R4)", "令和4年度（2022年度）", "約80人", "達成", "図の説明は以上です"]
    {
        assert!(text.contains(shown), "{shown} is missing in:\n{text}");
    }

    let (pages, file) = browser.print("progress").await;
    // The reasons are the sentences that the city printed, and they are long.
    assert!((2..=10).contains(&pages), "{pages} pages");
    let paper = pdf_text(&file);
    for shown in ["3.4.2", "全市展開", "今後の方向性"] {
        assert!(paper.contains(shown), "{shown} is missing on paper");
    }

    browser.open("/progress/141003/action").await;
    browser.click("main a[href$='policy=3']").await;
    assert!(browser.text().await.contains("No 3.4.1"));
}

#[tokio::test]
async fn a_manager_corrects_judges_and_publishes_a_draft() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.log_in("hatoba").await;

    browser.open("/goals").await;
    let draft = browser
        .client
        .find(Locator::LinkText("重点方針3 令和6年度（3Q）の取組実績（デモ・架空の下書き）"));
    draft.await.unwrap().click().await.unwrap();
    let edition = browser.path().await;
    browser
        .client
        .find(Locator::Css("#item-3\\.4\\.1 ~ .goal-edit"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    let item = browser.path().await;

    browser.open(&format!("{item}?year=2024")).await;
    browser.type_into("#review-evidence", "試した区の声を集めた。").await;
    browser.submit("form[action$='/review']").await;
    browser.open(&format!("{item}?year=2024")).await;
    let text = browser.text().await;
    assert!(text.contains("試した区の声を集めた。"), "{text}");

    // Without the mark that confirms it, nothing is published.
    browser.open(&edition).await;
    browser.submit("form[action$='/publish']").await;
    browser.wait_for("印をつけてください").await;
    assert_eq!(browser.axe().await, Vec::<String>::new());
    browser.click("#confirm").await;
    browser.submit("form[action$='/publish']").await;
    browser.wait_for("公表したページを見る").await;

    browser.open("/progress/141003/demo_r6").await;
    browser.wait_for("令和6年度").await;
}
