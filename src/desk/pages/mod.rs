//! The screen and its forms.

mod at_desk;
mod paper;
mod person;
mod posted;
mod same;
mod screen;
mod seats;
mod standing;

use entity::inquiries::inquiry::Outcome;
use entity::paths::path_step::OverrideReason;
use entity::{BookingId, InquiryId, ResidentId};
use poem::http::StatusCode;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;
use serde_json::Value;

use super::actions::{self, CallSoFar, Ending, PathAgreed};
use super::queries::{self, Board, EndedCall};
use super::rules::{self, Answers, Doubt, Edit, Edited, Picked, Refusal, Sought};
use crate::bookings;
use crate::paths::rules::Question;
use crate::platform::error::FieldError;
use crate::platform::japan::phone::PhoneError;
use crate::platform::japan::{PhoneNumber, day};
use crate::platform::text::free_text;
use crate::platform::web::door::{Returned, Visit};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{Error, Personal, Result, Scope, Tx};
use crate::residents::intake::Intake;
use crate::residents::{self, NewResident};
use at_desk::AtDesk;
use posted::Posted;
use screen::{Focus, Fresh, Screen, Shown};

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
/// Days that can be leafed over.
const MOST_SKIPPED: usize = 200;

/// What the address of the desk says.
#[derive(Deserialize, Default)]
#[serde(default)]
struct DeskQuery {
    path: String,
    step: Option<usize>,
    skip: usize,
    focus: String,
    /// The booking of the call that has just ended; 0 for none.
    done: Option<BookingId>,
    /// The booking whose number was typed.
    booking: Option<BookingId>,
    /// What the operator is asked.
    ask: String,
    /// A person to begin a call with, from other pages.
    resident: Option<ResidentId>,
}

impl DeskQuery {
    fn shown(&self) -> Shown {
        Shown {
            path: Edited::parse(&self.path),
            step: self.step,
            skip: self.skip.min(MOST_SKIPPED),
            focus: Focus::parse(&self.focus),
            booking: self.booking,
            doubt: Doubt::parse(&self.ask),
            ..Shown::default()
        }
    }
}

#[handler]
async fn show_desk(desk: AtDesk, Query(query): Query<DeskQuery>) -> Result<Response> {
    let board = desk.closed_board().await?;
    let candidates = match query.resident {
        Some(id) => {
            let found = queries::candidate(desk.db(), &desk.scope, id).await?;
            found.map(|person| vec![person])
        }
        None => Personal::new(Vec::new(), []),
    };
    let done = match query.done {
        Some(id) => desk.ended_call(id).await?,
        None => None,
    };

    let (board, candidates) = desk.saw(board.and(candidates), "desk").await?;
    let shown = Shown { candidates, done, ..query.shown() };
    desk.draw_board(StatusCode::OK, board, shown).await
}

#[handler]
async fn look_up(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let board = desk.board().await?;
    let shown = Shown { typed: posted.get("q").to_owned(), ..posted.shown() };
    let said = match posted.said(&board) {
        Ok(said) => said,
        Err(error) => return desk.refused(&posted, error, shown).await,
    };

    if !posted.get("fresh").is_empty() {
        let fresh = posted.fresh_for_search().unwrap_or_default().after_search(&shown.typed);
        let shown = Shown { fresh: Some(fresh), ..shown };
        return desk.keep_and_draw(&posted, &said, StatusCode::OK, shown).await;
    }

    match rules::sought(&shown.typed) {
        Sought::Nothing => desk.keep_and_go_on(&posted, &said, shown.at(Focus::Find)).await,
        sought => {
            let in_call_with = board.draft.as_ref().and_then(|draft| draft.resident_id);
            seek(&desk, &posted, &said, &sought, in_call_with, shown).await
        }
    }
}

/// Looks for whoever is meant; one who is certain is put to the call.
async fn seek(
    desk: &AtDesk,
    posted: &Posted,
    said: &CallSoFar,
    sought: &Sought,
    in_call_with: Option<ResidentId>,
    mut shown: Shown,
) -> Result<Response> {
    let (db, scope) = (desk.db(), &desk.scope);
    let phone = if let Sought::Phone(phone) = sought { Some(phone) } else { None };
    let found = match queries::meant(db, scope, sought, &shown.typed, in_call_with).await? {
        Picked::One(id) => {
            shown.typed.clear();
            (shown.fresh, shown.focus) = (None, Some(Focus::Ask));
            if let Sought::Booking(number) = sought {
                let booking = bookings::queries::find_by_number(db, scope, *number).await?;
                shown.booking = booking.map(|booking| booking.id);
            }

            let work =
                |tx, scope| async move { actions::identify(&tx, scope, said, id, phone).await };
            let done = desk.does_each_time("identify_caller", work).await;
            return desk.answer(posted, done, shown).await;
        }
        Picked::Nobody if PhoneNumber::parse(&shown.typed) == Err(PhoneError::NoLeadingZero) => {
            let error = Error::invalid("q", PhoneError::NoLeadingZero.key());
            return desk.refused(posted, error, shown).await;
        }
        Picked::Nobody => {
            let fresh = posted.fresh_for_search().unwrap_or_default();
            shown.fresh = Some(fresh.after_search(&shown.typed));
            Vec::new()
        }
        Picked::Several(ids) => {
            shown.fresh = posted.fresh_for_search();
            ids
        }
    };

    // The look at the people to choose from stands or falls with the number that is noted.
    let found = found.as_slice();
    let noted = desk
        .does_each_time("look_up_caller", |tx, scope| async move {
            let people = queries::by_ids(tx.db(), scope, found).await?.shown_in(&tx, "desk");
            actions::note_number(&tx, scope, said, phone).await?;
            Ok(people)
        })
        .await;
    match noted {
        Ok(candidates) => desk.go_on(Shown { candidates, ..shown }).await,
        Err(error) => desk.refused(posted, error, posted.shown()).await,
    }
}

