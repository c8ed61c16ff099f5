//! Forms: repeated keys, nothing lost, and a key for pressing the button twice.

use poem::{FromRequest, Request, RequestBody};
use serde::de::DeserializeOwned;

use crate::platform::Error;
use crate::platform::idempotency::Once;

/// The fields of a posted form. Give the fields of `T` as text with `#[serde(default)]`,
/// so that whatever was typed can be shown again with a sentence about it.
#[derive(Clone, Debug)]
pub struct Form<T>(pub T);

impl<'a, T: DeserializeOwned> FromRequest<'a> for Form<T> {
    async fn from_request(_: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let bytes = body.take()?.into_bytes().await?;
        serde_html_form::from_bytes(&bytes).map(Self).map_err(|_| Error::BadRequest.into())
    }
}

/// The fields of a query string, with repeated keys.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<'a, T: DeserializeOwned> FromRequest<'a> for Query<T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let query = request.uri().query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|_| Error::BadRequest.into())
    }
}

/// The request's intent, for actions that must not happen twice: the header
/// `Idempotency-Key`, or the field `once` of a form.
#[derive(Clone, Debug)]
pub struct Intent(pub Option<Once>);

impl<'a> FromRequest<'a> for Intent {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(request.extensions().get::<Intent>().cloned().unwrap_or(Intent(None)))
    }
}
