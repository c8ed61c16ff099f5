//! What every API operation has in common: errors in the document, created answers, headers.

use std::borrow::Cow;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::payload::{Json, Payload};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaParamIn, MetaResponse, MetaResponses, MetaSchemaRef, Registry,
};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object};

use crate::platform::error::FieldError;
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

// Which problems an operation can answer is derived from what it takes (`document`). One of them
// stands here so that the framework keeps the schema of a problem.
impl ApiResponse for Error {
    fn meta() -> MetaResponses {
        let problem = MetaResponse {
            description: "Unforeseen error",
            status: Some(500),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: "application/problem+json",
                schema: Problem::schema_ref(),
            }],
            headers: vec![],
        };
        MetaResponses { responses: vec![problem] }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

/// The number of a new record.
#[derive(Object, Debug)]
pub struct NewId {
    pub id: i64,
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

/// The revision in `If-Match`, when the client sent one: for acts that are refused by their own
/// rules when the record stands otherwise. What replaces a record asks for [`Seen`].
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(Tag);

impl IfMatch {
    /// The revision, when one was sent.
    ///
    /// # Errors
    /// `Stale` for a tag that names no revision of ours.
    pub fn revision(self) -> Result<Option<i32>> {
        match self.0 {
            Tag::Revision(number) => Ok(Some(number)),
            Tag::None | Tag::Any => Ok(None),
            Tag::Foreign => Err(Error::Stale),
        }
    }
}

/// What `If-Match` says.
#[derive(Clone, Copy, Debug)]
enum Tag {
    None,
    /// `*`: whatever is there.
    Any,
    Revision(i32),
    /// One that we never gave out: what it names does not exist any more.
    Foreign,
}

/// The revision that a client has seen of what it replaces or takes away.
#[derive(Clone, Copy, Debug)]
pub struct Seen(Tag);

impl Seen {
    /// The revision. Ask for it after the rights: who may not do it learns that first.
    ///
    /// # Errors
    /// `Unseen` without `If-Match`, and with `*`, which would overwrite whatever is there; `Stale`
    /// for a tag that names no revision of ours.
    pub fn revision(self) -> Result<i32> {
        match self.0 {
            Tag::Revision(number) => Ok(number),
            Tag::None | Tag::Any => Err(Error::Unseen),
            Tag::Foreign => Err(Error::Stale),
        }
    }

    /// As the actions take it.
    ///
    /// # Errors
    /// As [`Seen::revision`].
    pub fn given(self) -> Result<Option<i32>> {
        self.revision().map(Some)
    }
}

/// A header as a parameter of an operation: not by `FromRequest`, so that it stands in the document.
macro_rules! revision_header {
    ($header:ident, $is_required:literal) => {
        impl<'a> ApiExtractor<'a> for $header {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
            const PARAM_IS_REQUIRED: bool = $is_required;

            type ParamType = String;
            type ParamRawType = String;

            fn param_in() -> Option<MetaParamIn> {
                Some(MetaParamIn::Header)
            }

            fn param_schema_ref() -> Option<MetaSchemaRef> {
                Some(String::schema_ref())
            }

            async fn from_request(
                request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<String>,
            ) -> poem::Result<Self> {
                Ok(Self(if_match(request)?))
            }
        }
    };
}
revision_header!(IfMatch, false);
revision_header!(Seen, true);

fn if_match(request: &Request) -> Result<Tag> {
    let mut given = request.headers().get_all(header::IF_MATCH).iter();
    let Some(value) = given.next() else { return Ok(Tag::None) };
    let unreadable = || Error::Unreadable(FieldError::new("If-Match", "header.if_match"));
    if given.next().is_some() {
        return Err(unreadable());
    }
    let number = value.to_str().map_err(|_| unreadable())?.trim();
    let number = number.trim_start_matches("W/").trim_matches('"');
    match number {
        "*" => Ok(Tag::Any),
        number => Ok(number.parse().map_or(Tag::Foreign, Tag::Revision)),
    }
}

/// A field that must be sent, and may be null: what null does, nobody does by leaving it out.
#[derive(Clone, Copy, Debug)]
pub struct Explicit<T>(pub Option<T>);

impl<T: Type> Type for Explicit<T> {
    const IS_REQUIRED: bool = true;

    type RawValueType = T::RawValueType;
    type RawElementValueType = T::RawElementValueType;

    fn name() -> Cow<'static, str> {
        format!("explicit_{}", T::name()).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_ref()?.as_raw_value()
    }

    fn raw_element_iter<'a>(
        &'a self,
    ) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        match &self.0 {
            Some(value) => value.raw_element_iter(),
            None => Box::new(std::iter::empty()),
        }
    }
}

impl<T: ParseFromJSON> ParseFromJSON for Explicit<T> {
    fn parse_from_json(value: Option<serde_json::Value>) -> ParseResult<Self> {
        let given = value.ok_or_else(ParseError::expected_input)?;
        Option::<T>::parse_from_json(Some(given)).map(Self).map_err(ParseError::propagate)
    }
}

impl<T: ToJSON> ToJSON for Explicit<T> {
    fn to_json(&self) -> Option<serde_json::Value> {
        self.0.to_json()
    }
}

/// How many items a list gives: what was asked, at most 200, 50 without a wish.
pub fn page_size(limit: Option<u32>) -> usize {
    limit.unwrap_or(50).clamp(1, 200) as usize
}
