//! `/people/{id}/standing`: whether a person may be contacted; what another standing takes from them,
//! and what was taken and can be given back.

use askama::Template;
use entity::notices::delivery::DeliveryState;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::Standing;
use entity::{BookingId, ResidentId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::words;
use crate::bookings::BookingRow;
use crate::bookings::booking::BookingState;
use crate::notices::queries::{self as notices, DeliveryFilter};
use crate::platform::error::Reason;
use crate::platform::random::digest;
use crate::platform::web::door::{By, Visit};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Personal, Result, Scope};
use crate::residents::{Desk, resident};
use crate::{bookings, residents, surveys};

/// A notice that has not reached anybody yet.
const WAITING: [DeliveryState; 3] =
    [DeliveryState::Waiting, DeliveryState::Printed, DeliveryState::NoAnswer];
/// Notices that are counted; nobody has more that wait.
const NOTICES: usize = 100;

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StandingQuery {
    /// The standing that somebody chose.
    to: String,
    /// What has just been done.
    done: String,
    /// Why nothing was given back.
    refused: String,
    /// How much the change took or gave back.
    bookings: usize,
    follow_ups: usize,
    notices: usize,
    left: usize,
}

/// How much went or came with a change of the standing.
#[derive(Clone, Copy, Debug)]
struct Did {
    bookings: usize,
    follow_ups: usize,
    notices: usize,
    /// Bookings whose place is taken by others now.
    left: usize,
}

impl From<&StandingQuery> for Did {
    fn from(query: &StandingQuery) -> Self {
        let &StandingQuery { bookings, follow_ups, notices, left, .. } = query;
        Self { bookings, follow_ups, notices, left }
    }
}

impl Did {
    /// One line for each kind of thing, in words.
    fn lines(self, page: &Page, active: bool) -> Vec<String> {
        let Self { bookings, follow_ups, notices, left } = self;
        let all = match active {
            true => [
                ("standing.did.back", bookings),
                ("standing.did.left", left),
                ("standing.did.resumed", follow_ups),
            ],
            false => [
                ("standing.did.took", bookings),
                ("standing.did.stopped", follow_ups),
                ("standing.did.notices", notices),
            ],
        };
        let some = all.into_iter().filter(|(_, n)| *n > 0);
        some.map(|(key, n)| page.f1(key, "n", n)).collect()
    }

    /// For the address of the page; numbers only.
    fn link(self) -> String {
        let Self { bookings, follow_ups, notices, left } = self;
        format!("bookings={bookings}&follow_ups={follow_ups}&notices={notices}&left={left}")
    }
}

/// One booking in words.
struct Row {
    id: i64,
    when: String,
    title: String,
    number: String,
    state: String,
}

