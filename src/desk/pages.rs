//! The screen and its forms.

mod ended;
mod paper;
mod person;
mod posted;
mod same;
mod screen;
mod seats;
mod standing;
mod words;

use entity::{BookingId, InquiryId, ResidentId, StaffId};
use poem::http::header::RETRY_AFTER;
use poem::http::{Method, StatusCode};
use poem::{FromRequest, IntoResponse, Request, RequestBody, Response, Route, get, handler, post};
use serde::Deserialize;
use serde_json::Value;

use super::actions::{self, Ending, PathAgreed, Said};
use super::queries::{self, Board};
use super::rules::{self, Answers, Asked, Edit, Edited, Picked, Question as Doubt, Refusal};
use crate::bookings;
use crate::paths::rules::Question;
use crate::platform::error::FieldError;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::phone::PhoneError;
use crate::platform::text::free_text;
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{App, Ctx, Error, Result, Scope, Tx, actor};
use crate::residents::intake::Intake;
use crate::residents::{self, NewResident};
use posted::Posted;
use screen::{Focus, Fresh, Shown};

/// Mounts the desk.
pub fn pages(route: Route) -> Route {
    route
        .at("/desk", get(show_desk))
        .at("/desk/find", post(look_up))
        .at("/desk/person", post(person::choose_person))
        .at("/desk/new", post(person::create_person))
        .at("/desk/phone", post(person::add_phone))
        .at("/desk/phone-back", post(person::take_back_phone))
        .at("/desk/hearing", post(save_hearing))
        .at("/desk/path", post(edit_path))
        .at("/desk/hold", post(seats::hold_seat))
        .at("/desk/cancel", post(seats::cancel_booking))
        .at("/desk/give-back", post(seats::give_back))
        .at("/desk/stay", post(seats::stay))
        .at("/desk/finish", post(finish_call))
        .at("/desk/leave", post(leave_call))
        .at("/desk/paper", get(paper::show))
        .at("/people/:id/standing", get(standing::show).post(standing::change))
        .at("/people/:id/give-back", post(standing::give_back))
        .at("/same", get(same::list))
        .at("/same/:id", get(same::show).post(same::answer))
}

/// Longest note of a call, in visible characters.
const NOTE_MAX: usize = 2000;
/// After so many seconds the script tries again to store what could not be stored.
const RETRY_SECONDS: &str = "5";

/// One request to the desk: who works there, and whether the script asks for a fragment.
struct Visit {
    page: Page,
    ctx: Ctx,
    app: App,
    scope: Scope,
    staff_id: StaffId,
    /// The script replaces the screen by itself, so it is answered without a redirect.
    fragment: bool,
}

impl<'a> FromRequest<'a> for Visit {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let mut page = Page::from_request(request, body).await?;
        if request.method() == Method::POST {
            // A screen that answers a post is shown again under the address of the desk.
            page.here = "/desk".to_owned();
        }
        let ctx = Ctx::from_request(request, body).await?;
        let app = App::from_request(request, body).await?;
        let scope = ctx.scope(actor::DESK)?;
        let staff_id = ctx.staff_id().ok_or(Error::Unauthorized)?;
        let fragment = request.header("x-fragment").is_some();
        Ok(Self { page, ctx, app, scope, staff_id, fragment })
    }
}

impl Visit {
    async fn board(&self) -> Result<Board> {
        let (db, mail) = (self.app.store().reader(), self.app.config().smtp_url.is_some());
        queries::board(db, &self.scope, self.staff_id, mail, self.ctx.now).await
    }

    /// Draws the screen.
    async fn draw(&self, status: StatusCode, shown: Shown) -> Result<Response> {
        let board = self.board().await?;
        self.draw_board(status, board, shown).await
    }

    async fn draw_board(&self, status: StatusCode, board: Board, shown: Shown) -> Result<Response> {
        let (path, step, skip) = (shown.path.as_ref(), shown.step, shown.skip);
        let db = self.app.store().reader();
        let offers =
            queries::offers_for(db, &self.scope, &board, path, step, skip, self.ctx.now).await?;
        let wished = match shown.question {
            Some(Doubt::Instead(choice)) => queries::wished(db, &self.scope, choice).await?,
            _ => None,
        };
        let (page, wished) = (self.page.clone(), wished.as_ref());
        let screen = screen::Screen::new(page, self.staff_id, &board, offers, wished, shown);
        render_with(status, &screen)
    }

    /// After a change: the script gets the screen, a browser is sent on to it. Names and numbers
    /// stay out of addresses, so a screen that shows typed ones is answered without a redirect.
    async fn go_on(&self, shown: Shown) -> Result<Response> {
        match self.fragment || shown.fresh.is_some() || !shown.candidates.is_empty() {
            true => self.draw(StatusCode::OK, shown).await,
            false => Ok(redirect(&shown.link())),
        }
    }

