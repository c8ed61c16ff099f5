//! Staff: one initiative and one fiscal year of it: goal, actual, judgement, and what was changed.

use askama::Template;
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_change::{self, ChangedField};
use entity::goals::goal_measure::MeasureKind;
use entity::goals::goal_review::Achievement;
use entity::sessions::session::SessionKind;
use entity::{GoalItemId, GoalMeasureId, ProgrammeId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view::{self, ItemView};
use super::{back_of, read_value};
use crate::goals::Goals;
use crate::goals::actions::{self, Judgement, NewActual, NewGoal};
use crate::goals::queries::{self, EditionRow};
use crate::goals::rules::chart::Sort;
use crate::goals::rules::content::{Item, Measure, Review};
use crate::goals::rules::number;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::door::{Choice, Field, Returned, Visit, render_form, revision_of};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Lang, Result};
use crate::{programmes, staff};

/// A goal as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GoalForm {
    revision: String,
    year: String,
    kind: String,
    words: String,
    value: String,
    approx: String,
}

impl GoalForm {
    fn read(&self) -> Result<NewGoal> {
        Ok(NewGoal {
            kind: CellKind::from_text(&self.kind).ok_or(Error::BadRequest)?,
            words: self.words.clone(),
            milli: read_value("value", &self.value)?,
            approx: !self.approx.is_empty(),
        })
    }

    /// What stands for a fiscal year.
    fn of(measure: &Measure, year: i32) -> Self {
        let cell = measure.cells.get(&year);
        Self {
            kind: cell.map_or(CellKind::None, |cell| cell.kind).to_string(),
            words: cell.map(|cell| cell.words.clone()).unwrap_or_default(),
            value: shown_value(cell.and_then(|cell| cell.milli)),
            approx: mark(cell.is_some_and(|cell| cell.approx)),
            ..Self::default()
        }
    }
}

/// An actual as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActualForm {
    revision: String,
    year: String,
    words: String,
    value: String,
    approx: String,
    metric: String,
    programme_id: String,
    session_kind: String,
}

impl ActualForm {
    fn read(&self) -> Result<NewActual> {
        let metric = match self.metric.as_str() {
            "" => None,
            text => Some(Metric::from_text(text).ok_or(Error::BadRequest)?),
        };
        Ok(NewActual {
            words: self.words.clone(),
            milli: read_value("value", &self.value)?,
            approx: !self.approx.is_empty(),
            metric,
            programme_id: self.programme_id.parse().ok().map(ProgrammeId),
            session_kind: SessionKind::from_text(&self.session_kind),
        })
    }

