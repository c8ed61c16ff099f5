//! What the screen says: view structs for the templates.

mod asked;
mod first;
mod third;

use askama::Template;
use entity::StaffId;
use entity::paths::path_step::{OverrideReason, StepState};
use entity::residents::resident::{self, Device, Mobility, Need};
use entity::residents::resident_phone::PhoneOwner;
use entity::residents::timeline_entry::TimelineKind;

use super::words;
use crate::desk::queries::{Board, MOST_PLACES, Offer, Offers, Person, SEATS_SHOWN, Wished};
use crate::desk::rules::{self, Answers, Edited, Question, ReadBack};
use crate::paths::rules::{self as path, Answer, QUESTIONS, StepKind};
use crate::platform::japan::PhoneNumber;
use crate::platform::web::Page;
use crate::platform::web::door::Returned;
use crate::residents::rules::{owner_key, with_owner};
use crate::residents::{Found, timeline};
use crate::sessions::SessionRow;
use crate::surveys::rules::ASK_BEFORE_DAYS;
use asked::{ask_box, gone_line, told, what};
use first::{caller, candidates};
use third::{addable, plan, plan_notes, seats};

/// Where the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Find,
    Ask,
    Plan,
    Seats,
    Finish,
}

impl Focus {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Find, "find"),
        (Self::Ask, "ask"),
        (Self::Plan, "plan"),
        (Self::Seats, "seats"),
        (Self::Finish, "finish"),
    ];

    /// Reads the word of an address.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(focus, _)| *focus)
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(focus, _)| *focus == self).map_or("", |(_, word)| word)
    }
}

/// What is shown beside the stored call.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The path as the operator changed it.
    pub path: Option<Edited>,
    /// The step whose days are shown, from 0.
    pub step: Option<usize>,
    /// Days leafed over.
    pub skip: usize,
    pub focus: Option<Focus>,
    pub notice: Option<String>,
    /// What was typed into the one box.
    pub typed: String,
    /// The booking whose number was typed: what the call is about.
    pub booking: Option<i64>,
    pub candidates: Vec<Found>,
    /// The candidates are like the person who is to be registered.
    pub doubled: bool,
    pub fresh: Option<Fresh>,
    /// A note that could not be saved.
    pub note: Option<String>,
    /// What the call left that has just ended.
    pub done: Option<Done>,
    pub done_id: Option<i64>,
    /// The digit of the outcome and the day to call back, as they were typed.
    pub outcome: String,
    pub call_back: String,
    /// What the operator is asked before something is taken away.
    pub question: Option<Question>,
    /// Nothing can be stored now.
    pub unstored: bool,
}

impl Shown {
    /// The address that shows the same; nothing of the person is in it.
    pub fn link(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.done_id.map(|id| format!("done={id}")));
        parts.extend(self.path.as_ref().map(|path| format!("path={}", path.to_text())));
        parts.extend(self.step.map(|step| format!("step={step}")));
        if self.skip > 0 {
            parts.push(format!("skip={}", self.skip));
        }
        parts.extend(self.booking.map(|id| format!("booking={id}")));
        parts.extend(self.question.map(|asked| format!("ask={}", asked.to_text())));
        parts.extend(self.focus.map(|focus| format!("focus={}", focus.word())));
        if parts.is_empty() { "/desk".to_owned() } else { format!("/desk?{}", parts.join("&")) }
    }
}

/// The form for a person whom nobody knows yet.
#[derive(Clone, Debug, Default)]
pub struct Fresh {
    pub kana: String,
    pub name: String,
    pub postal: String,
    pub address: String,
    pub band: String,
    /// What is wrong with it.
    pub back: Returned,
}

impl Fresh {
    /// Whether nothing stands in any field.
    pub fn is_empty(&self) -> bool {
        let Self { kana, name, postal, address, band, back: _ } = self;
        [kana, name, postal, address, band].iter().all(|text| text.is_empty())
    }

    /// Whether something is wrong with what a letter needs.
    pub fn letter_is_wrong(&self) -> bool {
        let of_letter = ["name", "postal", "address"];
        self.back.errors.iter().any(|error| of_letter.contains(&error.field.as_str()))
    }

    /// The form after a search: a name that was sought is put where no reading was typed; a
    /// number is not.
    pub fn after_search(mut self, sought: &str) -> Self {
        if self.kana.is_empty() && !sought.chars().any(|c| c.is_numeric()) {
            self.kana = sought.to_owned();
        }
        self
    }
}

