//! Whole calls at the desk, by its plain forms as a browser without a script sends them.

mod kept;
mod said;
mod seats;
mod told;

use chrono::{DateTime, TimeDelta, Utc};
use entity::bookings::booking::{self, BookingState, Via};
use entity::inquiries::inquiry::{self, InquiryState, Outcome, Topic};
use entity::paths::path_step::{self, OverrideReason, StepState};
use entity::platform::audit;
use entity::residents::resident::{self, AgeBand};
use entity::{ResidentId, SessionId};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use shirube::{bookings, paths, residents, sessions};

use crate::support::{Answer, Client, TestApp, a_person, a_session, a_wish, at};

const HANAKO: &str = "シルベ ハナコ";
const PHONE: &str = "03-0000-1234";

/// Creates a person with a phone.
async fn person(t: &TestApp, kana: &str, phone: &str) -> ResidentId {
    a_person(kana).phone(phone).aged(AgeBand::Seventies).create(t).await
}

/// Creates a basic class in the city office.
async fn class(t: &TestApp, starts_at: DateTime<Utc>, seats: i32) -> SessionId {
    let new = a_session().titled("スマホ講習会 基礎編", "Smartphone class, basics").seats(seats);
    new.bring("スマートフォン", "your smartphone").at(starts_at).create(t).await
}

/// Books a seat for somebody at another desk.
async fn book_elsewhere(t: &TestApp, session_id: SessionId, resident_id: ResidentId) {
    a_wish(session_id, resident_id).by(Via::Counter).book(t).await;
}

/// The screen in a browser without a script: what it shows, and how its form is sent.
struct Desk {
    client: Client,
    page: Answer,
}

impl Desk {
    async fn open(client: Client) -> Self {
        let page = client.get("/desk").await.expect(200);
        Self { client, page }
    }

    /// The fields that the browser would send: hidden, typed and ticked ones.
    fn fields(&self) -> Vec<(String, String)> {
        let value = |tag: &str, name: &str| -> Option<String> {
            let rest = tag.split_once(&format!(" {name}=\""))?.1;
            Some(rest.split('"').next()?.to_owned())
        };
        let mut fields = Vec::new();
        for tag in self.page.text.split('<').filter(|tag| tag.starts_with("input ")) {
            let tag = tag.split('>').next().unwrap();
            let boxed = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
            let name = value(tag, "name").unwrap();
            if name != "csrf" && (!boxed || tag.contains(" checked")) {
                fields.push((name, value(tag, "value").unwrap_or_default()));
            }
        }
        let memo = self.page.text.split_once("name=\"note\"").unwrap().1;
        let memo = memo.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
        fields.push(("note".to_owned(), memo.to_owned()));
        fields
    }

    /// Sends the form by one of its buttons, with these fields changed, without going on.
    async fn send(&self, path: &str, changes: &[(&str, &str)]) -> Answer {
        let mut fields = self.fields();
        fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let kept = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = kept.chain(changes.iter().copied()).collect();
        self.client.post_form(path, &all).await
    }

    /// Sends the form and looks at what comes.
    async fn press(&mut self, path: &str, changes: &[(&str, &str)]) -> &mut Self {
        let answer = self.send(path, changes).await;
        self.page = match answer.code() {
            303 => self.client.get(answer.location()).await.expect(200),
            _ => answer,
        };
        self
    }

    #[track_caller]
    fn shows(&self, text: &str) -> &Self {
        assert!(self.page.text.contains(text), "{text} is not shown: {}", self.page.text);
        self
    }

    #[track_caller]
    fn hides(&self, text: &str) -> &Self {
        assert!(!self.page.text.contains(text), "{text} is shown: {}", self.page.text);
        self
    }
}

async fn call_of(t: &TestApp) -> inquiry::Model {
    let newest = inquiry::Entity::find().order_by_desc(inquiry::Column::Id);
    newest.one(t.app.store().reader()).await.unwrap().unwrap()
}

async fn bookings_of(t: &TestApp, person: ResidentId) -> Vec<booking::Model> {
    let of = booking::Entity::find().filter(booking::Column::ResidentId.eq(person));
    of.order_by_asc(booking::Column::Id).all(t.app.store().reader()).await.unwrap()
}

