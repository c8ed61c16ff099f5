//! The gate through which every request comes and every answer leaves.
//!
//! In order: a task of its own (a client that hangs up cancels nothing), a request id,
//! the body within limits, who asks, the defence against forged posts, the handler, the
//! face of an error, security headers, a line in the log.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poem::http::{HeaderValue, Method, StatusCode, Uri, header};
use poem::web::cookie::{Cookie, SameSite};
use poem::{Endpoint, IntoResponse, PathPattern, Request, Response};
use tracing::Instrument;

use super::form::Intent;
use super::page::{Page, is_ours, is_reading, page_before, redirect};
use super::{client, face};
use crate::platform::error::FieldError;
use crate::platform::idempotency::Once;
use crate::platform::random::digest;
use crate::platform::{Actor, App, Ctx, Error, Lang, Result};

/// Bytes that a body may have.
const MAX_BODY: usize = 1024 * 1024;
/// Bytes of an `Idempotency-Key`.
const MAX_KEY: usize = 255;
/// A body must be complete within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// How the bearer of a token is found; the room `staff` knows.
pub type Authenticate =
    fn(App, Token, Ctx) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + Send>>;

/// A secret that names a login.
#[derive(Clone, Debug)]
pub struct Token {
    pub secret: String,
    /// From a cookie; otherwise from the `Authorization` header.
    pub from_cookie: bool,
}

/// What somebody of the staff asked for and may not have, or does not exist within the own reach.
#[derive(Clone, Debug)]
pub struct Refused {
    pub method: String,
    /// The template of the route; `-` before any was taken.
    pub route: String,
    pub status: u16,
    /// The number in the address.
    pub id: Option<i64>,
}

/// How a refusal is written down; the room `staff` knows.
pub type RecordRefusal = fn(App, Ctx, Refused) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Stands around all handlers.
pub struct Gate<E> {
    handlers: Arc<E>,
    app: App,
    authenticate: Authenticate,
    record_refusal: RecordRefusal,
}

impl<E: Endpoint + 'static> Gate<E> {
    /// A gate before `handlers`.
    pub fn new(
        app: App,
        authenticate: Authenticate,
        record_refusal: RecordRefusal,
        handlers: E,
    ) -> Self {
        Self { handlers: Arc::new(handlers), app, authenticate, record_refusal }
    }
}

impl<E: Endpoint + 'static> Endpoint for Gate<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (handlers, app) = (self.handlers.clone(), self.app.clone());
        let (authenticate, record_refusal) = (self.authenticate, self.record_refusal);
        let answer = tokio::spawn(async move {
            pass(handlers, app, authenticate, record_refusal, request).await
        });
        Ok(answer.await.unwrap_or_else(|_| {
            tracing::error!("a handler panicked outside its guard");
            Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).finish()
        }))
    }
}

/// What was asked for, kept while the handler has the request.
struct Asked {
    method: Method,
    uri: Uri,
    /// The page of ours whose form was posted.
    back: Option<String>,
}

impl Asked {
    fn is_api(&self) -> bool {
        self.uri.path().starts_with("/api/")
    }

    /// The path of a page that may be asked for again after the login.
    fn path_to_return_to(&self) -> &str {
        match &self.back {
            _ if is_reading(&self.method) => self.uri.path(),
            Some(back) => back.split('?').next().unwrap_or_default(),
            None => "/",
        }
    }
}

async fn pass<E: Endpoint + 'static>(
    handlers: Arc<E>,
    app: App,
    authenticate: Authenticate,
    record_refusal: RecordRefusal,
    mut request: Request,
) -> Response {
    let started = Instant::now();
    let mut ctx = first_ctx(&app, &request);

    let asked = Asked {
        method: request.method().clone(),
        uri: request.uri().clone(),
        back: page_before(&app, &request),
    };

    let answer = match prepare(&app, &mut ctx, authenticate, &mut request).await {
        Ok(()) => {
            request.extensions_mut().insert(app.clone());
            request.extensions_mut().insert(ctx.clone());
            let span = tracing::info_span!("handler", request_id = %ctx.request_id);

            // The handler runs in a task of its own so that a panic is an answer, not a hang-up.
            let handled = tokio::spawn({
                let handlers = handlers.clone();
                async move {
                    match handlers.call(request).await {
                        Ok(output) => output.into_response(),
                        Err(error) => face::respond(error),
                    }
                }
                .instrument(span)
            });

            handled.await.unwrap_or_else(|_| {
                let error = Error::internal("a handler panicked");
                poem::error::ResponseError::as_response(&error)
            })
        }
        Err(error) => poem::error::ResponseError::as_response(&error),
    };

    let route = route_of(&answer);
    if let Some(refused) = refused(&ctx, &asked, &route, &answer) {
        record_refusal(app.clone(), ctx.clone(), refused).await;
    }

    // Whoever loads the answer to a form again, after the login for example, is led to its page.
    let only_takes_forms = answer.status() == StatusCode::METHOD_NOT_ALLOWED
        && matches!(asked.method, Method::GET | Method::HEAD)
        && !asked.is_api();
    let mut response = match only_takes_forms {
        true => redirect(&page_above(&*handlers, asked.uri.path()).await),
        false => with_face(&app, &ctx, &asked, answer),
    };

    add_headers(&app, &asked.uri, &mut response);
    remember_display_choices(&app, &asked.uri, &mut response);
    log(&ctx, &asked.method, &route, response.status(), started.elapsed());
    response
}

