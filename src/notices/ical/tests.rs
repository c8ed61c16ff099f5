use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType as Kind, ICalendarEntry,
    ICalendarParameterName as ParamName, ICalendarProperty as Name,
};
use calcard::{Entry, Parser};
use chrono::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::platform::text::EmailAddress;

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox { name: name.to_owned(), address: EmailAddress::parse(address).unwrap() }
}

fn lesson() -> Event {
    Event {
        uid: "booking-0191d3f2-8a6b@shirube.example.jp".to_owned(),
        sequence: 0,
        stamped_at: Utc.with_ymd_and_hms(2024, 6, 5, 1, 0, 0).unwrap(),
        starts_at: Utc.with_ymd_and_hms(2024, 7, 10, 4, 30, 0).unwrap(),
        ends_at: Utc.with_ymd_and_hms(2024, 7, 10, 6, 30, 0).unwrap(),
        summary: "スマホ講習会（基礎編）見本区".to_owned(),
        location: "見本区役所1階, 見本町1-2; 和室".to_owned(),
        description:
            "持ちもの：スマートフォン（お貸しできます）\r\n電話：03-0000-0000\n受付番号：1234-5678"
                .to_owned(),
        url: Some("https://shirube.example.jp/q/7Y3K".to_owned()),
        organizer: Some(mailbox("見本区: デジタル政策課", "smaho@shirube.example.jp")),
        attendee: Some(mailbox("しるべ \"花子\"", "hanako@example.jp")),
    }
}

/// Reads with a parser that is not ours. Anything but one well-formed calendar is a failure.
fn read(text: &str) -> ICalendar {
    let mut parser = Parser::new(text);
    let Entry::ICalendar(calendar) = parser.entry() else {
        panic!("no calendar in {text}");
    };
    assert_eq!(parser.entry(), Entry::Eof, "something after the calendar");
    calendar
}

fn blocks(calendar: &ICalendar, kind: Kind) -> Vec<&ICalendarComponent> {
    let of_kind = |block: &&ICalendarComponent| block.component_type == kind;
    calendar.components.iter().filter(of_kind).collect()
}

fn only_event(calendar: &ICalendar) -> &ICalendarComponent {
    let events = blocks(calendar, Kind::VEvent);
    assert_eq!(events.len(), 1);
    events[0]
}

fn entry<'a>(block: &'a ICalendarComponent, name: &Name) -> &'a ICalendarEntry {
    let found: Vec<_> = block.entries.iter().filter(|e| &e.name == name).collect();
    assert_eq!(found.len(), 1, "{name:?}");
    found[0]
}

/// An empty text comes back as no value at all.
fn text<'a>(block: &'a ICalendarComponent, name: &Name) -> &'a str {
    let entry = entry(block, name);
    assert!(entry.values.len() <= 1, "{name:?}");
    entry.values.first().map_or("", |value| value.as_text().unwrap())
}

fn instant(block: &ICalendarComponent, name: &Name) -> DateTime<Utc> {
    let entry = entry(block, name);
    let local = entry.values[0].as_partial_date_time().unwrap();
    let read = local.to_date_time().unwrap();
    let hours_east = match entry.parameter(&ParamName::Tzid).and_then(|p| p.as_text()) {
        Some("Asia/Tokyo") => 9,
        None if read.offset.is_some_and(|offset| offset.local_minus_utc() == 0) => 0,
        other => panic!("{name:?} is in {other:?}"),
    };
    Utc.from_utc_datetime(&(read.date_time - chrono::TimeDelta::hours(hours_east)))
}

fn param<'a>(entry: &'a ICalendarEntry, name: &ParamName) -> Option<&'a str> {
    entry.parameter(name).and_then(|value| value.as_text())
}

const INVITED: [Name; 13] = [
    Name::Uid,
    Name::Sequence,
    Name::Dtstamp,
    Name::LastModified,
    Name::Status,
    Name::Dtstart,
    Name::Dtend,
    Name::Summary,
    Name::Location,
    Name::Description,
    Name::Url,
    Name::Organizer,
    Name::Attendee,
];

