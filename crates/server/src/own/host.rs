//! Under which name a request asks. A web page of another site can let its own name lead to this machine, and then its
//! origin is no other one to the browser; but the name stays in `Host`.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::HOST;
use http::request::Parts;

/// Host and port that the request names.
pub(super) fn asked(head: &Parts) -> Option<&str> {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| head.uri.authority().map(http::uri::Authority::as_str))
}

/// Whether the request names an address, this machine, or the host of the public URL.
pub(super) fn is_ours(head: &Parts, public_url: &str) -> bool {
    asked(head).is_some_and(|asked| is_our_name(name(asked), public_url))
}

fn is_our_name(name: &str, public_url: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let public = public_url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<Ipv4Addr>().is_ok()
        || address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
        || public.is_some_and(|public| self::name(public).eq_ignore_ascii_case(&name))
}

/// Without the port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_of_this_machine_are_ours() {
        let ours = |host: &str| is_our_name(name(host), "https://Auth.example.com:8443/x");
        for host in [
            "127.0.0.1:7665",
            "10.1.2.3",
            "[::1]:80",
            "[fd00::1]",
            "localhost",
            "LOCALHOST:7665",
            "a.localhost:1",
            "auth.example.com",
            "auth.example.com:1",
        ] {
            assert!(ours(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "::1",
            "[x]",
        ] {
            assert!(!ours(host), "{host}");
        }
        assert!(!is_our_name("", ""));
    }
}
