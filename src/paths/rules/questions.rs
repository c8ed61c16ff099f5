//! The questions of the desk, with the digit for each answer.
//!
//! The order of questions and digits is the paper call sheet's too: it may grow
//! at the end, but a digit never changes its meaning.

use std::collections::BTreeMap;

use serde_json::Value;

/// What one digit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digit {
    /// The key that is pressed.
    pub digit: u8,
    /// The answers it sets, as key and value of the hearing map.
    pub sets: &'static [(&'static str, &'static str)],
}

/// One question of the hearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// `H0` to `H8`, as printed on the call sheet.
    pub id: &'static str,
    /// The key of the hearing map; `topic` (H0) belongs to the inquiry instead,
    /// and `needs` (H6) sets three keys.
    pub key: &'static str,
    /// Digits and what they set; empty where the municipality's venues are the answers.
    pub digits: &'static [Digit],
    /// Whether several digits may be pressed.
    pub multiple: bool,
    /// Asked only after this answer was given.
    pub only_after: Option<(&'static str, &'static str)>,
}

/// A digit that the question does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("question {question} has no answer {digit:?}")]
pub struct NoSuchDigit {
    /// The question's id.
    pub question: &'static str,
    /// What was typed.
    pub digit: char,
}

macro_rules! digits {
    ($key:literal: $($digit:literal $value:literal),+ $(,)?) => {
        &[$(Digit { digit: $digit, sets: &[($key, $value)] }),+]
    };
}

const fn question(
    id: &'static str,
    key: &'static str,
    digits: &'static [Digit],
    multiple: bool,
) -> Question {
    Question { id, key, digits, multiple, only_after: None }
}

/// All questions, in the order of a good call.
pub const QUESTIONS: &[Question] = &[
    question(
        "H0",
        "topic",
        digits!("topic": 1 "apply", 2 "consult", 3 "change", 4 "ask", 5 "family"),
        false,
    ),
    question(
        "H1",
        "device",
        digits!("device": 1 "none", 2 "have_unused", 3 "some_use", 4 "use_well"),
        false,
    ),
    Question {
        only_after: Some(("device", "none")),
        ..question("H1a", "want", digits!("want": 1 "yes", 2 "no"), false)
    },
    question(
        "H2",
        "reasons",
        digits!("reasons": 1 "no_interest", 2 "looks_hard", 3 "buying_is_trouble",
            4 "nobody_to_ask", 5 "fear_of_fraud", 6 "cost", 7 "family_does_it", 8 "other"),
        true,
    ),
    question(
        "H3",
        "interests",
        digits!("interests": 1 "call_text", 2 "photo", 3 "map", 4 "line", 5 "procedures",
            6 "shopping", 7 "health", 8 "hobby", 9 "none"),
        true,
    ),
    question(
        "H4",
        "can_do",
        digits!("can_do": 1 "answer_call", 2 "take_photo", 3 "type_text", 4 "see_map", 5 "send_line"),
        true,
    ),
    question("H5", "areas", &[], true),
    question("H5a", "times", digits!("times": 1 "weekday_am", 2 "weekday_pm", 3 "weekend"), true),
    question("H6", "needs", NEEDS, true),
    question("H7", "support", digits!("support": 1 "none", 2 "near", 3 "far"), false),
    question(
        "H8",
        "channels",
        digits!("channels": 1 "letter", 2 "phone", 3 "sms", 4 "email", 5 "line"),
        true,
    ),
];

const NEEDS: &[Digit] = &[
    Digit { digit: 1, sets: &[("hearing", "hard")] },
    Digit { digit: 2, sets: &[("vision", "hard")] },
    Digit { digit: 3, sets: &[("mobility", "hard")] },
    Digit { digit: 4, sets: &[("mobility", "cannot_go_out")] },
    Digit { digit: 5, sets: &[("hearing", "fine"), ("vision", "fine"), ("mobility", "fine")] },
];

/// Keys of the hearing map that hold a list.
const LISTS: [&str; 6] = ["reasons", "interests", "can_do", "areas", "times", "channels"];

/// The question with this id.
pub fn find_question(id: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.id == id)
}

