//! Money, the results report and the verification.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::bookings::booking::Attendance;
use entity::subsidies::application_version;
use entity::subsidies::project_change::{self, ChangeKind, ChangeState};
use entity::{ProjectChangeId, ProjectId, SessionId};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::objects::{AmountBody, DifferenceItem, Made, ProjectItem};
use super::{Group, after, own};
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::{ApiResult, Created, Editable, IfMatch, Seen};
use crate::platform::web::door::By;
use crate::platform::{Error, Result};
use crate::subsidies::access::{Applying, Reading, Reviewing};
use crate::subsidies::actions::{self, NewChange, ReportDraft};
use crate::subsidies::queries;
use crate::subsidies::rules::compare::compare;
use crate::subsidies::rules::figure::parse_milli;

/// A change that the ward asks for.
#[derive(Object, Debug)]
struct ChangeBody {
    kind: ChangeKind,
    what: String,
    /// The amount from then on; as it is without it, or what the changed budget needs.
    new_yen: Option<i64>,
    /// With what was saved in the plan since; otherwise that stays a draft.
    #[oai(default = "yes")]
    with_plan: bool,
}

fn yes() -> bool {
    true
}

/// A change that was asked for.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
struct ChangeItem {
    id: i64,
    kind: ChangeKind,
    what: String,
    old_yen: i64,
    new_yen: i64,
    state: ChangeState,
    answer: String,
    /// While it waits: how the plan would differ from the version that stands.
    differences: Vec<DifferenceItem>,
    /// The version that its approval made; none when the plan stays.
    version_number: Option<i32>,
}

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

/// What became of a goal.
#[derive(Object, Debug)]
struct GoalResultBody {
    position: i32,
    /// With up to three decimals.
    actual: Option<String>,
    #[oai(default)]
    reason: String,
}

/// What a line of the budget cost.
#[derive(Object, Debug)]
struct CostBody {
    position: i32,
    yen: Option<i64>,
    #[oai(default)]
    note: String,
}

/// A results report.
#[derive(Object, Debug)]
struct ReportBody {
    #[oai(default)]
    done: String,
    #[oai(default)]
    before_after: String,
    #[oai(default)]
    lessons: String,
    /// Counts written by hand: only what no record holds, for they are added to what is counted.
    session_count: Option<i32>,
    attendance_count: Option<i32>,
    person_count: Option<i32>,
    #[oai(default)]
    goals: Vec<GoalResultBody>,
    #[oai(default)]
    costs: Vec<CostBody>,
}

/// The answers of the verification.
#[derive(Object, Debug)]
struct VerificationBody {
    what_changed: String,
    compared_with: String,
    other_reasons: String,
}

/// A session of a project.
#[derive(Object, Debug)]
struct LinkedSession {
    session_id: i64,
    title: String,
    starts_at: DateTime<FixedOffset>,
    venue: String,
    /// 延べ
    attendance_count: i64,
    /// 実, of this session.
    person_count: i64,
    /// It takes place and has begun; before that it counts nothing.
    counts: bool,
}

