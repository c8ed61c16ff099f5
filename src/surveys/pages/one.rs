//! `/followup/{id}`: one follow-up, its answers, and the path that they ask for.

use askama::Template;
use entity::FollowUpId;
use entity::surveys::follow_up::{CloseReason, FollowUpState};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::list::Line;
use super::{day, moment, told};
use crate::paths::rules::Answer as _;
use crate::platform::actor::DESK;
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result, Scope};
use crate::surveys::actions::{self, questionnaire};
use crate::surveys::api::record_look;
use crate::surveys::queries;
use crate::surveys::rules::{Answers, Moment, can_call};

/// A question with its answer.
struct Told {
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
struct Step {
    title_key: String,
    why: String,
    rules: String,
}

/// The path that the answers ask for.
struct Proposal {
    steps: Vec<Step>,
    /// The goal is reached: the path ends.
    closing: Option<String>,
    arranged: Vec<String>,
}

#[derive(Template)]
#[template(path = "surveys/pages/one.html")]
struct OnePage {
    page: Page,
    line: Line,
    id: i64,
    facts: Vec<(&'static str, String)>,
    classes: Vec<String>,
    told: Vec<Told>,
    calls: Vec<Call>,
    proposal: Option<Proposal>,
    open: bool,
    /// The person declined, and may be asked after all.
    declined: bool,
    /// Why nothing was done.
    notice: Option<String>,
}

/// `GET /followup/{id}`
#[handler]
pub async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = ctx.scope(DESK)?;
    render(&page_of(&app, &ctx, page, &scope, id).await?)
}

async fn page_of(app: &App, ctx: &Ctx, page: Page, scope: &Scope, id: i64) -> Result<OnePage> {
    let reader = app.store().reader();
    let row = queries::get_row(reader, scope, FollowUpId(id)).await?;
    let rows = [row];
    record_look(app, ctx, &rows, "followup").await?;
    let [row] = rows;
    let (lang, follow_up) = (ctx.lang, &row.follow_up);
    let ways = queries::first_channels(reader, &[row.person.id]).await?;
    let covered = queries::covered(reader, scope, &[follow_up.id]).await?;
    let covered = covered.get(&follow_up.id).map(Vec::as_slice).unwrap_or_default();
    let title = |class: &crate::bookings::BookingRow| {
        lang.pick(&class.session.title_ja, &class.session.title_en).to_owned()
    };
    let mut classes: Vec<String> = covered
        .iter()
        .map(|(on, class)| format!("{}{}{}", day(lang, *on), lang.pick(" ", ", "), title(class)))
        .collect();
    // Two places of one session are one class.
    classes.dedup();
    let set = questionnaire(follow_up)?;
    let answers = Answers::stored(&follow_up.answers);
    let asked = answers.asked(set, Moment::ThreeMonths).map(|question| Told {
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
    let told = if answers.is_empty() { Vec::new() } else { asked.collect() };
    let calls = queries::calls(reader, follow_up)
        .await?
        .into_iter()
        .map(|call| Call {
            at: moment(lang, call.called_at),
            outcome_key: format!("survey.call.{}", call.outcome),
        })
        .collect();
    let proposal = match queries::is_proposal_open(reader, scope, follow_up).await? {
        true => Some(proposal(app, ctx, &page, &row).await?),
        false => None,
    };
    let mut facts = vec![("followup.code", row.code())];
    facts.extend(follow_up.asked_at.map(|at| ("followup.asked", moment(lang, at))));
    facts.extend(follow_up.reached_at.map(|at| ("followup.reached", moment(lang, at))));
    facts.extend(follow_up.answered_at.map(|at| ("followup.answered", moment(lang, at))));
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
    let declined = row.active && follow_up.close_reason == Some(CloseReason::Declined);
    Ok(OnePage {
        line: Line::new(&page, &row, ways.get(&row.person.id).copied()),
        id,
        facts,
        classes,
        told,
        calls,
        proposal,
        open: can_call(row.standing(ctx.today())).is_ok(),
        declined,
        notice: None,
        page,
    })
}

async fn proposal(
    app: &App,
    ctx: &Ctx,
    page: &Page,
    row: &queries::FollowUpRow,
) -> Result<Proposal> {
    let whole = Scope::whole(row.follow_up.municipality_id);
    let reader = app.store().reader();
    let (_, proposed) = queries::proposal(reader, &whole, row.person.id, ctx.now).await?;
    let step = |step: &crate::paths::rules::PlacedStep| Step {
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
pub struct Decided {
    decision: String,
}

/// `POST /followup/{id}/path`
#[handler]
pub async fn settle(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(decided): Form<Decided>,
) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let accept = match decided.decision.as_str() {
        "accept" => true,
        "dismiss" => false,
        _ => return Err(Error::BadRequest),
    };
    let done = app
        .store()
        .write(&ctx, "settle_proposal", |tx| async move {
            actions::settle_proposal(&tx, scope, FollowUpId(id), accept).await
        })
        .await;
    shown_after(&app, &ctx, page, scope, id, done.map(drop)).await
}

/// `POST /followup/{id}/reopen`
#[handler]
pub async fn reopen(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = &ctx.scope(DESK)?;
    let done = app
        .store()
        .write(&ctx, "reopen_follow_up", |tx| async move {
            actions::reopen(&tx, scope, FollowUpId(id)).await
        })
        .await;
    shown_after(&app, &ctx, page, scope, id, done.map(drop)).await
}

/// The page, with a sentence that says why nothing was done if nothing was.
async fn shown_after(
    app: &App,
    ctx: &Ctx,
    page: Page,
    scope: &Scope,
    id: i64,
    done: Result<()>,
) -> Result<Response> {
    match done {
        Ok(()) => Ok(redirect(&format!("/followup/{id}"))),
        Err(Error::Refused(refusal)) => {
            let mut shown = page_of(app, ctx, page, scope, id).await?;
            shown.notice = Some(shown.page.refusal(&refusal));
            render_with(StatusCode::CONFLICT, &shown)
        }
        Err(error) => Err(error),
    }
}
