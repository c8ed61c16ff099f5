//! `/projects/{id}/money`: decided, paid, fixed, settled.

use askama::Template;
use entity::subsidies::project;
use entity::subsidies::project_change::{ChangeKind, ChangeState};
use entity::{ProjectChangeId, ProjectId};
use poem::web::Path;
use poem::{Response, handler};

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::view::{
    Asker, DifferenceLine, Head, Tab, day_short, difference_lines, yen_or_word, yen_word,
};
use crate::platform::japan::time::local_date;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{App, Ctx, Error, Result, Scope};
use crate::subsidies::access::{applying, reviewing};
use crate::subsidies::actions::{self, NewChange};
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::figure::show_yen;
use crate::subsidies::rules::money::{Money, eligible};
use crate::subsidies::rules::states::{PUBLISHED, Transition, Who, can};

struct ChangeLine {
    at: String,
    kind: String,
    what: String,
    amounts: String,
    state: String,
    class: &'static str,
    answer: String,
}

#[derive(Template)]
#[template(path = "subsidies/pages/money.html")]
struct MoneyPage {
    page: Page,
    problem: Problem,
    head: Head,
    figures: Vec<(String, String)>,
    settlement: String,
    forms: Vec<FormView>,
    payments: Vec<(String, String, String)>,
    changes: Vec<ChangeLine>,
    lines_key: &'static str,
    /// What a change of the plan alters.
    lines: Vec<DifferenceLine>,
}

/// What the settlement of a fixed amount moves, or has moved.
pub(super) fn settled(project: &project::Model) -> Option<Money> {
    let money = Money {
        granted: project.granted_yen,
        advanced: project.advanced_yen,
        fixed: project.fixed_yen,
        rest: project.rest_yen,
        repaid: project.repaid_yen,
    };
    money.settle()
}

async fn draw(page: Page, ctx: &Ctx, app: &App, id: i64, problem: Problem) -> Result<Response> {
    let (asker, db) = (Asker::of(ctx)?, app.store().reader());
    let row = queries::get(db, &asker.scope, ProjectId(id)).await?;
    let project = &row.project;
    let is_inside = asker.is_inside(&row);
    let decision = queries::decision(db, project).await?;
    let version = queries::reviewed_version(db, project).await?;
    let source = project.source.as_ref();
    let mut figures = Vec::new();
    let mut figure = |key: &str, yen: Option<i64>| {
        figures.push((page.t(key).to_owned(), yen_or_word(&page, yen, source)));
    };
    figure("money.requested", version.as_ref().map(|version| version.requested_yen));
    figure("money.adopted", decision.as_ref().and_then(|decision| decision.adopted_yen));
    figure("money.granted", project.granted_yen);
    figure("money.advanced", project.granted_yen.map(|_| project.advanced_yen));
    figure("money.fixed", project.fixed_yen);
    let settlement = match settled(project) {
        None => String::new(),
        Some(money) if money.repaid > 0 => {
            page.f1("money.settle.repay", "yen", show_yen(money.repaid))
        }
        Some(money) if money.rest > 0 => page.f1("money.settle.rest", "yen", show_yen(money.rest)),
        Some(_) => page.t("money.settle.even").to_owned(),
    };
    let payments = queries::payments(db, project).await?.into_iter().map(|payment| {
        let what = page.t(&format!("project.payment.{}", payment.kind)).to_owned();
        (day_short(payment.paid_on), what, yen_word(&page, payment.yen))
    });
    let changes = match is_inside {
        true => queries::changes(db, project).await?,
        false => Vec::new(),
    };
    let changes: Vec<ChangeLine> = changes
        .into_iter()
        .map(|change| ChangeLine {
            at: day_short(local_date(change.asked_at)),
            kind: page.t(&format!("project.change.{}", change.kind)).to_owned(),
            what: change.what,
            amounts: format!("{} → {}", show_yen(change.old_yen), yen_word(&page, change.new_yen)),
            state: page.t(&format!("project.change_state.{}", change.state)).to_owned(),
            class: match change.state {
                ChangeState::Asked => "status-wait",
                ChangeState::Approved => "status-ok",
                ChangeState::Refused => "status-off",
            },
            answer: change.answer,
        })
        .collect();
    let bar = asker.barred(&page, app, &row).await?;
    let (lines_key, lines) = plan_lines(&page, app, &asker, &row).await?;
    let mut forms = forms(&page, app, &asker, &row, &problem, bar.is_some()).await?;
    for form in forms.iter_mut().filter(|form| form.name == "ask_change" && !lines.is_empty()) {
        let answers = ["yes", "no"].map(|value| {
            (value.to_owned(), page.t(&format!("money.change.with_plan.{value}")).to_owned())
        });
        let with_plan = "money.change.with_plan";
        let field = Field::new(&page, &problem, "with_plan", with_plan, Look::Choice);
        form.fields.push(field.choices(answers.to_vec()).standing(&problem, "yes"));
        form.is_open = true;
    }
    let status = problem.status();
    let template = MoneyPage {
        head: Head::new(&page, &asker, &row, Tab::Money).barred(bar),
        figures,
        settlement,
        forms,
        payments: payments.collect(),
        changes,
        lines_key,
        lines,
        problem,
        page,
    };
    render_with(status, &template)
}

