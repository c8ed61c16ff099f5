//! What a stranger learns who knows somebody's reading and phone number: nothing.

use entity::ResidentId;
use entity::bookings::booking::Attendance;
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};

use super::*;
use crate::residents::add;

pub const KANA: &str = "しるべ はなこ";
pub const NAME: &str = "道標 花子";
pub const PHONE: &str = "0312345678";

/// A text without its booking numbers, 「4821-3754」.
fn without_numbers(text: &str) -> String {
    let is_number = |at: usize| {
        let Some(part) = text.get(at..at + 9) else { return false };
        let alone = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_digit() && c != '-');
        part.char_indices().all(|(at, c)| if at == 4 { c == '-' } else { c.is_ascii_digit() })
            && alone(text[..at].chars().next_back())
            && alone(text[at + 9..].chars().next())
    };
    let mut said = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.char_indices() {
        if at >= from && is_number(at) {
            said.push_str(&text[from..at]);
            said.push_str("NUMBER");
            from = at + 9;
        }
    }
    said.push_str(&text[from..]);
    said
}

/// A page without what chance decides: keys, proofs and booking numbers.
fn plain(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() {
            run.push(c);
            continue;
        }
        said.push_str(if run.len() >= 16 { "KEY" } else { &run });
        run.clear();
        said.push(c);
    }
    without_numbers(&said)
}

/// The sessions of the small town, and everything that a stranger has seen so far.
struct Visit {
    t: TestApp,
    /// The person has a seat here.
    own: SessionId,
    /// At the same hour.
    beside: SessionId,
    /// Full; the person waits for a seat.
    full: SessionId,
    /// Full, at the hour of `own`; its one seat comes free.
    freed: SessionId,
    /// Nobody has anything there.
    free: SessionId,
    /// A consultation in which the person has a time.
    advice: SessionId,
    /// The bookings of those who hold the seats of `full` and `freed`.
    others: Vec<BookingId>,
    seen: Vec<String>,
}

impl Visit {
    /// A town in which somebody attends `own`; these are theirs.
    async fn begin(kana: &str, name: &str, phone: &str) -> Self {
        let t = TestApp::start().await;
        let mut ids = Vec::new();
        for (day, seats) in [(10, 12), (10, 12), (24, 1), (10, 1), (17, 12)] {
            ids.push(class(&t, at(2024, 7, day, 14, 0), seats).await);
        }
        let [own, beside, full, freed, free] = ids[..] else { unreachable!() };
        let person = add(&t, kana, name, &[phone]).await;
        let other = add(&t, "べつのひと", "", &["0399998888"]).await;
        let another = add(&t, "またべつのひと", "", &["0399997777"]).await;
        let mut others = Vec::new();
        for (session_id, resident_id) in
            [(full, other), (freed, another), (own, person), (full, person)]
        {
            others.push(a_wish(session_id, resident_id).may_wait(true).book(&t).await.id);
        }
        let advice = consultation(&t, at(2024, 7, 18, 10, 0), &[t.place.coordinator]).await;
        let slot_id = slots(&t, advice).await[0];
        a_wish(advice, person).slot(slot_id).book(&t).await;
        t.run_jobs().await;
        t.advance(TimeDelta::minutes(1));
        others.truncate(2);
        Self { t, own, beside, full, freed, free, advice, others, seen: Vec::new() }
    }

    fn note(&mut self, what: &str, answer: &Answer) {
        // A refusal of the API names its request.
        let is_refusal = what.starts_with("/api") && answer.code() >= 400;
        let text = if is_refusal { String::new() } else { plain(&answer.text) };
        self.seen.push(format!("{what}: {} {} {text}", answer.code(), text.len()));
    }

    /// Every page that the public sees.
    async fn look_around(&mut self) {
        self.t.run_jobs().await;
        let anybody = self.t.anonymous();
        let mut paths = vec!["/".to_owned(), "/events".to_owned(), "/api/sessions".to_owned()];
        for id in [self.own, self.beside, self.full, self.freed, self.free, self.advice] {
            for path in ["/events/", "/book/", "/api/sessions/"] {
                paths.push(format!("{path}{id}"));
            }
            paths.push(format!("/events/{id}?lang=en"));
        }
        for path in paths {
            let answer = anybody.get(&path).await;
            self.note(&path, &answer);
        }
    }

