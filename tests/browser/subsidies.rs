//! Ward projects in a browser: from the application to the decision, from the report to the
//! settlement, and every form on paper.

use fantoccini::Locator;
use fantoccini::elements::Element;

use crate::support::{Browser, Service, pdf_text};

/// Opens what an element is folded into.
async fn unfold(browser: &Browser, element: &Element) {
    if !element.is_displayed().await.unwrap() {
        let script = "arguments[0].closest('details').open = true";
        let element = serde_json::to_value(element).unwrap();
        browser.client.execute(script, vec![element]).await.unwrap();
    }
}

/// Presses the button of a form named by its act, opening it first when it is folded.
async fn act(browser: &Browser, name: &str) {
    let button = format!("button[name=act][value={name}]");
    let found = browser.client.find(Locator::Css(&button)).await;
    let Ok(found) = found else { panic!("no {name} in:\n{}", browser.text().await) };
    unfold(browser, &found).await;
    browser.click(&button).await;
}

/// Chooses an option of a list by its words.
async fn choose(browser: &Browser, css: &str, words: &str) {
    let list = browser.client.find(Locator::Css(css)).await.unwrap();
    unfold(browser, &list).await;
    list.select_by_label(words).await.unwrap();
}

/// Opens the project with this name from the list.
async fn open_project(browser: &Browser, name: &str) -> String {
    browser.open("/projects").await;
    browser.client.find(Locator::LinkText(name)).await.unwrap().click().await.unwrap();
    browser.path().await
}

/// Fills the fields of a section and saves it.
async fn write_section(browser: &Browser, project: &str, section: &str, fields: &[(&str, &str)]) {
    browser.open(&format!("{project}/sections/{section}")).await;
    for (css, text) in fields {
        browser.type_into(css, text).await;
    }
    browser.click("button[value=done]").await;
    let here = browser.path().await;
    assert!(here.ends_with("/application"), "{section}: {here}\n{}", browser.text().await);
}

