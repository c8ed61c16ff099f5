//! What goes over the wire.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDate};
use entity::BookingId;
use entity::surveys::class_answers::{self, ClassMoment};
use entity::surveys::follow_up::{
    AnswerVia, AnsweredBy, CloseReason, FollowUpState, Replan, Retention,
};
use entity::surveys::survey_call::CallOutcome;
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::Value;

use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::to_jst;
use crate::surveys::queries::FollowUpRow;
use crate::surveys::rules::{Cut, Figures, Group, baseline};

/// One interview three months after a class.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct FollowUp {
    pub id: i64,
    pub resident_id: i64,
    pub resident_kana: String,
    pub resident_name: Option<String>,
    /// Empty for a person who is not called any more.
    pub phones: Vec<String>,
    /// The last class that it covers.
    pub booking_id: i64,
    pub session_id: i64,
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
    pub answers: HashMap<String, Any<Value>>,
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

impl FollowUp {
    pub(super) fn new(row: FollowUpRow) -> Self {
        let (code, phones) = (row.code(), row.phones().iter().map(PhoneNumber::written).collect());
        let FollowUpRow { follow_up, person, active: _, class } = row;
        Self {
            id: follow_up.id.0,
            resident_id: person.id.0,
            resident_kana: person.kana,
            resident_name: person.name,
            phones,
            booking_id: follow_up.booking_id.0,
            session_id: class.session.id.0,
            due_on: follow_up.due_on,
            state: follow_up.state,
            close_reason: follow_up.close_reason,
            code,
            attempts: follow_up.attempts,
            call_again_at: follow_up.call_again_at.map(to_jst),
            asked_at: follow_up.asked_at.map(to_jst),
            reached_at: follow_up.reached_at.map(to_jst),
            answered_at: follow_up.answered_at.map(to_jst),
            answers: answers(follow_up.answers),
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

fn answers(stored: Value) -> HashMap<String, Any<Value>> {
    let map: BTreeMap<String, Value> = serde_json::from_value(stored).unwrap_or_default();
    map.into_iter().map(|(key, value)| (key, Any(value))).collect()
}

/// A page of follow-ups, soonest first.
#[derive(Object, Debug)]
pub struct FollowUpPage {
    pub items: Vec<FollowUp>,
    /// Give it as `after` for the next page; null on the last.
    #[oai(nullable)]
    pub next: Option<String>,
}

/// A whole set of answers.
#[derive(Object, Debug)]
pub struct GivenAnswers {
    pub via: AnswerVia,
    pub answered_by: AnsweredBy,
    /// By question: one word, several words, a number, a text, or null for passed over.
    pub answers: HashMap<String, Any<Value>>,
}

/// A paper sheet.
#[derive(Object, Debug)]
pub struct KeyedSheet {
    /// In any notation.
    pub code: String,
    pub answered_by: AnsweredBy,
    /// By question: the digits as they are marked; absent for an empty line.
    pub answers: HashMap<String, String>,
}

/// How a call ended that was no interview.
#[derive(Enum, Clone, Copy, Debug)]
#[oai(rename = "SurveyCallOutcome", rename_all = "snake_case")]
pub enum CallEnd {
    NoAnswer,
    Voicemail,
    Later,
    Declined,
}

/// A call.
#[derive(Object, Debug)]
#[oai(rename = "SurveyCallMade", skip_serializing_if_is_none)]
pub struct CallMade {
    pub outcome: CallEnd,
    /// When the person asked to be called again; only for `later`.
    pub call_again_at: Option<DateTime<FixedOffset>>,
}

impl CallEnd {
    pub(super) fn stored(self) -> CallOutcome {
        match self {
            Self::NoAnswer => CallOutcome::NoAnswer,
            Self::Voicemail => CallOutcome::Voicemail,
            Self::Later => CallOutcome::Later,
            Self::Declined => CallOutcome::Declined,
        }
    }
}

/// What somebody decided about a proposed path.
#[derive(Object, Debug)]
pub struct SettledProposal {
    pub accept: bool,
}

/// What one person can do, told at a class.
#[derive(Object, Debug)]
pub struct GivenClassAnswers {
    pub moment: ClassMoment,
    /// By question; what is absent stays as it was.
    pub answers: HashMap<String, Any<Value>>,
    /// Questions that were not asked after all: their answers are taken away.
    #[oai(default)]
    pub forget: Vec<String>,
}

/// What was recorded.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ClassAnswers {
    /// Absent while nothing was recorded.
    pub id: Option<i64>,
    pub booking_id: i64,
    pub moment: ClassMoment,
    pub answers: HashMap<String, Any<Value>>,
    /// Tasks of the ten that the person can do alone.
    pub alone_count: i32,
}

impl ClassAnswers {
    pub(super) fn new(
        booking_id: BookingId,
        moment: ClassMoment,
        row: Option<class_answers::Model>,
    ) -> Self {
        Self {
            id: row.as_ref().map(|row| row.id.0),
            booking_id: booking_id.0,
            moment,
            alone_count: row.as_ref().map_or(0, |row| row.alone_count),
            answers: row.map(|row| answers(row.answers)).unwrap_or_default(),
        }
    }
}

/// By what the figures are cut.
#[derive(Enum, Clone, Copy, Debug)]
#[oai(rename_all = "snake_case")]
pub enum RetentionCut {
    Kind,
    Venue,
    Month,
    Path,
    Way,
    Ward,
}

impl RetentionCut {
    pub(super) fn cut(self) -> Cut {
        match self {
            Self::Kind => Cut::Kind,
            Self::Venue => Cut::Venue,
            Self::Month => Cut::Month,
            Self::Path => Cut::Path,
            Self::Way => Cut::Way,
            Self::Ward => Cut::Ward,
        }
    }
}

/// Figures of 定着.
#[derive(Object, Debug)]
pub struct RetentionFigures {
    /// One entry for each version of the rule; they are never added up.
    pub versions: Vec<RetentionVersion>,
    /// The survey of 令和4年度, as printed.
    pub baseline: Vec<BaselineLine>,
}

/// The figures by one version of the rule.
#[derive(Object, Debug)]
pub struct RetentionVersion {
    pub rule_version: String,
    pub total: RetentionGroup,
    pub groups: Vec<RetentionGroup>,
}

/// One group. All figures are absent when they would show fewer than five people.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct RetentionGroup {
    pub name: String,
    pub hidden: bool,
    /// 対象
    pub due: Option<u64>,
    /// 送達
    pub reached: Option<u64>,
    /// 回答
    pub answered: Option<u64>,
    pub stuck: Option<u64>,
    pub partly: Option<u64>,
    pub not_stuck: Option<u64>,
    /// 回収率
    pub response_rate: Option<f64>,
    /// 定着率(回答者)
    pub rate_of_answered: Option<f64>,
    /// Its Wilson interval (95 %).
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// 定着率(受講者)
    pub rate_of_due: Option<f64>,
    pub median_gain: Option<f64>,
}

/// A line of the survey of 令和4年度.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct BaselineLine {
    pub item: String,
    pub code: String,
    pub value: Option<f64>,
    pub unit: Option<String>,
    pub approx: bool,
    pub words: String,
    pub source: String,
}

