//! People: registration, changes, looks; by page, by API and by action.

mod doors;
mod indexes;
mod records;
mod search;

use entity::ResidentId;
use entity::platform::audit;
use entity::residents::resident::AgeBand;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use shirube::platform::{Error, Scope};
use shirube::residents::{Found, queries, timeline};

use crate::support::{TestApp, a_person};

pub async fn add(test: &TestApp, kana: &str, name: &str, phones: &[&str]) -> ResidentId {
    let mut new = a_person(kana);
    if !name.is_empty() {
        new = new.name(name);
    }
    for phone in phones {
        new = new.phone(phone);
    }
    new.create(test).await
}

async fn found_by(test: &TestApp, query: &str) -> Vec<Found> {
    let found = queries::find(test.app.store().reader(), &test.scope(), query, 50).await;
    found.unwrap().for_work()
}

async fn looks(test: &TestApp, id: ResidentId) -> Vec<(String, String)> {
    audit::Entity::find()
        .filter(audit::Column::Action.eq("look_at_residents"))
        .filter(audit::Column::SubjectId.eq(id.0))
        .order_by_asc(audit::Column::Id)
        .all(test.app.store().reader())
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.actor, row.detail["why"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

#[tokio::test]
async fn what_was_typed_is_kept_as_it_was() {
    let test = TestApp::start().await;
    for (typed, stored) in [
        ("ﾔﾏﾀﾞ ﾊﾅｺ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
        ("𠮷田 例", "𠮷田 例"),
        ("髙橋 﨑子", "髙橋 﨑子"),
        ("葛\u{E0100}城 一", "葛\u{E0100}城 一"),
        ("李", "李"),
        ("㈱しるべ ①㍻", "㈱しるべ ①㍻"),
        ("しるべ\u{200B} \u{202E}花子", "しるべ 花子"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ] {
        let id = add(&test, "シルベ ハナコ", typed, &[]).await;
        let person = queries::get(test.app.store().reader(), &test.scope(), id).await.unwrap();
        assert_eq!(person.name.as_deref(), Some(stored));
    }
}

#[tokio::test]
async fn a_reading_alone_makes_a_whole_person_who_gets_letters() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let answer = operator.post_json("/api/residents", &json!({ "kana": "しるべ はなこ" })).await;
    let answer = answer.expect(201);
    let id = answer.json()["id"].as_i64().unwrap();
    assert_eq!(answer.location(), format!("/api/residents/{id}"));
    assert_eq!(answer.json()["possible_duplicates"], json!([]));
    let person = operator.get(&format!("/api/residents/{id}")).await.expect(200);
    assert_eq!(person.json()["kana"], "シルベ ハナコ");
    assert_eq!(person.json()["channels"], json!(["letter"]));
    assert_eq!(person.json()["phones"], json!([]));
    assert_eq!(person.header("etag"), "\"1\"");
    operator.get(&format!("/people/{id}")).await.expect(200);
    test.finish().await;
}

#[tokio::test]
async fn one_number_in_any_notation_is_kept_once_and_means_phone() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let body = json!({
        "kana": "シルベ ハナコ", "name": "しるべ 花子", "birth_date": "昭和22年3月4日",
        "phones": ["０３－００００－０２０１", "+81 3 0000 0201", "(03)0000-0201", "03-0000-0201 内線12"],
        "address": "試験町０ー０ー１", "area": "fujimi",
    });
    let id = operator.post_json("/api/residents", &body).await.expect(201).json()["id"].clone();
    let person = operator.get(&format!("/api/residents/{id}")).await.expect(200).json();
    assert_eq!(person["phones"], json!(["0300000201#12"]), "the extension is kept");
    assert_eq!(person["channels"], json!(["phone"]));
    assert_eq!(person["birth_date"], "1947-03-04");
    assert_eq!(person["birth_year"], 1947);
    assert_eq!(person["area"], "富士見地区");
    let page = operator.get(&format!("/people/{id}")).await.expect(200);
    assert!(page.text.contains("03-0000-0201"), "{}", page.text);
    assert!(page.text.contains("昭和22年3月4日"));
    assert!(page.text.contains("70代"));
}

#[tokio::test]
async fn what_cannot_be_a_value_is_named_with_its_field() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let long = "あ".repeat(10_000);
    let full: Vec<String> = (0..11).map(|n| format!("03-0000-03{n:02}")).collect();

    for (body, field, code) in [
        (json!({ "kana": "　" }), "kana", "err.kana.empty"),
        (json!({ "kana": "\u{200B}\u{FEFF}" }), "kana", "err.kana.empty"),
        (json!({ "kana": "しるべ", "name": "花子👩‍🦳" }), "name", "err.name.emoji"),
        (json!({ "kana": "しるべ", "name": long.clone() }), "name", "err.name.long"),
        (json!({ "kana": long }), "kana", "err.kana.long"),
        (json!({ "kana": "しるべ", "phones": ["110"] }), "phones", "err.tel.len"),
        (json!({ "kana": "しるべ", "phones": ["1234567"] }), "phones", "err.tel.len"),
        (json!({ "kana": "しるべ", "phones": ["なし"] }), "phones", "err.tel.chars"),
        (json!({ "kana": "しるべ", "phones": full }), "phones", "err.phones.many"),
        (json!({ "kana": "しるべ", "birth_date": "2026-02-30" }), "birth_date", "err.birth.noday"),
        (json!({ "kana": "しるべ", "birth_date": "2025" }), "birth_date", "err.birth.future"),
        (json!({ "kana": "しるべ", "email": "a@[127.0.0.1]" }), "email", "err.email.unusable"),
        // One parser: what is taken here, mail can be sent to.
        (json!({ "kana": "しるべ", "email": "a..b@example.jp" }), "email", "err.email.unusable"),
        (json!({ "kana": "しるべ", "area": "minato" }), "area", "err.area.unknown"),
        (json!({ "kana": "しるべ", "postal_code": "1" }), "postal_code", "err.postal.len"),
    ] {
        let problem = operator.post_json("/api/residents", &body).await.expect(422).json();
        assert_eq!(problem["fields"][0]["field"], field, "{code}");
        assert_eq!(problem["fields"][0]["code"], code);
        let message = problem["fields"][0]["message"].as_str().unwrap();
        assert!(!message.contains('{') && message != code, "{message}");
    }

    let found = operator.get("/api/residents?q=%E3%81%97%E3%82%8B%E3%81%B9").await.expect(200);
    assert_eq!(found.json()["items"], json!([]), "nobody was created");
}

#[tokio::test]
async fn an_address_for_mail_is_read_as_people_type_it() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    for (typed, stored) in [
        ("hanako＠example.jp　", "hanako@example.jp"),
        ("ha..nako.@docomo.ne.jp", "ha..nako.@docomo.ne.jp"),
    ] {
        let body = json!({ "kana": "しるべ", "email": typed });
        let id = operator.post_json("/api/residents", &body).await.expect(201).json()["id"].clone();
        let person = operator.get(&format!("/api/residents/{id}")).await.expect(200).json();
        assert_eq!(person["email"], stored);
    }
}