    /// Applies in the person's name, and looks at what came of it.
    async fn apply(&mut self, session: SessionId) -> (Browser, String) {
        let browser = Browser::new(&self.t);
        let path = browser.up_to_check(session, KANA, PHONE).await;
        for step in ["day", "check", "check?lang=en", "check?lang=ja"] {
            let shown = browser.get(&format!("{path}/{step}")).await;
            self.note(step, &shown);
        }
        let named = [("kana", KANA), ("name", NAME)];
        browser.post(&format!("{path}/name"), &named).await.expect(303);
        let pressed = browser.press(&path).await;
        self.note("press", &pressed);
        let done = browser.get(&format!("{path}/done")).await;
        self.note("done", &done);
        let number = number_on(&done.text);
        self.look_around().await;
        self.look_up(&number).await;
        (browser, number)
    }

    /// `/my` with the number and the end of the phone number.
    async fn look_up(&mut self, number: &str) -> Browser {
        let browser = Browser::new(&self.t);
        for (to, last4) in [("", "5678"), ("path", "5678"), ("", "4321")] {
            let asked = [("number", number), ("last4", last4), ("to", to)];
            let answer = browser.post("/my", &asked).await;
            self.note("/my", &answer);
        }

        for path in [
            "/my/booking",
            "/my/path",
            "/my/day",
            "/my/cancel",
            "/my/calendar.ics",
            "/my/booking?lang=en",
            "/my/path?lang=en",
            "/my/day?lang=en",
        ] {
            let answer = browser.get(path).await;
            // Long lines of a calendar file are folded.
            let answer = Answer { text: answer.text.replace("\r\n ", ""), ..answer };
            self.note(path, &answer);
        }

        // The limit of tries is not what this is about.
        self.t.advance(TimeDelta::minutes(16));
        browser
    }

    async fn press(&mut self, browser: &Browser, path: &str) {
        self.press_with(browser, path, &[]).await;
    }

    async fn press_with(&mut self, browser: &Browser, path: &str, fields: &[(&str, &str)]) {
        let answer = browser.post(path, fields).await;
        self.note(path, &answer);
        let shown = browser.get("/my/booking").await;
        self.note("/my/booking", &shown);
        self.look_around().await;
        let shown = browser.get("/my/booking").await;
        self.note("/my/booking, later", &shown);
    }

    /// The class is over, and everybody who came is asked how it goes.
    async fn three_months_later(&mut self, number: &str) {
        let attend = bookings_of(&self.t, self.own).await;
        self.t.advance(TimeDelta::days(30));
        let (t, scope) = (&self.t, &self.t.scope());
        for booking in attend.iter().filter(|row| row.state == BookingState::Confirmed) {
            let came = Some(Attendance::Present);
            let work = |tx| async move {
                bookings::actions::record_attendance(&tx, scope, booking.id, came).await
            };
            t.app.store().write(&t.ctx_system(), "record_attendance", work).await.unwrap();
        }
        for _ in 0..4 {
            self.t.run_jobs().await;
            self.t.advance(TimeDelta::days(25));
        }
        self.look_around().await;
        self.look_up(number).await;
    }

    /// All that somebody can try.
    async fn try_everything(mut self) -> (Self, Vec<String>) {
        self.look_around().await;
        let (moves, number) = self.apply(self.free).await;
        for to in [self.own, self.beside, self.full, self.free, self.own] {
            self.press(&moves, &format!("/my/day/{to}")).await;
        }

        // Where the person has a time already: another one, and the very same.
        for hour in [(10, 30), (10, 0)] {
            let time = at(2024, 7, 18, hour.0, hour.1).timestamp().to_string();
            let path = format!("/my/day/{}", self.advice);
            self.press_with(&moves, &path, &[("time", &time)]).await;
        }

        self.press(&moves, "/my/again").await;
        self.press(&moves, "/my/cancel").await;
        self.press(&moves, "/my/give-back").await;
        self.press(&moves, "/my/cancel").await;
        self.look_up(&number).await;

        self.apply(self.own).await;
        self.apply(self.own).await;
        self.apply(self.beside).await;
        let (waits, _) = self.apply(self.freed).await;
        self.apply(self.full).await;

        // A seat comes free at an hour at which the person is elsewhere.
        for id in self.others.clone() {
            cancel(&self.t, id).await;
        }
        self.look_around().await;
        let offered = waits.get("/my/booking").await;
        self.note("offered", &offered);
        self.press(&waits, "/my/accept").await;

        self.three_months_later(&number).await;
        let seen = std::mem::take(&mut self.seen);
        (self, seen)
    }
}

