//! What a notice says: on paper, in a mail, on the phone, in a calendar.

use chrono::{DateTime, NaiveDate, Utc};
use entity::bookings::booking::BookingState;
use entity::notices::notice::NoticeKind;
use entity::places::{municipality, room};
use entity::residents::resident;

use super::ical::{Event, Mailbox};
use crate::bookings::queries::BookingRow;
use crate::platform::japan::dates::{
    date_en, date_ja, date_long_ja, span_en, span_ja, time_en, time_ja,
};
use crate::platform::japan::readings::{reading_date, reading_digits, reading_span};
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::text::PersonName;
use crate::platform::{Lang, words};
use crate::surveys::queries::FollowUpRow;
use crate::surveys::rules::answer_by;

/// One line of the facts that a notice gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub note: String,
    /// Printed larger: when and where.
    pub strong: bool,
}

/// The texts of one notice in one language.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub lang: Lang,
    pub kind: NoticeKind,
    pub row: &'a BookingRow,
    pub room: Option<&'a room::Model>,
    pub office: &'a municipality::Model,
    pub advisor: Option<&'a str>,
    /// The interview that the notice asks for.
    pub survey: Option<&'a FollowUpRow>,
    /// When the session was to begin that the person has left, being elsewhere at its new time.
    pub left: Option<DateTime<Utc>>,
    /// The day on which the notice is written or printed.
    pub written_on: NaiveDate,
    /// Dates with the year: on paper, and in mails long before the day.
    pub long: bool,
}

