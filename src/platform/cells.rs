//! Time in cells of ten minutes.
//!
//! A person, a staff member or a room can be in one place at a time. Each place takes the
//! cells of its span; the key of the table makes a second taker impossible on both databases
//! (`docs/decisions`). Spans start and end on the grid, so touching spans do not meet.

use chrono::{DateTime, TimeDelta, Utc};

/// Minutes of one cell.
pub const MINUTES: i64 = 10;

/// Whether an instant lies on the grid.
pub fn on_grid(at: DateTime<Utc>) -> bool {
    at.timestamp().rem_euclid(MINUTES * 60) == 0 && at.timestamp_subsec_nanos() == 0
}

/// The cells of a half-open span.
pub fn of(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let step = TimeDelta::minutes(MINUTES);
    std::iter::successors(Some(starts_at), |at| Some(*at + step))
        .take_while(|at| *at < ends_at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn touching_spans_share_no_cell() {
        let at = |h, m| Utc.with_ymd_and_hms(2024, 7, 10, h, m, 0).single().expect("valid");
        let first = of(at(1, 0), at(3, 0));
        let second = of(at(3, 0), at(3, 30));
        assert_eq!((first.len(), second.len()), (12, 3));
        assert!(first.iter().all(|cell| !second.contains(cell)));
        assert!(on_grid(at(1, 20)) && !on_grid(at(1, 25)));
    }
}
