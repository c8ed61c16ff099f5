//! Staff: one initiative and one fiscal year of it: goal, actual, judgement, and what was changed.

use askama::Template;
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_change::{self, ChangedField};
use entity::goals::goal_measure::MeasureKind;
use entity::goals::goal_review::Achievement;
use entity::sessions::session::SessionKind;
use entity::{GoalItemId, GoalMeasureId, ProgrammeId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view::{self, ItemView};
use crate::goals::actions::{self, Judgement, NewActual, NewGoal};
use crate::goals::queries;
use crate::goals::rules::chart::Sort;
use crate::goals::rules::content::Measure;
use crate::goals::rules::number;
use crate::platform::actor::GOALS;
use crate::platform::error::FieldError;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{redirect, render_with};
use crate::platform::web::{Page, render};
use crate::platform::{App, Ctx, Error, Lang, Result, Scope};
use crate::{programmes, staff};

/// A goal as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GoalTyped {
    revision: String,
    year: String,
    kind: String,
    words: String,
    value: String,
    approx: String,
}

/// An actual as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActualTyped {
    revision: String,
    year: String,
    words: String,
    value: String,
    approx: String,
    metric: String,
    programme_id: String,
    session_kind: String,
}

/// A judgement as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReviewTyped {
    revision: String,
    year: String,
    achievement: String,
    evidence: String,
    next_direction: String,
}

struct YearTab {
    label: String,
    href: String,
    current: bool,
}

struct MeasureForm {
    id: i64,
    name: String,
    unit: String,
    /// A goal in words cannot be counted.
    countable: bool,
    goal: GoalTyped,
    actual: ActualTyped,
    /// The figure of today, and as published.
    now: String,
    kept: String,
    rows_link: String,
}

struct ChangeLine {
    at: String,
    who: String,
    what: String,
    before: String,
    after: String,
}

/// A choice of a select.
struct Choice {
    value: String,
    words: String,
}

/// What the list of initiatives shows, with this one only.
struct ReadOnly {
    items: Vec<ItemView>,
}

#[derive(Template)]
#[template(path = "goals/pages/item.html")]
struct ItemPage {
    page: Page,
    edition_id: i64,
    edition: String,
    item: ItemView,
    /// A published initiative is read, not filled in.
    theme: ReadOnly,
    id: i64,
    revision: i32,
    is_draft: bool,
    can_judge: bool,
    year: i32,
    year_label: String,
    tabs: Vec<YearTab>,
    measures: Vec<MeasureForm>,
    review: ReviewTyped,
    approver: String,
    kinds: Vec<Choice>,
    metrics: Vec<Choice>,
    programmes: Vec<Choice>,
    session_kinds: Vec<Choice>,
    achievements: Vec<Choice>,
    changes: Vec<ChangeLine>,
    errors: Vec<FieldError>,
    refusal: Option<String>,
}

impl ItemPage {
    /// The error of a field; fields carry the name of their form.
    fn error(&self, form: &str, field: &str) -> Option<String> {
        self.page.error_of(&self.errors, &format!("{form}-{field}"))
    }

    fn goal_form(&self, id: &i64) -> String {
        format!("goal-{id}")
    }

    fn actual_form(&self, id: &i64) -> String {
        format!("actual-{id}")
    }
}

