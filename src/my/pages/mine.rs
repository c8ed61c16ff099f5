//! A person's own booking: found by its number and the end of a phone number.

use askama::Template;
use chrono::DateTime;
use entity::bookings::booking::{BookingState, TakenBy};
use poem::http::header;
use poem::{Response, handler};
use serde::Deserialize;

use super::Guest;
use super::jar::Jar;
use super::owner::Owner;
use super::view::field;
use crate::bookings::{self, BookingRow};
use crate::my::known::Known;
use crate::my::limits::LOOK_UPS;
use crate::my::view::{SessionView, state_words};
use crate::my::{queries, rules};
use crate::notices;
use crate::platform::japan::BookingNumber;
use crate::platform::lock::{self, Guess};
use crate::platform::web::Page;
use crate::platform::web::door::{Field, Returned, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{redirect, render};
use crate::platform::{Error, FieldError, Result};

/// What was typed to find a booking.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct LookUpForm {
    number: String,
    last4: String,
    /// `path` when the path was asked for.
    to: String,
}

#[derive(Template)]
#[template(path = "my/pages/ask.html")]
struct Ask {
    page: Page,
    typed: LookUpForm,
    back: Returned,
}

impl Ask {
    /// A field that has to be filled in.
    fn must(&self, name: &str, value: &str) -> Field {
        field(&self.page, &self.back, name, name, value, true).mode("numeric")
    }

    fn title(&self) -> &str {
        match self.typed.to.as_str() {
            "path" => self.page.t("my.path.h1"),
            _ => self.page.t("my.h1"),
        }
    }
}

/// `GET /my`
#[handler]
pub async fn ask(page: Page, Query(query): Query<ToQuery>) -> Result<Response> {
    let typed = LookUpForm { to: query.to, ..LookUpForm::default() };
    form(page, typed, Returned::default())
}

fn form(page: Page, typed: LookUpForm, back: Returned) -> Result<Response> {
    let template = Ask { page, typed, back };
    render_form(&template.back, &template)
}

/// Where the look-up leads; the number never stands in an address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ToQuery {
    to: String,
}

/// `POST /my`
#[handler]
pub async fn look_up(guest: Guest, jar: Jar, Form(typed): Form<LookUpForm>) -> Result<Response> {
    match found(&guest, &jar, &typed).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let back = Returned::of(&guest.page, error)?;
            form(guest.page, typed, back)
        }
    }
}

/// Leads to the booking, with the proof of it.
async fn found(guest: &Guest, jar: &Jar, typed: &LookUpForm) -> Result<Response> {
    let (app, ctx) = (&guest.app, &guest.ctx);
    let (number, last4) = read(typed)?;
    let (thing, known) = (number.digits(), Known::read(jar.known()));
    let known_device = known.of(app.secret().await?, number, ctx.now);
    let guess = Guess { thing: &thing, known_device };
    let _seat = lock::seat().await?;
    LOOK_UPS.ensure_left(app, ctx, guess).await?;

    let found = queries::look_up(guest.db(), &guest.scope, number, &last4).await?;
    let Some(mine) = found else {
        LOOK_UPS.count(app, ctx, guess).await?;
        return Err(Error::invalid("number", "err.my.unknown"));
    };

    let mut response = redirect(if typed.to == "path" { "/my/path" } else { "/my/booking" });
    jar.keep_proof(&mut response, &mine.proof(ctx.now));
    jar.keep_known(&mut response, &known.with(app.secret().await?, number, ctx.now));
    Ok(response)
}

fn read(typed: &LookUpForm) -> Result<(BookingNumber, String)> {
    let mut errors = Vec::new();
    let number = BookingNumber::parse(&typed.number)
        .map_err(|error| errors.push(FieldError::new("number", error.key())))
        .ok();
    let last4 = rules::last4(&typed.last4);
    if last4.is_none() {
        errors.push(FieldError::new("last4", "err.last4"));
    }
    match (number, last4) {
        (Some(number), Some(last4)) => Ok((number, last4)),
        _ => Err(Error::Invalid(errors)),
    }
}

/// What has just been done, as the page says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    done: String,
    /// When the booking was to be before it was moved, seconds since 1970.
    from: Option<i64>,
}

#[derive(Template)]
#[template(path = "my/pages/booking.html")]
struct BookingPage {
    page: Page,
    row: BookingRow,
    session: SessionView,
    state_key: &'static str,
    state_class: &'static str,
    /// The sentence about what has just been done.
    said: Option<String>,
    /// May still be changed or taken back.
    living: bool,
}

impl BookingPage {
    fn is_confirmed(&self) -> bool {
        matches!(self.row.booking.state, BookingState::Confirmed | BookingState::Held)
    }

    fn is_offered(&self) -> bool {
        self.row.booking.state == BookingState::Offered
    }

    /// Whether it was cancelled and may be given back.
    fn returns(&self) -> bool {
        let (booking, session) = (&self.row.booking, &self.row.session);
        booking.taken_by == Some(TakenBy::Cancel) && session.starts_at > self.page.ctx.now
    }
}

/// `GET /my/booking`
#[handler]
pub async fn show(Query(query): Query<DoneQuery>, owner: Owner) -> Result<Response> {
    let said = said(&owner, &query).await?;
    let (session, living) = (owner.session(), is_living(&owner));
    let Owner { guest, mine } = owner;
    let (state_key, state_class) = state_words(mine.row.booking.state);
    let (page, row) = (guest.page, mine.row);
    render(&BookingPage { page, row, session, state_key, state_class, said, living })
}