/// The nearest page above a path that only takes forms. A browser asks for such a path when what a
/// form drew is loaded again, in another language or after the login.
async fn page_above<E: Endpoint>(handlers: &E, path: &str) -> String {
    let mut above = path;
    while let Some((parent, _)) = above.rsplit_once('/') {
        above = parent;
        let Ok(uri) = parent.parse::<Uri>() else { continue };
        let probe = Request::builder().method(Method::OPTIONS).uri(uri).finish();
        // No page answers this method; whether it is not allowed or not found tells if one is
        // there.
        if let Err(error) = handlers.call(probe).await
            && error.status() == StatusCode::METHOD_NOT_ALLOWED
        {
            return parent.to_owned();
        }
    }
    "/".to_owned()
}

fn first_ctx(app: &App, request: &Request) -> Ctx {
    let choice = |name: &str| {
        query_value(request.uri().query(), name).or_else(|| cookie(request, &own_cookie(app, name)))
    };
    let lang = match choice("lang").as_deref() {
        Some("en") => Lang::En,
        Some(_) => Lang::Ja,
        None => accepted_lang(request),
    };
    let size =
        choice("size").and_then(|size| size.parse().ok()).filter(|size| (1..=3).contains(size));
    let mut ctx = Ctx::system(app.home(), app.now(), &app.random().token()[..16]);
    ctx.actor = Actor::Anonymous;
    ctx.lang = lang;
    ctx.size = size.unwrap_or(1);
    ctx
}

/// Browsers speak Japanese unless they were told otherwise; API clients may ask by header.
fn accepted_lang(request: &Request) -> Lang {
    let asked =
        request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    match asked {
        Some(asked)
            if asked.trim_start().starts_with("en")
                && request.uri().path().starts_with("/api/") =>
        {
            Lang::En
        }
        _ => Lang::Ja,
    }
}

async fn prepare(
    app: &App,
    ctx: &mut Ctx,
    authenticate: Authenticate,
    request: &mut Request,
) -> Result<()> {
    let body = take_body(request).await?;
    let token = token_of(app, request);
    if let Some(token) = &token
        && let Some(actor) = authenticate(app.clone(), token.clone(), ctx.clone()).await?
    {
        ctx.actor = actor;
        if token.from_cookie {
            ctx.csrf = csrf_token(&token.secret).into();
        }
    }

    // Another site can make a browser send its cookie, but no token in a header.
    if !is_reading(request.method()) && token.as_ref().is_none_or(|token| token.from_cookie) {
        refuse_forged(app, ctx, request, &body)?;
    }

    let intent = Intent(once(request, &body)?);
    request.extensions_mut().insert(intent);
    ctx.origin = client::origin(app, ctx, request).await?;
    request.set_body(body);
    Ok(())
}

async fn take_body(request: &mut Request) -> Result<Vec<u8>> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY) {
        return Err(Error::TooLarge);
    }
    let reading = request.take_body().into_bytes_limit(MAX_BODY);
    match tokio::time::timeout(BODY_TIMEOUT, reading).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(poem::error::ReadBodyError::PayloadTooLarge)) => Err(Error::TooLarge),
        Ok(Err(_)) | Err(_) => Err(Error::BadRequest),
    }
}

/// The name of a cookie of ours that holds everywhere: where browsers come by https, one that no
/// other host of the domain can set.
pub fn own_cookie(app: &App, name: &str) -> String {
    if app.config().is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// The name of the login cookie.
pub fn cookie_name(app: &App) -> &'static str {
    // Browsers take `__Host-` only with `Secure`, which needs https.
    if app.config().is_https() { "__Host-shirube" } else { "shirube" }
}

