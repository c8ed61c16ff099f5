//! Reads the sources and fails where they leave the design: who may use whom, and a few manners.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use shirube::platform::words;
use syn::visit::{self, Visit};

/// Longest file.
const MAX_LINES: usize = 600;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["util", "helper", "service", "manager", "dto", "common", "misc"];
/// The one file that asks the machine for the time.
const CLOCK: &str = "src/platform/clock.rs";
/// The one file that may know on which database it runs.
const DATABASE: &str = "src/platform/db";

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

/// What a source file uses, with the parts that are only for tests kept apart.
#[derive(Default)]
struct Used {
    /// Paths as they stand: `crate::bookings::rules`, `super::queries`, `sea_orm::ColumnTrait`.
    paths: Vec<Vec<String>>,
    methods: Vec<String>,
    macros: Vec<String>,
    attributes: Vec<String>,
    /// Modules in files of their own that exist only for tests.
    test_modules: Vec<String>,
    has_async: bool,
}

fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl Visit<'_> for Used {
    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_mod(self, item);
        } else if item.content.is_none() {
            self.test_modules.push(item.ident.to_string());
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        flatten(&item.tree, &mut Vec::new(), &mut self.paths);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        self.paths.push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        self.methods.push(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        let name = call.path.segments.last().map(|part| part.ident.to_string());
        self.macros.extend(name);
        let inside = call.tokens.to_string();
        // The text of a macro is not parsed; a method in it shows as `. unwrap ()`.
        if inside.replace(' ', "").contains(".unwrap()") {
            self.methods.push("unwrap".to_owned());
        }
    }

    fn visit_attribute(&mut self, attribute: &syn::Attribute) {
        let name = attribute.path().segments.last().map(|part| part.ident.to_string());
        self.attributes.extend(name);
    }

    fn visit_signature(&mut self, signature: &syn::Signature) {
        self.has_async |= signature.asyncness.is_some();
        visit::visit_signature(self, signature);
    }
}

fn flatten(tree: &syn::UseTree, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, before, found));
        }
        syn::UseTree::Name(name) => found.push([&before[..], &[name.ident.to_string()]].concat()),
        syn::UseTree::Rename(name) => found.push([&before[..], &[name.ident.to_string()]].concat()),
        syn::UseTree::Glob(_) => found.push(before.clone()),
    }
}

/// The module of a file, from the root of its crate: `bookings::actions::book`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// A path from the root of the crate, or none when it leads into another crate.
fn inside(module: &[String], path: &[String]) -> Option<Vec<String>> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let base = &module[..module.len().saturating_sub(ups)];
            Some([base, &path[ups..]].concat())
        }
        _ => None,
    }
}

/// The rooms in the order of `lib.rs`.
fn rooms(lib: &str) -> Vec<String> {
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod "));
    modules.map(|name| name.trim_end_matches(';').to_owned()).collect()
}

