//! The search: names in every script and variant, numbers in every notation.

use std::collections::HashSet;

use chrono::TimeDelta;
use entity::ResidentId;
use sea_orm::EntityTrait;
use serde_json::json;
use shirube::residents::queries;

use super::add;
use crate::support::TestApp;

/// Reading, name, phones. All invented.
pub const PEOPLE: &[(&str, &str, &[&str])] = &[
    ("シルベ ハナコ", "しるべ 花子", &["03-0000-0201"]),
    ("シルベ タロウ", "しるべ 太郎", &["03-0000-0201"]),
    ("タカハシ レイコ", "髙橋 例子", &["03-0000-0203", "090-0000-7203"]),
    ("タカハシ ミホン", "高橋 見本", &[]),
    ("ヤマサキ レイジ", "山﨑 例二", &["045-000-0205"]),
    ("ワタナベ タメシ", "渡邉 試", &[]),
    ("ワタナベ オタメシ", "渡邊 お試", &[]),
    ("サイトウ レイ", "齋藤 例", &[]),
    ("サイトウ ミホ", "斉藤 美本", &[]),
    ("ハマダ レイ", "濵田 例", &[]),
    ("ヨシダ レイ", "𠮷田 例", &[]),
    ("サクラザワ レイ", "櫻澤 例", &[]),
    ("ヒロシマ クニ", "廣嶋 國", &[]),
    ("ヤブ トク", "藪 德", &[]),
    ("ケイダ マコト", "惠田 眞", &[]),
    ("ナルセ ノボル", "成瀨 曻", &[]),
    ("ヤナギ クワ", "栁 桒", &[]),
    ("イシバシ レイ", "石槗 例", &[]),
    ("カツラギ ハジメ", "葛\u{E0100}城 一", &[]),
    ("リ", "李", &[]),
    ("ジョン・スミス", "ジョン・スミス", &[]),
    ("オーノ レイ", "大野 例", &[]),
    ("ﾌｼﾞﾀ ﾚｲ", "", &[]),
    ("ヤマダ ハナコ", "ﾔﾏﾀﾞ ﾊﾅｺ", &["０９０－００００－０２２４"]),
    ("シケン ワナ", "50%_試\\験", &[]),
];

