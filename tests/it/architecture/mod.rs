//! Reads the sources and fails where they leave the design: who may use whom, and a few manners.
//!
//! A law is a function of files, so that it can be held to the house and to files that break it:
//! `design.rs` and `laws.rs` are the functions, `used.rs` is how a source is read. Each test below
//! names what breaks its law; that of the design stands beside it.

mod design;
mod laws;
mod used;

use std::collections::BTreeMap;
use std::path::PathBuf;

use shirube::platform::words;

/// A file of the repository: its path and its text.
type File = (String, String);

/// All files below a folder of the repository whose names have one of the endings.
pub fn files_below(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings
                .iter()
                .any(|ending| path.extension().is_some_and(|own| own == *ending))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.to_string_lossy().into_owned(), text)
    };
    files_below(folder, endings).into_iter().map(read).collect()
}

fn sources(folder: &str) -> Vec<File> {
    files(folder, &["rs"])
}

fn listed_rooms() -> Vec<String> {
    used::rooms(&std::fs::read_to_string("src/lib.rs").unwrap())
}

fn file(path: &str, text: &str) -> File {
    (path.to_owned(), text.to_owned())
}

/// Holds a law to the house, which keeps it, and to its control: each file that breaks the law
/// makes a breach of its own, and none of the others does.
#[track_caller]
fn holds(
    law: impl Fn(&[File]) -> Vec<String>,
    house: &[File],
    broken: &[(&str, &str)],
    kept: &[(&str, &str)],
) {
    assert!(!house.is_empty() && !broken.is_empty());
    for (path, text) in broken {
        assert!(!law(&[file(path, text)]).is_empty(), "the law does not see {path}: {text}");
    }
    for (path, text) in kept {
        assert_eq!(law(&[file(path, text)]), Vec::<String>::new(), "{path}: {text}");
    }
    let found = law(house);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_sources_keep_to_the_design() {
    let (sources, rooms) = (sources("src"), listed_rooms());
    assert_eq!(rooms.first().map(String::as_str), Some("platform"));
    assert!(sources.len() > 80 && rooms.len() > 10);
    let found = design::breaches_of(&sources, &rooms);
    assert!(found.is_empty(), "{found:#?}");
}

/// A table is read by its own room and by those below it; what a room above needs to know of a
/// table it is told.
#[test]
fn tables_are_read_downward() {
    let rooms = listed_rooms();
    holds(
        |files| laws::tables_from_below(files, &rooms),
        &sources("src"),
        &[
            ("src/residents/queries/mod.rs", "use entity::bookings::booking;"),
            ("src/staff/actions/mod.rs", "use entity::{StaffId, sessions::session};"),
            ("src/places/pages.rs", "fn a() -> entity::staff::login::Model { b() }"),
            ("src/platform/app.rs", "use entity::places::municipality::Model;"),
        ],
        &[
            ("src/bookings/queries/mod.rs", "use entity::bookings::booking;"),
            ("src/bookings/queries/mod.rs", "use entity::residents::resident;"),
            ("src/residents/queries/mod.rs", "use entity::{BookingId, residents::resident};"),
            ("src/residents/queries/mod.rs", "#[cfg(test)] mod tests { use entity::bookings; }"),
            ("src/seeds/people.rs", "use entity::bookings::booking;"),
        ],
    );
}

/// Staff are no residents, and seeds are data of our own; every door for residents asks the intake.
#[test]
fn only_the_intake_reads_a_person() {
    holds(
        laws::readers_of_people,
        &sources("src"),
        &[
            ("src/desk/pages/person.rs", "let kana = Kana::parse(text)?;"),
            ("src/my/actions.rs", "let born = BirthInput::parse(text);"),
            ("src/residents/pages/form.rs", "let code = PostalCode::parse(text);"),
        ],
        &[
            ("src/residents/intake.rs", "let kana = Kana::parse(text)?;"),
            ("src/desk/rules/pick.rs", "#[cfg(test)] mod tests { fn a() { Kana::parse(b); } }"),
        ],
    );
}

/// `japan::{day, clock, amount}` read what people type, at every door in the same way.
#[test]
fn only_the_house_reader_reads_a_day_or_an_amount() {
    holds(
        laws::readers_of_numbers,
        &sources("src"),
        &[
            ("src/desk/pages/mod.rs", "let on = text.parse::<NaiveDate>();"),
            ("src/sessions/rules/typed.rs", "NaiveTime::parse_from_str(&text, \"%H:%M\")"),
            ("src/subsidies/rules/figure.rs", "pub fn parse_yen(text: &str) -> Option<i64> {}"),
        ],
        &[
            ("src/desk/pages/mod.rs", "let on = day::read(text);"),
            ("src/seeds/tables.rs", "NaiveTime::parse_from_str(text, \"%H:%M\")"),
            (
                "src/desk/rules/pick.rs",
                "#[cfg(test)] mod tests { fn a() { b.parse::<NaiveDate>(); } }",
            ),
        ],
    );
}

/// One name in the audit log for every look at people, so that an auditor filters by it.
#[test]
fn looks_at_people_are_recorded_in_one_way() {
    holds(
        laws::looks_of_their_own,
        &sources("src"),
        &[
            ("src/desk/actions/mod.rs", "app\n    .store()\n    .look(ctx, \"find\")"),
            ("src/desk/pages/mod.rs", "let card = found.for_work();"),
            ("src/bookings/api/rows.rs", "let card = found.for_work();"),
        ],
        &[
            ("src/desk/actions/mod.rs", "let card = found.for_work();"),
            ("src/platform/web/door/by.rs", "app.store().look(ctx, \"look_at_residents\")"),
        ],
    );
}

/// One style in the whole house: what has children is a folder with a `mod.rs`.
#[test]
fn a_module_stands_in_one_place() {
    holds(
        laws::split_modules,
        &[sources("src"), sources("japan/src"), sources("entity/src"), sources("tests/it")]
            .concat(),
        &[
            ("src/desk/pages.rs", "mod screen;"),
            ("src/desk/pages.rs", "    pub(super) mod screen;"),
            ("src/desk/rules.rs", "#[cfg(test)]\nmod tests;"),
        ],
        &[
            ("src/desk/pages/mod.rs", "mod screen;"),
            ("src/desk/rules.rs", "#[cfg(test)]\nmod tests {\n    use super::*;\n}"),
        ],
    );
}

/// Templates are read and reviewed like sources.
#[test]
fn templates_are_not_wider_than_a_page() {
    let wide = format!("<p>{}</p>", "あ".repeat(laws::WIDEST - 6));
    holds(
        laws::wide_lines,
        &files("src", &["html"]),
        &[("src/desk/pages/desk.html", wide.as_str()), ("src/desk/pages/desk.html", "\t<p></p>")],
        &[("src/desk/pages/desk.html", &wide[1..])],
    );
}

/// Words and templates are used downward only too: what two rooms say stands in the upper one, or
/// in the texts of all.
#[test]
fn words_and_templates_come_from_above() {
    let rooms = listed_rooms();
    shirube::site::open();
    let owners: BTreeMap<&str, &str> = words::rows().map(|(file, key, ..)| (key, file)).collect();
    holds(
        |files| laws::words_from_below(files, &rooms, &owners),
        &files("src", &["rs", "html"]),
        &[
            ("src/places/pages.rs", "page.t(\"nav.routers\")"),
            ("src/places/pages/list.html", "{% extends \"routers/pages/list.html\" %}"),
        ],
        &[
            ("src/routers/pages/mod.rs", "page.t(\"nav.routers\")"),
            ("src/desk/pages/mod.rs", "page.t(\"nav.routers\")"),
            ("src/desk/pages/desk.html", "{% extends \"platform/web/layout/staff.html\" %}"),
        ],
    );
}

#[test]
fn every_room_of_the_house_is_a_folder_and_every_folder_a_room() {
    let rooms = listed_rooms();
    holds(
        |files| laws::strange_folders(files, &rooms),
        &sources("src"),
        &[
            ("src/payroll/mod.rs", "//! Not in lib.rs."),
            ("src/places/queries.rs", "//! Its folder does not say what it is."),
        ],
        &[("src/places/mod.rs", ""), ("src/cli/serve.rs", ""), ("src/main.rs", "")],
    );
}

#[test]
fn shapes_and_schema_stand_apart() {
    let mut house = [sources("migration/src"), sources("entity/src")].concat();
    house.extend(sources("tests"));
    holds(
        laws::mixed_up,
        &house,
        &[
            ("migration/src/m0001_platform.rs", "use entity::places::venue;"),
            ("entity/src/lib.rs", "fn a() -> shirube::platform::Error { b() }"),
            ("entity/src/helper.rs", ""),
            ("tests/it/utils.rs", ""),
        ],
        &[
            ("migration/src/m0001_platform.rs", "use crate::sql::Step;"),
            ("tests/it/desk/mod.rs", "use entity::places::venue;"),
        ],
    );
}

#[test]
fn no_test_is_left_out() {
    holds(
        laws::left_out,
        &[sources("tests"), sources("src")].concat(),
        &[
            ("tests/it/desk/mod.rs", "#[test]\n#[ignore]\nfn a() {}"),
            ("tests/it/desk/mod.rs", "#[ignore = \"slow\"]\nfn a() {}"),
            ("src/desk/actions/mod.rs", "#[allow(dead_code)]\nfn a() {}"),
            ("src/desk/rules.rs", "#[cfg(test)] mod tests { #[test] #[ignore] fn a() {} }"),
        ],
        &[("tests/it/desk/mod.rs", "#[test]\nfn a() {}")],
    );
}

#[test]
fn no_file_is_forgotten() {
    let house = ["src", "tests", "entity/src", "migration/src"].map(sources).concat();
    holds(
        laws::forgotten,
        &house,
        &[("tests/it/processes.rs", ""), ("src/desk/actions/same.rs", "")],
        &[("tests/it/main.rs", "mod races;"), ("src/lib.rs", "pub mod desk;")],
    );
    let declared = file("tests/it/main.rs", "mod races;\n// mod processes;");
    let files = [declared, file("tests/it/races.rs", ""), file("tests/it/processes.rs", "")];
    assert_eq!(laws::forgotten(&files), ["tests/it/processes.rs"]);
}

/// A law without a control is none: each is held by [`holds`], which asks for files that break it.
#[test]
fn every_law_can_fail() {
    let read =
        |name: &str| std::fs::read_to_string(format!("tests/it/architecture/{name}")).unwrap();
    let (laws, tests) = (read("laws.rs"), read("mod.rs"));
    let names = laws.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split('(').next());
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 7);
    for name in names {
        let law = format!("laws::{name}");
        let is_held = |test: &str| test.contains("    holds(") && test.contains(&law);
        assert!(tests.split("#[test]").any(is_held), "{name} has no control");
    }
}

/// The browser tests let axe look at the narrower of two windows only.
#[test]
fn a_phone_and_a_magnified_desk_have_one_layout() {
    holds(
        laws::turns_among_narrow_windows,
        &files("src", &["css"]),
        &[
            ("a.css", "@media (max-width: 22em) {"),
            ("a.css", "  @media screen and (min-width: 360px) {"),
            ("a.css", "@container (min-width: 20rem) {"),
            ("a.css", "@media (min-width: 375px) {"),
        ],
        &[("a.css", "@media (max-width: 30em) {"), ("a.css", ".a { width: 22em; }")],
    );
}
