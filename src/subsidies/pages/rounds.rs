//! `/rounds`: the calls for projects.

use askama::Template;
use entity::SubsidyRoundId;
use entity::subsidies::subsidy_round;
use poem::web::Path;
use poem::{Response, handler};

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::list::NewPage;
use super::view::{Asker, day_word, round_name, year_word, yen_or_word};
use crate::platform::japan::FiscalYear;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result};
use crate::subsidies::access::reviewing;
use crate::subsidies::actions::{self, RoundDraft};
use crate::subsidies::queries;
use crate::subsidies::rules::sections::round_open;

struct RoundLine {
    id: i64,
    name: String,
    state: String,
    class: &'static str,
    facts: Vec<(String, String)>,
    /// Taken from a paper: nobody edits it.
    is_past: bool,
}

#[derive(Template)]
#[template(path = "subsidies/pages/rounds.html")]
struct RoundsPage {
    page: Page,
    is_headquarters: bool,
    rounds: Vec<RoundLine>,
}

fn line(page: &Page, round: subsidy_round::Model) -> RoundLine {
    let today = page.ctx.today();
    let (key, class) = match (round.opens_on, round.closes_on) {
        _ if round_open(round.opens_on, round.closes_on, today).is_ok() => {
            ("rounds.open", "status-now")
        }
        (Some(opens), _) if today < opens => ("rounds.before", "status-wait"),
        _ => ("rounds.closed", "status-off"),
    };
    let day = |day: Option<chrono::NaiveDate>| match day {
        Some(day) => day_word(page, day),
        None if round.source.is_some() => page.t("project.not_in_paper").to_owned(),
        None => page.t("project.not_decided").to_owned(),
    };
    let mut facts = vec![
        (page.t("round.opens_on").to_owned(), day(round.opens_on)),
        (page.t("round.closes_on").to_owned(), day(round.closes_on)),
        (
            page.t("round.cap_yen").to_owned(),
            yen_or_word(page, round.cap_yen, round.source.as_ref()),
        ),
    ];
    if round.source.is_none() {
        facts.push((page.t("round.report_due_on").to_owned(), day(round.report_due_on)));
    }
    if !round.guidelines.is_empty() {
        facts.push((page.t("round.guidelines").to_owned(), round.guidelines.clone()));
    }
    if let Some(source) = &round.source {
        facts.push((page.t("project.source").to_owned(), source.clone()));
    }
    RoundLine {
        id: round.id.0,
        name: round_name(page, &round),
        state: page.t(key).to_owned(),
        class,
        facts,
        is_past: round.source.is_some(),
    }
}

#[handler]
pub(super) async fn show_list(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let asker = Asker::of(&ctx)?;
    let found = queries::list_rounds(app.store().reader(), &asker.scope).await?;
    let rounds = found.into_iter().map(|round| line(&page, round)).collect();
    render(&RoundsPage { is_headquarters: asker.is_headquarters, rounds, page })
}

fn form_page(
    page: Page,
    problem: Problem,
    stands: Option<&subsidy_round::Model>,
) -> Result<Response> {
    let (name, action) = match stands {
        Some(round) => ("save_round", format!("/rounds/{}", round.id)),
        None => ("create_round", "/rounds/new".to_owned()),
    };
    let field = |name: &str, label: &str, look| Field::new(&page, &problem, name, label, look);
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let year = FiscalYear::of(page.ctx.today()).year();
    let years = (year - 1..=year + 2).map(|year| (year.to_string(), year_word(&page, year)));
    let fields = vec![
        field("fiscal_year", "round.fiscal_year", Look::Choice)
            .choices(years.collect())
            .standing(&problem, stands.map_or(year, |round| round.fiscal_year)),
        field("name", "round.name", Look::Line)
            .standing(&problem, stands.map(|round| round.name.as_str()).unwrap_or_default()),
        field("opens_on", "round.opens_on", Look::Day)
            .standing(&problem, day(stands.and_then(|round| round.opens_on))),
        field("closes_on", "round.closes_on", Look::Day)
            .standing(&problem, day(stands.and_then(|round| round.closes_on))),
        field("report_due_on", "round.report_due_on", Look::Day)
            .standing(&problem, day(stands.and_then(|round| round.report_due_on)))
            .optional(),
        field("cap_yen", "round.cap_yen", Look::Number)
            .standing(
                &problem,
                stands
                    .and_then(|round| round.cap_yen)
                    .map(|yen| yen.to_string())
                    .unwrap_or_default(),
            )
            .optional(),
        field("guidelines", "round.guidelines", Look::Long(8))
            .standing(&problem, stands.map(|round| round.guidelines.as_str()).unwrap_or_default())
            .optional(),
    ];
    let revision = stands.map(|round| problem.revision(round.revision));
    let shown = stands.filter(|_| problem.is_stale).cloned();
    let shown = shown.map(|round| line(&page, round)).map(|line| line.facts).unwrap_or_default();
    let form = FormView::new(&page, name, action, revision).with(fields);
    let status = problem.status();
    let back = ("/rounds", "rounds.title");
    render_with(status, &NewPage { form, problem, stands: shown, notice: None, back, page })
}

fn draft(typed: &Typed) -> Result<RoundDraft> {
    Ok(RoundDraft {
        fiscal_year: typed
            .get("fiscal_year")
            .parse()
            .map_err(|_| Error::invalid("fiscal_year", "err.round.year"))?,
        name: typed.get("name").to_owned(),
        opens_on: typed.day_or_none("opens_on")?,
        closes_on: typed.day_or_none("closes_on")?,
        report_due_on: typed.day_or_none("report_due_on")?,
        cap_yen: typed.yen_or_none("cap_yen")?,
        guidelines: typed.get("guidelines").to_owned(),
        source: None,
    })
}

#[handler]
pub(super) async fn show_new(page: Page, ctx: Ctx) -> Result<Response> {
    reviewing(&ctx)?;
    form_page(page, Problem::default(), None)
}

#[handler]
pub(super) async fn create(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &reviewing(&ctx)?;
    let done = match draft(&typed) {
        Ok(draft) => {
            let draft = &draft;
            app.store()
                .write_once(&ctx, "create_round", intent.0.as_ref(), |tx| async move {
                    actions::create_round(&tx, scope, draft).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(redirect("/rounds")),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            form_page(page, problem, None)
        }
    }
}

#[handler]
pub(super) async fn edit(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = reviewing(&ctx)?;
    let round = queries::get_round(app.store().reader(), &scope, SubsidyRoundId(id)).await?;
    form_page(page, Problem::default(), Some(&round))
}

#[handler]
pub(super) async fn save(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (scope, id, revision) = (&reviewing(&ctx)?, SubsidyRoundId(id), typed.revision());
    queries::get_round(app.store().reader(), scope, id).await?;
    let done = match draft(&typed) {
        Ok(draft) => {
            let draft = &draft;
            app.store()
                .write(&ctx, "save_round", |tx| async move {
                    actions::save_round(&tx, scope, id, revision, draft).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(redirect("/rounds")),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            let round = queries::get_round(app.store().reader(), scope, id).await?;
            form_page(page, problem, Some(&round))
        }
    }
}
