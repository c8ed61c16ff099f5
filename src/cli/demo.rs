//! A first look: data, logins, address.

use std::net::SocketAddr;

use clap::Args;
use shirube::platform::clock::{Clock, SystemClock};

use super::{ConfigArgs, DatabaseArg, app, logs, open, serve};
use crate::seeds::{self, DemoLogin};

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
    let logins = seeds::demo(&store, now, args.password.as_deref()).await?;

    let app = app(store, args.config.config(listener.local_addr()?)?).await?;
    println!("\nEverybody: {0}\nStaff:     {0}/login, as one of these:\n", app.config().base_url);
    print_logins(&logins);
    println!("\nCtrl+C ends it.");
    serve::run(app, listener, true).await
}

/// Tells the logins with the passwords that were set just now.
pub fn print_logins(logins: &[DemoLogin]) {
    println!("  {:<10} {:<28} password", "login", "work");
    for login in logins {
        let password =
            login.password.as_deref().unwrap_or("(as before; --password sets a new one)");
        println!("  {:<10} {:<28} {password}", login.login, login.roles);
    }
}
