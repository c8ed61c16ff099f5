//! Answers that take the same time whoever is concerned.
//!
//! An application may stand on the record of somebody who is known, on one of its own, or be a question
//! for the office; to move or to cancel it costs a few statements more or less. The answer comes at
//! whole multiples of [`TICK`], so that a stranger with a watch learns nothing of that.

use std::sync::Arc;
use std::time::Duration;

use poem::{Endpoint, Request, Result};
use tokio::time::{Instant, sleep_until};

/// Longer than such a write takes, and shorter than somebody notices.
pub const TICK: Duration = Duration::from_millis(200);

/// Answers at the next multiple of [`TICK`] since the request came, refusals too.
pub(super) async fn evenly<E: Endpoint>(inner: Arc<E>, request: Request) -> Result<E::Output> {
    let begun = Instant::now();
    let answer = inner.call(request).await;
    sleep_until(begun + next_tick(begun.elapsed())).await;
    answer
}

/// The first multiple of [`TICK`] after `taken`.
fn next_tick(taken: Duration) -> Duration {
    let ticks = taken.as_nanos() / TICK.as_nanos() + 1;
    TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_takes_less_than_a_tick_takes_one() {
        for (taken, ticks) in [(0, 1), (1, 1), (199, 1), (200, 2), (399, 2), (400, 3)] {
            assert_eq!(next_tick(Duration::from_millis(taken)), TICK * ticks, "{taken} ms");
        }
    }
}
