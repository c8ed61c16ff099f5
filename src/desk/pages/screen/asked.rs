//! What is read back, and what is asked before something is taken away.

use entity::bookings::booking::BookingState;

use super::*;
use crate::desk::rules::{Choice, SeatFacts, What};

/// A question before something is taken away: what stands, and what happens to it.
pub struct AskBox {
    /// Wording key.
    pub title: &'static str,
    /// What the operator reads back.
    pub said: ReadBack,
    /// The day that was chosen besides, to be read aloud too.
    pub other: Option<ReadBack>,
    /// Wording key of what is told to the operator besides.
    pub more: Option<&'static str>,
    /// Wording keys of the two buttons.
    pub keep: &'static str,
    pub take: &'static str,
    /// Where the second button sends the form, and under which name and value.
    pub action: &'static str,
    pub name: &'static str,
    pub value: String,
}

/// What is asked; nothing when there is nothing left to ask about. `wished` is the day that was
/// chosen beside the kept seat.
pub(super) fn ask_box(
    page: &Page,
    caller: &Caller,
    kept: Option<&BookingRow>,
    wished: Option<&Wished>,
    doubt: Doubt,
) -> Option<AskBox> {
    let (row, what) = match doubt {
        Doubt::Cancel(id) => {
            (caller.bookings.iter().find(|row| row.booking.id == id)?, What::Cancel)
        }
        Doubt::Instead(_) | Doubt::Leave => (kept?, What::Seat),
    };

    let (title, more) = match doubt {
        Doubt::Cancel(_) => ("desk.ask.cancel", None),
        Doubt::Leave => ("desk.ask.leave", Some("desk.ask.leave.more")),
        Doubt::Instead(Choice::Later) => ("desk.ask.later", None),
        Doubt::Instead(_) => ("desk.ask.instead", Some("desk.ask.instead.more")),
    };
    let (keep, take) = match doubt {
        Doubt::Cancel(_) => ("desk.ask.cancel.keep", "desk.ask.cancel.take"),
        Doubt::Leave => ("desk.ask.leave.keep", "desk.ask.leave.take"),
        Doubt::Instead(Choice::Later) => ("desk.ask.instead.keep", "desk.ask.later.take"),
        Doubt::Instead(_) => ("desk.ask.instead.keep", "desk.ask.instead.take"),
    };
    let (action, name, value) = match doubt {
        Doubt::Cancel(id) => ("/desk/cancel", "sure", id.to_string()),
        Doubt::Instead(choice) => ("/desk/hold", "instead", choice.to_text()),
        Doubt::Leave => ("/desk/leave", "sure_leave", "1".to_owned()),
    };

    let said = booking_read_back(page, caller, row, what);
    let other = wished.map(|wished| wished_read_back(page, wished));
    Some(AskBox { title, said, other, more, keep, take, action, name, value })
}

/// The sentence about a booking that was made in this call.
pub(super) fn seat_read_back(page: &Page, caller: &Caller, row: &BookingRow) -> ReadBack {
    let what = match row.booking.state {
        BookingState::Waiting => What::Wait,
        _ => What::Seat,
    };
    booking_read_back(page, caller, row, what)
}

fn booking_read_back(page: &Page, caller: &Caller, row: &BookingRow, what: What) -> ReadBack {
    let (starts_at, ends_at) = row.span();
    let facts = SeatFacts {
        what,
        starts_at,
        ends_at,
        title: page.pick(&row.session.title_ja, &row.session.title_en),
        venue: page.pick(&row.venue.name_ja, &row.venue.name_en),
        bring: page.pick(&row.session.bring_ja, &row.session.bring_en),
        channel: caller.ways.first(row.booking.state),
        number: &row.number(),
    };
    rules::read_back(page.ctx.lang, &facts)
}

/// The sentence about a day that was chosen while another seat is kept.
fn wished_read_back(page: &Page, wished: &Wished) -> ReadBack {
    let Wished { row, starts_at, ends_at, waits } = wished;
    let facts = SeatFacts {
        what: if *waits { What::OtherWait } else { What::Other },
        starts_at: *starts_at,
        ends_at: *ends_at,
        title: page.pick(&row.session.title_ja, &row.session.title_en),
        venue: page.pick(&row.venue.name_ja, &row.venue.name_en),
        bring: "",
        channel: None,
        number: "",
    };
    rules::read_back(page.ctx.lang, &facts)
}
