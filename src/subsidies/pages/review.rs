//! W2: the application on the left; questions, rubric and decision on the right.

use std::collections::BTreeMap;

use askama::Template;
use entity::subsidies::application_section::Section;
use entity::subsidies::project::ProjectState;
use entity::subsidies::project_decision::{self, DecisionOutcome};
use entity::subsidies::review_score::Criterion;
use entity::subsidies::section_message::{self, MessageKind};
use entity::{ProjectId, StaffId};
use poem::web::Path;
use poem::{Response, handler};

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::view::{
    Asker, Head, SectionView, Tab, day_word, names, section_views, section_word, when_word,
    yen_word,
};
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{App, Ctx, Error, Result};
use crate::staff;
use crate::subsidies::access::{applying, reviewing};
use crate::subsidies::actions::{self, Decision};
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::review::{Score, show_tenths, tally};
use crate::subsidies::rules::states::{OPEN, Transition, Who, can, can_talk};

/// A question or an answer as it is read.
#[derive(Clone)]
pub struct MessageView {
    pub section: Section,
    pub who: String,
    pub at: String,
    pub body: String,
    pub is_answer: bool,
}

/// Questions and answers with the names of those who wrote.
pub(super) async fn message_views(
    page: &Page,
    app: &App,
    messages: Vec<section_message::Model>,
) -> Result<Vec<MessageView>> {
    let names = names(app, messages.iter().filter_map(|row| row.author_id).collect()).await?;
    let view = |message: section_message::Model| {
        let name = message.author_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        let side = page.t(&format!("review.{}", message.kind)).to_owned();
        MessageView {
            section: message.section,
            who: format!("{side} {name}"),
            at: when_word(page, message.created_at),
            body: message.body,
            is_answer: message.kind == MessageKind::Answer,
        }
    };
    Ok(messages.into_iter().map(view).collect())
}

struct Entry {
    view: SectionView,
    messages: Vec<MessageView>,
    ask: Option<Field>,
}

struct ReviewerLine {
    name: String,
    state: String,
    class: &'static str,
    note: String,
}

#[derive(Template)]
#[template(path = "subsidies/pages/review.html")]
struct ReviewPage {
    page: Page,
    problem: Problem,
    head: Head,
    entries: Vec<Entry>,
    ask_key: &'static str,
    decision: Option<Vec<(String, String)>>,
    is_headquarters: bool,
    reviewers: Vec<ReviewerLine>,
    means: Vec<(String, String)>,
    total: String,
    reasons: Vec<(String, String)>,
    forms: Vec<FormView>,
}

/// What was decided, in words.
pub(super) fn decision_facts(
    page: &Page,
    decision: &project_decision::Model,
) -> Vec<(String, String)> {
    let mut facts = vec![
        (
            page.t("review.outcome").to_owned(),
            page.t(&format!("project.outcome.{}", decision.outcome)).to_owned(),
        ),
        (page.t("review.decided_on").to_owned(), day_word(page, decision.decided_on)),
    ];
    if let Some(yen) = decision.adopted_yen {
        facts.push((page.t("money.adopted").to_owned(), yen_word(page, yen)));
    }
    for (label, text) in
        [("review.conditions", &decision.conditions), ("review.reason", &decision.reason)]
    {
        if !text.is_empty() {
            facts.push((page.t(label).to_owned(), text.clone()));
        }
    }
    facts
}

