//! Every operation and every page, as everybody: the table of who may do what.
//!
//! The operations come from the OpenAPI document, the pages from the sources. One that is not in
//! the table fails: whoever adds a door says here who may open it.

mod document;
mod held;

use std::collections::{BTreeMap, BTreeSet};

use poem::http::Method;
use serde_json::{Map, Value, json};

use crate::architecture::files_below;
use crate::support::{Answer, Client, TestApp};

const DESK: &[&str] = &["operator", "coordinator", "stranger", "headquarters", "second_reviewer"];
const PLANNING: &[&str] = &["coordinator", "headquarters", "second_reviewer"];
const ROSTER: &[&str] =
    &["operator", "coordinator", "teacher", "stranger", "headquarters", "second_reviewer"];
/// The register of routers, and figures.
const NETWORK: &[&str] =
    &["coordinator", "ward_officer", "other_officer", "headquarters", "second_reviewer"];
const GOALS: &[&str] = &["headquarters", "second_reviewer"];
const ADMINISTRATION: &[&str] = &["administrator"];
const AUDIT: &[&str] = &["auditor"];
const STAFF: &[&str] = &[
    "operator",
    "coordinator",
    "teacher",
    "administrator",
    "auditor",
    "ward_officer",
    "other_officer",
    "headquarters",
    "second_reviewer",
    "stranger",
];
/// Those who apply for their wards' projects.
const WARDS: &[&str] = &["ward_officer", "other_officer", "second_reviewer"];
/// Those who review the wards' projects.
const REVIEW: &[&str] = &["headquarters", "second_reviewer"];
const SUBSIDIES: &[&str] = &["ward_officer", "other_officer", "headquarters", "second_reviewer"];

/// Who may do it; `None` means everybody, without a login.
pub type Who = Option<&'static [&'static str]>;

