//! The API of goals.

use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::sessions::session::SessionKind;
use entity::{GoalEditionId, GoalItemId, GoalMeasureId, ProgrammeId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Tags};

use super::actions;
use super::queries;
use super::queries::view::{ActualRowsView, EditionView, ItemView, PlanView};
use super::rules::compose::{NewEdition, NewItem, NewMeasure, NewPlan, NewTheme};
use super::rules::diff::{self, Differences};
use super::rules::year::{Judgement, NewActual, NewGoal};
use crate::goals::Goals;
use crate::platform::japan::amount;
use crate::platform::web::api::{ApiResult, Created, Editable, IfMatch, NewId, Seen};
use crate::platform::web::door::By;
use crate::platform::{Error, Result};

/// All plans.
#[derive(Object, Debug)]
pub struct PlanList {
    pub items: Vec<PlanView>,
}

/// The goal of a fiscal year.
#[derive(Object, Debug)]
pub struct GoalBody {
    pub kind: CellKind,
    /// Only of a stated goal.
    #[oai(default)]
    pub words: String,
    /// The number in the words, in the unit of the measure; at most three places.
    pub value: Option<f64>,
    /// The number is about, more than, or the like.
    #[oai(default)]
    pub approx: bool,
}

/// What was reached in a fiscal year: words, or a metric that is counted.
#[derive(Object, Debug)]
pub struct ActualBody {
    #[oai(default)]
    pub words: String,
    pub value: Option<f64>,
    #[oai(default)]
    pub approx: bool,
    pub metric: Option<Metric>,
    pub programme_id: Option<ProgrammeId>,
    pub session_kind: Option<SessionKind>,
}

/// A number that an initiative is measured by.
#[derive(Object, Debug)]
pub struct NewMeasureBody {
    pub name_ja: String,
    #[oai(default)]
    pub name_en: String,
    /// Not `text`: every initiative has a goal in words.
    pub kind: MeasureKind,
    pub unit: String,
    pub direction: Direction,
    #[oai(default)]
    pub baseline_words: String,
    pub baseline: Option<f64>,
    pub baseline_year: Option<i32>,
    #[oai(default)]
    pub denominator: String,
    pub denominator_year: Option<i32>,
}

/// The number of a new edition.
#[derive(Object, Debug)]
pub struct DraftedEdition {
    pub id: GoalEditionId,
    pub code: String,
}

#[derive(Tags)]
enum Group {
    /// 目標・実績
    Goals,
}

/// Plans, their editions, goals, actuals and judgements.
#[derive(Clone, Copy, Debug)]
pub struct GoalsApi;

#[OpenApi(tag = "Group::Goals")]
impl GoalsApi {
    /// The plans of the municipality with their editions.
    #[oai(path = "/plans", method = "get", operation_id = "list_plans")]
    async fn list_plans(&self, by: By<Goals>) -> ApiResult<PlanList> {
        let plans = queries::list_plans(by.db(), &by.scope).await?;
        Ok(Json(PlanList { items: plans.into_iter().map(PlanView::from).collect() }))
    }

    /// One edition with everything that it says.
    #[oai(path = "/plan-editions/:id", method = "get", operation_id = "get_plan_edition")]
    async fn get_plan_edition(
        &self,
        by: By<Goals>,
        id: Path<GoalEditionId>,
    ) -> Result<Editable<EditionView>> {
        shown(&by, id.0).await
    }

