//! What the person said at the desk, question by question.
//!
//! Every answer is optional. An answer that was not given is *unknown*; no rule
//! may read it as "no".

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest area or venue code that is taken, in characters.
const LONGEST_CODE: usize = 64;
/// Most areas one person can name.
const MOST_AREAS: usize = 30;
/// Longest piece of a refused value that is repeated to the sender, in characters.
const LONGEST_ECHO: usize = 40;

/// An answer word: an enum with a fixed list of `snake_case` values.
pub trait Answer: Copy + Ord + 'static {
    /// All values, in the order of the digits at the desk.
    const ALL: &'static [Self];
    /// The word in the hearing map.
    fn word(self) -> &'static str;
    /// The value for a word, if there is one.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == word)
    }
}

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$note])* #[serde(rename = $word)] $variant),+ }
        impl Answer for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    )+};
}
pub(super) use answers;

answers! {
    /// H1: does the person have a smartphone, and use it?
    Device { None = "none", HaveUnused = "have_unused", SomeUse = "some_use", UseWell = "use_well" }
    /// H1a: would a person without a smartphone like to have one?
    Want { Yes = "yes", No = "no" }
    /// H2: what stands in the way. The first four are the reasons of the Chiyoda survey of 2022.
    Reason {
        NoInterest = "no_interest", LooksHard = "looks_hard",
        BuyingIsTrouble = "buying_is_trouble", NobodyToAsk = "nobody_to_ask",
        FearOfFraud = "fear_of_fraud", Cost = "cost",
        FamilyDoesIt = "family_does_it", Other = "other",
    }
    /// H3: what the person would like to be able to do.
    Interest {
        CallText = "call_text", Photo = "photo", Map = "map", Line = "line",
        Procedures = "procedures", Shopping = "shopping", Health = "health",
        Hobby = "hobby", None = "none",
    }
    /// H4: what the person can do alone today.
    CanDo {
        AnswerCall = "answer_call", TakePhoto = "take_photo", TypeText = "type_text",
        SeeMap = "see_map", SendLine = "send_line",
    }
    /// H5: when the person can come.
    TimeBand { WeekdayAm = "weekday_am", WeekdayPm = "weekday_pm", Weekend = "weekend" }
    /// H6: hearing and sight.
    Ease { Fine = "fine", Hard = "hard" }
    /// H6: walking and going out.
    Mobility { Fine = "fine", Hard = "hard", CannotGoOut = "cannot_go_out" }
    /// H7: somebody to ask.
    Support { None = "none", Near = "near", Far = "far" }
    /// H8: a way to reach the person.
    Channel { Letter = "letter", Phone = "phone", Sms = "sms", Email = "email", Line = "line" }
}

/// The answers of one hearing. Empty means that nothing was asked yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hearing {
    /// H1.
    pub device: Option<Device>,
    /// H1a, only for a person without a device.
    pub want: Option<Want>,
    /// H2.
    pub reasons: BTreeSet<Reason>,
    /// H3.
    pub interests: BTreeSet<Interest>,
    /// H4.
    pub can_do: BTreeSet<CanDo>,
    /// H5, codes of venues or areas.
    pub areas: BTreeSet<String>,
    /// H5.
    pub times: BTreeSet<TimeBand>,
    /// H6.
    pub hearing: Option<Ease>,
    /// H6.
    pub vision: Option<Ease>,
    /// H6.
    pub mobility: Option<Mobility>,
    /// H7.
    pub support: Option<Support>,
    /// H8, in the person's order of preference.
    pub channels: Vec<Channel>,
}

/// Why an entry of the hearing map was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// There is no such question.
    UnknownKey,
    /// The question has no such answer.
    UnknownValue,
    /// `want` is asked only of a person without a device.
    OnlyWithoutDevice,
}

