//! Where a request comes from. Forwarding headers count only from trusted proxies.

use std::net::IpAddr;

use ipnet::IpNet;
use poem::{FromRequest, Request, RequestBody};

/// The client's address as far as it can be trusted.
pub fn client_ip(request: &Request, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.remote_addr().as_socket_addr()?.ip();
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let hops: Vec<&str> = forwarded
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    Some(nearest_untrusted(peer, &hops, trusted))
}

/// Who asks, for counting tries: the address that the gate found, or `-`.
#[derive(Clone, Debug)]
pub struct Client(pub String);

impl<'a> FromRequest<'a> for Client {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let ip = request.extensions().get::<IpAddr>();
        Ok(Self(ip.map_or_else(|| "-".to_owned(), ToString::to_string)))
    }
}

/// Walks from the peer outwards, as long as the proxies are ours.
fn nearest_untrusted(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let ours = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !ours(&client) {
            break;
        }
        match hop.trim().parse() {
            Ok(ip) => client = ip,
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarding_headers_count_only_from_trusted_proxies() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
        for (peer, hops, want) in [
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.2", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.2", vec!["192.0.2.66", "198.51.100.1", "10.0.0.3"], "198.51.100.1"),
            ("10.0.0.2", vec!["nonsense"], "10.0.0.2"),
            ("10.0.0.2", vec![], "10.0.0.2"),
        ] {
            assert_eq!(nearest_untrusted(ip(peer), &hops, &trusted), ip(want), "{peer} {hops:?}");
        }
    }
}
