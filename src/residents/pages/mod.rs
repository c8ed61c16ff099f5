//! Pages about people: search, register, look, edit.

mod form;
mod person;
mod view;

use askama::Template;
use entity::ResidentId;
use entity::residents::resident::Standing;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use self::form::{Difference, Drawer, Group, PersonForm};
use self::view::People;
use super::actions::{self, NewResident};
use super::{Desk, queries, resident};
use crate::places::{self, area};
use crate::platform::web::door::{Returned, Visit, render_form, revision_of};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{Error, Personal, Result};

/// People that a search shows.
const SHOWN: u64 = 50;

/// Mounts the pages of the room.
pub fn pages(route: Route) -> Route {
    route
        .at("/people", get(ask).post(search))
        .at("/people/new", get(blank).post(create))
        .at("/people/:id", get(person::show))
        .at("/people/:id/edit", get(edit).post(change))
        .at("/people/:id/consent", post(consent))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SearchForm {
    q: String,
}

#[derive(Template)]
#[template(path = "residents/pages/search.html")]
struct SearchPage {
    page: Page,
    q: String,
    people: People,
}

#[handler]
async fn ask(visit: Visit<Desk>) -> Result<Response> {
    render(&SearchPage { page: visit.page, q: String::new(), people: People::default() })
}

/// The list answers a post, so that names and numbers stay out of addresses.
#[handler]
async fn search(visit: Visit<Desk>, Form(typed): Form<SearchForm>) -> Result<Response> {
    let found = queries::find(visit.db(), &visit.scope, &typed.q, SHOWN).await?;
    let found = visit.saw(found, "people_search").await?;
    let (q, people) = (typed.q.chars().take(200).collect(), People::found(found));
    render(&SearchPage { page: visit.page, q, people })
}

#[derive(Template)]
#[template(path = "residents/pages/form.html")]
struct FormPage {
    page: Page,
    /// None for a new person.
    id: Option<ResidentId>,
    kana: String,
    groups: Vec<Group>,
    back: Returned,
    duplicates: People,
    differences: Vec<Difference>,
    revision: String,
}

impl FormPage {
    /// The form of somebody new, or of `person`.
    fn new(
        page: Page,
        areas: &[area::Model],
        form: &PersonForm,
        person: Option<&resident::Model>,
        back: Returned,
    ) -> Self {
        let groups = Drawer { page: &page, areas, back: &back }.groups(form, person.is_some());
        Self {
            id: person.map(|person| person.id),
            kana: person.map(|person| person.kana.clone()).unwrap_or_default(),
            groups,
            duplicates: People::default(),
            differences: Vec::new(),
            revision: form.revision.clone(),
            back,
            page,
        }
    }
}

async fn list_areas(visit: &Visit<Desk>) -> Result<Vec<area::Model>> {
    places::queries::list_areas(visit.db(), &visit.scope).await
}

#[handler]
async fn blank(visit: Visit<Desk>) -> Result<Response> {
    let areas = list_areas(&visit).await?;
    let form = PersonForm::default();
    render(&FormPage::new(visit.page, &areas, &form, None, Returned::default()))
}

#[handler]
async fn create(visit: Visit<Desk>, Form(form): Form<PersonForm>) -> Result<Response> {
    let areas = list_areas(&visit).await?;
    let back = match register(&visit, &areas, &form).await {
        Ok(Registered::As(id)) => return Ok(redirect(&format!("/people/{id}"))),
        Ok(Registered::NotYet(duplicates)) => {
            let template = FormPage::new(visit.page, &areas, &form, None, Returned::default());
            return render_with(StatusCode::CONFLICT, &FormPage { duplicates, ..template });
        }
        Err(error) => Returned::of(&visit.page, error)?,
    };
    let template = FormPage::new(visit.page, &areas, &form, None, back);
    render_form(&template.back, &template)
}

/// What came of a form for somebody new.
enum Registered {
    As(ResidentId),
    /// These may be the same person, and nobody has looked at them.
    NotYet(People),
}

async fn register(
    visit: &Visit<Desk>,
    areas: &[area::Model],
    form: &PersonForm,
) -> Result<Registered> {
    let new = &NewResident::from(form.read(visit.ctx.today(), areas, Standing::Active)?);
    if form.confirmed.is_empty() {
        let alike = look_alikes(visit, form, new).await?;
        if !alike.found.is_empty() {
            return Ok(Registered::NotYet(alike));
        }
    }

    let work = |tx, scope| async move { actions::create(&tx, scope, new).await };
    let created = visit.does("create_resident", work).await?;
    Ok(Registered::As(created.id))
}

/// People who may be the same, with how much they are alike.
async fn look_alikes(visit: &Visit<Desk>, form: &PersonForm, new: &NewResident) -> Result<People> {
    let same = queries::possible_duplicates(visit.db(), &visit.scope, &new.traits()).await?;
    let people: Vec<ResidentId> = same.iter().map(|(person, _)| person.id).collect();
    let same = visit.saw(Personal::new(same, people), "duplicates").await?;
    Ok(People::alike(same, &form::typed_digits(form)))
}

#[handler]
async fn edit(visit: Visit<Desk>, Path(id): Path<ResidentId>) -> Result<Response> {
    let areas = list_areas(&visit).await?;
    let card = queries::get_card(visit.db(), &visit.scope, id).await?;
    let card = visit.saw(card, "person_edit").await?;
    let form = PersonForm::of(&card, &areas);
    let person = Some(&card.resident);
    render(&FormPage::new(visit.page, &areas, &form, person, Returned::default()))
}

#[handler]
async fn change(
    visit: Visit<Desk>,
    Path(id): Path<ResidentId>,
    Form(form): Form<PersonForm>,
) -> Result<Response> {
    let areas = list_areas(&visit).await?;
    let person = queries::get(visit.db(), &visit.scope, id).await?;
    let back = match save(&visit, &areas, &form, &person).await {
        // What another standing takes from the person is asked about on a page of its own.
        Ok(to) if to != person.standing => {
            return Ok(redirect(&format!("/people/{id}/standing?to={to}")));
        }
        Ok(_) => return Ok(redirect(&format!("/people/{id}"))),
        Err(Error::Stale) => return show_both(visit, &areas, &form, person.id).await,
        Err(error) => Returned::of(&visit.page, error)?,
    };
    let template = FormPage::new(visit.page, &areas, &form, Some(&person), back);
    render_form(&template.back, &template)
}

/// Changes everything but the standing; answers the one that was chosen.
async fn save(
    visit: &Visit<Desk>,
    areas: &[area::Model],
    form: &PersonForm,
    person: &resident::Model,
) -> Result<Standing> {
    let mut facts = form.read(visit.ctx.today(), areas, person.standing)?;
    let chosen = std::mem::replace(&mut facts.standing, person.standing);
    let (id, revision, facts) = (person.id, revision_of(&form.revision)?, &facts);
    let work = |tx, scope| async move { actions::change(&tx, scope, id, revision, facts).await };
    visit.does("update_resident", work).await?;
    Ok(chosen)
}

/// The form again after somebody else was quicker: what was typed, beside what stands now.
async fn show_both(
    visit: Visit<Desk>,
    areas: &[area::Model],
    form: &PersonForm,
    id: ResidentId,
) -> Result<Response> {
    let card = queries::get_card(visit.db(), &visit.scope, id).await?;
    let card = visit.saw(card, "person_edit").await?;
    let stands = PersonForm::of(&card, areas);
    let (page, back) = (visit.page, Returned::default());
    let now = Drawer { page: &page, areas, back: &back }.groups(&stands, true);

    let template = FormPage::new(page, areas, form, Some(&card.resident), back);
    let template = FormPage {
        differences: form::differences(&now, &template.groups),
        // What is saved next is meant against the version that is shown now.
        revision: stands.revision,
        ..template
    };
    render_with(StatusCode::CONFLICT, &template)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ConsentForm {
    given: String,
}

#[handler]
async fn consent(
    visit: Visit<Desk>,
    Path(id): Path<ResidentId>,
    Form(consent): Form<ConsentForm>,
) -> Result<Response> {
    let given = match consent.given.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::BadRequest),
    };
    let work = |tx, scope| async move { actions::record_consent(&tx, scope, id, given).await };
    visit.does("record_consent", work).await?;
    Ok(redirect(&format!("/people/{id}")))
}
