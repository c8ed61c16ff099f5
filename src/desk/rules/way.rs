//! By which way the person is told of a booking, as the notices will really do it.

use entity::bookings::booking::BookingState;
use entity::notices::notice::NoticeKind;
use entity::residents::contact_channel::Channel;

use crate::inquiries::rules::learned;
use crate::notices::rules::{Reach, ladder};
use crate::paths::rules::Hearing;

/// How the person of the call is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// What the person wants, best first.
    pub wishes: Vec<Channel>,
    /// How the person can be reached; none when no notices are sent.
    pub reach: Option<Reach>,
}

impl Ways {
    /// What was said in this call counts before what is known: it is kept when the call ends,
    /// and the notice is made after that.
    pub fn new(said: &Hearing, known: &[Channel], reach: Option<Reach>) -> Self {
        let wishes = learned(said, None).channels.unwrap_or_else(|| known.to_vec());
        Self { wishes, reach }
    }

    /// The way that the notice of a booking in this state takes first.
    pub fn first(&self, state: BookingState) -> Option<Channel> {
        let kind = match state {
            BookingState::Waiting => NoticeKind::Waiting,
            BookingState::Offered => NoticeKind::Offered,
            _ => NoticeKind::Confirmed,
        };
        ladder(&self.wishes, self.reach?, kind).first().copied()
    }

    /// Whether a letter is wanted and there is no address for it.
    pub fn lack_address(&self) -> bool {
        self.wishes.contains(&Channel::Letter) && self.reach.is_some_and(|reach| !reach.letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Channel::{Email, Letter, Line, Phone, Sms};

    const PHONE: Reach = Reach { phone: true, letter: false, letter_in_time: true, email: false };
    const BOTH: Reach = Reach { letter: true, ..PHONE };

    fn ways(said: &str, known: &[Channel], reach: Option<Reach>) -> Ways {
        let said: Hearing = serde_json::from_str(said).expect("a hearing");
        Ways::new(&said, known, reach)
    }

    #[test]
    fn the_way_is_the_one_that_the_notices_take() {
        let letter = r#"{"channels":["letter"]}"#;
        for (said, known, reach, want, lacks) in [
            ("{}", &[Phone][..], Some(BOTH), Some(Phone), false),
            (letter, &[Phone], Some(BOTH), Some(Letter), false),
            (letter, &[Phone], Some(PHONE), Some(Phone), true),
            ("{}", &[Letter], Some(PHONE), Some(Phone), true),
            ("{}", &[Sms, Line], Some(BOTH), Some(Phone), false),
            (r#"{"channels":["line","letter"]}"#, &[Phone], Some(BOTH), Some(Letter), false),
            (r#"{"channels":["phone"]}"#, &[Letter], Some(PHONE), Some(Phone), false),
            ("{}", &[Email, Letter], Some(BOTH), Some(Letter), false),
            (letter, &[Phone], None, None, false),
        ] {
            let ways = ways(said, known, reach);
            assert_eq!(ways.first(BookingState::Held), want, "{said} {known:?} {reach:?}");
            assert_eq!(ways.lack_address(), lacks, "{said} {known:?} {reach:?}");
        }

        let offered = ways(letter, &[], Some(BOTH));
        assert_eq!(offered.first(BookingState::Offered), Some(Phone));
        assert_eq!(offered.first(BookingState::Waiting), Some(Letter));
    }
}
