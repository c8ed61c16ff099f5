//! What the API answers.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::GoalActualId;
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_edition::EditionState;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_review::Achievement;
use entity::goals::goal_theme;
use poem_openapi::{Enum, Object};

use crate::goals::queries::{CountedActual, EditionRow, PlanRow};
use crate::goals::rules::content::{Content, Item, Meaning, Measure, meaning};
use crate::goals::rules::diff::{Comparison, Difference, Side, What};
use crate::goals::rules::figure::{Figure, Row};
use crate::platform::japan::time::to_jst;

/// Thousandths as a number.
fn number(milli: i64) -> f64 {
    milli as f64 / 1000.0
}

/// All plans.
#[derive(Object, Debug)]
pub struct PlanList {
    pub items: Vec<PlanBody>,
}

/// A plan.
#[derive(Object, Debug)]
pub struct PlanBody {
    pub id: i64,
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub first_year: i32,
    pub last_year: i32,
    pub editions: Vec<EditionHeadBody>,
}

/// An edition without its content.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct EditionHeadBody {
    pub id: i64,
    pub code: String,
    pub title_ja: String,
    pub title_en: String,
    pub document: String,
    pub issued_words: String,
    pub state: EditionState,
    pub published_at: Option<DateTime<FixedOffset>>,
    pub based_on: Option<i64>,
}

impl PlanList {
    pub(super) fn new(plans: Vec<PlanRow>) -> Self {
        let plan = |row: PlanRow| PlanBody {
            id: row.plan.id.0,
            code: row.plan.code,
            name_ja: row.plan.name_ja,
            name_en: row.plan.name_en,
            first_year: row.plan.first_year,
            last_year: row.plan.last_year,
            editions: row.editions.into_iter().map(EditionHeadBody::new).collect(),
        };
        Self { items: plans.into_iter().map(plan).collect() }
    }
}

impl EditionHeadBody {
    fn new(edition: entity::goals::goal_edition::Model) -> Self {
        Self {
            id: edition.id.0,
            code: edition.code,
            title_ja: edition.title_ja,
            title_en: edition.title_en,
            document: edition.document,
            issued_words: edition.issued_words,
            state: edition.state,
            published_at: edition.published_at.map(to_jst),
            based_on: edition.based_on.map(|id| id.0),
        }
    }
}

/// An edition.
#[derive(Object, Debug)]
pub struct EditionBody {
    pub head: EditionHeadBody,
    pub themes: Vec<ThemeBody>,
    pub items: Vec<ItemBody>,
}

/// A theme under its policy; an initiative names it by `policy` and `theme`.
#[derive(Object, Debug)]
pub struct ThemeBody {
    pub id: i64,
    pub policy: String,
    pub policy_title: String,
    /// Within its policy.
    pub number: i32,
    pub title_ja: String,
    pub title_en: String,
    /// One a line.
    pub sentences: String,
}

/// An initiative.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ItemBody {
    pub id: i64,
    pub revision: i32,
    pub code: String,
    pub policy: Option<String>,
    pub theme: Option<i32>,
    pub title_ja: String,
    pub title_en: String,
    pub cross_listed_as: Option<String>,
    pub measures: Vec<MeasureBody>,
    pub reviews: Vec<ReviewedYear>,
}

/// What an item is measured by.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct MeasureBody {
    pub id: i64,
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

/// The goal of a fiscal year.
#[derive(Object, Debug)]
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
#[derive(Object, Debug)]
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

/// The judgement of a fiscal year.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ReviewedYear {
    pub fiscal_year: i32,
    pub achievement: Option<Achievement>,
    pub evidence: String,
    /// Staff member who judged.
    pub approved_by: Option<i64>,
    pub approved_at: Option<DateTime<FixedOffset>>,
    /// Who judged in a loaded document.
    pub approver_words: String,
    pub next_direction: String,
}

type Live = BTreeMap<GoalActualId, Figure>;

