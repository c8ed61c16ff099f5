//! `/projects/{id}/money`: decided, paid, fixed, settled.

use askama::Template;
use chrono::NaiveDate;
use entity::subsidies::project_change::{self, ChangeKind, ChangeState};
use entity::subsidies::{payment, project};
use entity::{ProjectChangeId, ProjectId};
use poem::web::Path;
use poem::{Response, handler};

use super::forms::FormView;
use super::read;
use super::view::{Asker, DifferenceLine, Fact, Head, Tab, difference_lines, yen_or_word};
use crate::platform::japan::time::local_date;
use crate::platform::web::door::{Choice, Field, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Reading, reached_as};
use crate::subsidies::actions::{self, NewChange};
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::figure::show_yen;
use crate::subsidies::rules::money::{Money, eligible};
use crate::subsidies::rules::states::{PUBLISHED, Side, Transition, can};

#[derive(Template)]
#[template(path = "subsidies/pages/money.html")]
struct MoneyPage {
    page: Page,
    back: Returned,
    head: Head,
    figures: Vec<Fact>,
    settlement: String,
    forms: Vec<FormView>,
    payments: Vec<payment::Model>,
    changes: Vec<project_change::Model>,
    lines_key: &'static str,
    /// What a change of the plan alters.
    lines: Vec<DifferenceLine>,
}

impl MoneyPage {
    fn asked_on(&self, change: &project_change::Model) -> NaiveDate {
        local_date(change.asked_at)
    }

    fn amounts(&self, change: &project_change::Model) -> String {
        format!("{} → {}", show_yen(change.old_yen), self.page.yen(&change.new_yen))
    }

    fn class(&self, change: &project_change::Model) -> &'static str {
        match change.state {
            ChangeState::Asked => "status-wait",
            ChangeState::Approved => "status-ok",
            ChangeState::Refused => "status-off",
        }
    }
}

