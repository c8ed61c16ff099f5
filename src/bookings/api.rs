//! Operations on bookings, and on sessions as far as people are booked in them.

use chrono::{DateTime, FixedOffset};
use entity::bookings::booking::{Attendance, BookingState, Via};
use entity::{BookingId, ResidentId, RoomId, SessionId, SlotId, VenueId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Tags};
use serde::{Deserialize, Serialize};

use super::actions::{self, Wish};
use super::queries::{self, BookingRow, Seat, number_text};
use super::{SessionMoved, booking, rules};
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{Created, Explicit};
use crate::platform::web::door::By;
use crate::platform::{Lang, Result, Scope, Tx};
use crate::residents::Desk;
use crate::sessions::roster::{self, Guest};
use crate::sessions::{self, NewTime, Planning, session};

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
    pub session_id: i64,
    /// For consultations.
    pub slot_id: Option<i64>,
    pub resident_id: i64,
    pub via: Via,
    /// Whether the person waits when the session is full; true without it.
    pub may_wait: Option<bool>,
}

impl WishBody {
    fn into_command(self) -> Wish {
        let Self { session_id, slot_id, resident_id, via, may_wait } = self;
        Wish {
            session_id: SessionId(session_id),
            slot_id: slot_id.map(SlotId),
            resident_id: ResidentId(resident_id),
            via,
            may_wait: may_wait.unwrap_or(true),
        }
    }
}

/// What became of a booking.
#[derive(Object, Debug, Clone, Serialize, Deserialize)]
#[oai(skip_serializing_if_is_none)]
pub struct BookingAnswer {
    pub id: i64,
    /// Spoken four and four digits, `4821-3754`.
    pub number: String,
    pub state: BookingState,
    pub session_id: i64,
    pub slot_id: Option<i64>,
    pub resident_id: i64,
    /// When a hold or an offer ends.
    pub expires_at: Option<DateTime<FixedOffset>>,
    pub attendance: Option<Attendance>,
}

impl From<booking::Model> for BookingAnswer {
    fn from(booking: booking::Model) -> Self {
        Self {
            id: booking.id.0,
            number: number_text(booking.number),
            state: booking.state,
            session_id: booking.session_id.0,
            slot_id: booking.slot_id.map(|id| id.0),
            resident_id: booking.resident_id.0,
            expires_at: booking.expires_at.map(to_jst),
            attendance: booking.attendance,
        }
    }
}

impl BookingAnswer {
    fn created(self) -> Created<Self> {
        Created { location: format!("/api/bookings/{}", self.id), body: self }
    }
}

/// A booking with its session.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct BookingDetail {
    pub id: i64,
    pub number: String,
    pub state: BookingState,
    pub via: Via,
    pub resident_id: i64,
    pub session_id: i64,
    pub slot_id: Option<i64>,
    /// Title of the session, in the language of the request.
    pub title: String,
    pub venue: String,
    /// When the person should come: the slot, or the whole session.
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub expires_at: Option<DateTime<FixedOffset>>,
    pub attendance: Option<Attendance>,
    pub revision: i32,
}

impl BookingDetail {
    fn new(lang: Lang, row: BookingRow) -> Self {
        let (number, (starts_at, ends_at)) = (row.number(), row.span());
        let BookingRow { booking, session, venue, slot: _ } = row;
        Self {
            id: booking.id.0,
            number,
            state: booking.state,
            via: booking.via,
            resident_id: booking.resident_id.0,
            session_id: session.id.0,
            slot_id: booking.slot_id.map(|id| id.0),
            title: lang.pick(&session.title_ja, &session.title_en).to_owned(),
            venue: lang.pick(&venue.name_ja, &venue.name_en).to_owned(),
            starts_at: to_jst(starts_at),
            ends_at: to_jst(ends_at),
            expires_at: booking.expires_at.map(to_jst),
            attendance: booking.attendance,
            revision: booking.revision,
        }
    }
}

/// Where a booking goes.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct MoveBody {
    pub session_id: i64,
    /// For consultations.
    pub slot_id: Option<i64>,
}

/// What was recorded. The booking number is not told: whoever records who came may not act for
/// the person.
#[derive(Object, Debug, Serialize, Deserialize)]
#[oai(skip_serializing_if_is_none)]
pub struct AttendanceAnswer {
    pub id: i64,
    pub session_id: i64,
    pub slot_id: Option<i64>,
    pub resident_id: i64,
    pub attendance: Option<Attendance>,
}