#[tokio::test]
async fn a_known_caller_is_served_from_the_number_to_the_booking() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let day = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let mut desk = Desk::open(t.operator().await).await;

    let found = desk.send("/desk/find", &[("q", PHONE)]).await.expect(303);
    // An address stays in the history of the browser and in logs.
    assert!(!found.location().contains("1234"), "{}", found.location());
    desk.page = desk.client.get("/desk").await.expect(200);
    desk.shows("シルベ ハナコ さま").shows("70代");

    desk.press("/desk/hearing", &[("H0", "1"), ("H1", "2"), ("H2", "2"), ("H8", "2")]).await;
    desk.shows("スマホ講習会 基礎編").shows("7月10日（水）午後2時").shows("途中まで保存しました");
    desk.press("/desk/hold", &[("seat", &day.to_string())]).await;
    desk.shows("席をおさえています").shows("しちがつ とおか").shows("よじまで");
    assert_eq!(bookings_of(&t, hanako).await[0].state, BookingState::Held);

    let ended = desk.send("/desk/finish", &[]).await.expect(303);
    let booked = bookings_of(&t, hanako).await;
    assert_eq!((booked.len(), booked[0].state), (1, BookingState::Confirmed));
    assert_eq!(ended.location(), format!("/desk?done={}", booked[0].id));
    desk.page = desk.client.get(ended.location()).await.expect(200);
    desk.shows(&bookings::queries::number_text(booked[0].number)).hides("シルベ ハナコ");
    desk.shows("結果：予約した").shows("7月10日（水曜日）午後2時の「スマホ講習会 基礎編");

    let call = call_of(&t).await;
    assert_eq!((call.state, call.topic), (InquiryState::Closed, Some(Topic::Apply)));
    assert_eq!(call.outcome, Some(Outcome::Booked));
    assert_eq!(call.hearing["channels"], serde_json::json!(["phone"]));

    t.run_jobs().await;
    let path = paths::queries::current(t.app.store().reader(), &t.scope(), hanako).await.unwrap();
    let path = path.for_work().expect("the path of the call is kept");
    let taken = path.steps.iter().find(|step| step.step.booking_id == Some(booked[0].id));
    assert_eq!(taken.expect("a step has the booking").step.state, StepState::Booked);
    t.check_invariants().await;
}

#[tokio::test]
async fn a_couple_on_one_phone_is_told_apart_by_a_digit() {
    let t = TestApp::start().await;
    person(&t, "シルベ タロウ", PHONE).await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", "０３ー００００ー１２３４")]).await;
    desk.shows("シルベ タロウ").shows(HANAKO).shows("2人います").hides("さま</p>");
    assert_eq!(call_of(&t).await.resident_id, None);
    desk.press("/desk/person", &[("person", &hanako.to_string())]).await;
    desk.shows("シルベ ハナコ さま").hides("シルベ タロウ");
    let call = call_of(&t).await;
    assert_eq!(
        (call.resident_id, call.caller_phone.as_deref()),
        (Some(hanako), Some("0300001234"))
    );
}

#[tokio::test]
async fn a_new_caller_needs_a_reading_and_an_age_only() {
    let t = TestApp::start().await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.shows("はじめての番号です");
    desk.press("/desk/new", &[("kana", "hanako"), ("band", "4")]).await;
    assert_eq!(desk.page.code(), 422);
    desk.shows("id=\"kana-error\"").shows("value=\"hanako\"");
    desk.press("/desk/new", &[("kana", "しるべ はなこ"), ("band", "4")]).await;
    desk.shows("シルベ ハナコ さま").shows("80代").shows(PHONE);
    let db = t.app.store().reader();
    let people = resident::Entity::find().all(db).await.unwrap();
    assert_eq!((people.len(), people[0].age_band), (1, Some(AgeBand::Eighties)));
    assert_eq!(call_of(&t).await.resident_id, Some(people[0].id));
}

#[tokio::test]
async fn people_with_the_same_reading_are_shown_before_a_new_one_is_created() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, "03-0000-9999").await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/new", &[("kana", "しるべ はなこ"), ("band", "3")]).await;
    desk.shows("似た方がいます")
        .shows(&format!("value=\"{hanako}\""))
        .shows("それでも新しく登録する");
    let count = async || resident::Entity::find().count(t.app.store().reader()).await.unwrap();
    assert_eq!(count().await, 1);
    desk.press("/desk/new", &[("sure", "1")]).await;
    assert_eq!(count().await, 2);
    desk.shows("シルベ ハナコ さま").shows(PHONE);
}

