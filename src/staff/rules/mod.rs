//! Rules without a database: passwords, logins, roles in time.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::staff::login::LoginKind;
use entity::staff::role_grant::Role;
use entity::{ProgrammeId, WardId};
use poem_openapi::Object;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::platform::error::FieldError;
use crate::platform::error::refusals;
use crate::platform::text::characters::narrow;
use crate::platform::text::{Kana, PersonName, kana, name};

/// Fewest characters of a password (NIST SP 800-63B-4 for passwords that stand alone).
pub const MIN_PASSWORD: usize = 15;
/// Most characters of a password; far above what the guideline asks to allow (64).
pub const MAX_PASSWORD: usize = 200;
/// A browser's login ends after this time without use.
pub const IDLE_LIMIT: TimeDelta = TimeDelta::minutes(30);
/// Use is noted when the last note is at least this old.
pub const RENEW_AFTER: TimeDelta = TimeDelta::minutes(1);
/// A browser's login ends after this time, used or not: longer than a working day.
pub const BROWSER_LIFE: TimeDelta = TimeDelta::hours(12);
/// A device stays known for this time after the last login on it.
pub const DEVICE_LIFE: TimeDelta = TimeDelta::days(90);
/// An API token ends after this time.
pub const TOKEN_LIFE: TimeDelta = TimeDelta::hours(8);

/// Characters that must be left of a password when everything obvious is taken out.
const MIN_LEFT: usize = 6;
/// Words that anybody would guess first here.
const OBVIOUS: &[&str] = &[
    "password",
    "passw0rd",
    "pasuwado",
    "passphrase",
    "administrator",
    "shirube",
    "smartphone",
    "sumaho",
    "chiyoda",
    "yokohama",
    "operator",
    "municipal",
    "welcome",
    "letmein",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "asdfgh",
    "zxcvbnm",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdef",
    "abc",
    "secret",
    "himitsu",
    "aikotoba",
    "sakura",
    "tokyo",
    "japan",
    "nihon",
    "admin",
    "login",
    "guest",
    "user",
    "test",
    "demo",
    "pass",
    "パスワード",
    "しるべ",
    "スマホ",
    "ひみつ",
    "秘密",
    "合言葉",
    "あいうえお",
    "千代田",
    "横浜",
];

refusals! {
    /// Why somebody's wish about staff is refused.
    Refusal {
        /// The person is somewhere else at this time.
        Busy => "staff_busy",
        /// The person's account is closed.
        Gone => "staff_gone",
        /// The role ended before.
        RoleEnded => "role_ended",
        /// One's own account, or one's own right to manage, would be lost.
        OwnAccount => "own_account",
        /// Nobody would be left who manages staff.
        LastAdministrator => "last_administrator",
    }
}

/// The form in which passwords are hashed: compatibility forms folded once, nothing else,
/// so that the same keys on another keyboard give the same password.
pub fn normal_password(typed: &str) -> String {
    typed.nfkc().collect()
}

/// Judges a new password. There are no rules about kinds of characters; length and not being
/// obvious count (NIST SP 800-63B-4, OWASP ASVS 5 V6.2).
///
/// # Errors
/// The sentence for the field `password`.
pub fn check_password(typed: &str, login: &str) -> Result<(), FieldError> {
    let wrong = |wording| Err(FieldError::new("password", wording));
    let password = normal_password(typed);
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        return wrong("err.password.short");
    }
    if length > MAX_PASSWORD {
        return wrong("err.password.long");
    }
    if is_obvious(&password.to_lowercase(), login) {
        return wrong("err.password.obvious");
    }
    Ok(())
}

fn is_obvious(password: &str, login: &str) -> bool {
    let mut left = password.to_owned();
    for word in OBVIOUS.iter().copied().chain((login.len() >= 3).then_some(login)) {
        left = left.replace(word, "");
    }

    let mut kinds: Vec<char> = Vec::new();
    let mut steps = 0;
    let letters: Vec<char> = left.chars().filter(|c| c.is_alphanumeric()).collect();
    for pair in letters.windows(2) {
        let step = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
        if (-1..=1).contains(&step) {
            steps += 1;
        }
    }
    for letter in &letters {
        if !kinds.contains(letter) {
            kinds.push(*letter);
        }
    }

    // Short after the words are gone, few different characters, or mostly 1234 and aaaa.
    letters.len() < MIN_LEFT || kinds.len() < 5 || steps * 2 > letters.len()
}

/// How a login name is compared: half width, lower case, without spaces around it.
pub fn normal_login(typed: &str) -> String {
    narrow(typed).trim().to_ascii_lowercase()
}

/// Judges a new login name.
///
/// # Errors
/// The sentence for the field `login`.
pub fn check_login(typed: &str) -> Result<String, FieldError> {
    let login = normal_login(typed);
    let plain =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    if !(2..=40).contains(&login.len()) || !login.bytes().all(plain) {
        return Err(FieldError::new("login", "err.login.form"));
    }
    Ok(login)
}

