//! `/rounds`: the calls for projects.

use askama::Template;
use chrono::NaiveDate;
use entity::SubsidyRoundId;
use entity::subsidies::subsidy_round;
use poem::web::Path;
use poem::{Response, handler};

use super::forms::FormView;
use super::list::NewPage;
use super::read;
use super::view::{Asker, day_word, round_name, year_word, yen_or_word};
use crate::platform::japan::FiscalYear;
use crate::platform::web::door::{Choice, Field, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Reading, Reviewing};
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

impl RoundLine {
    fn new(page: &Page, round: &subsidy_round::Model) -> Self {
        let today = page.ctx.today();
        let (key, class) = match (round.opens_on, round.closes_on) {
            _ if round_open(round.opens_on, round.closes_on, today).is_ok() => {
                ("rounds.open", "status-now")
            }
            (Some(opens), _) if today < opens => ("rounds.before", "status-wait"),
            _ => ("rounds.closed", "status-off"),
        };
        Self {
            id: round.id.0,
            name: round_name(page, round),
            state: page.t(key).to_owned(),
            class,
            facts: facts(page, round),
            is_past: round.source.is_some(),
        }
    }
}

/// What is set for a round, in words.
fn facts(page: &Page, round: &subsidy_round::Model) -> Vec<(String, String)> {
    let day = |day: Option<NaiveDate>| match day {
        Some(day) => day_word(page, day),
        None if round.source.is_some() => page.t("project.not_in_paper").to_owned(),
        None => page.t("project.not_decided").to_owned(),
    };
    let cap = yen_or_word(page, round.cap_yen, round.source.as_ref());
    let mut facts = vec![
        (page.t("round.opens_on").to_owned(), day(round.opens_on)),
        (page.t("round.closes_on").to_owned(), day(round.closes_on)),
        (page.t("round.cap_yen").to_owned(), cap),
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
    facts
}

#[handler]
pub(super) async fn show_list(visit: Visit<Reading>) -> Result<Response> {
    let found = queries::list_rounds(visit.db(), &visit.scope).await?;
    let Asker { page, is_headquarters, .. } = Asker::of(visit)?;
    let rounds = found.iter().map(|round| RoundLine::new(&page, round)).collect();
    render(&RoundsPage { is_headquarters, rounds, page })
}

/// The form of a round: a new one, or what `stands`.
fn form_page(
    page: Page,
    back: Returned,
    stands: Option<&subsidy_round::Model>,
) -> Result<Response> {
    let (name, action) = match stands {
        Some(round) => ("save_round", format!("/rounds/{}", round.id)),
        None => ("create_round", "/rounds/new".to_owned()),
    };
    let revision = stands.map(|round| back.revision(round.revision));
    let view = FormView::new(&page, name, action, revision).with(fields(&page, &back, stands));

    // Somebody else saved first: what stands now is shown beside what was typed.
    let shown = stands.filter(|_| back.is_stale);
    let template = NewPage {
        view,
        stands: shown.map(|round| facts(&page, round)).unwrap_or_default(),
        notice: None,
        way_back: ("/rounds", "rounds.title"),
        back,
        page,
    };
    render_form(&template.back, &template)
}

fn fields(page: &Page, back: &Returned, stands: Option<&subsidy_round::Model>) -> Vec<Field> {
    let year = FiscalYear::of(page.ctx.today()).year();
    let years: Vec<Choice> =
        (year - 1..=year + 2).map(|year| (year.to_string(), year_word(page, year))).collect();
    let chosen = stands.map_or(year, |round| round.fiscal_year);

    let text = |of: fn(&subsidy_round::Model) -> &str| stands.map(of).unwrap_or_default();
    let day = |name: &str, of: fn(&subsidy_round::Model) -> Option<NaiveDate>| {
        let stands = stands.and_then(of).map(|day| day.to_string()).unwrap_or_default();
        page.field(back, name, &format!("round.{name}"), stands).look(Look::Day)
    };
    let cap = stands.and_then(|round| round.cap_yen).map(|yen| yen.to_string());
    vec![
        page.field(back, "fiscal_year", "round.fiscal_year", chosen)
            .choices(&years)
            .class("w-name"),
        page.field(back, "name", "round.name", text(|round| round.name.as_str())),
        day("opens_on", |round| round.opens_on),
        day("closes_on", |round| round.closes_on),
        day("report_due_on", |round| round.report_due_on).optional(page),
        page.field(back, "cap_yen", "round.cap_yen", cap.unwrap_or_default())
            .look(Look::Number)
            .optional(page),
        page.field(back, "guidelines", "round.guidelines", text(|round| round.guidelines.as_str()))
            .rows_of(8)
            .optional(page),
    ]
}

fn draft(typed: &Typed) -> Result<RoundDraft> {
    let year = typed.get("fiscal_year").parse();
    Ok(RoundDraft {
        fiscal_year: year.map_err(|_| Error::invalid("fiscal_year", "err.round.year"))?,
        name: typed.get("name").to_owned(),
        opens_on: read::day_or_none(typed, "opens_on")?,
        closes_on: read::day_or_none(typed, "closes_on")?,
        report_due_on: read::day_or_none(typed, "report_due_on")?,
        cap_yen: read::yen_or_none(typed, "cap_yen")?,
        guidelines: typed.get("guidelines").to_owned(),
        source: None,
    })
}

#[handler]
pub(super) async fn show_new(visit: Visit<Reviewing>) -> Result<Response> {
    form_page(visit.page, Returned::default(), None)
}

#[handler]
pub(super) async fn create(visit: Visit<Reviewing>, Form(typed): Form<Typed>) -> Result<Response> {
    let done = async {
        let draft = &draft(&typed)?;
        let work = |tx, scope| async move { actions::create_round(&tx, scope, draft).await };
        visit.does("create_round", work).await
    };
    match done.await {
        Ok(_) => Ok(redirect("/rounds")),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            form_page(visit.page, back, None)
        }
    }
}

#[handler]
pub(super) async fn edit(visit: Visit<Reviewing>, Path(id): Path<i64>) -> Result<Response> {
    let round = queries::get_round(visit.db(), &visit.scope, SubsidyRoundId(id)).await?;
    form_page(visit.page, Returned::default(), Some(&round))
}

#[handler]
pub(super) async fn save(
    visit: Visit<Reviewing>,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (id, revision) = (SubsidyRoundId(id), typed.revision());
    queries::get_round(visit.db(), &visit.scope, id).await?;

    let done = async {
        let draft = &draft(&typed)?;
        let work =
            |tx, scope| async move { actions::save_round(&tx, scope, id, revision, draft).await };
        visit.does("save_round", work).await
    };
    match done.await {
        Ok(()) => Ok(redirect("/rounds")),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            let round = queries::get_round(visit.db(), &visit.scope, id).await?;
            form_page(visit.page, back, Some(&round))
        }
    }
}
