//! An edition as the API tells it: goals, actuals and judgements of each fiscal year.

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_edition::{self, EditionState};
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_review::Achievement;
use entity::goals::goal_theme;
use entity::{
    BookingId, GoalEditionId, GoalItemId, GoalMeasureId, GoalPlanId, GoalThemeId, SessionId,
    StaffId,
};
use poem_openapi::Object;

use super::{CountedActual, PlanRow, WholeEdition};
use crate::goals::rules::content::{Actual, Cell, Item, Meaning, Measure, Review, meaning};
use crate::goals::rules::figure::{Figure, FigureRow, LiveFigures};
use crate::goals::rules::number::float;
use crate::platform::japan::time::to_jst;

/// A plan.
#[derive(Debug, Object)]
#[oai(rename = "PlanBody")]
pub struct PlanView {
    pub id: GoalPlanId,
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub first_year: i32,
    pub last_year: i32,
    pub editions: Vec<EditionHeadView>,
}

impl From<PlanRow> for PlanView {
    fn from(PlanRow { plan, editions }: PlanRow) -> Self {
        Self {
            id: plan.id,
            code: plan.code,
            name_ja: plan.name_ja,
            name_en: plan.name_en,
            first_year: plan.first_year,
            last_year: plan.last_year,
            editions: editions.into_iter().map(EditionHeadView::from).collect(),
        }
    }
}

/// An edition without its content.
#[derive(Debug, Object)]
#[oai(rename = "EditionHeadBody", skip_serializing_if_is_none)]
pub struct EditionHeadView {
    pub id: GoalEditionId,
    pub code: String,
    pub title_ja: String,
    pub title_en: String,
    pub document: String,
    pub issued_words: String,
    pub state: EditionState,
    pub published_at: Option<DateTime<FixedOffset>>,
    pub based_on: Option<GoalEditionId>,
}

impl From<goal_edition::Model> for EditionHeadView {
    fn from(edition: goal_edition::Model) -> Self {
        Self {
            id: edition.id,
            code: edition.code,
            title_ja: edition.title_ja,
            title_en: edition.title_en,
            document: edition.document,
            issued_words: edition.issued_words,
            state: edition.state,
            published_at: edition.published_at.map(to_jst),
            based_on: edition.based_on,
        }
    }
}

/// An edition.
#[derive(Debug, Object)]
#[oai(rename = "EditionBody")]
pub struct EditionView {
    pub head: EditionHeadView,
    pub themes: Vec<ThemeView>,
    pub items: Vec<ItemView>,
}

impl EditionView {
    /// Everything that the edition says, under its themes as they are stored.
    pub fn new(edition: WholeEdition, themes: Vec<goal_theme::Model>) -> Self {
        let WholeEdition { row, content, live } = edition;
        Self {
            head: row.edition.into(),
            themes: themes.into_iter().map(ThemeView::from).collect(),
            items: content.items.into_iter().map(|item| ItemView::new(item, &live)).collect(),
        }
    }
}

/// A theme under its policy; an initiative names it by `policy` and `theme`.
#[derive(Debug, Object)]
#[oai(rename = "ThemeBody")]
pub struct ThemeView {
    pub id: GoalThemeId,
    pub policy: String,
    pub policy_title: String,
    /// Within its policy.
    pub number: i32,
    pub title_ja: String,
    pub title_en: String,
    /// One a line.
    pub sentences: String,
}

impl From<goal_theme::Model> for ThemeView {
    fn from(theme: goal_theme::Model) -> Self {
        Self {
            id: theme.id,
            policy: theme.policy,
            policy_title: theme.policy_title,
            number: theme.number,
            title_ja: theme.title_ja,
            title_en: theme.title_en,
            sentences: theme.lead,
        }
    }
}

