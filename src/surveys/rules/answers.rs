//! Answers: read from words or digits, and where in the questionnaire a person is.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::questionnaire::{Kind, Moment, Question, Questionnaire};
use crate::platform::japan::amount;
use crate::platform::text::characters::narrow;
use crate::platform::text::free_text;
use crate::platform::{FieldError, Lang, words};

/// What was said to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// The person passed over it.
    Passed,
    Number(i64),
    Many(Vec<String>),
    /// One of the options, or words.
    One(String),
}

/// An answer that a question does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub question: String,
    /// What was given.
    pub value: String,
    /// The key of the sentence to show.
    pub wording: &'static str,
    /// The largest digit or number, for the sentence.
    pub max: i64,
}

impl Fault {
    fn unknown(question: &str, value: &str) -> Self {
        let wording = "err.survey.question";
        Self { question: question.to_owned(), value: value.to_owned(), wording, max: 0 }
    }

    /// What is wrong with a field.
    pub fn of_field(&self, field: String) -> FieldError {
        let values = vec![("max", self.max.to_string()), ("value", self.value.clone())];
        FieldError { field, wording: self.wording, values }
    }
}

/// Where a question stands among those that a person is asked.
#[derive(Clone, Copy, Debug)]
pub struct Position<'q> {
    pub question: &'q Question,
    /// From 1.
    pub at: usize,
    pub of: usize,
    pub before: Option<&'q Question>,
}

/// The answers of one person, by question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, Reply>);

impl Answers {
    /// Reads what the database keeps; what cannot be read is as if it had not been said.
    pub fn stored(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }

    /// Reads a map of answers. An absent answer was not asked, null was passed over.
    ///
    /// # Errors
    /// Every unknown question and every answer that a question does not take.
    pub fn read(
        set: &Questionnaire,
        moment: Moment,
        map: &Map<String, Value>,
    ) -> Result<Self, Vec<Fault>> {
        let mut read = Self::default();
        let mut faults = Vec::new();

        for (id, value) in map {
            let Some(question) = set.of(moment).find(|question| question.id == *id) else {
                faults.push(Fault::unknown(id, &value.to_string()));
                continue;
            };
            match question.read(value) {
                Ok(said) => read.put(question, said),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(read.settled(set)) } else { Err(faults) }
    }

    /// Reads a sheet: digits by question; an absent question was left empty.
    ///
    /// # Errors
    /// Every unknown question and every digit that no option has.
    pub fn read_sheet(
        set: &Questionnaire,
        typed: &HashMap<String, String>,
    ) -> Result<Self, Vec<Fault>> {
        let mut read = Self::default();
        let asked = || set.of(Moment::ThreeMonths);
        let is_unknown = |id: &&String| !asked().any(|question| question.id == **id);
        let mut unknown: Vec<&String> = typed.keys().filter(is_unknown).collect();
        unknown.sort();
        let mut faults: Vec<Fault> =
            unknown.into_iter().map(|id| Fault::unknown(id, &typed[id])).collect();

        for question in asked() {
            let digits = typed.get(&question.id).map(String::as_str).unwrap_or_default();
            match question.read_digits(digits) {
                Ok(said) => read.put(question, said),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(read) } else { Err(faults) }
    }

    /// Writes an answer down, or over.
    pub fn put(&mut self, question: &Question, said: Reply) {
        self.0.insert(question.id.clone(), said);
    }

    /// What was said to a question; none when it was not asked yet.
    pub fn get(&self, id: &str) -> Option<&Reply> {
        self.0.get(id)
    }

    /// The one option that was chosen.
    pub fn one(&self, id: &str) -> Option<&str> {
        match self.0.get(id) {
            Some(Reply::One(value)) => Some(value),
            _ => None,
        }
    }

    /// All options that were chosen.
    pub fn many(&self, id: &str) -> &[String] {
        match self.0.get(id) {
            Some(Reply::Many(values)) => values,
            _ => &[],
        }
    }

    /// Whether anything was said or passed over.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many questions were answered, those passed over not counted.
    pub fn said_count(&self) -> usize {
        self.0.values().filter(|said| **said != Reply::Passed).count()
    }

    /// The tasks that go alone.
    pub fn alone<'a>(&'a self, set: &'a Questionnaire) -> impl Iterator<Item = &'a str> {
        let done = |task: &&Question| self.one(&task.id) == Some("alone");
        set.tasks().filter(done).map(|task| task.id.as_str())
    }

    /// Tasks gained since earlier answers. Only tasks that were answered both times are compared;
    /// none when there are none of them.
    pub fn gain_since(&self, set: &Questionnaire, earlier: &Self) -> Option<i32> {
        let both =
            |task: &&Question| self.one(&task.id).is_some() && earlier.one(&task.id).is_some();
        let gain = |task: &Question| {
            let alone = |answers: &Self| i32::from(answers.one(&task.id) == Some("alone"));
            alone(self) - alone(earlier)
        };
        set.tasks().any(|task| both(&task)).then(|| set.tasks().filter(both).map(gain).sum())
    }

    /// Takes an answer away, as if the question had not been asked.
    pub fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// Puts all of these over what was said before.
    pub fn overlaid(mut self, later: &Self) -> Self {
        self.0.extend(later.0.iter().map(|(id, said)| (id.clone(), said.clone())));
        self
    }

    /// Whether a question is asked, after what was said to the earlier ones.
    pub fn applies(&self, question: &Question) -> bool {
        question.only_if.as_ref().is_none_or(|only| {
            self.one(&only.question).is_some_and(|value| only.any.contains(value))
        })
    }

    /// The questions that this person is asked.
    pub fn asked<'q>(
        &self,
        set: &'q Questionnaire,
        moment: Moment,
    ) -> impl Iterator<Item = &'q Question> {
        set.of(moment).filter(|question| self.applies(question))
    }

