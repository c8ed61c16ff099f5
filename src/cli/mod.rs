//! The command line. Every option can also be given as an environment variable `SHIRUBE_*`.

mod check;
mod copies;
mod demo;
mod logs;
mod migrate;
mod seed;
mod serve;
mod user;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use shirube::notices::mail::{Mailer, SmtpSettings};
use shirube::places;
use shirube::platform::config::Config;
use shirube::platform::{App, Store};

/// しるべ: help for people who want to live with a smartphone
#[derive(Parser)]
#[command(name = "shirube", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try it: an embedded database with the Chiyoda plan and invented people, served at once
    Demo(demo::DemoArgs),
    /// The service
    Serve(ServeArgs),
    /// Only the background worker: mails, offers that run out
    Worker(serve::WorkerArgs),
    /// Bring the schema up to date
    Migrate(migrate::MigrateArgs),
    /// Load data sets; loading one twice changes nothing
    Seed(seed::SeedArgs),
    /// Staff logins from the shell
    #[command(subcommand)]
    User(user::UserCommand),
    /// Copy the running embedded database to a file
    Backup(copies::BackupArgs),
    /// Put such a copy back; stop the service first
    Restore(copies::RestoreArgs),
    /// After a copy was put back by other tools: hold what it would send
    Hold(copies::HoldArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Look whether configuration, schema, wording, rules and data are consistent
    Check(check::CheckArgs),
}

#[derive(Args, Clone)]
struct DatabaseArg {
    /// sqlite://PATH or postgres://USER@HOST/NAME
    #[arg(long, env = "SHIRUBE_DATABASE", default_value = "sqlite://data/shirube.db")]
    database: String,
}

#[derive(Args, Clone)]
struct ConfigArgs {
    /// Where browsers reach the service [default: http:// and the address it listens on]
    #[arg(long, env = "SHIRUBE_BASE_URL")]
    base_url: Option<String>,
    /// Networks of proxies whose X-Forwarded-For is believed
    #[arg(long, env = "SHIRUBE_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    trusted_proxy: Vec<ipnet::IpNet>,
    /// Code of the municipality of the public pages
    #[arg(long, env = "SHIRUBE_HOME", value_name = "CODE", default_value = "131016")]
    home: String,
    /// Mail server, such as smtp://127.0.0.1:25 [default: mails are not sent, calls and letters are]
    #[arg(long, env = "SHIRUBE_SMTP", value_name = "URL")]
    smtp: Option<String>,
    /// Do not show /api/docs
    #[arg(long, env = "SHIRUBE_NO_API_DOCS")]
    no_api_docs: bool,
    /// Serve /metrics on an address of its own [default: on the service, to this machine only]
    #[arg(long, env = "SHIRUBE_METRICS_LISTEN", value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
}

#[derive(Args, Clone)]
struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArg,
    #[command(flatten)]
    config: ConfigArgs,
    /// Address to listen on
    #[arg(long, env = "SHIRUBE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Leave mails and offers to `shirube worker`
    #[arg(long, env = "SHIRUBE_NO_WORKER")]
    no_worker: bool,
}

impl ConfigArgs {
    fn config(&self, listen: SocketAddr) -> anyhow::Result<Config> {
        let base_url = match &self.base_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{listen}"),
        };
        if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
            bail!("the base URL must begin with http:// or https://");
        }

        if let Some(warning) = self.smtp_warning()? {
            tracing::warn!("{warning}");
        }

        Ok(Config {
            base_url,
            trusted_proxies: self.trusted_proxy.clone(),
            home_code: self.home.clone(),
            smtp_url: self.smtp.clone(),
            api_docs: !self.no_api_docs,
            metrics_listen: self.metrics_listen,
        })
    }
}

impl ConfigArgs {
    /// What is unwise, but not wrong, about the mail server.
    ///
    /// # Errors
    /// The address names no mail server: every mail would be tried for hours and then be lost.
    fn smtp_warning(&self) -> anyhow::Result<Option<&'static str>> {
        let Some(url) = self.smtp.clone() else { return Ok(None) };
        let settings = SmtpSettings { url, timeout: Duration::from_secs(10) };
        Mailer::new(&settings).context("--smtp")?;
        let open = settings.is_open_to_listeners();
        Ok(open.then_some("--smtp sends names and addresses unencrypted: add ?tls=required"))
    }
}

/// Runs the command line and answers the exit status: 0, 1 with a line on standard error,
/// 2 for wrong usage.
pub fn run() -> ExitCode {
    shirube::site::open();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(command(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("shirube: {}", format!("{error:#}").replace(['\n', '\r'], " "));
    ExitCode::FAILURE
}

async fn command(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::demo(args).await,
        Command::Serve(args) => serve::serve(args).await,
        Command::Worker(args) => serve::worker(args).await,
        Command::Migrate(args) => migrate::migrate(args).await,
        Command::Seed(args) => seed::seed(args).await,
        Command::User(command) => user::user(command).await,
        Command::Backup(args) => copies::backup(args).await,
        Command::Restore(args) => copies::restore(args).await,
        Command::Hold(args) => copies::hold(args).await,
        Command::Openapi => {
            println!("{}", shirube::site::openapi());
            Ok(())
        }
        Command::Check(args) => check::check(args).await,
    }
}

/// Connects, and sees to the schema: an embedded database is migrated, any other must be current.
async fn open(url: &str) -> anyhow::Result<Store> {
    let store = Store::connect(url).await.context("cannot open the database")?;
    if store.is_embedded() {
        store.migrate().await.context("cannot bring the schema up to date")?;
        return Ok(store);
    }
    let schema = store.schema().await.context("cannot read the schema")?;
    if !schema.lost.is_empty() {
        bail!("a newer release has changed the schema: use that program");
    }
    if !schema.pending.is_empty() {
        let pending = schema.pending.len();
        bail!("{pending} schema steps are pending: run `shirube migrate` first");
    }
    Ok(store)
}

/// What start and `check` say of a service behind https without a named proxy.
const NO_PROXY: &str = "the base URL is https, but no proxy is named with --trusted-proxy: all \
                        visitors would count as one network, and share its limits";

/// The app on a database that holds the municipality of the public pages.
async fn app(store: Store, config: Config) -> anyhow::Result<App> {
    let home =
        places::queries::find_municipality_by_code(store.reader(), &config.home_code).await?;
    let Some(home) = home else {
        bail!(
            "there is no municipality {} in the database: load it with `shirube seed chiyoda`",
            config.home_code
        );
    };
    if config.lacks_proxy() {
        tracing::warn!("{NO_PROXY}");
    }
    let app = App::from_system(store, config, home);
    app.secret().await.context("cannot read the secret of the database")?;
    Ok(app)
}
