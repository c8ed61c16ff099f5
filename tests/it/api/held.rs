//! Requests are held to the document: nothing is ignored, and nothing is replaced unseen.

use std::collections::BTreeSet;

use entity::staff::staff_member;
use poem::http::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{OPERATIONS, Operation, document, operations};
use crate::architecture::files_below;
use crate::support::{Client, TestApp, at, class, person};

/// Somebody who may do each operation.
struct Doers(Vec<(&'static str, Client)>);

impl Doers {
    async fn of(t: &TestApp) -> Self {
        Self(t.everybody().await)
    }

    fn of_operation(&self, id: &str) -> &Client {
        let (_, who) = OPERATIONS.iter().find(|(known, _)| *known == id).unwrap();
        let name = who.map_or("anonymous", |who| who[0]);
        &self.0.iter().find(|(known, _)| *known == name).unwrap().1
    }
}

async fn send(client: &Client, operation: &Operation, body: &Value) -> crate::support::Answer {
    client.send_with(operation.method.clone(), &operation.path, &[], body).await
}

/// The schema of a body, without its name.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap(),
        None => match schema["allOf"].as_array() {
            Some(all) => resolved(document, &all[0]),
            None => schema,
        },
    }
}

/// All schemas below `schema`, by the name under which a message would tell of them.
fn below<'a>(document: &'a Value, schema: &'a Value, at: &str, all: &mut Vec<(String, &'a Value)>) {
    let schema = resolved(document, schema);
    all.push((at.to_owned(), schema));
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        below(document, part, &format!("{at}.{name}"), all);
    }
    for part in [&schema["items"], &schema["additionalProperties"]] {
        if part.is_object() {
            below(document, part, &format!("{at}.*"), all);
        }
    }
}

