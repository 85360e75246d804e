//! The operation table: what is known about an operation before it runs.

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

/// Ties an operation to its request and response. [`operations`](crate::operations) has a type for each.
pub trait OperationTypes {
    type Request: Decode + Send + 'static;
    /// `()` if the body of the answer is empty, see [`Operation::has_output`].
    type Response: Serialize + Send + 'static;
    const OPERATION: Operation;
}

macro_rules! operation {
    ($name:ident, $request:ty, $response:ty) => {
        #[doc = concat!("The operation `", stringify!($name), "`.")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $crate::operation::OperationTypes for $name {
            type Request = $request;
            type Response = $response;
            const OPERATION: $crate::Operation = $crate::Operation::$name;
        }
    };
}

pub(crate) use operation;