/// One attendance, without a name.
#[derive(Object, Debug)]
struct AttendanceItem {
    session_id: i64,
    /// The person's number within the project.
    person_no: i64,
    /// Which of the person's attendances it is.
    time_no: i64,
    attendance: Attendance,
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
        id: Path<i64>,
        body: Json<AmountBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, yen) = (ProjectId(id.0), body.0.yen);
        by.does("grant_project", |tx, scope| async move {
            actions::grant(&tx, scope, id, seen.revision()?, yen).await
        })
        .await?;
        after(&by, id).await
    }

    /// Asks for a change or a stop after the grant decision. What was saved in the sections
    /// `partners`, `plan` and `budget` since is asked for with a change of the content.
    #[oai(path = "/projects/:id/changes", method = "post", operation_id = "request_change")]
    async fn request_change(
        &self,
        by: By<Applying>,
        id: Path<i64>,
        body: Json<ChangeBody>,
    ) -> Result<Created<Made>> {
        let id = ProjectId(id.0);
        let ChangeBody { kind, what, new_yen, with_plan } = body.0;
        let new = &NewChange { kind, what, new_yen, with_plan };
        let made = by
            .does("request_change", |tx, scope| async move {
                actions::ask_change(&tx, scope, id, new).await
            })
            .await?;
        Ok(Created { location: format!("/api/projects/{id}"), body: Made { id: made.0 } })
    }

    /// The changes that were asked for, oldest first, of a project of your own.
    #[oai(path = "/projects/:id/changes", method = "get", operation_id = "list_changes")]
    async fn list_changes(&self, by: By<Reading>, id: Path<i64>) -> ApiResult<Vec<ChangeItem>> {
        let row = own(&by, id.0).await?;
        let versions = queries::versions(by.db(), &row.project).await?;
        let found = queries::changes(by.db(), &row.project).await?.into_iter();
        let items: Result<Vec<ChangeItem>> =
            found.map(|change| change_item(change, &versions)).collect();
        Ok(Json(items?))
    }

    /// Approves or refuses a change.
    #[oai(path = "/projects/:id/changes/:change", method = "post", operation_id = "decide_change")]
    async fn decide_change(
        &self,
        by: By<Reviewing>,
        id: Path<i64>,
        change: Path<i64>,
        body: Json<ChangeAnswer>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, change) = (ProjectId(id.0), ProjectChangeId(change.0));
        let ChangeAnswer { approve, answer } = &body.0;
        by.does("decide_change", |tx, scope| async move {
            actions::decide_change(&tx, scope, id, change, *approve, answer).await
        })
        .await?;
        after(&by, id).await
    }

    /// Records a payment in advance (概算払).
    #[oai(path = "/projects/:id/payments", method = "post", operation_id = "pay_advance")]
    async fn pay_advance(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<PaymentBody>,
    ) -> Result<Editable<ProjectItem>> {
        let id = ProjectId(id.0);
        let PaymentBody { yen, paid_on } = body.0;
        by.does("pay_advance", |tx, scope| async move {
            actions::pay_advance(&tx, scope, id, seen.revision()?, yen, paid_on).await
        })
        .await?;
        after(&by, id).await
    }

    /// Saves the results report, finished or not. Its revision stands in `report_revision` of the
    /// project.
    #[oai(path = "/projects/:id/report", method = "put", operation_id = "save_report")]
    async fn save_report(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<ReportBody>,
    ) -> Result<Editable<ProjectItem>> {
        let seen = seen.revision()?;
        let (id, draft) = (ProjectId(id.0), &report_draft(body.0)?);
        by.does("save_report", |tx, scope| async move {
            actions::save_report(&tx, scope, id, Some(seen), draft).await
        })
        .await?;
        Ok(Editable { revision: seen + 1, ..after(&by, id).await? })
    }

    /// Submits the results report.
    #[oai(path = "/projects/:id/report/submit", method = "post", operation_id = "submit_report")]
    async fn submit_report(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
    ) -> Result<Editable<ProjectItem>> {
        let id = ProjectId(id.0);
        by.does("submit_report", |tx, scope| async move {
            actions::submit_report(&tx, scope, id, seen.revision()?).await
        })
        .await?;
        after(&by, id).await
    }

    /// Fixes the amount (額の確定).
    #[oai(path = "/projects/:id/fix", method = "post", operation_id = "fix_amount")]
    async fn fix_amount(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<FixBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, FixBody { yen, due_on }) = (ProjectId(id.0), body.0);
        by.does("fix_amount", |tx, scope| async move {
            actions::fix(&tx, scope, id, seen.revision()?, yen, due_on).await
        })
        .await?;
        after(&by, id).await
    }

    /// Settles: pays the rest, or records what was given back.
    #[oai(path = "/projects/:id/settle", method = "post", operation_id = "settle_project")]
    async fn settle_project(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<SettleBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, paid_on) = (ProjectId(id.0), body.0.paid_on);
        by.does("settle_project", |tx, scope| async move {
            actions::settle(&tx, scope, id, seen.revision()?, paid_on).await.map(|_| ())
        })
        .await?;
        after(&by, id).await
    }

    /// Submits the verification of the effect (効果検証).
    #[oai(path = "/projects/:id/verify", method = "post", operation_id = "verify_effect")]
    async fn verify_effect(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
        body: Json<VerificationBody>,
    ) -> Result<Editable<ProjectItem>> {
        let (id, body) = (ProjectId(id.0), &body.0);
        by.does("verify_effect", |tx, scope| async move {
            let VerificationBody { what_changed, compared_with, other_reasons } = body;
            let answers = [what_changed.as_str(), compared_with, other_reasons];
            actions::verify(&tx, scope, id, seen.revision()?, answers).await
        })
        .await?;
        after(&by, id).await
    }

    /// The project's sessions and how many came.
    #[oai(path = "/projects/:id/sessions", method = "get", operation_id = "list_project_sessions")]
    async fn list_project_sessions(
        &self,
        by: By<Reading>,
        id: Path<i64>,
    ) -> ApiResult<Vec<LinkedSession>> {
        let row = queries::get(by.db(), &by.scope, ProjectId(id.0)).await?;
        if !queries::shows_report(&by.scope, &row.project) {
            return Err(Error::NotFound);
        }

        let lang = by.ctx.lang;
        let found = queries::linked(by.db(), &row.project, by.ctx.now).await?;
        let found = found.into_iter().map(|linked| LinkedSession {
            session_id: linked.session.id.0,
            title: lang.pick(&linked.session.title_ja, &linked.session.title_en).to_owned(),
            starts_at: to_jst(linked.session.starts_at),
            venue: lang.pick(&linked.venue.name_ja, &linked.venue.name_en).to_owned(),
            attendance_count: linked.attendance_count,
            person_count: linked.person_count,
            counts: linked.counts,
        });
        Ok(Json(found.collect()))
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
        id: Path<i64>,
    ) -> ApiResult<Vec<AttendanceItem>> {
        let row = own(&by, id.0).await?;
        let found = queries::attendances(by.db(), &row.project, by.ctx.now).await?;
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let found = found.into_iter().map(|attended| AttendanceItem {
            session_id: attended.session_id.0,
            person_no: number(attended.person_no),
            time_no: number(attended.time_no),
            attendance: attended.attendance,
        });
        Ok(Json(found.collect()))
    }

    /// Puts a session of the ward under the project. The revision is the project's.
    #[oai(path = "/projects/:id/sessions/:session", method = "put", operation_id = "link_session")]
    async fn link_session(
        &self,
        by: By<Applying>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        session: Path<i64>,
    ) -> Result<Editable<ProjectItem>> {
        let seen = seen.revision()?;
        let (id, session) = (ProjectId(id.0), SessionId(session.0));
        by.does("link_session", |tx, scope| async move {
            actions::link_session(&tx, scope, id, Some(seen), session).await
        })
        .await?;
        after(&by, id).await
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
        id: Path<i64>,
        session: Path<i64>,
    ) -> Result<Editable<ProjectItem>> {
        let seen = seen.revision()?;
        let (id, session) = (ProjectId(id.0), SessionId(session.0));
        by.does("unlink_session", |tx, scope| async move {
            actions::unlink_session(&tx, scope, id, Some(seen), session).await
        })
        .await?;
        after(&by, id).await
    }
}

