//! Who may use whom, and what no source of the house does.

use super::File;
use super::laws::{MAX_LINES, manners};
use super::used::{Used, inside, module_of, test_files};

/// The one file that asks the machine for the time.
const CLOCK: &str = "src/platform/clock.rs";
/// The one file that may know on which database it runs.
const DATABASE: &str = "src/platform/db";

/// What the sources of the main crate do against the design; tests beside them have manners only.
pub fn breaches_of(sources: &[File], rooms: &[String]) -> Vec<String> {
    let tests = test_files(sources);
    let mut found = Vec::new();
    for (path, source) in sources {
        if tests.contains(path) {
            manners(path, source, &mut |what| found.push(format!("{path}: {what}")));
        } else {
            found.extend(breaches(path, source, rooms));
        }
    }
    found
}

/// What a source file of the main crate does against the design.
fn breaches(path: &str, source: &str, rooms: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut breach = |what: String| found.push(format!("{path}: {what}"));
    manners(path, source, &mut breach);

    let used = match Used::of(source) {
        Ok(used) => used,
        Err(error) => {
            breach(format!("cannot be read: {error}"));
            return found;
        }
    };

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
        let http = ["poem", "poem_openapi", "hyper", "hyper_util", "http"].contains(&first)
            && !is_shape(part, path_used);

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

/// Whether a path says what a value looks like in the document, which both doors share: views of
/// queries and rules, commands of actions. All else of HTTP is the business of doors.
fn is_shape(part: &str, path: &[String]) -> bool {
    let shapes: &[&str] = match part {
        "queries" | "rules" => &["Object", "Enum"],
        "actions" => &["Object"],
        _ => &[],
    };
    matches!(path, [owner, name] if owner == "poem_openapi" && shapes.contains(&name.as_str()))
}

fn now(path: &[String]) -> bool {
    let clocks = ["Utc", "Local", "SystemTime"];
    path.windows(2).any(|pair| clocks.contains(&pair[0].as_str()) && pair[1] == "now")
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
        ("src/bookings/actions/book.rs", "use poem_openapi::Enum;", "verbs know HTTP"),
        ("src/bookings/actions.rs", "use poem_openapi::{Object, OpenApi};", "verbs know HTTP"),
        ("src/bookings/actions.rs", "#[derive(poem_openapi::Union)] enum A {}", "verbs know HTTP"),
        (
            "src/bookings/queries/mod.rs",
            "use poem_openapi::{Object, payload::Json};",
            "verbs know HTTP",
        ),
        ("src/bookings/queries/mod.rs", "use poem_openapi::*;", "verbs know HTTP"),
        ("src/bookings/queries/mod.rs", "use poem_openapi as doors;", "verbs know HTTP"),
        ("src/bookings/queries/mod.rs", "use http::StatusCode;", "verbs know HTTP"),
        ("src/bookings/queries/mod.rs", "use poem::Object;", "verbs know HTTP"),
        ("src/bookings/rules/mod.rs", "use poem_openapi::Tags;", "rules use"),
        ("src/bookings/rules/mod.rs", "use poem_openapi::types::Type;", "rules use"),
        (
            "src/bookings/rules/mod.rs",
            "#[derive(Clone, poem_openapi::Tags)] enum A {}",
            "rules use",
        ),
        (
            "src/bookings/rules/mod.rs",
            "#[derive(sea_orm::FromQueryResult)] struct A {}",
            "rules use",
        ),
        ("src/bookings/pages/list.rs", "use super::super::api::Item;", "reaches through a door"),
        ("src/bookings/api.rs", "use crate::bookings::pages;", "reaches through a door"),
        ("src/desk/pages/mod.rs", "use crate::bookings::api::Item;", "reaches through a door"),
        ("src/bookings/actions/book.rs", "use crate::{places, desk::rules};", "uses a room below"),
        ("src/bookings/actions/book.rs", "use super::super::super::desk;", "uses a room below"),
        ("src/platform/db/mod.rs", "fn a() -> crate::places::Venue { b() }", "uses a room below"),
        ("src/bookings/rules/mod.rs", "use crate::platform::Store;", "rules use"),
        ("src/bookings/rules/offer.rs", "use crate::platform::clock::Clock;", "rules use"),
        ("src/bookings/rules/mod.rs", "async fn a() {}", "without waiting"),
        ("src/bookings/rules/mod.rs", "use sea_orm::Value;", "rules use"),
        ("src/bookings/queries/mod.rs", "fn a() { b().unwrap(); }", "unwrap()"),
        ("src/bookings/queries/mod.rs", "fn a() { println!(\"{}\", b().unwrap()); }", "unwrap()"),
        ("src/bookings/queries/mod.rs", "fn a() { chrono::Utc::now(); }", "asks the machine"),
        ("src/bookings/queries/mod.rs", "use sea_orm::DbBackend;", "on which database"),
        ("src/bookings/queries/mod.rs", "#[allow(dead_code)] fn a() {}", "#[allow]"),
        ("src/bookings/queries/mod.rs", "fn a() { todo!() }", "todo!"),
        ("src/bookings/utils.rs", "", "a name that says nothing"),
        ("src/bookings/queries/mod.rs", long.as_str(), "601 lines"),
    ] {
        let found = breaches(path, source, &rooms);
        assert!(found.iter().any(|breach| breach.contains(want)), "{path} {source}: {found:?}");
    }

    for (path, source) in [
        ("src/desk/actions/mod.rs", "use crate::bookings::{actions, queries};"),
        ("src/bookings/queries/mod.rs", "#[cfg(test)] mod tests { fn a() { b().unwrap(); } }"),
        ("src/bookings/rules/mod.rs", "use crate::platform::Error; use super::queries_of_nothing;"),
        (
            "src/bookings/rules/mod.rs",
            "use poem_openapi::{Enum, Object}; #[derive(Enum)] enum A {}",
        ),
        ("src/bookings/rules/mod.rs", "#[derive(Debug, poem_openapi::Object)] struct A { a: i64 }"),
        ("src/bookings/queries/list.rs", "use poem_openapi::Object;"),
        (
            "src/bookings/queries/mod.rs",
            "#[derive(poem_openapi::Enum)] #[oai(rename = \"A\")] enum B {}",
        ),
        ("src/bookings/actions/book.rs", "#[derive(poem_openapi::Object)] struct A { a: i64 }"),
        ("src/bookings/actions.rs", "use poem_openapi::Object;"),
        ("src/bookings/api.rs", "use poem_openapi::{Object, OpenApi, payload::Json};"),
    ] {
        assert_eq!(breaches(path, source, &rooms), Vec::<String>::new(), "{path}");
    }
}
