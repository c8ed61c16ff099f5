//! The link that leads a person to the questions.

use crate::platform::random::digest;

/// The token of a link. It is not kept: it follows from the booking's own random name and the
/// code, so that a letter printed again carries the same link; `link_no` makes another one.
pub fn token(calendar_uid: &str, code: i32, link_no: i32) -> String {
    let (code, link_no) = (code.to_string(), link_no.to_string());
    let mut parts = vec![b"ask", calendar_uid.as_bytes(), code.as_bytes()];
    if link_no != "0" {
        parts.push(link_no.as_bytes());
    }
    digest(&parts)[..24].to_owned()
}

/// What is kept of the token.
pub fn token_hash(token: &str) -> String {
    digest(&[b"ask-link", token.as_bytes()])
}
