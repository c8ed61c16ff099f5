//! The rows behind the figures of 定着.

use chrono::NaiveDate;
use entity::BookingId;
use entity::surveys::follow_up::{self, CloseReason};
use entity::surveys::follow_up_booking;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder};

use super::{rows, within};
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::local_date;
use crate::platform::{Lang, Result, Scope};
use crate::surveys::rules::{self, Cut, Figures, Row, Rule};

/// Which follow-ups are counted, and how they are cut.
#[derive(Clone, Copy, Debug)]
pub struct FigureFilter {
    pub cut: Cut,
    /// The fiscal year of the class; all without one.
    pub year: Option<FiscalYear>,
}

/// The figures on a day. People who died, moved or withdrew, and attendances that were taken
/// back, are not counted; whoever was asked already counts as due.
pub async fn figures(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: FigureFilter,
    today: NaiveDate,
    lang: Lang,
) -> Result<Vec<Figures>> {
    let not_asked = [CloseReason::Silent, CloseReason::TakenBack];
    let asked = Condition::any()
        .add(follow_up::Column::CloseReason.is_null())
        .add(follow_up::Column::CloseReason.is_not_in(not_asked));
    let due = Condition::any()
        .add(follow_up::Column::DueOn.lte(today))
        .add(follow_up::Column::AskedAt.is_not_null());
    let found =
        within(scope).filter(asked).filter(due).order_by_asc(follow_up::Column::Id).all(db).await?;
    let counted_rows: Vec<Row> = rows(db, scope, found)
        .await?
        .into_iter()
        .filter_map(|row| {
            let day = local_date(row.class.span().0);
            filter.year.is_none_or(|year| year.contains(day)).then(|| {
                let group = match filter.cut {
                    Cut::Kind => row.class.session.kind.as_str().to_owned(),
                    Cut::Venue => {
                        lang.pick(&row.class.venue.name_ja, &row.class.venue.name_en).to_owned()
                    }
                    Cut::Month => day.format("%Y-%m").to_string(),
                    Cut::Path => row.follow_up.path_base.clone().unwrap_or_default(),
                };
                Row { group, ..counted(&row.follow_up) }
            })
        })
        .collect();
    Ok(rules::figures(&counted_rows))
}

/// The figures of the follow-ups that cover these bookings, one group for each version of the
/// rule, on a day. Counted and hidden as in [`figures`].
pub async fn figures_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    bookings: &[BookingId],
    today: NaiveDate,
) -> Result<Vec<Figures>> {
    let covering = Query::select()
        .column(follow_up_booking::Column::FollowUpId)
        .from(follow_up_booking::Entity)
        .and_where(follow_up_booking::Column::BookingId.is_in(bookings.iter().copied()))
        .to_owned();
    let not_asked = [CloseReason::Silent, CloseReason::TakenBack];
    let asked = Condition::any()
        .add(follow_up::Column::CloseReason.is_null())
        .add(follow_up::Column::CloseReason.is_not_in(not_asked));
    let due = Condition::any()
        .add(follow_up::Column::DueOn.lte(today))
        .add(follow_up::Column::AskedAt.is_not_null());
    let select = within(scope).filter(follow_up::Column::Id.in_subquery(covering));
    let found = select.filter(asked).filter(due).all(db).await?;
    let counted_rows: Vec<Row> = found.iter().map(counted).collect();
    Ok(rules::figures(&counted_rows))
}

fn counted(row: &follow_up::Model) -> Row {
    let own = row.rule_version.clone();
    let would = || Rule::on(row.due_on).map(|rule| rule.version.clone());
    Row {
        version: own.or_else(would).unwrap_or_default(),
        group: String::new(),
        reached: row.reached_at.is_some(),
        result: row.result,
        gain: row.gain,
    }
}
