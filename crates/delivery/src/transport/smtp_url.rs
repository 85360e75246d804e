//! The URL that names a mail server.
//!
//! `smtp://user:password@host:587?tls=required&hello=name` or `smtps://user:password@host:465`. User and password are
//! percent-encoded. `tls` is `required` (STARTTLS or nothing; what counts when it is missing), `opportunistic` (STARTTLS
//! if offered, and no password without it) or `none` (what counts for loopback addresses when it is missing). `hello` is
//! the name to introduce oneself with, otherwise the name of the machine.

use std::net::IpAddr;

use cenote_crypto::SecretString;
use hyper::Uri;

use super::SettingsError;

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmtpTls {
    /// TLS from the first byte: `smtps`.
    Implicit,
    /// STARTTLS, and nothing is sent without it.
    Required,
    /// STARTTLS when offered.
    Opportunistic,
    None,
}

/// A parsed URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SmtpUrl {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: SmtpTls,
    pub(crate) credentials: Option<(SecretString, SecretString)>,
    pub(crate) hello: Option<String>,
}

impl SmtpUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, SettingsError> {
        let invalid = |what: &str| SettingsError(format!("the SMTP URL {what}"));
        if url.contains('#') {
            return Err(invalid("has a # that is not percent-encoded"));
        }
        let uri: Uri =
            url.parse().map_err(|_| invalid("is not a URL (are user and password percent-encoded?)"))?;
        let implicit = match uri.scheme_str() {
            Some("smtp") => false,
            Some("smtps") => true,
            _ => return Err(invalid("must start with smtp:// or smtps://")),
        };
        let authority = uri.authority().ok_or_else(|| invalid("names no host"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(invalid("names no host"));
        }
        if !matches!(uri.path(), "" | "/") {
            return Err(invalid("has a path"));
        }
        let mut tls = None;
        let mut hello = None;
        for (name, value) in
            uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(split_pair)
        {
            match (name, value) {
                ("tls", "required") => tls = Some(SmtpTls::Required),
                ("tls", "opportunistic") => tls = Some(SmtpTls::Opportunistic),
                ("tls", "none") => tls = Some(SmtpTls::None),
                ("tls", _) => {
                    return Err(invalid("has a value for tls other than required, opportunistic, none"));
                }
                ("hello", name) if is_host_name(name) => hello = Some(name.to_owned()),
                ("hello", _) => return Err(invalid("has a value for hello that is no host name")),
                _ => return Err(invalid("has a parameter other than tls and hello")),
            }
        }
        let tls = match (implicit, tls) {
            (true, None) => SmtpTls::Implicit,
            (true, Some(_)) => {
                return Err(invalid("has a value for tls, which smtps:// leaves no choice about"));
            }
            (false, Some(tls)) => tls,
            (false, None) if is_loopback(&host) => SmtpTls::None,
            (false, None) => SmtpTls::Required,
        };
        let credentials = match authority.as_str().rsplit_once('@') {
            None => None,
            Some((user_info, _)) => {
                let (user, password) =
                    user_info.split_once(':').ok_or_else(|| invalid("has a user without password"))?;
                let decode = |text| {
                    percent_decode(text).ok_or_else(|| invalid("has a user or password that is not UTF-8"))
                };
                Some((SecretString::new(decode(user)?), SecretString::new(decode(password)?)))
            }
        };
        let behind_host = authority.as_str().rsplit_once(authority.host()).map_or("", |(_, behind)| behind);
        let port = match (behind_host.strip_prefix(':'), implicit) {
            (Some(port), _) => port.parse().map_err(|_| invalid("has a port that is no port"))?,
            (None, true) => 465,
            (None, false) => 587,
        };
        Ok(Self { host, port, tls, credentials, hello })
    }
}

fn split_pair(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or((pair, ""))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// Undoes percent-encoding; none when the result is not UTF-8. A percent sign that encodes nothing stays.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((first, rest)) = bytes.split_first() {
        let digit = |at: usize| {
            rest.get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
                .and_then(|digit| u8::try_from(digit).ok())
        };
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                bytes = rest.get(2..).unwrap_or_default();
            }
            _ => {
                decoded.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> SmtpUrl {
        SmtpUrl::parse(url).unwrap()
    }

    #[test]
    fn everything_in_the_url_counts() {
        let url = parse(
            "smtp://user%40example.org:p%3Aa%2Fss%25@mail.example.org:2525?tls=opportunistic&hello=id.example.org",
        );
        assert_eq!(
            (url.host.as_str(), url.port, url.tls),
            ("mail.example.org", 2525, SmtpTls::Opportunistic)
        );
        let (user, password) = url.credentials.unwrap();
        assert_eq!((user.expose().as_str(), password.expose().as_str()), ("user@example.org", "p:a/ss%"));
        assert_eq!(url.hello.as_deref(), Some("id.example.org"));
    }

    #[test]
    fn what_is_missing_is_safe() {
        assert_eq!(parse("smtp://mail.example.org").tls, SmtpTls::Required);
        assert_eq!(parse("smtp://mail.example.org").port, 587);
        assert_eq!(parse("smtps://mail.example.org").tls, SmtpTls::Implicit);
        assert_eq!(parse("smtps://mail.example.org").port, 465);
        assert_eq!(parse("smtp://mail.example.org?tls=none").tls, SmtpTls::None);
        for local in ["smtp://localhost:1025", "smtp://127.0.0.1:1025", "smtp://[::1]:1025/"] {
            assert_eq!((parse(local).tls, parse(local).port), (SmtpTls::None, 1025), "{local}");
        }
        assert_eq!(parse("smtp://[::1]:1025").host, "::1");
    }

    #[test]
    fn mistakes_are_named_without_secrets() {
        for url in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://hunter2@mail.example.org",
            "smtp://u:hunter2@mail.example.org/inbox",
            "smtp://u:hunter2@mail.example.org?tls=yes",
            "smtp://u:hunter2@mail.example.org?ssl=on",
            "smtp://u:hunter2@mail.example.org?hello=a%20b",
            "smtps://u:hunter2@mail.example.org?tls=none",
            "smtp://u:hunter2%ff@mail.example.org",
            "smtp://u:hunter2#@mail.example.org",
            "smtp://u:hunter2@mail.example.org:99999",
        ] {
            let error = SmtpUrl::parse(url).unwrap_err().to_string();
            assert!(error.starts_with("the SMTP URL ") && !error.contains("hunter2"), "{url}: {error}");
        }
        assert!(!format!("{:?}", parse("smtp://u:hunter2@mail.example.org")).contains("hunter2"));
    }
}
