//! Cookies of the public pages: what was typed so far, and the proof of a booking.

use poem::http::{HeaderValue, header};
use poem::{FromRequest, Request, RequestBody, Response};

use crate::my::rules::Answers;
use crate::platform::App;

/// What was typed on the way to a booking; its path is that of the one booking.
pub const DRAFT: &str = "draft";
/// The proof of a booking.
pub const PROOF: &str = "my";
/// Marks of the bookings that were found on this device.
const KNOWN: &str = "known";
/// The marks go to the pages of a person's own booking only.
const KNOWN_PATH: &str = "/my";

/// The cookies that came with a request.
pub struct Jar(Vec<(String, String)>);

impl<'a> FromRequest<'a> for Jar {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let lines = request.headers().get_all(header::COOKIE).iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self(pairs.collect()))
    }
}

/// What a draft's cookie says.
pub enum Draft {
    /// Typed so far.
    Open(Box<Answers>),
    /// Booked; the proof of that booking.
    Done(String),
}

impl Jar {
    /// The value of a cookie.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The draft, if the cookie came and can be read.
    pub fn draft(&self) -> Option<Draft> {
        let text = self.get(DRAFT)?;
        if let Some(proof) = text.strip_prefix("done.") {
            return Some(Draft::Done(proof.to_owned()));
        }
        serde_html_form::from_str(text).ok().map(|answers| Draft::Open(Box::new(answers)))
    }

    /// The proof of a booking, unread.
    pub fn proof(&self) -> &str {
        self.get(PROOF).unwrap_or_default()
    }

    /// The marks of the bookings that were found on this device, unread.
    pub fn known(&self) -> &str {
        self.get(KNOWN).unwrap_or_default()
    }
}

/// Sets a cookie that lives as long as the browser, or `seconds`.
pub fn keep(
    app: &App,
    response: &mut Response,
    name: &str,
    value: &str,
    path: &str,
    seconds: Option<i64>,
) {
    let secure = if app.config().is_https() { "; Secure" } else { "" };
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let line = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}

/// Keeps the answers of a draft.
pub fn keep_draft(app: &App, response: &mut Response, key: &str, answers: &Answers) {
    let text = serde_html_form::to_string(answers).unwrap_or_default();
    keep(app, response, DRAFT, &text, &format!("/book/{key}"), None);
}

/// Keeps a proof.
pub fn keep_proof(app: &App, response: &mut Response, proof: &str) {
    keep(app, response, PROOF, proof, "/", Some(crate::my::proof::LIFE.num_seconds()));
}

/// Keeps the marks of the bookings that were found on this device.
pub fn keep_known(app: &App, response: &mut Response, marks: &str) {
    let life = crate::my::known::LIFE.num_seconds();
    keep(app, response, KNOWN, marks, KNOWN_PATH, Some(life));
}

/// Forgets them.
pub fn forget_known(app: &App, response: &mut Response) {
    keep(app, response, KNOWN, "", KNOWN_PATH, Some(0));
}
