//! Logins, roles, the administrator's and the auditor's pages, and staff in one place at a time.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::sessions::session::{self, Allocation, SessionKind, SessionState};
use entity::staff::assignment::Duty;
use entity::staff::login::{self, LoginKind};
use entity::staff::role_grant::{self, Role};
use entity::staff::{assignment, staff_busy, staff_member};
use entity::{ProgrammeId, RoleGrantId, SessionId, StaffId};
use poem::http::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use shirube::platform::actor::{DESK, PLANNING, ROSTER};
use shirube::platform::config::Config;
use shirube::platform::web::gate::Token;
use shirube::platform::{Actor, Ctx, Error, Result};
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
    let close = async |tx| actions::disable_staff(&tx, teacher).await;
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
async fn guesses_of_others_do_not_shut_out_the_person_at_the_desk() {
    let trusted =
        Config { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..Config::default() };
    let t = TestApp::start_with(trusted).await;
    let ctx = t.ctx_anonymous();
    let from = async |ip: &str, password: &str| {
        let client = Some(ip.parse().unwrap());
        let kind = LoginKind::Browser;
        actions::log_in_from(&t.app, &ctx, client, "operator", password, kind).await
    };
    for _ in 0..10 {
        let wrong = from("203.0.113.9", "wrong wrong wrong").await;
        assert!(matches!(wrong, Err(Error::Unauthorized)));
    }
    assert!(matches!(from("203.0.113.9", PASSWORD).await, Err(Error::TooMany(_))));
    assert!(from("198.51.100.7", PASSWORD).await.is_ok());
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
    let page = t.ward_officer().await.get("/staff").await.expect(200);
    assert!(page.text.contains("区の担当の方へ"));
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
    let reach = |roles| {
        let programmes = ctx.scope(roles).unwrap().programmes.unwrap();
        programmes.into_iter().collect::<BTreeSet<ProgrammeId>>()
    };
    let planned = BTreeSet::from([t.place.classes, t.place.consultations]);
    assert_eq!(reach(PLANNING), planned);
    assert_eq!(reach(DESK), planned);
    let with_events = BTreeSet::from([t.place.classes, t.place.consultations, t.place.events]);
    assert_eq!(reach(ROSTER), with_events);
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
    assert_eq!(grants(&t).await, 8);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_of_another_municipality_finds_nobody_here() {
    let t = TestApp::start().await;
    let other = other_administrator(&t).await;
    let list = other.get("/admin").await.expect(200);
    assert!(list.text.contains("試験 他市") && !list.text.contains("試験 受付"));
    let before = grants(&t).await;
    let id = t.place.operator;
    let grant = role_grant::Entity::find()
        .filter(role_grant::Column::StaffId.eq(id))
        .one(t.app.store().reader())
        .await
        .unwrap()
        .unwrap();
    other.get(&format!("/admin/staff/{id}")).await.expect(404);
    let form = [("role", "auditor"), ("password", NEW_PASSWORD), ("staff", "1")];
    for path in [
        format!("/admin/staff/{id}/roles"),
        format!("/admin/staff/{id}/password"),
        format!("/admin/staff/{id}/close"),
        format!("/admin/staff/{id}/open"),
        format!("/admin/roles/{}/end", grant.id),
    ] {
        assert_eq!(other.post_form(&path, &form).await.code(), 404, "{path}");
    }
    let wish = json!({ "role": "auditor" });
    other.post_json(&format!("/api/staff/{id}/roles"), &wish).await.expect(404);
    other.post_json(&format!("/api/roles/{}/revoke", grant.id), &json!({})).await.expect(404);
    let elsewhere = json!({ "role": "teacher", "programme_id": t.place.classes.0 });
    let own = format!("/api/staff/{}/roles", t.place.ward_officer);
    other.post_json(&own, &elsewhere).await.expect(404);
    assert_eq!(grants(&t).await, before);
    assert!(is_in(&enter(&t, "operator").await).await, "password and account are untouched");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_the_logins_own_token_changes_nothing() {
    let t = TestApp::start().await;
    let browser = t.administrator().await;
    let another = t.administrator().await;
    let path = format!("/admin/staff/{}/close", t.place.operator);
    browser.post_form_without_token(&path, &[]).await.expect(403);
    let stolen = another.csrf().unwrap();
    browser.post_form_without_token(&path, &[("csrf", &stolen)]).await.expect(403);
    let foreign = browser.with_header("sec-fetch-site", "cross-site");
    foreign.post_form(&path, &[]).await.expect(403);
    browser.post_form_without_token("/logout", &[]).await.expect(403);
    let row = staff_member::Entity::find_by_id(t.place.operator).one(t.app.store().reader()).await;
    assert_eq!(row.unwrap().unwrap().disabled_at, None);
    assert!(is_in(&browser).await);
    browser.post_form(&path, &[]).await.expect(303);
    let row = staff_member::Entity::find_by_id(t.place.operator).one(t.app.store().reader()).await;
    assert!(row.unwrap().unwrap().disabled_at.is_some());
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_colleague_is_added_once_and_works_after_a_role_is_given() {
    let t = TestApp::start().await;
    let browser = t.administrator().await;
    let page = browser.get("/admin/new").await.expect(200);
    let once = page.field("once");
    let fields = [
        ("once", once.as_str()),
        ("login", "Ｈａｎａｋｏ"),
        ("name", "しるべ 花子"),
        ("kana", "しるべ はなこ"),
        ("password", NEW_PASSWORD),
    ];
    let first = browser.post_form("/admin/new", &fields).await.expect(303);
    let again = browser.post_form("/admin/new", &fields).await.expect(303);
    assert_eq!(first.location(), again.location(), "pressed twice, added once");
    let person = first.location().to_owned();
    let wish = json!({ "login": "hanako", "password": NEW_PASSWORD });
    let answer = t.anonymous().post_json("/api/tokens", &wish).await.expect(201).json();
    let mut hanako = t.anonymous();
    hanako.token = answer["token"].as_str().map(str::to_owned);
    hanako.get("/api/staff").await.expect(403);
    let page = browser.get(&person).await.expect(200);
    let once = page.field("once");
    let role = [("once", once.as_str()), ("role", "administrator"), ("from", "2024-07-01")];
    browser.post_form(&format!("{person}/roles"), &role).await.expect(303);
    browser.post_form(&format!("{person}/roles"), &role).await.expect(303);
    let list = hanako.get("/api/staff").await.expect(200).json();
    let found = list["items"].as_array().unwrap().iter().find(|item| item["login"] == "hanako");
    assert_eq!(found.unwrap()["kana"], "シルベ ハナコ");
    assert_eq!(found.unwrap()["roles"].as_array().unwrap().len(), 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_form_comes_back_with_what_was_typed_and_a_sentence() {
    let t = TestApp::start().await;
    let browser = t.administrator().await;
    for (login, name, kana, password, sentence) in [
        ("operator", "しるべ 花子", "シルベ", NEW_PASSWORD, "もう使われています"),
        ("a", "しるべ 花子", "シルベ", NEW_PASSWORD, "2文字から40文字"),
        ("hanako", "　", "シルベ", NEW_PASSWORD, "お名前を入力してください"),
        ("hanako", "しるべ 花子", "Shirube", NEW_PASSWORD, "ひらがなかカタカナで"),
        ("hanako", "しるべ 花子", "シルベ", "short", "15文字以上"),
        ("hanako", "<b>\"花\"</b>", "シルベ", "password1234567", "すぐに当てられる"),
    ] {
        let fields = [("login", login), ("name", name), ("kana", kana), ("password", password)];
        let page = browser.post_form("/admin/new", &fields).await.expect(422);
        assert!(page.text.contains(sentence), "{sentence} in {}", page.text);
        assert_eq!(page.field("login"), login);
        assert!(!page.text.contains("<b>"), "what was typed is text");
        assert!(!page.text.contains(NEW_PASSWORD), "a password is never sent back");
    }
    let page =
        browser.post_form("/admin/new", &[("login", "a"), ("kana", "abc")]).await.expect(422);
    assert_eq!(page.text.matches("class=\"error\"").count(), 4, "everything at once");
    let path = format!("/admin/staff/{}/roles", t.place.teacher);
    for (role, from, until, sentence) in [
        ("", "", "", "役割を選んでください"),
        ("operator", "2024-13-01", "", "日にちを読み取れません"),
        ("operator", "2024-07-02", "2024-07-01", "始まりの日より後"),
        ("ward_officer", "", "", "区を選んでください"),
    ] {
        let page =
            browser.post_form(&path, &[("role", role), ("from", from), ("until", until)]).await;
        assert!(page.expect(422).text.contains(sentence), "{sentence}");
    }
    assert_eq!(grants(&t).await, 8);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_and_a_closed_account_end_every_login() {
    let t = TestApp::start().await;
    let browser = t.administrator().await;
    let person = format!("/admin/staff/{}", t.place.operator);
    let operator = t.operator().await;
    assert!(is_in(&operator).await);
    browser
        .post_form(&format!("{person}/password"), &[("password", NEW_PASSWORD)])
        .await
        .expect(303);
    assert!(!is_in(&operator).await);
    try_login(&t.anonymous(), "operator", PASSWORD).await.expect(422);
    let answer = try_login(&t.anonymous(), "operator", NEW_PASSWORD).await.expect(303);
    let operator = t.anonymous().with_cookie(&answer.set_cookie("shirube").unwrap());
    assert!(is_in(&operator).await);
    browser.post_form(&format!("{person}/close"), &[]).await.expect(303);
    assert!(!is_in(&operator).await);
    browser.post_form(&format!("{person}/open"), &[]).await.expect(303);
    assert!(!is_in(&operator).await, "an ended login stays ended");
    try_login(&t.anonymous(), "operator", NEW_PASSWORD).await.expect(303);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_ended_at_once_or_on_a_day_and_the_login_feels_it() {
    let t = TestApp::start().await;
    let staff_id = t.place.auditor;
    let id = give(&t, &t.ctx_system(), staff_id, role(Role::Administrator)).await.unwrap();
    let administrator = t.administrator().await;
    let auditor = t.auditor().await;
    auditor.get("/api/staff").await.expect(200);
    let path = format!("/api/roles/{id}/revoke");
    let past = json!({ "until_on": "2024-06-30" });
    administrator.post_json(&path, &past).await.expect(422);
    administrator.post_json(&path, &json!({ "until_on": "2024-07-02" })).await.expect(204);
    auditor.get("/api/staff").await.expect(200);
    t.advance(TimeDelta::days(1));
    let (administrator, auditor) = (t.administrator().await, t.auditor().await);
    administrator.post_json(&path, &json!({})).await.expect(204);
    auditor.get("/api/staff").await.expect(403);
    let again = administrator.post_json(&path, &json!({})).await.expect(409).json();
    assert_eq!(again["code"], "role_ended");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_locks_themselves_out() {
    let t = TestApp::start().await;
    let browser = t.administrator().await;
    let id = t.place.administrator;
    let row = role_grant::Entity::find()
        .filter(role_grant::Column::StaffId.eq(id))
        .one(t.app.store().reader())
        .await;
    let grant = row.unwrap().unwrap().id;
    browser.post_form(&format!("/admin/staff/{id}/close"), &[]).await.expect(409);
    let answer = browser.post_json(&format!("/api/roles/{grant}/revoke"), &json!({})).await;
    assert_eq!(answer.expect(409).json()["code"], "own_account");
    browser.get("/api/staff").await.expect(200);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_every_change_in_pages_without_names() {
    let t = TestApp::start().await;
    let administrator = t.administrator().await;
    for _ in 0..3 {
        t.advance(TimeDelta::minutes(2));
        is_in(&administrator).await;
    }
    let path = format!("/api/staff/{}/roles", t.place.teacher);
    administrator.post_json(&path, &json!({ "role": "operator" })).await.expect(201);
    let wish = json!({ "login": "teacher", "password": "wrong wrong wrong" });
    t.anonymous().post_json("/api/tokens", &wish).await.expect(401);
    let auditor = t.auditor().await;
    let whole = auditor.get("/api/audit?limit=200").await.expect(200).json();
    let whole = whole["items"].as_array().unwrap().clone();
    let actions: Vec<&str> = whole.iter().filter_map(|item| item["action"].as_str()).collect();
    assert!(actions.contains(&"grant_role") && actions.contains(&"fail_to_log_in"));
    assert!(!actions.contains(&"renew_login"), "the notes of use would bury the rest");
    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = auditor.get(&format!("/api/audit?limit=2{after}")).await.expect(200).json();
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(paged, whole);
    let uses = auditor.get("/api/audit?subject=login").await.expect(200);
    assert!(uses.text.contains("renew_login"));
    let text = serde_json::to_string(&whole).unwrap();
    assert!(!text.contains("試験") && !text.contains("シケン") && !text.contains("$argon2"));
    auditor.get("/api/audit?after=x").await.expect(400);
    let page = auditor.get("/audit?subject=role_grant").await.expect(200);
    assert!(page.text.contains("役割を加えた") && page.text.contains("試験 管理"));
    let elsewhere = t.app.system_ctx(t.place.yokohama, "test");
    give(&t, &elsewhere, t.place.stranger, role(Role::Auditor)).await.unwrap();
    let other = t.logged_in("stranger").await.get("/api/audit").await.expect(200);
    assert!(
        other.json()["items"].as_array().unwrap().iter().all(|item| item["actor"] != "staff:4")
    );
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_names_and_numbers_is_there_in_both_languages() {
    let t = TestApp::start().await;
    let page = t.anonymous().get("/privacy").await.expect(200);
    assert!(page.text.contains("使いみち") && page.text.contains("千代田区"));
    let page = t.anonymous().get("/privacy?lang=en").await.expect(200);
    assert!(page.text.contains("What it is for") && page.text.contains("Chiyoda City"));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_to_add_staff_gives_the_same_answer() {
    let t = TestApp::start().await;
    let administrator = t.administrator().await.with_header("idempotency-key", "one");
    let wish = |login: &str| json!({ "login": login, "name": "しるべ 太郎", "kana": "シルベ", "password": NEW_PASSWORD });
    let first = administrator.post_json("/api/staff", &wish("taro")).await.expect(201).json();
    let again = administrator.post_json("/api/staff", &wish("taro")).await.expect(201).json();
    assert_eq!(first, again);
    let other = administrator.post_json("/api/staff", &wish("jiro")).await.expect(422);
    assert_eq!(other.json()["code"], "idempotency.mismatch");
    let fresh = administrator.with_header("x-test", "1");
    fresh.send(Method::POST, "/api/staff", "application/json", b"{".to_vec()).await.expect(400);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_house_hires_across_municipalities() {
    let t = TestApp::start().await;
    let password = passwords::accept(NEW_PASSWORD, "hatoba").await.unwrap();
    let new = &NewStaff {
        login: "hatoba".into(),
        name: "波止場 七郎".into(),
        kana: "ハトバ シチロウ".into(),
        password,
    };
    let ctx = t.app.system_ctx(t.place.yokohama, "seed");
    let hire = async |tx| actions::create_staff(&tx, new).await;
    let id = t.app.store().write(&ctx, "create_staff", hire).await.unwrap();
    give(&t, &t.ctx_system(), id, role(Role::Teacher)).await.unwrap();
    let list = t.administrator().await.get("/api/staff").await.expect(200);
    assert!(list.text.contains("波止場 七郎"), "who has a role here is on the list");
    t.finish().await;
}

async fn session(t: &TestApp, programme_id: ProgrammeId, code: &str, hour: u32) -> SessionId {
    let row = session::ActiveModel {
        municipality_id: Set(t.place.chiyoda),
        programme_id: Set(programme_id),
        ward_id: Set(None),
        venue_id: Set(t.place.city_office),
        room_id: Set(None),
        code: Set(code.into()),
        kind: Set(SessionKind::ClassBasic),
        title_ja: Set(format!("催し{code}")),
        title_en: Set(format!("Session {code}")),
        bring_ja: Set(String::new()),
        bring_en: Set(String::new()),
        starts_at: Set(at(2024, 7, 10, hour, 0)),
        ends_at: Set(at(2024, 7, 10, hour + 2, 0)),
        capacity: Set(10),
        taken: Set(0),
        allocation: Set(Allocation::FirstCome),
        state: Set(SessionState::Planned),
        is_public: Set(true),
        slot_minutes: Set(None),
        revision: Set(1),
        created_at: Set(t.now()),
        updated_at: Set(t.now()),
        ..Default::default()
    };
    session::Entity::insert(row).exec(t.app.store().reader()).await.unwrap().last_insert_id
}

async fn assign(
    t: &TestApp,
    session: Option<SessionId>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<()> {
    let teacher = t.place.teacher;
    let work = async |tx| {
        actions::assign(&tx, teacher, Duty::Teach, session, from, until).await.map(|_| ())
    };
    t.app.store().write(&t.ctx_system(), "assign", work).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_two_places_at_once_whatever_the_programme() {
    let t = TestApp::start().await;
    let class = session(&t, t.place.classes, "A", 10).await;
    let event = session(&t, t.place.events, "B", 11).await;
    let hour = |hour, minute| at(2024, 7, 10, hour, minute);
    assign(&t, Some(class), hour(10, 0), hour(12, 0)).await.unwrap();
    for (from, until) in [
        (hour(11, 0), hour(13, 0)),
        (hour(9, 0), hour(10, 10)),
        (hour(10, 30), hour(10, 40)),
        (hour(10, 0), hour(12, 0)),
        (hour(11, 50), hour(12, 0)),
    ] {
        let refused = assign(&t, Some(event), from, until).await;
        let Err(Error::Refused(refusal)) = refused else { panic!("{from} {until}: {refused:?}") };
        assert_eq!(refusal.code, "staff_busy");
        let values = [("staff", "試験 講師".to_owned()), ("place", "催しA".to_owned())];
        assert_eq!(refusal.values, values, "who and where");
    }
    assign(&t, Some(event), hour(12, 0), hour(13, 0)).await.unwrap();
    assign(&t, None, hour(9, 0), hour(10, 0)).await.unwrap();
    for (from, until) in
        [(hour(14, 5), hour(15, 0)), (hour(15, 0), hour(15, 0)), (hour(16, 0), hour(15, 0))]
    {
        let wrong = assign(&t, None, from, until).await;
        assert!(matches!(wrong, Err(Error::Invalid(_))), "{from} {until}: {wrong:?}");
    }
    let db = t.app.store().reader();
    assert_eq!(assignment::Entity::find().count(db).await.unwrap(), 3);
    assert_eq!(staff_busy::Entity::find().count(db).await.unwrap(), 12 + 6 + 6);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_released_gives_the_time_back() {
    let t = TestApp::start().await;
    let class = session(&t, t.place.classes, "A", 10).await;
    let (from, until) = (at(2024, 7, 10, 10, 0), at(2024, 7, 10, 12, 0));
    assign(&t, Some(class), from, until).await.unwrap();
    let release = async |tx| actions::release_session(&tx, class).await;
    let store = t.app.store();
    let elsewhere = t.app.system_ctx(t.place.yokohama, "test");
    store.write(&elsewhere, "release", release).await.unwrap();
    assert!(assign(&t, None, from, until).await.is_err(), "only the own municipality releases");
    store.write(&t.ctx_system(), "release", release).await.unwrap();
    assign(&t, None, from, until).await.unwrap();
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_the_same_person_at_once_one_gets_them() {
    let t = TestApp::start().await;
    let other = t.again().await;
    let tries = (0..30).map(|turn| {
        let process = if turn % 2 == 0 { &t } else { &other };
        let from = at(2024, 7, 10, 10, 0) + TimeDelta::minutes(10 * (turn % 3));
        assign(process, None, from, from + TimeDelta::hours(1))
    });
    let done = futures_util::future::join_all(tries).await;
    assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1);
    for one in done.iter().filter_map(|one| one.as_ref().err()) {
        assert_eq!(one.code(), "staff_busy");
    }
    assert_eq!(staff_busy::Entity::find().count(t.app.store().reader()).await.unwrap(), 6);
    t.finish().await;
}
