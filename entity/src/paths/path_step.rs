use crate::{BookingId, PathId, PathStepId};
use sea_orm::entity::prelude::*;

/// One step of a path, in order.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "path_step")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PathStepId,
    pub path_id: PathId,
    /// From 1.
    pub rank: i32,
    pub kind: StepKind,
    pub state: StepState,
    /// Takes place by phone instead of at a venue.
    pub by_phone: bool,
    /// What it is about, such as `before_buying`.
    pub topic: Option<String>,
    pub rule_ids: Json,
    pub goal_tags: Json,
    pub reason_ja: String,
    pub reason_en: String,
    /// Why the operator changed the proposal here.
    pub override_reason: Option<OverrideReason>,
    pub booking_id: Option<BookingId>,
}

text_enum! {
    /// What the person does in the step.
    StepKind {
        ClassBasic = "class_basic", ClassApplied = "class_applied", PracticeApp = "practice_app",
        Consultation = "consultation", EventGame = "event_game", EventQuiz = "event_quiz",
        EventWalk = "event_walk", Survey = "survey",
    }
}
text_enum! {
    /// Where the step stands; follows the booking and the attendance.
    StepState {
        Proposed = "proposed", Booked = "booked", Done = "done", Missed = "missed", Dropped = "dropped",
    }
}
text_enum! {
    /// Why an operator departed from the proposal.
    OverrideReason {
        Wish = "wish", Date = "date", Place = "place", Health = "health", Family = "family", Other = "other",
    }
}

belongs_to! {}
