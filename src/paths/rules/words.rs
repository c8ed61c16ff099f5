//! The words a path is written in: kinds of steps, effects, topics, needs.

use serde::{Deserialize, Serialize};

use super::hearing::{Answer, answers};

answers! {
    /// What a step of a path is.
    StepKind {
        ClassBasic = "class_basic", ClassApplied = "class_applied",
        PracticeApp = "practice_app", Consultation = "consultation",
        EventGame = "event_game", EventQuiz = "event_quiz", EventWalk = "event_walk",
        Survey = "survey",
    }
    /// What a rule asks for: a kind, or an event of the kind that suits the person.
    Wanted {
        ClassBasic = "class_basic", ClassApplied = "class_applied",
        PracticeApp = "practice_app", Consultation = "consultation",
        Event = "event", Survey = "survey",
    }
    /// Tells two steps of one kind apart.
    Part {
        /// The step everybody means by the kind.
        Main = "main",
        /// A second consultation, after a class.
        FollowUp = "follow_up",
        /// A consultation in place of a class.
        OneToOne = "one_to_one",
        /// The call that asks for the person's wishes again.
        AskAgain = "ask_again",
        /// What fills the time until a place is free.
        Meanwhile = "meanwhile",
    }
    /// How a step reaches the person.
    Mode { InPerson = "in_person", ByPhone = "by_phone", AtHome = "at_home" }
    /// The effects of the Chiyoda plan (committee paper of 2024-07-03).
    Tag {
        Interest = "interest", HandsOn = "hands_on", Reassurance = "reassurance",
        Practice = "practice", Retention = "retention", SomeoneToAsk = "someone_to_ask",
        Ask = "ask",
    }
    /// What a step is about.
    Topic {
        FirstSteps = "first_steps", BeforeBuying = "before_buying",
        PlansAndCost = "plans_and_cost", Safety = "safety", OwnTrouble = "own_trouble",
        LargeText = "large_text", OnlineProcedures = "online_procedures",
        Payments = "payments", NextSteps = "next_steps", Practice = "practice",
        SomethingFun = "something_fun", Repeat = "repeat", AskAgain = "ask_again",
    }
    /// What a step must bring along for this person.
    Need {
        StepFree = "step_free", OrByPhone = "or_by_phone", OneToOne = "one_to_one",
        SameStaff = "same_staff", OtherTeacher = "other_teacher", SmallGroup = "small_group",
        LendPhone = "lend_phone", WrittenNotes = "written_notes", LargeText = "large_text",
        FamilyWelcome = "family_welcome", PostedMaterial = "posted_material",
    }
    /// What the staff arranges around the path.
    Arrangement {
        LargeLetter = "large_letter", BuyingChecklist = "buying_checklist",
        NumberCard = "number_card", InviteHelper = "invite_helper",
        CallMonthly = "call_monthly", PhoneSoon = "phone_soon",
        StopAutoBooking = "stop_auto_booking", OtherVenue = "other_venue",
        WaitingList = "waiting_list", FamilyTask = "family_task",
        OfferSupporter = "offer_supporter", OfferApplied = "offer_applied",
        RecordUnmetNeed = "record_unmet_need", StopAllContact = "stop_all_contact",
    }
    /// Why a path ends without steps.
    Closing { Reached = "reached", Silent = "silent" }
    /// When a step only counts if something happened before.
    OnlyIf { Bought = "bought" }
    /// What the three-month survey found.
    SurveyResult { Stuck = "stuck", NotStuck = "not_stuck" }
    /// Why the phone is not used three months later.
    Why {
        Forgot = "forgot", NoOccasion = "no_occasion", Trouble = "trouble",
        Fear = "fear", Health = "health", NoNeed = "no_need", Other = "other",
    }
    /// Why a person is no longer with us.
    Left { MovedOut = "moved_out", Deceased = "deceased", Withdrawn = "withdrawn" }
}

