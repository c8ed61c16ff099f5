//! Answers: one after the other by link or telephone, or a whole sheet; finished once.

use entity::FollowUpId;
use entity::paths::path_evidence::SurveyFinding;
use entity::residents::timeline_entry::TimelineKind;
use entity::sessions::session::SessionKind;
use entity::surveys::class_answers::ClassMoment;
use entity::surveys::follow_up::{self, AnswerVia, AnsweredBy, FollowUpState, Replan, Retention};
use entity::surveys::survey_call::CallOutcome;
use sea_orm::ActiveValue;
use serde_json::json;

use super::call::note_call;
use super::turn::reached;
use super::{lock, store, tell_ended};
use crate::paths::rules::{Ruleset, Why};
use crate::paths::{self, actions::Found};
use crate::platform::japan::BookingNumber;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::timeline;
use crate::surveys::queries;
use crate::surveys::rules::{
    Answers, Fault, Moment, Questionnaire, Refusal, Reply, Rule, can_answer, reasons,
};

/// A whole set of answers.
#[derive(Clone, Debug)]
pub struct Given {
    pub answers: Answers,
    pub by: AnsweredBy,
    pub via: AnswerVia,
}

/// The sentences about answers that no question takes.
pub(in crate::surveys) fn invalid(faults: &[Fault]) -> Error {
    let named = |fault: &Fault| fault.of_field(format!("answers.{}", fault.question));
    Error::Invalid(faults.iter().map(named).collect())
}

/// The questionnaire under which a follow-up is answered.
pub(in crate::surveys) fn questionnaire(row: &follow_up::Model) -> Result<&'static Questionnaire> {
    Questionnaire::find(&row.questionnaire).ok_or(Error::internal("an unknown questionnaire"))
}

async fn open(tx: &Tx, scope: &Scope, id: FollowUpId) -> Result<follow_up::Model> {
    let (row, standing) = lock(tx, scope, id).await?;
    can_answer(standing)?;
    Ok(row)
}

/// Notes who answers: the person, or somebody who helps.
///
/// # Errors
/// Those of [`can_answer`]; `NotFound` outside the scope.
pub async fn choose_who(tx: &Tx, scope: &Scope, id: FollowUpId, by: AnsweredBy) -> Result<()> {
    let row = open(tx, scope, id).await?;
    let mut changed = reached(tx, row);
    changed.answered_by = ActiveValue::Set(Some(by));
    store(tx, changed).await.map(drop)
}

/// Keeps one answer, in place of the one given before. Answers to questions that are not asked
/// any more because of it are taken away.
///
/// # Errors
/// `Invalid` for an unknown question; those of [`can_answer`].
pub async fn answer_question(
    tx: &Tx,
    scope: &Scope,
    id: FollowUpId,
    question: &str,
    said: Reply,
) -> Result<Answers> {
    let row = open(tx, scope, id).await?;
    let set = questionnaire(&row)?;
    let asked = set.of(Moment::ThreeMonths).find(|known| known.id == question);
    let asked = asked.ok_or(Error::invalid("question", "err.survey.question"))?;

    let mut answers = Answers::stored(&row.answers);
    answers.put(asked, said);
    let answers = answers.settled(set);

    let mut changed = reached(tx, row);
    changed.answers = ActiveValue::Set(serde_json::to_value(&answers)?);
    store(tx, changed).await?;
    Ok(answers)
}

/// Finishes the answers that were kept one after the other.
///
/// # Errors
/// `Invalid` when nothing at all was said; those of [`can_answer`].
pub async fn finish(tx: &Tx, scope: &Scope, id: FollowUpId, via: AnswerVia) -> Result<FollowUpId> {
    let row = open(tx, scope, id).await?;
    let given = Given {
        answers: Answers::stored(&row.answers),
        by: row.answered_by.unwrap_or(AnsweredBy::Myself),
        via,
    };
    judge(tx, row, given).await
}

/// Records a whole set of answers at once: a keyed sheet, or another system. What was answered
/// one by one before stays where the set says nothing.
///
/// # Errors
/// `Invalid` when nothing at all was said; those of [`can_answer`].
pub async fn record(tx: &Tx, scope: &Scope, id: FollowUpId, given: &Given) -> Result<FollowUpId> {
    let row = open(tx, scope, id).await?;
    let set = questionnaire(&row)?;
    let mut answers = Answers::stored(&row.answers);
    for question in set.of(Moment::ThreeMonths) {
        match given.answers.get(&question.id) {
            None => {}
            Some(Reply::Passed) if answers.get(&question.id).is_some() => {}
            Some(said) => answers.put(question, said.clone()),
        }
    }

    let given = Given { answers: answers.settled(set), ..given.clone() };
    judge(tx, row, given).await
}