    /// What another edition of the same plan says differently.
    #[oai(
        path = "/plan-editions/:id/differences",
        method = "get",
        operation_id = "compare_editions"
    )]
    async fn compare_editions(
        &self,
        by: By<Goals>,
        id: Path<GoalEditionId>,
        with: Query<GoalEditionId>,
    ) -> ApiResult<Differences> {
        let [(_, before), (_, after)] =
            queries::two_editions(by.db(), &by.scope, id.0, with.0).await?;
        Ok(Json(diff::compare(&before, &after).into()))
    }

    /// Makes a plan with its first edition, a draft.
    #[oai(path = "/plans", method = "post", operation_id = "create_plan")]
    async fn create_plan(
        &self,
        by: By<Goals>,
        body: Json<NewPlan>,
    ) -> Result<Created<DraftedEdition>> {
        let new = &body.0;
        let work = |tx, scope| async move {
            let made = actions::new_plan(&tx, scope, new).await;
            made.map(|made| (made.id, made.code))
        };
        Ok(drafted(by.does("create_plan", work).await?))
    }

    /// Adds a theme to a draft, as the last one of its policy.
    #[oai(path = "/plan-editions/:id/themes", method = "post", operation_id = "add_plan_theme")]
    async fn add_plan_theme(
        &self,
        by: By<Goals>,
        id: Path<GoalEditionId>,
        body: Json<NewTheme>,
    ) -> Result<Created<NewId>> {
        let (edition, new) = (id.0, &body.0);
        let work = |tx, scope| async move { actions::add_theme(&tx, scope, edition, new).await };
        let made = by.does("add_plan_theme", work).await?;
        Ok(added(edition, made.0))
    }

    /// Adds an initiative to a draft, with one goal in words.
    #[oai(path = "/plan-editions/:id/items", method = "post", operation_id = "add_plan_item")]
    async fn add_plan_item(
        &self,
        by: By<Goals>,
        id: Path<GoalEditionId>,
        body: Json<NewItem>,
    ) -> Result<Created<NewId>> {
        let (edition, new) = (id.0, &body.0);
        let work = |tx, scope| async move { actions::add_item(&tx, scope, edition, new).await };
        let made = by.does("add_plan_item", work).await?;
        Ok(added(edition, made.0))
    }

    /// Adds a number to an initiative of a draft.
    #[oai(path = "/plan-items/:id/measures", method = "post", operation_id = "add_plan_measure")]
    async fn add_plan_measure(
        &self,
        by: By<Goals>,
        id: Path<GoalItemId>,
        body: Json<NewMeasureBody>,
    ) -> Result<Created<NewId>> {
        let (item, new) = (id.0, &body.0.into_command()?);
        let work = |tx, scope| async move { actions::add_measure(&tx, scope, item, new).await };
        let made = by.does("add_plan_measure", work).await?;
        let edition = queries::get_item(by.db(), &by.scope, item).await?.edition_id;
        Ok(added(edition, made.0))
    }

    /// Takes an initiative out of a draft, with all that this edition says of it.
    #[oai(path = "/plan-items/:id/remove", method = "post", operation_id = "remove_plan_item")]
    async fn remove_plan_item(
        &self,
        by: By<Goals>,
        id: Path<GoalItemId>,
    ) -> Result<Editable<EditionView>> {
        let id = id.0;
        let work = |tx, scope| async move { actions::remove_item(&tx, scope, id).await };
        let edition = by.does("remove_plan_item", work).await?;
        shown(&by, edition).await
    }

    /// Drafts the next edition as a copy of this one.
    #[oai(path = "/plan-editions/:id/draft", method = "post", operation_id = "draft_edition")]
    async fn draft_edition(
        &self,
        by: By<Goals>,
        id: Path<GoalEditionId>,
        body: Json<NewEdition>,
    ) -> Result<Created<DraftedEdition>> {
        let (from, new) = (id.0, &body.0);
        let work = |tx, scope| async move {
            let made = actions::draft(&tx, scope, from, new).await;
            made.map(|made| (made.id, made.code))
        };
        Ok(drafted(by.does("draft_edition", work).await?))
    }

    /// Publishes a draft: it never changes again, and counted actuals keep their figure.
    #[oai(path = "/plan-editions/:id/publish", method = "post", operation_id = "publish_edition")]
    async fn publish_edition(
        &self,
        by: By<Goals>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<GoalEditionId>,
    ) -> Result<Editable<EditionView>> {
        let (id, seen) = (id.0, seen.revision()?);
        let work = |tx, scope| async move { actions::publish(&tx, scope, id, seen).await };
        by.does("publish_edition", work).await?;
        shown(&by, id).await
    }

    /// States, carries or takes away the goal of a fiscal year.
    #[oai(path = "/plan-measures/:id/goals/:year", method = "put", operation_id = "set_goal")]
    async fn set_goal(
        &self,
        by: By<Goals>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<GoalMeasureId>,
        year: Path<i32>,
        body: Json<GoalBody>,
    ) -> Result<Editable<ItemView>> {
        let seen = seen.given()?;
        let (id, year, new) = (id.0, year.0, &body.0.into_command()?);
        let work =
            |tx, scope| async move { actions::set_goal(&tx, scope, id, year, seen, new).await };
        by.does("set_goal", work).await?;
        shown_item_of(&by, id).await
    }

    /// Records what was reached in a fiscal year.
    #[oai(
        path = "/plan-measures/:id/actuals/:year",
        method = "put",
        operation_id = "record_actual"
    )]
    async fn record_actual(
        &self,
        by: By<Goals>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<GoalMeasureId>,
        year: Path<i32>,
        body: Json<ActualBody>,
    ) -> Result<Editable<ItemView>> {
        let seen = seen.given()?;
        let (id, year, new) = (id.0, year.0, &body.0.into_command()?);
        let work = |tx, scope| async move {
            actions::record_actual(&tx, scope, id, year, seen, new).await
        };
        by.does("record_actual", work).await?;
        shown_item_of(&by, id).await
    }

    /// Judges what was reached in a fiscal year, with evidence.
    #[oai(
        path = "/plan-items/:id/reviews/:year",
        method = "put",
        operation_id = "judge_achievement"
    )]
    async fn judge_achievement(
        &self,
        by: By<Goals>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<GoalItemId>,
        year: Path<i32>,
        body: Json<Judgement>,
    ) -> Result<Editable<ItemView>> {
        let (seen, id, year, new) = (seen.given()?, id.0, year.0, &body.0);
        let work = |tx, scope| async move { actions::judge(&tx, scope, id, year, seen, new).await };
        by.does("judge_achievement", work).await?;
        shown_item(&by, id).await
    }

    /// The rows behind a counted actual: as published, and as they stand now.
    #[oai(
        path = "/plan-measures/:id/actuals/:year/rows",
        method = "get",
        operation_id = "get_actual_rows"
    )]
    async fn get_actual_rows(
        &self,
        by: By<Goals>,
        id: Path<GoalMeasureId>,
        year: Path<i32>,
    ) -> ApiResult<ActualRowsView> {
        let (db, now) = (by.db(), by.ctx.now);
        let counted = queries::counted_actual(db, &by.scope, id.0, year.0, now).await?;
        Ok(Json(counted.into()))
    }
}

