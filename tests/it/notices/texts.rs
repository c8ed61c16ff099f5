//! What notices say: of every real title, of moves, and of what was called off.

use std::collections::BTreeSet;

use entity::notices::notice::NoticeKind;
use shirube::notices::message::{FormerPlace, Words};
use shirube::notices::queries::{Dispatch, items_by_ids, last_way};
use shirube::places;
use shirube::platform::words;

use super::*;

/// The files that name real classes, and those of the demo.
const SESSIONS: [&str; 3] = [
    include_str!("../../../seeds/chiyoda/sessions_r6.csv"),
    include_str!("../../../seeds/yokohama/sessions_r4.csv"),
    include_str!("../../../seeds/demo/sessions.csv"),
];
/// Every kind of notice that names a title.
const KINDS: [NoticeKind; 8] = [
    NoticeKind::Confirmed,
    NoticeKind::Waiting,
    NoticeKind::Offered,
    NoticeKind::Moved,
    NoticeKind::Cancelled,
    NoticeKind::SessionMoved,
    NoticeKind::SessionCancelled,
    NoticeKind::Survey,
];

/// Titles in both languages, each once, with the names of the kinds that stand in for none.
fn titles() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for text in SESSIONS {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let at = |headers: &csv::StringRecord, name| headers.iter().position(|own| own == name);
        let headers = reader.headers().unwrap().clone();
        let (ja, en) = (at(&headers, "title_ja").unwrap(), at(&headers, "title_en").unwrap());
        for row in reader.records() {
            let row = row.unwrap();
            assert!(!row[ja].is_empty() && !row[en].is_empty(), "{row:?}");
            found.insert((row[ja].to_owned(), row[en].to_owned()));
        }
    }
    for kind in SessionKind::ALL {
        let key = format!("kind.{kind}");
        let text = |lang| words::text(lang, &key).to_owned();
        found.insert((text(Lang::Ja), text(Lang::En)));
    }
    found.insert((
        "スマホ講習会（応用編）「区のお知らせ」を受け取る".into(),
        "Notices, “news”".into(),
    ));
    found
}

/// The notice of somebody's only booking.
async fn item(t: &TestApp, id: BookingId) -> Dispatch {
    let ids = [deliveries(t, id).await.last().unwrap().id];
    let items = items_by_ids(t.app.store().reader(), &t.scope(), &ids).await.unwrap();
    items.for_work().pop().unwrap()
}

