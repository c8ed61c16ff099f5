//! Wrong tries at the login, counted across all processes.
//!
//! Only wrong tries count, by the network they come from and by the device when it is known; so
//! nobody shuts out somebody else (`platform::lock`).

use crate::platform::lock::Lock;
use crate::platform::rate::Limit;

const MINUTES: i64 = 15;

/// The limits on wrong tries. After 100 at one login from anywhere (NIST SP 800-63B-4 allows as many
/// in a row) every network has three left in an hour, known devices excepted.
pub(super) const LOGINS: Lock = Lock {
    here: Limit { name: "login_here", hits: 10, minutes: MINUTES },
    everywhere: Limit { name: "login_everywhere", hits: 100, minutes: 60 },
    slowed: Limit { name: "login_slowed", hits: 3, minutes: 60 },
    device: Limit { name: "login_device", hits: 10, minutes: MINUTES },
    network: Limit { name: "login_network", hits: 60, minutes: MINUTES },
    wider: Limit { name: "login_wider", hits: 240, minutes: MINUTES },
};
