//! The operation table: what is known about an operation before it runs.

use std::fmt;

use serde::Serialize;

use crate::decode::Decode;
use crate::{ErrorCode, Operation};

/// Who may call an operation, and how they show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authentication {
    /// Anybody. Client id, secret hash or session in the request are the operation's own business, and an
    /// `Authorization` header is ignored.
    None,
    /// The user, by the member `AccessToken`. In AssociateSoftwareToken and VerifySoftwareToken `Session` may stand in
    /// for it; in GetDevice and ForgetDevice the model leaves it optional.
    AccessToken,
    /// The administrator, by a signature (version 4).
    SigV4,
    /// GetClientToken and GetDerivedToken: the app client's secret, whether the call is signed or not; GetDerivedToken
    /// takes IAM credentials as well.
    Client,
}

/// The row of an operation.
#[derive(Debug)]
pub(crate) struct Entry {
    pub name: &'static str,
    pub authentication: Authentication,
    pub has_output: bool,
    pub declared_errors: &'static [ErrorCode],
}

impl Operation {
    /// The name, as in `X-Amz-Target`.
    pub const fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// The operation of a name; upper and lower case matter.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::ALL.binary_search_by(|operation| operation.as_str().cmp(name)).ok()?;
        Self::ALL.get(found).copied()
    }

    /// Who may call the operation.
    pub const fn authentication(self) -> Authentication {
        self.entry().authentication
    }

    /// Whether there is an output shape. Without one the body of the answer is empty; an output shape without members
    /// is `{}`.
    pub const fn has_output(self) -> bool {
        self.entry().has_output
    }

    /// The errors that the model lists for the operation, in its order.
    pub const fn declared_errors(self) -> &'static [ErrorCode] {
        self.entry().declared_errors
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Ties an operation to its request and response. [`operations`](crate::operations) has a type for each.
pub trait OperationTypes {
    type Request: Decode + Send + 'static;
    /// `()` if the body of the answer is empty, see [`Operation::has_output`].
    type Response: Serialize + Send + 'static;
    const OPERATION: Operation;
}

/// The operation table, from generated rows: name, authentication, whether there is an output shape, request, response,
/// declared errors.
macro_rules! operations {
    ($($name:ident $authentication:ident $has_output:literal $request:ident $response:ty [$($error:ident)*];)*) => {
        /// The operations of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $name,
            )*
        }

        impl Operation {
            /// Every operation, by name.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub(crate) const fn entry(self) -> &'static $crate::operation::Entry {
                match self {
                    $(Self::$name => &$crate::operation::Entry {
                        name: stringify!($name),
                        authentication: $crate::Authentication::$authentication,
                        has_output: $has_output,
                        declared_errors: &[$($crate::ErrorCode::$error),*],
                    },)*
                }
            }

            /// Reads a request of this operation and drops it: for tools and tests that only ask whether it is valid.
            ///
            /// # Errors
            /// See [`DecodeError`](crate::DecodeError).
            pub fn check_request(self, body: serde_json::Value) -> Result<(), $crate::DecodeError> {
                match self {
                    $(Self::$name => $crate::decode_value::<$crate::types::$request>(body).map(drop),)*
                }
            }
        }

        /// A type for each operation that ties its request and response together.
        pub mod markers {
            use crate::types::*;

            $(
                #[doc = concat!("The operation `", stringify!($name), "`.")]
                #[derive(Clone, Copy, Debug)]
                pub struct $name;

                impl $crate::OperationTypes for $name {
                    type Request = $request;
                    type Response = $response;
                    const OPERATION: $crate::Operation = $crate::Operation::$name;
                }
            )*
        }
    };
}

pub(crate) use operations;
