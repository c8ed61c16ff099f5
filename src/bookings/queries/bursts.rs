//! Web bookings that came in a burst.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::bookings::{booking, booking_origin};
use entity::sessions::session;
use entity::{BookingId, ResidentId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::{BookingRow, rows, within};
use crate::bookings::rules::bursts::{Came, ORIGINS_KEPT_FOR, bursts};
use crate::bookings::rules::can_change;
use crate::platform::db::reached;
use crate::platform::{Error, Personal, Result, Scope};

/// Digits of a network's digest that are shown.
const LABEL: usize = 6;

/// Bookings that came in a burst, as far as the scope reaches.
#[derive(Clone, Debug)]
pub struct Burst {
    /// The first booking, also when it lies outside the scope: it names the burst.
    pub first: BookingId,
    /// The wider network, as the beginning of its digest.
    pub label: String,
    /// How many networks there were within the wider one.
    pub sources: usize,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// In the order in which they came.
    pub lines: Vec<BurstLine>,
}

/// One booking of a burst.
#[derive(Clone, Debug)]
pub struct BurstLine {
    pub row: BookingRow,
    pub origin: booking_origin::Model,
    /// Whether it ends with its burst: it lives, its session has not begun, and nobody has vouched.
    pub can_end: bool,
}

impl BurstLine {
    fn new(row: BookingRow, origin: booking_origin::Model, now: DateTime<Utc>) -> Self {
        let can_end = origin.vouched_at.is_none()
            && can_change(row.booking.state, row.session.starts_at, now).is_ok();
        Self { row, origin, can_end }
    }
}

impl Burst {
    /// How many bookings would end with it.
    pub fn open(&self) -> usize {
        self.lines.iter().filter(|line| line.can_end).count()
    }
}

/// The bookings with these ids that the scope reaches by their sessions.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn in_reach(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[BookingId],
) -> Result<Vec<booking::Model>> {
    let sessions = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(reached(scope, session::Column::ProgrammeId, session::Column::WardId));

    Ok(within(scope)
        .filter(booking::Column::Id.is_in(ids.iter().copied()))
        .filter(booking::Column::SessionId.in_subquery(sessions.into_query()))
        .all(db)
        .await?)
}

/// The bursts of the last two weeks, the latest first: to count them. Whoever shows one takes
/// [`get_burst`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_bursts(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<Burst>> {
    let origins = booking_origin::Entity::find()
        .filter(booking_origin::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booking_origin::Column::BookedAt.gte(now - ORIGINS_KEPT_FOR))
        .all(db)
        .await?;

    let came = |origin: &booking_origin::Model| Came {
        booking_id: origin.booking_id,
        wider: origin.wider.clone(),
        at: origin.booked_at,
    };
    let runs = bursts(origins.iter().map(came).collect());
    let ids: Vec<BookingId> = runs.iter().flatten().map(|came| came.booking_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }

    let found = rows(db, in_reach(db, scope, &ids).await?).await?;
    let mut found: HashMap<BookingId, BookingRow> =
        found.into_iter().map(|row| (row.booking.id, row)).collect();
    let mut origins: HashMap<BookingId, booking_origin::Model> =
        origins.into_iter().map(|origin| (origin.booking_id, origin)).collect();

    let mut burst = |run: Vec<Came>| {
        let (first, last) = (run.first()?, run.last()?);
        let line = |came: &Came| {
            let (row, origin) =
                (found.remove(&came.booking_id)?, origins.remove(&came.booking_id)?);
            Some(BurstLine::new(row, origin, now))
        };

        let lines: Vec<BurstLine> = run.iter().filter_map(line).collect();
        let networks = lines.iter().map(|line| line.origin.network.as_str());
        let sources = networks.collect::<BTreeSet<&str>>().len();
        Some(Burst {
            first: first.booking_id,
            label: first.wider.chars().take(LABEL).collect(),
            sources,
            from: first.at,
            until: last.at,
            lines,
        })
    };

    let all = runs.into_iter().filter_map(&mut burst);
    Ok(all.filter(|burst| !burst.lines.is_empty()).collect())
}

/// The burst that began with this booking.
///
/// # Errors
/// `NotFound` when none did, or nothing of it is within the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_burst(
    db: &impl ConnectionTrait,
    scope: &Scope,
    first: BookingId,
    now: DateTime<Utc>,
) -> Result<Personal<Burst>> {
    let mut all = list_bursts(db, scope, now).await?.into_iter();
    let burst = all.find(|burst| burst.first == first).ok_or(Error::NotFound)?;

    let lines = burst.lines.iter();
    let people: Vec<ResidentId> = lines.map(|line| line.row.booking.resident_id).collect();
    Ok(Personal::new(burst, people))
}
