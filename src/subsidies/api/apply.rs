//! Rounds, projects, and the ward's application.

use entity::subsidies::application_section::Section;
use entity::subsidies::project::ProjectState;
use entity::{ProjectId, SubsidyRoundId, WardId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::objects::Made;
use super::{Group, change, own};
use crate::platform::web::api::{ApiResult, Created, Editable, IfMatch, Seen, page_size};
use crate::platform::web::door::{By, Right};
use crate::platform::{Error, Page, Result};
use crate::subsidies::access::{Applying, Reading, Reviewing, reached_as};
use crate::subsidies::actions::{self, NewProject, RoundDraft};
use crate::subsidies::queries::{
    self, DeadlineItem, ProjectDetail, ProjectFilter, ProjectItem, RoundItem, VersionItem,
};
use crate::subsidies::rules::compare::{Difference, compare};
use crate::subsidies::rules::sections::{Content, misplaced};
use crate::subsidies::rules::states::{Side, Transition};

/// A page of projects.
#[derive(Object, Debug)]
struct ProjectPage {
    items: Vec<ProjectItem>,
    #[oai(nullable)]
    next: Option<String>,
}

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
    project_id: ProjectId,
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
        Ok(Json(found.into_iter().map(RoundItem::from).collect()))
    }

    /// Opens a round.
    #[oai(path = "/subsidy-rounds", method = "post", operation_id = "create_round")]
    async fn create_round(
        &self,
        by: By<Reviewing>,
        body: Json<RoundDraft>,
    ) -> Result<Created<Made>> {
        let draft = &body.0;
        let work = |tx, scope| async move { actions::create_round(&tx, scope, draft).await };
        let id = by.does("create_round", work).await?;
        Ok(Created { location: format!("/api/subsidy-rounds/{id}"), body: Made { id: id.0 } })
    }

    /// Changes a round.
    #[oai(path = "/subsidy-rounds/:id", method = "put", operation_id = "update_round")]
    async fn update_round(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<SubsidyRoundId>,
        body: Json<RoundDraft>,
    ) -> Result<Editable<RoundItem>> {
        let (id, seen, draft) = (id.0, seen.given()?, &body.0);
        let work =
            |tx, scope| async move { actions::save_round(&tx, scope, id, seen, draft).await };
        by.does("save_round", work).await?;
        let round = queries::get_round(by.db(), &by.scope, id).await?;
        Ok(Editable { revision: round.revision, body: round.into() })
    }

    /// Projects, newest first.
    #[oai(path = "/projects", method = "get", operation_id = "list_projects")]
    async fn list_projects(
        &self,
        by: By<Reading>,
        round_id: Query<Option<SubsidyRoundId>>,
        ward_id: Query<Option<WardId>>,
        state: Query<Option<ProjectState>>,
        q: Query<Option<String>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<ProjectPage> {
        let filter = ProjectFilter {
            round_id: round_id.0,
            ward_id: ward_id.0,
            state: state.0,
            q: q.0.unwrap_or_default(),
        };

        let (db, limit, after) = (by.db(), page_size(limit.0), after.0.as_deref());
        let Page { items, next } = queries::list(db, &by.scope, &filter, limit, after).await?;
        Ok(Json(ProjectPage { items: items.into_iter().map(ProjectItem::from).collect(), next }))
    }

    /// Begins an application in an open round.
    #[oai(path = "/projects", method = "post", operation_id = "create_project")]
    async fn create_project(
        &self,
        by: By<Applying>,
        body: Json<NewProject>,
    ) -> Result<Created<Made>> {
        let new = &body.0;
        let work = |tx, scope| async move { actions::create(&tx, scope, new).await };
        let id = by.does("create_project", work).await?;
        Ok(Created { location: format!("/api/projects/{id}"), body: Made { id: id.0 } })
    }

    /// A project with all that you may read.
    #[oai(path = "/projects/:id", method = "get", operation_id = "get_project")]
    async fn get_project(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
    ) -> Result<Editable<ProjectDetail>> {
        let applies = Applying::scope(&by.ctx).ok();
        let (db, now) = (by.db(), by.ctx.now);
        let body = queries::detail(db, &by.scope, applies.as_ref(), id.0, now).await?;
        Ok(Editable { revision: body.project.revision, body })
    }

    /// Saves one section, finished or not. Its revision stands in `section_revisions` of the
    /// project; 0 for one that is not begun.
    #[oai(path = "/projects/:id/sections/:section", method = "put", operation_id = "save_section")]
    async fn save_section(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<ProjectId>,
        section: Path<Section>,
        body: Json<Content>,
    ) -> Result<Editable<ProjectItem>> {
        let seen = seen.revision()?;
        let (id, section, raw) = (id.0, section.0, &body.0);
        let misplaced = misplaced(section, raw);
        if !misplaced.is_empty() {
            return Err(Error::Invalid(misplaced));
        }

        let work = |tx, scope| async move {
            actions::save_section(&tx, scope, id, section, Some(seen), raw).await
        };
        Ok(Editable { revision: seen + 1, ..change(&by, id, "save_section", work).await? })
    }

    /// Copies another application of the own ward into the sections that were not begun.
    #[oai(path = "/projects/:id/copy", method = "post", operation_id = "copy_application")]
    async fn copy_application(
        &self,
        by: By<Applying>,
        id: Path<ProjectId>,
        body: Json<OtherProject>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, from) = (id.0, body.0.project_id);
        let work = |tx, scope| async move { actions::copy_from(&tx, scope, id, from).await };
        change(&by, id, "copy_application", work).await
    }

    /// Submits the application: a version that nobody changes any more.
    #[oai(path = "/projects/:id/submit", method = "post", operation_id = "submit_application")]
    async fn submit_application(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
    ) -> Result<Editable<ProjectItem>> {
        let id = id.0;
        let work =
            |tx, scope| async move { actions::submit(&tx, scope, id, seen.revision()?).await };
        change(&by, id, "submit_application", work).await
    }

    /// Takes a step that needs nothing but itself.
    #[oai(path = "/projects/:id/steps", method = "post", operation_id = "take_step")]
    async fn take_step(
        &self,
        by: By<Reading>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<StepBody>,
    ) -> Result<Editable<ProjectItem>> {
        // Nobody without a role here learns which step is whose.
        let (transition, who) = match body.0.step {
            SimpleStep::Withdraw => (Transition::Withdraw, Side::Ward),
            SimpleStep::StartReview => (Transition::StartReview, Side::Headquarters),
            SimpleStep::MeetConditions => (Transition::MeetConditions, Side::Headquarters),
            SimpleStep::Start => (Transition::Start, Side::Ward),
        };
        let (scope, id) = (&reached_as(&by.ctx, who)?, id.0);

        let work = |tx, _| async move {
            actions::step(&tx, scope, id, seen.revision()?, transition, who).await
        };
        change(&by, id, "take_step", work).await
    }

    /// The submitted versions of a project of your own.
    #[oai(path = "/projects/:id/versions", method = "get", operation_id = "list_versions")]
    async fn list_versions(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
    ) -> ApiResult<Vec<VersionItem>> {
        let row = own(&by, id.0).await?;
        let found = queries::versions(by.db(), &row.project).await?;
        Ok(Json(found.into_iter().map(VersionItem::from).collect()))
    }

    /// What differs between two submitted versions.
    #[oai(path = "/projects/:id/differences", method = "get", operation_id = "compare_versions")]
    async fn compare_versions(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
        from: Query<i32>,
        to: Query<i32>,
    ) -> ApiResult<Vec<Difference>> {
        let (row, db) = (own(&by, id.0).await?, by.db());
        let old = queries::find_version(db, &row.project, from.0).await?;
        let new = queries::find_version(db, &row.project, to.0).await?;
        Ok(Json(compare(&queries::read_application(&old)?, &queries::read_application(&new)?)))
    }

    /// What is due and not done, soonest first.
    #[oai(path = "/project-deadlines", method = "get", operation_id = "list_deadlines")]
    async fn list_deadlines(&self, by: By<Reading>) -> ApiResult<Vec<DeadlineItem>> {
        let found = queries::deadlines(by.db(), &by.scope).await?;
        Ok(Json(found.into_iter().map(DeadlineItem::from).collect()))
    }
}
