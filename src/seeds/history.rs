//! What happened so far in the demo, played through the same actions as in life, at its own time.

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::bookings::booking::{self, Attendance, Via};
use entity::inquiries::inquiry::{self, InquiryChannel, Outcome, Topic};
use entity::notices::delivery::{self, DeliveryState};
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{Device, Need};
use entity::sessions::{session, slot};
use entity::staff::role_grant::Role;
use entity::{BookingId, InquiryId, ResidentId, SlotId, StaffId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shirube::bookings::actions::Wish;
use shirube::inquiries::actions::{Closing, Draft};
use shirube::paths::rules::Hearing;
use shirube::platform::clock::TestClock;
use shirube::platform::japan::time::{instant, local_date};
use shirube::platform::{Actor, App, Ctx, Error, Grant, Scope, outbox};
use shirube::{bookings, inquiries, notices, paths, places, residents, site, surveys};

use super::people::{self, People};
use super::staff::Roll;
use super::surveys::Told;
use super::tables::{self, Event};

/// How many days before this week letters and calls are still to be done.
const LEFT_TO_DO_DAYS: u64 = 10;

/// In which world the history happens.
pub struct World {
    pub scope: Scope,
    pub people: People,
    pub roll: Roll,
    /// Monday of this week.
    pub monday: NaiveDate,
    pub now: DateTime<Utc>,
}

/// One thing that happened.
enum Deed<'a> {
    Row(&'a Event),
    Attend(BookingId, Attendance, StaffId),
    CallBack(InquiryId, StaffId),
}

struct Player<'a> {
    app: &'a App,
    clock: &'a Arc<TestClock>,
    world: &'a World,
}

/// Plays the history in the order of time, up to now. Tells how many hundredths of it are done.
pub async fn replay(
    app: &App,
    clock: &Arc<TestClock>,
    world: &World,
    tell: impl Fn(usize),
) -> anyhow::Result<()> {
    let player = Player { app, clock, world };
    let events = tables::events()?;
    let mut deeds = Vec::new();
    for event in &events {
        deeds.push((player.moment(event)?, Deed::Row(event)));
    }

    while let Some(next) = soonest(&deeds) {
        let (at, deed) = deeds.swap_remove(next);
        if at > world.now {
            continue;
        }
        player.clock.set(at);
        player.do_what_is_due().await?;
        if let Some(later) = player.play(at, &deed).await? {
            deeds.push(later);
        }
        tell(100 * events.len().saturating_sub(deeds.len()) / events.len());
    }

    player.clock.set(world.now);
    player.do_what_is_due().await
}

