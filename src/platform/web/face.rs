//! The two faces of an error: problem document and page.

use askama::Template;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{PathPattern, Response};
use serde::Serialize;

use super::page::{Page, render_with};
use crate::platform::error::FieldError;
use crate::platform::{Error, Lang, words};

impl poem::error::ResponseError for Error {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(Error::status(self)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Carries the error itself; the gate draws its face.
    fn as_response(&self) -> Response {
        let mut response =
            Response::builder().status(poem::error::ResponseError::status(self)).finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'a str,
    request_id: &'a str,
    fields: Vec<ProblemField>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm: Option<&'a str>,
}

#[derive(Serialize)]
struct ProblemField {
    field: String,
    code: String,
    message: String,
}

/// What happened, in words.
struct Told {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
}

/// The response of a handler that failed. What `as_response` puts into the extensions is lost on
/// the framework's own way there, so our error is taken out of the framework's first.
pub fn respond(error: poem::Error) -> Response {
    let route = error.data::<PathPattern>().cloned();
    let mut response = match error.downcast_ref::<Error>() {
        Some(ours) => poem::error::ResponseError::as_response(ours),
        None => error.into_response(),
    };
    if let Some(route) = route {
        response.set_data(route);
    }
    response
}

/// The error that a handler of ours answered with, when the framework has none of its own.
pub fn told_by_a_handler(response: &Response) -> Option<&Error> {
    response.extensions().get::<Error>()
}

/// The error that a response carries, or that its status stands for when the framework made it.
pub fn error_of(response: &Response) -> Option<Error> {
    if let Some(error) = told_by_a_handler(response) {
        return Some(error.clone());
    }

    let status = response.status();
    // A form shown again with what was typed goes out with 422 and has its face already.
    let has_face = response.content_type().is_some_and(|kind| {
        kind.starts_with("application/problem") || kind.starts_with("text/html")
    });
    if has_face || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }

    Some(match status.as_u16() {
        401 => Error::Unauthorized,
        403 => Error::Forbidden,
        413 => Error::TooLarge,
        404 => Error::NotFound,
        409 => Error::Stale,
        428 => Error::Unseen,
        429 => Error::TooMany(60),
        503 => Error::Busy,
        400..=499 => Error::BadRequest,
        _ => Error::internal("framework error"),
    })
}

fn told(lang: Lang, status: StatusCode, error: &Error) -> Told {
    let (code, detail) = match (status.as_u16(), error) {
        (405, _) => {
            ("method_not_allowed", words::text(lang, "problem.method_not_allowed").to_owned())
        }
        (415, _) => ("unsupported_media_type", words::text(lang, "problem.bad_request").to_owned()),
        (_, Error::Refused(refusal)) => {
            let values: Vec<(&str, &str)> =
                refusal.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            (refusal.code, words::fill(lang, &format!("refused.{}", refusal.code), &values))
        }
        (_, Error::Unreadable(wrong)) => (wrong.wording, sentence(lang, wrong)),
        (_, error) => {
            let key = match error {
                Error::NotFound => "problem.not_found",
                Error::Unauthorized => "problem.unauthorized",
                Error::Forbidden => "problem.forbidden",
                Error::Invalid(_) => "problem.invalid",
                Error::Mismatch => "idempotency.mismatch",
                Error::TooLarge => "problem.too_large",
                Error::Asked(_) => "problem.asked",
                Error::Stale => "problem.stale",
                Error::TooMany(_) => "problem.too_many_requests",
                Error::BadRequest | Error::Unreadable(_) => "problem.bad_request",
                Error::Unseen => "problem.unseen",
                Error::Busy | Error::Conflict => "problem.busy",
                Error::NotStored => "problem.not_stored",
                Error::Internal(_) | Error::Refused(_) => "problem.internal",
            };
            (error.code(), words::text(lang, key).to_owned())
        }
    };

    Told { status, code, title: status.canonical_reason().unwrap_or("Error"), detail }
}

/// The sentence about one field.
fn sentence(lang: Lang, wrong: &FieldError) -> String {
    let values: Vec<(&str, &str)> =
        wrong.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words::fill(lang, wrong.wording, &values)
}

/// An RFC 9457 problem document.
pub fn problem(lang: Lang, status: StatusCode, error: &Error, request_id: &str) -> Response {
    let body = problem_body(lang, status, error, request_id);
    let mut response = Response::builder()
        .status(status)
        .content_type("application/problem+json")
        .body(body.to_string());
    add_retry(&mut response, error);
    response
}

/// The body of a problem document.
pub(super) fn problem_body(
    lang: Lang,
    status: StatusCode,
    error: &Error,
    request_id: &str,
) -> serde_json::Value {
    let told = told(lang, status, error);
    let (fields, confirm) = match error {
        Error::Invalid(fields) => (fields.as_slice(), None),
        Error::Unreadable(field) => (std::slice::from_ref(field), None),
        Error::Asked(question) => (question.points.as_slice(), Some(question.confirm.as_str())),
        _ => (&[][..], None),
    };

    let body = Problem {
        kind: format!("urn:shirube:{}", told.code),
        title: told.title,
        status: told.status.as_u16(),
        detail: told.detail,
        code: told.code,
        request_id,
        fields: fields
            .iter()
            .map(|field| ProblemField {
                field: field.field.clone(),
                code: field.wording.to_owned(),
                message: sentence(lang, field),
            })
            .collect(),
        confirm,
    };

    serde_json::to_value(body).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "platform/web/layout/error.html")]
struct ErrorPage<'a> {
    page: &'a Page,
    status: u16,
    title: &'a str,
    detail: String,
}

/// A page that says what happened, what to do, and gives the phone number.
pub fn error_page(page: &Page, status: StatusCode, error: &Error) -> Response {
    let lang = page.ctx.lang;
    let told = told(lang, status, error);
    let title = match status.as_u16() {
        404 => "problem.title.not_found",
        403 => "problem.title.forbidden",
        500..=599 => "problem.title.trouble",
        _ => "problem.title.check",
    };
    let template = ErrorPage {
        page,
        status: told.status.as_u16(),
        title: words::text(lang, title),
        detail: told.detail,
    };
    let mut response = render_with(status, &template)
        .unwrap_or_else(|_| Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).finish());
    add_retry(&mut response, error);
    response
}

fn add_retry(response: &mut Response, error: &Error) {
    let seconds = match error {
        Error::TooMany(seconds) => *seconds,
        Error::Busy | Error::Conflict => 2,
        Error::NotStored => 10,
        _ => return,
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_says_when_to_ask_again() {
        for (error, status, seconds) in [
            (Error::NotStored, 503, Some("10")),
            (Error::Busy, 503, Some("2")),
            (Error::Conflict, 503, Some("2")),
            (Error::TooMany(61), 429, Some("61")),
            (Error::NotFound, 404, None),
        ] {
            let mut response = Response::default();
            add_retry(&mut response, &error);
            let told = response.headers().get(header::RETRY_AFTER);
            let told = told.map(|value| value.to_str().expect("digits"));
            assert_eq!((error.status(), told), (status, seconds), "{error}");
        }
    }
}
