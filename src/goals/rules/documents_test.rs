//! The printed documents against each other: what the data files say differently, and nothing else.

use entity::ProgrammeId;
use entity::goals::goal_cell::CellKind;
use proptest::prelude::*;

use super::content::{Content, Meaning, meaning};
use super::counted;
use super::diff::{Comparison, DifferenceKind as Kind, Side, compare};
use super::document::{Document, Files, read};

macro_rules! files {
    ($town:literal) => {
        Files {
            plan: include_str!(concat!("../../../seeds/", $town, "/goals.toml")),
            themes: include_str!(concat!("../../../seeds/", $town, "/goal_themes.csv")),
            items: include_str!(concat!("../../../seeds/", $town, "/goal_items.csv")),
            measures: include_str!(concat!("../../../seeds/", $town, "/goal_measures.csv")),
            cells: include_str!(concat!("../../../seeds/", $town, "/goal_cells.csv")),
            actuals: include_str!(concat!("../../../seeds/", $town, "/goal_actuals.csv")),
            reviews: include_str!(concat!("../../../seeds/", $town, "/goal_reviews.csv")),
        }
    };
}

/// Reasons and next directions as the papers print them: SHA-256 of the text without spaces, its
/// first sixteen digits. `scripts/check-quotations` makes this table from the papers' own text.
const PRINTED: &[(&str, &str, &str, &str)] = &[
    ("yokohama", "3.1.1", "evidence", "7b322b769c062635"),
    ("yokohama", "3.1.1", "next_direction", "d8e69224792b31e4"),
    ("yokohama", "3.2.1", "evidence", "f9ce1cbcc3bafb69"),
    ("yokohama", "3.2.1", "next_direction", "88475c2a00daa528"),
    ("yokohama", "3.2.2", "evidence", "a56f99c5530fddd2"),
    ("yokohama", "3.2.2", "next_direction", "5ca6100a61b8b349"),
    ("yokohama", "3.3.1", "evidence", "959c878436518d20"),
    ("yokohama", "3.3.1", "next_direction", "3d69d1f454ae45d4"),
    ("yokohama", "3.3.2", "evidence", "a32a7ae1a1f70bd7"),
    ("yokohama", "3.3.2", "next_direction", "4ed616b41acaca1d"),
    ("yokohama", "3.3.3", "evidence", "959c878436518d20"),
    ("yokohama", "3.3.3", "next_direction", "3d69d1f454ae45d4"),
    ("yokohama", "3.4.1", "evidence", "5666edc8bc2bd55f"),
    ("yokohama", "3.4.1", "next_direction", "dcabdae101de04bc"),
    ("yokohama", "3.4.2", "evidence", "f586985c96de591b"),
    ("yokohama", "3.4.2", "next_direction", "970db9041b31439b"),
    ("yokohama", "3.4.3", "evidence", "ae3b60a77210ce11"),
    ("yokohama", "3.4.3", "next_direction", "175ebfdf1d1ff3c7"),
    ("meguro", "1", "next_direction", "13d38affe8a3260b"),
    ("meguro", "6", "next_direction", "f0023a69a16c4361"),
    ("meguro", "11", "next_direction", "26f25224b6da96f9"),
];

#[test]
fn reasons_and_directions_are_the_sentences_of_the_papers() {
    use sha2::{Digest, Sha256};

    let mut found = Vec::new();
    for (town, reviews) in
        [("yokohama", files!("yokohama").reviews), ("meguro", files!("meguro").reviews)]
    {
        let mut reader = csv::Reader::from_reader(reviews.as_bytes());
        let heads = reader.headers().expect("a heading").clone();
        for row in reader.records() {
            let row = row.expect("a row");
            let cell = |name| row.get(heads.iter().position(|head| head == name)?);
            for column in ["evidence", "next_direction"] {
                let bare: String = cell(column).unwrap_or_default().split_whitespace().collect();
                if bare.is_empty() {
                    continue;
                }
                let digest = Sha256::digest(bare.as_bytes());
                let hex: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
                found.push((town, cell("item").unwrap_or_default().to_owned(), column, hex));
            }
        }
    }

    let found: Vec<_> =
        found.iter().map(|(town, item, column, hex)| (*town, &**item, *column, &**hex)).collect();
    assert_eq!(found, PRINTED);
}

