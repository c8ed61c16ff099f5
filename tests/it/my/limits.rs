//! How often the public pages let somebody try: whoever guesses or takes all is stopped, and nobody
//! else.

use entity::bookings::booking_origin;
use entity::platform::rate_counter;
use shirube::my::limits;
use shirube::platform::japan::PhoneNumber;
use shirube::platform::{Ctx, Error, Origin};

use super::*;

/// A request of nobody from this address.
async fn ctx_from(t: &TestApp, address: &str) -> Ctx {
    let secret = t.app.secret().await.unwrap();
    Ctx { origin: Origin::of(secret, address.parse().unwrap()), ..t.ctx_anonymous() }
}

async fn apply(t: &TestApp, address: &str, phone: &str) -> bool {
    let phone = PhoneNumber::parse(phone).unwrap();
    match limits::count_application(&t.app, &ctx_from(t, address).await, &phone).await {
        Ok(()) => true,
        Err(Error::TooMany(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

/// A number of its own for each application.
fn phone(i: usize) -> String {
    format!("090{i:08}")
}

#[tokio::test]
async fn a_network_applies_sixty_times_an_hour_however_many_addresses_it_has() {
    let t = TestApp::start().await;
    let six = |i: usize| format!("2001:db8:1:1::{:x}", i + 1);
    let taken = {
        let mut taken = 0;
        for i in 0..70 {
            taken += usize::from(apply(&t, &six(i), &phone(i)).await);
        }
        taken
    };
    assert_eq!(taken, 60, "one /64 is one network");
    assert!(apply(&t, "2001:db8:1:2::1", &phone(100)).await, "another /64 is another");

    let mut taken = 0;
    for i in 0..250 {
        let address = format!("203.0.113.{}", i % 250);
        taken += usize::from(apply(&t, &address, &phone(200 + i)).await);
    }
    assert_eq!(taken, 240, "a /24 has a limit of its own");

    for address in ["203.0.114.1", "198.51.100.1", "2001:db8:1:3::1"] {
        assert!(apply(&t, address, &phone(900)).await, "{address} is refused for others");
    }

    t.advance(TimeDelta::minutes(61));
    assert!(apply(&t, &six(0), &phone(0)).await);
    t.finish().await;
}

#[tokio::test]
async fn applications_under_a_number_do_not_shut_out_its_owner() {
    let t = TestApp::start().await;
    for i in 0..20 {
        assert_eq!(apply(&t, "203.0.113.9", "09012345678").await, i < 12, "try {i}");
    }
    assert!(apply(&t, "198.51.100.7", "09012345678").await);
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    Browser::at(&t, "198.51.100.7").book(session, "しるべ はなこ", "09012345678").await;
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_on_one_line_finds_its_bookings() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let number = Browser::at(&t, "192.0.2.1").book(session, "しるべ はなこ", "0312345678").await;

    let fields = [("number", number.as_str()), ("last4", "5678")];
    for _ in 0..40 {
        Browser::at(&t, "203.0.113.9").post("/my", &fields).await.expect(303);
    }

    // All of them at once, over three processes.
    let others = [t.again().await, t.again().await];
    let tasks: Vec<_> = (0..40)
        .map(|i| {
            let process = [&t, &others[0], &others[1]][i % 3];
            let (client, number) = (process.anonymous().from("203.0.113.9"), number.clone());
            tokio::spawn(async move {
                let fields = [("number", number.as_str()), ("last4", "5678")];
                client.post_form("/my", &fields).await.code()
            })
        })
        .collect();

    for task in tasks {
        assert_eq!(task.await.unwrap(), 303);
    }
    t.finish().await;
}

#[tokio::test]
async fn wrong_tries_on_a_number_stop_who_guesses_and_not_its_owner() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let number = Browser::new(&t).book(session, "しるべ はなこ", "0312345678").await;
    let other = t.again().await;

    let ask = async |process: &TestApp, address: &str, last4: &str| {
        let fields = [("number", number.as_str()), ("last4", last4)];
        process.anonymous().from(address).post_form("/my", &fields).await
    };

    for guess in 0..5 {
        let process = if guess % 2 == 0 { &t } else { &other };
        let (address, last4) = (format!("2001:db8:1:1::{guess}"), format!("{guess:04}"));
        ask(process, &address, &last4).await.expect(422);
    }

    // Not even a right guess is told from a wrong one any more.
    for process in [&t, &other] {
        let stopped = ask(process, "2001:db8:1:1::ffff", "5678").await.expect(429);
        assert!(stopped.text.contains("03-0000-0100"), "the phone number is there");
    }

    // Who guesses is a network: nobody else is stopped with it.
    ask(&t, "2001:db8:1:2::1", "5678").await.expect(303);
    ask(&t, "203.0.113.9", "5678").await.expect(303);

    t.advance(TimeDelta::minutes(16));
    ask(&t, "2001:db8:1:1::1", "5678").await.expect(303);
    t.finish().await;
}

#[tokio::test]
async fn guesses_from_very_many_networks_get_slow_and_known_devices_stay_quick() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let owner = Browser::at(&t, "192.0.2.1");
    let number = owner.book(session, "しるべ はなこ", "0312345678").await;

    let fields = |last4: &'static str| [("number", number.clone()), ("last4", last4.to_owned())];
    let ask = async |browser: &Browser, last4: &'static str| {
        let fields = fields(last4);
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        browser.post("/my", &fields).await.code()
    };

    assert_eq!(ask(&owner, "5678").await, 303);
    let mark = ("known".to_owned(), "/".to_owned());
    let known_mark = owner.cookies.lock().unwrap().get(&mark).unwrap().clone();
    assert!(!known_mark.contains(&number.replace('-', "")), "{known_mark} names the booking");

    for network in 0..50 {
        let guesser = Browser::at(&t, &format!("198.51.{network}.7"));
        assert_eq!((ask(&guesser, "0001").await, ask(&guesser, "0002").await), (422, 422));
    }

    // Every network has two tries a day at it now, where it had five in a quarter of an hour.
    let late = Browser::at(&t, "198.51.60.7");
    assert_eq!((ask(&late, "0001").await, ask(&late, "0002").await), (422, 422));
    assert_eq!(ask(&late, "5678").await, 429);
    t.advance(TimeDelta::minutes(16));
    assert_eq!(ask(&late, "5678").await, 429);

    // Nobody is shut out: neither a new device of the owner, nor the known one after mistakes.
    assert_eq!(ask(&Browser::at(&t, "203.0.113.80"), "5678").await, 303);
    let owner = owner.moved("198.51.60.7");
    for _ in 0..4 {
        assert_eq!(ask(&owner, "0003").await, 422);
    }
    assert_eq!(ask(&owner, "5678").await, 303, "though on the network of a guesser");
    for _ in 0..5 {
        assert_eq!(ask(&owner, "0003").await, 422);
    }
    assert_eq!(ask(&owner, "5678").await, 429, "and is no way to guess either");

    // For another number it is a device like any other; 「見終わりました」 forgets it.
    t.advance(TimeDelta::minutes(16));
    owner.post("/my/close", &[]).await.expect(303);
    assert_eq!(ask(&owner, "5678").await, 429);
    t.finish().await;
}

#[tokio::test]
async fn whoever_tries_many_numbers_is_stopped_with_the_own_network_only() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let number = Browser::at(&t, "192.0.2.1").book(session, "しるべ はなこ", "0312345678").await;
    let mut guess = number.clone();
    for i in 0..30 {
        guess = another_number(&guess);
        let fields = [("number", guess.as_str()), ("last4", "0000")];
        let address = format!("2001:db8:1:1::{i:x}");
        t.anonymous().from(&address).post_form("/my", &fields).await.expect(422);
    }
    let right = [("number", number.as_str()), ("last4", "5678")];
    t.anonymous().from("2001:db8:1:1::77").post_form("/my", &right).await.expect(429);
    t.anonymous().from("2001:db8:1:2::77").post_form("/my", &right).await.expect(303);
    t.finish().await;
}

#[tokio::test]
async fn no_row_and_no_cookie_holds_an_address() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::at(&t, "203.0.113.9");
    let number = browser.book(session, "しるべ はなこ", "0312345678").await;
    browser.post("/my", &[("number", &number), ("last4", "0000")]).await.expect(422);
    browser.post("/my", &[("number", &number), ("last4", "5678")]).await.expect(303);
    let db = t.app.store().reader();
    let mut kept: Vec<String> = Vec::new();
    kept.extend(
        rate_counter::Entity::find().all(db).await.unwrap().iter().map(|r| r.bucket.clone()),
    );
    let origins = booking_origin::Entity::find().all(db).await.unwrap();
    assert_eq!(origins.len(), 1);
    kept.extend(origins.iter().flat_map(|row| [row.network.clone(), row.wider.clone()]));
    kept.extend(browser.cookies.lock().unwrap().values().cloned());
    assert!(kept.len() > 8);
    let plain = shirube::platform::random::digest(&[b"203.0.113.9"]);
    for text in kept {
        assert!(!text.contains("203.0.113") && !text.contains(&plain[..32]), "{text}");
    }
    t.finish().await;
}
