//! Nobody ends the last administrator, and what is refused is seen.

use entity::platform::audit;
use futures_util::future::join_all;
use sea_orm::QueryOrder;

use super::*;

async fn second_administrator(t: &TestApp) -> (Client, RoleGrantId) {
    let id = give(t, &t.ctx_system(), t.place.auditor, role(Role::Administrator)).await.unwrap();
    (t.auditor().await, id)
}

async fn administration(t: &TestApp, staff_id: StaffId) -> RoleGrantId {
    let found = role_grant::Entity::find()
        .filter(role_grant::Column::StaffId.eq(staff_id))
        .filter(role_grant::Column::Role.eq(Role::Administrator));
    found.one(t.app.store().reader()).await.unwrap().unwrap().id
}

/// How many people manage staff here today.
async fn administrators(t: &TestApp) -> usize {
    let db = t.app.store().reader();
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::Role.eq(Role::Administrator))
        .filter(role_grant::Column::MunicipalityId.eq(t.scope().municipality_id))
        .all(db)
        .await
        .unwrap();
    let today = t.ctx_system().today();
    let mut count = 0;
    for grant in grants {
        let member = staff_member::Entity::find_by_id(grant.staff_id).one(db).await.unwrap();
        let holds = grant.from_on <= today && grant.until_on.is_none_or(|until| until >= today);
        count += usize::from(holds && member.unwrap().disabled_at.is_none());
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_who_end_each_other_at_once_leave_one() {
    for round in 0..8 {
        let t = TestApp::start().await;
        let first = t.administrator().await;
        let (second, second_grant) = second_administrator(&t).await;
        let first_grant = administration(&t, t.place.administrator).await;

        let end = json!({});
        let ends = |grant: RoleGrantId| format!("/api/roles/{grant}/revoke");
        let close = |staff: StaffId| format!("/admin/staff/{staff}/close");

        let (one, other) = match round % 3 {
            0 => tokio::join!(
                async { first.post_json(&ends(second_grant), &end).await.code() },
                async { second.post_json(&ends(first_grant), &end).await.code() }
            ),
            1 => tokio::join!(
                async { first.post_form(&close(t.place.auditor), &[]).await.code() },
                async { second.post_form(&close(t.place.administrator), &[]).await.code() }
            ),
            _ => tokio::join!(
                async { first.post_json(&ends(second_grant), &end).await.code() },
                async { second.post_form(&close(t.place.administrator), &[]).await.code() }
            ),
        };

        assert_eq!(administrators(&t).await, 1, "round {round}: {one} {other}");
        t.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_is_ended_by_nobody() {
    let t = TestApp::start().await;
    let (staff_id, grant) =
        (t.place.administrator, administration(&t, t.place.administrator).await);

    let ctx = t.ctx_system();
    let end = async |until_on| {
        let ended = t.app.store().write(&ctx, "revoke_role", |tx| async move {
            actions::revoke_role(&tx, grant, until_on).await
        });
        ended.await.unwrap_err().code()
    };
    assert_eq!(end(None).await, "last_administrator");
    assert_eq!(end(Some(day(2024, 12, 31))).await, "last_administrator");

    let close = async || {
        let closed = t.app.store().write(&ctx, "disable_staff", |tx| async move {
            actions::disable_staff(&tx, staff_id, None).await
        });
        closed.await.map_err(|error| error.code())
    };
    assert_eq!(close().await, Err("last_administrator"));

    // Somebody whose role ends is no successor; somebody without an end is.
    let until = NewGrant { until_on: Some(day(2024, 12, 31)), ..role(Role::Administrator) };
    give(&t, &ctx, t.place.auditor, until).await.unwrap();
    assert_eq!(close().await, Err("last_administrator"));
    give(&t, &ctx, t.place.operator, role(Role::Administrator)).await.unwrap();
    assert_eq!(close().await, Ok(()));

    // On the page it is a sentence, and what an end takes is said before its button.
    let browser = t.operator().await;
    let operator = administration(&t, t.place.operator).await;
    let page = browser.get(&format!("/admin/staff/{}", t.place.operator)).await.expect(200);
    let asks = page.text.find("できることが、できなくなります").unwrap();
    let folded = page.text[..asks].rfind("<details>").unwrap();
    let ends = page.text[folded..].find("button-danger").unwrap() + folded;
    assert!(asks < ends && !page.text[folded..asks].contains("</details>"), "{}", page.text);

    let refused = browser.post_form(&format!("/admin/roles/{operator}/end"), &[]).await;
    assert_eq!(refused.expect(409).code(), 409);
    let auditor = t.auditor().await;
    let refused = auditor.post_json(&format!("/api/roles/{operator}/revoke"), &json!({})).await;
    let refused = refused.expect(409).json();
    assert_eq!(refused["code"], "last_administrator");
    assert!(refused["detail"].as_str().unwrap().contains("期限のない管理者の役割"));
    t.finish().await;
}

async fn lines(t: &TestApp, subject: &str) -> Vec<audit::Model> {
    let found = audit::Entity::find().filter(audit::Column::Subject.eq(subject));
    found.order_by_asc(audit::Column::Id).all(t.app.store().reader()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_leaves_one_line() {
    shirube::platform::web::health::start_metrics();
    let t = TestApp::start().await;
    let who = crate::support::person(&t, "しるべはなこ").await;
    let (teacher, stranger) = (t.teacher().await, t.stranger().await);

    let before = lines(&t, "refusal").await.len();
    assert_eq!(before, 0);

    teacher.get("/api/residents?q=shirube").await.expect(403);
    teacher.get(&format!("/people/{who}")).await.expect(403);
    stranger.get(&format!("/api/residents/{who}")).await.expect(404);
    stranger.get(&format!("/people/{who}")).await.expect(404);
    teacher.post_form_without_token("/logout", &[]).await.expect(403);

    // An id of another town in a body, too.
    let body = json!({ "session_id": 1, "resident_id": who, "via": "phone" });
    stranger.post_json("/api/bookings", &body).await.expect(404);
    stranger.get(&format!("/desk?resident={who}")).await.expect(404);

    // A page that does not exist is no refusal, nor is what is asked by nobody.
    stranger.get("/nowhere").await.expect(404);
    t.anonymous().get(&format!("/api/residents/{who}")).await.expect(401);

    let told: Vec<_> = lines(&t, "refusal")
        .await
        .into_iter()
        .map(|line| (line.actor, line.subject_id, line.detail))
        .collect();
    let by = |id: StaffId, method: &str, route: &str, status: u16, of: Option<i64>| {
        let detail = json!({ "method": method, "route": route, "status": status, "id": of });
        (format!("staff:{id}"), Some(id.0), detail)
    };
    let (one, other) = (t.place.teacher, t.place.stranger);
    assert_eq!(
        told,
        [
            by(one, "GET", "/api/residents", 403, None),
            by(one, "GET", "/people/:id", 403, Some(who.0)),
            by(other, "GET", "/api/residents/:id", 404, Some(who.0)),
            by(other, "GET", "/people/:id", 404, Some(who.0)),
            by(one, "POST", "-", 403, None),
            by(other, "POST", "/api/bookings", 404, None),
            by(other, "GET", "/desk", 404, None),
        ]
    );

    let figures = shirube::platform::web::health::metrics_text(&t.app).await;
    assert!(
        figures.contains("shirube_refusals_total{route=\"/api/residents/:id\",status=\"404\"}")
    );
    assert!(figures.contains("shirube_refusals_total{route=\"/people/:id\",status=\"403\"}"));

    // The auditor reads it in words.
    let page = t.auditor().await.get("/audit?subject=refusal").await.expect(200);
    assert!(page.text.contains("役割や範囲の外なのでことわった"), "{}", page.text);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refusals_within_a_minute_show_to_the_administrators() {
    let t = TestApp::start().await;
    let browser = t.administrator().await;
    let (teacher, stranger) = (t.teacher().await, t.stranger().await);
    let shown = async || browser.get("/admin").await.expect(200).text;

    // Forty-nine within a minute and one after it are none.
    for number in 0..49 {
        teacher.get(&format!("/api/residents/{number}")).await.expect(403);
    }
    t.advance(TimeDelta::seconds(60));
    teacher.get("/api/residents/1").await.expect(403);
    assert!(!shown().await.contains("ことわられた操作が続いた職員"));

    // Sixty at once by one person are one burst, whatever another one does.
    let asked = (0..60).map(|number| {
        let teacher = &teacher;
        async move { teacher.get(&format!("/api/residents/{number}")).await.expect(403) }
    });
    join_all(asked).await;
    for _ in 0..30 {
        stranger.get("/api/residents/1").await.expect(404);
    }

    assert_eq!(lines(&t, "refusal").await.len(), 49 + 1 + 60 + 30);
    let bursts = lines(&t, "refusal_burst").await;
    assert_eq!(
        bursts.iter().map(|line| line.subject_id).collect::<Vec<_>>(),
        [Some(t.place.teacher.0)]
    );

    let page = shown().await;
    assert!(page.contains("ことわられた操作が続いた職員がいます"), "{page}");
    assert!(page.contains("試験 講師さん：7月1日（月曜日）"), "{page}");
    assert!(page.contains(&format!("/admin/staff/{}", t.place.teacher)));

    // A week later it is over.
    t.advance(TimeDelta::days(8));
    let browser = t.administrator().await;
    assert!(!browser.get("/admin").await.expect(200).text.contains("ことわられた操作"));
    t.finish().await;
}
