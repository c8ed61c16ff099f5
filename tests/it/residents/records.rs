//! What is kept about people: timeline, consents, what a hearing taught, ways to reach them.

use chrono::TimeDelta;
use entity::ResidentId;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{Device, Need};
use entity::residents::resident_barrier::Barrier;
use entity::residents::resident_phone::PhoneOwner;
use entity::residents::timeline_entry::TimelineKind;
use serde_json::json;
use shirube::platform::japan::phone::PhoneNumber;
use shirube::residents::actions::{self, Learned};
use shirube::residents::{queries, timeline};

use super::add;
use crate::support::TestApp;

#[tokio::test]
async fn a_timeline_is_paged_without_gap_or_repeat() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &[]).await;
    let other = add(&test, "シルベ タロウ", "", &[]).await;

    // Several lines in one instant, so that pages end in the middle of one.
    for round in 0..7 {
        let ctx = &test.ctx_system();
        test.app
            .store()
            .write(ctx, "test", |tx| async move {
                for n in 0..5 {
                    let params = json!({ "topic": format!("{round}-{n}"), "outcome": "案内" });
                    let kind = TimelineKind::Inquiry;
                    timeline::note(&tx, id, kind, "timeline.inquiry", params, 1).await?;
                }
                timeline::note(
                    &tx,
                    other,
                    TimelineKind::Path,
                    "timeline.path_accepted",
                    json!({}),
                    1,
                )
                .await
            })
            .await
            .unwrap();
        test.advance(TimeDelta::microseconds(1 + round * 999_999));
    }

    let operator = test.operator().await;
    let (mut seen, mut texts, mut after) = (Vec::new(), Vec::new(), String::new());
    for pages in 0.. {
        assert!(pages < 20, "the pages never end");
        let path = format!("/api/residents/{id}/timeline?limit=3{after}");
        let page = operator.get(&path).await.expect(200).json();
        for item in page["items"].as_array().unwrap() {
            seen.push(item["id"].as_i64().unwrap());
            texts.push(item["text"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }

    assert_eq!(seen.len(), 36, "thirty-five lines and the registration");
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, none twice: {seen:?}");
    assert_eq!(texts[0], "6-4。案内。");
    assert_eq!(texts[35], "はじめて登録しました。");

    let page = operator.get(&format!("/people/{id}")).await.expect(200);
    let older = page.text.split("?after=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let rest = operator.get(&format!("/people/{id}?after={older}")).await.expect(200);
    assert!(rest.text.contains("はじめて登録しました。"));
    operator.get(&format!("/api/residents/{id}/timeline?after=x")).await.expect(400);
}

#[tokio::test]
async fn a_timeline_speaks_the_language_of_the_request() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &[]).await;
    let operator = test.operator().await;
    let path = format!("/api/residents/{id}/timeline");
    let english = operator.with_header("accept-language", "en").get(&path).await.expect(200).json();
    assert_eq!(english["items"][0]["text"], "Registered for the first time.");
    assert_eq!(english["items"][0]["at"], "2024-07-01T10:00:00+09:00");
    let japanese = operator.get(&path).await.expect(200).json();
    assert_eq!(japanese["items"][0]["text"], "はじめて登録しました。");
}

async fn consent_given(test: &TestApp, id: ResidentId) -> bool {
    let card = queries::get_card(test.app.store().reader(), &test.scope(), id).await.unwrap();
    card.for_work().consent_given
}

#[tokio::test]
async fn consent_is_a_ledger_that_is_given_and_taken_back() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &[]).await;
    let operator = test.operator().await;
    let path = format!("/people/{id}/consent");
    let db = test.app.store().reader();
    assert!(!consent_given(&test, id).await);
    operator.post_form(&path, &[("given", "yes")]).await.expect(303);
    assert!(consent_given(&test, id).await);
    operator.post_form(&path, &[("given", "no")]).await.expect(303);
    assert!(!consent_given(&test, id).await);
    operator.post_form(&path, &[("given", "maybe")]).await.expect(400);
    let ledger = queries::consents(db, &test.scope(), id).await.unwrap();
    assert_eq!(ledger.iter().map(|line| line.given).collect::<Vec<_>>(), [false, true]);
    assert!(ledger.iter().all(|line| line.staff_id == Some(test.place.operator)));
}

