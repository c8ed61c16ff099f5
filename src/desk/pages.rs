//! The screen and its forms.

mod person;
mod screen;
mod words;

use entity::{BookingId, InquiryId, ResidentId, SessionId, SlotId, StaffId};
use poem::http::StatusCode;
use poem::{FromRequest, Request, RequestBody, Response, Route, get, handler, post};
use serde::Deserialize;
use serde_json::Value;

use super::actions::{self, Choice, Ending, PathAgreed, Said};
use super::queries::{self, Board};
use super::rules::{self, Asked, Edit, Edited, Picked};
use crate::paths::rules::find_question;
use crate::platform::error::FieldError;
use crate::platform::japan::PhoneNumber;
use crate::platform::text::{Kana, PersonName, free_text, single_line};
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{App, Ctx, Error, Result, Scope, Tx, actor};
use crate::residents::{self, NewResident};
use screen::{Focus, Fresh, Shown};

/// Mounts the desk.
pub fn pages(route: Route) -> Route {
    route
        .at("/desk", get(show_desk))
        .at("/desk/find", post(look_up))
        .at("/desk/person", post(person::choose_person))
        .at("/desk/new", post(person::create_person))
        .at("/desk/phone", post(person::add_phone))
        .at("/desk/hearing", post(save_hearing))
        .at("/desk/path", post(edit_path))
        .at("/desk/hold", post(hold_seat))
        .at("/desk/cancel", post(cancel_booking))
        .at("/desk/finish", post(finish_call))
        .at("/desk/leave", post(leave_call))
}

/// Longest note of a call, in visible characters.
const NOTE_MAX: usize = 2000;

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
        let page = Page::from_request(request, body).await?;
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
        queries::board(self.app.store().reader(), &self.scope, self.staff_id, self.ctx.now).await
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
        let screen = screen::Screen::new(self.page.clone(), self.staff_id, &board, offers, shown);
        render_with(status, &screen)
    }

    /// After a change: the script gets the screen, a browser is sent on to it.
    async fn go_on(&self, shown: Shown) -> Result<Response> {
        match self.fragment {
            true => self.draw(StatusCode::OK, shown).await,
            false => Ok(redirect(&shown.link())),
        }
    }

    /// Looks at these people for the audit log, as every page does that shows people.
    async fn record_look(&self, people: &[ResidentId]) -> Result<()> {
        if people.is_empty() {
            return Ok(());
        }
        let work = |tx: Tx| async move {
            residents::actions::record_look(&tx, people, "desk");
            Ok(())
        };
        self.app.store().look(&self.ctx, "view_residents", work).await
    }

    /// A change that the rules refuse leaves the screen as it is, with a sentence; what was
    /// said is saved all the same.
    async fn refused(&self, posted: &Posted, error: Error, mut shown: Shown) -> Result<Response> {
        let notice = match &error {
            Error::Refused(refusal) if matches!(refusal.code, "session_full" | "slot_taken") => {
                shown.focus = Some(Focus::Seats);
                self.page.t("desk.lost").to_owned()
            }
            Error::Refused(refusal) => {
                let values: Vec<(&str, &str)> =
                    refusal.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                self.page.f(&format!("refused.{}", refusal.code), &values)
            }
            Error::Invalid(fields) if !fields.is_empty() => {
                fields.iter().map(|field| self.page.sentence(field)).collect::<Vec<_>>().join(" ")
            }
            _ => return Err(error),
        };
        let is_other_call = matches!(&error, Error::Refused(r) if r.code == "no_such_call");
        if !is_other_call && let Ok(said) = posted.said(&self.board().await?) {
            let (said, scope) = (&said, &self.scope);
            let work = |tx: Tx| async move { actions::save(&tx, scope, said).await.map(|_| ()) };
            self.app.store().write(&self.ctx, "save_call", work).await?;
        }
        shown.notice = Some(notice);
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::CONFLICT);
        self.draw(status, shown).await
    }
}

/// The fields of the desk's one form, as they came.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
struct Posted(Vec<(String, String)>);

