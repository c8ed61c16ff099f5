//! Data sets from the shell.

use anyhow::bail;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use shirube::platform::clock::{Clock, SystemClock};
use shirube::platform::japan::time::instant;

use super::{DatabaseArg, demo, open};
use crate::seeds;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Set {
    /// Holidays and codes: they are built in and only checked
    Japan,
    /// Chiyoda: places, programmes and the plan of fiscal year 2024
    Chiyoda,
    /// Yokohama: the city, its 18 wards, the classes of fiscal year 2022, goals and results
    Yokohama,
    /// Meguro: the initiatives of fiscal year 2024 and their results
    Meguro,
    /// Minato: the plan of fiscal years 2021 to 2026
    Minato,
    /// Invented staff, people and sessions around today
    Demo,
    /// A large municipality of invented people, for measuring
    Synthetic,
}

#[derive(Args)]
pub struct SeedArgs {
    /// Sets to load, in this order
    #[arg(required = true)]
    sets: Vec<Set>,
    #[command(flatten)]
    database: DatabaseArg,
    /// Password of all demo logins [default: random ones are printed]
    #[arg(long, env = "SHIRUBE_DEMO_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// The evening around which the demo is made, to rehearse another season [default: now]
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<NaiveDate>,
    /// People of the synthetic set
    #[arg(long, default_value_t = 10_000)]
    residents: u32,
    /// The same seed makes the same people
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// When the call centre has closed and the day's history is complete.
const EVENING: TimeDelta = TimeDelta::hours(20);

/// `shirube seed`
pub async fn seed(args: SeedArgs) -> anyhow::Result<()> {
    let problems = seeds::problems();
    if !problems.is_empty() {
        bail!("the data sets are not consistent: {}", problems.join("; "));
    }

    let store = open(&args.database.database).await?;
    let now: DateTime<Utc> = match args.today {
        Some(day) => instant(day, NaiveTime::MIN) + EVENING,
        None => SystemClock.now(),
    };

    for set in &args.sets {
        match set {
            Set::Japan => println!("japan: holidays and codes are built in"),
            Set::Chiyoda => println!("chiyoda: {} new rows", seeds::chiyoda(&store, now).await?),
            Set::Yokohama => println!("yokohama: {} new rows", seeds::yokohama(&store, now).await?),
            Set::Meguro => println!("meguro: {} new rows", seeds::meguro(&store, now).await?),
            Set::Minato => println!("minato: {} new rows", seeds::minato(&store, now).await?),
            Set::Demo => {
                demo::print_logins(&seeds::demo(&store, now, args.password.as_deref()).await?)
            }
            Set::Synthetic => {
                let made = seeds::synthetic(&store, now, args.residents, args.seed).await?;
                println!("synthetic: {made} new people");
            }
        }
    }
    store.close().await
}