impl Words<'_> {
    /// Headline of a letter, and what a queue calls the notice.
    pub fn headline(&self) -> String {
        self.of_kind("headline")
    }

    /// What a pile of letters is called: 「参加のご案内: 7月10日（水曜日） スマホ講習会」.
    pub fn bundle(&self, kind: &str) -> String {
        format!("{kind}: {} {}", self.date(), self.title())
    }

    /// Subject of a mail.
    pub fn subject(&self) -> String {
        self.of_kind("subject")
    }

    /// The first sentences.
    pub fn opening(&self) -> String {
        self.of_kind("opening")
    }

    /// What the person can do.
    pub fn closing(&self) -> String {
        self.of_kind("closing")
    }

    /// What a caller from the office says.
    pub fn script(&self) -> String {
        let mut text = self.of_kind("script");
        if self.lang == Lang::En {
            text.push(' ');
        }
        text.push_str(&self.fill("notice.script.number"));
        text
    }

    /// How the dates and numbers of the script are read, in kana; the English script needs none.
    pub fn reading(&self) -> Option<String> {
        let (starts_at, ends_at) = self.row.span();
        (self.lang == Lang::Ja).then(|| {
            if let Some(at) = self.left {
                return format!(
                    "{}。{}。{}",
                    reading_date(local_date(at)),
                    reading_date(local_date(starts_at)),
                    reading_digits(&self.row.number())
                );
            }
            format!(
                "{}。{}。{}",
                reading_date(local_date(starts_at)),
                reading_span(local_time(starts_at), local_time(ends_at)),
                reading_digits(&self.row.number())
            )
        })
    }

    /// When the answer to an offer is due.
    pub fn until(&self) -> Option<String> {
        self.row.booking.expires_at.map(|at| self.moment(at))
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        let (date, time) = (local_date(at), local_time(at));
        match self.lang {
            Lang::Ja => format!("{}{}", date_ja(date), time_ja(time)),
            Lang::En => format!("{}, {}", date_en(date), time_en(time)),
        }
    }

    /// Day, time, place, and what to bring when the person is to come.
    pub fn facts(&self) -> Vec<Fact> {
        if self.survey.is_some() {
            return self.survey_facts();
        }
        let fact = |label: &str, value: String, note: String, strong: bool| Fact {
            label: words::text(self.lang, label).to_owned(),
            value,
            note,
            strong,
        };
        if let Some(at) = self.left {
            return vec![
                fact("notice.fact.former", self.moment(at), String::new(), true),
                fact("notice.fact.moved_to", self.moment(self.row.span().0), String::new(), false),
                fact("notice.fact.place", self.place(), String::new(), false),
            ];
        }
        let mut facts = vec![
            fact("notice.fact.day", self.date(), String::new(), true),
            fact("notice.fact.time", self.span(), String::new(), true),
            fact("notice.fact.place", self.place(), self.way_there(), true),
        ];
        let comes = matches!(
            self.kind,
            NoticeKind::Confirmed
                | NoticeKind::Moved
                | NoticeKind::SessionMoved
                | NoticeKind::Offered
        );
        if comes {
            let free = words::text(self.lang, "notice.fact.free").to_owned();
            facts.push(fact("notice.fact.bring", self.bring().to_owned(), String::new(), false));
            facts.push(fact("notice.fact.money", free, String::new(), false));
            if let Some(advisor) = self.advisor {
                facts.push(fact("notice.fact.advisor", advisor.to_owned(), String::new(), false));
            }
        }
        facts
    }

    /// Which class the questions are about, until when, and how long they take.
    fn survey_facts(&self) -> Vec<Fact> {
        let fact = |label: &str, value: String| Fact {
            label: words::text(self.lang, label).to_owned(),
            value,
            note: String::new(),
            strong: false,
        };
        let class = format!("{}{}{}", self.date(), self.lang.pick("　", ", "), self.title());
        let takes = words::text(self.lang, "notice.fact.minutes.value").to_owned();
        vec![
            fact("notice.fact.class", class),
            fact("notice.fact.by", self.due()),
            fact("notice.fact.minutes", takes),
        ]
    }

    /// The day by which an answer is hoped for: after it, somebody calls.
    fn due(&self) -> String {
        let due_on = self.survey.map(|survey| answer_by(survey.follow_up.due_on, self.written_on));
        due_on.map(|day| date_text(self.lang, day, self.long)).unwrap_or_default()
    }

    /// The whole text of a mail; it says everything by itself. `link` leads to the questions, in
    /// a mail that asks some.
    pub fn mail_text(&self, name: &str, link: Option<&str>) -> String {
        let mut lines = vec![words::fill(self.lang, "notice.mail.dear", &[("name", name)])];
        lines.push(String::new());
        lines.push(self.opening());
        lines.push(String::new());
        for fact in self.facts() {
            lines.push(self.pair(&fact.label, &fact.value));
            if !fact.note.is_empty() {
                lines.push(format!("　{}", fact.note));
            }
        }
        match link {
            Some(link) => {
                lines.push(String::new());
                lines.push(words::text(self.lang, "notice.mail.ask").to_owned());
                lines.push(link.to_owned());
            }
            None => {
                let label = words::text(self.lang, "notice.fact.number");
                lines.push(self.pair(label, &self.row.number()));
            }
        }
        lines.push(String::new());
        lines.push(self.closing());
        lines.push(self.fill("notice.phone"));
        lines.push(self.fill("notice.mail.reply"));
        lines.push(String::new());
        lines.push(office_name(self.office, self.lang));
        lines.join("\n") + "\n"
    }

    /// The booking as an event. What people typed is cleaned where it is written.
    pub fn event(
        &self,
        sequence: i32,
        stamped_at: DateTime<Utc>,
        organizer: Option<Mailbox>,
        attendee: Option<Mailbox>,
    ) -> Event {
        let (starts_at, ends_at) = self.row.span();
        let address = self.row.venue.address.as_deref().unwrap_or_default();
        let bring = self.pair(words::text(self.lang, "notice.fact.bring"), self.bring());
        let number = self.pair(words::text(self.lang, "notice.fact.number"), &self.row.number());
        Event {
            uid: self.row.booking.calendar_uid.clone(),
            sequence,
            stamped_at,
            starts_at,
            ends_at,
            summary: format!("{} {}", self.title(), self.city()),
            location: format!("{} {address}", self.place()).trim_end().to_owned(),
            description: format!("{bring}\n{}\n{number}", self.fill("notice.phone")),
            url: None,
            organizer,
            attendee,
        }
    }

    fn of_kind(&self, part: &str) -> String {
        let expired =
            self.kind == NoticeKind::Cancelled && self.row.booking.state == BookingState::Expired;
        let kind = match self.left {
            Some(_) => "session_left",
            None if expired => "expired",
            None => self.kind.as_str(),
        };
        self.fill(&format!("notice.{part}.{kind}"))
    }

    fn fill(&self, key: &str) -> String {
        words::fill(
            self.lang,
            key,
            &[
                ("city", self.city()),
                (
                    "department",
                    self.lang.pick(&self.office.department_ja, &self.office.department_en),
                ),
                ("phone", &self.office.phone),
                ("number", &self.row.number()),
                ("date", &self.date()),
                ("span", &self.span()),
                ("until", &self.until().unwrap_or_default()),
                ("former", &self.left.map(|at| self.moment(at)).unwrap_or_default()),
                ("title", self.title()),
                ("place", &self.place()),
                ("bring", self.bring()),
                ("due", &self.due()),
            ],
        )
    }

    fn pair(&self, label: &str, value: &str) -> String {
        format!("{label}{}{value}", self.lang.pick("：", ": "))
    }

    fn title(&self) -> &str {
        self.lang.pick(&self.row.session.title_ja, &self.row.session.title_en)
    }

    fn city(&self) -> &str {
        self.lang.pick(&self.office.name_ja, &self.office.name_en)
    }

    fn bring(&self) -> &str {
        let bring = self.lang.pick(&self.row.session.bring_ja, &self.row.session.bring_en);
        match bring.trim() {
            "" => words::text(self.lang, "notice.fact.nothing"),
            bring => bring,
        }
    }

    fn place(&self) -> String {
        let venue = self.lang.pick(&self.row.venue.name_ja, &self.row.venue.name_en);
        match self.room {
            Some(room) => {
                let room = self.lang.pick(&room.name_ja, &room.name_en);
                format!("{venue} {room}")
            }
            None => venue.to_owned(),
        }
    }

    fn way_there(&self) -> String {
        let venue = &self.row.venue;
        let (ja, en) = (venue.access_ja.as_deref(), venue.access_en.as_deref());
        let access = self.lang.pick(ja.unwrap_or_default(), en.unwrap_or_default());
        let steps = match venue.step_free {
            true => words::text(self.lang, "notice.fact.step_free"),
            false => "",
        };
        format!("{access}{}{steps}", self.lang.pick("", " ")).trim().to_owned()
    }

    fn date(&self) -> String {
        date_text(self.lang, local_date(self.row.span().0), self.long)
    }

    fn span(&self) -> String {
        let (starts_at, ends_at) = self.row.span();
        let (from, to) = (local_time(starts_at), local_time(ends_at));
        match self.lang {
            Lang::Ja => span_ja(from, to),
            Lang::En => span_en(from, to),
        }
    }
}

/// A date in words; the English one always has its year.
pub fn date_text(lang: Lang, date: NaiveDate, long: bool) -> String {
    match (lang, long) {
        (Lang::Ja, true) => date_long_ja(date),
        (Lang::Ja, false) => date_ja(date),
        (Lang::En, _) => date_en(date),
    }
}

/// The office that sends: 「千代田区 デジタル政策課」.
pub fn office_name(office: &municipality::Model, lang: Lang) -> String {
    let name = lang.pick(&office.name_ja, &office.name_en);
    let department = lang.pick(&office.department_ja, &office.department_en);
    format!("{name} {department}")
}

/// How a person is called on paper: the name if it can be printed, else the kana.
pub fn printed_name(resident: &resident::Model) -> &str {
    match resident.name.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => {
            let unprintable = PersonName::parse(name).is_ok_and(|name| name.has_unprintable());
            if unprintable { &resident.kana } else { name }
        }
        _ => &resident.kana,
    }
}
