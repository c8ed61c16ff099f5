//! One reader of a person behind every door: what was typed is kept or refused, never altered.

use entity::residents::resident_phone;
use serde_json::Value;

use super::*;
use crate::support::{Answer, Client};

/// Registers somebody by the API, with these fields beside the reading.
async fn register(client: &Client, fields: Value) -> Answer {
    let mut body = json!({ "kana": "しるべ はなこ" });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    client.post_json("/api/residents", &body).await
}

/// Registers somebody by the form of the staff, with these fields beside the reading.
async fn fill_in(client: &Client, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("confirmed", "yes")];
    if fields.iter().all(|(name, _)| *name != "kana") {
        all.push(("kana", "しるべ はなこ"));
    }
    client.post_form("/people/new", &[&all[..], fields].concat()).await
}

async fn registered(client: &Client, answer: Answer) -> Value {
    let id = match answer.code() {
        201 => answer.json()["id"].to_string(),
        _ => answer.expect(303).location().trim_start_matches("/people/").to_owned(),
    };
    client.get(&format!("/api/residents/{id}")).await.expect(200).json()
}

#[tokio::test]
async fn a_postal_code_is_kept_in_one_form_or_refused() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    for typed in ["〒102-0074", "１０２－００７４", "1020074"] {
        let by_api = register(&operator, json!({ "postal_code": typed })).await;
        let by_form = fill_in(&operator, &[("postal_code", typed)]).await;
        for answer in [by_api, by_form] {
            assert_eq!(registered(&operator, answer).await["postal_code"], "102-0074", "{typed}");
        }
    }
    for typed in ["あいう", "000", "102a0074"] {
        let told = register(&operator, json!({ "postal_code": typed })).await.expect(422).json();
        assert_eq!(told["fields"][0]["code"], "err.postal.len", "{typed}");
        let page = fill_in(&operator, &[("postal_code", typed)]).await.expect(422);
        assert!(page.text.contains("郵便番号は7けた"), "{}", page.text);
        assert_eq!(page.field("postal_code"), typed, "what was typed is lost");
    }
}

#[tokio::test]
async fn an_extension_is_kept_with_its_number() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let answer = register(&operator, json!({ "phones": ["03-3261-4455 内線210"] })).await;
    let person = registered(&operator, answer).await;
    assert_eq!(person["phones"], json!(["0332614455#210"]));

    let id = person["id"].to_string();
    let card = operator.get(&format!("/people/{id}")).await.expect(200);
    assert!(card.text.contains("03-3261-4455 内線210"), "{}", card.text);
    // Whoever saves what the form or the API shows loses nothing.
    let form = operator.get(&format!("/people/{id}/edit")).await.expect(200);
    assert_eq!(form.field("phones"), "03-3261-4455 内線210");
    let (revision, phone) = (form.field("revision"), form.field("phones"));
    let fields = [("kana", "シルベ ハナコ"), ("phones", &phone), ("revision", &revision)];
    operator.post_form(&format!("/people/{id}/edit"), &fields).await.expect(303);
    let path = format!("/api/residents/{id}");
    let card = operator.get(&path).await.expect(200);
    let change =
        json!({ "kana": "シルベ ハナコ", "phones": card.json()["phones"], "note": "通話は朝" });
    let changing = operator.with_header("if-match", card.header("etag"));
    changing.put_json(&path, &change).await.expect(200);
    let row = resident_phone::Entity::find().one(test.app.store().reader()).await.unwrap().unwrap();
    assert_eq!((row.digits.as_str(), row.extension.as_deref()), ("0332614455", Some("210")));

    for typed in ["03-3261-4455 内線210・211", "03-3261-4455 内線なし"] {
        let told = register(&operator, json!({ "phones": [typed] })).await.expect(422).json();
        assert_eq!(told["fields"][0]["code"], "err.tel.ext", "{typed}");
    }
    let both = json!({ "phones": ["03-3261-4455 内線210", "03-3261-4455 内線211"] });
    let told = register(&operator, both).await.expect(422).json();
    assert_eq!(told["fields"][0]["code"], "err.phones.twice");
}

#[tokio::test]
async fn a_missing_zero_is_told_as_what_it_is() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let told = register(&operator, json!({ "phones": ["9012345678"] })).await.expect(422).json();
    assert_eq!(told["fields"][0]["code"], "err.tel.zero");
    let page = fill_in(&operator, &[("phones", "9012345678")]).await.expect(422);
    assert!(page.text.contains("はじめの0が抜けている"), "{}", page.text);
}

#[tokio::test]
async fn a_reading_with_a_double_hyphen_is_a_reading() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let answer = fill_in(&operator, &[("kana", "マリー＝クレール")]).await;
    let person = registered(&operator, answer).await;
    assert_eq!(person["kana"], "マリー＝クレール");
    for sought in ["まりーくれーる", "マリー＝クレール", "クレール", "マリー・クレール"]
    {
        let found = operator.post_form("/people", &[("q", sought)]).await.expect(200);
        assert!(found.text.contains("マリー＝クレール"), "{sought}: {}", found.text);
    }
}

#[tokio::test]
async fn a_day_of_two_eras_is_read_in_both() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    for (typed, day) in [
        ("明治45年7月30日", "1912-07-30"),
        ("大正元年7月30日", "1912-07-30"),
        ("大正15年12月25日", "1926-12-25"),
        ("昭和元年12月25日", "1926-12-25"),
    ] {
        let by_api = register(&operator, json!({ "birth_date": typed })).await;
        let by_form = fill_in(&operator, &[("birth", typed)]).await;
        for answer in [by_api, by_form] {
            assert_eq!(registered(&operator, answer).await["birth_date"], day, "{typed}");
        }
    }
    let told = register(&operator, json!({ "birth_date": "昭和22年3月" })).await.expect(422).json();
    assert_eq!(told["fields"][0]["code"], "err.birth.dayless", "a month is not dropped");
}

#[tokio::test]
async fn an_address_keeps_its_lines_through_the_form() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let answer = register(&operator, json!({ "address": "九段南1-2-1\nしるべ荘101" })).await;
    let person = registered(&operator, answer).await;
    assert_eq!(person["address"], "九段南1-2-1\nしるべ荘101");
    let form = operator.get(&format!("/people/{}/edit", person["id"])).await.expect(200);
    assert!(form.text.contains("九段南1-2-1\nしるべ荘101</textarea>"), "{}", form.text);
    let long = "町".repeat(201);
    let told = register(&operator, json!({ "address": long })).await.expect(422).json();
    assert_eq!(told["fields"][0]["code"], "err.text.long");
}

#[tokio::test]
async fn the_form_of_somebody_with_five_ways_keeps_all_of_them() {
    let test = TestApp::start().await;
    let operator = test.operator().await;
    let ways = ["letter", "phone", "email", "sms", "line"];
    let answer = register(&operator, json!({ "channels": ways, "phones": ["0312345678"] })).await;
    let id = registered(&operator, answer).await["id"].to_string();
    let form = operator.get(&format!("/people/{id}/edit")).await.expect(200);
    assert_eq!(form.text.matches("name=\"channels\"").count(), ways.len());
    test.finish().await;
}
