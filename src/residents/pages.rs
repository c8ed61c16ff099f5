//! Pages about people: search, register, look, edit.

mod form;
mod view;

use askama::Template;
use entity::ResidentId;
use entity::residents::resident::Standing;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use self::form::{Difference, Drawer, Group, PersonForm};
use self::view::{Head, Line, Row};
use super::actions::{self, NewResident};
use super::record_look;
use super::{queries, timeline};
use crate::places::area;
use crate::platform::actor::DESK;
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result, Scope};

/// People that a search shows.
const SHOWN: u64 = 50;
/// Lines of a timeline on one page.
const LINES: usize = 30;

/// Mounts the pages of the room.
pub fn pages(route: Route) -> Route {
    route
        .at("/people", get(ask).post(search))
        .at("/people/new", get(blank).post(create))
        .at("/people/:id", get(show))
        .at("/people/:id/edit", get(edit).post(change))
        .at("/people/:id/consent", post(consent))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
}

#[derive(Template)]
#[template(path = "residents/pages/search.html")]
struct SearchPage {
    page: Page,
    q: String,
    rows: Vec<Row>,
}

#[handler]
async fn ask(page: Page, ctx: Ctx) -> Result<Response> {
    ctx.scope(DESK)?;
    render(&SearchPage { page, q: String::new(), rows: Vec::new() })
}

/// The list answers a post, so that names and numbers stay out of addresses.
#[handler]
async fn search(page: Page, ctx: Ctx, app: App, Form(asked): Form<Asked>) -> Result<Response> {
    let scope = ctx.scope(DESK)?;
    let found = queries::find(app.store().reader(), &scope, &asked.q, SHOWN).await?;
    let people: Vec<ResidentId> = found.iter().map(|person| person.id).collect();
    record_look(&app, &ctx, &people, "people_search").await?;
    let rows = view::rows(found, &[], ctx.lang);
    render(&SearchPage { page, q: asked.q.chars().take(200).collect(), rows })
}

#[derive(Template)]
#[template(path = "residents/pages/form.html")]
struct FormPage {
    page: Page,
    /// None for a new person.
    id: Option<i64>,
    kana: String,
    groups: Vec<Group>,
    errors: Vec<(String, String)>,
    duplicates: Vec<Row>,
    differences: Vec<Difference>,
    revision: i32,
}

impl FormPage {
    fn new(page: Page, groups: Vec<Group>) -> Self {
        let errors = groups
            .iter()
            .flat_map(|group| &group.fields)
            .filter_map(|field| Some((field.id.clone(), field.error.clone()?)))
            .collect();
        Self {
            page,
            id: None,
            kana: String::new(),
            groups,
            errors,
            duplicates: Vec::new(),
            differences: Vec::new(),
            revision: 0,
        }
    }
}

fn drawn(
    page: &Page,
    areas: &[area::Model],
    form: &PersonForm,
    whole: bool,
    errors: &[FieldError],
) -> Vec<Group> {
    Drawer { page, areas, errors }.groups(form, whole)
}

async fn list_areas(app: &App, scope: &Scope) -> Result<Vec<area::Model>> {
    crate::places::queries::list_areas(app.store().reader(), scope).await
}

#[handler]
async fn blank(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let scope = ctx.scope(DESK)?;
    let areas = list_areas(&app, &scope).await?;
    let groups = drawn(&page, &areas, &PersonForm::default(), false, &[]);
    render(&FormPage::new(page, groups))
}

