//! People whom we serve.

pub mod booked_number;
pub mod consent;
pub mod contact_channel;
pub mod resident;
pub mod resident_barrier;
pub mod resident_gram;
pub mod resident_phone;
pub mod resident_question;
pub mod timeline_entry;
