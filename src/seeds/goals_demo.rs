//! The demo's goals: invented classes and people in two wards, an invented edition that was
//! published from them, and the draft of the next. The document's own figures stay as they are.

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::bookings::booking::{Attendance, Via};
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_review::Achievement;
use entity::places::{venue, ward};
use entity::sessions::session::{Allocation, SessionKind};
use entity::staff::role_grant::Role;
use entity::{BookingId, GoalEditionId, GoalItemId, GoalMeasureId, MunicipalityId, ProgrammeId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shirube::bookings::{self, Wish};
use shirube::goals::rules::compose::NewEdition;
use shirube::goals::rules::year::{Judgement, NewActual, NewGoal};
use shirube::goals::{actions, queries};
use shirube::platform::japan::PhoneNumber;
use shirube::platform::japan::time::instant;
use shirube::platform::text::{Kana, PersonName};
use shirube::platform::{Actor, Ctx, Grant, Scope, Store};
use shirube::residents::actions::NewResident;
use shirube::sessions::actions::NewSession;
use shirube::{places, programmes, residents, sessions};

use super::staff::Roll;
use super::tables;

/// The editions of the demo.
const PUBLISHED: &str = "demo_r5";
const DRAFT: &str = "demo_r6";
/// The fiscal year of the invented classes (2Q of the plan).
const YEAR: i32 = 2023;
/// The wards with invented classes: code, hall and day.
const CLASSES: [(&str, &str, &str, &str); 3] = [
    ("141119", "demo_konan", "しるべ会館 港南（デモ）", "2023-10-04"),
    ("141097", "demo_kohoku", "しるべ会館 港北（デモ）", "2023-11-08"),
    ("141119", "demo_konan", "しるべ会館 港南（デモ）", "2024-02-07"),
];
/// Nobody of these exists.
const PEOPLE: [(&str, &str, &str); 5] = [
    ("しるべ 一葉", "シルベ カズハ", "045-000-0181"),
    ("しるべ 二葉", "シルベ フタバ", "045-000-0182"),
    ("しるべ 三葉", "シルベ ミツバ", "045-000-0183"),
    ("しるべ 四葉", "シルベ ヨツバ", "045-000-0184"),
    ("しるべ 五葉", "シルベ イツハ", "045-000-0185"),
];

async fn town(store: &Store) -> anyhow::Result<MunicipalityId> {
    let code = tables::yokohama()?.code;
    let town = places::queries::find_municipality_by_code(store.reader(), &code).await?;
    Ok(town.context("load yokohama before the demo")?.id)
}

async fn find_edition(
    store: &Store,
    scope: &Scope,
    code: &str,
) -> anyhow::Result<Option<GoalEditionId>> {
    let plans = queries::list_plans(store.reader(), scope).await?;
    let mut editions = plans.iter().flat_map(|plan| &plan.editions);
    Ok(editions.find(|edition| edition.code == code).map(|edition| edition.id))
}

/// Whether it was loaded to its end.
pub async fn is_loaded(store: &Store) -> anyhow::Result<bool> {
    let scope = Scope::whole(town(store).await?);
    Ok(find_edition(store, &scope, DRAFT).await?.is_some())
}

/// Loads it all.
pub async fn load(store: &Store, roll: &Roll, now: DateTime<Utc>) -> anyhow::Result<()> {
    let town = town(store).await?;
    let scope = Scope::whole(town);
    let from = find_edition(store, &scope, "r4_results").await?.context("the results")?;

    let (id, name) = roll.get("hatoba").context("the demo's manager of Yokohama")?;
    let grant = Grant { role: Role::ProgrammeManager, programme_id: None, ward_id: None };
    let actor = Actor::Staff {
        id: *id,
        name: name.as_str().into(),
        municipality_id: town,
        grants: Arc::new([grant]),
    };
    let ctx = |at| Ctx { actor: actor.clone(), ..Ctx::system(town, at, "seed") };

    let programme = programme(store, &scope).await?;
    let demo = Demo { store, scope: &scope, town, programme };
    let first = demo.classes(&ctx).await?;
    demo.publish(&ctx(day("2024-05-20")?), from).await?;

    // Somebody corrects an attendance after publication: the living figure goes on.
    let (scope, late) = (&scope, ctx(day("2024-06-03")?));
    let work = async |tx| bookings::actions::record_attendance(&tx, scope, first, None).await;
    store.write(&late, "record_attendance", work).await?;
    demo.draft(&ctx(now)).await
}

fn day(text: &str) -> anyhow::Result<DateTime<Utc>> {
    Ok(instant(text.parse::<NaiveDate>()?, tables::time("10:00")?))
}

async fn programme(store: &Store, scope: &Scope) -> anyhow::Result<ProgrammeId> {
    let all = programmes::queries::list_programmes(store.reader(), scope).await?;
    let found = all.iter().find(|programme| programme.code == "r4_town_walk");
    Ok(found.context("the town-walk programme")?.id)
}

struct Demo<'a> {
    store: &'a Store,
    scope: &'a Scope,
    town: MunicipalityId,
    programme: ProgrammeId,
}