impl Posted {
    fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    fn all(&self, name: &str) -> String {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim()).collect()
    }

    fn id(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }

    /// What the page holds of the call.
    fn said(&self, board: &Board) -> Result<Said> {
        let places = board.place_codes();
        let typed = |id: &str| {
            let saved = find_question(id)
                .map(|question| rules::digits_of(question, &board.answers, &places))
                .unwrap_or_default();
            rules::in_saved_order(&saved, &self.all(id))
        };
        let answers = rules::typed_answers(typed, &places)
            .map_err(|wrong| Error::invalid(wrong.question, "desk.err.digit"))?;
        let note = match self.get("note") {
            "" => String::new(),
            note => {
                free_text(note, NOTE_MAX).map_err(|_| Error::invalid("note", "desk.err.note"))?
            }
        };
        Ok(Said {
            call: self.id("call").map(InquiryId),
            topic: answers.topic,
            hearing: Value::Object(answers.hearing),
            note,
        })
    }

    /// What the screen showed beside the call.
    fn shown(&self) -> Shown {
        Shown {
            path: Edited::parse(self.get("path")),
            step: self.id("step").and_then(|step| usize::try_from(step).ok()),
            skip: self.id("skip").and_then(|skip| usize::try_from(skip).ok()).unwrap_or(0).min(200),
            outcome: self.get("outcome").to_owned(),
            call_back: self.get("call_back").to_owned(),
            ..Default::default()
        }
    }
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
        ..Default::default()
    };
    if let Some(id) = asking.resident {
        shown.candidates = queries::by_ids(db, &visit.scope, &[ResidentId(id)]).await?;
    }
    if let Some(id) = asking.done {
        shown.done = Some(done_number(&visit, id).await?);
    }
    let mut seen: Vec<ResidentId> = shown.candidates.iter().map(|found| found.id).collect();
    seen.extend(board.person.iter().map(|person| person.card.resident.id));
    visit.record_look(&seen).await?;
    visit.draw_board(StatusCode::OK, board, shown).await
}

/// The number of the booking that a finished call left, empty for none.
async fn done_number(visit: &Visit, id: i64) -> Result<String> {
    if id == 0 {
        return Ok(String::new());
    }
    let db = visit.app.store().reader();
    let booking = crate::bookings::queries::get(db, &visit.scope, BookingId(id)).await?;
    Ok(crate::bookings::queries::number_text(booking.number))
}

#[handler]
async fn look_up(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let board = visit.board().await?;
    let said = posted.said(&board)?;
    let mut shown = posted.shown();
    shown.typed = posted.get("q").to_owned();
    if !posted.get("fresh").is_empty() {
        shown.fresh = Some(Fresh::with_kana(&shown.typed));
        return visit.draw_board(StatusCode::OK, board, shown).await;
    }
    let asked = rules::asked(&shown.typed);
    let phone = match &asked {
        Asked::Nothing => return visit.go_on(Shown { focus: Some(Focus::Find), ..shown }).await,
        Asked::Phone(phone) => Some(phone),
        _ => None,
    };
    let db = visit.app.store().reader();
    let found = queries::candidates(db, &visit.scope, &asked, &shown.typed).await?;
    let now = board.draft.as_ref().and_then(|draft| draft.resident_id);
    let people = found.iter().map(|person| (person.id, person.phones.as_slice()));
    let (scope, said_of) = (&visit.scope, &said);
    let saved = match rules::pick(&asked, people, now) {
        Picked::One(id) => {
            shown.typed.clear();
            shown.focus = Some(Focus::Ask);
            let work = |tx: Tx| async move {
                actions::identify(&tx, scope, said_of, id, phone).await.map(|_| ())
            };
            visit.app.store().write(&visit.ctx, "identify_caller", work).await
        }
        picked => {
            match picked {
                Picked::Several(ids) => {
                    shown.candidates = found.into_iter().filter(|f| ids.contains(&f.id)).collect();
                }
                _ => shown.fresh = Some(Fresh::with_kana(&shown.typed)),
            }
            let seen: Vec<ResidentId> = shown.candidates.iter().map(|found| found.id).collect();
            let seen = seen.as_slice();
            let work = |tx: Tx| async move {
                residents::actions::record_look(&tx, seen, "desk");
                actions::note_number(&tx, scope, said_of, phone).await.map(|_| ())
            };
            visit.app.store().write(&visit.ctx, "look_up_caller", work).await
        }
    };
    match saved {
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
        Ok(()) if shown.candidates.is_empty() && shown.fresh.is_none() => visit.go_on(shown).await,
        // Names and numbers stay out of addresses, so a list is answered without a redirect.
        Ok(()) => visit.draw(StatusCode::OK, shown).await,
    }
}

#[handler]
async fn save_hearing(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let said = posted.said(&visit.board().await?);
    let scope = &visit.scope;
    let saved = match &said {
        Ok(said) => {
            let work = |tx: Tx| async move { actions::save(&tx, scope, said).await.map(|_| ()) };
            visit.app.store().write(&visit.ctx, "save_call", work).await
        }
        Err(error) => Err(error.clone()),
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
    }
    match saved {
        Ok(()) => visit.go_on(shown).await,
        Err(error) => visit.refused(&posted, error, shown).await,
    }
}

