//! Plans with their editions, procedures and savings, as the documents print them.

use std::collections::HashMap;

use anyhow::bail;
use entity::ProgrammeId;
use shirube::goals::actions::{self, NewProcedure, NewSaving};
use shirube::goals::rules::document::{Document, Files, read};
use shirube::platform::{Ctx, Scope, Store};
use shirube::programmes;

use super::tables::rows;

macro_rules! files {
    ($town:literal) => {
        Files {
            plan: include_str!(concat!("../../seeds/", $town, "/goals.toml")),
            themes: include_str!(concat!("../../seeds/", $town, "/goal_themes.csv")),
            items: include_str!(concat!("../../seeds/", $town, "/goal_items.csv")),
            measures: include_str!(concat!("../../seeds/", $town, "/goal_measures.csv")),
            cells: include_str!(concat!("../../seeds/", $town, "/goal_cells.csv")),
            actuals: include_str!(concat!("../../seeds/", $town, "/goal_actuals.csv")),
            reviews: include_str!(concat!("../../seeds/", $town, "/goal_reviews.csv")),
        }
    };
}

const YOKOHAMA: Files<'_> = files!("yokohama");
const MEGURO: Files<'_> = files!("meguro");
const MINATO: Files<'_> = files!("minato");
const PROCEDURES: &str = include_str!("../../seeds/yokohama/procedures.csv");
const SAVINGS: &str = include_str!("../../seeds/yokohama/time_savings.csv");

/// What is wrong with the files, with the folder that it is in.
pub fn problems() -> Vec<(&'static str, String)> {
    let any = |_: &str| Some(ProgrammeId(0));
    let mut found = Vec::new();
    for (town, files) in [("yokohama", YOKOHAMA), ("meguro", MEGURO), ("minato", MINATO)] {
        let problems = read(&files, &any).err().unwrap_or_default();
        found.extend(problems.into_iter().map(|problem| (town, problem)));
    }

    match procedures() {
        Ok(rows) => {
            let gap = (1..).zip(&rows).find(|(rank, row)| row.rank != *rank);
            found.extend(gap.map(|(rank, _)| ("yokohama", format!("procedures.csv: no {rank}"))));
        }
        Err(error) => found.push(("yokohama", format!("procedures.csv: {error:#}"))),
    }

    if let Err(error) = savings() {
        found.push(("yokohama", format!("time_savings.csv: {error:#}")));
    }
    found
}

fn procedures() -> anyhow::Result<Vec<NewProcedure>> {
    rows(PROCEDURES)
}

fn savings() -> anyhow::Result<Vec<NewSaving>> {
    rows(SAVINGS)
}

async fn document(store: &Store, ctx: &Ctx, files: &Files<'_>) -> anyhow::Result<Document> {
    let scope = Scope::whole(ctx.home);
    let known = programmes::queries::list_programmes(store.reader(), &scope).await?;
    let known: HashMap<String, ProgrammeId> =
        known.into_iter().map(|programme| (programme.code, programme.id)).collect();
    match read(files, &|code| known.get(code).copied()) {
        Ok(document) => Ok(document),
        Err(problems) => bail!("{}", problems.join("; ")),
    }
}

async fn load(store: &Store, ctx: &Ctx, files: &Files<'_>) -> anyhow::Result<u64> {
    let (document, scope) = (&document(store, ctx, files).await?, &Scope::whole(ctx.home));
    let work = async |tx| Ok(actions::load_plan(&tx, scope, document).await?.1);
    Ok(store.write(ctx, "seed_goals", work).await?)
}

/// Loads Yokohama's plan with its procedures and savings; answers how many rows are new.
pub async fn yokohama(store: &Store, ctx: &Ctx) -> anyhow::Result<u64> {
    let (document, scope) = (&document(store, ctx, &YOKOHAMA).await?, &Scope::whole(ctx.home));
    let (procedures, savings) = (&procedures()?, &savings()?);
    let work = async |tx| {
        let (plan, mut new) = actions::load_plan(&tx, scope, document).await?;
        new += actions::load_procedures(&tx, scope, plan, procedures).await?;
        new += actions::load_savings(&tx, scope, plan, savings).await?;
        Ok(new)
    };
    Ok(store.write(ctx, "seed_goals", work).await?)
}

/// Loads Meguro's initiatives; answers how many editions are new.
pub async fn meguro(store: &Store, ctx: &Ctx) -> anyhow::Result<u64> {
    load(store, ctx, &MEGURO).await
}

/// Loads Minato's initiatives; answers how many editions are new.
pub async fn minato(store: &Store, ctx: &Ctx) -> anyhow::Result<u64> {
    load(store, ctx, &MINATO).await
}
