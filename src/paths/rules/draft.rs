//! A path while the rules work on it.

use std::collections::BTreeSet;

use super::hearing::{Hearing, Interest};
use super::history::History;
use super::proposal::{Arranged, StaffNote};
use super::ruleset::{EventChoice, Limits, Operation, Rule, StepRef, StepSpec, Target, Where};
use super::words::{Arrangement, Closing, Mode, Need, OnlyIf, Part, StepKind, Tag, Topic, Wanted};

/// A step with the rules behind it.
#[derive(Debug, Clone)]
pub(super) struct DraftStep {
    pub kind: StepKind,
    /// The kind before it was turned into a talk on the phone.
    pub meant: StepKind,
    pub part: Part,
    pub mode: Mode,
    pub topics: Vec<Topic>,
    pub needs: BTreeSet<Need>,
    pub only_if: Option<OnlyIf>,
    /// The shortest gap that a rule asks for.
    pub max_gap_days: Option<u32>,
    /// Rules without which the step would not be there.
    pub asked_by: BTreeSet<String>,
    /// Rules that changed it.
    pub shaped_by: BTreeSet<String>,
    /// The rule whose sentence is shown.
    pub reason_from: Option<String>,
    /// Whether that sentence is the base rule's, which a closer reason replaces.
    reason_is_base: bool,
    /// The interest that chose the event.
    pub chosen_by: Option<Interest>,
}

impl DraftStep {
    fn is_lesson(&self) -> bool {
        self.kind.is_class() || self.part == Part::OneToOne
    }
}

/// The path so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub steps: Vec<DraftStep>,
    pub goals: BTreeSet<Tag>,
    pub arrangements: Vec<Arranged>,
    pub notes: Vec<StaffNote>,
    pub commit: Option<usize>,
    pub closing: Option<(Closing, String)>,
}

/// Makes steps for one rule and one person.
struct Maker<'a> {
    rule: &'a Rule,
    limits: &'a Limits,
    hearing: &'a Hearing,
    choice: &'a [EventChoice],
    /// Whether the rule's sentence is true for this person.
    speaks: bool,
}

impl Maker<'_> {
    fn event(&self, spec: &StepSpec) -> (StepKind, Option<Interest>) {
        let chosen = self.choice.iter().find_map(|choice| {
            let interest = self.hearing.interests.intersection(&choice.interests).next();
            interest.map(|interest| (choice.kind, Some(*interest)))
        });
        chosen.unwrap_or((spec.event.unwrap_or(self.limits.default_event), None))
    }

    fn gap(&self, kind: StepKind, spec: &StepSpec) -> Option<u32> {
        // The survey keeps its own date, three months after the last class.
        let of_rule = (kind != StepKind::Survey).then_some(self.rule.max_gap_days);
        spec.max_gap_days.or(of_rule)
    }

    fn make(&self, spec: &StepSpec) -> DraftStep {
        let (kind, chosen_by) = match spec.step.fixed_kind() {
            Some(kind) => (kind, None),
            None => self.event(spec),
        };
        let mode = if spec.by_phone { Mode::ByPhone } else { kind.usual_mode() };

        DraftStep {
            kind,
            meant: kind,
            part: spec.part,
            mode,
            topics: spec.topics.clone(),
            needs: spec.needs.clone(),
            only_if: spec.only_if,
            max_gap_days: self.gap(kind, spec),
            asked_by: BTreeSet::from([self.rule.id.clone()]),
            shaped_by: BTreeSet::new(),
            reason_from: None,
            reason_is_base: false,
            chosen_by,
        }
    }

    /// Adds what another rule wants of a step that is there already.
    fn join(&self, step: &mut DraftStep, spec: &StepSpec) {
        add_topics(&mut step.topics, &spec.topics);
        step.needs.extend(spec.needs.iter().copied());
        step.max_gap_days = shorter(step.max_gap_days, self.gap(step.kind, spec));
        step.asked_by.insert(self.rule.id.clone());
    }

    fn give_reason(&self, step: &mut DraftStep, is_base: bool) {
        let meant_for = &self.rule.reason_for;
        let fits = meant_for.is_empty() || any_matches(meant_for, step.kind);
        let silent = self.rule.reason_ja.is_empty() || !self.speaks;
        if fits && !silent && (step.reason_from.is_none() || step.reason_is_base) {
            step.reason_from = Some(self.rule.id.clone());
            step.reason_is_base = is_base;
        }
    }
}

fn shorter(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    a.into_iter().chain(b).min()
}

fn add_topics(topics: &mut Vec<Topic>, more: &[Topic]) {
    for topic in more {
        if !topics.contains(topic) {
            topics.push(*topic);
        }
    }
}

