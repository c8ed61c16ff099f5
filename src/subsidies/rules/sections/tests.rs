use super::*;
use proptest::prelude::*;

fn texts(pairs: &[(&str, &str)]) -> Content {
    let texts = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Content { texts: texts.collect(), rows: Vec::new() }
}

fn rows(rows: &[&[&str]]) -> Content {
    let rows = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect());
    Content { texts: BTreeMap::new(), rows: rows.collect() }
}

/// A whole application of 300,000 yen, of which the ward pays 50,000.
fn whole() -> Application {
    let mut budget = rows(&[&["謝金", "講師 5回", "200000"], &["会場", "使用料", "100000"]]);
    budget.texts.insert("own_yen".to_owned(), "50000".to_owned());
    let mut problem = rows(&[&["70歳以上の利用", "40.8%", "調査"]]);
    problem.texts.insert("body".to_owned(), "使っていない人が多い。".to_owned());

    let basics = texts(&[
        ("title", "教室"),
        ("summary", "教室を開く。"),
        ("starts_on", "2026-06-01"),
        ("ends_on", "2027-02-28"),
        ("contact", "区政推進課"),
    ]);

    [
        (Section::Basics, basics),
        (Section::Problem, problem),
        (Section::People, texts(&[("who", "70歳以上"), ("count", "60")])),
        (Section::Partners, rows(&[&["NPO", "講師"]])),
        (Section::Plan, rows(&[&["2026-06", "準備"]])),
        (Section::Budget, budget),
        (Section::Goals, rows(&[&["参加者", "人", "", "60", "2027-02", "名簿"]])),
        (Section::Verification, texts(&[("body", "前と後を比べる。")])),
        (Section::Spread, texts(&[("body", "ほかの区でもできる。")])),
    ]
    .map(|(section, content)| (section.as_str().to_owned(), content))
    .into()
}

#[test]
fn every_section_has_its_form_and_every_label_its_words() {
    for section in Section::ALL {
        assert_eq!(form(*section).section, *section);
    }
    for form in FORMS {
        for text in form.texts.iter().chain(form.columns) {
            assert!(crate::platform::words::exists(text.label), "{}", text.label);
        }
    }
}

#[test]
fn values_are_kept_in_one_notation() {
    let raw =
        rows(&[&["謝金", " 講師\t５回 ", "１２０，０００円"], &["", "  ", ""], &["会場", "", ""]]);
    let kept = clean(Section::Budget, &raw).expect("right");
    assert_eq!(kept.rows, [["謝金", "講師 ５回", "120000"], ["会場", "", ""]]);
    let plan = clean(Section::Plan, &rows(&[&["２０２６年５月", "準備"]])).expect("right");
    assert_eq!(plan.rows[0][0], "2026-05");
}

#[test]
fn what_is_wrong_names_its_field() {
    let raw = rows(&[&["謝金", "講師", "十万"], &["", "", ""], &["会場", "使用料", "-5"]]);
    let wrong = clean(Section::Budget, &raw).expect_err("two amounts are none");
    let fields: Vec<&str> = wrong.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["row-1-yen", "row-3-yen"]);
    let long = texts(&[("title", &"あ".repeat(61))]);
    assert_eq!(clean(Section::Basics, &long).expect_err("too long")[0].field, "title");
    let day = texts(&[("starts_on", "6月1日")]);
    assert_eq!(clean(Section::Basics, &day).expect_err("no date")[0].wording, "err.project.day");
    let many = Content { rows: vec![vec!["a".into(), "b".into()]; 61], ..Content::default() };
    assert_eq!(clean(Section::Partners, &many).expect_err("too many")[0].field, "paste");
}

#[test]
fn rows_from_a_spreadsheet_are_read_with_or_without_headings() {
    let want = [["謝金", "講師 5回", "120,000"], ["会場", "使用料", "30000"]];
    for text in [
        "費目\t内訳\t金額\n謝金\t講師 5回\t120,000\n会場\t使用料\t30000\n",
        "謝金\t講師 5回\t120,000\r\n\r\n会場\t使用料\t30000",
        "謝金\t講師 5回\t\"120,000\"\t\t\n会場\t使用料\t30000\t",
    ] {
        assert_eq!(paste(Section::Budget, text).expect("rows"), want, "{text}");
    }
    for text in ["謝金\t120000", "謝金 講師 120000", "謝金\t講師\t1\t多い"] {
        let error = paste(Section::Budget, text).expect_err("not three columns");
        assert_eq!((error.field.as_str(), error.wording), ("paste", "err.project.paste"), "{text}");
    }
    assert_eq!(paste(Section::Budget, " \n").expect("nothing"), Vec::<Vec<String>>::new());
}

#[test]
fn a_section_is_not_started_begun_or_done() {
    let whole = whole();
    for section in Section::ALL {
        assert_eq!(status(*section, &Content::default()), Status::NotStarted, "{section}");
        assert_eq!(status(*section, &whole[section.as_str()]), Status::Done, "{section}");
    }
    let half = texts(&[("title", "教室")]);
    assert_eq!(status(Section::Basics, &half), Status::Begun);
    assert_eq!(status(Section::Partners, &rows(&[&["NPO", ""]])), Status::Begun);
    // A goal's present value may be unknown, its target may not.
    let goal = rows(&[&["参加者", "人", "", "", "年度末", "名簿"]]);
    assert_eq!(status(Section::Goals, &goal), Status::Begun);
}

