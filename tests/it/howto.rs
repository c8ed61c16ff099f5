//! The how-to of CONTRIBUTING.md is held to the sources: its files are there, its words stand in
//! them, its examples are excerpts, and no place is left out.

use std::collections::BTreeSet;
use std::path::Path;

use crate::architecture::files_below;

/// A file of the repository: its path and its text.
type File = (String, String);

/// Where a thing of a room can stand.
const FOLDERS: [&str; 5] = ["entity/src", "migration/src", "seeds", "src", "tests"];
const ENDINGS: [&str; 8] = ["rs", "html", "css", "js", "tsv", "csv", "toml", "snap"];

fn contributing() -> String {
    std::fs::read_to_string("CONTRIBUTING.md").unwrap()
}

/// The how-to: what stands between its head and the next.
fn howto(contributing: &str) -> &str {
    let (_, howto) = contributing.split_once("\n## Add a field").expect("the how-to");
    howto.split("\n## ").next().unwrap_or_default()
}

fn house() -> Vec<File> {
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.to_string_lossy().into_owned(), text)
    };
    FOLDERS.iter().flat_map(|folder| files_below(folder, &ENDINGS)).map(read).collect()
}

/// What stands between backticks in a line.
fn code(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Whether a word names a file or a folder; an address begins with a slash.
fn is_path(word: &str) -> bool {
    word.contains('/') && !word.starts_with('/') && !word.contains([' ', '(', '<'])
}

fn is_command(word: &str) -> bool {
    word.contains("cargo ") || word.starts_with("scripts/")
}

fn is_part_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a text has a word, not only as a part of another.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(is_part_of_a_word);
        let after = text[at + word.len()..].chars().next().is_some_and(is_part_of_a_word);
        !before && !after
    })
}

/// Whether all names of a piece of code stand in a file: `Returned::of` has two. A key of the
/// wording is one name.
fn stands_in(word: &str, (path, text): &File) -> bool {
    if path.ends_with(".tsv") {
        return text.lines().any(|line| line.split('\t').next() == Some(word));
    }
    let mut names = word.split(|c: char| !is_part_of_a_word(c)).filter(|name| !name.is_empty());
    names.all(|name| has_word(text, name))
}

/// A thing that is followed through the house, and the files that are named for it.
struct Followed {
    thing: String,
    named: BTreeSet<String>,
}

/// What a how-to says that is not so, and what it leaves out.
///
/// Its lines are of four kinds: a head, ``**A field**, as `x`:``, begins a thing to follow; a row
/// of a table or a point of a list names a file first and then what stands in it; a block of code
/// is an excerpt of the file that was named last; all other text names files and commands only.
fn wrong(howto: &str, house: &[File]) -> Vec<String> {
    let exists = |word: &str| {
        let folder = format!("{word}/");
        house.iter().any(|(path, _)| path == word || path.starts_with(&folder))
    };

    let mut found = Vec::new();
    let mut followed: Vec<Followed> = Vec::new();
    let (mut last, mut block) = (None, None::<String>);
    for line in howto.lines() {
        if line.starts_with("```") {
            match block.take() {
                None => block = Some(String::new()),
                Some(block) if !is_excerpt(&block, last) => {
                    found.push(format!("no excerpt: {block}"));
                }
                Some(_) => {}
            }
            continue;
        }

        if let Some(block) = &mut block {
            block.push_str(line);
            continue;
        }

        let words = code(line);
        let paths: Vec<&str> = words.iter().copied().filter(|word| is_path(word)).collect();
        let missing = paths.iter().copied().filter(|path| !exists(path));
        found.extend(missing.map(|path| format!("there is no {path}")));
        let file = paths.first().and_then(|path| house.iter().find(|(own, _)| own == path));
        last = file.or(last);

        let is_other = |word: &&str| !is_path(word) && !is_command(word);
        let others: Vec<&str> = words.iter().copied().filter(is_other).collect();
        if line.starts_with("**") {
            let thing = others.last().map(|word| (*word).to_owned());
            let named = BTreeSet::new();
            followed.extend(thing.map(|thing| Followed { thing, named }));
        } else if line.starts_with("| `") || line.starts_with("- ") {
            let Some(file) = file else {
                found.push(format!("a line without a file: {line}"));
                continue;
            };
            let strangers = others.iter().filter(|word| !stands_in(word, file));
            found.extend(strangers.map(|word| format!("{} has no {word}", file.0)));
            if let Some(followed) = followed.last_mut().filter(|_| line.starts_with('|')) {
                followed.named.insert(file.0.clone());
            }
        } else {
            found.extend(others.iter().map(|word| format!("names no file: {word}")));
        }
    }

    for Followed { thing, named } in followed {
        let places = house.iter().filter(|(_, text)| has_word(text, &thing));
        let places: BTreeSet<String> = places.map(|(path, _)| path.clone()).collect();
        found.extend(places.difference(&named).map(|path| format!("{thing}: leaves out {path}")));
        found.extend(named.difference(&places).map(|path| format!("{thing}: not in {path}")));
    }
    found
}

/// Whether a block of code stands in a file, however its lines are broken there.
fn is_excerpt(block: &str, file: Option<&File>) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    file.is_some_and(|(_, text)| plain(text).contains(&plain(block)))
}

