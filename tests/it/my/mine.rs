//! A person's own booking: looked up, changed, given back.

use super::*;

#[tokio::test]
async fn an_unknown_number_and_a_wrong_ending_get_the_same_answer() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let number = Browser::new(&t).book(session, "しるべ はなこ", "0312345678").await;
    let unknown = another_number(&number);
    let stranger = Browser::new(&t);
    let wrong = stranger.post("/my", &[("number", &number), ("last4", "0000")]).await.expect(422);
    let nobody = stranger.post("/my", &[("number", &unknown), ("last4", "0000")]).await.expect(422);
    assert!(wrong.text.contains("もう一度ご確認ください"));
    assert_eq!(wrong.text.replace(&number, "*"), nobody.text.replace(&unknown, "*"));
    assert!(stranger.cookies.lock().unwrap().is_empty());
    // Without a proof, or with one made up, there is nothing to see.
    for path in ["/my/booking", "/my/cancel", "/my/day", "/my/path", "/my/calendar.ics"] {
        let made_up = format!("my={}.9999999999.{}", number.replace('-', ""), "0".repeat(64));
        for client in [t.anonymous(), t.anonymous().with_header("cookie", &made_up)] {
            let answer = client.get(path).await.expect(303);
            assert!(answer.location().starts_with("/my"), "{path}");
        }
    }
    t.finish().await;
}

#[tokio::test]
async fn a_booking_is_changed_and_cancelled_by_posts_only() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let other = class(&t, at(2024, 7, 17, 14, 0), 5).await;
    let browser = Browser::new(&t);
    browser.book(session, "しるべ はなこ", "0312345678").await;

    let days = browser.get("/my/day").await.expect(200);
    assert!(days.text.contains(&format!("/my/day/{other}")));
    assert!(!days.text.contains(&format!("\"/my/day/{session}\"")), "not the day it is on");
    let ask = browser.get(&format!("/my/day/{other}")).await.expect(200);
    assert!(ask.text.contains("7月10日") && ask.text.contains("7月17日"));
    assert_eq!(bookings_of(&t, session).await.len(), 1);

    let (_, moved) = browser.send(&format!("/my/day/{other}"), &[]).await;
    assert!(
        moved
            .text
            .contains("日にちを変えました。7月10日（水曜日）午後2時から、下の日時に変わりました。"),
        "{}",
        moved.text
    );

    let person = bookings_of(&t, other).await[0].resident_id;
    let history = t.operator().await.get(&format!("/people/{person}")).await.expect(200);
    assert!(history.text.contains("前は、「"), "{}", history.text);
    assert!(history.text.contains("」、7月10日（水曜日）午後2時、千代田区役所でした。"));

    let (_, again) = browser.send(&format!("/my/day/{other}"), &[]).await;
    assert!(again.text.contains("7月17日"), "a second press finds it done");
    assert_eq!(bookings_of(&t, other).await[0].state, BookingState::Confirmed);

    // To look at the page that asks is no answer.
    browser.get("/my/cancel").await.expect(200);
    browser.get("/my/cancel").await.expect(200);
    assert_eq!(bookings_of(&t, other).await[0].state, BookingState::Confirmed);
    let (_, cancelled) = browser.send("/my/cancel", &[]).await;
    assert!(cancelled.text.contains("取り消しました"));
    browser.post("/my/cancel", &[]).await.expect(303);
    assert_eq!(bookings_of(&t, other).await[0].state, BookingState::Cancelled);

    let actor = audit::Entity::find()
        .filter(audit::Column::Action.eq("cancel_booking"))
        .one(t.app.store().reader())
        .await
        .unwrap()
        .unwrap()
        .actor;
    assert!(actor.starts_with("resident:"), "{actor}");
    t.finish().await;
}

