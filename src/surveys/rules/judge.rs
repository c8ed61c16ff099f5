//! 定着: a versioned rule over answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::NaiveDate;
use entity::sessions::session::SessionKind;
use entity::surveys::follow_up::Retention;
use serde::Deserialize;

use super::answers::Answers;
use super::questionnaire::Questionnaire;

/// Every version by which anybody was ever judged, oldest first.
pub const FILES: &[&str] = &[include_str!("../../../seeds/surveys/retention_1.toml")];

/// Every version, read.
pub static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| FILES.iter().filter_map(|text| Rule::parse(text).ok()).collect());

/// One version of the rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub version: String,
    /// The first due day that it judges.
    pub effective_on: NaiveDate,
    pub used: Any,
    pub beyond_calls: NoneOf,
    pub alone_at_least: usize,
    pub taught_at_least: usize,
    /// Tasks that each kind of session teaches.
    pub taught: BTreeMap<String, BTreeSet<String>>,
}

/// One of these answers was given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Any {
    pub question: String,
    pub any: BTreeSet<String>,
}

/// Something was chosen, and none of these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoneOf {
    pub question: String,
    pub none_of: BTreeSet<String>,
}

/// A file that is no rule.
#[derive(Debug, thiserror::Error)]
#[error("not a rule of 定着: {0}")]
pub struct RuleUnreadable(#[from] toml::de::Error);

/// How a person's answers were judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub result: Retention,
    /// Tasks that go alone.
    pub alone_count: usize,
}

impl Rule {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that says where it does not fit.
    pub fn parse(text: &str) -> Result<Self, RuleUnreadable> {
        Ok(toml::from_str(text)?)
    }

