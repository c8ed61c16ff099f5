//! `/reports/committee`: the table, its CSV, and the rows behind each figure.

mod behind;

use askama::Template;
use entity::{ProgrammeId, WardId};
use poem::{Response, Route, get, handler};
use serde::Deserialize;

use super::printed::{Finding, Printed, Unit};
use super::queries::{self, Asked, Report};
use super::rules::{Counts, Group};
use crate::platform::actor::FIGURES;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time, to_jst};
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render, sheet};
use crate::platform::{App, Ctx, Lang, Result, Scope};
use crate::{places, programmes};

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
struct Typed {
    from: String,
    to: String,
    programme: String,
    ward: String,
    /// Only for the rows behind a figure: a group, or all of them.
    group: String,
    /// Which figure: `sessions`, `visits` or `people`.
    of: String,
}

/// One choice of a select.
struct Choice {
    value: String,
    label: String,
}

/// What can be chosen, and what was.
struct Choices {
    years: Vec<Choice>,
    programmes: Vec<Choice>,
    wards: Vec<Choice>,
    asked: Asked,
}

impl Choices {
    /// Reads what was asked; what cannot be understood is the widest choice.
    async fn read(app: &App, page: &Page, scope: &Scope, typed: &Typed) -> Result<Self> {
        let (db, lang) = (app.store().reader(), page.ctx.lang);
        let years = queries::known_years(db, scope, page.ctx.now).await?;
        let today = FiscalYear::of(page.ctx.today());
        let known = |text: &str| {
            let year = text.parse().ok().and_then(FiscalYear::new);
            year.filter(|year| years.contains(year))
        };
        let programmes = programmes::queries::list_programmes(db, scope).await?;
        let wards = queries::wards(db, scope).await?;
        let programme_id = typed.programme.parse().ok().map(ProgrammeId);
        let ward_id = typed.ward.parse().ok().map(WardId);
        let first = years.first().copied().unwrap_or(today);
        let (from, to) = (known(&typed.from).unwrap_or(first), known(&typed.to).unwrap_or(today));
        Ok(Self {
            asked: Asked {
                from: from.min(to),
                to: from.max(to),
                programme_id: programme_id.filter(|id| programmes.iter().any(|p| p.id == *id)),
                ward_id: ward_id.filter(|id| wards.iter().any(|ward| ward.id == *id)),
            },
            years: years
                .iter()
                .rev()
                .map(|year| Choice { value: year.year().to_string(), label: label(lang, *year) })
                .collect(),
            programmes: programmes
                .into_iter()
                .map(|row| Choice {
                    value: row.id.to_string(),
                    label: lang.pick(&row.name_ja, &row.name_en).to_owned(),
                })
                .collect(),
            wards: wards
                .into_iter()
                .map(|row| Choice {
                    value: row.id.to_string(),
                    label: lang.pick(&row.name_ja, &row.name_en).to_owned(),
                })
                .collect(),
        })
    }

    fn from(&self) -> String {
        self.asked.from.year().to_string()
    }

    fn to(&self) -> String {
        self.asked.to.year().to_string()
    }

    fn programme(&self) -> String {
        self.asked.programme_id.map(|id| id.to_string()).unwrap_or_default()
    }

    fn ward(&self) -> String {
        self.asked.ward_id.map(|id| id.to_string()).unwrap_or_default()
    }

    /// The query of an address for these choices.
    fn query(&self) -> String {
        self.query_of(self.asked.from, self.asked.to)
    }

    fn query_of(&self, from: FiscalYear, to: FiscalYear) -> String {
        let (from, to) = (from.year(), to.year());
        format!("from={from}&to={to}&programme={}&ward={}", self.programme(), self.ward())
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
    figures: Figures,
}

/// The figures of a line.
enum Figures {
    Live(Live),
    Printed(Told),
}

/// Counted figures with the addresses of their rows.
struct Live {
    sessions: usize,
    places: String,
    visits: usize,
    people: usize,
    unrecorded: usize,
    /// Address of the rows; the figure's name is put behind it.
    rows: String,
}

/// Printed figures in words.
struct Told {
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
    total: Option<Live>,
    findings: Vec<Finding>,
}

/// Puts a report into words.
struct Words<'a> {
    page: &'a Page,
    choices: &'a Choices,
    report: &'a Report,
    wards: Vec<places::ward::Model>,
}

