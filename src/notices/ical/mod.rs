//! Invitations and feeds in iCalendar form (RFC 5545), as calendars in the field accept them.
//!
//! The `ics` crate writes the lines but escapes nothing: a line break in a title becomes a
//! property of the writer's choice. This module is therefore its only caller, and whatever a
//! person typed reaches it through `value`, cleaned and escaped. Times are written in Asia/Tokyo
//! together with the zone's definition, so that no calendar has to guess the zone.

mod fold;
mod mailbox;
#[cfg(test)]
mod tests;
mod value;

use std::collections::HashSet;

use chrono::{DateTime, Utc};

pub use mailbox::Mailbox;
pub use value::{clean_block, clean_line};

use value::{Block, Param, Value};

const PRODUCT: &str = "-//Shirube//Shirube//JA";
const TOKYO: &str = "Asia/Tokyo";

/// What the receiving calendar is asked to do (RFC 5546, section 1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Put this event, or this newer version of it, into the calendar.
    Request,
    /// Take the event out again.
    Cancel,
    /// Show these events; nobody in particular is invited (downloads and feeds).
    Publish,
}

impl Method {
    /// The word of the METHOD property. The `method` parameter of the mail part must be equal
    /// to it (RFC 6047, section 2.4), else the invitation is not recognised as one.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Request => "REQUEST",
            Method::Cancel => "CANCEL",
            Method::Publish => "PUBLISH",
        }
    }
}

/// One dated thing in a calendar. Texts are plain, as people typed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same for the whole life of a booking: a new one would show as a second event.
    /// Letters, digits, `@`, `.` and `-` only.
    pub uid: String,
    /// 0 at first and greater at every change; a calendar ignores what is not newer.
    pub sequence: i32,
    /// When this version was made: DTSTAMP and LAST-MODIFIED.
    pub stamped_at: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    /// Later than `starts_at`.
    pub ends_at: DateTime<Utc>,
    pub summary: String,
    pub location: String,
    /// May have several lines.
    pub description: String,
    /// Absolute, `https` or `http`, ASCII.
    pub url: Option<String>,
    /// The mailbox that sends the invitation: Gmail compares the two.
    pub organizer: Option<Mailbox>,
    /// The person who is invited. Never written by [`Method::Publish`] (RFC 5546, 3.2.1).
    pub attendee: Option<Mailbox>,
}

/// Why no calendar was written. Says nothing of what the event contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IcalError {
    #[error("an invitation or a cancellation is about exactly one event")]
    NotOneEvent,
    #[error("an invitation or a cancellation needs an organizer")]
    NoOrganizer,
    #[error("an invitation or a cancellation needs an attendee")]
    NoAttendee,
    #[error("a UID has 1 to 255 letters, digits, at signs, dots or hyphens")]
    Uid,
    #[error("two events have the same UID")]
    SameUid,
    #[error("a sequence number is not negative")]
    Sequence,
    #[error("an event ends after it starts")]
    EndsBeforeStart,
    #[error("a time lies outside of the years 1970 to 9998")]
    Time,
    #[error("a link is an absolute https or http address in ASCII")]
    Url,
}

/// Writes one calendar: CRLF line ends, no line longer than 75 octets, no character cut in two.
///
/// REQUEST and CANCEL take exactly one event with organizer and attendee. PUBLISH takes any
/// number, also none (a feed of an empty week), and never tells who attends. REQUEST and PUBLISH
/// carry a reminder one day and one two hours ahead.
///
/// # Errors
/// [`IcalError`] if the events do not fit the method, or a field has no form in iCalendar.
pub fn calendar(method: Method, events: &[Event]) -> Result<String, IcalError> {
    if method != Method::Publish && events.len() != 1 {
        return Err(IcalError::NotOneEvent);
    }
    let mut uids = HashSet::new();
    if !events.iter().all(|event| uids.insert(event.uid.as_str())) {
        return Err(IcalError::SameUid);
    }

    let mut calendar = Block::new("VCALENDAR");
    calendar.put("VERSION", Value::word("2.0"));
    calendar.put("PRODID", Value::word(PRODUCT));
    calendar.put("CALSCALE", Value::word("GREGORIAN"));
    calendar.put("METHOD", Value::word(method.as_str()));
    calendar.add(tokyo());
    for event in events {
        calendar.add(vevent(method, event)?);
    }
    Ok(calendar.write())
}

/// Japan has kept +09:00 without summer time since 1952, so one rule says it all.
fn tokyo() -> Block {
    let mut standard = Block::new("STANDARD");
    standard.put("DTSTART", Value::word("19700101T000000"));
    standard.put("TZOFFSETFROM", Value::word("+0900"));
    standard.put("TZOFFSETTO", Value::word("+0900"));
    standard.put("TZNAME", Value::word("JST"));
    let mut zone = Block::new("VTIMEZONE");
    zone.put("TZID", Value::word(TOKYO));
    zone.add(standard);
    zone
}

fn vevent(method: Method, event: &Event) -> Result<Block, IcalError> {
    if event.ends_at <= event.starts_at {
        return Err(IcalError::EndsBeforeStart);
    }
    let status = match method {
        Method::Cancel => "CANCELLED",
        Method::Request | Method::Publish => "CONFIRMED",
    };
    let zone = || vec![("TZID", Param::word(TOKYO))];

    let mut block = Block::new("VEVENT");
    block.put("UID", Value::uid(&event.uid)?);
    block.put("SEQUENCE", Value::sequence(event.sequence)?);
    block.put("DTSTAMP", Value::utc(event.stamped_at)?);
    block.put("LAST-MODIFIED", Value::utc(event.stamped_at)?);
    block.put("STATUS", Value::word(status));
    block.put_with("DTSTART", zone(), Value::tokyo(event.starts_at)?);
    block.put_with("DTEND", zone(), Value::tokyo(event.ends_at)?);
    block.put("SUMMARY", Value::line(&event.summary));
    block.put("LOCATION", Value::line(&event.location));
    block.put("DESCRIPTION", Value::block(&event.description));

    if let Some(url) = &event.url {
        block.put("URL", Value::url(url)?);
    }
    people(method, event, &mut block)?;
    if method != Method::Cancel {
        for trigger in ["-P1D", "-PT2H"] {
            block.add(alarm(trigger, &event.summary));
        }
    }
    Ok(block)
}

fn people(method: Method, event: &Event, block: &mut Block) -> Result<(), IcalError> {
    let invites = method != Method::Publish;
    match &event.organizer {
        Some(organizer) => {
            block.put_with("ORGANIZER", common_name(organizer), Value::mailto(&organizer.address))
        }
        None if invites => return Err(IcalError::NoOrganizer),
        None => {}
    }

    if invites {
        let attendee = event.attendee.as_ref().ok_or(IcalError::NoAttendee)?;
        // The seat is booked already, so there is nothing to answer.
        let mut params = common_name(attendee);
        params.push(("PARTSTAT", Param::word("ACCEPTED")));
        params.push(("RSVP", Param::word("FALSE")));
        block.put_with("ATTENDEE", params, Value::mailto(&attendee.address));
    }
    Ok(())
}

fn common_name(mailbox: &Mailbox) -> Vec<(&'static str, Param)> {
    Param::quoted(&mailbox.name).map(|name| ("CN", name)).into_iter().collect()
}

fn alarm(trigger: &'static str, summary: &str) -> Block {
    let mut alarm = Block::new("VALARM");
    alarm.put("ACTION", Value::word("DISPLAY"));
    alarm.put("DESCRIPTION", Value::line(summary));
    alarm.put("TRIGGER", Value::word(trigger));
    alarm
}
