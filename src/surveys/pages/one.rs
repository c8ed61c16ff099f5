//! `/followup/{id}`: one follow-up, its answers, and the path that they ask for.

use askama::Template;
use chrono::NaiveDate;
use entity::FollowUpId;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState};
use entity::surveys::survey_call;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::list::Line;
use super::{day, told};
use crate::bookings::BookingRow;
use crate::paths::rules::{Answer as _, PlacedStep};
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Lang, Result, Scope};
use crate::residents::Desk;
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::queries::{self, FollowUpRow};
use crate::surveys::rules::{Answers, Moment, can_call};

/// A question with its answer.
struct AnswerLine {
    number: String,
    question: String,
    answer: String,
}

/// A call.
struct Call {
    at: String,
    outcome_key: String,
}

/// A step of the path that the answers ask for.
struct StepLine {
    title_key: String,
    why: String,
    rules: String,
}

/// The path that the answers ask for.
struct Proposal {
    steps: Vec<StepLine>,
    /// The goal is reached: the path ends.
    closing: Option<String>,
    arranged: Vec<String>,
}

#[derive(Template)]
#[template(path = "surveys/pages/one.html")]
struct OnePage {
    page: Page,
    line: Line,
    id: FollowUpId,
    facts: Vec<(&'static str, String)>,
    classes: Vec<String>,
    told: Vec<AnswerLine>,
    calls: Vec<Call>,
    proposal: Option<Proposal>,
    open: bool,
    /// The person declined, and may be asked after all.
    declined: bool,
    /// Why nothing was done.
    back: Returned,
}

/// `GET /followup/{id}`
#[handler]
pub async fn show(visit: Visit<Desk>, Path(id): Path<i64>) -> Result<Response> {
    draw(visit, FollowUpId(id), Returned::default()).await
}

async fn draw(visit: Visit<Desk>, id: FollowUpId, back: Returned) -> Result<Response> {
    let (db, scope) = (visit.db(), &visit.scope);
    let row = visit.saw(queries::get_row(db, scope, id).await?, "followup").await?;
    let ways = queries::first_channels(db, &[row.person.id]).await?;
    let covered = queries::covered(db, scope, &[id]).await?;
    let covered = covered.get(&id).map(Vec::as_slice).unwrap_or_default();
    let calls = queries::calls(db, &row.follow_up).await?;
    let proposal = match queries::is_proposal_open(db, scope, &row.follow_up).await? {
        true => Some(proposal(&visit, &row).await?),
        false => None,
    };

    let page = visit.page;
    let lang = page.ctx.lang;
    let call = |call: survey_call::Model| Call {
        at: lang.moment(call.called_at),
        outcome_key: format!("survey.call.{}", call.outcome),
    };
    let template = OnePage {
        line: Line::new(&page, &row, ways.get(&row.person.id).copied()),
        id,
        facts: facts(&page, &row),
        classes: classes(lang, covered),
        told: answers(&page, &row.follow_up)?,
        calls: calls.into_iter().map(call).collect(),
        proposal,
        open: can_call(row.standing(page.ctx.today())).is_ok(),
        declined: row.active && row.follow_up.close_reason == Some(CloseReason::Declined),
        back,
        page,
    };
    render_form(&template.back, &template)
}

/// The classes that it covers, each with its day.
fn classes(lang: Lang, covered: &[(NaiveDate, BookingRow)]) -> Vec<String> {
    let line = |(on, class): &(NaiveDate, BookingRow)| {
        let title = lang.pick(&class.session.title_ja, &class.session.title_en);
        format!("{}{}{title}", day(lang, *on), lang.pick(" ", ", "))
    };
    let mut classes: Vec<String> = covered.iter().map(line).collect();
    // Two places of one session are one class.
    classes.dedup();
    classes
}

/// The questions that were asked, each with its answer; nothing before the first answer.
fn answers(page: &Page, follow_up: &follow_up::Model) -> Result<Vec<AnswerLine>> {
    let answers = Answers::stored(&follow_up.answers);
    if answers.is_empty() {
        return Ok(Vec::new());
    }

    let lang = page.ctx.lang;
    let set = questionnaire(follow_up)?;
    let asked = answers.asked(set, Moment::ThreeMonths).map(|question| AnswerLine {
        number: question.number.map(|number| number.to_string()).unwrap_or_default(),
        question: question.text(lang).to_owned(),
        answer: match (answers.get(&question.id), follow_up.state) {
            // Once it has ended nobody is going to ask.
            (None, FollowUpState::Answered | FollowUpState::Closed) => {
                page.t("survey.left_out").to_owned()
            }
            (said, _) => told(question, said, lang),
        },
    });
    Ok(asked.collect())
}

/// What is known of it, as wording key and value.
fn facts(page: &Page, row: &FollowUpRow) -> Vec<(&'static str, String)> {
    let (lang, follow_up) = (page.ctx.lang, &row.follow_up);
    let mut facts = vec![("followup.code", row.code())];
    facts.extend(follow_up.asked_at.map(|at| ("followup.asked", lang.moment(at))));
    facts.extend(follow_up.reached_at.map(|at| ("followup.reached", lang.moment(at))));
    facts.extend(follow_up.answered_at.map(|at| ("followup.answered", lang.moment(at))));

    if let Some(by) = follow_up.answered_by {
        facts.push(("followup.by", page.t(&format!("survey.by.{by}")).to_owned()));
    }
    if let Some(count) = follow_up.alone_count {
        let gain = follow_up.gain.map(|gain| page.f1("followup.gain", "n", format!("{gain:+}")));
        let alone = page.f1("followup.alone", "n", count);
        facts.push(("followup.tasks", format!("{alone} {}", gain.unwrap_or_default())));
    }
    if let Some(version) = &follow_up.rule_version {
        facts.push(("followup.rule", version.clone()));
    }
    facts
}

async fn proposal(visit: &Visit<Desk>, row: &FollowUpRow) -> Result<Proposal> {
    let (page, ctx) = (&visit.page, &visit.ctx);
    // The path is made of all that is known of the person, whoever looks.
    let whole = Scope::whole(row.follow_up.municipality_id);
    let (_, proposed) = queries::proposal(visit.db(), &whole, row.person.id, ctx.now).await?;

    let step = |step: &PlacedStep| StepLine {
        title_key: format!("kind.{}", step.step.kind.word()),
        why: ctx.lang.pick(&step.step.reason_ja, &step.step.reason_en).to_owned(),
        rules: step.step.rule_ids.join(" "),
    };
    let found = &proposed.proposal;
    let closing = found.closing.as_ref();
    let arranged = found.arrangements.iter();
    Ok(Proposal {
        steps: proposed.placed.iter().map(step).collect(),
        closing: closing.map(|end| ctx.lang.pick(&end.reason_ja, &end.reason_en).to_owned()),
        arranged: arranged
            .map(|item| page.t(&format!("arrangement.{}", item.what.word())).to_owned())
            .collect(),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    decision: String,
}

/// `POST /followup/{id}/path`
#[handler]
pub async fn settle(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(form): Form<DecisionForm>,
) -> Result<Response> {
    let accept = match form.decision.as_str() {
        "accept" => true,
        "dismiss" => false,
        _ => return Err(Error::BadRequest),
    };
    let id = FollowUpId(id);
    let work = |tx, scope| async move {
        actions::settle_proposal(&tx, scope, id, accept).await.map(|row| row.id)
    };
    let done = visit.does("settle_proposal", work).await;
    answer(visit, id, done).await
}

/// `POST /followup/{id}/reopen`
#[handler]
pub async fn reopen(visit: Visit<Desk>, Path(id): Path<i64>) -> Result<Response> {
    let id = FollowUpId(id);
    let work = |tx, scope| async move { actions::reopen(&tx, scope, id).await.map(|row| row.id) };
    let done = visit.does("reopen_follow_up", work).await;
    answer(visit, id, done).await
}

/// The page, with a sentence that says why nothing was done if nothing was.
async fn answer(visit: Visit<Desk>, id: FollowUpId, done: Result<FollowUpId>) -> Result<Response> {
    let Err(error) = done else { return Ok(redirect(&format!("/followup/{id}"))) };
    let back = Returned::of(&visit.page, error)?;
    draw(visit, id, back).await
}
