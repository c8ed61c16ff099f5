//! Pure decisions: which page comes next, and what is wrong with what was typed.

use chrono::{DateTime, NaiveDate, Utc};
use entity::SessionId;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{Device, Mobility, Need};
use serde::{Deserialize, Serialize};

use crate::platform::FieldError;
use crate::platform::japan::phone::digits_of;
use crate::platform::japan::{BirthInput, PhoneNumber, PostalCode};
use crate::platform::text::{Kana, PersonName};
use crate::residents::intake::{Birth, Intake, is_reading};

/// Bytes of one typed field that are kept. More than any field may have, so that what is cut here
/// is refused as too long and never stored shortened.
pub const MAX_TYPED: usize = 2000;

/// The pages of a booking, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingStep {
    Who,
    /// Another day: asked only when the chosen one is gone, or is to be changed.
    Day,
    /// The time of a 1-on-1 consultation.
    Time,
    Name,
    Phone,
    Way,
    /// The address that the chosen way needs.
    Address,
    /// What helps to prepare; nobody has to pass through it.
    Extra,
    Check,
}

impl BookingStep {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Who, "who"),
        (Self::Day, "day"),
        (Self::Time, "time"),
        (Self::Name, "name"),
        (Self::Phone, "phone"),
        (Self::Way, "way"),
        (Self::Address, "address"),
        (Self::Extra, "extra"),
        (Self::Check, "check"),
    ];

    /// The last part of the page's path.
    pub fn slug(self) -> &'static str {
        Self::ALL.iter().find(|(step, _)| *step == self).map_or("who", |(_, slug)| slug)
    }

    /// The page with this last part of its path.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == slug).map(|(step, _)| *step)
    }
}

/// Who takes part: changes only how the questions are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attendee {
    Myself,
    Family,
}

/// All that a person has typed on the way to a booking. Without `Debug`: it is personal.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    pub session: i64,
    /// Whether the session has 1-on-1 times of which one must be chosen.
    pub timed: bool,
    /// Start of the chosen time, seconds since 1970.
    pub time: Option<i64>,
    /// Whether the person would wait for a place.
    pub wait: bool,
    pub who: Option<Attendee>,
    pub name: String,
    pub kana: String,
    pub phone: String,
    pub way: Option<Channel>,
    pub postal: String,
    pub address: String,
    pub email: String,
    pub birth: String,
    pub device: Option<Device>,
    /// `hearing`, `vision`, `mobility`.
    pub needs: Vec<String>,
}

/// The fields of any one page, as the browser sends them.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct BookForm {
    pub session: String,
    pub time: String,
    pub wait: String,
    pub who: String,
    pub name: String,
    pub kana: String,
    pub phone: String,
    pub way: String,
    pub postal: String,
    pub address: String,
    pub email: String,
    pub birth: String,
    pub device: String,
    pub needs: Vec<String>,
}

/// The ways of sending the details that the form offers.
pub const WAYS: [Channel; 3] = [Channel::Letter, Channel::Phone, Channel::Email];

/// The needs that the form asks for.
pub const NEEDS: [&str; 3] = ["hearing", "vision", "mobility"];

/// The answer that no day suits: leads to the phone.
pub const NO_DAY: &str = "none";
/// The answer that the person waits for a place.
pub const WAIT: &str = "wait";

impl Answers {
    /// A booking of `session` that begins.
    pub fn begin(session: SessionId, timed: bool, time: Option<i64>, wait: bool) -> Self {
        Self { session: session.0, timed, time, wait, ..Self::default() }
    }

    /// The session.
    pub fn session_id(&self) -> SessionId {
        SessionId(self.session)
    }

