//! Reading what a request presents: access key, scope, time and signature.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::canonical::parameters;
use super::{Request, SigV4Error};
use crate::hash::sha256;
use crate::secret::SecretString;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

/// Longest access key id; AWS's own have 16 to 128 characters.
const MAX_ACCESS_KEY_ID: usize = 128;

/// The longest validity of a presigned URL: seven days.
const MAX_EXPIRES_SECONDS: u32 = 7 * 24 * 60 * 60;

/// What a signed request presents. None of it is proved before [`Presented::verify`] says so.
#[derive(Debug, Clone)]
pub struct Presented {
    /// Whose secret the signature should be made with.
    pub access_key_id: String,
    /// The day of the credential's scope, `YYYYMMDD`.
    pub date: String,
    /// The region of the scope, such as `us-east-1`.
    pub region: String,
    /// The service of the scope, such as `cognito-idp`.
    pub service: String,
    /// Names of the signed headers, in lower case, sorted.
    pub signed_headers: Vec<String>,
    /// The signature, 64 hex digits if it is a good one.
    pub signature: SecretString,
    /// The token that goes with temporary access keys.
    pub session_token: Option<SecretString>,
    /// When the request was signed, epoch seconds.
    pub request_time: i64,
    /// How long a presigned URL is valid, if it says so.
    pub expires_seconds: Option<u32>,
    /// Whether the signature came in the query.
    pub presigned: bool,
}

/// Reads the signature of a request from its `Authorization` header or else from its query.
pub fn parse(request: &Request<'_>) -> Result<Presented, SigV4Error> {
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
    if query.is_empty() { Err(SigV4Error::Missing) } else { from_query(&query) }
}

fn from_header(request: &Request<'_>, authorization: &str) -> Result<Presented, SigV4Error> {
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

    let mut values: HashMap<&str, &str> = HashMap::new();
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            let hashed = hashed(pair);
            return Err(incomplete(format!(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded \
                 with Base64): '{hashed}'."
            )));
        };
        values.entry(name).or_insert(value);
    }
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (values.get("Credential"), values.get("Signature"), values.get("SignedHeaders"), date)
    else {
        let mut text = String::new();
        for name in ["Credential", "Signature", "SignedHeaders"] {
            if !values.contains_key(name) {
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
        session_token: request.header("x-amz-security-token"),
        expires_seconds: None,
        presigned: false,
    })
}

fn from_query(query: &HashMap<String, String>) -> Result<Presented, SigV4Error> {
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
        session_token: value("X-Amz-Security-Token"),
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
    session_token: Option<&'a str>,
    expires_seconds: Option<u32>,
    presigned: bool,
}

impl Presented {
    fn new(texts: Texts<'_>) -> Result<Self, SigV4Error> {
        let scope: Vec<&str> = texts.credential.split('/').collect();
        let [access_key_id, date, region, service, terminator] = scope[..] else {
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
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: texts.signed_headers.split(';').map(str::to_owned).collect(),
            signature: texts.signature.into(),
            session_token: texts.session_token.map(SecretString::from),
            request_time,
            expires_seconds: texts.expires_seconds,
            presigned: texts.presigned,
        })
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
    use time::{OffsetDateTime, PrimitiveDateTime};

    const FORMAT: StaticFormatDescription = format_description!("[year][month][day]T[hour][minute][second]Z");

    /// Epoch seconds; `None` for every other form.
    pub(crate) fn parse(text: &str) -> Option<i64> {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if text.len() != 16 || digits != 14 {
            return None;
        }
        Some(PrimitiveDateTime::parse(text, FORMAT).ok()?.assume_utc().unix_timestamp())
    }

    /// The text of an instant in epoch seconds; empty outside the years 0 to 9999.
    pub(crate) fn format(epoch_seconds: i64) -> String {
        let time = OffsetDateTime::from_unix_timestamp(epoch_seconds).ok();
        time.and_then(|time| time.format(FORMAT).ok()).unwrap_or_default()
    }
}
