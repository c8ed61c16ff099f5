//! The only file that knows every room: mounts API and pages, names the jobs.

use std::sync::LazyLock;

use poem::{Endpoint, Response, Route, get, handler};
use poem_openapi::{OpenApi, OpenApiService};

use crate::platform::draft;
use crate::platform::outbox::{Done, Handler, Handlers, Job};
use crate::platform::room;
use crate::platform::web::door::Rights;
use crate::platform::web::gate::Gate;
use crate::platform::web::{assets, document, health};
use crate::platform::{App, Error, Result, Room};
use crate::{
    bookings, desk, goals, inquiries, my, notices, paths, reports, residents, routers, sessions,
    staff, subsidies, surveys,
};

/// Every room that brings something, from the ground up.
pub const ROOMS: &[&Room] = &[
    &staff::ROOM,
    &routers::ROOM,
    &residents::ROOM,
    &sessions::ROOM,
    &bookings::ROOM,
    &paths::ROOM,
    &inquiries::ROOM,
    &surveys::ROOM,
    &notices::ROOM,
    &subsidies::ROOM,
    &goals::ROOM,
    &reports::ROOM,
    &desk::ROOM,
    &my::ROOM,
];

/// Jobs that need more than one room: what happened in one, and who follows.
const JOINED: Handlers = &[
    (bookings::CHANGED, booking_changed),
    (residents::STANDING, standing_changed),
    (surveys::ASK, survey_asked),
    (surveys::ASK_AGAIN, survey_asked_again),
    (surveys::ENDED, survey_ended),
    (residents::MAIL_CHANGED, mail_changed),
    (draft::FORGET, draft::forget_job),
];

static ALL_JOBS: LazyLock<Vec<(&'static str, Handler)>> = LazyLock::new(|| {
    JOINED.iter().chain(ROOMS.iter().flat_map(|room| room.jobs)).copied().collect()
});

/// Opens the house: from here on everybody finds the rooms' words, menus and files.
pub fn open() {
    room::open(ROOMS);
}

/// Which function does which kind of job.
pub fn handlers() -> Handlers {
    &ALL_JOBS
}

/// A booking changed: an application goes to the record of the person whose it clearly is, the
/// person's path and the interview after three months follow it, and the person is told.
fn booking_changed(app: App, job: Job) -> Done {
    Box::pin(async move {
        let changed: bookings::Changed = job.payload()?;
        let ctx = app.system_ctx(changed.municipality_id, &format!("job-{}", job.id));
        app.store()
            .write(&ctx, "follow_booking", |tx| async move {
                bookings::actions::join_known(&tx, changed.booking_id).await?;
                paths::actions::follow_booking(&tx, changed.booking_id).await?;
                surveys::actions::follow_attendance(&tx, changed.booking_id).await
            })
            .await?;
        notices::actions::tell(&app, &changed).await
    })
}

/// A person died, moved away or withdrew: the seats are free and nobody asks any more. Or is back
/// after all.
fn standing_changed(app: App, job: Job) -> Done {
    Box::pin(async move {
        let moved: residents::Moved = job.payload()?;
        let ctx = app.system_ctx(moved.municipality_id, &format!("job-{}", job.id));
        app.store()
            .write(&ctx, "follow_standing", |tx| async move {
                bookings::actions::follow_standing(&tx, moved.resident_id).await?;
                surveys::actions::follow_standing(&tx, moved.resident_id).await
            })
            .await
    })
}

/// A mail address was corrected: whoever stands behind the old one is told to forget what came.
fn mail_changed(app: App, job: Job) -> Done {
    Box::pin(async move {
        let moved: residents::Moved = job.payload()?;
        notices::actions::follow_address(&app, &moved).await
    })
}

/// Three months after a class: the person is asked by letter or mail.
fn survey_asked(app: App, job: Job) -> Done {
    Box::pin(async move {
        let asked: surveys::Turned = job.payload()?;
        notices::actions::ask_survey(&app, &asked).await
    })
}

/// Nobody answered the mail: a letter with the sheet follows.
fn survey_asked_again(app: App, job: Job) -> Done {
    Box::pin(async move {
        let asked: surveys::Turned = job.payload()?;
        notices::actions::ask_survey_again(&app, &asked).await
    })
}

/// Nobody is asked any more for some project: it is counted once more.
fn survey_ended(app: App, job: Job) -> Done {
    Box::pin(async move {
        let ended: surveys::Turned = job.payload()?;
        let ctx = app.system_ctx(ended.municipality_id, &format!("job-{}", job.id));
        subsidies::actions::follow_ended(&app, &ctx, &ended).await
    })
}