    /// Takes over what was typed on one page; the day is chosen from a list and not taken here.
    pub fn take(&mut self, step: BookingStep, typed: &BookForm) {
        let kept = |text: &str| cut(text.trim(), MAX_TYPED).to_owned();

        match step {
            BookingStep::Who => {
                self.who = match typed.who.as_str() {
                    "myself" => Some(Attendee::Myself),
                    "family" => Some(Attendee::Family),
                    _ => None,
                }
            }

            BookingStep::Time => {
                self.wait = typed.time == WAIT;
                self.time = typed.time.parse().ok();
            }

            BookingStep::Name => {
                self.name = kept(&typed.name);
                self.kana = kept(&typed.kana);
                // A name written in kana reads as it is written.
                if self.kana.is_empty() && is_reading(&self.name) {
                    self.kana = self.name.clone();
                }
            }

            BookingStep::Phone => self.phone = kept(&typed.phone),
            BookingStep::Way => {
                self.way = Channel::from_text(&typed.way).filter(|way| WAYS.contains(way))
            }
            BookingStep::Address => {
                self.postal = kept(&typed.postal);
                self.address = kept(&typed.address);
                self.email = kept(&typed.email);
            }

            BookingStep::Extra => {
                self.birth = kept(&typed.birth);
                self.device = Device::from_text(&typed.device);
                self.needs = NEEDS
                    .iter()
                    .filter(|need| typed.needs.iter().any(|typed| typed == *need))
                    .map(|need| (*need).to_owned())
                    .collect();
            }
            BookingStep::Day | BookingStep::Check => {}
        }
    }

    /// Chooses a session: the time of another one is forgotten.
    pub fn choose(&mut self, session: SessionId, timed: bool, wait: bool) {
        if self.session != session.0 || !timed {
            self.time = None;
        }
        self.session = session.0;
        self.timed = timed;
        self.wait = wait;
    }
}

/// Cuts at a character, at most `bytes` long.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The pages that these answers lead through, with the check at the end. The day and the extra
/// page are not among them.
pub fn pages(answers: &Answers) -> Vec<BookingStep> {
    let mut pages = vec![BookingStep::Who];
    if answers.timed && !answers.wait {
        pages.push(BookingStep::Time);
    }
    pages.extend([BookingStep::Name, BookingStep::Phone, BookingStep::Way]);
    if needs_address(answers.way) {
        pages.push(BookingStep::Address);
    }
    pages.push(BookingStep::Check);
    pages
}

/// The pages that are counted: the time is mostly chosen beside the session's own words before
/// the booking begins, and a number that grows on the way would worry people.
pub fn counted(answers: &Answers) -> Vec<BookingStep> {
    pages(answers).into_iter().filter(|page| *page != BookingStep::Time).collect()
}

fn needs_address(way: Option<Channel>) -> bool {
    matches!(way, Some(Channel::Letter | Channel::Email))
}

/// The first page that still lacks something, or the check.
pub fn next(answers: &Answers, today: NaiveDate) -> BookingStep {
    let lacks = |step: &BookingStep| !problems(*step, answers, today).is_empty();
    pages(answers).into_iter().find(lacks).unwrap_or(BookingStep::Check)
}

/// The page before; none before the first.
pub fn before(step: BookingStep, answers: &Answers) -> Option<BookingStep> {
    if matches!(step, BookingStep::Day | BookingStep::Extra) {
        return Some(BookingStep::Check);
    }
    let pages = pages(answers);
    let at = pages.iter().position(|page| *page == step)?;
    at.checked_sub(1).map(|at| pages[at])
}

/// What is wrong with one page's answers.
pub fn problems(step: BookingStep, answers: &Answers, today: NaiveDate) -> Vec<FieldError> {
    let mut intake = Intake::new(today);

    match step {
        BookingStep::Who if answers.who.is_none() => vec![FieldError::new("who", "err.who.empty")],
        BookingStep::Time if answers.timed && answers.time.is_none() && !answers.wait => {
            vec![FieldError::new("time", "err.time.empty")]
        }
        BookingStep::Name => {
            intake.name(&answers.name);
            intake.kana(&answers.kana);
            intake.errors()
        }
        BookingStep::Phone => {
            intake.phone("phone", &answers.phone);
            intake.errors()
        }
        BookingStep::Way if answers.way.is_none() => vec![FieldError::new("way", "err.way.empty")],
        BookingStep::Address => address_problems(answers, intake),
        BookingStep::Extra => {
            intake.birth("birth", &answers.birth);
            intake.errors()
        }
        BookingStep::Who
        | BookingStep::Time
        | BookingStep::Way
        | BookingStep::Day
        | BookingStep::Check => Vec::new(),
    }
}

