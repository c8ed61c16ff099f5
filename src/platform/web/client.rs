//! Where a request comes from. Forwarding headers count only from trusted proxies.

use std::net::IpAddr;

use ipnet::IpNet;
use poem::Request;

use super::forwarded;
use crate::platform::{App, Ctx, Origin, Result};

/// The network of the client, as far as its address can be trusted. A peer that forwards without
/// being named is told of.
///
/// # Errors
/// When the database does not answer.
pub async fn origin(app: &App, ctx: &Ctx, request: &Request) -> Result<Origin> {
    if let Some(peer) = unnamed_proxy(request, &app.config().trusted_proxies) {
        forwarded::warn(app, ctx, peer).await;
    }
    match client_ip(request, &app.config().trusted_proxies) {
        Some(ip) => Ok(Origin::of(app.secret().await?, ip)),
        None => Ok(Origin::nowhere()),
    }
}

/// The client's address as far as it can be trusted. A request that came by no socket may bring
/// one among its extensions.
fn client_ip(request: &Request, trusted: &[IpNet]) -> Option<IpAddr> {
    let Some(peer) = peer(request) else { return request.extensions().get().copied() };
    let hops = hops(request);
    Some(nearest_untrusted(peer, &hops, trusted))
}

/// The peer, when it forwards for others and is not named.
fn unnamed_proxy(request: &Request, trusted: &[IpNet]) -> Option<IpAddr> {
    if !request.headers().contains_key("x-forwarded-for") {
        return None;
    }
    peer(request).filter(|peer| !is_trusted(*peer, trusted))
}

fn peer(request: &Request) -> Option<IpAddr> {
    Some(request.remote_addr().as_socket_addr()?.ip())
}

/// Who forwarded the request, the nearest last, as the header says.
fn hops(request: &Request) -> Vec<&str> {
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    forwarded.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect()
}

/// Walks from the peer outwards, as long as the proxies are ours.
fn nearest_untrusted(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(client, trusted) {
            break;
        }
        match hop.trim().parse() {
            Ok(ip) => client = ip,
            Err(_) => break,
        }
    }
    client
}

fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&ip))
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
