//! What is the same everywhere in Japan: time, eras, fiscal years, holidays, opening hours, the words
//! for dates, the numbers that people read out on the telephone, and the text that they type.
//!
//! Everything here is a pure function of its arguments: the present moment comes in from outside,
//! nothing is read and nothing is kept. Errors carry a stable key ([`KanaError::key`] and the
//! others), so that a program says them in the words of its own house.
//!
//! ```
//! use chrono::NaiveDate;
//! use japan::text::Kana;
//! use japan::{EraYear, FiscalYear, PhoneNumber};
//!
//! let day = NaiveDate::from_ymd_opt(2024, 3, 31).ok_or("no day")?;
//! assert_eq!(EraYear::of(day).map(EraYear::label_ja).as_deref(), Some("令和6年"));
//! assert_eq!(Some(FiscalYear::of(day)), FiscalYear::new(2023));
//! assert_eq!(PhoneNumber::parse("０３（０００）００２０３")?.digits(), "0300000203");
//! assert_eq!(Kana::parse("やまだ　はなこ")?.as_str(), "ヤマダ ハナコ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`KanaError::key`]: text::KanaError::key

pub mod amount;
pub mod birth;
pub mod clock;
pub mod dates;
pub mod day;
pub mod era;
pub mod fiscal_year;
pub mod holidays;
pub mod municipality_code;
pub mod number;
pub mod opening;
pub mod phone;
pub mod postal;
pub mod readings;
pub mod text;
pub mod time;

pub use amount::AmountError;
pub use birth::{BirthError, BirthInput};
pub use clock::ClockError;
pub use day::DayError;
pub use era::{Era, EraYear};
pub use fiscal_year::{FiscalYear, FiscalYearError};
pub use municipality_code::{MunicipalityCode, MunicipalityCodeError};
pub use number::{BookingNumber, BookingNumberError};
pub use opening::{OpeningError, OpeningHours};
pub use phone::{PhoneError, PhoneNumber};
pub use postal::{PostalCode, PostalCodeError};
