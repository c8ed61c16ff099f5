//! Which web bookings came in a burst: many, soon after each other, from one network.

use chrono::{DateTime, TimeDelta, Utc};
use entity::BookingId;

/// Fewest bookings of a burst. A community centre that helps a class to book makes one too: the
/// office looks, and decides.
pub const FEWEST: usize = 8;
/// Longest pause between two bookings of one burst.
pub const PAUSE: TimeDelta = TimeDelta::minutes(10);
/// How long is kept from which network a booking came.
pub const ORIGINS_KEPT_FOR: TimeDelta = TimeDelta::days(14);

/// From where a booking came, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    pub booking_id: BookingId,
    /// Digest of the wider network.
    pub wider: String,
    pub at: DateTime<Utc>,
}

/// The bursts among these bookings, the latest first; in each the bookings in their order.
pub fn bursts(mut all: Vec<Came>) -> Vec<Vec<Came>> {
    all.sort_by(|a, b| (&a.wider, a.at, a.booking_id).cmp(&(&b.wider, b.at, b.booking_id)));
    let mut found: Vec<Vec<Came>> = Vec::new();
    for came in all {
        match found.last_mut() {
            Some(run) if run.last().is_some_and(|last| follows(last, &came)) => run.push(came),
            _ => found.push(vec![came]),
        }
    }
    found.retain(|run| run.len() >= FEWEST);
    found.sort_by_key(|run| std::cmp::Reverse(run.last().map(|last| (last.at, last.booking_id))));
    found
}

fn follows(last: &Came, next: &Came) -> bool {
    last.wider == next.wider && next.at - last.at <= PAUSE
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn came(id: i64, wider: &str, minute: i64) -> Came {
        let nine = Utc.with_ymd_and_hms(2024, 7, 1, 0, 0, 0).single().expect("valid");
        let at = nine + TimeDelta::minutes(minute);
        Came { booking_id: BookingId(id), wider: wider.to_owned(), at }
    }

    /// `count` bookings from a network, each `step` minutes after the one before.
    fn run(from: i64, wider: &str, start: i64, step: i64, count: i64) -> Vec<Came> {
        (0..count).map(|i| came(from + i, wider, start + i * step)).collect()
    }

    #[test]
    fn a_burst_is_many_bookings_from_one_network_soon_after_each_other() {
        for (all, want) in [
            (run(1, "a", 0, 0, 7), vec![]),
            (run(1, "a", 0, 0, 8), vec![(1, 8)]),
            (run(1, "a", 0, 10, 8), vec![(1, 8)]),
            (run(1, "a", 0, 11, 8), vec![]),
            // Others in between do not break it, and belong to none.
            ([run(1, "a", 0, 1, 8), run(20, "b", 0, 1, 7)].concat(), vec![(1, 8)]),
            // Two networks, and one network twice: the latest first.
            ([run(1, "a", 0, 1, 8), run(20, "b", 5, 1, 9)].concat(), vec![(20, 9), (1, 8)]),
            ([run(1, "a", 0, 1, 8), run(20, "a", 60, 1, 8)].concat(), vec![(20, 8), (1, 8)]),
            (run(1, "a", 0, 1, 8).into_iter().rev().collect(), vec![(1, 8)]),
        ] {
            let found = bursts(all.clone());
            let found: Vec<_> = found.iter().map(|run| (run[0].booking_id.0, run.len())).collect();
            assert_eq!(found, want, "{all:?}");
        }
    }
}
