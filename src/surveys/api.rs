//! The API of surveys.

use std::collections::HashMap;
use std::future::Future;

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::surveys::class_answers::ClassMoment;
use entity::surveys::follow_up::{AnswerVia, AnsweredBy, FollowUpState};
use entity::surveys::survey_call::CallOutcome;
use entity::{BookingId, FollowUpId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi, Tags};
use serde_json::{Map, Value};

use super::actions::{self, ClassTold, Given, invalid, questionnaire};
use super::class_scope;
use super::queries::{self, ClassAnswers, FigureFilter, FollowUp, FollowUpFilter};
use super::rules::{Answers, Cut, Moment, Refusal, RetentionFigures};
use crate::platform::japan::{BookingNumber, FiscalYear};
use crate::platform::web::api::{ApiResult, Editable, IfMatch, Seen, page_size};
use crate::platform::web::door::By;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::Desk;
use crate::sessions::{Planning, Roster};

/// A page of follow-ups, soonest first.
#[derive(Object, Debug)]
pub struct FollowUpPage {
    pub items: Vec<FollowUp>,
    /// Give it as `after` for the next page; null on the last.
    #[oai(nullable)]
    pub next: Option<String>,
}

/// A whole set of answers.
#[derive(Object, Debug)]
pub struct GivenAnswers {
    pub via: AnswerVia,
    pub answered_by: AnsweredBy,
    /// By question: one word, several words, a number, a text, or null for passed over.
    pub answers: HashMap<String, Value>,
}

/// A paper sheet.
#[derive(Object, Debug)]
pub struct KeyedSheet {
    /// In any notation.
    pub code: String,
    pub answered_by: AnsweredBy,
    /// By question: the digits as they are marked; absent for an empty line.
    pub answers: HashMap<String, String>,
}

/// How a call ended that was no interview.
#[derive(Enum, Clone, Copy, Debug)]
#[oai(rename = "SurveyCallOutcome", rename_all = "snake_case")]
pub enum CallEnd {
    NoAnswer,
    Voicemail,
    Later,
    Declined,
}

impl CallEnd {
    fn stored(self) -> CallOutcome {
        match self {
            Self::NoAnswer => CallOutcome::NoAnswer,
            Self::Voicemail => CallOutcome::Voicemail,
            Self::Later => CallOutcome::Later,
            Self::Declined => CallOutcome::Declined,
        }
    }
}

/// A call.
#[derive(Object, Debug)]
#[oai(rename = "SurveyCallMade", skip_serializing_if_is_none)]
pub struct CallMade {
    pub outcome: CallEnd,
    /// When the person asked to be called again; only for `later`.
    pub call_again_at: Option<DateTime<FixedOffset>>,
}

/// What somebody decided about a proposed path.
#[derive(Object, Debug)]
pub struct SettledProposal {
    pub accept: bool,
}

/// What one person can do, told at a class.
#[derive(Object, Debug)]
pub struct GivenClassAnswers {
    pub moment: ClassMoment,
    /// By question; what is absent stays as it was.
    pub answers: HashMap<String, Value>,
    /// Questions that were not asked after all: their answers are taken away.
    #[oai(default)]
    pub forget: Vec<String>,
}

#[derive(Tags)]
enum Group {
    /// アンケート
    Surveys,
}

/// Follow-ups three months after a class, answers at a class, figures of 定着.
#[derive(Clone, Copy, Debug)]
pub struct SurveysApi;