#[test]
fn the_how_to_says_what_is_there_and_leaves_nothing_out() {
    let contributing = contributing();
    let found = wrong(howto(&contributing), &house());
    assert!(found.is_empty(), "{found:#?}");
}

/// The control: a small house, a how-to that is true, and one untruth at a time.
#[test]
fn an_untrue_how_to_is_found() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let house = [
        file("src/doors/api.rs", "fn open_door(\n    by: By<Network>,\n) {}"),
        file("tests/it/api/mod.rs", "const OPERATIONS: &[&str] = &[\"open_door\"];"),
        file("seeds/wording/doors.tsv", "key\tja\ndoor.key\tかぎ"),
    ];

    let told = "The example is `src/doors`.\n\
        **An operation**, as `open_door`:\n\
        | `src/doors/api.rs` | takes `By<Network>` |\n\
        | `tests/it/api/mod.rs` | a line of `OPERATIONS` |\n\
        - Its words stand in `seeds/wording/doors.tsv`: `door.key`.\n\
        In `src/doors/api.rs`:\n\
        ```rust\n\
        fn open_door(by: By<Network>,\n\
        ```\n\
        Then `cargo test --test it document`.\n";

    assert_eq!(wrong(told, &house), Vec::<String>::new());
    for (from, to, want) in [
        ("`src/doors`", "`src/windows`", "there is no src/windows"),
        (
            "| `tests/it/api/mod.rs` | a line of `OPERATIONS` |\n",
            "",
            "leaves out tests/it/api/mod.rs",
        ),
        ("`By<Network>` |", "`Visit<Network>` |", "src/doors/api.rs has no Visit<Network>"),
        ("`OPERATIONS`", "`PAGES`", "tests/it/api/mod.rs has no PAGES"),
        ("`door.key`", "`door`", "seeds/wording/doors.tsv has no door"),
        ("- Its words", "| `seeds/wording/doors.tsv` | |\n- Its words", "not in seeds/wording"),
        ("fn open_door(by", "fn open_door(to", "no excerpt"),
        ("Then `cargo", "It takes `By`. Then `cargo", "names no file: By"),
        ("- Its words stand in `seeds/wording/doors.tsv`:", "- Its words:", "without a file"),
    ] {
        assert!(told.contains(from), "{from}");
        let found = wrong(&told.replacen(from, to, 1), &house);
        assert!(found.iter().any(|one| one.contains(want)), "{want}: {found:?}");
    }
}

/// What a command names that is not there: suites and programs of Cargo.toml, scripts, variables,
/// tests.
fn unknown_in(command: &str, manifest: &str, tests: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = command.split_whitespace();
    while let Some(word) = words.next() {
        let is_known = match word {
            "cargo" | "check" | "build" | "test" | "--release" | "&&" => true,
            "--test" | "--bin" => {
                let name = words.next().unwrap_or_default();
                manifest.contains(&format!("name = \"{name}\""))
            }
            _ if word.starts_with("scripts/") => Path::new(word).is_file(),
            _ => match word.split_once('=') {
                Some(("INSTA_UPDATE", _)) => manifest.contains("\ninsta ="),
                Some((variable, _)) => has_word(tests, variable),
                None => {
                    let is_script = command.starts_with("scripts/");
                    let script = command.split_whitespace().next().unwrap_or_default();
                    let script = is_script.then(|| std::fs::read_to_string(script).ok()).flatten();
                    script.is_some_and(|script| has_word(&script, word))
                        || tests.contains(&format!("mod {};", word.trim_end_matches("::")))
                }
            },
        };

        if !is_known {
            found.push(format!("{command}: {word}"));
        }
    }
    found
}

#[test]
fn files_and_commands_that_newcomers_are_told_exist() {
    let manifest = std::fs::read_to_string("Cargo.toml").unwrap();
    let tests: String = house()
        .into_iter()
        .filter(|(path, _)| path.starts_with("tests/it/") && path != "tests/it/howto.rs")
        .map(|(_, text)| text)
        .collect();

    let (mut found, mut count) = (Vec::new(), 0);
    // Within a block; one that names no language is of commands. What is made in `target` need not
    // be there yet.
    let mut block = None;
    for line in contributing().lines() {
        if line.starts_with("```") {
            block = if block.is_some() { None } else { Some(line == "```") };
            continue;
        }

        let words = match block {
            Some(true) => vec![line.split('#').next().unwrap_or_default().trim()],
            Some(false) => continue,
            None => code(line),
        };
        for word in words {
            if block.is_some() || is_command(word) {
                count += 1;
                found.extend(unknown_in(word, &manifest, &tests));
            } else if is_path(word) && !word.starts_with("target/") && !Path::new(word).exists() {
                found.push(format!("there is no {word}"));
            }
        }
    }

    assert!(found.is_empty(), "{found:#?}");
    assert!(count > 5);

    // The control: what is not there is found.
    for command in [
        "cargo test --test unit",
        "cargo test --test it lodgings::",
        "cargo fly",
        "scripts/tset",
        "scripts/test slowly",
        "SHIRUBE_NO_SUCH=1 cargo check",
    ] {
        assert!(!unknown_in(command, &manifest, &tests).is_empty(), "{command}");
    }
}
