//! Whoever carries the proof of a booking.

use std::future::Future;

use entity::BookingId;
use poem::{FromRequest, Request, RequestBody};

use super::Guest;
use super::jar::Jar;
use crate::my::queries::{self, Mine};
use crate::my::view::SessionView;
use crate::platform::web::page::redirect;
use crate::platform::{Actor, Ctx, Result, Scope, Tx};

/// The booking that the browser has proved.
pub async fn proved(guest: &Guest, jar: &Jar) -> Result<Option<Mine>> {
    queries::by_proof(guest.db(), &guest.scope, jar.proof(), guest.ctx.now).await
}

/// Whoever has proved a booking; everybody else is sent to where its number is said.
pub struct Owner {
    pub guest: Guest,
    pub mine: Mine,
}

impl<'a> FromRequest<'a> for Owner {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let guest = Guest::from_request(request, body).await?;
        let jar = Jar::from_request(request, body).await?;
        match proved(&guest, &jar).await? {
            Some(mine) => Ok(Self { guest, mine }),
            None => Err(poem::Error::from_response(redirect("/my"))),
        }
    }
}

impl Owner {
    /// The session of the booking.
    pub fn session(&self) -> SessionView {
        SessionView::of_booking(self.guest.ctx.lang, &self.mine.row, self.guest.ctx.now)
    }

    /// Does something with the booking as its person, all or nothing.
    pub async fn does<'a, T, F, W>(&'a self, action: &'static str, work: F) -> Result<T>
    where
        T: Send,
        F: Fn(Tx, &'a Scope, BookingId) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        let (guest, booking) = (&self.guest, &self.mine.row.booking);
        let (id, municipality_id) = (self.mine.person.id, booking.municipality_id);
        let own = Ctx { actor: Actor::Resident { id, municipality_id }, ..guest.ctx.clone() };
        let scope: &'a Scope = &guest.scope;
        guest.app.store().write(&own, action, |tx| work(tx, scope, booking.id)).await
    }
}