fn bodies(document: &Value) -> Vec<(String, &Value)> {
    let mut all = Vec::new();
    for (_, methods) in document["paths"].as_object().unwrap() {
        for (_, operation) in methods.as_object().unwrap() {
            let kinds = operation.pointer("/requestBody/content").and_then(Value::as_object);
            if let Some(kind) = kinds.and_then(|kinds| kinds.values().next()) {
                let id = operation["operationId"].as_str().unwrap();
                below(document, &kind["schema"], id, &mut all);
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_of_a_request_is_closed() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let objects: Vec<_> =
        bodies(&document).into_iter().filter(|(_, schema)| schema["type"] == "object").collect();
    assert!(objects.len() > 60, "{}", objects.len());
    for (at, schema) in objects {
        let more = &schema["additionalProperties"];
        // A map by codes of the town says what its values are; its keys are judged by the rules.
        let is_map = schema.get("properties").is_none() && more.is_object();
        assert!(is_map || *more == json!(false), "{at} takes fields that nobody knows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_framework_come_in_the_same_envelope() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let broken =
        operator.send(Method::POST, "/api/residents", "application/json", b"{".to_vec()).await;
    assert_eq!((broken.code(), broken.json()["code"].clone()), (400, json!("bad_request")));
    let method =
        operator.send(Method::DELETE, "/api/residents", "application/json", Vec::new()).await;
    assert_eq!((method.code(), method.json()["code"].clone()), (405, json!("method_not_allowed")));
    let mut allowed: Vec<_> = method.header("allow").split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    let kind = operator.send(Method::POST, "/api/residents", "text/plain", b"x".to_vec()).await;
    assert!(matches!(kind.code(), 400 | 415), "{}", kind.text);
    for answer in [&broken, &method, &kind] {
        assert!(answer.header("content-type").starts_with("application/problem+json"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_not_taken_for_a_text() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let body = json!({ "kana": 12, "phones": [true], "name": null });
    let answer = operator.post_json("/api/residents", &body).await.expect(422).json();
    let fields: Vec<_> = answer["fields"].as_array().unwrap().iter().collect();
    let names: Vec<_> = fields.iter().map(|field| &field["field"]).collect();
    assert_eq!(names, ["kana", "phones.0"]);
    assert_eq!(fields[0]["message"], "文字として（\"…\"で囲んで）送ってください。");
    // What may be left out may be null.
    let body = json!({ "kana": "しるべ", "name": null });
    operator.post_json("/api/residents", &body).await.expect(201);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_no_operation_knows_is_refused_by_its_name() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let doers = Doers::of(&t).await;
    let (mut wrong, mut asked) = (Vec::new(), 0);

    for operation in operations(&document) {
        let Some(body) = &operation.body else { continue };
        let (body, field) = match body {
            Value::Array(_) => (json!([{ "no_such_field": 1 }]), "0.no_such_field"),
            body => {
                let mut body = body.clone();
                body["no_such_field"] = json!(1);
                (body, "no_such_field")
            }
        };

        let answer = send(doers.of_operation(&operation.id), &operation, &body).await;
        asked += 1;
        let names = |answer: &Value| {
            let fields = answer["fields"].as_array().cloned().unwrap_or_default();
            fields.iter().any(|one| one["field"] == field && one["code"] == "err.api.unknown")
        };
        if answer.code() != 422 || !names(&answer.json()) {
            wrong.push(format!("{}: {} {}", operation.id, answer.status, answer.text));
        }
    }

    assert!(asked > 55, "{asked}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_none_of_the_choices_is_refused_with_the_choices() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let doers = Doers::of(&t).await;
    let (mut wrong, mut asked) = (Vec::new(), 0);

    let mut judge = |id: &str, field: &str, first: &str, answer: crate::support::Answer| {
        asked += 1;
        let told = answer.json();
        let fields = told["fields"].as_array().cloned().unwrap_or_default();
        let named = fields
            .iter()
            .any(|one| one["field"] == field && one["message"].as_str().unwrap().contains(first));
        if answer.code() != 422 || !named {
            wrong.push(format!("{id} {field}: {} {}", answer.status, answer.text));
        }
    };

    for operation in operations(&document) {
        let client = doers.of_operation(&operation.id);
        for (name, schema) in operation.fields(&document) {
            let Some(choices) = resolved(&document, schema)["enum"].as_array() else { continue };
            let mut body = operation.body.clone().unwrap();
            body[name] = json!("no such choice");
            let first = choices[0].as_str().unwrap();
            judge(&operation.id, name, first, send(client, &operation, &body).await);
        }

        for (name, schema) in operation.queries(&document) {
            let Some(choices) = resolved(&document, schema)["enum"].as_array() else { continue };
            let first = choices[0].as_str().unwrap();
            let path = operation.path.split('?').next().unwrap();
            let answer = client.get(&format!("{path}?{name}=nothing")).await;
            judge(&operation.id, name, first, answer);
        }
    }

    assert!(asked > 40, "{asked}");
    assert!(wrong.is_empty(), "{wrong:#?}");

    let operator = t.operator().await;
    let answer = operator.get("/api/residents/twelve").await.expect(422).json();
    assert_eq!(answer["fields"][0]["field"], "id");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replaced_or_taken_away_unseen() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let doers = Doers::of(&t).await;
    let mut asked = 0;

    for operation in operations(&document) {
        let replaces = matches!(operation.method, Method::PUT | Method::PATCH | Method::DELETE);
        // One's own token is nobody else's record; a first path overwrites nothing (see below).
        if !replaces || ["delete_token", "accept_path"].contains(&operation.id.as_str()) {
            continue;
        }

        asked += 1;
        let header = operation.parameters(&document).find(|one| one["name"] == "If-Match");
        let header = header.unwrap_or_else(|| panic!("{} has no If-Match", operation.id));
        assert_eq!((&header["in"], &header["required"]), (&json!("header"), &json!(true)));

        let client = doers.of_operation(&operation.id);
        let body = operation.body.clone().unwrap_or(json!({}));
        for header in [None, Some("*"), Some("W/\"*\"")] {
            let headers: Vec<(&str, &[u8])> =
                header.iter().map(|value| ("if-match", value.as_bytes())).collect();
            let (method, path) = (operation.method.clone(), &operation.path);
            let answer = client.send_with(method, path, &headers, &body).await;
            assert_eq!(answer.code(), 428, "{} {header:?}: {}", operation.id, answer.text);
            assert_eq!(answer.json()["code"], "if_match_required");
        }
    }

    assert!(asked >= 14, "{asked}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_stands_is_not_replaced_unseen() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "しるべはなこ").await);
    let path = format!("/api/residents/{who}/path");
    let body = json!({ "hearing": {}, "steps": [{ "kind": "consultation" }] });
    let put = async |headers: &[(&str, &[u8])]| {
        operator.send_with(Method::PUT, &path, headers, &body).await
    };
    let first = put(&[]).await.expect(200);
    assert_eq!(first.header("etag"), "\"1\"");
    put(&[]).await.expect(428);
    put(&[("if-match", b"*")]).await.expect(428);
    put(&[("if-match", b"\"0\"")]).await.expect(409);
    put(&[("if-match", b"\"1\"")]).await.expect(200);
    put(&[("if-match", b"\"1\"")]).await.expect(409);
    put(&[("if-match", b"\"1\""), ("if-match", b"\"2\"")]).await.expect(400);
    let stands = operator.get(&path).await.expect(200);
    assert_eq!((stands.header("etag"), &stands.json()["version"]), ("\"2\"", &json!(2)));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_that_cannot_be_kept_is_refused() {
    let t = TestApp::start().await;
    let (operator, administrator) = (t.operator().await, t.administrator().await);

    let count = async || {
        let db = t.app.store().reader();
        let people = shirube::residents::resident::Entity::find().count(db).await.unwrap();
        (people, staff_member::Entity::find().count(db).await.unwrap())
    };
    let before = count().await;

    let long = "k".repeat(256);
    let person = json!({ "kana": "しるべはなこ" });
    let hired = json!({ "login": "shinjin", "name": "新人 一", "kana": "しんじん はじめ",
        "password": "kumo to yama no aida 37" });
    let keys: [&[&[u8]]; 4] = [&[long.as_bytes()], &["鍵".as_bytes()], &[b""], &[b"a", b"b"]];

    for keys in keys {
        let headers: Vec<(&str, &[u8])> =
            keys.iter().map(|key| ("idempotency-key", *key)).collect();
        for (client, path, body) in
            [(&operator, "/api/residents", &person), (&administrator, "/api/staff", &hired)]
        {
            let answer = client.send_with(Method::POST, path, &headers, body).await.expect(400);
            let told = answer.json();
            assert_eq!(
                (&told["code"], &told["fields"][0]["field"]),
                (&json!("idempotency.key"), &json!("Idempotency-Key"))
            );
            assert!(told["detail"].as_str().unwrap().contains("255文字"), "{told}");
        }
    }
    assert_eq!(count().await, before);

    let headers: &[(&str, &[u8])] = &[("idempotency-key", &long.as_bytes()[..255])];
    for _ in 0..2 {
        operator.send_with(Method::POST, "/api/residents", headers, &person).await.expect(201);
    }
    assert_eq!(count().await, (before.0 + 1, before.1));

    // The key of a form is ours, and 32 characters long.
    let form = [("kana", "しるべ いち"), ("once", long.as_str())];
    operator.post_form("/people/new", &form).await.expect(400);
    assert_eq!(count().await, (before.0 + 1, before.1));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attendance_is_taken_back_only_by_saying_so() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "しるべはなこ").await);
    let session = class(&t, at(2024, 7, 10, 14, 0), 5).await;
    let wish = json!({ "session_id": session.0, "resident_id": who.0, "via": "phone" });
    let booked = operator.post_json("/api/bookings", &wish).await.expect(201).json();
    t.advance(at(2024, 7, 10, 14, 0) - t.now());
    let operator = t.operator().await;
    let path = format!("/api/bookings/{}/attendance", booked["id"]);
    let present = operator.post_json(&path, &json!({ "state": "present" })).await.expect(200);
    assert_eq!(present.json()["attendance"], "present");
    for body in [json!({}), json!({ "attendance": "companion" }), json!({ "State": "present" })] {
        let told = operator.post_json(&path, &body).await.expect(422).json();
        let missing = json!({ "field": "state", "code": "err.api.required",
            "message": "この項目は省けません。値を入れてください。" });
        assert!(told["fields"].as_array().unwrap().contains(&missing), "{told}");
        let stands = operator.get(&format!("/api/bookings/{}", booked["id"])).await.json();
        assert_eq!(stands["attendance"], "present", "{body}");
    }
    let back = operator.post_json(&path, &json!({ "state": null })).await.expect(200).json();
    assert_eq!(back.get("attendance").filter(|state| !state.is_null()), None);
    t.finish().await;
}

/// The names of the schemas that requests consist of.
fn asked_names(document: &Value, schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(parts) => {
            if let Some(path) = schema["$ref"].as_str()
                && names.insert(path.rsplit('/').next().unwrap().to_owned())
            {
                let schema = document.pointer(path.trim_start_matches('#')).unwrap();
                asked_names(document, schema, names);
            }
            parts.values().for_each(|part| asked_names(document, part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| asked_names(document, part, names)),
        _ => {}
    }
}

/// A field that an answer may lack is written `null` by the framework, which the document does
/// not allow, unless the source says otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_has_not_it_leaves_out() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let mut asked = BTreeSet::new();
    for (_, methods) in document["paths"].as_object().unwrap() {
        for (_, operation) in methods.as_object().unwrap() {
            asked_names(&document, &operation["requestBody"], &mut asked);
        }
    }

    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in files_below("src", &["rs"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        for rest in text.split("#[derive(").skip(1) {
            let Some((head, rest)) = rest.split_once("struct ") else { continue };
            let derived = head.split(')').next().unwrap_or_default();
            if !derived.split(&[',', ' ', ':']).any(|name| name == "Object") {
                continue;
            }
            let own = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let renamed = head.split_once("rename = \"").and_then(|(_, rest)| rest.split_once('"'));
            let name = renamed.map_or(own, |(name, _)| name);
            let fields = rest.split_once("\n}").map_or(rest, |(fields, _)| fields);

            seen += 1;
            // What stands within a body is written as a part of it.
            let body = format!("{name}Body");
            if asked.contains(name)
                || asked.contains(&body)
                || head.contains("skip_serializing_if_is_none")
            {
                continue;
            }

            let mut says = false;
            for line in fields.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
                if line.contains(": Option<") && !says {
                    wrong.push(format!("{}: {name}: {line}", file.display()));
                }
                says =
                    line.starts_with("#[") && (line.contains("nullable") || line.contains("skip"));
            }
        }
    }

    assert!(seen > 100, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_change_a_record_learns_that_before_anything_about_its_revision() {
    let t = TestApp::start().await;
    let body = json!({ "kana": "しるべ" });
    for (client, want) in [(t.anonymous(), 401), (t.teacher().await, 403)] {
        let answer = client.send_with(Method::PUT, "/api/residents/1", &[], &body).await;
        assert_eq!(answer.code(), want);
    }
    t.finish().await;
}
