//! Builders: of a session, a person or a wish a test says only what it is about.
//!
//! ```text
//! let class = a_session().at("2024-07-10 14:00").seats(12).create(&t).await;
//! let hanako = a_person("ヤマダ ハナコ").phone("0300000001").create(&t).await;
//! let booking = a_wish(class, hanako).by(Via::Web).book(&t).await;
//! ```
//!
//! What is not said is that of the small world: a class for 12 at the city office of Chiyoda, two
//! hours from 14:00 on 10 July 2024; a person of whom only the reading is known; a wish by phone.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use entity::bookings::booking::{self, Via};
use entity::residents::contact_channel::Channel;
use entity::residents::resident::AgeBand;
use entity::sessions::session::{Allocation, SessionKind};
use entity::{
    MunicipalityId, ProgrammeId, ResidentId, RoomId, SessionId, SlotId, StaffId, VenueId,
};
use shirube::bookings::{self, Wish};
use shirube::platform::japan::{PhoneNumber, PostalCode};
use shirube::platform::text::{Kana, PersonName};
use shirube::platform::{Ctx, Result, Scope};
use shirube::residents::{self, NewResident};
use shirube::sessions::{self, NewSession, NewTime};

use super::TestApp;

/// What tells an instant: itself, or a text in Japanese time, `2024-07-10 14:00`.
pub trait When {
    /// The instant that is meant.
    fn instant(self) -> DateTime<Utc>;
}

impl When for DateTime<Utc> {
    fn instant(self) -> DateTime<Utc> {
        self
    }
}

impl When for &str {
    fn instant(self) -> DateTime<Utc> {
        let local = NaiveDateTime::parse_from_str(self, "%Y-%m-%d %H:%M").unwrap();
        local.and_utc() - TimeDelta::hours(9)
    }
}

/// A session to be.
#[derive(Clone)]
pub struct SessionBuilder {
    town: Option<MunicipalityId>,
    age: TimeDelta,
    programme_id: Option<ProgrammeId>,
    kind: SessionKind,
    title: (String, String),
    bring: (String, String),
    venue_id: Option<VenueId>,
    room_id: Option<RoomId>,
    starts_at: DateTime<Utc>,
    length: TimeDelta,
    capacity: i32,
    is_public: bool,
    slot_minutes: Option<i32>,
    staff: Vec<StaffId>,
    code: Option<String>,
}

/// A class for 12 at the city office, two hours from 14:00 on 10 July 2024.
pub fn a_session() -> SessionBuilder {
    SessionBuilder {
        town: None,
        age: TimeDelta::zero(),
        programme_id: None,
        kind: SessionKind::ClassBasic,
        title: ("スマホ講習会 基礎編".to_owned(), "Smartphone class".to_owned()),
        bring: (String::new(), String::new()),
        venue_id: None,
        room_id: None,
        starts_at: "2024-07-10 14:00".instant(),
        length: TimeDelta::hours(2),
        capacity: 12,
        is_public: true,
        slot_minutes: None,
        staff: Vec::new(),
        code: None,
    }
}

impl SessionBuilder {
    /// In another municipality than Chiyoda; its programme and its venue are to be said too.
    pub fn in_town(mut self, town: MunicipalityId) -> Self {
        self.town = Some(town);
        self
    }

    /// Made so many hours before now.
    pub fn made_hours_ago(mut self, hours: i64) -> Self {
        self.age = TimeDelta::hours(hours);
        self
    }

    /// Of another programme than the classes.
    pub fn programme(mut self, id: ProgrammeId) -> Self {
        self.programme_id = Some(id);
        self
    }

    /// Of another kind than a basic class.
    pub fn kind(mut self, kind: SessionKind) -> Self {
        self.kind = kind;
        self
    }

    /// Under this title, in Japanese and English; empty for the name of the kind.
    pub fn titled(mut self, ja: &str, en: &str) -> Self {
        self.title = (ja.to_owned(), en.to_owned());
        self
    }

    /// What is to be brought, in Japanese and English.
    pub fn bring(mut self, ja: &str, en: &str) -> Self {
        self.bring = (ja.to_owned(), en.to_owned());
        self
    }

    /// At another venue than the city office.
    pub fn venue(mut self, id: VenueId) -> Self {
        self.venue_id = Some(id);
        self
    }

    /// In a room that is kept for it.
    pub fn room(mut self, id: RoomId) -> Self {
        self.room_id = Some(id);
        self
    }

