//! Logs: JSON lines on standard error, without personal data.

use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, FilterFn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Libraries that would write addresses, letters or statements when asked for detail.
const TALKATIVE: [&str; 3] = ["lettre", "sqlx", "hyper"];

/// Starts writing logs; `SHIRUBE_LOG` sets the detail, `info` by default.
pub fn start() {
    start_at("info");
}

/// Starts writing logs of what goes wrong only, where a person reads the terminal.
pub fn start_quietly() {
    start_at("warn");
}

fn start_at(detail: &str) {
    let wanted = EnvFilter::try_from_env("SHIRUBE_LOG").unwrap_or_else(|_| EnvFilter::new(detail));
    let discreet = FilterFn::new(|meta| {
        *meta.level() <= Level::WARN
            || !TALKATIVE.iter().any(|name| meta.target().starts_with(name))
    });
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    // A second start in one process keeps the first.
    let _ = tracing_subscriber::registry().with(wanted).with(discreet).with(lines).try_init();
}
