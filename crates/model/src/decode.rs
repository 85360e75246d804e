//! Reading a structure out of parsed JSON: types are checked at once, constraints are collected.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::path::Path;
use crate::shape::Shape;
use crate::violations::Violations;

/// A member has another JSON type than the model says: a SerializationException. Reading stops at the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongType {
    /// The text, for the cases in which the service sends one.
    pub message: Option<String>,
}

impl WrongType {
    pub(crate) const fn unnamed() -> Self {
        Self { message: None }
    }

    fn named(message: &str) -> Self {
        Self { message: Some(message.to_owned()) }
    }
}

/// What can be read from a JSON value, which is taken apart and not copied.
///
/// Default values are placeholders: they stand for what is missing until the violations are reported.
pub trait Decode: Sized + Default {
    /// `shape`: the constraints at this place.
    ///
    /// # Errors
    /// If a JSON type is wrong, here or anywhere inside.
    fn decode_as(
        value: Value,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<Self, WrongType>;

    /// The same where no constraints are.
    ///
    /// # Errors
    /// If a JSON type is wrong, here or anywhere inside.
    fn decode(value: Value, at: &mut Path, violations: &mut Violations) -> Result<Self, WrongType> {
        Self::decode_as(value, &Shape::FREE, at, violations)
    }
}

impl Decode for String {
    fn decode_as(
        value: Value,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<Self, WrongType> {
        let Value::String(text) = value else { return Err(WrongType::unnamed()) };
        if shape.is_base64() && !is_base64(&text) {
            return Err(WrongType::unnamed());
        }
        if !violations.is_silenced() {
            shape.check_text(&text, at, violations);
        }
        Ok(text)
    }
}

impl Decode for i64 {
    fn decode_as(
        value: Value,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<Self, WrongType> {
        let Value::Number(number) = value else { return Err(WrongType::unnamed()) };
        // `3.0` is a whole number, and fewer digits than a double has keep it exact.
        let whole = |number: f64| number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
        let number = match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number,
            (None, Some(number)) if whole(number) => number as Self,
            _ => return Err(WrongType::unnamed()),
        };
        shape.check_number(number, at, violations);
        Ok(number)
    }
}

impl Decode for i32 {
    fn decode_as(
        value: Value,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<Self, WrongType> {
        let number = i64::decode(value, at, violations)?;
        let number = Self::try_from(number).map_err(|_| WrongType::unnamed())?;
        shape.check_number(number.into(), at, violations);
        Ok(number)
    }
}

impl Decode for bool {
    fn decode_as(
        value: Value,
        _: &'static Shape,
        _: &mut Path,
        _: &mut Violations,
    ) -> Result<Self, WrongType> {
        value.as_bool().ok_or_else(WrongType::unnamed)
    }
}

/// A document: any JSON.
impl Decode for Value {
    fn decode_as(
        value: Value,
        _: &'static Shape,
        _: &mut Path,
        _: &mut Violations,
    ) -> Result<Self, WrongType> {
        Ok(value)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode_as(
        value: Value,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<Self, WrongType> {
        if let Value::Array(items) = &value
            && !violations.is_silenced()
        {
            shape.check_list(&value, items, at, violations);
        }
        let Value::Array(items) = value else { return Err(WrongType::named("Expected list or null")) };
        // What would be dropped with the request is not kept, so that a body grows little while it is read.
        let kept = if violations.is_silenced() { items.len() } else { shape.within_maximum(items.len()) };
        let mut list = Self::with_capacity(kept);
        for (index, item) in items.into_iter().enumerate() {
            at.enter_element(index);
            if item.is_null() {
                violations.add_missing(shape.is_sensitive(), at);
            } else {
                let element = decode_inside(item, shape, at, violations)?;
                if list.len() < kept {
                    list.push(element);
                }
            }
            at.leave();
        }
        Ok(list)
    }
}

/// Entries with the value `null` are as good as absent: amazon-cognito-identity-js sends `DEVICE_KEY: null`.
impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode_as(
        mut value: Value,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<Self, WrongType> {
        if let Value::Object(entries) = &mut value {
            entries.retain(|_, entry| !entry.is_null());
        }
        if let Value::Object(entries) = &value
            && !violations.is_silenced()
        {
            shape.check_map(&value, entries, at, violations);
        }
        let Value::Object(entries) = value else { return Err(WrongType::named("Expected map or null")) };
        let mut map = Self::new();
        for (key, entry) in entries {
            at.enter_entry(&key);
            let entry = decode_inside(entry, shape, at, violations)?;
            at.leave();
            map.insert(key, entry);
        }
        Ok(map)
    }
}

/// Scalars in a list or map were checked with the whole of it.
fn decode_inside<T: Decode>(
    item: Value,
    shape: &'static Shape,
    at: &mut Path,
    violations: &mut Violations,
) -> Result<T, WrongType> {
    let silenced = violations.silence(violations.is_silenced() || shape.has_element());
    let decoded = T::decode(item, at, violations);
    violations.silence(silenced);
    decoded
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// The members of a structure that is being read.
pub(crate) struct Members(Map<String, Value>);

impl Members {
    pub(crate) fn open(value: Value, at: &Path) -> Result<Self, WrongType> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            Value::Array(_) => Err(WrongType::named("Start of list found where not expected")),
            _ if at.is_root() => Err(WrongType::unnamed()),
            _ => Err(WrongType::named("Unexpected field type")),
        }
    }

    pub(crate) fn required<T: Decode>(
        &mut self,
        name: &'static str,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<T, WrongType> {
        if let Some(found) = self.optional(name, shape, at, violations)? {
            return Ok(found);
        }
        at.enter_member(name);
        violations.add_missing(shape.is_sensitive(), at);
        at.leave();
        Ok(T::default())
    }

    pub(crate) fn optional<T: Decode>(
        &mut self,
        name: &'static str,
        shape: &'static Shape,
        at: &mut Path,
        violations: &mut Violations,
    ) -> Result<Option<T>, WrongType> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                at.enter_member(name);
                let decoded = T::decode_as(value, shape, at, violations)?;
                at.leave();
                Ok(Some(decoded))
            }
        }
    }
}
