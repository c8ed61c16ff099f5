//! The OpenAPI document: who may do what, and what can come of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{OPERATIONS, document};
use crate::support::TestApp;

/// Who holds which role in the small world of the tests.
const HOLDERS: &[(&str, &[&str])] = &[
    ("operator", &["operator"]),
    ("coordinator", &["coordinator"]),
    ("teacher", &["teacher"]),
    ("administrator", &["administrator"]),
    ("auditor", &["auditor"]),
    ("ward_officer", &["ward_officer"]),
    ("other_officer", &["ward_officer"]),
    ("headquarters", &["programme_manager"]),
    ("second_reviewer", &["programme_manager", "ward_officer"]),
    ("stranger", &["operator"]),
];

/// Operations of which a role does one part only: teachers ask at the end of a class, not before;
/// each step of a project has its own side.
const NARROWED: &[&str] =
    &["get_class_answers", "record_class_answers", "take_step", "post_message"];

/// The right in the signature of an operation stands in the document. That an operation answers
/// nothing but what stands there is looked at with every request of every test (`support::client`).
#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_who_may_do_what_and_what_can_come_of_it() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    for (id, who) in OPERATIONS.iter().filter(|(id, _)| *id != "delete_token") {
        let operations = document["paths"].as_object().unwrap().values();
        let mut operations = operations.flat_map(|methods| methods.as_object().unwrap().values());
        let operation = operations.find(|one| one["operationId"] == *id).unwrap();
        let said = |role: &str| {
            operation["x-roles"].as_array().into_iter().flatten().any(|one| one == role)
        };
        let named: BTreeSet<&str> = HOLDERS
            .iter()
            .filter(|(_, roles)| roles.iter().any(|role| said(role)))
            .map(|(name, _)| *name)
            .collect();
        let may: BTreeSet<&str> = who.unwrap_or_default().iter().copied().collect();
        match NARROWED.contains(id) {
            true => assert!(named.is_superset(&may) && named != may, "{id}"),
            false => assert_eq!(named, may, "{id}"),
        }
        let is_secured = operation["security"].as_array().is_some_and(|all| all.len() == 2);
        assert_eq!(is_secured, who.is_some(), "{id}");

        for (status, response) in operation["responses"].as_object().unwrap() {
            let named = response["$ref"].as_str().map(|name| name.trim_start_matches('#'));
            let response = named.map_or(response, |name| document.pointer(name).unwrap());
            assert_ne!(response.get("content"), Some(&Value::Null), "{id}: {status}");
            let shown = response["content"].as_object().into_iter().flatten();
            for (kind, content) in shown.filter(|(kind, _)| kind.contains("json")) {
                assert!(content.get("example").is_some(), "{id}: {status} {kind}");
            }
        }
    }
}

/// Every place that the document points at.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            found.extend(parts.get("$ref").and_then(Value::as_str).map(str::to_owned));
            parts.values().for_each(|part| references(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| references(part, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_document_points_at_is_there() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.contains("#/components/schemas/Problem") && found.len() > 100);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_changes_only_on_purpose() {
    let t = TestApp::start().await;
    let text = serde_json::to_string_pretty(&document(&t.anonymous()).await).unwrap();
    insta::assert_snapshot!("openapi", text);
}