impl StepKind {
    /// Whether this is one of the three experience events.
    pub fn is_event(self) -> bool {
        matches!(self, Self::EventGame | Self::EventQuiz | Self::EventWalk)
    }

    /// Whether this is a class.
    pub fn is_class(self) -> bool {
        matches!(self, Self::ClassBasic | Self::ClassApplied)
    }

    /// How the step usually reaches the person.
    pub fn usual_mode(self) -> Mode {
        match self {
            Self::PracticeApp | Self::Survey => Mode::AtHome,
            _ => Mode::InPerson,
        }
    }
}

impl Wanted {
    /// Whether a step of this kind is what was asked for.
    pub fn matches(self, kind: StepKind) -> bool {
        match self.fixed_kind() {
            Some(fixed) => fixed == kind,
            None => kind.is_event(),
        }
    }

    /// The kind, or none for an event, whose kind the person's interests choose.
    pub fn fixed_kind(self) -> Option<StepKind> {
        match self {
            Self::ClassBasic => Some(StepKind::ClassBasic),
            Self::ClassApplied => Some(StepKind::ClassApplied),
            Self::PracticeApp => Some(StepKind::PracticeApp),
            Self::Consultation => Some(StepKind::Consultation),
            Self::Survey => Some(StepKind::Survey),
            Self::Event => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::hearing::{CanDo, Channel, Device, Ease, Interest, Mobility, Reason};
    use super::super::hearing::{Support, TimeBand, Want};
    use super::super::questions::QUESTIONS;
    use super::*;

    const WORDING: &str = include_str!("../../../seeds/wording/paths.tsv");

    fn wording() -> BTreeMap<&'static str, Vec<&'static str>> {
        let lines = WORDING.lines().map(|line| line.split('\t'));
        let rows = lines.map(|mut cells| (cells.next().unwrap_or_default(), cells.collect()));
        rows.collect()
    }

    fn keys<A: Answer>(prefix: &str) -> Vec<String> {
        let words = A::ALL.iter().map(|value| value.word());
        words.map(|word| format!("{prefix}.{word}")).collect()
    }

    #[test]
    fn every_word_of_a_path_is_said_in_both_languages() {
        let mut wanted: BTreeSet<String> = [
            keys::<StepKind>("kind"),
            keys::<Mode>("mode"),
            keys::<Part>("part"),
            keys::<Tag>("tag"),
            keys::<Topic>("topic"),
            keys::<Need>("need"),
            keys::<Arrangement>("arrangement"),
            keys::<OnlyIf>("only_if"),
            keys::<Closing>("closing"),
            keys::<SurveyResult>("outcome"),
            keys::<Why>("why"),
            keys::<Left>("left"),
            keys::<Device>("hearing.device"),
            keys::<Want>("hearing.want"),
            keys::<Reason>("hearing.reasons"),
            keys::<Interest>("hearing.interests"),
            keys::<CanDo>("hearing.can_do"),
            keys::<TimeBand>("hearing.times"),
            keys::<Ease>("hearing.hearing"),
            keys::<Ease>("hearing.vision"),
            keys::<Mobility>("hearing.mobility"),
            keys::<Support>("hearing.support"),
            keys::<Channel>("hearing.channels"),
        ]
        .concat()
        .into_iter()
        .collect();

        for question in QUESTIONS {
            wanted.insert(format!("hearing.{}.short", question.id));
            wanted.insert(format!("hearing.{}.ask", question.id));
            for (key, value) in question.digits.iter().flat_map(|digit| digit.sets) {
                wanted.insert(format!("hearing.{key}.{value}"));
            }
        }

        let wording = wording();
        for key in wanted {
            let texts = wording.get(key.as_str());
            let said = texts.is_some_and(|texts| {
                texts.len() == 2 && texts.iter().all(|text| !text.trim().is_empty())
            });
            assert!(said, "{key} is not said: {texts:?}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for kind in StepKind::ALL {
            assert_eq!(StepKind::from_word(kind.word()), Some(*kind));
        }
        assert_eq!(StepKind::from_word("party"), None);
    }
}
