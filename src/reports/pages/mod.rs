//! `/reports/committee`: the table, its CSV, and the rows behind each figure.

mod behind;

use std::fmt::Display;

use askama::Template;
use entity::{ProgrammeId, WardId};
use poem::{Response, Route, get, handler};
use serde::Deserialize;

use super::printed::{PrintedFigures, PrintedUnit};
use super::queries::{self, CommitteeFilter, CommitteeTable, LiveFigures};
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::to_jst;
use crate::platform::web::door::{Choice, Field, Returned, Visit};
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render, sheet};
use crate::platform::{Lang, Result};
use crate::surveys::Figures;
use crate::{places, programmes};

/// The head of the CSV.
const COLUMNS: [&str; 12] = [
    "report.csv.year",
    "report.year",
    "report.group",
    "report.origin",
    "report.sessions",
    "report.places",
    "report.visits",
    "report.people",
    "report.csv.printed",
    "report.csv.unit",
    "report.csv.words",
    "report.csv.source",
];

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/reports/committee", get(show))
        .at("/reports/committee.csv", get(csv))
        .at("/reports/committee/rows", get(behind::show))
}

/// What was asked for; all text, so that it can be shown again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CommitteeQuery {
    from: String,
    to: String,
    programme: String,
    ward: String,
    /// Only for the rows behind a figure: a group, or all of them.
    group: String,
    /// Which figure: `sessions`, `visits` or `people`.
    of: String,
}

/// What can be chosen, and what was.
struct Choices {
    years: Vec<Choice>,
    programmes: Vec<Choice>,
    wards: Vec<Choice>,
    filter: CommitteeFilter,
}

impl Choices {
    /// Reads what was asked; what cannot be understood is the widest choice.
    async fn read(visit: &Visit<Figures>, query: &CommitteeQuery) -> Result<Self> {
        let (db, scope, lang) = (visit.db(), &visit.scope, visit.ctx.lang);
        let years = queries::known_years(db, scope, visit.ctx.now).await?;
        let programmes = programmes::queries::list_programmes(db, scope).await?;
        let wards = queries::wards(db, scope).await?;

        let today = FiscalYear::of(visit.ctx.today());
        let first = years.first().copied().unwrap_or(today);
        let known = |text: &str| {
            let year = FiscalYear::parse(text).ok();
            year.filter(|year| years.contains(year))
        };
        let (from, to) = (known(&query.from).unwrap_or(first), known(&query.to).unwrap_or(today));
        let programme_id = query.programme.parse().ok().map(ProgrammeId);
        let ward_id = query.ward.parse().ok().map(WardId);
        let filter = CommitteeFilter {
            from: from.min(to),
            to: from.max(to),
            programme_id: programme_id.filter(|id| programmes.iter().any(|p| p.id == *id)),
            ward_id: ward_id.filter(|id| wards.iter().any(|ward| ward.id == *id)),
        };

        let named = |id: String, ja: &str, en: &str| (id, lang.pick(ja, en).to_owned());
        let year = |year: &FiscalYear| (year.to_string(), label(lang, year.year()));
        let programme = |row: &programmes::programme::Model| {
            named(row.id.to_string(), &row.name_ja, &row.name_en)
        };
        let ward =
            |row: &places::ward::Model| named(row.id.to_string(), &row.name_ja, &row.name_en);
        Ok(Self {
            years: years.iter().rev().map(year).collect(),
            programmes: programmes.iter().map(programme).collect(),
            wards: wards.iter().map(ward).collect(),
            filter,
        })
    }

    fn programme(&self) -> String {
        self.filter.programme_id.map(|id| id.to_string()).unwrap_or_default()
    }

    fn ward(&self) -> String {
        self.filter.ward_id.map(|id| id.to_string()).unwrap_or_default()
    }

    /// The query of an address for these choices.
    fn query(&self) -> String {
        self.query_of(self.filter.from, self.filter.to)
    }

    fn query_of(&self, from: impl Display, to: impl Display) -> String {
        format!("from={from}&to={to}&programme={}&ward={}", self.programme(), self.ward())
    }

    /// The asked years in words.
    fn span(&self, page: &Page) -> String {
        let CommitteeFilter { from, to, .. } = self.filter;
        let words = |year: FiscalYear| label(page.ctx.lang, year.year());
        match from == to {
            true => words(from),
            false => page.f("report.span", &[("from", &words(from)), ("to", &words(to))]),
        }
    }

    /// Programme and ward in words, when they were chosen.
    fn part(&self, page: &Page) -> String {
        let chosen = |all: &[Choice], value: String| {
            all.iter().find(|choice| choice.0 == value).map(|choice| choice.1.clone())
        };
        let programme = chosen(&self.programmes, self.programme());
        let ward = chosen(&self.wards, self.ward());
        let part: Vec<String> = programme.into_iter().chain(ward).collect();
        part.join(page.pick("・", ", "))
    }
}