#[tokio::test]
async fn a_ward_applies_and_headquarters_decides() {
    let service = Service::start().await;
    // The ward's browser runs no script.
    let ward = Browser::start(&service, false).await;
    ward.log_in("midori").await;
    assert_eq!(ward.path().await, "/projects");
    ward.open("/projects/new").await;
    ward.type_into("#title", "縁側スマホ相談").await;
    ward.click("main form button").await;
    let tasks = ward.path().await;
    let project = tasks.trim_end_matches("/application").to_owned();
    for (section, fields) in [
        (
            "basics",
            &[
                ("#summary", "縁側で相談を受けます。"),
                ("#starts_on", "2030-06-01"),
                ("#ends_on", "2030-12-01"),
                ("#contact", "区政推進課"),
            ][..],
        ),
        (
            "problem",
            &[
                ("#body", "聞ける人がいません。"),
                ("#row-1-what", "持たない方"),
                ("#row-1-value", "12%"),
                ("#row-1-source", "見本の調査"),
            ],
        ),
        ("people", &[("#who", "70歳以上の方"), ("#count", "20")]),
        ("partners", &[("#row-1-name", "みほんの会"), ("#row-1-role", "教える人")]),
        ("plan", &[("#row-1-month", "2030-06"), ("#row-1-what", "準備")]),
        ("verification", &[("#body", "前と後をくらべます。")]),
        ("spread", &[("#body", "縁側があればできます。")]),
    ] {
        // A browser types dates in its own way; what it sends is the ISO form.
        let fields: Vec<(&str, &str)> =
            fields.iter().copied().filter(|(css, _)| !css.ends_with("_on")).collect();
        if section == "basics" {
            ward.open(&format!("{project}/sections/basics")).await;
            for (id, digits) in [("starts_on", "06012030"), ("ends_on", "12012030")] {
                let field = ward.client.find(Locator::Id(id)).await.unwrap();
                field.send_keys(digits).await.unwrap();
            }
            for (css, text) in fields {
                ward.type_into(css, text).await;
            }
            ward.click("button[value=done]").await;
        } else {
            write_section(&ward, &project, section, &fields).await;
        }
    }
    // The budget is pasted from a spreadsheet.
    ward.open(&format!("{project}/sections/budget")).await;
    ward.type_into("#own_yen", "0").await;
    ward.client.find(Locator::Css("details summary")).await.unwrap().click().await.unwrap();
    ward.type_into("#paste", "謝金\t教える人\t120,000\n会場\t使用料\t30000").await;
    ward.click("button[value=done]").await;
    if !ward.text().await.contains("合計 150,000円") {
        // A driver may turn a typed tab into a change of focus: the rows are then typed.
        write_budget(&ward, &project).await;
    }
    write_section(
        &ward,
        &project,
        "goals",
        &[
            ("#row-1-kpi", "参加した人"),
            ("#row-1-unit", "人"),
            ("#row-1-target", "20"),
            ("#row-1-due", "年度末"),
            ("#row-1-source", "名簿"),
        ],
    )
    .await;
    let text = ward.text().await;
    assert!(text.contains("9のうち9できました"), "{text}");
    assert!(text.contains("合計 150,000円"), "{text}");
    ward.picture("project-tasks-1280").await;
    act(&ward, "submit").await;
    assert!(ward.text().await.contains("申請済み"));

    // Another ward sees nothing of it, not even by its address.
    let other = Browser::start(&service, true).await;
    other.log_in("isogo").await;
    assert!(!other.text().await.contains("縁側スマホ相談"));
    other.open(&project).await;
    assert!(other.text().await.contains("ページが見つかりません"));

    let office = Browser::start(&service, true).await;
    office.log_in("honbu").await;
    office.open(&format!("{project}/review")).await;
    act(&office, "start_review").await;
    for (login, name) in [("honbu", "本部 十和"), ("shinsa", "審査 一葉")] {
        office.open(&format!("{project}/review")).await;
        choose(&office, "#staff", name).await;
        act(&office, "assign_reviewer").await;
        let reviewer = Browser::start(&service, true).await;
        reviewer.log_in(login).await;
        reviewer.open(&format!("{project}/review")).await;
        choose(&reviewer, "#has_conflict", "ありません").await;
        act(&reviewer, "declare_conflict").await;
        for criterion in ["clarity", "effect", "partnership", "verifiability", "spread", "cost"] {
            choose(&reviewer, &format!("#{criterion}"), "4 よい").await;
            reviewer.type_into(&format!("#{criterion}_reason"), "計画から判断しました。").await;
        }
        act(&reviewer, "score").await;
        assert!(reviewer.text().await.contains("採点した"), "{}", reviewer.text().await);
    }
    office.open(&format!("{project}/review")).await;
    office.picture("project-review-1280").await;
    office.type_into("#adopted_yen", "150000").await;
    office.type_into("#reason", "課題がはっきりしています。").await;
    act(&office, "decide").await;
    assert!(office.text().await.contains("採択"), "{}", office.text().await);
    office.open(&format!("{project}/letter")).await;
    let (pages, file) = office.print("project-letter").await;
    assert_eq!(pages, 1);
    assert!(pdf_text(&file).contains("縁側スマホ相談"));
    // Now the other ward reads it.
    other.open(&project).await;
    assert!(other.text().await.contains("縁側スマホ相談"));
}

async fn write_budget(browser: &Browser, project: &str) {
    let rows = [
        ("#row-1-category", "謝金"),
        ("#row-1-item", "教える人"),
        ("#row-1-yen", "120000"),
        ("#row-2-category", "会場"),
        ("#row-2-item", "使用料"),
        ("#row-2-yen", "30000"),
        ("#own_yen", "0"),
    ];
    write_section(browser, project, "budget", &rows).await;
}

