//! Attendance opens, joins, leaves and closes follow-ups.

use chrono::NaiveDate;
use entity::residents::resident::{self, Standing};
use entity::surveys::follow_up::{self, CloseReason, FollowUpState, Replan};
use entity::surveys::follow_up_booking;
use entity::{BookingId, FollowUpId};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{audit, close, queue_next, store};
use crate::bookings::{self, BookingRow};
use crate::paths;
use crate::places::queries as places;
use crate::platform::japan::BookingNumber;
use crate::platform::japan::time::local_date;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents;
use crate::surveys::queries;
use crate::surveys::rules::{
    Questionnaire, due_on, joins, three_months_after, token, token_hash, within_window,
};

/// Codes of sheets before their check digit.
const CODES: u32 = 10_000_000;

/// Brings the follow-ups of a booking's person up to date with its attendance: who was there is
/// asked three months later, whose attendance was taken back is not. Doing it twice changes
/// nothing the second time; a booking that is not there any more is no error.
///
/// # Errors
/// Only those of the database.
pub async fn follow_attendance(tx: &Tx, booking_id: BookingId) -> Result<()> {
    let whole = Scope::whole(tx.ctx().municipality_id());
    let booking = match bookings::queries::get(tx.db(), &whole, booking_id).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };

    // What was read above may be old: only what is read under the lock decides.
    let person = residents::queries::lock(tx, &whole, booking.resident_id).await?;
    let row = bookings::queries::get_row(tx.db(), &whole, booking_id).await?.for_work();
    let link = follow_up_booking::Entity::find_by_id(booking_id).one(tx.db()).await?;
    // Who came along with somebody learned nothing that could be asked about.
    let came = row.booking.came();
    match (came, link) {
        (true, None) if person.standing == Standing::Active => {
            join_or_open(tx, &whole, &person, &row).await
        }
        (false, Some(link)) => leave(tx, &whole, link).await,
        _ => Ok(()),
    }
}

async fn join_or_open(
    tx: &Tx,
    scope: &Scope,
    person: &resident::Model,
    row: &BookingRow,
) -> Result<()> {
    let attended_on = local_date(row.span().0);
    for found in queries::of_resident(tx.db(), scope, person.id).await? {
        let days = queries::days_covered(tx.db(), found.id).await?;
        let near = match (days.first(), days.last()) {
            (Some(first), Some(last)) => joins(*first, *last, attended_on),
            // Answered, or ended, and the attendance was taken back since: when it is recorded
            // again, the person is not asked a second time.
            _ => within_window(found.first_due_on, found.due_on, three_months_after(attended_on)),
        };

        let asks_no_more =
            matches!(found.close_reason, Some(CloseReason::Silent | CloseReason::TakenBack));
        if asks_no_more || !near {
            continue;
        }

        link(tx, row, &found, attended_on).await?;
        tx.audit("follow_up", found.id.0, json!({ "joined_by": row.booking.id }));
        return refresh(tx, scope, found).await;
    }
    open(tx, scope, row, attended_on).await
}

async fn open(tx: &Tx, scope: &Scope, row: &BookingRow, attended_on: NaiveDate) -> Result<()> {
    let serial = tx.random().below(CODES);
    let code = BookingNumber::from_serial(serial).ok_or(Error::internal("serial"))?;
    let code: i32 = code.digits().parse().map_err(Error::internal)?;
    let due = due(tx, scope, attended_on).await?;
    let set = Questionnaire::on(due).ok_or(Error::internal("no questionnaire"))?;

    let opened = follow_up::ActiveModel {
        id: ActiveValue::NotSet,
        municipality_id: ActiveValue::Set(scope.municipality_id),
        resident_id: ActiveValue::Set(row.booking.resident_id),
        booking_id: ActiveValue::Set(row.booking.id),
        first_due_on: ActiveValue::Set(three_months_after(attended_on)),
        due_on: ActiveValue::Set(due),
        state: ActiveValue::Set(FollowUpState::Waiting),
        close_reason: ActiveValue::Set(None),
        code: ActiveValue::Set(code),
        token_hash: ActiveValue::Set(digest_of(&row.booking.calendar_uid, code, 0)),
        link_no: ActiveValue::Set(0),
        asked_at: ActiveValue::Set(None),
        asked_again_at: ActiveValue::Set(None),
        sent_at: ActiveValue::Set(None),
        call_again_at: ActiveValue::Set(None),
        reached_at: ActiveValue::Set(None),
        answered_at: ActiveValue::Set(None),
        closed_at: ActiveValue::Set(None),
        attempts: ActiveValue::Set(0),
        answers: ActiveValue::Set(json!({})),
        answered_by: ActiveValue::Set(None),
        answered_via: ActiveValue::Set(None),
        recorded_by: ActiveValue::Set(None),
        questionnaire: ActiveValue::Set(set.version.clone()),
        rule_version: ActiveValue::Set(None),
        result: ActiveValue::Set(None),
        alone_count: ActiveValue::Set(None),
        gain: ActiveValue::Set(None),
        path_base: ActiveValue::Set(
            paths::queries::find_base(tx.db(), scope, row.booking.resident_id).await?,
        ),
        replan: ActiveValue::Set(Replan::None),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
    }
    .insert(tx.db())
    .await?;

    link(tx, row, &opened, attended_on).await?;
    audit(tx, &opened);
    queue_next(tx, &opened).await
}

