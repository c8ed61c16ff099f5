use super::*;
use crate::platform::words;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_password_is_judged_by_its_length_and_by_being_obvious() {
    for (typed, want) in [
        ("", Some("err.password.short")),
        ("fourteen-chars", Some("err.password.short")),
        ("mountain-teapot", None),
        ("みどりの電車が3時に橋をわたる", None),
        ("correct horse battery staple", None),
        ("aaaaaaaaaaaaaaaaaaa", Some("err.password.obvious")),
        ("123456789012345678", Some("err.password.obvious")),
        ("abababababababababab", Some("err.password.obvious")),
        ("Password1234567890", Some("err.password.obvious")),
        ("shirube-chiyoda-2024", Some("err.password.obvious")),
        ("qwertyuiopasdfghjkl", Some("err.password.obvious")),
        ("パスワードパスワードパスワード", Some("err.password.obvious")),
        ("ＰＡＳＳＷＯＲＤｐａｓｓｗｏｒｄ", Some("err.password.obvious")),
        ("mihonmihonmihonmihon", Some("err.password.obvious")),
        (" leading and trailing spaces stay ", None),
    ] {
        assert_eq!(check_password(typed, "mihon").err().map(|e| e.wording), want, "{typed}");
    }

    assert_eq!(
        check_password(&"山川海空".repeat(16), "a").err().map(|e| e.wording),
        Some("err.password.obvious")
    );
    let long: String = ('ぁ'..='ん').step_by(2).chain('亜'..='熙').take(201).collect();
    assert_eq!(check_password(&long, "a").err().map(|e| e.wording), Some("err.password.long"));
}

#[test]
fn full_width_keys_give_the_same_password() {
    assert_eq!(normal_password("ｍｏｕｎｔａｉｎ　１"), normal_password("mountain 1"));
}

#[test]
fn login_names_are_plain() {
    for (typed, want) in [
        ("annai", Some("annai")),
        (" Ａｎｎａｉ ", Some("annai")),
        ("a.b-c_9", Some("a.b-c_9")),
        ("a", None),
        ("", None),
        ("案内", None),
        ("a b", None),
        ("a'--", None),
    ] {
        assert_eq!(check_login(typed).ok().as_deref(), want, "{typed}");
    }
    assert!(check_login(&"a".repeat(41)).is_err());
}

#[test]
fn a_login_holds_until_it_rests_ages_or_is_ended() {
    use LoginKind::{Browser, Token};
    let seen = at("2024-07-10T00:00:00Z");
    let end = at("2024-07-10T12:00:00Z");

    for (kind, now, revoked, want) in [
        (Browser, "2024-07-10T00:29:59Z", false, true),
        (Browser, "2024-07-10T00:30:00Z", false, false),
        (Browser, "2024-07-10T00:10:00Z", true, false),
        (Token, "2024-07-10T11:59:59Z", false, true),
        (Token, "2024-07-10T12:00:00Z", false, false),
        (Token, "2024-07-10T01:00:00Z", true, false),
    ] {
        let revoked_at = revoked.then_some(seen);
        let times = LoginTimes { kind, seen_at: seen, expires_at: end, revoked_at };
        assert_eq!(login_holds(&times, at(now)), want, "{kind} {now} {revoked}");
    }

    let busy = LoginTimes { kind: Browser, seen_at: end, expires_at: end, revoked_at: None };
    assert!(!login_holds(&busy, end), "use does not lengthen the absolute life");
}

#[test]
fn a_role_holds_from_its_first_day_through_its_last() {
    for (from, until, day, want) in [
        ("2024-04-01", Some("2025-03-31"), "2024-03-31", false),
        ("2024-04-01", Some("2025-03-31"), "2024-04-01", true),
        ("2024-04-01", Some("2025-03-31"), "2025-03-31", true),
        ("2024-04-01", Some("2025-03-31"), "2025-04-01", false),
        ("2024-04-01", None, "2099-12-31", true),
    ] {
        assert_eq!(grant_holds(on(from), until.map(on), on(day)), want, "{from} {until:?} {day}");
    }
}

#[test]
fn roles_are_given_where_they_make_sense() {
    let (p, w) = (Some(ProgrammeId(1)), Some(WardId(1)));
    for (role, programme_id, ward_id, until, want) in [
        (Role::Operator, None, None, None, &[][..]),
        (Role::Teacher, p, None, Some("2024-04-01"), &[]),
        (Role::Teacher, p, None, Some("2024-03-31"), &["until_on"]),
        (Role::Administrator, None, None, None, &[]),
        (Role::Administrator, p, w, None, &["programme_id", "ward_id"]),
        (Role::Auditor, p, None, None, &["programme_id"]),
        (Role::WardOfficer, None, w, None, &[]),
        (Role::WardOfficer, None, None, None, &["ward_id"]),
    ] {
        let from_on = on("2024-04-01");
        let new = NewGrant { role, programme_id, ward_id, from_on, until_on: until.map(on) };
        let wrong: Vec<String> =
            check_grant(&new).err().unwrap_or_default().into_iter().map(|e| e.field).collect();
        assert_eq!(wrong, want, "{new:?}");
    }
}

#[test]
fn the_login_leads_on_only_inside() {
    for (next, want) in [
        ("/desk", Some("/desk")),
        ("/sessions/12", Some("/sessions/12")),
        ("/", None),
        ("/login", None),
        ("", None),
        ("desk", None),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("https://evil.example", None),
        ("/a?b=c", None),
    ] {
        assert_eq!(local_path(next), want, "{next}");
    }
}

#[test]
fn every_refusal_has_its_sentence() {
    for refusal in Refusal::ALL {
        assert!(words::exists(&format!("refused.{}", refusal.code())), "{refusal:?}");
    }
}

proptest! {
    #[test]
    fn a_path_to_go_on_to_never_leaves_the_house(next in "\\PC{0,20}") {
        if let Some(path) = local_path(&next) {
            prop_assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'));
        }
    }
}

#[test]
fn a_town_keeps_its_administrators_for_as_long_as_it_has_them() {
    let day = |day: u32| NaiveDate::from_ymd_opt(2024, 7, day).unwrap();
    let (endless, week, next_week) =
        ((day(1), None), (day(1), Some(day(9))), (day(10), Some(day(16))));
    let late = (day(12), None);

    for (before, after, is_kept) in [
        (vec![endless], vec![], false),
        (vec![endless, endless], vec![endless], true),
        (vec![endless], vec![week], false),
        // Who comes later leaves days without anybody.
        (vec![endless, late], vec![late], false),
        (vec![endless, late], vec![week, late], false),
        (vec![endless, late], vec![week, next_week, late], true),
        (vec![week, next_week], vec![week], false),
        (vec![week], vec![week, next_week], true),
        // Where nobody is, nobody is lost.
        (vec![], vec![], true),
        (vec![late], vec![], true),
    ] {
        let said = keeps_administrator(day(5), &before, &after);
        assert_eq!(said.is_ok(), is_kept, "{before:?} {after:?}");
    }
}

#[test]
fn fifty_refusals_within_a_minute_are_told_once() {
    let at = |second: i64| DateTime::from_timestamp(1_720_000_000 + second, 0).unwrap();
    for (first, told, is_burst) in [
        (None, None, false),
        (Some(at(1)), None, true),
        (Some(at(0)), None, false),
        (Some(at(1)), Some(at(1)), false),
        (Some(at(1)), Some(at(0)), true),
    ] {
        assert_eq!(completes_burst(at(60), first, told), is_burst, "{first:?} {told:?}");
    }
}
