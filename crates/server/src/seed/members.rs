//! Members of the file: known to the API's requests, or refused.

use cenote_model::{Decode, DecodeError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::SeedError;

/// A map of the file, and where it stands.
pub(super) type Entry = (String, Map<String, Value>);

/// Takes a list of maps out of a map, each with its place.
pub(super) fn entries(
    map: &mut Map<String, Value>,
    name: &str,
    place: &str,
) -> Result<Vec<Entry>, SeedError> {
    let list = match map.remove(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(SeedError::new(place, "has to be a list")),
    };
    let entry = |(index, value)| {
        let place = format!("{place}[{index}]");
        match value {
            Value::Object(entry) => Ok((place, entry)),
            _ => Err(SeedError::new(place, "has to be a map")),
        }
    };
    list.into_iter().enumerate().map(entry).collect()
}

/// Takes a text out of a map.
pub(super) fn take_text(
    map: &mut Map<String, Value>,
    name: &str,
    place: &str,
) -> Result<Option<String>, SeedError> {
    match map.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SeedError::new(format!("{place}.{name}"), "has to be a text: put it in quotes")),
    }
}

/// Refuses members beside the known ones.
pub(super) fn only(map: &Map<String, Value>, place: &str, known: &[&str]) -> Result<(), SeedError> {
    match map.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(SeedError::new(format!("{place}.{name}"), "there is no such member")),
        None => Ok(()),
    }
}

/// An attribute as the API writes it. YAML reads `true` and `5` as what they are; attributes are always texts.
pub(super) fn attribute(place: &str, name: &str, value: Value) -> Result<Value, SeedError> {
    let value = match value {
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => return Err(SeedError::new(format!("{place}.UserAttributes.{name}"), "has to be a text")),
    };
    Ok(json!({ "Name": name, "Value": value }))
}

/// Checks that the members are those of a request, with values it takes. Members in `given_later` may be missing.
pub(super) fn request_members<T: Decode + Serialize>(
    place: &str,
    members: &Map<String, Value>,
    given_later: &[&str],
) -> Result<(), SeedError> {
    let mut complete = members.clone();
    for name in given_later {
        if complete.insert((*name).to_owned(), "us-east-1_placeholder".into()).is_some() {
            return Err(SeedError::new(
                format!("{place}.{name}"),
                "follows from where this stands: leave it out",
            ));
        }
    }
    let request: T = cenote_model::decode_value(Value::Object(complete)).map_err(|error| match error {
        DecodeError::Invalid(text) => SeedError::new(place, text),
        DecodeError::Serialization { message } => {
            let detail = message.map(|message| format!(" ({message})")).unwrap_or_default();
            SeedError::new(place, format!("a member has a value of the wrong type{detail}"))
        }
    })?;
    // What the request does not have is gone after reading and writing.
    let kept = serde_json::to_value(&request).unwrap_or_default();
    match find_lost(&Value::Object(members.clone()), &kept, place) {
        Some(lost) => Err(SeedError::new(lost, "there is no such member")),
        None => Ok(()),
    }
}

/// The path of the first member that is in `given` and not in `kept`.
fn find_lost(given: &Value, kept: &Value, place: &str) -> Option<String> {
    match (given, kept) {
        (Value::Object(given), _) => {
            given.iter().filter(|(_, value)| !value.is_null()).find_map(|(name, value)| {
                let place = format!("{place}.{name}");
                match kept.get(name) {
                    Some(kept) => find_lost(value, kept, &place),
                    None => Some(place),
                }
            })
        }
        (Value::Array(given), Value::Array(kept)) => given
            .iter()
            .zip(kept)
            .enumerate()
            .find_map(|(index, (given, kept))| find_lost(given, kept, &format!("{place}[{index}]"))),
        _ => None,
    }
}
