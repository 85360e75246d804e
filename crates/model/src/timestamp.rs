use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::decode::{Decode, WrongType};
use crate::path::Path;
use crate::shape::Shape;
use crate::violations::Violations;

/// Milliseconds since the epoch. On the wire a JSON number of seconds, with the milliseconds as a fraction without
/// trailing zeros: `1623956729.32`, and `1623956729` when they are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The time without its milliseconds; some members of the API come as whole seconds.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self(self.0.div_euclid(1000).saturating_mul(1000))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            serializer.serialize_i64(self.0 / 1000)
        } else {
            // Up to the year 287396 the nearest double prints as exactly these three digits.
            serializer.serialize_f64(self.0 as f64 / 1000.0)
        }
    }
}

impl Decode for Timestamp {
    fn decode_as(
        value: Value,
        _: &'static Shape,
        _: &mut Path,
        _: &mut Violations,
    ) -> Result<Self, WrongType> {
        let Value::Number(seconds) = value else { return Err(WrongType::unnamed()) };
        if let Some(whole) = seconds.as_i64() {
            return whole.checked_mul(1000).map(Self).ok_or_else(WrongType::unnamed);
        }
        let milliseconds = (seconds.as_f64().ok_or_else(WrongType::unnamed)? * 1000.0).round();
        // The range in which a double holds every whole number.
        if milliseconds.abs() < 9_007_199_254_740_992.0 {
            Ok(Self(milliseconds as i64))
        } else {
            Err(WrongType::unnamed())
        }
    }
}
