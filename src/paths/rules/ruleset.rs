//! The rules as data: conditions on a hearing and a history, operations on a path.
//!
//! A municipality edits the TOML file, not the program. The file carries a
//! version and a date of effect; every proposal names the version it came from.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;

use super::hearing::{Answer, Device, Ease, Hearing, Interest, Mobility, Reason, Support, Want};
use super::history::History;
use super::words::{
    Arrangement, Closing, Left, Need, OnlyIf, Part, StepKind, SurveyResult, Tag, Topic, Wanted, Why,
};

/// The rules that come with the program.
pub const SHIPPED_RULES: &str = include_str!("../../../seeds/paths/rules.toml");

/// A versioned set of rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// Name of this edition; stored with every proposal.
    pub version: String,
    /// First day on which these rules are used.
    pub effective_on: NaiveDate,
    /// How long a path may be.
    pub limits: Limits,
    /// Which event suits which interest; the first entry that matches holds.
    pub event_choice: Vec<EventChoice>,
    /// What each kind of step does and why one takes it.
    pub kinds: Vec<KindFacts>,
    /// The rules, applied by `order`.
    pub rules: Vec<Rule>,
}

/// How long a path may be, and what gives way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Fewest steps of an open path.
    pub min_steps: usize,
    /// Most steps of an open path.
    pub max_steps: usize,
    /// Days within which the first step should be bookable.
    pub first_within_days: u32,
    /// Months from the last class to the survey.
    pub survey_after_months: u32,
    /// The kind of event for a person whose interests are unknown.
    pub default_event: StepKind,
    /// The steps that are set aside first when there are too many.
    pub set_aside_first: Vec<StepRef>,
}

/// A step by kind and part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRef {
    /// The kind.
    pub step: Wanted,
    /// Which of several steps of that kind.
    #[serde(default = "main_part")]
    pub part: Part,
}

/// Which event suits an interest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventChoice {
    /// Any of these interests.
    pub interests: BTreeSet<Interest>,
    /// Chooses this event.
    pub kind: StepKind,
}

/// What a kind of step does and why one takes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindFacts {
    /// The kind.
    pub kind: StepKind,
    /// Its effects in person.
    pub tags: BTreeSet<Tag>,
    /// Its effects when it is done by phone, if others.
    #[serde(default)]
    pub tags_by_phone: Option<BTreeSet<Tag>>,
    /// Longest time after the step before, in days.
    pub max_gap_days: u32,
    /// Why this step, when no rule says it better.
    pub reason_ja: String,
    /// The same in English.
    pub reason_en: String,
}

/// One rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Short name, shown beside each step that the rule asked for.
    pub id: String,
    /// Place in the sequence.
    pub order: u32,
    /// All of these must hold.
    pub when: Vec<Condition>,
    /// What is done then.
    pub then: Vec<Operation>,
    /// Longest time before each step of this rule, in days; 0 where there are no steps.
    pub max_gap_days: u32,
    /// What the resident is told.
    pub reason_ja: String,
    /// The same in English.
    pub reason_en: String,
    /// The steps of which that sentence is true; empty where it is true of all. Other steps of the
    /// rule are told the sentence of their kind.
    #[serde(default)]
    pub reason_for: Vec<Wanted>,
    /// Whether the sentence promises the staff member whom the person knows: it is said only to
    /// somebody for whom that can be kept.
    #[serde(default)]
    pub promises_same_staff: bool,
}