    /// Begins then, and lasts as long as before.
    pub fn at(mut self, starts_at: impl When) -> Self {
        self.starts_at = starts_at.instant();
        self
    }

    /// Lasts so many hours.
    pub fn hours(mut self, hours: i64) -> Self {
        self.length = TimeDelta::hours(hours);
        self
    }

    /// Ends then.
    pub fn until(mut self, ends_at: impl When) -> Self {
        self.length = ends_at.instant() - self.starts_at;
        self
    }

    /// For so many people.
    pub fn seats(mut self, seats: i32) -> Self {
        self.capacity = seats;
        self
    }

    /// Not shown to the public.
    pub fn hidden(mut self) -> Self {
        self.is_public = false;
        self
    }

    /// A consultation with these staff members: its slots are its seats.
    pub fn consultation(mut self, staff: &[StaffId]) -> Self {
        (self.kind, self.capacity) = (SessionKind::Consultation, 0);
        self.staff(staff)
    }

    /// In slots of so many minutes.
    pub fn slots_of(mut self, minutes: i32) -> Self {
        self.slot_minutes = Some(minutes);
        self
    }

    /// With these staff members.
    pub fn staff(mut self, staff: &[StaffId]) -> Self {
        self.staff = staff.to_vec();
        self
    }

    /// Under this name in the seeds.
    pub fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    /// The command.
    pub fn value(&self, t: &TestApp) -> NewSession {
        NewSession {
            programme_id: self.programme_id.unwrap_or(t.place.classes),
            kind: self.kind,
            title_ja: self.title.0.clone(),
            title_en: self.title.1.clone(),
            bring_ja: self.bring.0.clone(),
            bring_en: self.bring.1.clone(),
            venue_id: self.venue_id.unwrap_or(t.place.city_office),
            room_id: self.room_id,
            starts_at: self.starts_at,
            ends_at: self.starts_at + self.length,
            capacity: self.capacity,
            allocation: Allocation::FirstCome,
            is_public: self.is_public,
            slot_minutes: self.slot_minutes,
            staff: self.staff.clone(),
            code: self.code.clone(),
        }
    }

    /// Creates it as the house itself would.
    pub async fn create(&self, t: &TestApp) -> SessionId {
        let town = self.town.unwrap_or(t.place.chiyoda);
        self.create_within(t, &Scope::whole(town)).await.unwrap()
    }

    /// Creates it as somebody who reaches so far, if it may be.
    pub async fn create_within(&self, t: &TestApp, scope: &Scope) -> Result<SessionId> {
        let mut ctx = ctx(t, scope);
        ctx.now -= self.age;
        let new = &self.value(t);
        let work =
            |tx| async move { Ok(sessions::actions::create(&tx, scope, new, None).await?.id) };
        t.app.store().write(&ctx, "create_session", work).await
    }
}

/// A person to be.
#[derive(Clone)]
pub struct PersonBuilder {
    town: Option<MunicipalityId>,
    new: NewResident,
}

/// A person of whom only the reading is known.
pub fn a_person(kana: &str) -> PersonBuilder {
    PersonBuilder { town: None, new: NewResident::named(Kana::parse(kana).unwrap()) }
}

impl PersonBuilder {
    /// In another municipality than Chiyoda.
    pub fn in_town(mut self, town: MunicipalityId) -> Self {
        self.town = Some(town);
        self
    }

    /// With this name in writing.
    pub fn name(mut self, name: &str) -> Self {
        self.new.name = Some(PersonName::parse(name).unwrap());
        self
    }

    /// With this phone too.
    pub fn phone(mut self, phone: &str) -> Self {
        self.new.phones.push(PhoneNumber::parse(phone).unwrap());
        self
    }

    /// Born in this year.
    pub fn born_in(mut self, year: i32) -> Self {
        self.new.birth_year = Some(year);
        self
    }

    /// As old as was told.
    pub fn aged(mut self, band: AgeBand) -> Self {
        self.new.age_band = Some(band);
        self
    }

    /// Lives at this address.
    pub fn address(mut self, address: &str) -> Self {
        self.new.address = Some(address.to_owned());
        self
    }

    /// With this postal code.
    pub fn postal_code(mut self, code: &str) -> Self {
        self.new.postal_code = Some(PostalCode::parse(code).unwrap());
        self
    }

    /// With this e-mail address.
    pub fn email(mut self, email: &str) -> Self {
        self.new.email = Some(email.to_owned());
        self
    }

    /// Wants to be told in these ways, the first before the others.
    pub fn told_by(mut self, channels: &[Channel]) -> Self {
        self.new.channels = channels.to_vec();
        self
    }

