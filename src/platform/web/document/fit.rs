//! Whether a value is what its schema says.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde_json::Value;

use crate::platform::error::FieldError;

/// So much of a name that somebody made up is said back.
const LONGEST_NAME: usize = 60;

/// A reader of values; what does not fit is collected, so that all of it is told at once.
pub(super) struct Fit<'a> {
    document: &'a Value,
    pub(super) wrong: Vec<FieldError>,
}

impl<'a> Fit<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        Self { document, wrong: Vec::new() }
    }

    pub(super) fn say(&mut self, at: &str, wording: &'static str) {
        self.wrong.push(FieldError::new(at, wording));
    }

    fn say_with(&mut self, at: &str, wording: &'static str, name: &'static str, value: String) {
        let values = vec![(name, value)];
        self.wrong.push(FieldError { values, ..FieldError::new(at, wording) });
    }

    /// Judges a parameter, which arrives as text.
    pub(super) fn parameter(&mut self, schema: &Value, text: &str, at: &str) {
        let schema = self.resolved(schema);
        let read: Option<Value> = match schema["type"].as_str() {
            Some("integer" | "number" | "boolean") => serde_json::from_str(text).ok(),
            _ => None,
        };
        let value = read.unwrap_or_else(|| Value::from(text));
        self.value(schema, &value, at);
    }

    /// Judges `value`, which stands at `at` (`phones.1`; empty for the whole body).
    pub(super) fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        if value.is_null() && schema["nullable"] == true {
            return;
        }

        let schema = self.resolved(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.value(part, value, at);
        }

        if let Some(allowed) = schema["enum"].as_array() {
            if !allowed.contains(value) {
                let allowed = listed(allowed.iter().filter_map(Value::as_str));
                self.say_with(at, "err.api.choice", "allowed", allowed);
            }
            return;
        }

        let kind = schema["type"].as_str().unwrap_or_default();
        if value.is_null() && !kind.is_empty() {
            return self.say(at, "err.api.required");
        }

        match (kind, value) {
            ("string", Value::String(text)) => self.text(schema, text, at),
            ("string", _) => self.say(at, "err.api.text"),
            ("integer", value) if !is_integer(schema, value) => self.say(at, "err.api.integer"),
            ("number", value) if !value.is_number() => self.say(at, "err.api.number"),
            ("boolean", value) if !value.is_boolean() => self.say(at, "err.api.boolean"),
            ("array", Value::Array(items)) => {
                for (place, item) in items.iter().enumerate() {
                    self.value(&schema["items"], item, &below(at, &place.to_string()));
                }
            }
            ("array", _) => self.say(at, "err.api.list"),
            ("object", Value::Object(fields)) => self.object(schema, fields, at),
            ("object", _) => self.say(at, "err.api.object"),
            _ => {}
        }
    }

    fn text(&mut self, schema: &Value, text: &str, at: &str) {
        match schema["format"].as_str() {
            // As chrono reads them, years can have more digits than days are stored with.
            Some("naive-date") if text.len() != 10 || text.parse::<NaiveDate>().is_err() => {
                self.say(at, "err.api.date");
            }
            Some("date-time") if text.parse::<DateTime<FixedOffset>>().is_err() => {
                self.say(at, "err.api.instant");
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &Value, fields: &serde_json::Map<String, Value>, at: &str) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.say(&below(at, name), "err.api.required");
            }
        }
        for (name, value) in fields {
            let at = below(at, name);
            match (schema["properties"].get(name), schema.get("additionalProperties")) {
                (Some(known), _) => self.value(known, value, &at),
                (None, Some(Value::Bool(false))) => {
                    let known = schema["properties"].as_object().into_iter().flatten();
                    let known = listed(known.map(|(name, _)| name.as_str()));
                    let at: String = at.chars().take(LONGEST_NAME).collect();
                    self.say_with(&at, "err.api.unknown", "known", known);
                }
                (None, Some(other)) => self.value(other, value, &at),
                (None, None) => {}
            }
        }
    }

    fn resolved<'s>(&self, schema: &'s Value) -> &'s Value
    where
        'a: 's,
    {
        let document: &'a Value = self.document;
        match schema["$ref"].as_str() {
            Some(path) => document.pointer(path.trim_start_matches('#')).unwrap_or(schema),
            None => schema,
        }
    }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn listed<'s>(words: impl Iterator<Item = &'s str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn is_integer(schema: &Value, value: &Value) -> bool {
    let number = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
    let (low, high) = match schema["format"].as_str() {
        Some("int32") => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Some("uint32") => (0, i128::from(u32::MAX)),
        Some("uint64") => (0, i128::from(u64::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    number.is_some_and(|number| (low..=high).contains(&number))
}
