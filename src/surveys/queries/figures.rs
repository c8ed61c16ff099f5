//! The rows behind the figures of 定着.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::surveys::follow_up::{self, CloseReason};
use entity::surveys::follow_up_booking;
use entity::{BookingId, WardId};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{OPEN, rows, within};
use crate::places::queries as places;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::local_date;
use crate::platform::{Error, Lang, Result, Scope};
use crate::surveys::rules::{
    self, CountedFollowUp, Cut, Groups, RetentionFigures, RetentionVersion, Rule, VersionFigures,
    baseline,
};

/// Which follow-ups are counted, and how they are cut.
#[derive(Clone, Copy, Debug)]
pub struct FigureFilter {
    pub cut: Cut,
    /// The fiscal year of the class; all without one.
    pub year: Option<FiscalYear>,
}

/// The figures on a day, beside those of the town's own survey. People who died, moved or
/// withdrew, and attendances that were taken back, are not counted.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn figures(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: FigureFilter,
    today: NaiveDate,
    lang: Lang,
) -> Result<RetentionFigures> {
    let found = counted_in(scope, today).order_by_asc(follow_up::Column::Id).all(db).await?;

    // Groups go by one name, whatever language they are read in: what is hidden is the same.
    let mut english: HashMap<String, String> = HashMap::new();
    let mut wards: HashMap<WardId, String> = HashMap::new();
    for ward in places::list_wards(db, scope).await? {
        english.insert(ward.name_ja.clone(), ward.name_en);
        wards.insert(ward.id, ward.name_ja);
    }

    let counted_rows: Vec<CountedFollowUp> = rows(db, scope, found)
        .await?
        .into_iter()
        .map(|row| {
            let (session, venue) = (&row.class.session, &row.class.venue);
            english.insert(venue.name_ja.clone(), venue.name_en.clone());
            let day = local_date(row.class.span().0);
            let ward = session.ward_id.and_then(|id| wards.get(&id).cloned());
            let via = row.follow_up.answered_via.map(|via| via.as_str());
            let group = |cut| match cut {
                Cut::Kind => session.kind.as_str().to_owned(),
                Cut::Venue => venue.name_ja.clone(),
                Cut::Month => day.format("%Y-%m").to_string(),
                Cut::Path => row.follow_up.path_base.clone().unwrap_or_default(),
                Cut::Way => via.unwrap_or_default().to_owned(),
                Cut::Ward => ward.clone().unwrap_or_default(),
            };
            let groups = Cut::ALL.map(group);
            CountedFollowUp { year: FiscalYear::of(day).year(), groups, ..counted(&row.follow_up) }
        })
        .collect();

    let year = filter.year.map(FiscalYear::year);
    // Long sums do not hold up the requests of others.
    let work = move || rules::figures(&counted_rows, filter.cut, year);
    let mut figures = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;

    if lang == Lang::En && matches!(filter.cut, Cut::Venue | Cut::Ward) {
        for group in figures.iter_mut().flat_map(|figures| &mut figures.groups) {
            if let Some(name) = english.get(&group.name) {
                group.name.clone_from(name);
            }
        }
    }

    let town = places::get_municipality(db, scope.municipality_id).await?;
    Ok(RetentionFigures {
        versions: figures.into_iter().map(RetentionVersion::from).collect(),
        baseline: baseline(&town.code),
    })
}

/// Follow-ups whose day has come, without people who died, moved or withdrew, and without
/// attendances that were taken back. Who answered before the day counts from the day on.
fn counted_in(scope: &Scope, today: NaiveDate) -> Select<follow_up::Entity> {
    let not_asked = [CloseReason::Silent, CloseReason::TakenBack];
    let asked = Condition::any()
        .add(follow_up::Column::CloseReason.is_null())
        .add(follow_up::Column::CloseReason.is_not_in(not_asked));
    within(scope).filter(asked).filter(follow_up::Column::DueOn.lte(today))
}

/// The figures of the follow-ups that cover these bookings, one group for each version of the
/// rule, on a day. Counted and hidden as in [`figures`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn figures_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    bookings: &[BookingId],
    today: NaiveDate,
) -> Result<Vec<VersionFigures>> {
    let covering = covering(bookings);
    let select = counted_in(scope, today).filter(follow_up::Column::Id.in_subquery(covering));
    let found = select.all(db).await?;
    let counted_rows: Vec<CountedFollowUp> = found.iter().map(counted).collect();
    Ok(rules::figures(&counted_rows, Cut::Kind, None))
}

/// Whether somebody who came with one of these bookings is asked yet, or will be.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn is_any_open(
    db: &impl ConnectionTrait,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<bool> {
    let select = within(scope)
        .filter(follow_up::Column::State.is_in(OPEN))
        .filter(follow_up::Column::Id.in_subquery(covering(bookings)));
    Ok(select.limit(1).one(db).await?.is_some())
}

fn covering(bookings: &[BookingId]) -> SelectStatement {
    Query::select()
        .column(follow_up_booking::Column::FollowUpId)
        .from(follow_up_booking::Entity)
        .and_where(follow_up_booking::Column::BookingId.is_in(bookings.iter().copied()))
        .to_owned()
}

fn counted(row: &follow_up::Model) -> CountedFollowUp {
    let own = row.rule_version.clone();
    let would = || Rule::on(row.due_on).map(|rule| rule.version.clone());
    CountedFollowUp {
        version: own.or_else(would).unwrap_or_default(),
        year: 0,
        groups: Groups::default(),
        reached: row.reached_at.is_some(),
        result: row.result,
        gain: row.gain,
    }
}