    /// Saves what was said. Nothing said on an empty desk begins no call.
    async fn keep(&self, said: &Said) -> Result<()> {
        if said.is_nothing() {
            return Ok(());
        }
        let scope = &self.scope;
        let work = |tx: Tx| async move { actions::save(&tx, scope, said).await.map(|_| ()) };
        self.app.store().write(&self.ctx, "save_call", work).await
    }

    /// Saves what was said and draws the screen once more, with what was typed.
    async fn again(
        &self,
        posted: &Posted,
        said: &Said,
        status: StatusCode,
        shown: Shown,
    ) -> Result<Response> {
        match self.keep(said).await {
            Ok(()) => self.draw(status, shown).await,
            Err(error) => self.refused(posted, error, shown).await,
        }
    }

    /// Saves what was said and asks before something is taken away.
    async fn ask(&self, posted: &Posted, said: &Said, question: Doubt) -> Result<Response> {
        let shown = Shown { question: Some(question), ..posted.shown() };
        match self.keep(said).await {
            Ok(()) => self.go_on(shown).await,
            Err(error) => self.refused(posted, error, shown).await,
        }
    }

    /// Looks at these people for the audit log, as every page does that shows people.
    async fn record_look(&self, people: &[ResidentId]) -> Result<()> {
        residents::record_look(&self.app, &self.ctx, people, "desk").await
    }

    /// A change that the rules refuse leaves the screen as it is, with a sentence; what was
    /// said is saved all the same, as far as it can be read.
    async fn refused(
        &self,
        posted: &Posted,
        mut error: Error,
        mut shown: Shown,
    ) -> Result<Response> {
        if is_unstored(&error) {
            return self.unstored(posted, shown).await;
        }
        if !is_other_call(&error) {
            let (said, wrong) = posted.read(&self.board().await?);
            if wrong.iter().any(|wrong| wrong.field == "note") {
                shown.note = Some(posted.get("note").to_owned());
            }
            if let Err(newer) = self.keep(&said).await {
                if is_unstored(&newer) {
                    return self.unstored(posted, shown).await;
                }
                error = newer;
            }
        }
        let Some(notice) = self.sentence(&error) else { return Err(error) };
        if is_other_call(&error) {
            // What the old screen held belongs to nobody on the line now.
            shown = Shown::default();
        } else if seat_is_gone(&error) || error.is(Refusal::SeatGone) {
            shown.focus = Some(Focus::Seats);
        }
        shown.notice = Some(notice);
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::CONFLICT);
        self.draw(status, shown).await
    }

    /// Nothing can be stored now: the screen holds what was typed, says so, and offers the paper.
    async fn unstored(&self, posted: &Posted, mut shown: Shown) -> Result<Response> {
        let mut board = self.board().await?;
        let (said, _) = posted.read(&board);
        board.answers = Answers {
            topic: said.topic,
            hearing: said.hearing.as_object().cloned().unwrap_or_default(),
        };
        shown.note = Some(posted.get("note").to_owned());
        if shown.typed.is_empty() {
            posted.get("q").clone_into(&mut shown.typed);
        }
        shown.unstored = true;
        let answer = self.draw_board(StatusCode::SERVICE_UNAVAILABLE, board, shown).await?;
        Ok(answer.with_header(RETRY_AFTER, RETRY_SECONDS).into_response())
    }

    /// What the screen says of an error; nothing for one that has a page of its own.
    fn sentence(&self, error: &Error) -> Option<String> {
        match error {
            Error::Refused(_) if seat_is_gone(error) => Some(self.page.t("desk.lost").to_owned()),
            Error::Refused(refusal) => Some(self.page.refusal(refusal)),
            Error::Invalid(fields) if !fields.is_empty() => {
                let sentences: Vec<String> =
                    fields.iter().map(|field| self.page.sentence(field)).collect();
                Some(sentences.join(" "))
            }
            _ => None,
        }
    }
}

/// Whether one of the numbers is this one but for its extension.
fn rings_elsewhere(numbers: &[PhoneNumber], phone: Option<&PhoneNumber>) -> bool {
    let Some((digits, Some(extension))) = phone.map(|p| (p.digits(), p.extension())) else {
        return false;
    };
    let differs = |known: &str| known != extension;
    numbers.iter().any(|n| n.digits() == digits && n.extension().is_some_and(differs))
}

fn seat_is_gone(error: &Error) -> bool {
    error.is(bookings::rules::Refusal::Full) || error.is(bookings::rules::Refusal::SlotTaken)
}

fn is_other_call(error: &Error) -> bool {
    error.is(Refusal::NoSuchCall)
}

