//! The API of staff, tokens and the audit log.

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::platform::audit;
use entity::staff::login::LoginKind;
use entity::staff::role_grant::Role;
use entity::{AuditId, ProgrammeId, RoleGrantId, StaffId, WardId};
use poem::Request;
use poem::http::header;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{ApiResponse, Object, OpenApi, Tags};

use super::actions::{self, NewStaff};
use super::queries::{self, AuditFilter, MemberRow};
use super::rules::{NewGrant, StaffWish};
use super::{Administration, Audit};
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{ApiResult, Created, NewId, page_size};
use crate::platform::web::door::By;
use crate::platform::{App, Ctx, Error, Result};

#[derive(Tags)]
enum Tag {
    /// Logins, staff, roles, audit log.
    Staff,
}

/// A login name and a password.
#[derive(Object)]
pub struct Credentials {
    pub login: String,
    pub password: String,
    /// Reserved for a second factor; not looked at yet.
    #[oai(skip_serializing_if_is_none)]
    pub totp: Option<String>,
}

/// A token for `Authorization: Bearer`; it is shown once.
#[derive(Object)]
pub struct NewToken {
    pub token: String,
    pub expires_at: DateTime<FixedOffset>,
}

/// Staff in kana order.
#[derive(Object, Debug)]
pub struct StaffPage {
    pub items: Vec<MemberRow>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// A role to be given.
#[derive(Object, Debug)]
pub struct RoleWish {
    pub role: Role,
    #[oai(skip_serializing_if_is_none)]
    pub programme_id: Option<ProgrammeId>,
    #[oai(skip_serializing_if_is_none)]
    pub ward_id: Option<WardId>,
    /// First day; today when absent.
    #[oai(skip_serializing_if_is_none)]
    pub from_on: Option<NaiveDate>,
    /// Last day; absent: without end.
    #[oai(skip_serializing_if_is_none)]
    pub until_on: Option<NaiveDate>,
}

/// When a role ends.
#[derive(Object, Debug)]
pub struct RoleEnd {
    /// Last day; at once when absent.
    #[oai(skip_serializing_if_is_none)]
    pub until_on: Option<NaiveDate>,
}

/// One line of the audit log. Holds ids and names of fields, no personal data.
#[derive(Object, Debug)]
pub struct AuditItem {
    pub id: AuditId,
    pub at: DateTime<FixedOffset>,
    /// `staff:12`, `resident:7`, `anonymous`, `system`.
    pub actor: String,
    pub action: String,
    pub subject: String,
    #[oai(skip_serializing_if_is_none)]
    pub subject_id: Option<i64>,
    pub detail: Any<serde_json::Value>,
    pub request_id: String,
}

/// Lines of the audit log, newest first.
#[derive(Object, Debug)]
pub struct AuditPage {
    pub items: Vec<AuditItem>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// Done; there is nothing to say.
#[derive(ApiResponse)]
pub enum Done {
    /// Done.
    #[oai(status = 204)]
    Done,
}

fn audit_item(row: audit::Model) -> AuditItem {
    let audit::Model { id, at, actor, action, subject, subject_id, detail, request_id, .. } = row;
    AuditItem {
        id,
        at: to_jst(at),
        actor,
        action,
        subject,
        subject_id,
        detail: Any(detail),
        request_id,
    }
}

/// Logins, staff, roles and the audit log.
#[derive(Clone, Copy, Debug)]
pub struct StaffApi;

#[OpenApi(tag = "Tag::Staff")]
impl StaffApi {
    /// Logs an API client in. The token ends after eight hours.
    #[oai(path = "/tokens", method = "post", operation_id = "create_token")]
    async fn create_token(
        &self,
        ctx: Ctx,
        app: App,
        body: Json<Credentials>,
    ) -> Result<Created<NewToken>> {
        let Credentials { login, password, totp: _ } = body.0;
        let new = actions::log_in(&app, &ctx, &login, &password, LoginKind::Token).await?;
        let body = NewToken { token: new.secret, expires_at: to_jst(new.expires_at) };
        Ok(Created { location: "/api/tokens/current".to_owned(), body })
    }

