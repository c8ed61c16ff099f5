//! `/sessions/{id}/walk-in`: somebody came without a booking.

use askama::Template;
use chrono::NaiveDate;
use entity::{ResidentId, SessionId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Heading;
use crate::bookings::actions;
use crate::platform::error::FieldError;
use crate::platform::japan::PhoneNumber;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result, Scope, actor};
use crate::residents::intake::{Intake, is_reading};
use crate::residents::{Found, NewResident};
use crate::{residents, sessions};

/// Candidates that are shown.
const CANDIDATES: u64 = 20;

/// What was typed or pressed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    /// Looks for people: kana or phone.
    q: String,
    /// This person came.
    resident: String,
    /// Somebody new came.
    new: String,
    kana: String,
    phone: String,
}

/// A candidate, without the full phone number.
struct Candidate {
    found: Found,
    phone_end: Option<String>,
}

#[derive(Template)]
#[template(path = "bookings/pages/walk_in.html")]
struct WalkInPage {
    page: Page,
    id: i64,
    head: Heading,
    /// Whether the actor may act for these people; else a booking number names nobody.
    may_act: bool,
    typed: Typed,
    /// None: nothing was looked for yet.
    candidates: Option<Vec<Candidate>>,
    errors: Vec<FieldError>,
    refusal: Option<String>,
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    render(&blank(page, &app, &ctx, &scope, id).await?)
}

async fn blank(page: Page, app: &App, ctx: &Ctx, scope: &Scope, id: i64) -> Result<WalkInPage> {
    let row = sessions::queries::get(app.store().reader(), scope, SessionId(id)).await?;
    Ok(WalkInPage {
        page,
        id,
        head: Heading::of(&row, ctx.lang),
        may_act: sessions::roster::may_act(ctx, &row.session),
        typed: Typed::default(),
        candidates: None,
        errors: Vec::new(),
        refusal: None,
    })
}

/// Looks for people, or gives a seat. The search is a post, so that no name gets into an address.
#[handler]
pub(super) async fn act(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    intent: Intent,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    let mut template = blank(page, &app, &ctx, &scope, id).await?;
    let known = match (typed.resident.as_str(), typed.new.as_str()) {
        ("", "") => {
            template.candidates = Some(look(&app, &ctx, &scope, &typed.q, template.may_act).await?);
            template.typed = carried_over(typed);
            return render(&template);
        }
        ("", _) => None,
        (text, _) => Some(ResidentId(text.parse().map_err(|_| Error::BadRequest)?)),
    };
    let new = match known {
        Some(_) => None,
        None => match read_new(&typed, ctx.today()) {
            Ok(new) => Some(new),
            Err(Error::Invalid(errors)) => {
                template.errors = errors;
                template.typed = typed;
                return render_with(StatusCode::UNPROCESSABLE_ENTITY, &template);
            }
            Err(error) => return Err(error),
        },
    };
    let (scope, new) = (&scope, &new);
    let done = app
        .store()
        .write_once(&ctx, "walk_in", intent.0.as_ref(), |tx| async move {
            let resident_id = match (known, new) {
                (Some(id), _) => id,
                (None, Some(new)) => {
                    let id = residents::actions::register(&tx, scope, new).await?;
                    // Nobody at the door was shown who this may be: the office looks.
                    residents::actions::ask_if_alike(&tx, scope, id).await?;
                    id
                }
                (None, None) => return Err(Error::BadRequest),
            };
            Ok(actions::walk_in(&tx, scope, SessionId(id), resident_id).await?.id)
        })
        .await;
    match done {
        Ok(booking_id) => Ok(redirect(&format!("/sessions/{id}#b{booking_id}"))),
        Err(Error::Refused(told)) => {
            template.refusal = Some(template.page.refusal(&told));
            template.typed = typed;
            render_with(StatusCode::CONFLICT, &template)
        }
        Err(other) => Err(other),
    }
}

/// What was looked for is the new person's kana or phone, if there is no such person.
fn carried_over(typed: Typed) -> Typed {
    if is_reading(&typed.q) {
        return Typed { kana: typed.q.clone(), ..typed };
    }
    match PhoneNumber::parse(&typed.q) {
        Ok(_) => Typed { phone: typed.q.clone(), ..typed },
        Err(_) => typed,
    }
}

async fn look(
    app: &App,
    ctx: &Ctx,
    scope: &Scope,
    q: &str,
    may_act: bool,
) -> Result<Vec<Candidate>> {
    let (db, whole) = (app.store().reader(), Scope::whole(scope.municipality_id));
    let found = match may_act {
        true => residents::queries::find(db, &whole, q, CANDIDATES).await?,
        false => residents::queries::find_by_name_or_phone(db, &whole, q, CANDIDATES).await?,
    };
    let ids: Vec<ResidentId> = found.iter().map(|person| person.id).collect();
    residents::record_look(app, ctx, &ids, "walk_in").await?;
    let end =
        |digits: &String| digits.chars().skip(digits.chars().count().saturating_sub(4)).collect();
    Ok(found
        .into_iter()
        .map(|found| Candidate { phone_end: found.phones.first().map(end), found })
        .collect())
}

fn read_new(typed: &Typed, today: NaiveDate) -> Result<NewResident> {
    let mut intake = Intake::new(today);
    let kana = intake.kana(&typed.kana);
    let phone = match typed.phone.trim() {
        "" => None,
        text => intake.phone("phone", text),
    };
    intake.finish(kana.map(|kana| NewResident {
        phones: phone.into_iter().collect(),
        ..NewResident::named(kana)
    }))
}