fn token_of(app: &App, request: &Request) -> Option<Token> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let secret = value.to_str().ok()?.strip_prefix("Bearer ")?.trim().to_owned();
        return Some(Token { secret, from_cookie: false });
    }
    cookie(request, cookie_name(app)).map(|secret| Token { secret, from_cookie: true })
}

/// The token that forms carry; bound to the login.
fn csrf_token(secret: &str) -> String {
    digest(&[b"csrf", secret.as_bytes()])[..32].to_owned()
}

/// A post must come from our own pages, and from a logged-in browser with its token.
fn refuse_forged(app: &App, ctx: &Ctx, request: &Request, body: &[u8]) -> Result<()> {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());

    match text("sec-fetch-site") {
        Some("same-origin" | "none") => {}
        Some(_) => return Err(Error::Forbidden),
        None => {
            if let Some(origin) = text("origin") {
                let host = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned());
                if !host.is_some_and(|host| is_ours(app, request, host.as_str())) {
                    return Err(Error::Forbidden);
                }
            }
        }
    }

    if ctx.csrf.is_empty() {
        return Ok(());
    }

    let in_form = || form_value(body, "csrf");
    let given = text("x-csrf-token").map(str::to_owned).or_else(in_form).unwrap_or_default();
    use subtle::ConstantTimeEq;
    match bool::from(given.as_bytes().ct_eq(ctx.csrf.as_bytes())) {
        true => Ok(()),
        false => Err(Error::Forbidden),
    }
}

/// The key under which the request is done once. One that we could not keep would protect nobody
/// who relies on it, so it is refused.
fn once(request: &Request, body: &[u8]) -> Result<Option<Once>> {
    let mut keys = request.headers().get_all("idempotency-key").iter();
    let key = match keys.next() {
        Some(key) => Some(key.to_str().ok().map(str::to_owned).filter(|_| keys.next().is_none())),
        None if is_form(request) => {
            form_value(body, "once").filter(|key| !key.is_empty()).map(Some)
        }
        None => None,
    };
    let Some(key) = key else { return Ok(None) };
    match key.filter(|key| (1..=MAX_KEY).contains(&key.len()) && key.is_ascii()) {
        Some(key) => {
            let body = without_passwords(request, body);
            let asked = [request.uri().path().as_bytes(), b"\n", &body].concat();
            Ok(Some(Once::new(&key, &asked)))
        }
        None if is_reading(request.method()) => Ok(None),
        None => Err(Error::Unreadable(FieldError {
            values: vec![("max", MAX_KEY.to_string())],
            ..FieldError::new("Idempotency-Key", "idempotency.key")
        })),
    }
}

/// The body but for passwords: a plain digest of one is not kept, not even for a day.
fn without_passwords<'b>(request: &Request, body: &'b [u8]) -> Cow<'b, [u8]> {
    const PASSWORD: &str = "password";
    if is_form(request) {
        let fields: Vec<(String, String)> = serde_html_form::from_bytes(body).unwrap_or_default();
        if fields.iter().any(|(name, _)| name == PASSWORD) {
            let rest = fields.iter().filter(|(name, _)| name != PASSWORD);
            let rest: Vec<String> = rest.map(|(name, value)| format!("{name}={value}")).collect();
            return Cow::Owned(rest.join("\n").into_bytes());
        }
    } else if let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_slice(body)
        && fields.remove(PASSWORD).is_some()
    {
        return Cow::Owned(serde_json::Value::Object(fields).to_string().into_bytes());
    }
    Cow::Borrowed(body)
}

