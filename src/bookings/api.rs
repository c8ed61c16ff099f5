//! Operations on bookings, and on sessions as far as people are booked in them.

use std::future::Future;

use chrono::{DateTime, FixedOffset};
use entity::bookings::booking::{self, Attendance, Via};
use entity::{BookingId, ResidentId, SessionId, SlotId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Tags};

use super::actions::{self, Wish};
use super::queries::{
    self, AttendanceAnswer, BookingAnswer, BookingDetail, MoveConflict, RosterLine,
};
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{Created, Explicit};
use crate::platform::web::door::By;
use crate::platform::{Result, Scope, Tx};
use crate::residents::Desk;
use crate::sessions::{self, NewTime, Planning, roster, session};

#[derive(Tags)]
enum Tag {
    /// 予約: seats, slots, waiting, attendance.
    Bookings,
}

/// The operations of this room.
#[derive(Clone, Copy, Debug, Default)]
pub struct BookingsApi;

/// What somebody would like.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct WishBody {
    pub session_id: SessionId,
    /// For consultations.
    pub slot_id: Option<SlotId>,
    pub resident_id: ResidentId,
    pub via: Via,
    /// Whether the person waits when the session is full; true without it.
    pub may_wait: Option<bool>,
}

impl WishBody {
    fn into_command(self) -> Wish {
        let Self { session_id, slot_id, resident_id, via, may_wait } = self;
        Wish { session_id, slot_id, resident_id, via, may_wait: may_wait.unwrap_or(true) }
    }
}

/// Where a booking goes.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct MoveBody {
    pub session_id: SessionId,
    /// For consultations.
    pub slot_id: Option<SlotId>,
}

/// Whether the person came.
#[derive(Object, Debug)]
pub struct AttendanceBody {
    /// Null takes the record back. It must be sent all the same.
    #[oai(nullable)]
    pub state: Explicit<Attendance>,
}

/// Another time or place for a session.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct NewTimeBody {
    #[oai(flatten)]
    pub to: NewTime,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

/// What became of a moved session.
#[derive(Object, Debug)]
pub struct SessionMovedAnswer {
    pub id: SessionId,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue: String,
    /// Bookings that moved with the session.
    pub kept_count: i32,
    pub conflicts: Vec<MoveConflict>,
}

/// A cancelled session.
#[derive(Object, Debug)]
pub struct SessionCancelledAnswer {
    pub id: SessionId,
    pub state: session::SessionState,
    /// Bookings whose people are told.
    pub told: Vec<BookingId>,
}

/// Everybody who has a seat or waits, seats first.
#[derive(Object, Debug)]
pub struct Roster {
    pub items: Vec<RosterLine>,
}

#[OpenApi(tag = "Tag::Bookings")]
impl BookingsApi {
    /// Books a seat or a slot, or a place in the waiting list.
    #[oai(path = "/bookings", method = "post", operation_id = "book_session")]
    async fn book_session(
        &self,
        by: By<Desk>,
        body: Json<WishBody>,
    ) -> Result<Created<BookingAnswer>> {
        let wish = &body.0.into_command();
        let work = |tx, scope| async move { actions::book(&tx, scope, wish).await };
        answer(&by, "book_session", work).await.map(created)
    }

    /// Keeps a seat for five minutes while the operator talks.
    #[oai(path = "/holds", method = "post", operation_id = "hold_seat")]
    async fn hold_seat(
        &self,
        by: By<Desk>,
        body: Json<WishBody>,
    ) -> Result<Created<BookingAnswer>> {
        let wish = &body.0.into_command();
        let work = |tx, scope| async move { actions::hold(&tx, scope, wish).await };
        answer(&by, "hold_seat", work).await.map(created)
    }

