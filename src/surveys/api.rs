//! The API of surveys.

mod shapes;

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::surveys::class_answers::{self, ClassMoment};
use entity::surveys::follow_up::FollowUpState;
use entity::{BookingId, FollowUpId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{OpenApi, Tags};
use serde_json::{Map, Value};

use super::actions::{self, ClassTold, Given, invalid, questionnaire};
use super::queries::{self, FigureFilter, FollowUpFilter, FollowUpRow};
use super::rules::{Answers, Cut, Moment};
use crate::places;
use crate::platform::actor::{DESK, PLANNING, ROSTER};
use crate::platform::japan::{BookingNumber, FiscalYear};
use crate::platform::web::api::{ApiResult, Editable, IfMatch, Seen, page_size};
use crate::platform::web::form::Intent;
use crate::platform::{App, Ctx, Error, Result, Scope};
use crate::{bookings, residents, sessions};

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
        ctx: Ctx,
        app: App,
        state: Query<Option<FollowUpState>>,
        /// Due on this day or later.
        from: Query<Option<NaiveDate>>,
        /// Due on this day or earlier.
        to: Query<Option<NaiveDate>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<FollowUpPage> {
        let scope = ctx.scope(DESK)?;
        let filter =
            FollowUpFilter { states: state.0.into_iter().collect(), from: from.0, to: to.0 };
        let limit = page_size(limit.0);
        let reader = app.store().reader();
        let page = queries::list(reader, &scope, &filter, limit, after.0.as_deref()).await?;
        record_look(&app, &ctx, &page.items, "list_due_surveys").await?;
        let page = page.map(FollowUp::new);
        Ok(Json(FollowUpPage { items: page.items, next: page.next }))
    }

    /// One follow-up with its answers.
    #[oai(path = "/follow-ups/:id", method = "get", operation_id = "get_follow_up")]
    async fn get_follow_up(&self, ctx: Ctx, app: App, id: Path<i64>) -> Result<Editable<FollowUp>> {
        let scope = ctx.scope(DESK)?;
        shown(&app, &ctx, &scope, FollowUpId(id.0), "get_follow_up").await
    }

    /// Records a whole set of answers: from the telephone, a sheet or another system. Twice is
    /// refused, and changes nothing.
    #[oai(path = "/follow-ups/:id/answers", method = "post", operation_id = "record_answers")]
    async fn record_answers(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
        intent: Intent,
        body: Json<GivenAnswers>,
    ) -> Result<Editable<FollowUp>> {
        let scope = &ctx.scope(DESK)?;
        let GivenAnswers { via, answered_by, answers } = body.0;
        let id = FollowUpId(id.0);
        let row = queries::get(app.store().reader(), scope, id).await?;
        let answers = Answers::read(questionnaire(&row)?, Moment::ThreeMonths, &map(answers))
            .map_err(|faults| invalid(&faults))?;
        let given = &Given { answers, by: answered_by, via };
        app.store()
            .write_once(&ctx, "record_answers", intent.0.as_ref(), |tx| async move {
                actions::record(&tx, scope, id, given).await.map(|row| row.id)
            })
            .await?;
        shown(&app, &ctx, scope, id, "record_answers").await
    }

    /// Records a paper sheet by its code; digits stand for the answers.
    #[oai(path = "/sheets", method = "post", operation_id = "key_sheet")]
    async fn key_sheet(
        &self,
        ctx: Ctx,
        app: App,
        intent: Intent,
        body: Json<KeyedSheet>,
    ) -> Result<Editable<FollowUp>> {
        let scope = &ctx.scope(DESK)?;
        let KeyedSheet { code, answered_by, answers } = body.0;
        let code = BookingNumber::parse(&code).map_err(|e| Error::invalid("code", e.key()))?;
        let row = queries::find_by_code(app.store().reader(), scope, code).await?;
        let row = row.ok_or(super::rules::Refusal::UnknownSheet)?;
        let read = Answers::read_sheet(questionnaire(&row)?, &answers);
        let read = read.map_err(|faults| invalid(&faults))?;
        let via = entity::surveys::follow_up::AnswerVia::Paper;
        let given = &Given { answers: read, by: answered_by, via };
        let id = app
            .store()
            .write_once(&ctx, "key_sheet", intent.0.as_ref(), |tx| async move {
                actions::key_sheet(&tx, scope, code, None, given).await.map(|row| row.id)
            })
            .await?;
        shown(&app, &ctx, scope, id, "key_sheet").await
    }

    /// Records a call that was no interview.
    #[oai(path = "/follow-ups/:id/calls", method = "post", operation_id = "record_survey_call")]
    async fn record_survey_call(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
        if_match: IfMatch,
        body: Json<CallMade>,
    ) -> Result<Editable<FollowUp>> {
        let scope = &ctx.scope(DESK)?;
        let CallMade { outcome, call_again_at } = body.0;
        let (id, outcome) = (FollowUpId(id.0), outcome.stored());
        let again_at = call_again_at.map(|at| at.to_utc());
        app.store()
            .write(&ctx, "record_survey_call", |tx| async move {
                actions::record_call(&tx, scope, id, outcome, again_at, if_match.revision()?).await
            })
            .await?;
        shown(&app, &ctx, scope, id, "record_survey_call").await
    }

    /// Opens a follow-up again that was closed because the person declined.
    #[oai(path = "/follow-ups/:id/reopen", method = "post", operation_id = "reopen_follow_up")]
    async fn reopen_follow_up(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
    ) -> Result<Editable<FollowUp>> {
        let scope = &ctx.scope(DESK)?;
        let id = FollowUpId(id.0);
        app.store()
            .write(
                &ctx,
                "reopen_follow_up",
                |tx| async move { actions::reopen(&tx, scope, id).await },
            )
            .await?;
        shown(&app, &ctx, scope, id, "reopen_follow_up").await
    }

    /// Accepts the path that the answers ask for, or leaves the path as it is.
    #[oai(path = "/follow-ups/:id/proposal", method = "post", operation_id = "settle_proposal")]
    async fn settle_proposal(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
        body: Json<SettledProposal>,
    ) -> Result<Editable<FollowUp>> {
        let scope = &ctx.scope(DESK)?;
        let (id, accept) = (FollowUpId(id.0), body.0.accept);
        app.store()
            .write(&ctx, "settle_proposal", |tx| async move {
                actions::settle_proposal(&tx, scope, id, accept).await
            })
            .await?;
        shown(&app, &ctx, scope, id, "settle_proposal").await
    }

    /// What one person told before or at the end of a class; nothing yet at revision 0.
    #[oai(path = "/bookings/:id/answers", method = "get", operation_id = "get_class_answers")]
    async fn get_class_answers(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
        moment: Query<ClassMoment>,
    ) -> Result<Editable<ClassAnswers>> {
        let (scope, db) = (&class_scope(&ctx, moment.0)?, app.store().reader());
        let whole = &Scope::whole(scope.municipality_id);
        let booking = bookings::queries::get(db, whole, BookingId(id.0)).await?;
        sessions::queries::get(db, scope, booking.session_id).await?;
        let known = queries::class_answers(db, &[booking.id]).await?;
        let stands = known.into_iter().find(|row| row.moment == moment.0);
        residents::record_look(&app, &ctx, &[booking.resident_id], "get_class_answers").await?;
        Ok(told(booking.id, moment.0, stands))
    }

    /// Records what one person tells at the end of a class, over and beside what was told already.
    /// What was true before it is recorded by those who serve callers.
    #[oai(path = "/bookings/:id/answers", method = "put", operation_id = "record_class_answers")]
    async fn record_class_answers(
        &self,
        ctx: Ctx,
        app: App,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        body: Json<GivenClassAnswers>,
    ) -> Result<Editable<ClassAnswers>> {
        let GivenClassAnswers { moment, answers, forget } = body.0;
        let (scope, revision) = (&class_scope(&ctx, moment)?, seen.given()?);
        let given = &ClassTold { answers: map(answers), forget, revision };
        let row = app
            .store()
            .write(&ctx, "record_class_answers", |tx| async move {
                let id = BookingId(id.0);
                actions::record_class_answers(&tx, scope, id, moment, given).await
            })
            .await?;
        Ok(told(row.booking_id, moment, Some(row)))
    }

    /// Figures of 定着, for each version of its rule by itself.
    #[oai(path = "/retention", method = "get", operation_id = "get_retention")]
    async fn get_retention(
        &self,
        ctx: Ctx,
        app: App,
        by: Query<Option<RetentionCut>>,
        /// The fiscal year of the classes.
        fiscal_year: Query<Option<i32>>,
    ) -> ApiResult<RetentionFigures> {
        let scope = ctx.scope(PLANNING)?;
        let year = match fiscal_year.0 {
            None => None,
            Some(year) => {
                let year = FiscalYear::new(year);
                Some(year.ok_or(Error::invalid("fiscal_year", "err.survey.year"))?)
            }
        };
        let cut = by.0.map_or(Cut::Kind, RetentionCut::cut);
        let filter = FigureFilter { cut, year };
        let reader = app.store().reader();
        let found = queries::figures(reader, &scope, filter, ctx.today(), ctx.lang).await?;
        let town = places::queries::get_municipality(reader, scope.municipality_id).await?;
        Ok(Json(RetentionFigures::new(found, &town.code)))
    }
}

