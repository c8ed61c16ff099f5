//! The first column: who calls.

use chrono::NaiveDate;
use entity::inquiries::inquiry::Outcome;
use entity::residents::timeline_entry;

use super::*;
use crate::notices::message::held;
use crate::platform::japan::time::local_date;
use crate::residents::rules::with_owner;
use crate::residents::timeline;

impl Screen {
    pub(super) fn outcome(&self, outcome: &Outcome) -> String {
        self.page.word("desk.outcome", rules::digit_of(Outcome::ALL, *outcome))
    }

    /// Day and title of the booking that a call left.
    pub(super) fn left_booking(&self, row: &BookingRow) -> String {
        let (when, title) = (self.moment(&row.span().0), held(self.title(row)));
        self.page.f("desk.done.booking", &[("when", &when), ("title", &title)])
    }

    /// What tells a candidate from the others.
    pub(super) fn candidate_line(&self, found: &Found) -> String {
        let born = found.birth_year.map(|year| self.page.f1("desk.born", "year", year));
        let area = found.area(self.page.ctx.lang).map(str::to_owned);
        let phones = found.numbers.iter().map(PhoneNumber::in_full);
        self.listed([found.name.clone(), born, area].into_iter().flatten().chain(phones))
    }

    /// Name, age and area of the person.
    pub(super) fn caller_line(&self, caller: &Caller) -> String {
        let (lang, resident) = (self.page.ctx.lang, &caller.card.resident);
        let age = rules::age(lang, resident, self.page.ctx.today());
        let area = caller.card.area(lang).map(str::to_owned);
        self.listed([resident.name.clone(), age, area].into_iter().flatten())
    }

    fn listed(&self, parts: impl Iterator<Item = String>) -> String {
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(self.page.pick("・", ", "))
    }

    /// What is known of the person: wording key and words.
    pub(super) fn facts(&self, caller: &Caller) -> Vec<(&'static str, String)> {
        let (page, card) = (&self.page, &caller.card);
        let channels = card.channels.iter().map(|way| page.word("hearing.channels", way));
        let channels: Vec<String> = channels.collect();
        let phones = card.numbers.iter().map(|number| {
            with_owner(page.ctx.lang, number.in_full(), card.owners.get(number.digits()))
        });
        let phones: Vec<String> = phones.collect();

        let device = card.resident.device.map_or(String::new(), |device| {
            let more = [&card.resident.device_carrier, &card.resident.device_os];
            // Carrier and system of a phone that is there no more are said of none.
            let more = more.into_iter().flatten().filter(|_| device != Device::None).cloned();
            let parts: Vec<String> =
                std::iter::once(page.word("desk.device", device)).chain(more).collect();
            parts.join(page.pick("・", ", "))
        });

        let facts = [
            ("desk.fact.phones", phones.join(page.pick("、", ", "))),
            ("desk.fact.channels", channels.join(page.pick("、つぎに", ", then "))),
            ("desk.fact.helper", card.resident.helper.clone().unwrap_or_default()),
            ("desk.fact.device", device),
            ("desk.fact.path", self.walked(caller)),
            ("stage.label", page.t(caller.progress.stage.key()).to_owned()),
        ];
        facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// How far the person has come on the path; empty without one.
    fn walked(&self, caller: &Caller) -> String {
        let Some(path) = &caller.path else { return String::new() };
        let done = path.steps.iter().filter(|step| step.step.state == StepState::Done).count();
        let (total, walked) = (path.steps.len().to_string(), done.to_string());
        match done {
            0 => self.page.f1("desk.walked.none", "total", total),
            _ => self.page.f("desk.walked", &[("total", &total), ("done", &walked)]),
        }
    }

    /// A number that was added in this call, with the word whose it is.
    pub(super) fn added(&self, caller: &Caller, digits: &str) -> String {
        with_owner(self.page.ctx.lang, rules::phone(digits), caller.card.owners.get(digits))
    }

    pub(super) fn is_asked(&self, row: &BookingRow) -> bool {
        self.shown.booking == Some(row.booking.id)
    }

    /// The living bookings, first the one whose number was typed.
    pub(super) fn bookings<'a>(&self, caller: &'a Caller) -> Vec<&'a BookingRow> {
        let mut rows: Vec<&BookingRow> = caller.bookings.iter().collect();
        rows.sort_by_key(|row| !self.is_asked(row));
        rows
    }

    pub(super) fn date(&self, entry: &timeline_entry::Model) -> NaiveDate {
        local_date(entry.at)
    }

    pub(super) fn day(&self, entry: &timeline_entry::Model) -> String {
        rules::day(self.page.ctx.lang, entry.at)
    }

    pub(super) fn sentence(&self, entry: &timeline_entry::Model) -> String {
        timeline::sentence(entry, self.page.ctx.lang)
    }
}
