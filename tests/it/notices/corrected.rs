//! A mail address that was corrected: the old one forgets, the new one hears.

use calcard::icalendar::ICalendarProperty;
use entity::residents::timeline_entry;
use serde_json::json;
use shirube::bookings::booking::Attendance;

use super::sink::{Letter, Sink, read, values};
use super::*;

/// The office corrects the address, or takes it away.
async fn correct(t: &TestApp, id: ResidentId, email: Option<&str>) {
    let path = format!("/api/residents/{id}");
    let operator = t.operator().await;
    let known = operator.get(&path).await.expect(200).json();
    let seen = format!("\"{}\"", known["revision"]);
    let person = json!({
        "kana": "しるべはなこ", "name": "しるべ 花子", "phones": ["03-0000-0001"],
        "postal_code": "102-0074", "address": "千代田区試験町0-0-1　しるべ荘101号室",
        "email": email, "channels": ["email"],
    });
    operator.with_header("if-match", &seen).put_json(&path, &person).await.expect(200);
    t.run_jobs().await;
}

/// To whom, what the calendar is asked to do, and the version of the event.
fn told(mail: &Letter) -> (&str, &str, String) {
    match &mail.calendar {
        Some((method, text)) => {
            let sequence = values(&read(text), &ICalendarProperty::Sequence).join("|");
            (&mail.to, method, sequence)
        }
        None => (&mail.to, "", String::new()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_address_gets_the_true_notice_and_the_old_one_is_recalled() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let ahead = book(&t, class(&t, "スマホ講習会", 5).await, hanako).await;
    t.run_jobs().await;
    correct(&t, hanako, Some("hana@example.jp")).await;
    let row =
        |to: &'static str, method: &'static str, sequence: &str| (to, method, sequence.to_owned());
    let mut want = vec![
        row(MAIL, "REQUEST", "0"),
        row(MAIL, "CANCEL", "1"),
        row("hana@example.jp", "REQUEST", "1"),
    ];
    let mails = sink.mails();
    let mut all: Vec<_> = mails.iter().map(told).collect();
    all[1..].sort_by_key(|(_, method, _)| *method);
    assert_eq!(all, want);

    // Whoever stands behind the old address learns nothing that the first mail did not say.
    let recall = mails.iter().find(|mail| mail.subject.contains("お消しください")).unwrap();
    let text = format!("{}{}", recall.text, recall.calendar());
    for word in ["花子", "しるべはなこ", "hana@", "0000-0001"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    assert!(recall.text.contains("電話"), "{}", recall.text);
    assert!(recall.calendar().contains(&format!("UID:{}", ahead.calendar_uid)));

    // It was right after all: what comes last is what holds there.
    correct(&t, hanako, Some(MAIL)).await;
    want.extend([row("hana@example.jp", "CANCEL", "2"), row(MAIL, "REQUEST", "2")]);
    let mails = sink.mails();
    let mut all: Vec<_> = mails.iter().map(told).collect();
    all[1..3].sort_by_key(|(_, method, _)| *method);
    all[3..].sort_by_key(|(_, method, _)| *method);
    assert_eq!(all, want);

    // Whoever has no address any more hears by the next way, once.
    correct(&t, hanako, None).await;
    let mails = sink.mails();
    assert_eq!(mails[5..].iter().map(told).collect::<Vec<_>>(), [row(MAIL, "CANCEL", "3")]);
    let open = ways(&t, ahead.id).await.pop();
    assert_eq!(open, Some((Channel::Phone, DeliveryState::Waiting)));
    let lines = timeline_entry::Entity::find()
        .filter(timeline_entry::Column::Wording.eq("timeline.mail_recalled"))
        .all(t.app.store().reader())
        .await
        .unwrap();
    assert_eq!(lines.len(), 3, "the office reads what became of it");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_or_never_went_out_is_not_recalled() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    book(&t, class(&t, "スマホ講習会", 5).await, hanako).await;
    // The job has not run: the mail goes to the address that is right by then.
    correct(&t, hanako, Some("hana@example.jp")).await;
    assert_eq!(
        sink.mails().iter().map(|mail| mail.to.clone()).collect::<Vec<_>>(),
        ["hana@example.jp"]
    );
    t.clock.set(at(2024, 7, 11, 10, 0));
    correct(&t, hanako, Some(MAIL)).await;
    assert_eq!(sink.mails().len(), 1, "the class is over");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_went_astray_is_told_again() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "スマホ講習会", 5).await, hanako).await;
    t.run_jobs().await;
    act!(t, cancel, booking.id);
    t.run_jobs().await;
    correct(&t, hanako, Some("hana@example.jp")).await;
    let mails = sink.mails();
    let told: Vec<_> = mails[2..].iter().map(told).collect();
    assert!(told.contains(&("hana@example.jp", "CANCEL", "1".to_owned())), "{told:?}");
    assert!(told.iter().any(|(to, ..)| *to == MAIL), "{told:?}");
    assert_eq!(told.len(), 2);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_questions_that_went_astray_opens_nothing() {
    use crate::surveys::{mark, on, token};
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "スマホ講習会", 5).await, hanako).await;
    t.clock.set(at(2024, 7, 10, 16, 0));
    mark(&t, booking.id, Some(Attendance::Present)).await;
    on(&t, 2024, 10, 10).await;
    let astray = format!("/ask/{}", token(&t, hanako).await);
    let mails = sink.mails();
    assert!(mails.last().unwrap().text.contains(&astray), "{mails:?}");
    correct(&t, hanako, Some("hana@example.jp")).await;
    let right = format!("/ask/{}", token(&t, hanako).await);
    assert_ne!(right, astray);
    t.anonymous().get(&astray).await.expect(404);
    assert!(t.anonymous().get(&right).await.expect(200).text.contains("name=\"who\""));
    let new: Vec<_> = sink.mails().into_iter().skip(mails.len()).collect();
    let to_new = new.iter().find(|mail| mail.to == "hana@example.jp").unwrap();
    assert!(to_new.text.contains(&right), "{}", to_new.text);
    assert!(new.iter().any(|mail| mail.to == MAIL && mail.text.contains("お消しください")));
    t.finish().await;
}