#[tokio::test]
async fn a_running_project_reports_and_is_settled() {
    let service = Service::start().await;
    let ward = Browser::start(&service, true).await;
    ward.log_in("midori").await;
    let project = open_project(&ward, "となり町のスマホ教室").await;
    ward.open(&format!("{project}/report")).await;
    // What the classes counted stands there by itself.
    let text = ward.text().await;
    assert!(text.contains("みほん地区センター（緑区）"), "{text}");
    for (css, text) in [
        ("#done", "教室を3回開きました。"),
        ("#before_after", "送れる方が増えました。"),
        ("#lessons", "3人までがよいです。"),
        ("#goal-1-actual", "18"),
        ("#goal-1-reason", "雨の日がありました。"),
        ("#goal-2-actual", "62.5"),
        ("#goal-2-reason", "時間が足りませんでした。"),
        ("#cost-1-yen", "200,000"),
        ("#cost-2-yen", "60,000"),
        ("#cost-3-yen", "40,000"),
        ("#cost-4-yen", "20,000"),
    ] {
        ward.type_into(css, text).await;
    }
    ward.submit(&format!("form[action='{project}/report']")).await;
    assert!(ward.text().await.contains("使った額 320,000円"), "{}", ward.text().await);
    ward.picture("project-report-1280").await;
    act(&ward, "submit_report").await;
    assert!(ward.text().await.contains("実績報告済み"), "{}", ward.text().await);

    let office = Browser::start(&service, true).await;
    office.log_in("honbu").await;
    office.open(&format!("{project}/money")).await;
    act(&office, "fix").await;
    // 320,000 were spent, of which 50,000 were the ward's own: 270,000 against 300,000 paid.
    let text = office.text().await;
    assert!(text.contains("30,000円を返還します"), "{text}");
    office.picture("project-money-1280").await;
    let script = "document.getElementById('paid_on').value = \
        new Date(Date.now() + 9 * 3600e3).toISOString().slice(0, 10)";
    office.client.execute(script, Vec::new()).await.unwrap();
    act(&office, "settle").await;
    assert!(office.text().await.contains("返還"), "{}", office.text().await);

    ward.open(&format!("{project}/report")).await;
    for name in ["what_changed", "compared_with", "other_reasons"] {
        ward.type_into(&format!("#{name}"), "教室の前とくらべました。").await;
    }
    act(&ward, "verify").await;
    assert!(ward.text().await.contains("効果検証済み"));
    for sheet in ["application", "plan", "budget", "report", "verification"] {
        ward.open(&format!("{project}/sheets/{sheet}")).await;
        ward.picture(&format!("project-sheet-{sheet}")).await;
        let (pages, file) = ward.print(&format!("project-sheet-{sheet}")).await;
        assert_eq!(pages, 1, "{sheet}");
        assert!(pdf_text(&file).contains("令和"), "{sheet}");
    }
    for letter in ["granted", "fixed"] {
        ward.open(&format!("{project}/sheets/{letter}")).await;
        let (pages, file) = ward.print(&format!("project-letter-{letter}")).await;
        assert_eq!(pages, 1, "{letter}");
        assert!(pdf_text(&file).contains("円"), "{letter}");
    }
    office.open(&project).await;
    office.type_into("#summary", "少人数の教室です。").await;
    act(&office, "mark_model").await;
    office.open("/practices").await;
    assert!(office.text().await.contains("となり町のスマホ教室"));
    office.picture("practices-1280").await;
}

#[tokio::test]
async fn what_people_told_three_months_later_stands_on_screen_and_paper() {
    let service = Service::start().await;
    let office = Browser::start(&service, true).await;
    office.log_in("honbu").await;
    assert_eq!(office.path().await, "/projects");
    // Another ward has a draft of the same name.
    office.open("/projects?state=model").await;
    office.client.find(Locator::Css("table a")).await.unwrap().click().await.unwrap();
    let project = office.path().await;
    office.open(&format!("{project}/report")).await;
    let text = office.text().await;
    assert!(text.contains("定着1人あたりの費用"), "{text}");
    assert!(!text.contains("5人未満"), "{text}");
    for sheet in ["report", "verification"] {
        office.open(&format!("{project}/sheets/{sheet}")).await;
        let (pages, file) = office.print(&format!("project-model-{sheet}")).await;
        assert_eq!(pages, 1, "{sheet}");
        assert!(pdf_text(&file).contains("使いつづけている方"), "{sheet}");
    }
}
