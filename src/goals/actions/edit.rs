//! Goals, actuals and judgements of a draft, each change with its line in the history.

use entity::goals::goal_actual::{self, Metric};
use entity::goals::goal_cell::{self, CellKind};
use entity::goals::goal_change::{self, ChangedField};
use entity::goals::goal_measure::{self, MeasureKind};
use entity::goals::goal_review::{self, Achievement};
use entity::goals::{goal_edition, goal_item};
use entity::{GoalEditionId, GoalItemId, GoalMeasureId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::json;

use crate::goals::queries::{self, EditionRow};
use crate::goals::rules::year::{Judgement, NewActual, NewGoal};
use crate::goals::rules::{LONGEST_WORDS, Refusal, can_change};
use crate::platform::error::FieldError;
use crate::platform::text::free_text;
use crate::platform::{Error, Result, Scope, Tx};
use crate::programmes;

/// An item of a draft with everything above it, in the hands of this transaction.
struct Held {
    row: EditionRow,
    item: goal_item::Model,
}

async fn hold(
    tx: &Tx,
    scope: &Scope,
    item_id: GoalItemId,
    fiscal_year: i32,
    revision: Option<i32>,
) -> Result<Held> {
    let edition_id = queries::get_item(tx.db(), scope, item_id).await?.edition_id;
    let row = queries::lock_edition(tx, scope, edition_id).await?;
    // Read again behind the lock.
    let item = queries::get_item(tx.db(), scope, item_id).await?;

    can_change(row.edition.state)?;
    if revision.is_some_and(|seen| seen != item.revision) {
        return Err(Error::Stale);
    }
    if !row.periods().contains(fiscal_year) {
        return Err(Error::invalid("fiscal_year", "err.goals.year"));
    }

    Ok(Held { row, item })
}

async fn hold_measure(
    tx: &Tx,
    scope: &Scope,
    id: GoalMeasureId,
    fiscal_year: i32,
    revision: Option<i32>,
) -> Result<(Held, goal_measure::Model)> {
    let measure = queries::get_measure(tx.db(), scope, id).await?;
    Ok((hold(tx, scope, measure.item_id, fiscal_year, revision).await?, measure))
}

/// One change for the history.
struct Change<'a> {
    measure_id: Option<GoalMeasureId>,
    fiscal_year: i32,
    field: ChangedField,
    before: &'a str,
    after: &'a str,
}

