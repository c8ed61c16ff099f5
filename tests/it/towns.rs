//! What one town says of itself does not stand on another's page.

use entity::MunicipalityId;
use entity::places::municipality;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shirube::platform::Tx;

use crate::support::TestApp;

/// Gives a town these hours: days as bits, minutes after midnight.
async fn open(t: &TestApp, town: MunicipalityId, days: i32, from: i32, to: i32) {
    let work = async |tx: Tx| {
        municipality::Entity::update_many()
            .col_expr(municipality::Column::OpenDays, Expr::value(days))
            .col_expr(municipality::Column::OpensMinute, Expr::value(from))
            .col_expr(municipality::Column::ClosesMinute, Expr::value(to))
            .filter(municipality::Column::Id.eq(town))
            .exec(tx.db())
            .await?;
        Ok(())
    };
    t.app.store().write(&t.ctx_system(), "open", work).await.unwrap();
}

#[tokio::test]
async fn every_public_page_says_the_hours_of_the_town_itself() {
    let t = TestApp::start().await;
    let page = t.anonymous().get("/").await.expect(200).text;
    assert!(page.contains("平日の午前10時から午後5時までです。"), "{page}");
    open(&t, t.place.chiyoda, 0b011_1111, 510, 1035).await;
    // The town is read when the service starts.
    let t = t.again().await;
    let everybody = t.anonymous();
    for path in ["/", "/events", "/my", "/call", "/privacy", "/progress"] {
        let page = everybody.get(path).await.expect(200).text;
        assert!(page.contains("月曜日から土曜日の午前8時30分から午後5時15分までです。"), "{path}");
        assert!(!page.contains("平日の午前10時"), "{path}");
        let english = everybody.get(&format!("{path}?lang=en")).await.expect(200).text;
        assert!(english.contains("Monday to Saturday, 8:30 am to 5:15 pm."), "{path}");
    }
    let call = everybody.get("/call").await.expect(200).text;
    assert!(call.contains("日曜日・祝日と、") && !call.contains("土曜日・日曜日・祝日"), "{call}");
    let english = everybody.get("/call?lang=en").await.expect(200).text;
    assert!(english.contains("Closed on Sundays, holidays"), "{english}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_a_town_stand_under_its_own_name_number_and_hours() {
    let t = TestApp::start().await;
    let args = ["seed", "yokohama", "meguro", "minato"];
    let done = crate::seeds::shirube(t.database_url(), &args).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    open(&t, t.place.yokohama, 31, 525, 1035).await;

    let everybody = t.anonymous();
    for (path, name, phone, hours) in [
        ("/progress/131105", "目黒区", "03-5722-9270", "平日の午前9時から午後5時までです。"),
        ("/progress/131105/r6", "目黒区", "03-5722-9270", "平日の午前9時から午後5時までです。"),
        ("/progress/131032", "港区", "03-3578-2111", "平日の午前9時から午後5時までです。"),
        (
            "/progress/141003/r4_results",
            "横浜市",
            "03-0000-0100",
            "平日の午前8時45分から午後5時15分までです。",
        ),
    ] {
        let page = everybody.get(path).await.expect(200).text;
        assert!(!page.contains("千代田区"), "{path}");
        let head = &page[page.find("<header").unwrap()..page.find("</header>").unwrap()];
        assert!(head.contains(name), "{path}: {head}");

        let help = &page[page.find("<aside").unwrap()..];
        for said in [name, phone, hours] {
            assert!(help.contains(said), "{path}: {said} in {help}");
        }

        let quarters = page.contains("「1Q」は年度です");
        assert_eq!(quarters, path.ends_with("r4_results"), "{path}");
    }

    // The list of all towns is the page of the town whose service it is.
    let index = everybody.get("/progress").await.expect(200).text;
    assert!(index.contains("千代田区"));
    t.finish().await;
}

#[tokio::test]
async fn another_towns_survey_is_nobodys_baseline() {
    let t = TestApp::start().await;
    for (client, own) in [(t.coordinator().await, true), (t.headquarters().await, false)] {
        let told = client.get("/api/retention").await.expect(200).json();
        assert_eq!(told["baseline"].as_array().unwrap().is_empty(), !own);
        let page = client.get("/followup/figures").await.expect(200).text;
        for words in ["令和4年度の区民アンケート", "千代田区"] {
            assert_eq!(page.contains(words), own, "{words}");
        }
    }
    // Who calls says the name of the own office.
    let script = t.headquarters().await.get("/followup/preview?as=phone").await.expect(200).text;
    assert!(script.contains("横浜市") && !script.contains("千代田区"), "{script}");
    t.finish().await;
}
