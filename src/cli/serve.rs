//! The service and its worker, until they are told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use chrono::TimeDelta;
use clap::Args;
use poem::{Endpoint, EndpointExt, Response, Route, get, handler};
use shirube::platform::web::{health, server};
use shirube::platform::{App, heartbeat, idempotency, outbox, rate};
use shirube::{bookings, notices, site, staff};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{ConfigArgs, DatabaseArg, ServeArgs, app, logs, open};

/// How long a stop waits for the job that runs.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause between two rounds of tidying.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
/// How long done jobs are kept.
const JOBS_KEPT_FOR: TimeDelta = TimeDelta::days(30);

#[derive(Args, Clone)]
pub struct WorkerArgs {
    #[command(flatten)]
    database: DatabaseArg,
    #[command(flatten)]
    config: ConfigArgs,
}

/// `shirube serve`
pub async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    logs::start();
    let store = open(&args.database.database).await?;
    let app = app(store, args.config.config(args.listen)?).await?;
    let listener = listen(args.listen).await?;
    run(app, listener, (!args.no_worker).then(|| std::future::ready(()))).await
}

/// `shirube worker`
pub async fn worker(args: WorkerArgs) -> anyhow::Result<()> {
    logs::start();
    let store = open(&args.database.database).await?;
    let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
    let app = app(store, args.config.config(listen)?).await?;
    let (stop, stopped) = watch::channel(false);
    let worker = start_worker(&app, &stopped, std::future::ready(()));
    until_told_to_stop().await;
    let _ = stop.send(true);
    finish(worker).await;
    app.store().clone().close().await
}

/// Opens the port.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    server::listen(address).with_context(|| format!("cannot listen on {address}"))
}

/// Serves until SIGTERM or SIGINT, then lets running requests and jobs finish. With a worker, it
/// begins when `worker_begins` ends.
pub async fn run(
    app: App,
    listener: TcpListener,
    worker_begins: Option<impl Future<Output = ()> + Send + 'static>,
) -> anyhow::Result<()> {
    health::start_metrics();
    let (stop, stopped) = watch::channel(false);
    let worker = worker_begins.map(|begins| start_worker(&app, &stopped, begins));
    let name = format!("serve-{}", &app.random().token()[..12]);
    let beating = tokio::spawn(heartbeat::run(app.clone(), name, when(stopped.clone())));

    let metrics = match app.config().metrics_listen {
        Some(address) => {
            let listener = listen(address).await?;
            let until = when(stopped.clone());
            Some(tokio::spawn(server::serve(listener, metrics_endpoint(app.clone()), until)))
        }
        None => None,
    };

    tracing::info!(version = env!("CARGO_PKG_VERSION"), "serving");
    let serving = tokio::spawn(server::serve(listener, site::endpoint(app.clone()), when(stopped)));
    until_told_to_stop().await;

    tracing::info!("stopping");
    let _ = stop.send(true);
    let _ = serving.await;
    if let Some(worker) = worker {
        finish(worker).await;
    }
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    let _ = beating.await;
    app.store().clone().close().await
}

fn start_worker(
    app: &App,
    stopped: &watch::Receiver<bool>,
    begins: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let name = format!("worker-{}", &app.random().token()[..12]);
    tokio::spawn(tidy(app.clone(), when(stopped.clone())));
    let work = outbox::work(app.clone(), name, site::handlers(), when(stopped.clone()));
    let stop = when(stopped.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = begins => work.await,
            () = stop => {}
        }
    })
}

async fn finish(worker: JoinHandle<()>) {
    if tokio::time::timeout(STOP_TIMEOUT, worker).await.is_err() {
        // Its lease ends by itself, and another worker does the job again.
        tracing::warn!("a job did not finish in time");
    }
}

/// Forgets what is only kept for a while: counters, answers to repeated requests, done jobs.
async fn tidy(app: App, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    loop {
        let ctx = app.system_ctx(app.home(), "tidy");
        let (requests, jobs) = (ctx.now - idempotency::KEPT_FOR, ctx.now - JOBS_KEPT_FOR);

        let done = app.store().write(&ctx, "forget_old", |tx| async move {
            idempotency::forget_old(&tx).await?;
            rate::forget_old(&tx, requests).await?;
            heartbeat::forget_old(&tx, requests).await?;
            staff::devices::forget_old(&tx).await?;
            bookings::actions::forget_origins(&tx).await?;
            notices::actions::forget_addresses(&tx).await?;
            outbox::forget_done(&tx, jobs).await
        });
        if let Err(error) = done.await {
            tracing::warn!(%error, "could not tidy up");
        }

        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(TIDY_EVERY) => {}
        }
    }
}

fn metrics_endpoint(app: App) -> impl Endpoint<Output = Response> + 'static {
    #[handler]
    async fn metrics(app: App) -> String {
        health::metrics_text(&app).await
    }
    Route::new().at("/metrics", get(metrics)).data(app).map_to_response()
}

/// Ends when the channel says stop, or nobody is left to say it.
async fn when(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn until_told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
