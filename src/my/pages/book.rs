//! A booking, one thing on each page. Every post answers with a redirect.

use askama::Template;
use entity::SessionId;
use entity::bookings::booking::BookingState;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::Device;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::Guest;
use super::jar::{Draft, Jar};
use super::view::field;
use crate::bookings::queries::number_text;
use crate::bookings::rules::Refusal;
use crate::my::proof::Reach;
use crate::my::queries::Mine;
use crate::my::rules::{Answers, Attendee, BookForm, BookingStep, NO_DAY, WAIT};
use crate::my::view::{SessionView, TimeView};
use crate::my::{actions, limits, queries, rules};
use crate::platform::draft;
use crate::platform::japan::{BookingNumber, PhoneNumber};
use crate::platform::web::Page;
use crate::platform::web::door::{Field, Returned, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{redirect, render};
use crate::platform::{Error, FieldError, Result};

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
    step: BookingStep,
    answers: Answers,
    back: Returned,
    session: SessionView,
    days: Vec<SessionView>,
    times: Vec<TimeView>,
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

    fn title(&self) -> &str {
        let family = self.answers.who == Some(Attendee::Family);
        self.page.t(match (self.step, family) {
            (BookingStep::Who, _) => "who.h1",
            (BookingStep::Day, _) => "slot.h1",
            (BookingStep::Time, _) => "time.h1",
            (BookingStep::Name, false) => "name.h1",
            (BookingStep::Name, true) => "name.h1.family",
            (BookingStep::Phone, false) => "tel.h1",
            (BookingStep::Phone, true) => "tel.h1.family",
            (BookingStep::Way, _) => "way.h1",
            (BookingStep::Address, _) if self.by_mail() => "mail.h1",
            (BookingStep::Address, _) => "addr.h1",
            (BookingStep::Extra, _) => "extra.h1",
            (BookingStep::Check, _) => "check.h1",
        })
    }

    /// Which page of how many.
    fn count(&self) -> Option<(usize, usize)> {
        let pages = rules::counted(&self.answers);
        let at = pages.iter().position(|page| *page == self.step)?;
        Some((at + 1, pages.len()))
    }

    /// Address of the page before.
    fn before(&self) -> String {
        match rules::before(self.step, &self.answers) {
            Some(before) => self.link(before.slug()),
            None => format!("/events/{}", self.answers.session),
        }
    }

    fn link(&self, step: &str) -> String {
        link(&self.key, step)
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
        let chosen = self.times.iter().find(|time| self.is_time(time));
        chosen.map_or("", |time| time.words.as_str())
    }

    fn needs(&self) -> String {
        let words = self.answers.needs.iter().map(|need| self.page.word("extra.need", need));
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
        let Answers { birth, device, needs, .. } = &self.answers;
        !birth.is_empty() || device.is_some() || !needs.is_empty()
    }

    fn has_need(&self, need: &str) -> bool {
        self.answers.needs.iter().any(|said| said == need)
    }
}

/// The address of one page of a draft.
fn link(key: &str, step: &str) -> String {
    format!("/book/{key}/{step}")
}

/// A page of the draft `key`, with its sentences about mistakes.
async fn book_page(
    guest: &Guest,
    key: &str,
    step: BookingStep,
    answers: Answers,
    back: Returned,
) -> Result<BookPage> {
    let (db, ctx, id) = (guest.db(), &guest.ctx, answers.session_id());
    let session = queries::public_session(db, ctx, id).await?;
    let mut days = Vec::new();
    if step == BookingStep::Day {
        days = queries::coming(db, ctx, Some(session.kind), None, DAYS, None).await?.items;
        days.retain(|day| day.open);
    }
    let times = match step {
        BookingStep::Time | BookingStep::Check if session.timed => {
            queries::free_times(db, ctx, id).await?
        }
        _ => Vec::new(),
    };

    let (page, key) = (guest.page.clone(), key.to_owned());
    Ok(BookPage { page, key, step, answers, back, session, days, times })
}

async fn draw(
    guest: &Guest,
    key: &str,
    step: BookingStep,
    answers: Answers,
    back: Returned,
) -> Result<Response> {
    let shown = book_page(guest, key, step, answers, back).await?;
    render_form(&shown.back, &shown)
}

