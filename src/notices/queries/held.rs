//! What came with an older copy of the database and waits for a person's word.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use entity::notices::delivery;
use entity::residents::contact_channel::Channel;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::notices::SEND_MAIL;
use crate::platform::{Result, Scope, Store, outbox};

/// One kind of held work, decided about as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeldKind {
    /// Letters, calls or mails.
    Delivery(Channel),
    /// Jobs of one kind that prepare such things or pass on seats.
    Job(String),
}

impl HeldKind {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("way", channel) => Channel::from_text(channel).map(Self::Delivery),
            ("job", name) if !name.is_empty() => Some(Self::Job(name.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for HeldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(channel) => write!(f, "way:{channel}"),
            Self::Job(name) => write!(f, "job:{name}"),
        }
    }
}

/// How much of a kind is held, by age at the moment of looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldCount {
    /// Written within the last day.
    pub day: usize,
    /// Within the last week, but not the last day.
    pub week: usize,
    /// Before that.
    pub older: usize,
    /// When the oldest was written.
    pub oldest: Option<DateTime<Utc>>,
}

impl HeldCount {
    fn add(&mut self, now: DateTime<Utc>, written: DateTime<Utc>) {
        match now - written {
            age if age <= TimeDelta::days(1) => self.day += 1,
            age if age <= TimeDelta::days(7) => self.week += 1,
            _ => self.older += 1,
        }
        self.oldest = Some(self.oldest.map_or(written, |oldest| oldest.min(written)));
    }

    /// All of it.
    pub fn total(&self) -> usize {
        self.day + self.week + self.older
    }
}

/// What is held in the scope, by kind and age. A mail counts once, by its delivery.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn held(
    store: &Store,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<BTreeMap<HeldKind, HeldCount>> {
    let mut counts: BTreeMap<HeldKind, HeldCount> = BTreeMap::new();
    let deliveries = delivery::Entity::find()
        .filter(delivery::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(delivery::Column::HeldAt.is_not_null())
        .all(store.reader())
        .await?;
    for row in deliveries {
        counts.entry(HeldKind::Delivery(row.channel)).or_default().add(now, row.created_at);
    }

    for row in outbox::held_in(store, scope).await? {
        if row.kind != SEND_MAIL {
            counts.entry(HeldKind::Job(row.kind)).or_default().add(now, row.created_at);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        let job = HeldKind::Job("booking_changed".to_owned());
        for kind in [HeldKind::Delivery(Channel::Letter), HeldKind::Delivery(Channel::Email), job] {
            assert_eq!(HeldKind::parse(&kind.to_string()), Some(kind));
        }
        for text in ["", "way:", "way:pigeon", "job:", "letter"] {
            assert_eq!(HeldKind::parse(text), None, "{text}");
        }
    }

    #[test]
    fn held_work_is_counted_by_its_age() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut count = HeldCount::default();
        for hours in [0, 24, 25, 24 * 7, 24 * 7 + 1, 24 * 400] {
            count.add(now, now - TimeDelta::hours(hours));
        }
        assert_eq!((count.day, count.week, count.older, count.total()), (2, 2, 2, 6));
        assert_eq!(count.oldest, Some(now - TimeDelta::hours(24 * 400)));
    }
}