/// How the plan would change: as it is asked for, or as the ward is about to ask.
async fn plan_lines(
    page: &Page,
    app: &App,
    asker: &Asker,
    row: &ProjectRow,
) -> Result<(&'static str, Vec<DifferenceLine>)> {
    let (project, db) = (&row.project, app.store().reader());
    let asked = match asker.is_inside(row) {
        true => queries::open_change(db, project).await?.and_then(|change| change.content),
        false => None,
    };
    let is_writing = asker.is_ward_of(row) && PUBLISHED.contains(&project.state);
    let (key, new) = match asked {
        Some(content) => ("money.plan.asked", Some(serde_json::from_value(content)?)),
        None if is_writing && !queries::writable(db, project).await?.is_empty() => {
            ("money.plan.written", queries::changed_application(db, project).await?)
        }
        None => ("money.plan.written", None),
    };
    let last = queries::last_version(db, project).await?;
    let (Some(last), Some(new)) = (last, new) else { return Ok((key, Vec::new())) };
    Ok((key, difference_lines(page, &queries::read_application(&last)?, &new)))
}

/// The forms that can be used now.
async fn forms(
    page: &Page,
    app: &App,
    asker: &Asker,
    row: &ProjectRow,
    problem: &Problem,
    is_barred: bool,
) -> Result<Vec<FormView>> {
    let (project, db) = (&row.project, app.store().reader());
    let action = format!("/projects/{}/money", project.id);
    let form = |name| FormView::new(page, name, action.clone(), Some(project.revision));
    let yen = |name: &str, label: &str| Field::new(page, problem, name, label, Look::Number);
    let possible = |step| can(project.state, step, Who::Headquarters);
    let mut forms = Vec::new();
    let open = queries::open_change(db, project).await?;
    if asker.is_headquarters && !is_barred {
        if let Some(open) = &open {
            let answers = [("yes", "money.approve"), ("no", "money.refuse")];
            let answers = answers.map(|(value, key)| (value.to_owned(), page.t(key).to_owned()));
            let mut which = Field::new(page, problem, "change", "money.change", Look::Choice);
            let kind = page.t(&format!("project.change.{}", open.kind)).to_owned();
            let from_to = format!("{} → {}", show_yen(open.old_yen), show_yen(open.new_yen));
            which = which.choices(vec![(open.id.to_string(), format!("{kind} {from_to}"))]);
            let fields = vec![
                which,
                Field::new(page, problem, "approve", "money.answer", Look::Choice)
                    .choices(answers.to_vec()),
                Field::new(page, problem, "answer", "money.answer.words", Look::Long(2)).optional(),
            ];
            forms.push(form("decide_change").with(fields).main());
        }
        if possible(Transition::Grant) && project.source.is_none() {
            let adopted = queries::decision(db, project).await?.and_then(|d| d.adopted_yen);
            let field = yen("yen", "money.granted").standing(problem, adopted.unwrap_or(0));
            forms.push(form("grant").with(vec![field]).main());
        }
        if possible(Transition::Pay) {
            let fields = vec![
                yen("advance_yen", "money.advance"),
                Field::new(page, problem, "paid_on", "money.paid_on", Look::Day)
                    .standing(problem, page.ctx.today()),
            ];
            forms.push(form("pay_advance").with(fields));
        }
        if possible(Transition::Fix) {
            let report = queries::report(db, project).await?;
            let own = queries::last_version(db, project).await?.map_or(0, |v| v.own_yen);
            let most = eligible(queries::costs(&report), own).min(project.granted_yen.unwrap_or(0));
            let fields = vec![
                yen("fixed_yen", "money.fixed").standing(problem, most),
                Field::new(page, problem, "settle_by", "money.settle_by", Look::Day).optional(),
            ];
            forms.push(form("fix").with(fields).main());
        }
        if possible(Transition::Settle) {
            let label = match settled(project) {
                Some(money) if money.repaid > 0 => Some("money.received_on"),
                Some(money) if money.rest > 0 => Some("money.rest_on"),
                _ => None,
            };
            let day = |label| Field::new(page, problem, "paid_on", label, Look::Day);
            forms.push(form("settle").with(label.map(day).into_iter().collect()).main());
        }
    }
    if asker.is_ward_of(row) && open.is_none() && possible(Transition::Change) {
        let kinds = ChangeKind::ALL.iter();
        let kinds = kinds
            .map(|kind| (kind.to_string(), page.t(&format!("project.change.{kind}")).to_owned()));
        let fields = vec![
            Field::new(page, problem, "kind", "money.change", Look::Choice)
                .choices(kinds.collect()),
            Field::new(page, problem, "what", "money.change.what", Look::Long(3)),
            yen("new_yen", "money.change.yen").optional(),
        ];
        forms.push(form("ask_change").with(fields).closed());
    }
    Ok(forms)
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    draw(page, &ctx, &app, id, Problem::default()).await
}

