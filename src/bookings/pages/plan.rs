//! `/sessions/new`: a new session.

use askama::Template;
use entity::{ProgrammeId, StaffId};
use poem::{Response, handler};
use serde::Deserialize;

use super::staff_choice::{StaffChoice, read_staff, staff_choices};
use super::time::{as_of_form, places, read_place, read_span};
use crate::platform::web::door::{Choice, Field, Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Result};
use crate::programmes::{self, programme};
use crate::sessions::session::{Allocation, SessionKind};
use crate::sessions::{self, NewSession, Planning, rules};

/// What was typed, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlanForm {
    programme_id: String,
    kind: String,
    title_ja: String,
    title_en: String,
    bring_ja: String,
    bring_en: String,
    date: String,
    starts_at: String,
    ends_at: String,
    place: String,
    capacity: String,
    slot_minutes: String,
    staff: Vec<String>,
    is_public: String,
    /// The yes to what was asked.
    seen: String,
}

#[derive(Template)]
#[template(path = "bookings/pages/plan.html")]
struct PlanPage {
    page: Page,
    typed: PlanForm,
    back: Returned,
    programmes: Vec<Choice>,
    kinds: Vec<Choice>,
    places: Vec<Choice>,
    staff: Vec<StaffChoice>,
}

impl PlanPage {
    /// A field called as in the wording.
    fn line(&self, name: &str, value: &str) -> Field {
        self.page.field(&self.back, name, &format!("plan.{name}"), value)
    }

    fn has_staff(&self, id: &StaffId) -> bool {
        self.typed.staff.contains(&id.to_string())
    }
}

async fn form(visit: Visit<Planning>, typed: PlanForm, back: Returned) -> Result<Response> {
    let programmes = programmes::queries::list_programmes(visit.db(), &visit.scope).await?;
    let (places, staff) = (places(&visit).await?, staff_choices(&visit, &[]).await?);

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
        typed,
        page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Planning>) -> Result<Response> {
    let typed = PlanForm {
        is_public: "1".to_owned(),
        capacity: "12".to_owned(),
        slot_minutes: rules::SLOT_MINUTES.to_string(),
        ..PlanForm::default()
    };
    form(visit, typed, Returned::default()).await
}

#[handler]
pub(super) async fn create(
    visit: Visit<Planning>,
    Form(typed): Form<PlanForm>,
) -> Result<Response> {
    let done = async {
        let (new, seen) = (&typed.read()?, Some(typed.seen.as_str()));
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
            form(visit, typed, back).await
        }
    }
}

impl PlanForm {
    fn read(&self) -> Result<NewSession> {
        let mut errors = Vec::new();
        let programme = self.programme_id.parse().ok().map(ProgrammeId);
        if programme.is_none() {
            errors.push(FieldError::new("programme_id", "err.session.programme"));
        }
        let kind = SessionKind::from_text(&self.kind);
        if kind.is_none() {
            errors.push(FieldError::new("kind", "err.session.kind"));
        }

        let span = read_span(&self.date, &self.starts_at, &self.ends_at)
            .map_err(|mut found| errors.append(&mut found))
            .ok();
        let place = read_place(&self.place);
        if place.is_none() {
            errors.push(FieldError::new("place", "err.session.venue"));
        }

        let (capacity, minutes) = self.size(kind, &mut errors);
        let staff = read_staff(&self.staff).map_err(|wrong| errors.push(wrong)).ok();

        match (programme, kind, span, place, staff) {
            (Some(programme_id), Some(kind), Some(span), Some(place), Some(staff))
                if errors.is_empty() =>
            {
                Ok(NewSession {
                    programme_id,
                    kind,
                    title_ja: self.title_ja.clone(),
                    title_en: self.title_en.clone(),
                    bring_ja: self.bring_ja.clone(),
                    bring_en: self.bring_en.clone(),
                    venue_id: place.0,
                    room_id: place.1,
                    starts_at: span.0,
                    ends_at: span.1,
                    capacity,
                    allocation: Allocation::FirstCome,
                    is_public: !self.is_public.is_empty(),
                    slot_minutes: minutes,
                    staff,
                    code: None,
                })
            }
            _ => Err(Error::Invalid(errors)),
        }
    }

    /// The seats; and of a consultation, whose slots decide how many there are, their length. What
    /// stands in the field that does not count may be anything.
    fn size(&self, kind: Option<SessionKind>, errors: &mut Vec<FieldError>) -> (i32, Option<i32>) {
        if kind == Some(SessionKind::Consultation) {
            let minutes = self.slot_minutes.parse().ok();
            if minutes.is_none() {
                errors.push(FieldError::new("slot_minutes", "err.session.slot.minutes"));
            }
            return (0, minutes);
        }
        let capacity = rules::parse_capacity(&self.capacity);
        let wrong = |wording| errors.push(FieldError::new("capacity", wording));
        (capacity.map_err(wrong).unwrap_or(0), None)
    }
}
