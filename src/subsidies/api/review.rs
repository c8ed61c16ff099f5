//! Headquarters' review.

use std::collections::BTreeMap;

use entity::subsidies::application_section::Section;
use entity::subsidies::project_decision::DecisionOutcome;
use entity::subsidies::review_score::Criterion;
use entity::subsidies::section_message::MessageKind;
use entity::{ProjectId, StaffId};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::objects::{ProjectItem, TextBody};
use super::{Group, after, own};
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{ApiResult, Editable, IfMatch, Seen};
use crate::platform::web::door::{By, Right};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Applying, Reading, Reviewing, reached_as};
use crate::subsidies::actions::{self, Decision};
use crate::subsidies::queries;
use crate::subsidies::rules::review::{Score, show_tenths, tally};
use crate::subsidies::rules::states::Who;

/// A question of headquarters or an answer of the ward.
#[derive(Object, Debug)]
struct MessageBody {
    section: Section,
    kind: MessageKind,
    body: String,
}

/// A question or an answer as it stands.
#[derive(Object, Debug)]
struct MessageItem {
    section: Section,
    kind: MessageKind,
    body: String,
    at: chrono::DateTime<chrono::FixedOffset>,
}

/// What is to be mended in which section.
#[derive(Object, Debug)]
struct ReturnBody {
    section: Section,
    body: String,
}

/// Who is asked.
#[derive(Object, Debug)]
struct ReviewerBody {
    staff_id: i64,
}

/// Whether there is a conflict of interest.
#[derive(Object, Debug)]
struct ConflictBody {
    has_conflict: bool,
    #[oai(default)]
    reason: String,
}

/// One score.
#[derive(Object, Debug)]
struct ScoreItem {
    criterion: Criterion,
    /// 1 to 5.
    score: i32,
    reason: String,
}

/// A reviewer and what came of it.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
struct ReviewerItem {
    staff_id: i64,
    has_conflict: Option<bool>,
    scores: Vec<ScoreItem>,
}

/// All reviews of the version submitted last.
#[derive(Object, Debug)]
struct ReviewItem {
    reviewers: Vec<ReviewerItem>,
    /// Reviewers who scored every criterion.
    complete_count: i32,
    /// Sum of the means, of 30.
    total: String,
}

/// What is decided.
#[derive(Object, Debug)]
struct DecisionBody {
    outcome: DecisionOutcome,
    adopted_yen: Option<i64>,
    #[oai(default)]
    conditions: String,
    reason: String,
}

/// Questions, reviewers, scores, decision.
#[derive(Clone, Copy, Debug)]
pub struct ProjectReviewApi;

#[OpenApi(tag = "Group::Subsidies")]
impl ProjectReviewApi {
    /// Questions and answers of a project of your own, oldest first.
    #[oai(path = "/projects/:id/messages", method = "get", operation_id = "list_messages")]
    async fn list_messages(&self, by: By<Reading>, id: Path<i64>) -> ApiResult<Vec<MessageItem>> {
        let row = own(&by, id.0).await?;
        let found = queries::messages(by.db(), &row.project).await?;
        let found = found.into_iter().map(|message| MessageItem {
            section: message.section,
            kind: message.kind,
            body: message.body,
            at: to_jst(message.created_at),
        });
        Ok(Json(found.collect()))
    }

    /// Headquarters asks, the ward answers.
    #[oai(path = "/projects/:id/messages", method = "post", operation_id = "post_message")]
    async fn post_message(
        &self,
        by: By<Reading>,
        id: Path<i64>,
        body: Json<MessageBody>,
    ) -> Result<Editable<ProjectItem>> {
        let MessageBody { section, kind, body } = &body.0;
        let (id, section, kind) = (ProjectId(id.0), *section, *kind);
        let who = match kind {
            MessageKind::Question => Who::Headquarters,
            MessageKind::Answer => Who::Ward,
        };
        let scope = &reached_as(&by.ctx, who)?;

        by.does("post_message", |tx, _| async move {
            actions::ask_or_answer(&tx, scope, id, section, kind, body).await
        })
        .await?;
        after(&by, id).await
    }