#[handler]
pub(super) async fn act(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    Asker::of(&ctx)?;
    let scope = match typed.get("act") {
        "ask_change" => applying(&ctx)?,
        _ => reviewing(&ctx)?,
    };
    match run(&ctx, &app, &scope, ProjectId(id), &intent, &typed).await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/money"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw(page, &ctx, &app, id, problem).await
        }
    }
}

async fn run(
    ctx: &Ctx,
    app: &App,
    scope: &Scope,
    id: ProjectId,
    intent: &Intent,
    typed: &Typed,
) -> Result<()> {
    let (store, once, revision) = (app.store(), intent.0.as_ref(), typed.revision());
    match typed.get("act") {
        "grant" => {
            let yen = typed.yen("yen")?;
            let work = async |tx| actions::grant(&tx, scope, id, revision, yen).await;
            store.write_once(ctx, "grant_project", once, work).await
        }
        "pay_advance" => {
            let (yen, day) = (typed.yen("advance_yen")?, typed.day("paid_on")?);
            let work = async |tx| actions::pay_advance(&tx, scope, id, revision, yen, day).await;
            store.write_once(ctx, "pay_advance", once, work).await
        }
        "fix" => {
            let yen = typed.yen("fixed_yen")?;
            let due_on = typed.day_or_none("settle_by")?;
            let work = async |tx| actions::fix(&tx, scope, id, revision, yen, due_on).await;
            store.write_once(ctx, "fix_amount", once, work).await
        }
        "settle" => {
            let paid_on = typed.day_or_none("paid_on")?;
            let work =
                async |tx| actions::settle(&tx, scope, id, revision, paid_on).await.map(|_| ());
            store.write_once(ctx, "settle_project", once, work).await
        }
        "ask_change" => {
            let new = &NewChange {
                kind: ChangeKind::from_text(typed.get("kind"))
                    .ok_or_else(|| Error::invalid("kind", "err.project.choose"))?,
                what: typed.get("what").to_owned(),
                new_yen: typed.yen_or_none("new_yen")?,
                with_plan: typed.get("with_plan") != "no",
            };
            let work = async |tx| actions::ask_change(&tx, scope, id, new).await.map(|_| ());
            store.write_once(ctx, "request_change", once, work).await
        }
        "decide_change" => {
            let change = ProjectChangeId(typed.id("change")?);
            let (approve, answer) = (typed.get("approve") == "yes", typed.get("answer"));
            let work =
                async |tx| actions::decide_change(&tx, scope, id, change, approve, answer).await;
            store.write_once(ctx, "decide_change", once, work).await
        }
        _ => Err(Error::BadRequest),
    }
}
