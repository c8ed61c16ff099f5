//! The seat of a call: kept while the talk goes on, asked about before it is given away.

use super::*;

/// A call with the person who is known, and the days that can be chosen.
async fn call(t: &TestApp, days: usize) -> (ResidentId, Vec<SessionId>, Desk) {
    let hanako = person(t, HANAKO, PHONE).await;
    let mut sessions = Vec::new();
    for day in 0..days {
        let starts_at = at(2024, 7, 10, 14, 0) + TimeDelta::days(day.try_into().unwrap());
        sessions.push(class(t, starts_at, 12).await);
    }
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    (hanako, sessions, desk)
}

async fn states(t: &TestApp, person: ResidentId) -> Vec<BookingState> {
    bookings_of(t, person).await.into_iter().map(|booking| booking.state).collect()
}

async fn number_of(t: &TestApp, person: ResidentId) -> String {
    let last = bookings_of(t, person).await.pop().unwrap();
    bookings::queries::number_text(last.number)
}

#[tokio::test]
async fn a_seat_stays_kept_while_the_talk_goes_on() {
    // The script sends a sign of life; without it, every form that is sent is one.
    for path in ["/desk/stay", "/desk/hearing"] {
        let t = TestApp::start().await;
        let (hanako, days, mut desk) = call(&t, 1).await;
        desk.press("/desk/hold", &[("seat", &days[0].to_string())]).await;
        for _ in 0..5 {
            t.advance(TimeDelta::minutes(4));
            t.run_jobs().await;
            let answer = desk.send(path, &[]).await;
            assert!([204, 303].contains(&answer.code()), "{path}: {}", answer.code());
        }
        assert_eq!(states(&t, hanako).await, [BookingState::Held], "{path}");
        desk.send("/desk/finish", &[]).await.expect(303);
        assert_eq!(states(&t, hanako).await, [BookingState::Confirmed], "{path}");
        t.finish().await;
    }
}

#[tokio::test]
async fn a_seat_that_nobody_keeps_any_more_is_free_again() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 1).await;
    desk.press("/desk/hold", &[("seat", &days[0].to_string())]).await;
    t.advance(TimeDelta::minutes(4));
    desk.send("/desk/stay", &[]).await.expect(204);
    t.advance(TimeDelta::minutes(6));
    t.run_jobs().await;
    assert_eq!(states(&t, hanako).await, [BookingState::Expired]);
    t.finish().await;
}

#[tokio::test]
async fn a_call_does_not_end_without_the_seat_that_was_read_back() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 1).await;
    let seat = days[0].to_string();

    desk.press("/desk/hold", &[("seat", &seat)]).await;
    let first = number_of(&t, hanako).await;
    t.advance(TimeDelta::seconds(320));
    t.run_jobs().await;

    // The heartbeat of a browser that slept tells it, and so does any screen.
    let answer = desk.send("/desk/stay", &[]).await.expect(409);
    assert!(answer.text.contains("id=\"gone\""), "{}", answer.text);
    desk.page = desk.client.get("/desk").await.expect(200);
    desk.shows("読み上げた席は、もうありません").shows(&first).hides("くり返します");

    desk.press("/desk/finish", &[("note", "水曜がよい")]).await;
    assert_eq!(desk.page.code(), 409);
    desk.shows("もう一度、日をえらんで読み上げるか").shows(&first);
    assert_eq!(
        (call_of(&t).await.state, call_of(&t).await.note.as_str()),
        (InquiryState::Draft, "水曜がよい")
    );

    // The same day again has another number, which is read back anew.
    desk.press("/desk/hold", &[("seat", &seat)]).await;
    let second = number_of(&t, hanako).await;
    assert_ne!(first, second);
    desk.shows("くり返します").shows(&second).hides("id=\"gone\"");
    desk.send("/desk/finish", &[]).await.expect(303);
    assert_eq!(states(&t, hanako).await, [BookingState::Expired, BookingState::Confirmed]);

    let call = call_of(&t).await;
    assert_eq!(call.booking_id, bookings_of(&t, hanako).await.pop().map(|booking| booking.id));
    t.finish().await;
}

#[tokio::test]
async fn who_wants_no_seat_any_more_says_so_and_the_call_ends() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 1).await;
    desk.press("/desk/hold", &[("seat", &days[0].to_string()), ("H0", "1")]).await;
    t.advance(TimeDelta::minutes(6));
    t.run_jobs().await;
    desk.press("/desk/hold", &[("seat", "later")]).await;
    desk.hides("id=\"gone\"").hides("くり返します");
    desk.send("/desk/finish", &[]).await.expect(303);
    assert_eq!(states(&t, hanako).await, [BookingState::Expired]);
    assert_eq!(call_of(&t).await.outcome, Some(Outcome::Answered));
    t.finish().await;
}