    /// What stands for a fiscal year.
    fn of(measure: &Measure, year: i32) -> Self {
        let Some(actual) = measure.actuals.get(&year) else { return Self::default() };
        let binding = actual.binding;
        let programme_id = binding.and_then(|binding| binding.programme_id);
        let session_kind = binding.and_then(|binding| binding.session_kind);
        Self {
            words: actual.words.clone(),
            value: shown_value(actual.milli),
            approx: mark(actual.approx),
            metric: binding.map(|binding| binding.metric.to_string()).unwrap_or_default(),
            programme_id: programme_id.map(|id| id.to_string()).unwrap_or_default(),
            session_kind: session_kind.map(|kind| kind.to_string()).unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// A judgement as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReviewForm {
    revision: String,
    year: String,
    achievement: String,
    evidence: String,
    next_direction: String,
}

impl ReviewForm {
    fn read(&self) -> Judgement {
        Judgement {
            achievement: Achievement::from_text(&self.achievement),
            evidence: self.evidence.clone(),
            next_direction: self.next_direction.clone(),
        }
    }

    /// What stands.
    fn of(review: &Review) -> Self {
        let achievement = review.achievement.map(|achievement| achievement.to_string());
        Self {
            achievement: achievement.unwrap_or_default(),
            evidence: review.evidence.clone(),
            next_direction: review.next_direction.clone(),
            ..Self::default()
        }
    }
}

fn shown_value(milli: Option<i64>) -> String {
    milli.map(number::shown).unwrap_or_default()
}

/// What a box to tick sends.
fn mark(is_ticked: bool) -> String {
    if is_ticked { "1".to_owned() } else { String::new() }
}

/// A form that came back, with what was typed.
enum Filled {
    Goal(GoalMeasureId, GoalForm),
    Actual(GoalMeasureId, ActualForm),
    Review(ReviewForm),
}

impl Filled {
    /// The name of the form: its fields carry it in their ids.
    fn form(&self) -> String {
        match self {
            Self::Goal(id, _) => format!("goal-{id}"),
            Self::Actual(id, _) => format!("actual-{id}"),
            Self::Review(_) => "review".to_owned(),
        }
    }
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
    goal: GoalForm,
    actual: ActualForm,
    /// The figure of today, and as published.
    now: String,
    kept: String,
    rows_link: String,
}

impl MeasureForm {
    fn new(page: &Page, measure: &Measure, year: i32, live: &view::Live) -> Self {
        let id = measure.id.map_or(0, |id| id.0);
        let actual = measure.actuals.get(&year);
        let is_bound = actual.is_some_and(|actual| actual.binding.is_some());
        let words = |figure| view::figure_words(page, figure, &measure.unit);
        let now = actual.and_then(|actual| live.get(&actual.id?));
        let kept = actual.and_then(|actual| actual.frozen.as_ref()).map(|(_, figure)| figure);

        Self {
            id,
            name: view::measure_name(page, measure),
            unit: measure.unit.clone(),
            countable: measure.kind != MeasureKind::Text,
            goal: GoalForm::of(measure, year),
            actual: ActualForm::of(measure, year),
            now: now.map(words).unwrap_or_default(),
            kept: kept.map(words).unwrap_or_default(),
            rows_link: match is_bound {
                true => format!("/goals/measures/{id}/rows?year={year}"),
                false => String::new(),
            },
        }
    }
}

struct ChangeLine {
    at: String,
    who: String,
    what: String,
    before: String,
    after: String,
}

impl ChangeLine {
    /// `who` is the name of whoever changed it.
    fn new(page: &Page, row: &EditionRow, change: goal_change::Model, who: String) -> Self {
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

        Self {
            at: match page.ctx.lang {
                Lang::Ja => format!("{} {}", dates::date_short_ja(day), dates::time_ja(time)),
                Lang::En => format!("{}, {}", dates::date_short_en(day), dates::time_en(time)),
            },
            who,
            what: format!("{} {}", page.t(field), row.periods().short(change.fiscal_year)),
            before: told(&change.before_words),
            after: told(&change.after_words),
        }
    }
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
    review: ReviewForm,
    approver: String,
    kinds: Vec<Choice>,
    metrics: Vec<Choice>,
    programmes: Vec<Choice>,
    session_kinds: Vec<Choice>,
    achievements: Vec<Choice>,
    changes: Vec<ChangeLine>,
    back: Returned,
}

impl ItemPage {
    fn goal_form(&self, id: &i64) -> String {
        format!("goal-{id}")
    }

    fn actual_form(&self, id: &i64) -> String {
        format!("actual-{id}")
    }

    /// A field of one of the forms; its id carries the name of the form.
    fn field(&self, form: &str, name: &str, label: &str, value: &str) -> Field {
        let id = format!("{form}-{name}");
        Field { name: name.to_owned(), ..self.page.field(&self.back, &id, label, value) }
    }

    /// The number of one of the forms, in the unit of its measure.
    fn number(&self, form: &str, unit: &str, value: &str) -> Field {
        let field = self.field(form, "value", "goals.value", value);
        let label = format!("{} {unit}", field.label);
        Field { label, ..field }.class("input-digits w-8").mode("decimal")
    }

    /// With what was typed in the place of what stands.
    fn filled(mut self, filled: Filled) -> Self {
        let mut measures = self.measures.iter_mut();
        match filled {
            Filled::Goal(id, form) => {
                if let Some(measure) = measures.find(|measure| measure.id == id.0) {
                    measure.goal = form;
                }
            }
            Filled::Actual(id, form) => {
                if let Some(measure) = measures.find(|measure| measure.id == id.0) {
                    measure.actual = form;
                }
            }
            Filled::Review(form) => self.review = form,
        }
        self
    }
}

async fn item_page(
    visit: Visit<Goals>,
    id: GoalItemId,
    year: Option<i32>,
    back: Returned,
) -> Result<ItemPage> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let edition_id = queries::get_item(db, scope, id).await?.edition_id;
    let row = queries::get_edition(db, scope, edition_id).await?;
    let mut content = queries::content(db, &row.edition).await?;
    content.items.retain(|item| item.id == Some(id));
    let live = queries::live_figures(db, &row.plan, &content, now).await?;
    let item = content.items.pop().ok_or(Error::NotFound)?;

    let year = year_of(&row, &item, year);
    let review = item.reviews.get(&year);
    let approver = approver(&visit, review).await?;
    let programmes = programme_choices(&visit).await?;
    let changes = change_lines(&visit, id, &row).await?;

    let page = visit.page;
    let (lang, periods) = (page.ctx.lang, row.periods());
    let measures = item.measures.iter();
    let view = || view::item_view(&page, &row, &item, &live, true);
    Ok(ItemPage {
        edition_id: row.edition.id.0,
        edition: view::pick(lang, &row.edition.title_ja, &row.edition.title_en).0,
        item: view(),
        theme: ReadOnly { items: vec![ItemView { edit_link: String::new(), ..view() }] },
        id: id.0,
        revision: item.revision,
        is_draft: row.is_draft(),
        can_judge: item.cross_listed_as.is_none(),
        year,
        year_label: periods.label(lang, year),
        tabs: tabs(lang, &row, id, year),
        measures: measures.map(|one| MeasureForm::new(&page, one, year, &live)).collect(),
        review: review.map(ReviewForm::of).unwrap_or_default(),
        approver,
        kinds: page.choices("goals.kind", CellKind::ALL),
        metrics: page.choices("goals.metric", Metric::ALL),
        programmes,
        session_kinds: page.choices("kind", SessionKind::ALL),
        achievements: page.choices("goals.achievement", Achievement::ALL),
        changes,
        back,
        page,
    })
}

/// The year that was asked for; else the last year of which anything is told, or the first.
fn year_of(row: &EditionRow, item: &Item, asked: Option<i32>) -> i32 {
    let periods = row.periods();
    let asked = asked.filter(|year| periods.contains(*year));
    let told = periods.years().filter(|year| item.has_result(*year)).last();
    asked.or(told).unwrap_or(row.plan.first_year)
}

fn tabs(lang: Lang, row: &EditionRow, id: GoalItemId, current: i32) -> Vec<YearTab> {
    let periods = row.periods();
    let tab = |year| YearTab {
        label: periods.label(lang, year),
        href: format!("/goals/items/{id}?year={year}"),
        current: year == current,
    };
    periods.years().map(tab).collect()
}

/// Who judged: the name of one of us, or the words of a loaded document.
async fn approver(visit: &Visit<Goals>, review: Option<&Review>) -> Result<String> {
    let Some(review) = review else { return Ok(String::new()) };
    let Some(id) = review.approved_by else { return Ok(review.approver_words.clone()) };
    let mut names = staff::queries::names(visit.db(), &[id]).await?;
    Ok(names.remove(&id).unwrap_or_default())
}

async fn programme_choices(visit: &Visit<Goals>) -> Result<Vec<Choice>> {
    let found = programmes::queries::list_programmes(visit.db(), &visit.scope).await?;
    let choice = |programme: programmes::programme::Model| {
        let name = visit.page.pick(&programme.name_ja, &programme.name_en);
        (programme.id.to_string(), name.to_owned())
    };
    Ok(found.into_iter().map(choice).collect())
}

async fn change_lines(
    visit: &Visit<Goals>,
    id: GoalItemId,
    row: &EditionRow,
) -> Result<Vec<ChangeLine>> {
    let changes = queries::list_changes(visit.db(), id).await?;
    let people: Vec<_> = changes.iter().filter_map(|change| change.changed_by).collect();
    let names = staff::queries::names(visit.db(), &people).await?;
    let line = |change: goal_change::Model| {
        let who = change.changed_by.and_then(|id| names.get(&id).cloned());
        ChangeLine::new(&visit.page, row, change, who.unwrap_or_default())
    };
    Ok(changes.into_iter().map(line).collect())
}

/// Which fiscal year is shown.
#[derive(Deserialize, Default)]
struct ItemQuery {
    #[serde(default)]
    year: Option<i32>,
}

#[handler]
pub(super) async fn show_item(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    query: Query<ItemQuery>,
) -> Result<Response> {
    let template = item_page(visit, GoalItemId(id), query.0.year, Returned::default()).await?;
    render_form(&template.back, &template)
}

/// The year in a form. What cannot be read is a year of no plan, and no action takes that.
fn read_year(typed: &str) -> i32 {
    typed.parse().unwrap_or_default()
}

/// Why a form of the page comes back: its fields carry the name of the form.
fn named(page: &Page, form: &str, error: Error) -> Result<Returned> {
    let mut back = back_of(page, error)?;
    for error in &mut back.errors {
        error.field = format!("{form}-{}", error.field);
    }
    Ok(back)
}

/// Goes on to the year that was filled in, or shows it again with what was typed.
async fn answer(
    visit: Visit<Goals>,
    id: GoalItemId,
    year: i32,
    filled: Filled,
    done: Result<()>,
) -> Result<Response> {
    let Err(error) = done else {
        return Ok(redirect(&format!("/goals/items/{id}?year={year}")));
    };
    let back = named(&visit.page, &filled.form(), error)?;
    let template = item_page(visit, id, Some(year), back).await?.filled(filled);
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn post_goal(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    Form(typed): Form<GoalForm>,
) -> Result<Response> {
    let (id, year) = (GoalMeasureId(id), read_year(&typed.year));
    let item = queries::get_measure(visit.db(), &visit.scope, id).await?.item_id;
    let done = async {
        let (new, seen) = (&typed.read()?, Some(revision_of(&typed.revision)?));
        let work =
            |tx, scope| async move { actions::set_goal(&tx, scope, id, year, seen, new).await };
        visit.does("set_goal", work).await
    };
    let done = done.await;
    answer(visit, item, year, Filled::Goal(id, typed), done).await
}

#[handler]
pub(super) async fn post_actual(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    Form(typed): Form<ActualForm>,
) -> Result<Response> {
    let (id, year) = (GoalMeasureId(id), read_year(&typed.year));
    let item = queries::get_measure(visit.db(), &visit.scope, id).await?.item_id;
    let done = async {
        let (new, seen) = (&typed.read()?, Some(revision_of(&typed.revision)?));
        let work = |tx, scope| async move {
            actions::record_actual(&tx, scope, id, year, seen, new).await
        };
        visit.does("record_actual", work).await
    };
    let done = done.await;
    answer(visit, item, year, Filled::Actual(id, typed), done).await
}

#[handler]
pub(super) async fn post_review(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    Form(typed): Form<ReviewForm>,
) -> Result<Response> {
    let (id, year) = (GoalItemId(id), read_year(&typed.year));
    let done = async {
        let (new, seen) = (&typed.read(), Some(revision_of(&typed.revision)?));
        let work = |tx, scope| async move { actions::judge(&tx, scope, id, year, seen, new).await };
        visit.does("judge_achievement", work).await
    };
    let done = done.await;
    answer(visit, id, year, Filled::Review(typed), done).await
}

#[handler]
pub(super) async fn remove(visit: Visit<Goals>, Path(id): Path<i64>) -> Result<Response> {
    let id = GoalItemId(id);
    let work = |tx, scope| async move { actions::remove_item(&tx, scope, id).await };
    let done = visit.does("remove_plan_item", work).await;
    let error = match done {
        Ok(edition) => return Ok(redirect(&format!("/goals/editions/{edition}"))),
        Err(error) => error,
    };
    let back = named(&visit.page, "remove", error)?;
    let template = item_page(visit, id, None, back).await?;
    render_form(&template.back, &template)
}
