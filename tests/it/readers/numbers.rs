//! Amounts, figures, counts, days and times, from the field to the sheet.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use entity::sessions::session;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use shirube::platform::japan::{FiscalYear, amount, clock, day};

use super::person::note;
use super::{Dice, Said, VALUES, wide};
use crate::subsidies::{City, post};
use crate::support::{TestApp, at};

/// 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let (mut text, count) = (String::new(), digits.len());
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (count - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount of at most 99,999,999,999 yen.
fn yen(dice: &mut Dice) -> (String, u64) {
    let size = 10_u64.pow(u32::try_from(dice.below(12)).unwrap());
    let number = dice.below(size);
    let typed = dice.any(vec![
        number.to_string(),
        grouped(number),
        wide(&grouped(number)),
        format!("{number}円"),
        format!("{}円", wide(&number.to_string())),
        format!("¥{}", grouped(number)),
        format!("￥{}", grouped(number)),
        format!("\\{number}"),
        format!(" {} 円　", grouped(number)),
    ]);
    (typed, number)
}

/// A figure in thousandths, with a sign and up to three decimals; stored without zeros at the end.
fn figure(dice: &mut Dice) -> Said {
    let size = 10_u64.pow(u32::try_from(dice.below(9)).unwrap());
    let (whole, part) = (dice.below(size), dice.below(1000));
    let sign = if dice.below(3) == 0 && whole + part > 0 { "-" } else { "" };
    let part = format!("{part:03}").trim_end_matches('0').to_owned();
    let tail = if part.is_empty() { String::new() } else { format!(".{part}") };
    let stored = format!("{sign}{whole}{tail}");
    let typed = dice.any(vec![
        stored.clone(),
        wide(&stored),
        format!("{sign}{}{tail}", grouped(whole)),
        format!("{}{whole}{tail}", sign.replace('-', "−")),
        format!(" {stored} "),
    ]);
    (typed, stored)
}

/// A day from 2019-05-01 on, in an era that went on.
fn date(dice: &mut Dice, on: NaiveDate) -> String {
    let (year, month, day) = (on.year(), on.month(), on.day());
    let reiwa = match year - 2018 {
        1 => "元".to_owned(),
        number => number.to_string(),
    };
    dice.any(vec![
        on.to_string(),
        wide(&on.to_string()),
        format!("{year}/{month}/{day}"),
        format!("{year}.{month}.{day}"),
        format!("{year}年{month}月{day}日"),
        format!("令和{reiwa}年{month}月{day}日"),
        format!("令和 {} 年 {month} 月 {day} 日", wide(&reiwa)),
        format!("R{reiwa}.{month}.{day}"),
        format!("r{reiwa}/{month}/{day}"),
    ])
}

fn time(dice: &mut Dice, hour: u32, minute: u32) -> String {
    let half = if hour < 12 { "午前" } else { "午後" };
    let (english, small) = if hour < 12 { ("am", hour) } else { ("pm", hour - 12) };
    let spoken = if small == 0 { 12 } else { small };
    dice.any(vec![
        format!("{hour:02}:{minute:02}"),
        format!("{hour:02}:{minute:02}:00"),
        wide(&format!("{hour}:{minute:02}")),
        format!("{hour}時{minute}分"),
        format!("{half}{small}時{minute}分"),
        format!("{half} {}時{}分", wide(&small.to_string()), wide(&minute.to_string())),
        format!("{spoken}:{minute:02} {english}"),
    ])
}

fn count(dice: &mut Dice, number: u64) -> String {
    dice.any(vec![
        number.to_string(),
        wide(&number.to_string()),
        grouped(number),
        format!("{number}人"),
        format!("{} 名", wide(&grouped(number))),
        format!(" {number}\u{200B}"),
    ])
}

#[test]
fn every_notation_of_a_number_or_a_day_is_read_as_what_it_is() {
    let dice = &mut Dice(7);
    let first = NaiveDate::from_ymd_opt(2019, 5, 1).unwrap();
    for n in 0..VALUES {
        let (typed, number) = yen(dice);
        assert_eq!(amount::yen(&typed), Ok(i64::try_from(number).unwrap()), "{typed}");

        let number = dice.below(2_000_000);
        let typed = count(dice, number);
        assert_eq!(amount::count(&typed), Ok(i32::try_from(number).unwrap()), "{typed}");

        let on = first + TimeDelta::days(i64::try_from(dice.below(20_000)).unwrap());
        let typed = date(dice, on);
        assert_eq!(day::read(&typed), Ok(on), "{typed}");

        let (hour, minute) = (u32::try_from(n % 24).unwrap(), u32::try_from(n % 60).unwrap());
        let typed = time(dice, hour, minute);
        let at = NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        assert_eq!(clock::read(&typed), Ok(at), "{typed}");

        let year = 1989 + i32::try_from(n % 100).unwrap();
        let label = FiscalYear::new(year).unwrap().label_ja();
        let typed =
            dice.any(vec![year.to_string(), format!("{year}年度"), label.clone(), wide(&label)]);
        assert_eq!(FiscalYear::parse(&typed).map(FiscalYear::year), Ok(year), "{typed}");
    }
}

/// Saves a section and answers its rows as they are kept.
async fn kept(city: &City, id: i64, section: &str, body: Value) -> Vec<Vec<String>> {
    let url = format!("/api/projects/{id}/sections/{section}");
    city.konan.put_json(&url, &body).await.expect(200);
    let shown = city.konan.get(&format!("/api/projects/{id}")).await.expect(200).json();
    serde_json::from_value(shown["application"][section]["rows"].clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_figures_and_months_are_kept_in_one_form_and_counted() {
    const ROWS: usize = 50;
    let city = City::start().await;
    let dice = &mut Dice(11);
    let id = city.whole(&city.konan, city.t.place.konan, "event").await;
    for _ in 0..VALUES / ROWS {
        let amounts: Vec<(String, u64)> = (0..ROWS).map(|_| yen(dice)).collect();
        let rows: Vec<[&str; 3]> =
            amounts.iter().map(|(typed, _)| ["費目", "内訳", typed.as_str()]).collect();
        let body = json!({ "texts": { "own_yen": "０円" }, "rows": rows });
        for (row, (typed, number)) in kept(&city, id, "budget", body).await.iter().zip(&amounts) {
            assert_eq!(row[2], number.to_string(), "{typed}");
        }

        let figures: Vec<Said> = (0..ROWS).map(|_| figure(dice)).collect();
        let row = |typed: &String| json!(["指標", "人", "", typed, "年度末", "名簿"]);
        let rows: Vec<Value> = figures.iter().map(|(typed, _)| row(typed)).collect();
        let body = json!({ "texts": {}, "rows": rows });
        for (row, (typed, stored)) in kept(&city, id, "goals", body).await.iter().zip(&figures) {
            assert_eq!(row[3], *stored, "{typed}");
        }

        let mut months = Vec::new();
        for _ in 0..ROWS {
            let (year, month) = (2020 + dice.below(20), 1 + dice.below(12));
            let typed = dice.any(vec![
                format!("{year}-{month:02}"),
                format!("{year}/{month}"),
                wide(&format!("{year}年{month}月")),
                format!("令和{}年{month}月", year - 2018),
                format!("R{}.{month}", year - 2018),
            ]);
            months.push((typed, format!("{year}-{month:02}")));
        }
        let rows: Vec<[&str; 2]> =
            months.iter().map(|(typed, _)| [typed.as_str(), "教室"]).collect();
        let body = json!({ "texts": {}, "rows": rows });
        for (row, (typed, stored)) in kept(&city, id, "plan", body).await.iter().zip(&months) {
            assert_eq!(row[0], *stored, "{typed}");
        }
    }

    let budget = json!({ "texts": { "own_yen": "４５６円" },
        "rows": [["謝金", "講師", "１２３，４５６円"], ["会場", "使用料", "¥1,000"]] });
    kept(&city, id, "budget", budget).await;
    post(&city.konan, id, "submit", json!({})).await;
    let sheet = city.konan.get("/projects/export.csv").await.expect(200).text;
    let mut sheet = csv::Reader::from_reader(sheet.trim_start_matches('\u{FEFF}').as_bytes());
    let rows: Vec<csv::StringRecord> = sheet.records().map(Result::unwrap).collect();
    let row = rows.iter().find(|row| row[0] == id.to_string()).unwrap();
    assert_eq!((&row[1], &row[7]), ("2024", "124000"));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_when_and_as_large_as_it_was_typed() {
    let t = TestApp::start().await;
    let planner = t.coordinator().await;
    let dice = &mut Dice(13);
    let programme = t.place.classes.to_string();
    let place = t.place.city_office.to_string();
    for n in 0..24_u32 {
        let on = NaiveDate::from_ymd_opt(2024, 7, 8).unwrap() + TimeDelta::days(i64::from(n));
        let (hour, minute) = (9 + n % 7, n % 6 * 10);
        let seats = dice.below(501);
        let (day, from) = (date(dice, on), time(dice, hour, minute));
        let (to, size) = (time(dice, hour + 1, minute), count(dice, seats));
        let title = format!("教室{n}");
        let mut form = vec![
            ("programme_id", programme.as_str()),
            ("kind", "class_basic"),
            ("date", day.as_str()),
            ("starts_at", from.as_str()),
            ("ends_at", to.as_str()),
            ("place", place.as_str()),
            ("capacity", size.as_str()),
            ("title_ja", title.as_str()),
        ];
        let mut answer = planner.post_form("/sessions/new", &form).await;
        // A holiday is asked about.
        let seen = if answer.code() == 409 { answer.field("seen") } else { String::new() };
        if !seen.is_empty() {
            form.push(("seen", seen.as_str()));
            answer = planner.post_form("/sessions/new", &form).await;
        }
        assert_eq!(answer.code(), 303, "{form:?}: {}", answer.text);

        let made = session::Entity::find().filter(session::Column::TitleJa.eq(title.as_str()));
        let made = made.one(t.app.store().reader()).await.unwrap().unwrap();
        let want = at(2024, on.month(), on.day(), hour, minute);
        assert_eq!((made.starts_at, made.ends_at), (want, want + TimeDelta::hours(1)), "{form:?}");
        assert_eq!(u64::try_from(made.capacity), Ok(seats), "{form:?}");
        let shown = planner.get(&format!("/api/sessions/{}", made.id)).await.expect(200).text;
        assert!(shown.contains(&format!("{on}T{hour:02}:{minute:02}:00+09:00")), "{shown}");
    }
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_says_of_a_router_what_was_typed() {
    let t = TestApp::start().await;
    let planner = t.coordinator().await;
    let dice = &mut Dice(17);
    let mut typed = Vec::new();
    for n in 0..20 {
        let note = note(dice, n);
        let on = NaiveDate::from_ymd_opt(2024, 6, 1).unwrap()
            + TimeDelta::days(i64::try_from(n).unwrap());
        let body = json!({
            "code": format!("WF-{n:02}"), "kind": "wifi", "state": "in_use", "purpose": "classes",
            "place_kind": "venue", "venue_id": t.place.city_office.0, "note": note.0,
        });
        let made = planner.post_json("/api/routers", &body).await.expect(201).json();
        let day = date(dice, on);
        let test = [("tested_on", day.as_str()), ("result", "good"), ("note", "")];
        let path = format!("/routers/{}/tests", made["id"]);
        planner.post_form(&path, &test).await.expect(303);
        typed.push((note.1, on));
    }

    let sheet = planner.get("/routers.csv").await.expect(200).text;
    let mut sheet = csv::Reader::from_reader(sheet.trim_start_matches('\u{FEFF}').as_bytes());
    let rows: Vec<csv::StringRecord> = sheet.records().map(Result::unwrap).collect();
    for (n, (note, on)) in typed.iter().enumerate() {
        let row = rows.iter().find(|row| row[0] == format!("WF-{n:02}")).unwrap();
        // A cell is one line; nothing else of it changes.
        let lines = note.lines().map(str::trim).filter(|line| !line.is_empty());
        let line = lines.collect::<Vec<_>>().join(" ");
        // What begins like a formula is kept from being one.
        let is_formula = line.starts_with(['=', '+', '-', '@']);
        let want = if is_formula { format!("'{line}") } else { line };
        assert_eq!((&row[8], &row[10]), (on.to_string().as_str(), want.as_str()));
    }
    t.finish().await;
}