fn names(block: &ICalendarComponent) -> Vec<Name> {
    block.entries.iter().map(|entry| entry.name.clone()).collect()
}

/// What must be true of every invitation whatever people typed into `event`.
fn check_invitation(event: &Event) {
    let written = calendar(Method::Request, std::slice::from_ref(event)).unwrap();
    for line in written.split_terminator("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line:?}", line.len());
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }

    let calendar = read(&written);
    let kinds: Vec<&Kind> = calendar.components.iter().map(|block| &block.component_type).collect();
    let expected = [
        &Kind::VCalendar,
        &Kind::VTimezone,
        &Kind::Standard,
        &Kind::VEvent,
        &Kind::VAlarm,
        &Kind::VAlarm,
    ];
    assert_eq!(kinds.len(), expected.len(), "{written}");
    for kind in expected {
        assert!(kinds.contains(&kind), "{kind:?} is missing");
    }
    assert_eq!(
        names(&calendar.components[0]),
        [Name::Version, Name::Prodid, Name::Calscale, Name::Method]
    );

    for alarm in blocks(&calendar, Kind::VAlarm) {
        assert_eq!(names(alarm), [Name::Action, Name::Description, Name::Trigger]);
    }

    let block = only_event(&calendar);
    assert_eq!(names(block), INVITED);
    assert_eq!(text(block, &Name::Summary), clean_line(&event.summary));
    assert_eq!(text(block, &Name::Location), clean_line(&event.location));
    assert_eq!(text(block, &Name::Description), clean_block(&event.description));

    for (name, person) in [(Name::Organizer, &event.organizer), (Name::Attendee, &event.attendee)] {
        let person = person.as_ref().unwrap();
        let entry = entry(block, &name);
        assert_eq!(entry.calendar_address(), Some(person.address.as_str()));
        let shown =
            clean_line(&person.name).replace('"', "").replace('^', "＾").replace('\\', "＼");
        let shown = shown.trim();
        assert_eq!(param(entry, &ParamName::Cn).unwrap_or(""), shown);
        let invited = if name == Name::Attendee { 2 } else { 0 };
        assert_eq!(entry.params.len(), invited + usize::from(!shown.is_empty()));
    }
}

#[test]
fn an_invitation_says_in_another_parser_what_was_put_in() {
    let event = lesson();
    check_invitation(&event);
    let calendar = read(&calendar(Method::Request, std::slice::from_ref(&event)).unwrap());
    assert_eq!(text(&calendar.components[0], &Name::Method), "REQUEST");

    let block = only_event(&calendar);
    assert_eq!(text(block, &Name::Uid), event.uid);
    assert_eq!(entry(block, &Name::Sequence).values[0].as_integer(), Some(0));
    assert_eq!(text(block, &Name::Status), "CONFIRMED");
    assert_eq!(text(block, &Name::Summary), "スマホ講習会（基礎編）見本区");
    assert_eq!(text(block, &Name::Location), "見本区役所1階, 見本町1-2; 和室");
    assert_eq!(
        text(block, &Name::Description),
        "持ちもの：スマートフォン（お貸しできます）\n電話：03-0000-0000\n受付番号：1234-5678"
    );
    assert_eq!(text(block, &Name::Url), "https://shirube.example.jp/q/7Y3K");

    let attendee = entry(block, &Name::Attendee);
    assert_eq!(param(attendee, &ParamName::Cn), Some("しるべ 花子"));
    assert_eq!(param(attendee, &ParamName::Partstat), Some("ACCEPTED"));
    assert_eq!(param(attendee, &ParamName::Rsvp), Some("FALSE"));
    let organizer = entry(block, &Name::Organizer);
    assert_eq!(param(organizer, &ParamName::Cn), Some("見本区: デジタル政策課"));
}

