//! The pure rules of a path: what the person said goes in, steps come out.
//!
//! * [`Hearing`] is what the person said, [`QUESTIONS`] is how it is asked.
//! * [`Ruleset`] is the rules as data (`seeds/paths/rules.toml`), [`Ruleset::check`]
//!   finds what is wrong with an edited file.
//! * [`propose`] turns answers into three to six steps, each with its reason.
//! * [`follow`] says how steps stand after a booking or its attendance changed,
//!   [`prepare`] what of an operator's edited steps is stored.
//! * [`place`] finds real sessions for the steps, [`plan`] does both and offers
//!   another way when there is no place soon.

mod accepted;
mod check;
mod draft;
mod examples;
mod follow;
mod hearing;
mod history;
mod place;
mod proposal;
mod propose;
mod questions;
mod ruleset;
mod words;

#[cfg(test)]
mod properties;

use crate::platform::error::refusals;

refusals! {
    /// Why a step is not marked.
    Refusal {
        /// A booking stands for it; the booking is changed instead.
        StepHasBooking => "step_has_booking",
        /// It is done, or was dropped.
        StepNotOpen => "step_not_open",
    }
}

pub use accepted::{AcceptedStep, prepare};
pub use check::Problem;
pub use examples::{Example, ExamplesUnreadable, SHIPPED_EXAMPLES};
pub use follow::{BookingNow, MarkedState, Standing, StepNow, follow, standing};
pub use hearing::{
    Answer, CanDo, Channel, Device, Ease, Fault, Hearing, HearingError, Interest, Mobility, Reason,
    Support, TimeBand, Want,
};
pub use history::History;
pub use place::{
    Booked, Candidate, Constraints, PlacedStep, Plan, first_place_in_days, place, plan,
};
pub use proposal::{Arranged, Closed, Proposal, ProposalStep, StaffNote};
pub use propose::propose;
pub use questions::{Digit, NoSuchDigit, QUESTIONS, Question, find_question};
pub use ruleset::{
    Condition, EventChoice, KindFacts, Limits, Operation, Rule, RulesUnreadable, Ruleset,
    SHIPPED_RULES, StepRef, StepSpec, Target, Where,
};
pub use words::{
    Arrangement, Closing, Left, Mode, Need, OnlyIf, Part, StepKind, SurveyResult, Tag, Topic,
    Wanted, Why,
};