    /// One booking with its session.
    #[oai(path = "/bookings/:booking_id", method = "get", operation_id = "get_booking")]
    async fn get_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<BookingId>,
    ) -> Result<Json<BookingDetail>> {
        let id = reach(&by, booking_id).await?;
        let row = queries::get_row(by.db(), &by.scope, id).await?;
        let row = by.saw(row, "get_booking").await?;
        Ok(Json(row.detail(by.ctx.lang)))
    }

    /// Turns a hold, or an offer, into a booking.
    #[oai(
        path = "/bookings/:booking_id/confirm",
        method = "post",
        operation_id = "confirm_booking"
    )]
    async fn confirm_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<BookingId>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id).await?;
        let work = |tx, scope| async move { actions::confirm(&tx, scope, id).await };
        answer(&by, "confirm_booking", work).await.map(Json)
    }

    /// Lets a hold go.
    #[oai(path = "/bookings/:booking_id/release", method = "post", operation_id = "release_hold")]
    async fn release_hold(
        &self,
        by: By<Desk>,
        booking_id: Path<BookingId>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id).await?;
        let work = |tx, scope| async move { actions::release(&tx, scope, id).await };
        answer(&by, "release_hold", work).await.map(Json)
    }

    /// Takes a booking back; the freed seat is offered on after a minute.
    #[oai(path = "/bookings/:booking_id/cancel", method = "post", operation_id = "cancel_booking")]
    async fn cancel_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<BookingId>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id).await?;
        let work = |tx, scope| async move { actions::cancel(&tx, scope, id).await };
        answer(&by, "cancel_booking", work).await.map(Json)
    }

    /// Gives a cancelled booking back as it was, where the place is free. Its seat is not offered on
    /// for a minute after the cancelling.
    #[oai(
        path = "/bookings/:booking_id/give-back",
        method = "post",
        operation_id = "give_back_booking"
    )]
    async fn give_back_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<BookingId>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id).await?;
        let work = |tx, scope| async move { actions::give_back(&tx, scope, id).await };
        answer(&by, "give_back_booking", work).await.map(Json)
    }

    /// Moves a booking to another session or slot; its number stays.
    #[oai(path = "/bookings/:booking_id/move", method = "post", operation_id = "move_booking")]
    async fn move_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<BookingId>,
        body: Json<MoveBody>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id).await?;
        let MoveBody { session_id, slot_id } = body.0;
        let work =
            |tx, scope| async move { actions::move_to(&tx, scope, id, session_id, slot_id).await };
        answer(&by, "move_booking", work).await.map(Json)
    }

    /// Records whether the person came.
    #[oai(
        path = "/bookings/:booking_id/attendance",
        method = "post",
        operation_id = "record_attendance"
    )]
    async fn record_attendance(
        &self,
        by: By<sessions::Roster>,
        booking_id: Path<BookingId>,
        body: Json<AttendanceBody>,
    ) -> Result<Json<AttendanceAnswer>> {
        let (id, AttendanceBody { state: Explicit(state) }) = (booking_id.0, body.0);
        let answer = by
            .does("record_attendance", |tx, scope| async move {
                let booking = actions::record_attendance(&tx, scope, id, state).await?;
                Ok(AttendanceAnswer::from(booking))
            })
            .await?;
        Ok(Json(answer))
    }

    /// Moves a session with its bookings. Whoever is elsewhere at the new time is in
    /// `conflicts`: the booking was taken back and the person is told. When something speaks
    /// against the new time, nothing is stored before it was confirmed.
    #[oai(path = "/sessions/:session_id/move", method = "post", operation_id = "move_session")]
    async fn move_session(
        &self,
        by: By<Planning>,
        session_id: Path<SessionId>,
        body: Json<NewTimeBody>,
    ) -> Result<Json<SessionMovedAnswer>> {
        let (id, NewTimeBody { to, confirm }) = (session_id.0, &body.0);
        let (kept, conflicts) = by
            .does("move_session", |tx, scope| async move {
                let moved = actions::move_session(&tx, scope, id, to, confirm.as_deref()).await?;
                let lost = queries::move_conflicts(tx.db(), scope, &moved.conflicts).await?;
                Ok((moved.kept.len(), lost))
            })
            .await?;

        let row = sessions::queries::get(by.db(), &by.scope, id).await?;
        Ok(Json(SessionMovedAnswer {
            id,
            starts_at: to_jst(row.session.starts_at),
            ends_at: to_jst(row.session.ends_at),
            venue: row.place(by.ctx.lang).to_owned(),
            kept_count: i32::try_from(kept).unwrap_or(i32::MAX),
            conflicts,
        }))
    }

    /// Cancels a session and all its bookings; everybody is told, and reads `because` where it is
    /// given.
    #[oai(path = "/sessions/:session_id/cancel", method = "post", operation_id = "cancel_session")]
    async fn cancel_session(
        &self,
        by: By<Planning>,
        session_id: Path<SessionId>,
        because: Query<Option<String>>,
    ) -> Result<Json<SessionCancelledAnswer>> {
        let (id, because) = (session_id.0, &because.0.unwrap_or_default());
        let told = by
            .does("cancel_session", |tx, scope| async move {
                sessions::actions::give_reason(&tx, scope, id, because).await?;
                actions::cancel_session(&tx, scope, id).await
            })
            .await?;
        Ok(Json(SessionCancelledAnswer { id, state: session::SessionState::Cancelled, told }))
    }

    /// The roster: seats first, then those who wait, each in order. Who may not act for the people
    /// gets row numbers in the place of booking numbers. The look is recorded.
    #[oai(path = "/sessions/:session_id/bookings", method = "get", operation_id = "list_bookings")]
    async fn list_bookings(
        &self,
        by: By<sessions::Roster>,
        session_id: Path<SessionId>,
    ) -> Result<Json<Roster>> {
        let (db, scope) = (by.db(), &by.scope);
        let session = sessions::queries::get(db, scope, session_id.0).await?.session;
        let may_act = roster::may_act(&by.ctx, &session);
        let found = queries::roster(db, scope, &session, may_act).await?;
        Ok(Json(Roster { items: by.saw(found, "list_bookings").await? }))
    }
}

/// Does something to a booking, and tells what became of it.
async fn answer<'a, F, W>(by: &'a By<Desk>, action: &'static str, work: F) -> Result<BookingAnswer>
where
    F: Fn(Tx, &'a Scope) -> W + Sync,
    W: Future<Output = Result<booking::Model>> + Send,
{
    by.does(action, |tx, scope| {
        let done = work(tx, scope);
        async move { done.await.map(BookingAnswer::from) }
    })
    .await
}

fn created(booking: BookingAnswer) -> Created<BookingAnswer> {
    Created { location: format!("/api/bookings/{}", booking.id), body: booking }
}

/// The booking, when it and its session lie within reach.
async fn reach(by: &By<Desk>, id: Path<BookingId>) -> Result<BookingId> {
    queries::get_reached(by.db(), &by.scope, id.0).await.map(|(booking, _)| booking.id)
}
