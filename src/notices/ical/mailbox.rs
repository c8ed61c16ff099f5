//! Whoever writes a mail or gets one.

use std::fmt;

use super::clean_line;
use crate::platform::text::EmailAddress;

/// A person or an office at a mail address.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// As typed, or empty. It is cleaned where it is written.
    pub name: String,
    pub address: EmailAddress,
}

impl Mailbox {
    /// The name on one line without invisible characters.
    pub fn clean_name(&self) -> String {
        clean_line(&self.name)
    }
}

/// Shows neither name nor address.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailbox(..)")
    }
}
