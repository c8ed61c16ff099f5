//! Login, start page, the administrator's and the auditor's pages.

mod admin;
mod audit;

use std::net::IpAddr;
use std::time::Duration;

use askama::Template;
use entity::staff::login::LoginKind;
use poem::http::{HeaderValue, StatusCode, header};
use poem::web::cookie::{Cookie, SameSite};
use poem::{Request, Response, Route, get, handler, post};
use serde::Deserialize;

use super::{actions, rules};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::gate::cookie_name;
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result};

/// Mounts the pages of this room.
pub fn pages(route: Route) -> Route {
    let route = route
        .at("/login", get(show_login).post(log_in))
        .at("/logout", post(log_out))
        .at("/staff", get(start))
        .at("/privacy", get(privacy));
    audit::pages(admin::pages(route))
}

#[derive(Template)]
#[template(path = "staff/pages/login.html")]
struct LoginPage {
    page: Page,
    login: String,
    next: String,
    errors: Vec<FieldError>,
}

#[derive(Debug, Default, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[handler]
async fn show_login(page: Page, ctx: Ctx, Query(query): Query<Next>) -> Result<Response> {
    if ctx.staff_id().is_some() {
        return Ok(redirect(rules::local_path(&query.next).unwrap_or("/staff")));
    }
    render(&LoginPage { page, login: String::new(), next: query.next, errors: Vec::new() })
}

#[derive(Deserialize)]
struct LoginForm {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[handler]
async fn log_in(
    request: &Request,
    page: Page,
    ctx: Ctx,
    app: App,
    Form(form): Form<LoginForm>,
) -> Result<Response> {
    let LoginForm { login, password, next } = form;
    let client = request.extensions().get::<IpAddr>().copied();
    let kind = LoginKind::Browser;
    let new = match actions::log_in_from(&app, &ctx, client, &login, &password, kind).await {
        Ok(new) => new,
        Err(Error::Unauthorized) => {
            let errors = vec![FieldError::new("login", "err.login.wrong")];
            let again = LoginPage { page, login, next, errors };
            return render_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
        Err(error) => return Err(error),
    };
    // A login that this browser had before is not left open behind the new one.
    if let Some(old) = login_cookie(request, &app) {
        actions::log_out(&app, &ctx, &old).await?;
    }
    let to = rules::local_path(&next).unwrap_or("/staff");
    with_cookie(redirect(to), &app, &new.secret, false)
}

#[handler]
async fn log_out(request: &Request, ctx: Ctx, app: App) -> Result<Response> {
    if let Some(secret) = login_cookie(request, &app) {
        actions::log_out(&app, &ctx, &secret).await?;
    }
    with_cookie(redirect("/login"), &app, "", true)
}

/// The secret in the login cookie.
fn login_cookie(request: &Request, app: &App) -> Option<String> {
    let lines = request.headers().get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie_name(app))
        .map(|(_, value)| value.to_owned())
}

fn with_cookie(mut response: Response, app: &App, secret: &str, gone: bool) -> Result<Response> {
    let mut cookie = Cookie::new_with_str(cookie_name(app), secret);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(app.config().is_https());
    cookie.set_same_site(SameSite::Lax);
    if gone {
        cookie.set_max_age(Duration::ZERO);
    }
    let value = HeaderValue::from_str(&cookie.to_string()).map_err(Error::internal)?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(response)
}

#[derive(Template)]
#[template(path = "staff/pages/start.html")]
struct StartPage {
    page: Page,
}

/// Leads everybody to the page of their work.
#[handler]
async fn start(page: Page, ctx: Ctx) -> Result<Response> {
    if ctx.staff_id().is_none() {
        return Err(Error::Unauthorized);
    }
    // Headquarters may look at the desk; its work is with the wards' projects.
    if page.can_subsidise() && !page.takes_calls() {
        return Ok(redirect("/projects"));
    }
    if page.can_desk() {
        return Ok(redirect("/desk"));
    }
    if page.can_roster() {
        return Ok(redirect("/sessions"));
    }
    if page.can_administer() {
        return Ok(redirect("/admin"));
    }
    if page.can_audit() {
        return Ok(redirect("/audit"));
    }
    if page.can_subsidise() {
        return Ok(redirect("/projects"));
    }
    render(&StartPage { page })
}

#[derive(Template)]
#[template(path = "staff/pages/privacy.html")]
struct PrivacyPage {
    page: Page,
}

#[handler]
async fn privacy(page: Page) -> Result<Response> {
    render(&PrivacyPage { page })
}
