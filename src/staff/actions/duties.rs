//! Where staff are, and that it is one place at a time.

use chrono::{DateTime, Utc};
use entity::staff::assignment::{self, Duty};
use entity::staff::{staff_busy, staff_member, work};
use entity::{AssignmentId, SessionId, StaffId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use crate::platform::{Error, Lang, Result, Scope, Tx, cells, words};
use crate::staff::queries;
use crate::staff::rules::Refusal;

/// Gives a staff member a duty for a time. Touching spans do not meet.
///
/// # Errors
/// `Refused("staff_busy")` with who and where when the person is elsewhere, in whatever
/// programme; `Refused("staff_gone")` for a closed account; `NotFound` for staff who do not
/// work in the municipality; `Invalid` for a span off the grid of ten minutes.
pub async fn assign(
    tx: &Tx,
    staff_id: StaffId,
    duty: Duty,
    session_id: Option<SessionId>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<AssignmentId> {
    if !cells::on_grid(starts_at) || !cells::on_grid(ends_at) || ends_at <= starts_at {
        return Err(Error::invalid("starts_at", "err.duty.span"));
    }

    let member = member(tx, staff_id).await?;
    if member.disabled_at.is_some() {
        return Err(Refusal::Gone.into());
    }
    occupy(tx, &member, duty, session_id, starts_at, ends_at).await
}

/// Gives somebody back the duty in a session that moved: also whoever has left since, so that the
/// session goes on naming who has to be replaced.
///
/// # Errors
/// As [`assign`], without `staff_gone`.
pub async fn keep(
    tx: &Tx,
    staff_id: StaffId,
    duty: Duty,
    session_id: SessionId,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<AssignmentId> {
    let member = member(tx, staff_id).await?;
    occupy(tx, &member, duty, Some(session_id), starts_at, ends_at).await
}

async fn member(tx: &Tx, staff_id: StaffId) -> Result<staff_member::Model> {
    let scope = Scope::whole(tx.ctx().municipality_id());
    queries::get_staff(tx.db(), &scope, staff_id).await
}

async fn occupy(
    tx: &Tx,
    member: &staff_member::Model,
    duty: Duty,
    session_id: Option<SessionId>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<AssignmentId> {
    let staff_id = member.id;
    let span = cells::of(starts_at, ends_at);
    // A first look gives the sentence; the key of `staff_busy` below gives the truth.
    if let Some(refused) = elsewhere(tx, member, &span).await? {
        return Err(refused);
    }

    let row = assignment::ActiveModel {
        municipality_id: ActiveValue::Set(tx.ctx().municipality_id()),
        staff_id: ActiveValue::Set(staff_id),
        duty: ActiveValue::Set(duty),
        session_id: ActiveValue::Set(session_id),
        starts_at: ActiveValue::Set(starts_at),
        ends_at: ActiveValue::Set(ends_at),
        ..Default::default()
    }
    .insert(tx.db())
    .await?;

    let wanted = span.len() as u64;
    let busy = span.iter().map(|cell_at| staff_busy::ActiveModel {
        staff_id: ActiveValue::Set(staff_id),
        cell_at: ActiveValue::Set(*cell_at),
        assignment_id: ActiveValue::Set(row.id),
    });
    let key = [staff_busy::Column::StaffId, staff_busy::Column::CellAt];
    let taken = staff_busy::Entity::insert_many(busy)
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;

    // Somebody was quicker since the first look.
    if taken < wanted {
        let refused = elsewhere(tx, member, &span).await?;
        return Err(refused.unwrap_or(Refusal::Busy.into()));
    }

    tx.audit(
        "assignment",
        row.id.0,
        json!({ "staff_id": staff_id, "duty": duty, "session_id": session_id }),
    );
    Ok(row.id)
}

/// The refusal for a person who is elsewhere in `span`: who, and where as far as it is this
/// municipality's business.
async fn elsewhere(
    tx: &Tx,
    member: &staff_member::Model,
    span: &[DateTime<Utc>],
) -> Result<Option<Error>> {
    let other = staff_busy::Entity::find()
        .filter(staff_busy::Column::StaffId.eq(member.id))
        .filter(staff_busy::Column::CellAt.is_in(span.iter().copied()))
        .order_by_asc(staff_busy::Column::CellAt)
        .one(tx.db())
        .await?;
    let Some(other) = other else { return Ok(None) };

    let other = assignment::Entity::find_by_id(other.assignment_id).one(tx.db()).await?;
    let session_id = other.and_then(|other| other.session_id);
    let session = match session_id {
        Some(id) => {
            work::Entity::find_by_id(id)
                .filter(work::Column::MunicipalityId.eq(tx.ctx().municipality_id()))
                .one(tx.db())
                .await?
        }
        None => None,
    };

    let lang = tx.ctx().lang;
    let place = match session {
        Some(session) if lang == Lang::Ja => session.title_ja,
        Some(session) => session.title_en,
        None => words::text(lang, "staff.elsewhere").to_owned(),
    };

    let values = vec![("staff", member.name.clone()), ("place", place)];
    Ok(Some(Error::refused_with(Refusal::Busy, values)))
}

/// Frees everybody who was assigned to a session.
pub async fn release_session(tx: &Tx, session_id: SessionId) -> Result<()> {
    release_where(tx, session_id, Condition::all()).await
}

/// Frees these people from a session.
pub async fn release(tx: &Tx, session_id: SessionId, staff: &[StaffId]) -> Result<()> {
    let named = assignment::Column::StaffId.is_in(staff.iter().copied());
    release_where(tx, session_id, Condition::all().add(named)).await
}

async fn release_where(tx: &Tx, session_id: SessionId, whom: Condition) -> Result<()> {
    let ids: Vec<AssignmentId> = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::Id)
        .filter(assignment::Column::SessionId.eq(session_id))
        .filter(assignment::Column::MunicipalityId.eq(tx.ctx().municipality_id()))
        .filter(whom)
        .order_by_asc(assignment::Column::Id)
        .into_tuple()
        .all(tx.db())
        .await?;
    if ids.is_empty() {
        return Ok(());
    }

    // The busy times refer to their duty: they go first.
    staff_busy::Entity::delete_many()
        .filter(staff_busy::Column::AssignmentId.is_in(ids.iter().copied()))
        .exec(tx.db())
        .await?;
    assignment::Entity::delete_many()
        .filter(assignment::Column::Id.is_in(ids.iter().copied()))
        .exec(tx.db())
        .await?;

    tx.audit("session", session_id.0, json!({ "released_assignments": ids }));
    Ok(())
}