impl GoalBody {
    fn into_command(self) -> Result<NewGoal> {
        let Self { kind, words, value, approx } = self;
        Ok(NewGoal { kind, words, milli: milli("value", value)?, approx })
    }
}

impl ActualBody {
    fn into_command(self) -> Result<NewActual> {
        let Self { words, value, approx, metric, programme_id, session_kind } = self;
        let milli = milli("value", value)?;
        Ok(NewActual { words, milli, approx, metric, programme_id, session_kind })
    }
}

impl NewMeasureBody {
    fn into_command(self) -> Result<NewMeasure> {
        Ok(NewMeasure {
            name_ja: self.name_ja,
            name_en: self.name_en,
            kind: self.kind,
            unit: self.unit,
            direction: self.direction,
            baseline_words: self.baseline_words,
            baseline_milli: milli("baseline", self.baseline)?,
            baseline_year: self.baseline_year,
            denominator: self.denominator,
            denominator_year: self.denominator_year,
        })
    }
}

/// A number of a request in thousandths.
fn milli(field: &str, value: Option<f64>) -> Result<Option<i64>> {
    let Some(value) = value else { return Ok(None) };
    let read = amount::figure(&value.to_string());
    read.map(Some).map_err(|_| Error::invalid(field, "err.goals.number"))
}

/// A new edition, with its address.
fn drafted((id, code): (GoalEditionId, String)) -> Created<DraftedEdition> {
    let location = format!("/api/plan-editions/{id}");
    Created { location, body: DraftedEdition { id, code } }
}

/// A new part of an edition, with the address of the edition.
fn added(edition: GoalEditionId, id: i64) -> Created<NewId> {
    let location = format!("/api/plan-editions/{edition}");
    Created { location, body: NewId { id } }
}

async fn shown(by: &By<Goals>, id: GoalEditionId) -> Result<Editable<EditionView>> {
    let (db, scope) = (by.db(), &by.scope);
    let whole = queries::whole_edition(db, scope, id, by.ctx.now).await?;
    let themes = queries::list_themes(db, id).await?;
    let revision = whole.row.edition.revision;
    Ok(Editable { revision, body: EditionView::new(whole, themes) })
}

async fn shown_item(by: &By<Goals>, id: GoalItemId) -> Result<Editable<ItemView>> {
    let whole = queries::whole_item(by.db(), &by.scope, id, by.ctx.now).await?;
    let body = ItemView::new(whole.item, &whole.live);
    Ok(Editable { revision: body.revision, body })
}

/// The item of a measure.
async fn shown_item_of(by: &By<Goals>, id: GoalMeasureId) -> Result<Editable<ItemView>> {
    let item = queries::get_measure(by.db(), &by.scope, id).await?.item_id;
    shown_item(by, item).await
}
