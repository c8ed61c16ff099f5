//! Operations on sessions. Those that touch people's bookings are in `bookings::api`.

mod moments;

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::routers::router::RouterKind;
use entity::routers::router_test::TestResult;
use entity::sessions::session::{Allocation, SessionKind, SessionState};
use entity::{ProgrammeId, RoomId, SessionId, StaffId, VenueId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi, Tags};

use self::moments::{read_from, read_to};
use super::actions::{self, NewSession, SessionChange};
use super::queries::{self, SessionFilter, SessionRow};
use super::{Planning, Roster, rules};
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{Created, Editable, Seen, page_size};
use crate::platform::web::door::{By, Right};
use crate::platform::{App, Ctx, Error, Result, words};
use crate::{routers, staff};

#[derive(Tags)]
enum Tag {
    /// 開催回: classes, consultations, events.
    Sessions,
}

/// The operations of this room.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionsApi;

/// A session in a list.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct SessionItem {
    pub id: i64,
    /// In the language of the request.
    pub title: String,
    pub kind: SessionKind,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    /// Name of the venue.
    pub venue: String,
    pub venue_id: i64,
    pub capacity: i32,
    /// Seats or slots that can be booked now.
    pub free: i32,
    /// People waiting.
    pub waiting: i32,
    pub allocation: Allocation,
    pub state: SessionState,
    /// Shown to the public.
    pub is_public: bool,
    /// Minutes of a 1-on-1 slot; absent for sessions with seats.
    pub slot_minutes: Option<i32>,
}

/// A page of sessions.
#[derive(Object, Debug)]
pub struct SessionPage {
    pub items: Vec<SessionItem>,
    /// Give it back as `after`; null on the last page.
    #[oai(nullable)]
    pub next: Option<String>,
}

/// Who works in a session.
#[derive(Object, Debug)]
pub struct SessionStaff {
    pub id: i64,
    pub name: String,
}

/// One line of a venue to the internet: Wi-Fi or BWA.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct VenueLine {
    pub kind: RouterKind,
    /// Day of the last test; absent before the first.
    pub tested_on: Option<NaiveDate>,
    pub test_result: Option<TestResult>,
}

/// A session with all that can be edited.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct SessionDetail {
    pub id: i64,
    pub code: String,
    pub programme_id: i64,
    pub kind: SessionKind,
    pub title_ja: String,
    pub title_en: String,
    pub bring_ja: String,
    pub bring_en: String,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    /// Name of the venue, in the language of the request.
    pub venue: String,
    pub venue_id: i64,
    pub room_id: Option<i64>,
    pub capacity: i32,
    pub free: i32,
    pub waiting: i32,
    pub allocation: Allocation,
    pub state: SessionState,
    pub is_public: bool,
    pub slot_minutes: Option<i32>,
    pub staff: Vec<SessionStaff>,
    /// How the venue is connected.
    pub connectivity: Vec<VenueLine>,
    pub revision: i32,
}

/// A session to be.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct NewSessionBody {
    pub programme_id: i64,
    pub kind: SessionKind,
    /// Without it the name of the kind.
    pub title_ja: Option<String>,
    pub title_en: Option<String>,
    /// What to bring.
    pub bring_ja: Option<String>,
    pub bring_en: Option<String>,
    pub venue_id: i64,
    /// Without it no room is kept.
    pub room_id: Option<i64>,
    /// On the ten-minute grid.
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    /// 0 to 500 and not more than the room holds. Of a consultation its slots are counted.
    pub capacity: Option<i64>,
    /// `first_come` without it.
    pub allocation: Option<Allocation>,
    /// Shown to the public; true without it.
    pub is_public: Option<bool>,
    /// Only for consultations: 10 to 120 minutes, in steps of 10.
    pub slot_minutes: Option<i32>,
    #[oai(default)]
    pub staff: Vec<i64>,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

/// Who is to work in a session.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct StaffChange {
    /// All of them. In a consultation who comes takes the slots of who leaves.
    pub staff: Vec<i64>,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

