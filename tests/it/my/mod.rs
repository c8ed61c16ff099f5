//! The public pages, as a plain browser without scripts sees them.

mod drafts;
mod even;
mod known;
mod limits;
mod mine;
mod opening;
mod topics;
mod unseen;

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::TimeDelta;
use entity::bookings::booking::{self, BookingState, Via};
use entity::paths::path_step::{OverrideReason, StepKind};
use entity::platform::audit;
use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident;
use entity::{BookingId, SessionId};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use shirube::paths::rules::AcceptedStep;
use shirube::{bookings, paths, sessions};

use crate::support::{
    Answer, Client, TestApp, a_person, a_wish, at, class, consultation, slots, two_hours,
};

/// A browser: keeps cookies by their path, and nothing else.
struct Browser {
    client: Client,
    cookies: Mutex<BTreeMap<(String, String), String>>,
}

impl Browser {
    fn new(t: &TestApp) -> Self {
        Self { client: t.anonymous(), cookies: Mutex::default() }
    }

    /// A browser on this network address.
    fn at(t: &TestApp, address: &str) -> Self {
        Self { client: t.anonymous().from(address), cookies: Mutex::default() }
    }

    /// The same browser, carried to another network.
    fn moved(&self, address: &str) -> Self {
        let cookies = Mutex::new(self.cookies.lock().unwrap().clone());
        Self { client: self.client.from(address), cookies }
    }

    fn with_cookies(&self, path: &str) -> Client {
        let path = path.split('?').next().unwrap();
        let cookies = self.cookies.lock().unwrap();
        let line: Vec<String> = cookies
            .iter()
            .filter(|((_, scope), _)| path.starts_with(scope.as_str()))
            .map(|((name, _), value)| format!("{name}={value}"))
            .collect();
        match line.is_empty() {
            true => self.client.clone(),
            false => self.client.with_header("cookie", &line.join("; ")),
        }
    }

    fn keep(&self, answer: &Answer) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (pair, rest) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let path = rest.split("Path=").nth(1).unwrap().split(';').next().unwrap();
            cookies.insert((name.to_owned(), path.to_owned()), value.to_owned());
            assert!(line.len() < 4096, "a cookie of {} bytes", line.len());
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let answer = self.with_cookies(path).get(path).await;
        self.keep(&answer);
        answer
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.with_cookies(path).post_form(path, fields).await;
        self.keep(&answer);
        answer
    }

    /// Posts and follows the redirect; gives the address reached.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (String, Answer) {
        let answer = self.post(path, fields).await.expect(303);
        let to = answer.location().to_owned();
        let shown = self.get(&to).await;
        (to, shown)
    }

    /// Begins a booking; gives the address of its pages.
    async fn begin(&self, session: SessionId) -> String {
        let page = self.get(&format!("/book/{session}")).await.expect(200);
        let action = page.text.split("action=\"").nth(1).unwrap();
        let path = action.split('"').next().unwrap().strip_suffix("/who").unwrap().to_owned();
        let mut fields = vec![("who", "myself"), ("session", "")];
        let id = session.to_string();
        fields[1].1 = &id;
        if page.text.contains("name=\"wait\"") {
            fields.push(("wait", "wait"));
        }
        self.post(&format!("{path}/who"), &fields).await.expect(303);
        path
    }

    /// A booking up to the page that asks whether all is right.
    async fn up_to_check(&self, session: SessionId, kana: &str, phone: &str) -> String {
        let path = self.begin(session).await;
        self.post(&format!("{path}/name"), &[("kana", kana)]).await.expect(303);
        self.post(&format!("{path}/phone"), &[("phone", phone)]).await.expect(303);
        let answer = self.post(&format!("{path}/way"), &[("way", "phone")]).await.expect(303);
        assert_eq!(answer.location(), format!("{path}/check"));
        path
    }

    async fn press(&self, path: &str) -> Answer {
        let key = path.rsplit('/').next().unwrap();
        self.post(&format!("{path}/check"), &[("once", key)]).await
    }

    /// A whole booking; gives its number.
    async fn book(&self, session: SessionId, kana: &str, phone: &str) -> String {
        let path = self.up_to_check(session, kana, phone).await;
        let answer = self.press(&path).await.expect(303);
        assert_eq!(answer.location(), format!("{path}/done"));
        let done = self.get(&format!("{path}/done")).await.expect(200);
        number_on(&done.text)
    }
}