#[tokio::test]
async fn a_booking_number_finds_its_person() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let day = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    book_elsewhere(&t, day, hanako).await;
    let booked = bookings_of(&t, hanako).await.remove(0);
    let mut desk = Desk::open(t.operator().await).await;
    let number = bookings::queries::number_text(booked.number);
    desk.press("/desk/find", &[("q", &number)]).await;
    desk.shows("シルベ ハナコ さま").shows(&number);
    desk.press("/desk/cancel", &[("sure", &booked.id.to_string())]).await;
    assert_eq!(bookings_of(&t, hanako).await[0].state, BookingState::Cancelled);
    desk.hides("formaction=\"/desk/cancel\"");
}

#[tokio::test]
async fn a_call_goes_on_after_a_restart() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    let said = [("H1", "3"), ("H3", "2"), ("H3", "4"), ("note", "孫の写真を見たい")];
    desk.press("/desk/hearing", &said).await;
    let later = t.again().await;
    let desk = Desk::open(later.operator().await).await;
    desk.shows("シルベ ハナコ さま").shows("孫の写真を見たい");
    let fields = desk.fields();
    for said in said {
        let said = (said.0.to_owned(), said.1.to_owned());
        assert!(fields.contains(&said), "{said:?} is lost: {fields:?}");
    }
    assert_eq!(call_of(&t).await.resident_id, Some(hanako));
}

#[tokio::test]
async fn a_seat_lost_to_another_desk_leaves_the_call_where_it_was() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    let last = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    class(&t, at(2024, 7, 18, 10, 0), 5).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &[("H1", "2"), ("H2", "2")]).await;
    book_elsewhere(&t, last, taro).await;
    desk.press("/desk/hold", &[("seat", &last.to_string()), ("note", "水曜がよい")]).await;
    assert_eq!(desk.page.code(), 409);
    desk.shows("ほかの受付で先にうまりました").shows("7月18日（木）午前10時").shows("水曜がよい");
    let first_seat =
        desk.page.text.split("id=\"seats\"").nth(1).unwrap().split('>').nth(4).unwrap();
    assert!(first_seat.contains("autofocus"), "{first_seat}");
    assert_eq!(bookings_of(&t, hanako).await.len(), 0);
    assert_eq!(call_of(&t).await.note, "水曜がよい");
}

#[tokio::test]
async fn a_person_can_wait_for_a_full_class() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    let full = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    book_elsewhere(&t, full, taro).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    let wait = format!("wait-{full}");
    // The rules may begin with something else than the class that the caller asks for.
    let at =
        desk.page.text.split("data-step=").position(|step| step.contains("スマホ講習会 基礎編"));
    let at = (at.expect("a class in the path") - 1).to_string();
    desk.press("/desk/hearing", &[("show_step", &at)]).await;
    desk.shows(&wait).shows("空きを待つ");
    desk.press("/desk/hold", &[("seat", &wait)]).await;
    desk.shows("空きを待つ方として");
    desk.send("/desk/finish", &[]).await.expect(303);
    assert_eq!(bookings_of(&t, hanako).await[0].state, BookingState::Waiting);
    assert_eq!(call_of(&t).await.outcome, Some(Outcome::Booked));
}

