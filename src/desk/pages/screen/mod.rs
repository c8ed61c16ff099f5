//! The screen: what it holds, and the words of it that take more than one value.

mod asked;
mod first;
mod third;

use askama::Template;
use chrono::{DateTime, Utc};
use entity::paths::path_step::{OverrideReason, StepState};
use entity::places::area;
use entity::residents::resident::{Device, Standing};
use entity::residents::resident_phone::PhoneOwner;
use entity::{BookingId, SessionId, SlotId, StaffId};

use crate::bookings::BookingRow;
use crate::desk::queries::{
    Board, Caller, EndedCall, MOST_PLACES, Offer, Offers, SEATS_SHOWN, Wished,
};
use crate::desk::rules::{self, Answers, Doubt, Edited, PlannedStep, ReadBack};
use crate::paths::rules::{Answer, QUESTIONS, Question};
use crate::platform::japan::PhoneNumber;
use crate::platform::web::Page;
use crate::platform::web::door::Returned;
use crate::residents::Found;
use crate::sessions::SessionRow;
use asked::{AskBox, ask_box, seat_read_back};

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
    pub booking: Option<BookingId>,
    pub candidates: Vec<Found>,
    /// The candidates are like the person who is to be registered.
    pub doubled: bool,
    pub fresh: Option<Fresh>,
    /// A note that could not be saved.
    pub note: Option<String>,
    /// What the call left that has just ended; the person is not named on a desk without a call.
    pub done: Option<EndedCall>,
    pub done_id: Option<BookingId>,
    /// The digit of the outcome and the day to call back, as they were typed.
    pub outcome: String,
    pub call_back: String,
    /// What the operator is asked before something is taken away.
    pub doubt: Option<Doubt>,
    /// Nothing can be stored now.
    pub unstored: bool,
}

impl Shown {
    /// With the cursor there.
    #[must_use]
    pub fn at(self, focus: Focus) -> Self {
        Self { focus: Some(focus), ..self }
    }

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
        parts.extend(self.doubt.map(|doubt| format!("ask={}", doubt.to_text())));
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

/// Digit and label of an answer to press.
pub struct Chip {
    pub digit: String,
    pub label: String,
    pub on: bool,
}

/// One question of the hearing.
pub struct Ask {
    pub question: &'static Question,
    pub label: String,
    /// How it is asked.
    pub sentence: String,
    /// 「6/12: 2」, what was said before; empty for nothing.
    pub before: String,
    pub before_digits: String,
    /// Asked only after another answer.
    pub after: Option<String>,
    pub hidden: bool,
    /// A chip `0` takes an answer back; the two longest rows have no room for it.
    pub skips: bool,
    pub chips: Vec<Chip>,
    pub focus: bool,
}

/// The screen.
#[derive(Template)]
#[template(path = "desk/pages/desk.html")]
pub struct Screen {
    pub page: Page,
    pub board: Board,
    pub shown: Shown,
    pub asks: Vec<Ask>,
    /// The open step, from 0, and its days.
    pub offers: Option<(usize, Offers)>,
    /// The seat that is kept in this call.
    pub kept: Option<(SessionId, Option<SlotId>)>,
    pub read_back: Option<ReadBack>,
    pub ask_box: Option<AskBox>,
    pub focus: &'static str,
}

impl Screen {
    /// Puts the screen together. `wished` is the day that was chosen beside the kept seat.
    pub fn new(
        page: Page,
        staff_id: StaffId,
        board: Board,
        offers: Option<(usize, Offers)>,
        wished: Option<&Wished>,
        mut shown: Shown,
    ) -> Self {
        let (call, caller) = (board.draft.as_ref(), board.caller.as_ref());
        let kept = caller.and_then(|caller| caller.held(staff_id, page.ctx.now));
        let read_back = caller.zip(call).and_then(|(caller, call)| {
            // What is gone is told instead of anything else that was booked.
            let made = caller.made_since(call.started_at, staff_id);
            let row = kept.or(made.filter(|_| caller.gone().is_none()))?;
            Some(seat_read_back(&page, caller, row))
        });
        let ask_box = shown
            .doubt
            .zip(caller)
            .and_then(|(doubt, caller)| ask_box(&page, caller, kept, wished, doubt));

        let nobody = call.is_some() && caller.is_none() && shown.candidates.is_empty();
        if nobody && shown.focus.is_none() && shown.fresh.is_none() {
            // A call without a person whose number nobody has: ask for the name.
            shown.fresh = Some(Fresh::default().after_search(&shown.typed));
        }

        let focus = match shown.focus {
            _ if ask_box.is_some() => "question",
            _ if !shown.candidates.is_empty() => "candidates",
            Some(focus) => focus.word(),
            None if shown.fresh.is_some() => "fresh",
            None if caller.is_some() => "ask",
            None => "find",
        };
        // Who reads a booking's number out wants to move or to cancel it.
        let mut bookings = caller.iter().flat_map(|caller| &caller.bookings);
        let names_booking = bookings.any(|row| shown.booking == Some(row.booking.id));
        let focus = if names_booking && focus == "ask" { "booking" } else { focus };

        Self {
            asks: asks(&page, &board, focus == "ask"),
            kept: kept.map(|row| (row.booking.session_id, row.booking.slot_id)),
            page,
            board,
            shown,
            offers,
            read_back,
            ask_box,
            focus,
        }
    }

