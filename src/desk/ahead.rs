//! Reads: what people have ahead, for the questions after which it is taken or handed over.
//!
//! What is asked is answered for the whole person, so all of it is read, also in programmes that the
//! asker does not serve.

use chrono::{DateTime, Utc};
use entity::notices::delivery::DeliveryState;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, Standing};
use entity::{BookingId, ResidentId};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use crate::bookings::BookingRow;
use crate::bookings::rules::Clash;
use crate::notices::queries::DeliveryFilter;
use crate::platform::random::digest;
use crate::platform::{App, Ctx, FieldError, Lang, Result, Scope, room};
use crate::{bookings, notices, surveys};

/// A notice that has not reached anybody yet.
const WAITING: [DeliveryState; 3] =
    [DeliveryState::Waiting, DeliveryState::Printed, DeliveryState::NoAnswer];
/// Notices that are counted; nobody has more that wait.
const NOTICES: usize = 100;

/// What goes when a person is not there any more.
///
/// # Errors
/// Those of the database.
pub async fn points(app: &App, ctx: &Ctx, person: ResidentId) -> Result<room::Hanging> {
    let scope = Scope::whole(ctx.municipality_id());
    let hanging = Hanging::of(app.store().reader(), &scope, person, ctx.now).await?;
    let ids: Vec<BookingId> = hanging.ahead.iter().map(|row| row.booking.id).collect();
    let seen = format!("{ids:?} {} {}", hanging.waiting.len(), hanging.follow_ups);
    Ok(room::Hanging { seen, points: hanging.points(ctx.lang) })
}

/// A booking that a record has ahead.
#[derive(Clone, Debug)]
pub struct BookingAhead {
    pub row: BookingRow,
    /// Why it cannot stand on the other record as it is.
    pub clashes: Vec<Clash>,
}

/// What a record has ahead; beside `known`, with what speaks against it standing there.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn of_record(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
    known: Option<ResidentId>,
    now: DateTime<Utc>,
) -> Result<Vec<BookingAhead>> {
    let whole = &Scope::whole(scope.municipality_id);
    let mut rows = bookings::queries::of_resident(db, whole, id, true).await?;
    rows.retain(|row| row.session.starts_at > now);
    rows.reverse();

    let mut found = Vec::new();
    for row in rows {
        let clashes = match known {
            Some(known) => bookings::queries::clashes(db, whole, &row, known, now).await?,
            None => Vec::new(),
        };
        found.push(BookingAhead { row, clashes });
    }
    Ok(found)
}

/// What hangs on a person and goes with another standing.
#[derive(Clone, Debug)]
pub struct Hanging {
    /// Bookings ahead, the next first.
    pub ahead: Vec<BookingRow>,
    /// The ways of the notices that have not left yet.
    pub waiting: Vec<Channel>,
    /// Interviews that are still to come.
    pub follow_ups: usize,
    /// Interviews that go on when the person is back.
    pub resumes: usize,
    /// What was taken and can be given back.
    pub taken: Vec<BookingRow>,
}

impl Hanging {
    /// All that hangs on this person.
    ///
    /// # Errors
    /// Those of the database.
    #[tracing::instrument(skip_all, level = "debug")]
    pub async fn of(
        db: &impl ConnectionTrait,
        scope: &Scope,
        person: ResidentId,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let whole = &Scope::whole(scope.municipality_id);
        let mut ahead = bookings::queries::of_resident(db, whole, person, true).await?;
        ahead.retain(|row| row.session.starts_at > now);
        let ids: Vec<BookingId> = ahead.iter().map(|row| row.booking.id).collect();
        let seeming = bookings::queries::only_seem_to_be_of(db, person, &ids).await?;
        ahead.retain(|row| !seeming.contains(&row.booking.id));
        ahead.sort_by_key(|row| row.span().0);

        let own = Scope { resident_id: Some(person), ..whole.clone() };
        let filter = DeliveryFilter { states: WAITING.to_vec(), ..DeliveryFilter::default() };
        let waiting = notices::queries::list(db, &own, &filter, NOTICES, None).await?.items;

        let open = surveys::queries::of_resident(db, whole, person).await?;
        let open = open.iter().filter(|row| surveys::queries::OPEN.contains(&row.state));
        Ok(Self {
            ahead,
            waiting: waiting.into_iter().map(|(delivery, _)| delivery.channel).collect(),
            follow_ups: open.count(),
            resumes: surveys::queries::would_resume(db, whole, person).await?,
            taken: bookings::queries::taken_from(db, whole, person, now).await?,
        })
    }

