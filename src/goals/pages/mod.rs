//! Pages of goals: what everybody may see, and what staff keep.

mod compose;
mod item;
mod open;
mod public;
mod rows;
mod staff;
mod view;

use poem::{Route, get, post};

use crate::platform::japan::amount;
use crate::platform::web::Page;
use crate::platform::web::door::Returned;
use crate::platform::{Error, Result};

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/progress", get(public::show_index))
        .at("/progress/:code", get(public::show_town))
        .at("/progress/:code/:edition", get(public::show_edition))
        .at("/open/:code/quarter_code.csv", get(open::send_table))
        .at("/open/:code/quarter_code_definition.csv", get(open::send_definition))
        .at("/open/:code/quarter_code.json", get(open::send_objects))
        .at("/goals", get(staff::show_plans))
        .at("/goals/new", get(compose::show).post(compose::post))
        .at("/goals/editions/:id/themes/new", get(compose::show).post(compose::post))
        .at("/goals/editions/:id/items/new", get(compose::show).post(compose::post))
        .at("/goals/items/:id/measures/new", get(compose::show).post(compose::post))
        .at("/goals/items/:id/remove", post(item::remove))
        .at("/goals/editions/:id", get(staff::show_edition))
        .at("/goals/editions/:id/compare", get(staff::show_comparison))
        .at("/goals/editions/:id/draft", post(staff::draft))
        .at("/goals/editions/:id/publish", post(staff::publish))
        .at("/goals/items/:id", get(item::show_item))
        .at("/goals/items/:id/review", post(item::post_review))
        .at("/goals/measures/:id/goal", post(item::post_goal))
        .at("/goals/measures/:id/actual", post(item::post_actual))
        .at("/goals/measures/:id/rows", get(rows::show_rows))
}

/// Why a form comes back. Who saw an older state looks at the new one first, and is told so.
fn back_of(page: &Page, error: Error) -> Result<Returned> {
    let mut back = Returned::of(page, error)?;
    if back.is_stale {
        back.refusal = Some(page.t("problem.stale").to_owned());
    }
    Ok(back)
}

/// The number in a field, in thousandths; none in an empty one.
fn read_value(field: &str, text: &str) -> Result<Option<i64>> {
    match text.trim() {
        "" => Ok(None),
        text => {
            amount::figure(text).map(Some).map_err(|_| Error::invalid(field, "err.goals.number"))
        }
    }
}
