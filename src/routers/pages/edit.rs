//! `/routers/new` and `/routers/{id}/edit`: all that is said of a router.

use askama::Template;
use entity::routers::router::{PlaceKind, Purpose, RouterKind, RouterState};
use entity::{RouterId, VenueId, WardId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::ward_choices;
use crate::places;
use crate::platform::web::door::{Choice, Field, Returned, Visit, render_form, revision_of};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Result};
use crate::routers::Network;
use crate::routers::actions::{self, Entry};
use crate::routers::rules::sim_words;
use crate::routers::{queries, router};

/// What was typed, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RouterForm {
    code: String,
    kind: String,
    state: String,
    purpose: String,
    ward: String,
    place_kind: String,
    place_name: String,
    venue: String,
    sim: String,
    note: String,
    revision: String,
}

impl RouterForm {
    fn of(router: router::Model) -> Self {
        let text = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        Self {
            code: router.code,
            kind: router.kind.to_string(),
            state: router.state.to_string(),
            purpose: router.purpose.to_string(),
            ward: text(router.ward_id.map(|id| id.0)),
            place_kind: router.place_kind.map(|kind| kind.to_string()).unwrap_or_default(),
            place_name: router.place_name,
            venue: text(router.venue_id.map(|id| id.0)),
            sim: router.sim.as_deref().map(sim_words).unwrap_or_default(),
            note: router.note,
            revision: router.revision.to_string(),
        }
    }

    fn read(&self) -> Result<Entry> {
        let Self {
            code,
            kind,
            state,
            purpose,
            ward,
            place_kind,
            place_name,
            venue,
            sim,
            note,
            revision: _,
        } = self;
        let mut errors = Vec::new();
        let kind = RouterKind::from_text(kind);
        if kind.is_none() {
            errors.push(FieldError::new("kind", "err.router.kind"));
        }
        let state = RouterState::from_text(state);
        if state.is_none() {
            errors.push(FieldError::new("state", "err.router.state"));
        }
        let purpose = Purpose::from_text(purpose);
        if purpose.is_none() {
            errors.push(FieldError::new("purpose", "err.router.purpose"));
        }
        match (kind, state, purpose) {
            (Some(kind), Some(state), Some(purpose)) => Ok(Entry {
                code: code.clone(),
                kind,
                state,
                purpose,
                ward_id: ward.parse().ok().map(WardId),
                place_kind: PlaceKind::from_text(place_kind),
                place_name: place_name.clone(),
                venue_id: venue.parse().ok().map(VenueId),
                sim: sim.clone(),
                note: note.clone(),
            }),
            _ => Err(Error::Invalid(errors)),
        }
    }
}

#[derive(Template)]
#[template(path = "routers/pages/edit.html")]
struct EditPage {
    page: Page,
    /// None: a new one.
    id: Option<RouterId>,
    typed: RouterForm,
    back: Returned,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    purposes: Vec<Choice>,
    place_kinds: Vec<Choice>,
    wards: Vec<Choice>,
    venues: Vec<Choice>,
}

impl EditPage {
    /// Address to which the form goes.
    fn action(&self) -> String {
        match self.id {
            Some(id) => format!("/routers/{id}/edit"),
            None => "/routers/new".to_owned(),
        }
    }

    fn title(&self) -> &str {
        self.page.t(if self.id.is_some() { "router.edit" } else { "router.new" })
    }

    /// A field called as its column is.
    fn line(&self, name: &str, value: &str) -> Field {
        self.page.field(&self.back, name, &format!("router.{name}"), value)
    }

    fn way_back(&self) -> String {
        self.id.map_or("/routers".to_owned(), |id| format!("/routers/{id}"))
    }
}

async fn form(
    visit: Visit<Network>,
    id: Option<RouterId>,
    typed: RouterForm,
    back: Returned,
) -> Result<Response> {
    let venues = places::queries::list_venues(visit.db(), &visit.scope).await?;
    let wards = ward_choices(&visit).await?;

    let Visit { page, by } = visit;
    let own = venues.into_iter().filter(|venue| by.scope.reaches_ward(venue.ward_id));
    let venue = |venue: places::venue::Model| {
        (venue.id.to_string(), page.pick(&venue.name_ja, &venue.name_en).to_owned())
    };
    let template = EditPage {
        kinds: page.choices("router.kind", RouterKind::ALL),
        states: page.choices("router.state", RouterState::ALL),
        purposes: page.choices("router.purpose", Purpose::ALL),
        place_kinds: page.choices("router.place", PlaceKind::ALL),
        venues: own.map(venue).collect(),
        wards,
        back,
        id,
        typed,
        page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show_new(visit: Visit<Network>) -> Result<Response> {
    let typed = RouterForm {
        kind: RouterKind::Bwa.to_string(),
        state: RouterState::Stock.to_string(),
        ..RouterForm::default()
    };
    form(visit, None, typed, Returned::default()).await
}

#[handler]
pub(super) async fn show(visit: Visit<Network>, Path(id): Path<i64>) -> Result<Response> {
    let id = RouterId(id);
    let row = queries::get(visit.db(), &visit.scope, id).await?;
    form(visit, Some(id), RouterForm::of(row.router), Returned::default()).await
}

#[handler]
pub(super) async fn register(
    visit: Visit<Network>,
    Form(typed): Form<RouterForm>,
) -> Result<Response> {
    let done = async {
        let entry = &typed.read()?;
        let work = |tx, scope| async move { actions::register(&tx, scope, entry).await };
        visit.does("register_router", work).await
    };
    match done.await {
        Ok(id) => Ok(redirect(&format!("/routers/{id}"))),
        Err(error) => again(visit, None, typed, error).await,
    }
}

#[handler]
pub(super) async fn change(
    visit: Visit<Network>,
    Path(id): Path<i64>,
    Form(typed): Form<RouterForm>,
) -> Result<Response> {
    let id = RouterId(id);
    let done = async {
        let (entry, revision) = (&typed.read()?, revision_of(&typed.revision)?);
        let work = |tx, scope| async move {
            actions::change(&tx, scope, id, revision, entry).await.map(|_| ())
        };
        visit.does("change_router", work).await
    };
    match done.await {
        Ok(()) => Ok(redirect(&format!("/routers/{id}"))),
        Err(error) => again(visit, Some(id), typed, error).await,
    }
}

/// The form again, with what was typed and what is wrong with it.
async fn again(
    visit: Visit<Network>,
    id: Option<RouterId>,
    typed: RouterForm,
    error: Error,
) -> Result<Response> {
    let back = Returned::of(&visit.page, error)?;
    form(visit, id, typed, back).await
}
