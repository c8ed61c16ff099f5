//! Wrong tries at the login, counted across all processes.
//!
//! Only wrong tries count. The tight limit is on one login from one client, so that somebody
//! who guesses elsewhere does not shut out the person at the desk; the wide ones stop guesses
//! that are spread over clients or over logins.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use entity::platform::rate_counter::{Column, Entity};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::platform::random::digest;
use crate::platform::rate::{self, Limit};
use crate::platform::{App, Ctx, Error, Result};

const MINUTES: i64 = 15;
/// One login from one client.
const PAIR: Limit = Limit { name: "login_pair", hits: 10, minutes: MINUTES };
/// One login from anywhere (NIST SP 800-63B-4 allows 100 wrong tries in a row).
const LOGIN: Limit = Limit { name: "login_name", hits: 100, minutes: MINUTES };
/// One client, whatever the login.
const CLIENT: Limit = Limit { name: "login_client", hits: 60, minutes: MINUTES };

/// The counters of one try.
pub(super) struct Attempts(Vec<(Limit, String)>);

impl Attempts {
    /// A try at `login` from `client`.
    pub(super) fn of(client: Option<IpAddr>, login: &str) -> Self {
        let network = client.map(|ip| network(ip).to_string());
        let pair = format!("{login} {}", network.as_deref().unwrap_or_default());
        let mut counters = vec![(PAIR, pair), (LOGIN, login.to_owned())];
        // Clients without an address are not one client.
        counters.extend(network.map(|network| (CLIENT, network)));
        Self(counters)
    }

    /// Refuses when there were too many wrong tries; counts nothing.
    ///
    /// # Errors
    /// `TooMany` with the seconds until the window ends.
    pub(super) async fn ensure_left(
        &self,
        db: &impl ConnectionTrait,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let start = window_start(now);
        for (limit, who) in &self.0 {
            let bucket = format!("{}:{}", limit.name, &digest(&[who.as_bytes()])[..32]);
            let row = Entity::find()
                .filter(Column::Bucket.eq(bucket))
                .filter(Column::WindowStart.eq(start))
                .one(db)
                .await?;
            if row.is_some_and(|row| row.hits >= limit.hits) {
                let left = start + TimeDelta::minutes(limit.minutes) - now;
                let seconds = u32::try_from(left.num_seconds()).unwrap_or(0);
                return Err(Error::TooMany(seconds.max(1)));
            }
        }
        Ok(())
    }

    /// Counts a wrong try.
    pub(super) async fn count(&self, app: &App, ctx: &Ctx) -> Result<()> {
        for (limit, who) in &self.0 {
            rate::count(app.store(), ctx, *limit, who).await?;
        }
        Ok(())
    }
}

/// One household or office has a whole /64 of IPv6 addresses.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) >> 64 << 64).into()),
        ip => ip,
    }
}

fn window_start(now: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = MINUTES * 60;
    DateTime::from_timestamp(now.timestamp().div_euclid(seconds) * seconds, 0).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_as_one_client() {
        for (a, b, same) in [
            ("2001:db8::1", "2001:db8::ffff:2", true),
            ("2001:db8:0:1::1", "2001:db8::1", false),
            ("203.0.113.9", "203.0.113.10", false),
            ("::ffff:203.0.113.9", "203.0.113.9", true),
        ] {
            let of = |text: &str| network(text.parse().unwrap());
            assert_eq!(of(a) == of(b), same, "{a} {b}");
        }
    }
}
