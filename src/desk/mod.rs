//! 電話受付: the operator's one screen, from the first ring to the booking number.
//!
//! The desk composes the rooms above and owns no table. A call is the operator's draft of an
//! inquiry (one at most) and, once a day was chosen, a seat kept for five minutes. Every post
//! of the desk saves the draft first, so nothing that was said is lost.
//!
//! All of it works as plain forms. The script `desk.js` posts the same forms in the
//! background and adds the keys.

pub mod actions;
pub mod pages;
pub mod queries;
pub mod rules;
