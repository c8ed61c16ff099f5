//! Money, the results report and the verification.

use chrono::NaiveDate;
use entity::{ProjectChangeId, ProjectId, SessionId};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::objects::{AmountBody, Made};
use super::{Group, change, own};
use crate::platform::web::api::{ApiResult, Created, Editable, IfMatch, Seen};
use crate::platform::web::door::By;
use crate::platform::{Error, Result};
use crate::subsidies::access::{Applying, Reading, Reviewing};
use crate::subsidies::actions::{self, NewChange, ReportDraft, Verification};
use crate::subsidies::queries::{self, AttendanceItem, ChangeItem, LinkedSession, ProjectItem};

/// The answer to a change.
#[derive(Object, Debug)]
struct ChangeAnswer {
    approve: bool,
    #[oai(default)]
    answer: String,
}

/// The fixed amount.
#[derive(Object, Debug)]
struct FixBody {
    yen: i64,
    /// Until when the rest is paid, or too much is given back; 30 days without it.
    due_on: Option<NaiveDate>,
}

/// The settlement.
#[derive(Object, Debug)]
struct SettleBody {
    /// When the rest was paid, or what is given back was received; not needed when nothing moves.
    paid_on: Option<NaiveDate>,
}

/// A payment in advance.
#[derive(Object, Debug)]
struct PaymentBody {
    yen: i64,
    paid_on: NaiveDate,
}

/// Money and results.
#[derive(Clone, Copy, Debug)]
pub struct ProjectMoneyApi;

