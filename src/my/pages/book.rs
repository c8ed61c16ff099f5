//! A booking, one thing on each page. Every post answers with a redirect.

use askama::Template;
use entity::SessionId;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::Device;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::jar::{self, Draft, Jar};
use super::view::{SessionView, TimeView, field};
use crate::bookings::rules::Refusal;
use crate::my::actions;
use crate::my::limits;
use crate::my::proof::Reach;
use crate::my::queries::{self, Mine};
use crate::my::rules::{self, Answers, Application, BookForm, NO_DAY, Step, WAIT, Who};
use crate::platform::draft::{self, Key};
use crate::platform::japan::PhoneNumber;
use crate::platform::web::Page;
use crate::platform::web::door::{Field, Returned, render_form};
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{redirect, render};
use crate::platform::{App, Ctx, Error, FieldError, Result};

/// Days to choose from.
const DAYS: usize = 12;

/// Where a booking begins: from the page of a session, perhaps with a time chosen there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct BeginQuery {
    time: String,
}

#[derive(Template)]
#[template(path = "my/pages/book.html")]
struct BookPage {
    page: Page,
    /// Names the draft; the one-time id of the whole booking.
    key: String,
    step: Step,
    answers: Answers,
    back: Returned,
    session: SessionView,
    days: Vec<SessionView>,
    times: Vec<TimeView>,
    /// Which page of how many.
    count: Option<(usize, usize)>,
    /// Address of the page before.
    before: String,
}

impl BookPage {
    /// A field that has to be filled in.
    fn must(&self, name: &str, key: &str, value: &str) -> Field {
        field(&self.page, &self.back, name, key, value, true)
    }

    /// A field that may be left empty.
    fn may(&self, name: &str, key: &str, value: &str) -> Field {
        field(&self.page, &self.back, name, key, value, false)
    }

    fn title(&self) -> String {
        let family = self.answers.who == Some(Who::Family);
        let key = match (self.step, family) {
            (Step::Who, _) => "who.h1",
            (Step::Day, _) => "slot.h1",
            (Step::Time, _) => "time.h1",
            (Step::Name, false) => "name.h1",
            (Step::Name, true) => "name.h1.family",
            (Step::Phone, false) => "tel.h1",
            (Step::Phone, true) => "tel.h1.family",
            (Step::Way, _) => "way.h1",
            (Step::Address, _) if self.answers.way == Some(Channel::Email) => "mail.h1",
            (Step::Address, _) => "addr.h1",
            (Step::Extra, _) => "extra.h1",
            (Step::Check, _) => "check.h1",
        };
        self.page.t(key).to_owned()
    }

    fn words(&self, group: &str, value: &str) -> String {
        let key = format!("{group}.{value}");
        self.page.t(&key).to_owned()
    }

    fn link(&self, step: &str) -> String {
        format!("/book/{}/{step}", self.key)
    }

    fn by_mail(&self) -> bool {
        self.answers.way == Some(Channel::Email)
    }

    fn by_letter(&self) -> bool {
        self.answers.way == Some(Channel::Letter)
    }

    fn phone_shown(&self) -> String {
        PhoneNumber::parse(&self.answers.phone).map(|phone| phone.display()).unwrap_or_default()
    }

    fn time_shown(&self) -> &str {
        let chosen = self.times.iter().find(|time| Some(time.value) == self.answers.time);
        chosen.map_or("", |time| time.words.as_str())
    }

    fn needs(&self) -> String {
        let words = self.answers.needs.iter().map(|need| self.words("extra.need", need));
        words.collect::<Vec<_>>().join(self.page.pick("・", ", "))
    }

    fn is_time(&self, time: &TimeView) -> bool {
        self.answers.time == Some(time.value)
    }

    fn is_way(&self, way: &Channel) -> bool {
        self.answers.way == Some(*way)
    }

    fn is_device(&self, device: &Device) -> bool {
        self.answers.device == Some(*device)
    }

    fn has_extra(&self) -> bool {
        !self.answers.birth.is_empty()
            || self.answers.device.is_some()
            || !self.answers.needs.is_empty()
    }

    fn has_need(&self, need: &str) -> bool {
        self.answers.needs.iter().any(|said| said == need)
    }
}

/// A page of the draft `key`, with its sentences about mistakes.
async fn book_page(
    app: &App,
    page: Page,
    key: &str,
    step: Step,
    answers: Answers,
    back: Returned,
) -> Result<BookPage> {
    let ctx = page.ctx.clone();
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let row = queries::public_session(db, &scope, answers.session_id()).await?;
    let session = SessionView::new(ctx.lang, &row, ctx.now);
    let days = match step {
        Step::Day => other_days(app, &ctx, &row.session).await?,
        _ => Vec::new(),
    };
    let times = match step {
        Step::Time | Step::Check if session.timed => {
            queries::free_times(db, &scope, answers.session_id()).await?
        }
        _ => Vec::new(),
    };

    let pages = rules::counted(&answers);
    let count = pages.iter().position(|page| *page == step).map(|at| (at + 1, pages.len()));
    let before = match rules::before(step, &answers) {
        Some(before) => format!("/book/{key}/{}", before.slug()),
        None => format!("/events/{}", answers.session),
    };

    Ok(BookPage {
        key: key.to_owned(),
        step,
        back,
        session,
        days,
        times: times.iter().map(|slot| TimeView::new(ctx.lang, slot)).collect(),
        count,
        before,
        answers,
        page,
    })
}

