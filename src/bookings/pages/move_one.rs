//! `/bookings/{id}/move`: another session for one person's booking, while the person is on the phone.

use askama::Template;
use entity::{BookingId, SessionId, SlotId, StaffId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Heading;
use crate::bookings::actions;
use crate::bookings::queries::{self, BookingRow, MoveTarget};
use crate::platform::japan::time::local_date;
use crate::platform::web::door::{Choice, Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::residents::Desk;
use crate::sessions::{roster, slot};

#[derive(Template)]
#[template(path = "bookings/pages/move_one.html")]
struct MovePage {
    page: Page,
    row: BookingRow,
    kana: String,
    targets: Vec<MoveTarget>,
    back: Returned,
}

impl MovePage {
    /// When the person is to come now.
    fn now(&self) -> String {
        let (lang, (start, end)) = (self.page.ctx.lang, self.row.span());
        format!("{} {}", lang.day(local_date(start)), lang.span(start, end))
    }

    fn head(&self, target: &MoveTarget) -> Heading {
        Heading::of(&target.row, &self.page.ctx)
    }

    /// The times of a session to move to: `session`, or `session-slot` of a consultation.
    fn times(&self, target: &MoveTarget) -> Vec<Choice> {
        let (lang, session) = (self.page.ctx.lang, &target.row.session);
        if session.slot_minutes.is_none() {
            return vec![(session.id.to_string(), target.row.time(lang))];
        }
        let time = |(slot, _, staff): &(slot::Model, StaffId, String)| {
            let words = format!("{} {staff}", lang.span(slot.starts_at, slot.ends_at));
            (format!("{}-{}", session.id, slot.id), words)
        };
        target.slots.iter().map(time).collect()
    }
}

async fn draw(visit: Visit<Desk>, id: BookingId, back: Returned) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    queries::get_reached(db, scope, id).await?;
    let row = queries::get_row(db, scope, id).await?;
    let row = visit.saw(row, "move_booking_page").await?;
    let person = row.booking.resident_id;
    let guest = roster::guests(db, scope, &[person]).await?.remove(&person);
    let targets = queries::move_targets(db, scope, &row, now).await?;

    let kana = guest.map(|guest| guest.kana).unwrap_or_default();
    let template = MovePage { page: visit.page, row, kana, targets, back };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Desk>, Path(id): Path<BookingId>) -> Result<Response> {
    draw(visit, id, Returned::default()).await
}

/// The chosen place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MoveForm {
    to: String,
}

impl MoveForm {
    fn read(&self) -> Result<(SessionId, Option<SlotId>)> {
        self.place().ok_or_else(|| Error::invalid("to", "err.slot.empty"))
    }

    fn place(&self) -> Option<(SessionId, Option<SlotId>)> {
        match self.to.split_once('-') {
            Some((session, slot)) => {
                Some((SessionId(session.parse().ok()?), Some(SlotId(slot.parse().ok()?))))
            }
            None => Some((SessionId(self.to.parse().ok()?), None)),
        }
    }
}

#[handler]
pub(super) async fn move_it(
    visit: Visit<Desk>,
    Path(id): Path<BookingId>,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    queries::get_reached(visit.db(), &visit.scope, id).await?;
    let done = async {
        let (session_id, slot_id) = form.read()?;
        visit
            .does("move_booking", |tx, scope| async move {
                actions::move_to(&tx, scope, id, session_id, slot_id).await.map(|_| ())
            })
            .await
    };
    match done.await {
        Ok(()) => Ok(redirect("/desk")),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit, id, back).await
        }
    }
}