    /// Ends the token with which this request is made.
    #[oai(path = "/tokens/current", method = "delete", operation_id = "delete_token")]
    async fn delete_token(&self, request: &Request, ctx: Ctx, app: App) -> Result<Done> {
        if ctx.staff_id().is_none() {
            return Err(Error::Unauthorized);
        }
        let given = request.headers().get(header::AUTHORIZATION);
        let secret = given
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Error::Unauthorized)?;
        actions::log_out(&app, &ctx, secret.trim()).await?;
        Ok(Done::Done)
    }

    /// The staff of the municipality, in kana order.
    #[oai(path = "/staff", method = "get", operation_id = "list_staff")]
    async fn list_staff(
        &self,
        by: By<Administration>,
        limit: Query<Option<u32>>,
        after: Query<Option<StaffId>>,
    ) -> ApiResult<StaffPage> {
        let (db, size) = (by.db(), page_size(limit.0));
        let page = queries::page_with_roles(db, &by.scope, size, after.0).await?;
        Ok(Json(StaffPage { items: page.items, next: page.next }))
    }

    /// Adds a staff member, who can do nothing until a role is given.
    #[oai(path = "/staff", method = "post", operation_id = "create_staff")]
    async fn create_staff(
        &self,
        by: By<Administration>,
        body: Json<StaffWish>,
    ) -> Result<Created<NewId>> {
        let new = &NewStaff::of(body.0).await?;
        let work = |tx, _| async move { actions::create_staff(&tx, new).await };
        let id = by.does("create_staff", work).await?;
        Ok(Created { location: "/api/staff".to_owned(), body: NewId { id: id.0 } })
    }

    /// Gives a role to a staff member.
    #[oai(path = "/staff/:id/roles", method = "post", operation_id = "grant_role")]
    async fn grant_role(
        &self,
        by: By<Administration>,
        id: Path<StaffId>,
        body: Json<RoleWish>,
    ) -> Result<Created<NewId>> {
        let RoleWish { role, programme_id, ward_id, from_on, until_on } = body.0;
        let new = &NewGrant {
            role,
            programme_id,
            ward_id,
            from_on: from_on.unwrap_or(by.ctx.today()),
            until_on,
        };
        let work = |tx, _| async move { actions::grant_role(&tx, id.0, new).await };
        let id = by.does("grant_role", work).await?;
        Ok(Created { location: "/api/staff".to_owned(), body: NewId { id: id.0 } })
    }

    /// Ends a role, after a day or at once.
    #[oai(path = "/roles/:id/revoke", method = "post", operation_id = "revoke_role")]
    async fn revoke_role(
        &self,
        by: By<Administration>,
        id: Path<RoleGrantId>,
        body: Json<RoleEnd>,
    ) -> Result<Done> {
        let RoleEnd { until_on } = body.0;
        let work = |tx, _| async move { actions::revoke_role(&tx, id.0, until_on).await };
        by.does("revoke_role", work).await?;
        Ok(Done::Done)
    }

    /// The audit log, newest first. Notes of the use of logins come only with `subject=login`.
    #[oai(path = "/audit", method = "get", operation_id = "list_audit")]
    async fn list_audit(
        &self,
        by: By<Audit>,
        /// Kind of record, such as `booking`.
        subject: Query<Option<String>>,
        subject_id: Query<Option<i64>>,
        /// Who, such as `staff:12`.
        actor: Query<Option<String>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<AuditPage> {
        let filter = AuditFilter { subject: subject.0, subject_id: subject_id.0, actor: actor.0 };
        let (size, after) = (page_size(limit.0), after.0.as_deref());
        let page = queries::list_audit(by.db(), &by.scope, &filter, size, after).await?;
        let page = page.map(audit_item);
        Ok(Json(AuditPage { items: page.items, next: page.next }))
    }
}