/// Another valid number: the next whose check digit is right.
fn another_number(number: &str) -> String {
    use shirube::platform::japan::BookingNumber;
    let known: u32 = number.replace('-', "")[..7].parse().unwrap();
    BookingNumber::from_serial((known + 1) % 10_000_000).unwrap().digits()
}

fn number_on(page: &str) -> String {
    let after = page.split("done-number num\">").nth(1).unwrap();
    after.split('<').next().unwrap().to_owned()
}

async fn bookings_of(t: &TestApp, session: SessionId) -> Vec<booking::Model> {
    booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session))
        .order_by_asc(booking::Column::Id)
        .all(t.app.store().reader())
        .await
        .unwrap()
}

async fn residents(t: &TestApp) -> Vec<resident::Model> {
    let all = resident::Entity::find().order_by_asc(resident::Column::Id);
    all.all(t.app.store().reader()).await.unwrap()
}

async fn cancel(t: &TestApp, id: BookingId) {
    let scope = &t.scope();
    t.app
        .store()
        .write(&t.ctx_system(), "cancel", |tx| async move {
            bookings::actions::cancel(&tx, scope, id).await
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn somebody_books_with_nothing_but_forms_and_finds_the_booking_again() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let home = browser.get("/").await.expect(200);
    assert!(home.text.contains("7月10日（水曜日）"), "{}", home.text);
    assert!(home.text.contains("午後2時から4時まで"));
    let list = browser.get("/events").await.expect(200);
    assert!(list.text.contains(&format!("href=\"/events/{session}\"")));
    let event = browser.get(&format!("/events/{session}")).await.expect(200);
    assert!(event.text.contains(&format!("href=\"/book/{session}\"")));

    let path = browser.begin(session).await;
    let (to, page) = browser
        .send(&format!("{path}/name"), &[("name", "しるべ 花子"), ("kana", "しるべ はなこ")])
        .await;
    assert_eq!(to, format!("{path}/phone"));
    assert!(page.text.contains("申し込み 5つのうち 3つめ"), "{}", page.text);
    browser.send(&format!("{path}/phone"), &[("phone", "０３ー１２３４ー５６７８")]).await;
    let (to, page) = browser.send(&format!("{path}/way"), &[("way", "letter")]).await;
    assert_eq!(to, format!("{path}/address"));
    assert!(page.text.contains("申し込み 6つのうち 5つめ"));

    let (to, check) = browser
        .send(&format!("{path}/address"), &[("postal", "102-8688"), ("address", "試験町0-0-1")])
        .await;
    assert_eq!(to, format!("{path}/check"));
    for said in ["しるべ 花子", "しるべ はなこ", "03-1234-5678", "試験町0-0-1", "7月10日（水曜日）"]
    {
        assert!(check.text.contains(said), "{said}: {}", check.text);
    }

    browser
        .send(
            &format!("{path}/extra"),
            &[("birth", "昭和22"), ("device", "android"), ("needs", "hearing")],
        )
        .await;

    let answer = browser.press(&path).await.expect(303);
    let done = browser.get(answer.location()).await.expect(200);
    let number = number_on(&done.text);

    let people = residents(&t).await;
    let [person] = people.as_slice() else { panic!("{} people", people.len()) };
    assert_eq!(person.kana, "シルベ ハナコ");
    assert_eq!(person.name.as_deref(), Some("しるべ 花子"));
    assert_eq!((person.birth_year, person.email.as_deref()), (Some(1947), None));
    assert_eq!(person.address.as_deref(), Some("試験町0-0-1"));
    assert_eq!(person.hearing, Some(resident::Need::Hard));
    let made = bookings_of(&t, session).await;
    assert_eq!((made.len(), made[0].state, made[0].via), (1, BookingState::Confirmed, Via::Web));

    // Another browser, days later: the number in any notation and the end of the phone number.
    let later = Browser::new(&t);
    let typed = number.replace('-', "ー");
    let (to, mine) = later.send("/my", &[("number", &typed), ("last4", "５６７８")]).await;
    assert_eq!(to, "/my/booking");
    assert!(mine.text.contains(&number) && mine.text.contains("令和6年（2024年）"));
    t.finish().await;
}

#[tokio::test]
async fn each_mistake_shows_its_sentence_and_keeps_what_was_typed() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.begin(session).await;

    let who = browser.post(&format!("{path}/who"), &[]).await.expect(422);
    assert!(who.text.contains("href=\"#who\"") && who.text.contains("id=\"who\""));

    for (step, fields, field, sentence) in [
        (
            "name",
            vec![("name", "しるべ<b>"), ("kana", "Hanako")],
            "kana",
            "ひらがなかカタカナで入力",
        ),
        ("phone", vec![("phone", "03-1234-567")], "phone", "電話番号の数字の数が合いません"),
        ("phone", vec![("phone", "9012345678")], "phone", "はじめの0が抜けている"),
        ("way", vec![("way", "")], "way", "ご案内の方法を1つえらんでください"),
        ("extra", vec![("birth", "むかし")], "birth", "生まれた年を読み取れません"),
    ] {
        let page = browser.post(&format!("{path}/{step}"), &fields).await.expect(422);
        assert!(page.text.contains("<title>まちがい："), "{step}: {}", page.text);
        assert!(page.text.contains("role=\"alert\""), "{step}");
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "{step}");
        assert!(page.text.contains(&format!("id=\"{field}\"")), "{step}");
        assert!(page.text.contains(sentence), "{step}: {}", page.text);
        for (name, typed) in &fields {
            if matches!(*name, "name" | "kana" | "phone" | "birth") {
                assert_eq!(page.field(name), typed.replace('<', "&#60;").replace('>', "&#62;"));
            }
        }
    }

    browser.post(&format!("{path}/name"), &[("kana", "しるべ")]).await.expect(303);
    browser.post(&format!("{path}/phone"), &[("phone", "0312345678")]).await.expect(303);
    for (way, fields, sentence) in [
        ("letter", vec![("postal", "102"), ("address", "")], "住所を入力してください"),
        ("letter", vec![("postal", "102"), ("address", "町")], "郵便番号は7けた"),
        ("letter", vec![("postal", "102a0074"), ("address", "町")], "郵便番号は7けた"),
        ("email", vec![("email", "")], "メールアドレスを入力してください"),
    ] {
        browser.post(&format!("{path}/way"), &[("way", way)]).await.expect(303);
        let page = browser.post(&format!("{path}/address"), &fields).await.expect(422);
        assert!(page.text.contains(sentence), "{way}: {}", page.text);
    }

    assert!(residents(&t).await.is_empty());
    t.finish().await;
}