pub const OPERATIONS: &[(&str, Who)] = &[
    ("create_token", None),
    ("list_public_sessions", None),
    ("delete_token", Some(STAFF)),
    ("list_staff", Some(ADMINISTRATION)),
    ("create_staff", Some(ADMINISTRATION)),
    ("grant_role", Some(ADMINISTRATION)),
    ("revoke_role", Some(ADMINISTRATION)),
    ("list_audit", Some(AUDIT)),
    ("find_residents", Some(DESK)),
    ("create_resident", Some(DESK)),
    ("get_resident", Some(DESK)),
    ("update_resident", Some(DESK)),
    ("get_timeline", Some(DESK)),
    ("list_sessions", Some(ROSTER)),
    ("get_session", Some(ROSTER)),
    ("list_slots", Some(ROSTER)),
    ("create_session", Some(PLANNING)),
    ("move_session", Some(PLANNING)),
    ("change_session_staff", Some(PLANNING)),
    ("cancel_session", Some(PLANNING)),
    ("list_bookings", Some(ROSTER)),
    ("book_session", Some(DESK)),
    ("hold_seat", Some(DESK)),
    ("get_booking", Some(DESK)),
    ("confirm_booking", Some(DESK)),
    ("cancel_booking", Some(DESK)),
    ("give_back_booking", Some(DESK)),
    ("move_booking", Some(DESK)),
    ("record_attendance", Some(ROSTER)),
    ("propose_path", Some(DESK)),
    ("accept_path", Some(DESK)),
    ("get_path", Some(DESK)),
    ("record_inquiry", Some(DESK)),
    ("list_inquiries", Some(DESK)),
    ("list_call_backs", Some(DESK)),
    ("get_inquiry", Some(DESK)),
    ("mark_step", Some(DESK)),
    ("release_hold", Some(DESK)),
    ("update_session", Some(PLANNING)),
    ("complete_call_back", Some(DESK)),
    ("get_invite", Some(DESK)),
    ("list_deliveries", Some(DESK)),
    ("record_delivery", Some(DESK)),
    ("get_committee_table", Some(NETWORK)),
    ("list_plans", Some(GOALS)),
    ("get_plan_edition", Some(GOALS)),
    ("compare_editions", Some(GOALS)),
    ("create_plan", Some(GOALS)),
    ("add_plan_theme", Some(GOALS)),
    ("add_plan_item", Some(GOALS)),
    ("add_plan_measure", Some(GOALS)),
    ("remove_plan_item", Some(GOALS)),
    ("draft_edition", Some(GOALS)),
    ("publish_edition", Some(GOALS)),
    ("set_goal", Some(GOALS)),
    ("record_actual", Some(GOALS)),
    ("judge_achievement", Some(GOALS)),
    ("get_actual_rows", Some(GOALS)),
    ("list_routers", Some(NETWORK)),
    ("get_router", Some(NETWORK)),
    ("create_router", Some(NETWORK)),
    ("update_router", Some(NETWORK)),
    ("record_router_test", Some(NETWORK)),
    ("list_tv_push_trials", Some(NETWORK)),
    ("create_tv_push_trial", Some(NETWORK)),
    ("update_tv_push_trial", Some(NETWORK)),
    ("list_due_surveys", Some(DESK)),
    ("get_follow_up", Some(DESK)),
    ("record_answers", Some(DESK)),
    ("key_sheet", Some(DESK)),
    ("record_survey_call", Some(DESK)),
    ("settle_proposal", Some(DESK)),
    ("reopen_follow_up", Some(DESK)),
    // The smallest request is about the time before a class; teachers record its end.
    ("get_class_answers", Some(DESK)),
    ("record_class_answers", Some(DESK)),
    ("get_retention", Some(PLANNING)),
    ("list_rounds", Some(SUBSIDIES)),
    ("create_round", Some(REVIEW)),
    ("update_round", Some(REVIEW)),
    ("list_projects", Some(SUBSIDIES)),
    ("create_project", Some(WARDS)),
    ("get_project", Some(SUBSIDIES)),
    ("save_section", Some(WARDS)),
    ("copy_application", Some(WARDS)),
    ("submit_application", Some(WARDS)),
    ("take_step", Some(WARDS)),
    ("list_versions", Some(SUBSIDIES)),
    ("list_changes", Some(SUBSIDIES)),
    ("compare_versions", Some(SUBSIDIES)),
    ("list_deadlines", Some(SUBSIDIES)),
    ("list_messages", Some(SUBSIDIES)),
    ("post_message", Some(REVIEW)),
    ("return_application", Some(REVIEW)),
    ("assign_reviewer", Some(REVIEW)),
    ("declare_conflict", Some(REVIEW)),
    ("score_project", Some(REVIEW)),
    ("get_review", Some(REVIEW)),
    ("decide_project", Some(REVIEW)),
    ("return_report", Some(REVIEW)),
    ("grant_project", Some(REVIEW)),
    ("request_change", Some(WARDS)),
    ("decide_change", Some(REVIEW)),
    ("pay_advance", Some(REVIEW)),
    ("save_report", Some(WARDS)),
    ("submit_report", Some(WARDS)),
    ("fix_amount", Some(REVIEW)),
    ("settle_project", Some(REVIEW)),
    ("verify_effect", Some(WARDS)),
    ("list_project_sessions", Some(SUBSIDIES)),
    ("list_project_attendances", Some(SUBSIDIES)),
    ("link_session", Some(WARDS)),
    ("unlink_session", Some(WARDS)),
    ("mark_model", Some(REVIEW)),
    ("list_practices", Some(SUBSIDIES)),
    ("get_practice", Some(SUBSIDIES)),
    ("record_practice_step", Some(SUBSIDIES)),
    ("spread_practice", Some(WARDS)),
];