/// A change with what it would alter while it waits, and the version that it made.
fn change_item(
    change: project_change::Model,
    versions: &[application_version::Model],
) -> Result<ChangeItem> {
    let differences = match (&change.content, versions.last()) {
        (Some(content), Some(last)) if change.state == ChangeState::Asked => {
            let new = serde_json::from_value(content.clone())?;
            compare(&queries::read_application(last)?, &new)
        }
        _ => Vec::new(),
    };
    let made = versions.iter().find(|version| Some(version.id) == change.version_id);

    Ok(ChangeItem {
        id: change.id.0,
        kind: change.kind,
        what: change.what,
        old_yen: change.old_yen,
        new_yen: change.new_yen,
        state: change.state,
        answer: change.answer,
        differences: differences.into_iter().map(DifferenceItem::from).collect(),
        version_number: made.map(|version| version.number),
    })
}

fn report_draft(body: ReportBody) -> Result<ReportDraft> {
    let ReportBody {
        done,
        before_after,
        lessons,
        session_count,
        attendance_count,
        person_count,
        goals,
        costs,
    } = body;

    let mut read = BTreeMap::new();
    for GoalResultBody { position, actual, reason } in goals {
        let field = format!("goal-{position}-actual");
        let actual = match actual {
            Some(text) => Some(
                parse_milli(&text).ok_or_else(|| Error::invalid(&field, "err.project.figure"))?,
            ),
            None => None,
        };
        read.insert(position, (actual, reason));
    }
    let costs = costs.into_iter().map(|CostBody { position, yen, note }| (position, (yen, note)));

    Ok(ReportDraft {
        done,
        before_after,
        lessons,
        session_count,
        attendance_count,
        person_count,
        goals: read,
        costs: costs.collect(),
    })
}