async fn item_page(
    page: Page,
    app: &App,
    ctx: &Ctx,
    id: GoalItemId,
    year: Option<i32>,
) -> Result<ItemPage> {
    let scope = &ctx.scope(GOALS)?;
    let db = app.store().reader();
    let stored = queries::get_item(db, scope, id).await?;
    let row = queries::get_edition(db, scope, stored.edition_id).await?;
    let mut content = queries::content(db, &row.edition).await?;
    content.items.retain(|item| item.id == Some(id));
    let live = queries::live_figures(db, &row.plan, &content, ctx.now).await?;
    let item = content.items.pop().ok_or(Error::NotFound)?;
    let periods = row.periods();
    let shown = year.filter(|year| periods.contains(*year));
    // The last year of which anything is told, or the first.
    let told = periods.years().filter(|year| item.has_result(*year)).last();
    let year = shown.or(told).unwrap_or(row.plan.first_year);
    let measures = item
        .measures
        .iter()
        .map(|measure| measure_form(&page, measure, year, &live, item.revision))
        .collect();
    let review = item.reviews.get(&year);
    let approver = match review.and_then(|review| review.approved_by) {
        Some(id) => staff::queries::names(db, &[id]).await?.remove(&id).unwrap_or_default(),
        None => review.map(|review| review.approver_words.clone()).unwrap_or_default(),
    };
    let tabs = periods.years().map(|other| YearTab {
        label: periods.label(ctx.lang, other),
        href: format!("/goals/items/{id}?year={other}"),
        current: other == year,
    });
    Ok(ItemPage {
        edition_id: row.edition.id.0,
        edition: view::pick(ctx.lang, &row.edition.title_ja, &row.edition.title_en).0,
        item: view::item_view(&page, &row, &item, &live, true),
        theme: ReadOnly {
            items: vec![ItemView {
                edit_link: String::new(),
                ..view::item_view(&page, &row, &item, &live, true)
            }],
        },
        id: id.0,
        revision: item.revision,
        is_draft: row.is_draft(),
        can_judge: item.cross_listed_as.is_none(),
        year,
        year_label: periods.label(ctx.lang, year),
        tabs: tabs.collect(),
        measures,
        review: ReviewTyped {
            revision: item.revision.to_string(),
            year: year.to_string(),
            achievement: review
                .and_then(|review| review.achievement)
                .map(|achievement| achievement.as_str().to_owned())
                .unwrap_or_default(),
            evidence: review.map(|review| review.evidence.clone()).unwrap_or_default(),
            next_direction: review.map(|review| review.next_direction.clone()).unwrap_or_default(),
        },
        approver,
        kinds: choices(&page, "goals.kind", CellKind::ALL.iter().map(|kind| kind.as_str())),
        metrics: choices(&page, "goals.metric", Metric::ALL.iter().map(|metric| metric.as_str())),
        programmes: programme_choices(app, scope, ctx.lang).await?,
        session_kinds: choices(&page, "kind", SessionKind::ALL.iter().map(|kind| kind.as_str())),
        achievements: choices(
            &page,
            "goals.achievement",
            Achievement::ALL.iter().map(|achievement| achievement.as_str()),
        ),
        changes: change_lines(&page, app, id, &row).await?,
        errors: Vec::new(),
        refusal: None,
        page,
    })
}

fn choices<'a>(page: &Page, key: &str, values: impl Iterator<Item = &'a str>) -> Vec<Choice> {
    let choice = |value: &str| Choice {
        value: value.to_owned(),
        words: page.f(&format!("{key}.{value}"), &[]),
    };
    values.map(choice).collect()
}

async fn programme_choices(app: &App, scope: &Scope, lang: Lang) -> Result<Vec<Choice>> {
    let found = programmes::queries::list_programmes(app.store().reader(), scope).await?;
    let choice = |programme: programmes::programme::Model| Choice {
        value: programme.id.to_string(),
        words: lang.pick(&programme.name_ja, &programme.name_en).to_owned(),
    };
    Ok(found.into_iter().map(choice).collect())
}

fn measure_form(
    page: &Page,
    measure: &Measure,
    year: i32,
    live: &view::Live,
    revision: i32,
) -> MeasureForm {
    let (revision, of_year) = (revision.to_string(), year.to_string());
    let mark = |on: bool| if on { "1".to_owned() } else { String::new() };
    let value = |milli: Option<i64>| milli.map(number::shown).unwrap_or_default();
    let cell = measure.cells.get(&year);
    let actual = measure.actuals.get(&year);
    let binding = actual.and_then(|actual| actual.binding);
    let id = measure.id.map_or(0, |id| id.0);
    let words = |figure| view::figure_words(page, figure, &measure.unit);
    let now = actual.and_then(|actual| live.get(&actual.id?)).map(words);
    let kept = actual.and_then(|actual| actual.frozen.as_ref()).map(|(_, figure)| words(figure));
    MeasureForm {
        id,
        name: view::measure_name(page, measure),
        unit: measure.unit.clone(),
        countable: measure.kind != MeasureKind::Text,
        goal: GoalTyped {
            revision: revision.clone(),
            year: of_year.clone(),
            kind: cell.map_or(CellKind::None, |cell| cell.kind).as_str().to_owned(),
            words: cell.map(|cell| cell.words.clone()).unwrap_or_default(),
            value: value(cell.and_then(|cell| cell.milli)),
            approx: mark(cell.is_some_and(|cell| cell.approx)),
        },
        actual: ActualTyped {
            revision,
            year: of_year,
            words: actual.map(|actual| actual.words.clone()).unwrap_or_default(),
            value: value(actual.and_then(|actual| actual.milli)),
            approx: mark(actual.is_some_and(|actual| actual.approx)),
            metric: binding.map(|binding| binding.metric.to_string()).unwrap_or_default(),
            programme_id: binding
                .and_then(|binding| binding.programme_id)
                .map(|id| id.to_string())
                .unwrap_or_default(),
            session_kind: binding
                .and_then(|binding| binding.session_kind)
                .map(|kind| kind.to_string())
                .unwrap_or_default(),
        },
        rows_link: match binding {
            Some(_) => format!("/goals/measures/{id}/rows?year={year}"),
            None => String::new(),
        },
        now: now.unwrap_or_default(),
        kept: kept.unwrap_or_default(),
    }
}

