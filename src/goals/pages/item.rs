//! Staff: one initiative and one fiscal year of it: goal, actual, judgement, and what was changed.

use std::collections::HashMap;
use std::fmt::Display;

use askama::Template;
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_change::{self, ChangedField};
use entity::goals::goal_measure::MeasureKind;
use entity::goals::goal_review::Achievement;
use entity::sessions::session::SessionKind;
use entity::{GoalItemId, GoalMeasureId, ProgrammeId, StaffId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view::{self, EditionReader, ItemArticle, Title};
use super::{back_of, read_value};
use crate::goals::queries::{self, EditionRow, WholeItem};
use crate::goals::rules::chart::Sort;
use crate::goals::rules::content::{Actual, Cell, Item, Measure, Review};
use crate::goals::rules::figure::{Figure, LiveFigures};
use crate::goals::rules::number;
use crate::goals::rules::year::{Judgement, NewActual, NewGoal};
use crate::goals::{Goals, actions};
use crate::platform::web::door::{Choice, Field, Returned, Typed, Visit, render_form, revision_of};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::{programmes, staff};

fn read_goal(typed: &Typed) -> Result<NewGoal> {
    Ok(NewGoal {
        kind: CellKind::from_text(typed.get("kind")).ok_or(Error::BadRequest)?,
        words: typed.get("words").to_owned(),
        milli: read_value("value", typed.get("value"))?,
        approx: !typed.get("approx").is_empty(),
    })
}

fn read_actual(typed: &Typed) -> Result<NewActual> {
    let metric = match typed.get("metric") {
        "" => None,
        text => Some(Metric::from_text(text).ok_or(Error::BadRequest)?),
    };
    Ok(NewActual {
        words: typed.get("words").to_owned(),
        milli: read_value("value", typed.get("value"))?,
        approx: !typed.get("approx").is_empty(),
        metric,
        programme_id: typed.get("programme_id").parse().ok().map(ProgrammeId),
        session_kind: SessionKind::from_text(typed.get("session_kind")),
    })
}

fn read_judgement(typed: &Typed) -> Judgement {
    Judgement {
        achievement: Achievement::from_text(typed.get("achievement")),
        evidence: typed.get("evidence").to_owned(),
        next_direction: typed.get("next_direction").to_owned(),
    }
}

/// The names of the forms: their fields carry them in their ids.
fn goal_form(id: GoalMeasureId) -> String {
    format!("goal-{id}")
}

fn actual_form(id: GoalMeasureId) -> String {
    format!("actual-{id}")
}

const REVIEW_FORM: &str = "review";
const REMOVE_FORM: &str = "remove";

/// A form of the page that comes back, by its name.
#[derive(Default)]
struct ReturnedForm {
    name: String,
    back: Returned,
}

impl ReturnedForm {
    /// Why it comes back, with what was typed.
    fn of(page: &Page, name: String, error: Error, typed: Typed) -> Result<Self> {
        let mut back = back_of(page, error)?.with(typed);
        for error in &mut back.errors {
            error.field = format!("{name}-{}", error.field);
        }
        Ok(Self { name, back })
    }
}

/// A measure in the year that is shown: what stands in its two forms.
struct MeasureForms {
    id: GoalMeasureId,
    goal_form: String,
    actual_form: String,
    name: String,
    unit: String,
    /// A goal in words cannot be counted.
    countable: bool,
    goal: Cell,
    actual: Actual,
    metric: Option<Metric>,
    programme_id: Option<ProgrammeId>,
    session_kind: Option<SessionKind>,
    /// The figure of today, and as published.
    now: String,
    kept: String,
}

impl MeasureForms {
    fn new(page: &Page, measure: &Measure, year: i32, live: &LiveFigures) -> Self {
        let id = measure.id.unwrap_or(GoalMeasureId(0));
        let actual = measure.actuals.get(&year).cloned().unwrap_or_default();
        let words = |figure: &Figure| view::figure_words(page, figure, &measure.unit);
        let now = actual.id.and_then(|id| live.get(&id));
        let kept = actual.frozen.as_ref().map(|(_, figure)| figure);

        Self {
            id,
            goal_form: goal_form(id),
            actual_form: actual_form(id),
            name: view::measure_name(page, measure).to_owned(),
            unit: measure.unit.clone(),
            countable: measure.kind != MeasureKind::Text,
            goal: measure.cells.get(&year).cloned().unwrap_or_else(Cell::none),
            metric: actual.binding.map(|binding| binding.metric),
            programme_id: actual.binding.and_then(|binding| binding.programme_id),
            session_kind: actual.binding.and_then(|binding| binding.session_kind),
            now: now.map(words).unwrap_or_default(),
            kept: kept.map(words).unwrap_or_default(),
            actual,
        }
    }
}

/// What the list of initiatives shows, with this one only.
struct OneItem<'a> {
    items: Vec<ItemArticle<'a>>,
}

