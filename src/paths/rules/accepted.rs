//! The steps as an operator accepts them: proposed ones, reordered, dropped, added.

use entity::paths::path_step::{OverrideReason, StepKind};
use poem_openapi::Object;
use serde::{Deserialize, Serialize};

use super::hearing::Answer;
use super::place::PlacedStep;
use super::ruleset::Ruleset;
use super::words::{self, Mode, Tag, Topic};
use crate::platform::FieldError;
use crate::platform::text::limits::fits;

/// Most steps that can be agreed on at once.
const MOST_STEPS: usize = 6;
/// Most rules or effects that one step can name.
const MOST_NAMES: usize = 40;
/// Longest name of a rule, in bytes.
const LONGEST_NAME: usize = 40;
/// Longest sentence, in characters.
const LONGEST_REASON: usize = 200;

/// One step as it is agreed on. Reasons and effects that are left out are those of the kind.
#[derive(Object, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[oai(rename = "AcceptedStepBody")]
pub struct AcceptedStep {
    pub kind: StepKind,
    #[oai(default)]
    pub by_phone: bool,
    pub topic: Option<String>,
    #[oai(default)]
    pub rule_ids: Vec<String>,
    #[oai(default)]
    pub goal_tags: Vec<String>,
    #[oai(default)]
    pub reason_ja: String,
    #[oai(default)]
    pub reason_en: String,
    /// Why the operator added or moved the step.
    pub override_reason: Option<OverrideReason>,
}

impl AcceptedStep {
    /// A step that the operator adds; its sentence and effects are those of its kind.
    pub fn added(kind: StepKind, why: OverrideReason) -> Self {
        Self {
            kind,
            by_phone: false,
            topic: None,
            rule_ids: Vec::new(),
            goal_tags: Vec::new(),
            reason_ja: String::new(),
            reason_en: String::new(),
            override_reason: Some(why),
        }
    }
}

impl From<&PlacedStep> for AcceptedStep {
    /// The step as it was proposed.
    fn from(placed: &PlacedStep) -> Self {
        let step = &placed.step;
        Self {
            kind: step.kind.stored(),
            by_phone: step.mode == Mode::ByPhone || placed.by_phone_instead,
            topic: step.topics.first().map(|topic| topic.word().to_owned()),
            rule_ids: step.rule_ids.clone(),
            goal_tags: step.goal_tags.iter().map(|tag| tag.word().to_owned()).collect(),
            reason_ja: step.reason_ja.clone(),
            reason_en: step.reason_en.clone(),
            override_reason: None,
        }
    }
}

impl words::StepKind {
    /// The kind as it is stored.
    pub fn stored(self) -> StepKind {
        match self {
            Self::ClassBasic => StepKind::ClassBasic,
            Self::ClassApplied => StepKind::ClassApplied,
            Self::PracticeApp => StepKind::PracticeApp,
            Self::Consultation => StepKind::Consultation,
            Self::EventGame => StepKind::EventGame,
            Self::EventQuiz => StepKind::EventQuiz,
            Self::EventWalk => StepKind::EventWalk,
            Self::Survey => StepKind::Survey,
        }
    }
}

/// What is stored of accepted steps: a step without a sentence or effects of its own gets
/// those of its kind.
///
/// # Errors
/// No step or more than six; a topic, effect or name that does not exist or is too long.
pub fn prepare(
    set: &Ruleset,
    steps: &[AcceptedStep],
) -> Result<Vec<AcceptedStep>, Vec<FieldError>> {
    if steps.is_empty() {
        return Err(vec![FieldError::new("steps", "err.path.no_steps")]);
    }
    if steps.len() > MOST_STEPS {
        return Err(vec![FieldError::new("steps", "err.path.too_many_steps")]);
    }

    let faults: Vec<FieldError> =
        steps.iter().enumerate().flat_map(|(index, step)| faults(index, step)).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(steps.iter().map(|step| completed(set, step)).collect())
}