fn any_matches(wanted: &[Wanted], kind: StepKind) -> bool {
    wanted.iter().any(|wanted| wanted.matches(kind))
}

impl Draft {
    /// Applies all operations of a rule.
    pub fn apply(
        &mut self,
        rule: &Rule,
        limits: &Limits,
        hearing: &Hearing,
        history: &History,
        choice: &[EventChoice],
    ) {
        let speaks = history.met_staff_has_time || !rule.promises_same_staff;
        let maker = Maker { rule, limits, hearing, choice, speaks };
        for operation in &rule.then {
            self.operate(&maker, operation);
        }
    }

    fn operate(&mut self, maker: &Maker<'_>, operation: &Operation) {
        let rule_id = || maker.rule.id.clone();

        match operation {
            Operation::Base(specs) => {
                for (index, spec) in specs.iter().enumerate() {
                    let mut step = maker.make(spec);
                    // A base rule's sentence speaks of how the path begins.
                    if index == 0 {
                        maker.give_reason(&mut step, true);
                    }
                    self.steps.push(step);
                }
            }

            Operation::Ensure { step, at, moves } => self.ensure(maker, step, at, *moves),
            Operation::Replace { from, to } => self.replace(maker, *from, to),
            Operation::Remove(wanted) => self.steps.retain(|step| !wanted.matches(step.kind)),

            Operation::Shape { on, topics, needs, tells } => {
                let shaped = self.shape(maker, on, topics, needs);
                if *tells {
                    self.tell(maker, &shaped);
                }
            }

            Operation::AllByPhone { needs } => self.all_by_phone(maker, needs),
            Operation::Arrange(list) => {
                for what in list {
                    self.arrange(*what, rule_id());
                }
            }

            Operation::Goals(goals) => self.goals.extend(goals.iter().copied()),
            Operation::Commit(count) => {
                self.commit = Some(self.commit.map_or(*count, |now| now.min(*count)));
            }
            Operation::Note { ja, en } => {
                self.notes.push(StaffNote { rule_id: rule_id(), ja: ja.clone(), en: en.clone() })
            }

            Operation::Close(how) => {
                let silent_already = matches!(self.closing, Some((Closing::Silent, _)));
                if !silent_already {
                    self.closing = Some((*how, rule_id()));
                }
            }
        }
    }

    fn arrange(&mut self, what: Arrangement, rule_id: String) {
        if self.arrangements.iter().all(|known| known.what != what) {
            self.arrangements.push(Arranged { what, rule_id });
        }
    }

    fn find(&self, step: Wanted, part: Part) -> Option<usize> {
        self.steps.iter().position(|known| step.matches(known.kind) && known.part == part)
    }

    fn ensure(&mut self, maker: &Maker<'_>, spec: &StepSpec, at: &Where, moves: bool) {
        let Some(found) = self.find(spec.step, spec.part) else {
            let mut step = maker.make(spec);
            maker.give_reason(&mut step, false);
            let index = self.place_for(at);
            self.steps.insert(index, step);
            return;
        };

        maker.join(&mut self.steps[found], spec);
        maker.give_reason(&mut self.steps[found], false);

        if moves {
            let step = self.steps.remove(found);
            let index = self.place_for(at);
            // "Before the class" is also true three steps before it.
            let index = match at {
                Where::Before(_) => index.min(found),
                _ => index,
            };
            self.steps.insert(index, step);
        }
    }

    fn place_for(&self, at: &Where) -> usize {
        let first_of =
            |wanted: &[Wanted]| self.steps.iter().position(|step| any_matches(wanted, step.kind));
        let last = first_of(&[Wanted::Survey]).unwrap_or(self.steps.len());
        match at {
            Where::First => 0,
            Where::Last => last,
            Where::Before(wanted) => first_of(wanted).unwrap_or(last),
            Where::After(wanted) => first_of(wanted).map_or(last, |index| index + 1),
        }
    }

    fn replace(&mut self, maker: &Maker<'_>, from: Wanted, spec: &StepSpec) {
        for step in self.steps.iter_mut().filter(|step| from.matches(step.kind)) {
            let made = maker.make(spec);
            step.kind = made.kind;
            step.meant = made.meant;
            step.part = made.part;
            step.mode = made.mode;
            step.chosen_by = made.chosen_by;

            let old_topics = std::mem::replace(&mut step.topics, made.topics);
            add_topics(&mut step.topics, &old_topics);
            step.needs.extend(made.needs);
            step.max_gap_days = shorter(step.max_gap_days, made.max_gap_days);

            step.shaped_by.insert(maker.rule.id.clone());
            step.reason_is_base = true;
            maker.give_reason(step, false);
        }
    }