pub const PAGES: &[(&str, Who)] = &[
    ("/", None),
    ("/api/docs", None),
    ("/api/docs/:name", None),
    ("/api/openapi.json", None),
    ("/ask/:token", None),
    ("/ask/:token/:question", None),
    ("/assets/:name", None),
    ("/book/:key", None),
    ("/book/:key/:step", None),
    ("/book/:key/done", None),
    ("/book/:key/stop", None),
    ("/call", None),
    ("/events", None),
    ("/events/:id", None),
    ("/healthz", None),
    ("/login", None),
    ("/logout", None),
    ("/metrics", None),
    ("/my", None),
    ("/my/accept", None),
    ("/my/again", None),
    ("/my/booking", None),
    ("/my/calendar.ics", None),
    ("/my/cancel", None),
    ("/my/close", None),
    ("/my/give-back", None),
    ("/my/day", None),
    ("/my/day/:id", None),
    ("/my/path", None),
    ("/open/:code/quarter_code.csv", None),
    ("/open/:code/quarter_code.json", None),
    ("/open/:code/quarter_code_definition.csv", None),
    ("/privacy", None),
    ("/progress", None),
    ("/progress/:code", None),
    ("/progress/:code/:edition", None),
    ("/readyz", None),
    ("/admin", Some(ADMINISTRATION)),
    ("/admin/new", Some(ADMINISTRATION)),
    ("/admin/roles/:id/end", Some(ADMINISTRATION)),
    ("/admin/staff/:id", Some(ADMINISTRATION)),
    ("/admin/staff/:id/close", Some(ADMINISTRATION)),
    ("/admin/staff/:id/open", Some(ADMINISTRATION)),
    ("/admin/staff/:id/password", Some(ADMINISTRATION)),
    ("/admin/staff/:id/roles", Some(ADMINISTRATION)),
    ("/audit", Some(AUDIT)),
    ("/staff", Some(STAFF)),
    ("/bookings/:id/move", Some(DESK)),
    ("/callbacks", Some(DESK)),
    ("/callbacks/:id", Some(DESK)),
    ("/calls", Some(DESK)),
    ("/goals", Some(GOALS)),
    ("/goals/editions/:id", Some(GOALS)),
    ("/goals/editions/:id/compare", Some(GOALS)),
    ("/goals/editions/:id/draft", Some(GOALS)),
    ("/goals/editions/:id/items/new", Some(GOALS)),
    ("/goals/editions/:id/publish", Some(GOALS)),
    ("/goals/editions/:id/themes/new", Some(GOALS)),
    ("/goals/items/:id", Some(GOALS)),
    ("/goals/items/:id/measures/new", Some(GOALS)),
    ("/goals/items/:id/remove", Some(GOALS)),
    ("/goals/items/:id/review", Some(GOALS)),
    ("/goals/measures/:id/actual", Some(GOALS)),
    ("/goals/measures/:id/goal", Some(GOALS)),
    ("/goals/measures/:id/rows", Some(GOALS)),
    ("/goals/new", Some(GOALS)),
    ("/desk", Some(DESK)),
    ("/desk/cancel", Some(DESK)),
    ("/desk/find", Some(DESK)),
    ("/desk/finish", Some(DESK)),
    ("/desk/give-back", Some(DESK)),
    ("/desk/hearing", Some(DESK)),
    ("/desk/hold", Some(DESK)),
    ("/desk/leave", Some(DESK)),
    ("/desk/new", Some(DESK)),
    ("/desk/paper", Some(DESK)),
    ("/desk/path", Some(DESK)),
    ("/desk/person", Some(DESK)),
    ("/desk/phone", Some(DESK)),
    ("/desk/phone-back", Some(DESK)),
    ("/desk/stay", Some(DESK)),
    ("/followup", Some(DESK)),
    ("/followup/:id", Some(DESK)),
    ("/followup/:id/attempt", Some(DESK)),
    ("/followup/:id/call", Some(DESK)),
    ("/followup/:id/finish", Some(DESK)),
    ("/followup/:id/path", Some(DESK)),
    ("/followup/:id/reopen", Some(DESK)),
    ("/followup/:id/who", Some(DESK)),
    ("/followup/figures", Some(PLANNING)),
    ("/followup/key", Some(DESK)),
    ("/followup/preview", Some(ROSTER)),
    ("/people", Some(DESK)),
    ("/people/:id", Some(DESK)),
    ("/people/:id/consent", Some(DESK)),
    ("/people/:id/edit", Some(DESK)),
    ("/people/:id/give-back", Some(DESK)),
    ("/people/:id/standing", Some(DESK)),
    ("/people/new", Some(DESK)),
    ("/same", Some(DESK)),
    ("/same/:id", Some(DESK)),
    ("/post", Some(DESK)),
    ("/post/calls/:id", Some(DESK)),
    ("/post/held", Some(DESK)),
    ("/post/jobs/:id", Some(DESK)),
    ("/post/letters", Some(DESK)),
    ("/post/posted", Some(DESK)),
    ("/post/print", Some(DESK)),
    ("/post/taken", Some(DESK)),
    ("/sessions", Some(ROSTER)),
    ("/sessions/:id", Some(ROSTER)),
    ("/sessions/:id/answers", Some(ROSTER)),
    ("/sessions/:id/attend", Some(ROSTER)),
    ("/sessions/:id/attendance", Some(ROSTER)),
    ("/sessions/:id/numbers", Some(ROSTER)),
    ("/sessions/:id/present", Some(ROSTER)),
    ("/sessions/:id/roster", Some(ROSTER)),
    ("/sessions/:id/walk-in", Some(ROSTER)),
    ("/sessions/:id/cancel", Some(PLANNING)),
    ("/sessions/:id/change", Some(PLANNING)),
    ("/sessions/:id/edit", Some(PLANNING)),
    ("/sessions/:id/move", Some(PLANNING)),
    ("/sessions/:id/staff", Some(PLANNING)),
    ("/sessions/new", Some(PLANNING)),
    ("/sessions/:id/offer", Some(DESK)),
    ("/bursts", Some(DESK)),
    ("/bursts/:id", Some(DESK)),
    ("/bursts/:id/cancel", Some(DESK)),
    ("/bursts/:id/vouch", Some(DESK)),
    ("/reports/committee", Some(NETWORK)),
    ("/reports/committee.csv", Some(NETWORK)),
    ("/reports/committee/rows", Some(NETWORK)),
    ("/routers", Some(NETWORK)),
    ("/routers.csv", Some(NETWORK)),
    ("/routers/new", Some(NETWORK)),
    ("/routers/:id", Some(NETWORK)),
    ("/routers/:id/edit", Some(NETWORK)),
    ("/routers/:id/tests", Some(NETWORK)),
    ("/routers/trials/new", Some(NETWORK)),
    ("/routers/trials/:id", Some(NETWORK)),
    ("/projects", Some(SUBSIDIES)),
    ("/projects/new", Some(WARDS)),
    ("/projects/export.csv", Some(SUBSIDIES)),
    ("/projects/:id", Some(SUBSIDIES)),
    ("/projects/:id/act", Some(SUBSIDIES)),
    ("/projects/:id/application", Some(SUBSIDIES)),
    ("/projects/:id/copy", Some(WARDS)),
    ("/projects/:id/sections/:section", Some(WARDS)),
    ("/projects/:id/differences", Some(SUBSIDIES)),
    ("/projects/:id/review", Some(SUBSIDIES)),
    ("/projects/:id/messages", Some(SUBSIDIES)),
    ("/projects/:id/letter", Some(SUBSIDIES)),
    ("/projects/:id/money", Some(SUBSIDIES)),
    ("/projects/:id/report", Some(SUBSIDIES)),
    ("/projects/:id/report/act", Some(SUBSIDIES)),
    ("/projects/:id/attendances", Some(SUBSIDIES)),
    ("/projects/:id/sheets/:sheet", Some(SUBSIDIES)),
    ("/rounds", Some(SUBSIDIES)),
    ("/rounds/new", Some(REVIEW)),
    ("/rounds/:id", Some(REVIEW)),
    ("/practices", Some(SUBSIDIES)),
    ("/practices/:id", Some(SUBSIDIES)),
    ("/practices/:id/steps", Some(SUBSIDIES)),
    ("/practices/:id/spread", Some(WARDS)),
];