#[tokio::test]
async fn pressing_finish_twice_ends_the_call_once() {
    let t = TestApp::start().await;
    person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    let first = desk.send("/desk/finish", &[("note", "料金の質問")]).await.expect(303);
    let second = desk.send("/desk/finish", &[("note", "料金の質問")]).await;
    // The screen was drawn before the call ended, so the same key gives the same answer.
    assert_eq!((second.code(), second.location()), (303, first.location()));
    let other = desk.send("/desk/finish", &[("once", "another-intent")]).await.expect(409);
    assert!(other.text.contains("この電話は、もう終わっています"), "{}", other.text);
    let calls = inquiry::Entity::find().count(t.app.store().reader()).await.unwrap();
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn an_old_screen_does_not_write_into_the_next_call() {
    let t = TestApp::start().await;
    person(&t, HANAKO, PHONE).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    let client = t.operator().await;
    let mut old = Desk::open(client.clone()).await;
    old.press("/desk/find", &[("q", PHONE)]).await;
    let mut desk = Desk::open(client).await;
    desk.press("/desk/leave", &[]).await;
    desk.press("/desk/find", &[("q", "03-0000-7777")]).await;
    let refused = old.send("/desk/hearing", &[("note", "前の人の話")]).await.expect(409);
    assert!(!refused.text.contains("前の人の話"), "{}", refused.text);
    let call = call_of(&t).await;
    assert_eq!((call.resident_id, call.note.as_str()), (Some(taro), ""));
}

#[tokio::test]
async fn leaving_a_call_keeps_its_record_and_frees_its_seat() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let day = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hold", &[("seat", &day.to_string()), ("note", "切れた")]).await;
    desk.press("/desk/leave", &[("sure_leave", "1")]).await;
    desk.hides("シルベ ハナコ");
    let seat = &bookings_of(&t, hanako).await[0];
    assert!(!matches!(seat.state, BookingState::Held | BookingState::Confirmed), "{}", seat.state);
    let call = call_of(&t).await;
    assert_eq!((call.state, call.outcome), (InquiryState::Closed, Some(Outcome::Other)));
    assert_eq!(call.note, "切れた");
    t.check_invariants().await;
}

#[tokio::test]
async fn a_changed_path_keeps_the_reason_of_the_change() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &[("H0", "1"), ("H1", "2"), ("H2", "2")]).await;
    desk.press("/desk/path", &[("edit", "down:1")]).await;
    assert_eq!(desk.page.code(), 422);
    desk.shows("変える理由を、数字でえらんでください");
    desk.press("/desk/path", &[("edit", "down:1"), ("why", "4")]).await;
    desk.shows("健康").shows("もとの案にもどす");
    desk.send("/desk/finish", &[]).await.expect(303);
    let path = paths::queries::current(t.app.store().reader(), &t.scope(), hanako).await.unwrap();
    let path = path.for_work().unwrap();
    let steps: Vec<path_step::Model> = path.steps.into_iter().map(|s| s.step).collect();
    assert_eq!(steps[1].override_reason, Some(OverrideReason::Health), "{steps:?}");
    assert!(steps.iter().filter(|step| step.override_reason.is_some()).count() == 1);
}

#[tokio::test]
async fn former_answers_are_shown_and_used_until_they_are_replaced() {
    let t = TestApp::start().await;
    person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &[("H1", "2"), ("H2", "5")]).await;
    let proposed = |desk: &Desk| {
        let plan = desk.page.text.split("id=\"plan\"").nth(1).unwrap();
        plan.split("</ol>").next().unwrap().to_owned()
    };
    let before = proposed(&desk);
    desk.press("/desk/finish", &[]).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.shows("7/1: 5").shows("data-before=\"5\"");
    assert!(!desk.fields().contains(&("H1".to_owned(), "2".to_owned())), "nothing is answered yet");
    assert_eq!(proposed(&desk).matches("data-step").count(), before.matches("data-step").count());
}

#[tokio::test]
async fn a_question_without_a_person_is_recorded_too() {
    let t = TestApp::start().await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", "0")]).await;
    desk.shows("番号なし");
    desk.press("/desk/finish", &[("H0", "4"), ("note", "開いている時間")]).await;
    let call = call_of(&t).await;
    assert_eq!((call.state, call.resident_id), (InquiryState::Closed, None));
    assert_eq!((call.topic, call.outcome), (Some(Topic::Ask), Some(Outcome::Answered)));
}

#[tokio::test]
async fn a_promised_call_needs_a_day_that_can_come() {
    let t = TestApp::start().await;
    person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    let wish = [("outcome", "3"), ("call_back", "2024-06-28")];
    desk.press("/desk/finish", &wish).await;
    assert_eq!(desk.page.code(), 422);
    desk.shows("value=\"2024-06-28\"");
    assert_eq!(call_of(&t).await.state, InquiryState::Draft);
    // A Saturday: the promise falls on the Monday, when the call centre opens.
    desk.press("/desk/finish", &[("outcome", "3"), ("call_back", "2024-07-06")]).await;
    assert_eq!(call_of(&t).await.call_back_at, Some(at(2024, 7, 8, 10, 0)));
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.shows("7月8日（月曜日）午前10時に折り返す").shows("折返し 1件");
}

