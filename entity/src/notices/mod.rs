//! お知らせ: one notice, many ways to reach a person.

pub mod delivery;
pub mod notice;