/// What may be edited.
#[derive(Object, Debug)]
#[oai(example, skip_serializing_if_is_none)]
pub struct SessionEdit {
    pub title_ja: String,
    pub title_en: String,
    pub bring_ja: String,
    pub bring_en: String,
    /// 0 to 500, not fewer than have a seat, not more than the room holds.
    pub capacity: i64,
    pub is_public: bool,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

impl Example for SessionEdit {
    fn example() -> Self {
        Self {
            title_ja: "スマホ講習会 基礎編".to_owned(),
            title_en: "Smartphone class, basics".to_owned(),
            bring_ja: "スマートフォン".to_owned(),
            bring_en: "Your smartphone".to_owned(),
            capacity: 12,
            is_public: true,
            confirm: None,
        }
    }
}

/// What speaks against a session and was accepted.
#[derive(Object, Debug)]
pub struct SessionWarning {
    /// `closed`, `holiday`, `year_end`, `past`, `no_staff`, `crowded`, `strange` (a kind that only
    /// other programmes do), `beyond_plan`, `travel`, `long_day`, `role`, `gone`.
    pub code: String,
    /// In the language of the request.
    pub message: String,
}

/// A new session.
#[derive(Object, Debug)]
pub struct SessionCreated {
    pub id: i64,
    pub capacity: i32,
    /// Name of the venue.
    pub venue: String,
    pub staff: Vec<SessionStaff>,
    /// What speaks against it and was confirmed.
    pub conflicts: Vec<SessionWarning>,
}

/// A session as everybody may see it.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct PublicSession {
    pub id: i64,
    pub title: String,
    pub kind: SessionKind,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue: String,
    pub address: Option<String>,
    /// How to get there.
    pub access: Option<String>,
    /// No steps from the street to the room.
    pub step_free: bool,
    pub bring: String,
    pub capacity: i32,
    pub free: i32,
    pub allocation: Allocation,
}