fn address_problems(answers: &Answers, mut intake: Intake) -> Vec<FieldError> {
    match answers.way {
        Some(Channel::Email) if answers.email.is_empty() => {
            return vec![FieldError::new("email", "err.mail.empty")];
        }
        Some(Channel::Email) => {
            intake.email(&answers.email);
        }
        Some(Channel::Letter) => {
            intake.postal_code("postal", &answers.postal);
            let address = intake.address(&answers.address);
            let mut found = intake.errors();
            if address.is_none() && !found.iter().any(|error| error.field == "address") {
                found.push(FieldError::new("address", "err.address.empty"));
            }
            return found;
        }
        _ => {}
    }

    intake.errors()
}

/// The last four digits of what was typed as the end of a phone number, or as all of it.
pub fn last4(text: &str) -> Option<String> {
    let digits = digits_of(text);
    let start = digits.len().checked_sub(4)?;
    (digits.len() <= 11).then(|| digits[start..].to_owned())
}

/// A complete application for a place. Without `Debug`: it is personal.
#[derive(Clone)]
pub struct Application {
    pub session_id: SessionId,
    /// Start of the chosen 1-on-1 time.
    pub time: Option<DateTime<Utc>>,
    pub may_wait: bool,
    pub who: Attendee,
    pub kana: Kana,
    pub name: Option<PersonName>,
    pub phone: PhoneNumber,
    pub way: Channel,
    pub email: Option<String>,
    pub postal_code: Option<PostalCode>,
    pub address: Option<String>,
    pub birth: Option<BirthInput>,
    pub device: Option<Device>,
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
}

