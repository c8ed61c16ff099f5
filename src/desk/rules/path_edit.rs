//! The operator's changes to a proposed path: order, leaving out, adding, each with a reason.
//!
//! The changed path travels with the form as short text such as
//! `class_basic.main~survey.main.wish~-consultation.main.health`; a leading `-` marks what
//! was left out. It names kinds and reasons only, nothing of the person.

use entity::paths::path_step::OverrideReason;

use super::digit_of;
use crate::paths::actions::AcceptedStep;
use crate::paths::rules::{Answer, Mode, Part, Proposal, ProposalStep, StepKind};
use crate::platform::{Lang, words};

/// Most steps of a path.
const MOST_STEPS: usize = 6;

/// One step by name, and why it was changed, if it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepMark {
    pub kind: StepKind,
    pub part: Part,
    pub why: Option<OverrideReason>,
}

/// A path as the operator changed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    pub steps: Vec<StepMark>,
    pub dropped: Vec<StepMark>,
}

/// One change; positions count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    Up(usize),
    Down(usize),
    Drop(usize),
    Add(StepKind),
}

/// Why a change is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditRefusal {
    /// There is no such step, or it cannot move that way.
    NoSuchStep,
    /// A path keeps at least one step.
    LastStep,
    /// A path has six steps at most.
    TooMany,
    AlreadyThere,
}

impl EditRefusal {
    /// The wording key of the sentence.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoSuchStep => "desk.edit.no_such_step",
            Self::LastStep => "desk.edit.last_step",
            Self::TooMany => "desk.edit.too_many",
            Self::AlreadyThere => "desk.edit.already_there",
        }
    }
}

impl StepMark {
    fn of(step: &ProposalStep) -> Self {
        Self { kind: step.kind, part: step.part, why: None }
    }

    fn same_step(&self, other: &Self) -> bool {
        (self.kind, self.part) == (other.kind, other.part)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split('.');
        let kind = StepKind::from_word(words.next()?)?;
        let part = Part::from_word(words.next()?)?;
        let why = match words.next() {
            Some(word) => Some(OverrideReason::from_text(word)?),
            None => None,
        };
        words.next().is_none().then_some(Self { kind, part, why })
    }

    fn to_text(self) -> String {
        let why = self.why.map_or(String::new(), |why| format!(".{why}"));
        format!("{}.{}{why}", self.kind.word(), self.part.word())
    }
}

impl Edit {
    /// Reads `up:1`, `down:1`, `drop:1` (from 1) or `add:event_walk`.
    pub fn parse(text: &str) -> Option<Self> {
        let (verb, what) = text.split_once(':')?;
        let at = || what.parse::<usize>().ok()?.checked_sub(1);
        match verb {
            "up" => at().map(Self::Up),
            "down" => at().map(Self::Down),
            "drop" => at().map(Self::Drop),
            "add" => StepKind::from_word(what).map(Self::Add),
            _ => None,
        }
    }
}

impl Edited {
    /// The proposal unchanged.
    pub fn of(proposal: &Proposal) -> Self {
        Self { steps: proposal.steps.iter().map(StepMark::of).collect(), dropped: Vec::new() }
    }

    /// Reads the short text; nothing for an unchanged path or a text that names no path.
    pub fn parse(text: &str) -> Option<Self> {
        let mut edited = Self::default();
        for mark in text.split('~').filter(|mark| !mark.is_empty()).take(4 * MOST_STEPS) {
            match mark.strip_prefix('-') {
                Some(dropped) => edited.dropped.push(StepMark::parse(dropped)?),
                None => edited.steps.push(StepMark::parse(mark)?),
            }
        }
        (1..=MOST_STEPS).contains(&edited.steps.len()).then_some(edited)
    }

    /// The short text.
    pub fn to_text(&self) -> String {
        let steps = self.steps.iter().map(|mark| mark.to_text());
        let dropped = self.dropped.iter().map(|mark| format!("-{}", mark.to_text()));
        steps.chain(dropped).collect::<Vec<_>>().join("~")
    }

