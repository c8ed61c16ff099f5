//! Pages for wards and headquarters (W1 to W4 of the screens).

mod application;
mod attendances;
mod export;
mod forms;
mod list;
mod money;
mod overview;
mod practices;
mod read;
mod report;
mod review;
mod rounds;
mod sheets;
mod view;

use poem::{Route, get, post};

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/projects", get(list::show))
        .at("/projects/new", get(list::show_new).post(list::create))
        .at("/projects/export.csv", get(export::send))
        .at("/projects/:id", get(overview::show))
        .at("/projects/:id/act", post(overview::act))
        .at("/projects/:id/application", get(application::show_tasks))
        .at("/projects/:id/copy", post(application::copy_over))
        .at(
            "/projects/:id/sections/:section",
            get(application::show_section).post(application::keep_section),
        )
        .at("/projects/:id/differences", get(application::show_differences))
        .at("/projects/:id/review", get(review::show).post(review::act))
        .at("/projects/:id/messages", post(review::send_message))
        .at("/projects/:id/letter", get(sheets::show_letter))
        .at("/projects/:id/money", get(money::show).post(money::act))
        .at("/projects/:id/report", get(report::show).post(report::save_report))
        .at("/projects/:id/report/act", post(report::act))
        .at("/projects/:id/attendances", get(attendances::show))
        .at("/projects/:id/sheets/:sheet", get(sheets::show_sheet))
        .at("/rounds", get(rounds::show_list))
        .at("/rounds/new", get(rounds::show_new).post(rounds::create))
        .at("/rounds/:id", get(rounds::edit).post(rounds::save))
        .at("/practices", get(practices::show_list))
        .at("/practices/:id", get(practices::show))
        .at("/practices/:id/steps", post(practices::record_step))
        .at("/practices/:id/spread", post(practices::take_over))
}
