//! The schema.

use anyhow::Context as _;
use clap::Args;
use shirube::platform::Store;

use super::DatabaseArg;

#[derive(Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArg,
    /// Only say which steps are pending
    #[arg(long)]
    status: bool,
}

/// `shirube migrate`
pub async fn migrate(args: MigrateArgs) -> anyhow::Result<()> {
    let store =
        Store::connect(&args.database.database).await.context("cannot open the database")?;
    let schema = store.schema().await.context("cannot read the schema")?;
    if !args.status {
        store.migrate().await.context("cannot bring the schema up to date")?;
    }

    let word = if args.status { "pending" } else { "done" };
    for step in &schema.newer {
        println!("of a newer release: {step}");
    }
    for step in &schema.pending {
        println!("{word}: {step}");
    }
    if schema.pending.is_empty() {
        println!("the schema is current");
    }
    store.close().await
}
