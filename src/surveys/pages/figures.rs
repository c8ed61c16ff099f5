//! `/followup/figures`: 定着 with its denominators, beside the town's own survey where it has one.

use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;

use crate::platform::japan::FiscalYear;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{Lang, Result};
use crate::sessions::Planning;
use crate::surveys::queries::{self, FigureFilter};
use crate::surveys::rules::{Cut, RetentionFigures, RetentionGroup, RetentionVersion};

#[derive(Template)]
#[template(path = "surveys/pages/figures.html")]
struct FiguresPage {
    page: Page,
    cut: Cut,
    /// None: all years.
    year: Option<FiscalYear>,
    figures: RetentionFigures,
}

impl FiguresPage {
    /// This fiscal year and the two before it.
    fn years(&self) -> Vec<FiscalYear> {
        let this_year = FiscalYear::of(self.page.ctx.today()).year();
        (0..3).filter_map(|back| FiscalYear::new(this_year - back)).collect()
    }

    fn is_chosen(&self, year: &FiscalYear) -> bool {
        self.year == Some(*year)
    }

    fn label(&self, year: &FiscalYear) -> String {
        match self.page.ctx.lang {
            Lang::Ja => year.label_ja(),
            Lang::En => year.label_en(),
        }
    }

    /// The groups, and after them all together.
    fn lines<'a>(&self, version: &'a RetentionVersion) -> Vec<(String, &'a RetentionGroup)> {
        let groups = version.groups.iter().map(|group| (self.name(&group.name), group));
        let total = (self.page.t("figures.total").to_owned(), &version.total);
        groups.chain([total]).collect()
    }

    fn name(&self, group: &str) -> String {
        match (self.cut, group) {
            (Cut::Kind, kind) => self.page.word("kind", kind),
            (Cut::Path, "") => self.page.t("figures.no_path").to_owned(),
            (Cut::Path, base) => self.page.word("figures.path", base),
            (Cut::Way, "") => self.page.t("figures.no_way").to_owned(),
            (Cut::Way, via) => self.page.word("survey.via", via),
            (Cut::Ward, "") => self.page.t("figures.no_ward").to_owned(),
            (Cut::Month | Cut::Venue | Cut::Ward, group) => group.to_owned(),
        }
    }

    fn percent(&self, rate: &Option<f64>) -> String {
        self.figure(rate.map(|rate| format!("{:.1}%", rate * 100.0)))
    }

    fn gain(&self, median: &Option<f64>) -> String {
        self.figure(median.map(|median| format!("{median:+}")))
    }

    fn figure(&self, said: Option<String>) -> String {
        said.unwrap_or_else(|| self.page.t("figures.none").to_owned())
    }

    /// The interval of the rate, where there is one.
    fn interval(&self, group: &RetentionGroup) -> Option<String> {
        let (low, high) = (group.low? * 100.0, group.high? * 100.0);
        Some(format!("{low:.1}–{high:.1}%"))
    }
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
    let year = FiscalYear::parse(&query.fiscal_year).ok();
    let (db, scope, ctx) = (visit.db(), &visit.scope, &visit.ctx);
    let filter = FigureFilter { cut, year };
    let figures = queries::figures(db, scope, filter, ctx.today(), ctx.lang).await?;
    render(&FiguresPage { page: visit.page, cut, year, figures })
}
