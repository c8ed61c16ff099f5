//! The pure rules of surveys: questions and answers as data, dates, 定着, figures, stages.

mod answers;
mod figures;
mod judge;
mod link;
mod questionnaire;
mod reasons;
mod retention;
mod schedule;
mod stage;
mod suppress;

pub use answers::{Answers, Fault, Position, Reply};
pub use figures::{
    Baseline, Count, CountedFollowUp, Cut, GroupFigures, Groups, Interval, VersionFigures,
    baseline, figures, wilson,
};
pub use judge::{FILES as RULE_FILES, Judged, RULES, Rule, RuleUnreadable};
pub use link::{token, token_hash};
pub use questionnaire::{
    AnswerChoice, CAN_DO, Choice, FILES as QUESTIONNAIRE_FILES, Kind, LAST_PAGE, Moment,
    QUESTIONNAIRES, Question, Questionnaire, QuestionnaireUnreadable, page_of,
};
pub use reasons::reasons;
pub use retention::{RetentionFigures, RetentionGroup, RetentionVersion};
pub use schedule::{
    ASK_BEFORE_DAYS, CALL_AFTER_DAYS, CLOSE_AFTER_DAYS, Turn, WINDOW_DAYS, Written, answer_by,
    due_on, joins, next_turn, three_months_after, turn_on, within_window,
};
pub use stage::{Evidence, Stage, stage};
pub use suppress::FEWEST;

use chrono::NaiveDate;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState};

use crate::platform::error::refusals;

refusals! {
    /// Why a follow-up is not changed.
    Refusal {
        /// The answers are here already; nothing was changed.
        Answered => "survey_answered",
        /// It was closed: the time is over, or the person was not at the class after all.
        Closed => "survey_closed",
        /// The person died, moved away or withdrew: nobody asks any more.
        Silent => "survey_silent",
        /// The person did not want to be asked.
        Declined => "survey_declined",
        /// Only a follow-up that the person declined can be opened again.
        NotDeclined => "survey_not_declined",
        /// The code belongs to another person's sheet.
        OtherSheet => "survey_other_sheet",
        /// No sheet has this code.
        UnknownSheet => "survey_unknown_sheet",
        /// Its day is not near yet.
        TooEarly => "survey_too_early",
        /// Nobody asked for another path, or somebody decided already.
        NoProposal => "survey_no_proposal",
        /// The person was not at this class.
        NotAttended => "survey_not_attended",
    }
}

/// What decides whether a person can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: FollowUpState,
    pub close_reason: Option<CloseReason>,
    /// Whether the person may be contacted at all.
    pub active: bool,
    /// Days until the day of the interview; negative after it.
    pub days_ahead: i64,
}

impl Standing {
    /// Where a follow-up stands today.
    pub fn of(row: &follow_up::Model, active: bool, today: NaiveDate) -> Self {
        let days_ahead = (row.due_on - today).num_days();
        Self { state: row.state, close_reason: row.close_reason, active, days_ahead }
    }
}

/// Whether answers can come in. Before the letter may be written there is nothing to answer; a
/// sheet that arrives after the last day still counts.
///
/// # Errors
/// `Answered` the second time; `Silent`, `Declined` and `Closed` for whoever is not asked any
/// more; `TooEarly` more than a week before the day.
pub fn can_answer(now: Standing) -> Result<(), Refusal> {
    match (now.state, now.close_reason) {
        (FollowUpState::Answered, _) => Err(Refusal::Answered),
        _ if !now.active => Err(Refusal::Silent),
        (FollowUpState::Closed, Some(CloseReason::Silent)) => Err(Refusal::Silent),
        (FollowUpState::Closed, Some(CloseReason::Declined)) => Err(Refusal::Declined),
        (FollowUpState::Closed, Some(CloseReason::NoAnswer)) => Ok(()),
        (FollowUpState::Closed, _) => Err(Refusal::Closed),
        _ if now.days_ahead > ASK_BEFORE_DAYS => Err(Refusal::TooEarly),
        _ => Ok(()),
    }
}

/// Whether somebody may call. After the last day nobody does.
///
/// # Errors
/// As [`can_answer`], and `Closed` after the last day.
pub fn can_call(now: Standing) -> Result<(), Refusal> {
    can_answer(now)?;
    if now.state == FollowUpState::Closed { Err(Refusal::Closed) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_once_in_time_and_late_ones_still_count() {
        use {CloseReason as R, FollowUpState as S, Refusal as No};
        for (state, close_reason, active, days_ahead, answer, call) in [
            (S::Waiting, None, true, 7, Ok(()), Ok(())),
            (S::Waiting, None, true, 8, Err(No::TooEarly), Err(No::TooEarly)),
            (S::Asked, None, true, 8, Err(No::TooEarly), Err(No::TooEarly)),
            (S::Asked, None, true, 0, Ok(()), Ok(())),
            (S::Asked, None, false, 0, Err(No::Silent), Err(No::Silent)),
            (S::Calling, None, true, -20, Ok(()), Ok(())),
            (S::Calling, None, false, -20, Err(No::Silent), Err(No::Silent)),
            (S::Answered, None, true, 0, Err(No::Answered), Err(No::Answered)),
            (S::Answered, None, false, 0, Err(No::Answered), Err(No::Answered)),
            (S::Closed, Some(R::NoAnswer), true, -40, Ok(()), Err(No::Closed)),
            (S::Closed, Some(R::NoAnswer), false, -40, Err(No::Silent), Err(No::Silent)),
            (S::Closed, Some(R::Silent), true, 0, Err(No::Silent), Err(No::Silent)),
            (S::Closed, Some(R::Declined), true, 0, Err(No::Declined), Err(No::Declined)),
            (S::Closed, Some(R::TakenBack), true, 0, Err(No::Closed), Err(No::Closed)),
        ] {
            let now = Standing { state, close_reason, active, days_ahead };
            assert_eq!(can_answer(now), answer, "{now:?}");
            assert_eq!(can_call(now), call, "{now:?}");
        }
    }
}
