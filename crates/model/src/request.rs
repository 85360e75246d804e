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

/// Parses a body and does nothing else, for a caller that has to look at a member before it knows what to do.
///
/// # Errors
/// [`DecodeError::Serialization`] without a message if it is not JSON.
pub fn parse_body(body: &[u8]) -> Result<Value, DecodeError> {
    serde_json::from_slice(body).map_err(|_| DecodeError::Serialization { message: None })
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
