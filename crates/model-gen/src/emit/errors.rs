//! The error codes: every exception of the model, and those of the request level, which no model lists.

use std::collections::BTreeMap;

use crate::Fallible;
use crate::model::{Kind, Model};

/// Errors that every AWS JSON service answers with before an operation is reached, with their status.
const REQUEST_LEVEL: [(&str, u16); 10] = [
    ("AccessDeniedException", 400),
    ("ExpiredTokenException", 400),
    ("IncompleteSignatureException", 400),
    ("InvalidSignatureException", 400),
    ("MissingAuthenticationTokenException", 400),
    ("RequestEntityTooLargeException", 413),
    ("SerializationException", 400),
    ("ServiceUnavailableException", 503),
    ("UnknownOperationException", 400),
    ("UnrecognizedClientException", 400),
];

pub fn module(model: &Model) -> Fallible<String> {
    let mut codes: BTreeMap<&str, u16> = REQUEST_LEVEL.into_iter().collect();
    for (name, shape) in &model.shapes {
        if let Kind::Exception { fault } = shape.kind {
            let status = match name.as_str() {
                "ForbiddenException" => 403,
                _ if fault => 500,
                _ => 400,
            };
            codes.insert(name, status);
        }
    }
    let variants: String = codes.keys().map(|name| format!("    {name},\n")).collect();
    let names: String = codes.keys().map(|name| format!("    Self::{name} => {name:?},\n")).collect();
    let all: String = codes.keys().map(|name| format!("    Self::{name},\n")).collect();
    let mut statuses = String::new();
    for status in [403, 413, 500, 503] {
        let of_status: Vec<String> = codes
            .iter()
            .filter(|(_, code)| **code == status)
            .map(|(name, _)| format!("Self::{name}"))
            .collect();
        statuses.push_str(&format!("    {} => {status},\n", of_status.join(" | ")));
    }
    Ok(format!(
        "/// The name of an error on the wire: the model's exceptions, and the errors of the request level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {{
{variants}}}

impl ErrorCode {{
    /// Every code, by name.
    pub const ALL: &[Self] = &[
{all}    ];

    /// The name, as in `__type`.
    pub const fn as_str(self) -> &'static str {{
        match self {{
{names}        }}
    }}

    /// The HTTP status of an answer with this error.
    pub const fn http_status(self) -> u16 {{
        match self {{
{statuses}            _ => 400,
        }}
    }}
}}

impl std::fmt::Display for ErrorCode {{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{
        f.pad(self.as_str())
    }}
}}
"
    ))
}