#[tokio::test]
async fn what_was_typed_is_still_there_in_the_other_language_and_on_the_way_back() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.up_to_check(session, "しるべ はなこ", "0312345678").await;
    for step in ["name", "phone", "way", "check"] {
        let page = browser.get(&format!("{path}/{step}?lang=en")).await.expect(200);
        assert!(page.text.contains("lang=\"en\"") && page.text.contains("Text size"), "{step}");
    }
    let back = browser.get(&format!("{path}/name")).await.expect(200);
    assert_eq!(back.field("kana"), "しるべ はなこ");
    assert!(back.text.contains("How the name is read"));
    assert_eq!(browser.get(&format!("{path}/phone")).await.field("phone"), "0312345678");
    // One thing changed leads back to the check, not through every page.
    let (to, _) = browser.send(&format!("{path}/phone"), &[("phone", "0312345679")]).await;
    assert_eq!(to, format!("{path}/check"));
    t.finish().await;
}

#[tokio::test]
async fn pressing_twice_books_once_and_the_last_page_can_be_loaded_again() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.up_to_check(session, "しるべ はなこ", "0312345678").await;
    let check = format!("{path}/check");
    let key = path.rsplit('/').next().unwrap();
    let twin = browser.with_cookies(&check);
    let fields = [("once", key)];
    let (first, second) =
        tokio::join!(browser.post(&check, &fields), twin.post_form(&check, &fields));
    assert_eq!((first.code(), second.code()), (303, 303));
    assert_eq!(bookings_of(&t, session).await.len(), 1);
    assert_eq!(residents(&t).await.len(), 1);
    let done = browser.get(&format!("{path}/done")).await.expect(200);
    assert_eq!(browser.get(&format!("{path}/done")).await.expect(200).text, done.text);
    // The back button and another press lead to the same page.
    let again = browser.press(&path).await.expect(303);
    assert_eq!(again.location(), format!("{path}/done"));
    assert_eq!(bookings_of(&t, session).await.len(), 1);
    t.finish().await;
}

