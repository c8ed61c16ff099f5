//! What every page needs: words, language, text size, and how it is sent.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use entity::platform::municipality;
use poem::http::{Method, StatusCode, Uri, header};
use poem::{FromRequest, Request, RequestBody, Response};

use super::assets;
use crate::platform::actor::{Actor, Ctx};
use crate::platform::error::FieldError;
use crate::platform::japan::OpeningHours;
use crate::platform::room::{self, Group};
use crate::platform::{App, Error, Lang, Result, words};

/// What every template needs; templates call it `page`.
#[derive(Clone, Debug)]
pub struct Page {
    pub ctx: Ctx,
    /// Path and query of this page, without `lang` and `size`; of a page that a form drew, those of
    /// the page with the form.
    pub here: String,
    /// Name of the municipality of the public pages.
    pub place: String,
    pub department: String,
    /// The number that every page gives.
    pub phone: String,
    /// When somebody answers it: 「平日の午前10時から午後5時までです。」.
    pub hours: String,
    /// One-time id for forms: pressing twice does it once.
    pub once: String,
    /// Who is logged in; empty for nobody.
    pub staff_name: String,
}

impl<'a> FromRequest<'a> for Page {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let app = request.extensions().get::<App>().ok_or(Error::internal("no app"))?;
        let ctx = request.extensions().get::<Ctx>().ok_or(Error::internal("no context"))?;
        let back = page_before(app, request);
        Ok(Self::new(app, ctx, &back.unwrap_or_else(|| request.uri().to_string())))
    }
}

impl<'a> FromRequest<'a> for Ctx {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let ctx = request.extensions().get::<Ctx>();
        Ok(ctx.cloned().ok_or(Error::internal("no context"))?)
    }
}

impl<'a> FromRequest<'a> for App {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let app = request.extensions().get::<App>();
        Ok(app.cloned().ok_or(Error::internal("no app"))?)
    }
}

impl Page {
    /// The page at `uri` (path and query).
    pub fn new(app: &App, ctx: &Ctx, uri: &str) -> Self {
        let page = Self {
            here: without_display_choices(uri),
            place: String::new(),
            department: String::new(),
            phone: String::new(),
            hours: String::new(),
            once: app.random().token(),
            staff_name: match &ctx.actor {
                Actor::Staff { name, .. } => name.to_string(),
                _ => String::new(),
            },
            ctx: ctx.clone(),
        };
        page.of(app.home_municipality())
    }

    /// The same page with the name, the number and the hours of this municipality: whose figures
    /// or whose letter it shows.
    #[must_use]
    pub fn of(self, town: &municipality::Model) -> Self {
        let lang = self.ctx.lang;
        Self {
            place: lang.pick(&town.name_ja, &town.name_en).to_owned(),
            department: lang.pick(&town.department_ja, &town.department_en).to_owned(),
            phone: town.phone.clone(),
            hours: hours_words(lang, town),
            ..self
        }
    }

