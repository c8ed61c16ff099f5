//! What the OpenAPI document promises, held against what is asked: which methods an address
//! takes, and that a text is a text.

use std::collections::BTreeSet;
use std::sync::Arc;

use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Request, Response};
use serde_json::{Map, Value, json};

use super::face;
use crate::platform::Error;
use crate::platform::error::FieldError;

/// The document as JSON, with what the framework leaves out: a field of a request that may be
/// left out may also be null.
pub fn complete(document: &str) -> String {
    let mut document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut asked = BTreeSet::new();
    for operation in operations(&document) {
        collect(&document, &operation.body, &mut asked);
    }
    for name in asked {
        let Some(schema) = document.pointer_mut(&format!("/components/schemas/{name}")) else {
            continue;
        };
        let required = schema.get("required").cloned().unwrap_or_default();
        let required = |name: &String| {
            required.as_array().into_iter().flatten().any(|one| one.as_str() == Some(name))
        };
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        for (_, property) in properties.iter_mut().filter(|(name, _)| !required(name)) {
            if property.get("$ref").is_some() {
                *property = json!({ "allOf": [property] });
            }
            property["nullable"] = json!(true);
        }
    }
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// The names of all schemas below `schema`.
fn collect(document: &Value, schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(parts) => {
            if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next())
                && names.insert(name.to_owned())
            {
                collect(document, &document["components"]["schemas"][name], names);
            }
            parts.values().for_each(|part| collect(document, part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(document, part, names)),
        _ => {}
    }
}

/// One operation: its method, the parts of its path, the schema of its body (or null).
struct Operation {
    method: String,
    segments: Vec<String>,
    body: Value,
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(|(method, operation)| Operation {
            method: method.to_uppercase(),
            segments: path.split('/').skip(1).map(str::to_owned).collect(),
            body: operation
                .pointer("/requestBody/content")
                .and_then(Value::as_object)
                .and_then(|kinds| kinds.values().next())
                .map_or(Value::Null, |kind| kind["schema"].clone()),
        })
    });
    all.filter(|operation| Method::from_bytes(operation.method.as_bytes()).is_ok()).collect()
}

/// A document that was read.
struct Document {
    operations: Vec<Operation>,
    whole: Value,
}

impl Document {
    fn read(text: &str) -> Self {
        let whole: Value = serde_json::from_str(text).unwrap_or_default();
        Self { operations: operations(&whole), whole }
    }

    /// The operations at a path. One with fewer variable parts is the one that the router took.
    fn at(&self, path: &str) -> Vec<&Operation> {
        let asked: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let variable = |operation: &Operation| {
            operation.segments.iter().filter(|part| part.starts_with('{')).count()
        };
        let fits: Vec<&Operation> = self
            .operations
            .iter()
            .filter(|operation| {
                operation.segments.len() == asked.len()
                    && operation
                        .segments
                        .iter()
                        .zip(&asked)
                        .all(|(own, asked)| own.starts_with('{') || own == asked)
            })
            .collect();
        let fewest = fits.iter().map(|operation| variable(operation)).min();
        fits.into_iter().filter(|operation| Some(variable(operation)) == fewest).collect()
    }

    fn methods(&self, path: &str) -> String {
        let at = self.at(path);
        let names = at.iter().flat_map(|operation| match operation.method.as_str() {
            "GET" => vec!["GET", "HEAD"],
            other => vec![other],
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// The fields of a body that should be texts and are none. (The framework would take a number
    /// or `true` for its text; everything else it checks by itself.)
    fn no_texts(&self, method: &str, path: &str, body: &Value) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        if let Some(operation) = self.at(path).into_iter().find(|one| one.method == method) {
            self.check(&operation.body, body, "", &mut wrong);
        }
        wrong
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<FieldError>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let schema = self.whole.pointer(reference.trim_start_matches('#'));
            return self.check(schema.unwrap_or(&Value::Null), value, at, wrong);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check(part, value, at, wrong);
        }
        let below = |name: &str| if at.is_empty() { name.into() } else { format!("{at}.{name}") };
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let known = schema["properties"].get(name);
                    let schema = known.or(schema.get("additionalProperties"));
                    self.check(schema.unwrap_or(&Value::Null), value, &below(name), wrong);
                }
            }
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.check(&schema["items"], item, &below(&place.to_string()), wrong);
                }
            }
            Value::Number(_) | Value::Bool(_) if schema["type"] == "string" => {
                wrong.push(FieldError::new(at, "err.api.text"));
            }
            _ => {}
        }
    }
}