impl Words<'_> {
    fn rows(&self, from: FiscalYear, to: FiscalYear, group: &str) -> String {
        format!("/reports/committee/rows?{}&group={group}", self.choices.query_of(from, to))
    }

    fn live(&self, counts: &Counts, rows: String) -> Live {
        let lang = self.page.ctx.lang;
        Live {
            sessions: counts.sessions,
            places: self.report.places(counts, lang).join(lang.pick("、", ", ")),
            visits: counts.visits,
            people: counts.people,
            unrecorded: counts.unrecorded,
            rows,
        }
    }

    fn told(&self, printed: &Printed, rows: String) -> Told {
        let page = self.page;
        let people = page.f1("report.printed.people", "n", printed.people);
        let sessions = page.f1("report.printed.sessions", "n", printed.sessions);
        let mut notes = Vec::new();
        if printed.unit == Unit::Unknown {
            notes.push(page.t("report.unit.unknown"));
        }
        if printed.wards.len() > 1 {
            notes.push(page.t("report.wards.together"));
        }
        Told {
            sessions,
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
        let (page, asked) = (self.page, &self.choices.asked);
        let section = |table: &queries::GroupTable| {
            let group = table.group.as_str();
            let lines = table.years.iter().flat_map(|row| {
                let rows = self.rows(row.year, row.year, group);
                let live =
                    row.live.as_ref().map(|live| Figures::Live(self.live(live, rows.clone())));
                let printed =
                    row.printed.iter().map(|told| Figures::Printed(self.told(told, rows.clone())));
                let figures: Vec<Figures> = live.into_iter().chain(printed).collect();
                let year = label(page.ctx.lang, row.year);
                figures.into_iter().map(move |figures| Line { year: year.clone(), figures })
            });
            let total = table.total.as_ref().filter(|_| table.years.len() > 1);
            Section {
                group: table.group,
                name: page.f(&format!("report.group.{group}"), &[]),
                lines: lines.collect(),
                total: total.map(|total| self.live(total, self.rows(asked.from, asked.to, group))),
                findings: table.findings.clone(),
            }
        };
        self.report.groups.iter().map(section).collect()
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
    total: Live,
}

impl CommitteePage {
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
async fn show(page: Page, ctx: Ctx, app: App, Query(typed): Query<Typed>) -> Result<Response> {
    let scope = ctx.scope(FIGURES)?;
    let db = app.store().reader();
    let choices = Choices::read(&app, &page, &scope, &typed).await?;
    let report = queries::committee(db, &scope, &choices.asked, ctx.now).await?;
    let wards = places::queries::list_wards(db, &scope).await?;
    let words = Words { page: &page, choices: &choices, report: &report, wards };
    let asked = &choices.asked;
    let (sections, total) =
        (words.sections(), words.live(&report.total, words.rows(asked.from, asked.to, "")));
    let (from, to) = (label(ctx.lang, asked.from), label(ctx.lang, asked.to));
    let span = match asked.from == asked.to {
        true => from,
        false => page.f("report.span", &[("from", &from), ("to", &to)]),
    };
    let chosen = |all: &[Choice], value: String| {
        all.iter().find(|choice| choice.value == value).map(|choice| choice.label.clone())
    };
    let part: Vec<String> =
        [chosen(&choices.programmes, choices.programme()), chosen(&choices.wards, choices.ward())]
            .into_iter()
            .flatten()
            .collect();
    let part = part.join(page.pick("・", ", "));
    let place = ctx.lang.pick(&report.municipality.name_ja, &report.municipality.name_en);
    let place = place.to_owned();
    render(&CommitteePage {
        at: counted_at(&page),
        place,
        span,
        part,
        sections,
        total,
        choices,
        page,
    })
}

/// One row a year, group and origin; a total is left to whoever reads it, but for the persons: these
/// cannot be added up, so the rows without a year hold them.
#[handler]
async fn csv(page: Page, ctx: Ctx, app: App, Query(typed): Query<Typed>) -> Result<Response> {
    let scope = ctx.scope(FIGURES)?;
    let db = app.store().reader();
    let choices = Choices::read(&app, &page, &scope, &typed).await?;
    let report = queries::committee(db, &scope, &choices.asked, ctx.now).await?;
    let wards = places::queries::list_wards(db, &scope).await?;
    let words = Words { page: &page, choices: &choices, report: &report, wards };
    let at = to_jst(ctx.now).to_rfc3339();
    let live = |year: Option<FiscalYear>, group: &str, counts: &Counts| {
        vec![
            year.map(|year| year.year().to_string()).unwrap_or_default(),
            year.map_or(page.t("report.all_years").to_owned(), |year| label(ctx.lang, year)),
            page.f(&format!("report.group.{group}"), &[]),
            page.t("report.origin.live").to_owned(),
            counts.sessions.to_string(),
            report.places(counts, ctx.lang).join(page.pick("、", ", ")),
            counts.visits.to_string(),
            counts.people.to_string(),
            String::new(),
            String::new(),
            String::new(),
            at.clone(),
        ]
    };
    let mut rows = Vec::new();
    for table in &report.groups {
        let group = table.group.as_str();
        for row in &table.years {
            rows.extend(row.live.as_ref().map(|counts| live(Some(row.year), group, counts)));
            for printed in &row.printed {
                rows.push(vec![
                    row.year.year().to_string(),
                    label(ctx.lang, row.year),
                    page.f(&format!("report.group.{group}"), &[]),
                    page.t("report.origin.printed").to_owned(),
                    printed.sessions.to_string(),
                    words.printed_places(printed),
                    String::new(),
                    String::new(),
                    printed.people.to_string(),
                    page.f(&format!("report.unit.{}", printed.unit.as_str()), &[]),
                    printed.words.clone(),
                    printed.source.clone(),
                ]);
            }
        }
        rows.extend(table.total.as_ref().map(|counts| live(None, group, counts)));
    }
    rows.push(live(None, "all", &report.total));
    let header = [
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
    let name = format!("{}_committee.csv", ctx.today().format("%Y%m%d"));
    sheet::csv(&name, &header.map(|key| page.t(key)), &rows)
}
