//! What is wrong with an edited set of rules, before it takes effect.

use std::collections::BTreeSet;

use super::hearing::{Answer, Device, Ease, Hearing, Interest, Mobility, Reason, Want};
use super::history::History;
use super::propose::propose;
use super::ruleset::{Condition, Operation, Rule, Ruleset, Single};
use super::words::{Closing, StepKind, SurveyResult};

/// One thing that must be put right in the rules file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Two rules have one id.
    #[error("rule {0} stands twice")]
    DuplicateId(String),
    /// Two rules have one order, so which comes first is left to their names.
    #[error("rules {0} and {1} have the same order")]
    SameOrder(String, String),
    /// A sentence or note is missing in a language.
    #[error("{0} lacks its text in {1}")]
    TextMissing(String, &'static str),
    /// A rule does nothing.
    #[error("rule {0} does nothing")]
    NoOperation(String),
    /// A rule has no condition, so it would fire for everybody.
    #[error("rule {0} has no condition")]
    NoCondition(String),
    /// Conditions that can never hold together.
    #[error("rule {0} can never apply")]
    Unreachable(String),
    /// A kind of step has no effects and sentence, or has them twice.
    #[error("{} entries describe the kind {}", .1, .0.word())]
    KindFacts(StepKind, usize),
    /// An event is chosen that is no event.
    #[error("{} is not an event", .0.word())]
    NotAnEvent(StepKind),
    /// An interest chooses no event.
    #[error("no event is chosen for the interest {}", .0.word())]
    InterestWithoutEvent(Interest),
    /// The limits contradict each other.
    #[error("the limits contradict each other")]
    Limits,
    /// A person for whom not exactly one rule begins the path.
    #[error("{1} rules begin the path of a person with {0}")]
    Beginnings(String, usize),
    /// A person whose path is too short or too long.
    #[error("the path of a person with {0} has {1} steps")]
    StepCount(String, usize),
    /// A person with a step that no rule explains.
    #[error("the path of a person with {0} has a step without a rule")]
    Unexplained(String),
}

impl Ruleset {
    /// Everything that must be put right, in the order of the file; empty when
    /// the rules can be used.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.check_rules(&mut problems);
        self.check_tables(&mut problems);
        // People are tried only on rules that make sense by themselves.
        if problems.is_empty() {
            self.check_people(&mut problems);
        }
        problems
    }

    fn check_rules(&self, problems: &mut Vec<Problem>) {
        let mut ids = BTreeSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            if !ids.insert(rule.id.as_str()) {
                problems.push(Problem::DuplicateId(rule.id.clone()));
            }
            if let Some(next) = self.rules.get(index + 1)
                && next.order == rule.order
            {
                problems.push(Problem::SameOrder(rule.id.clone(), next.id.clone()));
            }

            if rule.then.is_empty() {
                problems.push(Problem::NoOperation(rule.id.clone()));
            }
            if rule.when.is_empty() {
                problems.push(Problem::NoCondition(rule.id.clone()));
            }
            if contradicts_itself(rule) {
                problems.push(Problem::Unreachable(rule.id.clone()));
            }

            let silent = rule.then.contains(&Operation::Close(Closing::Silent));
            if !silent {
                check_text(&rule.id, &rule.reason_ja, &rule.reason_en, problems);
            }
            for operation in &rule.then {
                if let Operation::Note { ja, en } = operation {
                    check_text(&rule.id, ja, en, problems);
                }
            }
        }
    }

    fn check_tables(&self, problems: &mut Vec<Problem>) {
        for kind in StepKind::ALL {
            let count = self.kinds.iter().filter(|facts| facts.kind == *kind).count();
            if count != 1 {
                problems.push(Problem::KindFacts(*kind, count));
            }
        }

        for facts in &self.kinds {
            let name = facts.kind.word();
            check_text(name, &facts.reason_ja, &facts.reason_en, problems);
        }

        let in_rules = self.rules.iter().flat_map(|rule| &rule.then);
        let chosen = self
            .event_choice
            .iter()
            .map(|choice| choice.kind)
            .chain([self.limits.default_event])
            .chain(in_rules.flat_map(events));
        for kind in chosen.filter(|kind| !kind.is_event()) {
            problems.push(Problem::NotAnEvent(kind));
        }

        for interest in Interest::ALL {
            let chooses = |choice: &super::EventChoice| choice.interests.contains(interest);
            if !self.event_choice.iter().any(chooses) {
                problems.push(Problem::InterestWithoutEvent(*interest));
            }
        }

        let limits = &self.limits;
        if limits.min_steps == 0 || limits.min_steps > limits.max_steps {
            problems.push(Problem::Limits);
        }
    }

    fn check_people(&self, problems: &mut Vec<Problem>) {
        for hearing in sample_people() {
            let who = serde_json::to_string(&hearing).unwrap_or_default();
            let nothing = History::default();

            let begins = |rule: &&Rule| {
                let base = |operation: &Operation| matches!(operation, Operation::Base(_));
                rule.then.iter().any(base)
                    && rule.when.iter().all(|fact| fact.holds(&hearing, &nothing, 0))
            };
            let beginnings = self.rules.iter().filter(begins).count();
            if beginnings != 1 {
                problems.push(Problem::Beginnings(who.clone(), beginnings));
            }

            let proposal = propose(self, &hearing, &nothing);
            let count = proposal.steps.len();
            let limits = self.limits.min_steps..=self.limits.max_steps;
            if proposal.closing.is_none() && !limits.contains(&count) {
                problems.push(Problem::StepCount(who.clone(), count));
            }
            if proposal.steps.iter().any(|step| step.rule_ids.is_empty()) {
                problems.push(Problem::Unexplained(who));
            }
        }
    }
}

