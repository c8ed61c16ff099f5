//! The report: filled by the project's own sessions, beside what was written by hand.

use chrono::{DateTime, Utc};
use entity::bookings::booking::Attendance;
use entity::{ProgrammeId, ResidentId, SessionId, VenueId};
use serde_json::json;
use shirube::platform::{Ctx, Scope};

use super::{City, post, refused, report_body};
use crate::support::{a_session, at};

impl City {
    fn whole_city(&self) -> (Ctx, Scope) {
        let id = self.t.place.yokohama;
        (self.t.app.system_ctx(id, "test"), Scope::whole(id))
    }

    /// An hour in Yokohama for ten people.
    pub async fn session(
        &self,
        programme_id: ProgrammeId,
        venue_id: VenueId,
        starts_at: DateTime<Utc>,
    ) -> SessionId {
        let new = a_session().in_town(self.t.place.yokohama).programme(programme_id);
        let new = new.titled("スマホ教室", "Class").venue(venue_id).seats(10);
        new.at(starts_at).hours(1).create(&self.t).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_counts_the_projects_own_sessions_and_never_overwrites_what_was_written() {
    let city = City::start().await;
    let place = city.t.place.clone();
    let id = city.running("event").await;
    let first =
        city.session(place.yokohama_classes, place.yokohama_hall, at(2024, 7, 10, 10, 0)).await;
    let second =
        city.session(place.yokohama_classes, place.yokohama_hall, at(2024, 7, 11, 10, 0)).await;
    let stranger = &city.t.stranger().await;

    let mut people = Vec::new();
    for kana in ["しるべはなこ", "れいのたろう", "みほんふみ"] {
        let body = json!({ "kana": kana });
        let made = stranger.post_json("/api/residents", &body).await.expect(201).json();
        people.push(ResidentId(made["id"].as_i64().unwrap()));
    }

    // Three come on the first day, one of them again on the second; one booking is an absence.
    let came = [
        (first, 0, true),
        (first, 1, true),
        (first, 2, true),
        (second, 0, true),
        (second, 1, false),
    ];
    let mut bookings = Vec::new();
    for (session, person, is_there) in came {
        let body =
            json!({ "session_id": session.0, "resident_id": people[person].0, "via": "phone" });
        let booked = stranger.post_json("/api/bookings", &body).await.expect(201).json();
        bookings.push((booked["id"].as_i64().unwrap(), is_there));
    }

    for session in [first, second] {
        let url = format!("/api/projects/{id}/sessions/{session}");
        city.konan.put_json(&url, &json!({})).await.expect(200);
        // Twice is once.
        city.konan.put_json(&url, &json!({})).await.expect(200);
    }

    city.t.clock.set(at(2024, 7, 12, 10, 0));
    let stranger = &city.t.stranger().await;
    let changed = bookings.iter().find(|(_, is_there)| !is_there).map(|(booking, _)| *booking);
    for (booking, is_there) in bookings {
        let attendance = if is_there { Attendance::Present } else { Attendance::NoShow };
        let url = format!("/api/bookings/{booking}/attendance");
        stranger.post_json(&url, &json!({ "state": attendance })).await.expect(200);
    }

    let konan = city.t.ward_officer().await;
    let url = format!("/api/projects/{id}/report");
    konan.put_json(&url, &report_body()).await.expect(200);
    let figures = konan.get(&format!("/api/projects/{id}")).await.json()["figures"].clone();
    assert_eq!(figures["session_count"], 2);
    assert_eq!((&figures["attendance_count"], &figures["person_count"]), (&json!(4), &json!(3)));

    // What was written by hand is what no record holds: costs are shared by both together.
    assert_eq!(figures["hand_attendance_count"], 55);
    assert_eq!(figures["cost_yen"], 180_000);
    assert_eq!(
        (&figures["yen_per_attendance"], &figures["yen_per_person"]),
        (&json!(3051), &json!(3396))
    );

    // Each figure leads to its rows, without a name.
    let rows = konan.get(&format!("/api/projects/{id}/attendances")).await.expect(200);
    assert_eq!(rows.json().as_array().unwrap().len(), 4);
    let page = konan.get(&format!("/projects/{id}/attendances")).await.expect(200);
    assert!(page.text.contains("延べ4人、実3人") && !page.text.contains("シルベ"));
    let again = rows.json().as_array().unwrap().iter().filter(|row| row["time_no"] == 2).count();
    assert_eq!(again, 1);

    post(&konan, id, "report/submit", json!({})).await;
    let shown = konan.get(&format!("/projects/{id}/report")).await.expect(200);
    assert!(shown.text.contains("57.5") && shown.text.contains("-2.5"));

    // What went out stays as it was, on paper and for others, when an attendance changes later.
    let stranger = &city.t.stranger().await;
    let url = format!("/api/bookings/{}/attendance", changed.unwrap());
    stranger.post_json(&url, &json!({ "state": Attendance::Present })).await.expect(200);
    let figures = konan.get(&format!("/api/projects/{id}")).await.json()["figures"].clone();
    assert_eq!(
        (&figures["attendance_count"], &figures["live_attendance_count"]),
        (&json!(4), &json!(5))
    );
    let sheet = konan.get(&format!("/projects/{id}/sheets/report")).await.expect(200);
    let row = sheet.text.split("延べ人数").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">4<") && row.contains(">59<") && !row.contains(">5<"), "{row}");

