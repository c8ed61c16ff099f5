//! What the screen says of the call that has just ended.

use super::screen::Done;
use super::*;
use crate::inquiries::queries::find_last_closed;
use crate::notices::message::held;

/// What this operator's last call left; of a booking only `id`, and only what the call made: the
/// address of the screen tells no other. Nothing for somebody who has ended none.
pub(super) async fn told(desk: &AtDesk, id: i64) -> Result<Option<Done>> {
    let (db, page, lang) = (desk.db(), &desk.page, desk.ctx.lang);
    let Some(call) = find_last_closed(db, &desk.scope, desk.staff_id).await? else {
        return Ok(None);
    };

    let mut done = Done::default();
    if let Some(outcome) = call.outcome {
        let key = format!("desk.outcome.{}", rules::digit_of_outcome(outcome));
        done.outcome = page.f1("desk.done.outcome", "outcome", page.t(&key));
    }
    if let Some(at) = call.call_back_at {
        done.call_back = page.f1("desk.done.call_back", "day", words::long_day(lang, at));
    }

    let Some(person) = call.resident_id else { return Ok(Some(done)) };
    let living = bookings::queries::of_resident(db, &desk.scope, person, true).await?;
    let left = living.into_iter().find(|row| {
        row.booking.id == BookingId(id)
            && row.booking.booked_by == Some(desk.staff_id)
            && row.booking.updated_at >= call.started_at
    });

    if let Some(left) = left {
        let left = desk.saw(Personal::new(left, [person]), "desk").await?;
        let title = held(page.pick(&left.session.title_ja, &left.session.title_en));
        let when = words::moment(lang, left.span().0);
        done.booking = page.f("desk.done.booking", &[("when", &when), ("title", &title)]);
        done.number = left.number();
    }
    Ok(Some(done))
}