/// All operations.
fn operations() -> impl OpenApi {
    (
        staff::api::StaffApi,
        routers::api::RoutersApi,
        residents::api::ResidentsApi,
        sessions::api::SessionsApi,
        bookings::api::BookingsApi,
        paths::api::PathsApi,
        inquiries::api::InquiriesApi,
        surveys::api::SurveysApi,
        notices::api::NoticesApi,
        subsidies::api::ProjectsApi,
        subsidies::api::ProjectReviewApi,
        subsidies::api::ProjectMoneyApi,
        subsidies::api::PracticesApi,
        reports::api::ReportsApi,
        goals::api::GoalsApi,
    )
}

/// All pages.
fn pages(route: Route) -> Route {
    ROOMS.iter().fold(route, |route, room| (room.pages)(route))
}

fn service() -> OpenApiService<impl OpenApi, ()> {
    OpenApiService::new(operations(), "Shirube", env!("CARGO_PKG_VERSION"))
        .description("しるべ: help for people who want to live with a smartphone")
        .server("/api")
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let rights: Vec<Rights> = ROOMS.iter().flat_map(|room| room.rights).copied().collect();
    document::complete(&service().spec(), &rights)
});

/// The OpenAPI document as JSON.
pub fn openapi() -> &'static str {
    &DOCUMENT
}

/// Everything that the service answers, behind the gate.
pub fn endpoint(app: App) -> impl Endpoint<Output = Response> + 'static {
    let mut route = pages(Route::new())
        .at("/healthz", get(health::healthz))
        .at("/readyz", get(health::readyz))
        .at("/assets/:name", get(assets::serve))
        .at("/api/openapi.json", get(openapi_json));
    if app.config().metrics_listen.is_none() {
        route = route.at("/metrics", get(health::metrics_page));
    }
    if app.config().api_docs {
        route = route.at("/api/docs", get(docs)).at("/api/docs/:name", get(docs_file));
    }
    route = route.nest("/api", document::held_against(openapi(), service()));
    Gate::new(
        app,
        |app, token, ctx| Box::pin(staff::actions::authenticate(app, token, ctx)),
        |app, ctx, refused| Box::pin(staff::actions::record_refusal(app, ctx, refused)),
        route,
    )
}

#[handler]
fn openapi_json() -> Response {
    file("application/json", openapi())
}

fn file(content_type: &str, body: &'static str) -> Response {
    Response::builder().content_type(content_type).body(body)
}

/// The parts of the framework's page for trying the API. They go out as files of their own,
/// because our content security policy allows no inline script.
static SWAGGER: LazyLock<(String, String)> = LazyLock::new(|| {
    let page = OpenApiService::new((), "", "").swagger_ui_html();
    let between = |open: &str, close: &str| {
        let rest = page.split_once(open).map_or("", |(_, rest)| rest);
        rest.split_once(close).map_or(String::new(), |(part, _)| part.to_owned())
    };
    (
        between("<style charset=\"UTF-8\">", "</style>"),
        between("<script charset=\"UTF-8\">", "</script>"),
    )
});

const DOCS_PAGE: &str = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Shirube API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/api/docs/swagger.css">
<script src="/api/docs/swagger.js" defer></script>
<script src="/api/docs/start.js" defer></script>
</head>
<body><main id="ui"></main></body>
</html>
"##;

// Without a validator: its badge would be fetched from another host.
const DOCS_START: &str = "SwaggerUIBundle({ dom_id: '#ui', url: '/api/openapi.json', \
                          deepLinking: true, validatorUrl: null });\n";

#[handler]
fn docs() -> Response {
    file("text/html; charset=utf-8", DOCS_PAGE)
}

#[handler]
fn docs_file(poem::web::Path(name): poem::web::Path<String>) -> Result<Response> {
    match name.as_str() {
        "swagger.css" => Ok(file("text/css; charset=utf-8", &SWAGGER.0)),
        "swagger.js" => Ok(file("text/javascript; charset=utf-8", &SWAGGER.1)),
        "start.js" => Ok(file("text/javascript; charset=utf-8", DOCS_START)),
        _ => Err(Error::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_trying_the_api_is_whole() {
        assert!(SWAGGER.0.contains(".swagger-ui"));
        assert!(SWAGGER.1.contains("SwaggerUIBundle"));
    }
}
