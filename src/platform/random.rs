//! The only source of chance: seeded in tests, from the system otherwise.

use std::fmt::Write as _;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

/// Random numbers and tokens.
pub struct Random(Mutex<StdRng>);

impl Random {
    /// Unpredictable: for the running service.
    pub fn from_system() -> Self {
        Self(Mutex::new(StdRng::from_os_rng()))
    }

    /// Repeatable: for tests and synthetic data.
    pub fn from_seed(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// A token of 32 random bytes in hex, for links and logins.
    pub fn token(&self) -> String {
        let mut bytes = [0u8; 32];
        self.rng().fill_bytes(&mut bytes);
        hex(&bytes)
    }

    /// A number in `0..below`; `below` must be above 0.
    pub fn below(&self, below: u32) -> u32 {
        self.rng().random_range(0..below)
    }

    fn rng(&self) -> std::sync::MutexGuard<'_, StdRng> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of the parts, each with its length before it, in hex.
pub fn digest(parts: &[&[u8]]) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}
