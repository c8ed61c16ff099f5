//! An e-mail address, where a person has one. Nobody needs one.

use std::fmt;

use thiserror::Error;

use crate::platform::text::characters::{is_invisible, narrow};

/// Why a text is not accepted as an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EmailError {
    /// No mail can be sent there.
    #[error("the e-mail address cannot be used")]
    Unusable,
    /// Longer than an address may be.
    #[error("the e-mail address is too long")]
    TooLong,
}

impl EmailError {
    /// The key of the sentence to show.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unusable => "err.email.unusable",
            Self::TooLong => "err.email.long",
        }
    }
}

/// An address as it is stored: half-width, without spaces around it, the domain in lower case.
///
/// `Debug` shows no letter, so that an address cannot slip into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address, also in full-width letters or with a full stop behind it. Addresses that
    /// Japanese carriers gave out against the standard (`a..b@`, `a.@`) are accepted.
    ///
    /// # Errors
    /// No mail can be sent there, or it is too long (RFC 5321: 64 + 255 bytes).
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text: String = narrow(text).chars().filter(|c| !is_invisible(*c)).collect();
        let text = text.trim().trim_end_matches(['.', '。', ',', '、']).trim_end();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Unusable)?;
        if local.len() > 64 || domain.len() > 255 {
            return Err(EmailError::TooLong);
        }
        let local_fits = !local.is_empty()
            && local
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
        let domain = domain.to_lowercase();
        let labels: Vec<&str> = domain.split('.').collect();
        let domain_fits = labels.len() >= 2
            && labels.iter().all(|label| is_label(label))
            && labels.last().is_some_and(|top| !top.bytes().all(|b| b.is_ascii_digit()));
        if !(local_fits && domain_fits) {
            return Err(EmailError::Unusable);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// The address as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("EmailAddress(..)")
    }
}

/// One part of a domain; letters of any script, because there are Japanese domains.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | 'ー'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_however_it_was_typed() {
        for (typed, stored) in [
            ("hanako@example.jp", "hanako@example.jp"),
            (" hanako＠example.jp　", "hanako@example.jp"),
            ("ｈａｎａｋｏ@EXAMPLE.jp", "hanako@example.jp"),
            ("hanako@example.jp.", "hanako@example.jp"),
            ("hanako@example.jp。", "hanako@example.jp"),
            ("ha..nako@docomo.example", "ha..nako@docomo.example"),
            ("hanako.@docomo.example", "hanako.@docomo.example"),
            (".hanako@docomo.example", ".hanako@docomo.example"),
            ("hanako@しるべ.example", "hanako@しるべ.example"),
            ("hanako+suma@example.jp", "hanako+suma@example.jp"),
        ] {
            let email = EmailAddress::parse(typed);
            assert_eq!(email.as_ref().map(EmailAddress::as_str), Ok(stored), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.jp", "a".repeat(65));
        for (typed, error) in [
            ("なし", EmailError::Unusable),
            ("hanako", EmailError::Unusable),
            ("@example.jp", EmailError::Unusable),
            ("hanako@", EmailError::Unusable),
            ("hanako@example", EmailError::Unusable),
            ("hanako@[127.0.0.1]", EmailError::Unusable),
            ("hanako@127.0.0.1", EmailError::Unusable),
            ("hanako@example..jp", EmailError::Unusable),
            ("ha nako@example.jp", EmailError::Unusable),
            ("a@example.jp\r\nBcc: b@example.jp", EmailError::Unusable),
            ("<a@example.jp>", EmailError::Unusable),
            ("a@-example.jp", EmailError::Unusable),
            (long.as_str(), EmailError::TooLong),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(error), "{typed}");
        }
    }
}
