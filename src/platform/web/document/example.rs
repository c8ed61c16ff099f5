//! An example of what a schema describes, so that a reader of the document sees an answer.

use serde_json::{Map, Value, json};

/// What stands in fields of these names; people are invented.
const TEXTS: &[(&str, &str)] = &[
    ("kana", "ヤマダ ハナコ"),
    ("resident_kana", "ヤマダ ハナコ"),
    ("resident_name", "山田 花子"),
    ("staff_name", "案内 まどか"),
    ("phones", "0312345678"),
    ("caller_phone", "0312345678"),
    ("phone_end", "5678"),
    ("postal_code", "1020074"),
    ("address", "千代田区九段南1-2-1"),
    ("email", "hanako@example.jp"),
    ("birth_date", "1950-04-01"),
    ("number", "12345678"),
    ("title", "スマートフォン講習会 はじめて"),
    ("title_ja", "スマートフォン講習会 はじめて"),
    ("title_en", "Smartphone class for beginners"),
    ("venue", "九段会館"),
    ("login", "annai"),
    ("code", "r6_class_01"),
    ("next", "2024-07-10T05:00:00Z,12"),
    ("detail", "この回は満席です。"),
    ("message", "ふりがなを書いてください。"),
];

/// No schema of ours is nested deeper; a list of lists of itself ends here.
const DEEPEST: usize = 8;

/// An example of `schema` in `document`. Two calls give the same.
pub(super) fn of(document: &Value, schema: &Value) -> Value {
    value(document, schema, "", 0)
}

fn value(document: &Value, schema: &Value, name: &str, depth: usize) -> Value {
    let schema = match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap_or(schema),
        None => schema,
    };
    if let Some(given) = schema.get("example") {
        return given.clone();
    }
    if let Some(part) = schema["allOf"].get(0) {
        return value(document, part, name, depth);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }

    match schema["type"].as_str() {
        Some("string") => text(schema, name),
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") if depth >= DEEPEST => json!([]),
        Some("array") => json!([value(document, &schema["items"], name, depth + 1)]),
        _ => object(document, schema, depth),
    }
}

fn object(document: &Value, schema: &Value, depth: usize) -> Value {
    let mut made = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
        if required || depth < DEEPEST {
            made.insert(name.clone(), value(document, property, name, depth + 1));
        }
    }
    Value::Object(made)
}

fn text(schema: &Value, name: &str) -> Value {
    match schema["format"].as_str() {
        Some("naive-date" | "date") => json!("2024-07-10"),
        Some("date-time") => json!("2024-07-10T14:00:00+09:00"),
        _ => {
            let known = TEXTS.iter().find(|(known, _)| *known == name);
            json!(known.map_or("例", |(_, text)| text))
        }
    }
}