async fn change_lines(
    page: &Page,
    app: &App,
    id: GoalItemId,
    row: &queries::EditionRow,
) -> Result<Vec<ChangeLine>> {
    let db = app.store().reader();
    let changes = queries::list_changes(db, id).await?;
    let people: Vec<_> = changes.iter().filter_map(|change| change.changed_by).collect();
    let names = staff::queries::names(db, &people).await?;
    let periods = row.periods();
    let line = |change: goal_change::Model| {
        let (day, time) = (local_date(change.changed_at), local_time(change.changed_at));
        let field = match change.field {
            ChangedField::Goal => "goals.goal",
            ChangedField::Actual => "goals.actual",
            ChangedField::Achievement => "goals.achievement",
            ChangedField::Evidence => "goals.evidence",
            ChangedField::NextDirection => "goals.next",
        };
        let told = |words: &str| match Achievement::from_text(words) {
            Some(judged) if change.field == ChangedField::Achievement => {
                view::judged(page, judged).words
            }
            _ => words.to_owned(),
        };
        ChangeLine {
            at: match page.ctx.lang {
                Lang::Ja => format!("{} {}", dates::date_short_ja(day), dates::time_ja(time)),
                Lang::En => format!("{}, {}", dates::date_short_en(day), dates::time_en(time)),
            },
            who: change.changed_by.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            what: format!("{} {}", page.t(field), periods.short(change.fiscal_year)),
            before: told(&change.before_words),
            after: told(&change.after_words),
        }
    };
    Ok(changes.into_iter().map(line).collect())
}

#[derive(Deserialize, Default)]
struct OfYear {
    #[serde(default)]
    year: Option<i32>,
}

#[handler]
pub(super) async fn show_item(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    query: Query<OfYear>,
) -> Result<Response> {
    render(&item_page(page, &app, &ctx, GoalItemId(id), query.0.year).await?)
}

/// The page again with what was typed and what is wrong with it.
fn again(mut template: ItemPage, form: &str, error: Error) -> Result<Response> {
    match error {
        Error::Invalid(errors) => {
            let named = |error: FieldError| FieldError {
                field: format!("{form}-{}", error.field),
                ..error
            };
            template.errors = errors.into_iter().map(named).collect();
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
        }
        Error::Refused(refusal) => {
            template.refusal = Some(template.page.refusal(&refusal));
            render_with(StatusCode::CONFLICT, &template)
        }
        Error::Stale => {
            template.refusal = Some(template.page.t("problem.stale").to_owned());
            render_with(StatusCode::CONFLICT, &template)
        }
        other => Err(other),
    }
}

/// The number in a field; none in an empty one.
pub(super) fn read_value(field: &str, text: &str) -> Result<Option<i64>> {
    match text.trim() {
        "" => Ok(None),
        text => {
            number::parse(text).map(Some).ok_or_else(|| Error::invalid(field, "err.goals.number"))
        }
    }
}

fn read_goal(typed: &GoalTyped) -> Result<NewGoal> {
    Ok(NewGoal {
        kind: CellKind::from_text(&typed.kind).ok_or(Error::BadRequest)?,
        words: typed.words.clone(),
        milli: read_value("value", &typed.value)?,
        approx: !typed.approx.is_empty(),
    })
}

