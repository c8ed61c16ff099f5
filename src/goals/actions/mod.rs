//! The verbs. Each locks the edition first: there everything under it stands in one queue.

mod compose;
mod draft;
mod edit;
mod load;
mod publish;

pub use compose::{add_item, add_measure, add_theme, new_plan, remove_item};
pub use draft::draft;
pub use edit::{judge, record_actual, set_goal};
pub use load::{NewProcedure, NewSaving, load_plan, load_procedures, load_savings};
pub use publish::publish;
