//! Pages of goals: what everybody may see, and what staff keep.

mod open;
mod public;
mod view;

use poem::{Route, get};

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/progress", get(public::show_index))
        .at("/progress/:code", get(public::show_town))
        .at("/progress/:code/:edition", get(public::show_edition))
        .at("/open/:code/quarter_code.csv", get(open::send_table))
        .at("/open/:code/quarter_code_definition.csv", get(open::send_definition))
        .at("/open/:code/quarter_code.json", get(open::send_objects))
}
