//! Nothing that was said or typed is lost on the way, whatever is pressed.

use super::*;

/// What a caller said, as the form holds it before anything was saved.
const SAID: [(&str, &str); 5] =
    [("H0", "1"), ("H1", "2"), ("H2", "2"), ("H8", "2"), ("note", "孫の写真を見たい")];

/// Everything that was said, with more fields of the form.
fn said_and<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    SAID.iter().chain(more).copied().collect()
}

impl Desk {
    /// The form still holds these fields.
    #[track_caller]
    fn holds(&self, wanted: &[(&str, &str)]) -> &Self {
        let fields = self.fields();
        for (name, value) in wanted {
            let wanted = ((*name).to_owned(), (*value).to_owned());
            assert!(fields.contains(&wanted), "{wanted:?} is lost: {fields:?}");
        }
        self
    }
}

/// What was said is in the draft, and not only on the screen.
async fn is_saved(t: &TestApp) {
    let call = call_of(t).await;
    assert_eq!((call.state, call.topic), (InquiryState::Draft, Some(Topic::Apply)));
    assert_eq!(call.hearing["reasons"], serde_json::json!(["looks_hard"]));
    assert_eq!(call.note, "孫の写真を見たい");
}

#[tokio::test]
async fn a_mistake_in_the_fields_of_a_new_person_loses_nothing() {
    let t = TestApp::start().await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    let fields = [("kana", "hanako"), ("band", "4"), ("name", "試し 花子"), ("postal", "1028688")];
    desk.press("/desk/new", &said_and(&fields)).await;
    assert_eq!(desk.page.code(), 422);
    desk.shows("id=\"kana-error\"").holds(&SAID).holds(&fields);
    is_saved(&t).await;
    desk.press("/desk/new", &[("kana", "ためし はなこ")]).await;
    desk.shows("タメシ ハナコ さま").holds(&SAID).hides("id=\"fresh\"");
}

#[tokio::test]
async fn a_new_person_of_the_desk_is_read_as_at_every_door() {
    let t = TestApp::start().await;

    for (typed, code) in [("〒102-0074", "102-0074"), ("１０２－００７４", "102-0074")] {
        let mut desk = Desk::open(t.operator().await).await;
        desk.press("/desk/find", &[("q", "03-0000-1234 内線210")]).await;
        let fields = [("kana", "マリー＝クレール"), ("postal", typed), ("sure", "1")];
        desk.press("/desk/new", &fields).await;
        desk.shows("マリー＝クレール さま").shows("03-0000-1234 内線210");

        let call = call_of(&t).await;
        let (scope, id) = (t.scope(), call.resident_id.unwrap());
        let card = residents::queries::get_card(t.app.store().reader(), &scope, id).await.unwrap();
        let card = card.for_work();
        assert_eq!(card.resident.postal_code.as_deref(), Some(code), "{typed}");
        assert_eq!(card.numbers[0].extension(), Some("210"));
        desk.press("/desk/leave", &[]).await;
    }

    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    for typed in ["あいう", "000"] {
        let fields = [("kana", "しるべ"), ("postal", typed), ("sure", "1")];
        desk.press("/desk/new", &fields).await;
        assert_eq!(desk.page.code(), 422, "{typed}");
        desk.shows("郵便番号は7けた").holds(&[("postal", typed), ("kana", "しるべ")]);
    }
}

#[tokio::test]
async fn the_list_of_similar_people_loses_nothing() {
    let t = TestApp::start().await;
    person(&t, HANAKO, "03-0000-9999").await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    let fields = [("kana", "しるべ はなこ"), ("band", "4"), ("address", "試験町0-0-1")];
    desk.press("/desk/new", &said_and(&fields)).await;
    desk.shows("似た方がいます").holds(&SAID).holds(&fields);
    is_saved(&t).await;
    desk.press("/desk/new", &[("sure", "1")]).await;
    desk.shows("シルベ ハナコ さま").shows("80代").holds(&SAID);
}

#[tokio::test]
async fn a_reading_without_its_space_is_a_similar_person_too() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, "03-0000-9999").await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/new", &[("kana", "しるべはなこ")]).await;
    desk.shows("似た方がいます").shows(&format!("name=\"person\" value=\"{hanako}\""));
    assert_eq!(resident::Entity::find().count(t.app.store().reader()).await.unwrap(), 1);
}

