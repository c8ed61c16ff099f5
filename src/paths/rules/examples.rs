//! Example people and the paths they get: what an officer reads before a new
//! edition of the rules takes effect.

use serde::Deserialize;

use super::hearing::Hearing;
use super::history::History;
use super::propose::propose;
use super::ruleset::Ruleset;
use super::words::{Closing, StepKind};

/// The examples that come with the program.
pub const SHIPPED_EXAMPLES: &str = include_str!("../../../seeds/paths/examples.toml");

/// An invented person and the path expected for them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Short name.
    pub id: String,
    /// Who this is, in Japanese.
    pub ja: String,
    /// Who this is, in English.
    pub en: String,
    /// What they said.
    #[serde(default)]
    pub hearing: Hearing,
    /// What has happened.
    #[serde(default)]
    pub history: History,
    /// The steps they should get.
    #[serde(default)]
    pub steps: Vec<StepKind>,
    /// The rules that should appear on those steps, in the order of the rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// How the path should end, if it should.
    #[serde(default)]
    pub closing: Option<Closing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    examples: Vec<Example>,
}

/// An examples file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the examples cannot be read: {0}")]
pub struct ExamplesUnreadable(#[from] toml::de::Error);

impl Example {
    /// Reads an examples file.
    ///
    /// # Errors
    /// The line that is not understood, such as an unknown answer.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, ExamplesUnreadable> {
        Ok(toml::from_str::<File>(text)?.examples)
    }

    /// What these rules do differently from what the example expects, in English
    /// for the log; nothing when they agree.
    pub fn difference(&self, set: &Ruleset) -> Option<String> {
        let proposal = propose(set, &self.hearing, &self.history);
        let steps: Vec<StepKind> = proposal.steps.iter().map(|step| step.kind).collect();
        let named = |id: &String| {
            let on_step = proposal.steps.iter().any(|step| step.rule_ids.contains(id));
            on_step || proposal.closing.as_ref().is_some_and(|end| end.rule_id == *id)
        };
        let ids = set.rules.iter().map(|rule| rule.id.clone());
        let rules: Vec<String> = ids.filter(named).collect();
        let closing = proposal.closing.as_ref().map(|end| end.how);
        let same = steps == self.steps && rules == self.rules && closing == self.closing;
        (!same).then(|| format!("{}: {steps:?} {rules:?} {closing:?}", self.id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::ruleset::SHIPPED_RULES;
    use super::*;

    #[test]
    fn the_shipped_rules_give_the_example_people_their_paths() {
        let set = Ruleset::parse(SHIPPED_RULES).expect("shipped rules");
        let examples = Example::parse_all(SHIPPED_EXAMPLES).expect("shipped examples");
        let different: Vec<String> =
            examples.iter().filter_map(|example| example.difference(&set)).collect();
        assert!(different.is_empty(), "{}", different.join("\n"));
    }

    #[test]
    fn the_example_people_meet_every_rule() {
        let set = Ruleset::parse(SHIPPED_RULES).expect("shipped rules");
        let examples = Example::parse_all(SHIPPED_EXAMPLES).expect("shipped examples");
        assert_eq!(examples.len(), 20);

        let mut met = BTreeSet::new();
        for example in &examples {
            let proposal = propose(&set, &example.hearing, &example.history);
            met.extend(proposal.steps.iter().flat_map(|step| step.rule_ids.clone()));
            met.extend(proposal.arrangements.iter().map(|item| item.rule_id.clone()));
            met.extend(proposal.staff_notes.iter().map(|item| item.rule_id.clone()));
            met.extend(proposal.closing.map(|end| end.rule_id));
        }

        let unmet: Vec<&str> =
            set.rules.iter().map(|rule| rule.id.as_str()).filter(|id| !met.contains(*id)).collect();
        assert!(unmet.is_empty(), "no example shows {unmet:?}");
    }

    #[test]
    fn a_changed_rule_shows_in_the_examples() {
        let text =
            SHIPPED_RULES.replacen("{ step = \"survey\" }", "{ step = \"practice_app\" }", 1);
        let set = Ruleset::parse(&text).expect("still readable");
        let examples = Example::parse_all(SHIPPED_EXAMPLES).expect("shipped examples");
        assert!(examples.iter().any(|example| example.difference(&set).is_some()));
    }
}
