//! Which share of the seats is kept for phone and counter.

use chrono::{DateTime, TimeDelta, Utc};

/// How long after a session opened a share of its seats is kept for phone and counter: whoever has
/// to dial is not overtaken by whoever, or whatever, clicks.
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);
/// One seat in so many is kept.
const KEPT_ONE_IN: i32 = 3;

/// What decides how many seats the web may take.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub capacity: i32,
    pub taken: i32,
    /// Seats that were booked on the web, among those taken.
    pub by_web: i32,
    /// Since when the public can book; none: since long ago.
    pub opened_at: Option<DateTime<Utc>>,
}

/// Seats that are kept for phone and counter in the first hour: one in three, rounded up, but
/// never the only one.
fn kept_seats(capacity: i32) -> i32 {
    let third = capacity / KEPT_ONE_IN + i32::from(capacity % KEPT_ONE_IN > 0);
    third.min(capacity - 1).max(0)
}

/// Until when seats are kept, while they are.
pub fn kept_until(opened_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    opened_at.map(|at| at + KEPT_FOR).filter(|end| now < *end)
}

/// Free seats that the web may take now. What phone and counter have taken of the kept seats does
/// not come off the web's.
pub fn web_seats(share: &Share, now: DateTime<Utc>) -> i32 {
    let free = (share.capacity - share.taken).max(0);
    match kept_until(share.opened_at, now) {
        Some(_) => free.min(share.capacity - kept_seats(share.capacity) - share.by_web).max(0),
        None => free,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn at(day: u32, hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 7, day, hour, 0, 0).unwrap()
    }

    #[test]
    fn a_share_is_kept_for_the_phone_in_the_first_hour() {
        let opened = Some(at(10, 10));
        let (first, last) = (at(10, 10), at(10, 10) + TimeDelta::minutes(59));

        for (capacity, taken, by_web, opened_at, now, want) in [
            (12, 0, 0, opened, first, 8),
            (12, 8, 8, opened, last, 0),
            // The phone took two of its four: the web still has its eight.
            (12, 2, 0, opened, last, 8),
            (12, 6, 0, opened, last, 6),
            (12, 12, 0, opened, last, 0),
            // The hour is over, or nobody knows since when it is open.
            (12, 8, 8, opened, at(10, 11), 4),
            (12, 8, 8, None, first, 4),
            // One in three, rounded up, never the only one.
            (1, 0, 0, opened, first, 1),
            (2, 0, 0, opened, first, 1),
            (3, 0, 0, opened, first, 2),
            (4, 0, 0, opened, first, 2),
            (0, 0, 0, opened, first, 0),
            // The office made the session smaller.
            (6, 6, 5, opened, last, 0),
            (6, 5, 5, opened, last, 0),
        ] {
            let share = Share { capacity, taken, by_web, opened_at };
            assert_eq!(web_seats(&share, now), want, "{share:?} at {now}");
        }
    }
}