    /// The text of a key.
    pub fn t<'a>(&self, key: &'a str) -> &'a str {
        words::text(self.ctx.lang, key)
    }

    /// The word for a value: the text `<prefix>.<value>`.
    pub fn word(&self, prefix: &str, value: impl std::fmt::Display) -> String {
        self.f(&format!("{prefix}.{value}"), &[])
    }

    /// The text of a key with one value.
    pub fn f1(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        words::fill(self.ctx.lang, key, &[(name, &value.to_string())])
    }

    /// The text of a key with values.
    pub fn f(&self, key: &str, values: &[(&str, &str)]) -> String {
        words::fill(self.ctx.lang, key, values)
    }

    /// [`Lang::day`].
    pub fn day(&self, on: &NaiveDate) -> String {
        self.ctx.lang.day(*on)
    }

    /// [`Lang::long_day`].
    pub fn long_day(&self, on: &NaiveDate) -> String {
        self.ctx.lang.long_day(*on)
    }

    /// [`Lang::short_day`].
    pub fn short_day(&self, on: &NaiveDate) -> String {
        self.ctx.lang.short_day(*on)
    }

    /// [`Lang::moment`].
    pub fn moment(&self, at: &DateTime<Utc>) -> String {
        self.ctx.lang.moment(*at)
    }

    /// [`Lang::long_moment`].
    pub fn long_moment(&self, at: &DateTime<Utc>) -> String {
        self.ctx.lang.long_moment(*at)
    }

    /// [`Lang::short_moment`].
    pub fn short_moment(&self, at: &DateTime<Utc>) -> String {
        self.ctx.lang.short_moment(*at)
    }

    /// [`Lang::fiscal_year`].
    pub fn fiscal_year(&self, year: &i32) -> String {
        self.ctx.lang.fiscal_year(*year)
    }

    /// Picks one of two texts by language.
    pub fn pick<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        self.ctx.lang.pick(ja, en)
    }

    /// A word set aside in the brackets of the language, to stand behind another.
    pub fn aside(&self, word: impl std::fmt::Display) -> String {
        if self.is_ja() { format!("（{word}）") } else { format!(" ({word})") }
    }

    /// Whether the page is in Japanese.
    pub fn is_ja(&self) -> bool {
        self.ctx.lang == Lang::Ja
    }

    /// The language code.
    pub fn lang(&self) -> &'static str {
        self.ctx.lang.code()
    }

    /// This page in the other language.
    pub fn other_lang_link(&self) -> String {
        self.with("lang", self.ctx.lang.pick("en", "ja"))
    }

    /// This page in another text size.
    pub fn size_link(&self, size: &u8) -> String {
        self.with("size", &size.to_string())
    }

    /// The name of a text size.
    pub fn size_name(&self, size: &u8) -> &str {
        match size {
            1 => self.t("nav.size.1"),
            2 => self.t("nav.size.2"),
            _ => self.t("nav.size.3"),
        }
    }

    /// Whether this page lies under `path`.
    pub fn at(&self, path: &str) -> bool {
        self.here.split(['?', '/']).nth(1) == path.split('/').nth(1)
    }

    fn with(&self, name: &str, value: &str) -> String {
        let mark = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{mark}{name}={value}", self.here)
    }

    /// The address of a style sheet, script or picture.
    pub fn asset(&self, name: &str) -> String {
        assets::link(name)
    }

    /// The token that forms of a logged-in browser carry.
    pub fn csrf(&self) -> &str {
        &self.ctx.csrf
    }

    /// The heading of a group of the menu.
    pub fn group_words(&self, group: &Group) -> String {
        self.f(&format!("nav.group.{}", group.name), &[])
    }

    /// What the actor may open.
    pub fn menu(&self) -> Vec<Group> {
        room::menu(&self.ctx)
    }

    /// The phone number as a link target.
    pub fn phone_link(&self) -> String {
        format!("tel:{}", self.phone.replace('-', ""))
    }

    /// The sentence of a field's error, if it has one.
    pub fn error_of(&self, errors: &[FieldError], field: &str) -> Option<String> {
        errors.iter().find(|error| error.field == field).map(|error| self.sentence(error))
    }

    /// The sentence of an error.
    pub fn sentence(&self, error: &FieldError) -> String {
        let values: Vec<(&str, &str)> =
            error.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        words::fill(self.ctx.lang, error.wording, &values)
    }
}

/// When a call centre is open, as a sentence; nothing when the row makes no hours.
fn hours_words(lang: Lang, town: &municipality::Model) -> String {
    let municipality::Model { open_days, opens_minute, closes_minute, .. } = town;
    let Ok(hours) = OpeningHours::of_row(*open_days, *opens_minute, *closes_minute) else {
        return String::new();
    };
    let said = match lang {
        Lang::Ja => hours.words_ja(),
        Lang::En => hours.words_en(),
    };
    words::fill(lang, "help.hours", &[("hours", &said)])
}

/// Whether a request only reads, so that a browser can send it again at will.
pub fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Path and query of the page of ours whose form was posted. The path that takes the form need
/// not be one that can be read.
pub fn page_before(app: &App, request: &Request) -> Option<String> {
    if is_reading(request.method()) {
        return None;
    }
    let referer: Uri = request.headers().get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let from = referer.authority()?.as_str();
    if !is_ours(app, request, from) || referer.path().starts_with("//") {
        return None;
    }
    referer.path_and_query().map(ToString::to_string)
}

/// Whether `host`, with its port when it has one, is where this request was sent.
pub fn is_ours(app: &App, request: &Request, host: &str) -> bool {
    let asked = request.headers().get(header::HOST).and_then(|asked| asked.to_str().ok());
    asked == Some(host) || host == app.config().host()
}

fn without_display_choices(uri: &str) -> String {
    let Some((path, query)) = uri.split_once('?') else { return uri.to_owned() };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && !pair.starts_with("size="))
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// Sends a template as a page.
///
/// # Errors
/// `Internal` when the template fails.
pub fn render(template: &impl Template) -> Result<Response> {
    render_with(StatusCode::OK, template)
}

/// Sends a template with a status: a form shown again goes out with 422.
///
/// # Errors
/// `Internal` when the template fails.
pub fn render_with(status: StatusCode, template: &impl Template) -> Result<Response> {
    let body = template.render().map_err(Error::internal)?;
    Ok(Response::builder().status(status).content_type("text/html; charset=utf-8").body(body))
}

/// Sends the browser on after a post (303).
pub fn redirect(to: &str) -> Response {
    Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, to).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_and_size_leave_the_address() {
        for (uri, want) in [
            ("/events", "/events"),
            ("/events?lang=en", "/events"),
            ("/events?where=1&lang=en&size=2&when=am", "/events?where=1&when=am"),
        ] {
            assert_eq!(without_display_choices(uri), want);
        }
    }
}
