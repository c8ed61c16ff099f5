//! The life of a project as one table: from where, by what, by whom, to where.

use entity::subsidies::application_section::Section;
use entity::subsidies::project::ProjectState;

use super::Refusal;

/// The two sides of a project; each takes steps of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// An officer of the project's own ward.
    Ward,
    Headquarters,
}

impl Side {
    /// As the table in `docs/subsidies.md` writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ward => "ward",
            Self::Headquarters => "headquarters",
        }
    }
}

/// What moves a project on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    Submit,
    Withdraw,
    StartReview,
    ReturnApplication,
    Adopt,
    AdoptConditionally,
    Reject,
    MeetConditions,
    Grant,
    Start,
    Change,
    Stop,
    Pay,
    SubmitReport,
    ReturnReport,
    Fix,
    Settle,
    Verify,
    MarkModel,
}

impl Transition {
    /// All, in the order of a project's life.
    pub const ALL: &'static [Self] = &[
        Self::Submit,
        Self::Withdraw,
        Self::StartReview,
        Self::ReturnApplication,
        Self::Adopt,
        Self::AdoptConditionally,
        Self::Reject,
        Self::MeetConditions,
        Self::Grant,
        Self::Start,
        Self::Change,
        Self::Stop,
        Self::Pay,
        Self::SubmitReport,
        Self::ReturnReport,
        Self::Fix,
        Self::Settle,
        Self::Verify,
        Self::MarkModel,
    ];

    /// The name in the API, in forms and in the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Withdraw => "withdraw",
            Self::StartReview => "start_review",
            Self::ReturnApplication => "return_application",
            Self::Adopt => "adopt",
            Self::AdoptConditionally => "adopt_conditionally",
            Self::Reject => "reject",
            Self::MeetConditions => "meet_conditions",
            Self::Grant => "grant",
            Self::Start => "start",
            Self::Change => "change",
            Self::Stop => "stop",
            Self::Pay => "pay",
            Self::SubmitReport => "submit_report",
            Self::ReturnReport => "return_report",
            Self::Fix => "fix",
            Self::Settle => "settle",
            Self::Verify => "verify",
            Self::MarkModel => "mark_model",
        }
    }

    /// Code of the refusal when a project does not stand where this is done.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Submit => "project_cannot_submit",
            Self::Withdraw => "project_cannot_withdraw",
            Self::StartReview => "project_cannot_start_review",
            Self::ReturnApplication => "project_cannot_return",
            Self::Adopt | Self::AdoptConditionally | Self::Reject => "project_cannot_decide",
            Self::MeetConditions => "project_cannot_meet_conditions",
            Self::Grant => "project_cannot_grant",
            Self::Start => "project_cannot_start",
            Self::Change => "project_cannot_change",
            Self::Stop => "project_cannot_stop",
            Self::Pay => "project_cannot_pay",
            Self::SubmitReport => "project_cannot_report",
            Self::ReturnReport => "project_cannot_return_report",
            Self::Fix => "project_cannot_fix",
            Self::Settle => "project_cannot_settle",
            Self::Verify => "project_cannot_verify",
            Self::MarkModel => "project_cannot_mark",
        }
    }
}

/// One line of the table.
pub type TableLine = (ProjectState, Transition, Side, ProjectState);

use ProjectState as S;
use Side::{Headquarters, Ward};
use Transition as T;

/// Every step that exists. `docs/subsidies.md` holds the same table, and a test compares them.
pub const TABLE: &[TableLine] = &[
    (S::Draft, T::Submit, Ward, S::Submitted),
    (S::Returned, T::Submit, Ward, S::Submitted),
    (S::Draft, T::Withdraw, Ward, S::Withdrawn),
    (S::Submitted, T::Withdraw, Ward, S::Withdrawn),
    (S::InReview, T::Withdraw, Ward, S::Withdrawn),
    (S::Returned, T::Withdraw, Ward, S::Withdrawn),
    (S::Conditional, T::Withdraw, Ward, S::Withdrawn),
    (S::Adopted, T::Withdraw, Ward, S::Withdrawn),
    (S::Submitted, T::StartReview, Headquarters, S::InReview),
    (S::Submitted, T::ReturnApplication, Headquarters, S::Returned),
    (S::InReview, T::ReturnApplication, Headquarters, S::Returned),
    (S::InReview, T::Adopt, Headquarters, S::Adopted),
    (S::InReview, T::AdoptConditionally, Headquarters, S::Conditional),
    (S::InReview, T::Reject, Headquarters, S::Rejected),
    (S::Conditional, T::MeetConditions, Headquarters, S::Adopted),
    (S::Adopted, T::Grant, Headquarters, S::Granted),
    (S::Granted, T::Start, Ward, S::Running),
    (S::Granted, T::Change, Headquarters, S::Granted),
    (S::Running, T::Change, Headquarters, S::Running),
    (S::Granted, T::Stop, Headquarters, S::Stopped),
    (S::Running, T::Stop, Headquarters, S::Stopped),
    (S::Granted, T::Pay, Headquarters, S::Granted),
    (S::Running, T::Pay, Headquarters, S::Running),
    (S::Running, T::SubmitReport, Ward, S::Reported),
    (S::Stopped, T::SubmitReport, Ward, S::Reported),
    (S::ReportReturned, T::SubmitReport, Ward, S::Reported),
    (S::Reported, T::ReturnReport, Headquarters, S::ReportReturned),
    (S::Reported, T::Fix, Headquarters, S::Fixed),
    (S::Fixed, T::Settle, Headquarters, S::Settled),
    (S::Settled, T::Verify, Ward, S::Verified),
    (S::Verified, T::MarkModel, Headquarters, S::Model),
];

