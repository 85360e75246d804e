//! Identifiers, each a type of its own so that one cannot be passed as another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; the wire layer has checked its form.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the identifier.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

identifier! {
    /// A user pool: `<region>_<9 alphanumerics>`.
    PoolId
}
identifier! {
    /// An app client, unique in the whole installation.
    ClientId
}
identifier! {
    /// A user within its pool, for ever: UUID text.
    Sub
}
identifier! {
    /// A message in the outbox or the inbox: sorts by time of creation.
    MessageId
}

/// A secret sealed by the key ring, as unpadded base64url. Worthless without the master key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

impl PoolId {
    /// The part after the underscore, which SRP hashes.
    #[must_use]
    pub fn name_part(&self) -> &str {
        self.0.split_once('_').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// The part before the underscore.
    #[must_use]
    pub fn region(&self) -> &str {
        self.0.split_once('_').map_or("", |(region, _)| region)
    }
}