async fn draw(page: Page, ctx: &Ctx, app: &App, id: i64, problem: Problem) -> Result<Response> {
    let (asker, db) = (Asker::of(ctx)?, app.store().reader());
    let row = queries::get_own(db, &asker.scope, ProjectId(id)).await?;
    let project = &row.project;
    let version = queries::reviewed_version(db, project).await?;
    let whole = match &version {
        Some(version) if !OPEN.contains(&project.state) => queries::read_application(version)?,
        _ => queries::application(db, project).await?,
    };
    let messages = queries::messages(db, project).await?;
    let messages = message_views(&page, app, messages).await?;
    let (bar, is_office) = (asker.barred(&page, app, &row).await?, asker.is_office_of(&row));
    let may_write = can_talk(project.state).is_ok() && (bar.is_none() || asker.is_ward_of(&row));
    let entries = section_views(&page, &whole).into_iter().map(|view| {
        let mut field = Field::new(&page, &problem, "body", "review.body", Look::Long(3));
        field.id = format!("body-{}", view.section);
        let asked = problem.typed.get("section") == view.section.as_str();
        if !asked {
            (field.value, field.error) = (String::new(), None);
        }
        let field = Some(field).filter(|_| may_write);
        Entry {
            messages: messages.iter().filter(|m| m.section == view.section).cloned().collect(),
            ask: field,
            view,
        }
    });
    let entries = entries.collect();
    let scores = match &version {
        Some(version) if is_office => queries::scores(db, version).await?,
        _ => Vec::new(),
    };
    let plain: Vec<Score> = scores
        .iter()
        .map(|row| Score { staff_id: row.staff_id, criterion: row.criterion, score: row.score })
        .collect();
    let result = tally(&plain);
    let mut reviewers = Vec::new();
    let mut forms = Vec::new();
    let mut reasons = Vec::new();
    if is_office {
        let asked = queries::reviewers(db, project).await?;
        let names = names(app, asked.iter().map(|row| row.staff_id).collect()).await?;
        for reviewer in &asked {
            let scored = plain.iter().any(|score| score.staff_id == reviewer.staff_id);
            let (key, class) = match (reviewer.has_conflict, scored) {
                (Some(true), _) => ("review.has_conflict", "status-off"),
                (None, _) => ("review.undeclared", "status-late"),
                (Some(false), true) => ("review.scored", "status-ok"),
                (Some(false), false) => ("review.not_scored", "status-wait"),
            };
            reviewers.push(ReviewerLine {
                name: names.get(&reviewer.staff_id).cloned().unwrap_or_default(),
                state: page.t(key).to_owned(),
                class,
                note: reviewer.conflict_reason.clone(),
            });
        }
        for score in &scores {
            let name = names.get(&score.staff_id).cloned().unwrap_or_default();
            let word = criterion_word(&page, score.criterion);
            reasons.push((
                format!("{word} {}{}", score.score, page.aside(name)),
                score.reason.clone(),
            ));
        }
        let me = ctx.staff_id();
        let own = asked.iter().find(|row| Some(row.staff_id) == me);
        let mine: BTreeMap<Criterion, (i32, String)> = scores
            .iter()
            .filter(|row| Some(row.staff_id) == me)
            .map(|row| (row.criterion, (row.score, row.reason.clone())))
            .collect();
        let requested = version.as_ref().map(|version| version.requested_yen);
        forms = headquarters_forms(&page, app, ctx, &row, own, &mine, requested, &problem).await?;
        // Whoever declared a conflict can still say so otherwise.
        forms.retain(|form| bar.is_none() || form.name == "declare_conflict");
    }
    let decision = queries::decision(db, project).await?;
    let means = Criterion::ALL.iter().filter_map(|criterion| {
        let mean = result.means.get(criterion.as_str())?;
        Some((criterion_word(&page, *criterion), show_tenths(*mean)))
    });
    let status = problem.status();
    let template = ReviewPage {
        head: Head::new(&page, &asker, &row, Tab::Review).barred(bar),
        entries,
        ask_key: if asker.is_ward_of(&row) { "review.answer.do" } else { "review.question.do" },
        decision: decision.map(|decision| decision_facts(&page, &decision)),
        is_headquarters: is_office,
        reviewers,
        means: means.collect(),
        total: page.f1("review.of_30", "n", show_tenths(result.total)),
        reasons,
        forms,
        problem,
        page,
    };
    render_with(status, &template)
}

fn criterion_word(page: &Page, criterion: Criterion) -> String {
    page.t(&format!("project.criterion.{criterion}")).to_owned()
}

