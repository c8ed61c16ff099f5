//! For monitors: is the process up, can it serve, and what has it done.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use poem::http::StatusCode;
use poem::{Request, Response, handler};

use crate::platform::{App, Error, Result, heartbeat, outbox};

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting; a second call keeps the first.
pub fn start_metrics() {
    METRICS.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        builder
            .install_recorder()
            .unwrap_or_else(|_| PrometheusBuilder::new().build_recorder().handle())
    });
}

/// `/healthz`: the process is up.
#[handler]
pub fn healthz() -> Response {
    text(StatusCode::OK, "ok")
}

/// `/readyz`: the database answers and stores, and its schema is one that this program can use.
#[handler]
pub async fn readyz(app: App) -> Response {
    if app.store().ping().await.is_err() {
        return text(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer");
    }
    if !heartbeat::is_storing(&app) {
        return text(StatusCode::SERVICE_UNAVAILABLE, "nothing can be stored");
    }
    match app.store().schema().await {
        Ok(schema) if schema.is_usable() => text(StatusCode::OK, "ready"),
        Ok(schema) if schema.lost.is_empty() => {
            text(StatusCode::SERVICE_UNAVAILABLE, "schema steps are pending: run `shirube migrate`")
        }
        Ok(_) => text(StatusCode::SERVICE_UNAVAILABLE, "the schema is that of a newer release"),
        Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "the schema cannot be read"),
    }
}

/// `/metrics`, to callers on this machine only.
#[handler]
pub async fn metrics_page(request: &Request, app: App) -> Result<Response> {
    let local = request.remote_addr().as_socket_addr().is_none_or(|addr| addr.ip().is_loopback());
    let forwarded = request.headers().contains_key("x-forwarded-for");
    if !local || forwarded {
        return Err(Error::NotFound);
    }
    Ok(text(StatusCode::OK, &metrics_text(&app).await))
}

/// All figures in Prometheus' text form.
pub async fn metrics_text(app: &App) -> String {
    if let Ok(waiting) = outbox::waiting_count(app.store(), app.now()).await {
        metrics::gauge!("shirube_outbox_waiting").set(waiting as f64);
    }
    if let Ok(dead) = outbox::dead(app.store()).await {
        metrics::gauge!("shirube_outbox_dead").set(dead.len() as f64);
    }
    metrics::counter!("shirube_statements_total").absolute(app.store().statement_count());
    METRICS.get().map(PrometheusHandle::render).unwrap_or_default()
}

fn text(status: StatusCode, body: &str) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .body(body.to_owned())
}
