//! `/people/{id}/standing`: whether a person may be contacted; what another standing takes from them,
//! and what was taken and can be given back.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::residents::resident::Standing;
use entity::{BookingId, ResidentId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::bookings::BookingRow;
use crate::desk::ahead::{Hanging, StandingEffect};
use crate::desk::rules;
use crate::platform::error::Reason;
use crate::platform::web::Page;
use crate::platform::web::door::Visit;
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{redirect, render};
use crate::platform::{Error, Personal, Result};
use crate::residents::{Desk, resident};
use crate::{bookings, residents, surveys};

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StandingQuery {
    /// The standing that somebody chose.
    to: String,
    /// What has just been done.
    done: String,
    /// Why nothing was given back.
    refused: String,
}

#[derive(Template)]
#[template(path = "desk/pages/standing.html")]
struct StandingPage {
    page: Page,
    resident: resident::Model,
    hanging: Hanging,
    /// What was taken and can be given back.
    taken: Vec<BookingRow>,
    /// Digest of what is shown: the yes is to exactly this.
    seen: String,
    /// The standing that was chosen.
    to: Option<Standing>,
    /// The sentence of what has just been done, and the keys of its numbers.
    said: Option<String>,
    did: Vec<(&'static str, usize)>,
    refusal: Option<bookings::rules::Refusal>,
}

impl StandingPage {
    fn is_active(&self) -> bool {
        self.resident.standing == Standing::Active
    }

    /// Whether the chosen standing gives back instead of taking.
    fn gives(&self) -> bool {
        self.to == Some(Standing::Active)
    }

    fn when(&self, at: &DateTime<Utc>) -> String {
        rules::moment(self.page.ctx.lang, *at)
    }
}

#[handler]
pub(super) async fn show(
    visit: Visit<Desk>,
    Path(person): Path<ResidentId>,
    Query(query): Query<StandingQuery>,
    Query(effect): Query<StandingEffect>,
) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let resident = residents::queries::get(db, scope, person).await?;
    let resident = visit.saw(Personal::new(resident, [person]), "standing").await?;
    let hanging = Hanging::of(db, scope, person, now).await?;
    // What the asker can give back: the question counts also what other programmes took.
    let taken = bookings::queries::taken_from(db, scope, person, now).await?;

    let page = visit.page;
    let standing = resident.standing;
    let said = match query.done.as_str() {
        "changed" => Some(page.f1("standing.done", "standing", page.word("standing", standing))),
        "back" => Some(page.t("standing.back.done").to_owned()),
        "anew" => Some(page.t("standing.anew").to_owned()),
        _ => None,
    };
    let did = match query.done.as_str() {
        "changed" => effect.lines(standing == Standing::Active),
        _ => Vec::new(),
    };

    render(&StandingPage {
        seen: hanging.seen(&resident),
        to: Standing::from_text(&query.to).filter(|to| *to != standing),
        said,
        did,
        refusal: bookings::rules::Refusal::from_code(&query.refused),
        page,
        resident,
        hanging,
        taken,
    })
}

/// The chosen standing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StandingForm {
    to: String,
    /// What the question showed.
    seen: String,
}

/// Changes the standing, with all that follows from it, in one act. What was not shown is not taken:
/// the question comes once more.
#[handler]
pub(super) async fn change(
    visit: Visit<Desk>,
    Path(person): Path<ResidentId>,
    Form(chosen): Form<StandingForm>,
) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let to = Standing::from_text(&chosen.to).ok_or(Error::BadRequest)?;
    let resident = residents::queries::get(db, scope, person).await?;
    let before = Hanging::of(db, scope, person, now).await?;
    if before.seen(&resident) != chosen.seen {
        return Ok(redirect(&format!("/people/{person}/standing?to={to}&done=anew")));
    }

    visit
        .does("change_standing", |tx, scope| async move {
            residents::actions::set_standing(&tx, scope, person, to).await?;
            bookings::actions::follow_standing(&tx, person).await?;
            surveys::actions::follow_standing(&tx, person).await
        })
        .await?;
    let effect = before.until(&Hanging::of(db, scope, person, now).await?, to).link();
    Ok(redirect(&format!("/people/{person}/standing?done=changed&{effect}")))
}

/// The booking to give back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GiveBackForm {
    booking: String,
}

/// Gives one booking back, or says why not.
#[handler]
pub(super) async fn give_back(
    visit: Visit<Desk>,
    Path(person): Path<ResidentId>,
    Form(back): Form<GiveBackForm>,
) -> Result<Response> {
    let booking = BookingId(back.booking.parse().map_err(|_| Error::BadRequest)?);
    let given = visit
        .does("give_back_booking", |tx, scope| async move {
            let found = bookings::queries::get(tx.db(), scope, booking).await?;
            if found.resident_id != person {
                return Err(Error::NotFound);
            }
            bookings::actions::give_back(&tx, scope, booking).await.map(|_| ())
        })
        .await;
    match given {
        Ok(()) => Ok(redirect(&format!("/people/{person}/standing?done=back"))),
        Err(Error::Refused(refusal)) => {
            Ok(redirect(&format!("/people/{person}/standing?refused={}", refusal.code)))
        }
        Err(error) => Err(error),
    }
}
