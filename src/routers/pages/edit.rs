//! `/routers/new` and `/routers/{id}/edit`: all that is said of a router.

use std::fmt::Display;

use askama::Template;
use entity::routers::router::{PlaceKind, Purpose, RouterKind, RouterState};
use entity::{RouterId, VenueId, WardId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::{chosen, ward_choices};
use crate::places;
use crate::platform::web::door::{Choice, Field, Returned, Visit, render_form, revision_of};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::routers::queries::{self, RouterRow};
use crate::routers::rules::{RouterEntry, sim_words};
use crate::routers::{Network, actions};

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
    fn of(router: RouterRow) -> Self {
        Self {
            code: router.code,
            kind: router.kind.to_string(),
            state: router.state.to_string(),
            purpose: router.purpose.to_string(),
            ward: router.ward_id.map(|id| id.to_string()).unwrap_or_default(),
            place_kind: router.place_kind.map(|kind| kind.to_string()).unwrap_or_default(),
            place_name: router.place_name,
            venue: router.venue_id.map(|id| id.to_string()).unwrap_or_default(),
            sim: router.sim.as_deref().map(sim_words).unwrap_or_default(),
            note: router.note,
            revision: router.revision.to_string(),
        }
    }

    fn read(&self) -> Result<RouterEntry> {
        let mut errors = Vec::new();
        let kind = RouterKind::from_text(&self.kind);
        let kind = chosen(&mut errors, "kind", "err.router.kind", kind);
        let state = RouterState::from_text(&self.state);
        let state = chosen(&mut errors, "state", "err.router.state", state);
        let purpose = Purpose::from_text(&self.purpose);
        let purpose = chosen(&mut errors, "purpose", "err.router.purpose", purpose);

        let (Some(kind), Some(state), Some(purpose)) = (kind, state, purpose) else {
            return Err(Error::Invalid(errors));
        };
        Ok(RouterEntry {
            code: self.code.clone(),
            kind,
            state,
            purpose,
            ward_id: self.ward.parse().ok().map(WardId),
            place_kind: PlaceKind::from_text(&self.place_kind),
            place_name: self.place_name.clone(),
            venue_id: self.venue.parse().ok().map(VenueId),
            sim: Some(self.sim.clone()),
            note: self.note.clone(),
        })
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
    wards: Vec<Choice>,
    venues: Vec<Choice>,
}

impl EditPage {
    fn title(&self) -> &str {
        self.page.t(if self.id.is_some() { "router.edit" } else { "router.new" })
    }

    /// A field called as its column is.
    fn line(&self, name: &str, value: &str) -> Field {
        self.page.field(&self.back, name, &format!("router.{name}"), value)
    }

    /// A choice of all that there are, in the words `<prefix>.<value>`.
    fn list<T: Display>(&self, name: &str, value: &str, prefix: &str, all: &[T]) -> Field {
        self.line(name, value).choose(&self.page, &self.page.choices(prefix, all))
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
    let venues = own.map(venue).collect();
    let template = EditPage { page, id, typed, back, wards, venues };
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
pub(super) async fn show(visit: Visit<Network>, Path(id): Path<RouterId>) -> Result<Response> {
    let row = queries::get(visit.db(), &visit.scope, id).await?;
    form(visit, Some(id), RouterForm::of(row), Returned::default()).await
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
    let done = done.await;
    answer(visit, None, typed, done).await
}

#[handler]
pub(super) async fn change(
    visit: Visit<Network>,
    Path(id): Path<RouterId>,
    Form(typed): Form<RouterForm>,
) -> Result<Response> {
    let done = async {
        let (entry, revision) = (&typed.read()?, revision_of(&typed.revision)?);
        let work =
            |tx, scope| async move { actions::change(&tx, scope, id, revision, entry).await };
        visit.does("change_router", work).await
    };
    let done = done.await.map(|()| id);
    answer(visit, Some(id), typed, done).await
}

/// Leads to the router, or shows the form again with what was typed and what is wrong with it.
async fn answer(
    visit: Visit<Network>,
    id: Option<RouterId>,
    typed: RouterForm,
    done: Result<RouterId>,
) -> Result<Response> {
    match done {
        Ok(id) => Ok(redirect(&format!("/routers/{id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            form(visit, id, typed, back).await
        }
    }
}
