//! Argon2id, away from the threads that answer requests.

use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::rules;
use crate::platform::{Error, Result};

/// Passwords that are computed at once in this process: each takes 19 MiB and a core.
static SEATS: Semaphore = Semaphore::const_new(4);
/// How long a login waits for a seat.
const PATIENCE: Duration = Duration::from_secs(10);
/// Takes the place of a salt when there is nobody whose password could be verified.
const NO_SALT: &[u8] = b"nobody-has-this-";

/// An Argon2id hash in PHC form: what is stored of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed(String);

impl Hashed {
    /// The PHC text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed(..)")
    }
}

/// Leave to compute one password.
#[derive(Debug)]
pub struct Seat(#[expect(dead_code, reason = "held for its drop")] SemaphorePermit<'static>);

/// Waits for leave to compute a password.
///
/// # Errors
/// `Busy` when too many others wait.
pub async fn seat() -> Result<Seat> {
    match tokio::time::timeout(PATIENCE, SEATS.acquire()).await {
        Ok(Ok(permit)) => Ok(Seat(permit)),
        Ok(Err(_)) | Err(_) => Err(Error::Busy),
    }
}

/// Judges a new password and hashes it. Call it before the transaction: it takes its time.
///
/// # Errors
/// `Invalid` for the field `password`; `Busy`.
pub async fn accept(typed: &str, login: &str) -> Result<Hashed> {
    rules::check_password(typed, login).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    hash(typed).await
}

/// Hashes a password that nobody judges, such as the one of the demo logins.
///
/// # Errors
/// `Busy`.
pub async fn hash(typed: &str) -> Result<Hashed> {
    let password = rules::normal_password(typed);
    let _seat = seat().await?;
    run(move || {
        let hash = Argon2::default().hash_password(password.as_bytes()).map_err(Error::internal)?;
        Ok(Hashed(hash.to_string()))
    })
    .await
}

/// Whether `typed` is the password behind `stored`. Without one the same work is done, so that
/// the time does not tell whether a login exists.
pub(super) async fn verify(_: &Seat, typed: &str, stored: Option<String>) -> Result<bool> {
    let password = rules::normal_password(typed);
    run(move || {
        let argon = Argon2::default();
        let Some(stored) = stored else {
            argon.hash_password_with_salt(password.as_bytes(), NO_SALT).map_err(Error::internal)?;
            return Ok(false);
        };
        let hash = PasswordHash::new(&stored).map_err(|_| Error::internal("stored password"))?;
        Ok(argon.verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::internal("password task"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_found_again_and_another_is_not() {
        let hashed = hash("ｍｏｕｎｔａｉｎ teapot 7").await.unwrap();
        assert!(hashed.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let stored = Some(hashed.as_str().to_owned());
        for (typed, want) in
            [("mountain teapot 7", true), ("mountain teapot 8", false), ("", false)]
        {
            let seat = seat().await.unwrap();
            assert_eq!(verify(&seat, typed, stored.clone()).await.unwrap(), want, "{typed}");
        }
        assert!(!verify(&seat().await.unwrap(), "mountain teapot 7", None).await.unwrap());
        assert_ne!(hash("mountain teapot 7").await.unwrap(), hashed, "each hash has its own salt");
    }
}