impl EditionBody {
    pub(super) fn new(
        row: EditionRow,
        themes: Vec<goal_theme::Model>,
        content: Content,
        live: &Live,
    ) -> Self {
        let themes = themes.into_iter().map(|theme| ThemeBody {
            id: theme.id.0,
            policy: theme.policy,
            policy_title: theme.policy_title,
            number: theme.number,
            title_ja: theme.title_ja,
            title_en: theme.title_en,
            sentences: theme.lead,
        });

        Self {
            head: EditionHeadBody::new(row.edition),
            themes: themes.collect(),
            items: content.items.into_iter().map(|item| ItemBody::new(item, live)).collect(),
        }
    }
}

impl ItemBody {
    pub(super) fn new(item: Item, live: &Live) -> Self {
        let reviews = item.reviews.into_iter().map(|(fiscal_year, review)| ReviewedYear {
            fiscal_year,
            achievement: review.achievement,
            evidence: review.evidence,
            approved_by: review.approved_by.map(|id| id.0),
            approved_at: review.approved_at.map(to_jst),
            approver_words: review.approver_words,
            next_direction: review.next_direction,
        });
        let (policy, theme) = item.theme.unzip();

        Self {
            id: item.id.map_or(0, |id| id.0),
            revision: item.revision,
            code: item.code,
            policy,
            theme,
            title_ja: item.title_ja,
            title_en: item.title_en,
            cross_listed_as: item.cross_listed_as,
            reviews: reviews.collect(),
            measures: item.measures.iter().map(|measure| MeasureBody::new(measure, live)).collect(),
        }
    }
}

impl MeasureBody {
    fn new(measure: &Measure, live: &Live) -> Self {
        let goals = measure.cells.iter().map(|(year, cell)| {
            let meant = match meaning(&measure.cells, *year) {
                Meaning::Said(meant, _) => Some(meant),
                Meaning::Nothing | Meaning::Unknown => None,
            };
            GoalOfYear {
                fiscal_year: *year,
                kind: cell.kind,
                words: meant.map(|meant| meant.words.clone()).unwrap_or_default(),
                value: meant.and_then(|meant| meant.milli).map(number),
                approx: meant.is_some_and(|meant| meant.approx),
            }
        });

        // A published figure goes before what was entered.
        let actuals = measure.actuals.iter().map(|(year, actual)| {
            let kept = actual.frozen.as_ref().map(|(_, figure)| figure);
            let now = actual.id.and_then(|id| live.get(&id));
            ActualOfYear {
                fiscal_year: *year,
                words: actual.words.clone(),
                value: kept.map(|figure| figure.milli).or(actual.milli).map(number),
                approx: kept.map_or(actual.approx, |figure| figure.approx),
                metric: actual.binding.map(|binding| binding.metric),
                live: now.map(|figure| number(figure.milli)),
            }
        });

        Self {
            id: measure.id.map_or(0, |id| id.0),
            name_ja: measure.name_ja.clone(),
            kind: measure.kind,
            unit: measure.unit.clone(),
            direction: measure.direction,
            baseline: measure.baseline_milli.map(number),
            baseline_words: measure.baseline_words.clone(),
            denominator: measure.denominator.clone(),
            denominator_year: measure.denominator_year,
            goals: goals.collect(),
            actuals: actuals.collect(),
        }
    }
}

/// What two editions say differently.
#[derive(Object, Debug)]
pub struct Differences {
    /// How many items both editions tell of.
    pub compared: usize,
    pub items: Vec<DifferenceBody>,
    /// Items whose goals one edition shows in a picture only.
    pub unreadable: Vec<String>,
}

/// What is different.
#[derive(Enum, Debug)]
#[oai(rename_all = "snake_case")]
pub enum DifferenceKind {
    Lead,
    Title,
    Existence,
    Listing,
    Goal,
    Actual,
    Achievement,
}

/// One difference.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct DifferenceBody {
    /// Of the item, or policy and number of the theme.
    pub code: String,
    pub kind: DifferenceKind,
    pub fiscal_year: Option<i32>,
    pub before: SideBody,
    pub after: SideBody,
}

/// What one edition says.
#[derive(Object, Debug)]
pub struct SideBody {
    /// `words`, `carried`, `merged`, `listed_as`, `judged` or `nothing`.
    pub kind: String,
    pub words: String,
}

