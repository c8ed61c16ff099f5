//! A person's own booking: found by its number and the end of a phone number.

use askama::Template;
use chrono::DateTime;
use entity::bookings::booking::{BookingState, TakenBy};
use poem::http::header;
use poem::{Response, handler};
use serde::Deserialize;

use super::jar::{self, Jar};
use super::view::{SessionView, field, state_words};
use crate::bookings::{self, BookingRow};
use crate::my::known::Known;
use crate::my::limits::LOOK_UPS;
use crate::my::queries::{self, Mine};
use crate::my::rules;
use crate::notices;
use crate::platform::japan::BookingNumber;
use crate::platform::lock::{self, Guess};
use crate::platform::web::Page;
use crate::platform::web::door::{Field, Returned, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{redirect, render};
use crate::platform::{Actor, App, Ctx, Error, FieldError, Result};

/// The booking that the browser has proved.
pub async fn proved(app: &App, ctx: &Ctx, jar: &Jar) -> Result<Option<Mine>> {
    let scope = ctx.public_scope();
    queries::by_proof(app.store().reader(), &scope, jar.proof(), ctx.now).await
}

/// The request as the person's own.
pub fn own(ctx: &Ctx, mine: &Mine) -> Ctx {
    let municipality_id = mine.row.booking.municipality_id;
    Ctx { actor: Actor::Resident { id: mine.person.id, municipality_id }, ..ctx.clone() }
}

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
pub async fn look_up(
    page: Page,
    ctx: Ctx,
    app: App,
    jar: Jar,
    Form(typed): Form<LookUpForm>,
) -> Result<Response> {
    match found(&app, &ctx, &jar, &typed).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let back = Returned::of(&page, error)?;
            form(page, typed, back)
        }
    }
}

/// Leads to the booking, with the proof of it.
async fn found(app: &App, ctx: &Ctx, jar: &Jar, typed: &LookUpForm) -> Result<Response> {
    let (number, last4) = read(typed)?;
    let (thing, known) = (number.digits(), Known::read(jar.known()));
    let known_device = known.of(app.secret().await?, number, ctx.now);
    let guess = Guess { thing: &thing, known_device };
    let _seat = lock::seat().await?;
    LOOK_UPS.ensure_left(app, ctx, guess).await?;

    let scope = ctx.public_scope();
    let found = queries::look_up(app.store().reader(), &scope, number, &last4).await?;
    let Some(mine) = found else {
        LOOK_UPS.count(app, ctx, guess).await?;
        return Err(Error::invalid("number", "err.my.unknown"));
    };

    let mut response = redirect(if typed.to == "path" { "/my/path" } else { "/my/booking" });
    jar::keep_proof(app, &mut response, &mine.proof(ctx.now));
    let known = known.with(app.secret().await?, number, ctx.now);
    jar::keep_known(app, &mut response, &known);
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
    number: String,
    state_key: &'static str,
    state_class: &'static str,
    session: SessionView,
    /// The sentence about what has just been done; empty for nothing.
    said: String,
    confirmed: bool,
    offered: bool,
    /// May still be changed or taken back.
    living: bool,
    /// Was cancelled, and may be given back.
    returns: bool,
    /// Until when a kept seat waits for the answer, in words.
    until: String,
}

/// `GET /my/booking`
#[handler]
pub async fn show(
    page: Page,
    ctx: Ctx,
    app: App,
    jar: Jar,
    Query(query): Query<DoneQuery>,
) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    let said = said(&page, &app, &mine, &query).await?;
    let row = &mine.row;
    let state = row.booking.state;
    let (state_key, state_class) = state_words(state);
    render(&BookingPage {
        number: row.number(),
        state_key,
        state_class,
        said,
        confirmed: matches!(state, BookingState::Confirmed | BookingState::Held),
        offered: state == BookingState::Offered,
        living: is_living(row, &ctx),
        returns: row.booking.taken_by == Some(TakenBy::Cancel) && row.session.starts_at > ctx.now,
        until: row.booking.expires_at.map_or(String::new(), |end| ctx.lang.moment(end)),
        session: SessionView::of_booking(ctx.lang, row, ctx.now),
        page,
    })
}

