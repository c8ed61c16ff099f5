//! Every page, as wide as a desk, a phone and a magnified desk: no axe violation, no sideways
//! scroll.

use crate::support::{Browser, Service};

/// What is wrong on these pages, in words; nothing if all is well.
async fn look_at(browser: &Browser, paths: &[&str], who: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in paths {
        browser.open(path).await;
        let title = browser.client.title().await.unwrap();
        let lost = ["ページが見つかりません", "Page not found"].iter().any(|no| title.contains(no));
        if lost && !path.starts_with("/nowhere") {
            wrong.push(format!("{path}: {title}"));
        }
        wrong.extend(look(browser, path, who).await);
    }
    wrong
}

/// What is wrong with the page that is open.
async fn look(browser: &Browser, path: &str, who: &str) -> Vec<String> {
    let wrong = browser.look(&format!("{who}{}", path.replace(['/', '?', '=', '&'], "_"))).await;
    wrong.into_iter().map(|wrong| format!("{path} {wrong}")).collect()
}

#[tokio::test]
async fn the_residents_pages_are_accessible() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;

    let mut wrong = Vec::new();
    for lang in ["ja", "en"] {
        let paths: Vec<String> = [
            "/",
            "/events",
            "/events/40",
            "/book/40",
            "/my",
            "/call",
            "/privacy",
            "/progress",
            "/progress/141003",
            "/progress/141003/r4_results",
            "/progress/141003/action",
            "/login",
            "/nowhere",
        ]
        .iter()
        .map(|path| format!("{path}?lang={lang}"))
        .collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        wrong.extend(look_at(&browser, &paths, "public").await);
    }

    browser.open("/?size=3&lang=ja").await;
    wrong.extend(look_at(&browser, &["/", "/events", "/my"], "large").await);

    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Looks at the pages of one staff member after the other.
async fn look_at_staff_pages(everybody: &[(&str, &[&str])]) {
    let service = Service::start().await;
    let mut wrong = Vec::new();
    for (login, paths) in everybody {
        let browser = Browser::start(&service, true).await;
        browser.log_in(login).await;
        wrong.extend(look_at(&browser, paths, login).await);
        if *login == "annai" {
            browser.open("/people").await;
            browser.type_into("#q", "しるべ").await;
            browser.submit("main form").await;
            browser.wait_for("シルベ").await;
            wrong.extend(look(&browser, "/people/found", login).await);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_pages_of_the_call_centre_are_accessible() {
    look_at_staff_pages(&[
        (
            "annai",
            &[
                "/desk",
                "/desk?lang=en",
                "/desk?lang=ja",
                "/calls",
                "/callbacks",
                "/people",
                "/people/new",
                "/people/1",
                "/people/1/edit",
                "/post",
                "/post/letters",
                "/staff",
                "/followup",
                "/followup?lang=en",
                "/followup?when=answered&lang=ja",
                "/followup?when=closed",
                "/followup/key",
                "/followup/key?lang=en",
                "/followup/preview?as=web&lang=ja",
                "/followup/preview?as=paper",
                "/followup/preview?as=phone",
                "/followup/1",
                "/followup/1/call",
                "/bookings/40/move",
                "/bookings/40/move?lang=en",
                "/bookings/40/move?lang=ja",
            ],
        ),
        (
            "hashi",
            &[
                "/sessions",
                "/sessions?lang=en",
                "/sessions?lang=ja",
                "/sessions/new",
                "/sessions/40",
                "/sessions/40/attend",
                "/sessions/40/change",
                "/sessions/40/change?lang=en",
                "/sessions/40/walk-in?lang=ja",
                "/sessions/40/roster",
                "/reports/committee",
                "/reports/committee?lang=en",
                "/reports/committee?lang=ja",
                "/reports/committee/rows?of=visits",
                "/reports/committee/rows?of=people&group=class",
                "/sessions/59/answers",
                "/followup/figures?by=kind",
                "/followup/figures?by=month&lang=en",
                "/followup/figures?by=path&lang=ja",
                "/routers",
                "/routers?lang=en",
                "/routers?lang=ja",
                "/routers/new",
                "/routers/4",
                "/routers/4/edit",
                "/routers/trials/new",
            ],
        ),
        (
            "kanri",
            &[
                "/admin",
                "/admin?lang=en",
                "/admin/new?lang=ja",
                "/admin/staff/1",
                "/admin/staff/1?lang=en",
            ],
        ),
        ("kansa", &["/audit", "/audit?lang=en"]),
    ])
    .await;
}

#[tokio::test]
async fn the_pages_of_wards_and_headquarters_are_accessible() {
    look_at_staff_pages(&[
        (
            "hatoba",
            &[
                "/goals",
                "/goals/editions/1",
                "/goals/editions/1?lang=en",
                "/goals/editions/1/compare?with=2&lang=ja",
                "/goals/editions/4",
                "/goals/items/8",
                "/goals/items/86?year=2023",
                "/goals/measures/10/rows?year=2022",
                "/goals/new",
                "/goals/new?lang=en",
                "/goals/editions/4/items/new?lang=ja",
                "/goals/editions/4/themes/new",
                "/goals/items/86/measures/new",
                "/routers/trials/2",
            ],
        ),
        (
            "midori",
            &[
                "/projects",
                "/projects?lang=en",
                "/projects?lang=ja",
                "/projects/new",
                "/projects/3",
                "/projects/3/application",
                "/projects/3/sections/basics",
                "/projects/3/sections/budget",
                "/projects/3/sections/goals",
                "/projects/7/review",
                "/projects/13/attendances",
                "/projects/13/report",
                "/projects/13/money",
                "/projects/13/sheets/plan",
                "/rounds",
                "/practices",
            ],
        ),
        (
            "honbu",
            &[
                "/projects/6/review",
                "/projects/6/review?lang=en",
                "/projects/15?lang=ja",
                "/projects/15/report",
                "/projects/20/money",
                "/projects/10/letter",
                "/projects/12/differences?from=1&to=2",
                "/practices/2",
                "/rounds/new",
            ],
        ),
    ])
    .await;
}

/// How many processes have this text in their command line.
fn processes_with(text: &str) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(text)).count()
}

#[tokio::test]
async fn a_browser_ends_with_its_test() {
    let service = Service::start().await;
    let browser = Browser::start(&service, true).await;
    browser.open("/events").await;
    let profile = browser.profile();
    assert!(processes_with(&profile) > 0);
    drop(browser);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while processes_with(&profile) > 0 {
        assert!(std::time::Instant::now() < deadline, "a browser was left behind");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