#[tokio::test]
async fn a_seat_that_went_meanwhile_leads_to_the_other_days_with_everything_kept() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 1).await;
    let other = class(&t, at(2024, 7, 17, 14, 0), 5).await;
    let slow = Browser::new(&t);
    let path = slow.up_to_check(session, "しるべ はなこ", "0312345678").await;
    Browser::new(&t).book(session, "しるべ たろう", "0399998888").await;
    let gone = slow.press(&path).await.expect(409);
    assert!(gone.text.contains("いまいっぱいになりました"), "{}", gone.text);
    assert!(gone.text.contains("7月17日（水曜日）") && gone.text.contains("合う日がない"));
    let (to, check) = slow.send(&format!("{path}/day"), &[("session", &other.to_string())]).await;
    assert_eq!(to, format!("{path}/check"));
    assert!(check.text.contains("しるべ はなこ") && check.text.contains("7月17日"));
    slow.press(&path).await.expect(303);
    assert_eq!(bookings_of(&t, session).await.len(), 1);
    assert_eq!(bookings_of(&t, other).await.len(), 1);
    t.finish().await;
}

#[tokio::test]
async fn a_full_session_offers_the_waiting_list_and_an_offer_can_be_taken() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 25, 14, 0), 1).await;
    Browser::new(&t).book(session, "しるべ たろう", "0399998888").await;
    let browser = Browser::new(&t);
    let event = browser.get(&format!("/events/{session}")).await.expect(200);
    assert!(event.text.contains("空きを待つ"), "{}", event.text);
    let number = browser.book(session, "しるべ はなこ", "0312345678").await;
    let [first, second] = &bookings_of(&t, session).await[..] else { panic!("two bookings") };
    assert_eq!(second.state, BookingState::Waiting);
    let mine = browser.get("/my/booking").await.expect(200);
    assert!(mine.text.contains("空きを待っています") && mine.text.contains(&number));
    cancel(&t, first.id).await;
    t.advance(bookings::rules::KEEP);
    t.run_jobs().await;
    let offered = browser.get("/my/booking").await.expect(200);
    assert!(offered.text.contains("action=\"/my/accept\""), "{}", offered.text);
    assert_eq!(bookings_of(&t, session).await[1].state, BookingState::Offered);
    let (_, taken) = browser.send("/my/accept", &[]).await;
    assert!(taken.text.contains("参加できることになりました"));
    assert_eq!(bookings_of(&t, session).await[1].state, BookingState::Confirmed);
    t.finish().await;
}

