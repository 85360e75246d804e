//! `X-Forwarded-For`, a line of it a line.

use std::net::IpAddr;
use std::sync::LazyLock;

use cenote::config::Network;
use cenote::testing::forwarded_address;

use super::texts;

const PEER: &str = "10.0.0.1";
static TRUSTED: LazyLock<Vec<Network>> =
    LazyLock::new(|| ["10.0.0.0/8", "fd00::/8"].map(|one| one.parse().expect("a network")).into());

pub(crate) fn run(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let peer: IpAddr = PEER.parse().expect("an address");
    let trusted = |address: IpAddr| TRUSTED.iter().any(|network| network.contains(address));
    let found = forwarded_address(peer, &lines, &TRUSTED);
    // Nobody is believed whom nobody trusts: neither a peer from elsewhere, nor what stands left of a stranger's address.
    let stranger: IpAddr = "203.0.113.9".parse().expect("an address");
    assert_eq!(forwarded_address(stranger, &lines, &TRUSTED), stranger);
    assert_eq!(forwarded_address(peer, &lines, &[]), peer);
    let before: Vec<&[u8]> = [b"198.51.100.7".as_slice()].into_iter().chain(lines.iter().copied()).collect();
    let claimed = forwarded_address(peer, &before, &TRUSTED);
    assert!(claimed == found || trusted(found), "{claimed} was made of {found}");
    let after: Vec<&[u8]> = lines.iter().copied().chain([b"203.0.113.9".as_slice()]).collect();
    assert_eq!(forwarded_address(peer, &after, &TRUSTED), stranger);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "198.51.100.7",
        "198.51.100.7, 10.0.0.2,10.1.2.3:4711",
        "unknown, [fd00::1]:80, [fd00::2]\n10.0.0.9",
        "::ffff:198.51.100.7, ::ffff:10.0.0.2 ,",
        "for=198.51.100.7;by=10.0.0.1",
    ])
}
