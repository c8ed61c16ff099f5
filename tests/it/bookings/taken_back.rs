//! What was taken by mistake is given back, and its seat waits for that a minute.

use entity::residents::timeline_entry;
use sea_orm::QueryOrder;
use serde_json::json;

use super::*;

/// The sentences of a person's history, oldest first.
async fn history(t: &TestApp, who: ResidentId) -> Vec<String> {
    let lines = timeline_entry::Entity::find()
        .filter(timeline_entry::Column::ResidentId.eq(who))
        .order_by_asc(timeline_entry::Column::Id)
        .all(t.app.store().reader())
        .await
        .unwrap();
    lines.into_iter().map(|line| line.wording).collect()
}

/// Changes the standing; gives the question and what is said afterwards.
async fn turns(t: &TestApp, who: ResidentId, to: &str) -> (String, String) {
    let operator = t.operator().await;
    let path = format!("/people/{who}/standing");
    let asked = operator.get(&format!("{path}?to={to}")).await.expect(200);
    assert!(asked.text.contains(&format!("name=\"to\" value=\"{to}\"")), "{}", asked.text);
    // A yes to something else than what is there is asked again.
    let unseen = operator.post_form(&path, &[("to", to), ("seen", "")]).await.expect(303);
    assert_eq!(unseen.location(), format!("{path}?to={to}&done=anew"));
    let seen = asked.field("seen");
    let done = operator.post_form(&path, &[("to", to), ("seen", &seen)]).await.expect(303);
    assert!(done.location().starts_with(&format!("{path}?done=changed&")), "{}", done.location());
    let done = operator.get(done.location()).await.expect(200);
    (asked.text.clone(), done.text.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_cancelled_by_mistake_is_given_back_although_others_wait() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let seat = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let waits = book(&t, session, person(&t, "にばん").await).await.unwrap();
    act!(t, cancel, seat.id).unwrap();
    t.run_jobs().await;
    assert_eq!(state(&t, waits.id).await, BookingState::Waiting);
    // Nobody overtakes those who wait meanwhile.
    let late = book(&t, session, person(&t, "あとから").await).await.unwrap();
    assert_eq!(late.state, BookingState::Waiting);

    t.advance(TimeDelta::seconds(59));
    t.run_jobs().await;
    let back = act!(t, give_back, seat.id).unwrap();
    assert_eq!((back.state, back.number), (BookingState::Confirmed, seat.number));
    assert!(back.calendar_sequence > seat.calendar_sequence, "the calendar takes it for newer");
    refused(act!(t, give_back, seat.id), "not_now");
    t.advance(TimeDelta::minutes(5));
    t.run_jobs().await;
    assert_eq!(state(&t, waits.id).await, BookingState::Waiting);
    assert_eq!(taken(&t, session).await, 1);
    let told = history(&t, seat.resident_id).await;
    assert!(told.iter().any(|line| line == "timeline.given_back"), "{told:?}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_went_to_the_next_is_not_given_back_and_nothing_changes() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let seat = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let waits = book(&t, session, person(&t, "にばん").await).await.unwrap();
    gone_from(&t, seat.id).await;
    assert_eq!(state(&t, waits.id).await, BookingState::Offered);
    refused(act!(t, give_back, seat.id), "session_full");
    assert_eq!(state(&t, seat.id).await, BookingState::Cancelled);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_the_waiting_list_and_a_slot_come_back_where_they_were() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let second = book(&t, session, person(&t, "にばん").await).await.unwrap();
    t.advance(TimeDelta::minutes(1));
    book(&t, session, person(&t, "さんばん").await).await.unwrap();
    act!(t, cancel, second.id).unwrap();
    let back = act!(t, give_back, second.id).unwrap();
    assert_eq!((back.state, back.queued_at), (BookingState::Waiting, second.queued_at));

    let advice = consultation(&t, at(2024, 7, 30, 14, 0), &[t.place.teacher]).await;
    let slot = slots(&t, advice).await[1];
    let who = person(&t, "よんばん").await;
    let booked = a_wish(advice, who).slot(slot).book(&t).await;
    act!(t, cancel, booked.id).unwrap();
    let back = act!(t, give_back, booked.id).unwrap();
    assert_eq!((back.state, back.slot_id), (BookingState::Confirmed, Some(slot)));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_elsewhere_or_was_booked_again_gets_a_sentence() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 5).await;
    let other = class(&t, at(2024, 7, 31, 15, 0), 5).await;
    let who = person(&t, "いちばん").await;
    let first = book(&t, session, who).await.unwrap();
    act!(t, cancel, first.id).unwrap();
    let second = book(&t, session, who).await.unwrap();
    refused(act!(t, give_back, first.id), "already_booked");
    act!(t, cancel, second.id).unwrap();
    book(&t, other, who).await.unwrap();
    refused(act!(t, give_back, first.id), "overlap");
    assert_eq!(taken(&t, session).await, 0, "the refusal took no seat");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_typed_by_mistake_asks_first_leaves_lines_and_is_undone_by_one_act() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let full = class(&t, at(2024, 7, 30, 14, 0), 1).await;
    book(&t, full, person(&t, "べつのかた").await).await.unwrap();
    let who = person(&t, "いちばん").await;
    let seat = book(&t, session, who).await.unwrap();
    let place = book(&t, full, who).await.unwrap();
    let next = book(&t, session, person(&t, "にばん").await).await.unwrap();
    t.run_jobs().await;

    // The form of the person changes nothing by itself, and leads to the question.
    let operator = t.operator().await;
    let form = operator.get(&format!("/people/{who}/edit")).await.expect(200);
    let (kana, revision) = (form.field("kana"), form.field("revision"));
    let fields = [("kana", &*kana), ("revision", &*revision), ("standing", "deceased")];
    let asked = operator.post_form(&format!("/people/{who}/edit"), &fields).await.expect(303);
    assert_eq!(asked.location(), format!("/people/{who}/standing?to=deceased"));
    t.run_jobs().await;
    assert_eq!(state(&t, seat.id).await, BookingState::Confirmed);
    let question = operator.get(asked.location()).await.expect(200);
    for listed in ["スマホ講習会（基礎編）", "7月31日", "7月30日", "空きを待っています"]
    {
        assert!(question.text.contains(listed), "{listed}: {}", question.text);
    }

    // The API names the same things, and records that they were shown.
    let body = json!({ "kana": "イチバン", "device": "none", "standing": "deceased" });
    let asked = operator.put_json(&format!("/api/residents/{who}"), &body).await.expect(409);
    let points: Vec<String> = asked.json()["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        points[1..],
        [
            "7月30日（火曜日）午後2時の「スマホ講習会（基礎編）」の申し込みがなくなります",
            "7月31日（水曜日）午後2時の「スマホ講習会（基礎編）」の申し込みがなくなります",
            "まだ届けていないお知らせ2件を止めます",
        ]
    );
    assert_eq!(state(&t, seat.id).await, BookingState::Confirmed);

    let (_, done) = turns(&t, who, "deceased").await;
    assert!(done.contains("状態を「亡くなられた」に変えました"), "{done}");
    assert!(done.contains("取り下げた申し込み：2件"), "{done}");
    assert!(done.contains("止めた手紙・電話・メール：2件"), "{done}");
    t.run_jobs().await;
    for id in [seat.id, place.id] {
        assert_eq!(state(&t, id).await, BookingState::Cancelled);
    }
    let told = history(&t, who).await;
    assert_eq!(told.iter().filter(|line| *line == "timeline.taken").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|line| *line == "timeline.wait_taken").count(), 1, "{told:?}");

    let (asked, done) = turns(&t, who, "active").await;
    for listed in ["7月31日", "7月30日", "空きを待っています", "また一覧に出ます"]
    {
        assert!(asked.contains(listed), "{listed}: {asked}");
    }
    assert!(done.contains("元にもどした申し込み：2件"), "{done}");
    t.run_jobs().await;
    assert_eq!(state(&t, seat.id).await, BookingState::Confirmed);
    assert_eq!(state(&t, place.id).await, BookingState::Waiting);
    assert_eq!(state(&t, next.id).await, BookingState::Waiting);
    let told = history(&t, who).await;
    assert_eq!(told.iter().filter(|line| *line == "timeline.given_back").count(), 2, "{told:?}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_given_back_stays_listed_and_is_asked_about() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let who = person(&t, "いちばん").await;
    let seat = book(&t, session, who).await.unwrap();
    let next = book(&t, session, person(&t, "にばん").await).await.unwrap();

    turns(&t, who, "moved_out").await;
    refused(act!(t, give_back, seat.id), "person_silent");
    t.advance(bookings::rules::KEEP);
    t.run_jobs().await;
    assert_eq!(state(&t, next.id).await, BookingState::Offered);

    let (_, done) = turns(&t, who, "active").await;
    assert!(done.contains("元にもどせなかった申し込み：1件"), "{done}");
    assert!(!done.contains("元にもどした申し込み"), "{done}");
    assert_eq!(state(&t, seat.id).await, BookingState::Cancelled);

    let operator = t.operator().await;
    let page = operator.get(&format!("/people/{who}/standing")).await.expect(200);
    let button = format!("name=\"booking\" value=\"{}\"", seat.id);
    assert!(page.text.contains(&button), "{}", page.text);
    let path = format!("/people/{who}/give-back");
    let full = operator.post_form(&path, &[("booking", &seat.id.to_string())]).await.expect(303);
    let told = operator.get(full.location()).await.expect(200);
    assert!(told.text.contains("順番待ちにするかをおたずねください"), "{}", told.text);

    // When the next one declines, it is free again.
    gone_from(&t, next.id).await;
    operator.post_form(&path, &[("booking", &seat.id.to_string())]).await.expect(303);
    assert_eq!(state(&t, seat.id).await, BookingState::Confirmed);

    let stranger = person(&t, "さんばん").await;
    let path = format!("/people/{stranger}/give-back");
    operator.post_form(&path, &[("booking", &seat.id.to_string())]).await.expect(404);

    let card = resident::Entity::find_by_id(who).one(t.app.store().reader()).await.unwrap();
    assert_eq!(card.unwrap().standing, Standing::Active);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_gives_back_what_it_cancelled() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 31, 14, 0), 1).await;
    let seat = book(&t, session, person(&t, "いちばん").await).await.unwrap();
    let operator = t.operator().await;
    let path = format!("/api/bookings/{}", seat.id);
    let nothing = json!({});
    operator.post_json(&format!("{path}/give-back"), &nothing).await.expect(409);
    operator.post_json(&format!("{path}/cancel"), &nothing).await.expect(200);
    let back = operator.post_json(&format!("{path}/give-back"), &nothing).await.expect(200);
    assert_eq!(back.json()["state"], "confirmed");
    t.finish().await;
}