    /// The command.
    pub fn value(&self) -> NewResident {
        self.new.clone()
    }

    /// Creates the person as the house itself would.
    pub async fn create(&self, t: &TestApp) -> ResidentId {
        let (scope, new) = (&Scope::whole(self.town.unwrap_or(t.place.chiyoda)), &self.new);
        let work = |tx| async move { Ok(residents::actions::create(&tx, scope, new).await?.id) };
        t.app.store().write(&ctx(t, scope), "create_resident", work).await.unwrap()
    }
}

/// A wish for a seat or a slot.
#[derive(Clone, Copy)]
pub struct WishBuilder {
    town: Option<MunicipalityId>,
    wish: Wish,
}

/// A wish for a seat, told by phone, of somebody who does not wait.
pub fn a_wish(session_id: SessionId, resident_id: ResidentId) -> WishBuilder {
    let (slot_id, via) = (None, Via::Phone);
    WishBuilder {
        town: None,
        wish: Wish { session_id, slot_id, resident_id, via, may_wait: false },
    }
}

impl WishBuilder {
    /// In another municipality than Chiyoda.
    pub fn in_town(mut self, town: MunicipalityId) -> Self {
        self.town = Some(town);
        self
    }

    /// For this slot of a consultation.
    pub fn slot(mut self, id: impl Into<Option<SlotId>>) -> Self {
        self.wish.slot_id = id.into();
        self
    }

    /// Told by another way than the phone.
    pub fn by(mut self, via: Via) -> Self {
        self.wish.via = via;
        self
    }

    /// Whether the person waits when the session is full.
    pub fn may_wait(mut self, may_wait: bool) -> Self {
        self.wish.may_wait = may_wait;
        self
    }

    /// The command.
    pub fn value(self) -> Wish {
        self.wish
    }

    /// Books it as the house itself would.
    pub async fn book(self, t: &TestApp) -> booking::Model {
        self.try_to_book(t).await.unwrap()
    }

    /// Books it, if it may be.
    pub async fn try_to_book(self, t: &TestApp) -> Result<booking::Model> {
        let (scope, wish) = (&Scope::whole(self.town.unwrap_or(t.place.chiyoda)), &self.wish);
        let work = |tx| async move { bookings::actions::book(&tx, scope, wish).await };
        t.app.store().write(&ctx(t, scope), "book_session", work).await
    }
}

/// Another time for a session: two hours from then, at this venue, without a room.
pub fn two_hours(starts_at: impl When, venue_id: VenueId) -> NewTime {
    let starts_at = starts_at.instant();
    NewTime { starts_at, ends_at: starts_at + TimeDelta::hours(2), venue_id, room_id: None }
}

/// The house itself, in the municipality of a scope.
fn ctx(t: &TestApp, scope: &Scope) -> Ctx {
    t.app.system_ctx(scope.municipality_id, "test")
}

/// A class of `seats` in Chiyoda's office, open to the public for longer than an hour.
pub async fn class(t: &TestApp, starts_at: DateTime<Utc>, seats: i32) -> SessionId {
    open(starts_at).seats(seats).create(t).await
}

/// A consultation of two hours, in slots of 30 minutes with each of the staff.
pub async fn consultation(t: &TestApp, starts_at: DateTime<Utc>, staff: &[StaffId]) -> SessionId {
    open(starts_at).consultation(staff).slots_of(30).create(t).await
}

/// Made two hours ago: the first hour, in which seats are kept for the phone, is over.
fn open(starts_at: DateTime<Utc>) -> SessionBuilder {
    let titled = a_session().titled("スマホ講習会（基礎編）", "Smartphone class (basic)");
    titled.bring("スマートフォン", "Your smartphone").at(starts_at).made_hours_ago(2)
}

/// A person with a reading and nothing else.
pub async fn person(t: &TestApp, kana: &str) -> ResidentId {
    a_person(kana).create(t).await
}

/// Books by phone, for somebody who waits when the session is full.
pub async fn book(t: &TestApp, session_id: SessionId, who: ResidentId) -> Result<booking::Model> {
    a_wish(session_id, who).may_wait(true).try_to_book(t).await
}

/// The free slots of a consultation, in their order.
pub async fn slots(t: &TestApp, id: SessionId) -> Vec<SlotId> {
    let free = sessions::queries::free_slots(t.app.store().reader(), &t.scope(), id).await.unwrap();
    free.into_iter().map(|(slot, ..)| slot.id).collect()
}
