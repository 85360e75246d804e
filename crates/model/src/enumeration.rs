//! What every generated enumeration can do.

/// `enumeration! { Name Variant = "WIRE_VALUE", … }`
macro_rules! enumeration {
    ($name:ident $first:ident = $first_wire:literal, $($variant:ident = $wire:literal,)*) => {
        #[doc = concat!("The enumeration `", stringify!($name), "`. The default is only a placeholder while decoding.")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            #[doc = concat!("`", $first_wire, "`")]
            #[default]
            $first,
            $(
                #[doc = concat!("`", $wire, "`")]
                $variant,
            )*
        }

        impl $name {
            /// The values on the wire, in the model's order.
            pub const VALUES: &'static [&'static str] = &[$first_wire, $($wire,)*];

            /// The value on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_wire,
                    $(Self::$variant => $wire,)*
                }
            }

            /// The variant of a value on the wire.
            pub fn parse(value: &str) -> Option<Self> {
                match value {
                    $first_wire => Some(Self::$first),
                    $($wire => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::enumeration::UnknownValue;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Self::parse(value).ok_or($crate::enumeration::UnknownValue)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl $crate::decode::Decode for $name {
            fn decode_as(
                value: serde_json::Value,
                _: &'static $crate::shape::Shape,
                at: &mut $crate::path::Path,
                violations: &mut $crate::violations::Violations,
            ) -> Result<Self, $crate::decode::WrongType> {
                $crate::enumeration::decode(&value, Self::parse, Self::VALUES, at, violations)
            }
        }
    };
}

use serde_json::Value;

use crate::decode::WrongType;
use crate::path::Path;
use crate::shape::Shape;
use crate::violations::Violations;

pub(crate) use enumeration;

/// The enumeration does not have the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValue;

impl std::fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the enumeration does not have the value")
    }
}

impl std::error::Error for UnknownValue {}

pub(crate) fn decode<T: Default>(
    value: &Value,
    parse: fn(&str) -> Option<T>,
    values: &'static [&'static str],
    at: &Path,
    violations: &mut Violations,
) -> Result<T, WrongType> {
    let text = value.as_str().ok_or_else(WrongType::unnamed)?;
    Ok(parse(text).unwrap_or_else(|| {
        violations.mark_incomplete();
        Shape::add_unknown_value(text, values, at, violations);
        T::default()
    }))
}
