//! What every API operation has in common: errors in the document, created answers, headers.

use poem::http::{StatusCode, header};
use poem::{FromRequest, IntoResponse, Request, RequestBody, Response};
use poem_openapi::payload::{Json, Payload};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry,
};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiResponse, Object};

use crate::platform::{Error, Result};

/// An error (RFC 9457).
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct Problem {
    /// URN of the kind of problem.
    pub r#type: String,
    pub title: String,
    pub status: i32,
    /// A sentence that says what to do, in the language of the request.
    pub detail: String,
    /// Stable code.
    pub code: String,
    /// Number of the request in the logs.
    pub request_id: String,
    /// What must be mended; with the code `confirmation_needed`, what speaks against it.
    pub fields: Vec<ProblemField>,
    /// With the code `confirmation_needed`: send the same body with this value as `confirm` to do it
    /// all the same. It stands for exactly what was asked; anything else is asked again.
    pub confirm: Option<String>,
}

/// What is wrong with one field.
#[derive(Object, Debug)]
pub struct ProblemField {
    pub field: String,
    pub code: String,
    pub message: String,
}

/// Every status that an operation may answer besides its own.
const PROBLEMS: &[(u16, &str)] = &[
    (400, "The request cannot be read"),
    (401, "Nobody is logged in"),
    (403, "The role does not allow it"),
    (404, "Does not exist, or lies outside the scope"),
    (405, "No such method here"),
    (409, "A rule says no, or the record changed meanwhile"),
    (413, "The body is too large"),
    (415, "The body is not JSON"),
    (422, "Fields must be mended"),
    (429, "Too many tries"),
    (500, "Unforeseen error"),
    (503, "The database is busy"),
];

impl ApiResponse for Error {
    fn meta() -> MetaResponses {
        let one = |(status, description): &(u16, &'static str)| MetaResponse {
            description,
            status: Some(*status),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: "application/problem+json",
                schema: Problem::schema_ref(),
            }],
            headers: vec![],
        };
        MetaResponses { responses: PROBLEMS.iter().map(one).collect() }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

/// What an operation answers.
pub type ApiResult<T> = Result<Json<T>>;

/// 201 with the new record and its address.
pub struct Created<T> {
    pub location: String,
    pub body: T,
}

impl<T: Type + ToJSON> ApiResponse for Created<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "Created",
                status: Some(201),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: Json::<T>::CONTENT_TYPE,
                    schema: T::schema_ref(),
                }],
                headers: vec![header_meta("Location", "Address of the new record")],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + ToJSON + Send> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        Json(self.body)
            .with_status(StatusCode::CREATED)
            .with_header(header::LOCATION, self.location)
            .into_response()
    }
}

/// 200 with a record that can be edited: its revision travels as `ETag`.
pub struct Editable<T> {
    pub revision: i32,
    pub body: T,
}

impl<T: Type + ToJSON> ApiResponse for Editable<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "OK",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: Json::<T>::CONTENT_TYPE,
                    schema: T::schema_ref(),
                }],
                headers: vec![header_meta("ETag", "The revision; send it back as If-Match")],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + ToJSON + Send> IntoResponse for Editable<T> {
    fn into_response(self) -> Response {
        Json(self.body).with_header(header::ETAG, format!("\"{}\"", self.revision)).into_response()
    }
}

fn header_meta(name: &str, description: &'static str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(poem_openapi::registry::MetaSchema::new("string"))),
    }
}

/// The revision in `If-Match`, when the client sent one.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<i32>);

impl<'a> FromRequest<'a> for IfMatch {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().map_err(|_| Error::BadRequest)?;
        let number = text.trim().trim_start_matches("W/").trim_matches('"');
        if number == "*" {
            return Ok(Self(None));
        }
        // A tag that we never gave out names a version that does not exist any more.
        Ok(Self(Some(number.parse().unwrap_or(-1))))
    }
}

impl IfMatch {
    /// Refuses when the client's revision is not the current one.
    ///
    /// # Errors
    /// `Stale`.
    pub fn check(self, current: i32) -> Result<()> {
        match self.0 {
            Some(revision) if revision != current => Err(Error::Stale),
            _ => Ok(()),
        }
    }
}

/// How many items a list gives: what was asked, at most 200, 50 without a wish.
pub fn page_size(limit: Option<u32>) -> usize {
    limit.unwrap_or(50).clamp(1, 200) as usize
}
