//! Logins, roles, the administrator's and the auditor's pages, and staff in one place at a time.

mod attempts;
mod refusals;
mod roles;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::sessions::session::{self, Allocation, SessionKind, SessionState};
use entity::staff::assignment::Duty;
use entity::staff::login;
use entity::staff::role_grant::{self, Role};
use entity::staff::{assignment, staff_busy, staff_member};
use entity::{RoleGrantId, SessionId, StaffId};
use poem::http::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use shirube::platform::config::Config;
use shirube::platform::web::door::Right;
use shirube::platform::web::gate::Token;
use shirube::platform::{Actor, Ctx, Error, Result, Scope};
use shirube::residents::Desk;
use shirube::sessions::{Planning, Roster};
use shirube::staff::actions::{self, NewStaff};
use shirube::staff::passwords;
use shirube::staff::rules::NewGrant;

use crate::support::{Answer, Client, PASSWORD, TestApp, at, day};

const NEW_PASSWORD: &str = "橋の下に七つの青い傘がならんでいる";

async fn try_login(client: &Client, login: &str, password: &str) -> Answer {
    client.post_form_without_token("/login", &[("login", login), ("password", password)]).await
}

async fn enter(t: &TestApp, login: &str) -> Client {
    let answer = try_login(&t.anonymous(), login, PASSWORD).await.expect(303);
    t.anonymous().with_cookie(&answer.set_cookie("shirube").unwrap())
}

/// Whether the browser's login still holds.
async fn is_in(client: &Client) -> bool {
    !client.get("/staff").await.location().starts_with("/login")
}

async fn give(t: &TestApp, ctx: &Ctx, staff_id: StaffId, new: NewGrant) -> Result<RoleGrantId> {
    let new = &new;
    t.app
        .store()
        .write(ctx, "grant_role", |tx| async move { actions::grant_role(&tx, staff_id, new).await })
        .await
}

fn role(role: Role) -> NewGrant {
    NewGrant { role, programme_id: None, ward_id: None, from_on: day(2024, 7, 1), until_on: None }
}

/// An administrator of Yokohama.
async fn other_administrator(t: &TestApp) -> Client {
    let ctx = t.app.system_ctx(t.place.yokohama, "test");
    give(t, &ctx, t.place.stranger, role(Role::Administrator)).await.unwrap();
    t.logged_in("stranger").await
}