/// The sections that the ward writes: all before the decision, and what a change may alter once
/// the subsidy is granted. Goals are fixed before the start.
pub const fn writable(state: ProjectState) -> &'static [Section] {
    match state {
        S::Draft | S::Returned => Section::ALL,
        S::Granted | S::Running => CHANGEABLE,
        _ => &[],
    }
}

/// What a change may alter.
pub const CHANGEABLE: &[Section] = &[Section::Partners, Section::Plan, Section::Budget];

/// Adopted or later: what every ward may read.
pub const PUBLISHED: &[ProjectState] = &[
    S::Conditional,
    S::Adopted,
    S::Granted,
    S::Running,
    S::Stopped,
    S::Reported,
    S::ReportReturned,
    S::Fixed,
    S::Settled,
    S::Verified,
    S::Model,
];

/// States in which the ward writes its application.
pub const OPEN: &[ProjectState] = &[S::Draft, S::Returned];

/// States in which the ward writes its results report.
pub const REPORTING: &[ProjectState] = &[S::Running, S::Stopped, S::ReportReturned];

/// States in which headquarters asks and the ward answers.
pub const TALKING: &[ProjectState] = &[
    S::Submitted,
    S::InReview,
    S::Returned,
    S::Conditional,
    S::Adopted,
    S::Granted,
    S::Running,
    S::Stopped,
    S::Reported,
    S::ReportReturned,
    S::Fixed,
    S::Settled,
    S::Verified,
];

/// Whether questions and answers are written now.
///
/// # Errors
/// `TalkOver` for a draft, and once the project is over.
pub fn can_talk(state: ProjectState) -> Result<(), Refusal> {
    if TALKING.contains(&state) { Ok(()) } else { Err(Refusal::TalkOver) }
}

/// Where a step leads.
///
/// # Errors
/// `State` when it does not exist from there or is somebody else's.
pub fn next(
    from: ProjectState,
    transition: Transition,
    who: Side,
) -> Result<ProjectState, Refusal> {
    TABLE
        .iter()
        .find(|line| (line.0, line.1, line.2) == (from, transition, who))
        .map(|line| line.3)
        .ok_or(Refusal::State(transition))
}

/// Whether somebody can take a step now.
pub fn can(from: ProjectState, transition: Transition, who: Side) -> bool {
    next(from, transition, who).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const DOCS: &str = include_str!("../../../docs/subsidies.md");

    #[test]
    fn the_table_in_the_documentation_is_the_table_of_the_code() {
        let code: BTreeSet<[&str; 4]> = TABLE
            .iter()
            .map(|(from, by, who, to)| [from.as_str(), by.word(), who.word(), to.as_str()])
            .collect();
        let documented: BTreeSet<[&str; 4]> = DOCS
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| {
                let words: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
                words.try_into().expect("four words in a line")
            })
            .collect();
        assert_eq!(documented, code);
        assert_eq!(code.len(), TABLE.len());
    }

    #[test]
    fn a_step_that_is_not_in_the_table_is_refused_and_says_which() {
        for from in ProjectState::ALL {
            for transition in Transition::ALL {
                for who in [Side::Ward, Side::Headquarters] {
                    let line = TABLE.iter().find(|l| (l.0, l.1, l.2) == (*from, *transition, who));
                    let want = line.map(|l| l.3).ok_or(Refusal::State(*transition));
                    assert_eq!(next(*from, *transition, who), want, "{from} {transition:?}");
                }
            }
        }
        assert_eq!(
            next(S::Draft, T::Adopt, Side::Headquarters),
            Err(Refusal::State(Transition::Adopt))
        );
        assert_eq!(next(S::InReview, T::Adopt, Side::Ward), Err(Refusal::State(Transition::Adopt)));
    }

    #[test]
    fn a_step_leads_from_one_state_to_one_state() {
        let keys: BTreeSet<(&str, &str)> =
            TABLE.iter().map(|line| (line.0.as_str(), line.1.word())).collect();
        assert_eq!(keys.len(), TABLE.len());
    }

    #[test]
    fn every_state_is_reached_from_a_draft_and_the_ends_are_ends() {
        let mut reached = vec![S::Draft];
        let mut at = 0;
        while at < reached.len() {
            let from = reached[at];
            for line in TABLE.iter().filter(|line| line.0 == from) {
                if !reached.contains(&line.3) {
                    reached.push(line.3);
                }
            }
            at += 1;
        }

        assert_eq!(reached.len(), ProjectState::ALL.len());
        for end in [S::Rejected, S::Withdrawn, S::Model] {
            assert!(TABLE.iter().all(|line| line.0 != end), "{end}");
        }
    }

    #[test]
    fn money_moves_in_advance_only_after_the_grant_decision() {
        let paying: Vec<ProjectState> =
            TABLE.iter().filter(|line| line.1 == T::Pay).map(|line| line.0).collect();
        assert_eq!(paying, [S::Granted, S::Running]);
        // The one way into them leads through the grant.
        let into = |state| TABLE.iter().filter(move |line| line.3 == state && line.0 != state);
        assert!(into(S::Granted).all(|line| line.1 == T::Grant));
        assert!(into(S::Running).all(|line| line.0 == S::Granted));
    }

    #[test]
    fn what_wards_show_to_each_other_was_adopted() {
        let hidden = [S::Draft, S::Submitted, S::InReview, S::Returned, S::Rejected, S::Withdrawn];
        for state in ProjectState::ALL {
            assert_ne!(PUBLISHED.contains(state), hidden.contains(state), "{state}");
        }
    }
}
