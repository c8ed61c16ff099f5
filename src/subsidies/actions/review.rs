//! Headquarters' side: questions, reviewers, scores, decision; and the simple steps.

use entity::subsidies::application_section::Section;
use entity::subsidies::project::{self, ProjectState};
use entity::subsidies::project_decision::{self, DecisionOutcome};
use entity::subsidies::review_score::{self, Criterion};
use entity::subsidies::reviewer;
use entity::subsidies::section_message::{self, MessageKind};
use entity::{ProjectId, StaffId};
use poem_openapi::Object;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{advance, author, fresh, lock_as_headquarters, needed, today};
use crate::platform::{Error, FieldError, Result, Scope, Tx};
use crate::staff;
use crate::subsidies::queries;
use crate::subsidies::rules::Refusal;
use crate::subsidies::rules::review::{Score, enough, may_score, tally};
use crate::subsidies::rules::states::{Side, Transition, can_talk, next};

/// Most characters of a reason, a question, an answer, a condition.
const LONGEST: usize = 1000;

/// Takes a step that needs nothing but itself.
///
/// # Errors
/// `NotFound`, `Stale`, `State`; `BadRequest` for a step that needs more.
pub async fn step(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    transition: Transition,
    who: Side,
) -> Result<()> {
    let simple = matches!(
        transition,
        Transition::Withdraw
            | Transition::StartReview
            | Transition::MeetConditions
            | Transition::Start
    );
    if !simple {
        return Err(Error::BadRequest);
    }

    let project = match who {
        Side::Ward => queries::lock(tx, scope, id).await?,
        Side::Headquarters => lock_as_headquarters(tx, scope, id).await?,
    };
    fresh(&project, revision)?;
    advance(tx, scope, &project, transition, who, Default::default()).await?;
    Ok(())
}

/// Sends an application back with what is to be mended, as a question about one section.
///
/// # Errors
/// `NotFound`, `Stale`, `State`, `Invalid` without words.
pub async fn return_application(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    section: Section,
    body: &str,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::ReturnApplication, Side::Headquarters)?;
    write_question(tx, &project, section, body).await?;
    let (transition, who) = (Transition::ReturnApplication, Side::Headquarters);
    advance(tx, scope, &project, transition, who, Default::default()).await?;
    Ok(())
}

/// Sends a results report back with what is to be mended, as a question about the goals.
///
/// # Errors
/// `NotFound`, `Stale`, `State`, `Invalid` without words.
pub async fn return_report(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    body: &str,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::ReturnReport, Side::Headquarters)?;
    write_question(tx, &project, Section::Goals, body).await?;
    let (transition, who) = (Transition::ReturnReport, Side::Headquarters);
    advance(tx, scope, &project, transition, who, Default::default()).await?;
    Ok(())
}

/// A question of headquarters or an answer of the ward.
#[derive(Clone, Debug, Object)]
#[oai(rename = "MessageBody")]
pub struct NewMessage {
    pub section: Section,
    pub kind: MessageKind,
    pub body: String,
}

async fn write_question(
    tx: &Tx,
    project: &project::Model,
    section: Section,
    body: &str,
) -> Result<()> {
    let (kind, body) = (MessageKind::Question, body.to_owned());
    write_message(tx, project, &NewMessage { section, kind, body }).await
}

async fn write_message(tx: &Tx, project: &project::Model, new: &NewMessage) -> Result<()> {
    let row = section_message::ActiveModel {
        project_id: ActiveValue::Set(project.id),
        section: ActiveValue::Set(new.section),
        kind: ActiveValue::Set(new.kind),
        body: ActiveValue::Set(needed("body", &new.body, LONGEST)?),
        author_id: ActiveValue::Set(author(tx)),
        created_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };
    let made = row.insert(tx.db()).await?;
    let detail = json!({ "project": project.id, "section": new.section, "kind": new.kind });
    tx.audit("section_message", made.id.0, detail);
    Ok(())
}

