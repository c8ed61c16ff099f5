use crate::{FollowUpId, StaffId, SurveyCallId};
use sea_orm::entity::prelude::*;

/// One call made for a follow-up.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_call")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SurveyCallId,
    pub follow_up_id: FollowUpId,
    pub called_at: ChronoDateTimeUtc,
    pub outcome: CallOutcome,
    pub staff_id: Option<StaffId>,
}

text_enum! {
    /// How a call ended.
    CallOutcome {
        /// 不在
        NoAnswer = "no_answer",
        /// 留守電
        Voicemail = "voicemail",
        /// The person was reached and asks for another time.
        Later = "later",
        /// The person does not want to be asked.
        Declined = "declined",
        /// The interview was made.
        Answered = "answered",
    }
}

belongs_to! {}
