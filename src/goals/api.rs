//! The API of goals.

mod objects;

use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_plan::PeriodStyle;
use entity::goals::goal_review::Achievement;
use entity::sessions::session::SessionKind;
use entity::{GoalEditionId, GoalItemId, GoalMeasureId, GoalThemeId, ProgrammeId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Tags};

pub use objects::{ActualRows, EditionBody, PlanList};

use super::actions::{self, Judgement, NewActual, NewEdition, NewGoal};
use super::queries;
use super::rules::compose::{NewItem, NewMeasure, NewPlan, NewTheme};
use super::rules::{diff, number};
use crate::goals::Goals;
use crate::platform::web::api::{ApiResult, Created, Editable, IfMatch, NewId, Seen};
use crate::platform::web::door::By;
use crate::platform::{Error, Result};

/// The name of the next edition.
#[derive(Object, Debug)]
pub struct EditionName {
    /// Small letters, digits and `_`; stands in public addresses.
    pub code: String,
    pub title_ja: String,
    #[oai(default)]
    pub title_en: String,
    #[oai(default)]
    pub document: String,
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
    pub programme_id: Option<i64>,
    pub session_kind: Option<SessionKind>,
}

/// A judgement; who sends it is its approver.
#[derive(Object, Debug)]
pub struct ReviewBody {
    /// None takes the judgement back.
    pub achievement: Option<Achievement>,
    #[oai(default)]
    pub evidence: String,
    #[oai(default)]
    pub next_direction: String,
}

/// A plan with its first edition, a draft.
#[derive(Object, Debug)]
pub struct NewPlanBody {
    /// Small letters, digits and `_`; stands in the public address of the first edition.
    pub code: String,
    pub name_ja: String,
    #[oai(default)]
    pub name_en: String,
    /// Fiscal years.
    pub first_year: i32,
    pub last_year: i32,
    pub style: PeriodStyle,
    #[oai(default)]
    pub document: String,
}

/// A theme of a draft.
#[derive(Object, Debug)]
pub struct NewThemeBody {
    #[oai(default)]
    pub policy: String,
    #[oai(default)]
    pub policy_title: String,
    pub title_ja: String,
    #[oai(default)]
    pub title_en: String,
    /// One a line.
    #[oai(default)]
    pub sentences: String,
}

