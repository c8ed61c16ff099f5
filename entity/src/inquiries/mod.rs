//! 問い合わせ記録.

pub mod inquiry;