/// `GET /book/{session id}`: the first page, under a new key.
#[handler]
pub async fn start(
    guest: Guest,
    Path(id): Path<SessionId>,
    Query(chosen): Query<BeginQuery>,
) -> Result<Response> {
    let session = queries::public_session(guest.db(), &guest.ctx, id).await?;
    if !session.open {
        return Ok(redirect(&format!("/events/{id}")));
    }
    if chosen.time == NO_DAY {
        return Ok(redirect("/call"));
    }
    let answers = Answers::begin(id, session.timed, chosen.time.parse().ok(), session.full());
    let key = &guest.page.once[..32];
    draw(&guest, key, BookingStep::Who, answers, Returned::default()).await
}

/// One page of a draft. The key is a random token of ours, never something typed.
fn page_of(key: &str, step: &str) -> Result<BookingStep> {
    let is_key = key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit());
    BookingStep::from_slug(step).filter(|_| is_key).ok_or(Error::NotFound)
}

/// `GET /book/{key}/{step}`
#[handler]
pub async fn show(
    guest: Guest,
    jar: Jar,
    Path((key, step)): Path<(String, String)>,
) -> Result<Response> {
    let step = page_of(&key, &step)?;
    let answers = match jar.draft(&guest.ctx, &key).await? {
        Some(Draft::Open(answers)) => *answers,
        Some(Draft::Done(_)) => return Ok(redirect(&link(&key, "done"))),
        None => return Ok(redirect("/events?again=1")),
    };
    let next = rules::next(&answers, guest.ctx.today());
    if step == BookingStep::Check && next != BookingStep::Check {
        return Ok(redirect(&link(&key, next.slug())));
    }
    draw(&guest, &key, step, answers, Returned::default()).await
}

/// `POST /book/{key}/{step}`
#[handler]
pub async fn answer(
    guest: Guest,
    jar: Jar,
    Path((key, step)): Path<(String, String)>,
    Form(typed): Form<BookForm>,
) -> Result<Response> {
    let step = page_of(&key, &step)?;
    let mut answers = match jar.draft(&guest.ctx, &key).await? {
        Some(Draft::Open(answers)) => *answers,
        Some(Draft::Done(_)) => return Ok(redirect(&link(&key, "done"))),
        None if step == BookingStep::Who => begin(&guest, &typed).await?,
        None => return Ok(redirect("/events?again=1")),
    };
    if typed.session == NO_DAY || typed.time == NO_DAY {
        return Ok(redirect("/call"));
    }

    let errors = match step {
        BookingStep::Check => return submit(&guest, &jar, &key, answers).await,
        BookingStep::Day => choose_day(&guest, &typed, &mut answers).await?,
        step => {
            answers.take(step, &typed);
            rules::problems(step, &answers, guest.ctx.today())
        }
    };
    if !errors.is_empty() {
        return draw(&guest, &key, step, answers, Returned::mistakes(errors)).await;
    }

    let next = rules::next(&answers, guest.ctx.today());
    let mut response = redirect(&link(&key, next.slug()));
    jar.keep_draft(&guest.ctx, &mut response, &key, &answers).await?;
    Ok(response)
}

/// The first page carries the session in its form; everything after it, in the draft.
async fn begin(guest: &Guest, typed: &BookForm) -> Result<Answers> {
    let id = SessionId(typed.session.parse().map_err(|_| Error::BadRequest)?);
    let session = queries::public_session(guest.db(), &guest.ctx, id).await?;
    Ok(Answers::begin(id, session.timed, typed.time.parse().ok(), typed.wait == WAIT))
}

async fn choose_day(
    guest: &Guest,
    typed: &BookForm,
    answers: &mut Answers,
) -> Result<Vec<FieldError>> {
    let Ok(id) = typed.session.parse() else {
        return Ok(vec![FieldError::new("session", "err.slot.empty")]);
    };
    let chosen = queries::public_session(guest.db(), &guest.ctx, SessionId(id)).await?;
    if !chosen.open {
        return Ok(vec![FieldError::new("session", "err.slot.gone")]);
    }
    answers.choose(chosen.id, chosen.timed, chosen.full());
    Ok(Vec::new())
}

