//! The pure rules of surveys: questions and answers as data, dates, 定着, figures, stages.

mod answers;
mod figures;
mod judge;
mod questionnaire;
mod schedule;
mod stage;

pub use answers::{Answers, Fault, Said};
pub use figures::{Baseline, Count, Cut, Figures, Group, Interval, Row, baseline, figures, wilson};
pub use judge::{FILES as RULE_FILES, Judged, RULES, Rule, RuleUnreadable};
pub use questionnaire::{
    CAN_DO, Choice, FILES as QUESTIONNAIRE_FILES, Kind, LAST_PAGE, Moment, QUESTIONNAIRES,
    Question, Questionnaire, QuestionnaireUnreadable,
};
pub use schedule::{
    ASK_BEFORE_DAYS, CALL_AFTER_DAYS, CLOSE_AFTER_DAYS, Turn, WINDOW_DAYS, came, due_on, joins,
    next_turn, three_months_after, turn_on, within_window,
};
pub use stage::{Evidence, Stage, stage};

use entity::surveys::follow_up::{CloseReason, FollowUpState};

use crate::platform::Error;

/// Why a follow-up is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The answers are here already; nothing was changed.
    Answered,
    /// It was closed: the person left, declined, or was not at the class after all.
    Closed,
    /// The code belongs to another person's sheet.
    OtherSheet,
    /// No sheet has this code.
    UnknownSheet,
    /// Its day is not near yet.
    TooEarly,
    /// Nobody asked for another path, or somebody decided already.
    NoProposal,
    /// The person was not at this class.
    NotAttended,
}

impl Refusal {
    /// Stable code, and the end of the wording key `refused.<code>`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Answered => "survey_answered",
            Self::Closed => "survey_closed",
            Self::OtherSheet => "survey_other_sheet",
            Self::UnknownSheet => "survey_unknown_sheet",
            Self::TooEarly => "survey_too_early",
            Self::NoProposal => "survey_no_proposal",
            Self::NotAttended => "survey_not_attended",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::refused(refusal.code())
    }
}

/// Whether answers can still come in. A sheet that arrives after the last day still counts.
///
/// # Errors
/// `Answered` the second time, `Closed` for a person who is not asked any more.
pub fn can_answer(state: FollowUpState, reason: Option<CloseReason>) -> Result<(), Refusal> {
    match (state, reason) {
        (FollowUpState::Answered, _) => Err(Refusal::Answered),
        (FollowUpState::Closed, Some(CloseReason::NoAnswer)) => Ok(()),
        (FollowUpState::Closed, _) => Err(Refusal::Closed),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_once_and_late_ones_still_count() {
        use {CloseReason as R, FollowUpState as S};
        for (state, reason, want) in [
            (S::Waiting, None, Ok(())),
            (S::Asked, None, Ok(())),
            (S::Calling, None, Ok(())),
            (S::Answered, None, Err(Refusal::Answered)),
            (S::Closed, Some(R::NoAnswer), Ok(())),
            (S::Closed, Some(R::Silent), Err(Refusal::Closed)),
            (S::Closed, Some(R::Declined), Err(Refusal::Closed)),
            (S::Closed, Some(R::TakenBack), Err(Refusal::Closed)),
        ] {
            assert_eq!(can_answer(state, reason), want, "{state} {reason:?}");
        }
    }
}
