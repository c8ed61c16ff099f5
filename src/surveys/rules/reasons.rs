//! Why somebody does not use the phone: said, or seen from the other answers.

use entity::surveys::follow_up::Retention;

use super::answers::Answers;
use super::questionnaire::Questionnaire;
use crate::paths::rules::{Answer as _, Why};

/// Why what was learned is not in use. What the person said goes first. Only those who hardly use
/// it are asked; of whoever else it did not stay with, the other answers tell: afraid, nobody to
/// ask, nothing to use it for, or a task that went alone at the end of the class (`end`) and does
/// not any more.
pub fn reasons(
    set: &Questionnaire,
    result: Retention,
    answers: &Answers,
    end: Option<&Answers>,
) -> Vec<Why> {
    let said: Vec<Why> =
        answers.many("why").iter().filter_map(|word| Why::from_word(word)).collect();
    if !said.is_empty() || result != Retention::NotStuck {
        return said;
    }

    let lost = |end: &Answers| {
        end.alone(set).any(|task| answers.one(task).is_some_and(|now| now != "alone"))
    };
    let seen = [
        ("forgot", end.is_some_and(lost)),
        ("no_occasion", answers.many("purposes") == ["none"]),
        ("trouble", answers.one("ask") == Some("no")),
        ("fear", answers.one("feeling") == Some("afraid")),
    ];

    seen.into_iter()
        .filter(|(_, seen)| *seen)
        .filter_map(|(word, _)| Why::from_word(word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::questionnaire::{Moment, QUESTIONNAIRES};
    use super::*;
    use serde_json::{Value, json};

    fn read(moment: Moment, told: &Value) -> Answers {
        let map = told.as_object().expect("a map");
        Answers::read(&QUESTIONNAIRES[0], moment, map).expect("answers")
    }

    #[test]
    fn what_was_not_asked_is_seen_from_the_other_answers() {
        use Retention::{NotStuck, Partly};
        let end = read(Moment::EndOfClass, &json!({ "photo": "alone" }));
        for (result, told, end, want) in [
            (NotStuck, json!({ "use": "weekly", "feeling": "afraid" }), None, &["fear"][..]),
            (NotStuck, json!({ "use": "weekly", "ask": "no" }), None, &["trouble"]),
            (NotStuck, json!({ "use": "weekly", "purposes": ["none"] }), None, &["no_occasion"]),
            (NotStuck, json!({ "use": "weekly", "photo": "cannot" }), Some(&end), &["forgot"]),
            (NotStuck, json!({ "use": "weekly", "photo": "alone" }), Some(&end), &[]),
            (NotStuck, json!({ "use": "weekly" }), Some(&end), &[]),
            (NotStuck, json!({ "use": "weekly", "feeling": "uneasy", "ask": "yes" }), None, &[]),
            // Said is said.
            (NotStuck, json!({ "use": "none", "why": ["health"], "ask": "no" }), None, &["health"]),
            (Partly, json!({ "use": "rarely", "why": ["forgot"] }), None, &["forgot"]),
            (Partly, json!({ "use": "weekly", "feeling": "afraid" }), None, &[]),
        ] {
            let found = reasons(&QUESTIONNAIRES[0], result, &read(Moment::ThreeMonths, &told), end);
            let words: Vec<&str> = found.iter().map(|why| why.word()).collect();
            assert_eq!(words, want, "{result} {told}");
        }
    }
}