/// The forms of headquarters, as far as they can be used now.
async fn headquarters_forms(
    page: &Page,
    app: &App,
    ctx: &Ctx,
    row: &ProjectRow,
    own: Option<&entity::subsidies::reviewer::Model>,
    mine: &BTreeMap<Criterion, (i32, String)>,
    requested: Option<i64>,
    problem: &Problem,
) -> Result<Vec<FormView>> {
    let project = &row.project;
    let action = format!("/projects/{}/review", project.id);
    let form = |name| FormView::new(page, name, action.clone(), Some(project.revision));
    let field = |name: &str, label: &str, look| Field::new(page, problem, name, label, look);
    let mut forms = Vec::new();
    let in_review = project.state == ProjectState::InReview;
    let open = in_review || project.state == ProjectState::Submitted;
    if can(project.state, Transition::StartReview, Who::Headquarters) {
        let action = format!("/projects/{}/act", project.id);
        let start = FormView::new(page, "start_review", action, Some(project.revision));
        forms.push(start.main());
    }
    if open && let Some(own) = own {
        let yes_no = ["", "no", "yes"].map(|value| {
            let key = if value.is_empty() { "project.choose" } else { conflict_key(value) };
            (value.to_owned(), page.t(key).to_owned())
        });
        let stands = match own.has_conflict {
            None => "",
            Some(false) => "no",
            Some(true) => "yes",
        };
        let fields = vec![
            field("has_conflict", "review.conflict", Look::Choice)
                .choices(yes_no.to_vec())
                .standing(problem, stands),
            field("conflict_reason", "review.conflict_reason", Look::Long(2))
                .standing(problem, &own.conflict_reason)
                .optional(),
        ];
        let declare = form("declare_conflict").with(fields);
        forms.push(if own.has_conflict.is_some() { declare.closed() } else { declare.main() });
        if in_review && own.has_conflict == Some(false) {
            forms.push(form("score").with(score_fields(page, mine, problem)).main());
        }
    }
    if open {
        let scope = reviewing(ctx)?;
        let staff = staff::queries::list_staff(app.store().reader(), &scope).await?;
        let roles = staff::queries::list_roles(app.store().reader(), &scope, None).await?;
        let manages = |id: StaffId| {
            roles.iter().any(|grant| {
                let whole = grant.ward_id.is_none() && grant.programme_id.is_none();
                let manager = entity::staff::role_grant::Role::ProgrammeManager;
                grant.staff_id == id && grant.role == manager && whole
            })
        };
        let choices = staff
            .into_iter()
            .filter(|member| manages(member.id))
            .map(|member| (member.id.to_string(), member.name));
        let who = field("staff", "review.staff", Look::Choice).choices(choices.collect());
        forms.push(form("assign_reviewer").with(vec![who]).closed());
    }
    if can(project.state, Transition::ReturnApplication, Who::Headquarters) {
        let sections = Section::ALL.iter();
        let sections = sections.map(|s| (s.to_string(), section_word(page, *s))).collect();
        let fields = vec![
            field("section", "review.section", Look::Choice).choices(sections),
            field("mend", "review.mend", Look::Long(3)),
        ];
        forms.push(form("return_application").with(fields).closed());
    }
    if in_review {
        let outcomes = DecisionOutcome::ALL.iter().map(|outcome| {
            (outcome.to_string(), page.t(&format!("project.outcome.{outcome}")).to_owned())
        });
        let fields = vec![
            field("outcome", "review.outcome", Look::Choice).choices(outcomes.collect()),
            field("adopted_yen", "money.adopted", Look::Number)
                .standing(problem, requested.map(|yen| yen.to_string()).unwrap_or_default())
                .optional(),
            field("conditions", "review.conditions", Look::Long(3)).optional(),
            field("reason", "review.reason", Look::Long(3)),
        ];
        forms.push(form("decide").with(fields));
    }
    Ok(forms)
}

fn conflict_key(value: &str) -> &'static str {
    if value == "yes" { "review.conflict.yes" } else { "review.conflict.no" }
}

/// A score and its reason for each criterion.
fn score_fields(
    page: &Page,
    mine: &BTreeMap<Criterion, (i32, String)>,
    problem: &Problem,
) -> Vec<Field> {
    let mut fields = Vec::new();
    for criterion in Criterion::ALL {
        let (score, reason) = mine.get(criterion).cloned().unwrap_or_default();
        let mut choices = vec![(String::new(), page.t("project.choose").to_owned())];
        choices.extend((1..=5).map(|n| {
            let word = page.t(["score.1", "score.2", "score.3", "score.4", "score.5"][n - 1]);
            (n.to_string(), format!("{n} {word}"))
        }));
        let label = format!("project.criterion.{criterion}");
        let name = criterion.as_str();
        let stands = if score == 0 { String::new() } else { score.to_string() };
        fields.push(
            Field::new(page, problem, name, &label, Look::Choice)
                .choices(choices)
                .standing(problem, stands),
        );
        let mut why =
            Field::new(page, problem, &format!("{name}_reason"), "review.why", Look::Long(2));
        why.label = page.f1("review.why_of", "what", page.t(&label));
        fields.push(why.standing(problem, reason));
    }
    fields
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    draw(page, &ctx, &app, id, Problem::default()).await
}

