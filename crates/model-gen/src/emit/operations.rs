//! The operation table and the marker types that tie an operation to its request and response.

use crate::Fallible;
use crate::model::{Kind, Model, Operation};

pub fn module(model: &Model) -> Fallible<String> {
    let mut variants = String::new();
    let mut entries = String::new();
    let mut all = String::new();
    let mut markers = String::new();
    for (name, operation) in &model.operations {
        variants.push_str(&format!("    {name},\n"));
        all.push_str(&format!("    Self::{name},\n"));
        let errors: Vec<String> =
            operation.errors.iter().map(|error| format!("ErrorCode::{error}")).collect();
        entries.push_str(&format!(
            "Self::{name} => &Entry {{ name: {name:?}, authentication: Authentication::{}, has_output: {}, \
             declared_errors: &[{}] }},\n",
            authentication(model, name, operation)?,
            operation.output.is_some(),
            errors.join(", "),
        ));
        let response = operation.output.as_ref().map_or("()".to_owned(), |output| format!("types::{output}"));
        markers.push_str(&format!("operation! {{ {name}, types::{}, {response} }}\n", operation.input));
    }
    Ok(format!(
        "use super::errors::ErrorCode;
use crate::operation::{{Authentication, Entry}};

/// The operations of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {{
{variants}}}

impl Operation {{
    /// Every operation, by name.
    pub const ALL: &[Self] = &[
{all}    ];

    pub(crate) const fn entry(self) -> &'static Entry {{
        match self {{
{entries}        }}
    }}
}}

/// A type for each operation that ties its request and response together.
pub mod markers {{
    use crate::operation::operation;
    use crate::types;

{markers}}}
"
    ))
}

fn authentication(model: &Model, name: &str, operation: &Operation) -> Fallible<&'static str> {
    let Kind::Structure(members) = &model.shape(&operation.input)?.kind else {
        return Err(format!("the input of {name} is no structure").into());
    };
    Ok(match name {
        // SDKs sign these two, but their text says that IAM is not (only) what decides.
        "GetClientToken" | "GetDerivedToken" => "Client",
        _ if !operation.unsigned => "SigV4",
        _ if members.iter().any(|member| member.name == "AccessToken") => "AccessToken",
        _ => "None",
    })
}