async fn draw(asker: Asker, id: ProjectId, back: Returned) -> Result<Response> {
    let db = asker.app.store().reader();
    let row = queries::get(db, &asker.scope, id).await?;
    let (page, project) = (&asker.page, &row.project);
    let figures = figures(&asker, &row).await?;
    let payments = queries::payments(db, project).await?;
    let changes = match asker.is_inside(&row) {
        true => queries::changes(db, project).await?,
        false => Vec::new(),
    };
    let bar = asker.barred(&row).await?;
    let (lines_key, lines) = plan_lines(&asker, &row).await?;

    let mut forms = forms(&asker, &row, &back, bar.is_some()).await?;
    // What the plan would become is shown above: the ward says whether it goes along.
    for form in forms.iter_mut().filter(|form| form.name == "ask_change" && !lines.is_empty()) {
        form.fields.push(with_plan_field(page, &back));
        form.is_open = true;
    }

    let template = MoneyPage {
        head: Head::new(&asker, &row, Tab::Money).barred(bar),
        figures,
        settlement: settlement(page, project),
        forms,
        payments,
        changes,
        lines_key,
        lines,
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

/// The amounts, in the order in which they are decided.
async fn figures(asker: &Asker, row: &ProjectRow) -> Result<Vec<Fact>> {
    let (page, db, project) = (&asker.page, asker.app.store().reader(), &row.project);
    let decision = queries::decision(db, project).await?;
    let version = queries::reviewed_version(db, project).await?;

    let all = [
        ("money.requested", version.map(|version| version.requested_yen)),
        ("money.adopted", decision.and_then(|decision| decision.adopted_yen)),
        ("money.granted", project.granted_yen),
        ("money.advanced", project.granted_yen.map(|_| project.advanced_yen)),
        ("money.fixed", project.fixed_yen),
    ];
    let source = project.source.as_ref();
    Ok(all.map(|(key, yen)| (key, yen_or_word(page, yen, source))).to_vec())
}

/// What is still to be paid, or given back; empty before the amount is fixed.
fn settlement(page: &Page, project: &project::Model) -> String {
    match Money::from(project).settle() {
        None => String::new(),
        Some(money) if money.repaid > 0 => {
            page.f1("money.settle.repay", "yen", show_yen(money.repaid))
        }
        Some(money) if money.rest > 0 => page.f1("money.settle.rest", "yen", show_yen(money.rest)),
        Some(_) => page.t("money.settle.even").to_owned(),
    }
}

/// How the plan would change: as it is asked for, or as the ward is about to ask.
async fn plan_lines(
    asker: &Asker,
    row: &ProjectRow,
) -> Result<(&'static str, Vec<DifferenceLine>)> {
    let (project, db) = (&row.project, asker.app.store().reader());
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
    Ok((key, difference_lines(&asker.page, &queries::read_application(&last)?, &new)))
}

/// The forms that can be used now.
async fn forms(
    asker: &Asker,
    row: &ProjectRow,
    back: &Returned,
    is_barred: bool,
) -> Result<Vec<FormView>> {
    let (page, project, db) = (&asker.page, &row.project, asker.app.store().reader());
    let action = format!("/projects/{}/money", project.id);
    let form = |name| FormView::new(page, name, action.clone(), Some(project.revision));
    let possible = |step| can(project.state, step, Side::Headquarters);
    let mut forms = Vec::new();
    let open = queries::open_change(db, project).await?;

    if asker.is_headquarters && !is_barred {
        if let Some(open) = &open {
            forms.push(form("decide_change").with(answer_fields(page, back, open)).main());
        }
        if possible(Transition::Grant) && project.source.is_none() {
            let adopted = queries::decision(db, project).await?.and_then(|d| d.adopted_yen);
            let field = page.field(back, "yen", "money.granted", adopted.unwrap_or(0));
            forms.push(form("grant").with(vec![field.look(Look::Number)]).main());
        }
        if possible(Transition::Pay) {
            let today = page.ctx.today();
            let fields = vec![
                page.field(back, "advance_yen", "money.advance", "").look(Look::Number),
                page.field(back, "paid_on", "money.paid_on", today).look(Look::Day),
            ];
            forms.push(form("pay_advance").with(fields));
        }

        // As much as the costs allow is proposed.
        if possible(Transition::Fix) {
            let report = queries::report(db, project).await?;
            let own = queries::last_version(db, project).await?.map_or(0, |v| v.own_yen);
            let most = eligible(queries::costs(&report), own).min(project.granted_yen.unwrap_or(0));
            let due = page.field(back, "settle_by", "money.settle_by", "").look(Look::Day);
            let fields = vec![
                page.field(back, "fixed_yen", "money.fixed", most).look(Look::Number),
                due.optional(page),
            ];
            forms.push(form("fix").with(fields).main());
        }
        if possible(Transition::Settle) {
            forms.push(form("settle").with(settle_fields(page, back, project)).main());
        }
    }

    if asker.is_ward_of(row) && open.is_none() && possible(Transition::Change) {
        forms.push(form("ask_change").with(change_fields(page, back)).closed());
    }
    Ok(forms)
}

/// The answer to a change that was asked for.
fn answer_fields(page: &Page, back: &Returned, open: &project_change::Model) -> Vec<Field> {
    let kind = page.word("project.change", open.kind);
    let change = format!("{kind} {} → {}", show_yen(open.old_yen), show_yen(open.new_yen));
    let changes = [(open.id.to_string(), change)];
    let answers = [("yes", "money.approve"), ("no", "money.refuse")];
    let answers = answers.map(|(value, key)| (value.to_owned(), page.t(key).to_owned()));
    vec![
        page.field(back, "change", "money.change", "").choices(&changes).class("w-name"),
        page.field(back, "approve", "money.answer", "").choices(&answers).class("w-name"),
        page.field(back, "answer", "money.answer.words", "").rows_of(2).optional(page),
    ]
}

/// The day on which money moved; nothing to fill in when none moves.
fn settle_fields(page: &Page, back: &Returned, project: &project::Model) -> Vec<Field> {
    let label = match Money::from(project).settle() {
        Some(money) if money.repaid > 0 => Some("money.received_on"),
        Some(money) if money.rest > 0 => Some("money.rest_on"),
        _ => None,
    };
    let day = |label| page.field(back, "paid_on", label, "").look(Look::Day);
    label.map(day).into_iter().collect()
}

/// A change that the ward asks for.
fn change_fields(page: &Page, back: &Returned) -> Vec<Field> {
    let kinds = page.choices("project.change", ChangeKind::ALL);
    let yen = page.field(back, "new_yen", "money.change.yen", "").look(Look::Number);
    vec![
        page.field(back, "kind", "money.change", "").choices(&kinds).class("w-name"),
        page.field(back, "what", "money.change.what", "").rows_of(3),
        yen.optional(page),
    ]
}

/// Whether a change is asked for with what was altered in the plan.
fn with_plan_field(page: &Page, back: &Returned) -> Field {
    let label = "money.change.with_plan";
    let answers: Vec<Choice> =
        ["yes", "no"].map(|value| (value.to_owned(), page.word(label, value))).to_vec();
    page.field(back, "with_plan", label, "yes").choices(&answers).class("w-name")
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<ProjectId>) -> Result<Response> {
    draw(Asker::of(visit)?, id, Returned::default()).await
}

#[handler]
pub(super) async fn act(
    visit: Visit<Reading>,
    Path(id): Path<ProjectId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    match run(&visit, id, &typed).await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/money"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}

async fn run(visit: &Visit<Reading>, id: ProjectId, typed: &Typed) -> Result<()> {
    let verb = typed.get("act");
    // The ward asks; everything else is headquarters'.
    let who = if verb == "ask_change" { Side::Ward } else { Side::Headquarters };
    let (scope, revision) = (&reached_as(&visit.ctx, who)?, typed.revision());

    match verb {
        "grant" => {
            let yen = read::yen(typed, "yen")?;
            let work = |tx, _| async move { actions::grant(&tx, scope, id, revision, yen).await };
            visit.does("grant_project", work).await
        }
        "pay_advance" => {
            let (yen, day) = (read::yen(typed, "advance_yen")?, read::day(typed, "paid_on")?);
            let work = |tx, _| async move {
                actions::pay_advance(&tx, scope, id, revision, yen, day).await
            };
            visit.does("pay_advance", work).await
        }
        "fix" => {
            let yen = read::yen(typed, "fixed_yen")?;
            let due_on = read::day_or_none(typed, "settle_by")?;
            let work =
                |tx, _| async move { actions::fix(&tx, scope, id, revision, yen, due_on).await };
            visit.does("fix_amount", work).await
        }
        "settle" => {
            let paid_on = read::day_or_none(typed, "paid_on")?;
            let work =
                |tx, _| async move { actions::settle(&tx, scope, id, revision, paid_on).await };
            visit.does("settle_project", work).await
        }
        "ask_change" => {
            let new = &NewChange {
                kind: read::one_of(typed, "kind", ChangeKind::from_text)?,
                what: typed.get("what").to_owned(),
                new_yen: read::yen_or_none(typed, "new_yen")?,
                with_plan: typed.get("with_plan") != "no",
            };
            let work =
                |tx, _| async move { actions::ask_change(&tx, scope, id, new).await.map(|_| ()) };
            visit.does("request_change", work).await
        }
        "decide_change" => {
            let change = ProjectChangeId(read::id(typed, "change")?);
            let (approve, answer) = (typed.get("approve") == "yes", typed.get("answer"));
            let work = |tx, _| async move {
                actions::decide_change(&tx, scope, id, change, approve, answer).await
            };
            visit.does("decide_change", work).await
        }
        _ => Err(Error::BadRequest),
    }
}
