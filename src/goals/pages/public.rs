//! What everybody may see: published editions, in the city's own shape.

use askama::Template;
use entity::goals::goal_plan::PeriodStyle;
use entity::goals::goal_saving;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view::{self, ChartView, EditionReader, ThemeSection, Title};
use crate::goals::goal_edition;
use crate::goals::queries::{self, EditionRow, PlanRow};
use crate::goals::rules::chart::{Bar, Chart, Sort};
use crate::goals::rules::content::Content;
use crate::goals::rules::figure::LiveFigures;
use crate::goals::rules::{counted, tallies};
use crate::places::municipality;
use crate::platform::japan::time::local_date;
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render};
use crate::platform::{App, Result};

#[derive(Template)]
#[template(path = "goals/pages/index.html")]
struct IndexPage {
    page: Page,
    towns: Vec<(municipality::Model, Vec<PlanRow>)>,
}

#[handler]
pub(super) async fn show_index(page: Page, app: App) -> Result<Response> {
    let towns = queries::list_published(app.store().reader()).await?;
    render(&IndexPage { page, towns })
}

#[derive(Template)]
#[template(path = "goals/pages/town.html")]
struct TownPage {
    page: Page,
    town: municipality::Model,
    plans: Vec<PlanRow>,
}

#[handler]
pub(super) async fn show_town(page: Page, app: App, Path(code): Path<String>) -> Result<Response> {
    let (town, plans) = queries::published_by(app.store().reader(), &code).await?;
    let page = page.of(&town);
    render(&TownPage { page, town, plans })
}

/// One policy of an edition, to be chosen.
struct PolicyLink {
    words: String,
    is_ja: bool,
    href: String,
    current: bool,
}

/// How many procedures are done, by year.
struct ProceduresView {
    chart: ChartView,
    rows: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "goals/pages/edition.html")]
struct EditionPage<'a> {
    page: Page,
    town: &'a municipality::Model,
    edition: &'a goal_edition::Model,
    plan: Title<'a>,
    title: Title<'a>,
    published: String,
    /// Years are counted 1Q, 2Q and so on, which has to be explained.
    quarters: bool,
    policies: Vec<PolicyLink>,
    tallies: Vec<ChartView>,
    /// Items, each counted once, and rows that are listed twice.
    counted: usize,
    listed_twice: usize,
    themes: Vec<ThemeSection<'a>>,
    procedures: Option<ProceduresView>,
    savings: Vec<goal_saving::Model>,
}

/// Which policy is shown.
#[derive(Deserialize, Default)]
struct PolicyQuery {
    #[serde(default)]
    policy: Option<String>,
}

#[handler]
pub(super) async fn show_edition(
    page: Page,
    app: App,
    Path((code, edition_code)): Path<(String, String)>,
    query: Query<PolicyQuery>,
) -> Result<Response> {
    let db = app.store().reader();
    let (town, row) = queries::get_published(db, &code, &edition_code).await?;
    let content = queries::content(db, &row.edition).await?;
    let page = page.of(&town);
    let policy = query.0.policy.or_else(|| first_policy(&content));

    // Procedures and savings belong to the whole plan: they stand once, in an edition of all of it.
    let is_first = policy == first_policy(&content);
    let (procedures, savings) = if is_first && row.edition.covers == serde_json::json!([]) {
        let savings = queries::list_savings(db, row.plan.id).await?;
        (procedures(&page, &app, &row).await?, savings)
    } else {
        (None, Vec::new())
    };

    let (lang, policy) = (page.ctx.lang, policy.as_deref());
    let published_on = row.edition.published_at.map(local_date);
    let counted = counted(&content.items).count();
    // What is published shows the figures of that day only.
    let live = &LiveFigures::new();
    let reader = EditionReader { page: &page, row: &row, live, for_staff: false };

    render(&EditionPage {
        town: &town,
        edition: &row.edition,
        plan: view::named(&page, &row.plan.name_ja, &row.plan.name_en),
        title: view::named(&page, &row.edition.title_ja, &row.edition.title_en),
        published: published_on.map(|on| lang.long_day(on)).unwrap_or_default(),
        quarters: row.plan.style == PeriodStyle::Quarter,
        policies: policies(&page, &content, &format!("/progress/{code}/{edition_code}"), policy),
        tallies: tally_charts(&page, &row, &content),
        counted,
        listed_twice: content.items.len() - counted,
        themes: reader.themes(&content, policy),
        procedures,
        savings,
        page,
    })
}

/// The judgements of the edition, a chart for each year of which anybody judged anything.
fn tally_charts(page: &Page, row: &EditionRow, content: &Content) -> Vec<ChartView> {
    let judged = tallies(&content.items).into_iter().filter(|(_, tally)| tally.judged() > 0);
    judged
        .filter_map(|(year, tally)| {
            let year_label = row.periods().label(page.ctx.lang, year);
            let label = page.f1("goals.tally", "year", year_label);
            let chart = view::tally_chart(page, &label, tally)?;
            Some(ChartView::new(page, format!("tally-{year}"), chart))
        })
        .collect()
}

/// The policy that is shown first; none where there are not several.
fn first_policy(content: &Content) -> Option<String> {
    let first = content.themes.first()?.policy.clone();
    content.themes.iter().any(|theme| theme.policy != first).then_some(first)
}

/// The policies of an edition at `path`; none where there are not several.
fn policies(page: &Page, content: &Content, path: &str, current: Option<&str>) -> Vec<PolicyLink> {
    let mut found: Vec<PolicyLink> = Vec::new();
    let Some(current) = current else { return found };
    let link = |policy: &str, words: String, is_ja: bool| PolicyLink {
        words,
        is_ja,
        href: format!("{path}?policy={policy}"),
        current: policy == current,
    };

    let mut last = "";
    for theme in &content.themes {
        if theme.policy != last {
            found.push(link(&theme.policy, view::policy_title(page, theme), !page.is_ja()));
            last = &theme.policy;
        }
    }

    if content.items.iter().any(|item| item.theme.is_none()) {
        found.push(link("", page.t("goals.no_theme").to_owned(), false));
    }
    found
}

async fn procedures(page: &Page, app: &App, row: &EditionRow) -> Result<Option<ProceduresView>> {
    let db = app.store().reader();
    let all = queries::list_procedures(db, row.plan.id).await?;
    if all.is_empty() {
        return Ok(None);
    }

    let mut bars = Vec::new();
    let mut rows = Vec::new();
    let mut last = -1;
    for year in row.plan.first_year - 1..=row.plan.last_year {
        let done = all.iter().filter(|procedure| procedure.ready_year <= year).count() as i64;
        // A year in which nothing was added says nothing.
        if done == last {
            continue;
        }
        last = done;

        let label = match year < row.plan.first_year {
            true => page.t("goals.procedures.before").to_owned(),
            false => row.periods().short(year),
        };
        let shown = page.f(
            "goals.procedures.of",
            &[("count", &done.to_string()), ("all", &all.len().to_string())],
        );
        rows.push((label.clone(), shown.clone()));
        bars.push(Bar { label, sort: Sort::Goal, milli: done * 1000, shown });
    }

    Ok(Chart::new(page.t("goals.procedures.title"), bars).map(|chart| ProceduresView {
        chart: ChartView::new(page, "procedures".to_owned(), chart),
        rows,
    }))
}
