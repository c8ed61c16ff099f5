//! The laws: each finds in files what is against it. Beside each of their tests stand files that
//! break it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::File;
use super::used::{Used, attributes, test_files};

/// Longest file.
pub(super) const MAX_LINES: usize = 600;
/// The widest line of a template, in characters.
pub(super) const WIDEST: usize = 120;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["util", "helper", "service", "manager", "dto", "common", "misc"];

/// What holds for every source file, whatever the crate.
pub(super) fn manners(path: &str, source: &str, breach: &mut impl FnMut(String)) {
    let lines = source.lines().count();
    if lines > MAX_LINES {
        breach(format!("{lines} lines"));
    }
    let stem = Path::new(path).file_stem().unwrap().to_string_lossy();
    if EMPTY_NAMES.iter().any(|name| stem.trim_end_matches('s').eq_ignore_ascii_case(name)) {
        breach("a name that says nothing".to_owned());
    }
    for word in [concat!("TO", "DO"), concat!("FIX", "ME")] {
        if source.contains(word) {
            breach(format!("the word {word}"));
        }
    }
}

/// A room of the sources: `src/desk/pages/mod.rs` and `src/desk.rs` are of the desk.
fn room_of(path: &str) -> &str {
    path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default()
}

/// Whether a file is part of a door: API or pages.
fn is_door(path: &str) -> bool {
    let part = path.split('/').nth(2).unwrap_or_default();
    ["api", "pages"].contains(&part.trim_end_matches(".rs"))
}

/// Tables that are read above their room: the folders of `entity` are named as the rooms.
pub fn tables_from_below(sources: &[File], rooms: &[String]) -> Vec<String> {
    let place = |room: &str| rooms.iter().position(|own| own == room);
    let tests = test_files(sources);
    let mut found = Vec::new();
    for (path, source) in sources.iter().filter(|(path, _)| !tests.contains(path)) {
        let (Some(own), Ok(used)) = (place(room_of(path)), Used::of(source)) else { continue };
        let tables: BTreeSet<String> = used
            .paths
            .iter()
            .filter(|used| used.len() > 1 && used[0] == "entity")
            .filter(|used| place(&used[1]).is_some_and(|other| other > own))
            .map(|used| used.join("::"))
            .collect();
        found.extend(tables.iter().map(|table| format!("{path}: reads {table}")));
    }
    found
}

/// Places that read a person from a text and are not the intake.
pub fn readers_of_people(sources: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in sources {
        // A copy of a record is no door either: it takes what is stored.
        let copy = "src/residents/actions/same.rs";
        let ours = ["src/platform/", "src/seeds", "src/staff/", "src/residents/intake.rs", copy];
        if ours.iter().any(|own| path.starts_with(own)) {
            continue;
        }
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for reader in ["Kana::parse(", "BirthInput::parse(", "PostalCode::parse("] {
            if code.contains(reader) {
                found.push(format!("{path}: {reader}"));
            }
        }
    }
    found
}

/// Places that read a day, a time, an amount or a count from a text by themselves; what sends a
/// form of its own (seeds, the document of the API) is no person's word.
pub fn readers_of_numbers(sources: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in sources {
        let ours = ["src/platform/web/document/", "src/seeds", "src/cli"];
        if ours.iter().any(|own| path.starts_with(own)) || path.ends_with("tests.rs") {
            continue;
        }

        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for reader in [
            "parse::<NaiveDate>",
            "NaiveDate::parse_from_str",
            "NaiveDate::from_str",
            "parse::<NaiveTime>",
            "NaiveTime::parse_from_str",
            "NaiveTime::from_str",
            "fn parse_yen",
            "fn parse_day",
        ] {
            if code.contains(reader) {
                found.push(format!("{path}: {reader}"));
            }
        }
    }

    found
}

/// Places that record a look at people by themselves, and doors that show people and record none.
pub fn looks_of_their_own(sources: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in sources {
        // What was refused is no look at anybody.
        let ours = ["src/platform/", "src/staff/actions/refusals.rs"];
        let is_ours = ours.iter().any(|own| path.starts_with(own));
        let code: String = source.split_whitespace().collect();
        if code.contains("store().look(") && !is_ours {
            found.push(path.clone());
        } else if is_door(path) && source.contains(".for_work()") {
            found.push(format!("{path}: shows people and records no look"));
        }
    }
    found
}

/// Lines of templates that are too wide or have tabs.
pub fn wide_lines(templates: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in templates {
        for (at, line) in text.lines().enumerate() {
            if line.chars().count() > WIDEST || line.contains('\t') {
                found.push(format!("{path}:{}", at + 1));
            }
        }
    }
    found
}