#[tokio::test]
async fn who_waited_before_the_seat_was_kept_has_no_seat_when_it_is_gone() {
    let t = TestApp::start().await;
    let (hanako, _, mut desk) = call(&t, 0).await;
    let full = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    book_elsewhere(&t, full, taro).await;
    desk.press("/desk/hold", &[("seat", &format!("wait-{full}"))]).await;
    desk.send("/desk/finish", &[]).await.expect(303);

    // In the last two hours no offer is made: a free seat is for whoever asks.
    t.advance(at(2024, 7, 10, 12, 30) - t.now());
    let id = bookings_of(&t, taro).await[0].id;
    let (scope, ctx) = (&t.scope(), t.ctx_system());
    let work = |tx| async move { bookings::actions::cancel(&tx, scope, id).await.map(|_| ()) };
    t.app.store().write(&ctx, "cancel_booking", work).await.unwrap();

    // For a minute the seat is kept for the case that it was a slip.
    t.advance(TimeDelta::minutes(2));
    t.run_jobs().await;

    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hold", &[("seat", &full.to_string())]).await;
    assert_eq!(states(&t, hanako).await, [BookingState::Held]);

    t.advance(TimeDelta::minutes(4));
    desk.send("/desk/stay", &[]).await.expect(204);
    t.advance(TimeDelta::minutes(6));
    t.run_jobs().await;
    assert_eq!(states(&t, hanako).await, [BookingState::Waiting]);

    desk.press("/desk/finish", &[]).await;
    assert_eq!(desk.page.code(), 409);
    desk.shows("読み上げた席は、もうありません");
    t.finish().await;
}

#[tokio::test]
async fn a_second_day_is_asked_about_and_the_first_seat_is_not_dropped() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 2).await;
    let [first, second] = [days[0].to_string(), days[1].to_string()];
    desk.press("/desk/hold", &[("seat", &first)]).await;
    let number = number_of(&t, hanako).await;
    desk.press("/desk/hold", &[("seat", &second), ("note", "木曜もよい")]).await;
    desk.shows("先におさえた席があります").shows(&number).shows("木曜もよい");
    desk.shows("いまえらんだのは、7月11日（木曜日）、午後2時から4時まで。")
        .shows("しちがつ じゅういちにち");
    desk.shows("上の席は空きになり").hides("ほかの方のもの");
    assert_eq!(states(&t, hanako).await, [BookingState::Held]);
    // The question is answered by the first key that comes to hand: nothing is lost.
    desk.press("/desk/hearing", &[("as_it_is", "1")]).await;
    desk.shows("くり返します").shows(&number).hides("先におさえた席があります");
    desk.press("/desk/hold", &[("seat", &second)]).await;
    desk.press("/desk/hold", &[("instead", &second)]).await;
    desk.shows("7月11日（木曜日）").hides(&number).hides("先におさえた席があります");
    assert_eq!(states(&t, hanako).await, [BookingState::Expired, BookingState::Held]);
    desk.send("/desk/finish", &[]).await.expect(303);
    assert_eq!(states(&t, hanako).await, [BookingState::Expired, BookingState::Confirmed]);
    t.finish().await;
}

#[tokio::test]
async fn a_seat_that_cannot_be_had_leaves_the_first_where_it_is() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 1).await;
    let full = class(&t, at(2024, 7, 12, 14, 0), 1).await;
    desk.press("/desk/hold", &[("seat", &days[0].to_string())]).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    book_elsewhere(&t, full, taro).await;
    desk.press("/desk/hold", &[("instead", &full.to_string())]).await;
    assert_eq!(desk.page.code(), 409);
    desk.shows("ほかの受付で先にうまりました").shows("くり返します");
    assert_eq!(states(&t, hanako).await, [BookingState::Held]);
    desk.send("/desk/finish", &[]).await.expect(303);
    assert_eq!(states(&t, hanako).await, [BookingState::Confirmed]);
    t.finish().await;
}

