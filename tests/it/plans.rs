//! A plan from nothing to its publication, by API and by form.

use entity::staff::role_grant::Role;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_composed_measured_and_published_through_the_api() {
    let t = TestApp::start().await;
    let manager = t.headquarters().await;
    let plan = json!({
        "code": "digital_2024", "name_ja": "デジタル計画", "first_year": 2024,
        "last_year": 2026, "style": "year",
    });
    let made = manager.post_json("/api/plans", &plan).await.expect(201);
    let edition = made.json()["id"].as_i64().unwrap();
    let again = manager.post_json("/api/plans", &plan).await.expect(409).json();
    assert_eq!(again["code"], "edition_code_taken");
    let early = manager
        .post_json(&format!("/api/plan-editions/{edition}/publish"), &json!({}))
        .await
        .expect(409)
        .json();
    assert_eq!(early["code"], "edition_empty");

    let themes = format!("/api/plan-editions/{edition}/themes");
    let theme = json!({ "policy": "1", "policy_title": "つながる", "title_ja": "講習会" });
    let first = manager.post_json(&themes, &theme).await.expect(201).json()["id"].clone();
    manager.post_json(&themes, &theme).await.expect(201);
    let items = format!("/api/plan-editions/{edition}/items");
    let item = json!({ "theme_id": first, "code": "1.1", "title_ja": "スマホ講習会" });
    let first_item = manager.post_json(&items, &item).await.expect(201).json()["id"].clone();
    let taken = manager.post_json(&items, &item).await.expect(422).json();
    assert_eq!(taken["fields"][0]["field"], "code");
    for (listed, expected) in [("9.9", 422), ("1.1", 201)] {
        let repeated =
            json!({ "code": "2.1", "title_ja": "スマホ講習会（再掲）", "cross_listed_as": listed });
        manager.post_json(&items, &repeated).await.expect(expected);
    }
    let measures = format!("/api/plan-items/{first_item}/measures");
    let rate =
        json!({ "name_ja": "参加した人の割合", "kind": "rate", "unit": "%", "direction": "up" });
    let wrong = manager.post_json(&measures, &rate).await.expect(422).json();
    assert_eq!(wrong["fields"][0]["field"], "denominator");
    let count = json!({
        "name_ja": "回数", "kind": "number", "unit": "回", "direction": "up", "baseline": 2.5,
        "baseline_words": "約2.5回", "baseline_year": 2023,
    });
    let measure = manager.post_json(&measures, &count).await.expect(201).json()["id"].clone();
    let goal = json!({ "kind": "stated", "words": "10回", "value": 10 });
    let read = manager.get(&format!("/api/plan-editions/{edition}")).await.expect(200).json();
    let read = read["items"].as_array().unwrap().iter().find(|one| one["id"] == first_item);
    let seen = manager.with_header("if-match", &read.unwrap()["revision"].to_string());
    seen.put_json(&format!("/api/plan-measures/{measure}/goals/2024"), &goal).await.expect(200);

    let shown = manager.get(&format!("/api/plan-editions/{edition}")).await.expect(200).json();
    assert_eq!(
        (&shown["items"][0]["policy"], &shown["items"][0]["theme"]),
        (&json!("1"), &json!(1))
    );
    let themes = shown["themes"].as_array().unwrap();
    let numbers: Vec<_> = themes.iter().map(|theme| (&theme["id"], &theme["number"])).collect();
    assert_eq!((themes.len(), numbers[0]), (2, (&first, &json!(1))));
    assert_eq!(shown["items"].as_array().unwrap().len(), 2);
    let measures = &shown["items"][0]["measures"];
    assert_eq!(measures[0]["kind"], "text", "every initiative has a goal in words");
    assert_eq!(
        (&measures[1]["baseline"], &measures[1]["goals"][0]["value"]),
        (&json!(2.5), &json!(10.0))
    );

    let listed = format!("/api/plan-items/{first_item}/remove");
    let refused = manager.post_json(&listed, &json!({})).await.expect(409).json();
    assert_eq!(refused["code"], "item_listed");
    let second = shown["items"][1]["id"].as_i64().unwrap();
    let rest = manager
        .post_json(&format!("/api/plan-items/{second}/remove"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    manager
        .post_json(&format!("/api/plan-editions/{edition}/publish"), &json!({}))
        .await
        .expect(200);
    manager.post_json(&listed, &json!({})).await.expect(409);
    let late = json!({ "code": "1.2", "title_ja": "あとから" });
    let refused = manager.post_json(&items, &late).await.expect(409).json();
    assert_eq!(refused["code"], "edition_published");
    let page = t.anonymous().get("/progress/141003/digital_2024").await.expect(200).text;
    assert!(page.contains("スマホ講習会") && page.contains("10回"), "{page}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_composed_by_forms_and_mistakes_lose_nothing() {
    let t = TestApp::start().await;
    let manager = t.headquarters().await;
    let form = manager.get("/goals/new").await.expect(200);
    let once = form.field("once");
    let typed = |first: &'static str, style: &'static str| {
        vec![
            ("name_ja", "めざす計画"),
            ("first_year", first),
            ("last_year", "2026"),
            ("style", style),
            ("code", "mezasu"),
        ]
    };
    for (first, style, sentence) in [
        ("らいねん", "year", "年度を西暦4けたで入力してください"),
        ("2030", "year", "終わりの年度は"),
        ("2024", "", "1つえらんでください"),
    ] {
        let wrong = manager.post_form("/goals/new", &typed(first, style)).await.expect(422).text;
        assert!(wrong.contains(sentence) && wrong.contains("めざす計画"), "{first} {style}");
    }
    let mut fields = typed("令和６", "year");
    fields.push(("once", once.as_str()));
    let edition = manager.post_form("/goals/new", &fields).await.expect(303).location().to_owned();
    let twice = manager.post_form("/goals/new", &fields).await.expect(303).location().to_owned();
    assert_eq!(edition, twice, "pressed twice, made once");

    let theme = [("title_ja", "ひろげる"), ("sentences", "1つめ\n2つめ")];
    manager.post_form(&format!("{edition}/themes/new"), &theme).await.expect(303);
    let page = manager.get(&format!("{edition}/items/new")).await.expect(200).text;
    let theme_id = page.split("<option value=\"").nth(2).unwrap().split('"').next().unwrap();
    let items = format!("{edition}/items/new");
    let nameless = [("theme_id", theme_id), ("code", "1"), ("owner", "デジタル課")];
    let wrong = manager.post_form(&items, &nameless).await.expect(422).text;
    assert!(wrong.contains("名前を入力してください") && wrong.contains("デジタル課"));
    let item = [("theme_id", theme_id), ("code", "1"), ("title_ja", "講習会")];
    let item = manager.post_form(&items, &item).await.expect(303).location().to_owned();
    let measure = [
        ("name_ja", "参加者"),
        ("kind", "number"),
        ("unit", "人"),
        ("direction", "up"),
        ("baseline_value", "1,200"),
    ];
    let measures = format!("{item}/measures/new");
    manager.post_form(&measures, &measure).await.expect(303);
    let page = manager.get(&item).await.expect(200).text;
    assert!(page.contains("参加者") && page.contains("数 人"), "{page}");
    let listed = manager.get(&edition).await.expect(200).text;
    assert!(listed.contains("ひろげる") && listed.contains("2つめ") && listed.contains("講習会"));
    let gone = manager.post_form(&format!("{item}/remove"), &[]).await.expect(303);
    assert_eq!(gone.location(), edition);
    manager.get(&item).await.expect(404);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_composes_in_another_city() {
    let t = TestApp::start().await;
    let manager = t.headquarters().await;
    let plan = json!({
        "code": "own", "name_ja": "計画", "first_year": 2024, "last_year": 2024, "style": "year",
    });
    let edition = manager.post_json("/api/plans", &plan).await.expect(201).json()["id"].clone();
    let (staff, chiyoda) = (t.place.coordinator, t.place.chiyoda);
    t.give(staff, chiyoda, Role::ProgrammeManager, None, None).await;
    let other = t.coordinator().await;
    let theme = json!({ "title_ja": "よその計画" });
    let path = format!("/api/plan-editions/{edition}/themes");
    other.post_json(&path, &theme).await.expect(404);
    other.get(&format!("/goals/editions/{edition}/items/new")).await.expect(404);
    other.post_json("/api/plans", &plan).await.expect(201);
    let operator = t.operator().await;
    operator.post_json("/api/plans", &plan).await.expect(403);
    operator.get("/goals/new").await.expect(403);
    t.finish().await;
}
