//! The first hour after a session opened, and bookings that come in a burst.

use entity::ResidentId;
use shirube::bookings::Wish;
use shirube::platform::Error;
use shirube::sessions::SessionChange;

use super::*;
use crate::support::person;

/// A class that opens to the public now.
async fn opened_now(t: &TestApp, seats: i32) -> SessionId {
    let id = class(t, at(2024, 7, 10, 14, 0), seats).await;
    for is_public in [false, true] {
        let (title, none) = ("スマホ講習会".to_owned(), String::new());
        let change = &SessionChange {
            title_ja: title,
            title_en: "Smartphone class".to_owned(),
            bring_ja: none.clone(),
            bring_en: none,
            capacity: i64::from(seats),
            is_public,
        };
        let scope = &t.scope();
        let work = async |tx: shirube::platform::Tx| {
            sessions::actions::update(&tx, scope, id, None, change, None).await.map(drop)
        };
        t.app.store().write(&t.ctx_system(), "update_session", work).await.unwrap();
    }
    id
}

async fn ask(
    app: &shirube::platform::App,
    ctx: &shirube::platform::Ctx,
    wish: Wish,
) -> Result<booking::Model, Error> {
    let scope = &shirube::platform::Scope::whole(ctx.home);
    let wish = &wish;
    app.store()
        .write(
            ctx,
            "book_session",
            |tx| async move { bookings::actions::book(&tx, scope, wish).await },
        )
        .await
}

fn wish(session_id: SessionId, resident_id: ResidentId, via: Via, may_wait: bool) -> Wish {
    a_wish(session_id, resident_id).by(via).may_wait(may_wait).value()
}

fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    match answer {
        Ok(_) => "",
        Err(Error::Refused(refusal)) => refusal.code,
        Err(other) => panic!("{other:?}"),
    }
}

async fn people(t: &TestApp, count: usize) -> Vec<ResidentId> {
    let mut all = Vec::new();
    for i in 0..count {
        let kana: String =
            "あいうえおかきくけこ".chars().cycle().skip(i % 10).take(3 + i / 10).collect();
        all.push(person(t, &kana).await);
    }
    all
}

#[tokio::test]
async fn in_the_first_hour_a_third_of_the_seats_is_for_phone_and_counter() {
    let t = TestApp::start().await;
    let session = opened_now(&t, 3).await;
    let ctx = t.ctx_anonymous();

    for (kana, phone) in [("しるべ いち", "0312340001"), ("しるべ に", "0312340002")] {
        Browser::new(&t).book(session, kana, phone).await;
    }

    // The page says so, and gives the number; the form offers the waiting list.
    let page = t.anonymous().get(&format!("/events/{session}")).await.expect(200);
    assert!(page.text.contains("お電話なら、あと1人 参加できます"), "{}", page.text);
    assert!(page.text.contains("03-0000-0100"));
    let list = t.anonymous().get("/events").await.expect(200);
    assert!(list.text.contains("お電話なら、あと1人 参加できます"));

    let who = people(&t, 3).await;
    let answer = ask(&t.app, &ctx, wish(session, who[0], Via::Web, false)).await;
    assert_eq!(code(answer), "kept_for_phone");
    let waits = ask(&t.app, &ctx, wish(session, who[0], Via::Web, true)).await.unwrap();
    assert_eq!(waits.state, BookingState::Waiting);
    t.run_jobs().await;
    assert_eq!(bookings_of(&t, session).await.last().unwrap().state, BookingState::Waiting);

    // Somebody calls and gets the seat, though somebody on the web waits.
    let called = ask(&t.app, &t.ctx_system(), wish(session, who[1], Via::Phone, false)).await;
    assert_eq!(called.unwrap().state, BookingState::Confirmed);

    t.advance(TimeDelta::minutes(61));
    let late = ask(&t.app, &ctx, wish(session, who[2], Via::Web, false)).await;
    assert_eq!(code(late), "session_full");
    t.finish().await;
}

#[tokio::test]
async fn after_the_first_hour_who_waits_on_the_web_gets_what_nobody_called_for() {
    let t = TestApp::start().await;
    let session = opened_now(&t, 3).await;
    let who = people(&t, 3).await;
    let ctx = t.ctx_anonymous();
    for who in &who {
        ask(&t.app, &ctx, wish(session, *who, Via::Web, true)).await.unwrap();
    }
    t.run_jobs().await;
    let states = async || {
        let all = bookings_of(&t, session).await;
        all.iter().map(|booking| booking.state).collect::<Vec<_>>()
    };
    let (confirmed, waiting) = (BookingState::Confirmed, BookingState::Waiting);
    assert_eq!(states().await, [confirmed, confirmed, waiting]);
    t.advance(TimeDelta::minutes(60));
    t.run_jobs().await;
    assert_eq!(states().await, [confirmed, confirmed, BookingState::Offered]);
    t.finish().await;
}

