//! Money: grant decision, changes, advance, fixing, settlement.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::subsidies::payment::{self, PaymentKind};
use entity::subsidies::project;
use entity::subsidies::project_change::{self, ChangeKind, ChangeState};
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::{application_version, cost_result, project_report};
use entity::{ProjectChangeId, ProjectId};
use poem_openapi::Object;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::apply::write_version;
use super::{advance, author, fresh, lock_as_headquarters, long, move_deadline, needed, today};
use crate::platform::{Error, Result, Scope, Tx};
use crate::subsidies::queries;
use crate::subsidies::rules::Refusal;
use crate::subsidies::rules::money::{Money, eligible};
use crate::subsidies::rules::sections::{Application, Budget, BudgetLine, can_submit, moved_lines};
use crate::subsidies::rules::states::{Side, Transition, can, next};

/// Up to so much can be granted; nothing without a decision.
async fn adopted(tx: &Tx, project: &project::Model) -> Result<i64> {
    let decision = queries::decision(tx.db(), project).await?;
    Ok(decision.and_then(|decision| decision.adopted_yen).unwrap_or(0))
}

async fn last_version(tx: &Tx, project: &project::Model) -> Result<application_version::Model> {
    queries::last_version(tx.db(), project).await?.ok_or(Error::NotFound)
}

/// The grant decision (交付決定).
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `Stale`, `State`, `OverAdopted`.
pub async fn grant(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    yen: i64,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::Grant, Side::Headquarters)?;

    let money = Money::from(&project).grant(yen, adopted(tx, &project).await?)?;
    let columns = project::ActiveModel {
        granted_yen: ActiveValue::Set(money.granted),
        granted_on: ActiveValue::Set(Some(today(tx))),
        ..Default::default()
    };
    advance(tx, scope, &project, Transition::Grant, Side::Headquarters, columns).await?;
    Ok(())
}

/// A change that the ward asks for.
#[derive(Clone, Debug, Object)]
#[oai(rename = "ChangeBody")]
pub struct NewChange {
    pub kind: ChangeKind,
    pub what: String,
    // A stop keeps the amount, and the report tells what was spent.
    /// The amount from then on; as it is without it, or what the changed budget needs.
    pub new_yen: Option<i64>,
    /// With what was saved in the plan since; otherwise that stays a draft.
    #[oai(default = "yes")]
    pub with_plan: bool,
}

fn yes() -> bool {
    true
}

/// Asks headquarters for a change or a stop. What the ward has altered in the sections that a
/// change may alter is asked for with it.
///
/// # Errors
/// `NotFound`, `State`, `ChangeOpen`, `Unfinished`, `ChangeOverLines`, `ChangeDropsCosts`, whatever
/// the money's rules say, `Invalid` without words.
pub async fn ask_change(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    new: &NewChange,
) -> Result<ProjectChangeId> {
    let project = queries::lock(tx, scope, id).await?;
    let transition = transition_of(new.kind);
    if !can(project.state, transition, Side::Headquarters) {
        return Err(Refusal::State(transition).into());
    }
    if queries::open_change(tx.db(), &project).await?.is_some() {
        return Err(Refusal::ChangeOpen.into());
    }

    let old_yen = project.granted_yen.ok_or(Refusal::BeforeGrant)?;
    let whole = match new.kind {
        ChangeKind::Content if new.with_plan => {
            queries::changed_application(tx.db(), &project).await?
        }
        _ => None,
    };

    // The lines of the budget that would hold need the whole amount.
    let most = match &whole {
        Some(whole) => planned(tx, &project, whole).await?.0.requested(),
        None => last_version(tx, &project).await?.requested_yen,
    };

    let new_yen = match new.kind {
        ChangeKind::Content => new.new_yen.unwrap_or(Ord::min(old_yen, most)),
        ChangeKind::Stop => old_yen,
    };
    Money::from(&project).change(new_yen, adopted(tx, &project).await?)?;
    if new_yen > most {
        return Err(Refusal::ChangeOverLines.into());
    }

    let row = project_change::ActiveModel {
        project_id: ActiveValue::Set(id),
        kind: ActiveValue::Set(new.kind),
        what: ActiveValue::Set(needed("what", &new.what, 1000)?),
        old_yen: ActiveValue::Set(old_yen),
        new_yen: ActiveValue::Set(new_yen),
        state: ActiveValue::Set(ChangeState::Asked),
        asked_by: ActiveValue::Set(author(tx)),
        asked_at: ActiveValue::Set(tx.now()),
        answer: ActiveValue::Set(String::new()),
        content: ActiveValue::Set(whole.map(serde_json::to_value).transpose()?),
        ..Default::default()
    };

    let made = row.insert(tx.db()).await?;
    tx.audit("project", id.0, json!({ "change": made.id, "kind": made.kind, "state": made.state }));
    Ok(made.id)
}

