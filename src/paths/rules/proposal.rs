//! What the rules propose: the steps, and what belongs to them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::words::{Arrangement, Closing, Mode, Need, OnlyIf, Part, StepKind, Tag, Topic};

/// A path as it is offered to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The edition of the rules.
    pub rules_version: String,
    /// Three to six steps, or none when the path is closed.
    pub steps: Vec<ProposalStep>,
    /// How many of the first steps are to be agreed on now.
    pub committed_steps: usize,
    /// Steps that rules asked for but that made the path too long.
    pub set_aside: Vec<ProposalStep>,
    /// Effects that this person needs and no step brings.
    pub uncovered_goals: Vec<Tag>,
    /// What the staff arranges around the path.
    pub arrangements: Vec<Arranged>,
    /// Notes for the staff.
    pub staff_notes: Vec<StaffNote>,
    /// Why there are no steps, if there are none.
    pub closing: Option<Closed>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalStep {
    /// What it is.
    pub kind: StepKind,
    /// Which of several steps of that kind.
    pub part: Part,
    /// How it reaches the person.
    pub mode: Mode,
    /// Rules that asked for it or shaped it, in their order.
    pub rule_ids: Vec<String>,
    /// The answers behind those rules, as `key=value`.
    pub answers: Vec<String>,
    /// Why, in one sentence.
    pub reason_ja: String,
    /// The same in English.
    pub reason_en: String,
    /// Its effects.
    pub goal_tags: BTreeSet<Tag>,
    /// What it is about.
    pub topics: Vec<Topic>,
    /// What it must bring along.
    pub needs: BTreeSet<Need>,
    /// Longest time after the step before (for the first: from today), in days.
    pub max_gap_days: u32,
    /// Whether it only counts if something happened before.
    pub only_if: Option<OnlyIf>,
    /// Whether the person has attended this kind before.
    pub attended_before: bool,
}

/// Something to arrange, and the rule that wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arranged {
    /// What.
    pub what: Arrangement,
    /// The first rule that asked for it.
    pub rule_id: String,
}

/// A note for the staff, and the rule that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffNote {
    /// The rule.
    pub rule_id: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// The end of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// How it ends.
    pub how: Closing,
    /// The rule that ended it.
    pub rule_id: String,
    /// What the person is told; empty when nothing may be sent.
    pub reason_ja: String,
    /// The same in English.
    pub reason_en: String,
}
