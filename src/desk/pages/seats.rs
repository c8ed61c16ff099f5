//! The seat of the call, and bookings that are taken back.

use super::*;
use crate::desk::rules::Choice;

#[handler]
pub(super) async fn hold_seat(
    visit: Visit,
    intent: Intent,
    Form(posted): Form<Posted>,
) -> Result<Response> {
    let mut shown = posted.shown();
    let said = match posted.said(&visit.board().await?) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, shown).await,
    };
    let instead = posted.get("instead");
    let chosen = if instead.is_empty() { posted.get("seat") } else { instead };
    let Some(choice) = Choice::parse(chosen) else {
        let error = Error::invalid("seat", "desk.err.seat");
        return visit.refused(&posted, error, Shown { focus: Some(Focus::Seats), ..shown }).await;
    };
    let (scope, said, asked) = (&visit.scope, &said, !instead.is_empty());
    let work = |tx: Tx| async move { actions::choose(&tx, scope, said, choice, asked).await };
    match visit.app.store().write_once(&visit.ctx, "hold_seat", intent.0.as_ref(), work).await {
        Ok(_) => {
            shown.focus = Some(Focus::Finish);
            visit.go_on(shown).await
        }
        Err(error) if error.is(Refusal::SeatKept) => {
            visit.ask(&posted, said, Doubt::Instead(choice)).await
        }
        Err(error) => visit.refused(&posted, error, shown).await,
    }
}

/// Asks first, with the sentence to read back; `sure` is the answer.
#[handler]
pub(super) async fn cancel_booking(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let sure = !posted.get("sure").is_empty();
    let named = if sure { posted.id("sure") } else { posted.id("booking") };
    let id = named.map(BookingId).ok_or(Error::BadRequest)?;
    let said = match posted.said(&visit.board().await?) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, posted.shown()).await,
    };
    if !sure {
        return visit.ask(&posted, &said, Doubt::Cancel(id)).await;
    }
    let (scope, said) = (&visit.scope, &said);
    let work = |tx: Tx| async move { actions::cancel(&tx, scope, said, id).await };
    match visit.app.store().write(&visit.ctx, "cancel_booking", work).await {
        Ok(()) => visit.go_on(Shown { focus: Some(Focus::Finish), ..posted.shown() }).await,
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}

#[handler]
pub(super) async fn give_back(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let id = posted.id("back").map(BookingId).ok_or(Error::BadRequest)?;
    let said = match posted.said(&visit.board().await?) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, posted.shown()).await,
    };
    let (scope, said) = (&visit.scope, &said);
    let work = |tx: Tx| async move { actions::give_back(&tx, scope, said, id).await };
    match visit.app.store().write(&visit.ctx, "give_back_booking", work).await {
        Ok(()) => visit.go_on(Shown { focus: Some(Focus::Finish), ..posted.shown() }).await,
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}

/// The heartbeat of the screen: its seat stays kept while it stands open. Nothing is saved, and
/// nothing is drawn unless the seat is gone.
#[handler]
pub(super) async fn stay(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let (scope, call) = (&visit.scope, posted.id("call").map(InquiryId));
    let work = |tx: Tx| async move { actions::stay(&tx, scope, call).await };
    match visit.app.store().write(&visit.ctx, "keep_seat", work).await {
        Ok(()) => Ok(Response::builder().status(StatusCode::NO_CONTENT).finish()),
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}