#[handler]
async fn create(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Form(form): Form<PersonForm>,
) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let areas = list_areas(&app, scope).await?;
    let new = match form.read(ctx.today(), &areas, Standing::Active) {
        Ok(facts) => NewResident::from(facts),
        Err(Error::Invalid(errors)) => {
            let groups = drawn(&page, &areas, &form, false, &errors);
            return render_with(StatusCode::UNPROCESSABLE_ENTITY, &FormPage::new(page, groups));
        }
        Err(error) => return Err(error),
    };
    if form.confirmed.is_empty() {
        let db = app.store().reader();
        let same = queries::possible_duplicates(db, scope, &new.traits()).await?;
        if !same.is_empty() {
            let people: Vec<ResidentId> = same.iter().map(|(person, _)| person.id).collect();
            record_look(&app, &ctx, &people, "duplicates").await?;
            let groups = drawn(&page, &areas, &form, false, &[]);
            let (same, how): (Vec<_>, Vec<_>) = same.into_iter().unzip();
            let mut duplicates = view::rows(same, &form::typed_digits(&form), ctx.lang);
            for (row, how) in duplicates.iter_mut().zip(how) {
                row.alike_key = format!("people.alike.{}", how.word());
            }
            let page = FormPage { duplicates, ..FormPage::new(page, groups) };
            return render_with(StatusCode::CONFLICT, &page);
        }
    }
    let new = &new;
    let created = app
        .store()
        .write_once(&ctx, "create_resident", intent.0.as_ref(), |tx| async move {
            actions::create(&tx, scope, new).await
        })
        .await?;
    Ok(redirect(&format!("/people/{}", created.id)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paging {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "residents/pages/person.html")]
struct PersonPage {
    page: Page,
    person: Head,
    lines: Vec<Line>,
    older: Option<String>,
    is_older: bool,
    /// Open questions whether another record is this person.
    questions: Vec<i64>,
    /// The record that is shown in place of this one.
    shown_as: Option<i64>,
}

#[handler]
async fn show(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let scope = ctx.scope(DESK)?;
    let (db, id) = (app.store().reader(), ResidentId(id));
    let card = queries::get_card(db, &scope, id).await?;
    let after = paging.after.as_deref();
    let told = timeline::page(db, &scope, id, LINES, after).await?;
    record_look(&app, &ctx, &[id], "person_page").await?;
    let questions = queries::open_questions_of(db, &scope, id).await?;
    render(&PersonPage {
        questions: questions.into_iter().map(|question| question.id.0).collect(),
        shown_as: card.resident.same_as.map(|known| known.0),
        person: view::head(&card, &page),
        lines: view::lines(&told.items, ctx.lang),
        older: told.next,
        is_older: after.is_some(),
        page,
    })
}

#[handler]
async fn edit(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = ctx.scope(DESK)?;
    let areas = list_areas(&app, &scope).await?;
    let card = queries::get_card(app.store().reader(), &scope, ResidentId(id)).await?;
    record_look(&app, &ctx, &[card.resident.id], "person_edit").await?;
    let form = PersonForm::of(&card, &areas);
    let groups = drawn(&page, &areas, &form, true, &[]);
    render(&FormPage {
        id: Some(id),
        kana: card.resident.kana,
        revision: form.revision,
        ..FormPage::new(page, groups)
    })
}

#[handler]
async fn change(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<PersonForm>,
) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let person_id = ResidentId(id);
    let areas = list_areas(&app, scope).await?;
    let person = queries::get(app.store().reader(), scope, person_id).await?;
    let mut facts = match form.read(ctx.today(), &areas, person.standing) {
        Ok(facts) => facts,
        Err(Error::Invalid(errors)) => {
            let groups = drawn(&page, &areas, &form, true, &errors);
            let again = FormPage::new(page, groups);
            let (kana, revision) = (person.kana, form.revision);
            let again = FormPage { id: Some(id), kana, revision, ..again };
            return render_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
        Err(error) => return Err(error),
    };
    // What another standing takes from the person is asked about on a page of its own.
    let standing = std::mem::replace(&mut facts.standing, person.standing);
    let (facts, revision) = (&facts, form.revision);
    let changed = app
        .store()
        .write(&ctx, "update_resident", |tx| async move {
            actions::change(&tx, scope, person_id, revision, facts).await
        })
        .await;
    match changed {
        Ok(_) if standing != person.standing => {
            Ok(redirect(&format!("/people/{id}/standing?to={standing}")))
        }
        Ok(_) => Ok(redirect(&format!("/people/{id}"))),
        Err(Error::Stale) => {
            let card = queries::get_card(app.store().reader(), scope, person_id).await?;
            let now = drawn(&page, &areas, &PersonForm::of(&card, &areas), true, &[]);
            let typed = drawn(&page, &areas, &form, true, &[]);
            let differences = form::differences(&now, &typed);
            // What is saved next is meant against the version that is shown now.
            let revision = card.resident.revision;
            let kana = card.resident.kana;
            let form = FormPage::new(page, typed);
            let page = FormPage { id: Some(id), kana, revision, differences, ..form };
            render_with(StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(error),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Consent {
    given: String,
}

#[handler]
async fn consent(
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(consent): Form<Consent>,
) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let given = match consent.given.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::BadRequest),
    };
    app.store()
        .write(&ctx, "record_consent", |tx| async move {
            actions::record_consent(&tx, scope, ResidentId(id), given).await
        })
        .await?;
    Ok(redirect(&format!("/people/{id}")))
}
