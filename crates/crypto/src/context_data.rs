//! `EncodedData`: what Cognito's client libraries tell of the device for threat protection.
//!
//! It is base64 of a JSON text `{"payload", "signature", "version"}`, where the payload is a JSON text itself and the
//! signature is base64 of HMAC-SHA256(key = app client id, message = version | payload). The key is public, so a good
//! signature shows the format and not where the data came from: it may raise suspicion, and never lower it.
//!
//! Clients differ: Android breaks the base64 into lines, others use the URL-safe alphabet or leave out the padding, and
//! the members come in any order. The format is that of `amazon-cognito-advanced-security-data.min.js` and its siblings for
//! Android and iOS.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::encoding::decode_base64_lenient;
use crate::hash::hmac_sha256;
use crate::secret::constant_time_eq;

/// The longest `EncodedData` that is read, in bytes.
pub const MAX_ENCODED_BYTES: usize = 128 * 1024;

/// How far the client's clock may be off for the data to be trusted.
const TOLERANCE_MILLISECONDS: u64 = 10 * 60 * 1000;

/// What the client sent, readable but not yet trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextData {
    /// The user name the data was made for; empty if none was given.
    pub username: String,
    /// The pool the data was made for; the script of the hosted pages leaves it empty.
    pub user_pool_id: String,
    /// When it was made, in epoch milliseconds; `None` if missing or no number.
    pub timestamp_ms: Option<i64>,
    /// The members of `contextData`: user agent, device id, language and more, depending on the platform.
    pub fields: BTreeMap<String, String>,
    /// Which library made it, such as `JS20171115`.
    pub version: String,
    /// Whether the signature fits.
    pub signature_valid: bool,
}

/// The data is not in the format, or longer than [`MAX_ENCODED_BYTES`]. No request fails for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the context data is unreadable")]
pub struct Unreadable;

#[derive(Deserialize)]
struct Outer {
    payload: String,
    signature: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    context_data: Map<String, Value>,
    #[serde(default)]
    username: String,
    #[serde(default)]
    user_pool_id: String,
    #[serde(default)]
    timestamp: Value,
}

impl ContextData {
    /// Reads `EncodedData` sent through the app client `client_id`.
    pub fn decode(encoded: &str, client_id: &str) -> Result<Self, Unreadable> {
        if encoded.len() > MAX_ENCODED_BYTES {
            return Err(Unreadable);
        }
        let outer = decode_base64_lenient(encoded).ok_or(Unreadable)?;
        let outer: Outer = object(&outer)?;
        let payload: Payload = object(outer.payload.as_bytes())?;

        let expected =
            hmac_sha256(client_id.as_bytes(), &[outer.version.as_bytes(), outer.payload.as_bytes()]);
        let signature = decode_base64_lenient(&outer.signature).unwrap_or_default();
        Ok(Self {
            username: payload.username,
            user_pool_id: payload.user_pool_id,
            timestamp_ms: text(payload.timestamp).and_then(|text| text.parse().ok()),
            fields: payload
                .context_data
                .into_iter()
                .filter_map(|(name, value)| Some((name, text(value)?)))
                .collect(),
            version: outer.version,
            signature_valid: constant_time_eq(&expected, &signature),
        })
    }

    /// Whether the data may be taken as the request's own: signature good, made within ten minutes of `now_ms`, for one of
    /// `usernames` (name and aliases of the request's user) or none, and for this pool or none. Data that is not trusted is
    /// treated as missing, with a little suspicion.
    pub fn trust(&self, now_ms: i64, usernames: &[&str], user_pool_id: &str) -> bool {
        let current = self.timestamp_ms.is_some_and(|time| time.abs_diff(now_ms) <= TOLERANCE_MILLISECONDS);
        let name = self.username.as_str();
        let user = matches!(name, "" | "unknown") || usernames.contains(&name);
        let pool = self.user_pool_id.is_empty() || self.user_pool_id == user_pool_id;
        self.signature_valid && current && user && pool
    }
}

/// Reads a JSON object; the derived readers alone would take an array of the members' values as well.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Unreadable> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(Unreadable);
    }
    serde_json::from_slice(json).map_err(|_| Unreadable)
}