pub async fn document(client: &Client) -> Value {
    client.get("/api/openapi.json").await.expect(200).json()
}

/// One operation of the document.
pub struct Operation {
    pub id: String,
    method: Method,
    pub path: String,
    body: Option<Value>,
    /// Where it stands in the document.
    place: String,
}

impl Operation {
    fn parameters<'a>(&self, document: &'a Value) -> impl Iterator<Item = &'a Value> {
        let parameters = document.pointer(&format!("{}/parameters", self.place));
        parameters.and_then(Value::as_array).into_iter().flatten()
    }

    /// The parameters of its query, with their schemas.
    fn queries<'a>(&self, document: &'a Value) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let queries = self.parameters(document).filter(|one| one["in"] == "query");
        queries.map(|one| (one["name"].as_str().unwrap(), &one["schema"]))
    }

    /// The fields of its body, with their schemas.
    fn fields<'a>(&self, document: &'a Value) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let content = document.pointer(&format!("{}/requestBody/content", self.place));
        let kind = content.and_then(Value::as_object).and_then(|kinds| kinds.values().next());
        let name = kind.and_then(|kind| kind["schema"]["$ref"].as_str());
        let schema = name.and_then(|name| document.pointer(name.trim_start_matches('#')));
        let fields = schema.and_then(|schema| schema["properties"].as_object());
        fields.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }
}

