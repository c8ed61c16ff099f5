//! W2: the application on the left; questions, rubric and decision on the right.

use askama::Template;
use entity::staff::role_grant::Role;
use entity::subsidies::application_section::Section;
use entity::subsidies::application_version;
use entity::subsidies::project::ProjectState;
use entity::subsidies::project_decision::{self, DecisionOutcome};
use entity::subsidies::review_score::Criterion;
use entity::subsidies::section_message::{self, MessageKind};
use entity::{ProjectId, StaffId};
use poem::web::Path;
use poem::{Response, handler};

use super::forms::{FormView, renamed};
use super::read;
use super::view::{Asker, Fact, Head, SectionView, Tab, names, section_views};
use crate::platform::web::door::{Choice, Field, Look, Returned, Right, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::staff;
use crate::subsidies::access::{Applying, Reading, Reviewing};
use crate::subsidies::actions::{self, Decision, NewMessage};
use crate::subsidies::queries::{self, ProjectRow, Review};
use crate::subsidies::rules::review::{Score, show_tenths, tally};
use crate::subsidies::rules::states::{OPEN, Side, Transition, can, can_talk};

/// A question or an answer, and the name of whoever wrote it.
#[derive(Clone)]
pub struct MessageView {
    pub message: section_message::Model,
    pub name: String,
}

impl MessageView {
    /// For the template.
    pub fn is_answer(&self) -> bool {
        self.message.kind == MessageKind::Answer
    }
}

/// Questions and answers with the names of those who wrote.
pub(super) async fn message_views(
    asker: &Asker,
    messages: Vec<section_message::Model>,
) -> Result<Vec<MessageView>> {
    let names = names(asker, messages.iter().filter_map(|row| row.author_id).collect()).await?;
    let view = |message: section_message::Model| {
        let name = message.author_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        MessageView { message, name }
    };
    Ok(messages.into_iter().map(view).collect())
}

/// A section with what was asked about it.
struct SectionTalk {
    view: SectionView,
    messages: Vec<MessageView>,
    ask: Option<Field>,
}

/// A reviewer and what came of it.
struct ReviewerLine {
    name: String,
    review: Review,
}

impl ReviewerLine {
    /// How far the review is: wording key, and class.
    fn standing(&self) -> (&'static str, &'static str) {
        match (self.review.has_conflict, !self.review.scores.is_empty()) {
            (Some(true), _) => ("review.has_conflict", "status-off"),
            (None, _) => ("review.undeclared", "status-late"),
            (Some(false), true) => ("review.scored", "status-ok"),
            (Some(false), false) => ("review.not_scored", "status-wait"),
        }
    }
}

/// What headquarters alone reads of a review.
struct Office {
    reviewers: Vec<ReviewerLine>,
    /// Mean of each criterion.
    means: Vec<(Criterion, String)>,
    total: String,
    has_scores: bool,
    forms: Vec<FormView>,
}

#[derive(Template)]
#[template(path = "subsidies/pages/review.html")]
struct ReviewPage {
    page: Page,
    back: Returned,
    head: Head,
    sections: Vec<SectionTalk>,
    ask_key: &'static str,
    decision: Option<Vec<Fact>>,
    /// None for the ward.
    office: Option<Office>,
}

/// What was decided, in words.
pub(super) fn decision_facts(page: &Page, decision: &project_decision::Model) -> Vec<Fact> {
    let mut facts = vec![
        ("review.outcome", page.word("project.outcome", decision.outcome)),
        ("review.decided_on", page.long_day(&decision.decided_on)),
    ];
    facts.extend(decision.adopted_yen.map(|yen| ("money.adopted", page.yen(&yen))));

    let texts = [("review.conditions", &decision.conditions), ("review.reason", &decision.reason)];
    let written = texts.into_iter().filter(|(_, text)| !text.is_empty());
    facts.extend(written.map(|(label, text)| (label, text.clone())));
    facts
}

async fn draw(asker: Asker, id: ProjectId, back: Returned) -> Result<Response> {
    let db = asker.app.store().reader();
    let row = queries::get_own(db, &asker.scope, id).await?;
    let (page, project) = (&asker.page, &row.project);
    let version = queries::reviewed_version(db, project).await?;
    let whole = match &version {
        Some(version) if !OPEN.contains(&project.state) => queries::read_application(version)?,
        _ => queries::application(db, project).await?,
    };
    let messages = message_views(&asker, queries::messages(db, project).await?).await?;
    let decision = queries::decision(db, project).await?;
    let bar = asker.barred(&row).await?;

    // Scores stay with headquarters, also before its people who work for the ward.
    let office = match asker.is_office_of(&row) {
        true => {
            let mut office = office(&asker, &row, version.as_ref(), &back).await?;
            // Whoever declared a conflict can still say so otherwise.
            office.forms.retain(|form| bar.is_none() || form.name == "declare_conflict");
            Some(office)
        }
        false => None,
    };

    let is_ward = asker.is_ward_of(&row);
    let may_write = can_talk(project.state).is_ok() && (bar.is_none() || is_ward);
    let talk = |view: SectionView| {
        let own = messages.iter().filter(|one| one.message.section == view.section);
        let ask = may_write.then(|| ask_field(page, &back, view.section));
        SectionTalk { messages: own.cloned().collect(), ask, view }
    };
    let template = ReviewPage {
        sections: section_views(page, &whole).into_iter().map(talk).collect(),
        head: Head::new(&asker, &row, Tab::Review).barred(bar),
        ask_key: if is_ward { "review.answer.do" } else { "review.question.do" },
        decision: decision.map(|decision| decision_facts(page, &decision)),
        office,
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

/// Where one writes about a section; what was typed stands only where it was typed.
fn ask_field(page: &Page, back: &Returned, section: Section) -> Field {
    let field = page.field(back, &format!("body-{section}"), "review.body", "").rows_of(3);
    let is_asked = back.typed.get("section") == section.as_str();
    let value = if is_asked { back.typed.get("body") } else { "" };
    Field { name: "body".to_owned(), value: value.to_owned(), ..field }
}

/// The reviewers, what they scored, and what headquarters does next.
async fn office(
    asker: &Asker,
    row: &ProjectRow,
    version: Option<&application_version::Model>,
    back: &Returned,
) -> Result<Office> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let reviews = queries::reviews(db, &row.project, version).await?;
    let names = names(asker, reviews.iter().map(|review| review.staff_id).collect()).await?;

    let result = tally(reviews.iter().map(|review| review.scores.as_slice()));
    let means = Criterion::ALL.iter().filter_map(|criterion| {
        Some((*criterion, show_tenths(*result.means.get(criterion.as_str())?)))
    });

    let own = reviews.iter().find(|review| Some(review.staff_id) == page.ctx.staff_id());
    let requested = version.map(|version| version.requested_yen);
    let forms = headquarters_forms(asker, row, own, requested, back).await?;
    let line = |review: Review| {
        let name = names.get(&review.staff_id).cloned().unwrap_or_default();
        ReviewerLine { name, review }
    };
    Ok(Office {
        means: means.collect(),
        total: page.f1("review.of_30", "n", show_tenths(result.total)),
        has_scores: reviews.iter().any(|review| !review.scores.is_empty()),
        reviewers: reviews.into_iter().map(line).collect(),
        forms,
    })
}

/// The forms of headquarters, as far as they can be used now.
async fn headquarters_forms(
    asker: &Asker,
    row: &ProjectRow,
    own: Option<&Review>,
    requested: Option<i64>,
    back: &Returned,
) -> Result<Vec<FormView>> {
    let (page, project) = (&asker.page, &row.project);
    let action = format!("/projects/{}/review", project.id);
    let form = |name| FormView::new(page, name, action.clone(), Some(project.revision));
    let mut forms = Vec::new();
    let in_review = project.state == ProjectState::InReview;
    let open = in_review || project.state == ProjectState::Submitted;

    if can(project.state, Transition::StartReview, Side::Headquarters) {
        let action = format!("/projects/{}/act", project.id);
        let start = FormView::new(page, "start_review", action, Some(project.revision));
        forms.push(start.main());
    }

    // Who was asked declares first, and scores only without a conflict.
    if open && let Some(own) = own {
        let declare = form("declare_conflict").with(conflict_fields(page, back, own));
        forms.push(if own.has_conflict.is_some() { declare.closed() } else { declare.main() });
        if in_review && own.has_conflict == Some(false) {
            forms.push(form("score").with(score_fields(page, back, own)).main());
        }
    }

    if open {
        let managers = managers(asker).await?;
        let who = page.field(back, "staff", "review.staff", "").choices(&managers).class("w-name");
        forms.push(form("assign_reviewer").with(vec![who]).closed());
    }
    if can(project.state, Transition::ReturnApplication, Side::Headquarters) {
        let sections = page.choices("project.section", Section::ALL);
        let section = page.field(back, "section", "review.section", "");
        let fields = vec![
            section.choices(&sections).class("w-name"),
            page.field(back, "mend", "review.mend", "").rows_of(3),
        ];
        forms.push(form("return_application").with(fields).closed());
    }

    if in_review {
        forms.push(form("decide").with(decision_fields(page, back, requested)));
    }
    Ok(forms)
}

/// Whom headquarters can ask to score: whoever manages the programme in the whole city.
async fn managers(asker: &Asker) -> Result<Vec<Choice>> {
    let (db, scope) = (asker.app.store().reader(), Reviewing::scope(&asker.page.ctx)?);
    let staff = staff::queries::list_staff(db, &scope).await?;
    let roles = staff::queries::list_roles(db, &scope, None).await?;
    let manages = |id: StaffId| {
        roles.iter().any(|grant| {
            let whole = grant.ward_id.is_none() && grant.programme_id.is_none();
            grant.staff_id == id && grant.role == Role::ProgrammeManager && whole
        })
    };
    let managers = staff.into_iter().filter(|member| manages(member.id));
    Ok(managers.map(|member| (member.id.to_string(), member.name)).collect())
}

fn conflict_fields(page: &Page, back: &Returned, own: &Review) -> Vec<Field> {
    let answers = page.choices("review.conflict", &["no", "yes"]);
    let stands = match own.has_conflict {
        None => "",
        Some(false) => "no",
        Some(true) => "yes",
    };
    let has_conflict = page.field(back, "has_conflict", "review.conflict", stands);
    let reason =
        page.field(back, "conflict_reason", "review.conflict_reason", &own.conflict_reason);
    vec![
        has_conflict.choose_or(page, "project.choose", &answers).class("w-name"),
        reason.rows_of(2).optional(page),
    ]
}

/// A score and its reason for each criterion.
fn score_fields(page: &Page, back: &Returned, own: &Review) -> Vec<Field> {
    let scores: Vec<Choice> =
        (1..=5).map(|n| (n.to_string(), format!("{n} {}", page.word("score", n)))).collect();

    let fields = |criterion: &Criterion| {
        let given = own.scores.iter().find(|given| given.criterion == *criterion);
        let stands = given.map(|given| given.score.to_string()).unwrap_or_default();
        let reason = given.map(|given| given.reason.as_str()).unwrap_or_default();
        let label = format!("project.criterion.{criterion}");
        let score = page.field(back, criterion.as_str(), &label, stands);
        let why = page.field(back, &format!("{criterion}_reason"), "review.why", reason).rows_of(2);
        [
            score.choose_or(page, "project.choose", &scores).class("w-name"),
            Field { label: page.f1("review.why_of", "what", page.t(&label)), ..why },
        ]
    };
    Criterion::ALL.iter().flat_map(fields).collect()
}

fn decision_fields(page: &Page, back: &Returned, requested: Option<i64>) -> Vec<Field> {
    let requested = requested.map(|yen| yen.to_string()).unwrap_or_default();
    let outcomes = page.choices("project.outcome", DecisionOutcome::ALL);
    vec![
        page.field(back, "outcome", "review.outcome", "").choices(&outcomes).class("w-name"),
        page.field(back, "adopted_yen", "money.adopted", requested)
            .look(Look::Number)
            .optional(page),
        page.field(back, "conditions", "review.conditions", "").rows_of(3).optional(page),
        page.field(back, "reason", "review.reason", "").rows_of(3),
    ]
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<ProjectId>) -> Result<Response> {
    draw(Asker::of(visit)?, id, Returned::default()).await
}

/// Headquarters asks, the ward answers: who writes about the own ward's project answers.
#[handler]
pub(super) async fn send_message(
    visit: Visit<Reading>,
    Path(id): Path<ProjectId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let row = queries::get_own(visit.db(), &visit.scope, id).await?;
    let ward = Applying::scope(&visit.ctx).ok();
    let (scope, kind) = match ward.filter(|scope| queries::is_own(scope, &row.project)) {
        Some(scope) => (scope, MessageKind::Answer),
        None => (Reviewing::scope(&visit.ctx)?, MessageKind::Question),
    };
    let section = Section::from_text(typed.get("section")).ok_or(Error::BadRequest)?;

    let (scope, body) = (&scope, typed.get("body").to_owned());
    let new = &NewMessage { section, kind, body };
    let work = |tx, _| async move { actions::ask_or_answer(&tx, scope, id, new).await };
    match visit.does("post_message", work).await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/review#s-{section}"))),
        Err(error) => {
            // The field of each section has an id of its own.
            let error = renamed(error, "body", &format!("body-{section}"));
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}

#[handler]
pub(super) async fn act(
    visit: Visit<Reviewing>,
    Path(id): Path<ProjectId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    match run(&visit, id, &typed).await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/review"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}

async fn run(visit: &Visit<Reviewing>, id: ProjectId, typed: &Typed) -> Result<()> {
    let revision = typed.revision();

    match typed.get("act") {
        "return_application" => {
            let section = read::one_of(typed, "section", Section::from_text)?;
            let mend = typed.get("mend");
            let work = |tx, scope| async move {
                let done =
                    actions::return_application(&tx, scope, id, revision, section, mend).await;
                done.map_err(|error| renamed(error, "body", "mend"))
            };
            visit.does("return_application", work).await
        }
        "assign_reviewer" => {
            let staff_id = StaffId(read::id(typed, "staff")?);
            let work =
                |tx, scope| async move { actions::assign_reviewer(&tx, scope, id, staff_id).await };
            visit.does("assign_reviewer", work).await
        }
        "declare_conflict" => {
            let has_conflict = read::one_of(typed, "has_conflict", yes_or_no)?;
            let reason = typed.get("conflict_reason");
            let work = |tx, scope| async move {
                actions::declare_conflict(&tx, scope, id, None, has_conflict, reason).await
            };
            visit.does("declare_conflict", work).await
        }
        "score" => {
            let scores = &typed_scores(typed);
            let work =
                |tx, scope| async move { actions::score(&tx, scope, id, None, scores).await };
            visit.does("score_project", work).await
        }
        "decide" => {
            let decision = &Decision {
                outcome: read::one_of(typed, "outcome", DecisionOutcome::from_text)?,
                adopted_yen: read::yen_or_none(typed, "adopted_yen")?,
                conditions: typed.get("conditions").to_owned(),
                reason: typed.get("reason").to_owned(),
            };
            let work = |tx, scope| async move {
                actions::decide(&tx, scope, id, revision, decision).await
            };
            visit.does("decide_project", work).await
        }
        _ => Err(Error::BadRequest),
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// A score that cannot be read is 0, which the rule names.
fn typed_scores(typed: &Typed) -> Vec<Score> {
    let score = |criterion: &Criterion| Score {
        criterion: *criterion,
        score: typed.get(criterion.as_str()).parse().unwrap_or(0),
        reason: typed.get(&format!("{criterion}_reason")).to_owned(),
    };
    Criterion::ALL.iter().map(score).collect()
}