async fn grants(t: &TestApp) -> u64 {
    role_grant::Entity::find().count(t.app.store().reader()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_opens_the_house_and_logging_out_closes_it_for_good() {
    let t = TestApp::start().await;
    t.anonymous().get("/login").await.expect(200);
    assert_eq!(t.anonymous().get("/staff").await.location(), "/login?next=/staff");
    let answer = try_login(&t.anonymous(), "operator", PASSWORD).await.expect(303);
    assert_eq!(answer.location(), "/staff");
    let secret = answer.set_cookie("shirube").unwrap();
    let browser = t.anonymous().with_cookie(&secret);
    assert_eq!(browser.get("/staff").await.expect(303).location(), "/desk");
    let out = browser.post_form("/logout", &[]).await.expect(303);
    assert_eq!(out.set_cookie("shirube").as_deref(), Some(""));
    let replayed = t.anonymous().with_cookie(&secret);
    assert!(!is_in(&replayed).await, "the old cookie is worth nothing after the logout");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_cookie_is_shut_away_from_scripts_and_other_sites() {
    let t = TestApp::start().await;
    let answer = try_login(&t.anonymous(), "operator", PASSWORD).await;
    let line = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(!line.contains("Secure"), "{line}");
    t.finish().await;

    let https = Config { base_url: "https://shirube.example.jp".into(), ..Config::default() };
    let t = TestApp::start_with(https).await;
    let answer = try_login(&t.anonymous(), "operator", PASSWORD).await.expect(303);
    let line = answer.header("set-cookie").to_owned();
    assert!(line.starts_with("__Host-shirube=") && line.contains("Secure"), "{line}");
    assert!(!line.contains("Domain"), "{line}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_login_has_a_new_secret_and_ends_the_one_before_it() {
    let t = TestApp::start().await;
    let planted = "0".repeat(64);
    let answer = try_login(&t.anonymous().with_cookie(&planted), "operator", PASSWORD).await;
    let first = answer.expect(303).set_cookie("shirube").unwrap();
    assert_ne!(first, planted);
    assert!(!is_in(&t.anonymous().with_cookie(&planted)).await, "a planted secret opens nothing");
    let browser = t.anonymous().with_cookie(&first);
    let fields = [("login", "operator"), ("password", PASSWORD)];
    let second = browser.post_form("/login", &fields).await.expect(303);
    let second = second.set_cookie("shirube").unwrap();
    assert_ne!(second, first);
    assert!(is_in(&t.anonymous().with_cookie(&second)).await);
    assert!(!is_in(&browser).await, "the login before is closed");
    let stored = login::Entity::find().all(t.app.store().reader()).await.unwrap();
    assert!(stored.iter().all(|row| row.token_hash != first && row.token_hash != second));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_left_alone_for_half_an_hour_is_logged_out() {
    let t = TestApp::start().await;
    let browser = enter(&t, "operator").await;
    t.advance(TimeDelta::minutes(29));
    assert!(is_in(&browser).await);
    t.advance(TimeDelta::minutes(29));
    assert!(is_in(&browser).await, "use counts anew");
    t.advance(TimeDelta::minutes(30));
    assert!(!is_in(&browser).await);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn use_is_noted_at_most_once_a_minute() {
    let t = TestApp::start().await;
    let browser = enter(&t, "operator").await;
    let seen = async || {
        let row = login::Entity::find().one(t.app.store().reader()).await.unwrap();
        row.unwrap().seen_at
    };
    let first = seen().await;
    t.advance(TimeDelta::seconds(59));
    browser.get("/staff").await;
    assert_eq!(seen().await, first);
    t.advance(TimeDelta::seconds(1));
    browser.get("/staff").await;
    assert_eq!(seen().await, first + TimeDelta::minutes(1));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_constant_use_ends_after_twelve_hours() {
    let t = TestApp::start().await;
    let browser = enter(&t, "operator").await;
    for _ in 0..35 {
        t.advance(TimeDelta::minutes(20));
        assert!(is_in(&browser).await);
    }
    t.advance(TimeDelta::minutes(20));
    assert!(!is_in(&browser).await);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_for_eight_hours_or_until_it_is_given_back() {
    let t = TestApp::start().await;
    let wish = json!({ "login": "administrator", "password": PASSWORD });
    let answer = t.anonymous().post_json("/api/tokens", &wish).await.expect(201);
    assert_eq!(answer.json()["expires_at"], "2024-07-01T18:00:00+09:00");
    let token = |answer: &Answer| {
        let mut client = t.anonymous();
        client.token = Some(answer.json()["token"].as_str().unwrap().to_owned());
        client
    };
    let client = token(&answer);
    t.advance(TimeDelta::minutes(8 * 60 - 1));
    client.get("/api/staff").await.expect(200);
    t.advance(TimeDelta::minutes(1));
    client.get("/api/staff").await.expect(401);
    let client = token(&t.anonymous().post_json("/api/tokens", &wish).await.expect(201));
    client.get("/api/staff").await.expect(200);
    client.delete("/api/tokens/current").await.expect(204);
    client.get("/api/staff").await.expect(401);
    client.delete("/api/tokens/current").await.expect(401);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_no_token_and_a_token_no_cookie() {
    let t = TestApp::start().await;
    let known = t.administrator().await;
    let mut swapped = known.clone();
    swapped.token = known.cookie.clone();
    swapped.cookie = known.token.clone();
    swapped.get("/api/staff").await.expect(401);
    assert!(!is_in(&swapped).await);
    known.get("/api/staff").await.expect(200);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_an_unknown_login_and_a_closed_account_look_alike() {
    let t = TestApp::start().await;
    let teacher = t.place.teacher;
    let close = async |tx| actions::disable_staff(&tx, teacher, None).await;
    t.app.store().write(&t.ctx_system(), "disable_staff", close).await.unwrap();

    let mut answers = BTreeSet::new();
    for (login, password) in [
        ("operator", "wrong wrong wrong wrong"),
        ("nobody", PASSWORD),
        ("teacher", PASSWORD),
        ("operator' OR 1=1 --", PASSWORD),
        ("", ""),
    ] {
        let wish = json!({ "login": login, "password": password });
        let answer = t.anonymous().post_json("/api/tokens", &wish).await.expect(401);
        let mut body = answer.json();
        body["request_id"] = json!(null);
        answers.insert(body.to_string());
    }
    assert_eq!(answers.len(), 1, "{answers:?}");

    let page = try_login(&t.anonymous(), "nobody", PASSWORD).await.expect(422);
    assert!(page.text.contains("職員の番号か合言葉がちがいます"));
    assert_eq!(page.field("login"), "nobody", "what was typed stays");
    assert!(!page.text.contains(PASSWORD));

    assert_eq!(login::Entity::find().count(t.app.store().reader()).await.unwrap(), 0);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_wrong_tries_the_eleventh_waits_in_every_process() {
    let t = TestApp::start().await;
    let other = t.again().await;
    let working = enter(&t, "operator").await;
    for count in 0..10 {
        let process = if count % 2 == 0 { &t } else { &other };
        try_login(&process.anonymous(), "operator", "wrong wrong wrong").await.expect(422);
    }
    for process in [&t, &other] {
        let answer = try_login(&process.anonymous(), "operator", PASSWORD).await.expect(429);
        assert!(answer.header("retry-after").parse::<u32>().unwrap() <= 900);
    }
    assert!(is_in(&working).await, "who is in already goes on working");
    enter(&t, "teacher").await;
    t.advance(TimeDelta::minutes(15));
    enter(&t, "operator").await;
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn right_logins_do_not_count_as_tries() {
    let t = TestApp::start().await;
    for _ in 0..12 {
        enter(&t, "operator").await;
    }
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_leads_back_to_our_own_pages_only() {
    let t = TestApp::start().await;
    for (next, want) in [
        ("/sessions", "/sessions"),
        ("//evil.example", "/staff"),
        ("https://evil.example", "/staff"),
    ] {
        let fields = [("login", "operator"), ("password", PASSWORD), ("next", next)];
        let answer = t.anonymous().post_form_without_token("/login", &fields).await.expect(303);
        assert_eq!(answer.location(), want);
    }
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_starts_at_their_own_work() {
    let t = TestApp::start().await;
    for (login, want) in [
        ("operator", "/desk"),
        ("coordinator", "/desk"),
        ("teacher", "/sessions"),
        ("administrator", "/admin"),
        ("auditor", "/audit"),
    ] {
        let browser = t.logged_in(login).await;
        assert_eq!(browser.get("/staff").await.expect(303).location(), want, "{login}");
    }
    let start = t.ward_officer().await.get("/staff").await.expect(303);
    assert_eq!(start.location(), "/projects");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_holds_through_its_last_day_in_japan() {
    let t = TestApp::start().await;
    let staff_id = t.place.teacher;
    let until_on = Some(day(2024, 7, 31));
    let new = NewGrant { until_on, ..role(Role::Administrator) };
    give(&t, &t.ctx_system(), staff_id, new).await.unwrap();
    t.clock.set(at(2024, 7, 31, 23, 59));
    let client = t.logged_in("teacher").await;
    client.get("/api/staff").await.expect(200);
    t.clock.set(at(2024, 8, 1, 0, 0));
    client.get("/api/staff").await.expect(403);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_in_several_programmes_reach_exactly_those() {
    let t = TestApp::start().await;
    let events = NewGrant { programme_id: Some(t.place.events), ..role(Role::Teacher) };
    give(&t, &t.ctx_system(), t.place.coordinator, events).await.unwrap();
    let secret = t.coordinator().await.cookie.unwrap();
    let token = Token { secret, from_cookie: true };
    let mut ctx = t.ctx_anonymous();
    ctx.actor = actions::authenticate(t.app.clone(), token, ctx.clone()).await.unwrap().unwrap();
    let reach = |scope: Result<Scope, Error>| {
        let scope = scope.unwrap();
        let all = [t.place.classes, t.place.consultations, t.place.events];
        BTreeSet::from_iter(all.into_iter().filter(|id| scope.reaches_programme(*id)))
    };
    let planned = BTreeSet::from([t.place.classes, t.place.consultations]);
    assert_eq!(reach(Planning::scope(&ctx)), planned);
    assert_eq!(reach(Desk::scope(&ctx)), planned);
    let with_events = BTreeSet::from([t.place.classes, t.place.consultations, t.place.events]);
    assert_eq!(reach(Roster::scope(&ctx)), with_events);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_of_another_municipality_do_not_count_here() {
    let t = TestApp::start().await;
    let ctx = t.app.system_ctx(t.place.yokohama, "test");
    give(&t, &ctx, t.place.operator, role(Role::Administrator)).await.unwrap();
    let operator = t.operator().await;
    operator.get("/api/staff").await.expect(403);
    let token = Token { secret: operator.cookie.unwrap(), from_cookie: true };
    let found = actions::authenticate(t.app.clone(), token, t.ctx_anonymous()).await.unwrap();
    let Some(Actor::Staff { municipality_id, grants, .. }) = found else { panic!("logged in") };
    assert_eq!(municipality_id, t.place.chiyoda);
    assert_eq!(grants.iter().map(|g| g.role).collect::<Vec<_>>(), [Role::Operator]);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_manage_staff_and_only_auditors_read_the_log() {
    let t = TestApp::start().await;
    let person = format!("/admin/staff/{}", t.place.operator);
    let before = grants(&t).await;

    for (name, client) in t.everybody().await {
        for (path, role) in [
            ("/admin", "administrator"),
            ("/admin/new", "administrator"),
            (person.as_str(), "administrator"),
            ("/audit", "auditor"),
        ] {
            let want = match name {
                name if name == role => 200,
                "anonymous" => 303,
                _ => 403,
            };
            assert_eq!(client.get(path).await.code(), want, "{name} {path}");
        }

        for (path, role) in [("/api/staff", "administrator"), ("/api/audit", "auditor")] {
            let want = match name {
                name if name == role => 200,
                "anonymous" => 401,
                _ => 403,
            };
            assert_eq!(client.get(path).await.code(), want, "{name} {path}");
        }

        if name != "administrator" {
            let wish = json!({ "role": "operator" });
            let path = format!("/api/staff/{}/roles", t.place.teacher);
            let refused = client.post_json(&path, &wish).await.code();
            assert!(matches!(refused, 401 | 403), "{name} {refused}");
        }
    }

    assert_eq!(grants(&t).await, before);
    t.finish().await;
}
