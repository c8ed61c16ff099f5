//! `shirube check` lists what faults of earlier versions have damaged, each with the page that mends it.

use chrono::TimeDelta;
use entity::inquiries::inquiry;
use entity::residents::resident::Device;
use entity::residents::timeline_entry::TimelineKind;
use entity::residents::{resident, timeline_entry};
use entity::{BookingId, ResidentId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::seeds::shirube;
use crate::support::{TestApp, at, class};

async fn check(t: &TestApp) -> Vec<String> {
    let run = shirube(t.database_url(), &["check", "--base-url", "https://shirube.example"]).await;
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "what is to mend is no inconsistency: {said}");
    said.lines().filter(|line| line.starts_with("to mend: ")).map(str::to_owned).collect()
}

async fn register(t: &TestApp, phones: &[&str]) -> ResidentId {
    let body = json!({ "kana": "シルベ ハナコ", "phones": phones });
    let answer = t.operator().await.post_json("/api/residents", &body).await.expect(201).json();
    ResidentId(answer["id"].as_i64().unwrap())
}

/// Stores what an earlier version stored.
async fn spoil(t: &TestApp, id: ResidentId, changed: resident::ActiveModel) {
    resident::Entity::update_many()
        .set(changed)
        .filter(resident::Column::Id.eq(id))
        .exec(t.app.store().reader())
        .await
        .unwrap();
}

#[track_caller]
fn names(lines: &[String], page: &str) {
    assert!(lines.iter().any(|line| line.ends_with(page)), "{page}: {lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_listed_where_nothing_was_damaged() {
    let t = TestApp::start().await;
    let who = register(&t, &["0300000201", "09000000201"]).await;
    spoil(
        &t,
        who,
        resident::ActiveModel {
            postal_code: ActiveValue::Set(Some("102-0074".to_owned())),
            device: ActiveValue::Set(Some(Device::FeaturePhone)),
            device_carrier: ActiveValue::Set(Some("docomo".to_owned())),
            ..Default::default()
        },
    )
    .await;
    assert_eq!(check(&t).await, Vec::<String>::new());
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_damage_is_listed_with_the_page_that_mends_it() {
    let t = TestApp::start().await;
    t.forget_forms("resident").await;
    let mut people = Vec::new();
    for stored in ["あいう", "000", "1020074", "１０２－００７４"] {
        let who = register(&t, &[]).await;
        let postal_code = ActiveValue::Set(Some(stored.to_owned()));
        spoil(&t, who, resident::ActiveModel { postal_code, ..Default::default() }).await;
        people.push(who);
    }
    let mut unmailed = Vec::new();
    for (stored, fits) in [
        ("a..b@example.jp", false),
        (".a@example.jp", false),
        ("a@例え.jp", false),
        ("a..b@例え@au.com", false),
        ("a..b@docomo.ne.jp", true),
        ("a@example.jp", true),
    ] {
        let who = register(&t, &[]).await;
        let email = ActiveValue::Set(Some(stored.to_owned()));
        spoil(&t, who, resident::ActiveModel { email, ..Default::default() }).await;
        if !fits {
            unmailed.push(who);
        }
    }
    let erased = register(&t, &[]).await;
    let changed = resident::ActiveModel {
        device: ActiveValue::Set(Some(Device::None)),
        device_carrier: ActiveValue::Set(Some("docomo".to_owned())),
        ..Default::default()
    };
    spoil(&t, erased, changed).await;
    let mother = register(&t, &["0300000224", "09077770001"]).await;
    let line = timeline_entry::ActiveModel {
        municipality_id: ActiveValue::Set(t.place.chiyoda),
        resident_id: ActiveValue::Set(mother),
        at: ActiveValue::Set(t.now()),
        kind: ActiveValue::Set(TimelineKind::Person),
        wording: ActiveValue::Set("timeline.phone_added".to_owned()),
        params: ActiveValue::Set(json!({})),
        subject_id: ActiveValue::Set(mother.0),
        staff_id: ActiveValue::Set(None),
        ..Default::default()
    };
    line.insert(t.app.store().reader()).await.unwrap();
    let operator = t.operator().await;
    let said = json!({ "channel": "phone", "resident_id": mother, "topic": "consult",
        "hearing": {}, "note": "", "outcome": "answered" });
    operator.post_json("/api/inquiries", &said).await.expect(201);
    inquiry::Entity::update_many()
        .col_expr(inquiry::Column::Outcome, Expr::value("booked"))
        .exec(t.app.store().reader())
        .await
        .unwrap();
    let unseen = register(&t, &[]).await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 3).await;
    let wish = json!({ "session_id": session, "resident_id": unseen, "via": "phone" });
    let booked = operator.post_json("/api/bookings", &wish).await.expect(201).json();
    let path = format!("/api/bookings/{}/cancel", booked["id"]);
    operator.post_json(&path, &json!({})).await.expect(200);
    let booking = BookingId(booked["id"].as_i64().unwrap());
    timeline_entry::Entity::update_many()
        .col_expr(timeline_entry::Column::Wording, Expr::value("timeline.booked"))
        .filter(timeline_entry::Column::SubjectId.eq(booking.0))
        .filter(timeline_entry::Column::Kind.eq(TimelineKind::Booking))
        .exec(t.app.store().reader())
        .await
        .unwrap();

    let lines = check(&t).await;
    let site = "https://shirube.example";
    for who in &people {
        names(&lines, &format!("{site}/people/{who}/edit#postal_code"));
    }
    for who in &unmailed {
        names(&lines, &format!("{site}/people/{who}/edit#email"));
    }
    names(&lines, &format!("{site}/people/{erased}/edit#device"));
    names(&lines, &format!("{site}/people/{mother}/edit#phones"));
    names(&lines, &format!("{site}/desk?resident={mother}"));
    names(&lines, &format!(": {booking}: {site}/desk?resident={unseen}"));
    assert_eq!(lines.len(), people.len() + unmailed.len() + 4, "{lines:?}");
    let all = lines.join(" ");
    assert!(!all.contains("シルベ") && !all.contains("0300000224"), "ids only: {all}");

    // Opening and saving the record settles whose number it is.
    t.advance(TimeDelta::minutes(1));
    let form = operator.get(&format!("/people/{mother}/edit")).await.expect(200);
    let revision = form.field("revision");
    let fields = [
        ("kana", "シルベ ハナコ"),
        ("phones", "0300000224"),
        ("phones", "09077770001"),
        ("revision", &*revision),
    ];
    operator.post_form(&format!("/people/{mother}/edit"), &fields).await.expect(303);
    let page = format!("/people/{mother}/edit#phones");
    assert!(check(&t).await.iter().all(|line| !line.ends_with(&page)));
    t.finish().await;
}