    /// Sends an application back with what is to be mended.
    #[oai(path = "/projects/:id/return", method = "post", operation_id = "return_application")]
    async fn return_application(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<ReturnBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, body) = (ProjectId(id.0), &body.0);
        by.does("return_application", |tx, scope| async move {
            let ReturnBody { section, body } = body;
            actions::return_application(&tx, scope, id, seen.revision()?, *section, body).await
        })
        .await?;
        after(&by, id).await
    }

    /// Asks a staff member to score.
    #[oai(path = "/projects/:id/reviewers", method = "post", operation_id = "assign_reviewer")]
    async fn assign_reviewer(
        &self,
        by: By<Reviewing>,
        id: Path<i64>,
        body: Json<ReviewerBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, staff_id) = (ProjectId(id.0), StaffId(body.0.staff_id));
        by.does("assign_reviewer", |tx, scope| async move {
            actions::assign_reviewer(&tx, scope, id, staff_id).await
        })
        .await?;
        after(&by, id).await
    }

    /// Says whether you have a conflict of interest. The revision is the project's.
    #[oai(path = "/projects/:id/conflict", method = "put", operation_id = "declare_conflict")]
    async fn declare_conflict(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<ConflictBody>,
    ) -> Result<Editable<ProjectItem>> {
        let seen = seen.revision()?;
        let (id, body) = (ProjectId(id.0), &body.0);
        by.does("declare_conflict", |tx, scope| async move {
            let ConflictBody { has_conflict, reason } = body;
            actions::declare_conflict(&tx, scope, id, Some(seen), *has_conflict, reason).await
        })
        .await?;
        after(&by, id).await
    }

    /// Scores the version submitted last by every criterion. The revision is the project's, so that
    /// nobody scores a version that was not read.
    #[oai(path = "/projects/:id/scores", method = "put", operation_id = "score_project")]
    async fn score_project(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<Vec<ScoreItem>>,
    ) -> Result<Editable<ProjectItem>> {
        let (seen, id) = (seen.revision()?, ProjectId(id.0));
        let scores: BTreeMap<Criterion, (i32, String)> = body
            .0
            .into_iter()
            .map(|ScoreItem { criterion, score, reason }| (criterion, (score, reason)))
            .collect();
        let scores = &scores;

        by.does("score_project", |tx, scope| async move {
            actions::score(&tx, scope, id, Some(seen), scores).await
        })
        .await?;
        after(&by, id).await
    }

    /// The reviewers and their scores.
    #[oai(path = "/projects/:id/review", method = "get", operation_id = "get_review")]
    async fn get_review(&self, by: By<Reviewing>, id: Path<i64>) -> ApiResult<ReviewItem> {
        let row = own(&by, id.0).await?;
        // Scores stay with headquarters, also before its people who work for the ward.
        if Applying::scope(&by.ctx).is_ok_and(|scope| queries::is_own(&scope, &row.project)) {
            return Err(Error::Forbidden);
        }

        let db = by.db();
        let scores = match queries::reviewed_version(db, &row.project).await? {
            Some(version) => queries::scores(db, &version).await?,
            None => Vec::new(),
        };
        let plain: Vec<Score> = scores
            .iter()
            .map(|row| Score { staff_id: row.staff_id, criterion: row.criterion, score: row.score })
            .collect();
        let result = tally(&plain);

        let reviewers = queries::reviewers(db, &row.project).await?.into_iter().map(|reviewer| {
            let own = scores.iter().filter(|score| score.staff_id == reviewer.staff_id);
            ReviewerItem {
                staff_id: reviewer.staff_id.0,
                has_conflict: reviewer.has_conflict,
                scores: own
                    .map(|score| ScoreItem {
                        criterion: score.criterion,
                        score: score.score,
                        reason: score.reason.clone(),
                    })
                    .collect(),
            }
        });

        Ok(Json(ReviewItem {
            reviewers: reviewers.collect(),
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
        id: Path<i64>,
        body: Json<DecisionBody>,
    ) -> Result<Editable<ProjectItem>> {
        let id = ProjectId(id.0);
        let DecisionBody { outcome, adopted_yen, conditions, reason } = body.0;
        let decision = &Decision { outcome, adopted_yen, conditions, reason };
        by.does("decide_project", |tx, scope| async move {
            actions::decide(&tx, scope, id, seen.revision()?, decision).await
        })
        .await?;
        after(&by, id).await
    }

    /// Sends a results report back with what is to be mended.
    #[oai(path = "/projects/:id/report/return", method = "post", operation_id = "return_report")]
    async fn return_report(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<TextBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, body) = (ProjectId(id.0), &body.0.body);
        by.does("return_report", |tx, scope| async move {
            actions::return_report(&tx, scope, id, seen.revision()?, body).await
        })
        .await?;
        after(&by, id).await
    }
}
