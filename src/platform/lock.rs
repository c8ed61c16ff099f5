//! A lock that cannot be aimed (`docs/decisions/0021-a-lock-that-cannot-be-aimed.md`).
//!
//! Wrong guesses at one thing (a login, a booking number) stop whoever makes them, and nobody else:
//! they count by network. When one thing is guessed from very many networks, every network gets
//! fewer guesses at it, but each still has some: the thing is never closed for all. A device that
//! was let in before is counted by itself, whatever others do.
//!
//! Right guesses are not counted. [`Lock::ensure_left`] comes before the guess is looked at, so that
//! its answer tells nothing; [`Lock::count`] comes after it was wrong.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::rate::{self, Counter, Limit};
use super::{App, Ctx, Result};

/// Guesses of one kind that are looked at together in this process. Of many at once only these are
/// under way when the next is judged.
static SEATS: Semaphore = Semaphore::const_new(4);

/// The limits on wrong guesses of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// One thing, from one network.
    pub here: Limit,
    /// One thing, from all networks: after so many its guessing is slow.
    pub everywhere: Limit,
    /// One thing, from one network, while its guessing is slow.
    pub slowed: Limit,
    /// One thing, on one device that was let in before.
    pub device: Limit,
    /// Whatever thing, from one network.
    pub network: Limit,
    /// Whatever thing, from one wider network.
    pub wider: Limit,
}

/// Somebody guesses.
#[derive(Clone, Copy, Debug)]
pub struct Guess<'a> {
    /// At what.
    pub thing: &'a str,
    /// The device, when it was let in to this thing before.
    pub known_device: Option<&'a str>,
}

/// Wrong guesses so far.
#[derive(Clone, Copy, Debug, Default)]
struct Wrong {
    here: i32,
    everywhere: i32,
    slowed: i32,
    network: i32,
    wider: i32,
}

/// Leave to look at one guess.
#[derive(Debug)]
pub struct Seat(#[expect(dead_code, reason = "held for its drop")] SemaphorePermit<'static>);

/// Waits for leave to look at a guess; keep it until a wrong one is counted.
///
/// # Errors
/// Never in a running process.
pub async fn seat() -> Result<Seat> {
    SEATS.acquire().await.map(Seat).map_err(super::Error::internal)
}

impl Lock {
    /// Refuses when there were too many wrong guesses; counts nothing.
    ///
    /// # Errors
    /// `TooMany` with the seconds until the window ends.
    pub async fn ensure_left(&self, app: &App, ctx: &Ctx, guess: Guess<'_>) -> Result<()> {
        let hits = rate::hits(app, ctx, &self.counters(ctx, guess)).await?;
        let used_up = match hits[..] {
            [here, slowed, everywhere, network, wider] => {
                self.judge(Wrong { here, everywhere, slowed, network, wider })
            }
            _ => hits.first().filter(|hits| **hits >= self.device.hits).map(|_| self.device),
        };
        used_up.map_or(Ok(()), |limit| Err(limit.used_up(ctx.now)))
    }

    /// Counts a wrong guess.
    ///
    /// # Errors
    /// When the database does not answer; one guess too many is for the next to hear.
    pub async fn count(&self, app: &App, ctx: &Ctx, guess: Guess<'_>) -> Result<()> {
        match rate::count(app, ctx, &self.counters(ctx, guess)).await {
            Err(super::Error::TooMany(_)) => Ok(()),
            other => other,
        }
    }

    fn counters(&self, ctx: &Ctx, guess: Guess<'_>) -> Vec<Counter> {
        let Guess { thing, known_device } = guess;
        if let Some(device) = known_device {
            return vec![self.device.of(&[thing, device])];
        }
        let origin = &ctx.origin;
        vec![
            self.here.of(&[thing, &origin.network]),
            self.slowed.of(&[thing, &origin.network]),
            self.everywhere.of(&[thing]),
            self.network.of(&[&origin.network]),
            self.wider.of(&[&origin.wider]),
        ]
    }

    /// The limit that leaves no guess to an unknown device, if any.
    fn judge(&self, wrong: Wrong) -> Option<Limit> {
        let slow = wrong.everywhere >= self.everywhere.hits;
        [
            (wrong.here >= self.here.hits, self.here),
            (slow && wrong.slowed >= self.slowed.hits, self.slowed),
            (wrong.network >= self.network.hits, self.network),
            (wrong.wider >= self.wider.hits, self.wider),
        ]
        .into_iter()
        .find_map(|(used_up, limit)| used_up.then_some(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn limit(name: &'static str, hits: i32) -> Limit {
        Limit { name, hits, minutes: 15 }
    }

    const LOCK: Lock = Lock {
        here: limit("here", 5),
        everywhere: limit("everywhere", 100),
        slowed: limit("slowed", 2),
        device: limit("device", 5),
        network: limit("network", 30),
        wider: limit("wider", 120),
    };

    #[test]
    fn wrong_guesses_stop_the_network_they_come_from_and_slow_all_others() {
        let none = Wrong::default();
        for (wrong, want) in [
            (none, None),
            (Wrong { here: 4, slowed: 4, everywhere: 99, ..none }, None),
            (Wrong { here: 5, ..none }, Some("here")),
            // However many others guess, a network that has not guessed yet has guesses left.
            (Wrong { everywhere: 1_000_000, ..none }, None),
            (Wrong { everywhere: 100, slowed: 1, here: 1, ..none }, None),
            (Wrong { everywhere: 100, slowed: 2, here: 2, ..none }, Some("slowed")),
            (Wrong { slowed: 4, here: 0, ..none }, None),
            (Wrong { network: 29, wider: 119, ..none }, None),
            (Wrong { network: 30, ..none }, Some("network")),
            (Wrong { wider: 120, ..none }, Some("wider")),
        ] {
            assert_eq!(LOCK.judge(wrong).map(|limit| limit.name), want, "{wrong:?}");
        }
    }
}