impl Question {
    /// The entries of the hearing map for typed digits, such as `"13"`.
    ///
    /// Full-width digits, spaces and commas are taken. `0` and an empty text mean
    /// "not asked". Where two digits set the same single answer (3 and 4 of H6),
    /// the later digit of the question holds, which is the heavier one.
    ///
    /// # Errors
    /// The first character that is no digit of this question, or a second digit
    /// where only one may be given.
    pub fn answers(&self, typed: &str) -> Result<BTreeMap<String, Value>, NoSuchDigit> {
        let mut pressed: Vec<&Digit> = Vec::new();
        for digit in typed.chars() {
            let plain = match digit {
                '０'..='９' => char::from_u32(digit as u32 - '０' as u32 + '0' as u32),
                ' ' | '　' | ',' | '、' | '0' => continue,
                other => Some(other),
            };
            let value = plain.and_then(|plain| plain.to_digit(10));
            if value == Some(0) {
                continue;
            }

            let found = self
                .digits
                .iter()
                .find(|known| Some(u32::from(known.digit)) == value)
                .filter(|_| self.multiple || pressed.is_empty());
            let Some(known) = found else {
                return Err(NoSuchDigit { question: self.id, digit });
            };
            if !pressed.contains(&known) {
                pressed.push(known);
            }
        }

        if self.id == "H6" {
            // "none of these" says nothing against a digit that names a trouble.
            pressed.sort_by_key(|known| if known.sets.len() > 1 { 0 } else { known.digit });
        }

        let mut map = BTreeMap::new();
        for (key, value) in pressed.iter().flat_map(|known| known.sets) {
            if LISTS.contains(key) {
                let list = map.entry((*key).to_owned()).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(items) = list {
                    items.push(Value::from(*value));
                }
            } else {
                map.insert((*key).to_owned(), Value::from(*value));
            }
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::super::hearing::Hearing;
    use super::*;
    use serde_json::json;

    fn typed(id: &str, digits: &str) -> Result<Value, NoSuchDigit> {
        let question = find_question(id).expect("a question");
        question.answers(digits).map(|map| json!(map))
    }

    #[test]
    fn digits_become_answers() {
        let cases = [
            ("H1", "1", json!({"device": "none"})),
            ("H1", "３", json!({"device": "some_use"})),
            ("H1", "0", json!({})),
            ("H2", "17", json!({"reasons": ["no_interest", "family_does_it"]})),
            ("H2", "7、1 7", json!({"reasons": ["family_does_it", "no_interest"]})),
            ("H6", "43", json!({"mobility": "cannot_go_out"})),
            ("H6", "51", json!({"hearing": "hard", "vision": "fine", "mobility": "fine"})),
            ("H8", "21", json!({"channels": ["phone", "letter"]})),
        ];

        for (id, digits, expected) in cases {
            assert_eq!(typed(id, digits), Ok(expected), "{id} {digits}");
        }
    }

    #[test]
    fn a_digit_that_is_no_answer_is_refused() {
        for (id, digits, digit) in
            [("H1", "5", '5'), ("H1", "12", '2'), ("H2", "9", '9'), ("H3", "x", 'x')]
        {
            assert_eq!(typed(id, digits).expect_err("refused").digit, digit);
        }
    }

    #[test]
    fn every_digit_sets_an_answer_that_the_hearing_takes() {
        for question in QUESTIONS.iter().filter(|question| question.key != "topic") {
            for digit in question.digits {
                let map = question.answers(&digit.digit.to_string()).expect("its own digit");
                let map = map.into_iter().collect();
                let hearing = Hearing::parse(&map).expect("a valid hearing");
                assert!(!hearing.is_empty(), "{} {}", question.id, digit.digit);
            }
        }
    }

    #[test]
    fn digits_run_from_one_without_a_gap() {
        for question in QUESTIONS {
            let digits: Vec<u8> = question.digits.iter().map(|known| known.digit).collect();
            let expected: Vec<u8> = (1..).take(digits.len()).collect();
            assert_eq!(digits, expected, "{}", question.id);
        }
    }
}