#[tokio::test]
async fn reading_every_page_changes_nothing() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    class(&t, at(2024, 7, 17, 14, 0), 5).await;
    let browser = Browser::new(&t);
    browser.book(session, "しるべ はなこ", "0312345678").await;
    let open = browser.up_to_check(session, "しるべ たろう", "0312345678").await;
    t.run_jobs().await;

    let before = audit::Entity::find().count(t.app.store().reader()).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut to_see = vec!["/".to_owned(), "/my/booking".to_owned(), format!("{open}/check")];
    while let Some(path) = to_see.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }

        let page = browser.get(&path).await;
        assert!(page.code() < 400, "{path}: {}", page.code());
        assert!(!page.text.contains("<script"), "{path}");
        if page.text.contains("<html") {
            assert!(page.text.contains("tel:0300000100"), "{path} gives the phone number");
        }

        for link in page.text.split("href=\"/").skip(1) {
            let link = format!("/{}", link.split('"').next().unwrap().replace("&#38;", "&"));
            let ours =
                ["/events", "/book", "/my", "/call"].iter().any(|room| link.starts_with(room));
            if ours && !link.contains("lang=") && !link.contains("size=") {
                to_see.push(link);
            }
        }
    }

    assert!(seen.len() > 15, "{seen:?}");
    assert_eq!(audit::Entity::find().count(t.app.store().reader()).await.unwrap(), before);

    // Addresses stay in the history of a browser that others may use.
    for path in &seen {
        for personal in ["0312345678", "1234", "しるべ", "%E3%81"] {
            assert!(!path.contains(personal), "{path}");
        }
    }
    t.finish().await;
}

#[tokio::test]
async fn a_couple_on_one_phone_are_two_people_and_somebody_who_comes_again_is_one() {
    let t = TestApp::start().await;
    let first = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let second = class(&t, at(2024, 7, 17, 14, 0), 12).await;
    known::apply_as(&t, first, "しるべ はなこ", "道標 花子", "").await;
    known::apply_as(&t, first, "しるべ たろう", "道標 太郎", "").await;
    known::apply_as(&t, second, "シルベ　ハナコ", "道標　花子", "").await;
    let people = residents(&t).await;
    let again = &bookings_of(&t, second).await[0];
    assert_eq!(again.resident_id, people[0].id);
    // The record of what was typed is shown as the person, and found no more.
    let shown: Vec<_> = people.iter().map(|person| person.same_as).collect();
    assert_eq!(shown, [None, None, Some(people[0].id)]);
    let operator = t.operator().await;
    let found = operator.get("/api/residents?q=0312345678").await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    t.finish().await;
}

#[tokio::test]
async fn another_address_makes_another_person_rather_than_a_letter_to_the_wrong_house() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let other = class(&t, at(2024, 7, 17, 14, 0), 12).await;
    for (session, address) in [(session, "試験町0-0-1"), (other, "試験町0-0-9")] {
        let browser = Browser::new(&t);
        let path = browser.begin(session).await;
        browser.post(&format!("{path}/name"), &[("kana", "しるべ はなこ")]).await.expect(303);
        browser.post(&format!("{path}/phone"), &[("phone", "0312345678")]).await.expect(303);
        browser.post(&format!("{path}/way"), &[("way", "letter")]).await.expect(303);
        browser.post(&format!("{path}/address"), &[("address", address)]).await.expect(303);
        browser.press(&path).await.expect(303);
    }
    let addresses: Vec<_> = residents(&t).await.into_iter().filter_map(|p| p.address).collect();
    assert_eq!(addresses, ["試験町0-0-1", "試験町0-0-9"]);
    t.finish().await;
}

#[tokio::test]
async fn the_way_that_was_chosen_comes_first_and_no_mail_address_is_needed() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    Browser::new(&t).book(session, "しるべ はなこ", "0312345678").await;
    let ways = contact_channel::Entity::find()
        .order_by_asc(contact_channel::Column::Rank)
        .all(t.app.store().reader())
        .await
        .unwrap();
    assert_eq!(ways.first().map(|way| way.channel), Some(Channel::Phone));
    assert_eq!(residents(&t).await[0].email, None);
    t.finish().await;
}

