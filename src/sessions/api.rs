//! Operations on sessions. Those that touch people's bookings are in `bookings::api`.

use chrono::{DateTime, FixedOffset};
use entity::sessions::session::{Allocation, SessionKind};
use entity::{ProgrammeId, RoomId, SessionId, StaffId, VenueId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi, Tags};

use super::actions::{self, NewSession};
use super::queries::{
    self, PublicSession, SessionCreated, SessionDetail, SessionFilter, SessionItem, SlotItem,
};
use super::rules::{self, SessionChange, read_from, read_to};
use super::{Planning, Roster};
use crate::platform::web::api::{Created, Editable, Seen, page_size};
use crate::platform::web::door::{By, Right};
use crate::platform::{App, Ctx, Error, Result};

#[derive(Tags)]
enum Tag {
    /// 開催回: classes, consultations, events.
    Sessions,
}

/// The operations of this room.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionsApi;

/// A page of sessions.
#[derive(Object, Debug)]
pub struct SessionPage {
    pub items: Vec<SessionItem>,
    /// Give it back as `after`; null on the last page.
    #[oai(nullable)]
    pub next: Option<String>,
}

/// A session to be.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct NewSessionBody {
    pub programme_id: ProgrammeId,
    pub kind: SessionKind,
    /// Without it the name of the kind.
    pub title_ja: Option<String>,
    pub title_en: Option<String>,
    /// What to bring.
    pub bring_ja: Option<String>,
    pub bring_en: Option<String>,
    pub venue_id: VenueId,
    /// Without it no room is kept.
    pub room_id: Option<RoomId>,
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
    pub staff: Vec<StaffId>,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
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
            programme_id,
            kind,
            title_ja: title_ja.unwrap_or_default(),
            title_en: title_en.unwrap_or_default(),
            bring_ja: bring_ja.unwrap_or_default(),
            bring_en: bring_en.unwrap_or_default(),
            venue_id,
            room_id,
            starts_at: starts_at.to_utc(),
            ends_at: ends_at.to_utc(),
            capacity: capacity.map_err(|wording| Error::invalid("capacity", wording))?,
            allocation: allocation.unwrap_or(Allocation::FirstCome),
            is_public: is_public.unwrap_or(true),
            slot_minutes,
            staff,
            code: None,
        };
        Ok((new, confirm))
    }
}

/// Who is to work in a session.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct StaffChange {
    /// All of them. In a consultation who comes takes the slots of who leaves.
    pub staff: Vec<StaffId>,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

/// What may be edited.
#[derive(Object, Debug)]
#[oai(example, skip_serializing_if_is_none)]
pub struct SessionEdit {
    #[oai(flatten)]
    pub change: SessionChange,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

impl Example for SessionEdit {
    fn example() -> Self {
        let change = SessionChange {
            title_ja: "スマホ講習会 基礎編".to_owned(),
            title_en: "Smartphone class, basics".to_owned(),
            bring_ja: "スマートフォン".to_owned(),
            bring_en: "Your smartphone".to_owned(),
            capacity: 12,
            is_public: true,
        };
        Self { change, confirm: None }
    }
}

/// A page of public sessions.
#[derive(Object, Debug)]
pub struct PublicSessionPage {
    pub items: Vec<PublicSession>,
    #[oai(nullable)]
    pub next: Option<String>,
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
        let page = page.map(|row| row.item(by.ctx.lang));
        Ok(Json(SessionPage { items: page.items, next: page.next }))
    }

    /// One session.
    #[oai(path = "/sessions/:session_id", method = "get", operation_id = "get_session")]
    async fn get_session(
        &self,
        by: By<Roster>,
        session_id: Path<SessionId>,
    ) -> Result<Editable<SessionDetail>> {
        detail(&by, session_id.0).await
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

        let (ctx, location) = (&by.ctx, format!("/api/sessions/{id}"));
        let body = queries::created(by.db(), &by.scope, id, ctx.now, ctx.lang).await?;
        Ok(Created { location, body })
    }

    /// The 1-on-1 slots of a consultation, by start.
    #[oai(path = "/sessions/:session_id/slots", method = "get", operation_id = "list_slots")]
    async fn list_slots(
        &self,
        by: By<Roster>,
        session_id: Path<SessionId>,
    ) -> Result<Json<SlotList>> {
        let found = queries::slots(by.db(), &by.scope, session_id.0).await?;
        Ok(Json(SlotList { items: found.into_iter().map(SlotItem::from).collect() }))
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
        let page = page.map(|row| row.public(ctx.lang));
        Ok(Json(PublicSessionPage { items: page.items, next: page.next }))
    }

    /// Edits a session's words, seats and whether the public sees it.
    #[oai(path = "/sessions/:session_id", method = "put", operation_id = "update_session")]
    async fn update_session(
        &self,
        by: By<Planning>,
        #[oai(name = "If-Match")] seen: Seen,
        session_id: Path<SessionId>,
        body: Json<SessionEdit>,
    ) -> Result<Editable<SessionDetail>> {
        let (id, seen, SessionEdit { change, confirm }) = (session_id.0, seen.given()?, &body.0);
        by.does("update_session", |tx, scope| async move {
            actions::update(&tx, scope, id, seen, change, confirm.as_deref()).await.map(|_| ())
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
        session_id: Path<SessionId>,
        body: Json<StaffChange>,
    ) -> Result<Editable<SessionDetail>> {
        let (id, seen, StaffChange { staff, confirm }) = (session_id.0, seen.given()?, &body.0);
        by.does("change_session_staff", |tx, scope| async move {
            let confirm = confirm.as_deref();
            actions::change_staff(&tx, scope, id, seen, staff, confirm).await.map(|_| ())
        })
        .await?;
        detail(&by, id).await
    }
}

async fn detail<R: Right>(by: &By<R>, id: SessionId) -> Result<Editable<SessionDetail>> {
    let body = queries::detail(by.db(), &by.scope, id, by.ctx.lang).await?;
    Ok(Editable { revision: body.revision, body })
}
