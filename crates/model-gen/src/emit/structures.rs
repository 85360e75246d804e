//! Every structure but the exceptions, one module per group of operations.

use std::collections::{BTreeMap, BTreeSet};

use super::shapes;
use crate::Fallible;
use crate::groups;
use crate::model::{Kind, Member, Model};
use crate::names;

/// Shown as `***` by `Debug` although the model does not call their shapes sensitive: codes, sessions, cursors that may
/// hold user names, provider secrets, and what applications and people put in.
const HIDDEN: &[&str] = &[
    "ChallengeParameters",
    "ClientMetadata",
    "Code",
    "ConfirmationCode",
    "Credential",
    "CredentialCreationOptions",
    "EncodedData",
    "ExternalId",
    "Filter",
    "IpAddress",
    "LastIPAddress",
    "PasswordVerifier",
    "PreSignedUrl",
    "ProviderAttributeValue",
    "ProviderDetails",
    "Salt",
    "Session",
    "UserCode",
    "headerValue",
];

pub fn modules(model: &Model) -> Fallible<BTreeMap<String, String>> {
    let users = groups_of_shapes(model)?;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (name, shape) in &model.shapes {
        let Kind::Structure(members) = &shape.kind else { continue };
        let group = match users.get(name.as_str()).map(|groups| groups.iter().collect::<Vec<_>>()).as_deref()
        {
            Some([group]) => group,
            Some(_) => groups::SHARED,
            None => return Err(format!("no operation uses {name}").into()),
        };
        let text = texts.entry(group.to_owned()).or_default();
        text.push_str(&structure(model, name, members)?);
    }
    Ok(texts.into_iter().map(|(group, body)| (group, format!("{}{body}", imports(&body)))).collect())
}

fn imports(body: &str) -> String {
    let mut text = String::new();
    if body.contains("BTreeMap<") {
        text.push_str("use std::collections::BTreeMap;\n\n");
    }
    if body.contains("&shapes::") {
        text.push_str("use super::shapes;\n");
    }
    if body.contains("&Shape::") {
        text.push_str("use crate::shape::Shape;\n");
    }
    text.push_str("use crate::structure::structure;\n");
    if uses_other_types(body) {
        text.push_str("use crate::types::*;\n");
    }
    text
}

/// Whether a member has a type of ours; the wildcard would be unused otherwise.
fn uses_other_types(body: &str) -> bool {
    let is_foreign = |kind: &str| {
        let innermost = kind.trim_end_matches([',', '>']).rsplit(['<', ' ']).next().unwrap_or_default();
        !["String", "bool", "i32", "i64", "Value"].contains(&innermost)
    };
    body.lines()
        .filter_map(|line| line.trim().strip_prefix("pub "))
        .filter_map(|field| field.split_once(": "))
        .any(|(_, kind)| is_foreign(kind))
}

fn structure(model: &Model, name: &str, members: &[Member]) -> Fallible<String> {
    let mut fields = String::new();
    let mut table = String::new();
    for member in members {
        let field = names::member(&member.name);
        let kind = rust_type(model, &member.shape)?;
        let (presence, kind) =
            if member.required { ("required", kind) } else { ("optional", format!("Option<{kind}>")) };
        if matches!(model.shape(&member.shape)?.kind, Kind::Blob) {
            fields.push_str("    /// Bytes, as the base64 text of the wire.\n");
        }
        fields.push_str(&format!("    pub {field}: {kind},\n"));
        let visibility = if is_hidden(model, member)? { "hidden" } else { "shown" };
        let shape = shapes::reference(model, &member.shape)?;
        table.push_str(&format!("    {presence} {visibility} {field} {:?} {shape};\n", member.name));
    }
    let about = description(model, name);
    Ok(format!(
        "\n{about}\n#[derive(Clone, Default, PartialEq)]\npub struct {name} {{\n{fields}}}\n\nstructure! {{ {name}\n{table}}}\n"
    ))
}

fn description(model: &Model, name: &str) -> String {
    for (operation, used) in &model.operations {
        if used.input == name {
            return format!("/// Input of `{operation}`.");
        }
        if used.output.as_deref() == Some(name) {
            return format!("/// Output of `{operation}`.");
        }
    }
    format!("/// The shape `{name}`.")
}

fn is_hidden(model: &Model, member: &Member) -> Fallible<bool> {
    Ok(shapes::contains_sensitive(model, &member.shape)?
        || HIDDEN.contains(&member.name.as_str())
        || member.name.ends_with("Token"))
}

fn rust_type(model: &Model, name: &str) -> Fallible<String> {
    Ok(match &model.shape(name)?.kind {
        Kind::Structure(_) | Kind::Enumeration(_) => name.to_owned(),
        Kind::Text | Kind::Blob => "String".to_owned(),
        Kind::List(member) => format!("Vec<{}>", rust_type(model, member)?),
        Kind::Map { value, .. } => format!("BTreeMap<String, {}>", rust_type(model, value)?),
        Kind::Integer => "i32".to_owned(),
        Kind::Long => "i64".to_owned(),
        Kind::Boolean => "bool".to_owned(),
        Kind::Timestamp => "Timestamp".to_owned(),
        Kind::Document => "serde_json::Value".to_owned(),
        Kind::Exception { .. } => return Err(format!("{name} is an exception and a member").into()),
    })
}

/// For every shape, the groups whose operations reach it.
fn groups_of_shapes(model: &Model) -> Fallible<BTreeMap<&str, BTreeSet<&'static str>>> {
    let mut users: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    for (name, operation) in &model.operations {
        let group = groups::of(name).ok_or_else(|| format!("{name} is in no group"))?;
        for root in [Some(&operation.input), operation.output.as_ref()].into_iter().flatten() {
            reach(model, root, group, &mut users)?;
        }
    }
    Ok(users)
}

fn reach<'a>(
    model: &'a Model,
    name: &'a str,
    group: &'static str,
    users: &mut BTreeMap<&'a str, BTreeSet<&'static str>>,
) -> Fallible<()> {
    if !users.entry(name).or_default().insert(group) {
        return Ok(());
    }
    match &model.shape(name)?.kind {
        Kind::Structure(members) => {
            for member in members {
                reach(model, &member.shape, group, users)?;
            }
        }
        Kind::List(member) => reach(model, member, group, users)?,
        Kind::Map { key, value } => {
            reach(model, key, group, users)?;
            reach(model, value, group, users)?;
        }
        _ => {}
    }
    Ok(())
}
