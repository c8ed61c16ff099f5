//! `/post/letters`: the letters themselves, for window envelopes, each person on sheets of their own.

use askama::Template;
use entity::DeliveryId;
use entity::places::municipality;
use poem::{Response, handler};

use super::Batch;
use crate::notices::dispatch::Dispatch;
use crate::notices::letter::{self, Letter, Setting};
use crate::notices::queries::{self, Printed};
use crate::places::queries as places;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::web::qr::{self, Qr};
use crate::platform::{Ctx, Error, Lang, Result};
use crate::residents::Desk;
use crate::surveys::rules::{Moment, Questionnaire};
use crate::surveys::sheet::Sheet;

/// Pages of a letter, and of the sheet with the questions.
const LETTER_PAGES: usize = 1;
const SHEET_PAGES: usize = 2;

#[derive(Template)]
#[template(path = "notices/pages/letters.html")]
struct Letters {
    page: Page,
    /// The same page in the language of the letters.
    paper: Page,
    posts: Vec<Post>,
    /// Letters that something has overtaken since they were printed.
    left_out: Option<usize>,
}

/// What goes into one envelope.
struct Post {
    id: DeliveryId,
    letter: Letter,
    qr: Qr,
    /// The questions, where the letter asks some.
    sheet: Option<Sheet>,
}

impl Post {
    /// The keys of the words beside the QR, and of its label.
    fn qr_keys(&self) -> (&'static str, &'static str) {
        match self.sheet {
            Some(_) => ("sheet.qr", "sheet.qr.label"),
            None => ("letter.qr", "letter.qr.label"),
        }
    }

    fn class(&self) -> &'static str {
        match self.letter.setting {
            Setting::Large => "sheet letter",
            Setting::Small => "sheet letter letter-small",
        }
    }
}

impl Letters {
    /// All pages, the empty ones too: a letter and its empty back, a sheet with its own two sides.
    fn page_count(&self) -> usize {
        let of = |post: &Post| match post.sheet {
            Some(_) => (LETTER_PAGES + 1) + SHEET_PAGES,
            None => LETTER_PAGES + 1,
        };
        self.posts.iter().map(of).sum()
    }

    fn sides(&self) -> String {
        let (pages, sheets) = (self.page_count().to_string(), (self.page_count() / 2).to_string());
        self.page.f("post.preview.sides", &[("pages", &pages), ("sheets", &sheets)])
    }
}

#[handler]
pub async fn show(visit: Visit<Desk>, Query(batch): Query<Batch>) -> Result<Response> {
    let (db, scope) = (visit.db(), &visit.scope);
    let office = places::get_municipality(db, scope.municipality_id).await?;
    let found = queries::printed(db, scope, &batch.ids, visit.ctx.now).await?;
    let Printed { letters, overtaken } = visit.saw(found, "post").await?;

    let Visit { page, by } = visit;
    // Whom a letter is for, not who prints it, decides about its language; of nobody is another
    // language known.
    let paper =
        Page { ctx: Ctx { lang: Lang::Ja, ..page.ctx.clone() }, ..page.clone() }.of(&office);
    let base_url = &by.app.config().base_url;
    let posts: Result<Vec<Post>> =
        letters.iter().map(|item| post(item, &office, base_url, &paper.ctx)).collect();
    render(&Letters { posts: posts?, left_out: (overtaken > 0).then_some(overtaken), paper, page })
}

fn post(item: &Dispatch, office: &municipality::Model, base_url: &str, ctx: &Ctx) -> Result<Post> {
    let letter = letter::compose(item, office, ctx.lang, ctx.today())?;
    let link = item.link(base_url).unwrap_or_else(|| format!("{base_url}/my"));
    let sheet = match &item.survey {
        Some(survey) => {
            let set = Questionnaire::find(&survey.follow_up.questionnaire);
            let set = set.ok_or(Error::internal("an unknown questionnaire"))?;
            Some(Sheet::new(set, Moment::ThreeMonths, Some((&survey.code(), &link)), ctx.lang)?)
        }
        None => None,
    };
    Ok(Post { id: item.delivery.id, letter, qr: qr::encode(&link)?, sheet })
}
