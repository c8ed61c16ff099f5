//! `/sessions/{id}/walk-in`: somebody came without a booking.

use askama::Template;
use chrono::NaiveDate;
use entity::{BookingId, ResidentId, SessionId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Heading;
use crate::bookings::actions;
use crate::platform::japan::PhoneNumber;
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result, Scope};
use crate::residents::intake::{Intake, is_reading};
use crate::residents::{Found, NewResident};
use crate::sessions::{Roster, SessionRow, roster};
use crate::{residents, sessions};

/// Candidates that are shown.
const CANDIDATES: u64 = 20;

/// What was typed or pressed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WalkInForm {
    /// Looks for people: kana or phone.
    q: String,
    /// This person came.
    resident: String,
    /// Somebody new came.
    new: String,
    kana: String,
    phone: String,
}

/// Who came.
enum Came {
    Known(ResidentId),
    New(Box<NewResident>),
}

impl WalkInForm {
    /// Nobody was named yet.
    fn is_search(&self) -> bool {
        self.resident.is_empty() && self.new.is_empty()
    }

    fn read(&self, today: NaiveDate) -> Result<Came> {
        match self.resident.as_str() {
            "" => Ok(Came::New(Box::new(self.read_new(today)?))),
            text => Ok(Came::Known(ResidentId(text.parse().map_err(|_| Error::BadRequest)?))),
        }
    }

    fn read_new(&self, today: NaiveDate) -> Result<NewResident> {
        let mut intake = Intake::new(today);
        let kana = intake.kana(&self.kana);
        let phone = match self.phone.trim() {
            "" => None,
            text => intake.phone("phone", text),
        };
        intake.finish(kana.map(|kana| NewResident {
            phones: phone.into_iter().collect(),
            ..NewResident::named(kana)
        }))
    }

    /// What was looked for is the new person's kana or phone, if there is no such person.
    fn carried_over(self) -> Self {
        if is_reading(&self.q) {
            return Self { kana: self.q.clone(), ..self };
        }
        match PhoneNumber::parse(&self.q) {
            Ok(_) => Self { phone: self.q.clone(), ..self },
            Err(_) => self,
        }
    }
}

#[derive(Template)]
#[template(path = "bookings/pages/walk_in.html")]
struct WalkInPage {
    page: Page,
    id: SessionId,
    head: Heading,
    typed: WalkInForm,
    /// None: nothing was looked for yet.
    candidates: Option<Vec<Found>>,
    back: Returned,
}

impl WalkInPage {
    /// The last four digits of a candidate's phone: the full number is not shown.
    fn phone_end(&self, found: &Found) -> Option<String> {
        let digits = found.phones.first()?;
        Some(digits.chars().skip(digits.chars().count().saturating_sub(4)).collect())
    }
}

fn draw(
    page: Page,
    row: &SessionRow,
    typed: WalkInForm,
    candidates: Option<Vec<Found>>,
    back: Returned,
) -> Result<Response> {
    let (id, head) = (row.session.id, Heading::of(row, &page.ctx));
    let template = WalkInPage { page, id, head, typed, candidates, back };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Roster>, Path(id): Path<SessionId>) -> Result<Response> {
    let row = sessions::queries::get(visit.db(), &visit.scope, id).await?;
    draw(visit.page, &row, WalkInForm::default(), None, Returned::default())
}

/// Looks for people, or gives a seat. The search is a post, so that no name gets into an address.
#[handler]
pub(super) async fn act(
    visit: Visit<Roster>,
    Path(id): Path<SessionId>,
    Form(typed): Form<WalkInForm>,
) -> Result<Response> {
    let row = sessions::queries::get(visit.db(), &visit.scope, id).await?;
    if typed.is_search() {
        let found = look(&visit, &row, &typed.q).await?;
        return draw(visit.page, &row, typed.carried_over(), Some(found), Returned::default());
    }
    match take(&visit, id, &typed).await {
        Ok(booking_id) => Ok(redirect(&format!("/sessions/{id}#b{booking_id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit.page, &row, typed, None, back)
        }
    }
}

/// Gives a seat to whoever came.
async fn take(visit: &Visit<Roster>, id: SessionId, typed: &WalkInForm) -> Result<BookingId> {
    let came = &typed.read(visit.ctx.today())?;
    visit
        .does("walk_in", |tx, scope| async move {
            let resident_id = match came {
                Came::Known(id) => *id,
                Came::New(new) => {
                    let id = residents::actions::register(&tx, scope, new).await?;
                    // Nobody at the door was shown who this may be: the office looks.
                    residents::actions::ask_if_alike(&tx, scope, id).await?;
                    id
                }
            };
            Ok(actions::walk_in(&tx, scope, id, resident_id).await?.id)
        })
        .await
}

async fn look(visit: &Visit<Roster>, row: &SessionRow, q: &str) -> Result<Vec<Found>> {
    let (db, whole) = (visit.db(), Scope::whole(visit.scope.municipality_id));
    let found = match roster::may_act(&visit.ctx, &row.session) {
        true => residents::queries::find(db, &whole, q, CANDIDATES).await?,
        false => residents::queries::find_by_name_or_phone(db, &whole, q, CANDIDATES).await?,
    };
    visit.saw(found, "walk_in").await
}