    /// The first question that was neither answered nor passed over.
    pub fn next<'q>(&self, set: &'q Questionnaire, moment: Moment) -> Option<&'q Question> {
        self.asked(set, moment).find(|question| !self.0.contains_key(&question.id))
    }

    /// The question asked after this one.
    pub fn after<'q>(
        &self,
        set: &'q Questionnaire,
        moment: Moment,
        id: &str,
    ) -> Option<&'q Question> {
        self.asked(set, moment).skip_while(|question| question.id != id).nth(1)
    }

    /// Where a question stands among those that this person is asked.
    pub fn position<'q>(
        &self,
        set: &'q Questionnaire,
        moment: Moment,
        id: &str,
    ) -> Option<Position<'q>> {
        let asked: Vec<&Question> = self.asked(set, moment).collect();
        let at = asked.iter().position(|question| question.id == id)?;
        let before = at.checked_sub(1).map(|before| asked[before]);
        Some(Position { question: asked[at], at: at + 1, of: asked.len(), before })
    }

    /// Without answers to questions that are not asked any more, because an earlier answer
    /// was changed.
    pub fn settled(mut self, set: &Questionnaire) -> Self {
        for question in &set.questions {
            if !self.applies(question) {
                self.0.remove(&question.id);
            }
        }
        self
    }
}

impl Question {
    /// Reads an answer given in words.
    ///
    /// # Errors
    /// The answer is none of this question's.
    pub fn read(&self, value: &Value) -> Result<Reply, Fault> {
        let fault = || self.fault(&value.to_string());
        match (self.kind, value) {
            (_, Value::Null) => Ok(Reply::Passed),
            (Kind::Single | Kind::CanDo, Value::String(word)) => {
                match self.values().contains(&word.as_str()) {
                    true => Ok(Reply::One(word.clone())),
                    false => Err(fault()),
                }
            }
            (Kind::Multiple, Value::Array(items)) => {
                let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                self.several(&words.ok_or_else(fault)?).ok_or_else(fault)
            }
            (Kind::Number, Value::Number(number)) => {
                let number = number.as_i64().filter(|number| self.takes(*number));
                number.map(Reply::Number).ok_or_else(fault)
            }
            (Kind::Text, Value::String(text)) => self.words(text),
            _ => Err(fault()),
        }
    }

    /// Reads an answer as a form gives it: the values of the checked fields, or what was typed.
    ///
    /// # Errors
    /// The answer is none of this question's.
    pub fn read_form(&self, values: &[String]) -> Result<Reply, Fault> {
        let given: Vec<&str> =
            values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
        let Some(first) = given.first() else { return Ok(Reply::Passed) };
        match self.kind {
            Kind::Single | Kind::CanDo => self.read(&Value::from(*first)),
            Kind::Multiple => self.several(&given).ok_or_else(|| {
                let wording = "err.survey.alone";
                Fault { wording, ..self.fault(&given.join(" ")) }
            }),
            Kind::Number => self.read_digits(first),
            Kind::Text => self.words(first),
        }
    }

