//! Roles, people, and what nobody else may do.

use super::*;

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

    // What is kept with the key knows nothing of the password, so another one is no other request.
    let mut other = fields;
    other[4] = ("password", "まったくべつの試験のための長い合い言葉");
    let again = browser.post_form("/admin/new", &other).await.expect(303);
    assert_eq!(first.location(), again.location());

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
    let before = grants(&t).await;
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
    assert_eq!(grants(&t).await, before);
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

async fn session(
    t: &TestApp,
    programme_id: entity::ProgrammeId,
    code: &str,
    hour: u32,
) -> SessionId {
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