fn document(files: &Files<'_>) -> Document {
    let anything = |_: &str| Some(ProgrammeId(1));
    read(files, &anything).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn edition(document: &Document, code: &str) -> Content {
    let found = document.editions.iter().find(|(head, _)| head.code == code);
    found.unwrap_or_else(|| panic!("no edition {code}")).1.clone()
}

fn words(text: &str) -> Side {
    Side::Words(text.to_owned())
}

/// What 横浜DX戦略 重点方針3 令和4年度の取組実績 and アクション編 令和6年4月 say differently.
fn known() -> Vec<(&'static str, Kind, Option<i32>, Side, Side)> {
    vec![
        (
            "3-4",
            Kind::Lead,
            None,
            words(
                "1Qから、多様な主体との連携による地域独自の取組への新たな支援制度を創設し、2Q以降に横展開を進めます。",
            ),
            words(
                "1Qから、多様な主体との連携による地域独自の取組への新たな補助制度を創設し、2Q以降に横展開を進めます。",
            ),
        ),
        // The results print 3.3.1 as 【No3.3.3の再掲】, the action edition gives it words of its own.
        (
            "3.3.1",
            Kind::Listing,
            None,
            Side::ListedAs("3.3.3".to_owned()),
            words("6消防団へのアプリ、先行導入 ／ 全消防団での運用開始、アプリ拡張検討"),
        ),
        ("3.3.2", Kind::Goal, Some(2022), words("(検討)"), Side::Nothing),
        (
            "3.3.2",
            Kind::Goal,
            Some(2024),
            words("地域担い手支援の実証"),
            words("地域担い手支援の実証継続"),
        ),
        (
            "3.4.1",
            Kind::Goal,
            Some(2022),
            words("支援事業の創設、実施"),
            words("補助事業の創設、実施"),
        ),
        ("3.4.1", Kind::Goal, Some(2024), words("実施、横展開の検討"), words("実施、横展開")),
        // An empty merged cell and 継続 both say "as before"; what stands before is different here.
        (
            "3.4.1",
            Kind::Goal,
            Some(2025),
            Side::Merged("実施、横展開の検討".to_owned()),
            Side::Carried("実施、横展開".to_owned()),
        ),
    ]
}

fn found(comparison: &Comparison) -> Vec<(&str, Kind, Option<i32>, Side, Side)> {
    let differences = comparison.differences.iter().map(|one| {
        let (before, after) = (one.before.clone(), one.after.clone());
        (one.code.as_str(), one.kind, one.fiscal_year, before, after)
    });
    differences.collect()
}

#[test]
fn the_two_documents_of_yokohama_differ_where_they_differ_and_nowhere_else() {
    let yokohama = document(&files!("yokohama"));
    let (results, action) = (edition(&yokohama, "r4_results"), edition(&yokohama, "action"));
    let comparison = compare(&results, &action);
    assert_eq!(found(&comparison), known());
    assert_eq!(comparison.compared, 9);
    let unreadable: Vec<_> = comparison.unreadable.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(unreadable, ["3.1.1"], "the action edition shows it in a picture only");
}

#[test]
fn an_empty_merged_cell_is_the_year_before_and_no_missing_goal() {
    let results = edition(&document(&files!("yokohama")), "r4_results");
    let mut merged = Vec::new();
    for item in &results.items {
        for (year, cell) in &item.measures[0].cells {
            if cell.kind == CellKind::Merged {
                assert!(matches!(meaning(&item.measures[0].cells, *year), Meaning::Said(_, _)));
                merged.push((item.code.as_str(), *year));
            }
        }
    }

    let want = [
        ("3.2.1", 2024),
        ("3.2.1", 2025),
        ("3.2.2", 2025),
        ("3.3.1", 2025),
        ("3.3.3", 2025),
        ("3.4.1", 2025),
        ("3.4.2", 2024),
        ("3.4.2", 2025),
    ];
    assert_eq!(merged, want);
}

#[test]
fn the_cross_listed_row_holds_the_same_data_and_counts_once() {
    let results = edition(&document(&files!("yokohama")), "r4_results");
    let of = |code: &str| results.items.iter().find(|item| item.code == code).expect("an item");
    let (listed, counted_one) = (of("3.3.1"), of("3.3.3"));
    assert_eq!(listed.cross_listed_as.as_deref(), Some("3.3.3"));
    assert_eq!(listed.measures[0].cells, counted_one.measures[0].cells);
    assert_eq!(listed.measures[0].actuals, counted_one.measures[0].actuals);
    assert_eq!((results.items.len(), counted(&results.items).count()), (9, 8));
    assert_eq!(super::tallies(&results.items)[&2022].achieved, 8);
}

#[test]
fn meguro_and_minato_have_as_many_initiatives_as_their_papers_say() {
    let meguro = edition(&document(&files!("meguro")), "r6");
    assert_eq!((meguro.themes.len(), meguro.items.len()), (4, 14));

    let rate = &meguro.items[0].measures[0];
    let (goal, actual) = (&rate.cells[&2024], &rate.actuals[&2024]);
    assert_eq!(
        (rate.baseline_milli, goal.milli, actual.milli, rate.denominator_year),
        (Some(46_000), Some(60_000), Some(70_600), Some(2021))
    );

    let about: Vec<&str> = meguro
        .items
        .iter()
        .flat_map(|item| &item.measures)
        .flat_map(|measure| measure.actuals.values())
        .filter(|actual| actual.approx)
        .map(|actual| actual.words.as_str())
        .collect();
    assert_eq!(about, ["約85パーセント", "約43パーセント", "100点以上"]);

    let minato = edition(&document(&files!("minato")), "r5_revision");
    let policies: std::collections::BTreeSet<_> =
        minato.themes.iter().map(|theme| theme.policy.as_str()).collect();
    let named = minato.items.iter().filter(|item| !item.title_ja.is_empty()).count();
    assert_eq!((policies.len(), minato.themes.len(), minato.items.len(), named), (4, 8, 59, 27));
}

#[test]
fn every_goal_with_a_number_keeps_its_words() {
    for files in [files!("yokohama"), files!("meguro"), files!("minato")] {
        for (_, content) in document(&files).editions {
            for measure in content.items.iter().flat_map(|item| &item.measures) {
                for cell in measure.cells.values().filter(|cell| cell.milli.is_some()) {
                    assert!(!cell.words.is_empty());
                    let about = ["約", "超", "以上", "概ね"].iter().any(|w| cell.words.contains(w));
                    assert_eq!(cell.approx, about, "{}", cell.words);
                }
            }
        }
    }
}

#[test]
fn a_broken_file_is_refused_with_its_place() {
    let good = files!("meguro");
    let wrong_year = good.cells.replace("2024", "2031");
    let no_item = good.actuals.replace("r6,14,", "r6,15,");
    let unjudged = good.reviews.replace("r6,1,2024,,", "r6,1,2024,achieved,");
    let number = good.cells.replace("60,false", "sixty,false");

    for (files, want) in [
        (Files { cells: &wrong_year, ..good }, "2031 is not in the plan"),
        (Files { actuals: &no_item, ..good }, "no such measure"),
        (Files { reviews: &unjudged, ..good }, "judged without evidence"),
        (Files { cells: &number, ..good }, "sixty is not a number"),
        (Files { plan: "", ..good }, "goals.toml"),
    ] {
        let problems = read(&files, &|_| None).err().unwrap_or_default();
        assert!(problems.iter().any(|problem| problem.contains(want)), "{want}: {problems:?}");
    }
}

proptest! {
    #[test]
    fn an_edition_never_differs_from_itself_and_shows_each_change_of_a_word(at in 0_usize..400) {
        let action = edition(&document(&files!("yokohama")), "action");
        prop_assert_eq!(compare(&action, &action).differences, Vec::new());

        let mut changed = action.clone();
        let mut stated = Vec::new();
        for (index, item) in changed.items.iter().enumerate() {
            for (year, cell) in &item.measures[0].cells {
                if cell.kind == CellKind::Stated {
                    stated.push((index, *year));
                }
            }
        }

        let (index, year) = stated[at % stated.len()];
        let cell = changed.items[index].measures[0].cells.get_mut(&year);
        cell.expect("a cell").words.push_str("変更");

        let forth = compare(&action, &changed);
        let code = &action.items[index].code;
        prop_assert!(!forth.differences.is_empty());
        // Years that carry the changed one on are different with it.
        prop_assert!(forth.differences.iter().all(|one| one.code == *code));
        let told: Vec<_> =
            forth.differences.iter().map(|one| (one.kind, one.fiscal_year)).collect();
        prop_assert!(told.contains(&(Kind::Goal, Some(year))));
        prop_assert_eq!(compare(&changed, &action).differences.len(), forth.differences.len());
    }
}