#[derive(Template)]
#[template(path = "goals/pages/item.html")]
struct ItemPage<'a> {
    page: Page,
    row: &'a EditionRow,
    item: &'a Item,
    title: Title<'a>,
    /// A published initiative is read, not filled in.
    theme: OneItem<'a>,
    id: GoalItemId,
    is_draft: bool,
    year: i32,
    measures: Vec<MeasureForms>,
    review: Review,
    approver: String,
    kinds: Vec<Choice>,
    metrics: Vec<Choice>,
    programmes: Vec<Choice>,
    session_kinds: Vec<Choice>,
    achievements: Vec<Choice>,
    changes: Vec<goal_change::Model>,
    /// Of whoever changed something.
    names: HashMap<StaffId, String>,
    /// The form that came back.
    form: String,
    back: Returned,
}

impl ItemPage<'_> {
    /// A field of one of the forms; its id carries the name of the form. In the form that came
    /// back stands what was typed.
    fn field(&self, form: &str, name: &str, label: &str, stands: impl Display) -> Field {
        let (id, stands) = (format!("{form}-{name}"), stands.to_string());
        let value = if self.form == form { self.back.value(name, &stands) } else { stands };
        Field { name: name.to_owned(), ..self.page.field(&self.back, &id, label, value) }
    }

    /// A field in which nothing may stand.
    fn choice(&self, form: &str, name: &str, label: &str, stands: &Option<impl Display>) -> Field {
        let stands = stands.as_ref().map(ToString::to_string).unwrap_or_default();
        self.field(form, name, label, stands)
    }

    /// The number of one of the forms, in the unit of its measure.
    fn number(&self, form: &str, unit: &str, milli: &Option<i64>) -> Field {
        let field = self.choice(form, "value", "goals.value", &milli.map(number::shown));
        let label = format!("{} {unit}", field.label);
        Field { label, ..field }.class("input-digits w-8").mode("decimal")
    }

    /// Whether the box of a form is ticked that says that its number is about so many.
    fn approx(&self, form: &str, stands: &bool) -> bool {
        if self.form == form { !self.back.typed.get("approx").is_empty() } else { *stands }
    }

    fn year_label(&self, year: &i32) -> String {
        self.row.periods().label(self.page.ctx.lang, *year)
    }

    /// What was changed, and of which year.
    fn changed(&self, change: &goal_change::Model) -> String {
        let field = match change.field {
            ChangedField::Goal => "goals.goal",
            ChangedField::Actual => "goals.actual",
            ChangedField::Achievement => "goals.achievement",
            ChangedField::Evidence => "goals.evidence",
            ChangedField::NextDirection => "goals.next",
        };
        format!("{} {}", self.page.t(field), self.row.periods().short(change.fiscal_year))
    }

    /// What stood or stands there: of a judgement its word.
    fn told(&self, field: &ChangedField, words: &str) -> String {
        match Achievement::from_text(words) {
            Some(judged) if *field == ChangedField::Achievement => {
                self.page.word("goals.achievement", judged)
            }
            _ => words.to_owned(),
        }
    }

    fn who(&self, id: &Option<StaffId>) -> &str {
        id.and_then(|id| self.names.get(&id)).map_or("", String::as_str)
    }
}

async fn item_page(
    visit: Visit<Goals>,
    id: GoalItemId,
    year: Option<i32>,
    returned: ReturnedForm,
) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let WholeItem { row, item, live } = queries::whole_item(db, scope, id, now).await?;
    let year = year_of(&row, &item, year);
    let review = item.reviews.get(&year).cloned().unwrap_or_default();
    let programmes = programme_choices(&visit).await?;

    // Who judged is one of us, or stands in the words of a loaded document.
    let changes = queries::list_changes(db, id).await?;
    let changed_by = changes.iter().filter_map(|change| change.changed_by);
    let people: Vec<StaffId> = changed_by.chain(review.approved_by).collect();
    let names = staff::queries::names(db, &people).await?;
    let approver = match review.approved_by {
        Some(id) => names.get(&id).cloned().unwrap_or_default(),
        None => review.approver_words.clone(),
    };

    let page = visit.page;
    let measures = item.measures.iter();
    let reader = EditionReader { page: &page, row: &row, live: &live, for_staff: true };
    let view = ItemArticle { edit_link: String::new(), ..reader.item(&item) };
    let template = ItemPage {
        row: &row,
        item: &item,
        title: view.title,
        theme: OneItem { items: vec![view] },
        id,
        is_draft: row.is_draft(),
        year,
        measures: measures.map(|one| MeasureForms::new(&page, one, year, &live)).collect(),
        review,
        approver,
        kinds: page.choices("goals.kind", CellKind::ALL),
        metrics: page.choices("goals.metric", Metric::ALL),
        programmes,
        session_kinds: page.choices("kind", SessionKind::ALL),
        achievements: page.choices("goals.achievement", Achievement::ALL),
        changes,
        names,
        form: returned.name,
        back: returned.back,
        page,
    };
    render_form(&template.back, &template)
}

