//! A person, from the first word to what others read.

use std::collections::HashMap;

use calcard::icalendar::{
    ICalendarComponentType, ICalendarParameterName, ICalendarParameterValue, ICalendarProperty,
};
use entity::ResidentId;
use entity::bookings::booking;
use entity::notices::{delivery, notice};
use entity::residents::contact_channel::Channel;
use entity::residents::resident::Standing;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use shirube::bookings::queries::number_text;
use shirube::platform::Tx;
use shirube::platform::config::Config;
use shirube::residents::{self, NewResident};

use super::person::Person;
use super::{Dice, VALUES};
use crate::notices::sink::{Sink, read};
use crate::support::{Client, TestApp, a_session, a_wish, at};

/// Seats of a class.
const SEATS: usize = 24;
/// Days of July on which there is one.
const DAYS: [u32; 9] = [9, 10, 11, 12, 16, 17, 18, 19, 22];

/// Stores people as the doors do: read by the one reader, written by the actions.
async fn store(t: &TestApp, people: &[Person]) -> Vec<ResidentId> {
    let (ctx, scope) = (t.ctx_system(), &t.scope());
    let today = ctx.today();
    let work = |tx: Tx| async move {
        let mut ids = Vec::new();
        for person in people {
            let facts = person.said().read(today, &[], Standing::Active)?;
            let new = NewResident::from(facts.clone());
            let id = residents::actions::create(&tx, scope, &new).await?.id;
            residents::actions::change(&tx, scope, id, 1, &facts).await?;
            ids.push(id);
        }
        Ok(ids)
    };
    t.app.store().write(&ctx, "register_all", work).await.unwrap()
}

/// The text of a page, without tags, and without white space, at which lines are broken.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;

    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }

    for (entity, c) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        // The ampersand last: what it makes is not read a second time.
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, c);
    }

    tight(&text)
}

fn tight(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What stands in an address in percent, as it is.
fn plain(uri: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), uri);
    while let Some((before, behind)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        bytes.push(u8::from_str_radix(&behind[..2], 16).unwrap());
        rest = &behind[2..];
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).unwrap()
}

async fn json_and_search_say_what_was_said(
    t: &TestApp,
    desk: &Client,
    people: &[Person],
    ids: &[ResidentId],
) {
    let (db, scope) = (t.app.store().reader(), &t.scope());

    for (person, id) in people.iter().zip(ids) {
        let shown = desk.get(&format!("/api/residents/{id}")).await.expect(200).json();
        let birth = match person.birth.1.parse::<i32>() {
            Ok(year) => ("birth_year", json!(year)),
            Err(_) => ("birth_date", json!(person.birth.1)),
        };

        for (field, stored) in [
            ("name", json!(person.name.1)),
            ("kana", json!(person.kana.1)),
            ("phones", json!([person.phone.1])),
            birth,
            ("postal_code", json!(person.postal_code.1)),
            ("address", json!(person.address.1)),
            ("email", json!(person.email.1)),
            ("note", json!(person.note.1)),
        ] {
            assert_eq!(shown[field], stored, "{field}: {:?}", person.said());
        }

        for typed in [&person.name.0, &person.kana.0, &person.phone.0] {
            let found = residents::queries::find(db, scope, typed, 200).await.unwrap().for_work();
            assert!(found.iter().any(|found| found.id == *id), "{typed} finds {:?}", person.name);
        }
    }
}

async fn letters_say_what_was_said(
    t: &TestApp,
    desk: &Client,
    people: &[Person],
    numbers: &HashMap<ResidentId, String>,
    ids: &[ResidentId],
) {
    let waiting = delivery::Entity::find().filter(delivery::Column::Channel.eq(Channel::Letter));
    let waiting = waiting.all(t.app.store().reader()).await.unwrap();
    let waiting: Vec<String> = waiting.iter().map(|row| row.id.to_string()).collect();
    let fields: Vec<(&str, &str)> = waiting.iter().map(|id| ("ids", id.as_str())).collect();
    let printed = desk.post_form("/post/print", &fields).await.expect(303);
    let page = desk.get(printed.location()).await.expect(200).text;

    let letters: Vec<String> = page.split("<article").skip(1).map(text_of).collect();
    for (person, id) in people.iter().zip(ids) {
        let letter = letters.iter().find(|letter| letter.contains(&numbers[id]));
        if person.channel != Channel::Letter {
            assert!(letter.is_none(), "no letter was asked for");
            continue;
        }
        let letter = letter.unwrap_or_else(|| panic!("no letter to {:?}", person.name));
        let (postal, to) = (&person.postal_code.1, person.printed());
        for part in [format!("〒{postal}{}", person.address.1), format!("{to} 様")] {
            assert!(letter.contains(&tight(&part)), "{part} in {letter}");
        }
    }
}

fn mails_say_what_was_said(sink: &Sink, people: &[Person]) {
    let mails = sink.mails();
    let by_address: HashMap<String, _> =
        mails.iter().map(|mail| (mail.to.replace('"', ""), mail)).collect();
    for person in people {
        let mail = by_address.get(&person.email.1);
        if person.channel != Channel::Email {
            assert!(mail.is_none(), "no mail was asked for");
            continue;
        }
        let mail = mail.unwrap_or_else(|| panic!("no mail to {:?}", person.email));
        let dear = format!("{} さま", person.name.1);
        assert!(mail.text.contains(&dear), "{dear} in {}", mail.text);

        let calendar = read(mail.calendar());
        let event = calendar
            .components
            .iter()
            .find(|block| block.component_type == ICalendarComponentType::VEvent)
            .unwrap();
        let attendee = event.entries.iter().find(|entry| entry.name == ICalendarProperty::Attendee);
        let attendee = attendee.unwrap();
        let uri = plain(attendee.values[0].as_text().unwrap()).replace('"', "");
        assert_eq!(uri, format!("mailto:{}", person.email.1));
        let called = attendee.params.iter().find(|of| of.name == ICalendarParameterName::Cn);
        let ICalendarParameterValue::Text(called) = &called.unwrap().value else {
            panic!("no name: {attendee:?}")
        };
        // A quote has no escape there, and a reader might take the other two for one.
        let want = person.name.1.replace('"', "").replace('^', "＾").replace('\\', "＼");
        assert_eq!(*called, want);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_the_same_at_every_later_stage() {
    let sink = Sink::start().await;
    let config = Config { smtp_url: Some(sink.url.clone()), ..Config::default() };
    let t = TestApp::start_with(config).await;
    let desk = t.operator().await;
    let dice = &mut Dice(20_240_701);
    let people: Vec<Person> = (0..VALUES).map(|n| Person::new(dice, n)).collect();
    let ids = store(&t, &people).await;
    json_and_search_say_what_was_said(&t, &desk, &people, &ids).await;

    for (group, day) in ids.chunks(SEATS).zip(DAYS) {
        let class = a_session().at(at(2024, 7, day, 14, 0)).seats(24).create(&t).await;
        for id in group {
            a_wish(class, *id).book(&t).await;
        }
    }
    t.run_jobs().await;
    let db = t.app.store().reader();
    let bookings = booking::Entity::find().all(db).await.unwrap();
    let numbers = bookings.iter().map(|row| (row.resident_id, number_text(row.number))).collect();
    assert_eq!(notice::Entity::find().all(db).await.unwrap().len(), VALUES);

    letters_say_what_was_said(&t, &desk, &people, &numbers, &ids).await;
    mails_say_what_was_said(&sink, &people);
    t.finish().await;
}
