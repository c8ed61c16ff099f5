//! Yen from the grant decision to the settlement, as whole numbers.
//!
//! 確定額 ≤ 交付決定額 (after changes); 概算払 − 確定額 = 返還額 ≥ 0, or the rest is paid;
//! nothing is paid before the decision.

use entity::subsidies::project;

use super::Refusal;

/// The money of one project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// 交付決定額 after all approved changes; none before the decision.
    pub granted: Option<i64>,
    /// 概算払.
    pub advanced: i64,
    /// 確定額.
    pub fixed: Option<i64>,
    /// Paid at the settlement.
    pub rest: i64,
    /// Given back at the settlement.
    pub repaid: i64,
}

impl From<&project::Model> for Money {
    fn from(project: &project::Model) -> Self {
        Self {
            granted: project.granted_yen,
            advanced: project.advanced_yen,
            fixed: project.fixed_yen,
            rest: project.rest_yen,
            repaid: project.repaid_yen,
        }
    }
}

impl Money {
    /// The grant decision, up to what was adopted.
    ///
    /// # Errors
    /// `NoAmount`, `OverAdopted`.
    pub fn grant(self, yen: i64, adopted: i64) -> Result<Self, Refusal> {
        if yen <= 0 {
            return Err(Refusal::NoAmount);
        }
        if yen > adopted {
            return Err(Refusal::OverAdopted);
        }
        Ok(Self { granted: Some(yen), ..self })
    }

    /// An approved change of the amount, up to what was adopted and not below what was paid.
    ///
    /// # Errors
    /// `BeforeGrant`, `AlreadyFixed`, `NoAmount`, `OverAdopted`, `BelowAdvanced`.
    pub fn change(self, yen: i64, adopted: i64) -> Result<Self, Refusal> {
        self.granted.ok_or(Refusal::BeforeGrant)?;
        if self.fixed.is_some() {
            return Err(Refusal::AlreadyFixed);
        }
        if yen < self.advanced {
            return Err(Refusal::BelowAdvanced);
        }
        self.grant(yen, adopted)
    }

    /// A payment in advance; all of them together stay within what was granted.
    ///
    /// # Errors
    /// `BeforeGrant`, `AlreadyFixed`, `NoAmount`, `OverGranted`.
    pub fn advance(self, yen: i64) -> Result<Self, Refusal> {
        let granted = self.granted.ok_or(Refusal::BeforeGrant)?;
        if self.fixed.is_some() {
            return Err(Refusal::AlreadyFixed);
        }
        if yen <= 0 {
            return Err(Refusal::NoAmount);
        }
        let advanced = self.advanced.checked_add(yen).ok_or(Refusal::OverGranted)?;
        if advanced > granted {
            return Err(Refusal::OverGranted);
        }
        Ok(Self { advanced, ..self })
    }

    /// Fixes the amount: not above the grant, and not above what the ward had to pay out of it.
    ///
    /// # Errors
    /// `BeforeGrant`, `AlreadyFixed`, `FixOverGranted`, `FixOverCosts`.
    pub fn fix(self, yen: i64, eligible: i64) -> Result<Self, Refusal> {
        let granted = self.granted.ok_or(Refusal::BeforeGrant)?;
        if self.fixed.is_some() {
            return Err(Refusal::AlreadyFixed);
        }
        if yen < 0 || yen > granted {
            return Err(Refusal::FixOverGranted);
        }
        if yen > eligible {
            return Err(Refusal::FixOverCosts);
        }
        Ok(Self { fixed: Some(yen), ..self })
    }

    /// What the settlement moves: the rest is paid, or too much is given back. None before the
    /// amount is fixed.
    pub fn settle(self) -> Option<Self> {
        let fixed = self.fixed?;
        let rest = (fixed - self.advanced).max(0);
        let repaid = (self.advanced - fixed).max(0);
        Some(Self { rest, repaid, ..self })
    }
}