/// Login name, name and reading of a new staff member, as they are stored.
///
/// # Errors
/// Sentences for `login`, `name`, `kana`.
pub fn check_person(
    login: &str,
    name: &str,
    kana: &str,
) -> Result<(String, String, String), Vec<FieldError>> {
    let with_max = |field: &str, wording, max: usize| FieldError {
        values: vec![("max", max.to_string())],
        ..FieldError::new(field, wording)
    };
    let name =
        PersonName::parse(name).map_err(|wrong| with_max("name", wrong.key(), name::MAX_GRAPHEMES));
    let kana =
        Kana::parse(kana).map_err(|wrong| with_max("kana", wrong.key(), kana::MAX_GRAPHEMES));

    match (check_login(login), name, kana) {
        (Ok(login), Ok(name), Ok(kana)) => {
            Ok((login, name.as_str().to_owned(), kana.as_str().to_owned()))
        }
        (login, name, kana) => {
            Err([name.err(), kana.err(), login.err()].into_iter().flatten().collect())
        }
    }
}

/// How long a login of this kind lives at most.
pub const fn life(kind: LoginKind) -> TimeDelta {
    match kind {
        LoginKind::Browser => BROWSER_LIFE,
        LoginKind::Token => TOKEN_LIFE,
    }
}

/// The instants by which a login is judged.
#[derive(Clone, Copy, Debug)]
pub struct LoginTimes {
    pub kind: LoginKind,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Whether a login holds: not ended, not left alone for too long, not too old.
pub fn login_holds(login: &LoginTimes, now: DateTime<Utc>) -> bool {
    let rested = match login.kind {
        LoginKind::Browser => now - login.seen_at >= IDLE_LIMIT,
        LoginKind::Token => false,
    };
    login.revoked_at.is_none() && now < login.expires_at && !rested
}

/// Whether a role holds on a date in Japan; both ends belong to it.
pub fn grant_holds(from_on: NaiveDate, until_on: Option<NaiveDate>, on: NaiveDate) -> bool {
    from_on <= on && until_on.is_none_or(|until| on <= until)
}

/// The first and the last day of a role; no last day: until further notice.
pub type Span = (NaiveDate, Option<NaiveDate>);

/// The last day through which one of these roles holds without a gap from `today` on; none when
/// none holds today.
fn held_until(today: NaiveDate, spans: &[Span]) -> Option<NaiveDate> {
    let mut last: Option<NaiveDate> = None;
    loop {
        // After the last day there is comes nothing more.
        let Some(next) = last.map_or(Some(today), |day| day.succ_opt()) else { return last };
        let holding = spans.iter().filter(|(from, until)| grant_holds(*from, *until, next));
        match holding.map(|(_, until)| until.unwrap_or(NaiveDate::MAX)).max() {
            Some(end) => last = Some(end),
            None => return last,
        }
    }
}

/// Whether a town keeps somebody who manages staff for as long as it has somebody now.
///
/// # Errors
/// [`Refusal::LastAdministrator`].
pub fn keeps_administrator(
    today: NaiveDate,
    before: &[Span],
    after: &[Span],
) -> Result<(), Refusal> {
    match held_until(today, after) >= held_until(today, before) {
        true => Ok(()),
        false => Err(Refusal::LastAdministrator),
    }
}

/// So many refusals of one person within [`BURST_WITHIN`] are shown to the administrators.
pub const BURST: u64 = 50;
/// The time within which refusals are counted together.
pub const BURST_WITHIN: TimeDelta = TimeDelta::minutes(1);
/// So long the administrators see that there were many.
pub const BURST_SHOWN: TimeDelta = TimeDelta::days(7);

/// Whether a refusal at `now` completes a burst: the one 49 before it was within the minute, and
/// no burst was told of within it.
pub fn completes_burst(
    now: DateTime<Utc>,
    first: Option<DateTime<Utc>>,
    told: Option<DateTime<Utc>>,
) -> bool {
    let within = |at: DateTime<Utc>| now - at < BURST_WITHIN;
    first.is_some_and(within) && !told.is_some_and(within)
}

/// A staff member to be added.
#[derive(Clone, Default, Deserialize, Object)]
#[serde(default)]
pub struct StaffWish {
    /// 2 to 40 letters, digits or `. - _`.
    pub login: String,
    pub name: String,
    pub kana: String,
    /// 15 characters or more.
    pub password: String,
}

/// A role to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGrant {
    pub role: Role,
    /// None: every programme.
    pub programme_id: Option<ProgrammeId>,
    /// None: every ward.
    pub ward_id: Option<WardId>,
    pub from_on: NaiveDate,
    /// Last day; none: until further notice.
    pub until_on: Option<NaiveDate>,
}

/// Judges a role to be given: where it may hold, and when.
///
/// # Errors
/// Sentences for `programme_id`, `ward_id`, `until_on`.
pub fn check_grant(new: &NewGrant) -> Result<(), Vec<FieldError>> {
    let mut wrong = Vec::new();
    if matches!(new.role, Role::Administrator | Role::Auditor) {
        if new.programme_id.is_some() {
            wrong.push(FieldError::new("programme_id", "err.grant.whole"));
        }
        if new.ward_id.is_some() {
            wrong.push(FieldError::new("ward_id", "err.grant.whole"));
        }
    }

    // A ward officer without a ward would reach the whole city by an oversight.
    if new.role == Role::WardOfficer && new.ward_id.is_none() {
        wrong.push(FieldError::new("ward_id", "err.grant.ward"));
    }
    if new.until_on.is_some_and(|until| until < new.from_on) {
        wrong.push(FieldError::new("until_on", "err.grant.order"));
    }

    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// A path of ours to go on to after the login; none for anything else.
pub fn local_path(next: &str) -> Option<&str> {
    let plain = next.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'));
    let inside = next.len() > 1 && next.starts_with('/') && !next.starts_with("//");
    (plain && inside && next != "/login").then_some(next)
}

#[cfg(test)]
mod tests;