/// Headquarters asks about a section, or the ward answers.
///
/// # Errors
/// `NotFound`, `TalkOver`, `DecidesOwnWard`, `DecidesInConflict`, `Invalid` without words.
pub async fn ask_or_answer(tx: &Tx, scope: &Scope, id: ProjectId, new: &NewMessage) -> Result<()> {
    let project = match new.kind {
        MessageKind::Question => lock_as_headquarters(tx, scope, id).await?,
        MessageKind::Answer => queries::lock(tx, scope, id).await?,
    };
    can_talk(project.state)?;
    write_message(tx, &project, new).await
}

/// Asks a staff member to score. Asking twice changes nothing.
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `ReviewOver`, `OwnWard`.
pub async fn assign_reviewer(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    staff_id: StaffId,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    if ![ProjectState::Submitted, ProjectState::InReview].contains(&project.state) {
        return Err(Refusal::ReviewOver.into());
    }

    staff::queries::get_staff(tx.db(), scope, staff_id).await?;
    let wards = queries::wards_of(tx.db(), scope, staff_id, today(tx)).await?;
    if wards.contains(&project.ward_id) {
        return Err(Refusal::OwnWard.into());
    }

    let row = reviewer::ActiveModel {
        project_id: ActiveValue::Set(id),
        staff_id: ActiveValue::Set(staff_id),
        has_conflict: ActiveValue::Set(None),
        conflict_reason: ActiveValue::Set(String::new()),
        declared_at: ActiveValue::Set(None),
    };
    let twice = OnConflict::columns([reviewer::Column::ProjectId, reviewer::Column::StaffId])
        .do_nothing()
        .to_owned();
    reviewer::Entity::insert(row).on_conflict(twice).exec_without_returning(tx.db()).await?;
    tx.audit("project", id.0, json!({ "reviewer": staff_id }));
    Ok(())
}

/// The reviewer says whether there is a conflict of interest. Who has one loses the scores given.
///
/// # Errors
/// `NotFound`, `Stale`, `NotReviewer`, `ReviewOver`, `Invalid` for a conflict without its reason.
pub async fn declare_conflict(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    has_conflict: bool,
    reason: &str,
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    fresh(&project, revision)?;
    let me = author(tx).ok_or(Error::Forbidden)?;
    if ![ProjectState::Submitted, ProjectState::InReview].contains(&project.state) {
        return Err(Refusal::ReviewOver.into());
    }

    let reason =
        if has_conflict { needed("conflict_reason", reason, LONGEST)? } else { String::new() };
    let written = reviewer::Entity::update_many()
        .set(reviewer::ActiveModel {
            has_conflict: ActiveValue::Set(Some(has_conflict)),
            conflict_reason: ActiveValue::Set(reason),
            declared_at: ActiveValue::Set(Some(tx.now())),
            ..Default::default()
        })
        .filter(reviewer::Column::ProjectId.eq(id))
        .filter(reviewer::Column::StaffId.eq(me))
        .exec(tx.db())
        .await?;
    if written.rows_affected == 0 {
        return Err(Refusal::NotReviewer.into());
    }

    if has_conflict {
        for version in queries::versions(tx.db(), &project).await? {
            review_score::Entity::delete_many()
                .filter(review_score::Column::VersionId.eq(version.id))
                .filter(review_score::Column::StaffId.eq(me))
                .exec(tx.db())
                .await?;
        }
    }

    tx.audit("project", id.0, json!({ "reviewer": me, "conflict": has_conflict }));
    Ok(())
}