#[tokio::test]
async fn what_was_typed_is_shown_as_text_and_never_as_markup() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.begin(session).await;
    let evil = "<script>alert(1)</script>\"'>";
    browser.post(&format!("{path}/name"), &[("name", evil), ("kana", "しるべ")]).await.expect(303);
    browser.post(&format!("{path}/phone"), &[("phone", "0312345678")]).await.expect(303);
    browser.post(&format!("{path}/way"), &[("way", "letter")]).await.expect(303);
    browser.post(&format!("{path}/address"), &[("address", evil)]).await.expect(303);
    for step in ["name", "address", "check"] {
        let page = browser.get(&format!("{path}/{step}")).await.expect(200);
        assert!(page.text.contains("&#60;script&#62;"), "{step}: {}", page.text);
        assert!(!page.text.contains("<script"), "{step}");
    }
    let page = browser.post("/my", &[("number", evil), ("last4", evil)]).await.expect(422);
    assert!(!page.text.contains("<script"));
    t.finish().await;
}

#[tokio::test]
async fn the_calendar_file_is_given_to_whoever_booked() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    browser.book(session, "しるべ はなこ", "0312345678").await;
    let file = browser.get("/my/calendar.ics").await.expect(200);
    assert!(file.header("content-type").starts_with("text/calendar"));
    assert!(file.text.starts_with("BEGIN:VCALENDAR") && file.text.contains("METHOD:PUBLISH"));
    assert!(file.text.contains("SUMMARY:スマホ講習会"), "{}", file.text);
    let english = browser.get("/my/calendar.ics?lang=en").await.expect(200);
    assert!(english.text.contains("SUMMARY:Smartphone class"), "{}", english.text);
    browser.post("/my/close", &[]).await.expect(303);
    browser.get("/my/calendar.ics").await.expect(303);
    t.finish().await;
}

#[tokio::test]
async fn somebody_without_a_path_is_led_to_the_phone() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    assert_eq!(browser.get("/my/path").await.expect(303).location(), "/my?to=path");
    let number = browser.book(session, "しるべ はなこ", "0312345678").await;
    let fields = [("number", number.as_str()), ("last4", "5678"), ("to", "path")];
    let (to, page) = browser.send("/my", &fields).await;
    assert_eq!(to, "/my/path");
    assert!(page.text.contains("この受付番号では、道すじを見られません"), "{}", page.text);
    // With a number that the office gave.
    let person = crate::residents::add(&t, "しるべ はなこ", "", &["0312345678"]).await;
    let number = known::book_by_phone(&t, session, person).await;
    let fields = [("number", number.as_str()), ("last4", "5678"), ("to", "path")];
    let (_, page) = browser.send("/my", &fields).await;
    assert!(page.text.contains("まだ道すじがありません"));
    t.finish().await;
}