    /// How many calls there were today, and how many are promised.
    fn today(&self) -> String {
        let (calls, backs) = (self.board.today_count, self.board.call_back_count);
        let (calls, backs) = (calls.to_string(), backs.to_string());
        self.page.f("desk.today", &[("calls", &calls), ("backs", &backs)])
    }

    /// The note as it was typed, or as it was saved.
    fn note(&self) -> &str {
        let saved = self.board.draft.as_ref().map_or("", |call| &call.note);
        self.shown.note.as_deref().unwrap_or(saved)
    }

    fn moment(&self, at: &DateTime<Utc>) -> String {
        rules::moment(self.page.ctx.lang, *at)
    }

    fn title<'a>(&'a self, row: &'a BookingRow) -> &'a str {
        self.page.pick(&row.session.title_ja, &row.session.title_en)
    }
}

fn asks(page: &Page, board: &Board, lead: bool) -> Vec<Ask> {
    let places = board.place_codes();
    let before = board.caller.as_ref().and_then(|caller| caller.before.as_ref());
    let next = if lead { rules::next_question(&board.answers, &places) } else { None };

    let ask = |question: &'static Question| {
        let pressed = rules::digits_of(question, &board.answers, &places);
        let said =
            before.map_or(String::new(), |(_, said)| rules::digits_of(question, said, &places));
        let line = before.filter(|_| !said.is_empty()).map(|(at, _)| {
            page.f("desk.before", &[("day", &rules::short_day(*at)), ("digits", &said)])
        });
        Ask {
            question,
            label: page.word("hearing", format!("{}.short", question.id)),
            sentence: page.word("hearing", format!("{}.ask", question.id)),
            before: line.unwrap_or_default(),
            before_digits: said,
            after: rules::asked_after(question),
            hidden: !rules::is_asked(question, &board.answers.hearing),
            skips: !question.multiple && !matches!(question.id, "H0" | "H1"),
            chips: ask_chips(page, board, question, &pressed),
            focus: next.is_some_and(|next| next.id == question.id),
        }
    };
    QUESTIONS.iter().map(ask).collect()
}

/// The questions as nobody has answered them yet.
pub fn blank_asks(page: &Page, places: Vec<area::Model>) -> Vec<Ask> {
    let board = Board {
        draft: None,
        answers: Answers::default(),
        places: places.into_iter().take(MOST_PLACES).collect(),
        caller: None,
        today_count: 0,
        call_back_count: 0,
    };
    asks(page, &board, false)
}

fn ask_chips(page: &Page, board: &Board, question: &Question, pressed: &str) -> Vec<Chip> {
    let chip = |digit: String, label: String| Chip { on: pressed.contains(&digit), digit, label };

    if question.id == "H5" {
        let places = board.places.iter().enumerate();
        let name = |area: &area::Model| {
            let name = page.pick(&area.name_ja, &area.name_en);
            name.strip_suffix("地区").unwrap_or(name).to_owned()
        };
        return places.map(|(at, area)| chip((at + 1).to_string(), name(area))).collect();
    }

    let label = |sets: &[(&str, &str)]| match sets {
        [(key, value)] => page.word("hearing", format!("{key}.{value}")),
        _ => page.t("hearing.needs.none").to_owned(),
    };
    let digits = question.digits.iter();
    digits.map(|digit| chip(digit.digit.to_string(), label(digit.sets))).collect()
}