/// One refused entry of the hearing map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("hearing.{key}: {value} is not an answer")]
pub struct HearingError {
    /// The key as it was sent, cut to a readable length.
    pub key: String,
    /// The value as it was sent, cut to a readable length.
    pub value: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl HearingError {
    fn new(key: &str, value: &Value, fault: Fault) -> Self {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Self { key: echo(key), value: echo(&text), fault }
    }
}

fn echo(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_ECHO).collect()
}

struct Reader(Vec<HearingError>);

impl Reader {
    fn refuse(&mut self, key: &str, value: &Value, fault: Fault) {
        self.0.push(HearingError::new(key, value, fault));
    }

    fn one<A: Answer>(&mut self, key: &str, value: &Value) -> Option<A> {
        let answer = value.as_str().and_then(A::from_word);
        if answer.is_none() {
            self.refuse(key, value, Fault::UnknownValue);
        }
        answer
    }

    fn items<'v>(&mut self, key: &str, value: &'v Value) -> &'v [Value] {
        if let Value::Array(items) = value {
            return items;
        }
        self.refuse(key, value, Fault::UnknownValue);
        &[]
    }

    fn many<A: Answer>(&mut self, key: &str, value: &Value) -> Vec<A> {
        let mut answers = Vec::new();
        for item in self.items(key, value) {
            if let Some(answer) = self.one::<A>(key, item)
                && !answers.contains(&answer)
            {
                answers.push(answer);
            }
        }
        answers
    }

    fn codes(&mut self, key: &str, value: &Value) -> BTreeSet<String> {
        let mut codes = BTreeSet::new();
        for item in self.items(key, value) {
            match item.as_str() {
                Some(code) if is_code(code) && codes.len() < MOST_AREAS => {
                    codes.insert(code.to_owned());
                }
                _ => self.refuse(key, item, Fault::UnknownValue),
            }
        }
        codes
    }
}

fn is_code(code: &str) -> bool {
    !code.is_empty()
        && code.chars().count() <= LONGEST_CODE
        && !code.chars().any(|c| c.is_control() || c.is_whitespace())
}

impl Hearing {
    /// Reads the hearing map of the API and of the desk.
    ///
    /// # Errors
    /// Every unknown key and every unknown value, each by name; whether an area
    /// code exists is for the caller to say, who knows the venues.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, Vec<HearingError>> {
        let mut reader = Reader(Vec::new());
        let mut found = Self::default();
        for (key, value) in map {
            match key.as_str() {
                "device" => found.device = reader.one(key, value),
                "want" => found.want = reader.one(key, value),
                "reasons" => found.reasons = reader.many(key, value).into_iter().collect(),
                "interests" => found.interests = reader.many(key, value).into_iter().collect(),
                "can_do" => found.can_do = reader.many(key, value).into_iter().collect(),
                "areas" => found.areas = reader.codes(key, value),
                "times" => found.times = reader.many(key, value).into_iter().collect(),
                "hearing" => found.hearing = reader.one(key, value),
                "vision" => found.vision = reader.one(key, value),
                "mobility" => found.mobility = reader.one(key, value),
                "support" => found.support = reader.one(key, value),
                "channels" => found.channels = reader.many(key, value),
                _ => reader.refuse(key, value, Fault::UnknownKey),
            }
        }

        if let (Some(want), Some(device)) = (found.want, found.device)
            && device != Device::None
        {
            let value = Value::from(want.word());
            reader.refuse("want", &value, Fault::OnlyWithoutDevice);
        }

        if reader.0.is_empty() { Ok(found) } else { Err(reader.0) }
    }

    /// The answers as a map with sorted keys. Values stand in the order of the
    /// questions, so equal hearings give equal bytes; unknown answers are absent.
    pub fn to_json(&self) -> BTreeMap<&'static str, Value> {
        let mut map = BTreeMap::new();
        one(&mut map, "device", self.device);
        one(&mut map, "want", self.want);
        many(&mut map, "reasons", &self.reasons);
        many(&mut map, "interests", &self.interests);
        many(&mut map, "can_do", &self.can_do);
        if !self.areas.is_empty() {
            let areas: Vec<&str> = self.areas.iter().map(String::as_str).collect();
            map.insert("areas", Value::from(areas));
        }
        many(&mut map, "times", &self.times);
        one(&mut map, "hearing", self.hearing);
        one(&mut map, "vision", self.vision);
        one(&mut map, "mobility", self.mobility);
        one(&mut map, "support", self.support);
        many(&mut map, "channels", &self.channels);
        map
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn one<A: Answer>(map: &mut BTreeMap<&'static str, Value>, key: &'static str, answer: Option<A>) {
    if let Some(answer) = answer {
        map.insert(key, Value::from(answer.word()));
    }
}

