//! `/reports/committee`: the table, its CSV, and the rows behind each figure.

mod behind;

use askama::Template;
use entity::{ProgrammeId, WardId};
use poem::{Response, Route, get, handler};
use serde::Deserialize;

use super::printed::{Finding, Printed, Unit};
use super::queries::{self, CommitteeFilter, GroupTable, Report};
use super::rules::{Counts, Group};
use crate::platform::japan::FiscalYear;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time, to_jst};
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
            let year = text.parse().ok().and_then(FiscalYear::new);
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

        let name = |ja: &str, en: &str| lang.pick(ja, en).to_owned();
        let year = |year: &FiscalYear| (year.year().to_string(), label(lang, *year));
        let programme = |row: programmes::programme::Model| {
            (row.id.to_string(), name(&row.name_ja, &row.name_en))
        };
        let ward =
            |row: places::ward::Model| (row.id.to_string(), name(&row.name_ja, &row.name_en));
        Ok(Self {
            years: years.iter().rev().map(year).collect(),
            programmes: programmes.into_iter().map(programme).collect(),
            wards: wards.into_iter().map(ward).collect(),
            filter,
        })
    }

    fn from(&self) -> String {
        self.filter.from.year().to_string()
    }

    fn to(&self) -> String {
        self.filter.to.year().to_string()
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

    fn query_of(&self, from: FiscalYear, to: FiscalYear) -> String {
        let (from, to) = (from.year(), to.year());
        format!("from={from}&to={to}&programme={}&ward={}", self.programme(), self.ward())
    }

    /// The asked years in words.
    fn span(&self, page: &Page) -> String {
        let CommitteeFilter { from, to, .. } = self.filter;
        let words = |year| label(page.ctx.lang, year);
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

/// 「令和6年度（2024年度）」, or "Fiscal year 2024".
fn label(lang: Lang, year: FiscalYear) -> String {
    match lang {
        Lang::Ja => year.label_ja(),
        Lang::En => format!("Fiscal year {}", year.year()),
    }
}

/// When the figures were counted, in words.
fn counted_at(page: &Page) -> String {
    let (date, time) = (local_date(page.ctx.now), local_time(page.ctx.now));
    match page.ctx.lang {
        Lang::Ja => format!("{}{}", dates::date_long_ja(date), dates::time_ja(time)),
        Lang::En => format!("{}, {}", dates::date_en(date), dates::time_en(time)),
    }
}

/// One line of a table.
struct Line {
    year: String,
    figures: LineFigures,
}

/// The figures of a line.
enum LineFigures {
    Live(LiveFigures),
    Printed(PrintedFigures),
}

/// Counted figures with the addresses of their rows.
struct LiveFigures {
    sessions: usize,
    places: String,
    visits: usize,
    people: usize,
    unrecorded: usize,
    /// Address of the rows; the figure's name is put behind it.
    rows: String,
}

/// Printed figures in words.
struct PrintedFigures {
    sessions: String,
    places: String,
    people: String,
    /// What the paper leaves open.
    note: String,
    rows: String,
}

struct Section {
    group: Group,
    name: String,
    lines: Vec<Line>,
    total: Option<LiveFigures>,
    findings: Vec<Finding>,
}

/// Puts a report into words.
struct Words<'a> {
    page: &'a Page,
    choices: Choices,
    report: Report,
    wards: Vec<places::ward::Model>,
}

impl<'a> Words<'a> {
    /// Counts what was asked for.
    async fn read(visit: &'a Visit<Figures>, query: &CommitteeQuery) -> Result<Self> {
        let (db, scope) = (visit.db(), &visit.scope);
        let choices = Choices::read(visit, query).await?;
        let report = queries::committee(db, scope, &choices.filter, visit.ctx.now).await?;
        let wards = places::queries::list_wards(db, scope).await?;
        Ok(Self { page: &visit.page, choices, report, wards })
    }
}

impl Words<'_> {
    fn rows(&self, from: FiscalYear, to: FiscalYear, group: &str) -> String {
        format!("/reports/committee/rows?{}&group={group}", self.choices.query_of(from, to))
    }

    fn places(&self, counts: &Counts) -> String {
        self.report.places(counts, self.page.ctx.lang).join(self.page.pick("、", ", "))
    }

    /// Name of the municipality.
    fn place(&self) -> String {
        let town = &self.report.municipality;
        self.page.pick(&town.name_ja, &town.name_en).to_owned()
    }

    fn live(&self, counts: &Counts, rows: String) -> LiveFigures {
        LiveFigures {
            sessions: counts.sessions,
            places: self.places(counts),
            visits: counts.visits,
            people: counts.people,
            unrecorded: counts.unrecorded,
            rows,
        }
    }

    fn printed(&self, printed: &Printed, rows: String) -> PrintedFigures {
        let page = self.page;
        let people = page.f1("report.printed.people", "n", printed.people);
        let mut notes = Vec::new();
        if printed.unit == Unit::Unknown {
            notes.push(page.t("report.unit.unknown"));
        }
        if printed.wards.len() > 1 {
            notes.push(page.t("report.wards.together"));
        }

        PrintedFigures {
            sessions: page.f1("report.printed.sessions", "n", printed.sessions),
            places: self.printed_places(printed),
            people: match printed.approx {
                true => page.f1("report.approx", "n", people),
                false => people,
            },
            note: notes.join(page.pick("。", ". ")),
            rows,
        }
    }

    /// The places as printed; in English the names of the venues.
    fn printed_places(&self, printed: &Printed) -> String {
        let lang = self.page.ctx.lang;
        if lang == Lang::Ja && !printed.places.is_empty() {
            return printed.places.clone();
        }
        let venue = |code: &String| self.report.venues.values().find(|venue| venue.code == *code);
        let ward = |code: &String| self.wards.iter().find(|ward| ward.code == *code);
        let venues = printed.venues.iter().filter_map(venue);
        let wards = printed.wards.iter().filter_map(ward);
        let names: Vec<&str> = venues
            .map(|venue| lang.pick(&venue.name_ja, &venue.name_en))
            .chain(wards.map(|ward| lang.pick(&ward.name_ja, &ward.name_en)))
            .collect();
        names.join(lang.pick("、", ", "))
    }

    fn sections(&self) -> Vec<Section> {
        self.report.groups.iter().map(|table| self.section(table)).collect()
    }

    fn section(&self, table: &GroupTable) -> Section {
        let (page, filter) = (self.page, &self.choices.filter);
        let group = table.group.as_str();

        // A year may be counted and printed: each is a line of its own.
        let lines = table.years.iter().flat_map(|row| {
            let rows = self.rows(row.year, row.year, group);
            let live = row.live.iter().map(|live| LineFigures::Live(self.live(live, rows.clone())));
            let printed = row
                .printed
                .iter()
                .map(|printed| LineFigures::Printed(self.printed(printed, rows.clone())));
            let figures: Vec<LineFigures> = live.chain(printed).collect();
            let year = label(page.ctx.lang, row.year);
            figures.into_iter().map(move |figures| Line { year: year.clone(), figures })
        });

        // The total of one year would only say that year again.
        let total = table.total.as_ref().filter(|_| table.years.len() > 1);
        Section {
            group: table.group,
            name: page.f(&format!("report.group.{group}"), &[]),
            lines: lines.collect(),
            total: total.map(|total| self.live(total, self.rows(filter.from, filter.to, group))),
            findings: table.findings.clone(),
        }
    }

    /// All groups and live years together.
    fn total(&self) -> LiveFigures {
        let CommitteeFilter { from, to, .. } = self.choices.filter;
        self.live(&self.report.total, self.rows(from, to, ""))
    }

    /// One row a year, group and origin; a total is left to whoever reads it, but for the persons:
    /// these cannot be added up, so the rows without a year hold them.
    fn csv_rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for table in &self.report.groups {
            let group = table.group.as_str();
            for row in &table.years {
                let live = row.live.iter().map(|live| self.csv_live(Some(row.year), group, live));
                rows.extend(live);
                let printed = row.printed.iter();
                rows.extend(printed.map(|printed| self.csv_printed(row.year, group, printed)));
            }
            rows.extend(table.total.iter().map(|total| self.csv_live(None, group, total)));
        }

        rows.push(self.csv_live(None, "all", &self.report.total));
        rows
    }

    fn csv_live(&self, year: Option<FiscalYear>, group: &str, counts: &Counts) -> Vec<String> {
        let page = self.page;
        let all_years = page.t("report.all_years").to_owned();
        vec![
            year.map(|year| year.year().to_string()).unwrap_or_default(),
            year.map_or(all_years, |year| label(page.ctx.lang, year)),
            page.f(&format!("report.group.{group}"), &[]),
            page.t("report.origin.live").to_owned(),
            counts.sessions.to_string(),
            self.places(counts),
            counts.visits.to_string(),
            counts.people.to_string(),
            String::new(),
            String::new(),
            String::new(),
            to_jst(page.ctx.now).to_rfc3339(),
        ]
    }

    fn csv_printed(&self, year: FiscalYear, group: &str, printed: &Printed) -> Vec<String> {
        let page = self.page;
        vec![
            year.year().to_string(),
            label(page.ctx.lang, year),
            page.f(&format!("report.group.{group}"), &[]),
            page.t("report.origin.printed").to_owned(),
            printed.sessions.to_string(),
            self.printed_places(printed),
            String::new(),
            String::new(),
            printed.people.to_string(),
            page.f(&format!("report.unit.{}", printed.unit.as_str()), &[]),
            printed.words.clone(),
            printed.source.clone(),
        ]
    }
}