/// An initiative.
#[derive(Debug, Object)]
#[oai(rename = "ItemBody", skip_serializing_if_is_none)]
pub struct ItemView {
    pub id: GoalItemId,
    pub revision: i32,
    pub code: String,
    pub policy: Option<String>,
    pub theme: Option<i32>,
    pub title_ja: String,
    pub title_en: String,
    pub cross_listed_as: Option<String>,
    pub measures: Vec<MeasureView>,
    pub reviews: Vec<ReviewedYear>,
}

impl ItemView {
    /// A stored item; `live` are the figures of its counted actuals.
    pub fn new(item: Item, live: &LiveFigures) -> Self {
        let (policy, theme) = item.theme.unzip();
        let measures = item.measures.into_iter();
        Self {
            id: item.id.unwrap_or(GoalItemId(0)),
            revision: item.revision,
            code: item.code,
            policy,
            theme,
            title_ja: item.title_ja,
            title_en: item.title_en,
            cross_listed_as: item.cross_listed_as,
            measures: measures.map(|measure| MeasureView::new(measure, live)).collect(),
            reviews: item.reviews.into_iter().map(ReviewedYear::from).collect(),
        }
    }
}

/// What an item is measured by.
#[derive(Debug, Object)]
#[oai(rename = "MeasureBody", skip_serializing_if_is_none)]
pub struct MeasureView {
    pub id: GoalMeasureId,
    pub name_ja: String,
    pub kind: MeasureKind,
    pub unit: String,
    pub direction: Direction,
    pub baseline: Option<f64>,
    pub baseline_words: String,
    pub denominator: String,
    pub denominator_year: Option<i32>,
    pub goals: Vec<GoalOfYear>,
    pub actuals: Vec<ActualOfYear>,
}

impl MeasureView {
    fn new(measure: Measure, live: &LiveFigures) -> Self {
        let goal = |(year, cell): (&i32, &Cell)| {
            let meant = match meaning(&measure.cells, *year) {
                Meaning::Said(meant, _) => Some(meant),
                Meaning::Nothing | Meaning::Unknown => None,
            };
            GoalOfYear {
                fiscal_year: *year,
                kind: cell.kind,
                words: meant.map(|meant| meant.words.clone()).unwrap_or_default(),
                value: meant.and_then(|meant| meant.milli).map(float),
                approx: meant.is_some_and(|meant| meant.approx),
            }
        };
        let goals = measure.cells.iter().map(goal).collect();

        let actuals = measure.actuals.into_iter();
        Self {
            id: measure.id.unwrap_or(GoalMeasureId(0)),
            name_ja: measure.name_ja,
            kind: measure.kind,
            unit: measure.unit,
            direction: measure.direction,
            baseline: measure.baseline_milli.map(float),
            baseline_words: measure.baseline_words,
            denominator: measure.denominator,
            denominator_year: measure.denominator_year,
            goals,
            actuals: actuals.map(|(year, actual)| ActualOfYear::new(year, actual, live)).collect(),
        }
    }
}

/// The goal of a fiscal year.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct GoalOfYear {
    pub fiscal_year: i32,
    pub kind: CellKind,
    /// What it means: carried and merged cells say what the year before says.
    pub words: String,
    pub value: Option<f64>,
    pub approx: bool,
}

/// What was reached in a fiscal year.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ActualOfYear {
    pub fiscal_year: i32,
    pub words: String,
    /// As entered, or as published.
    pub value: Option<f64>,
    pub approx: bool,
    pub metric: Option<Metric>,
    /// A counted actual as it stands now.
    pub live: Option<f64>,
}

impl ActualOfYear {
    fn new(fiscal_year: i32, actual: Actual, live: &LiveFigures) -> Self {
        let now = actual.id.and_then(|id| live.get(&id));
        // A published figure goes before what was entered.
        let (value, approx) = match &actual.frozen {
            Some((_, kept)) => (Some(kept.milli), kept.approx),
            None => (actual.milli, actual.approx),
        };
        Self {
            fiscal_year,
            words: actual.words,
            value: value.map(float),
            approx,
            metric: actual.binding.map(|binding| binding.metric),
            live: now.map(|figure| float(figure.milli)),
        }
    }
}