/// Modules with children in files beside them, and not within: `x.rs` beside `x/`.
pub fn split_modules(sources: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in sources {
        if ["mod.rs", "lib.rs", "main.rs"].iter().any(|head| path.ends_with(head)) {
            continue;
        }
        let declares = |line: &&str| {
            let mut words = line.split(' ').skip_while(|word| word.starts_with("pub"));
            words.next() == Some("mod") && line.ends_with(';')
        };
        for line in source.lines().map(str::trim).filter(declares) {
            found.push(format!("{path}: {line}"));
        }
    }
    found
}

/// Words and templates of a room that one above it uses; `owners` tells the room of each word.
pub fn words_from_below(
    files: &[File],
    rooms: &[String],
    owners: &BTreeMap<&str, &str>,
) -> Vec<String> {
    let place = |room: &str| rooms.iter().position(|own| own == room);
    let mut found = Vec::new();
    for (path, text) in files {
        let Some(own) = place(room_of(path)) else { continue };
        for quoted in text.split('"').skip(1).step_by(2) {
            let template = quoted.strip_suffix(".html").map(room_of);
            let other = owners.get(quoted).copied().or(template);
            if other.and_then(place).is_some_and(|other| other > own) {
                found.push(format!("{path}: {quoted}"));
            }
        }
    }
    found
}

/// Folders of the sources that are no room, and rooms that do not say what they are.
pub fn strange_folders(sources: &[File], rooms: &[String]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (path, _) in sources {
        let parts: Vec<&str> = path.split('/').collect();
        // The program around the library: arguments and data sets.
        let [_, folder, _, ..] = parts[..] else { continue };
        if ["cli", "seeds"].contains(&folder) {
            continue;
        }
        if !rooms.iter().any(|room| room == folder) {
            found.insert(format!("{folder} is not in lib.rs"));
        }
        let head = format!("src/{folder}/mod.rs");
        if !sources.iter().any(|(path, _)| *path == head) {
            found.insert(format!("{folder} does not say what it is"));
        }
    }
    found.into_iter().collect()
}

/// What schema and shapes know of each other and of the house; what their files and those of the
/// tests do against the manners.
pub fn mixed_up(sources: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in sources {
        manners(path, source, &mut |what| found.push(format!("{path}: {what}")));
        let foreign: &[&str] = match path.split('/').next() {
            Some("migration") => &["entity", "shirube"],
            Some("entity") => &["migration", "shirube"],
            _ => &[],
        };
        let used = Used::of(source).unwrap_or_default();
        for used in used.paths.iter().filter(|used| foreign.contains(&used[0].as_str())) {
            found.push(format!("{path}: uses {}", used.join("::")));
        }
    }
    found
}

/// Tests that do not run, and warnings that nobody reads.
pub fn left_out(sources: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in sources {
        match attributes(source) {
            Ok(names) => {
                let out = names.into_iter();
                let out = out.filter(|name| ["ignore", "allow"].contains(&name.as_str()));
                found.extend(out.map(|name| format!("{path}: #[{name}]")));
            }
            Err(error) => found.push(format!("{path}: cannot be read: {error}")),
        }
    }
    found
}

/// The files of which no other says `mod`: they compile nothing and test nothing.
pub fn forgotten(sources: &[File]) -> Vec<String> {
    let declares = |file: &str, module: &str| {
        let line = format!("mod {module};");
        let declared = |text: &str| {
            let lines = text.lines().map(str::trim);
            lines.filter(|own| !own.starts_with("//")).any(|own| own.ends_with(&line))
        };
        sources.iter().any(|(path, text)| path == file && declared(text))
    };
    let is_forgotten = |path: &str| {
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let Some((folder, name)) = module.rsplit_once('/') else { return false };
        let is_root = ["main", "lib"].contains(&name);
        let parents = ["/mod.rs", "/main.rs", "/lib.rs", ".rs"];
        !is_root && !parents.iter().any(|end| declares(&format!("{folder}{end}"), name))
    };
    sources
        .iter()
        .map(|(path, _)| path)
        .filter(|path| is_forgotten(path.as_str()))
        .cloned()
        .collect()
}

/// Widths of a window in CSS pixels between which one layout is looked at by axe only once: a desk
/// at 400 % and a phone.
const ONE_LAYOUT: std::ops::RangeInclusive<f64> = 320.0..=375.0;

/// Styles that turn between a magnified desk and a phone.
pub(super) fn turns_among_narrow_windows(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        let conditions = text.lines().filter(|line| {
            let line = line.trim_start();
            line.starts_with("@media") || line.starts_with("@container")
        });
        for line in conditions {
            let lengths = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
            let turns = lengths.filter_map(pixels).any(|width| ONE_LAYOUT.contains(&width));
            if turns {
                found.push(format!("{path}: {line}"));
            }
        }
    }
    found
}

/// A length of a media query in CSS pixels; an em is 16 there, whatever the page's own letters.
fn pixels(length: &str) -> Option<f64> {
    let unit = length.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = length.strip_suffix(unit)?.parse().ok()?;
    match unit {
        "px" => Some(number),
        "em" | "rem" => Some(number * 16.0),
        _ => None,
    }
}
