//! `/routers/new` and `/routers/{id}/edit`: all that is said of a router.

use askama::Template;
use entity::routers::router::{PlaceKind, Purpose, RouterKind, RouterState};
use entity::{RouterId, VenueId, WardId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::{Choice, ward_choices};
use crate::places;
use crate::platform::actor::NETWORK;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result};
use crate::routers::actions::{self, Entry};
use crate::routers::rules::sim_words;
use crate::routers::{queries, router};

/// What was typed, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
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

impl Typed {
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

    fn read(&self) -> Result<Entry, Vec<FieldError>> {
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
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "routers/pages/edit.html")]
struct EditPage {
    page: Page,
    /// None: a new one.
    id: Option<RouterId>,
    typed: Typed,
    errors: Vec<FieldError>,
    refusal: Option<String>,
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

    fn back(&self) -> String {
        self.id.map_or("/routers".to_owned(), |id| format!("/routers/{id}"))
    }
}

async fn form(page: Page, app: &App, id: Option<RouterId>, typed: Typed) -> Result<EditPage> {
    let scope = page.ctx.scope(NETWORK)?;
    let venues = places::queries::list_venues(app.store().reader(), &scope).await?;
    let own = |venue: &places::venue::Model| scope.reaches_ward(venue.ward_id);
    let venue = |venue: places::venue::Model| Choice {
        value: venue.id.to_string(),
        label: page.pick(&venue.name_ja, &venue.name_en).to_owned(),
    };
    Ok(EditPage {
        kinds: Choice::words(&page, "router.kind", RouterKind::ALL),
        states: Choice::words(&page, "router.state", RouterState::ALL),
        purposes: Choice::words(&page, "router.purpose", Purpose::ALL),
        place_kinds: Choice::words(&page, "router.place", PlaceKind::ALL),
        wards: ward_choices(app, &page).await?,
        venues: venues.into_iter().filter(own).map(venue).collect(),
        errors: Vec::new(),
        refusal: None,
        id,
        typed,
        page,
    })
}

#[handler]
pub(super) async fn show_new(page: Page, app: App) -> Result<Response> {
    let typed = Typed {
        kind: RouterKind::Bwa.to_string(),
        state: RouterState::Stock.to_string(),
        ..Typed::default()
    };
    render(&form(page, &app, None, typed).await?)
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let (scope, id) = (ctx.scope(NETWORK)?, RouterId(id));
    let row = queries::get(app.store().reader(), &scope, id).await?;
    render(&form(page, &app, Some(id), Typed::of(row.router)).await?)
}

#[handler]
pub(super) async fn register(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &ctx.scope(NETWORK)?;
    let done = match typed.read() {
        Ok(entry) => {
            let entry = &entry;
            app.store()
                .write_once(&ctx, "register_router", intent.0.as_ref(), |tx| async move {
                    actions::register(&tx, scope, entry).await
                })
                .await
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    match done {
        Ok(id) => Ok(redirect(&format!("/routers/{id}"))),
        Err(error) => again(page, &app, None, typed, error).await,
    }
}

#[handler]
pub(super) async fn change(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (scope, id) = (&ctx.scope(NETWORK)?, RouterId(id));
    let revision = typed.revision.parse().map_err(|_| Error::BadRequest)?;
    let done = match typed.read() {
        Ok(entry) => {
            let entry = &entry;
            app.store()
                .write(&ctx, "change_router", |tx| async move {
                    actions::change(&tx, scope, id, revision, entry).await
                })
                .await
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    match done {
        Ok(_) => Ok(redirect(&format!("/routers/{id}"))),
        Err(error) => again(page, &app, Some(id), typed, error).await,
    }
}

/// The form again, with what was typed and what is wrong with it.
async fn again(
    page: Page,
    app: &App,
    id: Option<RouterId>,
    typed: Typed,
    error: Error,
) -> Result<Response> {
    let mut template = form(page, app, id, typed).await?;
    let status = match error {
        Error::Invalid(errors) => {
            template.errors = errors;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Error::Refused(told) => {
            let sentence = template.page.f(&format!("refused.{}", told.code), &[]);
            template.refusal = Some(sentence);
            StatusCode::CONFLICT
        }
        other => return Err(other),
    };
    render_with(status, &template)
}