#[tokio::test]
async fn the_path_shows_what_is_done_what_is_next_and_why() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let person = crate::residents::add(&t, "しるべ はなこ", "", &["0312345678"]).await;
    let number = known::book_by_phone(&t, session, person).await;

    let kinds = [StepKind::ClassBasic, StepKind::PracticeApp, StepKind::Consultation];
    let steps: Vec<AcceptedStep> =
        kinds.iter().map(|kind| AcceptedStep::added(*kind, OverrideReason::Wish)).collect();
    let (scope, steps) = (&t.scope(), &steps);
    t.app
        .store()
        .write(&t.ctx_system(), "accept_path", |tx| async move {
            let hearing = serde_json::json!({});
            paths::actions::accept(&tx, scope, person, &hearing, steps).await
        })
        .await
        .unwrap();

    // The number and the end of the phone number are said first.
    assert_eq!(browser.get("/my/path").await.expect(303).location(), "/my?to=path");
    let proof = [("number", number.as_str()), ("last4", "5678"), ("to", "path")];
    let (_, page) = browser.send("/my", &proof).await;
    assert!(page.text.contains("シルベ ハナコさまのみちしるべ"), "{}", page.text);
    assert!(page.text.contains("3つの道すじです。これから始めましょう。"));
    assert!(!page.text.contains("0つ"));

    let signs: Vec<&str> = page.text.split("<li class=\"path-step ").skip(1).collect();
    assert_eq!(signs.len(), 3);
    assert!(signs[0].starts_with("path-now") && signs[0].contains("7月10日（水曜日）"));
    assert!(!signs[0].contains("class=\"button"), "it is booked already");
    assert!(signs[1].starts_with("path-later") && signs[2].starts_with("path-later"));
    assert!(signs.iter().all(|sign| sign.contains("おすすめする理由：")));

    let english = browser.get("/my/path?lang=en").await.expect(200);
    assert!(english.text.contains("Why we suggest this: "));
    t.finish().await;
}

#[tokio::test]
async fn a_lost_draft_is_explained_and_a_hidden_session_does_not_exist() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);

    let key = "0".repeat(32);
    let lost = browser.get(&format!("/book/{key}/phone")).await.expect(303);
    let page = browser.get(lost.location()).await.expect(200);
    assert!(page.text.contains("はじめから、もう一度お願いします"));
    for path in ["/book/x/phone", "/book/0/nothing", "/events/999", "/book/999"] {
        browser.get(path).await.expect(404);
    }

    let hidden = sessions::SessionChange {
        title_ja: "準備中".into(),
        title_en: "In preparation".into(),
        bring_ja: String::new(),
        bring_en: String::new(),
        capacity: 12,
        is_public: false,
    };
    let (scope, hidden) = (&t.scope(), &hidden);
    t.app
        .store()
        .write(&t.ctx_system(), "update_session", |tx| async move {
            sessions::actions::update(&tx, scope, session, None, hidden, None).await
        })
        .await
        .unwrap();

    browser.get(&format!("/events/{session}")).await.expect(404);
    browser.get(&format!("/book/{session}")).await.expect(404);
    assert!(!browser.get("/events").await.text.contains("準備中"));
    t.finish().await;
}

#[tokio::test]
async fn the_details_are_sent_again_on_request_and_not_twice_a_day() {
    use entity::notices::notice;
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    browser.book(session, "しるべ はなこ", "0312345678").await;
    t.run_jobs().await;

    let count = async || notice::Entity::find().count(t.app.store().reader()).await.unwrap();
    assert_eq!(count().await, 1);
    assert!(browser.get("/my/booking").await.text.contains("ご案内をもう一度送る"));
    let (_, told) = browser.send("/my/again", &[]).await;
    assert!(told.text.contains("えらんだ方法で、ご案内をお送りします。"), "{}", told.text);
    assert_eq!(count().await, 1, "the first one is still on its way");

    t.advance(TimeDelta::hours(24));
    let number = format!("{:08}", bookings_of(&t, session).await[0].number);
    let proof = [("number", number.as_str()), ("last4", "5678")];
    browser.send("/my", &proof).await;
    browser.send("/my/again", &[]).await;
    browser.send("/my/again", &[]).await;
    assert_eq!(count().await, 2);

    browser.send("/my/cancel", &[]).await;
    // A slip is taken back on the same page.
    assert!(browser.get("/my/booking").await.text.contains("action=\"/my/give-back\""));
    let (to, back) = browser.send("/my/give-back", &[]).await;
    assert_eq!(to, "/my/booking?done=back");
    assert!(back.text.contains("申し込みを元にもどしました"), "{}", back.text);
    assert_eq!(bookings_of(&t, session).await[0].state, BookingState::Confirmed);

    browser.send("/my/cancel", &[]).await;
    t.run_jobs().await;
    let told = browser.get("/my/booking").await;
    assert!(told.text.contains("取り消しました") || told.text.contains("取り消し"));
    assert!(!told.text.contains("ご案内をもう一度送る"), "nothing to send of what was cancelled");
    t.finish().await;
}