#[tokio::test]
async fn a_couple_on_one_phone_are_two_people_and_nothing_merges() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let wife =
        json!({ "kana": "シルベ ハナコ", "name": "しるべ 花子", "phones": ["03-0000-0201"] });
    let husband = json!({ "kana": "シルベ タロウ", "phones": ["0300000201"] });

    let wife = operator.post_json("/api/residents", &wife).await.expect(201).json();
    assert_eq!(wife["possible_duplicates"], json!([]));
    let husband = operator.post_json("/api/residents", &husband).await.expect(201).json();
    let same = husband["possible_duplicates"].as_array().unwrap();
    assert_eq!(same.len(), 1);
    assert_eq!(same[0]["id"], wife["id"]);
    assert_eq!(same[0]["name"], "しるべ 花子");
    assert_ne!(husband["id"], wife["id"]);
    assert_eq!(same[0]["alike"], "other");

    // A father and a son: the rule tells who is somebody else, and who may be the same.
    for (name, alike) in [("しるべ 華子", "other"), ("しるべ 花子", "same"), ("", "pair")]
    {
        let mut told = json!({ "kana": "しるべ はなこ", "phones": ["03-0000-0201"] });
        if !name.is_empty() {
            told["name"] = json!(name);
        }
        let created = operator.post_json("/api/residents", &told).await.expect(201).json();
        let same = created["possible_duplicates"].as_array().unwrap();
        let first = same.iter().find(|person| person["id"] == wife["id"]).unwrap();
        assert_eq!(first["alike"], alike, "{name}");
    }

    let found = operator.get("/api/residents?q=0201").await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 5);
    let page = operator.post_form("/people", &[("q", "0201")]).await.expect(200);
    assert_eq!(page.text.matches("同じ番号").count(), 5);
    test.finish().await;
}