#[tokio::test]
async fn a_consultation_is_booked_by_its_time_whoever_gives_it() {
    let t = TestApp::start().await;
    let session =
        consultation(&t, at(2024, 7, 18, 10, 0), &[t.place.coordinator, t.place.teacher]).await;

    let browser = Browser::new(&t);
    let event = browser.get(&format!("/events/{session}")).await.expect(200);
    assert_eq!(event.text.matches("name=\"time\"").count(), 5, "four times and none of them");
    assert!(!event.text.contains("試験 講師"), "the name of the staff is not shown");

    let ten = at(2024, 7, 18, 10, 0).timestamp().to_string();
    for (kana, phone) in [("しるべ はなこ", "0312345678"), ("しるべ たろう", "0399998888")]
    {
        let browser = Browser::new(&t);
        let path = browser.begin(session).await;
        browser.post(&format!("{path}/time"), &[]).await.expect(422);
        browser.post(&format!("{path}/time"), &[("time", &ten)]).await.expect(303);
        browser.post(&format!("{path}/name"), &[("kana", kana)]).await.expect(303);
        browser.post(&format!("{path}/phone"), &[("phone", phone)]).await.expect(303);
        browser.post(&format!("{path}/way"), &[("way", "phone")]).await.expect(303);
        let check = browser.get(&format!("{path}/check")).await.expect(200);
        assert!(check.text.contains("午前10時から10時30分まで"), "{}", check.text);
        browser.press(&path).await.expect(303);
    }

    let made = bookings_of(&t, session).await;
    assert_eq!(made.len(), 2);
    assert_ne!(made[0].slot_id, made[1].slot_id);

    // A third person finds that time gone, and the others still there.
    let late = Browser::new(&t);
    let path = late.begin(session).await;
    late.post(&format!("{path}/time"), &[("time", &ten)]).await.expect(303);
    late.post(&format!("{path}/name"), &[("kana", "しるべ じろう")]).await.expect(303);
    late.post(&format!("{path}/phone"), &[("phone", "0377776666")]).await.expect(303);
    late.post(&format!("{path}/way"), &[("way", "phone")]).await.expect(303);
    let gone = late.press(&path).await.expect(409);
    assert!(!gone.text.contains(&ten) && gone.text.contains("午前10時30分から11時まで"));
    t.finish().await;
}

#[tokio::test]
async fn no_suitable_day_leads_to_the_phone() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.begin(session).await;
    let answer = browser.post(&format!("{path}/day"), &[("session", "none")]).await.expect(303);
    assert_eq!(answer.location(), "/call");
    let call = browser.get("/call").await.expect(200);
    assert!(call.text.contains("tel:0300000100") && call.text.contains("いま、つながります"));
    t.advance(TimeDelta::hours(12));
    assert!(browser.get("/call").await.text.contains("お休みの時間です"));
    t.finish().await;
}

#[tokio::test]
async fn a_session_that_ended_or_was_cancelled_meanwhile_is_told_and_not_booked() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let browser = Browser::new(&t);
    let path = browser.up_to_check(session, "しるべ はなこ", "0312345678").await;
    let scope = &t.scope();
    t.app
        .store()
        .write(&t.ctx_system(), "cancel_session", |tx| async move {
            sessions::actions::set_cancelled(&tx, scope, session).await
        })
        .await
        .unwrap();
    let told = browser.press(&path).await.expect(409);
    assert!(told.text.contains("この催しは中止になりました"), "{}", told.text);
    let event = browser.get(&format!("/events/{session}")).await.expect(200);
    assert!(event.text.contains("中止になりました") && !event.text.contains("href=\"/book/"));
    assert!(bookings_of(&t, session).await.is_empty() && residents(&t).await.is_empty());
    t.finish().await;
}
