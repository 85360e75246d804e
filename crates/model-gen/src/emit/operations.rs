//! The operation table.

use crate::Fallible;
use crate::model::{Kind, Model, Operation};

pub fn module(model: &Model) -> Fallible<String> {
    let mut rows = String::new();
    for (name, operation) in &model.operations {
        let response = operation.output.as_deref().unwrap_or("()");
        rows.push_str(&format!(
            "    {name} {} {} {} {response}\n{};\n",
            authentication(model, name, operation)?,
            operation.output.is_some(),
            operation.input,
            error_list(&operation.errors),
        ));
    }
    Ok(format!(
        "use crate::operation::operations;\n
// Operation, authentication, whether it has an output shape, request, response, declared errors.
operations! {{\n{rows}}}\n"
    ))
}

/// In brackets, with lines short enough to read: rustfmt leaves this macro's tokens alone.
fn error_list(errors: &[String]) -> String {
    let mut text = String::from("        [");
    let mut width = text.len();
    for (position, error) in errors.iter().enumerate() {
        if position > 0 && width + error.len() > 105 {
            text.push_str("\n         ");
            width = 9;
        } else if position > 0 {
            text.push(' ');
        }
        text.push_str(error);
        width += error.len() + 1;
    }
    text.push(']');
    text
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
