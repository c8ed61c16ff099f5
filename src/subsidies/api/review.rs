//! Headquarters' review.

use entity::subsidies::application_section::Section;
use entity::subsidies::section_message::MessageKind;
use entity::{ProjectId, StaffId};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::objects::TextBody;
use super::{Group, change, own};
use crate::platform::web::api::{ApiResult, Editable, IfMatch, Seen};
use crate::platform::web::door::{By, Right};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Applying, Reading, Reviewing, reached_as};
use crate::subsidies::actions::{self, Decision, NewMessage};
use crate::subsidies::queries::{self, MessageItem, ProjectItem, Review};
use crate::subsidies::rules::review::{Score, show_tenths, tally};
use crate::subsidies::rules::states::Side;

/// What is to be mended in which section.
#[derive(Object, Debug)]
struct ReturnBody {
    section: Section,
    body: String,
}

/// Who is asked.
#[derive(Object, Debug)]
struct ReviewerBody {
    staff_id: StaffId,
}

/// Whether there is a conflict of interest.
#[derive(Object, Debug)]
struct ConflictBody {
    has_conflict: bool,
    #[oai(default)]
    reason: String,
}

/// All reviews of the version submitted last.
#[derive(Object, Debug)]
struct ReviewItem {
    reviewers: Vec<Review>,
    /// Reviewers who scored every criterion.
    complete_count: i32,
    /// Sum of the means, of 30.
    total: String,
}

/// Questions, reviewers, scores, decision.
#[derive(Clone, Copy, Debug)]
pub struct ProjectReviewApi;

#[OpenApi(tag = "Group::Subsidies")]
impl ProjectReviewApi {
    /// Questions and answers of a project of your own, oldest first.
    #[oai(path = "/projects/:id/messages", method = "get", operation_id = "list_messages")]
    async fn list_messages(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
    ) -> ApiResult<Vec<MessageItem>> {
        let row = own(&by, id.0).await?;
        let found = queries::messages(by.db(), &row.project).await?;
        Ok(Json(found.into_iter().map(MessageItem::from).collect()))
    }

    /// Headquarters asks, the ward answers.
    #[oai(path = "/projects/:id/messages", method = "post", operation_id = "post_message")]
    async fn post_message(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
        body: Json<NewMessage>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, new) = (id.0, &body.0);
        let who = match new.kind {
            MessageKind::Question => Side::Headquarters,
            MessageKind::Answer => Side::Ward,
        };
        let scope = &reached_as(&by.ctx, who)?;
        let work = |tx, _| async move { actions::ask_or_answer(&tx, scope, id, new).await };
        change(&by, id, "post_message", work).await
    }

    /// Sends an application back with what is to be mended.
    #[oai(path = "/projects/:id/return", method = "post", operation_id = "return_application")]
    async fn return_application(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<ReturnBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, ReturnBody { section, body }) = (id.0, &body.0);
        let work = |tx, scope| async move {
            actions::return_application(&tx, scope, id, seen.revision()?, *section, body).await
        };
        change(&by, id, "return_application", work).await
    }

    /// Asks a staff member to score.
    #[oai(path = "/projects/:id/reviewers", method = "post", operation_id = "assign_reviewer")]
    async fn assign_reviewer(
        &self,
        by: By<Reviewing>,
        id: Path<ProjectId>,
        body: Json<ReviewerBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, staff_id) = (id.0, body.0.staff_id);
        let work =
            |tx, scope| async move { actions::assign_reviewer(&tx, scope, id, staff_id).await };
        change(&by, id, "assign_reviewer", work).await
    }

    /// Says whether you have a conflict of interest. The revision is the project's.
    #[oai(path = "/projects/:id/conflict", method = "put", operation_id = "declare_conflict")]
    async fn declare_conflict(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<ProjectId>,
        body: Json<ConflictBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (seen, id) = (seen.given()?, id.0);
        let ConflictBody { has_conflict, reason } = &body.0;
        let work = |tx, scope| async move {
            actions::declare_conflict(&tx, scope, id, seen, *has_conflict, reason).await
        };
        change(&by, id, "declare_conflict", work).await
    }

    /// Scores the version submitted last by every criterion. The revision is the project's, so that
    /// nobody scores a version that was not read.
    #[oai(path = "/projects/:id/scores", method = "put", operation_id = "score_project")]
    async fn score_project(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<ProjectId>,
        body: Json<Vec<Score>>,
    ) -> Result<Editable<ProjectItem>> {
        let (seen, id, scores) = (seen.given()?, id.0, &body.0);
        let work = |tx, scope| async move { actions::score(&tx, scope, id, seen, scores).await };
        change(&by, id, "score_project", work).await
    }

    /// The reviewers and their scores.
    #[oai(path = "/projects/:id/review", method = "get", operation_id = "get_review")]
    async fn get_review(&self, by: By<Reviewing>, id: Path<ProjectId>) -> ApiResult<ReviewItem> {
        let (row, db) = (own(&by, id.0).await?, by.db());
        // Scores stay with headquarters, also before its people who work for the ward.
        if Applying::scope(&by.ctx).is_ok_and(|scope| queries::is_own(&scope, &row.project)) {
            return Err(Error::Forbidden);
        }

        let version = queries::reviewed_version(db, &row.project).await?;
        let reviewers = queries::reviews(db, &row.project, version.as_ref()).await?;
        let result = tally(reviewers.iter().map(|review| review.scores.as_slice()));
        Ok(Json(ReviewItem {
            reviewers,
            complete_count: i32::try_from(result.complete_count).unwrap_or(i32::MAX),
            total: show_tenths(result.total),
        }))
    }

    /// Adopts, adopts with conditions, or rejects.
    #[oai(path = "/projects/:id/decision", method = "post", operation_id = "decide_project")]
    async fn decide_project(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<Decision>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, decision) = (id.0, &body.0);
        let work = |tx, scope| async move {
            actions::decide(&tx, scope, id, seen.revision()?, decision).await
        };
        change(&by, id, "decide_project", work).await
    }

    /// Sends a results report back with what is to be mended.
    #[oai(path = "/projects/:id/report/return", method = "post", operation_id = "return_report")]
    async fn return_report(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<TextBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, body) = (id.0, &body.0.body);
        let work = |tx, scope| async move {
            actions::return_report(&tx, scope, id, seen.revision()?, body).await
        };
        change(&by, id, "return_report", work).await
    }
}