#[OpenApi(tag = "Group::Subsidies")]
impl ProjectMoneyApi {
    /// The grant decision (交付決定).
    #[oai(path = "/projects/:id/grant", method = "post", operation_id = "grant_project")]
    async fn grant_project(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<AmountBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, yen) = (id.0, body.0.yen);
        let work =
            |tx, scope| async move { actions::grant(&tx, scope, id, seen.revision()?, yen).await };
        change(&by, id, "grant_project", work).await
    }

    /// Asks for a change or a stop after the grant decision. What was saved in the sections
    /// `partners`, `plan` and `budget` since is asked for with a change of the content.
    #[oai(path = "/projects/:id/changes", method = "post", operation_id = "request_change")]
    async fn request_change(
        &self,
        by: By<Applying>,
        id: Path<ProjectId>,
        body: Json<NewChange>,
    ) -> Result<Created<Made>> {
        let (id, new) = (id.0, &body.0);
        let work = |tx, scope| async move { actions::ask_change(&tx, scope, id, new).await };
        let made = by.does("request_change", work).await?;
        Ok(Created { location: format!("/api/projects/{id}"), body: Made { id: made.0 } })
    }

    /// The changes that were asked for, oldest first, of a project of your own.
    #[oai(path = "/projects/:id/changes", method = "get", operation_id = "list_changes")]
    async fn list_changes(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
    ) -> ApiResult<Vec<ChangeItem>> {
        let row = own(&by, id.0).await?;
        let versions = queries::versions(by.db(), &row.project).await?;
        let found = queries::changes(by.db(), &row.project).await?.into_iter();
        let items: Result<_> = found.map(|change| ChangeItem::among(&versions, change)).collect();
        Ok(Json(items?))
    }

    /// Approves or refuses a change.
    #[oai(path = "/projects/:id/changes/:change", method = "post", operation_id = "decide_change")]
    async fn decide_change(
        &self,
        by: By<Reviewing>,
        id: Path<ProjectId>,
        #[oai(name = "change")] change_id: Path<ProjectChangeId>,
        body: Json<ChangeAnswer>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, change_id) = (id.0, change_id.0);
        let ChangeAnswer { approve, answer } = &body.0;
        let work = |tx, scope| async move {
            actions::decide_change(&tx, scope, id, change_id, *approve, answer).await
        };
        change(&by, id, "decide_change", work).await
    }

    /// Records a payment in advance (概算払).
    #[oai(path = "/projects/:id/payments", method = "post", operation_id = "pay_advance")]
    async fn pay_advance(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<PaymentBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, PaymentBody { yen, paid_on }) = (id.0, body.0);
        let work = |tx, scope| async move {
            actions::pay_advance(&tx, scope, id, seen.revision()?, yen, paid_on).await
        };
        change(&by, id, "pay_advance", work).await
    }

    /// Saves the results report, finished or not. Its revision stands in `report_revision` of the
    /// project.
    #[oai(path = "/projects/:id/report", method = "put", operation_id = "save_report")]
    async fn save_report(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<ProjectId>,
        body: Json<ReportDraft>,
    ) -> Result<Editable<ProjectItem>> {
        let seen = seen.revision()?;
        let (id, draft) = (id.0, &body.0);
        let work = |tx, scope| async move {
            actions::save_report(&tx, scope, id, Some(seen), draft).await
        };
        Ok(Editable { revision: seen + 1, ..change(&by, id, "save_report", work).await? })
    }

    /// Submits the results report.
    #[oai(path = "/projects/:id/report/submit", method = "post", operation_id = "submit_report")]
    async fn submit_report(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
    ) -> Result<Editable<ProjectItem>> {
        let id = id.0;
        let work = |tx, scope| async move {
            actions::submit_report(&tx, scope, id, seen.revision()?).await
        };
        change(&by, id, "submit_report", work).await
    }

    /// Fixes the amount (額の確定).
    #[oai(path = "/projects/:id/fix", method = "post", operation_id = "fix_amount")]
    async fn fix_amount(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<FixBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, FixBody { yen, due_on }) = (id.0, body.0);
        let work = |tx, scope| async move {
            actions::fix(&tx, scope, id, seen.revision()?, yen, due_on).await
        };
        change(&by, id, "fix_amount", work).await
    }

    /// Settles: pays the rest, or records what was given back.
    #[oai(path = "/projects/:id/settle", method = "post", operation_id = "settle_project")]
    async fn settle_project(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<SettleBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, paid_on) = (id.0, body.0.paid_on);
        let work = |tx, scope| async move {
            actions::settle(&tx, scope, id, seen.revision()?, paid_on).await
        };
        change(&by, id, "settle_project", work).await
    }

    /// Submits the verification of the effect (効果検証).
    #[oai(path = "/projects/:id/verify", method = "post", operation_id = "verify_effect")]
    async fn verify_effect(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<Verification>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, answers) = (id.0, &body.0);
        let work = |tx, scope| async move {
            actions::verify(&tx, scope, id, seen.revision()?, answers).await
        };
        change(&by, id, "verify_effect", work).await
    }

    /// The project's sessions and how many came.
    #[oai(path = "/projects/:id/sessions", method = "get", operation_id = "list_project_sessions")]
    async fn list_project_sessions(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
    ) -> ApiResult<Vec<LinkedSession>> {
        let row = queries::get(by.db(), &by.scope, id.0).await?;
        if !queries::shows_report(&by.scope, &row.project) {
            return Err(Error::NotFound);
        }
        let found = queries::linked(by.db(), &row.project, by.ctx.now).await?;
        Ok(Json(found.into_iter().map(|linked| linked.said_in(by.ctx.lang)).collect()))
    }

    /// Every attendance behind the sums of a project of your own.
    #[oai(
        path = "/projects/:id/attendances",
        method = "get",
        operation_id = "list_project_attendances"
    )]
    async fn list_project_attendances(
        &self,
        by: By<Reading>,
        id: Path<ProjectId>,
    ) -> ApiResult<Vec<AttendanceItem>> {
        let row = own(&by, id.0).await?;
        let found = queries::attendances(by.db(), &row.project, by.ctx.now).await?;
        Ok(Json(found.into_iter().map(AttendanceItem::from).collect()))
    }

    /// Puts a session of the ward under the project. The revision is the project's.
    #[oai(path = "/projects/:id/sessions/:session", method = "put", operation_id = "link_session")]
    async fn link_session(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<ProjectId>,
        session: Path<SessionId>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, session, seen) = (id.0, session.0, seen.given()?);
        let work =
            |tx, scope| async move { actions::link_session(&tx, scope, id, seen, session).await };
        change(&by, id, "link_session", work).await
    }

    /// Takes a session away from the project. The revision is the project's.
    #[oai(
        path = "/projects/:id/sessions/:session",
        method = "delete",
        operation_id = "unlink_session"
    )]
    async fn unlink_session(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<ProjectId>,
        session: Path<SessionId>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, session, seen) = (id.0, session.0, seen.given()?);
        let work =
            |tx, scope| async move { actions::unlink_session(&tx, scope, id, seen, session).await };
        change(&by, id, "unlink_session", work).await
    }
}