impl From<booking::Model> for AttendanceAnswer {
    fn from(booking: booking::Model) -> Self {
        Self {
            id: booking.id.0,
            session_id: booking.session_id.0,
            slot_id: booking.slot_id.map(|id| id.0),
            resident_id: booking.resident_id.0,
            attendance: booking.attendance,
        }
    }
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
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue_id: i64,
    /// Without it no room is kept.
    pub room_id: Option<i64>,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

impl NewTimeBody {
    /// The command, and the yes to what was asked.
    fn into_command(self) -> (NewTime, Option<String>) {
        let Self { starts_at, ends_at, venue_id, room_id, confirm } = self;
        let to = NewTime {
            starts_at: starts_at.to_utc(),
            ends_at: ends_at.to_utc(),
            venue_id: VenueId(venue_id),
            room_id: room_id.map(RoomId),
        };
        (to, confirm)
    }
}

/// A booking of somebody who is elsewhere at the new time.
#[derive(Object, Debug, Serialize, Deserialize)]
pub struct MoveConflict {
    pub booking_id: i64,
    pub number: String,
    pub resident_id: i64,
    /// It was taken back, and the person is told.
    pub state: BookingState,
}

/// What became of a moved session.
#[derive(Object, Debug)]
pub struct SessionMovedAnswer {
    pub id: i64,
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
    pub id: i64,
    pub state: session::SessionState,
    /// Bookings whose people are told.
    pub told: Vec<i64>,
}

/// A line of a roster.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct RosterItem {
    pub id: i64,
    /// The line on the roster, as on screen and paper: seats, offers and those who wait are each
    /// numbered by themselves, from 1.
    pub row: i32,
    /// Only for those who may act for the person.
    pub number: Option<String>,
    pub state: BookingState,
    pub via: Via,
    pub resident_id: i64,
    pub kana: String,
    pub name: Option<String>,
    /// Last four digits of the first phone number.
    pub phone_end: Option<String>,
    pub slot_id: Option<i64>,
    /// Start of the slot, or of the session.
    pub starts_at: DateTime<FixedOffset>,
    pub attendance: Option<Attendance>,
}

/// Everybody who has a seat or waits, seats first.
#[derive(Object, Debug)]
pub struct Roster {
    pub items: Vec<RosterItem>,
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
        let answer = by
            .does("book_session", |tx, scope| async move {
                actions::book(&tx, scope, wish).await.map(BookingAnswer::from)
            })
            .await?;
        Ok(answer.created())
    }

    /// Keeps a seat for five minutes while the operator talks.
    #[oai(path = "/holds", method = "post", operation_id = "hold_seat")]
    async fn hold_seat(
        &self,
        by: By<Desk>,
        body: Json<WishBody>,
    ) -> Result<Created<BookingAnswer>> {
        let wish = &body.0.into_command();
        let answer = by
            .does("hold_seat", |tx, scope| async move {
                actions::hold(&tx, scope, wish).await.map(BookingAnswer::from)
            })
            .await?;
        Ok(answer.created())
    }

    /// One booking with its session.
    #[oai(path = "/bookings/:booking_id", method = "get", operation_id = "get_booking")]
    async fn get_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<i64>,
    ) -> Result<Json<BookingDetail>> {
        let id = reach(&by, booking_id.0).await?;
        let row = queries::get_row(by.db(), &by.scope, id).await?;
        let row = by.saw(row, "get_booking").await?;
        Ok(Json(BookingDetail::new(by.ctx.lang, row)))
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
        booking_id: Path<i64>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id.0).await?;
        let answer = by
            .does("confirm_booking", |tx, scope| async move {
                actions::confirm(&tx, scope, id).await.map(BookingAnswer::from)
            })
            .await?;
        Ok(Json(answer))
    }

    /// Lets a hold go.
    #[oai(path = "/bookings/:booking_id/release", method = "post", operation_id = "release_hold")]
    async fn release_hold(
        &self,
        by: By<Desk>,
        booking_id: Path<i64>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id.0).await?;
        let answer = by
            .does("release_hold", |tx, scope| async move {
                actions::release(&tx, scope, id).await.map(BookingAnswer::from)
            })
            .await?;
        Ok(Json(answer))
    }

    /// Takes a booking back; the freed seat is offered on after a minute.
    #[oai(path = "/bookings/:booking_id/cancel", method = "post", operation_id = "cancel_booking")]
    async fn cancel_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<i64>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id.0).await?;
        let answer = by
            .does("cancel_booking", |tx, scope| async move {
                actions::cancel(&tx, scope, id).await.map(BookingAnswer::from)
            })
            .await?;
        Ok(Json(answer))
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
        booking_id: Path<i64>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id.0).await?;
        let answer = by
            .does("give_back_booking", |tx, scope| async move {
                actions::give_back(&tx, scope, id).await.map(BookingAnswer::from)
            })
            .await?;
        Ok(Json(answer))
    }

    /// Moves a booking to another session or slot; its number stays.
    #[oai(path = "/bookings/:booking_id/move", method = "post", operation_id = "move_booking")]
    async fn move_booking(
        &self,
        by: By<Desk>,
        booking_id: Path<i64>,
        body: Json<MoveBody>,
    ) -> Result<Json<BookingAnswer>> {
        let id = reach(&by, booking_id.0).await?;
        let MoveBody { session_id, slot_id } = body.0;
        let (session_id, slot_id) = (SessionId(session_id), slot_id.map(SlotId));
        let answer = by
            .does("move_booking", |tx, scope| async move {
                let moved = actions::move_to(&tx, scope, id, session_id, slot_id).await?;
                Ok(BookingAnswer::from(moved))
            })
            .await?;
        Ok(Json(answer))
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
        booking_id: Path<i64>,
        body: Json<AttendanceBody>,
    ) -> Result<Json<AttendanceAnswer>> {
        let AttendanceBody { state: Explicit(state) } = body.0;
        let id = BookingId(booking_id.0);
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
        session_id: Path<i64>,
        body: Json<NewTimeBody>,
    ) -> Result<Json<SessionMovedAnswer>> {
        let (id, (to, confirm)) = (SessionId(session_id.0), body.0.into_command());
        let (to, confirm) = (&to, confirm.as_deref());
        let (kept_count, conflicts) = by
            .does("move_session", |tx, scope| async move {
                let moved = actions::move_session(&tx, scope, id, to, confirm).await?;
                told(&tx, scope, moved).await
            })
            .await?;

        let row = sessions::queries::get(by.db(), &by.scope, id).await?;
        Ok(Json(SessionMovedAnswer {
            id: id.0,
            starts_at: to_jst(row.session.starts_at),
            ends_at: to_jst(row.session.ends_at),
            venue: row.place(by.ctx.lang).to_owned(),
            kept_count,
            conflicts,
        }))
    }

    /// Cancels a session and all its bookings; everybody is told, and reads `because` where it is
    /// given.
    #[oai(path = "/sessions/:session_id/cancel", method = "post", operation_id = "cancel_session")]
    async fn cancel_session(
        &self,
        by: By<Planning>,
        session_id: Path<i64>,
        because: Query<Option<String>>,
    ) -> Result<Json<SessionCancelledAnswer>> {
        let (id, because) = (SessionId(session_id.0), &because.0.unwrap_or_default());
        let told = by
            .does("cancel_session", |tx, scope| async move {
                sessions::actions::give_reason(&tx, scope, id, because).await?;
                actions::cancel_session(&tx, scope, id).await
            })
            .await?;
        Ok(Json(SessionCancelledAnswer {
            id: id.0,
            state: session::SessionState::Cancelled,
            told: told.into_iter().map(|id| id.0).collect(),
        }))
    }

    /// The roster: seats first, then those who wait, each in order. Who may not act for the people
    /// gets row numbers in the place of booking numbers. The look is recorded.
    #[oai(path = "/sessions/:session_id/bookings", method = "get", operation_id = "list_bookings")]
    async fn list_bookings(
        &self,
        by: By<sessions::Roster>,
        session_id: Path<i64>,
    ) -> Result<Json<Roster>> {
        let (db, scope, id) = (by.db(), &by.scope, SessionId(session_id.0));
        let session = sessions::queries::get(db, scope, id).await?.session;
        let found = by.saw(queries::of_session(db, scope, id).await?, "list_bookings").await?;
        let ids: Vec<ResidentId> = found.iter().map(|(booking, _)| booking.resident_id).collect();
        let mut guests = roster::guests(db, scope, &ids).await?;

        let may_act = roster::may_act(&by.ctx, &session);
        let rows = rules::row_numbers(found.iter().map(|(booking, _)| booking.state));
        let line = |(seat, row): (Seat, usize)| {
            let guest = guests.remove(&seat.0.resident_id);
            RosterItem::new(&session, row, seat, guest, may_act)
        };
        Ok(Json(Roster { items: found.into_iter().zip(rows).map(line).collect() }))
    }
}

