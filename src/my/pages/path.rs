//! わたしのみちしるべ: the steps of a person's path, each with its reason.

use askama::Template;
use poem::{Response, handler};

use super::Guest;
use super::jar::Jar;
use super::owner::proved;
use crate::my::proof::{Reach, opens_path};
use crate::my::queries;
use crate::my::view::{Sign, signs};
use crate::platform::Result;
use crate::platform::web::Page;
use crate::platform::web::page::{redirect, render};
use crate::{residents, surveys};

#[derive(Template)]
#[template(path = "my/pages/path.html")]
struct PathPage {
    page: Page,
    name: String,
    signs: Vec<Sign>,
    /// The key of the stage that the person has reached.
    stage: &'static str,
    /// The booking number does not lead to the path.
    closed: bool,
}

impl PathPage {
    /// How far the person has come. Nothing counts to none: a path that begins is said in words.
    fn count(&self) -> String {
        let done = self.signs.iter().filter(|sign| sign.standing == "done").count();
        let (total, walked) = (self.signs.len().to_string(), done.to_string());
        match done {
            0 => self.page.f1("path.count.none", "total", total),
            _ => self.page.f("path.count", &[("total", &total), ("done", &walked)]),
        }
    }
}

/// `GET /my/path`
#[handler]
pub async fn path(guest: Guest, jar: Jar) -> Result<Response> {
    let proved = proved(&guest, &jar).await?;
    let Some(mine) = proved.filter(|mine| mine.reach == Reach::Person) else {
        return Ok(redirect("/my?to=path"));
    };
    if !opens_path(mine.row.booking.via, mine.is_settled()) {
        let (name, signs) = (String::new(), Vec::new());
        return render(&PathPage { page: guest.page, name, signs, stage: "", closed: true });
    }

    let (db, scope) = (guest.db(), mine.scope());
    let person = residents::queries::get(db, &scope, mine.person.id).await?;
    let steps = queries::own_steps(db, &scope, person.id).await?;
    let signs = signs(steps, guest.ctx.lang, guest.ctx.now);
    let stage = surveys::queries::progress(db, &scope, person.id).await?.stage.own_key();
    let name = person.name.unwrap_or(person.kana);
    render(&PathPage { page: guest.page, name, signs, stage, closed: false })
}