impl RetentionFigures {
    /// Figures of the municipality with this code.
    pub(super) fn new(found: Vec<Figures>, code: &str) -> Self {
        let lines = baseline(code).into_iter().map(|line| BaselineLine {
            item: line.item,
            code: line.code,
            value: line.value,
            unit: line.unit.filter(|unit| !unit.is_empty()),
            approx: line.approx,
            words: line.words,
            source: line.source,
        });
        Self {
            versions: found
                .into_iter()
                .map(|figures| RetentionVersion {
                    rule_version: figures.version,
                    total: RetentionGroup::new(figures.total),
                    groups: figures.groups.into_iter().map(RetentionGroup::new).collect(),
                })
                .collect(),
            baseline: lines.collect(),
        }
    }
}

impl RetentionGroup {
    fn new(group: Group) -> Self {
        let count = group.count;
        let number = |of: fn(&crate::surveys::rules::Count) -> usize| {
            count.as_ref().map(|count| of(count) as u64)
        };
        let interval = count.and_then(|count| count.interval());
        Self {
            name: group.name,
            hidden: count.is_none(),
            due: number(|count| count.due),
            reached: number(|count| count.reached),
            answered: number(|count| count.answered),
            stuck: number(|count| count.stuck),
            partly: number(|count| count.partly),
            not_stuck: number(|count| count.not_stuck),
            response_rate: count.and_then(|count| count.response_rate()),
            rate_of_answered: count.and_then(|count| count.rate_of_answered()),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            rate_of_due: count.and_then(|count| count.rate_of_due()),
            median_gain: group.median_gain,
        }
    }
}
