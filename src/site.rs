//! The only file that knows every room: mounts API and pages, names the jobs.

use std::sync::{Arc, LazyLock};

use poem::http::{Method, StatusCode, header};
use poem::{
    Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Request, Response, Route, get, handler,
};
use poem_openapi::{OpenApi, OpenApiService};

use crate::platform::outbox::{Done, Handlers, Job};
use crate::platform::web::gate::Gate;
use crate::platform::web::{assets, face, health};
use crate::platform::{App, Error, Result};
use crate::{
    bookings, desk, goals, inquiries, my, notices, paths, residents, routers, sessions, staff,
};

/// Which function does which kind of job.
pub const HANDLERS: Handlers = &[
    (bookings::CHANGED, booking_changed),
    (bookings::EXPIRE, bookings::actions::expire_job),
    (notices::SEND_MAIL, notices::actions::send_mail_job),
];

/// A booking changed: the person's path follows it, and the person is told.
fn booking_changed(app: App, job: Job) -> Done {
    Box::pin(async move {
        let changed: bookings::Changed = job.payload()?;
        let ctx = app.system_ctx(changed.municipality_id, &format!("job-{}", job.id));
        app.store()
            .write(&ctx, "follow_booking", |tx| async move {
                paths::actions::follow_booking(&tx, changed.booking_id).await
            })
            .await?;
        notices::actions::tell(&app, &changed).await
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
        notices::api::NoticesApi,
    )
}

/// All pages.
fn pages(route: Route) -> Route {
    let rooms = [
        staff::pages::pages,
        routers::pages::pages,
        residents::pages::pages,
        bookings::pages::pages,
        inquiries::pages::pages,
        notices::pages::pages,
        goals::pages::pages,
        desk::pages::pages,
        my::pages::pages,
    ];
    rooms.into_iter().fold(route, |route, room| room(route))
}

fn service() -> OpenApiService<impl OpenApi, ()> {
    OpenApiService::new(operations(), "Shirube", env!("CARGO_PKG_VERSION"))
        .description("しるべ: help for people who want to live with a smartphone")
        .server("/api")
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| service().spec());

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
    route = route.nest("/api", with_allow(service()));
    Gate::new(app, |app, token, ctx| Box::pin(staff::actions::authenticate(app, token, ctx)), route)
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

/// A path of the document, and the methods that it takes.
struct Taken {
    segments: Vec<String>,
    methods: String,
}

/// Names the methods that an address takes when it is asked by another one (RFC 9110, 15.5.6).
fn with_allow(
    operations: impl IntoEndpoint<Endpoint: 'static>,
) -> impl Endpoint<Output = Response> {
    let taken = Arc::new(taken(openapi()));
    operations.into_endpoint().around(move |inner, request: Request| {
        let taken = taken.clone();
        async move {
            let path = request.uri().path().to_owned();
            let mut response = match inner.call(request).await {
                Ok(output) => output.into_response(),
                Err(error) => face::respond(error),
            };
            if response.status() == StatusCode::METHOD_NOT_ALLOWED
                && let Some(methods) = allowed(&taken, &path)
                && let Ok(value) = methods.parse()
            {
                response.headers_mut().insert(header::ALLOW, value);
            }
            Ok(response)
        }
    })
}

fn taken(document: &str) -> Vec<Taken> {
    let document: serde_json::Value = serde_json::from_str(document).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .map(|(path, operations)| {
            let methods: Vec<String> = operations
                .as_object()
                .into_iter()
                .flatten()
                .map(|(method, _)| method.to_uppercase())
                .filter(|method| Method::from_bytes(method.as_bytes()).is_ok())
                .flat_map(|method| match method.as_str() {
                    "GET" => vec![method, "HEAD".to_owned()],
                    _ => vec![method],
                })
                .collect();
            let segments = path.split('/').skip(1).map(str::to_owned).collect();
            Taken { segments, methods: methods.join(", ") }
        })
        .collect()
}

fn allowed<'a>(taken: &'a [Taken], path: &str) -> Option<&'a str> {
    let asked: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let fits = |taken: &&Taken| {
        taken.segments.len() == asked.len()
            && taken
                .segments
                .iter()
                .zip(&asked)
                .all(|(own, asked)| own.starts_with('{') || own == asked)
    };
    // A path with fewer variable parts is the one that the router took.
    let variable =
        |taken: &&Taken| taken.segments.iter().filter(|part| part.starts_with('{')).count();
    taken.iter().filter(fits).min_by_key(variable).map(|taken| taken.methods.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_methods_it_takes() {
        let document = r#"{"paths": {
            "/residents": {"get": {}, "post": {}},
            "/residents/{id}": {"get": {}, "patch": {}},
            "/residents/current": {"delete": {}}
        }}"#;
        let taken = taken(document);
        for (path, want) in [
            ("/residents", Some("GET, HEAD, POST")),
            ("/residents/12", Some("GET, HEAD, PATCH")),
            ("/residents/current", Some("DELETE")),
            ("/residents/12/path", None),
        ] {
            assert_eq!(allowed(&taken, path), want, "{path}");
        }
    }

    #[test]
    fn the_page_for_trying_the_api_is_whole() {
        assert!(SWAGGER.0.contains(".swagger-ui"));
        assert!(SWAGGER.1.contains("SwaggerUIBundle"));
    }
}
