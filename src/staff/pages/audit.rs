//! The auditor's page.

use std::collections::HashMap;

use askama::Template;
use entity::StaffId;
use entity::platform::audit;
use poem::{Response, Route, get, handler};
use serde::Deserialize;

use crate::platform::japan::time::to_jst;
use crate::platform::text::characters::narrow;
use crate::platform::web::door::{Choice, Field, Returned, Visit};
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{Result, words};
use crate::staff::Audit;
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
#[serde(default)]
struct AuditQuery {
    subject: String,
    id: String,
    after: String,
}

#[derive(Template)]
#[template(path = "staff/pages/audit.html")]
struct AuditPage {
    page: Page,
    query: AuditQuery,
    lines: Vec<audit::Model>,
    /// Of those who did it.
    names: HashMap<StaffId, String>,
    next: Option<String>,
}

impl AuditPage {
    fn subject(&self) -> Field {
        let page = &self.page;
        let choice = |code: &&str| ((*code).to_owned(), named(page, "audit.subject", code));
        let choices: Vec<Choice> = SUBJECTS.iter().map(choice).collect();
        let field =
            page.field(&Returned::default(), "subject", "audit.subject", &self.query.subject);
        field.choose_or(page, "admin.all", &choices)
    }

    fn id(&self) -> Field {
        let field = self.page.field(&Returned::default(), "id", "audit.id", &self.query.id);
        field.class("input-digits w-8").mode("numeric")
    }

    fn at(&self, line: &audit::Model) -> String {
        to_jst(line.at).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn actor(&self, line: &audit::Model) -> String {
        match staff_in(&line.actor) {
            Some(id) => {
                let name = self.names.get(&id);
                name.map_or(line.actor.clone(), |name| format!("{name} ({id})"))
            }
            None => named(&self.page, "audit.actor", &line.actor),
        }
    }

    fn about(&self, line: &audit::Model) -> String {
        let subject = named(&self.page, "audit.subject", &line.subject);
        match line.subject_id {
            Some(id) => format!("{subject} {id}"),
            None => subject,
        }
    }

    fn action(&self, line: &audit::Model) -> String {
        named(&self.page, "audit.action", &line.action)
    }

    /// `a: 1, b: [x]` instead of JSON's braces.
    fn detail(&self, line: &audit::Model) -> String {
        let Some(fields) = line.detail.as_object() else { return line.detail.to_string() };
        let parts: Vec<String> = fields
            .iter()
            .map(|(name, value)| match value.as_str() {
                Some(text) => format!("{name}: {text}"),
                None => format!("{name}: {value}"),
            })
            .collect();
        parts.join(", ")
    }

    fn next_link(&self, next: &str) -> String {
        let (subject, id) = (known(&self.query.subject), number(&self.query.id));
        format!("/audit?subject={subject}&id={id}&after={next}")
    }
}

#[handler]
async fn list(visit: Visit<Audit>, Query(query): Query<AuditQuery>) -> Result<Response> {
    let filter = AuditFilter {
        subject: Some(known(&query.subject).to_owned()).filter(|subject| !subject.is_empty()),
        subject_id: number(&query.id).parse().ok(),
        actor: None,
    };
    let after = Some(query.after.as_str()).filter(|after| !after.is_empty());
    let found = queries::list_audit(visit.db(), &visit.scope, &filter, SIZE, after).await?;
    let ids: Vec<StaffId> = found.items.iter().filter_map(|row| staff_in(&row.actor)).collect();
    let names = queries::names(visit.db(), &ids).await?;

    render(&AuditPage { page: visit.page, query, lines: found.items, names, next: found.next })
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