#[tokio::test]
async fn a_stranger_cannot_tell_whether_somebody_is_known_or_where_they_will_be() {
    let known = Visit::begin(KANA, NAME, PHONE).await;
    let unknown = Visit::begin("しるべ じろう", "道標 次郎", "0377776666").await;
    let (known, of_known) = known.try_everything().await;
    let (unknown, of_unknown) = unknown.try_everything().await;
    assert_eq!(of_known.len(), of_unknown.len());
    for (known, unknown) in of_known.iter().zip(&of_unknown) {
        assert_eq!(known, unknown);
    }
    let pressed = of_known.iter().filter(|line| line.starts_with("press: 303"));
    assert_eq!(pressed.count(), 6, "every application is taken");
    let moved =
        of_known.iter().filter(|line| line.starts_with("/my/day/") && line.contains(": 303"));
    assert_eq!(moved.count(), 5, "also to where the person is at that time");
    // The office sees what the stranger does not.
    let list = known.t.operator().await.get("/same").await.expect(200);
    assert!(list.text.contains("申し込みが重なっています"), "{}", list.text);
    known.t.finish().await;
    unknown.t.finish().await;
}

/// Applies by the form with a name, a year of birth and a letter, as far as they are given.
pub async fn apply_as(
    t: &TestApp,
    session: SessionId,
    kana: &str,
    name: &str,
    birth: &str,
) -> String {
    let browser = Browser::new(t);
    let path = browser.up_to_check(session, kana, PHONE).await;
    let typed = [("kana", kana), ("name", name)];
    browser.post(&format!("{path}/name"), &typed).await.expect(303);
    browser.post(&format!("{path}/extra"), &[("birth", birth)]).await.expect(303);
    browser.press(&path).await.expect(303);
    let done = browser.get(&format!("{path}/done")).await.expect(200);
    t.run_jobs().await;
    number_on(&done.text)
}