/// Records the sheet with a code. `expected` is the follow-up on whose page it was keyed.
///
/// # Errors
/// `survey_unknown_sheet`, `survey_other_sheet`; else as [`record`].
pub async fn key_sheet(
    tx: &Tx,
    scope: &Scope,
    code: BookingNumber,
    expected: Option<FollowUpId>,
    given: &Given,
) -> Result<FollowUpId> {
    let found = queries::find_by_code(tx.db(), scope, code).await?;
    let found = found.ok_or(Refusal::UnknownSheet)?;
    if expected.is_some_and(|expected| expected != found.id) {
        return Err(Refusal::OtherSheet.into());
    }
    record(tx, scope, found.id, given).await
}

async fn judge(tx: &Tx, row: follow_up::Model, given: Given) -> Result<FollowUpId> {
    if given.answers.said_count() == 0 {
        return Err(Error::invalid("answers", "err.survey.empty"));
    }

    let set = questionnaire(&row)?;
    let rule = Rule::on(row.due_on).ok_or(Error::internal("no rule of retention"))?;
    let whole = Scope::whole(row.municipality_id);
    let covered = queries::covered(tx.db(), &whole, &[row.id]).await?;
    let covered = covered.get(&row.id).map(Vec::as_slice).unwrap_or_default();
    let kinds: Vec<SessionKind> = covered.iter().map(|(_, row)| row.session.kind).collect();
    let judged = rule.judge(set, &given.answers, &kinds);
    let alone = i32::try_from(judged.alone_count).map_err(Error::internal)?;

    let bookings: Vec<_> = covered.iter().map(|(_, row)| row.booking.id).collect();
    let before = queries::class_answers(tx.db(), &bookings).await?;
    let told = |moment| {
        let row = before.iter().rfind(|row| row.moment == moment)?;
        Some(Answers::stored(&row.answers))
    };
    let first = before.iter().find(|row| row.moment == ClassMoment::Before);
    let first = first.map(|row| Answers::stored(&row.answers));
    let gain = first.and_then(|first| given.answers.gain_since(set, &first));
    let why = reasons(set, judged.result, &given.answers, told(ClassMoment::EndOfClass).as_ref());

    if given.via == AnswerVia::Phone {
        note_call(tx, &row, CallOutcome::Answered).await?;
    }
    let calls = row.attempts + i32::from(given.via == AnswerVia::Phone);

    let mut changed = reached(tx, row);
    changed.state = ActiveValue::Set(FollowUpState::Answered);
    changed.close_reason = ActiveValue::Set(None);
    changed.closed_at = ActiveValue::Set(None);
    changed.answered_at = ActiveValue::Set(Some(tx.now()));
    changed.attempts = ActiveValue::Set(calls);
    changed.answers = ActiveValue::Set(serde_json::to_value(&given.answers)?);
    changed.answered_by = ActiveValue::Set(Some(given.by));
    changed.answered_via = ActiveValue::Set(Some(given.via));
    changed.recorded_by = ActiveValue::Set(tx.ctx().staff_id());
    changed.rule_version = ActiveValue::Set(Some(rule.version.clone()));
    changed.result = ActiveValue::Set(Some(judged.result));
    changed.alone_count = ActiveValue::Set(Some(alone));
    changed.gain = ActiveValue::Set(gain);

    let stored = store(tx, changed).await?;
    tell_ended(tx, &stored).await?;
    let params = json!({
        "result_key": format!("survey.result.{}", judged.result),
        "via_key": format!("survey.via.{}", given.via),
    });
    let line = "timeline.survey_answered";
    let id = stored.id;
    timeline::note(tx, stored.resident_id, TimelineKind::Survey, line, params, id.0).await?;
    move_path(tx, stored, why).await?;
    Ok(id)
}

/// What the answers mean for the path: its survey step is done, its rules hear of the result,
/// and if one of them answers to it, somebody on the staff is to look at the proposal.
async fn move_path(tx: &Tx, row: follow_up::Model, why: Vec<Why>) -> Result<()> {
    let whole = &Scope::whole(row.municipality_id);
    let finding = match row.result {
        Some(Retention::Stuck) => Some(SurveyFinding::Stuck),
        Some(Retention::NotStuck) => Some(SurveyFinding::NotStuck),
        // Who does not use the phone any more and says why is helped like everybody else.
        Some(Retention::Partly) if !why.is_empty() => Some(SurveyFinding::NotStuck),
        _ => None,
    };

    let found = Found {
        survey: finding.map(|finding| (finding, why)),
        can_do_count: row.alone_count,
        can_do_gain: row.gain,
    };
    paths::actions::learn(tx, whole, row.resident_id, &found).await?;
    paths::actions::finish_survey_step(tx, whole, row.resident_id).await?;

    if finding.is_none() {
        return Ok(());
    }
    let proposed = queries::proposal(tx.db(), whole, row.resident_id, tx.now()).await?;
    if !proposed.1.fired().any(|id| Ruleset::shipped().answers_survey(id)) {
        return Ok(());
    }

    let mut changed = follow_up::ActiveModel::from(row);
    changed.replan = ActiveValue::Set(Replan::Open);
    store(tx, changed).await.map(drop)
}