#[derive(Template)]
#[template(path = "reports/pages/committee.html")]
struct CommitteePage {
    page: Page,
    choices: Choices,
    /// Name of the municipality.
    place: String,
    /// The asked years in words.
    span: String,
    /// Programme and ward, when they were chosen.
    part: String,
    at: String,
    sections: Vec<Section>,
    total: LiveFigures,
}

impl CommitteePage {
    /// One choice of the filter.
    fn filter(&self, name: &str, value: String) -> Field {
        self.page.field(&Returned::default(), name, &format!("report.{name}"), value)
    }

    /// The name of a figure.
    fn name(&self, of: &str) -> String {
        self.page.f(&format!("report.{of}"), &[])
    }

    /// What a figure counts.
    fn definition(&self, of: &str) -> String {
        self.page.f(&format!("report.def.{of}"), &[])
    }
}

#[handler]
async fn show(visit: Visit<Figures>, Query(query): Query<CommitteeQuery>) -> Result<Response> {
    let words = Words::read(&visit, &query).await?;
    let (place, sections, total) = (words.place(), words.sections(), words.total());
    let choices = words.choices;

    let page = visit.page;
    let (at, span, part) = (counted_at(&page), choices.span(&page), choices.part(&page));
    render(&CommitteePage { at, place, span, part, sections, total, choices, page })
}

#[handler]
async fn csv(visit: Visit<Figures>, Query(query): Query<CommitteeQuery>) -> Result<Response> {
    let words = Words::read(&visit, &query).await?;
    let name = format!("{}_committee.csv", visit.ctx.today().format("%Y%m%d"));
    sheet::csv(&name, &COLUMNS.map(|key| visit.page.t(key)), &words.csv_rows())
}
