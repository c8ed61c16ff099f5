//! Who may score, what a score is, and what the scores say together.

use std::collections::BTreeMap;

use entity::subsidies::project::ProjectState;
use entity::subsidies::review_score::Criterion;
use entity::{StaffId, WardId};

use super::Refusal;

/// So many reviewers score before a decision.
pub const FEWEST_REVIEWERS: usize = 2;

/// A reviewer as far as it matters for scoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// None: not asked. Some(None): asked and nothing declared yet.
    pub has_conflict: Option<Option<bool>>,
    /// Wards that the reviewer works for.
    pub wards: Vec<WardId>,
}

/// Whether somebody may score a project of `ward`.
///
/// # Errors
/// `ReviewOver`, `NotReviewer`, `OwnWard`, `Undeclared`, `Conflict`.
pub fn may_score(state: ProjectState, ward: WardId, standing: &Standing) -> Result<(), Refusal> {
    if state != ProjectState::InReview {
        return Err(Refusal::ReviewOver);
    }
    let Some(declared) = standing.has_conflict else { return Err(Refusal::NotReviewer) };
    if standing.wards.contains(&ward) {
        return Err(Refusal::OwnWard);
    }
    match declared {
        None => Err(Refusal::Undeclared),
        Some(true) => Err(Refusal::Conflict),
        Some(false) => Ok(()),
    }
}

/// Whether somebody may act as headquarters on a project of `ward`: whoever works for the ward acts
/// as the ward, and whoever declared a conflict of interest leaves it to others.
///
/// # Errors
/// `DecidesOwnWard`, `DecidesInConflict`.
pub fn may_decide(ward: WardId, standing: &Standing) -> Result<(), Refusal> {
    if standing.wards.contains(&ward) {
        return Err(Refusal::DecidesOwnWard);
    }
    if standing.has_conflict == Some(Some(true)) {
        return Err(Refusal::DecidesInConflict);
    }
    Ok(())
}

/// One score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    pub staff_id: StaffId,
    pub criterion: Criterion,
    /// 1 to 5.
    pub score: i32,
}

/// What the scores of all reviewers say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reviewers who scored every criterion.
    pub complete_count: usize,
    /// Mean by criterion in tenths, rounded: 43 is 4.3.
    pub means: BTreeMap<&'static str, i64>,
    /// Sum of the means in tenths.
    pub total: i64,
}

/// Sums the scores up; only reviewers who scored every criterion count.
pub fn tally(scores: &[Score]) -> Tally {
    let mut by_reviewer: BTreeMap<StaffId, usize> = BTreeMap::new();
    for score in scores {
        *by_reviewer.entry(score.staff_id).or_default() += 1;
    }
    by_reviewer.retain(|_, count| *count == Criterion::ALL.len());

    let complete_count = by_reviewer.len();
    let count = i64::try_from(complete_count).unwrap_or(0);
    let mut means = BTreeMap::new();
    for criterion in Criterion::ALL.iter().filter(|_| count > 0) {
        let sum: i64 = scores
            .iter()
            .filter(|s| s.criterion == *criterion && by_reviewer.contains_key(&s.staff_id))
            .map(|s| i64::from(s.score))
            .sum();
        // In tenths of a point, the half rounded up.
        means.insert(criterion.as_str(), (sum * 10 + count / 2) / count);
    }
    Tally { complete_count, total: means.values().sum(), means }
}

/// Whether enough reviewers have scored for a decision.
///
/// # Errors
/// `TooFewScores`.
pub fn enough(result: &Tally) -> Result<(), Refusal> {
    if result.complete_count < FEWEST_REVIEWERS { Err(Refusal::TooFewScores) } else { Ok(()) }
}

/// Tenths as they are read: `4.3`.
pub fn show_tenths(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_decides_on_the_own_ward_or_in_conflict() {
        let (midori, isogo) = (WardId(1), WardId(2));
        for (conflict, wards, want) in [
            (None, vec![], Ok(())),
            (None, vec![isogo], Ok(())),
            (Some(None), vec![], Ok(())),
            (Some(Some(false)), vec![], Ok(())),
            (Some(Some(true)), vec![], Err(Refusal::DecidesInConflict)),
            (None, vec![isogo, midori], Err(Refusal::DecidesOwnWard)),
            (Some(Some(false)), vec![midori], Err(Refusal::DecidesOwnWard)),
        ] {
            let standing = Standing { has_conflict: conflict, wards };
            assert_eq!(may_decide(midori, &standing), want, "{standing:?}");
        }
    }

    #[test]
    fn only_an_asked_reviewer_without_conflict_and_of_no_applying_ward_scores() {
        let (midori, isogo) = (WardId(1), WardId(2));
        let state = ProjectState::InReview;
        for (state, conflict, wards, want) in [
            (state, Some(Some(false)), vec![], Ok(())),
            (state, Some(Some(false)), vec![isogo], Ok(())),
            (state, Some(Some(false)), vec![isogo, midori], Err(Refusal::OwnWard)),
            (state, Some(Some(true)), vec![], Err(Refusal::Conflict)),
            (state, Some(None), vec![], Err(Refusal::Undeclared)),
            (state, None, vec![], Err(Refusal::NotReviewer)),
            (ProjectState::Submitted, Some(Some(false)), vec![], Err(Refusal::ReviewOver)),
            (ProjectState::Adopted, Some(Some(false)), vec![], Err(Refusal::ReviewOver)),
        ] {
            let standing = Standing { has_conflict: conflict, wards };
            assert_eq!(may_score(state, midori, &standing), want, "{state} {standing:?}");
        }
    }

    #[test]
    fn only_whole_reviews_count() {
        let all = |staff: i64, score: i32| {
            Criterion::ALL.iter().map(move |criterion| Score {
                staff_id: StaffId(staff),
                criterion: *criterion,
                score,
            })
        };
        let mut scores: Vec<Score> = all(1, 4).chain(all(2, 3)).collect();
        scores.extend(all(3, 1).take(5));

        let result = tally(&scores);
        assert_eq!(result.complete_count, 2);
        assert!(result.means.values().all(|mean| *mean == 35));
        assert_eq!((result.total, show_tenths(result.total).as_str()), (210, "21.0"));
        assert_eq!(enough(&result), Ok(()));

        let one: Vec<Score> = all(1, 5).collect();
        assert_eq!(enough(&tally(&one)), Err(Refusal::TooFewScores));
        assert_eq!(tally(&[]), Tally::default());
    }
}