#[tokio::test]
async fn moving_a_booking_on_the_web_takes_no_kept_seat() {
    let t = TestApp::start().await;
    let (from, to) = (class(&t, at(2024, 7, 17, 14, 0), 5).await, opened_now(&t, 2).await);
    let mine = Browser::new(&t);
    mine.book(from, "しるべ はなこ", "0312345678").await;
    Browser::new(&t).book(to, "しるべ たろう", "0312340002").await;
    let refused = mine.post(&format!("/my/day/{to}"), &[]).await.expect(409);
    assert!(refused.text.contains("お電話でのお申し込みだけ"), "{}", refused.text);
    t.advance(TimeDelta::minutes(61));
    mine.post(&format!("/my/day/{to}"), &[]).await.expect(303);
    assert_eq!(bookings_of(&t, to).await.len(), 2);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_click_at_once_the_kept_seats_stay() {
    let t = TestApp::start().await;
    let session = opened_now(&t, 12).await;
    let others = [t.again().await, t.again().await];
    let people = people(&t, 50).await;

    let tasks: Vec<_> = people
        .into_iter()
        .enumerate()
        .map(|(i, who)| {
            let app = [&t, &others[0], &others[1]][i % 3].app.clone();
            // Every tenth calls.
            let (via, ctx) = match i % 10 {
                0 => (Via::Phone, t.ctx_system()),
                _ => (Via::Web, t.ctx_anonymous()),
            };
            tokio::spawn(async move {
                let answer = ask(&app, &ctx, wish(session, who, via, false)).await;
                (via, code(answer))
            })
        })
        .collect();

    let mut answers = BTreeMap::new();
    for task in tasks {
        let (via, code) = task.await.unwrap();
        *answers.entry((via.to_string(), code)).or_insert(0) += 1;
    }

    let web = answers.get(&("web".to_owned(), "")).copied().unwrap_or(0);
    let phone = answers.get(&("phone".to_owned(), "")).copied().unwrap_or(0);
    // Five call. Four seats are theirs for sure, and a fifth if one of them came before the web.
    assert!((4..=5).contains(&phone) && web + phone == 12 && web <= 8, "{answers:?}");
    t.finish().await;
}

/// Bookings of as many people from one network, a few seconds after each other.
async fn bot(t: &TestApp, session: SessionId, count: usize) -> Vec<booking::Model> {
    let secret = t.app.secret().await.unwrap();
    let mut made = Vec::new();
    for (i, who) in people(t, count).await.into_iter().enumerate() {
        let address = format!("2001:db8:1:1::{i:x}").parse().unwrap();
        let origin = shirube::platform::Origin::of(secret, address);
        let ctx = shirube::platform::Ctx { origin, ..t.ctx_anonymous() };
        made.push(ask(&t.app, &ctx, wish(session, who, Via::Web, true)).await.unwrap());
        t.advance(TimeDelta::seconds(5));
    }
    made
}

#[tokio::test]
async fn a_burst_is_seen_and_ends_in_one_act() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 9).await;
    let made = bot(&t, session, 10).await;
    assert_eq!(made[9].state, BookingState::Waiting);

    let real = Browser::at(&t, "203.0.113.9");
    let path = real.begin(session).await;
    real.post(&format!("{path}/name"), &[("kana", "しるべ はなこ")]).await.expect(303);
    real.post(&format!("{path}/phone"), &[("phone", "0312345678")]).await.expect(303);
    real.post(&format!("{path}/way"), &[("way", "phone")]).await.expect(303);
    real.press(&path).await.expect(303);

    let operator = t.operator().await;
    let list = operator.get("/sessions").await.expect(200);
    assert!(list.text.contains("まとまった申し込みが1回あります"), "{}", list.text);
    let bursts = operator.get("/bursts").await.expect(200);
    let first = made[0].id;
    assert!(bursts.text.contains(&format!("/bursts/{first}")), "{}", bursts.text);
    assert!(!bursts.text.contains("2001:db8"), "no address is shown");
    let page = operator.get(&format!("/bursts/{first}")).await.expect(200);
    assert!(page.text.contains("10件を取り消す") && !page.text.contains("はなこ"), "{}", page.text);

    // One of them is reached by phone, and stays.
    let reached = [("booking", made[3].id.to_string())];
    let reached = reached.each_ref().map(|(name, value)| (*name, value.as_str()));
    operator.post_form(&format!("/bursts/{first}/vouch"), &reached).await.expect(303);
    let page = operator.get(&format!("/bursts/{first}")).await.expect(200);
    assert!(page.text.contains("9件を取り消す") && page.text.contains("本人に確かめました"));

    let seen = page.field("seen");
    let cancel = format!("/bursts/{first}/cancel");
    t.teacher().await.post_form(&cancel, &[("seen", &seen)]).await.expect(403);
    t.stranger().await.post_form(&cancel, &[("seen", &seen)]).await.expect(404);
    let done = operator.post_form(&cancel, &[("seen", &seen)]).await.expect(303);
    assert_eq!(done.location(), "/bursts?cancelled=9");
    let told = operator.get(done.location()).await.expect(200);
    assert!(told.text.contains("9件を取り消しました"));

    for (at, booking) in made.iter().enumerate() {
        let want = if at == 3 { BookingState::Confirmed } else { BookingState::Cancelled };
        let db = t.app.store().reader();
        let now = bookings::queries::get(db, &t.scope(), booking.id).await.unwrap();
        assert_eq!(now.state, want, "{at}");
    }

    // The seats are offered on when their minute is over: who really waited has one.
    t.advance(shirube::bookings::rules::KEEP);
    t.run_jobs().await;
    let last = bookings_of(&t, session).await.pop().unwrap();
    assert_eq!(last.state, BookingState::Offered);

    let lines = audit::Entity::find()
        .filter(audit::Column::Action.eq("cancel_burst"))
        .all(t.app.store().reader())
        .await
        .unwrap();
    let of = |subject: &str| lines.iter().filter(|line| line.subject == subject).count();
    assert!(of("booking") >= 9 && of("booking_burst") == 1);
    assert!(lines.iter().all(|line| line.actor.starts_with("staff:")));

    // A second press finds nothing left.
    let again = operator.post_form(&cancel, &[("seen", &seen)]).await.expect(303);
    assert_eq!(again.location(), "/bursts?cancelled=0");
    let list = operator.get("/sessions").await.expect(200);
    assert!(!list.text.contains("まとまった申し込みが"));
    t.finish().await;
}

