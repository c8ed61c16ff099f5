//! Rounds, projects, and the ward's application.

use entity::subsidies::application_section::Section;
use entity::subsidies::project::ProjectState;
use entity::{ProjectId, SubsidyRoundId, WardId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::objects::{
    DecisionItem, DifferenceItem, FigureItem, GoalItem, Made, NewProjectBody, ProjectDetail,
    ProjectItem, ProjectPage, RetentionItem, RoundBody, RoundItem, SectionBody, VersionItem,
    content, item, milli, round_item, sections, version,
};
use super::{Group, after, own, shows_report};
use crate::platform::web::api::{ApiResult, Created, Editable, IfMatch, Seen, page_size};
use crate::platform::web::form::Intent;
use crate::platform::{App, Ctx, Error, Page, Result};
use crate::subsidies::access::{applying, reading, reviewing};
use crate::subsidies::actions::{self, NewProject, RoundDraft};
use crate::subsidies::queries::{self, ProjectFilter};
use crate::subsidies::rules::compare::compare;
use crate::subsidies::rules::report::{difference, each};
use crate::subsidies::rules::retention::{RetentionStage, yen_per_stuck};
use crate::subsidies::rules::sections::misplaced;
use crate::subsidies::rules::states::{OPEN, Transition, Who};

/// A step that needs nothing but itself.
#[derive(Enum, Clone, Copy, Debug)]
#[oai(rename_all = "snake_case")]
enum SimpleStep {
    /// By the ward.
    Withdraw,
    /// By headquarters.
    StartReview,
    /// By headquarters.
    MeetConditions,
    /// By the ward.
    Start,
}

/// A step to take.
#[derive(Object, Debug)]
struct StepBody {
    step: SimpleStep,
}

/// Another project.
#[derive(Object, Debug)]
struct OtherProject {
    project_id: i64,
}

/// A deadline that is not met yet.
#[derive(Object, Debug)]
struct DeadlineItem {
    project_id: i64,
    title: String,
    ward: String,
    kind: entity::subsidies::project_deadline::DeadlineKind,
    due_on: chrono::NaiveDate,
    /// The worker put it on top of the list.
    is_reminded: bool,
}

/// Rounds and applications.
#[derive(Clone, Copy, Debug)]
pub struct ProjectsApi;

#[OpenApi(tag = "Group::Subsidies")]
impl ProjectsApi {
    /// The rounds, newest first.
    #[oai(path = "/subsidy-rounds", method = "get", operation_id = "list_rounds")]
    async fn list_rounds(&self, ctx: Ctx, app: App) -> ApiResult<Vec<RoundItem>> {
        let found = queries::list_rounds(app.store().reader(), &reading(&ctx)?).await?;
        Ok(Json(found.into_iter().map(round_item).collect()))
    }

    /// Opens a round.
    #[oai(path = "/subsidy-rounds", method = "post", operation_id = "create_round")]
    async fn create_round(
        &self,
        ctx: Ctx,
        app: App,
        intent: Intent,
        body: Json<RoundBody>,
    ) -> Result<Created<Made>> {
        let (scope, draft) = (&reviewing(&ctx)?, &round_draft(body.0));
        let id = app
            .store()
            .write_once(&ctx, "create_round", intent.0.as_ref(), |tx| async move {
                actions::create_round(&tx, scope, draft).await
            })
            .await?;
        Ok(Created { location: format!("/api/subsidy-rounds/{id}"), body: Made { id: id.0 } })
    }

    /// Changes a round.
    #[oai(path = "/subsidy-rounds/:id", method = "put", operation_id = "update_round")]
    async fn update_round(
        &self,
        ctx: Ctx,
        app: App,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<RoundBody>,
    ) -> Result<Editable<RoundItem>> {
        let (scope, seen) = (&reviewing(&ctx)?, seen.given()?);
        let (draft, id) = (&round_draft(body.0), SubsidyRoundId(id.0));
        app.store()
            .write(&ctx, "save_round", |tx| async move {
                actions::save_round(&tx, scope, id, seen, draft).await
            })
            .await?;
        let round = queries::get_round(app.store().reader(), scope, id).await?;
        Ok(Editable { revision: round.revision, body: round_item(round) })
    }

    /// Projects, newest first.
    #[oai(path = "/projects", method = "get", operation_id = "list_projects")]
    async fn list_projects(
        &self,
        ctx: Ctx,
        app: App,
        round_id: Query<Option<i64>>,
        ward_id: Query<Option<i64>>,
        state: Query<Option<ProjectState>>,
        q: Query<Option<String>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<ProjectPage> {
        let scope = reading(&ctx)?;
        let filter = ProjectFilter {
            round_id: round_id.0.map(SubsidyRoundId),
            ward_id: ward_id.0.map(WardId),
            state: state.0,
            q: q.0.unwrap_or_default(),
        };
        let limit = page_size(limit.0);
        let db = app.store().reader();
        let Page { items, next } =
            queries::list(db, &scope, &filter, limit, after.0.as_deref()).await?;
        Ok(Json(ProjectPage { items: items.into_iter().map(item).collect(), next }))
    }

    /// Begins an application in an open round.
    #[oai(path = "/projects", method = "post", operation_id = "create_project")]
    async fn create_project(
        &self,
        ctx: Ctx,
        app: App,
        intent: Intent,
        body: Json<NewProjectBody>,
    ) -> Result<Created<Made>> {
        let scope = &applying(&ctx)?;
        let NewProjectBody { round_id, ward_id, kind, title } = body.0;
        let (round_id, ward_id) = (SubsidyRoundId(round_id), WardId(ward_id));
        let new = &NewProject { round_id, ward_id, kind, title };
        let id = app
            .store()
            .write_once(&ctx, "create_project", intent.0.as_ref(), |tx| async move {
                actions::create(&tx, scope, new).await
            })
            .await?;
        Ok(Created { location: format!("/api/projects/{id}"), body: Made { id: id.0 } })
    }

    /// A project with all that you may read.
    #[oai(path = "/projects/:id", method = "get", operation_id = "get_project")]
    async fn get_project(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
    ) -> Result<Editable<ProjectDetail>> {
        let (scope, db) = (reading(&ctx)?, app.store().reader());
        let row = queries::get(db, &scope, ProjectId(id.0)).await?;
        let project = row.project.clone();
        let is_own = queries::is_own(&scope, &project);
        let last = queries::last_version(db, &project).await?;
        let application = match &last {
            Some(version) if !is_own || !OPEN.contains(&project.state) => {
                queries::read_application(version)?
            }
            _ if is_own => queries::application(db, &project).await?,
            _ => Default::default(),
        };
        let writes = applying(&ctx).is_ok_and(|scope| queries::is_own(&scope, &project));
        let draft = match writes && !OPEN.contains(&project.state) {
            true => queries::changed_application(db, &project).await?,
            false => None,
        };
        let (mut versions, mut decision) = (Vec::new(), None);
        if is_own {
            versions = queries::versions(db, &project).await?.into_iter().map(version).collect();
            decision = queries::decision(db, &project).await?;
        }
        let decision = decision.map(|row| DecisionItem {
            outcome: row.outcome,
            adopted_yen: row.adopted_yen,
            conditions: row.conditions,
            reason: row.reason,
            decided_on: row.decided_on,
        });
        let shows = shows_report(&scope, &project);
        let report = if shows { queries::report(db, &project).await? } else { Default::default() };
        let mut goals = Vec::new();
        if let Some(last) = &last {
            for goal in queries::goals(db, last).await? {
                let result = report.goals.get(&goal.position);
                let actual = result.and_then(|row| row.actual_milli);
                goals.push(GoalItem {
                    position: goal.position,
                    kpi: goal.kpi,
                    unit: goal.unit,
                    baseline: milli(goal.baseline_milli),
                    target: milli(Some(goal.target_milli)).unwrap_or_default(),
                    due: goal.due,
                    data_source: goal.data_source,
                    actual: milli(actual),
                    difference: milli(difference(goal.target_milli, actual)),
                    reason: result.map(|row| row.reason.clone()),
                });
            }
        }
        let mut figures = None;
        if shows && let Some(written) = &report.report {
            let people = queries::people(db, &project, Some(written), ctx.now).await?;
            let cost = queries::costs(&report);
            let (per_attendance, per_person) = each(cost, people.total());
            let retention = queries::retention(db, &project).await?;
            let persons = people.total().persons;
            let retention = retention.into_iter().map(|line| RetentionItem {
                stage: line.stage,
                counted_on: match line.stage {
                    RetentionStage::Report => written.retention_on,
                    RetentionStage::Last => written.retention_last_on,
                },
                due_count: line.count.map(|count| count.due),
                reached_count: line.count.map(|count| count.reached),
                answered_count: line.count.map(|count| count.answered),
                stuck_count: line.count.map(|count| count.stuck),
                yen_per_stuck: line.count.and_then(|count| yen_per_stuck(cost, persons, count)),
                rule: line.rule,
            });
            figures = Some(FigureItem {
                retention: retention.collect(),
                session_count: people.counted.sessions,
                attendance_count: people.counted.attendances,
                person_count: people.counted.persons,
                live_session_count: people.live.sessions,
                live_attendance_count: people.live.attendances,
                live_person_count: people.live.persons,
                hand_session_count: written.session_count,
                hand_attendance_count: written.attendance_count,
                hand_person_count: written.person_count,
                cost_yen: Some(cost),
                yen_per_attendance: per_attendance,
                yen_per_person: per_person,
            });
        }
        let practice = queries::practice_of(db, &project).await?;
        let practice_id = practice.map(|practice| practice.id.0);
        let application = sections(application);
        let (mut section_revisions, mut report_revision) = (None, None);
        if is_own {
            section_revisions = Some(queries::section_revisions(db, &project).await?);
            report_revision = Some(report.report.as_ref().map_or(0, |report| report.revision));
        }
        let project = item(row);
        Ok(Editable {
            revision: project.revision,
            body: ProjectDetail {
                project,
                section_revisions,
                report_revision,
                practice_id,
                application,
                draft: draft.map(sections),
                versions,
                decision,
                goals,
                figures,
            },
        })
    }

    /// Saves one section, finished or not. Its revision stands in `section_revisions` of the
    /// project; 0 for one that is not begun.
    #[oai(path = "/projects/:id/sections/:section", method = "put", operation_id = "save_section")]
    async fn save_section(
        &self,
        ctx: Ctx,
        app: App,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        section: Path<Section>,
        body: Json<SectionBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (scope, seen) = (&applying(&ctx)?, seen.revision()?);
        let (id, section, raw) = (ProjectId(id.0), section.0, &content(body.0));
        let misplaced = misplaced(section, raw);
        if !misplaced.is_empty() {
            return Err(Error::Invalid(misplaced));
        }
        app.store()
            .write(&ctx, "save_section", |tx| async move {
                actions::save_section(&tx, scope, id, section, Some(seen), raw).await
            })
            .await?;
        Ok(Editable { revision: seen + 1, ..after(&app, scope, id).await? })
    }

    /// Copies another application of the own ward into the sections that were not begun.
    #[oai(path = "/projects/:id/copy", method = "post", operation_id = "copy_application")]
    async fn copy_application(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
        body: Json<OtherProject>,
    ) -> Result<Editable<ProjectItem>> {
        let (scope, id, from) = (&applying(&ctx)?, ProjectId(id.0), ProjectId(body.0.project_id));
        app.store()
            .write(&ctx, "copy_application", |tx| async move {
                actions::copy_from(&tx, scope, id, from).await
            })
            .await?;
        after(&app, scope, id).await
    }

    /// Submits the application: a version that nobody changes any more.
    #[oai(path = "/projects/:id/submit", method = "post", operation_id = "submit_application")]
    async fn submit_application(
        &self,
        ctx: Ctx,
        app: App,
        seen: IfMatch,
        id: Path<i64>,
    ) -> Result<Editable<ProjectItem>> {
        let (scope, id) = (&applying(&ctx)?, ProjectId(id.0));
        app.store()
            .write(&ctx, "submit_application", |tx| async move {
                actions::submit(&tx, scope, id, seen.revision()?).await
            })
            .await?;
        after(&app, scope, id).await
    }

    /// Takes a step that needs nothing but itself.
    #[oai(path = "/projects/:id/steps", method = "post", operation_id = "take_step")]
    async fn take_step(
        &self,
        ctx: Ctx,
        app: App,
        seen: IfMatch,
        id: Path<i64>,
        body: Json<StepBody>,
    ) -> Result<Editable<ProjectItem>> {
        // Nobody without a role here learns which step is whose.
        reading(&ctx)?;
        let (transition, who) = match body.0.step {
            SimpleStep::Withdraw => (Transition::Withdraw, Who::Ward),
            SimpleStep::StartReview => (Transition::StartReview, Who::Headquarters),
            SimpleStep::MeetConditions => (Transition::MeetConditions, Who::Headquarters),
            SimpleStep::Start => (Transition::Start, Who::Ward),
        };
        let scope = match who {
            Who::Ward => applying(&ctx)?,
            Who::Headquarters => reviewing(&ctx)?,
        };
        let (scope, id) = (&scope, ProjectId(id.0));
        app.store()
            .write(&ctx, "take_step", |tx| async move {
                actions::step(&tx, scope, id, seen.revision()?, transition, who).await
            })
            .await?;
        after(&app, scope, id).await
    }

    /// The submitted versions of a project of your own.
    #[oai(path = "/projects/:id/versions", method = "get", operation_id = "list_versions")]
    async fn list_versions(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
    ) -> ApiResult<Vec<VersionItem>> {
        let row = own(&app, &reading(&ctx)?, id.0).await?;
        let found = queries::versions(app.store().reader(), &row.project).await?;
        Ok(Json(found.into_iter().map(version).collect()))
    }

    /// What differs between two submitted versions.
    #[oai(path = "/projects/:id/differences", method = "get", operation_id = "compare_versions")]
    async fn compare_versions(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
        from: Query<i32>,
        to: Query<i32>,
    ) -> ApiResult<Vec<DifferenceItem>> {
        let (row, db) = (own(&app, &reading(&ctx)?, id.0).await?, app.store().reader());
        let old = queries::find_version(db, &row.project, from.0).await?;
        let new = queries::find_version(db, &row.project, to.0).await?;
        let found = compare(&queries::read_application(&old)?, &queries::read_application(&new)?);
        Ok(Json(found.into_iter().map(DifferenceItem::from).collect()))
    }

    /// What is due and not done, soonest first.
    #[oai(path = "/project-deadlines", method = "get", operation_id = "list_deadlines")]
    async fn list_deadlines(&self, ctx: Ctx, app: App) -> ApiResult<Vec<DeadlineItem>> {
        let found = queries::deadlines(app.store().reader(), &reading(&ctx)?).await?;
        let found = found.into_iter().map(|(deadline, row)| DeadlineItem {
            project_id: row.project.id.0,
            title: row.project.title,
            ward: row.ward.name_ja,
            kind: deadline.kind,
            due_on: deadline.due_on,
            is_reminded: deadline.reminded_at.is_some(),
        });
        Ok(Json(found.collect()))
    }
}

fn round_draft(body: RoundBody) -> RoundDraft {
    let RoundBody { fiscal_year, name, opens_on, closes_on, report_due_on, cap_yen, guidelines } =
        body;
    RoundDraft {
        fiscal_year,
        name,
        opens_on,
        closes_on,
        report_due_on,
        cap_yen,
        guidelines,
        source: None,
    }
}
