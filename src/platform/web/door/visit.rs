//! Who comes to a page.

use std::ops::Deref;

use poem::{FromRequest, Request, RequestBody};

use super::{By, Right};
use crate::platform::web::Page;

/// Whoever came to a page by the right `R`, and what the page needs.
pub struct Visit<R> {
    pub page: Page,
    pub by: By<R>,
}

impl<R> Deref for Visit<R> {
    type Target = By<R>;

    fn deref(&self) -> &By<R> {
        &self.by
    }
}

impl<'a, R: Right> FromRequest<'a> for Visit<R> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let by = By::enter(request)?;
        let page = Page::from_request(request, body).await?;
        Ok(Self { page, by })
    }
}