/// What an operator types, and the numbers (from 0) of the people who must be found.
pub const CORPUS: &[(&str, &[usize])] = &[
    // Kana in every script, whole, from the start, from the middle, with and without spaces.
    ("シルベ ハナコ", &[0]),
    ("しるべ はなこ", &[0]),
    ("しるべはなこ", &[0]),
    ("ｼﾙﾍﾞ ﾊﾅｺ", &[0]),
    ("シルベ　ハナコ", &[0]),
    ("しる", &[0, 1]),
    ("シルベ", &[0, 1]),
    ("ｼﾙﾍﾞ", &[0, 1]),
    ("はなこ", &[0, 23]),
    ("ﾊﾅｺ", &[0, 23]),
    ("るべた", &[1]),
    ("ふじた", &[22]),
    ("フジタ", &[22]),
    ("ﾌｼﾞﾀ", &[22]),
    ("ふし\u{3099}た", &[22]),
    ("ヤマダ", &[23]),
    ("やまだ", &[23]),
    ("yamada", &[23]),
    ("ＹＡＭＡＤＡ", &[23]),
    ("YAMADA HANAKO", &[23]),
    ("shirube", &[0, 1]),
    ("オーノ", &[21]),
    ("オ－ノ", &[21]),
    ("おーの", &[21]),
    ("ジョンスミス", &[20]),
    ("じょん・すみす", &[20]),
    ("スミス", &[20]),
    ("さいと", &[7, 8]),
    ("たかはし", &[2, 3]),
    ("わたなべ", &[5, 6]),
    ("り", &[19]),
    // Kanji in every variant.
    ("しるべ 花子", &[0]),
    ("花子", &[0]),
    ("高橋", &[2, 3]),
    ("髙橋", &[2, 3]),
    ("高橋 見本", &[3]),
    ("髙橋例子", &[2]),
    ("橋", &[2, 3, 17]),
    ("石橋", &[17]),
    ("石槗", &[17]),
    ("山崎", &[4]),
    ("山﨑", &[4]),
    ("山嵜", &[4]),
    ("崎", &[4]),
    ("渡辺", &[5, 6]),
    ("渡邉", &[5, 6]),
    ("渡邊", &[5, 6]),
    ("辺", &[5, 6]),
    ("斎藤", &[7, 8]),
    ("斉藤", &[7, 8]),
    ("齋藤", &[7, 8]),
    ("齊藤", &[7, 8]),
    ("浜田", &[9]),
    ("濱田", &[9]),
    ("濵田", &[9]),
    ("吉田", &[10]),
    ("𠮷田", &[10]),
    ("桜沢", &[11]),
    ("櫻澤", &[11]),
    ("桜澤", &[11]),
    ("広島", &[12]),
    ("廣嶌", &[12]),
    ("国", &[12]),
    ("國", &[12]),
    ("薮", &[13]),
    ("藪徳", &[13]),
    ("恵田", &[14]),
    ("真", &[14]),
    ("成瀬", &[15]),
    ("昇", &[15]),
    ("柳", &[16]),
    ("桑", &[16]),
    ("葛城", &[18]),
    ("葛\u{E0100}城", &[18]),
    ("葛\u{E0101}城", &[18]),
    ("李", &[19]),
    ("大野", &[21]),
    // Phones in every notation, their beginning and their end.
    ("03-0000-0201", &[0, 1]),
    ("0300000201", &[0, 1]),
    ("０３－００００－０２０１", &[0, 1]),
    ("０３ー００００ー０２０１", &[0, 1]),
    ("(03) 0000 0201", &[0, 1]),
    ("+81 3 0000 0201", &[0, 1]),
    ("03-0000-0201 内線12", &[0, 1]),
    ("TEL 03-0000-0201", &[0, 1]),
    ("0201", &[0, 1]),
    ("０２０１", &[0, 1]),
    ("7203", &[2]),
    ("03-0000", &[0, 1, 2]),
    ("045000", &[4]),
    ("0000-7203", &[2]),
    ("0224", &[23]),
    // Nothing at all, or nothing that is there.
    ("", &[]),
    ("　", &[]),
    ("\u{200B}", &[]),
    ("%", &[24]),
    ("_", &[24]),
    ("\\", &[24]),
    ("50%", &[24]),
    ("%%", &[]),
    ("__", &[]),
    ("シルベ%", &[]),
    ("Robert'); DROP TABLE resident;--", &[]),
    ("やまた", &[]),
    ("太野", &[]),
    ("9999", &[]),
    ("03-9999-9999", &[]),
    ("110", &[]),
    ("1", &[]),
];

