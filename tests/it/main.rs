//! The integration tests: one binary, through the real app, on either database.

mod support;

mod api;
mod architecture;
mod bookings;
mod conflicts;
mod desk;
mod goals;
mod harmed;
mod howto;
mod inquiries;
mod moves;
mod my;
mod notices;
mod paths;
mod plans;
mod platform;
mod processes;
mod races;
mod readers;
mod reports;
mod residents;
mod roster;
mod routers;
mod schema;
mod seeds;
mod sessions;
mod staff;
mod statements;
mod stored_forms;
mod subsidies;
mod surveys;
mod towns;
