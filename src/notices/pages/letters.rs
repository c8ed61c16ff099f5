//! `/post/letters`: the letters themselves, one A4 page a person, for window envelopes.

use askama::Template;
use chrono::NaiveDate;
use entity::DeliveryId;
use entity::notices::delivery::DeliveryState;
use entity::places::municipality;
use entity::residents::contact_channel::Channel;
use entity::residents::resident;
use poem::{Response, handler};

use super::{Batch, record_look};
use crate::notices::message::{Fact, date_text, office_name, printed_name};
use crate::notices::queries::{self, Item};
use crate::places::queries as places;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::web::qr::{self, Qr};
use crate::platform::{App, Ctx, Error, Lang, Result, actor};
use crate::surveys::rules::{Moment, Questionnaire};
use crate::surveys::sheet::Sheet;

/// Lines of an address that the window of the envelope shows.
const ADDRESS_LINES: usize = 3;

#[derive(Template)]
#[template(path = "notices/pages/letters.html")]
struct Letters {
    page: Page,
    /// The same page in the language of the letters.
    paper: Page,
    letters: Vec<Letter>,
    office: String,
    office_postal: String,
    office_address: String,
    office_phone: String,
    date: String,
    ids: Vec<i64>,
}

struct Letter {
    id: i64,
    postal: Option<String>,
    address: Vec<String>,
    name: String,
    number: String,
    headline: String,
    opening: String,
    closing: String,
    facts: Vec<Fact>,
    qr: Qr,
    /// The questions, where the letter asks some.
    sheet: Option<Sheet>,
}

#[handler]
pub async fn show(page: Page, ctx: Ctx, app: App, asked: Query<Batch>) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    let reader = app.store().reader();
    let office = places::get_municipality(reader, scope.municipality_id).await?;
    let ids: Vec<DeliveryId> = asked.0.ids();
    // Only what was marked as printed: a letter on paper must have its line in the record.
    let items: Vec<Item> = queries::items_by_ids(reader, &scope, &ids)
        .await?
        .into_iter()
        .filter(|item| {
            item.delivery.channel == Channel::Letter
                && item.delivery.state == DeliveryState::Printed
                && item.person.is_active()
        })
        .collect();
    let people: Vec<_> = items.iter().map(|item| item.person.resident.id).collect();
    record_look(&app, &ctx, &people, "post").await?;
    // Whom a letter is for, not who prints it, decides about its language; of nobody is another
    // language known.
    let lang = Lang::Ja;
    let base_url = &app.config().base_url;
    let letters: Result<Vec<Letter>> =
        items.iter().map(|item| letter(item, &office, base_url, lang)).collect();
    let paper = Page { ctx: Ctx { lang, ..page.ctx.clone() }, ..page.clone() }.of(&office);
    render(&Letters {
        letters: letters?,
        office: office_name(&office, lang),
        office_postal: office.postal_code,
        office_address: office.address,
        office_phone: office.phone,
        date: issue_date(lang, ctx.today()),
        ids: items.iter().map(|item| item.delivery.id.0).collect(),
        paper,
        page,
    })
}

fn letter(item: &Item, office: &municipality::Model, base_url: &str, lang: Lang) -> Result<Letter> {
    let words = item.words(office, lang, true);
    let resident = &item.person.resident;
    let link = item.link(base_url).unwrap_or_else(|| format!("{base_url}/my"));
    let sheet = match &item.survey {
        Some(survey) => {
            let set = Questionnaire::find(&survey.follow_up.questionnaire);
            let set = set.ok_or(Error::internal("an unknown questionnaire"))?;
            Some(Sheet::new(set, Moment::ThreeMonths, Some((&survey.code(), &link)), lang)?)
        }
        None => None,
    };
    Ok(Letter {
        id: item.delivery.id.0,
        postal: resident.postal_code.as_deref().map(postal_text),
        address: address_lines(resident),
        name: printed_name(resident).to_owned(),
        number: item.number().1,
        headline: words.headline(),
        opening: words.opening(),
        closing: words.closing(),
        facts: words.facts(),
        qr: qr::encode(&link)?,
        sheet,
    })
}

/// 「令和6年（2024年）7月1日」: the day of the week says nothing about a letter.
fn issue_date(lang: Lang, date: NaiveDate) -> String {
    let text = date_text(lang, date, true);
    match lang {
        Lang::Ja => text.rsplit_once('（').map_or(text.clone(), |(day, _)| day.to_owned()),
        Lang::En => text,
    }
}

/// 「102-0074」, however it was stored.
fn postal_text(stored: &str) -> String {
    let digits: String = stored.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        7 => format!("{}-{}", &digits[..3], &digits[3..]),
        _ => stored.to_owned(),
    }
}

/// A full-width space or a line break begins the next line (方書); what is too much joins the last.
fn address_lines(resident: &resident::Model) -> Vec<String> {
    let address = resident.address.as_deref().unwrap_or_default();
    address
        .splitn(ADDRESS_LINES, ['\n', '　'])
        .map(|line| line.replace(['\n', '\r'], " ").trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postal_code_has_its_hyphen() {
        assert_eq!(postal_text("1020074"), "102-0074");
        assert_eq!(postal_text("102-0074"), "102-0074");
    }
}
