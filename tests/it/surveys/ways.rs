//! Web, then letter with sheet, then the telephone; and what people tell at a class.

use entity::notices::delivery::{self, DeliveryState};
use entity::residents::contact_channel::Channel;
use entity::surveys::class_answers::ClassMoment;
use serde_json::json;

use super::days::letters;
use super::*;

/// As if the letter had gone as a mail.
async fn by_mail(t: &TestApp) {
    let ctx = t.ctx_system();
    let done = t.app.store().write(&ctx, "test", |tx| async move {
        delivery::Entity::update_many()
            .set(delivery::ActiveModel {
                channel: ActiveValue::Set(Channel::Email),
                state: ActiveValue::Set(DeliveryState::Sent),
                ..Default::default()
            })
            .filter(delivery::Column::State.eq(DeliveryState::Waiting))
            .filter(delivery::Column::Channel.eq(Channel::Letter))
            .exec(tx.db())
            .await?;
        Ok(())
    });
    done.await.unwrap();
}

#[tokio::test]
async fn a_silent_mail_is_followed_by_a_letter_and_the_letter_by_a_call() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    on(&t, 2024, 10, 3).await;
    by_mail(&t).await;
    let mailed = (Channel::Email, DeliveryState::Sent);

    on(&t, 2024, 10, 9).await;
    assert_eq!(letters(&t, who).await, [mailed]);
    on(&t, 2024, 10, 10).await;
    assert_eq!(letters(&t, who).await, [mailed, (Channel::Letter, DeliveryState::Waiting)]);

    // It lies in the office until the 15th: its week begins then.
    on(&t, 2024, 10, 15).await;
    let operator = t.operator().await;
    let queue = operator.get("/post").await.expect(200);
    let id = queue.text.rsplit("name=\"ids\" value=\"").next().unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let printed = operator.post_form("/post/print", &[("ids", &id)]).await.expect(303);
    let letter = operator.get(&format!("{}&lang=en", printed.location())).await.expect(200);
    assert!(letter.text.contains("その後、いかがですか"), "the letter is in its reader's language");
    assert!(letter.text.contains("10月22日"), "a week from the day on which it is printed");
    operator.post_form("/post/posted", &[("ids", &id)]).await.expect(303);

    on(&t, 2024, 10, 21).await;
    assert_eq!(state(&t, who).await, "asked");
    on(&t, 2024, 10, 22).await;
    assert_eq!(state(&t, who).await, "calling");
    assert_eq!(letters(&t, who).await.len(), 2, "one mail and one letter");
    t.finish().await;
}

#[tokio::test]
async fn an_answered_mail_is_followed_by_nothing() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    on(&t, 2024, 10, 3).await;
    by_mail(&t).await;
    let body = json!({ "via": "web", "answered_by": "person", "answers": stuck() });
    let path = format!("/api/follow-ups/{}/answers", only(&t, who).await.id);
    t.operator().await.post_json(&path, &body).await.expect(200);
    on(&t, 2024, 10, 20).await;
    assert_eq!(letters(&t, who).await.len(), 1);
    t.finish().await;
}

#[tokio::test]
async fn a_letter_that_must_not_be_posted_is_named_by_its_own_number() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let operator = t.operator().await;
    let queue = operator.get("/post").await.expect(200);
    let id = queue.text.rsplit("name=\"ids\" value=\"").next().unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    operator.post_form("/post/print", &[("ids", &id)]).await.expect(303);
    leaves(&t, who, Standing::Deceased).await;
    let queue = operator.get("/post").await.expect(200);
    let own = format!("用紙番号 <strong class=\"num\">{}</strong>", code(&t, who).await);
    assert!(queue.text.contains(&own), "{}", queue.text);
    t.finish().await;
}

#[tokio::test]
async fn a_box_too_many_is_explained_and_words_may_be_left_out() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let (link, somebody) = (format!("/ask/{}", token(&t, who).await), t.anonymous());
    somebody.post_form(&link, &[("who", "person")]).await.expect(303);
    let both = [("answer", "photo"), ("answer", "none")];
    let again = somebody.post_form(&format!("{link}/purposes"), &both).await.expect(422);
    assert!(again.text.contains("「使っていない」は、ほかといっしょにえらべません"));
    for value in ["photo", "none"] {
        assert!(again.text.contains(&format!("value=\"{value}\" checked")), "{value} stays");
    }
    let none = somebody.post_form(&format!("{link}/purposes"), &[]).await.expect(422);
    assert!(none.text.contains("あてはまるものをえらんで"));
    let empty = somebody.post_form(&format!("{link}/wish"), &[("answer", " ")]).await.expect(303);
    assert_eq!(empty.location(), format!("{link}/finish"));
    assert!(somebody.get(&link).await.expect(200).text.contains("電話でも答えられます"));
    t.finish().await;
}

