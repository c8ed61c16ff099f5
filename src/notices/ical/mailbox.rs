//! Mail addresses as people write them on a form, and as the network takes them.

use std::fmt;

use super::clean_line;

/// Carriers that once gave out addresses with two dots in a row or a dot at the end. RFC 5322
/// allows such a local part in quotes only. `au.com` took over the addresses of `ezweb.ne.jp`.
const CARRIERS_WITH_FREE_DOTS: [&str; 3] = ["docomo.ne.jp", "ezweb.ne.jp", "au.com"];

/// A mail address that can be sent to: ASCII, a real domain, local part quoted if it has to be.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Does not show the address, so that no log can.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

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

/// What is wrong with an address. Does not repeat the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("a mail address has exactly one @ with something on both sides")]
    Parts,
    #[error("the part before the @ is not one that mail can be sent to")]
    Local,
    #[error("the part after the @ is not a domain name such as example.jp")]
    Domain,
    #[error("the mail address is too long")]
    TooLong,
}

/// Reads an address as people type it: blanks around it and full-width letters are set right.
///
/// Only a domain name is taken, no IP address, so that nobody can point the sender at the inner
/// network. Reading what this function gave out gives the same again.
///
/// # Errors
/// [`AddressError`], without the address.
pub fn parse_address(typed: &str) -> Result<EmailAddress, AddressError> {
    let typed: String = typed.trim().chars().map(half_width).collect();
    let (local, domain) = typed.rsplit_once('@').ok_or(AddressError::Parts)?;
    if local.is_empty() || domain.is_empty() {
        return Err(AddressError::Parts);
    }
    let domain = domain.to_ascii_lowercase();
    if !is_domain_name(&domain) {
        return Err(AddressError::Domain);
    }
    let local = written_local_part(local, &domain)?;
    // RFC 5321, 4.5.3.1: 64 octets before the @, 256 for the path with its two brackets.
    if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
        return Err(AddressError::TooLong);
    }
    Ok(EmailAddress(format!("{local}@{domain}")))
}

/// Japanese input methods write `ａ＠ｂ．ｊｐ` for `a@b.jp`. Other compatibility characters stay, and
/// are refused: to read ① as 1 would be to guess.
fn half_width(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => {
            u32::from(character).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(character)
        }
        other => other,
    }
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

fn written_local_part(local: &str, domain: &str) -> Result<String, AddressError> {
    let bare = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(local);
    if bare.contains('@') {
        return Err(AddressError::Parts);
    }
    let is_atext =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    if bare.is_empty() || !bare.bytes().all(|byte| byte == b'.' || is_atext(byte)) {
        return Err(AddressError::Local);
    }
    if bare.split('.').all(|atom| !atom.is_empty()) {
        return Ok(bare.to_owned());
    }
    if CARRIERS_WITH_FREE_DOTS.contains(&domain) && bare.bytes().any(is_atext) {
        return Ok(format!("\"{bare}\""));
    }
    Err(AddressError::Local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it() {
        for (typed, read) in [
            ("hanako@example.jp", "hanako@example.jp"),
            ("  Hanako.S@Example.JP\n", "Hanako.S@example.jp"),
            ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp"),
            ("　hanako＠example.jp　", "hanako@example.jp"),
            ("a+b_c/d@mail.example.co.jp", "a+b_c/d@mail.example.co.jp"),
            ("a..b@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"),
            ("a.@ezweb.ne.jp", "\"a.\"@ezweb.ne.jp"),
            ("\"a..b\"@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"),
            ("\"hanako\"@example.jp", "hanako@example.jp"),
        ] {
            let address = parse_address(typed).expect(typed);
            assert_eq!(address.as_str(), read);
            assert_eq!(parse_address(read).as_ref(), Ok(&address), "{read}");
        }
    }

    #[test]
    fn what_cannot_be_sent_to_is_refused() {
        for (typed, error) in [
            ("", AddressError::Parts),
            ("hanako", AddressError::Parts),
            ("@example.jp", AddressError::Parts),
            ("hanako@", AddressError::Parts),
            ("a@b@example.jp", AddressError::Parts),
            ("a@[127.0.0.1]", AddressError::Domain),
            ("a@127.0.0.1", AddressError::Domain),
            ("a@[IPv6:::1]", AddressError::Domain),
            ("a@localhost", AddressError::Domain),
            ("a@example..jp", AddressError::Domain),
            ("a@-example.jp", AddressError::Domain),
            ("a@example.jp\r\nBcc: b@example.jp", AddressError::Parts),
            ("a@example.jp, b@example.jp", AddressError::Parts),
            ("a@例え.jp", AddressError::Domain),
            ("①@example.jp", AddressError::Local),
            ("花子@example.jp", AddressError::Local),
            ("a b@example.jp", AddressError::Local),
            ("a..b@example.jp", AddressError::Local),
            ("..@docomo.ne.jp", AddressError::Local),
            ("\"a\\\"b\"@example.jp", AddressError::Local),
            ("<a>@example.jp", AddressError::Local),
        ] {
            assert_eq!(parse_address(typed), Err(error), "{typed}");
        }
        let long = "x".repeat(65);
        assert_eq!(parse_address(&format!("{long}@example.jp")), Err(AddressError::TooLong));
    }

    #[test]
    fn neither_a_name_nor_an_address_shows_in_debug_output() {
        let mailbox = Mailbox {
            name: "しるべ 花子".to_owned(),
            address: parse_address("hanako@example.jp").expect("a plain address"),
        };
        let shown = format!("{mailbox:?} {:?}", mailbox.address);
        assert!(!shown.contains("花子") && !shown.contains("hanako"), "{shown}");
    }
}
