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
use super::view::{self, Asker};
use crate::platform::japan::FiscalYear;
use crate::platform::web::door::{Choice, Field, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Reading, Reviewing};
use crate::subsidies::actions::{self, RoundDraft};
use crate::subsidies::queries;
use crate::subsidies::rules::sections::round_open;

#[derive(Template)]
#[template(path = "subsidies/pages/rounds.html")]
struct RoundsPage {
    page: Page,
    is_headquarters: bool,
    rounds: Vec<subsidy_round::Model>,
}

impl RoundsPage {
    /// Whether a round takes applications today: wording key, and class.
    fn standing(&self, round: &subsidy_round::Model) -> (&'static str, &'static str) {
        let today = self.page.ctx.today();
        match (round.opens_on, round.closes_on) {
            _ if round_open(round.opens_on, round.closes_on, today).is_ok() => {
                ("rounds.open", "status-now")
            }
            (Some(opens), _) if today < opens => ("rounds.before", "status-wait"),
            _ => ("rounds.closed", "status-off"),
        }
    }
}

#[handler]
pub(super) async fn show_list(visit: Visit<Reading>) -> Result<Response> {
    let rounds = queries::list_rounds(visit.db(), &visit.scope).await?;
    let Asker { page, is_headquarters, .. } = Asker::of(visit)?;
    render(&RoundsPage { is_headquarters, rounds, page })
}

/// The form of a round: a new one, or what `stands`.
fn form_page(page: Page, back: Returned, stands: Option<subsidy_round::Model>) -> Result<Response> {
    let (name, action) = match &stands {
        Some(round) => ("save_round", format!("/rounds/{}", round.id)),
        None => ("create_round", "/rounds/new".to_owned()),
    };
    let revision = stands.as_ref().map(|round| back.revision(round.revision));
    let fields = fields(&page, &back, stands.as_ref());
    let template = NewPage {
        view: FormView::new(&page, name, action, revision).with(fields),
        // Somebody else saved first: what stands now is shown beside what was typed.
        stands: stands.filter(|_| back.is_stale),
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
        (year - 1..=year + 2).map(|year| (year.to_string(), page.fiscal_year(&year))).collect();
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
    let year = FiscalYear::parse(typed.get("fiscal_year"));
    let year = year.map_err(|_| Error::invalid("fiscal_year", "err.round.year"))?;
    Ok(RoundDraft {
        fiscal_year: year.year(),
        name: typed.get("name").to_owned(),
        opens_on: read::day_or_none(typed, "opens_on")?,
        closes_on: read::day_or_none(typed, "closes_on")?,
        report_due_on: read::day_or_none(typed, "report_due_on")?,
        cap_yen: read::yen_or_none(typed, "cap_yen")?,
        guidelines: typed.get("guidelines").to_owned(),
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
pub(super) async fn edit(
    visit: Visit<Reviewing>,
    Path(id): Path<SubsidyRoundId>,
) -> Result<Response> {
    let round = queries::get_round(visit.db(), &visit.scope, id).await?;
    form_page(visit.page, Returned::default(), Some(round))
}

#[handler]
pub(super) async fn save(
    visit: Visit<Reviewing>,
    Path(id): Path<SubsidyRoundId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let revision = typed.revision();
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
            form_page(visit.page, back, Some(round))
        }
    }
}
