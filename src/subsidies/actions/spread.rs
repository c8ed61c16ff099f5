//! 横展開: a model, its steps in the wards, and projects derived from it.

use chrono::NaiveDate;
use entity::subsidies::application_section::Section;
use entity::subsidies::practice_step::{self, SpreadState};
use entity::subsidies::project::ProjectKind;
use entity::subsidies::{practice, project};
use entity::{PracticeId, ProjectId, SubsidyRoundId, WardId};
use poem_openapi::Object;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::apply::{NewProject, begin, fill};
use super::{advance, author, fresh, lock_as_headquarters, needed, today};
use crate::places::queries::list_wards;
use crate::platform::db::locked;
use crate::platform::japan::FiscalYear;
use crate::platform::{Error, Lang, Result, Scope, Tx, words};
use crate::subsidies::queries;
use crate::subsidies::rules::spread::{LONGEST, can_spread};
use crate::subsidies::rules::states::{Side, Transition, next};

/// Marks a verified project as a model: a practice that other wards can take over.
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `Stale`, `State`, `Invalid` without a summary.
pub async fn mark_model(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    summary: &str,
) -> Result<PracticeId> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::MarkModel, Side::Headquarters)?;
    let summary = needed("summary", summary, LONGEST)?;

    // Another practice of the same name stands apart by the ward's.
    let taken = queries::list_practices(tx.db(), scope).await?;
    let name = if taken.iter().any(|row| row.practice.name == project.title) {
        let ward = list_wards(tx.db(), scope).await?;
        let ward = ward.iter().find(|ward| ward.id == project.ward_id);
        format!("{}（{} {id}）", project.title, ward.map_or("", |ward| ward.name_ja.as_str()))
    } else {
        project.title.clone()
    };

    let row = practice::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        project_id: ActiveValue::Set(Some(id)),
        name: ActiveValue::Set(name),
        summary: ActiveValue::Set(summary),
        approx: ActiveValue::Set(false),
        words: ActiveValue::Set(String::new()),
        created_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };
    let made = row.insert(tx.db()).await?;

    advance(tx, scope, &project, Transition::MarkModel, Side::Headquarters, Default::default())
        .await?;
    Ok(made.id)
}

/// A step to record.
#[derive(Clone, Debug, Object)]
#[oai(rename = "NewStepBody")]
pub struct NewStep {
    pub ward_id: WardId,
    pub state: SpreadState,
    pub on_date: NaiveDate,
    pub reason: String,
}

/// Records how a practice stands in a ward from a day on; earlier steps stay.
///
/// # Errors
/// `NotFound` for another ward, `Invalid` without a reason or for a day to come.
pub async fn record_step(tx: &Tx, scope: &Scope, id: PracticeId, new: &NewStep) -> Result<()> {
    let mine = scope.reaches_ward(Some(new.ward_id));
    let wards = list_wards(tx.db(), scope).await?;
    if !mine || !wards.iter().any(|ward| ward.id == new.ward_id) {
        return Err(Error::NotFound);
    }
    if new.on_date > today(tx) {
        return Err(Error::invalid("on_date", "err.project.future"));
    }
    let reason = needed("reason", &new.reason, LONGEST)?;
    let practice = lock_practice(tx, scope, id).await?;
    write_step(tx, &practice, new.ward_id, new.state, new.on_date, reason, None).await
}

/// Steps of a practice are numbered behind its lock.
async fn lock_practice(tx: &Tx, scope: &Scope, id: PracticeId) -> Result<practice::Model> {
    let select = practice::Entity::find_by_id(id)
        .filter(practice::Column::MunicipalityId.eq(scope.municipality_id));
    locked(select).one(tx.db()).await?.ok_or(Error::NotFound)
}

async fn write_step(
    tx: &Tx,
    practice: &practice::Model,
    ward_id: WardId,
    state: SpreadState,
    on_date: NaiveDate,
    reason: String,
    project_id: Option<ProjectId>,
) -> Result<()> {
    let last = queries::last_number(tx.db(), practice, ward_id).await?;
    let row = practice_step::ActiveModel {
        practice_id: ActiveValue::Set(practice.id),
        ward_id: ActiveValue::Set(ward_id),
        number: ActiveValue::Set(last + 1),
        state: ActiveValue::Set(state),
        fiscal_year: ActiveValue::Set(FiscalYear::of(on_date).year()),
        on_date: ActiveValue::Set(Some(on_date)),
        reason: ActiveValue::Set(reason),
        project_id: ActiveValue::Set(project_id),
        created_by: ActiveValue::Set(author(tx)),
        created_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };

    let made = row.insert(tx.db()).await?;
    let detail = json!({ "practice": practice.id, "ward": ward_id, "state": state });
    tx.audit("practice_step", made.id.0, detail);
    Ok(())
}

/// Records what a step of a project that took a practice over says about its ward.
pub(super) async fn follow(
    tx: &Tx,
    project: &project::Model,
    transition: Transition,
    stands: SpreadState,
) -> Result<()> {
    let Some(known) = queries::practice_of(tx.db(), project).await? else { return Ok(()) };
    let scope = &Scope::whole(project.municipality_id);
    let practice = lock_practice(tx, scope, known.id).await?;
    let key = format!("spread.follow.{}", transition.word());
    let reason = words::text(Lang::Ja, &key).to_owned();
    write_step(tx, &practice, project.ward_id, stands, today(tx), reason, Some(project.id)).await
}

/// A practice to take over.
#[derive(Clone, Debug, Object)]
#[oai(rename = "SpreadBody")]
pub struct NewSpread {
    pub round_id: SubsidyRoundId,
    pub ward_id: WardId,
    pub kept: String,
    pub changed: String,
}

/// Takes a practice over in another ward: a new draft with the parent's plan, without its goals,
/// for every project has indicators of its own.
///
/// # Errors
/// `NotFound`, `SpreadAtHome`, `RoundClosed`, `Invalid` without what was kept and what changed.
pub async fn spread_to(
    tx: &Tx,
    scope: &Scope,
    id: PracticeId,
    new: &NewSpread,
) -> Result<ProjectId> {
    let (round_id, ward_id) = (new.round_id, new.ward_id);
    let practice = lock_practice(tx, scope, id).await?;
    let parent = match practice.project_id {
        Some(id) => Some(queries::get(tx.db(), scope, id).await?.project),
        None => None,
    };
    can_spread(parent.as_ref().map(|parent| parent.ward_id), ward_id)?;

    let kept = needed("kept", &new.kept, LONGEST)?;
    let changed = needed("changed", &new.changed, LONGEST)?;
    let kind = parent.as_ref().map_or(ProjectKind::Event, |parent| parent.kind);
    let title: String = practice.name.chars().take(60).collect();
    let draft = NewProject { round_id, ward_id, kind, title };
    let parent_id = parent.as_ref().map(|parent| parent.id);
    let reason = kept.clone();
    let made = begin(tx, scope, &draft, parent_id, (kept, changed)).await?;

    if let Some(parent) = &parent
        && let Some(version) = queries::last_version(tx.db(), parent).await?
    {
        let project = queries::lock(tx, scope, made).await?;
        let whole = queries::read_application(&version)?;
        fill(tx, &project, &whole, &[Section::Goals]).await?;
    }

    let on = today(tx);
    write_step(tx, &practice, ward_id, SpreadState::Study, on, reason, Some(made)).await?;
    Ok(made)
}