/// A page of public sessions.
#[derive(Object, Debug)]
pub struct PublicSessionPage {
    pub items: Vec<PublicSession>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// A 1-on-1 slot.
#[derive(Object, Debug)]
pub struct SlotItem {
    pub id: i64,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub staff_id: i64,
    pub staff_name: String,
    /// Nobody has it.
    pub free: bool,
}

/// The slots of a session.
#[derive(Object, Debug)]
pub struct SlotList {
    pub items: Vec<SlotItem>,
}

#[OpenApi(tag = "Tag::Sessions")]
impl SessionsApi {
    /// Sessions by start, soonest first.
    ///
    /// `from` and `to` are days (`2024-07-10`, both included) or instants with an offset.
    #[oai(path = "/sessions", method = "get", operation_id = "list_sessions")]
    async fn list_sessions(
        &self,
        by: By<Roster>,
        kind: Query<Option<SessionKind>>,
        from: Query<Option<String>>,
        to: Query<Option<String>>,
        /// Only those with a free seat and a start in the future.
        open: Query<Option<bool>>,
        /// Code of an area.
        area: Query<Option<String>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> Result<Json<SessionPage>> {
        let filter = SessionFilter {
            kind: kind.0,
            from: read_from(from.0.as_deref())?,
            to: read_to(to.0.as_deref())?,
            open: open.0.unwrap_or(false),
            area_code: area.0,
            ..Default::default()
        };

        let (db, now, size) = (by.db(), by.ctx.now, page_size(limit.0));
        let page = queries::list(db, &by.scope, &filter, now, size, after.0.as_deref()).await?;
        let page = page.map(|row| item(&by.ctx, row));
        Ok(Json(SessionPage { items: page.items, next: page.next }))
    }

    /// One session.
    #[oai(path = "/sessions/:session_id", method = "get", operation_id = "get_session")]
    async fn get_session(
        &self,
        by: By<Roster>,
        session_id: Path<i64>,
    ) -> Result<Editable<SessionDetail>> {
        detail(&by, SessionId(session_id.0)).await
    }

    /// Creates a session, takes its room and its staff. When something speaks against it, nothing is
    /// stored before it was confirmed.
    #[oai(path = "/sessions", method = "post", operation_id = "create_session")]
    async fn create_session(
        &self,
        by: By<Planning>,
        body: Json<NewSessionBody>,
    ) -> Result<Created<SessionCreated>> {
        let (new, confirm) = body.0.into_command()?;
        let (new, confirm) = (&new, confirm.as_deref());
        let id = by
            .does("create_session", |tx, scope| async move {
                Ok(actions::create(&tx, scope, new, confirm).await?.id)
            })
            .await?;

        let (db, scope, ctx) = (by.db(), &by.scope, &by.ctx);
        let row = queries::get(db, scope, id).await?;
        let found = queries::conflicts_of(db, scope, id, ctx.now).await?;
        let body = SessionCreated {
            id: id.0,
            capacity: row.session.capacity,
            venue: row.place(ctx.lang).to_owned(),
            staff: staff_of(&by, id).await?,
            conflicts: found.iter().map(|conflict| told(ctx, conflict)).collect(),
        };
        Ok(Created { location: format!("/api/sessions/{id}"), body })
    }

    /// The 1-on-1 slots of a consultation, by start.
    #[oai(path = "/sessions/:session_id/slots", method = "get", operation_id = "list_slots")]
    async fn list_slots(&self, by: By<Roster>, session_id: Path<i64>) -> Result<Json<SlotList>> {
        let found = queries::slots(by.db(), &by.scope, SessionId(session_id.0)).await?;
        let slot = |row: queries::SlotRow| SlotItem {
            id: row.slot.id.0,
            starts_at: to_jst(row.slot.starts_at),
            ends_at: to_jst(row.slot.ends_at),
            staff_id: row.slot.staff_id.0,
            staff_name: row.staff_name,
            free: row.free,
        };
        Ok(Json(SlotList { items: found.into_iter().map(slot).collect() }))
    }

    /// Sessions that are open to the public; no login is needed.
    #[oai(path = "/public/sessions", method = "get", operation_id = "list_public_sessions")]
    async fn list_public_sessions(
        &self,
        ctx: Ctx,
        app: App,
        kind: Query<Option<SessionKind>>,
        /// A day or an instant; now without it.
        from: Query<Option<String>>,
        to: Query<Option<String>>,
        open: Query<Option<bool>>,
        area: Query<Option<String>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> Result<Json<PublicSessionPage>> {
        let filter = SessionFilter {
            kind: kind.0,
            from: Some(read_from(from.0.as_deref())?.unwrap_or(ctx.now)),
            to: read_to(to.0.as_deref())?,
            open: open.0.unwrap_or(false),
            public_only: true,
            area_code: area.0,
            venue_id: None,
        };

        let (scope, db, size) = (ctx.public_scope(), app.store().reader(), page_size(limit.0));
        let page = queries::list(db, &scope, &filter, ctx.now, size, after.0.as_deref()).await?;
        let page = page.map(|row| public(&ctx, row));
        Ok(Json(PublicSessionPage { items: page.items, next: page.next }))
    }

    /// Edits a session's words, seats and whether the public sees it.
    #[oai(path = "/sessions/:session_id", method = "put", operation_id = "update_session")]
    async fn update_session(
        &self,
        by: By<Planning>,
        #[oai(name = "If-Match")] seen: Seen,
        session_id: Path<i64>,
        body: Json<SessionEdit>,
    ) -> Result<Editable<SessionDetail>> {
        let (id, seen) = (SessionId(session_id.0), seen.given()?);
        let (change, confirm) = body.0.into_command()?;
        let (change, confirm) = (&change, confirm.as_deref());
        by.does("update_session", |tx, scope| async move {
            actions::update(&tx, scope, id, seen, change, confirm).await.map(|_| ())
        })
        .await?;
        detail(&by, id).await
    }

    /// Gives a session these staff. When something speaks against it, nothing is stored before it
    /// was confirmed; who is elsewhere at that time is refused.
    #[oai(
        path = "/sessions/:session_id/staff",
        method = "put",
        operation_id = "change_session_staff"
    )]
    async fn change_session_staff(
        &self,
        by: By<Planning>,
        #[oai(name = "If-Match")] seen: Seen,
        session_id: Path<i64>,
        body: Json<StaffChange>,
    ) -> Result<Editable<SessionDetail>> {
        let (id, seen) = (SessionId(session_id.0), seen.given()?);
        let StaffChange { staff, confirm } = body.0;
        let staff: Vec<StaffId> = staff.into_iter().map(StaffId).collect();
        let (staff, confirm) = (&staff, confirm.as_deref());
        by.does("change_session_staff", |tx, scope| async move {
            actions::change_staff(&tx, scope, id, seen, staff, confirm).await.map(|_| ())
        })
        .await?;
        detail(&by, id).await
    }
}

impl SessionEdit {
    /// The command, and the yes to what was asked.
    fn into_command(self) -> Result<(SessionChange, Option<String>)> {
        let Self { title_ja, title_en, bring_ja, bring_en, capacity, is_public, confirm } = self;
        let capacity = rules::check_capacity(capacity)
            .map_err(|wording| Error::invalid("capacity", wording))?;
        let change = SessionChange { title_ja, title_en, bring_ja, bring_en, capacity, is_public };
        Ok((change, confirm))
    }
}

impl NewSessionBody {
    /// The command, and the yes to what was asked.
    fn into_command(self) -> Result<(NewSession, Option<String>)> {
        let Self {
            programme_id,
            kind,
            title_ja,
            title_en,
            bring_ja,
            bring_en,
            venue_id,
            room_id,
            starts_at,
            ends_at,
            capacity,
            allocation,
            is_public,
            slot_minutes,
            staff,
            confirm,
        } = self;

        let capacity = match (capacity, kind) {
            (Some(capacity), _) => rules::check_capacity(capacity),
            (None, SessionKind::Consultation) => Ok(0),
            (None, _) => Err("err.session.capacity.empty"),
        };

        let new = NewSession {
            programme_id: ProgrammeId(programme_id),
            kind,
            title_ja: title_ja.unwrap_or_default(),
            title_en: title_en.unwrap_or_default(),
            bring_ja: bring_ja.unwrap_or_default(),
            bring_en: bring_en.unwrap_or_default(),
            venue_id: VenueId(venue_id),
            room_id: room_id.map(RoomId),
            starts_at: starts_at.to_utc(),
            ends_at: ends_at.to_utc(),
            capacity: capacity.map_err(|wording| Error::invalid("capacity", wording))?,
            allocation: allocation.unwrap_or(Allocation::FirstCome),
            is_public: is_public.unwrap_or(true),
            slot_minutes,
            staff: staff.into_iter().map(StaffId).collect(),
            code: None,
        };
        Ok((new, confirm))
    }
}

async fn detail<R: Right>(by: &By<R>, id: SessionId) -> Result<Editable<SessionDetail>> {
    let row = queries::get(by.db(), &by.scope, id).await?;
    let venue = row.place(by.ctx.lang).to_owned();
    let staff = staff_of(by, id).await?;
    let SessionRow { session, venue: _, free, waiting, by_web: _ } = row;
    let connectivity = venue_lines(by, session.venue_id).await?;

    Ok(Editable {
        revision: session.revision,
        body: SessionDetail {
            id: session.id.0,
            code: session.code,
            programme_id: session.programme_id.0,
            kind: session.kind,
            title_ja: session.title_ja,
            title_en: session.title_en,
            bring_ja: session.bring_ja,
            bring_en: session.bring_en,
            starts_at: to_jst(session.starts_at),
            ends_at: to_jst(session.ends_at),
            venue,
            venue_id: session.venue_id.0,
            room_id: session.room_id.map(|id| id.0),
            capacity: session.capacity,
            free,
            waiting,
            allocation: session.allocation,
            state: session.state,
            is_public: session.is_public,
            slot_minutes: session.slot_minutes,
            staff,
            connectivity,
            revision: session.revision,
        },
    })
}

async fn staff_of<R: Right>(by: &By<R>, id: SessionId) -> Result<Vec<SessionStaff>> {
    let mut found = staff::queries::assigned_to(by.db(), &[id]).await?;
    let people = found.remove(&id).unwrap_or_default();
    Ok(people.into_iter().map(|(id, name)| SessionStaff { id: id.0, name }).collect())
}

/// The lines of a venue, Wi-Fi first; none when nothing is registered there.
async fn venue_lines<R: Right>(by: &By<R>, id: VenueId) -> Result<Vec<VenueLine>> {
    let known = routers::connectivity(by.db(), &by.scope, &[id]).await?;
    let lines = known.get(&id).into_iter().flat_map(|venue| venue.lines());
    let line = |line: routers::rules::Line| VenueLine {
        kind: line.kind,
        tested_on: line.last.map(|(on, _)| on),
        test_result: line.last.map(|(_, result)| result),
    };
    Ok(lines.map(line).collect())
}

fn item(ctx: &Ctx, row: SessionRow) -> SessionItem {
    SessionItem {
        title: row.title(ctx.lang).to_owned(),
        venue: row.place(ctx.lang).to_owned(),
        id: row.session.id.0,
        kind: row.session.kind,
        starts_at: to_jst(row.session.starts_at),
        ends_at: to_jst(row.session.ends_at),
        venue_id: row.session.venue_id.0,
        capacity: row.session.capacity,
        free: row.free,
        waiting: row.waiting,
        allocation: row.session.allocation,
        state: row.session.state,
        is_public: row.session.is_public,
        slot_minutes: row.session.slot_minutes,
    }
}

fn public(ctx: &Ctx, row: SessionRow) -> PublicSession {
    let access = match ctx.lang.pick("ja", "en") {
        "ja" => row.venue.access_ja.clone(),
        _ => row.venue.access_en.clone(),
    };
    PublicSession {
        title: row.title(ctx.lang).to_owned(),
        venue: row.place(ctx.lang).to_owned(),
        bring: ctx.lang.pick(&row.session.bring_ja, &row.session.bring_en).to_owned(),
        id: row.session.id.0,
        kind: row.session.kind,
        starts_at: to_jst(row.session.starts_at),
        ends_at: to_jst(row.session.ends_at),
        address: row.venue.address,
        access,
        step_free: row.venue.step_free,
        capacity: row.session.capacity,
        free: row.free,
        allocation: row.session.allocation,
    }
}

fn told(ctx: &Ctx, conflict: &rules::Conflict) -> SessionWarning {
    let point = conflict.point(ctx.lang);
    let values: Vec<(&str, &str)> =
        point.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let message = words::fill(ctx.lang, point.wording, &values);
    SessionWarning { code: conflict.code().to_owned(), message }
}
