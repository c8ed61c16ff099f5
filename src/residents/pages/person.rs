//! `/people/{id}`: what is known of a person, and what happened.

use askama::Template;
use entity::ResidentId;
use entity::residents::resident::{Mobility, Need, Standing};
use entity::residents::resident_question;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::platform::Result;
use crate::platform::japan::PhoneNumber;
use crate::platform::text::characters::is_private;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::residents::timeline::{self, TimelineItem};
use crate::residents::{Card, Desk, queries, rules};

/// Lines of a timeline on one page.
const LINES: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TimelineQuery {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "residents/pages/person.html")]
struct PersonPage {
    page: Page,
    card: Card,
    lines: Vec<TimelineItem>,
    older: Option<String>,
    is_older: bool,
    /// Open questions whether another record is this person.
    questions: Vec<resident_question::Model>,
}

impl PersonPage {
    /// Name, age and area, as far as they are known.
    fn about(&self) -> String {
        let (page, person) = (&self.page, &self.card.resident);
        let today = page.ctx.today();
        let age = rules::age_band_on(person.birth_on, person.birth_year, person.age_band, today);
        let area = self.card.area(page.ctx.lang).map(str::to_owned);
        let parts = [person.name.clone(), age.map(|age| page.word("age_band", age)), area];
        joined(parts, page.pick("・", " · "))
    }

    /// What to mind when speaking and meeting.
    fn needs(&self) -> Vec<String> {
        let (page, person) = (&self.page, &self.card.resident);
        let hard = |need: &Need| *need == Need::Hard;
        let mobility = person.mobility.filter(|mobility| *mobility != Mobility::Fine);
        let needs = [
            person.hearing.filter(hard).map(|need| ("hearing", need.as_str())),
            person.vision.filter(hard).map(|need| ("vision", need.as_str())),
            mobility.map(|mobility| ("mobility", mobility.as_str())),
        ];
        let word = |(what, how): (&str, &str)| page.word(&format!("hearing.{what}"), how);
        needs.into_iter().flatten().map(word).collect()
    }

    /// What is known: the key of its name, and itself.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let (page, card, person) = (&self.page, &self.card, &self.card.resident);
        let comma = page.pick("、", ", ");
        let ways = card.channels.iter().map(|way| Some(page.word("hearing.channels", way)));
        let barriers = card.barriers.iter().map(|why| Some(page.word("hearing.reasons", why)));
        let device = person.device.map(|device| page.word("device", device));
        let postal = person.postal_code.as_ref().map(|code| format!("〒{code}"));
        let birth = match (person.birth_on, person.birth_year) {
            (Some(date), _) => rules::day_words(page.ctx.lang, date),
            (None, Some(year)) => rules::birth_year_words(page.ctx.lang, year),
            (None, None) => String::new(),
        };

        let facts = [
            ("people.birth", birth),
            ("people.order", joined(ways, page.pick("、つぎに", ", then "))),
            ("people.helper", person.helper.clone().unwrap_or_default()),
            (
                "people.device",
                joined([device, person.device_carrier.clone(), person.device_os.clone()], comma),
            ),
            ("people.barriers", joined(barriers, comma)),
            ("people.address", joined([postal, person.address.clone()], " ")),
            ("people.email", person.email.clone().unwrap_or_default()),
        ];
        facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// A number, with the word whose it is.
    fn phone(&self, number: &PhoneNumber) -> String {
        let whose = self.card.owners.get(number.digits());
        rules::with_owner(self.page.ctx.lang, number.in_full(), whose)
    }

    /// Whether the name has characters that no printer knows.
    fn is_unprintable(&self) -> bool {
        self.card.resident.name.as_ref().is_some_and(|name| name.chars().any(is_private))
    }

    fn day(&self, line: &TimelineItem) -> String {
        rules::day_words(self.page.ctx.lang, line.at.date_naive())
    }
}

/// Those parts that there are.
fn joined(parts: impl IntoIterator<Item = Option<String>>, by: &str) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(by)
}

#[handler]
pub async fn show(
    visit: Visit<Desk>,
    Path(id): Path<ResidentId>,
    Query(query): Query<TimelineQuery>,
) -> Result<Response> {
    let (db, scope) = (visit.db(), &visit.scope);
    let after = query.after.as_deref();
    let card = queries::get_card(db, scope, id).await?;
    let past = timeline::page(db, scope, id, LINES, after).await?;
    let (card, past) = visit.saw(card.and(past), "person_page").await?;
    let questions = queries::open_questions_of(db, scope, id).await?;

    let page = visit.page;
    let past = past.map(|line| TimelineItem::of(&line, page.ctx.lang));
    render(&PersonPage {
        card,
        lines: past.items,
        older: past.next,
        is_older: after.is_some(),
        questions,
        page,
    })
}