#[test]
fn half_past_one_in_japan_is_half_past_four_utc() {
    let event = lesson();
    let written = calendar(Method::Request, std::slice::from_ref(&event)).unwrap();
    assert!(written.contains("DTSTART;TZID=Asia/Tokyo:20240710T133000\r\n"), "{written}");
    assert!(written.contains("DTEND;TZID=Asia/Tokyo:20240710T153000\r\n"), "{written}");
    assert!(written.contains("DTSTAMP:20240605T010000Z\r\n"), "{written}");
    let calendar = read(&written);
    let block = only_event(&calendar);
    assert_eq!(instant(block, &Name::Dtstart), event.starts_at);
    assert_eq!(instant(block, &Name::Dtend), event.ends_at);
    assert_eq!(instant(block, &Name::Dtstamp), event.stamped_at);
    assert_eq!(instant(block, &Name::LastModified), event.stamped_at);
}

#[test]
fn reminders_come_a_day_and_two_hours_ahead() {
    let calendar = read(&calendar(Method::Request, &[lesson()]).unwrap());
    let ahead: Vec<i64> = blocks(&calendar, Kind::VAlarm)
        .into_iter()
        .map(|alarm| match &entry(alarm, &Name::Trigger).values[0] {
            calcard::icalendar::ICalendarValue::Duration(duration) => duration.as_seconds(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ahead, [-24 * 3600, -2 * 3600]);
}

#[test]
fn a_cancellation_has_the_same_uid_a_newer_sequence_and_no_reminder() {
    let event = Event { sequence: 3, ..lesson() };
    let calendar = read(&calendar(Method::Cancel, &[event]).unwrap());
    assert_eq!(text(&calendar.components[0], &Name::Method), "CANCEL");
    let block = only_event(&calendar);
    assert_eq!(text(block, &Name::Uid), lesson().uid);
    assert_eq!(text(block, &Name::Status), "CANCELLED");
    assert_eq!(entry(block, &Name::Sequence).values[0].as_integer(), Some(3));
    assert!(block.has_property(&Name::Attendee) && block.has_property(&Name::Organizer));
    assert!(blocks(&calendar, Kind::VAlarm).is_empty());
}

#[test]
fn a_published_feed_never_tells_who_attends() {
    let second = Event { uid: "second@shirube.example.jp".to_owned(), url: None, ..lesson() };
    let written = calendar(Method::Publish, &[lesson(), second]).unwrap();
    assert!(!written.contains("ATTENDEE") && !written.contains("hanako"), "{written}");
    let calendar = read(&written);
    assert_eq!(text(&calendar.components[0], &Name::Method), "PUBLISH");
    assert_eq!(blocks(&calendar, Kind::VEvent).len(), 2);
    assert_eq!(blocks(&calendar, Kind::VAlarm).len(), 4);
    assert_eq!(blocks(&calendar, Kind::VTimezone).len(), 1);
}

#[test]
fn a_feed_of_an_empty_week_is_still_a_calendar() {
    let calendar = read(&calendar(Method::Publish, &[]).unwrap());
    assert!(blocks(&calendar, Kind::VEvent).is_empty());
}

#[test]
fn what_has_no_form_in_a_calendar_is_refused() {
    let late = Utc.with_ymd_and_hms(9999, 1, 1, 0, 0, 0).unwrap();
    for (event, error) in [
        (Event { organizer: None, ..lesson() }, IcalError::NoOrganizer),
        (Event { attendee: None, ..lesson() }, IcalError::NoAttendee),
        (Event { uid: String::new(), ..lesson() }, IcalError::Uid),
        (Event { uid: "a\r\nX:1".to_owned(), ..lesson() }, IcalError::Uid),
        (Event { uid: "予約@example.jp".to_owned(), ..lesson() }, IcalError::Uid),
        (Event { sequence: -1, ..lesson() }, IcalError::Sequence),
        (Event { ends_at: lesson().starts_at, ..lesson() }, IcalError::EndsBeforeStart),
        (Event { ends_at: late, ..lesson() }, IcalError::Time),
        (Event { stamped_at: DateTime::<Utc>::MAX_UTC, ..lesson() }, IcalError::Time),
        (Event { url: Some("file:///etc".to_owned()), ..lesson() }, IcalError::Url),
    ] {
        assert_eq!(calendar(Method::Request, std::slice::from_ref(&event)), Err(error));
        assert_eq!(calendar(Method::Cancel, &[event]), Err(error));
    }

    for events in [vec![], vec![lesson(), Event { uid: "b".to_owned(), ..lesson() }]] {
        assert_eq!(calendar(Method::Request, &events), Err(IcalError::NotOneEvent));
        assert_eq!(calendar(Method::Cancel, &events), Err(IcalError::NotOneEvent));
    }
    assert_eq!(calendar(Method::Publish, &[lesson(), lesson()]), Err(IcalError::SameUid));
}

const ATTACK: &str = "講習会\r\nATTENDEE:mailto:x@example.jp\r\nEND:VEVENT\r\nBEGIN:VEVENT";

/// Shows that the checks above can fail: the bare crate lets the attack through.
#[test]
fn without_this_module_a_title_can_write_properties_of_its_own() {
    let mut event = ics::Event::new("a@example.jp", "20240605T010000Z");
    event.push(ics::properties::Summary::new(ATTACK));
    let mut bare = ics::ICalendar::new("2.0", PRODUCT);
    bare.add_event(event);
    let bare = read(&bare.to_string());
    let events = blocks(&bare, Kind::VEvent);
    assert_eq!(events.len(), 2);
    assert!(events[0].has_property(&Name::Attendee));
}

#[test]
fn an_attack_in_any_field_stays_a_text() {
    check_invitation(&Event {
        summary: ATTACK.to_owned(),
        location: ATTACK.to_owned(),
        description: ATTACK.to_owned(),
        organizer: Some(mailbox(ATTACK, "smaho@shirube.example.jp")),
        attendee: Some(mailbox("\":mailto:x@example.jp\r\nX-EVIL;A=\"", "hanako@example.jp")),
        ..lesson()
    });
}

#[test]
fn an_old_carrier_address_is_a_valid_link() {
    let attendee = Some(mailbox("", "a..b@docomo.ne.jp"));
    let written = calendar(Method::Request, &[Event { attendee, ..lesson() }]).unwrap();
    let unfolded = written.replace("\r\n ", "");
    assert!(
        unfolded
            .contains("ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:%22a..b%22@docomo.ne.jp\r\n"),
        "{unfolded}"
    );
}

/// Text as no one types it: line ends, quotes, separators, escapes, controls, overrides, kanji.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        proptest::sample::select(vec![
            "\r\n",
            "\n",
            "\r",
            "\r\n ",
            "\t",
            "\"",
            ":",
            ";",
            ",",
            "\\",
            "\\n",
            "\\N",
            "^n",
            "^'",
            "=",
            "\u{0}",
            "\u{1b}",
            "\u{7f}",
            "\u{85}",
            "\u{202e}",
            "\u{2066}",
            "\u{2028}",
            "\u{feff}",
            "講習会",
            "か\u{3099}",
            "👨\u{200d}👩\u{200d}👧",
            "葛\u{e0100}",
            "　",
            " ",
            "BEGIN:VEVENT",
            "END:VEVENT",
            "ATTENDEE:mailto:x@example.jp",
            "BEGIN:VALARM",
        ])
        .prop_map(str::to_owned),
    ];

    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_type_is_one_event_with_the_same_text(
        summary in hostile(),
        location in hostile(),
        description in hostile(),
        office in hostile(),
        person in hostile(),
    ) {
        check_invitation(&Event {
            summary,
            location,
            description,
            organizer: Some(mailbox(&office, "smaho@shirube.example.jp")),
            attendee: Some(mailbox(&person, "hanako@example.jp")),
            ..lesson()
        });
    }
}
