//! Digits and answers: what was pressed, what is stored, what was said last time.

use entity::inquiries::inquiry::Topic;
use serde_json::{Map, Value};

pub use crate::paths::rules::NoSuchDigit;
use crate::paths::rules::{QUESTIONS, Question, find_question};

/// What a caller said, by digits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    pub topic: Option<Topic>,
    /// The hearing map.
    pub hearing: Map<String, Value>,
}

/// Reads the digits of one question. `places` are the codes behind the digits of H5, from 1.
///
/// # Errors
/// The first character that is no answer of the question.
pub fn answers_of(
    question: &Question,
    typed: &str,
    places: &[String],
) -> Result<Map<String, Value>, NoSuchDigit> {
    if question.id != "H5" {
        return Ok(question.answers(typed)?.into_iter().collect());
    }

    let mut codes: Vec<Value> = Vec::new();
    for digit in typed.chars().filter(|c| !matches!(c, '0' | ' ' | ',')) {
        let at = digit.to_digit(10).and_then(|value| usize::try_from(value).ok());
        let code = at.and_then(|at| places.get(at.checked_sub(1)?));
        let code = code.ok_or(NoSuchDigit { question: question.id, digit })?;
        let code = Value::from(code.as_str());
        if !codes.contains(&code) {
            codes.push(code);
        }
    }

    let mut map = Map::new();
    if !codes.is_empty() {
        map.insert("areas".to_owned(), Value::Array(codes));
    }
    Ok(map)
}

/// Reads all questions; `typed` gives the digits of one. Where a digit is no answer, it is told,
/// and the question keeps what was saved.
pub fn typed_answers(
    typed: impl Fn(&Question) -> String,
    saved: &Answers,
    places: &[String],
) -> (Answers, Vec<NoSuchDigit>) {
    let mut answers = Answers::default();
    let mut wrong = Vec::new();
    for question in QUESTIONS {
        if !is_asked(question, &answers.hearing) {
            continue;
        }
        let read = answers_of(question, &typed(question), places).or_else(|error| {
            wrong.push(error);
            answers_of(question, &digits_of(question, saved, places), places)
        });

        // The digits of a saved answer are answers, so there is no second mistake.
        let mut map = read.unwrap_or_default();
        if let Some(topic) = map.remove("topic") {
            answers.topic = topic.as_str().and_then(Topic::from_text);
        }
        answers.hearing.append(&mut map);
    }
    (answers, wrong)
}

/// Whether a question is asked after the answers given so far.
pub fn is_asked(question: &Question, hearing: &Map<String, Value>) -> bool {
    question
        .only_after
        .is_none_or(|(key, value)| hearing.get(key).and_then(Value::as_str) == Some(value))
}

/// The question and digit, `H1:1`, after which alone this one is asked.
pub fn asked_after(question: &Question) -> Option<String> {
    let after = question.only_after?;
    let other = QUESTIONS.iter().find(|other| other.key == after.0)?;
    let digit = other.digits.iter().find(|digit| digit.sets.contains(&after))?;
    Some(format!("{}:{}", other.id, digit.digit))
}

/// The digits that stand for stored answers: the inverse of [`answers_of`].
pub fn digits_of(question: &Question, answers: &Answers, places: &[String]) -> String {
    if let Some(topic) = answers.topic.filter(|_| question.key == "topic") {
        let has = |sets: &[(&str, &str)]| sets.iter().any(|(_, value)| *value == topic.as_str());
        return question
            .digits
            .iter()
            .filter(|d| has(d.sets))
            .map(|d| d.digit.to_string())
            .collect();
    }

    if question.key == "needs" {
        let said = |sets: &[(&str, &str)]| {
            sets.iter().all(|(key, value)| {
                answers.hearing.get(*key).and_then(Value::as_str) == Some(value)
            })
        };
        return question
            .digits
            .iter()
            .filter(|d| said(d.sets))
            .map(|d| d.digit.to_string())
            .collect();
    }

    let stored = match answers.hearing.get(question.key) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text.as_str()],
        _ => Vec::new(),
    };

    let digit = |value: &str| -> Option<String> {
        if question.key == "areas" {
            return places.iter().position(|code| code == value).map(|at| (at + 1).to_string());
        }
        let of =
            question.digits.iter().find(|d| d.sets.iter().any(|(_, known)| *known == value))?;
        Some(of.digit.to_string())
    };

    stored.into_iter().filter_map(digit).collect()
}

/// The digits now ticked, those that were saved before first and in their saved order: a
/// plain form sends them in the order of the screen, which is no order of preference.
pub fn in_saved_order(saved: &str, now: &str) -> String {
    let kept = saved.chars().filter(|digit| now.contains(*digit));
    let added = now.chars().filter(|digit| !saved.contains(*digit));
    kept.chain(added).collect()
}

/// What is known of the person: what was said now, and for all else what was said before.
///
/// Nothing is read as "no": a question that was not asked now keeps its former answer.
pub fn with_before(now: &Map<String, Value>, before: &Map<String, Value>) -> Map<String, Value> {
    let mut known = before.clone();
    known.extend(now.iter().map(|(key, value)| (key.clone(), value.clone())));
    if let Some((key, value)) = find_question("H1a").and_then(|question| question.only_after)
        && known.get(key).and_then(Value::as_str) != Some(value)
    {
        known.remove("want");
    }
    known
}

