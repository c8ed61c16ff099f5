//! The ward's application: draft, sections, submitted versions.

use chrono::{DateTime, Utc};
use entity::subsidies::application_section::{self, Section};
use entity::subsidies::project::{self, ProjectKind, ProjectState};
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::{application_version, budget_line, project_goal};
use entity::{ProjectId, StaffId, SubsidyRoundId, WardId};
use poem_openapi::Object;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait};
use serde_json::json;

use super::{advance, author, fresh, line, open_deadline, put, today};
use crate::places::queries::list_wards;
use crate::platform::{Error, Result, Scope, Tx};
use crate::subsidies::queries;
use crate::subsidies::rules::Refusal;
use crate::subsidies::rules::sections::{
    self, Application, Budget, Content, Status, clean, goals, paste, round_open,
};
use crate::subsidies::rules::states::{OPEN, Side, Transition};

/// A new project.
#[derive(Clone, Debug, Object)]
#[oai(rename = "NewProjectBody")]
pub struct NewProject {
    pub round_id: SubsidyRoundId,
    pub ward_id: WardId,
    pub kind: ProjectKind,
    pub title: String,
}

/// Begins an application.
///
/// # Errors
/// `NotFound` for another ward or round, `RoundClosed`, `Invalid` for the title.
pub async fn create(tx: &Tx, scope: &Scope, new: &NewProject) -> Result<ProjectId> {
    begin(tx, scope, new, None, (String::new(), String::new())).await
}

/// As [`create`], with the project from which it is taken over, what was kept and what changed.
pub(super) async fn begin(
    tx: &Tx,
    scope: &Scope,
    new: &NewProject,
    parent_id: Option<ProjectId>,
    (kept, changed): (String, String),
) -> Result<ProjectId> {
    let mine = scope.reaches_ward(Some(new.ward_id));
    let wards = list_wards(tx.db(), scope).await?;
    if !mine || !wards.iter().any(|ward| ward.id == new.ward_id) {
        return Err(Error::NotFound);
    }

    let round = queries::get_round(tx.db(), scope, new.round_id).await?;
    round_open(round.opens_on, round.closes_on, today(tx))?;
    let title = line("title", &new.title, 60)?;

    let row = project::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        round_id: ActiveValue::Set(round.id),
        ward_id: ActiveValue::Set(new.ward_id),
        kind: ActiveValue::Set(new.kind),
        title: ActiveValue::Set(title.clone()),
        state: ActiveValue::Set(ProjectState::Draft),
        parent_id: ActiveValue::Set(parent_id),
        kept: ActiveValue::Set(kept),
        changed: ActiveValue::Set(changed),
        advanced_yen: ActiveValue::Set(0),
        rest_yen: ActiveValue::Set(0),
        repaid_yen: ActiveValue::Set(0),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };
    let project = row.insert(tx.db()).await?;

    let mut basics = Content::default();
    basics.texts.insert("title".to_owned(), title);
    write_section(tx, &project, Section::Basics, &basics, 1).await?;
    if let Some(closes_on) = round.closes_on {
        open_deadline(tx, &project, DeadlineKind::Apply, closes_on).await?;
    }

    tx.audit("project", project.id.0, json!({ "state": project.state, "kind": project.kind }));
    Ok(project.id)
}

async fn write_section(
    tx: &Tx,
    project: &project::Model,
    section: Section,
    content: &Content,
    revision: i32,
) -> Result<()> {
    let row = application_section::ActiveModel {
        project_id: ActiveValue::Set(project.id),
        section: ActiveValue::Set(section),
        content: ActiveValue::Set(serde_json::to_value(content)?),
        revision: ActiveValue::Set(revision),
        updated_by: ActiveValue::Set(author(tx)),
        updated_at: ActiveValue::Set(tx.now()),
    };

    let again = OnConflict::columns([
        application_section::Column::ProjectId,
        application_section::Column::Section,
    ])
    .update_columns([
        application_section::Column::Content,
        application_section::Column::Revision,
        application_section::Column::UpdatedBy,
        application_section::Column::UpdatedAt,
    ])
    .to_owned();

    application_section::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

/// Saves a section, finished or not. `revision` is the one that was seen; 0 for one not begun.
/// Once the subsidy is granted, what is saved is the draft of a change.
///
/// # Errors
/// `NotFound`, `Locked`, `Stale`, `Invalid` by field.
pub async fn save_section(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    section: Section,
    revision: Option<i32>,
    raw: &Content,
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    if !queries::writable(tx.db(), &project).await?.contains(&section) {
        return Err(Refusal::Locked.into());
    }
    let (_, known) = queries::section(tx.db(), &project, section).await?;
    if revision.is_some_and(|seen| seen != known) {
        return Err(Error::Stale);
    }

    let content = clean(section, raw).map_err(Error::Invalid)?;
    if section == Section::Basics {
        let title = line("title", content.text("title"), 60)?;
        let columns = project::ActiveModel { title: ActiveValue::Set(title), ..Default::default() };
        put(tx, &project, columns).await?;
    }

    write_section(tx, &project, section, &content, known + 1).await?;
    tx.audit("project", id.0, json!({ "section": section, "revision": known + 1 }));
    Ok(())
}

/// What was typed with the rows pasted from a spreadsheet behind it.
///
/// # Errors
/// `Invalid` for `paste`.
pub fn paste_rows(section: Section, mut raw: Content, pasted: &str) -> Result<Content> {
    let rows = paste(section, pasted).map_err(|fault| Error::Invalid(vec![fault]))?;
    raw.rows.extend(rows);
    Ok(raw)
}

/// Copies the application of an older project of the own ward into the sections that were not
/// begun: the title stays.
///
/// # Errors
/// `NotFound`, `Locked`.
pub async fn copy_from(tx: &Tx, scope: &Scope, id: ProjectId, from: ProjectId) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    if !OPEN.contains(&project.state) {
        return Err(Refusal::Locked.into());
    }
    let old = queries::get_own(tx.db(), scope, from).await?.project;
    let whole = match queries::last_version(tx.db(), &old).await? {
        Some(version) => queries::read_application(&version)?,
        None => queries::application(tx.db(), &old).await?,
    };
    fill(tx, &project, &whole, &[]).await?;
    tx.audit("project", id.0, json!({ "copied_from": from }));
    Ok(())
}

