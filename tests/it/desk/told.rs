//! What the operator reads back, and which seats are still to come.

use super::*;

/// A new caller in a call with a seat that is kept, who said these ways.
async fn caller_with_seat(t: &TestApp, fields: &[(&str, &str)], ways: &[&str]) -> Desk {
    let day = class(t, at(2024, 7, 10, 14, 0), 12).await.to_string();
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    let fields = [&[("kana", "しるべ はなこ")][..], fields].concat();
    desk.press("/desk/new", &fields).await;
    desk.shows("シルベ ハナコ さま");
    let ways = ways.iter().map(|way| ("H8", *way));
    let fields: Vec<(&str, &str)> = [("seat", day.as_str())].into_iter().chain(ways).collect();
    desk.press("/desk/hold", &fields).await;
    desk.shows("くり返します");
    desk
}

#[tokio::test]
async fn the_way_that_was_said_in_this_call_is_read_back() {
    let t = TestApp::start().await;
    let address = [("address", "試験町0-0-1")];
    let mut desk = caller_with_seat(&t, &address, &["1"]).await;
    desk.shows("ご案内は、お手紙でお送りします。").hides("id=\"no-address\"");
    // The answer is changed in the same call.
    desk.press("/desk/hearing", &[("H8", "2")]).await;
    desk.shows("ご案内は、お電話でお伝えします。");
    desk.press("/desk/hearing", &[("H8", "1")]).await;
    desk.shows("ご案内は、お手紙でお送りします。");
    desk.send("/desk/finish", &[]).await.expect(303);
    t.run_jobs().await;
    let notices = entity::notices::delivery::Entity::find().all(t.app.store().reader()).await;
    let ways: Vec<_> = notices.unwrap().into_iter().map(|row| row.channel).collect();
    assert_eq!(ways, [entity::residents::contact_channel::Channel::Letter]);
}

#[tokio::test]
async fn a_letter_without_an_address_is_not_promised_but_asked_for() {
    let t = TestApp::start().await;
    let mut desk = caller_with_seat(&t, &[], &["1"]).await;
    desk.shows("ご案内は、お電話でお伝えします。").shows("住所が、まだありません");
    let hanako = call_of(&t).await.resident_id.unwrap();
    desk.shows(&format!("href=\"/people/{hanako}/edit#address\""));
    let edit = format!("/people/{hanako}/edit");
    let form = desk.client.get(&edit).await.expect(200);
    assert!(form.text.contains("id=\"address\""), "{}", form.text);
    let fields = [
        ("kana", "しるべ はなこ"),
        ("phones", PHONE),
        ("address", "試験町0-0-1"),
        ("standing", "active"),
        ("revision", &form.field("revision")),
    ];
    desk.client.post_form(&edit, &fields).await.expect(303);
    // The call is still there, and the letter can be promised now.
    desk.page = desk.client.get("/desk").await.expect(200);
    desk.shows("ご案内は、お手紙でお送りします。").hides("id=\"no-address\"");
    assert_eq!(desk.fields().iter().filter(|(name, _)| name == "H8").count(), 1);
}

#[tokio::test]
async fn a_way_that_does_not_exist_here_is_not_read_back() {
    for way in ["3", "4", "5"] {
        let t = TestApp::start().await;
        let desk = caller_with_seat(&t, &[], &[way]).await;
        desk.shows("ご案内は、お電話でお伝えします。").hides("id=\"no-address\"");
    }
}

#[tokio::test]
async fn what_is_over_is_no_seat_to_come() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let past = class(&t, at(2024, 7, 2, 14, 0), 12).await;
    book_elsewhere(&t, past, hanako).await;
    class(&t, at(2024, 7, 18, 14, 0), 12).await;
    let hearing = [("H0", "1"), ("H1", "2"), ("H2", "2")];
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &hearing).await;
    desk.shows("formaction=\"/desk/cancel\"").hides("7月18日（木）午後2時");
    desk.press("/desk/leave", &[]).await;
    t.advance(TimeDelta::days(2));
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &hearing).await;
    desk.hides("formaction=\"/desk/cancel\"").shows("7月18日（木）午後2時");
}