/// Holds every request to `operations` against their document: a body in which something else
/// stands for a text is refused (422), and an address asked by another method names those that it
/// takes (RFC 9110, 15.5.6).
pub fn held_against(
    document: &str,
    operations: impl IntoEndpoint<Endpoint: 'static>,
) -> impl Endpoint<Output = Response> {
    let document = Arc::new(Document::read(document));
    operations.into_endpoint().around(move |inner, mut request: Request| {
        let document = document.clone();
        async move {
            let path = request.uri().path().to_owned();
            if let Err(error) = texts_are_texts(&document, &path, &mut request).await {
                return Ok(face::respond(error.into()));
            }
            let mut response = match inner.call(request).await {
                Ok(output) => output.into_response(),
                Err(error) => face::respond(error),
            };
            if response.status() == StatusCode::METHOD_NOT_ALLOWED
                && let Ok(value) = document.methods(&path).parse()
            {
                response.headers_mut().insert(header::ALLOW, value);
            }
            Ok(response)
        }
    })
}

async fn texts_are_texts(
    document: &Document,
    path: &str,
    request: &mut Request,
) -> Result<(), Error> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    let bytes = request.take_body().into_vec().await.map_err(|_| Error::BadRequest)?;
    // What cannot be read at all is the framework's to refuse.
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Object(Map::new()));
    request.set_body(bytes);
    match document.no_texts(request.method().as_str(), path, &body) {
        wrong if wrong.is_empty() => Ok(()),
        wrong => Err(Error::Invalid(wrong)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r##"{"paths": {
        "/residents": {"get": {}, "post": {"requestBody": {"content": {"application/json":
            {"schema": {"$ref": "#/components/schemas/Person"}}}}}},
        "/residents/{id}": {"get": {}, "patch": {}},
        "/residents/current": {"delete": {}}
    }, "components": {"schemas": {
        "Person": {"type": "object", "required": ["kana"], "properties": {
            "kana": {"type": "string"}, "born": {"type": "integer"},
            "note": {"type": "string"},
            "phones": {"type": "array", "items": {"type": "string"}, "default": []},
            "way": {"$ref": "#/components/schemas/Way"}}},
        "Way": {"type": "string", "enum": ["letter"]},
        "Answer": {"type": "object", "properties": {"id": {"type": "integer"}}}
    }}}"##;

    #[test]
    fn an_address_names_the_methods_it_takes() {
        let document = Document::read(DOCUMENT);
        for (path, want) in [
            ("/residents", "GET, HEAD, POST"),
            ("/residents/12", "GET, HEAD, PATCH"),
            ("/residents/current", "DELETE"),
            ("/residents/12/path", ""),
        ] {
            assert_eq!(document.methods(path), want, "{path}");
        }
    }

    #[test]
    fn only_a_text_is_a_text() {
        let document = Document::read(DOCUMENT);
        for (body, want) in [
            (json!({"kana": "しるべ", "born": 1947, "phones": ["03"], "note": null}), vec![]),
            (json!({"kana": 12, "note": true, "other": 1}), vec!["kana", "note"]),
            (json!({"kana": "し", "phones": ["03", 4], "way": false}), vec!["phones.1", "way"]),
            (json!([1]), vec![]),
        ] {
            let wrong = document.no_texts("POST", "/residents", &body);
            let fields: Vec<&str> = wrong.iter().map(|one| one.field.as_str()).collect();
            assert_eq!(fields, want, "{body}");
        }
        assert!(document.no_texts("POST", "/residents/12", &json!({"kana": 1})).is_empty());
    }

    #[test]
    fn what_a_request_may_leave_out_may_be_null() {
        let document: Value = serde_json::from_str(&complete(DOCUMENT)).unwrap();
        let person = &document["components"]["schemas"]["Person"]["properties"];
        assert_eq!(person["note"]["nullable"], json!(true));
        assert_eq!(person["way"]["nullable"], json!(true));
        assert_eq!(person["way"]["allOf"][0]["$ref"], json!("#/components/schemas/Way"));
        assert_eq!(person["phones"]["nullable"], json!(true));
        assert_eq!(person["kana"]["nullable"], Value::Null);
        assert_eq!(document["components"]["schemas"]["Way"].get("properties"), None);
        let answer = &document["components"]["schemas"]["Answer"]["properties"];
        assert_eq!(answer["id"]["nullable"], Value::Null);
    }
}