#[tokio::test]
async fn the_script_gets_the_screen_without_a_redirect() {
    let t = TestApp::start().await;
    person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await.with_header("x-fragment", "1")).await;
    let screen = desk.send("/desk/find", &[("q", PHONE)]).await.expect(200);
    for part in ["id=\"part-caller\"", "id=\"part-asks\"", "id=\"part-plan\"", "id=\"carried\""] {
        assert!(screen.text.contains(part), "{part}");
    }
    desk.page = screen;
    let first = desk.page.text.split("id=\"ask-H0\"").nth(1).unwrap();
    assert!(first.split("</fieldset>").next().unwrap().contains("autofocus"));
}

#[tokio::test]
async fn every_look_at_a_person_is_in_the_audit_log() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let looks = async || {
        let of = audit::Entity::find()
            .filter(audit::Column::Subject.eq("resident"))
            .filter(audit::Column::SubjectId.eq(hanako.0))
            .filter(audit::Column::Actor.eq(format!("staff:{}", t.place.operator)));
        of.count(t.app.store().reader()).await.unwrap()
    };
    let mut desk = Desk::open(t.operator().await).await;
    assert_eq!(looks().await, 0);
    desk.press("/desk/find", &[("q", "しるべ")]).await;
    let listed = looks().await;
    assert!(listed >= 1, "the list of candidates");
    desk.press("/desk/person", &[("person", &hanako.to_string())]).await;
    let picked = looks().await;
    assert!(picked > listed, "the person of the call");
    desk.client.get("/desk").await.expect(200);
    assert!(looks().await > picked, "the screen");
}

#[tokio::test]
async fn only_the_number_of_ones_own_last_call_is_shown_again() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let taro = person(&t, "シルベ タロウ", "03-0000-9999").await;
    let day = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    book_elsewhere(&t, day, taro).await;

    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &[("H0", "1"), ("H1", "2")]).await;
    desk.press("/desk/hold", &[("seat", &day.to_string())]).await;
    desk.press("/desk/finish", &[]).await;

    let (own, other) =
        (bookings_of(&t, hanako).await.remove(0), bookings_of(&t, taro).await.remove(0));
    let shown = async |client: &Client, booked: &booking::Model| {
        let page = client.get(&format!("/desk?done={}", booked.id)).await.expect(200);
        page.text.contains(&bookings::queries::number_text(booked.number))
    };

    assert!(shown(&desk.client, &own).await);
    assert!(!shown(&desk.client, &other).await, "of another call");
    assert!(!shown(&t.coordinator().await, &own).await, "of another operator");

    desk.page = desk.client.get("/desk").await.expect(200);
    desk.press("/desk/find", &[("q", "0")]).await;
    desk.press("/desk/finish", &[("H0", "4"), ("note", "開いている時間")]).await;
    assert_eq!(call_of(&t).await.resident_id, None);
    assert!(!shown(&desk.client, &own).await, "of the call before");
}

#[tokio::test]
async fn the_desk_speaks_english_too() {
    let t = TestApp::start().await;
    person(&t, HANAKO, PHONE).await;
    let day = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let mut desk = Desk::open(t.operator().await.with_header("x-fragment", "1")).await;
    desk.press("/desk/find?lang=en", &[("q", PHONE)]).await;
    desk.shows("Call desk").shows("Draft saved");
    desk.press("/desk/hold?lang=en", &[("seat", &day.to_string())]).await;
    desk.shows("To confirm: Wednesday 10 July 2024, 2 pm to 4 pm").hides("class=\"reading\"");
    desk.hides("くり返します");
}

#[tokio::test]
async fn only_those_who_serve_callers_open_the_desk() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    for (who, client) in t.everybody().await {
        let page = client.get("/desk").await;
        let picked = client.post_form("/desk/person", &[("person", &hanako.to_string())]).await;
        let want = match who {
            "operator" | "coordinator" => (200, 303),
            // Serves calls, but in another municipality: there is no such person there.
            "stranger" | "headquarters" | "second_reviewer" => (200, 404),
            "anonymous" => (303, 303),
            _ => (403, 403),
        };
        assert_eq!((page.code(), picked.code()), want, "{who}");
        let known = page.text.contains(HANAKO);
        assert!(!known, "{who}");
    }
}
