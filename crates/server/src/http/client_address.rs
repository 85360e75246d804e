use std::net::IpAddr;

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

use crate::config::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of [`Origin`].
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    // Nearly always, and then no header need be looked for.
    if trusted.is_empty() { peer.to_canonical() } else { Origin::of(peer, headers, trusted).address }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The client's address: the peer, or, behind trusted proxies, the last address in `X-Forwarded-For` that is none of them.
    /// What stands further left was written by whoever sent it.
    address: IpAddr,
    /// Whether everybody on the way is known. If not, the address may be that of a proxy that nobody vouches for, and says
    /// nothing about who asks.
    is_known: bool,
}

impl Origin {
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut address = peer.to_canonical();
        let mut named = false;
        for entry in entries {
            let next = if is_trusted(address) { parse(entry) } else { None };
            let Some(next) = next else { return Self { address, is_known: false } };
            address = next.to_canonical();
            named = true;
        }
        // Nobody says who speaks the other header, nor what of it is to be believed.
        Self { address, is_known: named || !headers.contains_key(FORWARDED) }
    }

    pub(super) fn is_surely_in(self, networks: &[Network]) -> bool {
        self.is_known && networks.iter().any(|network| network.contains(self.address))
    }
}

/// An address, with or without a port.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn origin(peer: &str, forwarded: &[&[u8]], trusted: &[&str]) -> (String, bool) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value).unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let origin = Origin::of(peer.parse().unwrap(), &headers, &trusted);
        (origin.address.to_string(), origin.is_known)
    }

    fn known(address: &str) -> (String, bool) {
        (address.to_owned(), true)
    }

    fn unknown(address: &str) -> (String, bool) {
        (address.to_owned(), false)
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(origin("203.0.113.1", &[], &[]), known("203.0.113.1"));
        assert_eq!(origin("203.0.113.1", &[b"198.51.100.7"], &[]), unknown("203.0.113.1"));
        assert_eq!(origin("203.0.113.1", &[b"198.51.100.7"], &["10.0.0.0/8"]), unknown("203.0.113.1"));
    }

    #[test]
    fn a_trusted_proxy_names_its_client_and_no_one_else() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(origin("10.0.0.1", &[b"198.51.100.7"], trusted), known("198.51.100.7"));
        assert_eq!(origin("10.0.0.1", &[b"198.51.100.7, 10.0.0.2"], trusted), known("198.51.100.7"));
        assert_eq!(
            origin("10.0.0.1", &[b"1.2.3.4, 198.51.100.7, 10.0.0.2"], trusted),
            unknown("198.51.100.7")
        );
        assert_eq!(origin("10.0.0.1", &[b"1.2.3.4", b"198.51.100.7:4711"], trusted), unknown("198.51.100.7"));
        assert_eq!(origin("10.0.0.1", &[b"[2001:db8::1]"], trusted), known("2001:db8::1"));
        assert_eq!(origin("::ffff:10.0.0.1", &[b"198.51.100.7"], trusted), known("198.51.100.7"));
        assert_eq!(origin("10.0.0.1", &[], trusted), known("10.0.0.1"));
        assert_eq!(origin("10.0.0.1", &[b"10.0.0.3,10.0.0.2"], trusted), known("10.0.0.3"));
    }

    #[test]
    fn what_cannot_be_read_hides_nothing_right_of_it() {
        let trusted = &["10.0.0.0/8"];
        for forged in [&b"\xff"[..], b"\xc3\xa9", b"unknown", b"", b"10.0.0.9\xff"] {
            let in_one_line = [forged, b", 198.51.100.7"].concat();
            assert_eq!(origin("10.0.0.1", &[&in_one_line], trusted), unknown("198.51.100.7"));
            assert_eq!(origin("10.0.0.1", &[forged, b"198.51.100.7"], trusted), unknown("198.51.100.7"));
            // A proxy that does not know its client.
            assert_eq!(origin("10.0.0.1", &[forged], trusted), unknown("10.0.0.1"));
        }
    }

    #[test]
    fn a_proxy_that_speaks_another_header_names_nobody() {
        let trusted: [Network; 1] = ["10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED, HeaderValue::from_static("for=10.0.0.9"));
        for peer in ["10.0.0.1", "203.0.113.1"] {
            let peer = peer.parse().unwrap();
            assert_eq!(Origin::of(peer, &headers, &trusted), Origin { address: peer, is_known: false });
        }
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("10.0.0.9"));
        assert!(Origin::of("10.0.0.1".parse().unwrap(), &headers, &trusted).is_known);
    }
}
