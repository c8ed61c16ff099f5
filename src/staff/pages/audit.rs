//! The auditor's page.

use askama::Template;
use entity::StaffId;
use entity::platform::audit;
use poem::{Response, Route, get, handler};
use serde::Deserialize;

use crate::platform::actor::AUDIT;
use crate::platform::japan::time::to_jst;
use crate::platform::text::characters::narrow;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{App, Ctx, Result, words};
use crate::staff::queries::{self, AuditFilter};

/// Lines on one page.
const SIZE: usize = 50;
/// Kinds of records, in the order of the filter.
const SUBJECTS: &[&str] = &[
    "resident",
    "inquiry",
    "booking",
    "session",
    "path",
    "notice",
    "delivery",
    "staff_member",
    "role_grant",
    "login",
    "assignment",
    queries::REFUSAL,
    queries::BURST,
];

pub(super) fn pages(route: Route) -> Route {
    route.at("/audit", get(list))
}

#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    after: String,
}

struct LineView {
    at: String,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    request_id: String,
}

#[derive(Template)]
#[template(path = "staff/pages/audit.html")]
struct AuditPage {
    page: Page,
    wish: Wish,
    lines: Vec<LineView>,
    next: Option<String>,
}

impl AuditPage {
    fn subjects(&self) -> Vec<(&'static str, String)> {
        SUBJECTS
            .iter()
            .map(|subject| (*subject, named(&self.page, "audit.subject", subject)))
            .collect()
    }

    fn next_link(&self, next: &str) -> String {
        format!(
            "/audit?subject={}&id={}&after={next}",
            known(&self.wish.subject),
            number(&self.wish.id)
        )
    }
}

#[handler]
async fn list(page: Page, ctx: Ctx, app: App, Query(wish): Query<Wish>) -> Result<Response> {
    let scope = ctx.scope(AUDIT)?;
    let db = app.store().reader();
    let filter = AuditFilter {
        subject: Some(known(&wish.subject).to_owned()).filter(|subject| !subject.is_empty()),
        subject_id: number(&wish.id).parse().ok(),
        actor: None,
    };
    let after = Some(wish.after.as_str()).filter(|after| !after.is_empty());
    let found = queries::list_audit(db, &scope, &filter, SIZE, after).await?;
    let ids: Vec<StaffId> = found.items.iter().filter_map(|row| staff_in(&row.actor)).collect();
    let names = queries::names(db, &ids).await?;
    let view = |row: &audit::Model| LineView {
        at: to_jst(row.at).format("%Y-%m-%d %H:%M:%S").to_string(),
        actor: match staff_in(&row.actor) {
            Some(id) => names.get(&id).map_or(row.actor.clone(), |name| format!("{name} ({id})")),
            None => named(&page, "audit.actor", &row.actor),
        },
        action: named(&page, "audit.action", &row.action),
        subject: match row.subject_id {
            Some(id) => format!("{} {id}", named(&page, "audit.subject", &row.subject)),
            None => named(&page, "audit.subject", &row.subject),
        },
        detail: shown(&row.detail),
        request_id: row.request_id.clone(),
    };
    let lines = found.items.iter().map(view).collect();
    render(&AuditPage { page, wish, lines, next: found.next })
}

/// A kind of record that the filter knows, else nothing.
fn known(subject: &str) -> &str {
    if SUBJECTS.contains(&subject) { subject } else { "" }
}

/// The digits of a typed number.
fn number(typed: &str) -> String {
    narrow(typed).chars().filter(char::is_ascii_digit).take(18).collect()
}

fn staff_in(actor: &str) -> Option<StaffId> {
    actor.strip_prefix("staff:")?.parse().ok().map(StaffId)
}

/// The word for a code; the code itself when there is none.
fn named(page: &Page, family: &str, code: &str) -> String {
    let key = format!("{family}.{code}");
    if words::exists(&key) { words::text(page.ctx.lang, &key).to_owned() } else { code.to_owned() }
}

/// `a: 1, b: [x]` instead of JSON's braces.
fn shown(detail: &serde_json::Value) -> String {
    let Some(fields) = detail.as_object() else { return detail.to_string() };
    let parts: Vec<String> = fields
        .iter()
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}: {value}"),
        })
        .collect();
    parts.join(", ")
}