/// A fact about the person. An unknown answer fulfils none but `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// H1 was answered so.
    Device(Device),
    /// H1 was answered with one of these.
    DeviceIn(BTreeSet<Device>),
    /// H1a was answered so.
    Want(Want),
    /// This single-answer question was not answered.
    Unknown(Single),
    /// H2 names this reason.
    Reason(Reason),
    /// H3 names this interest.
    Interest(Interest),
    /// H6, hearing.
    Hearing(Ease),
    /// H6, sight.
    Vision(Ease),
    /// H6, walking.
    Mobility(Mobility),
    /// H7.
    Support(Support),
    /// Attended at least once.
    Attended(StepKind),
    /// Gained fewer tasks than this.
    CanDoGainBelow(i32),
    /// Can do at least this many of the ten tasks.
    CanDoAtLeast(i32),
    /// Stayed away exactly this often.
    NoShows(u32),
    /// Stayed away at least this often.
    NoShowsAtLeast(u32),
    /// The three-month survey.
    Survey(SurveyResult),
    /// The survey names one of these reasons.
    WhyIn(BTreeSet<Why>),
    /// The person has left in one of these ways.
    LeftIn(BTreeSet<Left>),
    /// The first place in the next step is later than this.
    NextPlaceAfterDays(u32),
    /// The path so far has fewer steps.
    StepsFewerThan(usize),
}

/// A question with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Single {
    /// H1.
    Device,
    /// H1a.
    Want,
}

/// A step as a rule describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// The kind.
    pub step: Wanted,
    /// Which of several steps of that kind.
    #[serde(default = "main_part")]
    pub part: Part,
    /// What it is about.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// What it must bring along.
    #[serde(default)]
    pub needs: BTreeSet<Need>,
    /// The event for a person whose interests are unknown, when the step is one.
    #[serde(default)]
    pub event: Option<StepKind>,
    /// Whether it is done by phone.
    #[serde(default)]
    pub by_phone: bool,
    /// Whether it only counts if something happened before.
    #[serde(default)]
    pub only_if: Option<OnlyIf>,
    /// Longest time after the step before, in days, instead of the rule's.
    #[serde(default)]
    pub max_gap_days: Option<u32>,
}

/// Where a step goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// Before everything else.
    First,
    /// After everything but the survey.
    #[default]
    Last,
    /// Before the first step of these kinds; last where there is none.
    Before(Vec<Wanted>),
    /// After the first step of these kinds; last where there is none.
    After(Vec<Wanted>),
}

/// Which steps an operation touches.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Every step that is held in person.
    InPerson,
    /// The first step.
    First,
    /// Every step of these kinds.
    Every(Vec<Wanted>),
    /// The first step of these kinds.
    FirstOf(Vec<Wanted>),
}

/// What a rule does to a path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Begins the path.
    Base(Vec<StepSpec>),
    /// Sees to it that the step is there; one that is there already only gains
    /// the topics and needs, and its place if `moves` is set.
    Ensure {
        /// The step.
        step: StepSpec,
        /// Where it goes.
        #[serde(default)]
        at: Where,
        /// Whether a step that is there already goes to that place too.
        #[serde(default)]
        moves: bool,
    },
    /// Puts a step in the place of every step of a kind.
    Replace {
        /// What goes.
        from: Wanted,
        /// What comes.
        to: StepSpec,
    },
    /// Takes the steps of a kind out, for a person who is past or before them.
    Remove(Wanted),
    /// Adds topics and needs to steps that are there.
    Shape {
        /// Which steps.
        on: Target,
        /// Topics to put first.
        #[serde(default)]
        topics: Vec<Topic>,
        /// Needs to add.
        #[serde(default)]
        needs: BTreeSet<Need>,
        /// Whether the rule's sentence is the one to show.
        #[serde(default)]
        tells: bool,
    },
    /// Turns every step but the survey into a talk on the phone, and the survey too.
    AllByPhone {
        /// What each talk must bring along.
        #[serde(default)]
        needs: BTreeSet<Need>,
    },
    /// What the staff arranges.
    Arrange(Vec<Arrangement>),
    /// Effects that this person needs.
    Goals(BTreeSet<Tag>),
    /// Only so many steps are agreed on for now.
    Commit(usize),
    /// A note for the staff.
    Note {
        /// In Japanese.
        ja: String,
        /// In English.
        en: String,
    },
    /// Ends the path.
    Close(Closing),
}

fn main_part() -> Part {
    Part::Main
}