    /// Reads an answer keyed in digits: 1 for the first option, several digits for several.
    /// Nothing and 0 mean that the person passed over it.
    ///
    /// # Errors
    /// A digit that no option has, or other characters.
    pub fn read_digits(&self, typed: &str) -> Result<Reply, Fault> {
        let narrow = narrow(typed);
        let digits: String = narrow.chars().filter(|c| !c.is_whitespace()).collect();
        let fault = || self.fault(typed);
        if digits.is_empty() {
            return Ok(Reply::Passed);
        }

        if self.kind == Kind::Text {
            return self.words(typed);
        }
        if self.kind == Kind::Number {
            let number = amount::count(typed).ok().map(i64::from);
            let number = number.filter(|number| self.takes(*number));
            return number.map(Reply::Number).ok_or_else(fault);
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(fault());
        }

        // To a number, read above, zero is an answer.
        if digits == "0" {
            return Ok(Reply::Passed);
        }

        let values = self.values();
        let chosen: Option<Vec<&str>> = digits
            .bytes()
            .map(|digit| values.get(usize::from(digit - b'0').checked_sub(1)?).copied())
            .collect();
        match (self.kind, chosen) {
            (Kind::Multiple, Some(chosen)) => self.several(&chosen).ok_or_else(fault),
            (_, Some(chosen)) if chosen.len() == 1 => Ok(Reply::One(chosen[0].to_owned())),
            _ => Err(fault()),
        }
    }

    /// What was said to it, in words.
    pub fn told(&self, reply: Option<&Reply>, lang: Lang) -> String {
        let choices = self.choices(lang);
        let label = |value: &String| {
            let chosen = choices.iter().find(|choice| choice.value == *value);
            chosen.map(|choice| choice.label.clone()).unwrap_or_default()
        };

        match reply {
            None => words::text(lang, "survey.not_asked").to_owned(),
            Some(Reply::Passed) => words::text(lang, "survey.passed").to_owned(),
            Some(Reply::Number(number)) => number.to_string(),
            Some(Reply::One(text)) if self.kind == Kind::Text => text.clone(),
            Some(Reply::One(value)) => label(value),
            Some(Reply::Many(values)) => {
                let labels: Vec<String> = values.iter().map(label).collect();
                labels.join(lang.pick("、", ", "))
            }
        }
    }

    fn several(&self, words: &[&str]) -> Option<Reply> {
        if words.is_empty() {
            return Some(Reply::Passed);
        }
        let known = self.values();
        if !words.iter().all(|word| known.contains(word)) {
            return None;
        }
        let alone = self.options.iter().any(|o| o.alone && words.contains(&o.id.as_str()));
        let in_order = known.into_iter().filter(|value| words.contains(value));
        let chosen: Vec<String> = in_order.map(str::to_owned).collect();
        (!alone || chosen.len() == 1).then_some(Reply::Many(chosen))
    }

    fn takes(&self, number: i64) -> bool {
        (self.least()..=self.most()).contains(&number)
    }

    fn words(&self, text: &str) -> Result<Reply, Fault> {
        let most = usize::try_from(self.most()).unwrap_or(0);
        match free_text(text, most) {
            Ok(text) if text.is_empty() => Ok(Reply::Passed),
            Ok(text) => Ok(Reply::One(text)),
            Err(error) => Err(Fault { wording: error.key(), ..self.fault("") }),
        }
    }

    fn fault(&self, value: &str) -> Fault {
        let max = match self.kind {
            Kind::Number | Kind::Text => self.most(),
            _ => i64::try_from(self.values().len()).unwrap_or(9),
        };
        let wording = match self.kind {
            Kind::Number => "err.survey.number",
            Kind::Multiple => "err.survey.digits",
            Kind::Text => "err.survey.words",
            _ => "err.survey.digit",
        };
        Fault { question: self.id.clone(), value: value.to_owned(), wording, max }
    }
}

#[cfg(test)]
mod tests {
    use super::super::questionnaire::QUESTIONNAIRES;
    use super::*;
    use serde_json::json;