/// Writes sections of another application where nothing stands yet.
pub(super) async fn fill(
    tx: &Tx,
    project: &project::Model,
    whole: &Application,
    without: &[Section],
) -> Result<()> {
    for section in Section::ALL.iter().copied().filter(|section| !without.contains(section)) {
        let Some(content) = whole.get(section.as_str()) else { continue };
        let (known, revision) = queries::section(tx.db(), project, section).await?;
        let mut content = content.clone();

        if section == Section::Basics {
            // The new project's own name; days of another year would be wrong.
            content.texts.insert("title".to_owned(), project.title.clone());
            content.texts.remove("starts_on");
            content.texts.remove("ends_on");
            let others = ["summary", "contact"];
            if others.iter().any(|name| !known.text(name).is_empty()) {
                continue;
            }
        } else if sections::status(section, &known) != Status::NotStarted {
            continue;
        }

        write_section(tx, project, section, &content, revision + 1).await?;
    }
    Ok(())
}

/// Submits the application: a version that nobody changes any more.
///
/// # Errors
/// `NotFound`, `Stale`, `State`, `RoundClosed` for the first version, `Unfinished`, `OverCap`.
pub async fn submit(tx: &Tx, scope: &Scope, id: ProjectId, revision: Option<i32>) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    fresh(&project, revision)?;
    if !OPEN.contains(&project.state) {
        return Err(Refusal::State(Transition::Submit).into());
    }

    let round = queries::get_round(tx.db(), scope, project.round_id).await?;
    // An application that was sent back may come again after the last day.
    if project.state == ProjectState::Draft {
        round_open(round.opens_on, round.closes_on, today(tx))?;
    }

    let whole = queries::application(tx.db(), &project).await?;
    let budget = sections::can_submit(&whole, round.cap_yen)?;
    write_version(tx, &project, &whole, budget, (author(tx), tx.now())).await?;
    advance(tx, scope, &project, Transition::Submit, Side::Ward, Default::default()).await?;
    Ok(())
}

/// Writes the next version with its lines and goals.
pub(super) async fn write_version(
    tx: &Tx,
    project: &project::Model,
    whole: &Application,
    budget: Budget,
    (submitted_by, submitted_at): (Option<StaffId>, DateTime<Utc>),
) -> Result<application_version::Model> {
    let number = queries::last_version(tx.db(), project).await?.map_or(0, |last| last.number) + 1;
    let version = application_version::ActiveModel {
        project_id: ActiveValue::Set(project.id),
        number: ActiveValue::Set(number),
        content: ActiveValue::Set(serde_json::to_value(whole)?),
        total_yen: ActiveValue::Set(budget.total),
        own_yen: ActiveValue::Set(budget.own),
        requested_yen: ActiveValue::Set(budget.requested()),
        submitted_by: ActiveValue::Set(submitted_by),
        submitted_at: ActiveValue::Set(submitted_at),
        ..Default::default()
    };
    let version = version.insert(tx.db()).await?;

    let lines = (1..).zip(budget.lines).map(|(position, line)| budget_line::ActiveModel {
        version_id: ActiveValue::Set(version.id),
        position: ActiveValue::Set(position),
        category: ActiveValue::Set(line.category),
        item: ActiveValue::Set(line.item),
        yen: ActiveValue::Set(line.yen),
    });
    budget_line::Entity::insert_many(lines).exec_without_returning(tx.db()).await?;

    let empty = Content::default();
    let written = goals(whole.get(Section::Goals.as_str()).unwrap_or(&empty));
    let rows = (1..).zip(written).map(|(position, goal)| project_goal::ActiveModel {
        version_id: ActiveValue::Set(version.id),
        position: ActiveValue::Set(position),
        kpi: ActiveValue::Set(goal.kpi),
        unit: ActiveValue::Set(goal.unit),
        baseline_milli: ActiveValue::Set(goal.baseline_milli),
        target_milli: ActiveValue::Set(goal.target_milli),
        due: ActiveValue::Set(goal.due),
        data_source: ActiveValue::Set(goal.data_source),
    });
    project_goal::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(version)
}