/// Digit, value and label of something to press.
pub struct Chip {
    pub digit: String,
    pub value: String,
    pub label: String,
    pub on: bool,
}

/// One question.
pub struct Ask {
    pub id: &'static str,
    pub label: String,
    /// How it is asked.
    pub sentence: String,
    /// 「6/12: 2」, what was said before; empty for nothing.
    pub before: String,
    pub before_digits: String,
    pub multiple: bool,
    /// Asked only after another answer.
    pub after: String,
    pub hidden: bool,
    /// A chip `0` takes an answer back; the two longest rows have no room for it.
    pub skips: bool,
    pub chips: Vec<Chip>,
    pub focus: bool,
}

/// A candidate.
pub struct Candidate {
    pub digit: usize,
    pub id: i64,
    pub kana: String,
    pub line: String,
}

/// The person of the call.
pub struct Caller {
    pub id: i64,
    pub kana: String,
    pub line: String,
    pub warning: Option<String>,
    pub needs: Vec<String>,
    pub facts: Vec<(String, String)>,
    /// The caller's number is not the person's yet.
    pub new_number: Option<String>,
    /// Numbers that were added in this call, with their digits.
    pub added: Vec<(String, String)>,
    pub promises: Vec<String>,
    /// The interview after three months that can be made now, or whose answers ask for a path.
    pub surveys: Vec<SurveyRow>,
    pub bookings: Vec<BookedRow>,
    /// What was cancelled in this call.
    pub cancelled: Vec<BookedRow>,
    pub history: Vec<HistoryRow>,
}

/// A follow-up to look at during the call.
pub struct SurveyRow {
    pub link: String,
    pub text: String,
}

/// A living booking.
pub struct BookedRow {
    pub id: i64,
    pub when: String,
    /// What has begun cannot be moved.
    pub begun: bool,
    /// Its number was typed: the cursor stands on it.
    pub asked: bool,
    pub title: String,
    pub number: String,
    pub state: String,
}

/// A line of the person's history.
pub struct HistoryRow {
    pub date: String,
    pub day: String,
    pub kind: String,
    pub sentence: String,
}

/// A step of the path.
pub struct PlanRow {
    pub number: usize,
    pub index: usize,
    pub title: String,
    pub why: String,
    pub changed: Option<String>,
    pub has_days: bool,
    pub open: bool,
}

/// A day to offer.
pub struct SeatRow {
    pub digit: usize,
    pub value: String,
    pub label: String,
    pub free: String,
    pub on: bool,
}

/// What is said of the call that has just ended; the person is not named on a desk without a call.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// 「結果：予約した」.
    pub outcome: String,
    /// 「折り返す日：12月3日（木曜日）」; empty for none.
    pub call_back: String,
    /// Day and title of the booking that it left; empty for none.
    pub booking: String,
    pub number: String,
}

/// A question before something is taken away: what stands, and what happens to it.
pub struct AskBox {
    pub title: String,
    /// What the operator reads back.
    pub said: ReadBack,
    /// The day that was chosen besides, to be read aloud too.
    pub other: Option<ReadBack>,
    /// What is told to the operator besides.
    pub more: String,
    pub keep: String,
    pub take: String,
    /// Where the second button sends the form, and under which name and value.
    pub action: &'static str,
    pub name: &'static str,
    pub value: String,
}

/// The days of one step.
pub struct Seats {
    pub title: String,
    pub rows: Vec<SeatRow>,
    pub wait: Option<SeatRow>,
    pub more: Option<usize>,
    pub back: Option<usize>,
}

