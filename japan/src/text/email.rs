//! An e-mail address: the only reader of one. What it takes, mail can be sent to.

use std::fmt;

use thiserror::Error;

use super::characters::{is_invisible, is_number_sign, narrow};

/// Carriers that once gave out addresses with two dots in a row or a dot at the end. RFC 5322
/// allows such a local part in quotes only. `au.com` took over the addresses of `ezweb.ne.jp`.
const CARRIERS_WITH_FREE_DOTS: [&str; 3] = ["docomo.ne.jp", "ezweb.ne.jp", "au.com"];

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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address, also in full-width letters or with a full stop behind it. Only a domain
    /// name in ASCII is taken, and no IP address, so that nobody can point the sender at the inner
    /// network. Reading what this gave out gives the same again.
    ///
    /// # Errors
    /// No mail can be sent there, or it is too long (RFC 5321, 4.5.3.1: 64 octets before the @, 254
    /// in all).
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        if text.chars().any(is_number_sign) {
            return Err(EmailError::Unusable);
        }
        let text: String = narrow(text).chars().filter(|c| !is_invisible(*c)).collect();
        let text = text.trim().trim_end_matches(['.', '。', ',', '、']).trim_end();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Unusable)?;
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(EmailError::TooLong);
        }
        let bare = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(local);
        let domain = domain.to_ascii_lowercase();
        let fits = is_domain_name(&domain)
            && bare.bytes().all(|byte| byte == b'.' || is_atext(byte))
            && (is_dot_atom(bare)
                || CARRIERS_WITH_FREE_DOTS.contains(&domain.as_str())
                    && bare.bytes().any(is_atext));
        if fits { Ok(Self(format!("{bare}@{domain}"))) } else { Err(EmailError::Unusable) }
    }

    /// The address as it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as the network takes it: in quotes what is no dot-atom (RFC 5322, 3.4.1).
    pub fn on_the_wire(&self) -> String {
        match self.0.rsplit_once('@') {
            Some((local, domain)) if !is_dot_atom(local) => format!("\"{local}\"@{domain}"),
            _ => self.0.clone(),
        }
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("EmailAddress(..)")
    }
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_domain_name(domain: &str) -> bool {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last_is_a_name = domain
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.starts_with(|first: char| first.is_ascii_alphabetic()));
    last_is_a_name && domain.split('.').all(label_fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_however_it_was_typed() {
        for (typed, stored, wire) in [
            ("hanako@example.jp", "hanako@example.jp", "hanako@example.jp"),
            (" hanako＠example.jp　", "hanako@example.jp", "hanako@example.jp"),
            ("  Hanako.S@Example.JP\n", "Hanako.S@example.jp", "Hanako.S@example.jp"),
            ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp", "hanako@example.jp"),
            ("hanako@example.jp。", "hanako@example.jp", "hanako@example.jp"),
            ("a+b_c/d@m.example.co.jp", "a+b_c/d@m.example.co.jp", "a+b_c/d@m.example.co.jp"),
            ("a..b@docomo.ne.jp", "a..b@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"),
            ("a.@ezweb.ne.jp", "a.@ezweb.ne.jp", "\"a.\"@ezweb.ne.jp"),
            ("\"a..b\"@docomo.ne.jp", "a..b@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"),
            ("\"hanako\"@example.jp", "hanako@example.jp", "hanako@example.jp"),
        ] {
            let email = EmailAddress::parse(typed).expect(typed);
            assert_eq!((email.as_str(), email.on_the_wire().as_str()), (stored, wire), "{typed}");
            assert_eq!(EmailAddress::parse(stored).as_ref(), Ok(&email), "{stored}");
        }
    }

    #[test]
    fn what_cannot_be_sent_to_is_refused() {
        for typed in [
            "",
            "なし",
            "hanako",
            "@example.jp",
            "hanako@",
            "a@b@example.jp",
            "hanako@example",
            "a@localhost",
            "hanako@[127.0.0.1]",
            "hanako@127.0.0.1",
            "a@[IPv6:::1]",
            "hanako@example..jp",
            "a@-example.jp",
            "a@例え.jp",
            "①@example.jp",
            "花子@example.jp",
            "ha nako@example.jp",
            "a@example.jp\r\nBcc: b@example.jp",
            "a@example.jp, b@example.jp",
            "<a@example.jp>",
            // Two dots in a row go to the carriers alone that gave them out.
            "a..b@example.jp",
            ".hanako@example.jp",
            "..@docomo.ne.jp",
            "\"a\\\"b\"@example.jp",
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(EmailError::Unusable), "{typed}");
        }

        let long = format!("{}@example.jp", "x".repeat(65));
        assert_eq!(EmailAddress::parse(&long), Err(EmailError::TooLong));
    }

    #[test]
    fn an_address_does_not_show_in_debug_output() {
        let email = EmailAddress::parse("hanako@example.jp").expect("a plain address");
        assert!(!format!("{email:?}").contains("hanako"));
    }
}
