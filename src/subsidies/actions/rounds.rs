//! Rounds: the calls for projects.

use chrono::NaiveDate;
use entity::SubsidyRoundId;
use entity::subsidies::project::{self, ProjectState};
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::subsidy_round;
use poem_openapi::Object;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{line, long, move_deadline, today};
use crate::platform::db::locked;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::amount::MOST_YEN;
use crate::platform::{Error, FieldError, Result, Scope, Tx};
use crate::subsidies::queries;
use crate::subsidies::rules::deadlines::opened_by;
use crate::subsidies::rules::states::Transition;

/// A round to be, or its new content.
#[derive(Clone, Debug, Default, Object)]
#[oai(rename = "RoundBody")]
pub struct RoundDraft {
    pub fiscal_year: i32,
    pub name: String,
    // None: not known, and nobody can apply.
    pub opens_on: Option<NaiveDate>,
    pub closes_on: Option<NaiveDate>,
    pub report_due_on: Option<NaiveDate>,
    pub cap_yen: Option<i64>,
    #[oai(default)]
    pub guidelines: String,
}

fn checked(draft: &RoundDraft) -> Result<RoundDraft> {
    let mut wrong = Vec::new();
    let year = (1989..=2100).contains(&draft.fiscal_year);
    if !year || FiscalYear::new(draft.fiscal_year).is_none() {
        wrong.push(FieldError::new("fiscal_year", "err.round.year"));
    }
    if matches!((draft.opens_on, draft.closes_on), (Some(opens), Some(closes)) if closes < opens) {
        wrong.push(FieldError::new("closes_on", "err.round.order"));
    }
    if draft.cap_yen.is_some_and(|cap| !(1..=MOST_YEN).contains(&cap)) {
        wrong.push(FieldError::new("cap_yen", "err.project.yen"));
    }

    // Every fault is told at once, so a text that is refused goes on as an empty one.
    let mut text = |done: Result<String>| match done {
        Ok(text) => text,
        Err(Error::Invalid(faults)) => {
            wrong.extend(faults);
            String::new()
        }
        Err(_) => String::new(),
    };
    let name = text(line("name", &draft.name, 60));
    let guidelines = text(long("guidelines", &draft.guidelines, 4000));

    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    Ok(RoundDraft { name, guidelines, ..draft.clone() })
}

/// Opens a round.
///
/// # Errors
/// `Invalid`, also for a name that the year has already.
pub async fn create_round(tx: &Tx, scope: &Scope, draft: &RoundDraft) -> Result<SubsidyRoundId> {
    let said = checked(draft)?;
    let row = subsidy_round::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        fiscal_year: ActiveValue::Set(said.fiscal_year),
        name: ActiveValue::Set(said.name.clone()),
        opens_on: ActiveValue::Set(said.opens_on),
        closes_on: ActiveValue::Set(said.closes_on),
        report_due_on: ActiveValue::Set(said.report_due_on),
        cap_yen: ActiveValue::Set(said.cap_yen),
        guidelines: ActiveValue::Set(said.guidelines),
        source: ActiveValue::Set(None),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };

    let twice = OnConflict::columns([
        subsidy_round::Column::MunicipalityId,
        subsidy_round::Column::FiscalYear,
        subsidy_round::Column::Name,
    ])
    .do_nothing()
    .to_owned();

    let written = subsidy_round::Entity::insert(row)
        .on_conflict(twice)
        .exec_without_returning(tx.db())
        .await?;
    if written == 0 {
        return Err(Error::invalid("name", "err.round.name"));
    }

    let all = queries::list_rounds(tx.db(), scope).await?;
    let made =
        all.into_iter().find(|row| row.fiscal_year == said.fiscal_year && row.name == said.name);
    let id = made.ok_or(Error::NotFound)?.id;
    tx.audit("subsidy_round", id.0, json!({ "state": "created", "year": said.fiscal_year }));
    Ok(id)
}

/// Changes a round; open deadlines that hang on its days move with it.
///
/// # Errors
/// `NotFound`, `Stale`, `Invalid`.
pub async fn save_round(
    tx: &Tx,
    scope: &Scope,
    id: SubsidyRoundId,
    revision: Option<i32>,
    draft: &RoundDraft,
) -> Result<()> {
    let select = subsidy_round::Entity::find_by_id(id)
        .filter(subsidy_round::Column::MunicipalityId.eq(scope.municipality_id));
    let known = locked(select).one(tx.db()).await?.ok_or(Error::NotFound)?;
    if revision.is_some_and(|seen| seen != known.revision) {
        return Err(Error::Stale);
    }

    let said = checked(draft)?;
    let all = queries::list_rounds(tx.db(), scope).await?;
    let same = |row: &&subsidy_round::Model| {
        row.id != id && row.fiscal_year == said.fiscal_year && row.name == said.name
    };
    if all.iter().any(|row| same(&row)) {
        return Err(Error::invalid("name", "err.round.name"));
    }

    subsidy_round::Entity::update_many()
        .set(subsidy_round::ActiveModel {
            fiscal_year: ActiveValue::Set(said.fiscal_year),
            name: ActiveValue::Set(said.name),
            opens_on: ActiveValue::Set(said.opens_on),
            closes_on: ActiveValue::Set(said.closes_on),
            report_due_on: ActiveValue::Set(said.report_due_on),
            cap_yen: ActiveValue::Set(said.cap_yen),
            guidelines: ActiveValue::Set(said.guidelines),
            revision: ActiveValue::Set(known.revision + 1),
            updated_at: ActiveValue::Set(tx.now()),
            ..Default::default()
        })
        .filter(subsidy_round::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    tx.audit("subsidy_round", id.0, json!({ "state": "changed" }));
    move_deadlines(tx, scope, id).await
}

/// What is open and hangs on the round's days moves with them: applications, and the reports of
/// projects that run. A report sent back, or after a stop, keeps its own day.
async fn move_deadlines(tx: &Tx, scope: &Scope, id: SubsidyRoundId) -> Result<()> {
    let round = queries::get_round(tx.db(), scope, id).await?;
    let cause = round.revision.to_string();
    let report = opened_by(Transition::Start, today(tx), round.fiscal_year, round.report_due_on);
    let select = project::Entity::find()
        .filter(project::Column::RoundId.eq(id))
        .filter(project::Column::State.is_in([ProjectState::Draft, ProjectState::Running]))
        .order_by_asc(project::Column::Id);

    for row in locked(select).all(tx.db()).await? {
        let due = match row.state {
            ProjectState::Draft => round.closes_on.map(|closes| (DeadlineKind::Apply, closes)),
            _ => report,
        };
        if let Some((kind, due_on)) = due {
            move_deadline(tx, &row, kind, due_on, &cause).await?;
        }
    }
    Ok(())
}