impl RosterItem {
    fn new(
        session: &session::Model,
        row: usize,
        (booking, slot): Seat,
        guest: Option<Guest>,
        may_act: bool,
    ) -> Self {
        let (kana, name, phone_end) = match guest {
            Some(guest) => (guest.kana, guest.name, guest.phone_end),
            None => (String::new(), None, None),
        };

        Self {
            id: booking.id.0,
            row: i32::try_from(row).unwrap_or(i32::MAX),
            number: may_act.then(|| number_text(booking.number)),
            state: booking.state,
            via: booking.via,
            resident_id: booking.resident_id.0,
            kana,
            name,
            phone_end,
            slot_id: booking.slot_id.map(|id| id.0),
            starts_at: to_jst(slot.map_or(session.starts_at, |slot| slot.starts_at)),
            attendance: booking.attendance,
        }
    }
}

/// How many bookings moved with their session, and those that could not, with their numbers.
async fn told(tx: &Tx, scope: &Scope, moved: SessionMoved) -> Result<(i32, Vec<MoveConflict>)> {
    let SessionMoved { kept, conflicts } = moved;
    let mut lost = queries::in_reach(tx.db(), scope, &conflicts).await?;
    lost.sort_by_key(|booking| conflicts.iter().position(|id| *id == booking.id));
    let conflict = |booking: booking::Model| MoveConflict {
        booking_id: booking.id.0,
        number: number_text(booking.number),
        resident_id: booking.resident_id.0,
        state: booking.state,
    };
    let kept = i32::try_from(kept.len()).unwrap_or(i32::MAX);
    Ok((kept, lost.into_iter().map(conflict).collect()))
}

/// The booking, when it and its session lie within reach.
async fn reach(by: &By<Desk>, id: i64) -> Result<BookingId> {
    let (booking, _) = queries::get_reached(by.db(), &by.scope, BookingId(id)).await?;
    Ok(booking.id)
}