/// What a source file of the main crate does against the design.
fn breaches(path: &str, source: &str, rooms: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut breach = |what: String| found.push(format!("{path}: {what}"));
    manners(path, source, &mut breach);
    let file = match syn::parse_file(source) {
        Ok(file) => file,
        Err(error) => {
            breach(format!("cannot be read: {error}"));
            return found;
        }
    };
    let mut used = Used::default();
    used.visit_file(&file);
    let module = module_of(path);
    let place = rooms.iter().position(|room| Some(room) == module.first());
    let part = module.get(1).map_or("", String::as_str);
    if used.methods.iter().any(|name| name == "unwrap") {
        breach("unwrap() outside tests".to_owned());
    }
    for name in &used.macros {
        if ["todo", "unimplemented", "dbg"].contains(&name.as_str()) {
            breach(format!("{name}!"));
        }
    }
    if used.attributes.iter().any(|name| name == "allow") {
        breach("#[allow]".to_owned());
    }
    if part == "rules" && used.has_async {
        breach("rules decide without waiting: async".to_owned());
    }
    for path_used in &used.paths {
        let text = path_used.join("::");
        let first = path_used[0].as_str();
        let database = ["sea_orm", "sqlx"].contains(&first);
        let http = ["poem", "poem_openapi", "hyper", "hyper_util", "http"].contains(&first);
        match part {
            "api" | "pages" if database => breach(format!("doors ask the database: {text}")),
            "actions" | "queries" if http => breach(format!("verbs know HTTP: {text}")),
            "rules" if database || http || first == "tokio" => breach(format!("rules use {text}")),
            _ => {}
        }
        if path != CLOCK && now(path_used) {
            breach(format!("asks the machine for the time: {text}"));
        }
        if !path.starts_with(DATABASE) && path_used.iter().any(|part| part == "DbBackend") {
            breach(format!("knows on which database it runs: {text}"));
        }
        let Some(target) = inside(&module, path_used) else { continue };
        let Some(target_place) = rooms.iter().position(|room| Some(room) == target.first()) else {
            continue;
        };
        if place.is_some_and(|place| target_place > place) {
            breach(format!("uses a room below: {text}"));
        }
        let is_site = module.first().is_some_and(|room| room == "site");
        let door = target.get(1).map(String::as_str).filter(|part| ["api", "pages"].contains(part));
        let is_own = module.first() == target.first() && door == Some(part);
        // What stands at the head of a room mounts its own pages.
        if door.is_some() && !(is_own || is_site || part.is_empty()) {
            breach(format!("reaches through a door: {text}"));
        }
        let tool = target.get(1).map_or("", String::as_str);
        let living = ["db", "web", "clock", "app", "outbox", "App", "Store", "Tx", "Clock"];
        if part == "rules" && target[0] == "platform" && living.contains(&tool) {
            breach(format!("rules use {text}"));
        }
        // A command can carry a token of a login; nothing else of the web is a verb's business.
        if part == "queries" && target[0] == "platform" && tool == "web" {
            breach(format!("reads know HTTP: {text}"));
        }
    }
    found
}

fn now(path: &[String]) -> bool {
    let clocks = ["Utc", "Local", "SystemTime"];
    path.windows(2).any(|pair| clocks.contains(&pair[0].as_str()) && pair[1] == "now")
}

/// What holds for every source file, whatever the crate.
fn manners(path: &str, source: &str, breach: &mut impl FnMut(String)) {
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

/// The files of tests that stand beside the sources, as `#[cfg(test)] mod tests;` declares them.
fn test_files(sources: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, source) in sources {
        let Ok(file) = syn::parse_file(source) else { continue };
        let mut used = Used::default();
        used.visit_file(&file);
        let folder = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        for name in used.test_modules {
            found.insert(format!("{folder}/{name}.rs"));
        }
    }
    found
}

fn sources(folder: &str) -> Vec<(String, String)> {
    files_below(folder, &["rs"])
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.to_string_lossy().into_owned(), text)
        })
        .collect()
}

