//! Which pages may use a relying party's credentials.

/// Whether an origin, as browsers write it, is the relying party's: its domain or one below it by https at any port, and by
/// http for `localhost` only.
pub(super) fn is_allowed(origin: &str, relying_party_id: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !host.bytes().all(plain) || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    let secure = match scheme {
        "https" => true,
        "http" => is_within(host, "localhost"),
        _ => false,
    };
    secure && is_within(host, relying_party_id)
}

/// Whether a host is a domain or below it.
fn is_within(host: &str, domain: &str) -> bool {
    let Some(before) = host.strip_suffix(domain) else { return false };
    before.is_empty() || (before.len() > 1 && before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_domain_and_below_it_are_allowed() {
        for origin in ["https://example.com", "https://app.example.com", "https://a.b.example.com:8443"] {
            assert!(is_allowed(origin, "example.com"), "{origin}");
        }
        for origin in
            ["http://localhost", "http://localhost:3000", "https://localhost", "http://app.localhost:1"]
        {
            assert!(is_allowed(origin, "localhost"), "{origin}");
        }
    }

    #[test]
    fn all_others_are_not() {
        for origin in [
            "",
            "example.com",
            "http://example.com",
            "https://example.com.evil.test",
            "https://notexample.com",
            "https://.example.com",
            "https://example.org",
            "https://com",
            "https://example.com/",
            "https://example.com:",
            "https://example.com:port",
            "https://example.com:70000",
            "https://evil.test:443@example.com",
            "https://evil.test/.example.com",
            "https://evil.test#.example.com",
            "https://evil.test\\.example.com",
            "HTTPS://example.com",
            "https://EXAMPLE.com",
            "android:apk-key-hash:example.com",
            "null",
        ] {
            assert!(!is_allowed(origin, "example.com"), "{origin}");
        }
        for origin in ["http://localhost.example.com", "http://notlocalhost", "ftp://localhost"] {
            assert!(!is_allowed(origin, "localhost"), "{origin}");
        }
        assert!(!is_allowed("http://localhost", "example.com"));
    }
}
