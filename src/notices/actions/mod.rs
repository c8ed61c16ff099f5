//! The verbs: write a notice, send, print, post, call.

mod hold;
mod ladder;
mod post;
mod recall;
mod send;
mod tell;

pub use hold::{Verdict, decide_held, hold_all};
pub use post::{mark_posted, print_letters, record_outcome, take_out};
pub use recall::{follow_address, forget_addresses, recall_mail_job};
pub use send::send_mail_job;
pub use tell::{ask_survey, ask_survey_again, send_again, tell, tell_owner};
