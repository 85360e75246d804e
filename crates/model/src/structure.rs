//! What every generated structure can do, from the table of its members. A macro by example and not a derive: several
//! hundred structures compile in seconds this way.

use serde::Serialize;
use serde::ser::SerializeMap;

/// `structure! { Name  required|optional shown|hidden field "Member" constraints; … }`
macro_rules! structure {
    ($name:ident $($presence:ident $visibility:ident $field:ident $wire:literal $shape:expr;)*) => {
        impl $crate::decode::Decode for $name {
            fn decode_as(
                value: serde_json::Value,
                _: &'static $crate::shape::Shape,
                at: &mut $crate::path::Path,
                _violations: &mut $crate::violations::Violations,
            ) -> Result<Self, $crate::decode::WrongType> {
                let mut _members = $crate::decode::Members::open(value, at)?;
                Ok(Self { $($field: _members.$presence($wire, $shape, at, _violations)?,)* })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut _map = serde::Serializer::serialize_map(serializer, None)?;
                $($crate::structure::$presence(&mut _map, $wire, &self.$field)?;)*
                serde::ser::SerializeMap::end(_map)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::redaction::write_structure(f, stringify!($name), &[
                    $((stringify!($field), structure!(@$visibility $presence self.$field)),)*
                ])
            }
        }
    };
    (@shown $presence:ident $value:expr) => { &$value };
    (@hidden $presence:ident $value:expr) => { $crate::redaction::$presence(&$value) };
}

pub(crate) use structure;

pub(crate) fn required<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &'static str,
    value: &T,
) -> Result<(), M::Error> {
    map.serialize_entry(name, value)
}

pub(crate) fn optional<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &'static str,
    value: &Option<T>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(name, value),
        None => Ok(()),
    }
}
