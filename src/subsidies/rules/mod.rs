//! Pure decisions: states, sections, money, review, report, spread, deadlines.

pub mod compare;
pub mod deadlines;
pub mod figure;
pub mod money;
pub mod report;
pub mod retention;
pub mod review;
pub mod sections;
pub mod spread;
pub mod states;

use crate::platform::error::Reason;
use states::Transition;

/// Why something of a project is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The project does not stand where this is done.
    State(Transition),
    /// The application is with headquarters, or decided.
    Locked,
    /// Sections are missing or half filled.
    Unfinished,
    /// A line of the budget is the total of others.
    TotalInBudget,
    /// The round has not opened, is over, or its days are not known.
    RoundClosed,
    /// More is asked for than one project can get.
    OverCap,
    /// The own money is as much as the project costs, or more.
    NothingRequested,
    /// Nobody asked this person to score the project.
    NotReviewer,
    /// The reviewer works for the ward that applies.
    OwnWard,
    /// The reviewer declared a conflict of interest.
    Conflict,
    /// Whoever works for the applying ward acts as headquarters on its project.
    DecidesOwnWard,
    /// Whoever declared a conflict of interest acts as headquarters on the project.
    DecidesInConflict,
    /// The reviewer has not said yet whether there is a conflict of interest.
    Undeclared,
    /// Fewer than two reviewers have scored.
    TooFewScores,
    /// The application is not under review.
    ReviewOver,
    /// An amount of nothing.
    NoAmount,
    /// More than was adopted.
    OverAdopted,
    /// Money before the grant decision.
    BeforeGrant,
    /// More in advance than was granted.
    OverGranted,
    /// Less than was paid in advance.
    BelowAdvanced,
    /// The amount is fixed already.
    AlreadyFixed,
    /// Fixed above what was granted.
    FixOverGranted,
    /// Fixed above what it cost.
    FixOverCosts,
    /// More than the lines of the changed budget need.
    ChangeOverLines,
    /// The changed budget lacks a line on which the report shows costs.
    ChangeDropsCosts,
    /// An earlier change waits for its answer.
    ChangeOpen,
    /// The change has its answer already.
    ChangeDone,
    /// A change waits for its answer while the report is to go out.
    ReportChangeOpen,
    /// The report lacks a text, a goal's result or a cost.
    ReportUnfinished,
    /// An event's report without sessions.
    NoSessions,
    /// A commissioned study has no sessions.
    StudyWithoutSessions,
    /// The session belongs to another project.
    SessionTaken,
    /// The session is another ward's.
    SessionElsewhere,
    /// The session was cancelled.
    SessionCancelled,
    /// The session lies outside the project's days.
    SessionOutside,
    /// The verification lacks an answer.
    VerificationUnfinished,
    /// The report is with headquarters.
    ReportLocked,
    /// A practice is taken over by another ward, not by its own.
    SpreadAtHome,
    /// Questions are asked between the application and the verification.
    TalkOver,
}

impl Refusal {
    /// All of them, for tests.
    pub const ALL: &'static [Self] = &[
        Self::Locked,
        Self::Unfinished,
        Self::TotalInBudget,
        Self::RoundClosed,
        Self::OverCap,
        Self::NothingRequested,
        Self::NotReviewer,
        Self::OwnWard,
        Self::Conflict,
        Self::DecidesOwnWard,
        Self::DecidesInConflict,
        Self::Undeclared,
        Self::TooFewScores,
        Self::ReviewOver,
        Self::NoAmount,
        Self::OverAdopted,
        Self::BeforeGrant,
        Self::OverGranted,
        Self::BelowAdvanced,
        Self::AlreadyFixed,
        Self::FixOverGranted,
        Self::FixOverCosts,
        Self::ChangeOverLines,
        Self::ChangeDropsCosts,
        Self::ChangeOpen,
        Self::ChangeDone,
        Self::ReportChangeOpen,
        Self::ReportUnfinished,
        Self::NoSessions,
        Self::StudyWithoutSessions,
        Self::SessionTaken,
        Self::SessionElsewhere,
        Self::SessionCancelled,
        Self::SessionOutside,
        Self::VerificationUnfinished,
        Self::ReportLocked,
        Self::SpreadAtHome,
        Self::TalkOver,
    ];

    /// Stable code, and the end of the wording key `refused.<code>`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::State(transition) => transition.code(),
            Self::Locked => "application_locked",
            Self::Unfinished => "application_unfinished",
            Self::TotalInBudget => "application_total_line",
            Self::RoundClosed => "round_closed",
            Self::OverCap => "over_cap",
            Self::NothingRequested => "nothing_requested",

            Self::NotReviewer => "reviewer_not_asked",
            Self::OwnWard => "reviewer_own_ward",
            Self::Conflict => "reviewer_conflict",
            Self::DecidesOwnWard => "decides_own_ward",
            Self::DecidesInConflict => "decides_in_conflict",
            Self::Undeclared => "reviewer_undeclared",
            Self::TooFewScores => "review_too_few",
            Self::ReviewOver => "review_over",

            Self::NoAmount => "amount_of_nothing",
            Self::OverAdopted => "grant_over_adopted",
            Self::BeforeGrant => "pay_before_grant",
            Self::OverGranted => "advance_over_granted",
            Self::BelowAdvanced => "change_below_advanced",
            Self::AlreadyFixed => "amount_already_fixed",
            Self::FixOverGranted => "fix_over_granted",
            Self::FixOverCosts => "fix_over_costs",

            Self::ChangeOverLines => "change_over_lines",
            Self::ChangeDropsCosts => "change_drops_costs",
            Self::ChangeOpen => "change_open",
            Self::ChangeDone => "change_done",

            Self::ReportChangeOpen => "report_change_open",
            Self::ReportUnfinished => "report_unfinished",
            Self::NoSessions => "report_no_sessions",
            Self::StudyWithoutSessions => "study_without_sessions",
            Self::SessionTaken => "session_of_other_project",
            Self::SessionElsewhere => "session_of_other_ward",
            Self::SessionCancelled => "session_is_cancelled",
            Self::SessionOutside => "session_outside_days",
            Self::VerificationUnfinished => "verification_unfinished",
            Self::ReportLocked => "report_locked",

            Self::SpreadAtHome => "spread_at_home",
            Self::TalkOver => "talk_over",
        }
    }
}

impl Reason for Refusal {
    fn code(self) -> &'static str {
        Self::code(self)
    }

    fn from_code(code: &str) -> Option<Self> {
        let moves = Transition::ALL.iter().map(|transition| Self::State(*transition));
        Self::ALL.iter().copied().chain(moves).find(|refusal| refusal.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::words;

    #[test]
    fn every_refusal_has_its_sentence() {
        let states = Transition::ALL.iter().map(|transition| transition.code());
        for code in Refusal::ALL.iter().map(|refusal| refusal.code()).chain(states) {
            assert!(words::exists(&format!("refused.{code}")), "{code}");
        }
    }
}