impl Differences {
    pub(super) fn new(comparison: Comparison) -> Self {
        Self {
            compared: comparison.compared,
            items: comparison.differences.into_iter().map(DifferenceBody::new).collect(),
            unreadable: comparison.unreadable.into_iter().map(|one| one.code).collect(),
        }
    }
}

impl DifferenceBody {
    fn new(one: Difference) -> Self {
        let (kind, fiscal_year) = match one.what {
            What::Lead => (DifferenceKind::Lead, None),
            What::Title => (DifferenceKind::Title, None),
            What::Existence => (DifferenceKind::Existence, None),
            What::Listing => (DifferenceKind::Listing, None),
            What::Goal(year) => (DifferenceKind::Goal, Some(year)),
            What::Actual(year) => (DifferenceKind::Actual, Some(year)),
            What::Achievement(year) => (DifferenceKind::Achievement, Some(year)),
        };
        let (before, after) = (SideBody::new(one.before), SideBody::new(one.after));
        Self { code: one.code, kind, fiscal_year, before, after }
    }
}

impl SideBody {
    fn new(side: Side) -> Self {
        let (kind, words) = match side {
            Side::Words(words) => ("words", words),
            Side::Carried(words) => ("carried", words),
            Side::Merged(words) => ("merged", words),
            Side::ListedAs(code) => ("listed_as", code),
            Side::Judged(achievement) => ("judged", achievement.as_str().to_owned()),
            Side::Nothing => ("nothing", String::new()),
        };
        Self { kind: kind.to_owned(), words }
    }
}

/// A counted actual with its rows.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ActualRows {
    pub metric: Metric,
    /// As published; none in a draft.
    pub published: Option<FigureBody>,
    pub live: FigureBody,
}

/// A figure.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct FigureBody {
    pub value: f64,
    pub approx: bool,
    pub frozen_at: Option<DateTime<FixedOffset>>,
    pub rows: Vec<RowBody>,
}

/// One row behind a figure: a session, a total of a document, or a procedure.
#[derive(Object, Debug, Default)]
#[oai(skip_serializing_if_is_none)]
pub struct RowBody {
    pub session_id: Option<i64>,
    pub on: Option<NaiveDate>,
    pub ward_codes: Vec<String>,
    /// Sessions that the row stands for.
    pub sessions: Option<i32>,
    /// Who came; of a total what the document prints.
    pub people: Option<i32>,
    pub approx: bool,
    pub document: Option<String>,
    pub words: Option<String>,
    pub booking_ids: Vec<i64>,
    pub procedure: Option<String>,
}

impl ActualRows {
    pub(super) fn new(counted: CountedActual) -> Self {
        let published = counted.frozen.map(|(at, figure)| FigureBody {
            frozen_at: Some(to_jst(at)),
            ..FigureBody::new(figure)
        });
        Self { metric: counted.metric, published, live: FigureBody::new(counted.live) }
    }
}

impl FigureBody {
    fn new(figure: Figure) -> Self {
        Self {
            value: number(figure.milli),
            approx: figure.approx,
            frozen_at: None,
            rows: figure.rows.into_iter().map(RowBody::new).collect(),
        }
    }
}

impl RowBody {
    fn new(row: Row) -> Self {
        match row {
            Row::Session { id, on, title_ja, title_en: _, ward, came } => Self {
                session_id: Some(id.0),
                on: Some(on),
                ward_codes: ward.into_iter().collect(),
                sessions: Some(1),
                people: i32::try_from(came.len()).ok(),
                booking_ids: came.iter().map(|came| came.booking_id.0).collect(),
                words: Some(title_ja),
                ..Self::default()
            },
            Row::Total { document, words, sessions, people, approx, unit_unknown: _, wards } => {
                Self {
                    ward_codes: wards,
                    sessions: Some(sessions),
                    people,
                    approx,
                    document: Some(document),
                    words: Some(words),
                    ..Self::default()
                }
            }
            Row::Procedure { rank: _, name, ready_year: _ } => {
                Self { procedure: Some(name), ..Self::default() }
            }
        }
    }
}
