//! A notice on one of its ways, to one person.

use chrono::{DateTime, Utc};
use entity::notices::delivery;
use entity::notices::notice::{self, NoticeKind};
use entity::places::{municipality, room};
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, Standing};

use super::message::{FormerPlace, Words};
use super::rules::{self, Reach};
use crate::bookings::queries::BookingRow;
use crate::platform::Lang;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::local_date;
use crate::platform::text::EmailAddress;
use crate::surveys::queries::{self as surveys, FollowUpRow};

/// A person with the ways to reach them.
#[derive(Clone, Debug)]
pub struct Addressee {
    pub resident: resident::Model,
    /// Preferred first.
    pub numbers: Vec<PhoneNumber>,
    /// The person's order.
    pub channels: Vec<Channel>,
}

impl Addressee {
    /// Whether the person may be contacted at all.
    pub fn is_active(&self) -> bool {
        self.resident.standing == Standing::Active
    }

    /// By which ways the person can be reached; `mail` tells whether there is a mail server.
    pub fn reach(&self, mail: bool) -> Reach {
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|t| !t.trim().is_empty());
        let email =
            self.resident.email.as_deref().is_some_and(|typed| EmailAddress::parse(typed).is_ok());
        Reach {
            phone: !self.numbers.is_empty(),
            letter: filled(&self.resident.address),
            letter_in_time: true,
            email: mail && email,
        }
    }

    /// The preferred number.
    pub fn phone(&self) -> Option<&PhoneNumber> {
        self.numbers.first()
    }
}

/// A delivery with everything that a letter, a call or a mail needs.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub delivery: delivery::Model,
    pub notice: notice::Model,
    pub row: BookingRow,
    pub person: Addressee,
    pub room: Option<room::Model>,
    /// Who sees the person in a 1-on-1 slot.
    pub advisor: Option<String>,
    /// The interview that a notice with questions is about.
    pub survey: Option<FollowUpRow>,
    /// What a moved booking was before.
    pub former: Option<FormerPlace>,
}

impl Dispatch {
    /// Whether there is still something to tell: the person may be contacted, and the session
    /// lies ahead or the questions are not answered yet.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        let ahead = match &self.survey {
            Some(survey) => surveys::OPEN.contains(&survey.follow_up.state),
            None => self.row.session.starts_at > now,
        };
        self.person.is_active() && ahead && self.is_true()
    }

    /// Whether the notice still says what holds.
    pub fn is_true(&self) -> bool {
        let (notice, booking) = (&self.notice, &self.row.booking);
        let sequence = notice.calendar_sequence;
        rules::still_true(notice.kind, sequence, booking.state, booking.calendar_sequence)
    }

    /// Until when the person must know: the answer to an offer is due, or somebody would come to a
    /// session that is not there.
    pub fn to_be_known_by(&self) -> Option<DateTime<Utc>> {
        match self.notice.kind {
            NoticeKind::SessionMoved | NoticeKind::SessionCancelled => {
                let now = self.row.span().0;
                Some(self.notice.former_starts_at.map_or(now, |former| former.min(now)))
            }
            _ => self.row.booking.expires_at,
        }
    }

    /// The person's own link to the questions.
    pub fn link(&self, base_url: &str) -> Option<String> {
        let survey = self.survey.as_ref()?;
        Some(format!("{base_url}/ask/{}", survey.token()))
    }

    /// The number printed on the letter, with the key of its name: of the sheet where the letter
    /// asks questions, else of the booking.
    pub fn number(&self) -> (&'static str, String) {
        match &self.survey {
            Some(survey) => ("sheet.code", survey.code()),
            None => ("notice.fact.number", self.row.number()),
        }
    }

    /// The texts of the notice, with years in dates when `long`.
    pub fn words<'a>(
        &'a self,
        office: &'a municipality::Model,
        lang: Lang,
        long: bool,
    ) -> Words<'a> {
        Words {
            lang,
            kind: self.notice.kind,
            row: &self.row,
            room: self.room.as_ref(),
            office,
            advisor: self.advisor.as_deref(),
            survey: self.survey.as_ref(),
            left: self
                .notice
                .former_starts_at
                .filter(|_| self.notice.kind == NoticeKind::SessionCancelled),
            former: self.former.as_ref(),
            written_on: local_date(self.delivery.updated_at),
            long,
        }
    }
}