#[tokio::test]
async fn somebody_with_the_same_folded_reading_is_a_possible_duplicate() {
    let test = TestApp::start().await;
    let first = add(&test, "ヤマダ　ハナコ", "", &[]).await;
    add(&test, "ヤマダ ハナ", "", &[]).await;
    let db = test.app.store().reader();
    for kana in ["やまだ はなこ", "ﾔﾏﾀﾞﾊﾅｺ", "ヤマダハナコ"] {
        let told = a_person(kana).value().traits();
        let same = queries::possible_duplicates(db, &test.scope(), &told).await.unwrap();
        assert_eq!(same.iter().map(|(person, _)| person.id).collect::<Vec<_>>(), [first]);
    }
}

#[tokio::test]
async fn the_same_key_creates_a_person_once() {
    let test = TestApp::start().await;
    let operator = test.operator().await.with_header("idempotency-key", "key-1");
    let body = json!({ "kana": "しるべ はなこ" });
    let first = operator.post_json("/api/residents", &body).await.expect(201).json();
    let again = operator.post_json("/api/residents", &body).await.expect(201).json();
    assert_eq!(first, again);
    let other = operator.post_json("/api/residents", &json!({ "kana": "しるべ たろう" })).await;
    assert_eq!(other.expect(422).json()["code"], "idempotency.mismatch");
}

#[tokio::test]
async fn the_form_shows_possible_duplicates_before_it_creates_anybody() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let first = add(&test, "シルベ ハナコ", "しるべ 花子", &["03-0000-0201"]).await;
    let fields = [("kana", "しるべ たろう"), ("phones", "03 0000 0201"), ("phones", "")];
    let asked = operator.post_form("/people/new", &fields).await.expect(409);
    assert!(asked.text.contains(&format!("/people/{first}\"")), "{}", asked.text);
    assert!(asked.text.contains("それでも新しく登録する"));
    assert_eq!(asked.field("kana"), "しるべ たろう");
    assert_eq!(asked.field("phones"), "03 0000 0201");
    assert_eq!(looks(&test, first).await.len(), 1);
    assert_eq!(found_by(&test, "0201").await.len(), 1);
    let confirmed = [&fields[..], &[("confirmed", "yes")]].concat();
    let done = operator.post_form("/people/new", &confirmed).await.expect(303);
    assert!(done.location().starts_with("/people/"));
    assert_eq!(found_by(&test, "0201").await.len(), 2);
}

#[tokio::test]
async fn pressing_the_button_twice_registers_one_person() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let once = operator.get("/people/new").await.expect(200).field("once");
    let fields = [("kana", "しるべ はなこ"), ("confirmed", "yes"), ("once", once.as_str())];
    let first = operator.post_form("/people/new", &fields).await.expect(303);
    let again = operator.post_form("/people/new", &fields).await.expect(303);
    assert_eq!(first.location(), again.location());
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_what_was_typed() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let name = "\" onmouseover=<script>alert(1)</script> {{7*7}}";
    let fields = [("kana", "山田"), ("name", name), ("phones", "110"), ("birth", "22")];
    let page = operator.post_form("/people/new", &fields).await.expect(422);
    assert!(page.text.contains("<title>まちがい："), "{}", page.text);
    assert!(page.text.contains("読みがなに使えない文字があります"));
    assert!(page.text.contains("電話番号の数字の数が合いません"));
    assert!(page.text.contains("「1947」でもかまいません"));
    assert_eq!(page.field("phones"), "110");
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    assert!(page.text.contains("{{7*7}}"));
    for (field, error) in [("kana", "kana-error"), ("phones", "phones-error")] {
        assert!(page.text.contains(&format!("id=\"{error}\"")), "{field}");
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "{field}");
    }
}