async fn owner(t: &TestApp, session: SessionId) -> resident::Model {
    let booking = bookings_of(t, session).await.pop().unwrap();
    let found = resident::Entity::find_by_id(booking.resident_id);
    found.one(t.app.store().reader()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_father_and_a_son_with_one_reading_and_one_phone_are_two_people() {
    let t = TestApp::start().await;
    let first = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let second = class(&t, at(2024, 7, 17, 14, 0), 12).await;
    let third = class(&t, at(2024, 7, 24, 14, 0), 12).await;
    apply_as(&t, first, "しるべ ひろし", "髙橋 浩", "昭和22").await;
    // Both may come to the same class.
    apply_as(&t, first, "しるべ ひろし", "髙橋 博", "").await;
    let made = bookings_of(&t, first).await;
    assert_eq!(made.len(), 2);
    assert_ne!(made[0].resident_id, made[1].resident_id);
    // Another way to write one character is nobody else: the record of the father stays one.
    apply_as(&t, second, "シルベ ヒロシ", "高橋 浩", "").await;
    assert_eq!(owner(&t, second).await.id, made[0].resident_id);
    assert_eq!(owner(&t, second).await.name.as_deref(), Some("髙橋 浩"));
    // Another year of birth is somebody else, whatever the kanji.
    apply_as(&t, third, "しるべ ひろし", "髙橋 浩", "昭和23").await;
    let other = owner(&t, third).await;
    assert!(made.iter().all(|booking| booking.resident_id != other.id));
    t.finish().await;
}

/// Books as the call centre does; gives the number as it is spoken.
pub async fn book_by_phone(t: &TestApp, session_id: SessionId, person: ResidentId) -> String {
    let booked = a_wish(session_id, person).may_wait(true).book(t).await;
    t.run_jobs().await;
    bookings::queries::number_text(booked.number)
}

/// Somebody whom we know with kanji and address, who gets letters.
pub async fn known_person(t: &TestApp) -> ResidentId {
    let person = a_person(KANA).name("道標 花子").phone(PHONE).address("試験町0-0-1");
    person.told_by(&[Channel::Letter]).create(t).await
}

/// The ways by which a person was, or is being, told: each notice's kind with its channels.
async fn told(t: &TestApp, person: ResidentId) -> Vec<(NoticeKind, Channel)> {
    let db = t.app.store().reader();
    let notices = notice::Entity::find().filter(notice::Column::ResidentId.eq(person));
    let mut told = Vec::new();
    for notice in notices.order_by_asc(notice::Column::Id).all(db).await.unwrap() {
        let ways = delivery::Entity::find().filter(delivery::Column::NoticeId.eq(notice.id));
        for way in ways.all(db).await.unwrap() {
            if way.state != DeliveryState::Dropped {
                told.push((notice.kind, way.channel));
            }
        }
    }
    told
}

async fn taken(t: &TestApp, id: SessionId) -> i32 {
    let found = entity::sessions::session::Entity::find_by_id(id);
    found.one(t.app.store().reader()).await.unwrap().unwrap().taken
}

/// The page of the only open question.
async fn question(operator: &Client) -> (String, Answer) {
    let list = operator.get("/same").await.expect(200);
    let links: Vec<&str> = list.text.split("href=\"/same/").skip(1).collect();
    let [link] = links[..] else { panic!("{} questions: {}", links.len(), list.text) };
    let path = format!("/same/{}", link.split('"').next().unwrap());
    let page = operator.get(&path).await.expect(200);
    (path, page)
}

#[tokio::test]
async fn a_clear_application_goes_to_the_known_record_and_is_told_by_the_own_way() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let person = known_person(&t).await;
    apply_as(&t, session, KANA, "道標 花子", "").await;
    assert_eq!(owner(&t, session).await.id, person);
    assert_eq!(told(&t, person).await, [(NoticeKind::Confirmed, Channel::Letter)]);
    let operator = t.operator().await;
    assert!(operator.get("/same").await.expect(200).text.contains("確かめることはありません"));
    let page = operator.get(&format!("/people/{person}")).await.expect(200);
    assert!(page.text.contains("を申し込みました"), "{}", page.text);
    t.finish().await;
}

#[tokio::test]
async fn a_clash_is_a_question_for_the_office_and_a_double_gives_its_seat_back() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let person = known_person(&t).await;
    book_by_phone(&t, session, person).await;
    let number = apply_as(&t, session, KANA, "道標 花子", "").await;
    assert_eq!((taken(&t, session).await, bookings_of(&t, session).await.len()), (2, 2));

    let operator = t.operator().await;
    let (path, page) = question(&operator).await;
    assert!(page.text.contains("この催しに、もう申し込んでいます"), "{}", page.text);
    assert!(page.text.contains("03-1234-5678") && page.text.contains(&number));

    // It cannot be both; and what was typed is no way to reach the person.
    let refused = operator.post_form(&path, &[("finding", "same")]).await.expect(409);
    assert!(refused.text.contains("同じ催しにもう申し込んでいます"), "{}", refused.text);

    let done = operator.post_form(&path, &[("finding", "double")]).await.expect(303);
    assert!(operator.get(done.location()).await.text.contains("席を返しました"));
    operator.post_form(&path, &[("finding", "double")]).await.expect(409);

    t.run_jobs().await;
    assert_eq!(taken(&t, session).await, 1);
    let states: Vec<_> = bookings_of(&t, session).await.into_iter().map(|row| row.state).collect();
    assert_eq!(states, [BookingState::Confirmed, BookingState::Cancelled]);

    // The person hears that the booking stands, by the own way.
    assert_eq!(told(&t, person).await, [(NoticeKind::Confirmed, Channel::Letter)]);
    assert!(told(&t, residents(&t).await[1].id).await.is_empty());
    t.finish().await;
}

