//! Reading what a request presents: access key, scope, time and signature.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::canonical::parameters;
use super::{Request, SigV4Error};
use crate::hash::sha256;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

/// Longest access key id; AWS's own have 16 to 128 characters.
const MAX_ACCESS_KEY_ID: usize = 128;

/// The longest validity of a presigned URL: seven days.
const MAX_EXPIRES_SECONDS: u32 = 7 * 24 * 60 * 60;

/// What a signed request presents, in its own bytes where they can be read as they are. None of it is proved before
/// [`Presented::verify`] says so.
#[derive(Debug, Clone)]
pub struct Presented<'a> {
    /// Whose secret the signature should be made with.
    pub access_key_id: Cow<'a, str>,
    /// The day of the credential's scope, `YYYYMMDD`.
    pub date: Cow<'a, str>,
    /// The region of the scope, such as `us-east-1`.
    pub region: Cow<'a, str>,
    /// The service of the scope, such as `cognito-idp`.
    pub service: Cow<'a, str>,
    /// Names of the signed headers, separated by semicolons.
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: Signature<'a>,
    /// Whether a token came along, which goes with temporary access keys.
    pub has_session_token: bool,
    /// When the request was signed, epoch seconds.
    pub request_time: i64,
    /// How long a presigned URL is valid, if it says so.
    pub expires_seconds: Option<u32>,
    /// Whether the signature came in the query.
    pub presigned: bool,
}

/// A signature, 64 hex digits if it is a good one. It is good for some minutes, so it does not show.
#[derive(Clone)]
pub(super) struct Signature<'a>(pub(super) Cow<'a, str>);

impl fmt::Debug for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Reads the signature of a request from its `Authorization` header or else from its query.
pub fn parse<'a>(request: &Request<'a>) -> Result<Presented<'a>, SigV4Error> {
    if let Some(authorization) = request.header("authorization") {
        return from_header(request, authorization);
    }
    let mut query: HashMap<String, String> = HashMap::new();
    for (name, value) in parameters(request.query) {
        let (Ok(name), Ok(value)) = (String::from_utf8(name), String::from_utf8(value)) else { continue };
        if name.starts_with("X-Amz-") {
            query.entry(name).or_insert(value);
        }
    }
    if query.is_empty() { Err(SigV4Error::Missing) } else { from_query(&query).map(Presented::into_owned) }
}

fn from_header<'a>(request: &Request<'a>, authorization: &'a str) -> Result<Presented<'a>, SigV4Error> {
    let (algorithm, rest) = authorization.trim().split_once(' ').unwrap_or((authorization.trim(), ""));
    if !algorithm.starts_with("AWS4-") {
        // A bearer token, for example. It could be a good one, so the answer holds its hash only.
        let hashed = hashed(authorization);
        return Err(incomplete(format!(
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
             Base64): '{hashed}'."
        )));
    }
    require_algorithm(algorithm)?;

    let (mut credential, mut signature, mut signed_headers) = (None, None, None);
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            let hashed = hashed(pair);
            return Err(incomplete(format!(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded \
                 with Base64): '{hashed}'."
            )));
        };
        // The first of a name counts.
        match name {
            "Credential" => credential = credential.or(Some(value)),
            "Signature" => signature = signature.or(Some(value)),
            "SignedHeaders" => signed_headers = signed_headers.or(Some(value)),
            _ => {}
        }
    }
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        let mut text = String::new();
        for (name, value) in
            [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)]
        {
            if value.is_none() {
                text.push_str(&format!("Authorization header requires '{name}' parameter. "));
            }
        }
        if date.is_none() {
            text.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            );
        }
        let hashed = hashed(authorization);
        text.push_str(&format!("(Hashed with SHA-256 and encoded with Base64) Authorization={hashed}"));
        return Err(incomplete(text));
    };
    Presented::new(Texts {
        credential,
        signature,
        signed_headers,
        date,
        has_session_token: request.header("x-amz-security-token").is_some(),
        expires_seconds: None,
        presigned: false,
    })
}

fn from_query(query: &HashMap<String, String>) -> Result<Presented<'_>, SigV4Error> {
    let value = |name: &str| query.get(name).map(String::as_str);
    let (Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)) = (
        value("X-Amz-Algorithm"),
        value("X-Amz-Credential"),
        value("X-Amz-Signature"),
        value("X-Amz-SignedHeaders"),
        value("X-Amz-Date"),
    ) else {
        let names =
            ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
        let mut text = String::new();
        for name in names.into_iter().filter(|name| !query.contains_key(*name)) {
            text.push_str(&format!("AWS query-string parameters must include '{name}'. "));
        }
        text.push_str("Re-examine the query-string parameters.");
        return Err(incomplete(text));
    };
    require_algorithm(algorithm)?;
    let expires_seconds = match value("X-Amz-Expires").map(str::parse) {
        None => None,
        Some(Ok(seconds @ 1..=MAX_EXPIRES_SECONDS)) => Some(seconds),
        Some(_) => {
            let text = format!("X-Amz-Expires must be a number of seconds from 1 to {MAX_EXPIRES_SECONDS}.");
            return Err(incomplete(text));
        }
    };
    Presented::new(Texts {
        credential,
        signature,
        signed_headers,
        date,
        has_session_token: value("X-Amz-Security-Token").is_some(),
        expires_seconds,
        presigned: true,
    })
}

/// The pieces of either form, not yet read.
#[derive(Clone, Copy)]
struct Texts<'a> {
    credential: &'a str,
    signature: &'a str,
    signed_headers: &'a str,
    date: &'a str,
    has_session_token: bool,
    expires_seconds: Option<u32>,
    presigned: bool,
}