fn faults(index: usize, step: &AcceptedStep) -> Vec<FieldError> {
    let mut found = Vec::new();
    let mut say = |name: &str, wording| {
        found.push(FieldError::new(&format!("steps[{index}].{name}"), wording));
    };

    if step.topic.as_deref().is_some_and(|topic| Topic::from_word(topic).is_none()) {
        say("topic", "hearing.fault.unknown_value");
    }

    let known = |tag: &String| Tag::from_word(tag).is_some();
    if step.goal_tags.len() > MOST_NAMES || !step.goal_tags.iter().all(known) {
        say("goal_tags", "hearing.fault.unknown_value");
    }

    let named = |id: &String| {
        (1..=LONGEST_NAME).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric())
    };
    if step.rule_ids.len() > MOST_NAMES || !step.rule_ids.iter().all(named) {
        say("rule_ids", "hearing.fault.unknown_value");
    }

    for (name, text) in [("reason_ja", &step.reason_ja), ("reason_en", &step.reason_en)] {
        let fits = fits(text, LONGEST_REASON, LONGEST_REASON * 4);
        if !fits || text.chars().any(char::is_control) {
            say(name, "err.path.reason");
        }
    }
    found
}

fn completed(set: &Ruleset, step: &AcceptedStep) -> AcceptedStep {
    let mut step = step.clone();
    let kind = words::StepKind::from_word(step.kind.as_str());
    if let Some(facts) = kind.and_then(|kind| set.facts(kind)) {
        if step.reason_ja.trim().is_empty() {
            step.reason_ja.clone_from(&facts.reason_ja);
        }
        if step.reason_en.trim().is_empty() {
            step.reason_en.clone_from(&facts.reason_en);
        }
        if step.goal_tags.is_empty() {
            step.goal_tags = facts.tags.iter().map(|tag| tag.word().to_owned()).collect();
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(kind: StepKind) -> AcceptedStep {
        AcceptedStep::added(kind, OverrideReason::Wish)
    }

    #[test]
    fn an_added_step_gets_the_sentence_and_effects_of_its_kind() {
        for kind in StepKind::ALL {
            let steps = prepare(Ruleset::shipped(), &[added(*kind)]).expect("one step");
            assert!(!steps[0].reason_ja.is_empty() && !steps[0].reason_en.is_empty(), "{kind}");
            // The survey asks; it has no effect of its own.
            assert_eq!(steps[0].goal_tags.is_empty(), *kind == StepKind::Survey, "{kind}");
        }
        let own =
            AcceptedStep { reason_ja: "ご希望です。".to_owned(), ..added(StepKind::Survey) };
        let steps = prepare(Ruleset::shipped(), &[own]).expect("one step");
        assert_eq!(steps[0].reason_ja, "ご希望です。");
    }

    #[test]
    fn what_cannot_be_stored_is_named() {
        let step = added(StepKind::ClassBasic);
        let cases = [
            (vec![], "steps"),
            (vec![step.clone(); 7], "steps"),
            (vec![AcceptedStep { topic: Some("x".into()), ..step.clone() }], "steps[0].topic"),
            (
                vec![step.clone(), AcceptedStep { goal_tags: vec!["x".into()], ..step.clone() }],
                "steps[1].goal_tags",
            ),
            (
                vec![AcceptedStep { rule_ids: vec!["<b>".into()], ..step.clone() }],
                "steps[0].rule_ids",
            ),
            (
                vec![AcceptedStep { reason_ja: "あ".repeat(201), ..step.clone() }],
                "steps[0].reason_ja",
            ),
            (
                vec![AcceptedStep { reason_en: "a\u{7}".into(), ..step.clone() }],
                "steps[0].reason_en",
            ),
        ];

        for (steps, field) in cases {
            let errors = prepare(Ruleset::shipped(), &steps).expect_err(field);
            assert_eq!(errors.len(), 1, "{field}");
            assert_eq!(errors[0].field, field);
        }
        assert!(prepare(Ruleset::shipped(), &vec![step; 6]).is_ok());
    }
}