/// The first question without an answer, to which the desk leads.
pub fn next_question(answers: &Answers, places: &[String]) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| {
        is_asked(question, &answers.hearing) && digits_of(question, answers, places).is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places() -> Vec<String> {
        vec!["kojimachi".to_owned(), "fujimi".to_owned(), "jimbocho".to_owned()]
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("a map")
    }

    fn pressed(keys: &[(&str, &str)]) -> Result<Answers, NoSuchDigit> {
        let (answers, wrong) = typed_answers(typed(keys), &Answers::default(), &places());
        wrong.into_iter().next().map_or(Ok(answers), Err)
    }

    fn typed(keys: &[(&str, &str)]) -> impl Fn(&Question) -> String {
        move |question: &Question| {
            keys.iter()
                .find(|(known, _)| *known == question.id)
                .map_or(String::new(), |(_, d)| (*d).to_owned())
        }
    }

    #[test]
    fn digits_of_a_call_become_topic_and_hearing() {
        let answers =
            pressed(&[("H0", "1"), ("H1", "2"), ("H2", "25"), ("H5", "31"), ("H8", "21")]);
        let want = Answers {
            topic: Some(Topic::Apply),
            hearing: map(json!({
                "device": "have_unused", "reasons": ["looks_hard", "fear_of_fraud"],
                "areas": ["jimbocho", "kojimachi"], "channels": ["phone", "letter"],
            })),
        };
        assert_eq!(answers, Ok(want));
    }

    #[test]
    fn nothing_pressed_is_nothing_known() {
        assert_eq!(pressed(&[("H1", "0"), ("H2", ""), ("H5", "0")]), Ok(Answers::default()));
    }

    #[test]
    fn a_digit_without_an_answer_is_refused() {
        for (id, digits, digit) in [("H5", "4", '4'), ("H5", "x", 'x'), ("H1", "9", '9')] {
            assert_eq!(pressed(&[(id, digits)]).expect_err("refused").digit, digit);
        }
    }

    #[test]
    fn a_wrong_digit_keeps_what_was_saved_and_every_other_answer() {
        let saved = pressed(&[("H1", "2"), ("H5", "31")]).expect("valid");
        let keys = [("H0", "1"), ("H1", "3"), ("H2", "2"), ("H5", "19")];
        let (answers, wrong) = typed_answers(typed(&keys), &saved, &places());
        assert_eq!(wrong.iter().map(|wrong| wrong.question).collect::<Vec<_>>(), ["H5"]);
        let want = json!({
            "device": "some_use", "reasons": ["looks_hard"], "areas": ["jimbocho", "kojimachi"],
        });
        assert_eq!((answers.topic, answers.hearing), (Some(Topic::Apply), map(want)));
    }

    #[test]
    fn the_wish_for_a_phone_is_asked_only_without_one() {
        let with_phone = pressed(&[("H1", "3"), ("H1a", "1")]).expect("valid");
        assert_eq!(with_phone.hearing, map(json!({"device": "some_use"})));
        let without = pressed(&[("H1", "1"), ("H1a", "1")]).expect("valid");
        let asked = find_question("H1a").and_then(asked_after);
        assert_eq!(asked.as_deref(), Some("H1:1"));
        assert_eq!(without.hearing, map(json!({"device": "none", "want": "yes"})));
    }

    #[test]
    fn stored_answers_show_the_digits_that_made_them() {
        for (id, digits) in [
            ("H0", "3"),
            ("H1", "4"),
            ("H2", "81"),
            ("H3", "2"),
            ("H5", "21"),
            ("H5a", "3"),
            ("H6", "13"),
            ("H6", "5"),
            ("H7", "2"),
            ("H8", "312"),
        ] {
            let question = find_question(id).expect("a question");
            let answers = pressed(&[(id, digits)]).expect("valid");
            assert_eq!(digits_of(question, &answers, &places()), digits, "{id}");
        }
    }

    #[test]
    fn an_order_of_preference_survives_a_plain_form() {
        for (saved, now, want) in [
            ("", "12", "12"),
            ("2", "12", "21"),
            ("21", "12", "21"),
            ("21", "1", "1"),
            ("21", "123", "213"),
        ] {
            assert_eq!(in_saved_order(saved, now), want, "{saved} {now}");
        }
    }

    #[test]
    fn what_was_said_before_fills_what_was_not_asked_now() {
        let before = map(json!({"device": "none", "want": "yes", "interests": ["photo"]}));
        let now = map(json!({"device": "some_use"}));
        let known = with_before(&now, &before);
        assert_eq!(known, map(json!({"device": "some_use", "interests": ["photo"]})));
        assert_eq!(with_before(&Map::new(), &before), before);
    }

    #[test]
    fn the_desk_leads_to_the_first_open_question() {
        let at = |keys: &[(&str, &str)]| {
            let answers = pressed(keys).expect("valid");
            next_question(&answers, &places()).map(|question| question.id)
        };
        assert_eq!(at(&[]), Some("H0"));
        assert_eq!(at(&[("H0", "1"), ("H1", "2")]), Some("H2"));
        assert_eq!(at(&[("H0", "1"), ("H1", "1")]), Some("H1a"));
    }
}