/// The application that complete answers make.
///
/// # Errors
/// The first page that still lacks something.
pub fn application(answers: &Answers, today: NaiveDate) -> Result<Application, BookingStep> {
    let step = next(answers, today);
    let (BookingStep::Check, Some(who), Some(way)) = (step, answers.who, answers.way) else {
        return Err(step);
    };

    let said = |need: &str| answers.needs.iter().any(|said| said == need);
    let only =
        |wanted: Channel, typed: &str| if way == wanted { typed.to_owned() } else { String::new() };

    let mut intake = Intake::new(today);
    let email = intake.email(&only(Channel::Email, &answers.email));
    let birth = match intake.birth("birth", &answers.birth) {
        Birth { on: Some(date), .. } => Some(BirthInput::Date(date)),
        Birth { year, .. } => year.map(BirthInput::Year),
    };

    let application = Application {
        session_id: answers.session_id(),
        time: answers.time.and_then(|at| DateTime::from_timestamp(at, 0)),
        may_wait: answers.wait,
        who,
        kana: intake.kana(&answers.kana).ok_or(BookingStep::Name)?,
        name: intake.name(&answers.name),
        phone: intake.phone("phone", &answers.phone).ok_or(BookingStep::Phone)?,
        way,
        email: email.map(|email| email.as_str().to_owned()),
        postal_code: intake.postal_code("postal", &only(Channel::Letter, &answers.postal)),
        address: intake.address(&only(Channel::Letter, &answers.address)),
        birth,
        device: answers.device,
        hearing: said("hearing").then_some(Need::Hard),
        vision: said("vision").then_some(Need::Hard),
        mobility: said("mobility").then_some(Mobility::Hard),
    };

    // Nobody has to pass through the extra page, so only this reads what stands there.
    if intake.errors().is_empty() { Ok(application) } else { Err(BookingStep::Extra) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 7, 1).expect("a day")
    }

    fn complete() -> Answers {
        Answers {
            who: Some(Attendee::Myself),
            name: "しるべ 花子".to_owned(),
            kana: "しるべ はなこ".to_owned(),
            phone: "０３ー１２３４ー５６７８".to_owned(),
            way: Some(Channel::Phone),
            ..Answers::begin(SessionId(5), false, None, false)
        }
    }

    #[test]
    fn the_next_page_is_the_first_that_lacks_an_answer() {
        let all = complete();
        for (answers, want) in [
            (Answers::begin(SessionId(5), false, None, false), BookingStep::Who),
            (Answers { kana: String::new(), ..all.clone() }, BookingStep::Name),
            (Answers { kana: "Hanako".to_owned(), ..all.clone() }, BookingStep::Name),
            (Answers { phone: "03-1234".to_owned(), ..all.clone() }, BookingStep::Phone),
            (Answers { way: None, ..all.clone() }, BookingStep::Way),
            (Answers { way: Some(Channel::Letter), ..all.clone() }, BookingStep::Address),
            (Answers { way: Some(Channel::Email), ..all.clone() }, BookingStep::Address),
            (Answers { timed: true, ..all.clone() }, BookingStep::Time),
            (Answers { timed: true, wait: true, ..all.clone() }, BookingStep::Check),
            (Answers { timed: true, time: Some(0), ..all.clone() }, BookingStep::Check),
            (Answers { name: String::new(), ..all.clone() }, BookingStep::Check),
            (all, BookingStep::Check),
        ] {
            assert_eq!(next(&answers, today()), want);
        }
    }

    #[test]
    fn a_booking_needs_at_most_six_pages_and_five_answers() {
        let letter = Answers { way: Some(Channel::Letter), ..complete() };
        let timed = Answers { timed: true, time: Some(0), ..letter.clone() };
        for (answers, want) in [(letter, 6), (complete(), 5), (timed, 6)] {
            assert_eq!(counted(&answers).len(), want);
        }
    }

    #[test]
    fn every_page_leads_back_to_the_one_before() {
        let letter = Answers { way: Some(Channel::Letter), ..complete() };
        for (step, want) in [
            (BookingStep::Who, None),
            (BookingStep::Name, Some(BookingStep::Who)),
            (BookingStep::Address, Some(BookingStep::Way)),
            (BookingStep::Check, Some(BookingStep::Address)),
            (BookingStep::Day, Some(BookingStep::Check)),
            (BookingStep::Extra, Some(BookingStep::Check)),
        ] {
            assert_eq!(before(step, &letter), want, "{step:?}");
        }

        for (step, slug) in BookingStep::ALL {
            assert_eq!(BookingStep::from_slug(slug), Some(step));
            assert_eq!(step.slug(), slug);
        }
    }

    #[test]
    fn each_mistake_names_its_field_and_its_sentence() {
        let letter = Answers { way: Some(Channel::Letter), ..complete() };
        let mail = Answers { way: Some(Channel::Email), ..complete() };

        for (step, answers, field, wording) in [
            (BookingStep::Who, Answers { who: None, ..complete() }, "who", "err.who.empty"),
            (
                BookingStep::Name,
                Answers { kana: String::new(), ..complete() },
                "kana",
                "err.kana.empty",
            ),
            (
                BookingStep::Name,
                Answers { name: "花子😀".to_owned(), ..complete() },
                "name",
                "err.name.emoji",
            ),
            (
                BookingStep::Phone,
                Answers { phone: "03-1234-567".to_owned(), ..complete() },
                "phone",
                "err.tel.len",
            ),
            (BookingStep::Way, Answers { way: None, ..complete() }, "way", "err.way.empty"),
            (BookingStep::Address, letter.clone(), "address", "err.address.empty"),
            (
                BookingStep::Address,
                Answers { postal: "102".to_owned(), ..letter },
                "postal",
                "err.postal.len",
            ),
            (BookingStep::Address, mail.clone(), "email", "err.mail.empty"),
            (
                BookingStep::Address,
                Answers { email: "hanako".to_owned(), ..mail },
                "email",
                "err.email.unusable",
            ),
            (
                BookingStep::Extra,
                Answers { birth: "むかし".to_owned(), ..complete() },
                "birth",
                "err.birth.unreadable",
            ),
        ] {
            let found = problems(step, &answers, today());
            assert!(
                found.iter().any(|e| e.field == field && e.wording == wording),
                "{wording}: {found:?}"
            );
        }
    }

    #[test]
    fn complete_answers_make_an_application_with_only_what_its_way_needs() {
        let answers = Answers {
            way: Some(Channel::Letter),
            postal: "１０２ー８６８８".to_owned(),
            address: " 九段南1-2-1 ".to_owned(),
            email: "left@example.jp".to_owned(),
            birth: "昭和22".to_owned(),
            needs: vec!["hearing".to_owned()],
            ..complete()
        };

        let Ok(made) = application(&answers, today()) else { panic!("the answers are complete") };
        assert_eq!(made.phone.digits(), "0312345678");
        assert_eq!(made.postal_code.as_ref().map(PostalCode::as_str), Some("102-8688"));
        assert_eq!(made.address.as_deref(), Some("九段南1-2-1"));
        assert_eq!(made.email, None);
        assert_eq!(made.birth.map(BirthInput::year), Some(1947));
        assert_eq!((made.hearing, made.vision), (Some(Need::Hard), None));

        let short = Answers { phone: "110".to_owned(), ..answers };
        assert!(application(&short, today()).is_err_and(|step| step == BookingStep::Phone));
    }

    #[test]
    fn a_name_in_kana_needs_no_reading() {
        let mut answers = Answers::default();
        let typed = BookForm { name: "しるべ はなこ".to_owned(), ..BookForm::default() };
        answers.take(BookingStep::Name, &typed);
        assert_eq!(answers.kana, "しるべ はなこ");
        let kanji = BookForm { name: "道標 花子".to_owned(), ..BookForm::default() };
        let mut answers = Answers::default();
        answers.take(BookingStep::Name, &kanji);
        assert_eq!(answers.kana, "");
    }

    #[test]
    fn what_is_not_offered_is_not_taken() {
        let mut answers = Answers::default();
        let typed = BookForm {
            way: "line".to_owned(),
            needs: vec!["mobility".to_owned(), "<b>".to_owned()],
            name: "あ".repeat(1000),
            ..BookForm::default()
        };

        for step in [BookingStep::Way, BookingStep::Extra, BookingStep::Name] {
            answers.take(step, &typed);
        }
        assert_eq!(answers.way, None);
        assert_eq!(answers.needs, ["mobility"]);
        assert!(answers.name.len() <= MAX_TYPED);
    }

    #[test]
    fn another_session_forgets_the_time_and_keeps_the_rest() {
        let mut answers = Answers { timed: true, time: Some(100), ..complete() };
        answers.choose(SessionId(5), true, false);
        assert_eq!(answers.time, Some(100));
        answers.choose(SessionId(6), true, false);
        assert_eq!(
            (answers.time, answers.session, answers.kana.as_str()),
            (None, 6, "しるべ はなこ")
        );
    }

    #[test]
    fn the_end_of_a_phone_number_may_be_typed_in_any_way() {
        for (typed, want) in [
            ("5678", Some("5678")),
            ("５６７８", Some("5678")),
            (" 56-78 ", Some("5678")),
            ("03-1234-5678", Some("5678")),
            ("567", None),
            ("", None),
            ("031234567890123", None),
        ] {
            assert_eq!(last4(typed).as_deref(), want, "{typed}");
        }
    }
}