#[OpenApi(tag = "Group::Surveys")]
impl SurveysApi {
    /// Follow-ups by day: those that are not over, or those in one state. People who may not be
    /// contacted are left out.
    #[oai(path = "/follow-ups", method = "get", operation_id = "list_due_surveys")]
    async fn list_due_surveys(
        &self,
        by: By<Desk>,
        state: Query<Option<FollowUpState>>,
        /// Due on this day or later.
        from: Query<Option<NaiveDate>>,
        /// Due on this day or earlier.
        to: Query<Option<NaiveDate>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<FollowUpPage> {
        let filter =
            FollowUpFilter { states: state.0.into_iter().collect(), from: from.0, to: to.0 };
        let (db, size) = (by.db(), page_size(limit.0));
        let found = queries::list(db, &by.scope, &filter, size, after.0.as_deref()).await?;
        let page = by.saw(found, "list_due_surveys").await?.map(FollowUp::from);
        Ok(Json(FollowUpPage { items: page.items, next: page.next }))
    }

    /// One follow-up with its answers.
    #[oai(path = "/follow-ups/:id", method = "get", operation_id = "get_follow_up")]
    async fn get_follow_up(
        &self,
        by: By<Desk>,
        id: Path<FollowUpId>,
    ) -> Result<Editable<FollowUp>> {
        shown(&by, id.0, "get_follow_up").await
    }

    /// Records a whole set of answers: from the telephone, a sheet or another system. Twice is
    /// refused, and changes nothing.
    #[oai(path = "/follow-ups/:id/answers", method = "post", operation_id = "record_answers")]
    async fn record_answers(
        &self,
        by: By<Desk>,
        id: Path<FollowUpId>,
        body: Json<GivenAnswers>,
    ) -> Result<Editable<FollowUp>> {
        let GivenAnswers { via, answered_by, answers } = body.0;
        let (id, answers): (_, Map<String, Value>) = (id.0, answers.into_iter().collect());
        let row = queries::get(by.db(), &by.scope, id).await?;
        let answers = Answers::read(questionnaire(&row)?, Moment::ThreeMonths, &answers)
            .map_err(|faults| invalid(&faults))?;

        let given = &Given { answers, by: answered_by, via };
        let work = |tx, scope| async move { actions::record(&tx, scope, id, given).await };
        changed(&by, "record_answers", work).await
    }

    /// Records a paper sheet by its code; digits stand for the answers.
    #[oai(path = "/sheets", method = "post", operation_id = "key_sheet")]
    async fn key_sheet(&self, by: By<Desk>, body: Json<KeyedSheet>) -> Result<Editable<FollowUp>> {
        let KeyedSheet { code, answered_by, answers } = body.0;
        let code = BookingNumber::parse(&code).map_err(|e| Error::invalid("code", e.key()))?;
        let row = queries::find_by_code(by.db(), &by.scope, code).await?;
        let row = row.ok_or(Refusal::UnknownSheet)?;
        let answers = Answers::read_sheet(questionnaire(&row)?, &answers);
        let answers = answers.map_err(|faults| invalid(&faults))?;

        let given = &Given { answers, by: answered_by, via: AnswerVia::Paper };
        let work =
            |tx, scope| async move { actions::key_sheet(&tx, scope, code, None, given).await };
        changed(&by, "key_sheet", work).await
    }

    /// Records a call that was no interview.
    #[oai(path = "/follow-ups/:id/calls", method = "post", operation_id = "record_survey_call")]
    async fn record_survey_call(
        &self,
        by: By<Desk>,
        id: Path<FollowUpId>,
        #[oai(name = "If-Match")] if_match: IfMatch,
        body: Json<CallMade>,
    ) -> Result<Editable<FollowUp>> {
        let (id, revision) = (id.0, if_match.revision()?);
        let (outcome, again_at) = (body.outcome.stored(), body.call_again_at.map(|at| at.to_utc()));
        let work = |tx, scope| async move {
            actions::record_call(&tx, scope, id, outcome, again_at, revision).await
        };
        changed(&by, "record_survey_call", work).await
    }

    /// Opens a follow-up again that was closed because the person declined.
    #[oai(path = "/follow-ups/:id/reopen", method = "post", operation_id = "reopen_follow_up")]
    async fn reopen_follow_up(
        &self,
        by: By<Desk>,
        id: Path<FollowUpId>,
    ) -> Result<Editable<FollowUp>> {
        let id = id.0;
        let work = |tx, scope| async move { actions::reopen(&tx, scope, id).await };
        changed(&by, "reopen_follow_up", work).await
    }

    /// Accepts the path that the answers ask for, or leaves the path as it is.
    #[oai(path = "/follow-ups/:id/proposal", method = "post", operation_id = "settle_proposal")]
    async fn settle_proposal(
        &self,
        by: By<Desk>,
        id: Path<FollowUpId>,
        body: Json<SettledProposal>,
    ) -> Result<Editable<FollowUp>> {
        let (id, accept) = (id.0, body.accept);
        let work =
            |tx, scope| async move { actions::settle_proposal(&tx, scope, id, accept).await };
        changed(&by, "settle_proposal", work).await
    }

    /// What one person told before or at the end of a class; nothing yet at revision 0.
    #[oai(path = "/bookings/:id/answers", method = "get", operation_id = "get_class_answers")]
    async fn get_class_answers(
        &self,
        by: By<Roster>,
        id: Path<BookingId>,
        moment: Query<ClassMoment>,
    ) -> Result<Editable<ClassAnswers>> {
        let scope = class_scope(&by, moment.0)?;
        let told = queries::told_at_class(by.db(), &scope, id.0, moment.0).await?;
        let body = by.saw(told, "get_class_answers").await?;
        Ok(Editable { revision: body.revision, body })
    }

    /// Records what one person tells at the end of a class, over and beside what was told already.
    /// What was true before it is recorded by those who serve callers.
    #[oai(path = "/bookings/:id/answers", method = "put", operation_id = "record_class_answers")]
    async fn record_class_answers(
        &self,
        by: By<Roster>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<BookingId>,
        body: Json<GivenClassAnswers>,
    ) -> Result<Editable<ClassAnswers>> {
        let (id, GivenClassAnswers { moment, answers, forget }) = (id.0, body.0);
        let (scope, revision) = (&class_scope(&by, moment)?, seen.given()?);
        let told = &ClassTold { answers: answers.into_iter().collect(), forget, revision };
        // The scope is that of the moment, which may be narrower than the roster.
        by.does("record_class_answers", |tx, _| async move {
            actions::record_class_answers(&tx, scope, id, moment, told).await
        })
        .await?;

        let body = queries::told_at_class(by.db(), scope, id, moment).await?.just_written();
        Ok(Editable { revision: body.revision, body })
    }

    /// Figures of 定着, for each version of its rule by itself.
    #[oai(path = "/retention", method = "get", operation_id = "get_retention")]
    async fn get_retention(
        &self,
        by: By<Planning>,
        #[oai(name = "by")] cut: Query<Option<Cut>>,
        /// The fiscal year of the classes.
        fiscal_year: Query<Option<i32>>,
    ) -> ApiResult<RetentionFigures> {
        let wrong = || Error::invalid("fiscal_year", "err.survey.year");
        let year = fiscal_year.0.map(|year| FiscalYear::new(year).ok_or_else(wrong)).transpose()?;
        let filter = FigureFilter { cut: cut.0.unwrap_or(Cut::Kind), year };
        let (ctx, db) = (&by.ctx, by.db());
        Ok(Json(queries::figures(db, &by.scope, filter, ctx.today(), ctx.lang).await?))
    }
}

/// Changes a follow-up, and answers with how it stands then.
async fn changed<'a, F, W>(
    by: &'a By<Desk>,
    operation: &'static str,
    work: F,
) -> Result<Editable<FollowUp>>
where
    F: Fn(Tx, &'a Scope) -> W + Sync,
    W: Future<Output = Result<FollowUpId>> + Send,
{
    let id = by.does(operation, work).await?;
    shown(by, id, operation).await
}

async fn shown(
    by: &By<Desk>,
    id: FollowUpId,
    operation: &'static str,
) -> Result<Editable<FollowUp>> {
    let found = queries::get_row(by.db(), &by.scope, id).await?;
    let body = FollowUp::from(by.saw(found, operation).await?);
    Ok(Editable { revision: body.revision, body })
}
