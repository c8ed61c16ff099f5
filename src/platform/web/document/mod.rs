//! What the OpenAPI document promises, held against what is asked: which methods an address
//! takes, and that parameters and bodies are what the document says they are.

mod answers;
mod example;
mod fit;

use std::collections::BTreeSet;
use std::sync::Arc;

use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Request, Response};
use serde_json::{Value, json};

use self::fit::Fit;
use super::door::Rights;
use super::face;
use crate::platform::Error;
use crate::platform::error::FieldError;

/// The document as JSON, with what the framework leaves out: a field of a request that may be
/// left out may also be null, a request has no fields but those that stand there, and each
/// operation says which of `rights` opens it and only what it can answer.
pub fn complete(document: &str, rights: &[Rights]) -> String {
    let mut document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut asked = BTreeSet::new();
    for operation in operations(&document) {
        collect(&document, &operation.body, &mut asked);
    }

    for name in asked {
        let Some(schema) = document.pointer_mut(&format!("/components/schemas/{name}")) else {
            continue;
        };
        if schema["type"] == "object" && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }

        let required = schema.get("required").cloned().unwrap_or_default();
        let required = |name: &String| {
            required.as_array().into_iter().flatten().any(|one| one.as_str() == Some(name))
        };

        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        for (_, property) in properties.iter_mut().filter(|(name, _)| !required(name)) {
            // What stands beside a `$ref` is ignored in OpenAPI 3.0.
            if property.get("$ref").is_some() {
                *property = json!({ "allOf": [property] });
            }
            property["nullable"] = json!(true);
        }
    }

    answers::write(&mut document, rights);
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// The names of all fields that `schema` may carry, at any depth.
fn collect_fields(document: &Value, schema: &Value, names: &mut Vec<String>) {
    let mut schemas = BTreeSet::new();
    collect(document, schema, &mut schemas);
    for name in schemas {
        let properties = &document["components"]["schemas"][&name]["properties"];
        names.extend(properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    }
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

/// One operation: its method, the parts of its path, its parameters, the schema of its body (or
/// null).
struct Operation {
    method: String,
    segments: Vec<String>,
    parameters: Vec<Value>,
    body: Value,
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(|(method, operation)| Operation {
            method: method.to_uppercase(),
            segments: path.split('/').skip(1).map(str::to_owned).collect(),
            parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
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

    /// The parameters in path and query that are not what the document says.
    fn wrong_parameters(
        &self,
        operation: &Operation,
        path: &str,
        query: &[(String, String)],
    ) -> Vec<FieldError> {
        let mut fit = Fit::new(&self.whole);
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();

        for parameter in &operation.parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let schema = &parameter["schema"];

            match parameter["in"].as_str() {
                Some("path") => {
                    let is_here = |part: &String| part.trim_matches(['{', '}']) == name;
                    if let Some(at) = operation.segments.iter().position(is_here) {
                        fit.parameter(schema, parts[at], name);
                    }
                }
                Some("query") => {
                    let given = query.iter().filter(|(key, _)| key == name);
                    let mut given = given.map(|(_, value)| value.as_str()).peekable();
                    if given.peek().is_none() && parameter["required"] == true {
                        fit.say(name, "err.api.required");
                    }
                    given.for_each(|value| fit.parameter(schema, value, name));
                }
                _ => {}
            }
        }

        fit.wrong
    }

    /// The fields of a body that are not what the document says.
    fn wrong_fields(&self, operation: &Operation, body: &Value) -> Vec<FieldError> {
        let mut fit = Fit::new(&self.whole);
        fit.value(&operation.body, body, "");
        fit.wrong
    }
}

/// Holds every request to `operations` against their document: a parameter or a body that is not
/// what stands there is refused with the name of each field (422), and an address asked by another
/// method names those that it takes (RFC 9110, 15.5.6).
///
/// The framework would take a number for its text, ignore a field that it does not know, and refuse
/// the rest without saying which field is meant.
pub fn held_against(
    document: &str,
    operations: impl IntoEndpoint<Endpoint: 'static>,
) -> impl Endpoint<Output = Response> {
    let document = Arc::new(Document::read(document));
    operations.into_endpoint().around(move |inner, mut request: Request| {
        let document = document.clone();
        async move {
            let path = request.uri().path().to_owned();
            if let Err(error) = fits(&document, &path, &mut request).await {
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

async fn fits(document: &Document, path: &str, request: &mut Request) -> Result<(), Error> {
    let method = match *request.method() {
        Method::HEAD => "GET",
        ref method => method.as_str(),
    };
    let Some(operation) = document.at(path).into_iter().find(|one| one.method == method) else {
        return Ok(());
    };
    let query: Vec<(String, String)> =
        serde_html_form::from_str(request.uri().query().unwrap_or_default())
            .map_err(|_| Error::BadRequest)?;
    let mut wrong = document.wrong_parameters(operation, path, &query);
    let is_json = request.content_type().is_some_and(|kind| kind.contains("json"));
    if is_json && !operation.body.is_null() {
        let bytes = request.take_body().into_vec().await.map_err(|_| Error::BadRequest)?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        // What cannot be read at all is the framework's to refuse.
        if let Ok(body) = serde_json::from_slice(text) {
            wrong.extend(document.wrong_fields(operation, &body));
        }
        request.set_body(bytes);
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

#[cfg(test)]
mod tests;