/// A rules file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the rules cannot be read: {0}")]
pub struct RulesUnreadable(#[from] toml::de::Error);

static SHIPPED: LazyLock<Ruleset> = LazyLock::new(|| {
    Ruleset::parse(SHIPPED_RULES).expect("the file is compiled in, and a test reads it")
});

impl Ruleset {
    /// The rules that come with the program, read once.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a rules file and sorts the rules by their order.
    ///
    /// # Errors
    /// The line and the word that is not understood, such as an unknown kind of
    /// step. Whether the rules make sense together is said by [`Ruleset::check`].
    pub fn parse(text: &str) -> Result<Self, RulesUnreadable> {
        let mut set: Self = toml::from_str(text)?;
        set.rules.sort_by(|a, b| (a.order, &a.id).cmp(&(b.order, &b.id)));
        Ok(set)
    }

    /// The rule with this id.
    pub fn find_rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Whether this rule begins paths.
    pub fn begins(&self, id: &str) -> bool {
        let base = |operation: &Operation| matches!(operation, Operation::Base(_));
        self.find_rule(id).is_some_and(|rule| rule.then.iter().any(base))
    }

    /// Whether this rule answers to a survey.
    pub fn answers_survey(&self, id: &str) -> bool {
        let survey = |condition: &Condition| matches!(condition, Condition::Survey(_));
        self.find_rule(id).is_some_and(|rule| rule.when.iter().any(survey))
    }

    /// The facts about a kind of step, if the file has them.
    pub fn facts(&self, kind: StepKind) -> Option<&KindFacts> {
        self.kinds.iter().find(|facts| facts.kind == kind)
    }
}

impl Condition {
    /// Whether the fact holds; `step_count` is the length of the path so far.
    pub fn holds(&self, hearing: &Hearing, history: &History, step_count: usize) -> bool {
        match self {
            Self::Device(device) => hearing.device == Some(*device),
            Self::DeviceIn(devices) => hearing.device.is_some_and(|has| devices.contains(&has)),
            Self::Want(want) => hearing.want == Some(*want),
            Self::Unknown(Single::Device) => hearing.device.is_none(),
            Self::Unknown(Single::Want) => hearing.want.is_none(),
            Self::Reason(reason) => hearing.reasons.contains(reason),
            Self::Interest(interest) => hearing.interests.contains(interest),
            Self::Hearing(ease) => hearing.hearing == Some(*ease),
            Self::Vision(ease) => hearing.vision == Some(*ease),
            Self::Mobility(mobility) => hearing.mobility == Some(*mobility),
            Self::Support(support) => hearing.support == Some(*support),

            Self::Attended(kind) => history.attended.contains(kind),
            Self::CanDoGainBelow(count) => history.can_do_gain.is_some_and(|gain| gain < *count),
            Self::CanDoAtLeast(count) => history.can_do_count.is_some_and(|can| can >= *count),
            Self::NoShows(count) => history.no_show_count == *count,
            Self::NoShowsAtLeast(count) => history.no_show_count >= *count,
            Self::Survey(result) => history.survey == Some(*result),
            Self::WhyIn(whys) => !history.survey_why.is_disjoint(whys),
            Self::LeftIn(ways) => history.left.is_some_and(|left| ways.contains(&left)),
            Self::NextPlaceAfterDays(days) => {
                history.next_place_in_days.is_some_and(|wait| wait > *days)
            }
            Self::StepsFewerThan(count) => step_count < *count,
        }
    }

    /// The answers that made the fact hold, as `key=value`; nothing for facts
    /// that come from elsewhere.
    pub fn answer(&self, hearing: &Hearing) -> Option<String> {
        let said = |key: &str, word: &str| Some(format!("{key}={word}"));

        match self {
            Self::Device(device) => said("device", device.word()),
            Self::DeviceIn(_) => hearing.device.and_then(|has| said("device", has.word())),
            Self::Want(want) => said("want", want.word()),
            Self::Reason(reason) => said("reasons", reason.word()),
            Self::Interest(interest) => said("interests", interest.word()),
            Self::Hearing(ease) => said("hearing", ease.word()),
            Self::Vision(ease) => said("vision", ease.word()),
            Self::Mobility(mobility) => said("mobility", mobility.word()),
            Self::Support(support) => said("support", support.word()),
            _ => None,
        }
    }
}