    /// Makes one change for one reason.
    ///
    /// # Errors
    /// See [`EditRefusal`].
    pub fn apply(mut self, edit: Edit, why: OverrideReason) -> Result<Self, EditRefusal> {
        let length = self.steps.len();

        match edit {
            Edit::Up(at) if at > 0 && at < length => {
                self.steps.swap(at - 1, at);
                self.steps[at - 1].why = Some(why);
            }
            Edit::Down(at) if at + 1 < length => {
                self.steps.swap(at, at + 1);
                self.steps[at + 1].why = Some(why);
            }

            Edit::Drop(0) if length == 1 => return Err(EditRefusal::LastStep),
            Edit::Drop(at) if at < length => {
                let mark = self.steps.remove(at);
                self.dropped.push(StepMark { why: Some(why), ..mark });
            }

            Edit::Add(_) if length >= MOST_STEPS => return Err(EditRefusal::TooMany),
            Edit::Add(kind) if self.steps.iter().any(|mark| mark.kind == kind) => {
                return Err(EditRefusal::AlreadyThere);
            }
            Edit::Add(kind) => {
                let mark = StepMark { kind, part: Part::Main, why: Some(why) };
                self.dropped.retain(|dropped| !dropped.same_step(&mark));
                self.steps.push(mark);
            }
            _ => return Err(EditRefusal::NoSuchStep),
        }

        Ok(self)
    }
}

/// A step as the screen lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownStep {
    pub mark: StepMark,
    /// Its place in the proposal; none for a step that was added.
    pub at: Option<usize>,
    pub by_phone: bool,
}

/// The steps in the order of the screen: the proposal's, or the operator's.
pub fn shown_steps(edited: Option<&Edited>, proposal: &Proposal) -> Vec<ShownStep> {
    let marks = match edited {
        Some(edited) => edited.steps.clone(),
        None => Edited::of(proposal).steps,
    };
    let shown = |mark: StepMark| {
        let at = proposal.steps.iter().position(|step| StepMark::of(step).same_step(&mark));
        let by_phone = at.is_some_and(|at| proposal.steps[at].mode == Mode::ByPhone);
        ShownStep { mark, at, by_phone }
    };
    marks.into_iter().map(shown).collect()
}

impl ShownStep {
    /// Whether a day is chosen for it.
    pub fn has_days(&self) -> bool {
        !matches!(self.mark.kind, StepKind::PracticeApp | StepKind::Survey)
    }
}

/// A step of the screen with what is kept of it when the call ends.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    pub shown: ShownStep,
    pub kept: AcceptedStep,
    /// The step before has the same reason, and says it for both.
    pub repeats: bool,
}

/// The steps of the screen, each with its reason.
pub fn planned_steps(edited: Option<&Edited>, proposal: &Proposal) -> Vec<PlannedStep> {
    let mut before = None;
    let kept = accepted_steps(edited, proposal);
    let steps = shown_steps(edited, proposal).into_iter().zip(kept);
    let planned = steps.map(|(shown, kept)| {
        let repeats = before.replace(kept.reason_ja.clone()).as_ref() == Some(&kept.reason_ja);
        PlannedStep { shown, kept, repeats }
    });
    planned.collect()
}

/// The kinds of steps that the path does not have.
pub fn missing_kinds(edited: Option<&Edited>, proposal: &Proposal) -> Vec<StepKind> {
    let steps = shown_steps(edited, proposal);
    let is_missing = |kind: &StepKind| steps.iter().all(|step| step.mark.kind != *kind);
    StepKind::ALL.iter().copied().filter(is_missing).collect()
}

/// The steps as they are kept: the proposal's own, or in the operator's order. A step that
/// the proposal does not have says that it was added, and why.
pub fn accepted_steps(edited: Option<&Edited>, proposal: &Proposal) -> Vec<AcceptedStep> {
    let Some(edited) = edited else {
        return proposal.steps.iter().map(|step| accepted(step, None)).collect();
    };
    let known = |mark: &StepMark| {
        let mut all = proposal.steps.iter().chain(&proposal.set_aside);
        all.find(|step| StepMark::of(step).same_step(mark))
    };
    let keep = |mark: &StepMark| match known(mark) {
        Some(step) => accepted(step, mark.why),
        None => added(mark),
    };
    edited.steps.iter().map(keep).collect()
}

fn accepted(step: &ProposalStep, why: Option<OverrideReason>) -> AcceptedStep {
    AcceptedStep {
        kind: step.kind.stored(),
        by_phone: step.mode == Mode::ByPhone,
        topic: step.topics.first().map(|topic| topic.word().to_owned()),
        rule_ids: step.rule_ids.clone(),
        goal_tags: step.goal_tags.iter().map(|tag| tag.word().to_owned()).collect(),
        reason_ja: step.reason_ja.clone(),
        reason_en: step.reason_en.clone(),
        override_reason: why,
    }
}