async fn other_days(
    app: &App,
    ctx: &Ctx,
    session: &crate::sessions::session::Model,
) -> Result<Vec<SessionView>> {
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let found = queries::coming(db, &scope, Some(session.kind), None, ctx.now, DAYS, None).await?;
    let days = found.items.iter().map(|row| SessionView::new(ctx.lang, row, ctx.now));
    Ok(days.filter(|day| day.open).collect())
}

/// `GET /book/{session id}`: the first page, under a new key.
#[handler]
pub async fn start(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Query(chosen): Query<BeginQuery>,
) -> Result<Response> {
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let row = queries::public_session(db, &scope, SessionId(id)).await?;
    let session = SessionView::new(ctx.lang, &row, ctx.now);
    if !session.open {
        return Ok(redirect(&format!("/events/{id}")));
    }
    if chosen.time == NO_DAY {
        return Ok(redirect("/call"));
    }
    let answers =
        Answers::begin(SessionId(id), session.timed, chosen.time.parse().ok(), session.full());
    let key = page.once[..32].to_owned();
    render(&book_page(&app, page, &key, Step::Who, answers, Returned::default()).await?)
}

/// A draft's key is a random token of ours, never something typed.
fn is_key(key: &str) -> bool {
    key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `GET /book/{key}/{step}`
#[handler]
pub async fn show(
    page: Page,
    ctx: Ctx,
    app: App,
    jar: Jar,
    Path((key, step)): Path<(String, String)>,
) -> Result<Response> {
    let step = Step::from_slug(&step).filter(|_| is_key(&key)).ok_or(Error::NotFound)?;
    let answers = match jar.draft(&ctx, &key).await? {
        Some(Draft::Open(answers)) => *answers,
        Some(Draft::Done(_)) => return Ok(redirect(&format!("/book/{key}/done"))),
        None => return Ok(redirect("/events?again=1")),
    };
    let next = rules::next(&answers, ctx.today());
    if step == Step::Check && next != Step::Check {
        return Ok(redirect(&format!("/book/{key}/{}", next.slug())));
    }
    render(&book_page(&app, page, &key, step, answers, Returned::default()).await?)
}

/// `POST /book/{key}/{step}`
#[handler]
pub async fn answer(
    page: Page,
    ctx: Ctx,
    app: App,
    jar: Jar,
    intent: Intent,
    Path((key, step)): Path<(String, String)>,
    Form(typed): Form<BookForm>,
) -> Result<Response> {
    let step = Step::from_slug(&step).filter(|_| is_key(&key)).ok_or(Error::NotFound)?;
    let mut answers = match jar.draft(&ctx, &key).await? {
        Some(Draft::Open(answers)) => *answers,
        Some(Draft::Done(_)) => return Ok(redirect(&format!("/book/{key}/done"))),
        None if step == Step::Who => begin(&app, &ctx, &typed).await?,
        None => return Ok(redirect("/events?again=1")),
    };
    if typed.session == NO_DAY || typed.time == NO_DAY {
        return Ok(redirect("/call"));
    }

    let errors = match step {
        Step::Check => return submit(page, app, jar, intent, key, answers).await,
        Step::Day => choose_day(&app, &ctx, &typed, &mut answers).await?,
        step => {
            answers.take(step, &typed);
            rules::problems(step, &answers, ctx.today())
        }
    };
    if !errors.is_empty() {
        let back = Returned::mistakes(errors);
        let shown = book_page(&app, page, &key, step, answers, back).await?;
        return render_form(&shown.back, &shown);
    }

    let next = rules::next(&answers, ctx.today());
    let mut response = redirect(&format!("/book/{key}/{}", next.slug()));
    jar.keep_draft(&ctx, &mut response, &key, &answers).await?;
    Ok(response)
}

/// The first page carries the session in its form; everything after it, in the draft.
async fn begin(app: &App, ctx: &Ctx, typed: &BookForm) -> Result<Answers> {
    let id: i64 = typed.session.parse().map_err(|_| Error::BadRequest)?;
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let row = queries::public_session(db, &scope, SessionId(id)).await?;
    let timed = row.session.slot_minutes.is_some();
    Ok(Answers::begin(SessionId(id), timed, typed.time.parse().ok(), typed.wait == WAIT))
}

async fn choose_day(
    app: &App,
    ctx: &Ctx,
    typed: &BookForm,
    answers: &mut Answers,
) -> Result<Vec<FieldError>> {
    let Ok(id) = typed.session.parse() else {
        return Ok(vec![FieldError::new("session", "err.slot.empty")]);
    };
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let row = queries::public_session(db, &scope, SessionId(id)).await?;
    let chosen = SessionView::new(ctx.lang, &row, ctx.now);
    if !chosen.open {
        return Ok(vec![FieldError::new("session", "err.slot.gone")]);
    }
    answers.choose(SessionId(id), chosen.timed, chosen.full());
    Ok(Vec::new())
}

/// `POST /book/{key}/stop`: deletes what was typed.
#[handler]
pub async fn stop(ctx: Ctx, jar: Jar, Path(key): Path<String>) -> Result<Response> {
    jar.forget_draft(&ctx, &key).await?;
    Ok(redirect("/"))
}

async fn submit(
    page: Page,
    app: App,
    jar: Jar,
    intent: Intent,
    key: String,
    answers: Answers,
) -> Result<Response> {
    let ctx = page.ctx.clone();
    let application = match rules::application(&answers, ctx.today()) {
        Ok(application) => application,
        Err(step) => return Ok(redirect(&format!("/book/{key}/{}", step.slug()))),
    };

    limits::count_application(&app, &ctx, &application.phone).await?;
    let Some(draft) = jar.key(&key) else { return Ok(redirect("/events?again=1")) };
    let applied = match apply(&app, &ctx, &intent, &application, &draft).await {
        Ok(applied) => applied,
        Err(error) => return told(page, &app, &jar, &key, answers, error).await,
    };

    let number = crate::bookings::queries::number_text(applied.number);
    let number = crate::platform::japan::BookingNumber::parse(&number).map_err(Error::internal)?;
    let last4 = application.phone.last4();
    let scope = ctx.public_scope();
    let mine = queries::look_up(app.store().reader(), &scope, number, last4).await?;
    // To have booked shows nothing of who it was: the path stays closed.
    let mine = Mine { reach: Reach::Booking, ..mine.ok_or(Error::NotFound)? };

    let proof = mine.proof(ctx.now);
    let mut response = redirect(&format!("/book/{key}/done"));
    jar::keep_proof(&app, &mut response, &proof);
    Ok(response)
}

async fn apply(
    app: &App,
    ctx: &Ctx,
    intent: &Intent,
    application: &Application,
    draft: &Key,
) -> Result<actions::Applied> {
    let scope = &ctx.public_scope();
    app.store()
        .write_once(ctx, "apply_for_place", intent.0.as_ref(), |tx| async move {
            let applied = actions::apply(&tx, scope, application).await?;
            // Nothing of what was typed is left beside the booking.
            draft::keep_in(&tx, draft, &Draft::Done(applied.booking_id)).await?;
            Ok(applied)
        })
        .await
}

/// A refusal leads to the page on which it can be mended; everything else that was typed stays.
async fn told(
    page: Page,
    app: &App,
    jar: &Jar,
    key: &str,
    mut answers: Answers,
    error: Error,
) -> Result<Response> {
    let ctx = page.ctx.clone();
    let (step, field, wording) = match error.reason() {
        Some(Refusal::Full) => (Step::Day, "session", "err.slot.gone"),
        Some(Refusal::KeptForPhone) => (Step::Day, "session", "err.slot.by_phone"),
        Some(Refusal::SessionCancelled) => (Step::Day, "session", "refused.session_cancelled"),
        Some(Refusal::SessionStarted) => (Step::Day, "session", "refused.session_started"),
        Some(Refusal::ByDraw) => (Step::Day, "session", "refused.by_draw"),
        Some(Refusal::SlotTaken) => (Step::Time, "time", "refused.slot_taken"),
        Some(Refusal::SlotNeeded) => (Step::Time, "time", "refused.slot_needed"),
        _ => return Err(error),
    };

    if step == Step::Time {
        (answers.timed, answers.time, answers.wait) = (true, None, false);
    }
    // What is refused is mended at a field of that page.
    let mut back = Returned::of(&page, error)?;
    (back.refusal, back.errors) = (None, vec![FieldError::new(field, wording)]);
    let mut shown = book_page(app, page, key, step, answers.clone(), back).await?;
    if step == Step::Time && shown.times.is_empty() {
        // No time of this day is left: another day.
        shown.back.errors = vec![FieldError::new("session", "err.slot.gone")];
        shown = book_page(app, shown.page, key, Step::Day, shown.answers, shown.back).await?;
    }

    let mut response = render_form(&shown.back, &shown)?;
    jar.keep_draft(&ctx, &mut response, key, &answers).await?;
    Ok(response)
}

#[derive(Template)]
#[template(path = "my/pages/done.html")]
struct Done {
    page: Page,
    number: String,
    waits: bool,
    session: SessionView,
}

/// `GET /book/{key}/done`: the same page again, however often it is loaded.
#[handler]
pub async fn show_done(
    page: Page,
    ctx: Ctx,
    app: App,
    jar: Jar,
    Path(key): Path<String>,
) -> Result<Response> {
    let Some(Draft::Done(id)) = jar.draft(&ctx, &key).await? else { return Ok(redirect("/my")) };
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let row = queries::booked(db, &scope, id).await?;
    render(&Done {
        number: row.number(),
        waits: row.booking.state == entity::bookings::booking::BookingState::Waiting,
        session: SessionView::of_booking(ctx.lang, &row, ctx.now),
        page,
    })
}