#[handler]
async fn edit_path(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let board = visit.board().await?;
    let said = &posted.said(&board)?;
    let scope = &visit.scope;
    let work = |tx: Tx| async move { actions::save(&tx, scope, said).await.map(|_| ()) };
    if let Err(error) = visit.app.store().write(&visit.ctx, "save_call", work).await {
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

/// Reads `12`, `12-34`, `wait-12` or `later`.
fn choice(text: &str) -> Option<Choice> {
    if text == "later" {
        return Some(Choice::Later);
    }
    if let Some(session) = text.strip_prefix("wait-") {
        return session.parse().ok().map(|id| Choice::Wait(SessionId(id)));
    }
    match text.split_once('-') {
        Some((session, slot)) => {
            let slot = SlotId(slot.parse().ok()?);
            Some(Choice::Seat(SessionId(session.parse().ok()?), Some(slot)))
        }
        None => text.parse().ok().map(|id| Choice::Seat(SessionId(id), None)),
    }
}

#[handler]
async fn hold_seat(visit: Visit, intent: Intent, Form(posted): Form<Posted>) -> Result<Response> {
    let mut shown = posted.shown();
    let said = &posted.said(&visit.board().await?)?;
    let Some(choice) = choice(posted.get("seat")) else {
        let error = Error::invalid("seat", "desk.err.seat");
        return visit.refused(&posted, error, Shown { focus: Some(Focus::Seats), ..shown }).await;
    };
    let scope = &visit.scope;
    let work = |tx: Tx| async move { actions::choose(&tx, scope, said, choice).await };
    match visit.app.store().write_once(&visit.ctx, "hold_seat", intent.0.as_ref(), work).await {
        Ok(_) => {
            visit.app.wake_worker();
            shown.focus = Some(Focus::Finish);
            visit.go_on(shown).await
        }
        Err(error) => visit.refused(&posted, error, shown).await,
    }
}

#[handler]
async fn cancel_booking(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let id = posted.id("booking").map(BookingId).ok_or(Error::BadRequest)?;
    let said = &posted.said(&visit.board().await?)?;
    let scope = &visit.scope;
    let work = |tx: Tx| async move { actions::cancel(&tx, scope, said, id).await };
    match visit.app.store().write(&visit.ctx, "cancel_booking", work).await {
        Ok(()) => {
            visit.app.wake_worker();
            visit.go_on(Shown { focus: Some(Focus::Finish), ..posted.shown() }).await
        }
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}

#[handler]
async fn finish_call(visit: Visit, intent: Intent, Form(posted): Form<Posted>) -> Result<Response> {
    let mut board = visit.board().await?;
    let said = &posted.said(&board)?;
    let shown = posted.shown();
    let scope = &visit.scope;
    if board.draft.is_some() && said.hearing != Value::Object(board.answers.hearing.clone()) {
        // The path follows from the answers, so answers that came only now are kept first.
        let work = |tx: Tx| async move { actions::save(&tx, scope, said).await.map(|_| ()) };
        if let Err(error) = visit.app.store().write(&visit.ctx, "save_call", work).await {
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
            visit.app.wake_worker();
            let id = done.booking_id.map_or(0, |id| id.0);
            let done = Some(done_number(&visit, id).await?);
            visit.go_on(Shown { done, done_id: Some(id), ..Default::default() }).await
        }
        Err(error) => visit.refused(&posted, error, shown).await,
    }
}

#[handler]
async fn leave_call(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let said = &posted.said(&visit.board().await?)?;
    let scope = &visit.scope;
    let work = |tx: Tx| async move { actions::leave(&tx, scope, said).await };
    match visit.app.store().write(&visit.ctx, "leave_call", work).await {
        Ok(()) => {
            visit.app.wake_worker();
            visit.go_on(Shown { focus: Some(Focus::Find), ..Default::default() }).await
        }
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_by_session_and_slot() {
        let session = SessionId(12);
        for (text, want) in [
            ("12", Some(Choice::Seat(session, None))),
            ("12-34", Some(Choice::Seat(session, Some(SlotId(34))))),
            ("wait-12", Some(Choice::Wait(session))),
            ("later", Some(Choice::Later)),
            ("", None),
            ("12-", None),
            ("wait-x", None),
        ] {
            assert_eq!(choice(text), want, "{text}");
        }
    }
}
