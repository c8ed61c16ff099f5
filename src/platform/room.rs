//! What a room brings with it, so that the house needs to know no room.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use entity::ResidentId;
use poem::Route;

use super::outbox::Handlers;
use super::web::door::Rights;
use super::{App, Ctx, FieldError, Result};

/// Finds what hangs on a person, for [`Room::hangs`].
pub type Hangs = for<'a> fn(&'a App, &'a Ctx, ResidentId) -> Points<'a>;

/// What hangs on somebody, still to be found.
pub type Points<'a> = Pin<Box<dyn Future<Output = Result<Hanging>> + Send + 'a>>;

/// What goes with somebody.
#[derive(Clone, Debug, Default)]
pub struct Hanging {
    /// By what it is known again, in whatever language it is said.
    pub seen: String,
    /// Each thing in a sentence.
    pub points: Vec<FieldError>,
}

/// A room: all that the house has to know of it.
#[derive(Debug)]
pub struct Room {
    pub name: &'static str,
    /// Its texts: key, Japanese, English, separated by tabs (`seeds/wording/`).
    pub words: &'static str,
    /// The keys that its doors have.
    pub rights: &'static [Rights],
    /// Where it stands in the menu of the staff.
    pub menu: &'static [Entry],
    /// Its style sheets and scripts.
    pub assets: &'static [Asset],
    /// Which function does which kind of job.
    pub jobs: Handlers,
    /// Mounts its pages.
    pub pages: fn(Route) -> Route,
    /// What goes when a person is not there any more, as points of the question before it.
    pub hangs: Option<Hangs>,
}

impl Room {
    /// A room without anything but its texts.
    pub const fn new(name: &'static str, words: &'static str) -> Self {
        Self {
            name,
            words,
            rights: &[],
            menu: &[],
            assets: &[],
            jobs: &[],
            pages: |route| route,
            hangs: None,
        }
    }
}

/// A file that pages need, embedded.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    pub name: &'static str,
    pub content_type: &'static str,
    pub body: &'static str,
}

impl Asset {
    /// A style sheet.
    pub const fn css(name: &'static str, body: &'static str) -> Self {
        Self { name, content_type: "text/css; charset=utf-8", body }
    }

    /// A script.
    pub const fn script(name: &'static str, body: &'static str) -> Self {
        Self { name, content_type: "text/javascript; charset=utf-8", body }
    }

    /// A picture.
    pub const fn svg(name: &'static str, body: &'static str) -> Self {
        Self { name, content_type: "image/svg+xml", body }
    }
}

/// One line of the menu.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its heading is the wording `nav.group.<group>`.
    pub group: &'static str,
    /// The order in the whole menu; entries of one group stand together.
    pub place: u8,
    pub path: &'static str,
    /// Wording key of the link.
    pub words: &'static str,
    /// Who sees it.
    pub opens: fn(&Ctx) -> bool,
    /// For whom it is where a login leads, and before which others: the smallest number wins.
    pub home: fn(&Ctx) -> Option<u8>,
}

impl Entry {
    /// An entry to which no login leads.
    pub const fn new(
        (group, place): (&'static str, u8),
        path: &'static str,
        words: &'static str,
        opens: fn(&Ctx) -> bool,
    ) -> Self {
        Self { group, place, path, words, opens, home: |_| None }
    }
}

/// A heading of the menu with the links below it.
#[derive(Debug)]
pub struct Group {
    pub name: &'static str,
    pub entries: Vec<Entry>,
}

static ROOMS: OnceLock<&'static [&'static Room]> = OnceLock::new();

/// Opens the house with these rooms. The first call counts.
pub fn open(rooms: &'static [&'static Room]) {
    let _ = ROOMS.set(rooms);
}

/// All rooms of the house.
pub fn all() -> &'static [&'static Room] {
    #[cfg(test)]
    whole::open();
    ROOMS.get().copied().unwrap_or_default()
}

/// What the actor may open, in the order of the menu.
pub fn menu(ctx: &Ctx) -> Vec<Group> {
    let mut entries: Vec<Entry> = all().iter().flat_map(|room| room.menu).copied().collect();
    entries.retain(|entry| (entry.opens)(ctx));
    entries.sort_by_key(|entry| entry.place);

    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        match groups.last_mut().filter(|group| group.name == entry.group) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { name: entry.group, entries: vec![entry] }),
        }
    }
    groups
}

/// The page to which a login leads the actor; none for whom no room has work.
pub fn home(ctx: &Ctx) -> Option<&'static str> {
    let entries = all().iter().flat_map(|room| room.menu);
    let ranked = entries.filter_map(|entry| Some(((entry.home)(ctx)?, entry.path)));
    ranked.min().map(|(_, path)| path)
}

/// What hangs on a person in all rooms.
///
/// # Errors
/// Those of the rooms.
pub async fn hanging(app: &App, ctx: &Ctx, person: ResidentId) -> Result<Hanging> {
    let mut whole = Hanging::default();
    for hangs in all().iter().filter_map(|room| room.hangs) {
        let found = hangs(app, ctx, person).await?;
        whole.seen.push_str(&found.seen);
        whole.points.extend(found.points);
    }
    Ok(whole)
}

/// A unit test of one room stands in the whole house.
#[cfg(test)]
mod whole {
    pub fn open() {
        super::open(crate::site::ROOMS);
    }
}