fn is_form(request: &Request) -> bool {
    request.content_type().is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn form_value(body: &[u8], name: &str) -> Option<String> {
    let fields: Vec<(String, String)> = serde_html_form::from_bytes(body).ok()?;
    fields.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    form_value(query?.as_bytes(), name)
}

fn cookie(request: &Request, name: &str) -> Option<String> {
    request
        .headers()
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn with_face(app: &App, ctx: &Ctx, asked: &Asked, answer: Response) -> Response {
    let Some(error) = face::error_of(&answer) else { return answer };
    if let Error::Internal(what) = &error {
        tracing::error!(request_id = %ctx.request_id, what = %what, "internal error");
    }
    let status = answer.status();
    let mut drawn = if asked.is_api() {
        face::problem(ctx.lang, status, &error, &ctx.request_id)
    } else if matches!(error, Error::Unauthorized) {
        return redirect(&format!("/login?next={}", login_target(asked.path_to_return_to())));
    } else {
        let here = match &asked.back {
            _ if matches!(error, Error::NotFound) => "/",
            Some(back) => back,
            None => asked.uri.path(),
        };
        face::error_page(&Page::new(app, ctx, here), status, &error)
    };
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        drawn.headers_mut().insert(header::ALLOW, allow.clone());
    }
    drawn
}

/// Only plain paths of ours are carried through the login.
fn login_target(path: &str) -> &str {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'));
    if plain && path.starts_with('/') && !path.starts_with("//") { path } else { "/" }
}

const CSP: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                   form-action 'self'; frame-ancestors 'none'";

fn add_headers(app: &App, uri: &Uri, response: &mut Response) {
    let headers = response.headers_mut();
    let set = |headers: &mut poem::http::HeaderMap, name: &'static str, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(headers, "content-security-policy", CSP);
    set(headers, "x-content-type-options", "nosniff");
    set(headers, "referrer-policy", "same-origin");
    set(headers, "cross-origin-opener-policy", "same-origin");
    set(headers, "permissions-policy", "camera=(), geolocation=(), microphone=()");
    if app.config().is_https() {
        set(headers, "strict-transport-security", "max-age=31536000");
    }
    if !uri.path().starts_with("/assets/") {
        set(headers, "cache-control", "no-store");
    }
}

fn remember_display_choices(app: &App, uri: &Uri, response: &mut Response) {
    for name in ["lang", "size"] {
        let Some(value) = query_value(uri.query(), name) else { continue };
        if !matches!(value.as_str(), "ja" | "en" | "1" | "2" | "3") {
            continue;
        }
        let mut cookie = Cookie::new_with_str(own_cookie(app, name), value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_secure(app.config().is_https());
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(Duration::from_secs(365 * 24 * 3600));
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// The template of the route that answered, `/people/:id`; `-` where none was reached. An address
/// is what a stranger makes it: it would fill the memory with labels, and may hold a name.
fn route_of(answer: &Response) -> String {
    let Some(PathPattern(pattern)) = answer.data::<PathPattern>() else { return "-".to_owned() };
    let parts = pattern.split('/').map(|part| if part.starts_with(':') { ":id" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Counts a refusal, and tells of it when somebody of the staff asked: for an act outside the
/// roles (403), or a record that is not within reach (404). Whether such a record exists elsewhere
/// nobody looks up: who asks for numbers that do not exist at all is told of too.
/// What stands in the place of a route's template where there is none.
const NO_ROUTES: [&str; 2] = ["-", "/api"];

fn refused(ctx: &Ctx, asked: &Asked, route: &str, answer: &Response) -> Option<Refused> {
    let is_staff = ctx.staff_id().is_some();
    let status = match face::told_by_a_handler(answer)? {
        Error::Forbidden => 403,
        // Also an id in a body or a query; an address that leads nowhere is no refusal.
        Error::NotFound if is_staff && !NO_ROUTES.contains(&route) => 404,
        _ => return None,
    };
    metrics::counter!("shirube_refusals_total", "route" => route.to_owned(), "status" => status.to_string())
        .increment(1);
    let id = asked.uri.path().split('/').find_map(|part| part.parse().ok());
    let (method, route) = (asked.method.to_string(), route.to_owned());
    is_staff.then_some(Refused { method, route, status, id })
}

/// One line a request, without anything personal.
fn log(ctx: &Ctx, method: &Method, route: &str, status: StatusCode, took: Duration) {
    let took_ms = took.as_secs_f64() * 1000.0;
    metrics::counter!("shirube_requests_total", "route" => route.to_owned(), "status" => status.as_str().to_owned())
        .increment(1);
    metrics::histogram!("shirube_request_seconds", "route" => route.to_owned())
        .record(took.as_secs_f64());
    tracing::info!(
        request_id = %ctx.request_id, method = %method, route, status = status.as_u16(), took_ms,
        actor = ctx.actor_text(), "request"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_template_of_a_route_is_told() {
        for (pattern, want) in [
            (Some("/residents/:id"), "/residents/:id"),
            (Some("/api/projects/:param0/sections/:param1"), "/api/projects/:id/sections/:id"),
            (Some("/desk"), "/desk"),
            (None, "-"),
        ] {
            let mut answer = Response::builder().finish();
            if let Some(pattern) = pattern {
                answer.set_data(PathPattern(pattern.into()));
            }
            assert_eq!(route_of(&answer), want);
        }
    }

    #[test]
    fn the_login_leads_back_only_to_our_own_pages() {
        for (path, want) in [
            ("/desk", "/desk"),
            ("//evil.example", "/"),
            ("/a?b", "/"),
            ("/sessions/12", "/sessions/12"),
        ] {
            assert_eq!(login_target(path), want);
        }
    }
}
