use std::net::IpAddr;

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

use crate::config::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address: the peer, or, behind trusted proxies, the last address in `X-Forwarded-For` that is none of them.
/// What stands further left was written by whoever sent it.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    if trusted.is_empty() {
        return address;
    }
    let values: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    for entry in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        if !is_trusted(address) {
            break;
        }
        match parse(entry.trim()) {
            Some(next) => address = next.to_canonical(),
            None => break,
        }
    }
    address
}

/// Whether a request came through a proxy that nobody vouches for: then the peer says nothing about the client.
pub(super) fn is_forwarded_by_a_stranger(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> bool {
    let forwarded = headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED);
    forwarded && !trusted.iter().any(|network| network.contains(peer))
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(address("203.0.113.1", &["198.51.100.7"], &[]), "203.0.113.1");
        assert_eq!(address("203.0.113.1", &["198.51.100.7"], &["10.0.0.0/8"]), "203.0.113.1");
    }

    #[test]
    fn a_trusted_proxy_names_its_client_and_no_one_else() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(address("10.0.0.1", &["198.51.100.7"], trusted), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &["1.2.3.4, 198.51.100.7, 10.0.0.2"], trusted), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &["1.2.3.4", "198.51.100.7:4711"], trusted), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &["[2001:db8::1]"], trusted), "2001:db8::1");
        assert_eq!(address("::ffff:10.0.0.1", &["198.51.100.7"], trusted), "198.51.100.7");
        assert_eq!(address("10.0.0.1", &["unknown"], trusted), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &[], trusted), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["10.0.0.3,10.0.0.2"], trusted), "10.0.0.3");
    }
}
