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
const HARMED: &str = include_str!("../../harmed.sql");

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
    let mut harmed = Vec::new();
    problems.extend(crate::seeds::problems());
    problems.extend(rules());
    problems.extend(surveys());

    match args.config.config(([127, 0, 0, 1], 8080).into()) {
        Ok(config) if config.lacks_proxy() => println!("warning: configuration: {NO_PROXY}"),
        Ok(_) => {}
        Err(error) => problems.push(format!("configuration: {error:#}")),
    }
    if let Ok(Some(warning)) = args.config.smtp_warning() {
        println!("warning: {warning}");
    }

    match Store::connect(&args.database.database).await {
        Ok(store) => {
            problems.extend(database(&store, &args.config.home).await);
            let base_url = args.config.base_url.as_deref().unwrap_or_default();
            match harmed_rows(&store, base_url.trim_end_matches('/')).await {
                Ok(rows) => harmed = rows,
                // A schema that lags behind is told already.
                Err(_) if !problems.is_empty() => {}
                Err(error) => problems.push(format!("data: {error:#}")),
            }
            store.close().await?;
        }
        Err(error) => problems.push(format!("database: {error:#}")),
    }

    for problem in &problems {
        println!("{problem}");
    }
    for row in &harmed {
        println!("{row}");
    }
    if !harmed.is_empty() {
        println!(
            "{} rows to look at: a fault of an earlier version may have damaged them",
            harmed.len()
        );
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
    // On another schema what is asked below would only fail.
    match store.schema().await {
        Ok(schema) if schema.is_usable() => {}
        Ok(schema) => {
            let pending = schema.pending.iter().map(|step| format!("schema: {step} is pending"));
            let lost = schema.lost.iter().map(|step| format!("schema: {step} is unknown here"));
            return pending.chain(lost).collect();
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

/// The rows that faults of earlier versions may have damaged, each with the page that mends it: ids
/// only, nothing personal. They are no inconsistency, and somebody has to look at each.
async fn harmed_rows(store: &Store, base_url: &str) -> anyhow::Result<Vec<String>> {
    let db = store.reader();
    let mut lines = Vec::new();
    for (what, page, sql) in harms(HARMED) {
        let statement = Statement::from_string(db.get_database_backend(), sql);
        for row in db.query_all_raw(statement).await? {
            let (id, of): (i64, i64) = (row.try_get("", "id")?, row.try_get("", "page")?);
            let page = page.replace("{page}", &of.to_string());
            lines.push(format!("to mend: {what}: {id}: {base_url}{page}"));
        }
    }
    Ok(lines)
}

/// The statements of `harmed.sql`, each with what is wrong and the page that mends it.
fn harms(text: &str) -> impl Iterator<Item = (String, String, String)> {
    statements(text).filter_map(move |(page, sql)| {
        let mark = format!("-- {page}\n{sql}");
        let before = text.split_once(&mark)?.0.trim_end();
        let what = before.lines().last()?.trim_start_matches("--").trim();
        Some((what.to_owned(), page, sql))
    })
}

/// The statements of `invariants.sql`, each under the name in the line above it.
fn statements(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(';').filter_map(|part| {
        let (comments, sql): (Vec<&str>, Vec<&str>) =
            part.trim().lines().partition(|line| line.starts_with("--"));
        let name = comments.last()?.trim_start_matches("--").trim().to_owned();
        let sql = sql.join("\n").trim().to_owned();
        (!sql.is_empty()).then_some((name, sql))
    })
}
