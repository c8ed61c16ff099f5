//! A first look: data, logins, address.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;

use clap::Args;
use shirube::platform::clock::{Clock, SystemClock};
use tokio::sync::oneshot;

use super::{ConfigArgs, DatabaseArg, app, logs, open, serve};
use crate::seeds::{self, DemoLogin, Rest};

#[derive(Args)]
pub struct DemoArgs {
    #[command(flatten)]
    database: DatabaseArg,
    #[command(flatten)]
    config: ConfigArgs,
    /// Address to listen on
    #[arg(long, env = "SHIRUBE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Password of all demo logins [default: random ones are printed once]
    #[arg(long, env = "SHIRUBE_DEMO_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

/// `shirube demo`
pub async fn demo(args: DemoArgs) -> anyhow::Result<()> {
    logs::start_quietly();
    let listener = serve::listen(args.listen).await?;
    println!("Shirube: preparing the towns of the papers and people who are all invented ...");
    let store = open(&args.database.database).await?;
    let now = SystemClock.now();
    seeds::chiyoda(&store, now).await?;
    seeds::yokohama(&store, now).await?;
    seeds::meguro(&store, now).await?;
    seeds::minato(&store, now).await?;
    let (logins, rest) = seeds::prepare(&store, now, args.password.as_deref()).await?;

    let app = app(store, args.config.config(listener.local_addr()?)?).await?;
    println!("\nEverybody: {0}\nStaff:     {0}/login, as one of these:\n", app.config().base_url);
    print_logins(&logins);
    println!("\nCtrl+C ends it.");

    // The worker would do the jobs of the past in the present: it waits for the end of the past.
    let (is_played, past) = oneshot::channel();
    let play = async {
        tell_past(&rest).await;
        let _ = is_played.send(());
        std::future::pending().await
    };
    let worker_begins = async {
        let _ = past.await;
    };
    tokio::select! {
        served = serve::run(app, listener, Some(worker_begins)) => served,
        never = play => never,
    }
}

/// Plays what has happened so far while the service already answers, with a line of progress where
/// somebody reads the terminal.
async fn tell_past(rest: &Rest) {
    let past = match rest {
        Rest::Nothing => return,
        Rest::Interrupted => {
            eprintln!(
                "The demo was stopped while its history was made, and stays as it is: \
                 to have it whole, begin with another --database."
            );
            return;
        }
        Rest::Past(past) => past,
    };

    let line = |text: &str| {
        let mut out = std::io::stdout();
        if out.is_terminal() {
            // Over the line before.
            let _ = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
        }
    };
    let played = past.play(|done| line(&format!("Their last 200 days are being told: {done} %")));
    let played = played.await;
    line("");
    if let Err(error) = played {
        eprintln!("shirube: the demo's history stopped: {error:#}");
    }
}

/// Tells the logins with the passwords that were set just now.
pub fn print_logins(logins: &[DemoLogin]) {
    println!("  {:<10} {:<31} password", "login", "work");
    for login in logins {
        let password =
            login.password.as_deref().unwrap_or("(as before; --password sets a new one)");
        println!("  {:<10} {:<31} {password}", login.login, login.roles.replace('_', " "));
    }
}
