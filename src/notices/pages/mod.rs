//! Letters to print and post, calls to make, mails that did not arrive; and the letters.

mod held;
mod letters;
mod queue;

use entity::{DeliveryId, OutboxId};
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use super::actions;
use super::rules::Outcome;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Form;
use crate::platform::web::page::redirect;
use crate::platform::{Error, Result, outbox};
use crate::residents::Desk;

/// Mounts the pages of notices.
pub fn pages(route: Route) -> Route {
    route
        .at("/post", get(queue::show))
        .at("/post/print", post(print))
        .at("/post/posted", post(posted))
        .at("/post/taken", post(taken))
        .at("/post/letters", get(letters::show))
        .at("/post/held", get(held::show).post(held::decide))
        .at("/post/calls/:id", post(call))
        .at("/post/jobs/:id", post(revive))
}

/// The letters that a button stands for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Batch {
    ids: Vec<DeliveryId>,
}

#[handler]
async fn print(visit: Visit<Desk>, Form(batch): Form<Batch>) -> Result<Response> {
    let ids = &batch.ids;
    let work = |tx, scope| async move { actions::print_letters(&tx, scope, ids).await };
    let printed = visit.does("print_letters", work).await?;
    let query: Vec<String> = printed.iter().map(|id| format!("ids={id}")).collect();
    Ok(redirect(&format!("/post/letters?{}", query.join("&"))))
}

#[handler]
async fn posted(visit: Visit<Desk>, Form(batch): Form<Batch>) -> Result<Response> {
    let ids = &batch.ids;
    let work = |tx, scope| async move { actions::mark_posted(&tx, scope, ids).await };
    visit.does("post_letters", work).await?;
    Ok(redirect("/post"))
}

/// These letters are out of the pile.
#[handler]
async fn taken(visit: Visit<Desk>, Form(batch): Form<Batch>) -> Result<Response> {
    let ids = &batch.ids;
    let work = |tx, scope| async move { actions::take_out(&tx, scope, ids).await };
    visit.does("take_out_letters", work).await?;
    Ok(redirect("/post"))
}

/// How a call ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallForm {
    outcome: String,
    revision: Option<i32>,
}

#[handler]
async fn call(
    visit: Visit<Desk>,
    Path(id): Path<DeliveryId>,
    Form(form): Form<CallForm>,
) -> Result<Response> {
    let outcome = match form.outcome.as_str() {
        "told" => Outcome::Told,
        "no_answer" => Outcome::NoAnswer,
        "voicemail" => Outcome::Voicemail,
        _ => return Err(Error::BadRequest),
    };
    let revision = form.revision;
    let mail = visit.app.config().smtp_url.is_some();
    let work = |tx, scope| async move {
        let made = actions::record_outcome(&tx, scope, id, outcome, revision, mail).await;
        made.map(|row| row.id)
    };
    visit.does("record_call", work).await?;
    Ok(redirect("/post"))
}

/// Lets a job be tried again that was tried too often.
#[handler]
async fn revive(visit: Visit<Desk>, Path(id): Path<OutboxId>) -> Result<Response> {
    let work = |tx, scope| async move { outbox::revive(&tx, scope, id).await };
    visit.does("revive_job", work).await?;
    Ok(redirect("/post"))
}
