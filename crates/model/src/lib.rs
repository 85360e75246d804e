//! The wire types of the Cognito user pools API: every request, response, enumeration and error of its 141 operations,
//! generated from the service model, and the code that reads a request, checks it against the model's constraints and
//! says what is wrong in Cognito's own words. It does no I/O and knows no HTTP.
//!
//! * [`types`]: structures, enumerations and [`types::Timestamp`]
//! * [`decode_request`], [`decode_value`], [`from_stored`]: JSON to a structure; `serde::Serialize` is the way back
//! * [`Operation`]: the operation table; [`operations`]: a marker type for each, which ties its request and response
//! * [`ErrorCode`]: the names and statuses of errors
//! * [`QuotaCategory`]: what an operation counts against
//!
//! `Debug` of a structure shows members that may hold a secret or a user's data as `***`.

mod decode;
mod enumeration;
mod generated;
mod operation;
mod path;
mod pattern;
mod quota;
mod redaction;
mod request;
mod shape;
mod structure;
mod timestamp;
pub mod types;
mod violations;

pub use decode::{Decode, WrongType};
pub use generated::errors::ErrorCode;
pub use generated::operations::{Operation, markers as operations};
pub use operation::{Authentication, OperationTypes};
pub use path::Path;
pub use quota::QuotaCategory;
pub use request::{DecodeError, decode_request, decode_value, from_stored, parse_body};
pub use shape::Shape;
pub use violations::Violations;
