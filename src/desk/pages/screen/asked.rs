//! What is read back, and what is asked before something is taken away.

use entity::bookings::booking::BookingState;

use super::*;
use crate::bookings::queries::BookingRow;
use crate::desk::queries::Wished;
use crate::desk::rules::{Told, What};

/// What is read back of a booking that was made in this call.
pub(super) fn what(row: &BookingRow) -> What {
    match row.booking.state {
        BookingState::Waiting => What::Wait,
        _ => What::Seat,
    }
}

/// The sentence about a booking of the person.
pub(super) fn told(page: &Page, person: &Person, row: &BookingRow, what: What) -> ReadBack {
    let (starts_at, ends_at) = row.span();
    let told = Told {
        what,
        starts_at,
        ends_at,
        title: page.pick(&row.session.title_ja, &row.session.title_en),
        venue: page.pick(&row.venue.name_ja, &row.venue.name_en),
        bring: page.pick(&row.session.bring_ja, &row.session.bring_en),
        channel: person.ways.first(row.booking.state),
        number: &row.number(),
    };
    rules::read_back(page.ctx.lang, &told)
}

/// The seat that was read back and is gone, by its day and number.
pub(super) fn gone_line(page: &Page, row: &BookingRow) -> String {
    let when = words::moment(page.ctx.lang, row.span().0);
    page.f("desk.gone", &[("when", &when), ("number", &row.number())])
}

/// The sentence about a day that was chosen while another seat is kept.
fn other(page: &Page, wished: &Wished) -> ReadBack {
    let Wished { row, starts_at, ends_at, waits } = wished;
    let told = Told {
        what: if *waits { What::OtherWait } else { What::Other },
        starts_at: *starts_at,
        ends_at: *ends_at,
        title: page.pick(&row.session.title_ja, &row.session.title_en),
        venue: page.pick(&row.venue.name_ja, &row.venue.name_en),
        bring: "",
        channel: None,
        number: "",
    };
    rules::read_back(page.ctx.lang, &told)
}

/// What is asked; nothing when there is nothing left to ask about. `wished` is the day that was
/// chosen beside the kept seat.
pub(super) fn ask_box(
    page: &Page,
    person: &Person,
    kept: Option<&BookingRow>,
    wished: Option<&Wished>,
    question: Question,
) -> Option<AskBox> {
    let (row, what) = match question {
        Question::Cancel(id) => {
            (person.bookings.iter().find(|row| row.booking.id == id)?, What::Cancel)
        }
        Question::Instead(_) | Question::Leave => (kept?, What::Seat),
    };

    let (title, more, keep, take) = match question {
        Question::Cancel(_) => ("cancel", "", "cancel.keep", "cancel.take"),
        Question::Leave => ("leave", "desk.ask.leave.more", "leave.keep", "leave.take"),
        Question::Instead(rules::Choice::Later) => ("later", "", "instead.keep", "later.take"),
        Question::Instead(_) => {
            ("instead", "desk.ask.instead.more", "instead.keep", "instead.take")
        }
    };

    let word = |key: &str| page.t(&format!("desk.ask.{key}")).to_owned();
    let (action, name, value) = match question {
        Question::Cancel(id) => ("/desk/cancel", "sure", id.to_string()),
        Question::Instead(choice) => ("/desk/hold", "instead", choice.to_text()),
        Question::Leave => ("/desk/leave", "sure_leave", "1".to_owned()),
    };

    Some(AskBox {
        title: word(title),
        said: told(page, person, row, what),
        other: wished.map(|wished| other(page, wished)),
        more: if more.is_empty() { String::new() } else { page.t(more).to_owned() },
        keep: word(keep),
        take: word(take),
        action,
        name,
        value,
    })
}