/// What is kept of the link of a booking's person.
fn digest_of(calendar_uid: &str, code: i32, link_no: i32) -> String {
    token_hash(&token(calendar_uid, code, link_no))
}

/// Makes the link of an open follow-up anew: the one that went to a wrong address opens nothing any
/// more. What was answered so far stays.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn renew_link(tx: &Tx, scope: &Scope, id: FollowUpId) -> Result<()> {
    let (row, _) = super::lock(tx, scope, id).await?;
    if !queries::OPEN.contains(&row.state) {
        audit(tx, &row);
        return Ok(());
    }
    let booking = bookings::queries::get(tx.db(), scope, row.booking_id).await?;
    let (code, link_no) = (row.code, row.link_no + 1);
    let mut changed = follow_up::ActiveModel::from(row);
    changed.link_no = ActiveValue::Set(link_no);
    changed.token_hash = ActiveValue::Set(digest_of(&booking.calendar_uid, code, link_no));
    store(tx, changed).await?;
    Ok(())
}

async fn link(
    tx: &Tx,
    row: &BookingRow,
    to: &follow_up::Model,
    attended_on: NaiveDate,
) -> Result<()> {
    let row = follow_up_booking::ActiveModel {
        booking_id: ActiveValue::Set(row.booking.id),
        follow_up_id: ActiveValue::Set(to.id),
        attended_on: ActiveValue::Set(attended_on),
    };
    follow_up_booking::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

async fn leave(tx: &Tx, scope: &Scope, link: follow_up_booking::Model) -> Result<()> {
    follow_up_booking::Entity::delete_many()
        .filter(follow_up_booking::Column::BookingId.eq(link.booking_id))
        .exec(tx.db())
        .await?;
    let found = queries::lock(tx, scope, link.follow_up_id).await?;
    tx.audit("follow_up", found.id.0, json!({ "left_by": link.booking_id }));
    if !queries::days_covered(tx.db(), found.id).await?.is_empty() {
        return refresh(tx, scope, found).await;
    }
    match found.state {
        // What was said was said.
        FollowUpState::Answered | FollowUpState::Closed => Ok(()),
        _ => close(tx, found, CloseReason::TakenBack).await.map(drop),
    }
}

/// Works out the day anew, as long as nothing was sent.
async fn refresh(tx: &Tx, scope: &Scope, row: follow_up::Model) -> Result<()> {
    if row.state != FollowUpState::Waiting {
        return Ok(());
    }

    let covered = queries::covered(tx.db(), scope, &[row.id]).await?;
    let covered = covered.get(&row.id).map(Vec::as_slice).unwrap_or_default();
    let (Some((first_on, _)), Some((last_on, last))) = (covered.first(), covered.last()) else {
        return Ok(());
    };

    let due = due(tx, scope, *last_on).await?;
    let set = Questionnaire::on(due).ok_or(Error::internal("no questionnaire"))?;
    let (code, link_no) = (row.code, row.link_no);
    let mut changed = follow_up::ActiveModel::from(row);
    changed.booking_id = ActiveValue::Set(last.booking.id);
    changed.first_due_on = ActiveValue::Set(three_months_after(*first_on));
    changed.due_on = ActiveValue::Set(due);
    changed.token_hash = ActiveValue::Set(digest_of(&last.booking.calendar_uid, code, link_no));
    changed.questionnaire = ActiveValue::Set(set.version.clone());
    let stored = store(tx, changed).await?;
    queue_next(tx, &stored).await
}

async fn due(tx: &Tx, scope: &Scope, attended_on: NaiveDate) -> Result<NaiveDate> {
    let office = places::get_municipality(tx.db(), scope.municipality_id).await?;
    let closures = places::list_closures(tx.db(), scope).await?;
    let whole = closures.into_iter().filter(|day| day.venue_id.is_none());
    let closed: Vec<NaiveDate> = whole.map(|day| day.on_date).collect();
    Ok(due_on(attended_on, &places::opening_hours(&office)?, &closed))
}
