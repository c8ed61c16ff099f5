//! Follow-ups as they are shown.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::surveys::follow_up::{
    self, AnswerVia, AnsweredBy, CloseReason, FollowUpState, Replan, Retention,
};
use entity::{BookingId, FollowUpId, ResidentId, SessionId};
use poem_openapi::Object;
use serde_json::Value;

use super::OPEN;
use crate::bookings::BookingRow;
use crate::bookings::queries::number_text;
use crate::platform::Lang;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::{local_date, to_jst};
use crate::residents::Found;
use crate::surveys::rules::{self, Standing};

/// A follow-up with its person and the last class that it covers.
#[derive(Clone, Debug)]
pub struct FollowUpRow {
    pub follow_up: follow_up::Model,
    pub person: Found,
    /// Whether the person may be contacted at all.
    pub active: bool,
    pub class: BookingRow,
}

impl FollowUpRow {
    /// The code on the sheet, as it is printed: 「4821-3754」.
    pub fn code(&self) -> String {
        number_text(self.follow_up.code)
    }

    /// The token of the person's link.
    pub fn token(&self) -> String {
        let FollowUpRow { follow_up, class, .. } = self;
        rules::token(&class.booking.calendar_uid, follow_up.code, follow_up.link_no)
    }

    /// Where it stands today.
    pub fn standing(&self, today: NaiveDate) -> Standing {
        Standing::of(&self.follow_up, self.active, today)
    }

    /// Whether the person is still to be asked.
    pub fn is_open(&self) -> bool {
        self.active && OPEN.contains(&self.follow_up.state)
    }

    /// The wording of where it stands.
    pub fn state_key(&self) -> String {
        let FollowUpRow { follow_up, .. } = self;
        match follow_up.close_reason {
            _ if !self.active && OPEN.contains(&follow_up.state) => {
                "survey.closed.silent".to_owned()
            }
            Some(CloseReason::NoAnswer) if follow_up.asked_at.is_none() => {
                "survey.closed.never_asked".to_owned()
            }
            Some(reason) => format!("survey.closed.{reason}"),
            None => format!("survey.state.{}", follow_up.state),
        }
    }

    /// The numbers to call: none of a person who is not called any more.
    pub fn phones(&self) -> &[PhoneNumber] {
        if self.active { &self.person.numbers } else { &[] }
    }

    /// The class with its day.
    pub fn class_words(&self, lang: Lang) -> String {
        class_words(local_date(self.class.span().0), &self.class, lang)
    }
}

/// A class with its day: 「7月10日（水曜日） はじめてのスマホ」.
pub fn class_words(on: NaiveDate, class: &BookingRow, lang: Lang) -> String {
    let title = lang.pick(&class.session.title_ja, &class.session.title_en);
    format!("{}{}{title}", lang.day(on), lang.pick(" ", ", "))
}

/// One interview three months after a class.
#[derive(Object, Clone, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct FollowUp {
    pub id: FollowUpId,
    pub resident_id: ResidentId,
    pub resident_kana: String,
    pub resident_name: Option<String>,
    /// Empty for a person who is not called any more.
    pub phones: Vec<String>,
    /// The last class that it covers.
    pub booking_id: BookingId,
    pub session_id: SessionId,
    pub due_on: NaiveDate,
    pub state: FollowUpState,
    pub close_reason: Option<CloseReason>,
    /// The code on the sheet, 「4821-3754」.
    pub code: String,
    /// Calls made.
    pub attempts: i32,
    /// When the person asked to be called again.
    pub call_again_at: Option<DateTime<FixedOffset>>,
    pub asked_at: Option<DateTime<FixedOffset>>,
    pub reached_at: Option<DateTime<FixedOffset>>,
    pub answered_at: Option<DateTime<FixedOffset>>,
    /// Answers by question; null where the person passed over it.
    pub answers: HashMap<String, Value>,
    pub answered_by: Option<AnsweredBy>,
    pub answered_via: Option<AnswerVia>,
    /// Version of the questionnaire.
    pub questionnaire: String,
    /// Version of the rule by which it was judged.
    pub rule_version: Option<String>,
    pub result: Option<Retention>,
    /// Tasks of the ten that the person can do alone.
    pub alone_count: Option<i32>,
    /// Tasks gained since before the class.
    pub gain: Option<i32>,
    /// Whether the answers ask for another path.
    pub replan: Replan,
    pub revision: i32,
}

impl From<FollowUpRow> for FollowUp {
    fn from(row: FollowUpRow) -> Self {
        let (code, phones) = (row.code(), row.phones().iter().map(PhoneNumber::written).collect());
        let FollowUpRow { follow_up, person, active: _, class } = row;

        Self {
            id: follow_up.id,
            resident_id: person.id,
            resident_kana: person.kana,
            resident_name: person.name,
            phones,
            booking_id: follow_up.booking_id,
            session_id: class.session.id,
            due_on: follow_up.due_on,
            state: follow_up.state,
            close_reason: follow_up.close_reason,
            code,
            attempts: follow_up.attempts,
            call_again_at: follow_up.call_again_at.map(to_jst),
            asked_at: follow_up.asked_at.map(to_jst),
            reached_at: follow_up.reached_at.map(to_jst),
            answered_at: follow_up.answered_at.map(to_jst),
            answers: stored(follow_up.answers),
            answered_by: follow_up.answered_by,
            answered_via: follow_up.answered_via,
            questionnaire: follow_up.questionnaire,
            rule_version: follow_up.rule_version,
            result: follow_up.result,
            alone_count: follow_up.alone_count,
            gain: follow_up.gain,
            replan: follow_up.replan,
            revision: follow_up.revision,
        }
    }
}

/// What the database keeps of answers.
pub(super) fn stored(answers: Value) -> HashMap<String, Value> {
    serde_json::from_value(answers).unwrap_or_default()
}