impl Row {
    fn new(page: &Page, row: &BookingRow, state: BookingState) -> Self {
        Self {
            id: row.booking.id.0,
            when: words::moment(page.ctx.lang, row.span().0),
            title: page.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
            number: row.number(),
            state: page.t(&format!("desk.state.{state}")).to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "desk/pages/standing.html")]
struct StandingPage {
    page: Page,
    id: i64,
    /// Digest of what is shown: the yes is to exactly this.
    seen: String,
    kana: String,
    now: String,
    active: bool,
    /// The other standings: value and words.
    choices: Vec<(String, String)>,
    /// The chosen one.
    to: Option<(String, String)>,
    /// Whether the chosen one gives back instead of taking.
    gives: bool,
    ahead: Vec<Row>,
    letters: usize,
    calls: usize,
    others: usize,
    follow_ups: usize,
    /// There is nothing to take.
    nothing: bool,
    taken: Vec<Row>,
    /// Interviews that go on when the person is back.
    resumes: usize,
    /// What has just been done; empty for nothing.
    said: String,
    did: Vec<String>,
    refusal: Option<String>,
}

impl StandingPage {
    fn new(
        page: Page,
        query: &StandingQuery,
        resident: &resident::Model,
        hanging: Hanging,
        taken: &[BookingRow],
    ) -> Self {
        let word = |standing: Standing| page.t(&format!("standing.{standing}")).to_owned();
        let named = |standing: Standing| (standing.to_string(), word(standing));
        let now = resident.standing;
        let others = Standing::ALL.iter().copied().filter(|other| *other != now);
        let to = Standing::from_text(&query.to).filter(|to| *to != now);
        let active = now == Standing::Active;

        let seen = hanging.seen(resident);
        let Hanging { ahead, waiting, follow_ups, resumes, .. } = hanging;
        let count = |way: Channel| waiting.iter().filter(|channel| **channel == way).count();
        let (letters, calls) = (count(Channel::Letter), count(Channel::Phone));
        let of_taken = |row: &BookingRow| Some(Row::new(&page, row, row.booking.taken_from?));

        let said = match query.done.as_str() {
            "changed" => page.f1("standing.done", "standing", word(now)),
            "back" => page.t("standing.back.done").to_owned(),
            "anew" => page.t("standing.anew").to_owned(),
            _ => String::new(),
        };
        let did = match query.done.as_str() {
            "changed" => Did::from(query).lines(&page, active),
            _ => Vec::new(),
        };

        Self {
            id: resident.id.0,
            seen,
            kana: resident.kana.clone(),
            now: word(now),
            active,
            choices: others.map(named).collect(),
            gives: to == Some(Standing::Active),
            to: to.map(named),
            nothing: ahead.is_empty() && waiting.is_empty() && follow_ups == 0,
            ahead: ahead.iter().map(|row| Row::new(&page, row, row.booking.state)).collect(),
            letters,
            calls,
            others: waiting.len() - letters - calls,
            follow_ups,
            taken: taken.iter().filter_map(of_taken).collect(),
            resumes,
            said,
            did,
            refusal: known_refusal(&page, &query.refused),
            page,
        }
    }
}

#[handler]
pub(super) async fn show(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Query(query): Query<StandingQuery>,
) -> Result<Response> {
    let (db, scope, person) = (visit.db(), &visit.scope, ResidentId(id));
    let resident = residents::queries::get(db, scope, person).await?;
    let resident = visit.saw(Personal::new(resident, [person]), "standing").await?;
    let taken = bookings::queries::taken_from(db, scope, person, visit.ctx.now).await?;
    let hanging = Hanging::of(&visit, &resident).await?;
    render(&StandingPage::new(visit.page, &query, &resident, hanging, &taken))
}

/// What hangs on a person and goes with another standing.
struct Hanging {
    /// Bookings ahead, the next first.
    ahead: Vec<BookingRow>,
    /// The ways of the notices that have not left yet.
    waiting: Vec<Channel>,
    /// Interviews that are still to come.
    follow_ups: usize,
    /// Interviews that go on when the person is back.
    resumes: usize,
    /// What was taken and can be given back.
    taken: Vec<BookingId>,
}

impl Hanging {
    async fn of(by: &By<Desk>, resident: &resident::Model) -> Result<Self> {
        let (db, now, person) = (by.db(), by.ctx.now, resident.id);
        // The act takes whatever the person has, also of programmes that the asker does not serve.
        let whole = &Scope::whole(by.scope.municipality_id);
        let mut ahead = bookings::queries::of_resident(db, whole, person, true).await?;
        ahead.retain(|row| row.session.starts_at > now);
        let ids: Vec<BookingId> = ahead.iter().map(|row| row.booking.id).collect();
        let seeming = bookings::queries::only_seem_to_be_of(db, person, &ids).await?;
        ahead.retain(|row| !seeming.contains(&row.booking.id));
        ahead.sort_by_key(|row| row.span().0);

        let waiting = waiting_notices(by, whole, person).await?;
        let open = surveys::queries::of_resident(db, whole, person).await?;
        let is_open = |state| surveys::queries::OPEN.contains(state);
        let follow_ups = open.iter().filter(|row| is_open(&row.state)).count();
        let resumes = surveys::queries::would_resume(db, whole, person).await?;

        let taken = bookings::queries::taken_from(db, whole, person, now).await?;
        let taken = taken.iter().map(|row| row.booking.id).collect();
        Ok(Self { ahead, waiting, follow_ups, resumes, taken })
    }

