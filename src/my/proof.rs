//! The proof that somebody has made a booking, or has said its number and the end of its phone
//! number.
//!
//! It is the number, the end of its life, how far it reaches, and a mark over all three
//! (HMAC-SHA-256). The key of the mark is the booking's own secret (the UID of its invitation) with
//! the phone numbers that prove it, so that it holds in every process, needs no setting, and ends
//! when the person's phone numbers change.

use chrono::{DateTime, TimeDelta, Utc};
use entity::bookings::booking::Via;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::platform::random::hex;

/// How long a proof is good for.
pub const LIFE: TimeDelta = TimeDelta::hours(2);

/// How far a proof reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The booking alone. Anybody can book under a number and a reading that they happen to know,
    /// so making a booking proves nothing more.
    Booking,
    /// The person's path too: the booking number and the end of the phone number were said.
    Person,
}

impl Reach {
    const ALL: [(Self, &'static str); 2] = [(Self::Booking, "booking"), (Self::Person, "person")];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(reach, _)| *reach == self).map_or("", |(_, word)| word)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(reach, _)| *reach)
    }
}

/// Whether the number of a booking leads to the path of its person.
///
/// That of a booking made on these pages does not, before the office has heard from the person
/// whose it is: it and the end of the phone number are known to whoever typed them, and whether the
/// person has a path must not show.
pub fn opens_path(via: Via, settled: bool) -> bool {
    via != Via::Web || settled
}

/// What a proof claims, before its mark is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The booking number, without its hyphen.
    pub number: i32,
    /// How far it would reach.
    pub reach: Reach,
    expires: i64,
    mark: String,
}

/// A proof for a booking.
pub fn issue(
    number: i32,
    reach: Reach,
    uid: &str,
    phones: &[String],
    now: DateTime<Utc>,
) -> String {
    let expires = (now + LIFE).timestamp();
    let mark = mark(number, expires, reach, uid, phones);
    format!("{number}.{expires}.{}.{mark}", reach.word())
}

/// Reads a proof; says nothing yet about whether it is true.
pub fn read(text: &str) -> Option<Claim> {
    let mut parts = text.split('.');
    let (number, expires) = (parts.next()?, parts.next()?);
    let (reach, mark) = (Reach::from_word(parts.next()?)?, parts.next()?);
    if parts.next().is_some() || mark.len() != 64 {
        return None;
    }
    let (number, expires) = (number.parse().ok()?, expires.parse().ok()?);
    Some(Claim { number, reach, expires, mark: mark.to_owned() })
}

impl Claim {
    /// Whether the claim is true for the booking with this secret and these phone numbers.
    pub fn holds(&self, uid: &str, phones: &[String], now: DateTime<Utc>) -> bool {
        let want = mark(self.number, self.expires, self.reach, uid, phones);
        let same = bool::from(want.as_bytes().ct_eq(self.mark.as_bytes()));
        same && now.timestamp() < self.expires
    }
}

fn mark(number: i32, expires: i64, reach: Reach, uid: &str, phones: &[String]) -> String {
    let mut sorted: Vec<&str> = phones.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let key = format!("{uid} {}", sorted.join(" "));
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(format!("{number}.{expires}.{}", reach.word()).as_bytes());
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2024, 7, 1, 1, 0, 0).single().expect("an instant")
    }

    fn phones(list: &[&str]) -> Vec<String> {
        list.iter().map(|phone| (*phone).to_owned()).collect()
    }

    #[test]
    fn a_proof_holds_for_its_booking_until_it_ends() {
        let own = phones(&["0312345678", "09012345678"]);
        let text = issue(48_213_754, Reach::Booking, "uid-1", &own, now());
        let claim = read(&text).expect("a proof");
        assert_eq!((claim.number, claim.reach), (48_213_754, Reach::Booking));

        let turned = phones(&["09012345678", "0312345678"]);
        for (uid, phones, at, want) in [
            ("uid-1", &own, now(), true),
            ("uid-1", &turned, now(), true),
            ("uid-1", &own, now() + LIFE - TimeDelta::seconds(1), true),
            ("uid-1", &own, now() + LIFE, false),
            ("uid-2", &own, now(), false),
            ("uid-1", &phones(&["0312345678"]), now(), false),
        ] {
            assert_eq!(claim.holds(uid, phones, at), want, "{uid} {at}");
        }
    }

    #[test]
    fn a_proof_that_was_touched_is_none() {
        let own = phones(&["0312345678"]);
        let text = issue(48_213_754, Reach::Booking, "uid-1", &own, now());
        let other = text.replace("48213754", "48213762");
        let longer = text.replace(".17", ".27");
        let farther = text.replace(".booking.", ".person.");
        for touched in [other, longer, farther] {
            assert!(!read(&touched).expect("reads").holds("uid-1", &own, now()), "{touched}");
        }
        let all = text.replace(".booking.", ".all.");
        for broken in ["", "1.2", "x.1.y", "1.2.person.4", &all, &format!("{text}0")] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_booking_that_anybody_could_make_does_not_open_a_path() {
        for (via, settled, want) in [
            (Via::Web, true, true),
            (Via::Web, false, false),
            (Via::Phone, true, true),
            (Via::Counter, true, true),
        ] {
            assert_eq!(opens_path(via, settled), want, "{via} {settled}");
        }
    }
}
