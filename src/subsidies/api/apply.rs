//! Rounds, projects, and the ward's application.

use entity::subsidies::application_section::Section;
use entity::subsidies::project::ProjectState;
use entity::{ProjectId, SubsidyRoundId, WardId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::detail::detail;
use super::objects::{
    DifferenceItem, Made, NewProjectBody, ProjectDetail, ProjectItem, ProjectPage, RoundBody,
    RoundItem, SectionBody, VersionItem, content, item, round_item, version,
};
use super::{Group, after, own};
use crate::platform::web::api::{ApiResult, Created, Editable, IfMatch, Seen, page_size};
use crate::platform::web::door::By;
use crate::platform::{Error, Page, Result};
use crate::subsidies::access::{Applying, Reading, Reviewing, reached_as};
use crate::subsidies::actions::{self, NewProject, RoundDraft};
use crate::subsidies::queries::{self, ProjectFilter};
use crate::subsidies::rules::compare::compare;
use crate::subsidies::rules::sections::misplaced;
use crate::subsidies::rules::states::{Transition, Who};

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
    async fn list_rounds(&self, by: By<Reading>) -> ApiResult<Vec<RoundItem>> {
        let found = queries::list_rounds(by.db(), &by.scope).await?;
        Ok(Json(found.into_iter().map(round_item).collect()))
    }

    /// Opens a round.
    #[oai(path = "/subsidy-rounds", method = "post", operation_id = "create_round")]
    async fn create_round(
        &self,
        by: By<Reviewing>,
        body: Json<RoundBody>,
    ) -> Result<Created<Made>> {
        let draft = &round_draft(body.0);
        let id = by
            .does("create_round", |tx, scope| async move {
                actions::create_round(&tx, scope, draft).await
            })
            .await?;
        Ok(Created { location: format!("/api/subsidy-rounds/{id}"), body: Made { id: id.0 } })
    }

    /// Changes a round.
    #[oai(path = "/subsidy-rounds/:id", method = "put", operation_id = "update_round")]
    async fn update_round(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<RoundBody>,
    ) -> Result<Editable<RoundItem>> {
        let seen = seen.given()?;
        let (draft, id) = (&round_draft(body.0), SubsidyRoundId(id.0));
        by.does("save_round", |tx, scope| async move {
            actions::save_round(&tx, scope, id, seen, draft).await
        })
        .await?;
        let round = queries::get_round(by.db(), &by.scope, id).await?;
        Ok(Editable { revision: round.revision, body: round_item(round) })
    }

    /// Projects, newest first.
    #[oai(path = "/projects", method = "get", operation_id = "list_projects")]
    async fn list_projects(
        &self,
        by: By<Reading>,
        round_id: Query<Option<i64>>,
        ward_id: Query<Option<i64>>,
        state: Query<Option<ProjectState>>,
        q: Query<Option<String>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<ProjectPage> {
        let filter = ProjectFilter {
            round_id: round_id.0.map(SubsidyRoundId),
            ward_id: ward_id.0.map(WardId),
            state: state.0,
            q: q.0.unwrap_or_default(),
        };

        let (db, limit, after) = (by.db(), page_size(limit.0), after.0.as_deref());
        let Page { items, next } = queries::list(db, &by.scope, &filter, limit, after).await?;
        Ok(Json(ProjectPage { items: items.into_iter().map(item).collect(), next }))
    }

    /// Begins an application in an open round.
    #[oai(path = "/projects", method = "post", operation_id = "create_project")]
    async fn create_project(
        &self,
        by: By<Applying>,
        body: Json<NewProjectBody>,
    ) -> Result<Created<Made>> {
        let NewProjectBody { round_id, ward_id, kind, title } = body.0;
        let (round_id, ward_id) = (SubsidyRoundId(round_id), WardId(ward_id));
        let new = &NewProject { round_id, ward_id, kind, title };
        let work = |tx, scope| async move { actions::create(&tx, scope, new).await };
        let id = by.does("create_project", work).await?;
        Ok(Created { location: format!("/api/projects/{id}"), body: Made { id: id.0 } })
    }

    /// A project with all that you may read.
    #[oai(path = "/projects/:id", method = "get", operation_id = "get_project")]
    async fn get_project(&self, by: By<Reading>, id: Path<i64>) -> Result<Editable<ProjectDetail>> {
        let row = queries::get(by.db(), &by.scope, ProjectId(id.0)).await?;
        let body = detail(&by, row).await?;
        Ok(Editable { revision: body.project.revision, body })
    }

    /// Saves one section, finished or not. Its revision stands in `section_revisions` of the
    /// project; 0 for one that is not begun.
    #[oai(path = "/projects/:id/sections/:section", method = "put", operation_id = "save_section")]
    async fn save_section(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        section: Path<Section>,
        body: Json<SectionBody>,
    ) -> Result<Editable<ProjectItem>> {
        let seen = seen.revision()?;
        let (id, section, raw) = (ProjectId(id.0), section.0, &content(body.0));
        let misplaced = misplaced(section, raw);
        if !misplaced.is_empty() {
            return Err(Error::Invalid(misplaced));
        }
        by.does("save_section", |tx, scope| async move {
            actions::save_section(&tx, scope, id, section, Some(seen), raw).await
        })
        .await?;
        Ok(Editable { revision: seen + 1, ..after(&by, id).await? })
    }

    /// Copies another application of the own ward into the sections that were not begun.
    #[oai(path = "/projects/:id/copy", method = "post", operation_id = "copy_application")]
    async fn copy_application(
        &self,
        by: By<Applying>,
        id: Path<i64>,
        body: Json<OtherProject>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, from) = (ProjectId(id.0), ProjectId(body.0.project_id));
        by.does("copy_application", |tx, scope| async move {
            actions::copy_from(&tx, scope, id, from).await
        })
        .await?;
        after(&by, id).await
    }

    /// Submits the application: a version that nobody changes any more.
    #[oai(path = "/projects/:id/submit", method = "post", operation_id = "submit_application")]
    async fn submit_application(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
    ) -> Result<Editable<ProjectItem>> {
        let id = ProjectId(id.0);
        by.does("submit_application", |tx, scope| async move {
            actions::submit(&tx, scope, id, seen.revision()?).await
        })
        .await?;
        after(&by, id).await
    }

    /// Takes a step that needs nothing but itself.
    #[oai(path = "/projects/:id/steps", method = "post", operation_id = "take_step")]
    async fn take_step(
        &self,
        by: By<Reading>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<StepBody>,
    ) -> Result<Editable<ProjectItem>> {
        // Nobody without a role here learns which step is whose.
        let (transition, who) = match body.0.step {
            SimpleStep::Withdraw => (Transition::Withdraw, Who::Ward),
            SimpleStep::StartReview => (Transition::StartReview, Who::Headquarters),
            SimpleStep::MeetConditions => (Transition::MeetConditions, Who::Headquarters),
            SimpleStep::Start => (Transition::Start, Who::Ward),
        };
        let (scope, id) = (&reached_as(&by.ctx, who)?, ProjectId(id.0));

        by.does("take_step", |tx, _| async move {
            actions::step(&tx, scope, id, seen.revision()?, transition, who).await.map(|_| ())
        })
        .await?;
        after(&by, id).await
    }

    /// The submitted versions of a project of your own.
    #[oai(path = "/projects/:id/versions", method = "get", operation_id = "list_versions")]
    async fn list_versions(&self, by: By<Reading>, id: Path<i64>) -> ApiResult<Vec<VersionItem>> {
        let row = own(&by, id.0).await?;
        let found = queries::versions(by.db(), &row.project).await?;
        Ok(Json(found.into_iter().map(version).collect()))
    }

    /// What differs between two submitted versions.
    #[oai(path = "/projects/:id/differences", method = "get", operation_id = "compare_versions")]
    async fn compare_versions(
        &self,
        by: By<Reading>,
        id: Path<i64>,
        from: Query<i32>,
        to: Query<i32>,
    ) -> ApiResult<Vec<DifferenceItem>> {
        let (row, db) = (own(&by, id.0).await?, by.db());
        let old = queries::find_version(db, &row.project, from.0).await?;
        let new = queries::find_version(db, &row.project, to.0).await?;
        let found = compare(&queries::read_application(&old)?, &queries::read_application(&new)?);
        Ok(Json(found.into_iter().map(DifferenceItem::from).collect()))
    }

    /// What is due and not done, soonest first.
    #[oai(path = "/project-deadlines", method = "get", operation_id = "list_deadlines")]
    async fn list_deadlines(&self, by: By<Reading>) -> ApiResult<Vec<DeadlineItem>> {
        let found = queries::deadlines(by.db(), &by.scope).await?;
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