impl Held {
    /// Writes the history and counts the revisions of the item and its edition up.
    async fn changed(&self, tx: &Tx, changes: &[Change<'_>]) -> Result<()> {
        for change in changes {
            let row = goal_change::ActiveModel {
                municipality_id: Set(self.item.municipality_id),
                item_id: Set(self.item.id),
                measure_id: Set(change.measure_id),
                fiscal_year: Set(change.fiscal_year),
                field: Set(change.field),
                before_words: Set(change.before.to_owned()),
                after_words: Set(change.after.to_owned()),
                changed_by: Set(tx.ctx().staff_id()),
                changed_at: Set(tx.now()),
                ..Default::default()
            };
            row.insert(tx.db()).await?;
            let detail = json!({ "field": change.field, "fiscal_year": change.fiscal_year });
            tx.audit("goal_item", self.item.id.0, detail);
        }

        goal_item::Entity::update_many()
            .col_expr(goal_item::Column::Revision, Expr::col(goal_item::Column::Revision).add(1))
            .filter(goal_item::Column::Id.eq(self.item.id))
            .exec(tx.db())
            .await?;
        touch_edition(tx, self.row.edition.id).await
    }
}

/// Counts the revision of an edition up.
pub(super) async fn touch_edition(tx: &Tx, id: GoalEditionId) -> Result<()> {
    goal_edition::Entity::update_many()
        .col_expr(goal_edition::Column::Revision, Expr::col(goal_edition::Column::Revision).add(1))
        .col_expr(goal_edition::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(goal_edition::Column::Id.eq(id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// A text of an edition, cleaned.
fn words(field: &str, text: &str) -> Result<String> {
    free_text(text, LONGEST_WORDS).map_err(|error| {
        let values = vec![("max", LONGEST_WORDS.to_string())];
        Error::Invalid(vec![FieldError { field: field.to_owned(), wording: error.key(), values }])
    })
}

/// States, carries or takes away the goal of a fiscal year.
///
/// # Errors
/// `edition_published`; `Stale` when the item was changed since `revision`; `Invalid` for a year
/// outside the plan, a stated goal without words, or a first year that carries on.
pub async fn set_goal(
    tx: &Tx,
    scope: &Scope,
    measure_id: GoalMeasureId,
    fiscal_year: i32,
    revision: Option<i32>,
    new: &NewGoal,
) -> Result<()> {
    let (held, measure) = hold_measure(tx, scope, measure_id, fiscal_year, revision).await?;

    let stated = new.kind == CellKind::Stated;
    let said = if stated { words("words", &new.words)? } else { String::new() };
    if stated && said.is_empty() {
        return Err(Error::invalid("words", "err.goals.words"));
    }
    let carries = matches!(new.kind, CellKind::Carry | CellKind::Merged);
    if carries && fiscal_year == held.row.plan.first_year {
        return Err(Error::invalid("kind", "err.goals.carry"));
    }

    let there = goal_cell::Entity::find()
        .filter(goal_cell::Column::MeasureId.eq(measure.id))
        .filter(goal_cell::Column::FiscalYear.eq(fiscal_year))
        .one(tx.db())
        .await?;
    let before = there.as_ref().map_or(String::new(), |cell| shown(cell.kind, &cell.words));
    let after = shown(new.kind, &said);
    let milli = new.milli.filter(|_| stated);

    match there {
        Some(cell) => {
            let mut cell = cell.into_active_model();
            cell.kind = Set(new.kind);
            cell.words = Set(said);
            cell.value_milli = Set(milli);
            cell.is_approx = Set(new.approx && stated);
            cell.update(tx.db()).await?;
        }
        None => {
            let cell = goal_cell::ActiveModel {
                municipality_id: Set(measure.municipality_id),
                measure_id: Set(measure.id),
                fiscal_year: Set(fiscal_year),
                kind: Set(new.kind),
                words: Set(said),
                value_milli: Set(milli),
                is_approx: Set(new.approx && stated),
                ..Default::default()
            };
            cell.insert(tx.db()).await?;
        }
    }

    let change = Change {
        measure_id: Some(measure.id),
        fiscal_year,
        field: ChangedField::Goal,
        before: &before,
        after: &after,
    };
    held.changed(tx, &[change]).await
}

/// A cell as the history tells it.
fn shown(kind: CellKind, words: &str) -> String {
    match kind {
        CellKind::Stated => words.to_owned(),
        CellKind::Carry => "継続".to_owned(),
        CellKind::Merged => "（前の年度と同じ）".to_owned(),
        CellKind::None => String::new(),
        CellKind::Pictured => "（図だけ）".to_owned(),
    }
}

/// Records what was reached in a fiscal year.
///
/// # Errors
/// `edition_published`; `Stale`; `Invalid` for a year outside the plan, neither words nor a
/// metric, a metric for a goal in words, or a programme of another municipality.
pub async fn record_actual(
    tx: &Tx,
    scope: &Scope,
    measure_id: GoalMeasureId,
    fiscal_year: i32,
    revision: Option<i32>,
    new: &NewActual,
) -> Result<()> {
    let (held, measure) = hold_measure(tx, scope, measure_id, fiscal_year, revision).await?;

    let said = words("words", &new.words)?;
    if new.metric.is_none() && said.is_empty() {
        return Err(Error::invalid("words", "err.goals.actual"));
    }
    if new.metric.is_some() && measure.kind == MeasureKind::Text {
        return Err(Error::invalid("metric", "err.goals.metric"));
    }

    let bound = new.metric.is_some();
    let programme_id = new.programme_id.filter(|_| bound);
    if let Some(id) = programme_id {
        let known = programmes::queries::list_programmes(tx.db(), scope).await?;
        if !known.iter().any(|programme| programme.id == id) {
            return Err(Error::invalid("programme_id", "err.session.programme"));
        }
    }

    let there = goal_actual::Entity::find()
        .filter(goal_actual::Column::MeasureId.eq(measure.id))
        .filter(goal_actual::Column::FiscalYear.eq(fiscal_year))
        .one(tx.db())
        .await?;
    let tell = |words: &str, metric: Option<Metric>| match metric {
        Some(metric) => format!("［{metric}］{words}"),
        None => words.to_owned(),
    };
    let before = there.as_ref().map_or(String::new(), |row| tell(&row.words, row.metric));
    let after = tell(&said, new.metric);

    let mut row = match there {
        Some(row) => row.into_active_model(),
        None => goal_actual::ActiveModel {
            municipality_id: Set(measure.municipality_id),
            measure_id: Set(measure.id),
            fiscal_year: Set(fiscal_year),
            ..Default::default()
        },
    };

    row.words = Set(said);
    row.value_milli = Set(new.milli.filter(|_| !bound));
    row.is_approx = Set(new.approx);
    row.metric = Set(new.metric);
    row.programme_id = Set(programme_id);
    row.session_kind = Set(new.session_kind.filter(|_| bound));
    row.entered_by = Set(tx.ctx().staff_id());
    row.updated_at = Set(tx.now());
    match row.id {
        ActiveValue::NotSet => row.insert(tx.db()).await?,
        _ => row.update(tx.db()).await?,
    };

    let change = Change {
        measure_id: Some(measure.id),
        fiscal_year,
        field: ChangedField::Actual,
        before: &before,
        after: &after,
    };
    held.changed(tx, &[change]).await
}

/// Judges what was reached in a fiscal year, and says what comes next. Who judges is the
/// approver; a judgement that stays as it was keeps its approver.
///
/// # Errors
/// `edition_published`; `item_cross_listed`; `Stale`; `Forbidden` for a judgement of nobody;
/// `Invalid` for a year outside the plan or a judgement without evidence.
pub async fn judge(
    tx: &Tx,
    scope: &Scope,
    item_id: GoalItemId,
    fiscal_year: i32,
    revision: Option<i32>,
    new: &Judgement,
) -> Result<()> {
    let held = hold(tx, scope, item_id, fiscal_year, revision).await?;
    if held.item.cross_listed_as.is_some() {
        return Err(Refusal::CrossListed.into());
    }

    let evidence = words("evidence", &new.evidence)?;
    let next_direction = words("next_direction", &new.next_direction)?;
    if new.achievement.is_some() && evidence.is_empty() {
        return Err(Error::invalid("evidence", "err.goals.evidence"));
    }

    let there = goal_review::Entity::find()
        .filter(goal_review::Column::ItemId.eq(item_id))
        .filter(goal_review::Column::FiscalYear.eq(fiscal_year))
        .one(tx.db())
        .await?;
    let judged = |achievement: Option<Achievement>| achievement.map_or("", Achievement::as_str);
    let (was, evidence_was, next_was) = match &there {
        Some(row) => (row.achievement, row.evidence.clone(), row.next_direction.clone()),
        None => (None, String::new(), String::new()),
    };
    let same = was == new.achievement && evidence_was == evidence;

    let mut row = match there {
        Some(row) => row.into_active_model(),
        None => goal_review::ActiveModel {
            municipality_id: Set(held.item.municipality_id),
            item_id: Set(item_id),
            fiscal_year: Set(fiscal_year),
            approver_words: Set(String::new()),
            ..Default::default()
        },
    };

    if !same {
        let approver = match new.achievement {
            Some(_) => Some(tx.ctx().staff_id().ok_or(Error::Forbidden)?),
            None => None,
        };
        row.approver_words = Set(String::new());
        row.approved_by = Set(approver);
        row.approved_at = Set(approver.map(|_| tx.now()));
    }

    row.achievement = Set(new.achievement);
    row.evidence = Set(evidence.clone());
    row.next_direction = Set(next_direction.clone());
    row.updated_at = Set(tx.now());
    match row.id {
        ActiveValue::NotSet => row.insert(tx.db()).await?,
        _ => row.update(tx.db()).await?,
    };

    let pairs = [
        (ChangedField::Achievement, judged(was), judged(new.achievement)),
        (ChangedField::Evidence, evidence_was.as_str(), evidence.as_str()),
        (ChangedField::NextDirection, next_was.as_str(), next_direction.as_str()),
    ];
    let changes: Vec<Change<'_>> = pairs
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| Change {
            measure_id: None,
            fiscal_year,
            field,
            before,
            after,
        })
        .collect();
    held.changed(tx, &changes).await
}
