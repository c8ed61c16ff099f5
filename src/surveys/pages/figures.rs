//! `/followup/figures`: 定着 with its denominators, beside the town's own survey where it has one.

use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

use crate::places;
use crate::platform::japan::FiscalYear;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{Lang, Result};
use crate::sessions::Planning;
use crate::surveys::queries::{self, FigureFilter};
use crate::surveys::rules::{Baseline, Cut, Figures, Group, baseline};

/// One line of the table; hidden ones have only a name.
struct Line {
    name: String,
    shown: Option<Shown>,
}

/// Figures as they are printed.
struct Shown {
    due: usize,
    reached: usize,
    answered: usize,
    response: String,
    stuck: usize,
    partly: usize,
    not_stuck: usize,
    rate: String,
    interval: String,
    rate_of_due: String,
    gain: String,
}

struct Version {
    name: String,
    total: Line,
    lines: Vec<Line>,
}

/// A year to choose: number and name.
struct Year {
    value: String,
    label: String,
    on: bool,
}

#[derive(Template)]
#[template(path = "surveys/pages/figures.html")]
struct FiguresPage {
    page: Page,
    cut: Cut,
    year: String,
    years: Vec<Year>,
    versions: Vec<Version>,
    baseline: Vec<Baseline>,
}

/// By what the figures are cut, and of which year they are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FiguresQuery {
    by: String,
    fiscal_year: String,
}

/// `GET /followup/figures`
#[handler]
pub async fn show(visit: Visit<Planning>, Query(query): Query<FiguresQuery>) -> Result<Response> {
    let cut = Cut::from_word(&query.by).unwrap_or(Cut::Kind);
    let year = query.fiscal_year.parse().ok().and_then(FiscalYear::new);
    let filter = FigureFilter { cut, year };

    let (db, scope, ctx) = (visit.db(), &visit.scope, &visit.ctx);
    let found = queries::figures(db, scope, filter, ctx.today(), ctx.lang).await?;
    let town = places::queries::get_municipality(db, scope.municipality_id).await?;

    let page = visit.page;
    render(&FiguresPage {
        cut,
        year: year.map(|year| year.year().to_string()).unwrap_or_default(),
        years: years(&page, year),
        versions: found.into_iter().map(|figures| version(&page, cut, figures)).collect(),
        baseline: baseline(&town.code),
        page,
    })
}

/// This fiscal year and the two before it.
fn years(page: &Page, chosen: Option<FiscalYear>) -> Vec<Year> {
    let this_year = FiscalYear::of(page.ctx.today()).year();
    let known = (0..3).filter_map(|back| FiscalYear::new(this_year - back));
    let year = |known: FiscalYear| Year {
        value: known.year().to_string(),
        label: match page.ctx.lang {
            Lang::Ja => known.label_ja(),
            Lang::En => known.label_en(),
        },
        on: chosen == Some(known),
    };
    known.map(year).collect()
}

fn version(page: &Page, cut: Cut, figures: Figures) -> Version {
    let group = |group: &Group| line(page, name(page, cut, &group.name), group);
    Version {
        total: line(page, page.t("figures.total").to_owned(), &figures.total),
        lines: figures.groups.iter().map(group).collect(),
        name: figures.version,
    }
}

fn name(page: &Page, cut: Cut, group: &str) -> String {
    match (cut, group) {
        (Cut::Kind, kind) => page.t(&format!("kind.{kind}")).to_owned(),
        (Cut::Path, "") => page.t("figures.no_path").to_owned(),
        (Cut::Path, base) => page.t(&format!("figures.path.{base}")).to_owned(),
        (Cut::Way, "") => page.t("figures.no_way").to_owned(),
        (Cut::Way, via) => page.t(&format!("survey.via.{via}")).to_owned(),
        (Cut::Ward, "") => page.t("figures.no_ward").to_owned(),
        (Cut::Month | Cut::Venue | Cut::Ward, group) => group.to_owned(),
    }
}

fn line(page: &Page, name: String, group: &Group) -> Line {
    let percent = |rate: Option<f64>| match rate {
        Some(rate) => format!("{:.1}%", rate * 100.0),
        None => page.t("figures.none").to_owned(),
    };

    let shown = group.count.map(|count| Shown {
        due: count.due,
        reached: count.reached,
        answered: count.answered,
        response: percent(count.response_rate()),
        stuck: count.stuck,
        partly: count.partly,
        not_stuck: count.not_stuck,
        rate: percent(count.rate_of_answered()),
        interval: count.interval().map_or(String::new(), |interval| {
            let (low, high) = (interval.low * 100.0, interval.high * 100.0);
            format!("{low:.1}–{high:.1}%")
        }),
        rate_of_due: percent(count.rate_of_due()),
        gain: match group.median_gain {
            Some(gain) => format!("{gain:+}"),
            None => page.t("figures.none").to_owned(),
        },
    });
    Line { name, shown }
}

impl FiguresPage {
    fn cut_key(&self) -> String {
        format!("figures.by.{}", self.cut.word())
    }

    fn cuts(&self) -> [Cut; Cut::ALL.len()] {
        Cut::ALL
    }

    fn lines<'a>(&self, version: &'a Version) -> Vec<(&'a Line, bool)> {
        let rest = version.lines.iter().map(|line| (line, false));
        rest.chain([(&version.total, true)]).collect()
    }
}
