//! Is everything consistent? A list of what is not.

use anyhow::bail;
use clap::Args;
use sea_orm::{ConnectionTrait, Statement};
use shirube::paths::rules::{Ruleset, SHIPPED_RULES};
use shirube::platform::clock::{Clock, SystemClock};
use shirube::platform::japan::time::to_jst;
use shirube::platform::web::forwarded;
use shirube::platform::{Store, words};
use shirube::surveys::rules as surveys;

use super::{ConfigArgs, DatabaseArg, NO_PROXY};

const INVARIANTS: &str = include_str!("../../invariants.sql");

#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    database: DatabaseArg,
    #[command(flatten)]
    config: ConfigArgs,
}

/// `shirube check`
pub async fn check(args: CheckArgs) -> anyhow::Result<()> {
    let mut problems = words::problems();
    problems.extend(crate::seeds::problems());
    problems.extend(rules());
    problems.extend(surveys());
    match args.config.config(([127, 0, 0, 1], 8080).into()) {
        Ok(config) if config.lacks_proxy() => println!("warning: configuration: {NO_PROXY}"),
        Ok(_) => {}
        Err(error) => problems.push(format!("configuration: {error:#}")),
    }
    match Store::connect(&args.database.database).await {
        Ok(store) => {
            problems.extend(database(&store, &args.config.home).await);
            store.close().await?;
        }
        Err(error) => problems.push(format!("database: {error:#}")),
    }
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} things are not consistent", problems.len());
    }
    println!("everything is consistent");
    Ok(())
}

/// What is wrong with the rules of paths.
fn rules() -> Vec<String> {
    match Ruleset::parse(SHIPPED_RULES) {
        Ok(rules) => rules.check().iter().map(|problem| format!("rules: {problem}")).collect(),
        Err(error) => vec![format!("rules: {error}")],
    }
}

/// What is wrong with the questionnaires and the rules of 定着.
fn surveys() -> Vec<String> {
    let mut problems = Vec::new();
    for (at, file) in surveys::QUESTIONNAIRE_FILES.iter().enumerate() {
        match surveys::Questionnaire::parse(file) {
            Ok(set) => problems.extend(
                set.check().iter().map(|problem| format!("questionnaire {}: {problem}", at + 1)),
            ),
            Err(error) => problems.push(format!("questionnaire {}: {error}", at + 1)),
        }
    }
    for (at, file) in surveys::RULE_FILES.iter().enumerate() {
        match surveys::Rule::parse(file) {
            Ok(rule) => match surveys::Questionnaire::on(rule.effective_on) {
                Some(set) => problems.extend(
                    rule.check(set)
                        .iter()
                        .map(|problem| format!("retention {}: {problem}", at + 1)),
                ),
                None => problems.push(format!("retention {}: no questionnaire", at + 1)),
            },
            Err(error) => problems.push(format!("retention {}: {error}", at + 1)),
        }
    }
    problems
}

async fn database(store: &Store, home: &str) -> Vec<String> {
    match store.pending_migrations().await {
        Ok(steps) if steps.is_empty() => {}
        Ok(steps) => {
            return steps.iter().map(|step| format!("schema: {step} is pending")).collect();
        }
        Err(error) => return vec![format!("schema: {error:#}")],
    }
    let mut problems = Vec::new();
    match forwarded::noticed(store, SystemClock.now()).await {
        Ok(Some(at)) => println!(
            "warning: at {} X-Forwarded-For came from a peer that --trusted-proxy does not name; \
             the log says which",
            to_jst(at).format("%F %R")
        ),
        Ok(None) => {}
        Err(error) => problems.push(format!("data: {error}")),
    }
    match shirube::places::queries::find_municipality_by_code(store.reader(), home).await {
        Ok(Some(_)) => {}
        Ok(None) => problems.push(format!("data: there is no municipality {home}")),
        Err(error) => problems.push(format!("data: {error}")),
    }
    let db = store.reader();
    for (name, sql) in statements(INVARIANTS) {
        let statement = Statement::from_string(db.get_database_backend(), sql);
        match db.query_all_raw(statement).await {
            Ok(rows) if rows.is_empty() => {}
            Ok(rows) => problems.push(format!("data: broken in {} rows: {name}", rows.len())),
            Err(error) => problems.push(format!("data: {name}: {error}")),
        }
    }
    problems
}

/// The statements of `invariants.sql`, each under the name in the line above it.
fn statements(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(';').filter_map(|part| {
        let (comments, sql): (Vec<&str>, Vec<&str>) =
            part.trim().lines().partition(|line| line.starts_with("--"));
        let name = comments.last()?.trim_start_matches("--").trim().to_owned();
        let sql = sql.join("\n");
        (!sql.trim().is_empty()).then_some((name, sql))
    })
}