/// Whom one may ask about a class: what was true before it is for those who serve callers.
fn class_scope(ctx: &Ctx, moment: ClassMoment) -> Result<Scope> {
    // Whoever may see no roster at all is told so first.
    let roster = ctx.scope(ROSTER)?;
    match moment {
        ClassMoment::Before => ctx.scope(DESK),
        ClassMoment::EndOfClass => Ok(roster),
    }
}

fn told(
    id: BookingId,
    moment: ClassMoment,
    row: Option<class_answers::Model>,
) -> Editable<ClassAnswers> {
    let revision = row.as_ref().map_or(0, |row| row.revision);
    Editable { revision, body: ClassAnswers::new(id, moment, row) }
}

fn map(answers: HashMap<String, Any<Value>>) -> Map<String, Value> {
    answers.into_iter().map(|(key, value)| (key, value.0)).collect()
}

async fn shown(
    app: &App,
    ctx: &Ctx,
    scope: &Scope,
    id: FollowUpId,
    why: &'static str,
) -> Result<Editable<FollowUp>> {
    let row = queries::get_row(app.store().reader(), scope, id).await?;
    let rows = [row];
    record_look(app, ctx, &rows, why).await?;
    let [row] = rows;
    Ok(Editable { revision: row.follow_up.revision, body: FollowUp::new(row) })
}

/// Records that somebody looked at these people.
pub(super) async fn record_look(
    app: &App,
    ctx: &Ctx,
    rows: &[FollowUpRow],
    why: &'static str,
) -> Result<()> {
    let people: Vec<_> = rows.iter().map(|row| row.person.id).collect();
    residents::record_look(app, ctx, &people, why).await
}
