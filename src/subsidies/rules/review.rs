//! Who may score, what a score is, and what the scores say together.

use std::collections::BTreeMap;

use entity::WardId;
use entity::subsidies::project::ProjectState;
use entity::subsidies::review_score::Criterion;
use poem_openapi::Object;

use super::Refusal;

/// So many reviewers score before a decision.
pub const FEWEST_REVIEWERS: usize = 2;

/// What somebody has said about a conflict of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// Nobody asked this person to score.
    NotAsked,
    /// Asked, and nothing declared yet.
    Awaited,
    NoConflict,
    Conflict,
}

/// A reviewer as far as it matters for scoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub declaration: Declaration,
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
    match standing.declaration {
        Declaration::NotAsked => Err(Refusal::NotReviewer),
        _ if standing.wards.contains(&ward) => Err(Refusal::OwnWard),
        Declaration::Awaited => Err(Refusal::Undeclared),
        Declaration::Conflict => Err(Refusal::Conflict),
        Declaration::NoConflict => Ok(()),
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
    if standing.declaration == Declaration::Conflict {
        return Err(Refusal::DecidesInConflict);
    }
    Ok(())
}

/// One score.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(rename = "ScoreItem")]
pub struct Score {
    pub criterion: Criterion,
    /// 1 to 5.
    pub score: i32,
    pub reason: String,
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

/// Sums the scores of each reviewer up; only who scored every criterion counts.
pub fn tally<'a>(reviews: impl IntoIterator<Item = &'a [Score]>) -> Tally {
    let whole: Vec<&[Score]> =
        reviews.into_iter().filter(|scores| scores.len() == Criterion::ALL.len()).collect();
    let complete_count = whole.len();
    let count = i64::try_from(complete_count).unwrap_or(0);

    let mut means = BTreeMap::new();
    for criterion in Criterion::ALL.iter().filter(|_| count > 0) {
        let scores = whole.iter().copied().flatten();
        let own = scores.filter(|score| score.criterion == *criterion);
        let sum: i64 = own.map(|score| i64::from(score.score)).sum();
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
        for (declaration, wards, want) in [
            (Declaration::NotAsked, vec![], Ok(())),
            (Declaration::NotAsked, vec![isogo], Ok(())),
            (Declaration::Awaited, vec![], Ok(())),
            (Declaration::NoConflict, vec![], Ok(())),
            (Declaration::Conflict, vec![], Err(Refusal::DecidesInConflict)),
            (Declaration::NotAsked, vec![isogo, midori], Err(Refusal::DecidesOwnWard)),
            (Declaration::NoConflict, vec![midori], Err(Refusal::DecidesOwnWard)),
        ] {
            let standing = Standing { declaration, wards };
            assert_eq!(may_decide(midori, &standing), want, "{standing:?}");
        }
    }

    #[test]
    fn only_an_asked_reviewer_without_conflict_and_of_no_applying_ward_scores() {
        let (midori, isogo) = (WardId(1), WardId(2));
        let (state, free) = (ProjectState::InReview, Declaration::NoConflict);
        for (state, declaration, wards, want) in [
            (state, free, vec![], Ok(())),
            (state, free, vec![isogo], Ok(())),
            (state, free, vec![isogo, midori], Err(Refusal::OwnWard)),
            (state, Declaration::Conflict, vec![], Err(Refusal::Conflict)),
            (state, Declaration::Awaited, vec![], Err(Refusal::Undeclared)),
            (state, Declaration::NotAsked, vec![], Err(Refusal::NotReviewer)),
            (state, Declaration::NotAsked, vec![midori], Err(Refusal::NotReviewer)),
            (ProjectState::Submitted, free, vec![], Err(Refusal::ReviewOver)),
            (ProjectState::Adopted, free, vec![], Err(Refusal::ReviewOver)),
        ] {
            let standing = Standing { declaration, wards };
            assert_eq!(may_score(state, midori, &standing), want, "{state} {standing:?}");
        }
    }

    #[test]
    fn only_whole_reviews_count() {
        let all = |score: i32| -> Vec<Score> {
            let one = |criterion: &Criterion| {
                let (criterion, reason) = (*criterion, String::new());
                Score { criterion, score, reason }
            };
            Criterion::ALL.iter().map(one).collect()
        };

        let result = tally([&all(4)[..], &all(3), &all(1)[..5]]);
        assert_eq!(result.complete_count, 2);
        assert!(result.means.values().all(|mean| *mean == 35));
        assert_eq!((result.total, show_tenths(result.total).as_str()), (210, "21.0"));
        assert_eq!(enough(&result), Ok(()));

        assert_eq!(enough(&tally([&all(5)[..]])), Err(Refusal::TooFewScores));
        assert_eq!(tally([]), Tally::default());
    }
}