#[tokio::test]
async fn what_came_after_the_look_is_not_cancelled_unseen() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 24).await;
    let made = bot(&t, session, 8).await;
    let operator = t.operator().await;
    let first = made[0].id;
    let seen = operator.get(&format!("/bursts/{first}")).await.expect(200).field("seen");

    // From the network of the burst, but after somebody looked at it.
    let late = person(&t, "しるべ あとから").await;
    let secret = t.app.secret().await.unwrap();
    let origin = shirube::platform::Origin::of(secret, "2001:db8:1:1::99".parse().unwrap());
    let ctx = shirube::platform::Ctx { origin, ..t.ctx_anonymous() };
    let late = ask(&t.app, &ctx, wish(session, late, Via::Web, false)).await.unwrap();

    // A booking that the staff moved is no bot's either.
    let other = class(&t, at(2024, 7, 17, 14, 0), 5).await;
    let to = serde_json::json!({ "session_id": other.0 });
    let moved = operator.post_json(&format!("/api/bookings/{}/move", made[5].id), &to).await;
    assert!(moved.status.is_success(), "{}", moved.text);

    let cancel = format!("/bursts/{first}/cancel");
    let done = operator.post_form(&cancel, &[("seen", &seen)]).await.expect(303);
    assert_eq!(done.location(), "/bursts?cancelled=7");
    let db = t.app.store().reader();
    for id in [late.id, made[5].id] {
        let now = bookings::queries::get(db, &t.scope(), id).await.unwrap();
        assert_eq!(now.state, BookingState::Confirmed);
    }

    // After two weeks nothing says any more where they came from.
    t.advance(TimeDelta::days(15));
    let work = async |tx: shirube::platform::Tx| bookings::actions::forget_origins(&tx).await;
    t.app.store().write(&t.ctx_system(), "forget_old", work).await.unwrap();
    let left = entity::bookings::booking_origin::Entity::find().count(db).await.unwrap();
    assert_eq!(left, 0);
    t.finish().await;
}
