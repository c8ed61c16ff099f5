//! Where a person stands, by evidence and never by percent.

use entity::surveys::follow_up::Retention;

/// 出会い, 体験した, 自分でできた, つかっている, 定着, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// First contact.
    Met,
    /// Attended once.
    Tried,
    /// Did two tasks that were taught without help.
    CanDo,
    /// Uses it on three days a week or more, beyond calls.
    Uses,
    /// 定着 after three months.
    Stuck,
}

/// What is known for certain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Sessions attended.
    pub attended_count: usize,
    /// Most taught tasks of one class that went alone at its end. What somebody says three months
    /// later nobody saw.
    pub taught_alone_count: usize,
    /// Said after a class: three days a week or more, and beyond calls.
    pub uses: bool,
    /// Results of all answered follow-ups.
    pub results: Vec<Retention>,
}

impl Stage {
    /// In their order.
    pub const ALL: [Self; 5] = [Self::Met, Self::Tried, Self::CanDo, Self::Uses, Self::Stuck];

    /// The key of what the staff calls it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Met => "stage.met",
            Self::Tried => "stage.tried",
            Self::CanDo => "stage.can_do",
            Self::Uses => "stage.uses",
            Self::Stuck => "stage.stuck",
        }
    }

    /// The key of what the person reads.
    pub const fn own_key(self) -> &'static str {
        match self {
            Self::Met => "my.stage.met",
            Self::Tried => "my.stage.tried",
            Self::CanDo => "my.stage.can_do",
            Self::Uses => "my.stage.uses",
            Self::Stuck => "my.stage.stuck",
        }
    }
}

/// The highest stage for which there is evidence. It looks at all that ever was, so that a later
/// answer never takes a stage away.
pub fn stage(evidence: &Evidence) -> Stage {
    if evidence.results.contains(&Retention::Stuck) {
        Stage::Stuck
    } else if evidence.uses {
        Stage::Uses
    } else if evidence.taught_alone_count >= 2 {
        Stage::CanDo
    } else if evidence.attended_count > 0 {
        Stage::Tried
    } else {
        Stage::Met
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stage_needs_its_evidence() {
        let base = Evidence { attended_count: 1, ..Evidence::default() };
        for (evidence, want) in [
            (Evidence::default(), Stage::Met),
            (base.clone(), Stage::Tried),
            (Evidence { taught_alone_count: 1, ..base.clone() }, Stage::Tried),
            (Evidence { taught_alone_count: 2, ..base.clone() }, Stage::CanDo),
            (Evidence { uses: true, ..base.clone() }, Stage::Uses),
            (Evidence { results: vec![Retention::Partly], ..base.clone() }, Stage::Tried),
            (Evidence { results: vec![Retention::Stuck], ..base }, Stage::Stuck),
        ] {
            assert_eq!(stage(&evidence), want, "{evidence:?}");
        }
    }

    proptest! {
        #[test]
        fn more_evidence_never_takes_a_stage_away(
            attended in 0_usize..4, alone in 0_usize..4, uses: bool,
            results in proptest::collection::vec(0_usize..3, 0..4), later in 0_usize..3,
        ) {
            let result = |at: &usize| Retention::ALL[*at];
            let before = Evidence {
                attended_count: attended, taught_alone_count: alone, uses,
                results: results.iter().map(result).collect(),
            };
            let mut after = before.clone();
            after.attended_count += 1;
            after.results.push(result(&later));
            prop_assert!(stage(&after) >= stage(&before));
        }
    }
}