fn many<'a, A: Answer>(
    map: &mut BTreeMap<&'static str, Value>,
    key: &'static str,
    answers: impl IntoIterator<Item = &'a A>,
) {
    let words: Vec<&str> = answers.into_iter().map(|answer| answer.word()).collect();
    if !words.is_empty() {
        map.insert(key, Value::from(words));
    }
}

impl<'de> Deserialize<'de> for Hearing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::deserialize(deserializer)?;
        Self::parse(&map).map_err(|errors| {
            let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(all.join("; "))
        })
    }
}

impl Serialize for Hearing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(value: Value) -> Result<Hearing, Vec<HearingError>> {
        Hearing::parse(value.as_object().expect("a map"))
    }

    #[test]
    fn an_empty_map_knows_nothing() {
        assert!(parse(json!({})).expect("valid").is_empty());
    }

    #[test]
    fn a_full_hearing_comes_back_in_the_same_bytes() {
        let full = json!({
            "areas": ["kojimachi"], "can_do": ["answer_call"], "channels": ["phone", "letter"],
            "device": "none", "hearing": "hard", "interests": ["photo", "map"],
            "mobility": "cannot_go_out", "reasons": ["no_interest", "cost"], "support": "far",
            "times": ["weekday_am"], "vision": "fine", "want": "no"
        });
        let hearing = parse(full.clone()).expect("valid");
        let written = serde_json::to_string(&hearing).expect("text");
        assert_eq!(written, full.to_string());
    }

    #[test]
    fn order_and_repetition_do_not_matter_but_for_channels() {
        let a = parse(json!({"reasons": ["cost", "no_interest", "cost"]})).expect("valid");
        let b = parse(json!({"reasons": ["no_interest", "cost"]})).expect("valid");
        assert_eq!(a, b);
        let c = parse(json!({"channels": ["phone", "letter", "phone"]})).expect("valid");
        assert_eq!(c.channels, [Channel::Phone, Channel::Letter]);
    }

    #[test]
    fn what_is_unknown_is_named() {
        let cases = [
            (json!({"shoe": "42"}), "shoe", "42", Fault::UnknownKey),
            (json!({"device": "tablet"}), "device", "tablet", Fault::UnknownValue),
            (json!({"device": null}), "device", "null", Fault::UnknownValue),
            (json!({"reasons": "cost"}), "reasons", "cost", Fault::UnknownValue),
            (json!({"reasons": ["cost", 7]}), "reasons", "7", Fault::UnknownValue),
            (json!({"areas": ["a b"]}), "areas", "a b", Fault::UnknownValue),
            (json!({"hearing": "cannot_go_out"}), "hearing", "cannot_go_out", Fault::UnknownValue),
            (json!({"device": "use_well", "want": "no"}), "want", "no", Fault::OnlyWithoutDevice),
        ];

        for (map, key, value, fault) in cases {
            let errors = parse(map.clone()).expect_err("refused");
            assert_eq!(errors.len(), 1, "{map}");
            assert_eq!((errors[0].key.as_str(), errors[0].value.as_str()), (key, value));
            assert_eq!(errors[0].fault, fault, "{map}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_cut_short() {
        let long = "x".repeat(500);
        let errors = parse(json!({"a": 1, "device": long})).expect_err("refused");
        assert_eq!(errors.len(), 2);
        assert!(errors.iter().all(|error| error.value.len() <= LONGEST_ECHO));
    }
}