    /// Digest of all that the question shows.
    fn seen(&self, resident: &resident::Model) -> String {
        let of_booking = |row: &BookingRow| format!("{}:{}", row.booking.id, row.booking.state);
        let ahead: Vec<String> = self.ahead.iter().map(of_booking).collect();
        let (waiting, taken) = (&self.waiting, &self.taken);
        let counts = format!("{} {}", self.follow_ups, self.resumes);
        let rest = format!("{} {waiting:?} {taken:?} {counts}", resident.standing);
        digest(&[ahead.join(" ").as_bytes(), rest.as_bytes()])
    }

    /// What a change to `to` did, as `after` shows it.
    fn until(self, after: &Self, to: Standing) -> Did {
        if to == Standing::Active {
            let left = after.taken.len();
            let bookings = self.taken.len() - left.min(self.taken.len());
            return Did { bookings, left, follow_ups: self.resumes, notices: 0 };
        }
        let (bookings, notices) = (self.ahead.len(), self.waiting.len());
        Did { bookings, notices, follow_ups: self.follow_ups, left: 0 }
    }
}

/// The sentence of a refusal, when the address names one.
fn known_refusal(page: &Page, code: &str) -> Option<String> {
    let known = bookings::rules::Refusal::from_code(code)?;
    Some(page.t(&format!("refused.{}", known.code())).to_owned())
}

/// The ways of the notices that have not left yet.
async fn waiting_notices(by: &By<Desk>, scope: &Scope, person: ResidentId) -> Result<Vec<Channel>> {
    let own = Scope { resident_id: Some(person), ..scope.clone() };
    let filter = DeliveryFilter { states: WAITING.to_vec(), ..DeliveryFilter::default() };
    let found = notices::list(by.db(), &own, &filter, NOTICES, None).await?;
    Ok(found.items.into_iter().map(|(delivery, _)| delivery.channel).collect())
}

/// The chosen standing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StandingForm {
    to: String,
    /// What the question showed.
    seen: String,
}

/// Changes the standing, with all that follows from it, in one act. What was not shown is not taken:
/// the question comes once more.
#[handler]
pub(super) async fn change(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(chosen): Form<StandingForm>,
) -> Result<Response> {
    let person = ResidentId(id);
    let to = Standing::from_text(&chosen.to).ok_or(Error::BadRequest)?;
    let resident = residents::queries::get(visit.db(), &visit.scope, person).await?;
    let before = Hanging::of(&visit, &resident).await?;
    if before.seen(&resident) != chosen.seen {
        return Ok(redirect(&format!("/people/{id}/standing?to={to}&done=anew")));
    }

    visit
        .does("change_standing", |tx, scope| async move {
            residents::actions::set_standing(&tx, scope, person, to).await?;
            bookings::actions::follow_standing(&tx, person).await?;
            surveys::actions::follow_standing(&tx, person).await
        })
        .await?;
    let did = before.until(&Hanging::of(&visit, &resident).await?, to).link();
    Ok(redirect(&format!("/people/{id}/standing?done=changed&{did}")))
}

/// The booking to give back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GiveBackForm {
    booking: String,
}

/// Gives one booking back, or says why not.
#[handler]
pub(super) async fn give_back(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(back): Form<GiveBackForm>,
) -> Result<Response> {
    let booking = BookingId(back.booking.parse().map_err(|_| Error::BadRequest)?);
    let given = visit
        .does("give_back_booking", |tx, scope| async move {
            let found = bookings::queries::get(tx.db(), scope, booking).await?;
            if found.resident_id != ResidentId(id) {
                return Err(Error::NotFound);
            }
            bookings::actions::give_back(&tx, scope, booking).await.map(|_| ())
        })
        .await;
    match given {
        Ok(()) => Ok(redirect(&format!("/people/{id}/standing?done=back"))),
        Err(Error::Refused(told)) => {
            Ok(redirect(&format!("/people/{id}/standing?refused={}", told.code)))
        }
        Err(error) => Err(error),
    }
}