/// The sentence about what has just been done, where the booking stands so; empty for nothing.
async fn said(page: &Page, app: &App, mine: &Mine, query: &DoneQuery) -> Result<String> {
    let (booking, lang) = (&mine.row.booking, page.ctx.lang);
    let from = query.from.and_then(|at| DateTime::from_timestamp(at, 0));
    let asked_again = query.done == "again" && booking.state == BookingState::Confirmed;
    let key = match (query.done.as_str(), booking.state) {
        ("moved", BookingState::Confirmed) => "my.moved",
        ("accepted", BookingState::Confirmed) => "my.accepted",
        ("cancelled", BookingState::Cancelled) => "my.cancel.done",
        ("back", BookingState::Confirmed | BookingState::Waiting) => "my.back.done",
        ("gone", BookingState::Cancelled) => "my.back.gone",
        _ => "",
    };

    Ok(match (asked_again, key) {
        // The way of a known person is known to nobody but them: as after the application itself.
        (true, _) if !mine.is_settled() => page.t("done.sent").to_owned(),
        (true, _) => notices::queries::last_way(app.store().reader(), &mine.scope(), booking.id)
            .await?
            .map_or_else(|| page.t("my.again.none").to_owned(), |way| way.sentence(lang)),
        (false, "") => String::new(),
        (false, key) => match (key, from) {
            ("my.moved", Some(at)) => page.f1("my.moved.from", "from", lang.moment(at)),
            _ => page.t(key).to_owned(),
        },
    })
}

fn is_living(row: &BookingRow, ctx: &Ctx) -> bool {
    bookings::rules::can_change(row.booking.state, row.session.starts_at, ctx.now).is_ok()
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
pub async fn ask_cancel(page: Page, ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    if !is_living(&mine.row, &ctx) {
        return Ok(redirect("/my/booking"));
    }
    let session = SessionView::of_booking(ctx.lang, &mine.row, ctx.now);
    render(&Cancel { page, number: mine.row.number(), session })
}

/// `POST /my/cancel`; a second press finds it done.
#[handler]
pub async fn cancel(ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    if mine.row.booking.state != BookingState::Cancelled {
        let (ctx, scope, id) = (own(&ctx, &mine), &ctx.public_scope(), mine.row.booking.id);
        app.store()
            .write(&ctx, "cancel_booking", |tx| async move {
                bookings::actions::cancel(&tx, scope, id).await
            })
            .await?;
    }
    Ok(redirect("/my/booking?done=cancelled"))
}

/// `POST /my/give-back`: takes the cancelling back, where the place is still free.
#[handler]
pub async fn give_back(ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    if is_living(&mine.row, &ctx) {
        return Ok(redirect("/my/booking?done=back"));
    }
    let (ctx, scope, id) = (own(&ctx, &mine), &mine.scope(), mine.row.booking.id);
    let done = app
        .store()
        .write(&ctx, "give_back_booking", |tx| async move {
            bookings::actions::give_back_application(&tx, scope, id).await
        })
        .await;
    match done {
        Ok(_) => Ok(redirect("/my/booking?done=back")),
        Err(Error::Refused(_)) => Ok(redirect("/my/booking?done=gone")),
        Err(error) => Err(error),
    }
}

/// `POST /my/accept`: takes the seat that is kept for the person.
#[handler]
pub async fn accept(ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    if mine.row.booking.state != BookingState::Confirmed {
        let (ctx, scope, id) = (own(&ctx, &mine), &ctx.public_scope(), mine.row.booking.id);
        app.store()
            .write(&ctx, "accept_offer", |tx| async move {
                bookings::actions::confirm(&tx, scope, id).await
            })
            .await?;
    }
    Ok(redirect("/my/booking?done=accepted"))
}

/// `POST /my/again`: the details of the booking once more, by the way the person chose.
#[handler]
pub async fn send_again(ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    let (ctx, scope, id) = (own(&ctx, &mine), &ctx.public_scope(), mine.row.booking.id);
    let mail = app.config().smtp_url.is_some();
    let sent = app
        .store()
        .write(&ctx, "send_again", |tx| async move {
            notices::actions::send_again(&tx, scope, id, mail).await
        })
        .await;
    match sent {
        Ok(()) => Ok(redirect("/my/booking?done=again")),
        // Pressed on an old page: there is nothing to send any more, and the page says why.
        Err(Error::NotFound) => Ok(redirect("/my/booking")),
        Err(error) => Err(error),
    }
}

/// `GET /my/calendar.ics`
#[handler]
pub async fn calendar(ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    if mine.row.booking.state != BookingState::Confirmed {
        return Err(Error::NotFound);
    }
    let text = notices::queries::invite(app.store().reader(), &mine.row, ctx.lang).await?;
    Ok(Response::builder()
        .header(header::CONTENT_DISPOSITION, "attachment; filename=\"shirube.ics\"")
        .content_type("text/calendar; charset=utf-8; method=PUBLISH")
        .body(text))
}

/// `POST /my/close`: forgets the proof, for a browser that others use too.
#[handler]
pub async fn close(app: App) -> Result<Response> {
    let mut response = redirect("/");
    jar::empty(&app, &mut response);
    Ok(response)
}
