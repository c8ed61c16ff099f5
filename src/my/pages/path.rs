//! わたしのみちしるべ: the steps of a person's path, each with its reason.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::paths::path_step::{StepKind, StepState};
use entity::sessions::session::SessionKind;
use poem::{Response, handler};

use super::jar::Jar;
use super::mine::proved;
use super::view::When;
use crate::my::proof::{Reach, opens_path};
use crate::my::queries;
use crate::paths::queries::StepView;
use crate::platform::web::Page;
use crate::platform::web::page::{redirect, render};
use crate::platform::{App, Ctx, Lang, Result};
use crate::{residents, surveys};

/// A step as the page shows it.
struct Sign {
    kind_key: String,
    /// `done`, `now` or `later`: names class and wording.
    standing: &'static str,
    when: Option<When>,
    place: String,
    why: String,
    /// Where a day for it can be chosen.
    link: Option<String>,
    missed: bool,
}

#[derive(Template)]
#[template(path = "my/pages/path.html")]
struct PathPage {
    page: Page,
    name: String,
    signs: Vec<Sign>,
    done: usize,
    /// The key of the stage that the person has reached.
    stage: &'static str,
    /// The booking number does not lead to the path.
    closed: bool,
}

impl PathPage {
    /// How far the person has come. Nothing counts to none: a path that begins is said in words.
    fn count(&self) -> String {
        let (total, done) = (self.signs.len().to_string(), self.done.to_string());
        match self.done {
            0 => self.page.f("path.count.none", &[("total", &total)]),
            _ => self.page.f("path.count", &[("total", &total), ("done", &done)]),
        }
    }
}

/// `GET /my/path`
#[handler]
pub async fn path(page: Page, ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let proved = proved(&app, &ctx, &jar).await?;
    let Some(mine) = proved.filter(|mine| mine.reach == Reach::Person) else {
        return Ok(redirect("/my?to=path"));
    };

    let (db, scope) = (app.store().reader(), mine.scope());
    if !opens_path(mine.row.booking.via, mine.is_settled()) {
        let (name, signs) = (String::new(), Vec::new());
        return render(&PathPage { page, name, signs, done: 0, stage: "", closed: true });
    }

    let person = residents::queries::get(db, &scope, mine.person.id).await?;
    let steps = queries::own_steps(db, &scope, person.id).await?;
    let signs = signs(steps, ctx.lang, ctx.now);
    let progress = surveys::queries::progress(db, &scope, person.id).await?;
    let stage = progress.stage.own_key();
    let done = signs.iter().filter(|sign| sign.standing == "done").count();
    let name = person.name.unwrap_or(person.kana);
    render(&PathPage { page, name, signs, done, stage, closed: false })
}

impl Sign {
    fn state_key(&self) -> &'static str {
        match self.standing {
            "done" => "path.done",
            "now" => "path.now",
            _ => "path.later",
        }
    }
}

/// The steps that are not dropped: finished, the next one, and those to come.
fn signs(steps: Vec<StepView>, lang: Lang, now: DateTime<Utc>) -> Vec<Sign> {
    let mut next_found = false;
    steps
        .into_iter()
        .filter(|view| view.step.state != StepState::Dropped)
        .map(|view| {
            let done = view.step.state == StepState::Done;
            let standing = match (done, next_found) {
                (true, _) => "done",
                (false, false) => {
                    next_found = true;
                    "now"
                }
                (false, true) => "later",
            };
            sign(view, standing, lang, now)
        })
        .collect()
}

fn sign(view: StepView, standing: &'static str, lang: Lang, now: DateTime<Utc>) -> Sign {
    let StepView { step, booking } = view;
    let booked = matches!(step.state, StepState::Booked | StepState::Done);
    let booking = booking.filter(|_| booked);
    let kind_key = match (step.kind, step.by_phone) {
        (StepKind::Consultation, true) => "path.by_phone".to_owned(),
        (kind, _) => format!("kind.{kind}"),
    };
    // Practice at home, calls and the survey have no day to choose.
    let bookable = SessionKind::from_text(step.kind.as_str()).is_some() && !step.by_phone;
    let open = standing == "now" && booking.is_none() && bookable;

    Sign {
        kind_key,
        standing,
        when: booking.as_ref().map(|row| {
            let (start, end) = row.span();
            When::new(lang, start, end, now)
        }),
        place: booking.map_or_else(String::new, |row| {
            lang.pick(&row.venue.name_ja, &row.venue.name_en).to_owned()
        }),
        why: lang.pick(&step.reason_ja, &step.reason_en).to_owned(),
        link: open.then(|| format!("/events?kind={}", step.kind)),
        missed: step.state == StepState::Missed,
    }
}
