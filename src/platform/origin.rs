//! From which network a request comes. What the house keeps of it are digests, never an address.

use std::net::IpAddr;
use std::sync::Arc;

use super::secret::Secret;

/// The network of a request, as digests under the secret of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// One IPv4 address, or one IPv6 /64: what a household or an office has.
    pub network: Arc<str>,
    /// The IPv4 /24 around it; of IPv6 the same /64.
    pub wider: Arc<str>,
}

impl Origin {
    /// No network: jobs, the command line.
    pub fn nowhere() -> Self {
        Self { network: "-".into(), wider: "-".into() }
    }

    /// Where this address lies.
    pub fn of(secret: &Secret, ip: IpAddr) -> Self {
        let (network, wider) = networks(ip);
        let digest = |network: String| secret.digest("network", &[&network]).into();
        Self { network: digest(network), wider: digest(wider) }
    }

    /// Whether the network is known.
    pub fn is_known(&self) -> bool {
        &*self.network != "-"
    }
}

/// The near and the wider network of an address, as text.
fn networks(ip: IpAddr) -> (String, String) {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let network = std::net::Ipv6Addr::from(u128::from(ip) >> 64 << 64);
            (format!("{network}/64"), format!("{network}/64"))
        }
        IpAddr::V4(ip) => {
            let wider = std::net::Ipv4Addr::from(u32::from(ip) >> 8 << 8);
            (ip.to_string(), format!("{wider}/24"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_as_one() {
        for (a, b, same, same_wider) in [
            ("2001:db8::1", "2001:db8::ffff:2", true, true),
            ("2001:db8:0:1::1", "2001:db8::1", false, false),
            ("203.0.113.9", "203.0.113.9", true, true),
            ("203.0.113.9", "203.0.113.10", false, true),
            ("203.0.113.9", "203.0.112.9", false, false),
            ("::ffff:203.0.113.9", "203.0.113.9", true, true),
            ("::ffff:203.0.113.9", "::ffff:203.0.113.10", false, true),
        ] {
            let of = |text: &str| networks(text.parse().unwrap());
            assert_eq!((of(a).0 == of(b).0, of(a).1 == of(b).1), (same, same_wider), "{a} {b}");
        }
    }
}