/// The judgement of a fiscal year.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ReviewedYear {
    pub fiscal_year: i32,
    pub achievement: Option<Achievement>,
    pub evidence: String,
    /// Staff member who judged.
    pub approved_by: Option<StaffId>,
    pub approved_at: Option<DateTime<FixedOffset>>,
    /// Who judged in a loaded document.
    pub approver_words: String,
    pub next_direction: String,
}

impl From<(i32, Review)> for ReviewedYear {
    fn from((fiscal_year, review): (i32, Review)) -> Self {
        Self {
            fiscal_year,
            achievement: review.achievement,
            evidence: review.evidence,
            approved_by: review.approved_by,
            approved_at: review.approved_at.map(to_jst),
            approver_words: review.approver_words,
            next_direction: review.next_direction,
        }
    }
}

/// A counted actual with its rows.
#[derive(Debug, Object)]
#[oai(rename = "ActualRows", skip_serializing_if_is_none)]
pub struct ActualRowsView {
    pub metric: Metric,
    /// As published; none in a draft.
    pub published: Option<FigureView>,
    pub live: FigureView,
}

impl From<CountedActual> for ActualRowsView {
    fn from(counted: CountedActual) -> Self {
        let published = counted.frozen.map(|(at, figure)| FigureView {
            frozen_at: Some(to_jst(at)),
            ..FigureView::from(figure)
        });
        Self { metric: counted.metric, published, live: counted.live.into() }
    }
}

/// A figure.
#[derive(Debug, Object)]
#[oai(rename = "FigureBody", skip_serializing_if_is_none)]
pub struct FigureView {
    pub value: f64,
    pub approx: bool,
    pub frozen_at: Option<DateTime<FixedOffset>>,
    pub rows: Vec<FigureRowView>,
}

impl From<Figure> for FigureView {
    fn from(figure: Figure) -> Self {
        Self {
            value: float(figure.milli),
            approx: figure.approx,
            frozen_at: None,
            rows: figure.rows.into_iter().map(FigureRowView::from).collect(),
        }
    }
}

/// One row behind a figure: a session, a total of a document, or a procedure.
#[derive(Debug, Default, Object)]
#[oai(rename = "RowBody", skip_serializing_if_is_none)]
pub struct FigureRowView {
    pub session_id: Option<SessionId>,
    pub on: Option<NaiveDate>,
    pub ward_codes: Vec<String>,
    /// Sessions that the row stands for.
    pub sessions: Option<i32>,
    /// Who came; of a total what the document prints.
    pub people: Option<i32>,
    pub approx: bool,
    pub document: Option<String>,
    pub words: Option<String>,
    pub booking_ids: Vec<BookingId>,
    pub procedure: Option<String>,
}

impl From<FigureRow> for FigureRowView {
    fn from(row: FigureRow) -> Self {
        match row {
            FigureRow::Session { id, on, title_ja, title_en: _, ward, came } => Self {
                session_id: Some(id),
                on: Some(on),
                ward_codes: ward.into_iter().collect(),
                sessions: Some(1),
                people: i32::try_from(came.len()).ok(),
                booking_ids: came.into_iter().map(|came| came.booking_id).collect(),
                words: Some(title_ja),
                ..Self::default()
            },

            FigureRow::Total {
                document,
                words,
                sessions,
                people,
                approx,
                unit_unknown: _,
                wards,
            } => Self {
                ward_codes: wards,
                sessions: Some(sessions),
                people,
                approx,
                document: Some(document),
                words: Some(words),
                ..Self::default()
            },

            FigureRow::Procedure { rank: _, name, ready_year: _ } => {
                Self { procedure: Some(name), ..Self::default() }
            }
        }
    }
}
