//! A questionnaire as data: typed questions in two languages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use entity::surveys::class_answers::ClassMoment;
use serde::Deserialize;

use crate::platform::{Lang, words};

/// Every version that was ever asked, oldest first.
pub const FILES: &[&str] = &[include_str!("../../../seeds/surveys/questionnaire_1.toml")];

/// Every version, read.
pub static QUESTIONNAIRES: LazyLock<Vec<Questionnaire>> =
    LazyLock::new(|| FILES.iter().filter_map(|text| Questionnaire::parse(text).ok()).collect());

/// The four answers about a task: value, wording key.
pub const CAN_DO: &[(&str, &str)] = &[
    ("alone", "survey.can_do.alone"),
    ("with_help", "survey.can_do.with_help"),
    ("cannot", "survey.can_do.cannot"),
    ("never", "survey.can_do.never"),
];
/// What the page after the last question is called; no question may be.
pub const LAST_PAGE: &str = "finish";
/// Most characters of a text, where the question names none.
const LONGEST_TEXT: i64 = 400;

/// When a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    Before,
    EndOfClass,
    ThreeMonths,
}

impl Moment {
    /// In the order of time.
    pub const ALL: [Self; 3] = [Self::Before, Self::EndOfClass, Self::ThreeMonths];

    /// As it stands in addresses and in the wording.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::EndOfClass => "end_of_class",
            Self::ThreeMonths => "three_months",
        }
    }

    /// The moment at which something is told at a class.
    pub const fn of(moment: ClassMoment) -> Self {
        match moment {
            ClassMoment::Before => Self::Before,
            ClassMoment::EndOfClass => Self::EndOfClass,
        }
    }

    /// Reads the word of an address.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|moment| moment.word() == word)
    }
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One of the options.
    Single,
    /// Any number of the options.
    Multiple,
    /// How well a task goes, on four steps.
    CanDo,
    /// A whole number from `min` to `max`.
    Number,
    /// Words, at most `max` characters.
    Text,
}

/// One version of a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questionnaire {
    pub version: String,
    /// The first day on which it is asked.
    pub effective_on: NaiveDate,
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub id: String,
    /// The printed number; none for a question beside the numbered ones.
    pub number: Option<u8>,
    pub kind: Kind,
    pub moments: BTreeSet<Moment>,
    pub only_if: Option<OnlyIf>,
    pub ja: String,
    pub en: String,
    /// What is said on the telephone, where the written sentence sounds wrong.
    pub say_ja: Option<String>,
    pub say_en: Option<String>,
    #[serde(default)]
    pub options: Vec<Choice>,
    pub min: Option<i64>,
    pub max: Option<i64>,
}

/// Asks only after certain answers to an earlier question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlyIf {
    pub question: String,
    pub any: BTreeSet<String>,
}

/// One of several answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub id: String,
    pub ja: String,
    pub en: String,
    /// Rules out the others.
    #[serde(default)]
    pub alone: bool,
}

/// An answer to choose, with its digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerChoice {
    pub digit: usize,
    pub value: String,
    pub label: String,
}

impl AnswerChoice {
    /// These values with their labels, in the order of their digits.
    fn all<'a>(labelled: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Self> {
        let choice = |(digit, (value, label)): (usize, (&str, &str))| Self {
            digit,
            value: value.to_owned(),
            label: label.to_owned(),
        };
        (1..).zip(labelled).map(choice).collect()
    }

    /// The four answers about a task.
    pub fn can_do(lang: Lang) -> Vec<Self> {
        Self::all(CAN_DO.iter().map(|(value, key)| (*value, words::text(lang, key))))
    }
}

/// The name of the page of a question; of the one after all of them when there is none.
pub fn page_of(question: Option<&Question>) -> &str {
    question.map_or(LAST_PAGE, |question| question.id.as_str())
}

/// A file that is no questionnaire.
#[derive(Debug, thiserror::Error)]
#[error("not a questionnaire: {0}")]
pub struct QuestionnaireUnreadable(#[from] toml::de::Error);

impl Question {
    /// The values of a question with options, in the order of their digits.
    pub fn values(&self) -> Vec<&str> {
        match self.kind {
            Kind::CanDo => CAN_DO.iter().map(|(value, _)| *value).collect(),
            _ => self.options.iter().map(|choice| choice.id.as_str()).collect(),
        }
    }

    /// The answers to choose, in the order of their digits.
    pub fn choices(&self, lang: Lang) -> Vec<AnswerChoice> {
        match self.kind {
            Kind::CanDo => AnswerChoice::can_do(lang),
            _ => AnswerChoice::all(
                self.options.iter().map(|o| (o.id.as_str(), lang.pick(&o.ja, &o.en))),
            ),
        }
    }

    /// The question as it is written.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.ja, &self.en)
    }

    /// The question as a whole sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        self.whole(self.text(lang), lang)
    }

    /// The question as a whole sentence that is said on the telephone.
    pub fn spoken(&self, lang: Lang) -> String {
        let said = match lang {
            Lang::Ja => self.say_ja.as_deref(),
            Lang::En => self.say_en.as_deref(),
        };
        self.whole(said.unwrap_or(self.text(lang)), lang)
    }

    /// A task is asked as a whole sentence: whether the person can do it.
    fn whole(&self, text: &str, lang: Lang) -> String {
        match self.kind {
            Kind::CanDo => words::fill(lang, "survey.can_do.ask", &[("task", text)]),
            _ => text.to_owned(),
        }
    }

    /// Smallest number.
    pub fn least(&self) -> i64 {
        self.min.unwrap_or(0)
    }

    /// Largest number, or most characters.
    pub fn most(&self) -> i64 {
        self.max.unwrap_or(LONGEST_TEXT)
    }
}