#[tokio::test]
async fn no_key_gives_the_kept_seat_back_unasked() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 1).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    let full = class(&t, at(2024, 7, 12, 14, 0), 1).await;
    book_elsewhere(&t, full, taro).await;
    desk.press("/desk/hold", &[("seat", &days[0].to_string())]).await;

    let (wait, taro) = (format!("wait-{full}"), taro.to_string());
    for (path, fields, asked) in [
        ("/desk/hold", &[("seat", "later")][..], "おさえた席を、空けますか"),
        ("/desk/hold", &[("seat", wait.as_str())], "先におさえた席があります"),
        ("/desk/leave", &[("note", "切れた")], "席をおさえたままです"),
        ("/desk/person", &[("person", taro.as_str())], "先に、その席をどうするか決めてください"),
        (
            "/desk/new",
            &[("kana", "ためし じろう"), ("sure", "1")],
            "先に、その席をどうするか決めてください",
        ),
    ] {
        desk.press(path, fields).await;
        desk.shows(asked);
        assert_eq!(states(&t, hanako).await, [BookingState::Held], "{path}");
        let call = call_of(&t).await;
        assert_eq!((call.state, call.resident_id), (InquiryState::Draft, Some(hanako)), "{path}");
        desk.page = desk.client.get("/desk").await.expect(200);
    }

    // The form for a new person added nobody.
    assert_eq!(resident::Entity::find().count(t.app.store().reader()).await.unwrap(), 2);

    // Asked and answered, the seat goes back.
    desk.press("/desk/hold", &[("instead", "later")]).await;
    desk.hides("くり返します");
    assert_eq!(states(&t, hanako).await, [BookingState::Expired]);
    desk.press("/desk/person", &[("person", &taro)]).await;
    desk.shows("シルベ タロウ さま");
    t.finish().await;
}

#[tokio::test]
async fn a_booking_is_cancelled_after_its_sentence_was_read_back() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 1).await;
    book_elsewhere(&t, days[0], hanako).await;
    let booked = bookings_of(&t, hanako).await.remove(0);
    let (id, number) = (booked.id.to_string(), bookings::queries::number_text(booked.number));

    desk.press("/desk/cancel", &[("booking", &id), ("note", "入院する")]).await;
    desk.shows("7月10日（水曜日）、午後2時から4時まで").shows("取り消します").shows(&number);
    desk.shows("しちがつ とおか").shows("入院する");
    assert_eq!(states(&t, hanako).await, [BookingState::Confirmed]);

    // What has the cursor, and what a browser without a script would send first, takes nothing.
    let asked = desk.page.text.split("id=\"question\"").nth(1).unwrap();
    let first = asked.split("<button").nth(1).unwrap().split('>').next().unwrap();
    assert!(first.contains("autofocus") && first.contains("as_it_is"), "{first}");
    desk.press("/desk/hearing", &[("as_it_is", "1")]).await;
    desk.hides("id=\"question\"");
    assert_eq!(states(&t, hanako).await, [BookingState::Confirmed]);

    desk.press("/desk/cancel", &[("sure", &id)]).await;
    assert_eq!(states(&t, hanako).await, [BookingState::Cancelled]);
    desk.shows("この電話で取り消しました").shows(&number);

    desk.press("/desk/give-back", &[("back", &id)]).await;
    desk.hides("この電話で取り消しました").shows(&number);
    let again = bookings_of(&t, hanako).await.remove(0);
    assert_eq!((again.state, again.number), (BookingState::Confirmed, booked.number));
    assert!(again.calendar_sequence > 1, "an invitation that follows the cancellation");
    t.finish().await;
}

#[tokio::test]
async fn a_cancellation_that_cannot_be_taken_back_says_why() {
    let t = TestApp::start().await;
    let (hanako, _, mut desk) = call(&t, 0).await;
    let only = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    book_elsewhere(&t, only, hanako).await;
    let id = bookings_of(&t, hanako).await[0].id.to_string();
    desk.press("/desk/cancel", &[("sure", &id)]).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    t.advance(TimeDelta::minutes(2));
    book_elsewhere(&t, only, taro).await;
    desk.press("/desk/give-back", &[("back", &id)]).await;
    assert_eq!(desk.page.code(), 409);
    desk.shows("ほかの受付で先にうまりました");
    assert_eq!(states(&t, hanako).await, [BookingState::Cancelled]);
    t.finish().await;
}

#[tokio::test]
async fn the_kept_seat_is_taken_back_without_a_word_to_the_person() {
    let t = TestApp::start().await;
    let (hanako, days, mut desk) = call(&t, 1).await;
    desk.press("/desk/hold", &[("seat", &days[0].to_string())]).await;
    let id = bookings_of(&t, hanako).await[0].id.to_string();
    desk.press("/desk/cancel", &[("sure", &id)]).await;
    desk.hides("id=\"gone\"").hides("くり返します");
    assert_eq!(states(&t, hanako).await, [BookingState::Expired]);
    desk.send("/desk/finish", &[("note", "またかける")]).await.expect(303);
    t.run_jobs().await;
    let told = entity::notices::notice::Entity::find().count(t.app.store().reader()).await;
    assert_eq!(told.unwrap(), 0, "nobody is told of a seat that was never booked");
    t.finish().await;
}