#[handler]
async fn save_hearing(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let kept = async { desk.keep(&desk.said(&posted).await?).await };
    let kept = kept.await;

    let mut shown = posted.shown();
    // The buttons that leaf through the days are part of the same form.
    if !posted.get("show_step").is_empty() {
        shown.step = posted.number("show_step");
        shown.skip = 0;
        shown.focus = Some(Focus::Seats);
    } else if !posted.get("show_more").is_empty() {
        shown.skip = posted.number::<usize>("show_more").unwrap_or(0).min(MOST_SKIPPED);
        shown.focus = Some(Focus::Seats);
    } else if !posted.get("as_it_is").is_empty() {
        shown.focus = Some(Focus::Finish);
    }

    match kept {
        Ok(()) => desk.go_on(shown).await,
        Err(error) => desk.refused(&posted, error, shown).await,
    }
}

#[handler]
async fn edit_path(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let board = desk.board().await?;
    let kept = async { desk.keep(&posted.said(&board)?).await };
    if let Err(error) = kept.await {
        return desk.refused(&posted, error, posted.shown()).await;
    }

    let shown = Shown { focus: Some(Focus::Plan), step: None, skip: 0, ..posted.shown() };
    match edited(&posted, &board, shown.path.as_ref()) {
        Ok(path) => desk.go_on(Shown { path, ..shown }).await,
        Err(wrong) => {
            let shown = Shown { notice: Some(desk.page.t(wrong).to_owned()), ..shown };
            desk.draw(StatusCode::UNPROCESSABLE_ENTITY, shown).await
        }
    }
}

/// The path after a change, none for the one that is proposed; or the key of a sentence that says
/// why it is not changed.
fn edited(
    posted: &Posted,
    board: &Board,
    before: Option<&Edited>,
) -> Result<Option<Edited>, &'static str> {
    let edit = match posted.get("edit") {
        "reset" => return Ok(None),
        "add" => Edit::parse(&format!("add:{}", posted.get("add"))),
        edit => Edit::parse(edit),
    };
    let (Some(edit), Some(caller)) = (edit, &board.caller) else {
        return Err("desk.edit.no_such_step");
    };
    let why =
        rules::by_digit(OverrideReason::ALL, posted.get("why")).ok_or("desk.edit.no_reason")?;

    let before = before.cloned().unwrap_or_else(|| Edited::of(&caller.proposed.proposal));
    before.apply(edit, why).map(Some).map_err(rules::EditRefusal::key)
}

#[handler]
async fn finish_call(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    match finish(&desk, &posted).await {
        Ok(id) => {
            let done = desk.ended_call(id).await?;
            desk.go_on(Shown { done, done_id: Some(id), ..Shown::default() }).await
        }
        Err(error) => desk.refused(&posted, error, posted.shown()).await,
    }
}

/// Ends the call; the booking that it left, 0 for none.
async fn finish(desk: &AtDesk, posted: &Posted) -> Result<BookingId> {
    let mut board = desk.board().await?;
    let said = &posted.said(&board)?;
    if board.draft.is_some() && said.hearing != Value::Object(board.answers.hearing.clone()) {
        // The path follows from the answers, so answers that came only now are kept first.
        desk.keep(said).await?;
        board = desk.board().await?;
    }

    let ending = &ending(posted, &board)?;
    let work = |tx, scope| async move { actions::finish(&tx, scope, said, ending).await };
    let done = desk.does("finish_call", work).await?;
    Ok(done.booking_id.unwrap_or(BookingId(0)))
}

fn ending(posted: &Posted, board: &Board) -> Result<Ending> {
    let unreadable = || Error::invalid("call_back", "desk.err.call_back.unreadable");
    let call_back_on = match posted.get("call_back") {
        "" => None,
        text => Some(day::read(text).map_err(|_| unreadable())?),
    };

    let edited = Edited::parse(posted.get("path"));
    let path = board.caller.as_ref().map(|caller| PathAgreed {
        known: Value::Object(caller.known.clone()),
        steps: rules::accepted_steps(edited.as_ref(), &caller.proposed.proposal),
        edited: edited.is_some(),
        dropped: edited.as_ref().map(|path| path.dropped.clone()).unwrap_or_default(),
    });
    let outcome = rules::by_digit(Outcome::ALL, posted.get("outcome"));
    Ok(Ending { outcome, call_back_on, path })
}

#[handler]
async fn leave_call(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let sure = !posted.get("sure_leave").is_empty();
    let work = |tx, scope, said| async move { actions::leave(&tx, scope, &said, sure).await };
    match desk.in_call(&posted, "leave_call", work).await {
        Err(error) if error.is(Refusal::SeatKept) => desk.ask(&posted, Doubt::Leave).await,
        left => desk.answer(&posted, left, Shown::default().at(Focus::Find)).await,
    }
}