/// The year that was asked for; else the last year of which anything is told, or the first.
fn year_of(row: &EditionRow, item: &Item, asked: Option<i32>) -> i32 {
    let periods = row.periods();
    let asked = asked.filter(|year| periods.contains(*year));
    let told = periods.years().filter(|year| item.has_result(*year)).last();
    asked.or(told).unwrap_or(row.plan.first_year)
}

async fn programme_choices(visit: &Visit<Goals>) -> Result<Vec<Choice>> {
    let found = programmes::queries::list_programmes(visit.db(), &visit.scope).await?;
    let choice = |programme: programmes::programme::Model| {
        let name = visit.page.pick(&programme.name_ja, &programme.name_en);
        (programme.id.to_string(), name.to_owned())
    };
    Ok(found.into_iter().map(choice).collect())
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
    Path(id): Path<GoalItemId>,
    query: Query<ItemQuery>,
) -> Result<Response> {
    item_page(visit, id, query.0.year, ReturnedForm::default()).await
}

/// The year in a form. What cannot be read is a year of no plan, and no action takes that.
fn year_in(typed: &Typed) -> i32 {
    typed.get("year").parse().unwrap_or_default()
}

/// Goes on to the year that was filled in, or shows it again with what was typed.
async fn answer(
    visit: Visit<Goals>,
    id: GoalItemId,
    form: String,
    typed: Typed,
    done: Result<()>,
) -> Result<Response> {
    let year = year_in(&typed);
    let Err(error) = done else {
        return Ok(redirect(&format!("/goals/items/{id}?year={year}")));
    };
    let returned = ReturnedForm::of(&visit.page, form, error, typed)?;
    item_page(visit, id, Some(year), returned).await
}

#[handler]
pub(super) async fn post_goal(
    visit: Visit<Goals>,
    Path(id): Path<GoalMeasureId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let year = year_in(&typed);
    let item = queries::get_measure(visit.db(), &visit.scope, id).await?.item_id;
    let done = async {
        let (new, seen) = (&read_goal(&typed)?, Some(revision_of(typed.get("revision"))?));
        let work =
            |tx, scope| async move { actions::set_goal(&tx, scope, id, year, seen, new).await };
        visit.does("set_goal", work).await
    };
    let done = done.await;
    answer(visit, item, goal_form(id), typed, done).await
}

#[handler]
pub(super) async fn post_actual(
    visit: Visit<Goals>,
    Path(id): Path<GoalMeasureId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let year = year_in(&typed);
    let item = queries::get_measure(visit.db(), &visit.scope, id).await?.item_id;
    let done = async {
        let (new, seen) = (&read_actual(&typed)?, Some(revision_of(typed.get("revision"))?));
        let work = |tx, scope| async move {
            actions::record_actual(&tx, scope, id, year, seen, new).await
        };
        visit.does("record_actual", work).await
    };
    let done = done.await;
    answer(visit, item, actual_form(id), typed, done).await
}

#[handler]
pub(super) async fn post_review(
    visit: Visit<Goals>,
    Path(id): Path<GoalItemId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let year = year_in(&typed);
    let done = async {
        let (new, seen) = (&read_judgement(&typed), Some(revision_of(typed.get("revision"))?));
        let work = |tx, scope| async move { actions::judge(&tx, scope, id, year, seen, new).await };
        visit.does("judge_achievement", work).await
    };
    let done = done.await;
    answer(visit, id, REVIEW_FORM.to_owned(), typed, done).await
}

#[handler]
pub(super) async fn remove(visit: Visit<Goals>, Path(id): Path<GoalItemId>) -> Result<Response> {
    let work = |tx, scope| async move { actions::remove_item(&tx, scope, id).await };
    let done = visit.does("remove_plan_item", work).await;
    let error = match done {
        Ok(edition) => return Ok(redirect(&format!("/goals/editions/{edition}"))),
        Err(error) => error,
    };
    let name = REMOVE_FORM.to_owned();
    let returned = ReturnedForm::of(&visit.page, name, error, Typed::default())?;
    item_page(visit, id, None, returned).await
}