#[test]
fn the_sources_keep_to_the_design() {
    let sources = sources("src");
    let rooms = rooms(&std::fs::read_to_string("src/lib.rs").unwrap());
    assert_eq!(rooms.first().map(String::as_str), Some("platform"));
    assert!(sources.len() > 80 && rooms.len() > 10);
    let tests = test_files(&sources);
    let mut found = Vec::new();
    for (path, source) in &sources {
        if tests.contains(path) {
            manners(path, source, &mut |what| found.push(format!("{path}: {what}")));
        } else {
            found.extend(breaches(path, source, &rooms));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Staff are no residents, and seeds are data of our own; every door for residents asks the intake.
#[test]
fn only_the_intake_reads_a_person() {
    let mut found = Vec::new();
    for (path, source) in sources("src") {
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
    assert!(found.is_empty(), "{found:#?}");
}

/// One name in the audit log for every look at people, so that an auditor filters by it.
#[test]
fn looks_at_people_are_recorded_in_one_way() {
    let mut found = Vec::new();
    for (path, source) in sources("src") {
        // What was refused is no look at anybody.
        let ours = ["src/platform/", "src/staff/actions/refusals.rs"];
        let is_ours = ours.iter().any(|own| path.starts_with(own));
        let code: String = source.split_whitespace().collect();
        if code.contains("store().look(") && !is_ours {
            found.push(path);
        } else if is_door(&path) && source.contains(".for_work()") {
            found.push(format!("{path}: shows people and records no look"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Whether a file is part of a door: API or pages.
fn is_door(path: &str) -> bool {
    let part = path.split('/').nth(2).unwrap_or_default();
    ["api", "pages"].contains(&part.trim_end_matches(".rs"))
}

/// The widest line of a template, in characters.
const WIDEST: usize = 120;

/// Templates are read and reviewed like sources.
#[test]
fn templates_are_not_wider_than_a_page() {
    let mut found = Vec::new();
    for path in files_below("src", &["html"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, line) in text.lines().enumerate() {
            if line.chars().count() > WIDEST || line.contains('\t') {
                found.push(format!("{}:{}", path.display(), at + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A room of the sources: `src/desk/pages.rs` and `src/desk.rs` are of the desk.
fn room_of(path: &str) -> &str {
    path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default()
}

/// Words and templates are used downward only too: what two rooms say stands in the upper one, or
/// in the texts of all.
#[test]
fn words_and_templates_come_from_above() {
    let rooms = rooms(&std::fs::read_to_string("src/lib.rs").unwrap());
    let place = |room: &str| rooms.iter().position(|own| own == room);
    shirube::site::open();
    let owners: BTreeMap<&str, &str> = words::rows().map(|(file, key, ..)| (key, file)).collect();
    let mut found = Vec::new();
    for path in files_below("src", &["rs", "html"]) {
        let path = path.to_string_lossy().into_owned();
        let Some(own) = place(room_of(&path)) else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        for quoted in text.split('"').skip(1).step_by(2) {
            let template = quoted.strip_suffix(".html").map(room_of);
            let other = owners.get(quoted).copied().or(template);
            if other.and_then(place).is_some_and(|other| other > own) {
                found.push(format!("{path}: {quoted}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_room_of_the_house_is_a_folder_and_every_folder_a_room() {
    let listed: BTreeSet<String> =
        rooms(&std::fs::read_to_string("src/lib.rs").unwrap()).into_iter().collect();
    for folder in std::fs::read_dir("src").unwrap().map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        // The program around the library: arguments and data sets.
        if folder.is_dir() && !["cli", "seeds"].contains(&name.as_str()) {
            assert!(listed.contains(&name), "{name} is not in lib.rs");
            assert!(folder.join("mod.rs").is_file(), "{name} does not say what it is");
        }
    }
}

#[test]
fn shapes_and_schema_stand_apart() {
    let mut found = Vec::new();
    for (path, source) in sources("migration/src").into_iter().chain(sources("entity/src")) {
        manners(&path, &source, &mut |what| found.push(format!("{path}: {what}")));
        let mut used = Used::default();
        used.visit_file(&syn::parse_file(&source).unwrap());
        let foreign = if path.starts_with("migration") {
            ["entity", "shirube"]
        } else {
            ["migration", "shirube"]
        };
        for used in used.paths.iter().filter(|used| foreign.contains(&used[0].as_str())) {
            found.push(format!("{path}: uses {}", used.join("::")));
        }
    }
    for (path, source) in sources("tests") {
        manners(&path, &source, &mut |what| found.push(format!("{path}: {what}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_test_is_left_out() {
    for (path, source) in sources("tests").into_iter().chain(sources("src")) {
        let mut used = Used::default();
        used.visit_file(&syn::parse_file(&source).unwrap());
        let left_out =
            used.attributes.iter().find(|name| ["ignore", "allow"].contains(&name.as_str()));
        assert!(left_out.is_none(), "{path}: {left_out:?}");
    }
}

/// The files of which no other says `mod`: they compile nothing and test nothing.
fn forgotten(sources: &[(String, String)]) -> Vec<&str> {
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
    sources.iter().map(|(path, _)| path.as_str()).filter(|path| is_forgotten(path)).collect()
}

#[test]
fn no_file_is_forgotten() {
    for folder in ["src", "tests", "entity/src", "migration/src"] {
        assert_eq!(forgotten(&sources(folder)), Vec::<&str>::new());
    }
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let control = [
        file("tests/it/main.rs", "mod races;\n// mod processes;"),
        file("tests/it/races.rs", ""),
        file("tests/it/processes.rs", ""),
    ];
    assert_eq!(forgotten(&control), ["tests/it/processes.rs"]);
}

/// The control: each of these sources does one thing that the design forbids.
#[test]
fn a_breach_is_found() {
    let rooms: Vec<String> =
        ["platform", "places", "bookings", "desk", "site"].map(str::to_owned).to_vec();
    let long = "// a line\n".repeat(MAX_LINES + 1);
    for (path, source, want) in [
        ("src/bookings/api.rs", "use sea_orm::EntityTrait;", "doors ask the database"),
        (
            "src/bookings/pages/list.rs",
            "fn a() { sea_orm::ColumnTrait::eq(); }",
            "doors ask the database",
        ),
        ("src/bookings/actions.rs", "use poem::Request;", "verbs know HTTP"),
        ("src/bookings/pages/list.rs", "use super::super::api::Item;", "reaches through a door"),
        ("src/bookings/api.rs", "use crate::bookings::pages;", "reaches through a door"),
        ("src/desk/pages.rs", "use crate::bookings::api::Item;", "reaches through a door"),
        ("src/bookings/actions/book.rs", "use crate::{places, desk::rules};", "uses a room below"),
        ("src/bookings/actions/book.rs", "use super::super::super::desk;", "uses a room below"),
        ("src/platform/db.rs", "fn a() -> crate::places::Venue { b() }", "uses a room below"),
        ("src/bookings/rules.rs", "use crate::platform::Store;", "rules use"),
        ("src/bookings/rules/offer.rs", "use crate::platform::clock::Clock;", "rules use"),
        ("src/bookings/rules.rs", "async fn a() {}", "without waiting"),
        ("src/bookings/rules.rs", "use sea_orm::Value;", "rules use"),
        ("src/bookings/queries.rs", "fn a() { b().unwrap(); }", "unwrap()"),
        ("src/bookings/queries.rs", "fn a() { println!(\"{}\", b().unwrap()); }", "unwrap()"),
        ("src/bookings/queries.rs", "fn a() { chrono::Utc::now(); }", "asks the machine"),
        ("src/bookings/queries.rs", "use sea_orm::DbBackend;", "on which database"),
        ("src/bookings/queries.rs", "#[allow(dead_code)] fn a() {}", "#[allow]"),
        ("src/bookings/queries.rs", "fn a() { todo!() }", "todo!"),
        ("src/bookings/utils.rs", "", "a name that says nothing"),
        ("src/bookings/queries.rs", long.as_str(), "601 lines"),
    ] {
        let found = breaches(path, source, &rooms);
        assert!(found.iter().any(|breach| breach.contains(want)), "{path} {source}: {found:?}");
    }
    for (path, source) in [
        ("src/desk/actions.rs", "use crate::bookings::{actions, queries};"),
        ("src/bookings/queries.rs", "#[cfg(test)] mod tests { fn a() { b().unwrap(); } }"),
        ("src/bookings/rules.rs", "use crate::platform::Error; use super::queries_of_nothing;"),
    ] {
        assert_eq!(breaches(path, source, &rooms), Vec::<String>::new(), "{path}");
    }
}