pub fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let body = &operation["requestBody"]["content"];
            let schema = body.as_object().and_then(|kinds| kinds.values().next());
            let mut query = Vec::new();
            let mut filled = path.clone();

            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                let value = sample(document, &parameter["schema"]);
                let value = value.as_str().map_or(value.to_string(), str::to_owned);
                if parameter["in"] == "path" {
                    filled = filled.replace(&format!("{{{name}}}"), &value);
                } else if parameter["in"] == "query" && parameter["required"] == true {
                    query.push(format!("{name}={value}"));
                }
            }

            let query =
                if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
            all.push(Operation {
                id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: format!("/api{filled}{query}"),
                body: schema.map(|schema| sample(document, &schema["schema"])),
                place: format!("/paths/{}/{method}", path.replace('/', "~1")),
            });
        }
    }

    all
}

/// The smallest value that a schema allows.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let path = reference.trim_start_matches('#');
        return sample(document, document.pointer(path).unwrap_or(&Value::Null));
    }
    if let Some(all) = schema["allOf"].as_array() {
        return sample(document, &all[0]);
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }

    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer" | "number"), _) => json!(1),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => json!([]),
        (Some("string"), Some("date-time")) => json!("2024-07-10T14:00:00+09:00"),
        (Some("string"), Some("date" | "naive-date")) => json!("2024-07-10"),
        (Some("string"), _) => json!("しるべ"),
        _ => {
            let mut object = Map::new();
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                object.insert(name.to_owned(), sample(document, &schema["properties"][name]));
            }
            Value::Object(object)
        }
    }
}

pub async fn answer_to(client: &Client, operation: &Operation) -> Answer {
    let body =
        operation.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let client = match operation.method {
        Method::PUT | Method::DELETE => &client.with_header("if-match", "\"1\""),
        _ => client,
    };
    client.send(operation.method.clone(), &operation.path, "application/json", body).await
}

