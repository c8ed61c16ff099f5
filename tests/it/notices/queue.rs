//! `/post`: what past sessions leave behind hides nothing, and jobs that stopped are seen.

use chrono::TimeDelta;
use entity::NoticeId;
use entity::notices::notice::NoticeKind;
use entity::platform::{audit, outbox};
use sea_orm::PaginatorTrait;
use shirube::platform::{Tx, words};
use shirube::site;

use super::*;

/// Many open deliveries about one booking, as years of past sessions leave them.
async fn leave_behind(t: &TestApp, about: &booking::Model, channel: Channel, state: DeliveryState) {
    const MANY: i64 = 1001;
    let ctx = t.ctx_system();
    let work = |tx: Tx| async move {
        let notices = (0..MANY).map(|_| notice::ActiveModel {
            municipality_id: Set(about.municipality_id),
            resident_id: Set(about.resident_id),
            booking_id: Set(about.id),
            kind: Set(NoticeKind::Confirmed),
            calendar_sequence: Set(0),
            created_at: Set(tx.now()),
            ..Default::default()
        });
        notice::Entity::insert_many(notices).exec_without_returning(tx.db()).await?;

        // Nobody else writes here, so that the ids of one insert follow each other.
        let newest = notice::Entity::find().order_by_desc(notice::Column::Id);
        let newest = newest.one(tx.db()).await?.unwrap().id.0;
        let deliveries = (newest - MANY + 1..=newest).map(|id| delivery::ActiveModel {
            municipality_id: Set(about.municipality_id),
            notice_id: Set(NoticeId(id)),
            channel: Set(channel),
            rank: Set(0),
            state: Set(state),
            attempts: Set(0),
            revision: Set(1),
            created_at: Set(tx.now()),
            updated_at: Set(tx.now()),
            ..Default::default()
        });
        delivery::Entity::insert_many(deliveries).exec_without_returning(tx.db()).await?;
        Ok(())
    };

    t.app.store().write(&ctx, "leave_behind", work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_past_sessions_left_open_hides_no_new_call_and_no_new_letter() {
    let t = TestApp::start().await;
    let phone = Who { channels: &[Channel::Phone], ..HANAKO };
    let letter = Who { kana: "みちのたろう", channels: &[Channel::Letter], ..HANAKO };
    let (hanako, taro) = (person(&t, phone).await, person(&t, letter).await);
    let before = book(&t, class_on(&t, "前の講習会", 5, 2).await, hanako).await;
    t.run_jobs().await;
    leave_behind(&t, &before, Channel::Phone, DeliveryState::Waiting).await;
    leave_behind(&t, &before, Channel::Phone, DeliveryState::NoAnswer).await;
    leave_behind(&t, &before, Channel::Letter, DeliveryState::Waiting).await;
    t.advance(TimeDelta::days(3));
    let next = class_on(&t, "次の講習会", 5, 10).await;
    book(&t, next, hanako).await;
    book(&t, next, taro).await;
    t.run_jobs().await;
    let page = t.operator().await.get("/post").await.expect(200);
    assert!(page.text.contains("シルベハナコ さま"), "{}", page.text);
    assert!(page.text.contains("1通") && page.text.contains("1人"), "{}", page.text);
    assert!(page.text.contains("次の講習会") && !page.text.contains("前の講習会"));
    assert!(!page.text.contains("手紙と電話が、まだあります"), "{}", page.text);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_was_printed_too_late_is_to_be_taken_out() {
    let t = TestApp::start().await;
    let hanako = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let booking = book(&t, class_on(&t, "講習会", 5, 2).await, hanako).await;
    t.run_jobs().await;
    let id = deliveries(&t, booking.id).await[0].id.to_string();
    t.operator().await.post_form("/post/print", &[("ids", &id)]).await.expect(303);
    let number = bookings::queries::number_text(booking.number);
    for (days, shown) in [(3, true), (30, false)] {
        t.advance(TimeDelta::days(days));
        let page = t.operator().await.get("/post").await.expect(200);
        assert_eq!(page.text.contains(&number), shown, "{}", page.text);
        assert!(page.text.contains("送る手紙はありません"), "{}", page.text);
    }
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_stopped_is_shown_without_its_payload_and_tried_again_by_a_button() {
    let t = TestApp::start().await;
    let hanako = person(&t, Who { channels: &[Channel::Phone], ..HANAKO }).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    let reader = t.app.store().reader();
    let stopped = outbox::ActiveModel {
        dead_at: Set(Some(t.now())),
        attempts: Set(10),
        last_error: Set(Some("internal: no".to_owned())),
        ..Default::default()
    };

    let changed = outbox::Column::Kind.eq(bookings::CHANGED);
    outbox::Entity::update_many().set(stopped).filter(changed.clone()).exec(reader).await.unwrap();
    let job =
        async || outbox::Entity::find().filter(changed.clone()).one(reader).await.unwrap().unwrap();
    let id = job().await.id;
    t.run_jobs().await;
    assert!(ways(&t, booking.id).await.is_empty(), "nobody was told");

    let operator = t.operator().await;
    let page = operator.get("/post").await.expect(200);
    for part in [
        "止まった仕事",
        "予約のお知らせを用意する",
        &format!("番号 {id}"),
        "7月1日（月曜日）から止まっています",
        "10回ためしました",
        "もう一度ためす",
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    assert!(!page.text.contains("booking_changed") && !page.text.contains("シルベハナコ"));

    let path = format!("/post/jobs/{id}");
    assert!(page.text.contains(&format!("action=\"{path}\"")), "{}", page.text);

    let stranger = t.stranger().await;
    assert!(!stranger.get("/post").await.expect(200).text.contains("止まった仕事"));
    stranger.post_form(&path, &[]).await.expect(404);
    t.teacher().await.post_form(&path, &[]).await.expect(403);
    operator.post_form_without_token(&path, &[]).await.expect(403);
    assert!(job().await.dead_at.is_some());

    assert_eq!(operator.post_form(&path, &[]).await.expect(303).location(), "/post");
    let revived = job().await;
    assert_eq!((revived.dead_at, revived.attempts), (None, 0));
    let lines = audit::Entity::find()
        .filter(audit::Column::Action.eq("revive_job"))
        .filter(audit::Column::Subject.eq("outbox"))
        .filter(audit::Column::SubjectId.eq(id.0))
        .filter(audit::Column::Actor.eq(format!("staff:{}", t.place.operator)));
    assert_eq!(lines.count(reader).await.unwrap(), 1);
    t.run_jobs().await;
    assert_eq!(ways(&t, booking.id).await, [(Channel::Phone, DeliveryState::Waiting)]);
    assert!(!operator.get("/post").await.expect(200).text.contains("止まった仕事"));
    // A second press on the old page changes nothing.
    operator.post_form(&path, &[]).await.expect(303);
    assert!(job().await.done_at.is_some());
    t.finish().await;
}

#[test]
fn every_kind_of_job_has_a_name_for_people() {
    for (kind, _) in site::handlers() {
        assert!(words::exists(&format!("post.job.{kind}")), "{kind}");
    }
}
