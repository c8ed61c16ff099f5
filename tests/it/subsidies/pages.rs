//! The pages: what was typed is never lost, rows are pasted, forms do what the API does.

use serde_json::json;

use super::{City, sections};
use crate::support::Client;

/// Fills a section through its page.
async fn fill(who: &Client, id: i64, section: &str) {
    let (_, body) = sections().into_iter().find(|(name, _)| *name == section).unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, text) in body["texts"].as_object().into_iter().flatten() {
        fields.push((name.clone(), text.as_str().unwrap().to_owned()));
    }
    for row in body["rows"].as_array().into_iter().flatten() {
        for (at, cell) in row.as_array().unwrap().iter().enumerate() {
            fields.push((format!("c{at}"), cell.as_str().unwrap().to_owned()));
        }
    }
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    who.post_form(&format!("/projects/{id}/sections/{section}"), &fields).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_written_section_by_section_and_submitted_without_a_script() {
    let city = City::start().await;
    let round = city.round.to_string();
    let ward = city.t.place.konan.to_string();

    let page = city.konan.get("/projects/new").await.expect(200);
    let once = page.field("once");
    let fields = [
        ("once", once.as_str()),
        ("round", &round),
        ("ward", &ward),
        ("kind", "event"),
        ("title", "スマホ教室"),
    ];
    let made = city.konan.post_form("/projects/new", &fields).await.expect(303);
    let again = city.konan.post_form("/projects/new", &fields).await.expect(303);
    assert_eq!(made.location(), again.location(), "pressed twice, made once");

    let tasks = city.konan.get(made.location()).await.expect(200);
    assert_eq!(tasks.text.matches("未着手").count(), 8);
    assert_eq!(tasks.text.matches("入力中").count(), 1);

    let id: i64 = made.location().split('/').nth(2).unwrap().parse().unwrap();
    for (section, _) in sections() {
        fill(&city.konan, id, section).await;
    }
    let tasks = city.konan.get(&format!("/projects/{id}/application")).await.expect(200);
    assert_eq!(tasks.text.matches("できた</span>").count(), 9, "{}", tasks.text);
    assert!(tasks.text.contains("合計 300,000円、負担 50,000円、申請する額 250,000円"));

    let fields = [("act", "submit"), ("revision", &tasks.field("revision"))];
    city.konan.post_form(&format!("/projects/{id}/act"), &fields).await.expect(303);
    assert_eq!(city.state(id).await.as_str(), "submitted");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_spreadsheet_are_pasted_below_what_stands() {
    let city = City::start().await;
    let id = city.draft(&city.konan, city.t.place.konan, "event").await;
    let url = format!("/projects/{id}/sections/budget");

    let fields = [
        ("own_yen", "0"),
        ("c0", "謝金"),
        ("c1", "講師"),
        ("c2", "100000"),
        ("c0", ""),
        ("c1", ""),
        ("c2", ""),
        ("paste", "費目\t内訳\t金額\n会場\t使用料\t30,000\n印刷\tちらし\t5,000円"),
    ];

    let saved = city.konan.post_form(&url, &fields).await.expect(303);
    let page = city.konan.get(saved.location()).await.expect(200);
    assert!(page.text.contains("合計 135,000円"), "{}", page.text);
    assert!(page.text.contains("保存しました。"));

    // A row with too few columns: nothing is lost, and the row is named.
    let fields =
        [("own_yen", "0"), ("c0", "謝金"), ("c1", "講師"), ("c2", "7"), ("paste", "会場\t30000")];
    let page = city.konan.post_form(&url, &fields).await.expect(422);
    assert!(page.text.contains("3つの列が要ります。直す行：会場 30000"));
    assert!(page.text.contains("会場\t30000</textarea>"));
    assert_eq!(page.field("c0"), "謝金");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_cell_is_named_in_its_row_and_nothing_typed_is_lost() {
    let city = City::start().await;
    let id = city.draft(&city.konan, city.t.place.konan, "event").await;
    let url = format!("/projects/{id}/sections/budget");
    let fields = [
        ("own_yen", "たくさん"),
        ("c0", "謝金"),
        ("c1", "講師"),
        ("c2", "100000"),
        ("c0", "会場"),
        ("c1", "<b>広間</b>"),
        ("c2", "十万"),
    ];
    let page = city.konan.post_form(&url, &fields).await.expect(422);
    assert!(page.text.contains("href=\"#row-2-yen\"") && page.text.contains("id=\"row-2-yen\""));
    assert!(page.text.contains("href=\"#own_yen\""));
    assert!(page.text.contains("value=\"十万\"") && !page.text.contains("<b>"));
    assert!(page.text.contains("<title>まちがい："));
    // The section stands as before.
    let shown = city.konan.get(&format!("/api/projects/{id}")).await.json();
    assert!(shown["application"].get("budget").is_none());
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_comes_with_its_sentence_on_the_page() {
    let city = City::start().await;
    let id = city.adopted("event").await;
    let money = format!("/projects/{id}/money");

    let page =
        city.office.post_form(&money, &[("act", "grant"), ("yen", "250001")]).await.expect(409);
    assert!(page.text.contains("採択額より多くはできません"));
    assert!(page.text.contains("value=\"250001\""), "what was typed stays");
    let page =
        city.office.post_form(&money, &[("act", "grant"), ("yen", "たくさん")]).await.expect(422);
    assert!(page.text.contains("金額は0以上の整数"));

    city.office
        .post_form(&money, &[("act", "grant"), ("yen", "２００，０００円")])
        .await
        .expect(303);
    let shown = city.konan.get(&money).await.expect(200);
    assert!(shown.text.contains("200,000円"));

    // The ward has no form of headquarters', and its post is refused.
    assert!(!shown.text.contains("value=\"pay_advance\""));
    city.konan
        .post_form(
            &money,
            &[("act", "pay_advance"), ("advance_yen", "1"), ("paid_on", "2024-07-01")],
        )
        .await
        .expect(403);

    // What somebody saw before another's change is stale.
    let old = [
        ("act", "pay_advance"),
        ("advance_yen", "1"),
        ("paid_on", "2024-07-01"),
        ("revision", "1"),
    ];
    city.office.post_form(&money, &old).await.expect(409);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_export_is_for_spreadsheets_and_a_title_is_no_formula() {
    let city = City::start().await;
    let id = city.running("event").await;
    let body = json!({ "texts": { "title": "=HYPERLINK(\"x\")" } });
    let draft = city.draft(&city.konan, city.t.place.konan, "event").await;
    let url = format!("/api/projects/{draft}/sections/basics");
    city.konan.put_json(&url, &body).await.expect(200);
    let file = city.konan.get("/projects/export.csv").await.expect(200);
    assert!(file.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = file.text.split("\r\n").collect();
    assert!(lines[0].starts_with("\u{FEFF}事業番号,年度,公募,区,"));
    assert!(lines[1].contains("\"'=HYPERLINK"), "{}", lines[1]);
    assert_eq!(
        lines[2],
        format!(
            "{id},2024,支援事業,港南区,スマホ教室,イベント型,実施中,250000,200000,120000,,0,0,"
        )
    );
    // Kohoku's file has the adopted project and not the draft.
    let theirs = city.kohoku.get("/projects/export.csv").await.expect(200);
    assert_eq!(theirs.text.split("\r\n").filter(|line| !line.is_empty()).count(), 2);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_keeps_every_step_of_every_ward() {
    let city = City::start().await;
    let practice = city.practice().await;
    let url = format!("/practices/{practice}");
    let ward = city.t.place.kohoku.to_string();

    let step = |state: &'static str, day: &'static str, reason: &'static str| {
        [
            ("ward", ward.clone()),
            ("state", state.to_owned()),
            ("on_date", day.to_owned()),
            ("reason", reason.to_owned()),
        ]
    };

    for (state, day, reason) in [
        ("study", "2024-06-10", "話を聞いた。"),
        ("declined", "2024-06-20", "会場がない。"),
        ("trial", "2024-07-01", "会場が見つかった。"),
    ] {
        let fields = step(state, day, reason);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
        city.kohoku.post_form(&format!("{url}/steps"), &fields).await.expect(303);
    }

    let page = city.konan.get(&url).await.expect(200);
    for reason in ["話を聞いた。", "会場がない。", "会場が見つかった。"] {
        assert!(page.text.contains(reason), "{reason}");
    }

    let matrix = city.konan.get("/practices").await.expect(200);
    assert!(matrix.text.contains("試行") && matrix.text.contains("2024-07-01"));
    assert!(!matrix.text.contains("2024-06-20"), "the last step counts");

    // Nobody speaks for another ward, and no step lies in the future.
    let fields = step("running", "2024-07-01", "x");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
    city.konan.post_form(&format!("{url}/steps"), &fields).await.expect(404);
    let fields = step("running", "2024-07-02", "x");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
    city.kohoku.post_form(&format!("{url}/steps"), &fields).await.expect(422);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_survives_somebody_elses_saving() {
    let city = City::start().await;
    let id = city.running("event").await;
    let draft = city.draft(&city.konan, city.t.place.konan, "event").await;
    let round = format!("/rounds/{}", city.round);
    let (section, report) =
        (format!("/projects/{draft}/sections/people"), format!("/projects/{id}/report"));

    // Both open the form; one saves; the other one's words stay beside what stands now.
    for (who, url, name, other) in [
        (&city.konan, &section, "who", vec![("count", "5")]),
        (&city.konan, &report, "done", vec![]),
        (&city.office, &round, "guidelines", vec![("fiscal_year", "2024"), ("name", "支援事業")]),
    ] {
        let revision = who.get(url).await.expect(200).field("revision");
        let form = |revision: &str, words: &'static str| {
            let mut fields = vec![("revision".to_owned(), revision.to_owned())];
            fields.push((name.to_owned(), words.to_owned()));
            fields.extend(other.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())));
            fields
        };
        let post = async |revision: &str, words: &'static str| {
            let fields = form(revision, words);
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            who.post_form(url, &fields).await
        };

        post(&revision, "先に書いた文").await.expect(303);
        let page = post(&revision, "あとから書いた文").await.expect(409);
        for words in ["先に書いた文", "あとから書いた文</textarea>", "いま保存されている内容"]
        {
            assert!(page.text.contains(words), "{url}: {words}");
        }

        // Saved again, knowingly, it stands.
        post(&page.field("revision"), "あとから書いた文").await.expect(303);
        assert!(who.get(url).await.expect(200).text.contains("あとから書いた文"), "{url}");
    }
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_open_round_the_page_says_so() {
    let mut city = City::start().await;
    city.t.clock.set(crate::support::at(2024, 8, 1, 10, 0));
    city.log_in_again().await;
    let page = city.konan.get("/projects/new").await.expect(200);
    assert!(page.text.contains("いま受付中の公募はありません"), "{}", page.text);
    assert!(!page.text.contains("<select"));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headquarters_and_wards_begin_on_the_page_of_projects() {
    let city = City::start().await;
    for who in [&city.konan, &city.office, &city.second] {
        assert_eq!(who.get("/staff").await.expect(303).location(), "/projects");
    }
    city.t.finish().await;
}
