//! What has happened since the person first called, as far as the rules ask.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::words::{Left, StepKind, SurveyResult, Why};

/// Evidence from attendance, surveys and the calendar. The default is a person
/// of whom nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// Kinds of steps attended at least once.
    pub attended: BTreeSet<StepKind>,
    /// How often the person stayed away without a word since the last re-hearing.
    pub no_show_count: u32,
    /// Tasks of the ten that can be done alone after the last class, minus before.
    pub can_do_gain: Option<i32>,
    /// Tasks of the ten that can be done alone now.
    pub can_do_count: Option<i32>,
    /// The last three-month survey.
    pub survey: Option<SurveyResult>,
    /// Reasons given there for not using the phone.
    pub survey_why: BTreeSet<Why>,
    /// Whether the person has left.
    pub left: Option<Left>,
    /// Whether a consultant whom the person has met has time for the person again.
    pub met_staff_has_time: bool,
    /// Days until the first place in the next step; `u32::MAX` when there is none.
    pub next_place_in_days: Option<u32>,
}