/// 「令和6年度（2024年度）」, or "Fiscal year 2024": written out, as the papers have it.
fn label(lang: Lang, year: i32) -> String {
    match lang {
        Lang::Ja => lang.fiscal_year(year),
        Lang::En => format!("Fiscal year {year}"),
    }
}

/// The table that was asked for.
async fn count(visit: &Visit<Figures>, choices: &Choices) -> Result<CommitteeTable> {
    let (lang, now) = (visit.ctx.lang, visit.ctx.now);
    queries::committee(visit.db(), &visit.scope, &choices.filter, lang, now).await
}

#[derive(Template)]
#[template(path = "reports/pages/committee.html")]
struct CommitteePage {
    page: Page,
    choices: Choices,
    /// Name of the municipality.
    place: String,
    table: CommitteeTable,
}

impl CommitteePage {
    /// One choice of the filter.
    fn filter(&self, name: &str, value: impl Display) -> Field {
        self.page.field(&Returned::default(), name, &format!("report.{name}"), value)
    }

    fn year(&self, year: &i32) -> String {
        label(self.page.ctx.lang, *year)
    }

    /// Address of the rows behind figures; the figure's name is put behind it.
    fn rows(&self, from: impl Display, to: impl Display, group: impl Display) -> String {
        format!("/reports/committee/rows?{}&group={group}", self.choices.query_of(from, to))
    }

    /// What the paper leaves open.
    fn note(&self, printed: &PrintedFigures) -> String {
        let page = &self.page;
        let mut notes = Vec::new();
        if printed.people_unit == PrintedUnit::Unknown {
            notes.push(page.t("report.unit.unknown"));
        }
        if printed.wards.len() > 1 {
            notes.push(page.t("report.wards.together"));
        }
        notes.join(page.pick("。", ". "))
    }
}

#[handler]
async fn show(visit: Visit<Figures>, Query(query): Query<CommitteeQuery>) -> Result<Response> {
    let choices = Choices::read(&visit, &query).await?;
    let table = count(&visit, &choices).await?;
    let town = places::queries::get_municipality(visit.db(), visit.scope.municipality_id).await?;

    let page = visit.page;
    let place = page.pick(&town.name_ja, &town.name_en).to_owned();
    render(&CommitteePage { choices, place, table, page })
}

#[handler]
async fn csv(visit: Visit<Figures>, Query(query): Query<CommitteeQuery>) -> Result<Response> {
    let choices = Choices::read(&visit, &query).await?;
    let table = count(&visit, &choices).await?;
    let (page, day) = (&visit.page, visit.ctx.today().format("%Y%m%d"));
    let heads = COLUMNS.map(|key| page.t(key));
    sheet::csv(&format!("{day}_committee.csv"), &heads, &csv_rows(page, &table))
}

/// One row a year, group and origin; a total is left to whoever reads it, but for the persons: these
/// cannot be added up, so the rows without a year hold them.
fn csv_rows(page: &Page, table: &CommitteeTable) -> Vec<Vec<String>> {
    let all_years = |group: String| {
        let years = page.t("report.all_years").to_owned();
        [String::new(), years, group]
    };
    let mut rows = Vec::new();
    for group in &table.groups {
        let name = page.word("report.group", group.group);
        for row in &group.years {
            let year = row.fiscal_year;
            let head = [year.to_string(), label(page.ctx.lang, year), name.clone()];
            rows.extend(row.live.iter().map(|live| csv_live(page, &head, live)));
            rows.extend(row.printed.iter().map(|printed| csv_printed(page, &head, printed)));
        }
        let head = all_years(name);
        rows.extend(group.total.iter().map(|total| csv_live(page, &head, total)));
    }

    let head = all_years(page.word("report.group", "all"));
    rows.push(csv_live(page, &head, &table.total));
    rows
}

/// A row of figures that were counted now, behind its year and group.
fn csv_live(page: &Page, head: &[String], live: &LiveFigures) -> Vec<String> {
    let cells = [
        page.t("report.origin.live").to_owned(),
        live.sessions.to_string(),
        live.places.join(page.pick("、", ", ")),
        live.visits.to_string(),
        live.people.to_string(),
        String::new(),
        String::new(),
        String::new(),
        to_jst(page.ctx.now).to_rfc3339(),
    ];
    [head, &cells].concat()
}

/// A row of figures as a paper prints them, behind its year and group.
fn csv_printed(page: &Page, head: &[String], printed: &PrintedFigures) -> Vec<String> {
    let cells = [
        page.t("report.origin.printed").to_owned(),
        printed.sessions.to_string(),
        printed.named_places.clone(),
        String::new(),
        String::new(),
        printed.people.to_string(),
        page.word("report.unit", printed.people_unit.as_str()),
        printed.words.clone(),
        printed.source.clone(),
    ];
    [head, &cells].concat()
}
