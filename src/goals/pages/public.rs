//! What everybody may see: published editions, in the city's own shape.

use askama::Template;
use entity::goals::goal_plan::PeriodStyle;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view::{self, ChartView, ThemeView};
use crate::goals::queries::{self, EditionRow, PlanRow};
use crate::goals::rules::chart::{Bar, Chart, Sort};
use crate::goals::rules::content::Content;
use crate::goals::rules::{counted, tallies};
use crate::goals::{goal_edition, goal_plan};
use crate::platform::japan::dates;
use crate::platform::japan::time::local_date;
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render};
use crate::platform::{App, Error, Lang, Result};

/// A link in a list.
struct Link {
    words: String,
    is_ja: bool,
    href: String,
    current: bool,
}

/// A municipality and what it has published.
struct TownView {
    name: String,
    editions: Vec<Link>,
}

#[derive(Template)]
#[template(path = "goals/pages/index.html")]
struct IndexPage {
    page: Page,
    towns: Vec<TownView>,
}

#[handler]
pub(super) async fn show_index(page: Page, app: App) -> Result<Response> {
    let found = queries::list_published(app.store().reader()).await?;
    let towns = found.iter().map(|(town, plans)| town_view(&page, town, plans)).collect();
    render(&IndexPage { page, towns })
}

fn town_view(
    page: &Page,
    town: &crate::places::municipality::Model,
    plans: &[PlanRow],
) -> TownView {
    let editions = plans.iter().flat_map(|row| {
        row.editions.iter().map(|edition| edition_link(page, &town.code, &row.plan, edition))
    });
    TownView {
        name: page.pick(&town.name_ja, &town.name_en).to_owned(),
        editions: editions.collect(),
    }
}

fn edition_link(
    page: &Page,
    code: &str,
    plan: &goal_plan::Model,
    edition: &goal_edition::Model,
) -> Link {
    let (title, is_ja) = view::pick(page.ctx.lang, &edition.title_ja, &edition.title_en);
    let (plan, _) = view::pick(page.ctx.lang, &plan.name_ja, &plan.name_en);
    let gap = page.pick("　", " – ");
    Link {
        words: format!("{plan}{gap}{title}"),
        is_ja,
        href: format!("/progress/{code}/{}", edition.code),
        current: false,
    }
}

#[derive(Template)]
#[template(path = "goals/pages/town.html")]
struct TownPage {
    page: Page,
    town: TownView,
    code: String,
}

#[handler]
pub(super) async fn show_town(page: Page, app: App, Path(code): Path<String>) -> Result<Response> {
    let found = queries::list_published(app.store().reader()).await?;
    let (town, plans) = found.iter().find(|(town, _)| town.code == code).ok_or(Error::NotFound)?;
    let page = page.of(town);
    let town = town_view(&page, town, plans);
    render(&TownPage { town, code, page })
}

/// A claimed saving of time.
struct SavingView {
    service: String,
    before: String,
    after: String,
    claimed: String,
}

/// How many procedures are done, by year.
struct ProceduresView {
    chart: ChartView,
    rows: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "goals/pages/edition.html")]
struct EditionPage {
    page: Page,
    town: String,
    town_href: String,
    plan: String,
    title: String,
    title_is_ja: bool,
    document: String,
    issued: String,
    published: String,
    /// Years are counted 1Q, 2Q and so on, which has to be explained.
    quarters: bool,
    policies: Vec<Link>,
    tallies: Vec<ChartView>,
    /// Items, each counted once, and rows that are listed twice.
    counted: usize,
    listed_twice: usize,
    themes: Vec<ThemeView>,
    procedures: Option<ProceduresView>,
    savings: Vec<SavingView>,
    open_csv: String,
    open_definition: String,
    open_json: String,
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
        (procedures(&page, &app, &row).await?, savings(&app, &row).await?)
    } else {
        (None, Vec::new())
    };

    let (lang, policy) = (page.ctx.lang, policy.as_deref());
    let (title, title_is_ja) = view::pick(lang, &row.edition.title_ja, &row.edition.title_en);
    let counted = counted(&content.items).count();
    let open = |file: &str| format!("/open/{code}/{file}");
    render(&EditionPage {
        town: page.pick(&town.name_ja, &town.name_en).to_owned(),
        town_href: format!("/progress/{code}"),
        plan: view::pick(lang, &row.plan.name_ja, &row.plan.name_en).0,
        title,
        title_is_ja,
        document: row.edition.document.clone(),
        issued: row.edition.issued_words.clone(),
        published: published_on(lang, &row.edition),
        quarters: row.periods().style == PeriodStyle::Quarter,
        policies: policies(&page, &content, &code, &edition_code, policy),
        tallies: tally_charts(&page, &row, &content),
        counted,
        listed_twice: content.items.len() - counted,
        themes: view::themes(&page, &row, &content, &Default::default(), policy, false),
        procedures,
        savings,
        open_csv: open("quarter_code.csv"),
        open_definition: open("quarter_code_definition.csv"),
        open_json: open("quarter_code.json"),
        page,
    })
}

fn published_on(lang: Lang, edition: &goal_edition::Model) -> String {
    let Some(at) = edition.published_at else { return String::new() };
    match lang {
        Lang::Ja => dates::date_long_ja(local_date(at)),
        Lang::En => dates::date_en(local_date(at)),
    }
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

fn policies(
    page: &Page,
    content: &Content,
    code: &str,
    edition: &str,
    current: Option<&str>,
) -> Vec<Link> {
    let mut found: Vec<Link> = Vec::new();
    let Some(current) = current else { return found };
    let link = |policy: &str, words: String| Link {
        words,
        is_ja: !page.is_ja(),
        href: format!("/progress/{code}/{edition}?policy={policy}"),
        current: policy == current,
    };

    let mut last = "";
    for theme in &content.themes {
        if theme.policy != last {
            found.push(link(&theme.policy, view::policy_title(page, theme)));
            last = &theme.policy;
        }
    }

    if content.items.iter().any(|item| item.theme.is_none()) {
        let mut rest = link("", page.t("goals.no_theme").to_owned());
        rest.is_ja = false;
        found.push(rest);
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

async fn savings(app: &App, row: &EditionRow) -> Result<Vec<SavingView>> {
    let found = queries::list_savings(app.store().reader(), row.plan.id).await?;
    let view = |row: entity::goals::goal_saving::Model| SavingView {
        service: row.service,
        before: row.before_words,
        after: row.after_words,
        claimed: row.claimed_words,
    };
    Ok(found.into_iter().map(view).collect())
}