/// The screen.
#[derive(Template)]
#[template(path = "desk/pages/desk.html")]
pub struct Screen {
    pub page: Page,
    pub call: String,
    pub path: String,
    pub step: String,
    pub skip: usize,
    pub ring: Option<String>,
    /// Seconds since the call began.
    pub seconds: i64,
    pub today: String,
    pub notice: Option<String>,
    pub done: Option<Done>,
    pub typed: String,
    pub candidates: Vec<Candidate>,
    pub doubled: bool,
    pub fresh: Option<Fresh>,
    pub bands: Vec<Chip>,
    pub who: Option<Caller>,
    pub asks: Vec<Ask>,
    pub note: String,
    pub plan: Vec<PlanRow>,
    pub plan_notes: Vec<String>,
    pub edited: bool,
    pub addable: Vec<(String, String)>,
    pub whys: Vec<Chip>,
    pub seats: Option<Seats>,
    pub read_back: Option<ReadBack>,
    pub question: Option<AskBox>,
    /// The seat that was read back and is gone: what is said of it.
    pub gone: Option<String>,
    pub unstored: bool,
    /// Whose number is added, for each button its value and label.
    pub owners: Vec<(&'static str, String)>,
    /// A person who wants a letter and has no address.
    pub no_address: Option<i64>,
    pub is_held: bool,
    pub outcomes: Vec<Chip>,
    pub call_back: String,
    pub focus: &'static str,
}

impl Screen {
    /// Puts the screen together.
    pub fn new(
        page: Page,
        staff_id: StaffId,
        board: &Board,
        offers: Option<(usize, Offers)>,
        wished: Option<&Wished>,
        shown: Shown,
    ) -> Self {
        let person = board.person.as_ref();
        let draft = board.draft.as_ref();
        let open_step = offers.as_ref().map(|(at, _)| *at);
        let seats = offers.map(|(at, offers)| seats(&page, staff_id, board, &shown, at, &offers));

        let kept = person.and_then(|person| person.held(staff_id, page.ctx.now));
        let gone = person.and_then(Person::gone);
        let made = person.zip(draft).and_then(|(person, draft)| {
            kept.or_else(|| {
                person.made_since(draft.started_at, staff_id).filter(|_| gone.is_none())
            })
        });
        let read_back = made.zip(person).map(|(row, person)| told(&page, person, row, what(row)));

        let question = shown
            .question
            .zip(person)
            .and_then(|(question, person)| ask_box(&page, person, kept, wished, question));
        let gone = gone.map(|row| gone_line(&page, row));

        let fresh = shown.fresh.clone().or_else(|| {
            // A call without a person whose number nobody has: ask for the name.
            let nobody = person.is_none() && shown.candidates.is_empty();
            draft
                .filter(|_| nobody && shown.focus.is_none())
                .map(|_| Fresh::default().after_search(&shown.typed))
        });

        let focus = match (&shown.focus, &fresh) {
            _ if question.is_some() => "question",
            _ if !shown.candidates.is_empty() => "candidates",
            (Some(focus), _) => focus.word(),
            (None, Some(_)) => "fresh",
            (None, None) if person.is_some() => "ask",
            (None, None) => "find",
        };
        let who = person.map(|person| caller(&page, board, person, shown.booking));
        // Who reads a booking's number out wants to move or to cancel it.
        let focus = match &who {
            Some(who) if who.bookings.iter().any(|row| row.asked) && focus == "ask" => "booking",
            _ => focus,
        };

        let edited = shown.path.is_some();
        Self {
            call: draft.map_or(String::new(), |draft| draft.id.to_string()),
            path: shown.path.as_ref().map_or(String::new(), Edited::to_text),
            step: shown.step.map_or(String::new(), |step| step.to_string()),
            skip: shown.skip,
            ring: draft.map(|draft| ring(&page, draft.caller_phone.as_deref())),
            seconds: draft.map_or(0, |draft| (page.ctx.now - draft.started_at).num_seconds()),
            today: page.f(
                "desk.today",
                &[
                    ("calls", &board.today_count.to_string()),
                    ("backs", &board.call_back_count.to_string()),
                ],
            ),
            candidates: candidates(&page, &shown.candidates),
            bands: chips(&page, "desk.age.", 5, fresh.as_ref().map_or("", |f| f.band.as_str())),
            asks: asks(&page, board, focus == "ask"),
            note: shown
                .note
                .clone()
                .unwrap_or_else(|| draft.map_or(String::new(), |draft| draft.note.clone())),
            no_address: person
                .filter(|person| person.ways.lack_address())
                .map(|person| person.card.resident.id.0),
            doubled: shown.doubled,
            plan: person.map_or(Vec::new(), |person| plan(&page, person, &shown, open_step)),
            plan_notes: person.map_or(Vec::new(), |person| plan_notes(&page, person)),
            addable: addable(&page, person, &shown),
            whys: chips(&page, "path.override.", OverrideReason::ALL.len(), ""),
            outcomes: chips(&page, "desk.outcome.", 6, &shown.outcome),
            call_back: shown.call_back,
            is_held: kept.is_some(),
            owners: PhoneOwner::ALL
                .iter()
                .map(|whose| (whose.as_str(), page.t(owner_key(*whose)).to_owned()))
                .collect(),
            unstored: shown.unstored,
            question,
            gone,
            notice: shown.notice,
            done: shown.done,
            typed: shown.typed,
            page,
            fresh,
            who,
            edited,
            seats,
            read_back,
            focus,
        }
    }
}

fn ring(page: &Page, phone: Option<&str>) -> String {
    match phone {
        Some(digits) => page.f1("desk.ring", "phone", words::phone(digits)),
        None => page.t("desk.ring.withheld").to_owned(),
    }
}

/// Chips `1` to `count`, labelled by the keys `<prefix>1`...
pub fn chips(page: &Page, prefix: &str, count: usize, on: &str) -> Vec<Chip> {
    let chip = |at: usize| {
        let digit = at.to_string();
        let label = page.t(&format!("{prefix}{at}")).to_owned();
        Chip { value: digit.clone(), label, on: on == digit, digit }
    };
    (1..=count).map(chip).collect()
}

fn asks(page: &Page, board: &Board, lead: bool) -> Vec<Ask> {
    let places = board.place_codes();
    let person = board.person.as_ref();
    let before = person.and_then(|person| person.before.as_ref());
    let next = if lead { rules::next_question(&board.answers, &places) } else { None };

    let ask = |question: &'static path::Question| {
        let pressed = rules::digits_of(question, &board.answers, &places);
        let said =
            before.map_or(String::new(), |(_, said)| rules::digits_of(question, said, &places));
        let line = before.filter(|_| !said.is_empty());
        Ask {
            id: question.id,
            label: page.t(&format!("hearing.{}.short", question.id)).to_owned(),
            sentence: page.t(&format!("hearing.{}.ask", question.id)).to_owned(),
            before: line.map_or(String::new(), |(at, _)| {
                page.f("desk.before", &[("day", &words::short_day(*at)), ("digits", &said)])
            }),
            before_digits: said,
            multiple: question.multiple,
            after: question.only_after.map_or(String::new(), after),
            hidden: is_hidden(question, &board.answers),
            skips: !question.multiple && !matches!(question.id, "H0" | "H1"),
            chips: ask_chips(page, board, question, &pressed),
            focus: next.is_some_and(|next| next.id == question.id),
        }
    };
    QUESTIONS.iter().map(ask).collect()
}

