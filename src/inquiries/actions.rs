//! The verbs: save the draft, close, record at once, mark a promised call as made.

use chrono::{DateTime, Utc};
use entity::inquiries::inquiry::{self, InquiryChannel, Outcome, Topic};
use entity::{InquiryId, ResidentId};

use crate::platform::{Error, Result, Scope, Tx};

/// What is known of a conversation so far.
#[derive(Clone, Debug)]
pub struct Draft {
    pub channel: InquiryChannel,
    pub resident_id: Option<ResidentId>,
    /// National digits.
    pub caller_phone: Option<String>,
    pub topic: Option<Topic>,
    /// Answers by key, checked.
    pub hearing: serde_json::Value,
    pub note: String,
}

/// How a conversation ended.
#[derive(Clone, Debug)]
pub struct Closing {
    pub outcome: Outcome,
    pub call_back_at: Option<DateTime<Utc>>,
}

/// Saves the operator's draft: creates it, or overwrites what was saved before.
pub async fn save_draft(_: &Tx, _: &Scope, _: &Draft) -> Result<inquiry::Model> {
    Err(Error::internal("stub"))
}

/// Closes the operator's draft and puts it on the person's timeline.
pub async fn close(_: &Tx, _: &Scope, _: InquiryId, _: &Closing) -> Result<inquiry::Model> {
    Err(Error::internal("stub"))
}

/// Records a whole inquiry at once (paper, counter, API).
pub async fn record(
    _: &Tx,
    _: &Scope,
    _: &Draft,
    _: DateTime<Utc>,
    _: &Closing,
) -> Result<inquiry::Model> {
    Err(Error::internal("stub"))
}

/// The promised call was made.
pub async fn mark_called_back(_: &Tx, _: &Scope, _: InquiryId) -> Result<()> {
    Err(Error::internal("stub"))
}
