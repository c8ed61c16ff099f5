//! The classes of a demo project, with the people who came.

use anyhow::{Context as _, anyhow};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use entity::bookings::booking::{self, Attendance, Via};
use entity::places::venue;
use entity::programmes::programme;
use entity::sessions::session::{Allocation, SessionKind};
use entity::surveys::follow_up::{AnswerVia, AnsweredBy};
use entity::{ProjectId, ResidentId, SessionId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Map, json};
use shirube::bookings::actions::Wish;
use shirube::platform::japan::time::{instant, local_date};
use shirube::platform::text::Kana;
use shirube::platform::{Error, Tx, outbox};
use shirube::residents::actions::NewResident;
use shirube::sessions::actions::NewSession;
use shirube::subsidies::{actions, queries};
use shirube::surveys::actions::Given;
use shirube::surveys::rules::{Answers, Moment, QUESTIONNAIRES};
use shirube::{bookings, places, residents, sessions, site, surveys};

use super::{Planned, Player};

/// Days before the deed among which the days of the classes are chosen.
const CLASS_DAYS: std::ops::RangeInclusive<u64> = 5..=17;

impl Player<'_> {
    /// Three classes between the start and now, with invented people, and the project's link.
    pub(super) async fn hold_classes(
        &self,
        id: ProjectId,
        planned: &Planned,
    ) -> anyhow::Result<()> {
        let at = self.app.now();
        self.clock.set(at - TimeDelta::days(18));
        let (store, scope) = (self.app.store(), &self.scope);
        let ctx = &self.ctx("honbu")?;
        let row = queries::get(store.reader(), scope, id).await?;
        let (city, ward) = (scope.municipality_id, row.ward.clone());
        let ward = &ward;

        let work = async |tx: Tx| {
            let made = venue::ActiveModel {
                municipality_id: Set(city),
                ward_id: Set(Some(ward.id)),
                area_id: Set(None),
                code: Set(format!("mihon_{}", ward.code)),
                name_ja: Set(format!("みほん地区センター（{}）", ward.name_ja)),
                name_en: Set(format!("Example Centre ({})", ward.name_en)),
                kana: Set("ミホンチクセンター".to_owned()),
                step_free: Set(true),
                capacity: Set(12),
                rank: Set(1),
                ..Default::default()
            };
            let there = OnConflict::columns([venue::Column::MunicipalityId, venue::Column::Code])
                .do_nothing()
                .to_owned();
            venue::Entity::insert(made).on_conflict(there).exec_without_returning(tx.db()).await?;

            let made = programme::ActiveModel {
                municipality_id: Set(city),
                code: Set("mihon_classes".to_owned()),
                name_ja: Set("区のスマホ教室（見本）".to_owned()),
                name_en: Set("Ward classes (example)".to_owned()),
                effects: Set(serde_json::json!(["hands_on"])),
                ..Default::default()
            };
            let there =
                OnConflict::columns([programme::Column::MunicipalityId, programme::Column::Code])
                    .do_nothing()
                    .to_owned();
            programme::Entity::insert(made)
                .on_conflict(there)
                .exec_without_returning(tx.db())
                .await?;

            let venue = venue::Entity::find()
                .filter(venue::Column::MunicipalityId.eq(city))
                .filter(venue::Column::Code.eq(format!("mihon_{}", ward.code)))
                .one(tx.db())
                .await?
                .ok_or(Error::NotFound)?;
            let programme = programme::Entity::find()
                .filter(programme::Column::MunicipalityId.eq(city))
                .filter(programme::Column::Code.eq("mihon_classes"))
                .one(tx.db())
                .await?
                .ok_or(Error::NotFound)?;
            Ok((venue.id, programme.id))
        };
        let (venue_id, programme_id) = store.write(ctx, "seed_venue", work).await?;

        let people = self.people_of(id).await?;
        // Projects of one city share nobody's hour.
        let hour = 10 + u32::try_from(id.0 % 7)?;
        let time = NaiveTime::from_hms_opt(hour, 0, 0).context("an hour")?;

        let town = places::queries::get_municipality(store.reader(), city).await?;
        let hours = places::opening_hours(&town)?;
        let open: Vec<NaiveDate> = CLASS_DAYS
            .filter_map(|days| local_date(at).checked_sub_days(Days::new(days)))
            .filter(|day| hours.is_open_on(*day, &[]))
            .collect();
        let [last, .., first] = open[..] else { return Err(anyhow!("no open days")) };

        let mut held = Vec::new();
        for day in [first, open[open.len() / 2], last] {
            let starts_at = instant(day, time);
            let new = &NewSession {
                programme_id,
                kind: SessionKind::ClassBasic,
                title_ja: planned.title.clone(),
                title_en: "Ward class (example)".to_owned(),
                bring_ja: "スマートフォン（あれば）".to_owned(),
                bring_en: "Your smartphone, if you have one".to_owned(),
                venue_id,
                room_id: None,
                starts_at,
                ends_at: starts_at + TimeDelta::minutes(50),
                capacity: 8,
                allocation: Allocation::FirstCome,
                is_public: false,
                slot_minutes: None,
                staff: Vec::new(),
                code: None,
            };

            let work = async |tx: Tx| sessions::actions::create(&tx, scope, new, None).await;
            held.push((store.write(ctx, "seed_session", work).await?.id, starts_at));
        }

        let mut seats = Vec::new();
        for (number, (session, ends)) in held.iter().enumerate() {
            // Not everybody comes to every class.
            for (place, person) in people.iter().enumerate().filter(|(p, _)| (p + number) % 3 != 2)
            {
                seats.push((self.book(*session, *person).await?, *ends, (place + number) % 5 != 4));
            }
        }

        for (booking, starts_at, came) in seats {
            self.clock.set(starts_at + TimeDelta::hours(1));
            let attendance = if came { Attendance::Present } else { Attendance::NoShow };
            let work = async |tx: Tx| {
                bookings::actions::record_attendance(&tx, scope, booking, Some(attendance)).await
            };
            store.write(&self.ctx("honbu")?, "record_attendance", work).await?;
        }

        outbox::run_due(self.app, "seed", site::handlers()).await?;
        self.clock.set(at);

        let held = &held;
        let work = async |tx: Tx| {
            for (session, _) in held {
                actions::link_session(&tx, scope, id, None, *session).await?;
            }
            Ok(())
        };
        store.write(&self.ctx(self.officer(&planned.ward))?, "link_session", work).await?;
        Ok(())
    }

    /// Those who came tell on the telephone, three months later, what they do with their phones.
    pub(super) async fn hear_three_months_later(&self, id: ProjectId) -> anyhow::Result<()> {
        let (store, scope) = (self.app.store(), &self.scope);
        let row = queries::get(store.reader(), scope, id).await?;
        let came = queries::attendances(store.reader(), &row.project, self.app.now()).await?;
        let set = QUESTIONNAIRES.first().context("a questionnaire")?;

        for attended in came.iter().filter(|attended| attended.time_no == 1) {
            let booking = booking::Entity::find_by_id(attended.booking_id);
            let booking = booking.one(store.reader()).await?.context("a booking")?;
            let all = surveys::queries::of_resident(store.reader(), scope, booking.resident_id);
            let all = all.await?;

            // Before its day nobody is asked.
            let today = local_date(self.app.now());
            let open = all.iter().rev().find(|row| {
                surveys::queries::OPEN.contains(&row.state)
                    && (row.due_on - today).num_days() <= surveys::rules::ASK_BEFORE_DAYS
            });
            let Some(follow_up) = open.map(|row| row.id) else { continue };

            // Two of three keep using it.
            let keeps = !attended.person_no.is_multiple_of(3);
            let mut said = Map::new();
            for task in set.tasks() {
                said.insert(task.id.clone(), if keeps { "alone" } else { "with_help" }.into());
            }

            let usual =
                if keeps { ("often", json!(["photo"])) } else { ("rarely", json!(["none"])) };
            said.insert("use".to_owned(), usual.0.into());
            said.insert("purposes".to_owned(), usual.1);
            if !keeps {
                said.insert("why".to_owned(), json!(["forgot"]));
            }
            said.insert("feeling".to_owned(), if keeps { "mostly" } else { "uneasy" }.into());
            said.insert("ask".to_owned(), "yes".into());

            let answers = Answers::read(set, Moment::ThreeMonths, &said)
                .map_err(|faults| anyhow!("answers: {faults:?}"))?;
            let (by, via) = (AnsweredBy::Myself, AnswerVia::Phone);
            let given = &Given { answers, by, via };
            let work = async |tx: Tx| {
                surveys::actions::record(&tx, scope, follow_up, given).await.map(|_| ())
            };
            store.write(&self.ctx("honbu")?, "record_answers", work).await?;
        }
        Ok(())
    }

    async fn book(
        &self,
        session_id: SessionId,
        person: ResidentId,
    ) -> anyhow::Result<entity::BookingId> {
        let scope = &self.scope;
        let wish = &Wish {
            session_id,
            slot_id: None,
            resident_id: person,
            via: Via::Counter,
            may_wait: false,
        };
        let work = async |tx: Tx| bookings::actions::book(&tx, scope, wish).await;
        let made = self.app.store().write(&self.ctx("honbu")?, "book_session", work).await?;
        Ok(made.id)
    }

    /// The invented people of one project: a reading and the project's number.
    async fn people_of(&self, id: ProjectId) -> anyhow::Result<Vec<ResidentId>> {
        let scope = &self.scope;
        let mut new = Vec::new();
        for kana in &self.people {
            new.push(NewResident {
                kana: Kana::parse(kana).map_err(|error| anyhow!("{kana}: {}", error.key()))?,
                name: None,
                phones: Vec::new(),
                birth_on: None,
                birth_year: None,
                age_band: None,
                postal_code: None,
                address: None,
                area_id: None,
                email: None,
                channels: Vec::new(),
            });
        }

        let new = &new;
        let work = async |tx: Tx| {
            let mut made = Vec::new();
            for person in new {
                made.push(residents::actions::create(&tx, scope, person).await?.id);
            }
            tx.audit("project", id.0, serde_json::json!({ "people": made.len() }));
            Ok(made)
        };
        Ok(self.app.store().write(&self.ctx("honbu")?, "seed_people", work).await?)
    }
}