/// The questions as nobody has answered them yet.
pub fn blank_asks(page: &Page, places: Vec<entity::places::area::Model>) -> Vec<Ask> {
    let board = Board {
        draft: None,
        answers: Answers::default(),
        places: places.into_iter().take(MOST_PLACES).collect(),
        person: None,
        today_count: 0,
        call_back_count: 0,
    };
    asks(page, &board, false)
}

/// The question and digit, `H1:1`, after which another question is asked.
fn after((key, value): (&str, &str)) -> String {
    let question = QUESTIONS.iter().find(|question| question.key == key);
    let digit = question.and_then(|question| {
        let sets = |sets: &[(&str, &str)]| sets.contains(&(key, value));
        Some(format!("{}:{}", question.id, question.digits.iter().find(|d| sets(d.sets))?.digit))
    });
    digit.unwrap_or_default()
}

fn is_hidden(question: &path::Question, answers: &Answers) -> bool {
    question.only_after.is_some_and(|(key, value)| {
        answers.hearing.get(key).and_then(|v| v.as_str()) != Some(value)
    })
}

fn ask_chips(page: &Page, board: &Board, question: &path::Question, pressed: &str) -> Vec<Chip> {
    let chip = |digit: String, label: String| Chip {
        on: pressed.contains(&digit),
        value: digit.clone(),
        digit,
        label,
    };

    if question.id == "H5" {
        let places = board.places.iter().enumerate();
        let name = |area: &entity::places::area::Model| {
            let name = page.pick(&area.name_ja, &area.name_en);
            name.strip_suffix("地区").unwrap_or(name).to_owned()
        };
        return places.map(|(at, area)| chip((at + 1).to_string(), name(area))).collect();
    }

    let label = |sets: &[(&str, &str)]| match sets {
        [(key, value)] => page.t(&format!("hearing.{key}.{value}")).to_owned(),
        _ => page.t("hearing.needs.none").to_owned(),
    };
    let digits = question.digits.iter();
    digits.map(|digit| chip(digit.digit.to_string(), label(digit.sets))).collect()
}
