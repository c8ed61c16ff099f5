//! What is the same everywhere in Japan: time, eras, fiscal years, holidays, opening hours,
//! the words for dates, and the numbers that people read out on the telephone.
//!
//! Everything here is a pure function of its arguments. The present moment comes in from outside.

pub mod birth;
pub mod dates;
pub mod era;
pub mod fiscal_year;
pub mod holidays;
pub mod municipality_code;
pub mod number;
pub mod opening;
pub mod phone;
pub mod postal;
pub mod readings;
pub mod time;

pub use birth::{BirthError, BirthInput};
pub use era::{Era, EraYear};
pub use fiscal_year::FiscalYear;
pub use municipality_code::{MunicipalityCode, MunicipalityCodeError};
pub use number::{BookingNumber, BookingNumberError};
pub use opening::{OpeningError, OpeningHours};
pub use phone::{PhoneError, PhoneNumber};
pub use postal::{PostalCode, PostalCodeError};

#[cfg(test)]
mod tests {
    use super::*;

    const WORDING: &str = include_str!("../../../seeds/wording/text.tsv");

    #[test]
    fn every_error_has_its_sentence_in_both_languages() {
        let keys = BirthError::ALL
            .iter()
            .map(BirthError::key)
            .chain([PostalCodeError.key()])
            .chain(PhoneError::ALL.iter().map(PhoneError::key))
            .chain(BookingNumberError::ALL.iter().map(BookingNumberError::key))
            .chain(MunicipalityCodeError::ALL.iter().map(MunicipalityCodeError::key));
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
