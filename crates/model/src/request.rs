//! From the bytes of a body to a request.

use std::fmt;

use serde_json::Value;

use crate::decode::{Decode, WrongType};
use crate::path::Path;
use crate::violations::Violations;

/// Why a body is no request. `Debug` and `Display` say which kind of error it is and nothing of the caller's values.
#[derive(Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// SerializationException: not JSON, or a member of the wrong JSON type. Without a message the answer has none.
    Serialization {
        /// Goes out as `Message`, with a capital.
        message: Option<String>,
    },
    /// InvalidParameterException with this text, which names every violation and quotes the values that are not
    /// sensitive. Never log it.
    Invalid(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Serialization { .. } => "the body is no JSON of the right types",
            Self::Invalid(_) => "the request breaks constraints of the model",
        })
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serialization { message } => {
                f.debug_struct("Serialization").field("message", message).finish()
            }
            Self::Invalid(_) => f.write_str("Invalid(***)"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl From<WrongType> for DecodeError {
    fn from(wrong: WrongType) -> Self {
        Self::Serialization { message: wrong.message }
    }
}

/// Reads a request from the bytes of a body.
///
/// The caller bounds the size of a body; nesting is bounded by serde_json at 128 levels, and every unknown member is
/// dropped, so what is kept is never deeper than the model.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode_request<T: Decode>(body: &[u8]) -> Result<T, DecodeError> {
    decode_value(parse_body(body)?)
}

/// A body up to this size may consist of as many values as it likes.
const SMALL_BODY: usize = 64 * 1024;

/// Of how many values a larger one may consist: the smallest object is eight bytes of a body and several hundred of memory.
const MOST_VALUES: usize = 16 * 1024;

/// Parses a body and does nothing else, for a caller that has to look at a member before it knows what to do.
///
/// # Errors
/// [`DecodeError::Serialization`] without a message if it is not JSON, or is large and of very many values.
pub fn parse_body(body: &[u8]) -> Result<Value, DecodeError> {
    let refused = || DecodeError::Serialization { message: None };
    if body.len() > SMALL_BODY && values(body) > MOST_VALUES {
        return Err(refused());
    }
    serde_json::from_slice(body).map_err(|_| refused())
}

/// How many values there are at most in what may be JSON: each but the first comes after a bracket, a brace or a comma that is
/// in no text.
fn values(body: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

/// Reads a request from parsed JSON.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode_value<T: Decode>(body: Value) -> Result<T, DecodeError> {
    let mut violations = Violations::default();
    let request = T::decode(body, &mut Path::default(), &mut violations)?;
    match violations.into_message() {
        None => Ok(request),
        Some(message) => Err(DecodeError::Invalid(message)),
    }
}

/// Reads back what `Serialize` wrote, for configuration that was checked when it came in. Constraints are not checked
/// again: they may have become stricter since. `None` if a type is wrong, a required member is missing or an enumeration
/// does not have the value, as then no structure would tell the truth.
pub fn from_stored<T: Decode>(document: Value) -> Option<T> {
    let mut violations = Violations::unchecked();
    let decoded = T::decode(document, &mut Path::default(), &mut violations).ok()?;
    if violations.is_incomplete() { None } else { Some(decoded) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_have_a_bounded_number_of_values() {
        let list = |value: &str, count: usize, text: &str| {
            format!("{{\"list\":[{}],\"text\":\"{text}\"}}", vec![value; count].join(","))
        };
        let parses = |body: &str| parse_body(body.as_bytes()).is_ok();
        let large = "x".repeat(SMALL_BODY);
        // One is the document itself, one more the list; a text after a comma is the last.
        assert!(parses(&list("1", MOST_VALUES - 3, &large)));
        assert!(!parses(&list("1", MOST_VALUES - 2, &large)));
        assert!(!parses(&list("{\"a\":1}", MOST_VALUES / 2, &large)));
        assert!(parses(&list("1", 32_000, "")), "a small one");
        // What stands in a text is no value, whatever is escaped there.
        assert!(parses(&list("1", 1, &"{[,".repeat(SMALL_BODY))));
        assert!(parses(&list("1", 1, &"\\\",".repeat(SMALL_BODY))));
        assert!(parses(&list("\"\\\\\"", 1, &"\\\\".repeat(SMALL_BODY))));
    }
}