    fn shape(
        &mut self,
        maker: &Maker<'_>,
        on: &Target,
        topics: &[Topic],
        needs: &BTreeSet<Need>,
    ) -> Vec<usize> {
        let mut open = true;
        let mut shaped = Vec::new();
        for (index, step) in self.steps.iter_mut().enumerate() {
            let hit = match on {
                Target::InPerson => step.mode == Mode::InPerson,
                Target::First => index == 0,
                Target::Every(wanted) => any_matches(wanted, step.kind),
                Target::FirstOf(wanted) => {
                    let hit = open && any_matches(wanted, step.kind);
                    open &= !hit;
                    hit
                }
            };
            if !hit {
                continue;
            }

            let old = std::mem::replace(&mut step.topics, topics.to_vec());
            add_topics(&mut step.topics, &old);
            step.needs.extend(needs.iter().copied());
            if step.kind != StepKind::Survey {
                step.max_gap_days = shorter(step.max_gap_days, Some(maker.rule.max_gap_days));
            }

            step.shaped_by.insert(maker.rule.id.clone());
            if step.reason_from.is_none() {
                maker.give_reason(step, true);
            }
            shaped.push(index);
        }
        shaped
    }

    /// Shows this rule's sentence on steps, whatever was shown there before.
    fn tell(&mut self, maker: &Maker<'_>, shaped: &[usize]) {
        for index in shaped {
            let step = &mut self.steps[*index];
            step.reason_is_base = true;
            maker.give_reason(step, false);
        }
    }

    fn all_by_phone(&mut self, maker: &Maker<'_>, needs: &BTreeSet<Need>) {
        for step in &mut self.steps {
            step.mode = Mode::ByPhone;
            step.shaped_by.insert(maker.rule.id.clone());
            // What only makes sense in a room has no place in a talk on the phone.
            step.needs.retain(|need| {
                !matches!(need, Need::StepFree | Need::OrByPhone | Need::SmallGroup)
            });

            step.reason_is_base = true;
            maker.give_reason(step, false);
            if step.kind == StepKind::Survey {
                continue;
            }

            let about = match step.kind {
                StepKind::ClassBasic => Some(Topic::FirstSteps),
                StepKind::ClassApplied => Some(Topic::NextSteps),
                StepKind::PracticeApp => Some(Topic::Practice),
                StepKind::EventGame | StepKind::EventQuiz | StepKind::EventWalk => {
                    Some(Topic::SomethingFun)
                }
                StepKind::Consultation | StepKind::Survey => None,
            };
            add_topics(&mut step.topics, about.as_slice());

            step.kind = StepKind::Consultation;
            step.chosen_by = None;
            step.needs.extend(needs.iter().copied());
            step.max_gap_days = shorter(step.max_gap_days, Some(maker.rule.max_gap_days));
        }
    }

    /// The order that no rule may break.
    pub fn put_in_order(&mut self) {
        let (surveys, mut steps): (Vec<_>, Vec<_>) = std::mem::take(&mut self.steps)
            .into_iter()
            .partition(|step| step.kind == StepKind::Survey);

        let position = |steps: &[DraftStep], kind| steps.iter().position(|step| step.kind == kind);
        if let Some(basic) = position(&steps, StepKind::ClassBasic)
            && let Some(applied) = position(&steps, StepKind::ClassApplied)
            && applied < basic
        {
            let step = steps.remove(basic);
            steps.insert(applied, step);
        }

        if let Some(app) = position(&steps, StepKind::PracticeApp)
            && let Some(class) = steps.iter().position(DraftStep::is_lesson)
            && app < class
        {
            // Taking the app out moves the class one place forward.
            let step = steps.remove(app);
            steps.insert(class, step);
        }

        steps.extend(surveys);

        // Whoever does not buy a phone does not come to what lies behind that either.
        let mut only_if = None;
        for step in &mut steps {
            only_if = step.only_if.or(only_if);
            step.only_if = only_if;
        }
        self.steps = steps;
    }

    /// Takes out what makes the path too long: in the order the file names, then
    /// from the end. The survey and the first step stay.
    pub fn set_aside(&mut self, limits: &Limits) -> Vec<DraftStep> {
        let mut aside = Vec::new();
        for StepRef { step, part } in &limits.set_aside_first {
            let found = self
                .steps
                .iter()
                .position(|known| step.matches(known.meant) && known.part == *part);
            if let Some(index) = found
                && self.steps.len() > limits.max_steps
            {
                aside.push(self.steps.remove(index));
            }
        }

        while self.steps.len() > limits.max_steps.max(1) {
            let last = self.steps.len() - 1;
            let ends_with_survey = self.steps[last].kind == StepKind::Survey;
            let index = if ends_with_survey && last > 1 { last - 1 } else { last };
            aside.push(self.steps.remove(index));
        }
        aside
    }
}