/// Each text that is a sentence, and the facts.
fn sentences(words: &Words<'_>) -> Vec<String> {
    vec![words.headline(), words.subject(), words.opening(), words.closing(), words.script()]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_title_stands_in_quotes_in_every_text_of_every_notice() {
    let t = TestApp::start().await;
    let hanako = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;

    let plain = item(&t, booking.id).await;
    let office = places::queries::get_municipality(t.app.store().reader(), t.place.chiyoda);
    let office = office.await.unwrap();
    let former = |title: &str| FormerPlace {
        title_ja: title.to_owned(),
        title_en: title.to_owned(),
        place_ja: "前の会場".to_owned(),
        place_en: "the old place".to_owned(),
        starts_at: at(2024, 7, 3, 10, 0),
        ends_at: at(2024, 7, 3, 12, 0),
    };

    let mut seen = 0;
    for (ja, en) in titles() {
        for kind in KINDS {
            for before in [None, Some(former(&ja)), Some(former("べつの会"))] {
                for left in [None, Some(at(2024, 7, 3, 10, 0))] {
                    let mut item = plain.clone();
                    item.row.session.title_ja.clone_from(&ja);
                    item.row.session.title_en.clone_from(&en);
                    item.row.session.called_off_because = Some("台風".to_owned());
                    item.notice.kind = kind;
                    item.notice.former_starts_at = left;
                    item.former.clone_from(&before);

                    for (lang, title, quotes) in [
                        (Lang::Ja, ja.replace('「', "『").replace('」', "』"), ("「", "」")),
                        (Lang::En, en.replace('「', "『").replace('」', "』"), ("“", "”")),
                    ] {
                        let words = item.words(&office, lang, true);
                        let mail = words.mail_text("しるべ 花子", None);
                        assert!(!mail.contains(['{', '}']), "{mail}");
                        for text in sentences(&words) {
                            assert!(!text.contains(['{', '}']), "{text}");
                            assert!(!text.contains("参加していただけなくなりました"), "{text}");
                            let named = text.matches(title.as_str()).count();
                            let held = format!("{}{title}{}", quotes.0, quotes.1);
                            assert_eq!(text.matches(&held).count(), named, "{title}: {text}");
                            seen += named;
                        }
                    }
                }
            }
        }
    }

    assert!(seen > 1000, "the titles stand in the texts: {seen}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_shows_what_was_before_beside_the_new_day() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let first = class(&t, "電源の入れ方", 5).await;
    let same = class_on(&t, "電源の入れ方", 5, 17).await;
    let other = class_on(&t, "地図と調べもの", 5, 24).await;
    let booking = book(&t, first, hanako).await;
    t.run_jobs().await;

    act!(t, move_to, booking.id, same, None);
    t.run_jobs().await;
    act!(t, move_to, booking.id, other, None);
    t.run_jobs().await;

    let mails = sink.mails();
    let [_, moved, changed] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(
        moved.subject,
        "【千代田区】「電源の入れ方」の日にちを変えました（7月17日（水曜日））"
    );
    for part in [
        "お申し込みの日にちを、7月10日（水曜日）午後2時から変えました。",
        "日にち：7月17日（水曜日）",
        "変わる前：7月10日（水曜日）午後2時から4時まで",
        "　千代田区役所 会議室",
    ] {
        assert!(moved.text.contains(part), "{part} in {}", moved.text);
    }

    assert_eq!(
        changed.subject,
        "【千代田区】お申し込みを「地図と調べもの」に変えました（7月24日（水曜日））"
    );
    for part in [
        "お申し込みを、「電源の入れ方」から「地図と調べもの」に変えました。",
        "変わる前：「電源の入れ方」　7月17日（水曜日）午後2時から4時まで",
    ] {
        assert!(changed.text.contains(part), "{part} in {}", changed.text);
    }
    assert!(!changed.text.contains("日時が変わりました"), "{}", changed.text);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_says_what_it_moved_and_from_where() {
    let t = TestApp::start().await;
    let hanako = person(&t, Who { channels: &[Channel::Phone], ..HANAKO }).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;

    let office = places::queries::get_municipality(t.app.store().reader(), t.place.chiyoda);
    let office = office.await.unwrap();

    let mut item = item(&t, booking.id).await;
    item.notice.kind = NoticeKind::SessionMoved;
    let (starts_at, ends_at) = item.row.span();
    let half = chrono::TimeDelta::minutes(30);
    for (place, earlier, what) in [
        ("千代田区役所 会議室", half, "日時"),
        ("出張所 集会室", chrono::TimeDelta::zero(), "場所"),
        ("出張所 集会室", half, "日時と場所"),
    ] {
        item.former = Some(FormerPlace {
            title_ja: "講習会".to_owned(),
            title_en: "Smartphone class".to_owned(),
            place_ja: place.to_owned(),
            place_en: place.to_owned(),
            starts_at: starts_at - earlier,
            ends_at: ends_at - earlier,
        });

        let words = item.words(&office, Lang::Ja, false);
        assert_eq!(words.headline(), format!("「講習会」の{what}が変わりました"));
        let facts = words.facts();
        let before = facts.iter().find(|fact| fact.label == "変わる前").unwrap();
        assert_eq!(before.note, place);

        let from = if earlier == half {
            "午後1時30分から3時30分まで"
        } else {
            "午後2時から4時まで"
        };
        assert_eq!(before.value, format!("7月10日（水曜日）{from}"));
        assert!(
            words.script().contains(&format!("前は、7月10日（水曜日）{from}、{place}でした。"))
        );
    }
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_is_called_off_and_the_reason_is_told() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let coordinator = t.coordinator().await;
    let (hanako, class) = (person(&t, HANAKO).await, class(&t, "講習会", 5).await);
    book(&t, class, hanako).await;
    t.run_jobs().await;
    let path = format!("/sessions/{class}/cancel");
    let long = "あ".repeat(61);
    let typed = [("confirm", "1"), ("because", long.as_str())];
    let refused = coordinator.post_form(&path, &typed).await.expect(422);
    assert!(refused.text.contains(&long), "what was typed is still there: {}", refused.text);
    let typed = [("confirm", "1"), ("because", "台風")];
    coordinator.post_form(&path, &typed).await.expect(303);
    t.run_jobs().await;
    let mails = sink.mails();
    let told = mails.last().unwrap();
    assert_eq!(told.subject, "【千代田区】「講習会」は中止になりました（7月10日（水曜日））");
    for part in ["下の催しは、中止になりました。", "理由：台風"] {
        assert!(told.text.contains(part), "{part} in {}", told.text);
    }
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_reads_when_and_how_it_was_sent() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let letter = Who { kana: "みちのたろう", channels: &[Channel::Letter], ..HANAKO };
    let (hanako, taro) = (person(&t, HANAKO).await, person(&t, letter).await);
    let class = class(&t, "講習会", 5).await;
    let (mailed, lettered) = (book(&t, class, hanako).await, book(&t, class, taro).await);

    let said = async |id| {
        let way = last_way(t.app.store().reader(), &t.scope(), id).await.unwrap();
        way.map(|way| way.sentence(Lang::Ja))
    };
    assert_eq!(said(mailed.id).await, None, "nothing is written yet");
    t.run_jobs().await;

    let (scope, id) = (&t.scope(), mailed.id);
    t.app
        .store()
        .write(&t.ctx_system(), "send_again", |tx| async move {
            shirube::notices::actions::send_again(&tx, scope, id, true).await
        })
        .await
        .unwrap();

    t.run_jobs().await;
    let now = Lang::Ja.moment(t.now());
    let sent = format!(
        "ご案内は、{now}に、メールでお送りしました。とどいていないときは、お電話ください。"
    );
    assert_eq!(said(mailed.id).await, Some(sent));
    let coming = "ご案内を、手紙でお送りします。とどくまで数日かかります。";
    assert_eq!(said(lettered.id).await.as_deref(), Some(coming));
    assert_eq!(sink.mails().len(), 1, "within a day nothing is sent twice");
    t.finish().await;
}