/// What the subsidy can cover of the costs: what they were less what the ward pays itself.
pub fn eligible(cost_yen: i64, own_yen: i64) -> i64 {
    (cost_yen - own_yen).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_money_of_a_project_from_decision_to_settlement() {
        let granted = Money::default().grant(900_000, 1_000_000).expect("within");
        let advanced = granted.advance(500_000).expect("within");
        let less = advanced.fix(450_000, 460_000).expect("within").settle().expect("fixed");
        assert_eq!((less.rest, less.repaid), (0, 50_000));
        let more = advanced.fix(700_000, 700_000).expect("within").settle().expect("fixed");
        assert_eq!((more.rest, more.repaid), (200_000, 0));
        let none = granted.fix(0, 0).expect("nothing was spent").settle().expect("fixed");
        assert_eq!((none.rest, none.repaid), (0, 0));
    }

    #[test]
    fn what_breaks_a_rule_of_money_is_refused() {
        let none = Money::default();
        let granted = none.grant(900, 1_000).expect("within");
        let advanced = granted.advance(600).expect("within");
        let fixed = advanced.fix(500, 800).expect("within");

        for (got, want) in [
            (none.grant(1_001, 1_000), Refusal::OverAdopted),
            (none.grant(0, 1_000), Refusal::NoAmount),
            (none.advance(1), Refusal::BeforeGrant),
            (none.fix(1, 10), Refusal::BeforeGrant),
            (none.change(1, 10), Refusal::BeforeGrant),
            (granted.advance(901), Refusal::OverGranted),
            (granted.advance(0), Refusal::NoAmount),
            (advanced.advance(i64::MAX), Refusal::OverGranted),
            (advanced.change(599, 1_000), Refusal::BelowAdvanced),
            (advanced.change(1_001, 1_000), Refusal::OverAdopted),
            (advanced.fix(901, 2_000), Refusal::FixOverGranted),
            (advanced.fix(801, 800), Refusal::FixOverCosts),
            (fixed.advance(1), Refusal::AlreadyFixed),
            (fixed.fix(1, 10), Refusal::AlreadyFixed),
            (fixed.change(700, 1_000), Refusal::AlreadyFixed),
        ] {
            assert_eq!(got, Err(want));
        }
        assert_eq!(advanced.settle(), None);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Grant(i64),
        Change(i64),
        Advance(i64),
        Fix(i64, i64),
        Settle,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let yen = -10_i64..2_000;
        let step = prop_oneof![
            yen.clone().prop_map(Step::Grant),
            yen.clone().prop_map(Step::Change),
            yen.clone().prop_map(Step::Advance),
            yen.clone().prop_map(Step::Advance),
            (yen, 0_i64..2_000).prop_map(|(yen, costs)| Step::Fix(yen, costs)),
            Just(Step::Settle),
        ];
        proptest::collection::vec(step, 0..30)
    }

    proptest! {
        #[test]
        fn no_history_breaks_the_rules_of_money(steps in steps(), adopted in 1_i64..1_500) {
            let mut money = Money::default();
            for step in steps {
                let done = match step {
                    Step::Grant(yen) if money.granted.is_none() => money.grant(yen, adopted),
                    // The state table lets a project be granted once.
                    Step::Grant(_) => continue,
                    Step::Change(yen) => money.change(yen, adopted),
                    Step::Advance(yen) => money.advance(yen),
                    Step::Fix(yen, costs) => money.fix(yen, costs),
                    Step::Settle => money.settle().ok_or(Refusal::BeforeGrant),
                };
                let before = money;
                money = done.unwrap_or(money);

                prop_assert!(money.granted.is_none_or(|granted| granted > 0 && granted <= adopted));
                prop_assert!(money.granted.is_some() || money.advanced == 0);
                prop_assert!(money.advanced <= money.granted.unwrap_or(0));
                prop_assert!(money.fixed.unwrap_or(0) <= money.granted.unwrap_or(0));
                prop_assert!(money.rest >= 0 && money.repaid >= 0);
                prop_assert!(money.rest == 0 || money.repaid == 0);
                if money.rest + money.repaid > 0 {
                    prop_assert_eq!(Some(money.advanced + money.rest - money.repaid), money.fixed);
                }
                if money.repaid > 0 {
                    prop_assert_eq!(Some(money.repaid), money.fixed.map(|yen| money.advanced - yen));
                }

                // What was fixed stays fixed.
                prop_assert!(before.fixed.is_none() || before.fixed == money.fixed);
            }
        }
    }
}