/// An initiative of a draft.
#[derive(Object, Debug)]
pub struct NewItemBody {
    pub theme_id: Option<i64>,
    /// As the document numbers it.
    pub code: String,
    pub title_ja: String,
    #[oai(default)]
    pub title_en: String,
    #[oai(default)]
    pub owner: String,
    /// Code of the initiative that is counted instead.
    #[oai(default)]
    pub cross_listed_as: String,
    #[oai(default)]
    pub is_core_index: bool,
    #[oai(default)]
    pub note: String,
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
    pub id: i64,
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
        Ok(Json(PlanList::new(plans)))
    }

    /// One edition with everything that it says.
    #[oai(path = "/plan-editions/:id", method = "get", operation_id = "get_plan_edition")]
    async fn get_plan_edition(
        &self,
        by: By<Goals>,
        id: Path<i64>,
    ) -> Result<Editable<EditionBody>> {
        shown(&by, GoalEditionId(id.0)).await
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
        id: Path<i64>,
        with: Query<i64>,
    ) -> ApiResult<objects::Differences> {
        let db = by.db();
        let before = queries::get_edition(db, &by.scope, GoalEditionId(id.0)).await?;
        let after = queries::get_edition(db, &by.scope, GoalEditionId(with.0)).await?;
        if before.plan.id != after.plan.id {
            return Err(Error::NotFound);
        }
        let before = queries::content(db, &before.edition).await?;
        let after = queries::content(db, &after.edition).await?;
        Ok(Json(objects::Differences::new(diff::compare(&before, &after))))
    }

    /// Makes a plan with its first edition, a draft.
    #[oai(path = "/plans", method = "post", operation_id = "create_plan")]
    async fn create_plan(
        &self,
        by: By<Goals>,
        body: Json<NewPlanBody>,
    ) -> Result<Created<DraftedEdition>> {
        let new = &body.0.into_command();
        let made = by
            .does("create_plan", |tx, scope| async move {
                let made = actions::new_plan(&tx, scope, new).await?;
                Ok((made.id, made.code))
            })
            .await?;
        let location = format!("/api/plan-editions/{}", made.0);
        Ok(Created { location, body: DraftedEdition { id: made.0.0, code: made.1 } })
    }

    /// Adds a theme to a draft, as the last one of its policy.
    #[oai(path = "/plan-editions/:id/themes", method = "post", operation_id = "add_plan_theme")]
    async fn add_plan_theme(
        &self,
        by: By<Goals>,
        id: Path<i64>,
        body: Json<NewThemeBody>,
    ) -> Result<Created<NewId>> {
        let (id, new) = (GoalEditionId(id.0), &body.0.into_command());
        let made = by
            .does("add_plan_theme", |tx, scope| async move {
                actions::add_theme(&tx, scope, id, new).await
            })
            .await?;
        let location = format!("/api/plan-editions/{id}");
        Ok(Created { location, body: NewId { id: made.0 } })
    }

    /// Adds an initiative to a draft, with one goal in words.
    #[oai(path = "/plan-editions/:id/items", method = "post", operation_id = "add_plan_item")]
    async fn add_plan_item(
        &self,
        by: By<Goals>,
        id: Path<i64>,
        body: Json<NewItemBody>,
    ) -> Result<Created<NewId>> {
        let (id, new) = (GoalEditionId(id.0), &body.0.into_command());
        let made = by
            .does("add_plan_item", |tx, scope| async move {
                actions::add_item(&tx, scope, id, new).await
            })
            .await?;
        let location = format!("/api/plan-editions/{id}");
        Ok(Created { location, body: NewId { id: made.0 } })
    }

    /// Adds a number to an initiative of a draft.
    #[oai(path = "/plan-items/:id/measures", method = "post", operation_id = "add_plan_measure")]
    async fn add_plan_measure(
        &self,
        by: By<Goals>,
        id: Path<i64>,
        body: Json<NewMeasureBody>,
    ) -> Result<Created<NewId>> {
        let (id, new) = (GoalItemId(id.0), &body.0.into_command()?);
        let made = by
            .does("add_plan_measure", |tx, scope| async move {
                actions::add_measure(&tx, scope, id, new).await
            })
            .await?;
        let edition = queries::get_item(by.db(), &by.scope, id).await?.edition_id;
        let location = format!("/api/plan-editions/{edition}");
        Ok(Created { location, body: NewId { id: made.0 } })
    }

    /// Takes an initiative out of a draft, with all that this edition says of it.
    #[oai(path = "/plan-items/:id/remove", method = "post", operation_id = "remove_plan_item")]
    async fn remove_plan_item(
        &self,
        by: By<Goals>,
        id: Path<i64>,
    ) -> Result<Editable<EditionBody>> {
        let id = GoalItemId(id.0);
        let edition = by
            .does("remove_plan_item", |tx, scope| async move {
                actions::remove_item(&tx, scope, id).await
            })
            .await?;
        shown(&by, edition).await
    }

    /// Drafts the next edition as a copy of this one.
    #[oai(path = "/plan-editions/:id/draft", method = "post", operation_id = "draft_edition")]
    async fn draft_edition(
        &self,
        by: By<Goals>,
        id: Path<i64>,
        body: Json<EditionName>,
    ) -> Result<Created<DraftedEdition>> {
        let (from, new) = (GoalEditionId(id.0), &body.0.into_command());
        let made = by
            .does("draft_edition", |tx, scope| async move {
                let made = actions::draft(&tx, scope, from, new).await?;
                Ok((made.id, made.code))
            })
            .await?;
        let location = format!("/api/plan-editions/{}", made.0);
        Ok(Created { location, body: DraftedEdition { id: made.0.0, code: made.1 } })
    }

    /// Publishes a draft: it never changes again, and counted actuals keep their figure.
    #[oai(path = "/plan-editions/:id/publish", method = "post", operation_id = "publish_edition")]
    async fn publish_edition(
        &self,
        by: By<Goals>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<i64>,
    ) -> Result<Editable<EditionBody>> {
        let (id, seen) = (GoalEditionId(id.0), seen.revision()?);
        by.does("publish_edition", |tx, scope| async move {
            actions::publish(&tx, scope, id, seen).await.map(|_| ())
        })
        .await?;
        shown(&by, id).await
    }

    /// States, carries or takes away the goal of a fiscal year.
    #[oai(path = "/plan-measures/:id/goals/:year", method = "put", operation_id = "set_goal")]
    async fn set_goal(
        &self,
        by: By<Goals>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<i64>,
        year: Path<i32>,
        body: Json<GoalBody>,
    ) -> Result<Editable<objects::ItemBody>> {
        let seen = seen.given()?;
        let (id, year, new) = (GoalMeasureId(id.0), year.0, &body.0.into_command()?);
        by.does("set_goal", |tx, scope| async move {
            actions::set_goal(&tx, scope, id, year, seen, new).await
        })
        .await?;
        let item = queries::get_measure(by.db(), &by.scope, id).await?.item_id;
        shown_item(&by, item).await
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
        id: Path<i64>,
        year: Path<i32>,
        body: Json<ActualBody>,
    ) -> Result<Editable<objects::ItemBody>> {
        let seen = seen.given()?;
        let (id, year, new) = (GoalMeasureId(id.0), year.0, &body.0.into_command()?);
        by.does("record_actual", |tx, scope| async move {
            actions::record_actual(&tx, scope, id, year, seen, new).await
        })
        .await?;
        let item = queries::get_measure(by.db(), &by.scope, id).await?.item_id;
        shown_item(&by, item).await
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
        id: Path<i64>,
        year: Path<i32>,
        body: Json<ReviewBody>,
    ) -> Result<Editable<objects::ItemBody>> {
        let seen = seen.given()?;
        let (id, year, new) = (GoalItemId(id.0), year.0, &body.0.into_command());
        by.does("judge_achievement", |tx, scope| async move {
            actions::judge(&tx, scope, id, year, seen, new).await
        })
        .await?;
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
        id: Path<i64>,
        year: Path<i32>,
    ) -> ApiResult<ActualRows> {
        let id = GoalMeasureId(id.0);
        let counted = queries::counted_actual(by.db(), &by.scope, id, year.0, by.ctx.now).await?;
        Ok(Json(ActualRows::new(counted)))
    }
}