#[test]
fn only_a_whole_application_within_the_cap_is_submitted() {
    let budget = can_submit(&whole(), Some(250_000)).expect("whole");
    assert_eq!((budget.total, budget.own, budget.requested()), (300_000, 50_000, 250_000));
    assert_eq!(can_submit(&whole(), Some(249_999)), Err(Refusal::OverCap));

    for section in Section::ALL {
        let mut partial = whole();
        partial.remove(section.as_str());
        assert_eq!(can_submit(&partial, None), Err(Refusal::Unfinished), "{section}");
    }

    let mut own = whole();
    let budget = own.get_mut("budget").expect("a budget");
    budget.texts.insert("own_yen".to_owned(), "300000".to_owned());
    assert_eq!(can_submit(&own, None), Err(Refusal::NothingRequested));
    let mut zero = whole();
    zero.get_mut("budget").expect("a budget").rows[0][2] = "0".to_owned();
    assert_eq!(can_submit(&zero, None), Err(Refusal::Unfinished));
}

#[test]
fn a_round_is_open_from_its_first_to_its_last_day() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 5, day);
    for (today, open) in [(1, false), (2, true), (20, true), (21, false)] {
        let today = day(today).expect("a day");
        assert_eq!(round_open(day(2), day(20), today).is_ok(), open, "{today}");
        assert_eq!(round_open(None, day(20), today), Err(Refusal::RoundClosed));
        assert_eq!(round_open(day(2), None, today), Err(Refusal::RoundClosed));
    }
}

proptest! {
    #[test]
    fn the_lines_of_a_budget_add_up(amounts in proptest::collection::vec(1_i64..1_000_000, 0..40)) {
        let pasted: String =
            amounts.iter().map(|yen| format!("費目\t内訳\t{yen}円\n")).collect();
        let rows = paste(Section::Budget, &pasted).expect("rows");
        let kept = clean(Section::Budget, &Content { rows, ..Content::default() }).expect("right");
        let budget = budget(&kept);
        prop_assert_eq!(budget.total, amounts.iter().sum::<i64>());
        prop_assert_eq!(budget.lines.len(), amounts.len());
    }

    #[test]
    fn cleaning_twice_changes_nothing(cells in proptest::collection::vec("[ -~あ-ん０-９]{0,20}", 3)) {
        let raw = Content { rows: vec![cells], ..Content::default() };
        if let Ok(once) = clean(Section::Budget, &raw) {
            prop_assert_eq!(clean(Section::Budget, &once), Ok(once.clone()));
        }
    }
}

#[test]
fn the_last_day_is_not_before_the_first() {
    for (starts_on, ends_on, want) in [
        ("2026-06-01", "2026-06-01", None),
        ("令和8年6月1日", "2026-12-10", None),
        ("2026-06-01", "2026-05-31", Some("err.project.order")),
        ("", "2026-05-31", None),
        ("2026-06-01", "1990-12-10", Some("err.project.day_range")),
        ("2026-06-01", "いつか", Some("err.project.day")),
    ] {
        let mut raw = Content::default();
        raw.texts.insert("starts_on".to_owned(), starts_on.to_owned());
        raw.texts.insert("ends_on".to_owned(), ends_on.to_owned());
        let got = clean(Section::Basics, &raw).err();
        let got = got.map(|faults| (faults[0].field.clone(), faults[0].wording));
        assert_eq!(got, want.map(|wording| ("ends_on".to_owned(), wording)), "{ends_on}");
    }
}

#[test]
fn a_pasted_cell_may_hold_line_breaks_and_quotes() {
    let text =
        "費目\t内訳\t金額\n謝金\t\"講師\n(午前と\"\"午後\"\")\"\t120,000\n会場\t使用料\t30000\n";
    let rows = paste(Section::Budget, text).expect("rows");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0], ["謝金", "講師\n(午前と\"午後\")", "120,000"]);
    let raw = Content { rows, ..Content::default() };
    let kept = clean(Section::Budget, &raw).expect("clean");
    assert_eq!(kept.rows[0], ["謝金", "講師 (午前と\"午後\")", "120000"]);
}

#[test]
fn a_change_alters_partners_plan_and_budget_and_nothing_else() {
    let content = |text: &str| {
        let texts = [("body".to_owned(), text.to_owned())].into();
        Content { texts, rows: Vec::new() }
    };
    let all = |text: &str| -> Application {
        Section::ALL.iter().map(|section| (section.to_string(), content(text))).collect()
    };

    assert_eq!(changed(&all("old"), &all("old")), None);
    // A section that was never written by itself stays as it was submitted.
    assert_eq!(changed(&all("old"), &Application::new()), None);

    let whole = changed(&all("old"), &all("new")).expect("a change");
    for section in Section::ALL {
        let want = match section {
            Section::Partners | Section::Plan | Section::Budget => "new",
            _ => "old",
        };
        assert_eq!(whole[section.as_str()], content(want), "{section}");
    }
}

#[test]
fn a_line_of_the_budget_is_found_again_where_it_moved() {
    let line = |category: &str, item: &str, yen: i64| BudgetLine {
        category: category.to_owned(),
        item: item.to_owned(),
        yen,
    };
    let old = [line("謝金", "講師", 100), line("会場", "使用料", 50), line("謝金", "講師", 70)];
    let new = [line("印刷", "ちらし", 20), line("謝金", "講師", 80), line("謝金", "講師", 70)];
    assert_eq!(moved_lines(&old, &new), [(1, 2), (3, 3)].into());
    assert_eq!(moved_lines(&old, &new[2..]), [(3, 1)].into(), "the same line, not its twin");
    assert_eq!(moved_lines(&old, &[]), [].into());
}
