//! Text that people type: names, readings, notes, and the keys by which they are found again.
//!
//! Two rules hold throughout. What is stored is what was typed, cleaned of what nobody can see.
//! What is searched is a key made from it, in which different ways to write the same thing meet.

pub mod characters;
pub mod clean;
pub mod email;
pub mod kana;
pub mod limits;
pub mod name;
pub mod name_order;
pub mod search;
pub mod variants;

pub use clean::{TextError, free_text, single_line};
pub use email::{EmailAddress, EmailError};
pub use kana::{Kana, KanaError};
pub use name::{NameError, PersonName};

#[cfg(test)]
mod tests {
    use super::*;

    const WORDING: &str = include_str!("../../../seeds/wording/text.tsv");

    #[test]
    fn every_error_has_its_sentence_in_both_languages() {
        let keys = NameError::ALL
            .iter()
            .map(NameError::key)
            .chain(KanaError::ALL.iter().map(KanaError::key))
            .chain([TextError::TooLong { max: 1 }.key()]);
        for key in keys {
            let row = WORDING
                .lines()
                .map(|line| line.split('\t').collect::<Vec<_>>())
                .find(|cells| cells.first() == Some(&key));
            let cells = row.unwrap_or_else(|| panic!("no wording for {key}"));
            assert_eq!(cells.len(), 3, "{key}");
            assert!(cells.iter().all(|cell| !cell.is_empty()), "{key}");
        }
    }
}
