//! Devices on which a booking was found before: wrong guesses of others do not stop them.
//!
//! A mark for each of the last bookings stands in a cookie of the device. It opens nothing, names
//! neither booking nor person, and can only be made with the secret of the database.

use chrono::{DateTime, TimeDelta, Utc};
use subtle::ConstantTimeEq;

use crate::platform::japan::BookingNumber;
use crate::platform::secret::Secret;

/// How long a device stays known.
pub const LIFE: TimeDelta = TimeDelta::days(90);
/// Bookings whose marks are kept on a device, for a household that shares it.
const MOST: usize = 6;

/// What stands in the cookie of a device: marks, each with the end of its life, the newest first.
pub struct Known<'a>(Vec<(i64, &'a str)>);

impl<'a> Known<'a> {
    /// Reads the cookie; what is none of ours is passed over.
    pub fn read(text: &'a str) -> Self {
        let mark = |part: &'a str| {
            let (expires, mark) = part.split_once('.')?;
            Some((expires.parse().ok()?, mark))
        };
        Self(text.split('_').filter_map(mark).take(MOST).collect())
    }

    /// The mark of this booking, when it was found on the device before.
    pub fn of(
        &self,
        secret: &Secret,
        number: BookingNumber,
        now: DateTime<Utc>,
    ) -> Option<&'a str> {
        let holds = |(expires, given): &&(i64, &str)| {
            let want = mark(secret, number, *expires);
            *expires > now.timestamp() && bool::from(want.as_bytes().ct_eq(given.as_bytes()))
        };
        self.0.iter().find(holds).map(|(_, mark)| *mark)
    }

    /// The cookie after this booking was found on the device.
    pub fn with(&self, secret: &Secret, number: BookingNumber, now: DateTime<Utc>) -> String {
        let own = self.of(secret, number, now);
        let expires = (now + LIFE).timestamp();
        let others = self.0.iter().filter(|(_, mark)| Some(*mark) != own);
        let others = others.filter(|(expires, _)| *expires > now.timestamp()).take(MOST - 1);
        let kept = others.map(|(expires, mark)| format!("{expires}.{mark}"));
        let first = format!("{expires}.{}", mark(secret, number, expires));
        std::iter::once(first).chain(kept).collect::<Vec<_>>().join("_")
    }
}

fn mark(secret: &Secret, number: BookingNumber, expires: i64) -> String {
    secret.digest("known_device", &[&number.digits(), &expires.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2024, 7, 1, 1, 0, 0).single().expect("an instant")
    }

    fn number(serial: u32) -> BookingNumber {
        BookingNumber::from_serial(serial).expect("a number")
    }

    #[test]
    fn a_device_is_known_for_the_last_bookings_found_on_it_and_for_no_other() {
        let secret = Secret::for_tests("one");
        let mut cookie = String::new();
        for serial in 1..=7 {
            let next = Known::read(&cookie).with(&secret, number(serial), now());
            cookie = next;
        }

        // The same booking again takes no second place.
        let later = now() + TimeDelta::days(1);
        let cookie = Known::read(&cookie).with(&secret, number(7), later);
        let known = Known::read(&cookie);
        for (serial, want) in [(1, false), (2, true), (6, true), (7, true), (8, false)] {
            assert_eq!(known.of(&secret, number(serial), now()).is_some(), want, "{serial}");
        }

        assert!(known.of(&Secret::for_tests("other"), number(7), now()).is_none());
        assert!(known.of(&secret, number(6), now() + LIFE).is_none());
        assert!(known.of(&secret, number(7), now() + LIFE).is_some());
        assert!(!cookie.contains(&number(7).digits()), "it names no booking");

        for broken in ["", "1", "x.y", "9999999999.", &cookie.replace('.', ",")] {
            assert!(Known::read(broken).of(&secret, number(7), now()).is_none(), "{broken}");
        }
    }
}