/// The budget of a changed application, and where the lines on which the report shows costs stand
/// in it.
async fn planned(
    tx: &Tx,
    project: &project::Model,
    whole: &Application,
) -> Result<(Budget, BTreeMap<i32, i32>)> {
    let budget = can_submit(whole, None)?;
    let last = last_version(tx, project).await?;
    let lines = queries::lines(tx.db(), &last).await?;
    let lines = lines.into_iter().map(|line| BudgetLine {
        category: line.category,
        item: line.item,
        yen: line.yen,
    });
    let moved = moved_lines(&lines.collect::<Vec<_>>(), &budget.lines);

    // A line with costs cannot be dropped: its costs would go with it.
    let report = queries::report(tx.db(), project).await?;
    let is_used = |row: &&cost_result::Model| row.actual_yen.is_some() || !row.note.is_empty();
    if report.costs.values().filter(is_used).any(|row| !moved.contains_key(&row.position)) {
        return Err(Refusal::ChangeDropsCosts.into());
    }
    Ok((budget, moved))
}

/// Makes a version of an approved change. What the report says of a line goes with the line.
async fn adopt_plan(
    tx: &Tx,
    project: &project::Model,
    change: &project_change::Model,
    whole: &Application,
) -> Result<()> {
    let (budget, moved) = planned(tx, project, whole).await?;
    let lines = 1..=i32::try_from(budget.lines.len()).unwrap_or(i32::MAX);
    let by = (change.asked_by, change.asked_at);
    let version = write_version(tx, project, whole, budget, by).await?;

    let mut costs = queries::report(tx.db(), project).await?.costs;
    let has_begun = !costs.is_empty();
    cost_result::Entity::delete_many()
        .filter(cost_result::Column::ProjectId.eq(project.id))
        .exec(tx.db())
        .await?;

    if has_begun {
        // A line that is new has its costs still to be written.
        let was: BTreeMap<i32, i32> = moved.into_iter().map(|(old, new)| (new, old)).collect();
        let rows = lines.map(|position| {
            let row = was.get(&position).and_then(|old| costs.remove(old));
            cost_result::ActiveModel {
                project_id: ActiveValue::Set(project.id),
                position: ActiveValue::Set(position),
                actual_yen: ActiveValue::Set(row.as_ref().and_then(|row| row.actual_yen)),
                note: ActiveValue::Set(row.map(|row| row.note).unwrap_or_default()),
            }
        });
        cost_result::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }

    // Whoever has the report open has its lines in the old order.
    project_report::Entity::update_many()
        .col_expr(
            project_report::Column::Revision,
            Expr::col(project_report::Column::Revision).add(1),
        )
        .filter(project_report::Column::ProjectId.eq(project.id))
        .exec(tx.db())
        .await?;

    project_change::Entity::update_many()
        .col_expr(project_change::Column::VersionId, version.id.into())
        .filter(project_change::Column::Id.eq(change.id))
        .exec(tx.db())
        .await?;
    Ok(())
}

fn transition_of(kind: ChangeKind) -> Transition {
    match kind {
        ChangeKind::Content => Transition::Change,
        ChangeKind::Stop => Transition::Stop,
    }
}

/// Approves or refuses a change. An approved change of the plan becomes the next version.
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `ChangeDone`, `State`, `ChangeDropsCosts`,
/// whatever the money's rules say; `Invalid` for a refusal without words.
pub async fn decide_change(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    change_id: ProjectChangeId,
    approve: bool,
    answer: &str,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    let all = queries::changes(tx.db(), &project).await?;
    let change = all.into_iter().find(|row| row.id == change_id).ok_or(Error::NotFound)?;
    if change.state != ChangeState::Asked {
        return Err(Refusal::ChangeDone.into());
    }

    let answer =
        if approve { long("answer", answer, 1000)? } else { needed("answer", answer, 1000)? };
    let state = if approve { ChangeState::Approved } else { ChangeState::Refused };
    project_change::Entity::update_many()
        .set(project_change::ActiveModel {
            state: ActiveValue::Set(state),
            answer: ActiveValue::Set(answer),
            decided_by: ActiveValue::Set(author(tx)),
            decided_at: ActiveValue::Set(Some(tx.now())),
            ..Default::default()
        })
        .filter(project_change::Column::Id.eq(change_id))
        .exec(tx.db())
        .await?;

    tx.audit("project", id.0, json!({ "change": change_id, "state": state }));
    if !approve {
        return Ok(());
    }

    // Asked again: an advance may have been paid since the change was asked for.
    let changed = Money::from(&project).change(change.new_yen, adopted(tx, &project).await?)?;
    let columns = project::ActiveModel {
        granted_yen: ActiveValue::Set(changed.granted),
        ..Default::default()
    };
    if let Some(content) = &change.content {
        adopt_plan(tx, &project, &change, &serde_json::from_value(content.clone())?).await?;
    }
    let transition = transition_of(change.kind);
    advance(tx, scope, &project, transition, Side::Headquarters, columns).await?;
    Ok(())
}