    /// The version that judges follow-ups due on a day.
    pub fn on(day: NaiveDate) -> Option<&'static Self> {
        let known = || RULES.iter();
        known().rfind(|rule| rule.effective_on <= day).or_else(|| known().next())
    }

    /// The phone is used on the days that the rule asks for.
    pub fn is_used(&self, answers: &Answers) -> bool {
        answers.one(&self.used.question).is_some_and(|said| self.used.any.contains(said))
    }

    /// The phone is used for something beyond calls.
    pub fn is_beyond_calls(&self, answers: &Answers) -> bool {
        let said = answers.many(&self.beyond_calls.question);
        !said.is_empty() && said.iter().all(|use_| !self.beyond_calls.none_of.contains(use_))
    }

    /// Tasks that these kinds of sessions teach.
    pub fn taught_in(&self, kinds: &[SessionKind]) -> BTreeSet<&str> {
        let lists = kinds.iter().filter_map(|kind| self.taught.get(kind.as_str()));
        lists.flatten().map(String::as_str).collect()
    }

    /// Judges answers; `kinds` are the sessions that the person attended. An answer that was
    /// not given counts for nothing.
    pub fn judge(&self, set: &Questionnaire, answers: &Answers, kinds: &[SessionKind]) -> Judged {
        let alone: Vec<&str> = answers.alone(set).collect();
        let taught = self.taught_in(kinds);
        let of_class = alone.iter().filter(|task| taught.contains(*task)).count();
        let can = alone.len() >= self.alone_at_least && of_class >= self.taught_at_least;
        let held = [self.is_used(answers), self.is_beyond_calls(answers), can];
        let result = match held.iter().filter(|held| **held).count() {
            3 => Retention::Stuck,
            2 => Retention::Partly,
            _ => Retention::NotStuck,
        };
        Judged { result, alone_count: alone.len() }
    }

    /// What does not fit the questionnaire of its day.
    pub fn check(&self, set: &Questionnaire) -> Vec<String> {
        let mut found = Vec::new();
        let asked = [
            (&self.used.question, &self.used.any),
            (&self.beyond_calls.question, &self.beyond_calls.none_of),
        ];
        for (question, values) in asked {
            match set.question(question) {
                None => found.push(format!("there is no question {question}")),
                Some(known) => {
                    let known = known.values();
                    let unknown = values.iter().filter(|value| !known.contains(&value.as_str()));
                    found.extend(unknown.map(|value| format!("{question} has no answer {value}")));
                }
            }
        }

        let tasks: BTreeSet<&str> = set.tasks().map(|task| task.id.as_str()).collect();
        if self.alone_at_least > tasks.len() {
            found.push("more tasks are asked for than there are".to_owned());
        }

        for (kind, taught) in &self.taught {
            if SessionKind::from_text(kind).is_none() {
                found.push(format!("there is no kind {kind}"));
            }
            let unknown = taught.iter().filter(|task| !tasks.contains(task.as_str()));
            found.extend(unknown.map(|task| format!("{kind} teaches an unknown task {task}")));
        }

        let missing =
            SessionKind::ALL.iter().filter(|kind| !self.taught.contains_key(kind.as_str()));
        found.extend(missing.map(|kind| format!("it is not said what {kind} teaches")));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::questionnaire::{Moment, QUESTIONNAIRES};
    use super::*;
    use serde_json::{Map, Value, json};

    fn answers(use_: &str, purposes: &[&str], alone: &[&str]) -> Answers {
        let mut map = Map::new();
        map.insert("use".to_owned(), Value::from(use_));
        map.insert("purposes".to_owned(), json!(purposes));
        for task in QUESTIONNAIRES[0].tasks() {
            let word = if alone.contains(&task.id.as_str()) { "alone" } else { "with_help" };
            map.insert(task.id.clone(), Value::from(word));
        }
        Answers::read(&QUESTIONNAIRES[0], Moment::ThreeMonths, &map).expect("answers")
    }

    #[test]
    fn three_things_are_teichaku_two_are_part_of_it() {
        use {Retention as R, SessionKind as K};
        let five = ["power", "call", "search", "route", "send"];
        let untaught = ["search", "route", "send", "calendar", "apps"];
        let four = ["power", "call", "search", "route"];

        for (use_, purposes, alone, kind, want) in [
            ("daily", &["photo"][..], &five[..], K::ClassBasic, R::Stuck),
            ("often", &["photo"], &five, K::ClassBasic, R::Stuck),
            ("weekly", &["photo"], &five, K::ClassBasic, R::Partly),
            ("daily", &["none"], &five, K::ClassBasic, R::Partly),
            ("daily", &[], &five, K::ClassBasic, R::Partly),
            ("daily", &["photo"], &four, K::ClassBasic, R::Partly),
            // Five alone, but none that this class teaches.
            ("daily", &["photo"], &untaught, K::ClassBasic, R::Partly),
            ("daily", &["photo"], &untaught, K::ClassApplied, R::Stuck),
            ("rarely", &["none"], &five, K::ClassBasic, R::NotStuck),
            ("none", &["none"], &[], K::ClassBasic, R::NotStuck),
        ] {
            let told = answers(use_, purposes, alone);
            let judged = RULES[0].judge(&QUESTIONNAIRES[0], &told, &[kind]);
            assert_eq!(judged.result, want, "{use_} {purposes:?} {alone:?} {kind}");
            assert_eq!(judged.alone_count, alone.len());
        }
    }

    #[test]
    fn nothing_said_counts_for_nothing_and_every_class_attended_teaches() {
        let rule = &RULES[0];
        let nothing = rule.judge(&QUESTIONNAIRES[0], &Answers::default(), &[]);
        assert_eq!((nothing.result, nothing.alone_count), (Retention::NotStuck, 0));
        let told = answers("daily", &["map"], &["search", "route", "send", "calendar", "apps"]);
        let both = [SessionKind::ClassBasic, SessionKind::ClassApplied];
        assert_eq!(rule.judge(&QUESTIONNAIRES[0], &told, &both).result, Retention::Stuck);
    }

    #[test]
    fn the_shipped_rules_fit_their_questionnaire() {
        assert_eq!(RULES.len(), FILES.len());
        for rule in RULES.iter() {
            let set = Questionnaire::on(rule.effective_on).expect("a questionnaire");
            assert_eq!(rule.check(set), Vec::<String>::new());
        }
        let broken = FILES[0].replace("class_basic = [\"power\"", "class_x = [\"fly\"");
        let found = Rule::parse(&broken).expect("a rule").check(&QUESTIONNAIRES[0]);
        assert!(found.contains(&"there is no kind class_x".to_owned()), "{found:?}");
        assert!(found.contains(&"class_x teaches an unknown task fly".to_owned()), "{found:?}");
        assert!(found.contains(&"it is not said what class_basic teaches".to_owned()));
    }
}