/// Values are texts by the format; numbers and truth values are taken as they are written, the rest is dropped.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
        unreadable: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Case {
        note: String,
        client_id: String,
        version: String,
        payload: String,
        encoded_data: String,
        signature_valid: bool,
    }

    fn vectors() -> File {
        serde_json::from_str(include_str!("../tests/vectors/context-data.json")).unwrap()
    }

    #[test]
    fn every_published_vector_holds() {
        let file = vectors();
        assert_eq!((file.cases.len(), file.unreadable.len()), (7, 6));
        for case in file.cases {
            let note = &case.note;
            let data = ContextData::decode(&case.encoded_data, &case.client_id).unwrap();
            assert_eq!(data.signature_valid, case.signature_valid, "{note}");
            assert_eq!(data.version, case.version, "{note}");
            assert_eq!(data.user_pool_id, "us-east-1_EXAMPLE01", "{note}");
            assert_eq!(data.timestamp_ms, Some(1_700_000_000_000), "{note}");
            let payload: Value = serde_json::from_str(&case.payload).unwrap();
            assert_eq!(data.username, payload["username"].as_str().unwrap(), "{note}");
            let fields = payload["contextData"].as_object().unwrap();
            assert_eq!(data.fields.len(), fields.len(), "{note}");
            for (name, value) in fields {
                assert_eq!(data.fields[name], value.as_str().unwrap(), "{note}");
            }
            let other_client = ContextData::decode(&case.encoded_data, "otherclient").unwrap();
            assert!(!other_client.signature_valid, "{note}");
        }
        for encoded in file.unreadable {
            assert_eq!(ContextData::decode(&encoded, "1example23456789"), Err(Unreadable), "{encoded:?}");
        }
    }

    fn encode(payload: &str) -> String {
        let signature = STANDARD.encode(hmac_sha256(b"client", &[b"JS20171115", payload.as_bytes()]));
        let outer = serde_json::json!({"payload": payload, "signature": signature, "version": "JS20171115"});
        STANDARD.encode(outer.to_string())
    }

    fn decode(payload: &str) -> Result<ContextData, Unreadable> {
        ContextData::decode(&encode(payload), "client")
    }

    #[test]
    fn trust_needs_signature_time_user_and_pool() {
        let case = vectors().cases.remove(0);
        let good = ContextData::decode(&case.encoded_data, &case.client_id).unwrap();
        let (now, pool) = (1_700_000_000_000, "us-east-1_EXAMPLE01");
        assert!(good.trust(now, &["alice"], pool));
        assert!(good.trust(now, &["3f8b1c2e", "alice"], pool));
        assert!(good.trust(now + 600_000, &["alice"], pool));
        assert!(good.trust(now - 600_000, &["alice"], pool));
        assert!(!good.trust(now + 600_001, &["alice"], pool));
        assert!(!good.trust(now - 600_001, &["alice"], pool));
        assert!(!good.trust(i64::MIN, &["alice"], pool));
        assert!(!good.trust(now, &["bob"], pool));
        assert!(!good.trust(now, &[], pool));
        assert!(!good.trust(now, &["alice"], "us-east-1_EXAMPLE02"));

        let with = |change: fn(&mut ContextData)| {
            let mut data = good.clone();
            change(&mut data);
            data.trust(now, &["bob"], "other") || data.trust(now, &["alice"], pool)
        };
        assert!(!with(|data| data.signature_valid = false));
        assert!(!with(|data| data.timestamp_ms = None));
        for name in ["", "unknown"] {
            let data = ContextData { username: name.into(), ..good.clone() };
            assert!(data.trust(now, &["bob"], pool));
        }
        let data = ContextData { user_pool_id: String::new(), ..good.clone() };
        assert!(data.trust(now, &["alice"], "other"));
    }

    #[test]
    fn odd_payloads_are_read_as_far_as_possible() {
        let data =
            decode(r#"{"timestamp":5,"contextData":{"a":1,"b":true,"c":null,"d":[],"e":"x"},"more":{}}"#);
        let data = data.unwrap();
        assert!(data.signature_valid);
        assert_eq!(data.timestamp_ms, Some(5));
        let fields: Vec<(&str, &str)> = data.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(fields, [("a", "1"), ("b", "true"), ("e", "x")]);
        assert_eq!((data.username.as_str(), data.user_pool_id.as_str()), ("", ""));

        assert_eq!(decode("{}").unwrap().timestamp_ms, None);
        assert_eq!(decode(r#"{"timestamp":"soon"}"#).unwrap().timestamp_ms, None);
        for payload in ["", "[]", "1", r#"{"contextData":[]}"#, r#"{"username":1}"#, "[{},\"a\",\"b\",\"1\"]"]
        {
            assert_eq!(decode(payload), Err(Unreadable), "{payload}");
        }
    }

    #[test]
    fn size_is_limited() {
        let payload = |length| format!(r#"{{"contextData":{{"a":"{}"}}}}"#, "x".repeat(length));
        assert!(encode(&payload(98_000)).len() <= MAX_ENCODED_BYTES);
        assert!(decode(&payload(98_000)).is_ok());
        assert!(encode(&payload(98_400)).len() > MAX_ENCODED_BYTES);
        assert_eq!(decode(&payload(98_400)), Err(Unreadable));
        let deep = "[".repeat(40_000);
        assert_eq!(decode(&format!(r#"{{"contextData":{deep}"#)), Err(Unreadable));
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused_without_panic(text in ".{0,60}", payload in ".{0,60}") {
            let _ = ContextData::decode(&text, "client");
            let _ = decode(&payload);
        }
    }
}
