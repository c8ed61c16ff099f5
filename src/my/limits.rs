//! How often the public pages let somebody try, so that nobody is stopped by what others do.

use crate::platform::japan::PhoneNumber;
use crate::platform::lock::Lock;
use crate::platform::rate::{self, Limit};
use crate::platform::{App, Ctx, Result};

/// Applications from one network; a community centre has one.
const PER_NETWORK: Limit = Limit { name: "book_network", hits: 60, minutes: 60 };
/// Applications from one wider network.
const PER_WIDER: Limit = Limit { name: "book_wider", hits: 240, minutes: 60 };
/// Applications under one phone number from one network: from another one, its owner still can.
const PER_PHONE: Limit = Limit { name: "book_phone", hits: 12, minutes: 60 };

/// Guesses at booking numbers and the ends of their phone numbers. A class on one line mistypes a
/// few times; somebody who knows a number has ten thousand ends to try.
pub const LOOK_UPS: Lock = Lock {
    here: Limit { name: "my_here", hits: 5, minutes: 15 },
    everywhere: Limit { name: "my_everywhere", hits: 100, minutes: 24 * 60 },
    slowed: Limit { name: "my_slowed", hits: 2, minutes: 24 * 60 },
    device: Limit { name: "my_device", hits: 5, minutes: 15 },
    network: Limit { name: "my_network", hits: 30, minutes: 15 },
    wider: Limit { name: "my_wider", hits: 120, minutes: 15 },
};

/// Counts an application for a place.
///
/// # Errors
/// `TooMany` when there were too many from this network, or under this number from it.
pub async fn count_application(app: &App, ctx: &Ctx, phone: &PhoneNumber) -> Result<()> {
    let (network, wider) = (&ctx.origin.network, &ctx.origin.wider);
    let counters = [
        PER_NETWORK.of(&[network]),
        PER_WIDER.of(&[wider]),
        PER_PHONE.of(&[phone.digits(), network]),
    ];
    rate::count(app, ctx, &counters).await
}