pub async fn ask(client: &Client, operation: &Operation) -> u16 {
    answer_to(client, operation).await.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_opens_to_its_roles_and_to_nobody_else() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let operations = operations(&document);
    let known: BTreeSet<_> = OPERATIONS.iter().map(|(id, _)| *id).collect();
    let found: BTreeSet<_> = operations.iter().map(|operation| operation.id.as_str()).collect();
    assert_eq!(found, known, "the table and the document must name the same operations");

    let mut wrong = Vec::new();
    for (name, client) in t.everybody().await {
        // It would log the client out for all that follows.
        for operation in operations.iter().filter(|operation| operation.id != "delete_token") {
            let (_, who) = OPERATIONS.iter().find(|(id, _)| *id == operation.id).unwrap();
            let status = ask(&client, operation).await;
            let right = match (who, name) {
                (None, _) => !matches!(status, 403 | 500..),
                (Some(_), "anonymous") => status == 401,
                (Some(who), _) if who.contains(&name) => !matches!(status, 401 | 403 | 500..),
                (Some(_), _) => status == 403,
            };
            if !right {
                wrong.push(format!("{name}: {} answered {status}", operation.id));
            }
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The paths that the sources mount, as they stand there, and whether they only take forms.
pub fn mounted_pages() -> BTreeMap<String, bool> {
    let mut paths = BTreeMap::new();
    for file in files_below("src", &["rs"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        for rest in text.split(".at(").skip(1) {
            if let Some((path, methods)) =
                rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'))
                && path.starts_with('/')
            {
                let methods = methods.trim_start_matches([',', ' ', '\n']);
                paths.insert(path.to_owned(), methods.starts_with("post("));
            }
        }
    }
    paths
}

/// A path with 1 in the place of its variable parts.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with(':') { "1".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_opens_to_its_roles_and_to_nobody_else() {
    let t = TestApp::start().await;
    let known: BTreeSet<&str> = PAGES.iter().map(|(path, _)| *path).collect();
    let mounted = mounted_pages();
    let found: BTreeSet<&str> = mounted.keys().map(String::as_str).collect();
    assert_eq!(found, known, "the table and the sources must name the same pages");

    let readable: BTreeSet<String> = mounted
        .iter()
        .filter(|(_, only_takes_forms)| !**only_takes_forms)
        .map(|(path, _)| filled(path))
        .collect();

    let mut wrong = Vec::new();
    for (name, client) in t.everybody().await {
        for (path, who) in PAGES {
            let answer = client.get(&filled(path)).await;
            let status = answer.code();
            let to_login = status == 303 && answer.location().starts_with("/login");
            let right = match (who, name) {
                // What only takes forms leads a browser that loads it again to a page above.
                _ if mounted[*path] => status == 303 && readable.contains(answer.location()),
                (None, _) => !to_login && !matches!(status, 401 | 403 | 500..),
                (Some(_), "anonymous") => to_login,
                (Some(who), _) if who.contains(&name) => {
                    !to_login && !matches!(status, 401 | 403 | 500..)
                }
                (Some(_), _) => status == 403,
            };
            if !right {
                wrong.push(format!("{name}: {path} answered {status}"));
            }
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_municipality_exists() {
    let t = TestApp::start().await;
    let document = document(&t.anonymous()).await;
    let session = crate::support::class(&t, crate::support::at(2024, 7, 10, 14, 0), 5).await;
    let person = crate::support::person(&t, "しるべはなこ").await;
    let operator = t.operator().await;
    let booked = operator
        .post_json(
            "/api/bookings",
            &json!({ "session_id": session.0, "resident_id": person.0, "via": "phone" }),
        )
        .await
        .expect(201)
        .json();

    let stranger = t.stranger().await;
    for mut operation in operations(&document) {
        // Ids of records that exist, in the other municipality.
        let id = match operation.path.split('/').nth(2) {
            Some("residents") => person.0,
            Some("sessions") => session.0,
            Some("bookings") => booked["id"].as_i64().unwrap(),
            _ => continue,
        };
        if !operation.path.contains("/1") {
            continue;
        }
        operation.path = operation.path.replacen("/1", &format!("/{id}"), 1);
        let status = ask(&stranger, &operation).await;
        // 422 is about what was sent, and says nothing about the record.
        assert!(matches!(status, 404 | 403 | 422), "{} answered {status}", operation.id);
    }

    for q in ["しるべ", "シルベハナコ"] {
        let found = stranger.get(&format!("/api/residents?q={q}")).await.expect(200).json();
        assert_eq!(found["items"], json!([]), "{q}");
    }
    t.finish().await;
}