#[tokio::test]
async fn a_hearing_teaches_what_it_told_and_nothing_else() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &["03-0000-0201"]).await;
    let ctx = &test.ctx_system();
    let scope = &test.scope();

    let teach = async |learned: Learned| {
        let learned = &learned;
        let store = test.app.store();
        let work = |tx| async move { actions::learn(&tx, scope, id, learned).await };
        store.write(ctx, "learn", work).await.unwrap();
        queries::get_card(store.reader(), scope, id).await.unwrap().for_work()
    };

    let card = teach(Learned {
        hearing: Some(Need::Hard),
        device: Some(Device::None),
        barriers: Some(vec![Barrier::FearOfFraud, Barrier::LooksHard, Barrier::LooksHard]),
        channels: Some(vec![Channel::Letter, Channel::Phone]),
        ..Learned::default()
    })
    .await;
    assert_eq!(card.resident.hearing, Some(Need::Hard));
    assert_eq!(card.resident.device, Some(Device::None));
    assert_eq!(card.barriers, [Barrier::LooksHard, Barrier::FearOfFraud]);
    assert_eq!(card.channels, [Channel::Letter, Channel::Phone]);
    assert_eq!(card.resident.revision, 2, "an open edit form notices");

    let card = teach(Learned { vision: Some(Need::Fine), ..Learned::default() }).await;
    assert_eq!(card.resident.hearing, Some(Need::Hard), "what was not asked stays");
    assert_eq!(card.barriers.len(), 2);
    assert_eq!(card.resident.vision, Some(Need::Fine));

    let card = teach(Learned::default()).await;
    assert_eq!(card.resident.revision, 3, "nothing told, nothing changed");
}

#[tokio::test]
async fn a_number_is_added_once_and_the_eleventh_is_refused() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &[]).await;
    let ctx = &test.ctx_system();
    let scope = &test.scope();
    let phone = |n: usize| PhoneNumber::parse(&format!("03-0000-03{n:02}")).unwrap();
    let add_phone = async |n: usize| {
        let phone = &phone(n);
        let work =
            |tx| async move { actions::add_phone(&tx, scope, id, phone, PhoneOwner::Own).await };
        test.app.store().write(ctx, "add_phone", work).await
    };

    for n in 0..10 {
        add_phone(n).await.unwrap();
        add_phone(n).await.unwrap();
    }
    let refused = add_phone(10).await.unwrap_err();
    assert_eq!(refused.code(), "resident.too_many_phones");

    let removed = &phone(0);
    let work = |tx| async move { actions::remove_phone(&tx, scope, id, removed).await };
    test.app.store().write(ctx, "remove_phone", work).await.unwrap();
    add_phone(10).await.unwrap();

    let card = queries::get_card(test.app.store().reader(), scope, id).await.unwrap().for_work();
    let want: Vec<String> = (1..=10).map(|n| format!("03000003{n:02}")).collect();
    assert_eq!(card.phones, want);
}

#[tokio::test]
async fn channels_keep_their_order_and_are_never_none() {
    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &[]).await;
    let ctx = &test.ctx_system();
    let scope = &test.scope();
    let set = async |channels: &[Channel]| {
        let work = |tx| async move { actions::set_channels(&tx, scope, id, channels).await };
        test.app.store().write(ctx, "set_channels", work).await.unwrap();
        let card = queries::get_card(test.app.store().reader(), scope, id).await.unwrap();
        card.for_work().channels
    };
    let order = [Channel::Line, Channel::Letter, Channel::Sms];
    assert_eq!(set(&order).await, order);
    assert_eq!(set(&[]).await, [Channel::Letter]);
}
