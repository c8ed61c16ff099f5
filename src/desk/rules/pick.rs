//! Who is meant by what was typed into the one box.

use entity::ResidentId;

use crate::platform::japan::{BookingNumber, PhoneNumber};

/// What was typed.
#[derive(Clone, Debug)]
pub enum Sought {
    /// Nothing.
    Nothing,
    /// `0`: the caller hides the number.
    Withheld,
    Phone(PhoneNumber),
    /// Eight digits whose check digit fits; may still be something else.
    Booking(BookingNumber),
    /// A name, or part of a number.
    Text,
}

/// Reads the one box.
pub fn sought(typed: &str) -> Sought {
    let typed = typed.trim();
    if typed.is_empty() {
        return Sought::Nothing;
    }
    if typed == "0" || typed == "０" {
        return Sought::Withheld;
    }
    if let Ok(phone) = PhoneNumber::parse(typed) {
        return Sought::Phone(phone);
    }
    match BookingNumber::parse(typed) {
        Ok(number) => Sought::Booking(number),
        Err(_) => Sought::Text,
    }
}

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// This person; no further key is needed.
    One(ResidentId),
    /// One of these: the operator asks and presses a digit.
    Several(Vec<ResidentId>),
    /// Nobody known.
    Nobody,
}

/// Chooses among the people found, each with national digits.
///
/// Only a whole number that one person has selects by itself, unless it is known to be somebody
/// else's (`others`): the daughter rings from hers. A name never does: the caller says it, and the
/// operator compares. While the call already has a person, another one is
/// always chosen by hand.
pub fn pick<'a>(
    sought: &Sought,
    found: impl Iterator<Item = (ResidentId, &'a [String])>,
    others: &[ResidentId],
    in_call_with: Option<ResidentId>,
) -> Picked {
    let people: Vec<ResidentId> = match sought {
        Sought::Phone(phone) => found
            .filter(|(_, phones)| phones.iter().any(|known| known == phone.digits()))
            .map(|(id, _)| id)
            .collect(),
        _ => found.map(|(id, _)| id).collect(),
    };

    match (people.as_slice(), sought) {
        ([], _) => Picked::Nobody,
        ([id], Sought::Phone(_) | Sought::Booking(_))
            if in_call_with.map_or(!others.contains(id), |now| now == *id) =>
        {
            Picked::One(*id)
        }
        _ => Picked::Several(people),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(typed: &str, found: &[(i64, &[&str])], now: Option<i64>) -> Picked {
        picked_with(typed, found, &[], now)
    }

    fn picked_with(
        typed: &str,
        found: &[(i64, &[&str])],
        others: &[i64],
        now: Option<i64>,
    ) -> Picked {
        let people: Vec<(ResidentId, Vec<String>)> = found
            .iter()
            .map(|(id, phones)| (ResidentId(*id), phones.iter().map(|p| (*p).to_owned()).collect()))
            .collect();
        let found = people.iter().map(|(id, phones)| (*id, phones.as_slice()));
        let others: Vec<ResidentId> = others.iter().map(|id| ResidentId(*id)).collect();
        pick(&sought(typed), found, &others, now.map(ResidentId))
    }

    #[test]
    fn the_box_takes_a_phone_a_booking_number_or_a_name() {
        for (typed, want) in [
            ("", "Nothing"),
            ("０", "Withheld"),
            ("03-1234-5678", "Phone"),
            ("０９０ー１２３４ー５６７８", "Phone"),
            ("5678", "Text"),
            ("しるべ はなこ", "Text"),
        ] {
            let said = format!("{:?}", sought(typed));
            assert!(said.starts_with(want), "{typed}: {said}");
        }

        let number = BookingNumber::from_serial(482_137).expect("a serial").digits();
        assert!(matches!(sought(&number), Sought::Booking(_)));
    }

    #[test]
    fn only_a_whole_number_selects_by_itself() {
        let home: &[&str] = &["0312345678"];
        let one = Picked::One(ResidentId(1));
        let several = |ids: &[i64]| Picked::Several(ids.iter().map(|id| ResidentId(*id)).collect());
        assert_eq!(picked("03-1234-5678", &[(1, home)], None), one);
        assert_eq!(picked("03-1234-5678", &[(1, home), (2, home)], None), several(&[1, 2]));
        assert_eq!(picked("03-1234-5678", &[(1, &["0399999999"])], None), Picked::Nobody);
        assert_eq!(picked("5678", &[(1, home)], None), several(&[1]));
        assert_eq!(picked("シルベ", &[(1, home)], None), several(&[1]));
        assert_eq!(picked("シルベ", &[], None), Picked::Nobody);
    }

    #[test]
    fn a_number_of_the_family_never_selects_by_itself() {
        let hers: &[&str] = &["09012345678"];
        let asks = Picked::Several(vec![ResidentId(1)]);
        assert_eq!(picked_with("090-1234-5678", &[(1, hers)], &[1], None), asks);
        assert_eq!(
            picked_with("090-1234-5678", &[(1, hers)], &[2], None),
            Picked::One(ResidentId(1))
        );
        let now = Some(1);
        assert_eq!(
            picked_with("090-1234-5678", &[(1, hers)], &[1], now),
            Picked::One(ResidentId(1))
        );
    }

    #[test]
    fn a_call_changes_its_person_only_by_hand() {
        let home: &[&str] = &["0312345678"];
        assert_eq!(picked("0312345678", &[(1, home)], Some(1)), Picked::One(ResidentId(1)));
        assert_eq!(
            picked("0312345678", &[(1, home)], Some(2)),
            Picked::Several(vec![ResidentId(1)])
        );
    }
}