/// `POST /book/{key}/stop`: deletes what was typed.
#[handler]
pub async fn stop(guest: Guest, jar: Jar, Path(key): Path<String>) -> Result<Response> {
    jar.forget_draft(&guest.ctx, &key).await?;
    Ok(redirect("/"))
}

async fn submit(guest: &Guest, jar: &Jar, key: &str, answers: Answers) -> Result<Response> {
    let application = match rules::application(&answers, guest.ctx.today()) {
        Ok(application) => application,
        Err(step) => return Ok(redirect(&link(key, step.slug()))),
    };
    limits::count_application(&guest.app, &guest.ctx, &application.phone).await?;
    let Some(draft) = jar.key(key) else { return Ok(redirect("/events?again=1")) };

    let (application, draft) = (&application, &draft);
    let applied = guest
        .does("apply_for_place", |tx, scope| async move {
            let applied = actions::apply(&tx, scope, application).await?;
            // Nothing of what was typed is left beside the booking.
            draft::keep_in(&tx, draft, &Draft::Done(applied.booking_id)).await?;
            Ok(applied)
        })
        .await;
    let applied = match applied {
        Ok(applied) => applied,
        Err(error) => return refused(guest, jar, key, answers, error).await,
    };

    let number = BookingNumber::parse(&number_text(applied.number)).map_err(Error::internal)?;
    let last4 = application.phone.last4();
    let mine = queries::look_up(guest.db(), &guest.scope, number, last4).await?;
    // To have booked shows nothing of who it was: the path stays closed.
    let mine = Mine { reach: Reach::Booking, ..mine.ok_or(Error::NotFound)? };

    let mut response = redirect(&link(key, "done"));
    jar.keep_proof(&mut response, &mine.proof(guest.ctx.now));
    Ok(response)
}

/// A refusal leads to the page on which it can be mended; everything else that was typed stays.
async fn refused(
    guest: &Guest,
    jar: &Jar,
    key: &str,
    mut answers: Answers,
    error: Error,
) -> Result<Response> {
    let (day, time) = ((BookingStep::Day, "session"), (BookingStep::Time, "time"));
    let ((step, field), wording) = match error.reason() {
        Some(Refusal::Full) => (day, "err.slot.gone"),
        Some(Refusal::KeptForPhone) => (day, "err.slot.by_phone"),
        Some(Refusal::SessionCancelled) => (day, "refused.session_cancelled"),
        Some(Refusal::SessionStarted) => (day, "refused.session_started"),
        Some(Refusal::ByDraw) => (day, "refused.by_draw"),
        Some(Refusal::SlotTaken) => (time, "refused.slot_taken"),
        Some(Refusal::SlotNeeded) => (time, "refused.slot_needed"),
        _ => return Err(error),
    };

    if step == BookingStep::Time {
        (answers.timed, answers.time, answers.wait) = (true, None, false);
    }
    // What is refused is mended at a field of that page.
    let mut back = Returned::of(&guest.page, error)?;
    (back.refusal, back.errors) = (None, vec![FieldError::new(field, wording)]);
    let mut shown = book_page(guest, key, step, answers.clone(), back).await?;
    if step == BookingStep::Time && shown.times.is_empty() {
        // No time of this day is left: another day.
        shown.back.errors = vec![FieldError::new("session", "err.slot.gone")];
        shown = book_page(guest, key, BookingStep::Day, shown.answers, shown.back).await?;
    }

    let mut response = render_form(&shown.back, &shown)?;
    jar.keep_draft(&guest.ctx, &mut response, key, &answers).await?;
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
pub async fn show_done(guest: Guest, jar: Jar, Path(key): Path<String>) -> Result<Response> {
    let ctx = &guest.ctx;
    let Some(Draft::Done(id)) = jar.draft(ctx, &key).await? else { return Ok(redirect("/my")) };
    let row = queries::booked(guest.db(), &guest.scope, id).await?;
    let session = SessionView::of_booking(ctx.lang, &row, ctx.now);
    let waits = row.booking.state == BookingState::Waiting;
    render(&Done { page: guest.page, number: row.number(), waits, session })
}