#[tokio::test]
async fn a_booking_under_a_neighbours_number_opens_nothing_of_the_neighbour() {
    let t = TestApp::start().await;
    let own = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let session = class(&t, at(2024, 7, 17, 14, 0), 12).await;
    let hanako = a_person("しるべ はなこ").phone("0312345678").address("試験町0-0-1");
    let hanako = hanako.told_by(&[Channel::Letter, Channel::Phone]).create(&t).await;
    let told = a_wish(own, hanako).book(&t).await;
    t.advance(TimeDelta::minutes(1));

    let stranger = Browser::new(&t);
    let number = stranger.book(session, "しるべ はなこ", "0312345678").await;
    assert_ne!(bookings_of(&t, session).await[0].resident_id, told.resident_id);
    let mine = stranger.get("/my/booking").await.expect(200);
    assert!(mine.text.contains(&number) && mine.text.contains("7月17日"), "{}", mine.text);
    assert!(!mine.text.contains("7月10日") && !mine.text.contains("シルベ"), "{}", mine.text);
    assert_eq!(stranger.get("/my/path").await.expect(303).location(), "/my?to=path");

    // Whoever booked knows this number and the end of the phone number as well.
    let known = [("number", number.as_str()), ("last4", "5678"), ("to", "path")];
    let (to, page) = stranger.send("/my", &known).await;
    assert_eq!(to, "/my/path");
    assert!(page.text.contains("この受付番号では、道すじを見られません"), "{}", page.text);
    assert!(!page.text.contains("シルベ") && !page.text.contains("7月10日"), "{}", page.text);

    let ways = contact_channel::Entity::find()
        .filter(contact_channel::Column::ResidentId.eq(told.resident_id))
        .order_by_asc(contact_channel::Column::Rank)
        .all(t.app.store().reader())
        .await
        .unwrap();
    let ways: Vec<Channel> = ways.into_iter().map(|way| way.channel).collect();
    assert_eq!(ways, [Channel::Letter, Channel::Phone]);

    // The number that the person was told opens the path.
    let hanako = Browser::new(&t);
    let number = bookings::queries::number_text(told.number);
    let told = [("number", number.as_str()), ("last4", "5678"), ("to", "path")];
    let (_, path) = hanako.send("/my", &told).await;
    assert!(path.text.contains("まだ道すじがありません"), "{}", path.text);

    // What was booked can still be given back by whoever booked it.
    let (_, cancelled) = stranger.send("/my/cancel", &[]).await;
    assert!(cancelled.text.contains("取り消しました"), "{}", cancelled.text);
    t.finish().await;
}

#[tokio::test]
async fn nobody_is_promised_a_call_that_nobody_would_make() {
    let t = TestApp::start().await;
    let browser = Browser::new(&t);
    let asks = "電話 03-0000-0100 へ、おかけください。平日の午前10時から午後5時までです。";
    for path in ["/", "/events"] {
        let page = browser.get(path).await.expect(200);
        assert!(page.text.contains(asks), "{path}: {}", page.text);
        assert!(!page.text.contains("お電話でお知らせします"), "{path}");
    }
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let path = browser.begin(session).await;
    let day = browser.get(&format!("{path}/day")).await.expect(200);
    assert!(day.text.contains(asks), "{}", day.text);
    let day = browser.get(&format!("{path}/day?lang=en")).await.expect(200);
    let asks = "Please call us on 03-0000-0100. Weekdays, 10 am to 5 pm.";
    assert!(day.text.contains(asks) && !day.text.contains("We will call you"), "{}", day.text);
    t.finish().await;
}
