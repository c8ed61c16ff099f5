//! A lock on the login that cannot be aimed: whoever guesses is slowed down, and nobody else.

use entity::staff::staff_device;

use super::*;

const WRONG: &str = "wrong wrong wrong";

/// A login from this address.
async fn from(t: &TestApp, address: &str, login: &str, password: &str) -> u16 {
    try_login(&t.anonymous().from(address), login, password).await.code()
}

/// A device on which somebody logged in before.
struct Device(String);

impl Device {
    async fn of(t: &TestApp, address: &str, login: &str) -> Self {
        let answer = try_login(&t.anonymous().from(address), login, PASSWORD).await.expect(303);
        Self(answer.set_cookie("device").unwrap())
    }

    fn client(&self, t: &TestApp, address: &str) -> Client {
        t.anonymous().from(address).with_header("cookie", &format!("device={}", self.0))
    }

    async fn log_in(&self, t: &TestApp, address: &str, login: &str, password: &str) -> u16 {
        try_login(&self.client(t, address), login, password).await.code()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_one_network_do_not_shut_out_another() {
    let t = TestApp::start().await;
    for host in 0..10 {
        let address = format!("2001:db8:1:1::{host}");
        assert_eq!(from(&t, &address, "operator", WRONG).await, 422);
    }
    assert_eq!(from(&t, "2001:db8:1:1::ffff", "operator", PASSWORD).await, 429);
    assert_eq!(from(&t, "2001:db8:1:2::1", "operator", PASSWORD).await, 303);
    assert_eq!(from(&t, "198.51.100.7", "operator", PASSWORD).await, 303);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wrong_tries_from_everywhere_shut_nobody_out() {
    let t = TestApp::start().await;
    // Three processes count together.
    let others = [t.again().await, t.again().await];
    let known = Device::of(&t, "192.0.2.1", "administrator").await;

    // Nine from each of eleven networks, and one from a twelfth.
    for guess in 0..100 {
        let process = [&t, &others[0], &others[1]][guess % 3];
        let address = format!("198.51.{}.7", guess / 9);
        assert_eq!(from(process, &address, "administrator", WRONG).await, 422);
    }

    for process in [&t, &others[0], &others[1]] {
        // From a network that has not guessed, and on the own device wherever it is.
        assert_eq!(from(process, "203.0.113.9", "administrator", PASSWORD).await, 303);
        assert_eq!(known.log_in(process, "198.51.0.7", "administrator", PASSWORD).await, 303);
        // Networks that did guess wait; a new one has three guesses in an hour instead of ten.
        assert_eq!(from(process, "198.51.0.7", "administrator", PASSWORD).await, 429);
    }

    for _ in 0..3 {
        assert_eq!(from(&t, "203.0.114.9", "administrator", WRONG).await, 422);
    }
    assert_eq!(from(&others[0], "203.0.114.9", "administrator", PASSWORD).await, 429);

    // Everybody else is as before.
    assert_eq!(from(&t, "198.51.0.7", "operator", PASSWORD).await, 303);

    t.advance(TimeDelta::minutes(60));
    assert_eq!(from(&t, "198.51.0.7", "administrator", PASSWORD).await, 303);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_in_the_office_do_not_lock_the_office() {
    let t = TestApp::start().await;
    let office = "203.0.113.9";
    let mut devices = Vec::new();
    for login in ["operator", "coordinator", "teacher"] {
        devices.push((login, Device::of(&t, office, login).await));
    }

    // Right logins are no tries.
    for _ in 0..70 {
        assert_eq!(from(&t, office, "auditor", PASSWORD).await, 303);
    }

    let guessed = &crate::support::LOGINS[..];
    let guessed: Vec<_> = guessed.iter().filter(|login| **login != "auditor").collect();
    for i in 0..60 {
        assert_eq!(from(&t, office, guessed[i / 9], WRONG).await, 422);
    }

    for (login, device) in &devices {
        assert_eq!(device.log_in(&t, office, login, PASSWORD).await, 303, "{login}");
    }
    assert_eq!(from(&t, office, "auditor", PASSWORD).await, 429, "an unknown device waits");
    assert_eq!(from(&t, "203.0.113.10", "auditor", PASSWORD).await, 303);

    t.advance(TimeDelta::minutes(15));
    assert_eq!(from(&t, office, "auditor", PASSWORD).await, 303);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_device_is_counted_by_itself_and_opens_nothing() {
    let t = TestApp::start().await;
    let device = Device::of(&t, "192.0.2.1", "operator").await;
    assert!(!is_in(&device.client(&t, "192.0.2.1")).await);
    for _ in 0..10 {
        assert_eq!(device.log_in(&t, "192.0.2.1", "operator", WRONG).await, 422);
    }
    assert_eq!(device.log_in(&t, "198.51.100.7", "operator", PASSWORD).await, 429);
    // Its mistakes are no mistakes of its network.
    assert_eq!(from(&t, "192.0.2.1", "operator", PASSWORD).await, 303);
    // For somebody else's login it is a device like any other.
    for _ in 0..10 {
        assert_eq!(device.log_in(&t, "192.0.2.1", "administrator", WRONG).await, 422);
    }
    assert_eq!(device.log_in(&t, "192.0.2.1", "administrator", PASSWORD).await, 429);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_people_share_a_device_and_a_planted_one_is_not_taken_over() {
    let t = TestApp::start().await;
    let office = "203.0.113.9";
    let device = Device::of(&t, office, "operator").await;
    let answer = try_login(&device.client(&t, office), "teacher", PASSWORD).await.expect(303);
    assert_eq!(answer.set_cookie("device").unwrap(), device.0, "both stay known on it");
    let line = answer.headers.get_all("set-cookie").iter().find_map(|line| {
        line.to_str().ok().filter(|line| line.starts_with("device=")).map(str::to_owned)
    });
    let line = line.unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=7776000"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    let planted = Device("0".repeat(64));
    let answer = try_login(&planted.client(&t, office), "operator", PASSWORD).await.expect(303);
    assert_ne!(answer.set_cookie("device").unwrap(), planted.0);
    let rows = staff_device::Entity::find().all(t.app.store().reader()).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.token_hash != device.0), "only a hash is kept");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_known_for_ninety_days_after_the_last_login() {
    let t = TestApp::start().await;
    let office = "203.0.113.9";
    let device = Device::of(&t, office, "operator").await;
    let lock = async || {
        for _ in 0..10 {
            assert_eq!(from(&t, office, "operator", WRONG).await, 422);
        }
    };
    t.advance(TimeDelta::days(89));
    lock().await;
    assert_eq!(device.log_in(&t, office, "operator", PASSWORD).await, 303, "and known anew");
    t.advance(TimeDelta::days(89));
    lock().await;
    assert_eq!(device.log_in(&t, office, "operator", PASSWORD).await, 303);
    t.advance(TimeDelta::days(90));
    lock().await;
    assert_eq!(device.log_in(&t, office, "operator", PASSWORD).await, 429);
    let work = async |tx: shirube::platform::Tx| shirube::staff::devices::forget_old(&tx).await;
    t.app.store().write(&t.ctx_system(), "forget_old", work).await.unwrap();
    assert_eq!(staff_device::Entity::find().count(t.app.store().reader()).await.unwrap(), 0);
    t.finish().await;
}