fn check_text(name: &str, ja: &str, en: &str, problems: &mut Vec<Problem>) {
    for (text, language) in [(ja, "Japanese"), (en, "English")] {
        if text.trim().is_empty() {
            problems.push(Problem::TextMissing(name.to_owned(), language));
        }
    }
}

fn events(operation: &Operation) -> Vec<StepKind> {
    match operation {
        Operation::Base(specs) => specs.iter().filter_map(|spec| spec.event).collect(),
        Operation::Ensure { step, .. } => step.event.into_iter().collect(),
        Operation::Replace { to, .. } => to.event.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Every beginning with every single reason, interest and need, and with pairs of
/// reasons: enough to meet each rule on each kind of path.
fn sample_people() -> Vec<Hearing> {
    let mut people = Vec::new();
    for (device, want) in beginnings() {
        let start = Hearing { device, want, ..Hearing::default() };
        people.push(start.clone());

        for first in Reason::ALL {
            for second in Reason::ALL {
                let mut person = start.clone();
                person.reasons.extend([*first, *second]);
                people.push(person);
            }
        }

        for interest in Interest::ALL {
            let mut person = start.clone();
            person.interests.insert(*interest);
            people.push(person);
        }

        for ease in Ease::ALL {
            let mut person = start.clone();
            (person.hearing, person.vision) = (Some(*ease), Some(*ease));
            people.push(person);
        }

        for mobility in Mobility::ALL {
            let mut person = start.clone();
            person.mobility = Some(*mobility);
            people.push(person);
        }
    }
    people
}

fn beginnings() -> Vec<(Option<Device>, Option<Want>)> {
    let with_device = Device::ALL.iter().map(|device| (Some(*device), None));
    let wants = Want::ALL.iter().map(|want| (Some(Device::None), Some(*want)));
    with_device.chain(wants).chain([(None, None)]).collect()
}

/// Whether two conditions of one rule exclude each other.
fn contradicts_itself(rule: &Rule) -> bool {
    let pairs = |a: &Condition| rule.when.iter().any(|b| exclude(a, b));
    rule.when.iter().any(|fact| impossible(fact) || pairs(fact))
}

fn impossible(fact: &Condition) -> bool {
    match fact {
        Condition::DeviceIn(devices) => devices.is_empty(),
        Condition::WhyIn(whys) => whys.is_empty(),
        Condition::LeftIn(ways) => ways.is_empty(),
        Condition::CanDoAtLeast(count) => *count > 10,
        Condition::StepsFewerThan(count) => *count == 0,
        _ => false,
    }
}

fn exclude(a: &Condition, b: &Condition) -> bool {
    use Condition as C;

    match (a, b) {
        (C::Device(a), C::Device(b)) => a != b,
        (C::Device(a), C::DeviceIn(b)) => !b.contains(a),
        (C::DeviceIn(a), C::DeviceIn(b)) => a.is_disjoint(b),
        (C::Device(_) | C::DeviceIn(_), C::Unknown(Single::Device)) => true,
        (C::Device(device), C::Want(_)) => *device != Device::None,
        (C::DeviceIn(devices), C::Want(_)) => !devices.contains(&Device::None),
        (C::Want(a), C::Want(b)) => a != b,
        (C::Want(_), C::Unknown(Single::Want)) => true,
        (C::Hearing(a), C::Hearing(b)) | (C::Vision(a), C::Vision(b)) => a != b,
        (C::Mobility(a), C::Mobility(b)) => a != b,
        (C::Support(a), C::Support(b)) => a != b,
        (C::NoShows(a), C::NoShows(b)) => a != b,
        (C::NoShows(exactly), C::NoShowsAtLeast(least)) => exactly < least,
        (C::Survey(a), C::Survey(b)) => a != b,
        (C::Survey(SurveyResult::Stuck), C::WhyIn(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ruleset::SHIPPED_RULES;
    use super::*;

    fn problems(from: &str, to: &str) -> Vec<Problem> {
        assert!(SHIPPED_RULES.contains(from), "{from} is not in the file");
        let text = SHIPPED_RULES.replacen(from, to, 1);
        Ruleset::parse(&text).expect("still readable").check()
    }

    #[test]
    fn the_shipped_rules_are_in_order() {
        let set = Ruleset::parse(SHIPPED_RULES).expect("shipped rules");
        assert_eq!(set.check(), []);
    }

    #[test]
    fn every_fault_of_an_edited_file_is_found() {
        let cases = [
            ("id = \"B1\"", "id = \"B2\"", Problem::DuplicateId("B2".into())),
            ("order = 21", "order = 20", Problem::SameOrder("B1".into(), "B2".into())),
            (
                "reason_en = \"Learn safe use first.\"",
                "reason_en = \" \"",
                Problem::TextMissing("B5".into(), "English"),
            ),
            (
                "ja = \"ひとりでやってみたいことを、1つうかがいます。\"",
                "ja = \"\"",
                Problem::TextMissing("B7".into(), "Japanese"),
            ),
            ("when = [{ support = \"none\" }]", "when = []", Problem::NoCondition("G1".into())),
            (
                "when = [{ reason = \"cost\" }]",
                "when = [{ device = \"none\" }, { device = \"use_well\" }]",
                Problem::Unreachable("B6".into()),
            ),
            (
                "when = [{ survey = \"not_stuck\" }, { why_in = [\"forgot\"] }]",
                "when = [{ survey = \"stuck\" }, { why_in = [\"forgot\"] }]",
                Problem::Unreachable("T6".into()),
            ),
            ("kind = \"survey\"", "kind = \"event_walk\"", Problem::KindFacts(StepKind::Survey, 0)),
            (
                "default_event = \"event_game\"",
                "default_event = \"survey\"",
                Problem::NotAnEvent(StepKind::Survey),
            ),
            (", \"health\"]", "]", Problem::InterestWithoutEvent(Interest::Health)),
            ("min_steps = 3", "min_steps = 9", Problem::Limits),
            (
                "when = [{ unknown = \"device\" }]",
                "when = [{ device = \"use_well\" }]",
                Problem::Beginnings("{\"device\":\"use_well\"}".into(), 2),
            ),
            (
                "when = [{ device = \"none\" }, { steps_fewer_than = 3 }]",
                "when = [{ device = \"none\" }, { steps_fewer_than = 1 }]",
                Problem::StepCount("{\"device\":\"none\"}".into(), 2),
            ),
        ];

        for (from, to, expected) in cases {
            let found = problems(from, to);
            assert!(found.contains(&expected), "{from}: {found:?}");
        }
    }

    #[test]
    fn an_unknown_word_is_named_with_its_line() {
        let text = SHIPPED_RULES.replacen("step = \"survey\"", "step = \"party\"", 1);
        let error = Ruleset::parse(&text).expect_err("unknown kind").to_string();
        assert!(error.contains("party") && error.contains("line"), "{error}");
    }
}
