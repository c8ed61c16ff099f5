//! When somebody is asked, and when nobody is any more.

use entity::bookings::booking::Attendance;
use entity::notices::delivery::DeliveryState;
use entity::notices::{delivery, notice};
use entity::residents::contact_channel::Channel;
use entity::residents::resident::Standing;
use entity::surveys::follow_up::FollowUpState;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use shirube::surveys::actions;

use super::*;

/// Channel and state of the deliveries that ask this person.
pub async fn letters(t: &TestApp, who: ResidentId) -> Vec<(Channel, DeliveryState)> {
    let reader = t.app.store().reader();
    let notices = notice::Entity::find()
        .filter(notice::Column::ResidentId.eq(who))
        .filter(notice::Column::Kind.eq(notice::NoticeKind::Survey))
        .all(reader)
        .await
        .unwrap();
    delivery::Entity::find()
        .filter(delivery::Column::NoticeId.is_in(notices.iter().map(|row| row.id)))
        .order_by_asc(delivery::Column::Id)
        .all(reader)
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.channel, row.state))
        .collect()
}

#[tokio::test]
async fn an_attendance_opens_one_follow_up_three_months_later_on_an_open_day() {
    let t = TestApp::start().await;
    for (kana, attended, due) in [
        // Thursday.
        ("シルベア", at(2024, 7, 10, 14, 0), "2024-10-10"),
        // Saturday, Sunday and スポーツの日 lie between.
        ("シルベイ", at(2024, 7, 12, 14, 0), "2024-10-15"),
        // 30 November: February has 28 days, the 28th is a Friday.
        ("シルベウ", at(2024, 11, 29, 14, 0), "2025-02-28"),
    ] {
        let who = letter_writer(&t, kana).await;
        let booking = was_at(&t, who, attended).await;
        let row = only(&t, who).await;
        assert_eq!((row.due_on, row.state), (day(due), FollowUpState::Waiting), "{kana}");
        // The same event read twice opens nothing more.
        let ctx = t.ctx_system();
        let again = t.app.store().write(&ctx, "again", |tx| async move {
            actions::follow_attendance(&tx, booking).await
        });
        again.await.unwrap();
        assert_eq!(only(&t, who).await.revision, row.revision);
    }
    t.finish().await;
}

#[tokio::test]
async fn only_who_was_there_is_asked() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 9).await;

    let mut people = Vec::new();
    for (kana, attendance) in [
        ("シルベア", Attendance::Late),
        ("シルベイ", Attendance::LeftEarly),
        ("シルベウ", Attendance::NoShow),
        ("シルベエ", Attendance::AbsentTold),
        ("シルベオ", Attendance::Companion),
    ] {
        let who = person(&t, kana).await;
        people.push((who, book(&t, session, who).await, attendance));
    }

    on(&t, 2024, 7, 11).await;
    for (_, booking, attendance) in &people {
        mark(&t, *booking, Some(*attendance)).await;
    }

    let mut counts = Vec::new();
    for (who, ..) in &people {
        counts.push(follow_ups(&t, *who).await.len());
    }
    assert_eq!(counts, [1, 1, 0, 0, 0]);
    t.finish().await;
}

#[tokio::test]
async fn two_classes_within_thirty_days_are_one_interview() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    let second = was_at(&t, who, at(2024, 8, 8, 14, 0)).await;
    let row = only(&t, who).await;
    // Three months after the last of them.
    assert_eq!((row.due_on, row.booking_id), (day("2024-11-08"), second));
    let third = was_at(&t, who, at(2024, 9, 10, 14, 0)).await;
    let all = follow_ups(&t, who).await;
    assert_eq!(all.len(), 2, "a class outside the window has an interview of its own");
    assert_eq!(all[1].booking_id, third);
    // The interview of the first two is not moved by the third.
    assert_eq!(all[0].due_on, day("2024-11-08"));
    // The later class was no class after all: the day is that of the first again.
    mark(&t, second, Some(Attendance::NoShow)).await;
    assert_eq!(follow_ups(&t, who).await[0].due_on, day("2024-10-10"));
    on(&t, 2024, 10, 3).await;
    assert_eq!(letters(&t, who).await, [(Channel::Letter, DeliveryState::Waiting)]);
    t.finish().await;
}

#[tokio::test]
async fn an_attendance_taken_back_closes_the_follow_up_unless_it_is_answered() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    let booking = was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    mark(&t, booking, None).await;
    assert_eq!(state(&t, who).await, "closed: taken_back");
    // A slip of the finger: present after all.
    mark(&t, booking, Some(Attendance::Present)).await;
    let all = follow_ups(&t, who).await;
    assert_eq!((all.len(), all[1].state), (2, FollowUpState::Waiting));
    let other = letter_writer(&t, "シルベタロウ").await;
    let booking = was_at(&t, other, at(2024, 7, 12, 14, 0)).await;
    on(&t, 2024, 10, 15).await;
    let path = format!("/api/follow-ups/{}/answers", only(&t, other).await.id);
    let told = json!({ "via": "phone", "answered_by": "person", "answers": stuck() });
    t.operator().await.post_json(&path, &told).await.expect(200);
    mark(&t, booking, None).await;
    assert_eq!(state(&t, other).await, "answered");
    // There after all: the person has answered already and is not asked again.
    mark(&t, booking, Some(Attendance::Present)).await;
    assert_eq!(state(&t, other).await, "answered");
    t.finish().await;
}