/// Without a script, Enter in any field presses the first button of the form, which searches.
#[tokio::test]
async fn a_search_in_the_middle_keeps_the_new_person_and_the_answers() {
    for q in [PHONE, ""] {
        let t = TestApp::start().await;
        let mut desk = Desk::open(t.operator().await).await;
        desk.press("/desk/find", &[("q", PHONE)]).await;
        let fields = [("kana", "しるべ はなこ"), ("band", "4"), ("address", "試験町0-0-1")];
        desk.press("/desk/find", &said_and(&[&fields[..], &[("q", q)]].concat())).await;
        desk.holds(&SAID).holds(&fields);
        is_saved(&t).await;
        // Saving keeps them on the screen too, and out of its address.
        desk.press("/desk/hearing", &[]).await;
        desk.holds(&SAID).holds(&fields).shows("href=\"/desk?lang=en\"");
        desk.press("/desk/new", &[]).await;
        desk.shows("シルベ ハナコ さま").holds(&SAID);
        assert_eq!(call_of(&t).await.caller_phone.as_deref(), Some("0300001234"));
    }
}

#[tokio::test]
async fn nobody_of_the_list_keeps_what_was_typed_and_takes_the_name_that_was_sought() {
    let t = TestApp::start().await;
    person(&t, HANAKO, "03-0000-9999").await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &said_and(&[("q", "たなか")])).await;
    desk.holds(&[("kana", "たなか")]);
    // The reading is only the search before: the next search takes its place.
    desk.press("/desk/find", &[("q", "しるべ")]).await;
    desk.shows("1人います").hides("それでも新しく登録する");
    desk.press("/desk/find", &[("fresh", "1"), ("note", "水曜がよい")]).await;
    desk.holds(&[("kana", "しるべ"), ("H2", "2")]);
    assert_eq!(call_of(&t).await.note, "水曜がよい");
    // A reading that was typed stays.
    desk.press("/desk/find", &[("kana", "しるべ たろう")]).await;
    desk.shows("1人います").hides("それでも新しく登録する").holds(&[("kana", "しるべ たろう")]);
    desk.press("/desk/find", &[("fresh", "1")]).await;
    desk.holds(&[("kana", "しるべ たろう"), ("H2", "2"), ("note", "水曜がよい")]);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_on_the_screen_and_the_rest_is_saved() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await.to_string();
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;

    let buttons =
        ["find", "person", "new", "phone", "hearing", "path", "hold", "cancel", "finish", "leave"];
    for button in buttons {
        let note = format!("話 {button}");
        let wrong = [
            ("H1", "9"),
            ("H2", "2"),
            ("note", note.as_str()),
            ("kana", "しるべ"),
            ("person", hanako.as_str()),
            ("booking", "1"),
            ("seat", "later"),
        ];

        desk.press(&format!("/desk/{button}"), &wrong).await;
        assert_eq!(desk.page.code(), 422, "{button}");
        desk.shows("その数字の答えはありません").holds(&[("H2", "2"), ("note", &note)]);
        let call = call_of(&t).await;
        assert_eq!((call.state, call.note), (InquiryState::Draft, note), "{button}");
    }
}

#[tokio::test]
async fn a_note_that_is_too_long_stays_in_its_box() {
    let t = TestApp::start().await;
    person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &[("note", "水曜がよい")]).await;
    let long = "あ".repeat(2001);
    desk.press("/desk/hearing", &[("H2", "2"), ("note", &long)]).await;
    assert_eq!(desk.page.code(), 422);
    desk.shows("メモが長すぎます").holds(&[("H2", "2"), ("note", &long)]);
    assert_eq!(call_of(&t).await.note, "水曜がよい");
}

#[tokio::test]
async fn an_empty_search_begins_no_call() {
    let t = TestApp::start().await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[]).await;
    desk.press("/desk/hearing", &[]).await;
    let calls = inquiry::Entity::find().count(t.app.store().reader()).await.unwrap();
    assert_eq!(calls, 0);
    desk.press("/desk/find", &SAID).await;
    desk.holds(&SAID);
    is_saved(&t).await;
}
