//! A booking is moved from its own page, as the operator does it while the person is on the phone.

use entity::bookings::booking::{self, BookingState};
use entity::{BookingId, SlotId};
use sea_orm::EntityTrait;
use serde_json::json;

use crate::support::{TestApp, at, class, consultation, person};

#[tokio::test]
async fn an_operator_moves_a_booking_to_another_day() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let (first, second) =
        (class(&t, at(2024, 7, 10, 14, 0), 5).await, class(&t, at(2024, 7, 17, 14, 0), 1).await);
    let (hana, taro) = (person(&t, "しるべはなこ").await, person(&t, "しるべたろう").await);
    let wish = json!({ "session_id": first.0, "resident_id": hana.0, "via": "phone" });
    let made = operator.post_json("/api/bookings", &wish).await.expect(201).json();
    let path = format!("/bookings/{}/move", made["id"]);
    let page = operator.get(&path).await.expect(200);
    assert!(page.text.contains("シルベハナコ") && page.text.contains("7月17日"));
    assert!(!page.text.contains(&format!("value=\"{first}\"")), "not where it is");
    let nowhere = operator.post_form(&path, &[]).await.expect(422);
    assert!(nowhere.text.contains("href=\"#to\""));
    let to = second.to_string();
    let moved = operator.post_form(&path, &[("to", &to)]).await.expect(303);
    assert_eq!(moved.location(), "/desk");
    let id = BookingId(made["id"].as_i64().unwrap());
    let row = booking::Entity::find_by_id(id).one(t.app.store().reader()).await.unwrap().unwrap();
    assert_eq!((row.session_id, row.state), (second, BookingState::Confirmed));

    // The place is taken: nothing moves, and the page says so.
    let wish = json!({ "session_id": first.0, "resident_id": taro.0, "via": "phone" });
    let other = operator.post_json("/api/bookings", &wish).await.expect(201).json();
    let path = format!("/bookings/{}/move", other["id"]);
    let full = operator.post_form(&path, &[("to", &to)]).await;
    let id = BookingId(other["id"].as_i64().unwrap());
    let row = booking::Entity::find_by_id(id).one(t.app.store().reader()).await.unwrap().unwrap();
    assert!(matches!(full.code(), 303 | 409));
    assert!(row.session_id == first || row.state == BookingState::Waiting);
    t.stranger().await.get(&path).await.expect(404);
    t.finish().await;
}

#[tokio::test]
async fn a_consultation_moves_to_a_chosen_time() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let day = consultation(&t, at(2024, 7, 9, 10, 0), &[t.place.operator]).await;
    let hana = person(&t, "しるべはなこ").await;
    let slots = operator.get(&format!("/api/sessions/{day}/slots")).await.expect(200).json();
    let slot = |n: usize| slots["items"][n]["id"].as_i64().unwrap();
    let wish = json!({
        "session_id": day.0, "slot_id": slot(0), "resident_id": hana.0, "via": "phone",
    });
    let made = operator.post_json("/api/bookings", &wish).await.expect(201).json();
    let path = format!("/bookings/{}/move", made["id"]);
    let page = operator.get(&path).await.expect(200).text;
    let to = format!("{day}-{}", slot(2));
    assert!(page.contains(&to) && !page.contains(&format!("{day}-{}\"", slot(0))));
    operator.post_form(&path, &[("to", &to)]).await.expect(303);
    let id = BookingId(made["id"].as_i64().unwrap());
    let row = booking::Entity::find_by_id(id).one(t.app.store().reader()).await.unwrap().unwrap();
    assert_eq!(row.slot_id, Some(SlotId(slot(2))));
    t.finish().await;
}