    fn set() -> &'static Questionnaire {
        &QUESTIONNAIRES[0]
    }

    fn read(answers: Value) -> Result<Answers, Vec<Fault>> {
        let map = answers.as_object().expect("a map").clone();
        Answers::read(set(), Moment::ThreeMonths, &map)
    }

    #[test]
    fn answers_in_words_are_read_and_stored_as_they_were_said() {
        let told = json!({
            "use": "rarely", "purposes": ["map", "photo"], "power": "alone", "why": ["forgot"],
            "wish": " 地図を\u{0}見たい ", "ask": null
        });
        let answers = read(told).expect("answers");
        assert_eq!(answers.one("use"), Some("rarely"));
        assert_eq!(answers.many("purposes"), ["photo", "map"]);
        assert_eq!(answers.one("wish"), Some("地図を見たい"));
        assert_eq!(answers.get("ask"), Some(&Reply::Passed));
        assert_eq!(answers.said_count(), 5);
        let stored = serde_json::to_value(&answers).expect("json");
        assert_eq!(Answers::stored(&stored), answers);
    }

    #[test]
    fn what_no_question_takes_is_named() {
        for (told, question) in [
            (json!({ "nothing": "x" }), "nothing"),
            (json!({ "years": 3 }), "years"),
            (json!({ "use": "sometimes" }), "use"),
            (json!({ "use": ["daily"] }), "use"),
            (json!({ "purposes": "photo" }), "purposes"),
            (json!({ "purposes": ["photo", "none"] }), "purposes"),
            (json!({ "power": "yes" }), "power"),
            (json!({ "wish": "あ".repeat(401) }), "wish"),
        ] {
            let faults = read(told.clone()).expect_err(question);
            assert_eq!(faults.len(), 1, "{told}");
            assert_eq!(faults[0].question, question, "{told}");
        }

        let map = json!({ "years": 31 }).as_object().expect("a map").clone();
        assert!(Answers::read(set(), Moment::Before, &map).is_err());
    }

    #[test]
    fn only_tasks_answered_both_times_are_compared() {
        for (before, after, want) in [
            // All ten before, the four taught at the end of the class: nothing is lost.
            (
                json!({ "power": "alone", "type": "alone", "call": "alone", "photo": "alone",
                        "search": "alone", "route": "alone" }),
                json!({ "power": "alone", "type": "alone", "call": "alone", "photo": "alone" }),
                Some(0),
            ),
            (json!({ "power": "cannot", "type": "never" }), json!({ "power": "alone" }), Some(1)),
            (
                json!({ "power": "alone" }),
                json!({ "power": "with_help", "type": "alone" }),
                Some(-1),
            ),
            (json!({ "power": "alone" }), json!({ "type": "alone" }), None),
            (json!({ "power": null }), json!({ "power": "alone" }), None),
            (json!({}), json!({}), None),
        ] {
            let (earlier, later) = (read(before.clone()), read(after.clone()));
            let (earlier, later) = (earlier.expect("answers"), later.expect("answers"));
            assert_eq!(later.gain_since(set(), &earlier), want, "{before} {after}");
        }
    }

    #[test]
    fn digits_stand_for_the_answers() {
        let one = |value: &str| Ok(Reply::One(value.to_owned()));
        let many = |values: &[&str]| {
            Ok(Reply::Many(values.iter().map(|value| (*value).to_owned()).collect()))
        };

        for (id, typed, want) in [
            ("use", "1", one("daily")),
            ("use", "５", one("none")),
            ("use", "", Ok(Reply::Passed)),
            ("use", "0", Ok(Reply::Passed)),
            ("use", "6", Err(())),
            ("use", "12", Err(())),
            ("use", "a", Err(())),
            ("power", "4", one("never")),
            ("power", "5", Err(())),
            ("purposes", "31", many(&["photo", "line"])),
            ("purposes", "１ ２", many(&["photo", "map"])),
            ("purposes", "9", many(&["none"])),
            ("purposes", "19", Err(())),
            ("purposes", "10", Err(())),
            ("years", "12", Ok(Reply::Number(12))),
            ("years", "0", Ok(Reply::Number(0))),
            ("years", "31", Err(())),
        ] {
            let question = set().question(id).expect(id);
            assert_eq!(question.read_digits(typed).map_err(drop), want, "{id} {typed}");
        }
    }

    #[test]
    fn the_question_why_is_asked_only_of_those_who_do_not_use_it() {
        let why = set().question("why").expect("why");
        for (told, want) in [("daily", false), ("weekly", false), ("rarely", true), ("none", true)]
        {
            assert_eq!(read(json!({ "use": told })).expect("answers").applies(why), want);
        }
        assert!(!Answers::default().applies(why));
        // Who changes the first answer takes the reason back with it.
        let changed = read(json!({ "use": "daily", "why": ["forgot"] })).expect("answers");
        assert_eq!(changed.get("why"), None);
    }

    #[test]
    fn one_question_follows_the_other_and_the_person_can_go_back() {
        let moment = Moment::ThreeMonths;
        let mut answers = Answers::default();
        let mut walked = Vec::new();
        while let Some(question) = answers.next(set(), moment).cloned() {
            walked.push(question.id.clone());
            let said = match question.id.as_str() {
                "use" => Reply::One("none".to_owned()),
                _ => Reply::Passed,
            };
            answers.put(&question, said);
        }

        assert_eq!(walked.len(), 17);
        for pair in walked.windows(2) {
            let after = answers.after(set(), moment, &pair[0]).map(|q| q.id.clone());
            assert_eq!(after.as_ref(), Some(&pair[1]));
            let position = answers.position(set(), moment, &pair[1]).expect("a question");
            assert_eq!(position.before.map(|q| &q.id), Some(&pair[0]));
        }

        let first = answers.position(set(), moment, "use").expect("the first question");
        assert_eq!((first.at, first.of, first.before), (1, walked.len(), None));
        assert_eq!(answers.after(set(), moment, "wish"), None);
    }
}