#[tokio::test]
async fn an_older_edit_changes_nothing_and_shows_both_versions() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let id = add(&test, "シルベ ハナコ", "しるべ 花子", &["03-0000-0201"]).await;
    let path = format!("/people/{id}/edit");

    let opened = operator.get(&path).await.expect(200);
    assert_eq!(opened.field("revision"), "1");
    assert_eq!(opened.field("phones"), "03-0000-0201");

    let first =
        [("revision", "1"), ("kana", "シルベ ハナコ"), ("name", "しるべ 花"), ("helper", "長女")];
    operator.post_form(&path, &first).await.expect(303);

    let second = [
        ("revision", "1"),
        ("kana", "シルベ ハナコ"),
        ("name", "しるべ 華"),
        ("address", "試験町"),
    ];
    let stale = operator.post_form(&path, &second).await.expect(409);
    for text in ["ほかの人が先に変えました", "しるべ 花", "しるべ 華", "長女", "試験町"]
    {
        assert!(stale.text.contains(text), "{text} in {}", stale.text);
    }
    assert_eq!(stale.field("name"), "しるべ 華", "what was typed is kept");
    assert_eq!(stale.field("revision"), "2");

    let stored = queries::get(test.app.store().reader(), &test.scope(), id).await.unwrap();
    assert_eq!((stored.name.as_deref(), stored.revision), (Some("しるべ 花"), 2));

    let mended = [("revision", "2"), ("kana", "シルベ ハナコ"), ("name", "しるべ 華")];
    operator.post_form(&path, &mended).await.expect(303);
    test.finish().await;
}

#[tokio::test]
async fn an_older_edit_by_the_api_is_stale() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let id = add(&test, "シルベ ハナコ", "", &["03-0000-0201"]).await;
    let path = format!("/api/residents/{id}");
    let body = json!({ "kana": "シルベ ハナ", "device": "android", "standing": "moved_out" });
    let first = operator.with_header("if-match", "\"1\"");

    // What is booked ahead would go: that is asked, and a yes is to this standing alone.
    let asked = first.put_json(&path, &body).await.expect(409).json();
    assert_eq!(
        (&asked["code"], &asked["fields"][0]["field"]),
        (&json!("confirmation_needed"), &json!("standing"))
    );

    let mut other = body.clone();
    (other["standing"], other["confirm"]) = (json!("deceased"), asked["confirm"].clone());
    assert_eq!(
        first.put_json(&path, &other).await.expect(409).json()["code"],
        "confirmation_needed"
    );

    let changed = first.put_json_sure(&path, &body).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.json()["standing"], "moved_out");
    assert_eq!(changed.json()["phones"], json!([]));

    let stale = operator.with_header("if-match", "\"1\"").put_json(&path, &body).await.expect(409);
    assert_eq!(stale.json()["code"], "stale");
    assert!(found_by(&test, "シルベ ハナコ").await.is_empty());
    assert_eq!(found_by(&test, "るべ はな").await.len(), 1);
}

