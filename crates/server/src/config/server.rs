use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::Problem;

/// `[server]`: where it listens and how much it takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSection {
    pub listen: SocketAddr,
    /// Empty or without a slash at the end.
    pub public_url: String,
    pub allow_plain_http: bool,
    pub trusted_proxies: Vec<Network>,
    pub operator_networks: Vec<Network>,
    pub max_connections: u32,
    pub max_connections_per_address: u32,
    pub max_body_bytes: usize,
    pub max_buffered_bytes: usize,
    pub max_header_bytes: u32,
    pub max_headers: usize,
    pub header_timeout_ms: u64,
    pub body_timeout_ms: u64,
    pub idle_timeout_ms: u64,
    pub drain_delay_ms: u64,
    pub drain_timeout_ms: u64,
}

impl ServerSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let mut complain = |text: &str| problems.push(Problem(text.to_owned()));
        if !self.public_url.is_empty() {
            if !self.public_url.starts_with("https://") && !self.public_url.starts_with("http://") {
                complain("`server.public_url` has to start with https:// (or http://)");
            }
            if self.public_url.ends_with('/') {
                complain("`server.public_url` must not end with a slash: issuers are made from it");
            }
            if self.public_url.contains(['?', '#', ' ']) {
                complain("`server.public_url` must be an address and a path only");
            }
        }
        if self.max_connections == 0 {
            complain("`server.max_connections` has to be at least 1");
        }
        if self.max_body_bytes < 1024 {
            complain("`server.max_body_bytes` has to be at least 1024");
        }
        // Room is counted in whole chunks, and one body must fit.
        if self.max_buffered_bytes < self.max_body_bytes.saturating_add(4096) {
            complain("`server.max_buffered_bytes` has to be at least `server.max_body_bytes` and 4096 more");
        }
        if self.max_header_bytes < 8192 {
            complain("`server.max_header_bytes` has to be at least 8192");
        }
        if self.max_headers == 0 {
            complain("`server.max_headers` has to be at least 1");
        }
        for (name, value) in [
            ("header_timeout_ms", self.header_timeout_ms),
            ("body_timeout_ms", self.body_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
        ] {
            if value == 0 {
                complain(&format!(
                    "`server.{name}` has to be at least 1: a connection must not stay open for ever"
                ));
            }
        }
    }

    pub(super) fn check_for_serve(&self, problems: &mut Vec<Problem>) {
        if self.public_url.is_empty() {
            problems.push(Problem(
                "`server.public_url` is not set: write how clients reach this server, such as https://auth.example.com"
                    .into(),
            ));
        }
        let plain = self.public_url.strip_prefix("http://").map(host);
        if plain.is_some_and(|host| !is_loopback(host)) && !self.allow_plain_http {
            problems.push(Problem(
                "`server.public_url` is plain http beyond this machine, so passwords and tokens could be read on the way: \
                 use https, or set `server.allow_plain_http = true` if you know the network is safe"
                    .into(),
            ));
        }
    }
}

/// The host of what follows `http://`.
fn host(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An address or a network in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether an address belongs to the network. IPv4 addresses in IPv6 form count as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither an address nor a network such as 10.0.0.0/8");
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(left, right)| (left, Some(right)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if prefix > most { Err(wrong()) } else { Ok(Self { address, prefix }) }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let contains = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("10.0.0.1", "10.0.0.1"));
        assert!(contains("10.0.0.1", "::ffff:10.0.0.1"));
        assert!(!contains("10.0.0.1", "10.0.0.2"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!contains("2001:db8::/32", "2001:db9::1"));
        assert!(!contains("::/0", "10.0.0.1"));
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosts_are_found() {
        assert!(is_loopback(host("127.0.0.1:80/x")));
        assert!(is_loopback(host("[::1]:80")));
        assert!(is_loopback(host("localhost")));
        assert!(!is_loopback(host("auth.example.com/localhost")));
        assert!(!is_loopback(host("localhost.example.com")));
    }
}
