//! The seat of the call, and bookings that are taken back.

use super::*;
use crate::desk::rules::Choice;

#[handler]
pub(super) async fn hold_seat(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let shown = posted.shown();
    let said = match desk.said(&posted).await {
        Ok(said) => said,
        Err(error) => return desk.refused(&posted, error, shown).await,
    };

    let instead = posted.get("instead");
    let chosen = if instead.is_empty() { posted.get("seat") } else { instead };
    let Some(choice) = Choice::parse(chosen) else {
        let error = Error::invalid("seat", "desk.err.seat");
        return desk.refused(&posted, error, shown.at(Focus::Seats)).await;
    };

    let (said, asked) = (&said, !instead.is_empty());
    let work = |tx, scope| async move { actions::choose(&tx, scope, said, choice, asked).await };
    match desk.does("hold_seat", work).await {
        Err(error) if error.is(Refusal::SeatKept) => {
            desk.ask(&posted, Doubt::Instead(choice)).await
        }
        done => desk.answer(&posted, done, shown.at(Focus::Finish)).await,
    }
}

/// Asks first, with the sentence to read back; `sure` is the answer.
#[handler]
pub(super) async fn cancel_booking(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let sure = !posted.get("sure").is_empty();
    let named = posted.number(if sure { "sure" } else { "booking" });
    let id = named.map(BookingId).ok_or(Error::BadRequest)?;
    if !sure {
        return desk.ask(&posted, Doubt::Cancel(id)).await;
    }

    let work = |tx, scope, said| async move { actions::cancel(&tx, scope, &said, id).await };
    let done = desk.in_call(&posted, "cancel_booking", work).await;
    desk.answer(&posted, done, posted.shown().at(Focus::Finish)).await
}

#[handler]
pub(super) async fn give_back(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let id = posted.number("back").map(BookingId).ok_or(Error::BadRequest)?;
    let work = |tx, scope, said| async move { actions::give_back(&tx, scope, &said, id).await };
    let done = desk.in_call(&posted, "give_back_booking", work).await;
    desk.answer(&posted, done, posted.shown().at(Focus::Finish)).await
}

/// The heartbeat of the screen: its seat stays kept while it stands open. Nothing is saved, and
/// nothing is drawn unless the seat is gone.
#[handler]
pub(super) async fn stay(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let call = posted.number("call").map(InquiryId);
    let work = |tx, scope| async move { actions::stay(&tx, scope, call).await };
    match desk.does_each_time("keep_seat", work).await {
        Ok(()) => Ok(Response::builder().status(StatusCode::NO_CONTENT).finish()),
        Err(error) => desk.refused(&posted, error, posted.shown()).await,
    }
}