fn added(mark: &StepMark) -> AcceptedStep {
    let why = mark.why.unwrap_or(OverrideReason::Wish);
    let reason = |lang| {
        let why = format!("path.override.{}", digit_of(OverrideReason::ALL, why));
        words::fill(lang, "desk.path.added", &[("why", words::text(lang, &why))])
    };
    AcceptedStep {
        reason_ja: reason(Lang::Ja),
        reason_en: reason(Lang::En),
        ..AcceptedStep::added(mark.kind.stored(), why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::rules::{Hearing, History, Ruleset, SHIPPED_RULES, propose};

    fn path(text: &str) -> Edited {
        Edited::parse(text).expect("a path")
    }

    const THREE: &str = "class_basic.main~consultation.main~survey.main";

    #[test]
    fn a_change_keeps_its_reason() {
        for (edit, want) in [
            ("up:2", "consultation.main.wish~class_basic.main~survey.main"),
            ("down:1", "consultation.main~class_basic.main.wish~survey.main"),
            ("drop:2", "class_basic.main~survey.main~-consultation.main.wish"),
            (
                "add:event_walk",
                "class_basic.main~consultation.main~survey.main~event_walk.main.wish",
            ),
        ] {
            let edit = Edit::parse(edit).expect("an edit");
            let changed = path(THREE).apply(edit, OverrideReason::Wish).expect("possible");
            assert_eq!(changed.to_text(), want);
            assert_eq!(Edited::parse(&changed.to_text()), Some(changed));
        }
    }

    #[test]
    fn a_change_that_cannot_be_is_refused() {
        let six = "class_basic.main~class_applied.main~consultation.main~practice_app.main~survey.main~event_game.main";
        for (before, edit, want) in [
            (THREE, "up:1", EditRefusal::NoSuchStep),
            (THREE, "down:3", EditRefusal::NoSuchStep),
            (THREE, "drop:9", EditRefusal::NoSuchStep),
            ("survey.main", "drop:1", EditRefusal::LastStep),
            (THREE, "add:survey", EditRefusal::AlreadyThere),
            (six, "add:event_walk", EditRefusal::TooMany),
        ] {
            let edit = Edit::parse(edit).expect("an edit");
            assert_eq!(path(before).apply(edit, OverrideReason::Date), Err(want), "{edit:?}");
        }
    }

    #[test]
    fn a_text_that_names_no_path_is_none() {
        for text in [
            "",
            "-survey.main",
            "party.main",
            "survey",
            "survey.main.because",
            "survey.main.wish.x",
        ] {
            assert_eq!(Edited::parse(text), None, "{text}");
        }

        for text in ["", "up", "up:0", "up:x", "add:party", "turn:1"] {
            assert_eq!(Edit::parse(text), None, "{text}");
        }
    }

    #[test]
    fn accepted_steps_keep_rules_and_say_what_was_added() {
        let set = Ruleset::parse(SHIPPED_RULES).expect("shipped rules");
        let hearing = serde_json::json!({"device": "have_unused", "reasons": ["looks_hard"]});
        let hearing = Hearing::parse(hearing.as_object().expect("a map")).expect("a hearing");
        let proposal = propose(&set, &hearing, &History::default());

        let plain = accepted_steps(None, &proposal);
        assert_eq!(plain.len(), proposal.steps.len());
        assert!(
            plain.iter().all(|step| !step.rule_ids.is_empty() && step.override_reason.is_none())
        );

        let edited = Edited::of(&proposal)
            .apply(Edit::Down(0), OverrideReason::Health)
            .and_then(|edited| edited.apply(Edit::Add(StepKind::EventQuiz), OverrideReason::Wish))
            .expect("possible");

        let shown = shown_steps(Some(&edited), &proposal);
        assert_eq!((shown[0].at, shown[1].at), (Some(1), Some(0)));
        assert_eq!(shown.last().map(|step| step.at), Some(None));
        let steps = accepted_steps(Some(&edited), &proposal);
        assert_eq!(steps[1].kind.as_str(), proposal.steps[0].kind.word());
        assert_eq!(steps[1].rule_ids, proposal.steps[0].rule_ids);
        assert_eq!(steps[1].override_reason, Some(OverrideReason::Health));

        let last = steps.last().expect("a step");
        assert_eq!(last.kind, StepKind::EventQuiz.stored());
        assert_eq!(last.override_reason, Some(OverrideReason::Wish));
        assert!(last.rule_ids.is_empty() && last.reason_ja.contains("希望"));
        assert!(!missing_kinds(Some(&edited), &proposal).contains(&StepKind::EventQuiz));
    }
}