fn is_unstored(error: &Error) -> bool {
    matches!(error, Error::Busy)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asking {
    path: String,
    step: Option<usize>,
    skip: usize,
    focus: String,
    /// The booking of the call that has just ended; 0 for none.
    done: Option<i64>,
    /// The booking whose number was typed.
    booking: Option<i64>,
    /// What the operator is asked.
    ask: String,
    /// A person to begin a call with, from other pages.
    resident: Option<i64>,
}

#[handler]
async fn show_desk(visit: Visit, Query(asking): Query<Asking>) -> Result<Response> {
    let db = visit.app.store().reader();
    let board = visit.board().await?;
    let mut shown = Shown {
        path: Edited::parse(&asking.path),
        step: asking.step,
        skip: asking.skip.min(200),
        focus: Focus::parse(&asking.focus),
        booking: asking.booking,
        question: Doubt::parse(&asking.ask),
        ..Default::default()
    };
    if let Some(id) = asking.resident {
        shown.candidates = queries::by_ids(db, &visit.scope, &[ResidentId(id)]).await?;
        if shown.candidates.is_empty() {
            return Err(Error::NotFound);
        }
    }
    if let Some(id) = asking.done {
        shown.done = ended::told(&visit, id).await?;
    }
    let mut seen: Vec<ResidentId> = shown.candidates.iter().map(|found| found.id).collect();
    seen.extend(board.person.iter().map(|person| person.card.resident.id));
    visit.record_look(&seen).await?;
    visit.draw_board(StatusCode::OK, board, shown).await
}

#[handler]
async fn look_up(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let board = visit.board().await?;
    let mut shown = posted.shown();
    shown.typed = posted.get("q").to_owned();
    let said = match posted.said(&board) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, shown).await,
    };
    let fresh = posted.fresh_for_search();
    if !posted.get("fresh").is_empty() {
        shown.fresh = Some(fresh.unwrap_or_default().after_search(&shown.typed));
        return visit.again(&posted, &said, StatusCode::OK, shown).await;
    }
    let asked = rules::asked(&shown.typed);
    let phone = match &asked {
        Asked::Nothing => {
            shown.focus = Some(Focus::Find);
            return match visit.keep(&said).await {
                Ok(()) => visit.go_on(shown).await,
                Err(error) => visit.refused(&posted, error, shown).await,
            };
        }
        Asked::Phone(phone) => Some(phone),
        _ => None,
    };
    let db = visit.app.store().reader();
    let found = queries::candidates(db, &visit.scope, &asked, &shown.typed).await?;
    if found.is_empty() && PhoneNumber::parse(&shown.typed) == Err(PhoneError::NoLeadingZero) {
        let error = Error::invalid("q", PhoneError::NoLeadingZero.key());
        return visit.refused(&posted, error, shown).await;
    }
    let now = board.draft.as_ref().and_then(|draft| draft.resident_id);
    let mut others = match phone {
        Some(phone) => residents::queries::reached_by_others(db, &visit.scope, phone).await?,
        None => Vec::new(),
    };
    // Another extension of one house is another desk: the operator asks.
    others.extend(found.iter().filter(|f| rings_elsewhere(&f.numbers, phone)).map(|f| f.id));
    let people = found.iter().map(|person| (person.id, person.phones.as_slice()));
    let (scope, said) = (&visit.scope, &said);
    let saved = match rules::pick(&asked, people, &others, now) {
        Picked::One(id) => {
            shown.typed.clear();
            (shown.fresh, shown.focus) = (None, Some(Focus::Ask));
            if let Asked::Booking(number) = asked {
                let asked = bookings::queries::find_by_number(db, &visit.scope, number).await?;
                shown.booking = asked.map(|booking| booking.id.0);
            }
            let work = |tx: Tx| async move {
                actions::identify(&tx, scope, said, id, phone).await.map(|_| ())
            };
            visit.app.store().write(&visit.ctx, "identify_caller", work).await
        }
        picked => {
            match picked {
                Picked::Several(ids) => {
                    shown.candidates = found.into_iter().filter(|f| ids.contains(&f.id)).collect();
                    shown.fresh = fresh;
                }
                _ => {
                    let fresh = fresh.unwrap_or_default();
                    shown.fresh = Some(fresh.after_search(&shown.typed));
                }
            }
            let seen: Vec<ResidentId> = shown.candidates.iter().map(|found| found.id).collect();
            let seen = seen.as_slice();
            let work = |tx: Tx| async move {
                residents::actions::record_look(&tx, seen, "desk");
                actions::note_number(&tx, scope, said, phone).await.map(|_| ())
            };
            visit.app.store().write(&visit.ctx, "look_up_caller", work).await
        }
    };
    match saved {
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
        Ok(()) => visit.go_on(shown).await,
    }
}