#[tokio::test]
async fn a_person_of_another_municipality_does_not_exist() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "しるべ 花子", &["03-0000-0201"]).await;
    let stranger = test.stranger().await;

    for path in [
        format!("/people/{id}"),
        format!("/people/{id}/edit"),
        format!("/api/residents/{id}"),
        format!("/api/residents/{id}/timeline"),
    ] {
        let answer = stranger.get(&path).await;
        assert_eq!(answer.code(), 404, "{path}");
        assert!(!answer.text.contains("シルベ"), "{path}");
    }

    let fields = [("kana", "シルベ"), ("revision", "1")];
    assert_eq!(stranger.post_form(&format!("/people/{id}/edit"), &fields).await.code(), 404);
    let fields = [("given", "yes")];
    assert_eq!(stranger.post_form(&format!("/people/{id}/consent"), &fields).await.code(), 404);
    let body = json!({ "kana": "シルベ" });
    assert_eq!(stranger.put_json(&format!("/api/residents/{id}"), &body).await.code(), 404);

    for query in ["0201", "シルベ", "花子", "0300000201"] {
        let found = stranger.get(&format!("/api/residents?q={query}")).await.expect(200);
        assert_eq!(found.json()["items"], json!([]), "{query}");
        let page = stranger.post_form("/people", &[("q", query)]).await.expect(200);
        assert!(!page.text.contains("シルベ ハナコ"), "{query}");
    }

    let created = stranger.post_json("/api/residents", &json!({ "kana": "シルベ ハナコ" })).await;
    assert_eq!(created.expect(201).json()["possible_duplicates"], json!([]));

    let own = Scope::own(test.place.chiyoda, ResidentId(id.0 + 1));
    let db = test.app.store().reader();
    assert!(matches!(queries::get(db, &own, id).await, Err(Error::NotFound)));
    assert!(queries::find(db, &own, "0201", 9).await.unwrap().for_work().is_empty());
    assert!(matches!(timeline::page(db, &own, id, 9, None).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn only_those_who_serve_callers_see_people() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &[]).await;

    for (who, client) in test.everybody().await {
        let serves = matches!(who, "operator" | "coordinator");
        for path in ["/people".to_owned(), "/people/new".to_owned(), format!("/people/{id}")] {
            let code = client.get(&path).await.code();
            let want = match who {
                "anonymous" => 303,
                // They may see people of another town: the pages are there, the person is not.
                "stranger" | "headquarters" | "second_reviewer"
                    if path.ends_with(&id.to_string()) =>
                {
                    404
                }
                "stranger" | "headquarters" | "second_reviewer" => 200,
                _ if serves => 200,
                _ => 403,
            };
            assert_eq!(code, want, "{who} {path}");
        }

        let code = client.get("/api/residents?q=x").await.code();
        let want = match who {
            "anonymous" => 401,
            "operator" | "coordinator" | "stranger" | "headquarters" | "second_reviewer" => 200,
            _ => 403,
        };
        assert_eq!(code, want, "{who}");
    }
}

#[tokio::test]
async fn every_look_leaves_a_line_in_the_audit_log() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "しるべ 花子", &["03-0000-0201"]).await;
    let operator = test.operator().await;

    let reasons = [
        ("/api/residents?q=0201".to_owned(), "find_residents"),
        (format!("/api/residents/{id}"), "get_resident"),
        (format!("/api/residents/{id}/timeline"), "get_timeline"),
        ("/people".to_owned(), "people_search"),
        (format!("/people/{id}"), "person_page"),
        (format!("/people/{id}/edit"), "person_edit"),
    ];

    for (path, _) in &reasons {
        let seen = match path.as_str() {
            "/people" => operator.post_form(path, &[("q", "0201")]).await,
            _ => operator.get(path).await,
        };
        seen.expect(200);
    }

    let staff = format!("staff:{}", test.place.operator);
    let want: Vec<(String, String)> =
        reasons.iter().map(|(_, why)| (staff.clone(), (*why).to_owned())).collect();
    assert_eq!(looks(&test, id).await, want);

    let all = audit::Entity::find().all(test.app.store().reader()).await.unwrap();
    for row in all {
        let detail = row.detail.to_string();
        assert!(!detail.contains("シルベ") && !detail.contains("花子") && !detail.contains("0201"));
    }
}

#[tokio::test]
async fn an_age_that_was_only_told_is_shown() {
    let test = TestApp::start().await;
    let id = a_person("タメシ ミドリ").aged(AgeBand::Eighties).create(&test).await;
    let page = test.operator().await.get(&format!("/people/{id}")).await.expect(200);
    assert!(page.text.contains("80代"), "{}", page.text);
    assert!(page.text.contains("電話なし"));
}

#[tokio::test]
async fn a_search_leaves_nothing_in_an_address() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "しるべ 花子", &["03-0000-0201"]).await;
    let operator = test.operator().await;
    let blank = operator.get("/people?q=0201").await.expect(200);
    assert!(!blank.text.contains("シルベ ハナコ"), "{}", blank.text);
    assert!(blank.text.contains("method=\"post\" action=\"/people\""), "{}", blank.text);
    assert!(looks(&test, id).await.is_empty());
    let found = operator.post_form("/people", &[("q", "しるべ花子")]).await.expect(200);
    assert!(found.text.contains("シルベ ハナコ"), "{}", found.text);
    assert_eq!(found.field("q"), "しるべ花子");
    assert!(found.text.contains("href=\"/people?lang=en\""), "{}", found.text);
    assert!(!found.text.contains("?q="), "{}", found.text);
    operator.post_form_without_token("/people", &[("q", "0201")]).await.expect(403);
}
