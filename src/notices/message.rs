//! What a notice says: on paper, in a mail, on the phone, in a calendar.

use chrono::{DateTime, NaiveDate, Utc};
use entity::bookings::booking::BookingState;
use entity::notices::notice::NoticeKind;
use entity::places::{municipality, room, venue};
use entity::residents::resident;

use super::ical::{Event, Mailbox};
use crate::bookings::queries::BookingRow;
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

/// Where and when the person was to come before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerPlace {
    pub title_ja: String,
    pub title_en: String,
    pub place_ja: String,
    pub place_en: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
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
    /// What a moved booking was before.
    pub former: Option<&'a FormerPlace>,
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
            let day = |at| reading_date(local_date(at));
            let span = reading_span(local_time(starts_at), local_time(ends_at));
            let former = self.former.map(|former| former.starts_at).filter(|_| self.is_moved());
            let parts = match (self.left, former) {
                (Some(at), _) => vec![day(at), day(starts_at)],
                (None, Some(at)) => vec![day(at), day(starts_at), span],
                (None, None) => vec![day(starts_at), span],
            };
            format!("{}。{}", parts.join("。"), reading_digits(&self.row.number()))
        })
    }

    /// When the answer to an offer is due.
    pub fn until(&self) -> Option<String> {
        self.row.booking.expires_at.map(|at| self.lang.moment(at))
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
                fact("notice.fact.former", self.lang.moment(at), String::new(), true),
                fact(
                    "notice.fact.moved_to",
                    self.lang.moment(self.row.span().0),
                    String::new(),
                    false,
                ),
                fact("notice.fact.place", self.place(), String::new(), false),
            ];
        }

        let mut facts = vec![
            fact("notice.fact.day", self.date(), String::new(), true),
            fact("notice.fact.time", self.span(), String::new(), true),
            fact("notice.fact.place", self.place(), self.way_there(), true),
        ];

        if let Some(former) = self.former.filter(|_| self.is_moved()) {
            let place = self.lang.pick(&former.place_ja, &former.place_en).to_owned();
            facts.push(fact("notice.fact.before", self.former_words(former), place, false));
        }
        if let Some(because) = self.because() {
            facts.push(fact("notice.fact.because", because.to_owned(), String::new(), false));
        }

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

    /// Whether the notice says that time or place are others than before.
    fn is_moved(&self) -> bool {
        matches!(self.kind, NoticeKind::Moved | NoticeKind::SessionMoved)
    }

    /// Title (where it is another), day and time before the change.
    fn former_words(&self, former: &FormerPlace) -> String {
        let date = self.day(local_date(former.starts_at));
        let span = self.lang.span(former.starts_at, former.ends_at);
        let when = format!("{date}{}{span}", self.lang.pick("", ", "));
        match self.has_other_topic(former) {
            true => {
                let title = self.lang.pick(&former.title_ja, &former.title_en);
                let title = words::fill(self.lang, "notice.title", &[("title", &held(title))]);
                format!("{title}{}{when}", self.lang.pick("　", ", "))
            }
            false => when,
        }
    }

    fn has_other_topic(&self, former: &FormerPlace) -> bool {
        former.title_ja != self.row.session.title_ja
    }

    /// Why the session was called off, as the people are told.
    fn because(&self) -> Option<&str> {
        let called_off = self.kind == NoticeKind::SessionCancelled && self.left.is_none();
        let because = self.row.session.called_off_because.as_deref();
        because.filter(|text| called_off && !text.trim().is_empty())
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
        due_on.map(|day| self.day(day)).unwrap_or_default()
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

    /// What is written to an address that is no longer the person's: it names nobody.
    pub fn recall_text(&self) -> String {
        let office = office_name(self.office, self.lang);
        [&self.fill("notice.recall.text"), "", &self.fill("notice.phone"), "", &office].join("\n")
            + "\n"
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
        let kind = match (self.left, self.kind, self.former) {
            (Some(_), ..) => "session_left",
            _ if expired => "expired",
            // Notices of before know only where the booking is now.
            (_, NoticeKind::Moved, Some(former)) if self.has_other_topic(former) => "moved_topic",
            (_, NoticeKind::Moved, Some(_)) => "moved_from",
            (_, NoticeKind::SessionMoved, Some(_)) => "session_moved_from",
            _ => self.kind.as_str(),
        };

        let key = format!("notice.{part}.{kind}");
        match self.because() {
            Some(_) if words::exists(&format!("{key}.because")) => {
                self.fill(&format!("{key}.because"))
            }
            _ => self.fill(&key),
        }
    }

    fn fill(&self, key: &str) -> String {
        let old = self.former.map(|former| self.former_words(former)).unwrap_or_default();
        let was = self.former.map(|former| {
            let title = self.lang.pick(&former.title_ja, &former.title_en);
            let place = self.lang.pick(&former.place_ja, &former.place_en).to_owned();
            (self.lang.moment(former.starts_at), held(title), place)
        });
        let (was_at, was_title, old_place) = was.unwrap_or_default();

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
                ("former", &self.left.map(|at| self.lang.moment(at)).unwrap_or_default()),
                ("title", &held(self.title())),
                ("old", &old),
                ("old_place", &old_place),
                ("was_at", &was_at),
                ("was_title", &was_title),
                ("what", words::text(self.lang, self.what_moved())),
                ("because", self.because().unwrap_or_default()),
                ("place", &self.place()),
                ("bring", self.bring()),
                ("due", &self.due()),
            ],
        )
    }

    /// Key of what the office changed: the time, the place, or both.
    fn what_moved(&self) -> &'static str {
        let Some(former) = self.former else { return "notice.what.both" };
        let same_time = (former.starts_at, former.ends_at) == self.row.span();
        let same_place = former.place_ja == place_name(Lang::Ja, &self.row.venue, self.room);
        match (same_time, same_place) {
            (false, true) => "notice.what.time",
            (true, false) => "notice.what.place",
            _ => "notice.what.both",
        }
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
        place_name(self.lang, &self.row.venue, self.room)
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
        self.day(local_date(self.row.span().0))
    }

    fn span(&self) -> String {
        let (starts_at, ends_at) = self.row.span();
        self.lang.span(starts_at, ends_at)
    }

    fn day(&self, on: NaiveDate) -> String {
        if self.long { self.lang.long_day(on) } else { self.lang.day(on) }
    }
}

/// A title to stand between 「」: its own quotes become those within quotes.
pub fn held(title: &str) -> String {
    title.replace('「', "『").replace('」', "』")
}

/// Venue and room.
pub fn place_name(lang: Lang, venue: &venue::Model, room: Option<&room::Model>) -> String {
    let venue = lang.pick(&venue.name_ja, &venue.name_en);
    match room {
        Some(room) => format!("{venue} {}", lang.pick(&room.name_ja, &room.name_en)),
        None => venue.to_owned(),
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