#[handler]
async fn save_hearing(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let saved = match posted.said(&visit.board().await?) {
        Ok(said) => visit.keep(&said).await,
        Err(error) => Err(error),
    };
    let mut shown = posted.shown();
    // The buttons that leaf through the days are part of the same form.
    if !posted.get("show_step").is_empty() {
        shown.step = posted.id("show_step").and_then(|step| usize::try_from(step).ok());
        shown.skip = 0;
        shown.focus = Some(Focus::Seats);
    } else if !posted.get("show_more").is_empty() {
        shown.skip =
            posted.id("show_more").and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(200);
        shown.focus = Some(Focus::Seats);
    } else if !posted.get("as_it_is").is_empty() {
        shown.focus = Some(Focus::Finish);
    }
    match saved {
        Ok(()) => visit.go_on(shown).await,
        Err(error) => visit.refused(&posted, error, shown).await,
    }
}

#[handler]
async fn edit_path(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let board = visit.board().await?;
    let saved = match posted.said(&board) {
        Ok(said) => visit.keep(&said).await,
        Err(error) => Err(error),
    };
    if let Err(error) = saved {
        return visit.refused(&posted, error, posted.shown()).await;
    }
    let mut shown = Shown { focus: Some(Focus::Plan), step: None, skip: 0, ..posted.shown() };
    if posted.get("edit") == "reset" {
        shown.path = None;
        return visit.go_on(shown).await;
    }
    let edit = match posted.get("edit") {
        "add" => Edit::parse(&format!("add:{}", posted.get("add"))),
        edit => Edit::parse(edit),
    };
    let why = rules::why_from_digit(posted.get("why"));
    let wrong = match (edit, why, &board.person) {
        (None, _, _) | (_, _, None) => "desk.edit.no_such_step",
        (_, None, _) => "desk.edit.no_reason",
        (Some(edit), Some(why), Some(person)) => {
            let before = shown.path.clone();
            let before = before.unwrap_or_else(|| Edited::of(&person.proposed.proposal));
            match before.apply(edit, why) {
                Ok(edited) => {
                    shown.path = Some(edited);
                    return visit.go_on(shown).await;
                }
                Err(refusal) => refusal.key(),
            }
        }
    };
    shown.notice = Some(visit.page.t(wrong).to_owned());
    visit.draw(StatusCode::UNPROCESSABLE_ENTITY, shown).await
}

#[handler]
async fn finish_call(visit: Visit, intent: Intent, Form(posted): Form<Posted>) -> Result<Response> {
    let mut board = visit.board().await?;
    let shown = posted.shown();
    let said = match posted.said(&board) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, shown).await,
    };
    let (scope, said) = (&visit.scope, &said);
    if board.draft.is_some() && said.hearing != Value::Object(board.answers.hearing.clone()) {
        // The path follows from the answers, so answers that came only now are kept first.
        if let Err(error) = visit.keep(said).await {
            return visit.refused(&posted, error, shown).await;
        }
        board = visit.board().await?;
    }
    let call_back_on = match posted.get("call_back") {
        "" => None,
        text => match text.parse() {
            Ok(day) => Some(day),
            Err(_) => {
                let error = Error::invalid("call_back", "desk.err.call_back.unreadable");
                return visit.refused(&posted, error, shown).await;
            }
        },
    };
    let path = board.person.as_ref().map(|person| PathAgreed {
        known: Value::Object(person.known.clone()),
        steps: rules::accepted_steps(shown.path.as_ref(), &person.proposed.proposal),
        edited: shown.path.is_some(),
        dropped: shown.path.as_ref().map(|path| path.dropped.clone()).unwrap_or_default(),
    });
    let outcome = rules::outcome_from_digit(posted.get("outcome"));
    let ending = &Ending { outcome, call_back_on, path };
    let work = |tx: Tx| async move { actions::finish(&tx, scope, said, ending).await };
    match visit.app.store().write_once(&visit.ctx, "finish_call", intent.0.as_ref(), work).await {
        Ok(done) => {
            let id = done.booking_id.map_or(0, |id| id.0);
            let done = ended::told(&visit, id).await?;
            visit.go_on(Shown { done, done_id: Some(id), ..Default::default() }).await
        }
        Err(error) => visit.refused(&posted, error, shown).await,
    }
}

#[handler]
async fn leave_call(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let said = match posted.said(&visit.board().await?) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, posted.shown()).await,
    };
    let (scope, said) = (&visit.scope, &said);
    let sure = !posted.get("sure_leave").is_empty();
    let work = |tx: Tx| async move { actions::leave(&tx, scope, said, sure).await };
    match visit.app.store().write(&visit.ctx, "leave_call", work).await {
        Ok(()) => visit.go_on(Shown { focus: Some(Focus::Find), ..Default::default() }).await,
        Err(error) if error.is(Refusal::SeatKept) => visit.ask(&posted, said, Doubt::Leave).await,
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}