    /// Each thing that goes, in a sentence of its own.
    fn points(&self, lang: Lang) -> Vec<FieldError> {
        let point = |wording, values| FieldError { field: "standing".to_owned(), wording, values };
        let mut points = Vec::new();
        for row in &self.ahead {
            let title = lang.pick(&row.session.title_ja, &row.session.title_en).to_owned();
            let values = vec![("when", lang.moment(row.span().0)), ("title", title)];
            points.push(point("warn.standing.booking", values));
        }

        let counts = [
            ("warn.standing.notices", self.waiting.len()),
            ("warn.standing.follow_ups", self.follow_ups),
        ];
        for (wording, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            points.push(point(wording, vec![("n", count.to_string())]));
        }
        points
    }

    /// How many letters wait.
    pub fn letters(&self) -> usize {
        self.waiting_for(Channel::Letter)
    }

    /// How many calls wait.
    pub fn calls(&self) -> usize {
        self.waiting_for(Channel::Phone)
    }

    /// How many notices of other ways wait.
    pub fn others(&self) -> usize {
        self.waiting.len() - self.letters() - self.calls()
    }

    fn waiting_for(&self, way: Channel) -> usize {
        self.waiting.iter().filter(|channel| **channel == way).count()
    }

    /// Whether another standing takes nothing.
    pub fn is_nothing(&self) -> bool {
        self.ahead.is_empty() && self.waiting.is_empty() && self.follow_ups == 0
    }

    /// Digest of all that the question shows.
    pub fn seen(&self, resident: &resident::Model) -> String {
        let of_booking = |row: &BookingRow| format!("{}:{}", row.booking.id, row.booking.state);
        let ahead: Vec<String> = self.ahead.iter().map(of_booking).collect();
        let taken: Vec<BookingId> = self.taken.iter().map(|row| row.booking.id).collect();
        let (waiting, counts) = (&self.waiting, format!("{} {}", self.follow_ups, self.resumes));
        let rest = format!("{} {waiting:?} {taken:?} {counts}", resident.standing);
        digest(&[ahead.join(" ").as_bytes(), rest.as_bytes()])
    }

    /// What a change to `to` did, as `after` shows it.
    pub fn until(self, after: &Self, to: Standing) -> StandingEffect {
        if to == Standing::Active {
            let left = after.taken.len();
            let bookings = self.taken.len() - left.min(self.taken.len());
            return StandingEffect { bookings, left, follow_ups: self.resumes, notices: 0 };
        }
        let (bookings, notices) = (self.ahead.len(), self.waiting.len());
        StandingEffect { bookings, notices, follow_ups: self.follow_ups, left: 0 }
    }
}

/// How much went or came with a change of the standing; travels in the address, numbers only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StandingEffect {
    pub bookings: usize,
    pub follow_ups: usize,
    pub notices: usize,
    /// Bookings whose place is taken by others now.
    pub left: usize,
}

impl StandingEffect {
    /// For each kind of thing of which there is something: the key of its sentence, and how many.
    pub fn lines(self, active: bool) -> Vec<(&'static str, usize)> {
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
        all.into_iter().filter(|(_, n)| *n > 0).collect()
    }

    /// For the address of the page.
    pub fn link(self) -> String {
        let Self { bookings, follow_ups, notices, left } = self;
        format!("bookings={bookings}&follow_ups={follow_ups}&notices={notices}&left={left}")
    }
}
