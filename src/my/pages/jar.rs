//! Cookies of the public pages: the browser's key to what was typed so far, and the proof of a
//! booking. Neither says anything about a person.

use chrono::TimeDelta;
use entity::BookingId;
use poem::http::{HeaderValue, header};
use poem::{FromRequest, Request, RequestBody, Response};
use serde::{Deserialize, Serialize};

use crate::my::rules::Answers;
use crate::platform::draft::{self, Key};
use crate::platform::web::gate::own_cookie;
use crate::platform::{App, Ctx, Error, Result};

/// The browser's key to what was typed on the way to a booking.
const DRAFT: &str = "draft";
/// The proof of a booking.
const PROOF: &str = "my";
/// Marks of the bookings that were found on this device.
const KNOWN: &str = "known";

/// The cookies that came with a request.
pub struct Jar {
    app: App,
    cookies: Vec<(String, String)>,
}

impl<'a> FromRequest<'a> for Jar {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let app = request.extensions().get::<App>().cloned().ok_or(Error::internal("no app"))?;
        let lines = request.headers().get_all(header::COOKIE).iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self { app, cookies: pairs.collect() })
    }
}

/// What the server keeps of the way to a booking.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draft {
    /// Typed so far.
    Open(Box<Answers>),
    /// Booked; nothing of what was typed is left.
    Done(BookingId),
}

impl Jar {
    fn get(&self, name: &str) -> Option<&str> {
        let name = own_cookie(&self.app, name);
        self.cookies.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// The key of the draft of this form, if the browser has one.
    pub fn key(&self, form: &str) -> Option<Key> {
        self.get(DRAFT).filter(|secret| !secret.is_empty()).map(|secret| Key::of(secret, form))
    }

    /// The draft of this form, if the browser has its key and it is not over.
    pub async fn draft(&self, ctx: &Ctx, form: &str) -> Result<Option<Draft>> {
        match self.key(form) {
            Some(key) => draft::find(self.app.store().reader(), &key, ctx.now).await,
            None => Ok(None),
        }
    }

    /// The proof of a booking, unread.
    pub fn proof(&self) -> &str {
        self.get(PROOF).unwrap_or_default()
    }

    /// Keeps the answers of a form, under a new key when the browser has none.
    pub async fn keep_draft(
        &self,
        ctx: &Ctx,
        response: &mut Response,
        form: &str,
        answers: &Answers,
    ) -> Result<()> {
        let key = match self.key(form) {
            Some(key) => key,
            None => {
                let secret = self.app.random().token();
                self.keep(response, DRAFT, &secret, None);
                Key::of(&secret, form)
            }
        };
        let body = Draft::Open(Box::new(answers.clone()));
        draft::keep(self.app.store(), ctx, &key, &body).await
    }

    /// Deletes what was typed into a form.
    pub async fn forget_draft(&self, ctx: &Ctx, form: &str) -> Result<()> {
        match self.key(form) {
            Some(key) => draft::forget(self.app.store(), ctx, &key).await,
            None => Ok(()),
        }
    }

    /// The marks of the bookings that were found on this device, unread.
    pub fn known(&self) -> &str {
        self.get(KNOWN).unwrap_or_default()
    }

    /// Keeps a proof.
    pub fn keep_proof(&self, response: &mut Response, proof: &str) {
        self.keep(response, PROOF, proof, Some(crate::my::proof::LIFE));
    }

    /// Keeps the marks of the bookings that were found on this device.
    pub fn keep_known(&self, response: &mut Response, marks: &str) {
        self.keep(response, KNOWN, marks, Some(crate::my::known::LIFE));
    }

    /// Forgets the proof, the key and the marks, for a browser that others use too.
    pub fn empty(&self, response: &mut Response) {
        for name in [PROOF, DRAFT, KNOWN] {
            self.keep(response, name, "", Some(TimeDelta::zero()));
        }
    }

    /// Sets a cookie that lives as long as the browser, or so long.
    fn keep(&self, response: &mut Response, name: &str, value: &str, life: Option<TimeDelta>) {
        let name = own_cookie(&self.app, name);
        let secure = if self.app.config().is_https() { "; Secure" } else { "" };
        let age = life.map(|life| format!("; Max-Age={}", life.num_seconds())).unwrap_or_default();
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        if let Ok(line) = HeaderValue::from_str(&line) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
}
