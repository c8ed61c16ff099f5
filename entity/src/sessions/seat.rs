use crate::{BookingId, SessionId, SlotId};
use sea_orm::entity::prelude::*;

/// What a session sees of the table of bookings: which seats and slots are taken, not by whom.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: BookingId,
    pub session_id: SessionId,
    pub slot_id: Option<SlotId>,
    pub state: BookingState,
    pub via: Via,
}

text_enum! {
    /// Life of a booking; drawn in `shirube::bookings`.
    BookingState {
        /// Kept for five minutes while the operator talks.
        Held = "held",
        /// Has a seat.
        Confirmed = "confirmed",
        /// Waits for a seat.
        Waiting = "waiting",
        /// A freed seat is kept for this person until the answer.
        Offered = "offered",
        /// Taken back by the person or the office.
        Cancelled = "cancelled",
        /// A hold or an offer that ran out.
        Expired = "expired",
    }
}

impl BookingState {
    /// The states in which a booking takes a seat or a slot.
    pub const SEATED: [Self; 3] = [Self::Held, Self::Confirmed, Self::Offered];
    /// The states that have not ended: with a seat, or waiting for one.
    pub const LIVING: [Self; 4] = [Self::Held, Self::Confirmed, Self::Offered, Self::Waiting];

    /// Whether the booking takes a seat or a slot.
    pub fn has_seat(self) -> bool {
        Self::SEATED.contains(&self)
    }

    /// Whether the booking has not ended.
    pub fn is_living(self) -> bool {
        Self::LIVING.contains(&self)
    }
}

text_enum! {
    /// How the booking came.
    Via {
        Phone = "phone", Counter = "counter", Paper = "paper", Web = "web", WalkIn = "walk_in",
    }
}

belongs_to! {}