#[tokio::test]
async fn a_person_is_found_however_the_name_or_the_number_is_written() {
    let test = TestApp::start().await;
    let mut ids = Vec::new();
    for (kana, name, phones) in PEOPLE {
        ids.push(add(&test, kana, name, phones).await);
    }
    let mut wrong = Vec::new();
    for (query, expected) in CORPUS {
        let found = queries::find(test.app.store().reader(), &test.scope(), query, 50).await;
        let found = found.unwrap().for_work();
        let found: HashSet<ResidentId> = found.iter().map(|person| person.id).collect();
        let expected: HashSet<ResidentId> = expected.iter().map(|at| ids[*at]).collect();
        if found != expected {
            wrong.push(format!("{query}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    test.finish().await;
}

#[tokio::test]
async fn whoever_bears_exactly_the_name_is_meant_and_nobody_who_bears_it_within_a_longer_one() {
    let test = TestApp::start().await;
    add(&test, "ハヤシ ヒロシ", "林 弘", &[]).await;
    add(&test, "コバヤシ ヒロシ", "小林 弘", &[]).await;
    let found = async |query: &str| -> Vec<String> {
        let found = queries::find(test.app.store().reader(), &test.scope(), query, 20).await;
        found.unwrap().for_work().into_iter().map(|person| person.kana).collect()
    };
    for exact in ["はやしひろし", "ハヤシ　ヒロシ", "林弘", "hayashi hiroshi"] {
        assert_eq!(found(exact).await, ["ハヤシ ヒロシ"], "{exact}");
    }
    for part in ["林", "やしひろし", "ばやしひろし"] {
        let also = found(part).await.contains(&"コバヤシ ヒロシ".to_owned());
        assert!(also, "{part}");
    }
    test.finish().await;
}

#[tokio::test]
async fn names_that_begin_with_the_query_come_first_in_the_order_of_the_five_rows() {
    let test = TestApp::start().await;
    for (kana, name, phones) in PEOPLE {
        add(&test, kana, name, phones).await;
    }
    add(&test, "レイノ モミジ", "例野 もみじ", &[]).await;

    let order = async |query: &str, limit: u64| -> Vec<String> {
        let found = queries::find(test.app.store().reader(), &test.scope(), query, limit).await;
        found.unwrap().for_work().into_iter().map(|person| person.kana).collect()
    };

    let all = [
        "レイノ モミジ",
        "イシバシ レイ",
        "オーノ レイ",
        "サイトウ レイ",
        "サクラザワ レイ",
        "タカハシ レイコ",
        "ハマダ レイ",
        "フジタ レイ",
        "ヤマサキ レイジ",
        "ヨシダ レイ",
    ];

    assert_eq!(order("れい", 50).await, all);
    assert_eq!(order("れい", 3).await, all[..3]);
    assert_eq!(order("たかはし", 50).await, ["タカハシ ミホン", "タカハシ レイコ"]);
    assert_eq!(order("0201", 50).await, ["シルベ タロウ", "シルベ ハナコ"]);
}

#[tokio::test]
async fn a_huge_query_is_answered_at_once_and_finds_nobody() {
    let test = TestApp::start().await;
    add(&test, "シルベ ハナコ", "しるべ 花子", &[]).await;
    let started = std::time::Instant::now();
    let query = "a".repeat(50_000);
    let found = queries::find(test.app.store().reader(), &test.scope(), &query, 50).await.unwrap();
    assert!(found.for_work().is_empty());
    assert!(started.elapsed().as_millis() < 1000, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_booking_number_finds_its_person() {
    use entity::bookings::booking::{self, BookingState, Via};
    use sea_orm::ActiveValue::Set;

    let test = TestApp::start().await;
    let id = add(&test, "シルベ ハナコ", "", &[]).await;
    add(&test, "シルベ タロウ", "", &[]).await;

    let number = shirube::platform::japan::number::BookingNumber::from_serial(4_821_375).unwrap();
    let session_id = session(&test).await;
    let (place, digits) = (test.place.clone(), number.digits());
    let ctx = &test.ctx_system();
    let (place, digits) = (&place, &digits);

    test.app
        .store()
        .write(ctx, "test", |tx| async move {
            booking::Entity::insert(booking::ActiveModel {
                municipality_id: Set(place.chiyoda),
                session_id: Set(session_id),
                resident_id: Set(id),
                number: Set(digits.parse().unwrap()),
                state: Set(BookingState::Cancelled),
                via: Set(Via::Phone),
                queued_at: Set(tx.now()),
                calendar_uid: Set("test".into()),
                calendar_sequence: Set(0),
                revision: Set(1),
                created_at: Set(tx.now()),
                updated_at: Set(tx.now()),
                ..Default::default()
            })
            .exec(tx.db())
            .await?;
            Ok(())
        })
        .await
        .unwrap();

    let operator = test.operator().await;
    for query in [digits.clone(), format!("{}-{}", &digits[..4], &digits[4..])] {
        let found = operator.get(&format!("/api/residents?q={query}")).await.expect(200).json();
        assert_eq!(found["items"][0]["id"], id.0, "{query}");
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{query}");
    }

    let stranger = test.stranger().await;
    let found = stranger.get(&format!("/api/residents?q={digits}")).await.expect(200).json();
    assert_eq!(found["items"], json!([]));
}

async fn session(test: &TestApp) -> entity::SessionId {
    use entity::sessions::session::{self, Allocation, SessionKind, SessionState};
    use sea_orm::ActiveValue::Set;

    let place = &test.place;
    let ctx = &test.ctx_system();
    test.app
        .store()
        .write(ctx, "test", |tx| async move {
            let at = crate::support::at(2024, 7, 10, 14, 0);
            let row = session::ActiveModel {
                municipality_id: Set(place.chiyoda),
                programme_id: Set(place.classes),
                venue_id: Set(place.city_office),
                code: Set("test".into()),
                kind: Set(SessionKind::ClassBasic),
                bring_ja: Set(String::new()),
                bring_en: Set(String::new()),
                is_public: Set(true),
                title_ja: Set("基礎編".into()),
                title_en: Set("Basics".into()),
                starts_at: Set(at),
                ends_at: Set(at + TimeDelta::hours(2)),
                capacity: Set(10),
                taken: Set(0),
                allocation: Set(Allocation::FirstCome),
                state: Set(SessionState::Planned),
                revision: Set(1),
                created_at: Set(tx.now()),
                updated_at: Set(tx.now()),
                ..Default::default()
            };

            Ok(session::Entity::insert(row).exec(tx.db()).await?.last_insert_id)
        })
        .await
        .unwrap()
}