#[tokio::test]
async fn letter_call_and_end_come_on_their_days() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    on(&t, 2024, 10, 2).await;
    assert_eq!((state(&t, who).await.as_str(), letters(&t, who).await.len()), ("waiting", 0));
    on(&t, 2024, 10, 3).await;
    assert_eq!(state(&t, who).await, "asked");
    assert_eq!(letters(&t, who).await, [(Channel::Letter, DeliveryState::Waiting)]);
    on(&t, 2024, 10, 16).await;
    assert_eq!(state(&t, who).await, "asked");
    on(&t, 2024, 10, 17).await;
    assert_eq!(state(&t, who).await, "calling");
    let operator = t.operator().await;
    let due = operator.get("/api/follow-ups?state=calling").await.expect(200).json();
    assert_eq!(due["items"][0]["resident_id"], json!(who.0));
    on(&t, 2024, 11, 8).await;
    assert_eq!(state(&t, who).await, "calling");
    on(&t, 2024, 11, 9).await;
    assert_eq!(state(&t, who).await, "closed: no_answer");
    assert_eq!(letters(&t, who).await.len(), 1, "one letter, no more");
    t.finish().await;
}

#[tokio::test]
async fn who_died_moved_or_withdrew_is_never_asked() {
    let t = TestApp::start().await;
    let standings = [Standing::Deceased, Standing::MovedOut, Standing::Withdrawn];
    let mut people = Vec::new();
    for (kana, standing) in ["シルベア", "シルベイ", "シルベウ"].into_iter().zip(standings)
    {
        let who = letter_writer(&t, kana).await;
        people.push((who, standing));
    }

    let session = class(&t, at(2024, 7, 10, 14, 0), 9).await;
    let mut bookings = Vec::new();
    for (who, _) in &people {
        bookings.push(book(&t, session, *who).await);
    }

    on(&t, 2024, 7, 11).await;
    for booking in bookings {
        mark(&t, booking, Some(Attendance::Present)).await;
    }

    // Two leave before the letter, one after it was written.
    leaves(&t, people[0].0, people[0].1).await;
    leaves(&t, people[1].0, people[1].1).await;
    on(&t, 2024, 10, 3).await;
    leaves(&t, people[2].0, people[2].1).await;

    let operator = t.operator().await;
    let due = operator.get("/api/follow-ups").await.expect(200).json();
    assert_eq!(due["items"], json!([]), "nobody of them stands on the list");
    for (who, standing) in &people[..2] {
        assert_eq!(state(&t, *who).await, "closed: silent", "{standing}");
        assert_eq!(letters(&t, *who).await, []);
    }

    let queue = operator.get("/post").await.expect(200);
    assert!(!queue.text.contains("3か月のおたずね:"), "the letter is out of the queue");
    on(&t, 2024, 10, 17).await;
    assert_eq!(state(&t, people[2].0).await, "closed: silent");

    // Somebody who has left already is not even noted down.
    let gone = person(&t, "シルベエ").await;
    let session = class(&t, at(2024, 10, 20, 14, 0), 3).await;
    let booking = book(&t, session, gone).await;
    leaves(&t, gone, Standing::MovedOut).await;
    on(&t, 2024, 10, 21).await;
    mark(&t, booking, Some(Attendance::Present)).await;
    assert_eq!(follow_ups(&t, gone).await.len(), 0);
    t.finish().await;
}

#[tokio::test]
async fn a_printed_letter_counts_as_reached_only_when_it_is_posted() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    on(&t, 2024, 10, 3).await;
    let operator = t.operator().await;
    let queue = operator.get("/post").await.expect(200);
    assert!(queue.text.contains("3か月のおたずね"), "{}", queue.text);
    // The last pile of the queue is that of the questions.
    let id = queue.text.rsplit("name=\"ids\" value=\"").next().unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let printed = operator.post_form("/post/print", &[("ids", &id)]).await.expect(303);
    let letter = operator.get(printed.location()).await.expect(200);
    for needed in [&code(&t, who).await, "その後、いかがですか", "survey-sheet", "うらにつづきます"]
    {
        assert!(letter.text.contains(needed), "{needed}");
    }
    assert_eq!(only(&t, who).await.reached_at, None);
    operator.post_form("/post/posted", &[("ids", &id)]).await.expect(303);
    assert_eq!(only(&t, who).await.reached_at, Some(t.now()));
    let line = operator.get(&format!("/api/residents/{}/timeline", who.0)).await.expect(200);
    assert!(line.text.contains("3か月後のおたずねの手紙を送りました"), "{}", line.text);
    t.finish().await;
}

#[tokio::test]
async fn who_has_only_a_phone_is_called_without_waiting_for_a_letter() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    on(&t, 2024, 10, 3).await;
    assert_eq!(state(&t, who).await, "calling");
    assert_eq!(letters(&t, who).await, []);
    on(&t, 2024, 11, 9).await;
    assert_eq!(state(&t, who).await, "closed: no_answer");
    t.finish().await;
}