#[tokio::test]
async fn another_address_overwrites_nothing_and_is_a_question_for_the_office() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let person = known_person(&t).await;

    let browser = Browser::new(&t);
    let path = browser.up_to_check(session, KANA, PHONE).await;
    browser.post(&format!("{path}/name"), &[("kana", KANA), ("name", "道標 花子")]).await;
    browser.post(&format!("{path}/way"), &[("way", "letter")]).await.expect(303);
    let moved = [("address", "試験町0-0-9")];
    browser.post(&format!("{path}/address"), &moved).await.expect(303);
    browser.press(&path).await.expect(303);
    t.run_jobs().await;
    assert_ne!(owner(&t, session).await.id, person);

    let operator = t.operator().await;
    let (path, page) = question(&operator).await;
    assert!(page.text.contains("試験町0-0-9") && page.text.contains("試験町0-0-1"));
    assert!(page.text.contains("ちがいます"), "{}", page.text);
    let known = operator.get(&format!("/people/{person}")).await.expect(200);
    assert!(known.text.contains("同じ方かもしれない記録があります"));

    operator.post_form(&path, &[("finding", "same")]).await.expect(303);
    t.run_jobs().await;
    let after = owner(&t, session).await;
    assert_eq!((after.id, after.address.as_deref()), (person, Some("試験町0-0-1")));
    assert_eq!(told(&t, person).await, [(NoticeKind::Confirmed, Channel::Letter)]);
    t.finish().await;
}

#[tokio::test]
async fn two_people_of_whom_nothing_tells_them_apart_are_a_pair_until_the_office_looks() {
    let t = TestApp::start().await;
    let first = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let second = class(&t, at(2024, 7, 17, 14, 0), 12).await;
    let person = add(&t, KANA, "", &[PHONE]).await;
    apply_as(&t, first, KANA, "", "").await;

    let operator = t.operator().await;
    let (path, page) = question(&operator).await;
    assert!(page.text.contains("ご家族かもしれません"), "{}", page.text);
    for client in [t.teacher().await, t.administrator().await] {
        client.get("/same").await.expect(403);
        client.post_form(&path, &[("finding", "same")]).await.expect(403);
    }

    operator.post_form(&path, &[("finding", "apart")]).await.expect(303);
    assert_ne!(owner(&t, first).await.id, person);

    // It is not asked again when the booking changes.
    let booking = bookings_of(&t, first).await[0].id;
    let scope = &t.scope();
    let work =
        |tx| async move { bookings::actions::move_to(&tx, scope, booking, second, None).await };
    t.app.store().write(&t.ctx_system(), "move", work).await.unwrap();
    t.run_jobs().await;

    assert!(operator.get("/same").await.text.contains("確かめることはありません"));
    let found = operator.get("/api/residents?q=0312345678").await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    t.finish().await;
}

#[tokio::test]
async fn somebody_new_at_the_door_who_may_be_known_is_shown_to_the_office() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 1, 10, 30), 12).await;
    let person = add(&t, KANA, "", &[PHONE]).await;
    let teacher = t.teacher().await;
    let path = format!("/sessions/{session}/walk-in");
    let fields = [("new", "1"), ("kana", KANA), ("phone", PHONE)];
    teacher.post_form(&path, &fields).await.expect(303);
    t.run_jobs().await;
    assert_ne!(owner(&t, session).await.id, person);
    let (_, page) = question(&t.operator().await).await;
    assert!(page.text.contains("ご家族かもしれません"));
    t.finish().await;
}

#[tokio::test]
async fn a_session_that_the_office_moves_gives_nobody_away() {
    let t = TestApp::start().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    let own = class(&t, at(2024, 7, 17, 14, 0), 12).await;
    let person = known_person(&t).await;
    book_by_phone(&t, own, person).await;
    apply_as(&t, session, KANA, "道標 花子", "").await;
    assert_eq!(owner(&t, session).await.id, person);
    let (scope, to) = (&t.scope(), &two_hours("2024-07-17 14:00", t.place.branch));
    let work =
        |tx| async move { bookings::actions::move_session(&tx, scope, session, to, None).await };
    t.app.store().write(&t.ctx_system(), "move", work).await.unwrap();
    t.run_jobs().await;
    // Whoever applied still has the seat; that the person is elsewhere is for the office to see.
    assert_eq!(bookings_of(&t, session).await[0].state, BookingState::Confirmed);
    assert_ne!(owner(&t, session).await.id, person);
    let (_, page) = question(&t.operator().await).await;
    assert!(page.text.contains("この時間に、ほかの申し込みがあります"), "{}", page.text);
    t.finish().await;
}
