//! Login, start page, the administrator's and the auditor's pages.

mod admin;
mod audit;

use std::time::Duration;

use askama::Template;
use entity::staff::login::LoginKind;
use poem::http::{HeaderValue, header};
use poem::web::cookie::{Cookie, SameSite};
use poem::{Request, Response, Route, get, handler, post};
use serde::Deserialize;

use super::{actions, rules};
use crate::platform::room;
use crate::platform::web::door::{Returned, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::gate::cookie_name;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{App, Ctx, Error, Result};

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
    back: Returned,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LoginQuery {
    next: String,
}

#[handler]
async fn show_login(page: Page, ctx: Ctx, Query(query): Query<LoginQuery>) -> Result<Response> {
    if ctx.staff_id().is_some() {
        return Ok(redirect(rules::local_path(&query.next).unwrap_or("/staff")));
    }
    let (login, back) = (String::new(), Returned::default());
    render(&LoginPage { page, login, next: query.next, back })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LoginForm {
    login: String,
    password: String,
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
    let device = cookie(request, device_cookie(&app));
    let kind = LoginKind::Browser;
    let new = match actions::log_in_on(&app, &ctx, device.as_deref(), &login, &password, kind).await
    {
        Ok(new) => new,
        Err(Error::Unauthorized) => {
            let back = Returned::mistake("login", "err.login.wrong");
            let again = LoginPage { page, login, next, back };
            return render_form(&again.back, &again);
        }
        Err(error) => return Err(error),
    };

    // A login that this browser had before is not left open behind the new one.
    if let Some(old) = cookie(request, cookie_name(&app)) {
        actions::log_out(&app, &ctx, &old).await?;
    }

    let to = rules::local_path(&next).unwrap_or("/staff");
    let answer = with_cookie(redirect(to), &app, cookie_name(&app), &new.secret, None)?;
    let Some(device) = &new.device else { return Ok(answer) };
    let life = rules::DEVICE_LIFE.to_std().map_err(Error::internal)?;
    with_cookie(answer, &app, device_cookie(&app), device, Some(life))
}

#[handler]
async fn log_out(request: &Request, ctx: Ctx, app: App) -> Result<Response> {
    if let Some(secret) = cookie(request, cookie_name(&app)) {
        actions::log_out(&app, &ctx, &secret).await?;
    }
    // The device stays known: it opens nothing.
    with_cookie(redirect("/login"), &app, cookie_name(&app), "", Some(Duration::ZERO))
}

/// The cookie that makes a device known at the login.
fn device_cookie(app: &App) -> &'static str {
    // Browsers take `__Host-` only with `Secure`, which needs https.
    if app.config().is_https() { "__Host-device" } else { "device" }
}

fn cookie(request: &Request, name: &str) -> Option<String> {
    let lines = request.headers().get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value.to_owned())
}

/// Sets a cookie that lives as long as the browser, or for `life`.
fn with_cookie(
    mut response: Response,
    app: &App,
    name: &str,
    value: &str,
    life: Option<Duration>,
) -> Result<Response> {
    let mut cookie = Cookie::new_with_str(name, value);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(app.config().is_https());
    cookie.set_same_site(SameSite::Lax);
    if let Some(life) = life {
        cookie.set_max_age(life);
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
    if let Some(home) = room::home(&ctx) {
        return Ok(redirect(home));
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