/// The place of the soonest deed; among equals the first that was written down.
fn soonest(deeds: &[(DateTime<Utc>, Deed<'_>)]) -> Option<usize> {
    (0..deeds.len()).min_by_key(|place| deeds[*place].0)
}

/// Whether nobody has been asked yet: holidays can move that day past the one in the file.
fn comes_too_early(error: &anyhow::Error) -> bool {
    let code = surveys::rules::Refusal::TooEarly.code();
    matches!(error.downcast_ref(), Some(Error::Refused(refusal)) if refusal.code == code)
}

impl<'a> Player<'a> {
    fn moment(&self, event: &Event) -> anyhow::Result<DateTime<Utc>> {
        let day = self.world.monday + TimeDelta::days(event.day_offset);
        Ok(instant(day, tables::time(&event.at)?))
    }

    /// A context of the staff member who did it, or of nobody.
    fn ctx(&self, staff: Option<&str>) -> anyhow::Result<Ctx> {
        let mut ctx = self.app.system_ctx(self.world.scope.municipality_id, "seed");
        ctx.actor = Actor::Anonymous;
        if let Some(login) = staff {
            let (id, name) = self.world.roll.get(login).context("an unknown staff member")?;
            ctx.actor = self.actor(*id, name);
        }
        Ok(ctx)
    }

    fn actor(&self, id: StaffId, name: &str) -> Actor {
        let every = |role| Grant { role, programme_id: None, ward_id: None };
        let grants = vec![every(Role::Operator), every(Role::Coordinator), every(Role::Teacher)];
        let municipality_id = self.world.scope.municipality_id;
        Actor::Staff { id, name: name.into(), municipality_id, grants: grants.into() }
    }

    fn staff_ctx(&self, id: StaffId) -> Ctx {
        let mut ctx = self.app.system_ctx(self.world.scope.municipality_id, "seed");
        ctx.actor = self.actor(id, "");
        ctx
    }

    fn staff_id(&self, login: Option<&str>) -> anyhow::Result<StaffId> {
        // What nobody on the staff did is looked after by the programme's manager.
        let (id, _) = self.world.roll.get(login.unwrap_or("hashi")).context("a staff member")?;
        Ok(*id)
    }

    async fn play(
        &self,
        at: DateTime<Utc>,
        deed: &Deed<'a>,
    ) -> anyhow::Result<Option<(DateTime<Utc>, Deed<'a>)>> {
        match deed {
            Deed::Row(event) => {
                let done = match event.what.as_str() {
                    "inquiry" => self.inquire(at, event).await,
                    "before" | "end" | "survey" | "survey_helper" | "survey_call"
                    | "survey_path" => match self.tell(event).await {
                        Err(error) if comes_too_early(&error) => {
                            Ok(Some((at + TimeDelta::days(1), Deed::Row(event))))
                        }
                        told => told.map(|()| None),
                    },
                    "moved" => self.move_out(event).await.map(|()| None),
                    "not_there" => self.take_back_attendance(event).await.map(|()| None),
                    _ => self.book(event).await,
                };
                done.with_context(|| {
                    format!("seeds/demo/history.csv: {} on day {}", event.person, event.day_offset)
                })
            }

            Deed::Attend(id, attendance, staff_id) => {
                let (id, attendance) = (*id, Some(*attendance));
                let (ctx, scope) = (self.staff_ctx(*staff_id), &self.world.scope);
                self.app
                    .store()
                    .write(&ctx, "record_attendance", |tx| async move {
                        bookings::actions::record_attendance(&tx, scope, id, attendance).await
                    })
                    .await?;
                Ok(None)
            }

            Deed::CallBack(id, staff_id) => {
                let (id, ctx, scope) = (*id, self.staff_ctx(*staff_id), &self.world.scope);
                self.app
                    .store()
                    .write(&ctx, "call_back", |tx| async move {
                        inquiries::actions::mark_called_back(&tx, scope, id).await
                    })
                    .await?;
                Ok(None)
            }
        }
    }

    fn person(&self, event: &Event) -> anyhow::Result<ResidentId> {
        self.world.people.get(&event.person).copied().context("an unknown person")
    }

    async fn book(&self, event: &Event) -> anyhow::Result<Option<(DateTime<Utc>, Deed<'a>)>> {
        let session = self.session(event).await?;
        let state = event.state.as_deref().unwrap_or("confirmed");
        let wish = Wish {
            session_id: session.id,
            slot_id: self.slot(event, &session).await?,
            resident_id: self.person(event)?,
            via: match event.channel.as_str() {
                "counter" => Via::Counter,
                "letter" | "fax" => Via::Paper,
                "web" | "email" => Via::Web,
                _ => Via::Phone,
            },
            may_wait: state == "waiting",
        };

        let (ctx, scope) = (self.ctx(event.staff.as_deref())?, &self.world.scope);
        let booking = self
            .app
            .store()
            .write(&ctx, "book_session", |tx| async move {
                bookings::actions::book(&tx, scope, &wish).await
            })
            .await?;

        if state == "cancelled" {
            let id = booking.id;
            let work = async |tx| bookings::actions::cancel(&tx, scope, id).await;
            self.app.store().write(&ctx, "cancel_booking", work).await?;
        }

        let staff_id = self.staff_id(event.staff.as_deref())?;
        Ok(Attendance::from_text(state)
            .map(|attendance| (session.ends_at, Deed::Attend(booking.id, attendance, staff_id))))
    }

    async fn tell(&self, event: &Event) -> anyhow::Result<()> {
        let session = match event.session {
            Some(_) => Some(self.session(event).await?.id),
            None => None,
        };
        let (ctx, scope) = (&self.ctx(event.staff.as_deref())?, &self.world.scope);
        let person = self.person(event)?;
        Told { app: self.app, ctx, scope, person, event }.play(session).await
    }

    /// The person moved to another town.
    async fn move_out(&self, event: &Event) -> anyhow::Result<()> {
        let (ctx, scope) = (&self.ctx(event.staff.as_deref())?, &self.world.scope);
        let id = self.person(event)?;
        let card =
            residents::queries::get_card(self.app.store().reader(), scope, id).await?.for_work();
        let facts = &people::moved_out(&card)?;
        let (revision, store) = (card.resident.revision, self.app.store());
        let work = async |tx| residents::actions::change(&tx, scope, id, revision, facts).await;
        store.write(ctx, "change_resident", work).await?;
        Ok(())
    }

    /// Somebody had been marked as there by mistake.
    async fn take_back_attendance(&self, event: &Event) -> anyhow::Result<()> {
        let (ctx, scope) = (&self.ctx(event.staff.as_deref())?, &self.world.scope);
        let booking = booking::Entity::find()
            .filter(booking::Column::SessionId.eq(self.session(event).await?.id))
            .filter(booking::Column::ResidentId.eq(self.person(event)?))
            .one(self.app.store().reader())
            .await?;
        let id = booking.context("a booking")?.id;
        let absent = Some(Attendance::NoShow);
        let work = async |tx| bookings::actions::record_attendance(&tx, scope, id, absent).await;
        self.app.store().write(ctx, "record_attendance", work).await?;
        Ok(())
    }

    async fn session(&self, event: &Event) -> anyhow::Result<session::Model> {
        let found = session::Entity::find()
            .filter(session::Column::MunicipalityId.eq(self.world.scope.municipality_id))
            .filter(session::Column::Code.eq(event.session.clone().unwrap_or_default()))
            .one(self.app.store().reader())
            .await?;
        found.context("an unknown session")
    }

    async fn slot(
        &self,
        event: &Event,
        session: &session::Model,
    ) -> anyhow::Result<Option<SlotId>> {
        let (Some(at), Some(login)) = (&event.slot_at, &event.slot_staff) else { return Ok(None) };
        let found = slot::Entity::find()
            .filter(slot::Column::SessionId.eq(session.id))
            .filter(slot::Column::StaffId.eq(self.staff_id(Some(login))?))
            .filter(
                slot::Column::StartsAt
                    .eq(instant(local_date(session.starts_at), tables::time(at)?)),
            )
            .one(self.app.store().reader())
            .await?;
        Ok(Some(found.context("an unknown slot")?.id))
    }

    async fn inquire(
        &self,
        at: DateTime<Utc>,
        event: &Event,
    ) -> anyhow::Result<Option<(DateTime<Utc>, Deed<'a>)>> {
        let resident_id = self.person(event)?;
        let outcome = match event.outcome.as_deref() {
            Some("callback") => Outcome::CallBack,
            Some("answered" | "proposed") => Outcome::Answered,
            _ => Outcome::Other,
        };

        let next_day = instant(local_date(at) + Days::new(1), tables::time("10:30")?);
        let call_back_at = match outcome {
            Outcome::CallBack => self.opening(next_day).await?,
            _ => None,
        };

        let hearing = self.hearing(event, resident_id).await?;
        let answers = serde_json::to_value(hearing.to_json())?;
        let channel = InquiryChannel::from_text(&event.channel).context("an unknown channel")?;
        let draft = Draft {
            channel,
            resident_id: Some(resident_id),
            caller_phone: None,
            topic: event.topic.as_deref().and_then(Topic::from_text),
            hearing: answers.clone(),
            note: event.words.clone().unwrap_or_default(),
        };

        let staff_id = self.staff_id(event.staff.as_deref())?;
        // A call lasts some minutes.
        self.clock.set(at + TimeDelta::minutes(7));
        let (ctx, scope) = (self.staff_ctx(staff_id), &self.world.scope);
        let (draft, closing) = (&draft, &Closing { outcome, call_back_at, booking_id: None });
        let written: inquiry::Model = self
            .app
            .store()
            .write(&ctx, "record_inquiry", |tx| async move {
                inquiries::actions::record(&tx, scope, draft, at, closing).await
            })
            .await?;

        if event.outcome.as_deref() == Some("proposed") {
            self.agree_on_path(&ctx, resident_id, &hearing, &answers).await?;
        }

        let latest = self.world.monday - Days::new(LEFT_TO_DO_DAYS + 4);
        Ok(call_back_at
            .filter(|due| local_date(*due) < latest)
            .map(|due| (due, Deed::CallBack(written.id, staff_id))))
    }

    /// The first opening of the call centre from a moment on.
    async fn opening(&self, from: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
        let home = self.app.home_municipality();
        let hours = places::opening_hours(home)?;
        let day = hours.next_open_day(local_date(from), &[]);
        Ok(day.map(|day| if day == local_date(from) { from } else { instant(day, hours.from()) }))
    }

    /// What the person answered, from what the files know about the person.
    async fn hearing(&self, event: &Event, id: ResidentId) -> anyhow::Result<Hearing> {
        let (db, scope) = (self.app.store().reader(), &self.world.scope);
        let card = residents::queries::get_card(db, scope, id).await?.for_work();
        let person = &card.resident;
        let mut map = serde_json::Map::new();
        let mut add = |key: &str, value: serde_json::Value| map.insert(key.to_owned(), value);

        match person.device {
            Some(Device::None | Device::FeaturePhone) => {
                add("device", "none".into());
                add(
                    "want",
                    if event.topic.as_deref() == Some("ask") { "no" } else { "yes" }.into(),
                );
            }
            Some(Device::EasyPhone | Device::Android | Device::Iphone) => {
                add("device", "some_use".into());
            }
            None => {}
        }

        let reasons: Vec<&str> = card.barriers.iter().map(|barrier| barrier.as_str()).collect();
        if !reasons.is_empty() {
            add("reasons", reasons.into());
        }

        let need = |need: Need| if need == Need::Hard { "hard" } else { "fine" };
        if let Some(hearing) = person.hearing {
            add("hearing", need(hearing).into());
        }
        if let Some(vision) = person.vision {
            add("vision", need(vision).into());
        }
        if let Some(mobility) = person.mobility {
            add("mobility", mobility.as_str().into());
        }

        let channels: Vec<&str> = card.channels.iter().map(|channel| channel.as_str()).collect();
        add("channels", channels.into());
        Hearing::parse(&map).map_err(|wrong| anyhow::anyhow!("hearing: {wrong:?}"))
    }

    async fn agree_on_path(
        &self,
        ctx: &Ctx,
        id: ResidentId,
        hearing: &Hearing,
        answers: &serde_json::Value,
    ) -> anyhow::Result<()> {
        let (db, scope) = (self.app.store().reader(), &self.world.scope);
        let steps = paths::queries::propose(db, scope, id, hearing, ctx.now).await?.as_accepted();
        if steps.is_empty() {
            return Ok(());
        }
        let steps = &steps;
        let work = async |tx| paths::actions::accept(&tx, scope, id, answers, steps).await;
        self.app.store().write(ctx, "accept_path", work).await?;
        Ok(())
    }

    /// Jobs that are due by now, then the letters and calls of days long past.
    async fn do_what_is_due(&self) -> anyhow::Result<()> {
        outbox::run_due(self.app, "seed", site::handlers()).await?;

        let latest = self.world.monday - Days::new(LEFT_TO_DO_DAYS);
        let before = Ord::min(
            self.app.now() - TimeDelta::hours(20),
            instant(latest, tables::time("00:00")?),
        );

        let waiting = delivery::Entity::find()
            .filter(delivery::Column::MunicipalityId.eq(self.world.scope.municipality_id))
            .filter(delivery::Column::State.is_in([DeliveryState::Waiting, DeliveryState::Printed]))
            .filter(delivery::Column::CreatedAt.lt(before))
            .order_by_asc(delivery::Column::Id)
            .all(self.app.store().reader())
            .await?;

        let (ctx, scope) = (self.staff_ctx(self.staff_id(Some("annai"))?), &self.world.scope);
        for row in waiting {
            let told = notices::rules::Outcome::Told;
            let work = async |tx| {
                match row.channel {
                    // What was overtaken meanwhile stays in the house.
                    Channel::Letter => {
                        notices::actions::print_letters(&tx, scope, &[row.id]).await?;
                        notices::actions::mark_posted(&tx, scope, &[row.id]).await?;
                    }
                    Channel::Phone => {
                        notices::actions::record_outcome(&tx, scope, row.id, told, None, false)
                            .await?;
                    }
                    _ => {}
                }
                Ok(())
            };
            self.app.store().write(&ctx, "record_delivery", work).await?;
        }
        Ok(())
    }
}