/// Headquarters asks, the ward answers: who writes about the own ward's project answers.
#[handler]
pub(super) async fn send_message(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let asker = Asker::of(&ctx)?;
    let row = queries::get_own(app.store().reader(), &asker.scope, ProjectId(id)).await?;
    let (scope, kind) = match asker.is_ward_of(&row) {
        true => (applying(&ctx)?, MessageKind::Answer),
        false => (reviewing(&ctx)?, MessageKind::Question),
    };
    let section = Section::from_text(typed.get("section")).ok_or(Error::BadRequest)?;
    let (scope, body) = (&scope, &typed.get("body").to_owned());
    let done = app
        .store()
        .write_once(&ctx, "post_message", intent.0.as_ref(), |tx| async move {
            actions::ask_or_answer(&tx, scope, ProjectId(id), section, kind, body).await
        })
        .await;
    match done {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/review#s-{section}"))),
        Err(error) => {
            let mut problem = Problem::of(&page, typed, error)?;
            for error in &mut problem.errors {
                error.field = format!("body-{section}");
            }
            draw(page, &ctx, &app, id, problem).await
        }
    }
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
    let scope = &reviewing(&ctx)?;
    let done = run(&ctx, &app, scope, ProjectId(id), &intent, &typed).await;
    match done {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/review"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw(page, &ctx, &app, id, problem).await
        }
    }
}

async fn run(
    ctx: &Ctx,
    app: &App,
    scope: &crate::platform::Scope,
    id: ProjectId,
    intent: &Intent,
    typed: &Typed,
) -> Result<()> {
    let (store, once, revision) = (app.store(), intent.0.as_ref(), typed.revision());
    match typed.get("act") {
        "return_application" => {
            let section = Section::from_text(typed.get("section"))
                .ok_or_else(|| Error::invalid("section", "err.project.choose"))?;
            let mend = &typed.get("mend").to_owned();
            let work = async |tx| {
                let done =
                    actions::return_application(&tx, scope, id, revision, section, mend).await;
                done.map_err(|error| renamed(error, "body", "mend"))
            };
            store.write_once(ctx, "return_application", once, work).await
        }
        "assign_reviewer" => {
            let staff_id = StaffId(typed.id("staff")?);
            let work = async |tx| actions::assign_reviewer(&tx, scope, id, staff_id).await;
            store.write(ctx, "assign_reviewer", work).await
        }
        "declare_conflict" => {
            let has_conflict = match typed.get("has_conflict") {
                "yes" => true,
                "no" => false,
                _ => return Err(Error::invalid("has_conflict", "err.project.choose")),
            };
            let reason = typed.get("conflict_reason");
            let work = async |tx| {
                actions::declare_conflict(&tx, scope, id, None, has_conflict, reason).await
            };
            store.write(ctx, "declare_conflict", work).await
        }
        "score" => {
            let scores: BTreeMap<Criterion, (i32, String)> = Criterion::ALL
                .iter()
                .map(|criterion| {
                    let name = criterion.as_str();
                    let score = typed.get(name).parse().unwrap_or(0);
                    (*criterion, (score, typed.get(&format!("{name}_reason")).to_owned()))
                })
                .collect();
            let scores = &scores;
            let work = async |tx| actions::score(&tx, scope, id, None, scores).await;
            store.write(ctx, "score_project", work).await
        }
        "decide" => {
            let decision = &Decision {
                outcome: DecisionOutcome::from_text(typed.get("outcome"))
                    .ok_or_else(|| Error::invalid("outcome", "err.project.choose"))?,
                adopted_yen: typed.yen_or_none("adopted_yen")?,
                conditions: typed.get("conditions").to_owned(),
                reason: typed.get("reason").to_owned(),
            };
            let work = async |tx| actions::decide(&tx, scope, id, revision, decision).await;
            store.write_once(ctx, "decide_project", once, work).await
        }
        _ => Err(Error::BadRequest),
    }
}

/// An error about a field that the page calls otherwise.
pub(super) fn renamed(error: Error, from: &str, to: &str) -> Error {
    match error {
        Error::Invalid(mut faults) => {
            for fault in faults.iter_mut().filter(|fault| fault.field == from) {
                fault.field = to.to_owned();
            }
            Error::Invalid(faults)
        }
        other => other,
    }
}