impl<'a> Presented<'a> {
    fn new(texts: Texts<'a>) -> Result<Self, SigV4Error> {
        let mut scope = texts.credential.split('/');
        let (Some(access_key_id), Some(date), Some(region), Some(service), Some(terminator), None) =
            (scope.next(), scope.next(), scope.next(), scope.next(), scope.next(), scope.next())
        else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
                shown(texts.credential)
            )));
        };
        if access_key_id.is_empty() || access_key_id.len() > MAX_ACCESS_KEY_ID {
            return Err(incomplete("Credential must hold an access key id.".to_owned()));
        }
        if terminator != TERMINATOR {
            return Err(SigV4Error::WrongScope {
                text: format!(
                    "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'.",
                    shown(terminator)
                ),
            });
        }
        let request_time = basic_time::parse(texts.date).ok_or_else(|| {
            incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                shown(texts.date)
            ))
        })?;
        let signed_day = texts.date.split('T').next().unwrap_or_default();
        if date != signed_day {
            return Err(SigV4Error::WrongScope {
                text: format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                     '{signed_day}', from '{}'.",
                    shown(date),
                    shown(texts.date)
                ),
            });
        }
        Ok(Self {
            access_key_id: access_key_id.into(),
            date: date.into(),
            region: region.into(),
            service: service.into(),
            signed_headers: texts.signed_headers.into(),
            signature: Signature(texts.signature.into()),
            has_session_token: texts.has_session_token,
            request_time,
            expires_seconds: texts.expires_seconds,
            presigned: texts.presigned,
        })
    }

    fn into_owned(self) -> Presented<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Presented {
            access_key_id: owned(self.access_key_id),
            date: owned(self.date),
            region: owned(self.region),
            service: owned(self.service),
            signed_headers: owned(self.signed_headers),
            signature: Signature(owned(self.signature.0)),
            has_session_token: self.has_session_token,
            request_time: self.request_time,
            expires_seconds: self.expires_seconds,
            presigned: self.presigned,
        }
    }

    /// Refuses credentials scoped to another region or service than the one asked.
    pub fn require_scope(&self, region: &str, service: &str) -> Result<(), SigV4Error> {
        let text = if self.service != service {
            format!("Credential should be scoped to correct service: '{service}'. ")
        } else if self.region != region {
            "Credential should be scoped to a valid region. ".to_owned()
        } else {
            return Ok(());
        };
        Err(SigV4Error::WrongScope { text })
    }
}

fn require_algorithm(algorithm: &str) -> Result<(), SigV4Error> {
    if algorithm == ALGORITHM {
        return Ok(());
    }
    Err(incomplete(format!("Unsupported AWS 'algorithm': '{}'.", shown(algorithm))))
}

const fn incomplete(text: String) -> SigV4Error {
    SigV4Error::Incomplete { text }
}

fn hashed(text: &str) -> String {
    STANDARD.encode(sha256(&[text.as_bytes()]))
}

/// The first 100 characters of what the caller sent, for showing it to the caller.
fn shown(text: &str) -> &str {
    text.char_indices().nth(100).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// ISO 8601 in the basic form that AWS uses, `20150830T123600Z`.
pub(super) mod basic_time {
    use time::format_description::StaticFormatDescription;
    use time::macros::format_description;
    use time::{Date, Month, OffsetDateTime};

    const FORMAT: StaticFormatDescription = format_description!("[year][month][day]T[hour][minute][second]Z");

    /// Epoch seconds; `None` for every other form.
    pub(crate) fn parse(text: &str) -> Option<i64> {
        let (date, time) = text.strip_suffix('Z').filter(|text| text.len() == 15)?.split_once('T')?;
        let date = Date::from_calendar_date(
            i32::from(number(date.get(..4)?)?),
            Month::try_from(two_digits(date.get(4..6)?)?).ok()?,
            two_digits(date.get(6..8)?)?,
        );
        let [hour, minute, second] = [time.get(..2)?, time.get(2..4)?, time.get(4..)?].map(two_digits);
        Some(date.ok()?.with_hms(hour?, minute?, second?).ok()?.assume_utc().unix_timestamp())
    }

    fn two_digits(text: &str) -> Option<u8> {
        number(text).filter(|_| text.len() == 2)?.try_into().ok()
    }

    /// A number of at most four digits.
    fn number(digits: &str) -> Option<u16> {
        digits.bytes().try_fold(0_u16, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0'))
        })
    }

    /// The text of an instant in epoch seconds; empty outside the years 0 to 9999.
    pub(crate) fn format(epoch_seconds: i64) -> String {
        let time = OffsetDateTime::from_unix_timestamp(epoch_seconds).ok();
        time.and_then(|time| time.format(FORMAT).ok()).unwrap_or_default()
    }

    #[cfg(test)]
    mod tests {
        use super::{format, parse};

        #[test]
        fn exactly_this_form_is_read() {
            for seconds in [0, 951_827_696, 1_440_938_160, 253_402_300_799, -62_167_219_200] {
                assert_eq!(parse(&format(seconds)), Some(seconds));
            }
            for text in [
                "",
                "Z",
                "T",
                "20150830T123600",
                "20150830T12360Z",
                "2015083T0123600Z",
                "201508301T23600Z",
                "20150830T1236000Z",
                "20150830T123660Z",
                "20150830T126000Z",
                "20150830T240000Z",
                "20150229T000000Z",
                "20150001T000000Z",
                "20150100T000000Z",
                "20151301T000000Z",
                "+0150830T123600Z",
                "2015-830T123600Z",
                "20150830t123600z",
                "20150830 123600Z",
                "201508\u{e9}T123600Z",
                "\u{e9}\u{e9}150830T1236Z",
            ] {
                assert_eq!(parse(text), None, "{text}");
            }
        }
    }
}