impl EditionName {
    fn into_command(self) -> NewEdition {
        let Self { code, title_ja, title_en, document } = self;
        NewEdition { code, title_ja, title_en, document }
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
        let (milli, programme_id) = (milli("value", value)?, programme_id.map(ProgrammeId));
        Ok(NewActual { words, milli, approx, metric, programme_id, session_kind })
    }
}

impl ReviewBody {
    fn into_command(self) -> Judgement {
        let Self { achievement, evidence, next_direction } = self;
        Judgement { achievement, evidence, next_direction }
    }
}

impl NewPlanBody {
    fn into_command(self) -> NewPlan {
        let Self { code, name_ja, name_en, first_year, last_year, style, document } = self;
        NewPlan { code, name_ja, name_en, first_year, last_year, style, document }
    }
}

impl NewThemeBody {
    fn into_command(self) -> NewTheme {
        let Self { policy, policy_title, title_ja, title_en, sentences } = self;
        NewTheme { policy, policy_title, title_ja, title_en, lead: sentences }
    }
}

impl NewItemBody {
    fn into_command(self) -> NewItem {
        NewItem {
            theme_id: self.theme_id.map(GoalThemeId),
            code: self.code,
            title_ja: self.title_ja,
            title_en: self.title_en,
            owner: self.owner,
            cross_listed_as: self.cross_listed_as,
            is_core_index: self.is_core_index,
            note: self.note,
        }
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
    let read = number::parse(&value.to_string());
    Ok(Some(read.ok_or_else(|| Error::invalid(field, "err.goals.number"))?))
}

async fn shown(by: &By<Goals>, id: GoalEditionId) -> Result<Editable<EditionBody>> {
    let db = by.db();
    let row = queries::get_edition(db, &by.scope, id).await?;
    let content = queries::content(db, &row.edition).await?;
    let live = queries::live_figures(db, &row.plan, &content, by.ctx.now).await?;
    let themes = queries::list_themes(db, id).await?;
    let revision = row.edition.revision;
    Ok(Editable { revision, body: EditionBody::new(row, themes, content, &live) })
}

async fn shown_item(by: &By<Goals>, id: GoalItemId) -> Result<Editable<objects::ItemBody>> {
    let db = by.db();
    let item = queries::get_item(db, &by.scope, id).await?;
    let row = queries::get_edition(db, &by.scope, item.edition_id).await?;
    let mut content = queries::content(db, &row.edition).await?;
    content.items.retain(|other| other.id == Some(id));
    let live = queries::live_figures(db, &row.plan, &content, by.ctx.now).await?;
    let found = content.items.pop().ok_or(Error::NotFound)?;
    Ok(Editable { revision: item.revision, body: objects::ItemBody::new(found, &live) })
}
