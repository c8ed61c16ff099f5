//! Who may call an operation, and what it can answer: derived from what it takes.

use poem::http::StatusCode;
use serde_json::{Map, Value, json};

use super::example;
use crate::platform::error::{FieldError, Refused};
use crate::platform::web::door::Rights;
use crate::platform::web::face;
use crate::platform::{Error, Lang};

/// The request number in examples.
const REQUEST: &str = "0123456789abcdef";

/// Writes into every operation who may call it, and the answers that it can give, with an example
/// of each.
pub(super) fn write(document: &mut Value, rights: &[Rights]) {
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of `create_token`.",
        },
        "login": {
            "type": "apiKey",
            "in": "cookie",
            "name": "shirube",
            "description": "The login of a browser (`__Host-shirube` over https). Whatever \
                            changes something also carries `X-CSRF-Token`.",
        },
    });
    document["components"]["responses"] = problems();

    let whole = document.clone();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            let takes = Takes::of(&whole, path, method, operation);
            secure(operation, rights);
            answer(&whole, operation, &takes);
        }
    }
}

/// What of an operation decides what it can answer.
struct Takes {
    changes: bool,
    has_body: bool,
    has_parameters: bool,
    /// Names a record, which may not exist or lie out of reach.
    names_record: bool,
    needs_revision: bool,
    is_secured: bool,
    /// Tries are counted, because whoever asks proves something.
    is_counted: bool,
    /// Makes a paper or an invitation for somebody, which a rule may refuse.
    makes_paper: bool,
}

impl Takes {
    fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let body = operation.get("requestBody");
        let schema = body.and_then(|body| body["content"].as_object()?.values().next().cloned());
        let mut names = Vec::new();
        super::collect_fields(document, &schema.unwrap_or_default()["schema"], &mut names);
        names.extend(parameters.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)));

        let is_record = |name: &String| name.ends_with("_id") || name.ends_with("_ids");
        let is_secured = operation["security"].as_array().is_some_and(|all| !all.is_empty());
        Self {
            changes: method != "get",
            has_body: body.is_some(),
            has_parameters: !parameters.is_empty(),
            names_record: path.contains('{') || names.iter().any(is_record),
            needs_revision: parameters.iter().any(|one| one["name"] == "If-Match"),
            is_secured,
            is_counted: !is_secured && method != "get",
            makes_paper: operation["responses"]["200"]["content"]
                .as_object()
                .is_some_and(|kinds| kinds.keys().any(|kind| !kind.contains("json"))),
        }
    }

    fn can_answer(&self, status: StatusCode) -> bool {
        match status {
            StatusCode::UNAUTHORIZED => self.is_secured || self.is_counted,
            StatusCode::FORBIDDEN => self.is_secured || self.changes,
            StatusCode::NOT_FOUND => self.names_record,
            StatusCode::CONFLICT => self.is_secured && (self.changes || self.makes_paper),
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE => self.has_body,
            StatusCode::UNPROCESSABLE_ENTITY => self.has_body || self.has_parameters,
            StatusCode::PRECONDITION_REQUIRED => self.needs_revision,
            StatusCode::TOO_MANY_REQUESTS => self.is_counted,
            _ => true,
        }
    }
}

/// The right in the signature becomes the two ways to log in, and the roles that it opens for.
fn secure(operation: &mut Value, rights: &[Rights]) {
    let named = operation["security"].get(0).and_then(Value::as_object);
    let Some(name) = named.and_then(|one| one.keys().next().cloned()) else { return };

    operation["security"] = json!([{ "bearer": [] }, { "login": [] }]);
    if let Some(right) = rights.iter().find(|right| right.name == name) {
        operation["x-roles"] = right.roles.iter().map(|role| json!(role.as_str())).collect();
    }
}

fn answer(document: &Value, operation: &mut Value, takes: &Takes) {
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    responses.retain(|status, _| status.starts_with('2'));
    for response in responses.values_mut() {
        // An answer without a body stays without: asking by an index would make one.
        let contents = response.get_mut("content").and_then(Value::as_object_mut);
        for (_, content) in contents.into_iter().flatten() {
            content["example"] = example::of(document, &content["schema"]);
        }
    }
    for (status, _) in problem_kinds() {
        if takes.can_answer(status) {
            let name = format!("#/components/responses/{}", status.as_u16());
            responses.insert(status.as_u16().to_string(), json!({ "$ref": name }));
        }
    }
}

/// Every kind of problem once, as it goes out.
fn problems() -> Value {
    let kinds = problem_kinds().into_iter().map(|(status, (description, error))| {
        let response = json!({
            "description": description,
            "content": { "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
                "example": face::problem_body(Lang::Ja, status, &error, REQUEST),
            }},
        });
        (status.as_u16().to_string(), response)
    });
    Value::Object(kinds.collect::<Map<_, _>>())
}

fn problem_kinds() -> Vec<(StatusCode, (&'static str, Error))> {
    let full = Refused { code: "session_full", values: Vec::new() };
    let field = FieldError::new("kana", "err.kana.empty");
    vec![
        (StatusCode::BAD_REQUEST, ("The request cannot be read", Error::BadRequest)),
        (StatusCode::UNAUTHORIZED, ("Nobody is logged in", Error::Unauthorized)),
        (StatusCode::FORBIDDEN, ("The role does not allow it", Error::Forbidden)),
        (StatusCode::NOT_FOUND, ("Does not exist, or lies outside the scope", Error::NotFound)),
        (
            StatusCode::CONFLICT,
            ("A rule says no, or the record changed meanwhile", Error::Refused(full)),
        ),
        (StatusCode::PAYLOAD_TOO_LARGE, ("The body is too large", Error::TooLarge)),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, ("The body is not JSON", Error::BadRequest)),
        (StatusCode::UNPROCESSABLE_ENTITY, ("Fields must be mended", Error::Invalid(vec![field]))),
        (
            StatusCode::PRECONDITION_REQUIRED,
            ("What is to be changed was not read first: `If-Match` is missing", Error::Unseen),
        ),
        (StatusCode::TOO_MANY_REQUESTS, ("Too many tries", Error::TooMany(60))),
        (StatusCode::INTERNAL_SERVER_ERROR, ("Unforeseen error", Error::internal("an example"))),
        (StatusCode::SERVICE_UNAVAILABLE, ("The database is busy", Error::Busy)),
    ]
}
