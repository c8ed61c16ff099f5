//! `/sessions/new`: a new session.

use std::fmt::Display;

use askama::Template;
use entity::{ProgrammeId, StaffId};
use poem::{Response, handler};

use super::forms::{TimeAndPlace, as_of_form, places, read_staff};
use crate::platform::japan::amount;
use crate::platform::web::door::{Choice, Field, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Result};
use crate::programmes::{self, programme};
use crate::sessions::queries::{StaffChoice, staff_choices};
use crate::sessions::session::{Allocation, SessionKind};
use crate::sessions::{self, NewSession, Planning, rules};

#[derive(Template)]
#[template(path = "bookings/pages/plan.html")]
struct PlanPage {
    page: Page,
    back: Returned,
    is_public: bool,
    programmes: Vec<Choice>,
    kinds: Vec<Choice>,
    places: Vec<Choice>,
    staff: Vec<StaffChoice>,
}

impl PlanPage {
    /// A field called as in the wording, with what stands in it the first time.
    fn line(&self, name: &str, first: impl Display) -> Field {
        self.page.field(&self.back, name, &format!("plan.{name}"), first)
    }

    fn has_staff(&self, id: &StaffId) -> bool {
        self.back.typed.all("staff").contains(&id.to_string().as_str())
    }
}

async fn form(visit: Visit<Planning>, back: Returned, is_public: bool) -> Result<Response> {
    let (db, scope, today) = (visit.db(), &visit.scope, visit.ctx.today());
    let programmes = programmes::queries::list_programmes(db, scope).await?;
    let places = places(&visit).await?;
    let staff = staff_choices(db, scope, &[], today).await?;

    let page = visit.page;
    let programme = |programme: programme::Model| {
        let name = page.pick(&programme.name_ja, &programme.name_en).to_owned();
        (programme.id.to_string(), name)
    };
    let template = PlanPage {
        programmes: programmes.into_iter().map(programme).collect(),
        kinds: page.choices("kind", SessionKind::ALL),
        places,
        staff,
        back,
        is_public,
        page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Planning>) -> Result<Response> {
    form(visit, Returned::default(), true).await
}

#[handler]
pub(super) async fn create(visit: Visit<Planning>, Form(typed): Form<Typed>) -> Result<Response> {
    let done = async {
        let (new, seen) = (&read(&typed)?, Some(typed.get("seen")));
        visit
            .does("create_session", |tx, scope| async move {
                Ok(sessions::actions::create(&tx, scope, new, seen).await?.id)
            })
            .await
    };
    match done.await {
        Ok(id) => Ok(redirect(&format!("/sessions/{id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, as_of_form(error))?;
            let is_public = !typed.get("is_public").is_empty();
            form(visit, back.with(typed), is_public).await
        }
    }
}

fn read(typed: &Typed) -> Result<NewSession> {
    let mut errors = Vec::new();
    let programme = typed.get("programme_id").parse().ok().map(ProgrammeId);
    if programme.is_none() {
        errors.push(FieldError::new("programme_id", "err.session.programme"));
    }
    let kind = SessionKind::from_text(typed.get("kind"));
    if kind.is_none() {
        errors.push(FieldError::new("kind", "err.session.kind"));
    }

    let TimeAndPlace { span, place } = TimeAndPlace::read(typed, &mut errors);
    let (capacity, slot_minutes) = size(typed, kind, &mut errors);
    let staff = read_staff(typed).map_err(|wrong| errors.push(wrong)).ok();

    let text = |name: &str| typed.get(name).to_owned();
    match (programme, kind, span, place, staff) {
        (
            Some(programme_id),
            Some(kind),
            Some((starts_at, ends_at)),
            Some((venue_id, room_id)),
            Some(staff),
        ) if errors.is_empty() => Ok(NewSession {
            programme_id,
            kind,
            title_ja: text("title_ja"),
            title_en: text("title_en"),
            bring_ja: text("bring_ja"),
            bring_en: text("bring_en"),
            venue_id,
            room_id,
            starts_at,
            ends_at,
            capacity,
            allocation: Allocation::FirstCome,
            is_public: !typed.get("is_public").is_empty(),
            slot_minutes,
            staff,
            code: None,
        }),
        _ => Err(Error::Invalid(errors)),
    }
}

/// The seats; and of a consultation, whose slots decide how many there are, their length. What
/// stands in the field that does not count may be anything.
fn size(
    typed: &Typed,
    kind: Option<SessionKind>,
    errors: &mut Vec<FieldError>,
) -> (i32, Option<i32>) {
    if kind == Some(SessionKind::Consultation) {
        let minutes = amount::count(typed.get("slot_minutes")).ok();
        if minutes.is_none() {
            errors.push(FieldError::new("slot_minutes", "err.session.slot.minutes"));
        }
        return (0, minutes);
    }
    let capacity = rules::parse_capacity(typed.get("capacity"));
    let wrong = |wording| errors.push(FieldError::new("capacity", wording));
    (capacity.map_err(wrong).unwrap_or(0), None)
}
