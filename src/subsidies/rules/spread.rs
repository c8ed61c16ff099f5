//! 横展開: who can take a practice over, and the line from which a project comes.

use std::collections::HashMap;

use entity::{ProjectId, WardId};

use super::Refusal;

/// Most characters of a reason, of what was kept and of what was changed.
pub const LONGEST: usize = 400;

/// Whether a ward can take over the practice of another one's project.
///
/// # Errors
/// `SpreadAtHome`.
pub fn can_spread(home: Option<WardId>, to: WardId) -> Result<(), Refusal> {
    if home == Some(to) { Err(Refusal::SpreadAtHome) } else { Ok(()) }
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