    // Other wards read the report once it is out, and never the rows.
    let kohoku = city.t.other_officer().await;
    kohoku.get(&format!("/api/projects/{id}/sessions")).await.expect(200);
    kohoku.get(&format!("/api/projects/{id}/attendances")).await.expect(404);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_belongs_to_one_project_of_its_own_ward() {
    let city = City::start().await;
    let place = city.t.place.clone();
    let id = city.running("event").await;
    let other = city.running("event").await;
    let here =
        city.session(place.yokohama_classes, place.yokohama_hall, at(2024, 7, 10, 10, 0)).await;
    let link = async |project: i64, session: i64| {
        city.konan
            .put_json(&format!("/api/projects/{project}/sessions/{session}"), &json!({}))
            .await
    };
    link(id, here.0).await.expect(200);
    assert_eq!(link(other, here.0).await.expect(409).json()["code"], "session_of_other_project");
    link(id, here.0 + 999).await.expect(404);
    let url = format!("/api/projects/{id}/sessions/{here}");
    city.kohoku.delete(&url).await.expect(404);
    city.konan.delete(&url).await.expect(200);
    city.konan.delete(&url).await.expect(404);
    link(other, here.0).await.expect(200);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commissioned_study_passes_without_sessions_and_an_event_does_not() {
    let city = City::start().await;
    let place = city.t.place.clone();
    let mut report = report_body();
    for count in ["session_count", "attendance_count", "person_count"] {
        report[count] = json!(null);
    }
    let study = city.running("study").await;
    let here =
        city.session(place.yokohama_classes, place.yokohama_hall, at(2024, 7, 10, 10, 0)).await;
    let url = format!("/api/projects/{study}/sessions/{here}");
    let refusal = city.konan.put_json(&url, &json!({})).await.expect(409).json();
    assert_eq!(refusal["code"], "study_without_sessions");
    let event = city.running("event").await;
    for id in [study, event] {
        city.konan.put_json(&format!("/api/projects/{id}/report"), &report).await.expect(200);
    }
    post(&city.konan, study, "report/submit", json!({})).await;
    let refusal = refused(&city.konan, event, "report/submit", json!({})).await;
    assert_eq!(refusal, "report_no_sessions");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_with_a_gap_is_saved_and_not_submitted() {
    let city = City::start().await;
    let id = city.running("event").await;
    assert_eq!(refused(&city.konan, id, "report/submit", json!({})).await, "report_unfinished");
    let mut report = report_body();
    report["costs"] = json!([{ "position": 1, "yen": 130_000 }]);
    let url = format!("/api/projects/{id}/report");
    city.konan.put_json(&url, &report).await.expect(200);
    assert_eq!(refused(&city.konan, id, "report/submit", json!({})).await, "report_unfinished");
    report["person_count"] = json!(56);
    let answer = city.konan.put_json(&url, &report).await.expect(422).json();
    assert_eq!(answer["fields"][0]["field"], "person_count");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_sessions_that_took_place_within_the_projects_days_count() {
    let city = City::start().await;
    let place = city.t.place.clone();
    let id = city.running("event").await;

    let hall = (place.yokohama_classes, place.yokohama_hall);
    let held = city.session(hall.0, hall.1, at(2024, 7, 10, 10, 0)).await;
    let to_come = city.session(hall.0, hall.1, at(2024, 9, 10, 10, 0)).await;
    let outside = city.session(hall.0, hall.1, at(2025, 3, 1, 10, 0)).await;
    let cancelled = city.session(hall.0, hall.1, at(2024, 7, 12, 10, 0)).await;
    let later = city.session(hall.0, hall.1, at(2024, 7, 13, 10, 0)).await;

    let (ctx, scope) = &city.whole_city();
    let cancel = async |session| {
        use entity::sessions::session::{self, SessionState};
        use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
        let work = async |tx: shirube::platform::Tx| {
            session::Entity::update_many()
                .set(session::ActiveModel {
                    state: Set(SessionState::Cancelled),
                    ..Default::default()
                })
                .filter(session::Column::Id.eq(session))
                .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
                .exec(tx.db())
                .await?;
            Ok(())
        };
        city.t.app.store().write(ctx, "cancel", work).await.unwrap();
    };
    cancel(cancelled).await;

    let link = async |session: SessionId| {
        let url = format!("/api/projects/{id}/sessions/{session}");
        city.konan.put_json(&url, &json!({})).await
    };

    for session in [held, to_come, later] {
        link(session).await.expect(200);
    }
    for (session, code) in [(outside, "session_outside_days"), (cancelled, "session_is_cancelled")]
    {
        assert_eq!(link(session).await.expect(409).json()["code"], code);
    }

    // One that is cancelled after it was linked stays linked and is not counted.
    cancel(later).await;
    city.t.clock.set(at(2024, 7, 20, 10, 0));
    let konan = city.t.ward_officer().await;
    let report = format!("/api/projects/{id}/report");
    konan.put_json(&report, &json!({ "done": "x" })).await.expect(200);

    let figures = konan.get(&format!("/api/projects/{id}")).await.json()["figures"].clone();
    assert_eq!(figures["session_count"], 1);
    let page = konan.get(&format!("/projects/{id}/report")).await.expect(200);
    assert!(page.text.contains("これから") && page.text.contains("中止のため数えません"));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_measured_by_attendance_comes_filled_in() {
    let city = City::start().await;
    let place = city.t.place.clone();
    let id = city.whole(&city.konan, place.konan, "event").await;
    let goals = json!({ "rows": [["開催", "回", "0", "5", "年度末", "出席の記録"],
        ["続けて使う人", "%", "", "37.5", "3か月後", "おたずね"]] });
    let url = format!("/api/projects/{id}/sections/goals");
    city.konan.put_json(&url, &goals).await.expect(200);
    post(&city.konan, id, "submit", json!({})).await;
    city.adopt(id).await;
    post(&city.office, id, "grant", json!({ "yen": 200_000 })).await;
    post(&city.konan, id, "steps", json!({ "step": "start" })).await;
    let held =
        city.session(place.yokohama_classes, place.yokohama_hall, at(2024, 7, 10, 10, 0)).await;
    let url = format!("/api/projects/{id}/sessions/{held}");
    city.konan.put_json(&url, &json!({})).await.expect(200);
    city.t.clock.set(at(2024, 7, 11, 10, 0));
    let konan = city.t.ward_officer().await;
    let page = konan.get(&format!("/projects/{id}/report")).await.expect(200);
    assert!(page.text.contains("出席の記録では 1"), "{}", page.text);
    assert_eq!((page.field("goal-1-actual"), page.field("goal-2-actual")), ("1".into(), "".into()));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_counts_the_same_attendances_and_no_companion() {
    let city = City::start().await;
    let place = city.t.place.clone();
    let id = city.running("event").await;
    let session =
        city.session(place.yokohama_classes, place.yokohama_hall, at(2024, 7, 10, 10, 0)).await;
    let url = format!("/api/projects/{id}/sessions/{session}");
    city.konan.put_json(&url, &json!({})).await.expect(200);

    let stranger = city.t.stranger().await;
    let mut bookings = Vec::new();
    for kana in ["しるべいち", "しるべに", "しるべさん", "しるべよん", "しるべご", "しるべろく"]
    {
        let person = stranger.post_json("/api/residents", &json!({ "kana": kana })).await;
        let wish =
            json!({ "session_id": session, "resident_id": person.json()["id"], "via": "phone" });
        let booked = stranger.post_json("/api/bookings", &wish).await.expect(201).json();
        bookings.push(booked["id"].as_i64().unwrap());
    }

    city.t.clock.set(at(2024, 7, 12, 10, 0));
    let stranger = city.t.stranger().await;
    // Three of the six kinds of attendance are of people who took part.
    for (booking, attendance) in bookings.iter().zip(Attendance::ALL) {
        let url = format!("/api/bookings/{booking}/attendance");
        stranger.post_json(&url, &json!({ "state": attendance })).await.expect(200);
    }

    let (konan, office) = (city.t.ward_officer().await, city.t.headquarters().await);
    konan.put_json(&format!("/api/projects/{id}/report"), &report_body()).await.expect(200);
    let project = konan.get(&format!("/api/projects/{id}")).await.expect(200).json();
    let figures = &project["figures"];
    assert_eq!((&figures["attendance_count"], &figures["person_count"]), (&json!(3), &json!(3)));
    let rows = konan.get(&format!("/api/projects/{id}/attendances")).await.expect(200).json();
    assert_eq!(rows.as_array().unwrap().len(), 3);

    let committee = office.get("/api/reports/committee?from=2024&to=2024").await.expect(200).json();
    assert_eq!(committee["total"]["visits"], json!(3), "{committee}");

    let plan = json!({ "code": "plan", "name_ja": "計画", "first_year": 2024, "last_year": 2026, "style": "year" });
    let edition = office.post_json("/api/plans", &plan).await.expect(201).json()["id"].clone();
    let of = |what: &str| format!("/api/plan-editions/{edition}/{what}");
    let theme = json!({ "policy": "1", "policy_title": "つながる", "title_ja": "講習会" });
    let theme = office.post_json(&of("themes"), &theme).await.expect(201).json()["id"].clone();
    let item = json!({ "theme_id": theme, "code": "1.1", "title_ja": "スマホ講習会" });
    let item = office.post_json(&of("items"), &item).await.expect(201).json()["id"].clone();
    let measure =
        json!({ "name_ja": "延べ人数", "kind": "number", "unit": "人", "direction": "up" });
    let measures = format!("/api/plan-items/{item}/measures");
    let measure = office.post_json(&measures, &measure).await.expect(201).json()["id"].clone();

    let actual = format!("/api/plan-measures/{measure}/actuals/2024");
    office.put_json(&actual, &json!({ "metric": "attendances" })).await.expect(200);
    let rows = office.get(&format!("{actual}/rows")).await.expect(200).json();
    assert_eq!(rows["live"]["value"], json!(3.0), "{rows}");
    city.t.finish().await;
}
