//! Staff logins from the shell.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use entity::StaffId;
use entity::staff::role_grant::Role;
use shirube::places;
use shirube::platform::{App, Error};
use shirube::programmes;
use shirube::staff::actions::{self, NewStaff};
use shirube::staff::passwords;
use shirube::staff::queries;
use shirube::staff::rules::NewGrant;

use super::{DatabaseArg, app, open};
use shirube::platform::config::Config;

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a staff member with a role
    Add(AddArgs),
    /// Set a password; everybody who uses the login is logged out
    Passwd(PasswdArgs),
    /// Close a login
    Disable(DisableArgs),
}

#[derive(Args)]
pub struct AddArgs {
    /// Name to log in with
    login: String,
    /// Name as it is written
    #[arg(long)]
    name: String,
    /// Name as it is read, in kana
    #[arg(long)]
    kana: String,
    /// Role, for all programmes or one: operator, teacher:classes; may be given several times
    #[arg(long, required = true, value_name = "ROLE[:PROGRAMME]")]
    role: Vec<String>,
    #[command(flatten)]
    who: Who,
}

#[derive(Args)]
pub struct PasswdArgs {
    /// Name to log in with
    login: String,
    #[command(flatten)]
    who: Who,
}

#[derive(Args)]
pub struct DisableArgs {
    /// Name to log in with
    login: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Who {
    #[command(flatten)]
    place: Place,
    /// Password of at least 15 characters [default: a random one is printed]
    #[arg(long, env = "SHIRUBE_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

#[derive(Args)]
struct Place {
    /// Code of the municipality
    #[arg(long, env = "SHIRUBE_HOME", value_name = "CODE", default_value = "131016")]
    municipality: String,
    #[command(flatten)]
    database: DatabaseArg,
}

/// `shirube user`
pub async fn user(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(args) => add(args).await,
        UserCommand::Passwd(args) => passwd(args).await,
        UserCommand::Disable(args) => disable(args).await,
    }
}

async fn open_app(place: &Place) -> anyhow::Result<App> {
    let store = open(&place.database.database).await?;
    app(store, Config { home_code: place.municipality.clone(), ..Config::default() }).await
}

/// A password: the given one, or a new one that is told.
async fn password(
    app: &App,
    given: Option<&str>,
    login: &str,
) -> anyhow::Result<passwords::Hashed> {
    let random = app.random().token()[..20].to_owned();
    let typed = given.unwrap_or(&random);
    let hashed = passwords::accept(typed, login).await.map_err(in_words)?;
    if given.is_none() {
        println!("password: {random}");
    }
    Ok(hashed)
}

/// An error as a sentence, as the pages would say it.
fn in_words(error: Error) -> anyhow::Error {
    use shirube::platform::{Lang, words};
    let sentence = match &error {
        Error::Invalid(fields) => fields
            .iter()
            .map(|field| {
                let values: Vec<(&str, &str)> =
                    field.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                format!("{}: {}", field.field, words::fill(Lang::En, field.wording, &values))
            })
            .collect::<Vec<_>>()
            .join(" "),
        Error::Refused(refusal) => {
            words::text(Lang::En, &format!("refused.{}", refusal.code)).to_owned()
        }
        other => other.to_string(),
    };
    anyhow::anyhow!(sentence)
}

async fn add(args: AddArgs) -> anyhow::Result<()> {
    let app = open_app(&args.who.place).await?;
    let ctx = app.system_ctx(app.home(), "cli");
    let scope = ctx.public_scope();
    let listed = programmes::queries::list_programmes(app.store().reader(), &scope).await?;

    let mut grants = Vec::new();
    for text in &args.role {
        let (role, programme) =
            text.split_once(':').map_or((text.as_str(), None), |(r, p)| (r, Some(p)));
        let role = Role::from_text(role).with_context(|| format!("there is no role {role}"))?;
        let programme_id = match programme {
            None => None,
            Some(code) => match listed.iter().find(|row| row.code == code) {
                Some(row) => Some(row.id),
                None => bail!("there is no programme {code}"),
            },
        };
        let from_on = ctx.today();
        grants.push(NewGrant { role, programme_id, ward_id: None, from_on, until_on: None });
    }

    let new = NewStaff {
        login: args.login.clone(),
        name: args.name,
        kana: args.kana,
        password: password(&app, args.who.password.as_deref(), &args.login).await?,
    };

    let (new, grants) = (&new, &grants);
    let done = app.store().write(&ctx, "create_staff", |tx| async move {
        let id = actions::create_staff(&tx, new).await?;
        for grant in grants {
            actions::grant_role(&tx, id, grant).await?;
        }
        Ok(())
    });
    done.await.map_err(in_words)?;

    println!("added {}", args.login);
    app.store().clone().close().await
}

async fn find(app: &App, login: &str) -> anyhow::Result<StaffId> {
    let found = queries::find_by_login(app.store().reader(), login).await?;
    match found {
        Some(staff) if staff.municipality_id == app.home() => Ok(staff.id),
        _ => bail!("there is no login {login}: {}", places_hint(app).await?),
    }
}

async fn places_hint(app: &App) -> anyhow::Result<String> {
    let home = places::queries::get_municipality(app.store().reader(), app.home()).await?;
    Ok(format!("not in {} ({})", home.name_en, home.code))
}

async fn passwd(args: PasswdArgs) -> anyhow::Result<()> {
    let app = open_app(&args.who.place).await?;
    let id = find(&app, &args.login).await?;
    let hashed = password(&app, args.who.password.as_deref(), &args.login).await?;
    let (ctx, hashed) = (app.system_ctx(app.home(), "cli"), &hashed);
    app.store()
        .write(
            &ctx,
            "set_password",
            |tx| async move { actions::set_password(&tx, id, hashed).await },
        )
        .await
        .map_err(in_words)?;
    println!("changed the password of {}", args.login);
    app.store().clone().close().await
}

async fn disable(args: DisableArgs) -> anyhow::Result<()> {
    let app = open_app(&args.place).await?;
    let id = find(&app, &args.login).await?;
    let ctx = app.system_ctx(app.home(), "cli");

    app.store()
        .write(
            &ctx,
            "disable_staff",
            |tx| async move { actions::disable_staff(&tx, id, None).await },
        )
        .await
        .map_err(in_words)?;
    println!("closed the login {}", args.login);

    let scope = ctx.public_scope();
    for ahead in queries::sessions_ahead(app.store().reader(), &scope, id, ctx.now).await? {
        println!("still named in session {}: /sessions/{0}/change", ahead.session_id);
    }
    app.store().clone().close().await
}
