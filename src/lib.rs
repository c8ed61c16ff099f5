//! Shirube (しるべ): software for municipalities that help people to live with a smartphone.
//!
//! The rooms, in the order of dependency: a room may use only rooms above it.

/// All that is not the domain: database, web, errors, clock, audit, outbox; re-exports the crate `japan`.
pub mod platform;

/// Municipalities, wards, areas, venues, rooms, closed days.
pub mod places;

/// 事業 and their yearly plans.
pub mod programmes;

/// Who works here: logins, roles, and time that staff share between programmes.
pub mod staff;

/// 地域BWA: routers and SIMs, where they stand, how their tests went; trials of TV push.
pub mod routers;

/// 住民: people, their phones, needs, devices, consents, and what happened with them.
pub mod residents;

/// 開催回: dated classes, consultation days and events, with seats or 1-on-1 slots.
pub mod sessions;

/// 予約: seats and slots, waiting lists, offers, attendance.
pub mod bookings;

/// 受講フロー: hearing, rules, proposed steps, progress.
pub mod paths;

/// 問い合わせ: what was asked, what was answered, promised calls.
pub mod inquiries;

/// アンケート: before, at the end of a class, and three months after it.
pub mod surveys;

/// お知らせ: one notice, many ways to reach a person.
pub mod notices;

/// 区の支援事業: application, adoption, money, report, verification, spread.
pub mod subsidies;

/// 目標・実績・達成状況 per fiscal year; initiatives and their measures.
pub mod goals;

/// 委員会資料: 年度・回数・場所・人数, counted from the rows or as the papers print them.
pub mod reports;

/// The operator's one screen.
pub mod desk;

/// The resident's own pages.
pub mod my;

/// The only file that knows every room: mounts API and pages, names the jobs.
pub mod site;