#[tokio::test]
async fn a_sheet_with_an_unknown_question_is_refused_by_name() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let operator = t.operator().await;
    let sheet = json!({ "code": code(&t, who).await, "answered_by": "person",
        "answers": { "use": "1", "usee": "1", "power": "7" } });
    let refused = operator.post_json("/api/sheets", &sheet).await.expect(422).json();
    let fields: Vec<_> =
        refused["fields"].as_array().unwrap().iter().map(|f| f["field"].clone()).collect();
    assert_eq!(fields, [json!("answers.usee"), json!("answers.power")]);
    let own = code(&t, who).await;
    let page = operator
        .post_form("/followup/key", &[("code", &own), ("answers.power", "7")])
        .await
        .expect(422);
    assert!(page.text.contains("問3：1から4までの数字を1つ入れてください"), "{}", page.text);
    t.finish().await;
}

#[tokio::test]
async fn what_is_told_at_a_class_is_kept_beside_what_was_told_before() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベハナコ").await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 9).await;
    let booking = book(&t, session, who).await;
    let operator = t.operator().await;
    let (api, page) =
        (format!("/api/bookings/{booking}/answers"), format!("/sessions/{session}/answers"));

    let ten = answers("daily", &["photo"], &["power", "type", "call", "photo", "search", "route"]);
    operator.put_json(&api, &json!({ "moment": "before", "answers": ten })).await.expect(200);
    let shown = operator.get(&format!("{page}?moment=before")).await.expect(200);
    for needed in ["使いはじめて、何年", "電話のほかに、何に", "どんな気持ち", "聞ける人や所"]
    {
        assert!(shown.text.contains(needed), "{needed}");
    }

    let field = |question: &str| format!("{booking}.{question}");
    let fields = |of: &[(&str, &str)], revision: &str| -> Vec<(String, String)> {
        let told = of.iter().map(|(name, value)| (field(name), (*value).to_owned()));
        let seen = [(field("revision"), revision.to_owned())];
        told.chain(seen).chain([("moment".to_owned(), "before".to_owned())]).collect()
    };
    let post = async |fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        operator.post_form(&page, &fields).await
    };

    // A number beside the tasks; route was not asked after all.
    post(fields(&[("years", "3"), ("route", "")], "1")).await.expect(303);
    let stored = async || {
        let rows = queries::class_answers(t.app.store().reader(), &[booking]).await.unwrap();
        rows.into_iter().find(|row| row.moment == ClassMoment::Before).unwrap()
    };

    let row = stored().await;
    assert_eq!((row.revision, row.alone_count), (2, 5));
    assert_eq!((&row.answers["years"], &row.answers["route"]), (&json!(3), &Value::Null));
    assert_eq!(row.answers["purposes"], json!(["photo"]), "what the page did not name stays");

    let stale = post(fields(&[("years", "4")], "1")).await.expect(409);
    assert!(stale.text.contains("ほかの人が先に変えました"));
    let wrong = post(fields(&[("years", "99")], "2")).await.expect(422);
    assert!(wrong.text.contains(&format!("#b{booking}-years")));
    assert_eq!(stored().await, row, "nothing was changed");

    // The end of the class asks what it taught: somebody who can do all of it has lost nothing.
    on(&t, 2024, 7, 11).await;
    mark(&t, booking, Some(Attendance::Present)).await;
    let four = json!({ "power": "alone", "type": "alone", "call": "alone", "photo": "alone" });
    let end = json!({ "moment": "end_of_class", "answers": four });
    t.teacher().await.put_json(&api, &end).await.expect(200);
    let known = entity::paths::path_evidence::Entity::find_by_id(who);
    let known = known.one(t.app.store().reader()).await.unwrap().unwrap();
    assert_eq!((known.can_do_count, known.can_do_gain), (Some(4), Some(0)));
    t.finish().await;
}

#[tokio::test]
async fn each_moment_has_its_paper_and_its_script() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    for (moment, title, opening) in [
        ("before", "はじめに、教えてください", "の前に、いまのご様子を"),
        ("end_of_class", "きょうは、いかがでしたか", "きょうできたことを"),
        ("three_months", "その後、いかがですか", "3か月前の"),
    ] {
        let paper = operator.get(&format!("/followup/preview?as=paper&moment={moment}")).await;
        assert!(paper.expect(200).text.contains(title), "{moment}");
        let phone = operator.get(&format!("/followup/preview?as=phone&moment={moment}")).await;
        assert!(phone.expect(200).text.contains(opening), "{moment}");
    }
    t.finish().await;
}
