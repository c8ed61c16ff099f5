use crate::{BookingId, FollowUpId, MunicipalityId, ResidentId, StaffId};
use sea_orm::entity::prelude::*;

/// One interview three months after one class, or after several that are close together.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "follow_up")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: FollowUpId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    /// The last class that it covers: names session, venue and month in figures.
    pub booking_id: BookingId,
    /// Three months after the first class covered, before it was moved to an open day.
    pub first_due_on: ChronoDate,
    /// Three months after the last class covered, on an open day.
    pub due_on: ChronoDate,
    pub state: FollowUpState,
    pub close_reason: Option<CloseReason>,
    /// Number on the paper sheet: eight digits with a check digit.
    #[sea_orm(unique)]
    pub code: i32,
    /// Digest of the token in the link; the token itself is not kept.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// How often the link was made anew, because a mail with it had gone to a wrong address.
    pub link_no: i32,
    /// When letter or mail was written, or the first call became due.
    pub asked_at: Option<ChronoDateTimeUtc>,
    /// When a letter was written because the mail was not answered, or was found to be none.
    pub asked_again_at: Option<ChronoDateTimeUtc>,
    /// When the last letter was posted or mail handed over: calls wait for the week after it.
    pub sent_at: Option<ChronoDateTimeUtc>,
    /// When the person asked to be called again.
    pub call_again_at: Option<ChronoDateTimeUtc>,
    /// When the question reached the person: posted, sent, spoken or answered.
    pub reached_at: Option<ChronoDateTimeUtc>,
    pub answered_at: Option<ChronoDateTimeUtc>,
    pub closed_at: Option<ChronoDateTimeUtc>,
    /// Calls made.
    pub attempts: i32,
    /// Answers by question; null where the person passed over it.
    pub answers: Json,
    pub answered_by: Option<AnsweredBy>,
    pub answered_via: Option<AnswerVia>,
    /// Who keyed the sheet or made the interview.
    pub recorded_by: Option<StaffId>,
    /// Version of the questionnaire.
    pub questionnaire: String,
    /// Version of the rule by which it was judged.
    pub rule_version: Option<String>,
    pub result: Option<Retention>,
    /// Tasks of the ten that the person can do alone.
    pub alone_count: Option<i32>,
    /// `alone_count` minus the count before the class.
    pub gain: Option<i32>,
    /// The rule that began the person's path, such as `D2`.
    pub path_base: Option<String>,
    pub replan: Replan,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// Life of a follow-up; drawn in `shirube::surveys`.
    FollowUpState {
        /// Nothing was sent yet.
        Waiting = "waiting",
        /// A letter or a mail is on its way.
        Asked = "asked",
        /// Somebody is to call.
        Calling = "calling",
        Answered = "answered",
        Closed = "closed",
    }
}
text_enum! {
    /// Why it ended without an answer.
    CloseReason {
        /// The person died, moved away or withdrew: nobody writes or calls any more.
        Silent = "silent",
        /// Nobody answered until thirty days after the day.
        NoAnswer = "no_answer",
        /// The attendance was taken back.
        TakenBack = "taken_back",
        /// The person does not want to be asked.
        Declined = "declined",
    }
}
text_enum! {
    /// Who gave the answers.
    AnsweredBy { Myself = "person", Helper = "helper" }
}
text_enum! {
    /// Which way the answers came.
    AnswerVia { Web = "web", Paper = "paper", Phone = "phone" }
}
text_enum! {
    /// 定着: whether what was learned is still in use.
    Retention { Stuck = "stuck", Partly = "partly", NotStuck = "not_stuck" }
}
text_enum! {
    /// Whether the answers ask for another path.
    Replan {
        None = "none",
        /// A person on the staff is to look at the proposal.
        Open = "open",
        Accepted = "accepted",
        Dismissed = "dismissed",
    }
}

belongs_to! {}