impl Demo<'_> {
    /// Three town walks with invented people; answers one attendance of the first.
    async fn classes(&self, ctx: &impl Fn(DateTime<Utc>) -> Ctx) -> anyhow::Result<BookingId> {
        let scope = self.scope;
        let before = ctx(day("2023-09-01")?);
        let people = self.people(&before).await?;
        let mut first = None;

        for (place, (ward_code, hall, name, date)) in CLASSES.iter().enumerate() {
            let venue_id = self.hall(&before, ward_code, hall, name).await?;
            let starts_at = day(date)?;
            let new = &NewSession {
                programme_id: self.programme,
                kind: SessionKind::EventWalk,
                title_ja: "街歩きのスマホ講習会（デモ）".to_owned(),
                title_en: "Town-walk class (demo)".to_owned(),
                bring_ja: String::new(),
                bring_en: String::new(),
                venue_id,
                room_id: None,
                starts_at,
                ends_at: starts_at + TimeDelta::hours(2),
                capacity: 12,
                allocation: Allocation::FirstCome,
                is_public: false,
                slot_minutes: None,
                staff: Vec::new(),
                code: Some(format!("demo_walk_{place}")),
            };

            let people = &people[place.min(1)..];
            let made = self
                .store
                .write(&before, "seed_walk", |tx| async move {
                    let session = sessions::actions::create(&tx, scope, new, None).await?;
                    let mut made = Vec::new();
                    for resident_id in people {
                        let wish = Wish {
                            session_id: session.id,
                            slot_id: None,
                            resident_id: *resident_id,
                            via: Via::Phone,
                            may_wait: false,
                        };
                        made.push(bookings::actions::book(&tx, scope, &wish).await?.id);
                    }
                    Ok(made)
                })
                .await?;

            let after = ctx(starts_at + TimeDelta::hours(3));
            for id in &made {
                let (id, came) = (*id, Some(Attendance::Present));
                let work =
                    async |tx| bookings::actions::record_attendance(&tx, scope, id, came).await;
                self.store.write(&after, "record_attendance", work).await?;
            }
            first = first.or(made.first().copied());
        }
        first.context("an attendance")
    }

    async fn people(&self, ctx: &Ctx) -> anyhow::Result<Vec<entity::ResidentId>> {
        let mut people = Vec::new();
        for (name, kana, phone) in PEOPLE {
            people.push(NewResident {
                kana: Kana::parse(kana).map_err(|e| anyhow::anyhow!("{}", e.key()))?,
                name: Some(PersonName::parse(name).map_err(|e| anyhow::anyhow!("{}", e.key()))?),
                phones: vec![
                    PhoneNumber::parse(phone).map_err(|e| anyhow::anyhow!("{}", e.key()))?,
                ],
                birth_on: None,
                birth_year: Some(1948),
                age_band: None,
                postal_code: None,
                address: None,
                area_id: None,
                email: None,
                channels: Vec::new(),
            });
        }

        let (people, scope) = (&people, self.scope);
        let work = async |tx| {
            let mut made = Vec::new();
            for person in people {
                made.push(residents::actions::create(&tx, scope, person).await?.id);
            }
            Ok(made)
        };
        Ok(self.store.write(ctx, "seed_people", work).await?)
    }

    async fn hall(
        &self,
        ctx: &Ctx,
        ward_code: &str,
        code: &str,
        name: &str,
    ) -> anyhow::Result<entity::VenueId> {
        let ward = ward::Entity::find()
            .filter(ward::Column::Code.eq(ward_code))
            .one(self.store.reader())
            .await?;

        let row = &venue::ActiveModel {
            municipality_id: Set(self.town),
            ward_id: Set(Some(ward.context("a ward")?.id)),
            area_id: Set(None),
            code: Set(code.to_owned()),
            name_ja: Set(name.to_owned()),
            name_en: Set(format!("Shirube hall ({code})")),
            kana: Set("シルベカイカン".to_owned()),
            postal_code: Set(None),
            address: Set(None),
            access_ja: Set(None),
            access_en: Set(None),
            step_free: Set(false),
            capacity: Set(24),
            rank: Set(90),
            ..Default::default()
        };

        let work = async |tx: shirube::platform::Tx| {
            let key = [venue::Column::MunicipalityId, venue::Column::Code];
            let there = OnConflict::columns(key).do_nothing().to_owned();
            venue::Entity::insert(row.clone())
                .on_conflict(there)
                .exec_without_returning(tx.db())
                .await?;
            Ok(())
        };
        self.store.write(ctx, "seed_venue", work).await?;

        let all = places::queries::list_venues(self.store.reader(), self.scope).await?;
        Ok(all.iter().find(|venue| venue.code == code).context("the hall")?.id)
    }

    /// Item and measures of a code in an edition.
    async fn find(
        &self,
        id: GoalEditionId,
        code: &str,
    ) -> anyhow::Result<(GoalItemId, Vec<GoalMeasureId>)> {
        let row = queries::get_edition(self.store.reader(), self.scope, id).await?;
        let content = queries::content(self.store.reader(), &row.edition).await?;
        let item = content.items.into_iter().find(|item| item.code == code).context("an item")?;
        let measures = item.measures.iter().filter_map(|measure| measure.id).collect();
        Ok((item.id.context("an id")?, measures))
    }

    async fn copy(
        &self,
        ctx: &Ctx,
        from: GoalEditionId,
        code: &str,
        title: &str,
    ) -> anyhow::Result<GoalEditionId> {
        let new = &NewEdition {
            code: code.to_owned(),
            title_ja: title.to_owned(),
            title_en: format!("{code} (demo, invented)"),
            document: String::new(),
        };
        let scope = self.scope;
        let work = async |tx| Ok(actions::draft(&tx, scope, from, new).await?.id);
        Ok(self.store.write(ctx, "draft_edition", work).await?)
    }

    async fn publish(&self, ctx: &Ctx, from: GoalEditionId) -> anyhow::Result<()> {
        let title = "重点方針3 令和5年度（2Q）の取組実績（デモ・架空）";
        let (id, scope) = (self.copy(ctx, from, PUBLISHED, title).await?, self.scope);
        let (walks, measures) = self.find(id, "3.4.2").await?;

        let bound = |metric| NewActual {
            metric: Some(metric),
            programme_id: Some(self.programme),
            session_kind: Some(SessionKind::EventWalk),
            ..NewActual::default()
        };
        let said = |words: &str| NewActual { words: words.to_owned(), ..NewActual::default() };

        let (support, support_measures) = self.find(id, "3.4.1").await?;
        let (radio, radio_measures) = self.find(id, "3.4.3").await?;
        let actuals = &[
            (measures[0], said("街歩きの講習会を2区で開いた（デモ）")),
            (measures[1], bound(Metric::SessionsHeld)),
            (measures[2], bound(Metric::DistinctWards)),
            (measures[3], bound(Metric::Attendances)),
            (support_measures[0], said("支援事業を続けた（デモ）")),
            (radio_measures[0], said("使い方を検討した（デモ）")),
        ];

        let judge = |achievement, evidence: &str| Judgement {
            achievement: Some(achievement),
            evidence: evidence.to_owned(),
            next_direction: "次の年度に広げる（デモ）".to_owned(),
        };
        let judgements = &[
            (walks, judge(Achievement::Mostly, "2区で計3回。全市には届いていない（デモ）")),
            (support, judge(Achievement::Achieved, "前の年度と同じ数の区を支援した（デモ）")),
            (radio, judge(Achievement::NotAchieved, "検討が年度をまたいだ（デモ）")),
        ];

        let work = async |tx| {
            for (measure, actual) in actuals {
                actions::record_actual(&tx, scope, *measure, YEAR, None, actual).await?;
            }
            for (item, judgement) in judgements {
                actions::judge(&tx, scope, *item, YEAR, None, judgement).await?;
            }
            actions::publish(&tx, scope, id, None).await
        };
        self.store.write(ctx, "publish_edition", work).await?;
        Ok(())
    }

    async fn draft(&self, ctx: &Ctx) -> anyhow::Result<()> {
        let plans = queries::list_plans(self.store.reader(), self.scope).await?;
        let mut editions = plans.iter().flat_map(|plan| &plan.editions);
        let from = editions.find(|edition| edition.code == PUBLISHED).context("the edition")?.id;
        let title = "重点方針3 令和6年度（3Q）の取組実績（デモ・架空の下書き）";
        let (id, scope) = (self.copy(ctx, from, DRAFT, title).await?, self.scope);
        let (_, measures) = self.find(id, "3.4.1").await?;

        let goal = &NewGoal {
            kind: CellKind::Stated,
            words: "実施、横展開（デモ）".to_owned(),
            milli: None,
            approx: false,
        };
        let work = async |tx| actions::set_goal(&tx, scope, measures[0], 2025, None, goal).await;
        self.store.write(ctx, "set_goal", work).await?;
        Ok(())
    }
}
