//! The API of surveys.

mod shapes;

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::surveys::class_answers::ClassMoment;
use entity::surveys::follow_up::{AnswerVia, FollowUpState};
use entity::{BookingId, FollowUpId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{OpenApi, Tags};
use serde_json::{Map, Value};

use super::actions::{self, ClassTold, Given, invalid, questionnaire};
use super::class_scope;
use super::queries::{self, FigureFilter, FollowUpFilter};
use super::rules::{Answers, Cut, Moment};
use crate::platform::japan::{BookingNumber, FiscalYear};
use crate::platform::web::api::{ApiResult, Editable, IfMatch, Seen, page_size};
use crate::platform::web::door::By;
use crate::platform::{Error, Personal, Result, Scope};
use crate::residents::Desk;
use crate::sessions::{Planning, Roster};
use crate::{bookings, places, sessions};

pub use shapes::{
    BaselineLine, CallMade, ClassAnswers, FollowUp, FollowUpPage, GivenAnswers, GivenClassAnswers,
    KeyedSheet, RetentionCut, RetentionFigures, RetentionGroup, RetentionVersion, SettledProposal,
};

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
        let page = by.saw(found, "list_due_surveys").await?.map(FollowUp::new);
        Ok(Json(FollowUpPage { items: page.items, next: page.next }))
    }

    /// One follow-up with its answers.
    #[oai(path = "/follow-ups/:id", method = "get", operation_id = "get_follow_up")]
    async fn get_follow_up(&self, by: By<Desk>, id: Path<i64>) -> Result<Editable<FollowUp>> {
        shown(&by, FollowUpId(id.0), "get_follow_up").await
    }

    /// Records a whole set of answers: from the telephone, a sheet or another system. Twice is
    /// refused, and changes nothing.
    #[oai(path = "/follow-ups/:id/answers", method = "post", operation_id = "record_answers")]
    async fn record_answers(
        &self,
        by: By<Desk>,
        id: Path<i64>,
        body: Json<GivenAnswers>,
    ) -> Result<Editable<FollowUp>> {
        let GivenAnswers { via, answered_by, answers } = body.0;
        let id = FollowUpId(id.0);
        let row = queries::get(by.db(), &by.scope, id).await?;
        let answers = Answers::read(questionnaire(&row)?, Moment::ThreeMonths, &map(answers))
            .map_err(|faults| invalid(&faults))?;

        let given = &Given { answers, by: answered_by, via };
        by.does("record_answers", |tx, scope| async move {
            actions::record(&tx, scope, id, given).await.map(|row| row.id)
        })
        .await?;
        shown(&by, id, "record_answers").await
    }

    /// Records a paper sheet by its code; digits stand for the answers.
    #[oai(path = "/sheets", method = "post", operation_id = "key_sheet")]
    async fn key_sheet(&self, by: By<Desk>, body: Json<KeyedSheet>) -> Result<Editable<FollowUp>> {
        let KeyedSheet { code, answered_by, answers } = body.0;
        let code = BookingNumber::parse(&code).map_err(|e| Error::invalid("code", e.key()))?;
        let row = queries::find_by_code(by.db(), &by.scope, code).await?;
        let row = row.ok_or(super::rules::Refusal::UnknownSheet)?;
        let answers = Answers::read_sheet(questionnaire(&row)?, &answers);
        let answers = answers.map_err(|faults| invalid(&faults))?;

        let given = &Given { answers, by: answered_by, via: AnswerVia::Paper };
        let id = by
            .does("key_sheet", |tx, scope| async move {
                actions::key_sheet(&tx, scope, code, None, given).await.map(|row| row.id)
            })
            .await?;
        shown(&by, id, "key_sheet").await
    }

    /// Records a call that was no interview.
    #[oai(path = "/follow-ups/:id/calls", method = "post", operation_id = "record_survey_call")]
    async fn record_survey_call(
        &self,
        by: By<Desk>,
        id: Path<i64>,
        #[oai(name = "If-Match")] if_match: IfMatch,
        body: Json<CallMade>,
    ) -> Result<Editable<FollowUp>> {
        let CallMade { outcome, call_again_at } = body.0;
        let (id, outcome, revision) = (FollowUpId(id.0), outcome.stored(), if_match.revision()?);
        let again_at = call_again_at.map(|at| at.to_utc());
        by.does("record_survey_call", |tx, scope| async move {
            let row = actions::record_call(&tx, scope, id, outcome, again_at, revision).await?;
            Ok(row.id)
        })
        .await?;
        shown(&by, id, "record_survey_call").await
    }

    /// Opens a follow-up again that was closed because the person declined.
    #[oai(path = "/follow-ups/:id/reopen", method = "post", operation_id = "reopen_follow_up")]
    async fn reopen_follow_up(&self, by: By<Desk>, id: Path<i64>) -> Result<Editable<FollowUp>> {
        let id = FollowUpId(id.0);
        by.does("reopen_follow_up", |tx, scope| async move {
            actions::reopen(&tx, scope, id).await.map(|row| row.id)
        })
        .await?;
        shown(&by, id, "reopen_follow_up").await
    }

    /// Accepts the path that the answers ask for, or leaves the path as it is.
    #[oai(path = "/follow-ups/:id/proposal", method = "post", operation_id = "settle_proposal")]
    async fn settle_proposal(
        &self,
        by: By<Desk>,
        id: Path<i64>,
        body: Json<SettledProposal>,
    ) -> Result<Editable<FollowUp>> {
        let (id, accept) = (FollowUpId(id.0), body.0.accept);
        by.does("settle_proposal", |tx, scope| async move {
            actions::settle_proposal(&tx, scope, id, accept).await.map(|row| row.id)
        })
        .await?;
        shown(&by, id, "settle_proposal").await
    }

    /// What one person told before or at the end of a class; nothing yet at revision 0.
    #[oai(path = "/bookings/:id/answers", method = "get", operation_id = "get_class_answers")]
    async fn get_class_answers(
        &self,
        by: By<Roster>,
        id: Path<i64>,
        moment: Query<ClassMoment>,
    ) -> Result<Editable<ClassAnswers>> {
        let scope = class_scope(&by, moment.0)?;
        let whole = Scope::whole(scope.municipality_id);
        let booking = bookings::queries::get(by.db(), &whole, BookingId(id.0)).await?;
        // Whoever reaches the session may read what its people told.
        sessions::queries::get(by.db(), &scope, booking.session_id).await?;

        let stands = Personal::new(told(&by, booking.id, moment.0).await?, [booking.resident_id]);
        by.saw(stands, "get_class_answers").await
    }

    /// Records what one person tells at the end of a class, over and beside what was told already.
    /// What was true before it is recorded by those who serve callers.
    #[oai(path = "/bookings/:id/answers", method = "put", operation_id = "record_class_answers")]
    async fn record_class_answers(
        &self,
        by: By<Roster>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<GivenClassAnswers>,
    ) -> Result<Editable<ClassAnswers>> {
        let GivenClassAnswers { moment, answers, forget } = body.0;
        let (scope, revision) = (&class_scope(&by, moment)?, seen.given()?);
        let given = &ClassTold { answers: map(answers), forget, revision };
        let id = BookingId(id.0);
        // The scope is that of the moment, which may be narrower than the roster.
        by.does("record_class_answers", |tx, _| async move {
            actions::record_class_answers(&tx, scope, id, moment, given).await.map(|row| row.id)
        })
        .await?;
        told(&by, id, moment).await
    }

    /// Figures of 定着, for each version of its rule by itself.
    #[oai(path = "/retention", method = "get", operation_id = "get_retention")]
    async fn get_retention(
        &self,
        by: By<Planning>,
        #[oai(name = "by")] cut: Query<Option<RetentionCut>>,
        /// The fiscal year of the classes.
        fiscal_year: Query<Option<i32>>,
    ) -> ApiResult<RetentionFigures> {
        let year = match fiscal_year.0 {
            None => None,
            Some(year) => {
                let year = FiscalYear::new(year);
                Some(year.ok_or(Error::invalid("fiscal_year", "err.survey.year"))?)
            }
        };
        let filter = FigureFilter { cut: cut.0.map_or(Cut::Kind, RetentionCut::cut), year };

        let (db, ctx) = (by.db(), &by.ctx);
        let found = queries::figures(db, &by.scope, filter, ctx.today(), ctx.lang).await?;
        let town = places::queries::get_municipality(db, by.scope.municipality_id).await?;
        Ok(Json(RetentionFigures::new(found, &town.code)))
    }
}

/// What stands of one booking and moment.
async fn told(
    by: &By<Roster>,
    id: BookingId,
    moment: ClassMoment,
) -> Result<Editable<ClassAnswers>> {
    let known = queries::class_answers(by.db(), &[id]).await?;
    let row = known.into_iter().find(|row| row.moment == moment);
    let revision = row.as_ref().map_or(0, |row| row.revision);
    Ok(Editable { revision, body: ClassAnswers::new(id, moment, row) })
}

fn map(answers: HashMap<String, Any<Value>>) -> Map<String, Value> {
    answers.into_iter().map(|(key, value)| (key, value.0)).collect()
}

async fn shown(by: &By<Desk>, id: FollowUpId, why: &'static str) -> Result<Editable<FollowUp>> {
    let found = queries::get_row(by.db(), &by.scope, id).await?;
    let row = by.saw(found, why).await?;
    Ok(Editable { revision: row.follow_up.revision, body: FollowUp::new(row) })
}
