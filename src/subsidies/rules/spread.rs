//! 横展開: who can take a practice over, and the line from which a project comes.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::subsidies::practice_step::SpreadState;
use entity::subsidies::project::ProjectState;
use entity::{ProjectId, WardId};

use super::Refusal;
use super::states::Transition;
use crate::platform::japan::FiscalYear;

/// Most characters of a reason, of what was kept and of what was changed.
pub const LONGEST: usize = 400;

/// Whether a ward can take over the practice of another one's project.
///
/// # Errors
/// `SpreadAtHome`.
pub fn can_spread(home: Option<WardId>, to: WardId) -> Result<(), Refusal> {
    if home == Some(to) { Err(Refusal::SpreadAtHome) } else { Ok(()) }
}

/// How the practice stands in a ward after a step of the ward's project that took it over. None:
/// the step changes nothing there.
pub fn step_of(transition: Transition) -> Option<SpreadState> {
    match transition {
        Transition::Start => Some(SpreadState::Running),
        Transition::Reject | Transition::Withdraw | Transition::Stop => Some(SpreadState::Declined),
        _ => None,
    }
}

/// Whether the records of a project count for how its ward stands: one that never came to be
/// leaves the ward where it stood before.
pub fn counts(state: ProjectState) -> bool {
    !matches!(state, ProjectState::Rejected | ProjectState::Withdrawn)
}

/// The place of a record in time: its day, or the first day of a fiscal year that has no day, and
/// then its number.
pub fn moment(on_date: Option<NaiveDate>, fiscal_year: i32, number: i32) -> (NaiveDate, i32) {
    let start = || FiscalYear::new(fiscal_year).map(FiscalYear::start);
    (on_date.or_else(start).unwrap_or_default(), number)
}

/// From a project back to the first one, itself first. None when the line runs in a circle.
pub fn ancestors(
    id: ProjectId,
    parents: &HashMap<ProjectId, Option<ProjectId>>,
) -> Option<Vec<ProjectId>> {
    let mut line = vec![id];
    let mut at = id;
    while let Some(parent) = parents.get(&at).copied().flatten() {
        if line.contains(&parent) {
            return None;
        }
        line.push(parent);
        at = parent;
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_projects_life_moves_how_its_ward_stands() {
        for (transition, want) in [
            (Transition::Submit, None),
            (Transition::Adopt, None),
            (Transition::Reject, Some(SpreadState::Declined)),
            (Transition::Withdraw, Some(SpreadState::Declined)),
            (Transition::Start, Some(SpreadState::Running)),
            (Transition::Stop, Some(SpreadState::Declined)),
            (Transition::Verify, None),
        ] {
            assert_eq!(step_of(transition), want, "{transition:?}");
        }

        for state in ProjectState::ALL.iter().copied() {
            let never = [ProjectState::Rejected, ProjectState::Withdrawn].contains(&state);
            assert_eq!(counts(state), !never, "{state}");
        }
    }

    #[test]
    fn records_follow_their_days_and_not_the_order_of_writing() {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        let mut records = [
            (day("2024-07-01"), 2024, 1),
            (day("2023-05-01"), 2023, 2),
            (None, 2022, 3),
            (day("2024-07-01"), 2024, 4),
            (day("2022-04-02"), 2022, 5),
        ];
        records.sort_by_key(|(on, year, number)| moment(*on, *year, *number));
        assert_eq!(records.map(|(_, _, number)| number), [3, 5, 2, 1, 4]);
    }

    #[test]
    fn a_practice_is_taken_over_by_another_ward() {
        assert_eq!(can_spread(Some(WardId(1)), WardId(2)), Ok(()));
        assert_eq!(can_spread(Some(WardId(1)), WardId(1)), Err(Refusal::SpreadAtHome));
        assert_eq!(can_spread(None, WardId(1)), Ok(()));
    }

    #[test]
    fn a_line_in_a_circle_is_found() {
        let id = ProjectId;
        let parents = HashMap::from([(id(3), Some(id(2))), (id(2), Some(id(1))), (id(1), None)]);
        assert_eq!(ancestors(id(3), &parents), Some(vec![id(3), id(2), id(1)]));
        let circle =
            HashMap::from([(id(1), Some(id(3))), (id(3), Some(id(2))), (id(2), Some(id(1)))]);
        assert_eq!(ancestors(id(1), &circle), None);
    }

    proptest! {
        // The schema says `parent_id < id`; whatever was derived from whatever, no circle follows.
        #[test]
        fn older_parents_make_no_circle(picks in proptest::collection::vec(any::<proptest::sample::Index>(), 1..40)) {
            let mut parents = HashMap::from([(ProjectId(0), None)]);
            for (at, pick) in (1_i64..).zip(&picks) {
                let parent = pick.index(usize::try_from(at).expect("small"));
                let parent = ProjectId(i64::try_from(parent).expect("small"));
                parents.insert(ProjectId(at), Some(parent));
            }
            for id in parents.keys() {
                let line = ancestors(*id, &parents).expect("no circle");
                prop_assert_eq!(line.last(), Some(&ProjectId(0)));
            }
        }
    }
}
