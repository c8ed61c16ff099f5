//! How many statements each page and each operation sends to the database: a bounded number,
//! the same in a small world and in one many times its size.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::{ResidentId, SessionId};
use serde_json::{Value, json};

use crate::api::{OPERATIONS, PAGES, Who};
use crate::support::{Answer, Client, TestApp, at, class, consultation, person};

/// No page and no operation needs more.
const MOST: u64 = 60;

/// A municipality in which everything is there `size` times.
struct World {
    t: TestApp,
    clients: BTreeMap<&'static str, Client>,
    session: SessionId,
    resident: ResidentId,
}

impl World {
    async fn of(size: i64) -> Self {
        let t = TestApp::start().await;
        let operator = t.operator().await;
        let resident = person(&t, "シルベ ハナコ").await;
        let session = class(&t, at(2024, 7, 8, 10, 0), 40).await;
        consultation(&t, at(2024, 7, 9, 10, 0), &[t.place.operator]).await;

        for n in 0..size {
            let day = TimeDelta::days(n);
            let kana = format!("シルベ {}コ", ["ハナ", "ハル", "ナツ", "アキ"][n as usize % 4]);
            let neighbour = person(&t, &kana).await;
            let another = class(&t, at(2024, 7, 10, 10, 0) + day, 12).await;
            book(&operator, neighbour, session).await;
            // Nobody may have more than a dozen to come.
            if n < 10 {
                book(&operator, resident, another).await;
            }

            let words = json!({ "channel": "phone", "topic": "consult", "note": "地図を見たい",
                "resident_id": resident.0, "hearing": {"device": "have_unused"},
                "outcome": "call_back", "call_back_at": "2024-07-03T11:00:00+09:00" });
            operator.post_json("/api/inquiries", &words).await.expect(201);
        }

        t.run_jobs().await;
        let mut clients = BTreeMap::from([("anonymous", t.anonymous())]);
        for name in crate::support::LOGINS {
            clients.insert(name, t.logged_in(name).await);
        }
        Self { t, clients, session, resident }
    }

    /// Somebody who may open a door.
    fn someone(&self, who: Who) -> &Client {
        &self.clients[who.map_or("anonymous", |roles| roles[0])]
    }

    /// Ids of records that exist in the place of the variable parts.
    fn filled(&self, path: &str) -> String {
        let id = match path.split('/').find(|part| !part.is_empty() && *part != "api") {
            Some("sessions" | "events") => self.session.0,
            Some("people" | "residents") => self.resident.0,
            _ => 1,
        };
        let part = |part: &str| match part.starts_with([':', '{']) {
            true => id.to_string(),
            false => part.to_owned(),
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// How many statements a request needs; a look at it once before fills what is kept.
    async fn statements(&self, client: &Client, path: &str) -> u64 {
        client.get(path).await;
        let before = self.t.app.store().statement_count();
        client.get(path).await;
        self.t.app.store().statement_count() - before
    }

    /// Every page and every reading operation, and the statements it needs.
    async fn reads(&self) -> BTreeMap<String, u64> {
        let mut used = BTreeMap::new();
        for (path, who) in PAGES {
            let client = self.someone(*who);
            used.insert((*path).to_owned(), self.statements(client, &self.filled(path)).await);
        }
        let document = self.clients["anonymous"].get("/api/openapi.json").await.json();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let Some(id) = methods["get"]["operationId"].as_str() else { continue };
            let (_, who) = OPERATIONS.iter().find(|(name, _)| *name == id).unwrap();
            let path = format!("/api{}", self.filled(path));
            used.insert(id.to_owned(), self.statements(self.someone(*who), &path).await);
        }
        for path in ["/api/residents?q=シルベ", "/sessions?open=1"] {
            let count = self.statements(&self.clients["operator"], path).await;
            used.insert(path.to_owned(), count);
        }
        let before = self.t.app.store().statement_count();
        self.clients["operator"].post_form("/people", &[("q", "シルベ")]).await.expect(200);
        used.insert("find people".into(), self.t.app.store().statement_count() - before);
        used
    }

    /// One request that writes.
    async fn post(&self, path: &str, body: Value) -> (u64, Answer) {
        let before = self.t.app.store().statement_count();
        let answer = self.clients["operator"].post_json(path, &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        (self.t.app.store().statement_count() - before, answer)
    }

    /// The operations of one call from start to finish, and attendance.
    async fn writes(&self) -> BTreeMap<String, u64> {
        let mut used = BTreeMap::new();
        let mut note = |name: &str, (count, answer): (u64, Answer)| -> Value {
            used.insert(name.to_owned(), count);
            answer.json()
        };

        let person = json!({ "kana": "シルベ タロウ", "phones": ["0300001234"] });
        let person = note("create_resident", self.post("/api/residents", person).await);
        let person = person["id"].as_i64().unwrap();

        let words = json!({ "channel": "phone", "resident_id": person, "topic": "consult",
            "hearing": {}, "note": "", "outcome": "answered" });
        note("record_inquiry", self.post("/api/inquiries", words).await);

        let path = format!("/api/residents/{person}/path");
        let said = json!({ "hearing": {"device": "have_unused", "reasons": ["looks_hard"]} });
        note("propose_path", self.post(&path, said).await);

        let [first, second] = [1, 2].map(|day| at(2024, 8, 20 + day, 14, 0));
        let (first, second) = (class(&self.t, first, 12).await, class(&self.t, second, 12).await);
        let wish = json!({ "session_id": first.0, "resident_id": person, "via": "phone" });
        let booked = note("book_session", self.post("/api/bookings", wish).await);
        let booking = format!("/api/bookings/{}", booked["id"]);
        let to = json!({ "session_id": second.0 });
        let moved = note("move_booking", self.post(&format!("{booking}/move"), to).await);
        let booking = format!("/api/bookings/{}", moved["id"]);
        note("cancel_booking", self.post(&format!("{booking}/cancel"), json!({})).await);

        let before = self.t.app.store().statement_count();
        self.t.run_jobs().await;
        used.insert("jobs of the call".into(), self.t.app.store().statement_count() - before);
        used
    }
}

async fn book(client: &Client, resident: ResidentId, session: SessionId) {
    let wish = json!({ "session_id": session.0, "resident_id": resident.0, "via": "phone" });
    client.post_json("/api/bookings", &wish).await.expect(201);
}

fn bounded(small: &BTreeMap<String, u64>, large: &BTreeMap<String, u64>, most: u64) {
    let wrong: Vec<_> = large
        .iter()
        .map(|(name, many)| (name, small[name], *many))
        .filter(|(_, few, many)| many > few || *many > most)
        .collect();
    assert!(wrong.is_empty(), "statements in a small and in a large world: {wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_operation_needs_a_bounded_number_of_statements() {
    let (small, large) = (World::of(2).await, World::of(30).await);
    let (few, many) = (small.reads().await, large.reads().await);
    assert!(many["/sessions"] > 3 && many["get_resident"] > 3, "statements are counted: {many:?}");
    bounded(&few, &many, MOST);
    // A call in all, from the new person to the letter: each verb by itself is far below.
    bounded(&small.writes().await, &large.writes().await, 3 * MOST);
}