#[handler]
pub(super) async fn post_goal(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<GoalTyped>,
) -> Result<Response> {
    let scope = &ctx.scope(GOALS)?;
    let id = GoalMeasureId(id);
    let item = queries::get_measure(app.store().reader(), scope, id).await?.item_id;
    let year = typed.year.parse().unwrap_or_default();
    let revision = Some(typed.revision.parse().unwrap_or(-1));
    let done = match read_goal(&typed) {
        Ok(new) => {
            let new = &new;
            app.store()
                .write_once(&ctx, "set_goal", intent.0.as_ref(), |tx| async move {
                    actions::set_goal(&tx, scope, id, year, revision, new).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    let Err(error) = done else { return Ok(back(item, year)) };
    let mut template = item_page(page, &app, &ctx, item, Some(year)).await?;
    if let Some(form) = template.measures.iter_mut().find(|form| form.id == id.0) {
        form.goal = GoalTyped { revision: form.goal.revision.clone(), ..typed };
    }
    again(template, &format!("goal-{id}"), error)
}

fn back(item: GoalItemId, year: i32) -> Response {
    redirect(&format!("/goals/items/{item}?year={year}"))
}

fn read_actual(typed: &ActualTyped) -> Result<NewActual> {
    let metric = match typed.metric.as_str() {
        "" => None,
        text => Some(Metric::from_text(text).ok_or(Error::BadRequest)?),
    };
    Ok(NewActual {
        words: typed.words.clone(),
        milli: read_value("value", &typed.value)?,
        approx: !typed.approx.is_empty(),
        metric,
        programme_id: typed.programme_id.parse().ok().map(ProgrammeId),
        session_kind: SessionKind::from_text(&typed.session_kind),
    })
}

#[handler]
pub(super) async fn post_actual(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<ActualTyped>,
) -> Result<Response> {
    let scope = &ctx.scope(GOALS)?;
    let id = GoalMeasureId(id);
    let item = queries::get_measure(app.store().reader(), scope, id).await?.item_id;
    let year = typed.year.parse().unwrap_or_default();
    let revision = Some(typed.revision.parse().unwrap_or(-1));
    let done = match read_actual(&typed) {
        Ok(new) => {
            let new = &new;
            app.store()
                .write_once(&ctx, "record_actual", intent.0.as_ref(), |tx| async move {
                    actions::record_actual(&tx, scope, id, year, revision, new).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    let Err(error) = done else { return Ok(back(item, year)) };
    let mut template = item_page(page, &app, &ctx, item, Some(year)).await?;
    if let Some(form) = template.measures.iter_mut().find(|form| form.id == id.0) {
        form.actual = ActualTyped { revision: form.actual.revision.clone(), ..typed };
    }
    again(template, &format!("actual-{id}"), error)
}

#[handler]
pub(super) async fn post_review(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<ReviewTyped>,
) -> Result<Response> {
    let scope = &ctx.scope(GOALS)?;
    let id = GoalItemId(id);
    let year = typed.year.parse().unwrap_or_default();
    let revision = Some(typed.revision.parse().unwrap_or(-1));
    let new = &Judgement {
        achievement: Achievement::from_text(&typed.achievement),
        evidence: typed.evidence.clone(),
        next_direction: typed.next_direction.clone(),
    };
    let done = app
        .store()
        .write_once(&ctx, "judge_achievement", intent.0.as_ref(), |tx| async move {
            actions::judge(&tx, scope, id, year, revision, new).await
        })
        .await;
    let Err(error) = done else { return Ok(back(id, year)) };
    let mut template = item_page(page, &app, &ctx, id, Some(year)).await?;
    template.review = ReviewTyped { revision: template.review.revision.clone(), ..typed };
    again(template, "review", error)
}

#[handler]
pub(super) async fn remove(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
) -> Result<Response> {
    let scope = &ctx.scope(GOALS)?;
    let id = GoalItemId(id);
    let done = app
        .store()
        .write_once(&ctx, "remove_plan_item", intent.0.as_ref(), |tx| async move {
            actions::remove_item(&tx, scope, id).await
        })
        .await;
    match done {
        Ok(edition) => Ok(redirect(&format!("/goals/editions/{edition}"))),
        Err(error) => again(item_page(page, &app, &ctx, id, None).await?, "remove", error),
    }
}