/// The sentence about what has just been done, where the booking stands so.
async fn said(owner: &Owner, query: &DoneQuery) -> Result<Option<String>> {
    let page = &owner.guest.page;
    let from = query.from.and_then(|at| DateTime::from_timestamp(at, 0));
    let key = match (query.done.as_str(), owner.mine.row.booking.state) {
        ("again", BookingState::Confirmed) => return sent_again(owner).await.map(Some),
        ("moved", BookingState::Confirmed) => match from {
            Some(at) => return Ok(Some(page.f1("my.moved.from", "from", page.moment(&at)))),
            None => "my.moved",
        },
        ("accepted", BookingState::Confirmed) => "my.accepted",
        ("cancelled", BookingState::Cancelled) => "my.cancel.done",
        ("back", BookingState::Confirmed | BookingState::Waiting) => "my.back.done",
        ("gone", BookingState::Cancelled) => "my.back.gone",
        _ => return Ok(None),
    };
    Ok(Some(page.t(key).to_owned()))
}

/// By which way the details were sent once more.
async fn sent_again(owner: &Owner) -> Result<String> {
    let (page, mine) = (&owner.guest.page, &owner.mine);
    if !mine.is_settled() {
        // The way of a known person is known to nobody but them: as after the application itself.
        return Ok(page.t("done.sent").to_owned());
    }
    let (db, id) = (owner.guest.db(), mine.row.booking.id);
    let way = notices::queries::last_way(db, &mine.scope(), id).await?;
    let none = || page.t("my.again.none").to_owned();
    Ok(way.map_or_else(none, |way| way.sentence(page.ctx.lang)))
}

fn is_living(owner: &Owner) -> bool {
    let BookingRow { booking, session, .. } = &owner.mine.row;
    bookings::rules::can_change(booking.state, session.starts_at, owner.guest.ctx.now).is_ok()
}

#[derive(Template)]
#[template(path = "my/pages/cancel.html")]
struct Cancel {
    page: Page,
    number: String,
    session: SessionView,
}

/// `GET /my/cancel`: asks once more.
#[handler]
pub async fn ask_cancel(owner: Owner) -> Result<Response> {
    if !is_living(&owner) {
        return Ok(redirect("/my/booking"));
    }
    let (number, session) = (owner.mine.row.number(), owner.session());
    render(&Cancel { page: owner.guest.page, number, session })
}

/// `POST /my/cancel`; a second press finds it done.
#[handler]
pub async fn cancel(owner: Owner) -> Result<Response> {
    if owner.mine.row.booking.state != BookingState::Cancelled {
        let work = |tx, scope, id| async move { bookings::actions::cancel(&tx, scope, id).await };
        owner.does("cancel_booking", work).await?;
    }
    Ok(redirect("/my/booking?done=cancelled"))
}

/// `POST /my/give-back`: takes the cancelling back, where the place is still free.
#[handler]
pub async fn give_back(owner: Owner) -> Result<Response> {
    if is_living(&owner) {
        return Ok(redirect("/my/booking?done=back"));
    }
    let own = &owner.mine.scope();
    let work =
        |tx, _, id| async move { bookings::actions::give_back_application(&tx, own, id).await };
    match owner.does("give_back_booking", work).await {
        Ok(_) => Ok(redirect("/my/booking?done=back")),
        Err(Error::Refused(_)) => Ok(redirect("/my/booking?done=gone")),
        Err(error) => Err(error),
    }
}

/// `POST /my/accept`: takes the seat that is kept for the person.
#[handler]
pub async fn accept(owner: Owner) -> Result<Response> {
    if owner.mine.row.booking.state != BookingState::Confirmed {
        let work = |tx, scope, id| async move { bookings::actions::confirm(&tx, scope, id).await };
        owner.does("accept_offer", work).await?;
    }
    Ok(redirect("/my/booking?done=accepted"))
}

/// `POST /my/again`: the details of the booking once more, by the way the person chose.
#[handler]
pub async fn send_again(owner: Owner) -> Result<Response> {
    let mail = owner.guest.app.config().smtp_url.is_some();
    let work =
        |tx, scope, id| async move { notices::actions::send_again(&tx, scope, id, mail).await };
    match owner.does("send_again", work).await {
        Ok(()) => Ok(redirect("/my/booking?done=again")),
        // Pressed on an old page: there is nothing to send any more, and the page says why.
        Err(Error::NotFound) => Ok(redirect("/my/booking")),
        Err(error) => Err(error),
    }
}

/// `GET /my/calendar.ics`
#[handler]
pub async fn calendar(owner: Owner) -> Result<Response> {
    let (guest, row) = (&owner.guest, &owner.mine.row);
    if row.booking.state != BookingState::Confirmed {
        return Err(Error::NotFound);
    }
    let text = notices::queries::invite(guest.db(), row, guest.ctx.lang).await?;
    Ok(Response::builder()
        .header(header::CONTENT_DISPOSITION, "attachment; filename=\"shirube.ics\"")
        .content_type("text/calendar; charset=utf-8; method=PUBLISH")
        .body(text))
}

/// `POST /my/close`: forgets the proof, for a browser that others use too.
#[handler]
pub async fn close(jar: Jar) -> Result<Response> {
    let mut response = redirect("/");
    jar.empty(&mut response);
    Ok(response)
}