impl Questionnaire {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that says where it does not fit.
    pub fn parse(text: &str) -> Result<Self, QuestionnaireUnreadable> {
        Ok(toml::from_str(text)?)
    }

    /// The version that is asked on a day.
    pub fn on(day: NaiveDate) -> Option<&'static Self> {
        let known = || QUESTIONNAIRES.iter();
        known().rfind(|set| set.effective_on <= day).or_else(|| known().next())
    }

    /// The version with this name.
    pub fn find(version: &str) -> Option<&'static Self> {
        QUESTIONNAIRES.iter().find(|set| set.version == version)
    }

    /// The questions of a moment, in their order.
    pub fn of(&self, moment: Moment) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(move |question| question.moments.contains(&moment))
    }

    /// A question by its name.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// The tasks about which it is asked how well they go.
    pub fn tasks(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(|question| question.kind == Kind::CanDo)
    }

    /// What does not fit together.
    pub fn check(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut numbers = Vec::new();

        for question in &self.questions {
            let id = &question.id;
            let mut say = |what: &str| found.push(format!("question {id}: {what}"));
            if !seen.insert(id.as_str()) {
                say("the name exists twice");
            }
            if id == LAST_PAGE {
                say("a page has this name");
            }

            if question.ja.trim().is_empty() || question.en.trim().is_empty() {
                say("a language is missing");
            }
            if question.moments.is_empty() {
                say("it is never asked");
            }

            let wants_options = matches!(question.kind, Kind::Single | Kind::Multiple);
            if wants_options == question.options.is_empty() {
                say("only a question with one or several answers has options, and needs them");
            }
            if question.options.len() > 9 {
                say("more options than digits");
            }

            let names: BTreeSet<&str> = question.options.iter().map(|o| o.id.as_str()).collect();
            if names.len() != question.options.len() {
                say("an option exists twice");
            }
            if question.options.iter().any(|o| o.ja.is_empty() || o.en.is_empty()) {
                say("an option lacks a language");
            }

            if question.kind == Kind::Number && question.least() >= question.most() {
                say("min must be less than max");
            }
            if let Some(only) = &question.only_if {
                let earlier = self.questions.iter().take_while(|other| other.id != *id);
                match earlier.filter(|other| other.id == only.question).last() {
                    None => say("only_if names no earlier question"),
                    Some(asked) => {
                        let known = asked.values();
                        if !only.any.iter().all(|value| known.contains(&value.as_str())) {
                            say("only_if names an unknown answer");
                        }
                    }
                }
            }
            numbers.extend(question.number);
        }

        if numbers.iter().zip(1..).any(|(number, want)| *number != want) {
            found.push("questions: the numbers do not run from 1".to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Questionnaire {
        Questionnaire::parse(FILES[0]).expect("the shipped file")
    }

    #[test]
    fn the_shipped_questionnaires_are_whole() {
        assert_eq!(QUESTIONNAIRES.len(), FILES.len());
        for set in QUESTIONNAIRES.iter() {
            assert_eq!(set.check(), Vec::<String>::new(), "{}", set.version);
        }
        let set = shipped();
        let numbered = set.of(Moment::ThreeMonths).filter(|q| q.number.is_some()).count();
        assert_eq!(numbered, 14);
        assert_eq!(set.tasks().count(), 10);
        let why = set.question("why").expect("the question why");
        assert_eq!(why.only_if.as_ref().map(|only| only.any.len()), Some(2));
    }

    #[test]
    fn every_kind_of_question_is_asked() {
        let set = shipped();
        for kind in [Kind::Single, Kind::Multiple, Kind::CanDo, Kind::Number, Kind::Text] {
            assert!(set.questions.iter().any(|question| question.kind == kind), "{kind:?}");
        }
        for moment in Moment::ALL {
            assert!(set.of(moment).count() >= 10, "{moment:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let with = |from: &str, to: &str| {
            let text = FILES[0].replacen(from, to, 1);
            assert_ne!(text, FILES[0], "{from}");
            Questionnaire::parse(&text).expect("a questionnaire").check()
        };

        for (from, to, want) in [
            ("id = \"type\"", "id = \"power\"", "question power: the name exists twice"),
            ("id = \"type\"", "id = \"finish\"", "question finish: a page has this name"),
            ("number = 14", "number = 15", "questions: the numbers do not run from 1"),
            ("any = [\"rarely\"", "any = [\"x\"", "question why: only_if names an unknown answer"),
            (
                "{ question = \"use\"",
                "{ question = \"u\"",
                "question why: only_if names no earlier",
            ),
            ("max = 30", "max = 0", "question years: min must be less than max"),
            ("id = \"daily\"", "id = \"often\"", "question use: an option exists twice"),
            ("ja = \"電話をかける、出る\"", "ja = \"\"", "question call: a language is missing"),
        ] {
            let found = with(from, to);
            assert!(found.iter().any(|said| said.starts_with(want)), "{want} in {found:?}");
        }

        assert!(Questionnaire::parse(&format!("{}\nsurplus = 1", FILES[0])).is_err());
    }
}
