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
use crate::platform::web::form::Form;
use crate::platform::web::page::redirect;
use crate::platform::{App, Ctx, Error, Result, actor, outbox};

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
#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(default)]
    ids: Vec<i64>,
}

impl Batch {
    fn ids(&self) -> Vec<DeliveryId> {
        self.ids.iter().copied().map(DeliveryId).collect()
    }
}

#[handler]
async fn print(ctx: Ctx, app: App, form: Form<Batch>) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    let ids = &form.0.ids();
    let printed =
        app.store()
            .write(&ctx, "print_letters", |tx| async move {
                actions::print_letters(&tx, scope, ids).await
            })
            .await?;
    let query: Vec<String> = printed.iter().map(|id| format!("ids={id}")).collect();
    Ok(redirect(&format!("/post/letters?{}", query.join("&"))))
}

#[handler]
async fn posted(ctx: Ctx, app: App, form: Form<Batch>) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    let ids = &form.0.ids();
    app.store()
        .write(
            &ctx,
            "post_letters",
            |tx| async move { actions::mark_posted(&tx, scope, ids).await },
        )
        .await?;
    Ok(redirect("/post"))
}

/// These letters are out of the pile.
#[handler]
async fn taken(ctx: Ctx, app: App, form: Form<Batch>) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    let ids = &form.0.ids();
    app.store()
        .write(
            &ctx,
            "take_out_letters",
            |tx| async move { actions::take_out(&tx, scope, ids).await },
        )
        .await?;
    Ok(redirect("/post"))
}

/// How a call ended.
#[derive(Debug, Deserialize)]
struct Call {
    #[serde(default)]
    outcome: String,
    revision: Option<i32>,
}

#[handler]
async fn call(ctx: Ctx, app: App, Path(id): Path<i64>, form: Form<Call>) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    let outcome = match form.0.outcome.as_str() {
        "told" => Outcome::Told,
        "no_answer" => Outcome::NoAnswer,
        "voicemail" => Outcome::Voicemail,
        _ => return Err(Error::BadRequest),
    };
    let (revision, mail) = (form.0.revision, app.config().smtp_url.is_some());
    app.store()
        .write(&ctx, "record_call", |tx| async move {
            let id = DeliveryId(id);
            actions::record_outcome(&tx, scope, id, outcome, revision, mail).await
        })
        .await?;
    Ok(redirect("/post"))
}

/// Lets a job be tried again that was tried too often.
#[handler]
async fn revive(ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    app.store()
        .write(
            &ctx,
            "revive_job",
            |tx| async move { outbox::revive(&tx, scope, OutboxId(id)).await },
        )
        .await?;
    Ok(redirect("/post"))
}