async fn write_payment(
    tx: &Tx,
    project: &project::Model,
    kind: PaymentKind,
    yen: i64,
    paid_on: NaiveDate,
) -> Result<()> {
    let row = payment::ActiveModel {
        project_id: ActiveValue::Set(project.id),
        kind: ActiveValue::Set(kind),
        yen: ActiveValue::Set(yen),
        paid_on: ActiveValue::Set(paid_on),
        created_by: ActiveValue::Set(author(tx)),
        created_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };
    let made = row.insert(tx.db()).await?;
    tx.audit("payment", made.id.0, json!({ "project": project.id, "kind": kind }));
    Ok(())
}

/// Records a payment in advance (概算払).
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `Stale`, `State`, `BeforeGrant`, `OverGranted`; `Invalid` for a day before the
/// grant decision or after today.
pub async fn pay_advance(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    yen: i64,
    paid_on: NaiveDate,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    let money = Money::from(&project).advance(yen)?;
    next(project.state, Transition::Pay, Side::Headquarters)?;
    if paid_on > today(tx) || project.granted_on.is_some_and(|granted| paid_on < granted) {
        return Err(Error::invalid("paid_on", "err.project.paid_on"));
    }

    write_payment(tx, &project, PaymentKind::Advance, yen, paid_on).await?;
    let columns = project::ActiveModel {
        advanced_yen: ActiveValue::Set(money.advanced),
        ..Default::default()
    };
    advance(tx, scope, &project, Transition::Pay, Side::Headquarters, columns).await?;
    Ok(())
}

/// Fixes the amount (額の確定) on the reported costs. What is paid or given back is due on `due_on`,
/// or within the rule's days.
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `Stale`, `State`, `FixOverGranted`, `FixOverCosts`;
/// `Invalid` for a day before today.
pub async fn fix(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    yen: i64,
    due_on: Option<NaiveDate>,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::Fix, Side::Headquarters)?;

    let report = queries::report(tx.db(), &project).await?;
    let version = last_version(tx, &project).await?;
    let money =
        Money::from(&project).fix(yen, eligible(queries::costs(&report), version.own_yen))?;
    let columns = project::ActiveModel {
        fixed_yen: ActiveValue::Set(money.fixed),
        fixed_on: ActiveValue::Set(Some(today(tx))),
        ..Default::default()
    };

    if due_on.is_some_and(|due_on| due_on < today(tx)) {
        return Err(Error::invalid("settle_by", "err.project.past"));
    }

    advance(tx, scope, &project, Transition::Fix, Side::Headquarters, columns).await?;
    // The step itself has set the rule's day.
    if let Some(due_on) = due_on {
        move_deadline(tx, &project, DeadlineKind::Settle, due_on, "fix").await?;
    }
    Ok(())
}

/// Settles on the day on which the rest was paid, or what is given back was received; where
/// nothing moves, no day is needed.
///
/// # Errors
/// `NotFound`, `DecidesOwnWard`, `DecidesInConflict`, `Stale`, `State`; `Invalid` without a day,
/// for one before the amount was fixed or after today.
pub async fn settle(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    paid_on: Option<NaiveDate>,
) -> Result<()> {
    let project = lock_as_headquarters(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::Settle, Side::Headquarters)?;

    let money = Money::from(&project).settle().ok_or(Refusal::State(Transition::Settle))?;
    let moved = [(PaymentKind::Rest, money.rest), (PaymentKind::Repayment, money.repaid)];
    let mut settled_on = today(tx);
    for (kind, yen) in moved.into_iter().filter(|(_, yen)| *yen > 0) {
        settled_on = paid_on
            .filter(|on| *on <= today(tx) && project.fixed_on.is_none_or(|fixed| fixed <= *on))
            .ok_or_else(|| Error::invalid("paid_on", "err.project.settled_on"))?;
        write_payment(tx, &project, kind, yen, settled_on).await?;
    }

    let columns = project::ActiveModel {
        rest_yen: ActiveValue::Set(money.rest),
        repaid_yen: ActiveValue::Set(money.repaid),
        settled_on: ActiveValue::Set(Some(settled_on)),
        ..Default::default()
    };
    advance(tx, scope, &project, Transition::Settle, Side::Headquarters, columns).await?;
    Ok(())
}