/// The reviewer's scores of the version submitted last, all criteria at once; of two for one
/// criterion the later one. Scoring again replaces them.
///
/// # Errors
/// `NotFound`, `Stale`, whatever [`may_score`] says, `Invalid` for a score outside 1 to 5 or without its
/// reason, by criterion.
pub async fn score(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    scores: &[Score],
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    fresh(&project, revision)?;
    let me = author(tx).ok_or(Error::Forbidden)?;
    let standing = queries::standing(tx.db(), scope, &project, me, today(tx)).await?;
    may_score(project.state, project.ward_id, &standing)?;
    let version = queries::last_version(tx.db(), &project).await?.ok_or(Error::NotFound)?;

    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for criterion in Criterion::ALL.iter().copied() {
        let given = scores.iter().rfind(|given| given.criterion == criterion);
        let (score, reason) = given.map_or((0, ""), |given| (given.score, given.reason.as_str()));
        if !(1..=5).contains(&score) {
            wrong.push(FieldError::new(criterion.as_str(), "err.project.score"));
            continue;
        }
        match needed(&format!("{criterion}_reason"), reason, LONGEST) {
            Ok(reason) => rows.push(review_score::ActiveModel {
                version_id: ActiveValue::Set(version.id),
                staff_id: ActiveValue::Set(me),
                criterion: ActiveValue::Set(criterion),
                score: ActiveValue::Set(score),
                reason: ActiveValue::Set(reason),
                scored_at: ActiveValue::Set(tx.now()),
            }),
            Err(Error::Invalid(faults)) => wrong.extend(faults),
            Err(error) => return Err(error),
        }
    }

    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }

    review_score::Entity::delete_many()
        .filter(review_score::Column::VersionId.eq(version.id))
        .filter(review_score::Column::StaffId.eq(me))
        .exec(tx.db())
        .await?;
    review_score::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    tx.audit("project", id.0, json!({ "scored_by": me, "version": version.number }));
    Ok(())
}

/// What is decided.
#[derive(Clone, Debug, Object)]
#[oai(rename = "DecisionBody")]
pub struct Decision {
    pub outcome: DecisionOutcome,
    // Up to so much can be granted; none for a rejection.
    pub adopted_yen: Option<i64>,
    // What a conditional adoption asks for.
    #[oai(default)]
    pub conditions: String,
    pub reason: String,
}

/// Decides about an application that enough reviewers have scored.
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `Stale`, `State`, `TooFewScores`, `Invalid` for the amount, the conditions or the
/// reason.
pub async fn decide(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    decision: &Decision,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    let transition = match decision.outcome {
        DecisionOutcome::Adopted => Transition::Adopt,
        DecisionOutcome::Conditional => Transition::AdoptConditionally,
        DecisionOutcome::Rejected => Transition::Reject,
    };
    next(project.state, transition, Side::Headquarters)?;

    let version = queries::last_version(tx.db(), &project).await?.ok_or(Error::NotFound)?;
    let reviews = queries::reviews(tx.db(), &project, Some(&version)).await?;
    enough(&tally(reviews.iter().map(|review| review.scores.as_slice())))?;

    let adopted_yen = match decision.outcome {
        DecisionOutcome::Rejected => None,
        _ => match decision.adopted_yen {
            Some(yen) if (1..=version.requested_yen).contains(&yen) => Some(yen),
            _ => return Err(Error::invalid("adopted_yen", "err.project.adopted_yen")),
        },
    };
    let conditions = match decision.outcome {
        DecisionOutcome::Conditional => needed("conditions", &decision.conditions, LONGEST)?,
        _ => String::new(),
    };

    let row = project_decision::ActiveModel {
        project_id: ActiveValue::Set(id),
        version_id: ActiveValue::Set(version.id),
        outcome: ActiveValue::Set(decision.outcome),
        adopted_yen: ActiveValue::Set(adopted_yen),
        conditions: ActiveValue::Set(conditions),
        reason: ActiveValue::Set(needed("reason", &decision.reason, LONGEST)?),
        decided_on: ActiveValue::Set(today(tx)),
        decided_by: ActiveValue::Set(author(tx)),
    };
    project_decision::Entity::insert(row).exec_without_returning(tx.db()).await?;
    advance(tx, scope, &project, transition, Side::Headquarters, Default::default()).await?;
    Ok(())
}
