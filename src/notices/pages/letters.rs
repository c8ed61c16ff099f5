//! `/post/letters`: the letters themselves, for window envelopes, each person on sheets of their own.

use askama::Template;
use entity::DeliveryId;
use entity::notices::delivery::DeliveryState;
use entity::places::municipality;
use entity::residents::contact_channel::Channel;
use poem::{Response, handler};

use super::Batch;
use crate::notices::letter::{self, Letter, Setting};
use crate::notices::queries::{self, Item};
use crate::places::queries as places;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::web::qr::{self, Qr};
use crate::platform::{App, Ctx, Error, Lang, Result, actor};
use crate::residents;
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
    office_phone: String,
    ids: Vec<i64>,
    /// Letters that something has overtaken since they were printed.
    left_out: Option<usize>,
}

/// What goes into one envelope.
struct Post {
    id: i64,
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
pub async fn show(page: Page, ctx: Ctx, app: App, asked: Query<Batch>) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    let reader = app.store().reader();
    let office = places::get_municipality(reader, scope.municipality_id).await?;
    let ids: Vec<DeliveryId> = asked.0.ids();
    // Only what was marked as printed: a letter on paper must have its line in the record.
    let (items, changed): (Vec<Item>, Vec<Item>) = queries::items_by_ids(reader, &scope, &ids)
        .await?
        .into_iter()
        .filter(|item| {
            item.delivery.channel == Channel::Letter
                && item.delivery.state == DeliveryState::Printed
                && item.person.is_active()
        })
        .partition(|item| item.overtaken(ctx.now).is_none());
    let people: Vec<_> = items.iter().map(|item| item.person.resident.id).collect();
    residents::record_look(&app, &ctx, &people, "post").await?;
    // Whom a letter is for, not who prints it, decides about its language; of nobody is another
    // language known.
    let paper =
        Page { ctx: Ctx { lang: Lang::Ja, ..page.ctx.clone() }, ..page.clone() }.of(&office);
    let base_url = &app.config().base_url;
    let posts: Result<Vec<Post>> =
        items.iter().map(|item| post(item, &office, base_url, &paper.ctx)).collect();
    render(&Letters {
        posts: posts?,
        office_phone: office.phone,
        ids: items.iter().map(|item| item.delivery.id.0).collect(),
        left_out: (!changed.is_empty()).then_some(changed.len()),
        paper,
        page,
    })
}

fn post(item: &Item, office: &municipality::Model, base_url: &str, ctx: &Ctx) -> Result<Post> {
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
    Ok(Post { id: item.delivery.id.0, letter, qr: qr::encode(&link)?, sheet })
}
