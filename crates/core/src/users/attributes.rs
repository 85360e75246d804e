//! What may be written into a user's attributes, by whom, and in which form.

use std::collections::{BTreeMap, BTreeSet};

use cenote_model::types::{AttributeDataType, AttributeType, SchemaAttributeType};
use cenote_store::User;

use crate::clients::Client;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::contact::Contact;

/// When attributes are written; the texts differ, and immutable ones can only be given at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Create,
    Update,
    Delete,
}

/// Checked and normalized attributes: values to set, and names to remove because their new value is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    pub set: BTreeMap<String, String>,
    pub remove: BTreeSet<String>,
}

/// Whether a client may write each of these attributes for its users. Nobody writes the verified flags or what is for
/// administrators only.
///
/// # Errors
/// `NotAuthorizedException`.
pub fn check_writable<'a>(
    pool: &Pool,
    client: &Client,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), Error> {
    let unauthorized = || Error::not_authorized("A client attempted to write unauthorized attribute");
    for name in names {
        let allowed = match &client.configuration.write_attributes {
            Some(list) => list.iter().any(|allowed| allowed == name),
            // The standard ones. Unknown names are for the schema to refuse.
            None => !name.contains(':') || pool.find_attribute(name).is_none(),
        };
        let flag = Contact::ALL.iter().any(|contact| contact.flag() == name);
        if !allowed || flag || name == "sub" || name == "identities" || name.starts_with("dev:") {
            return Err(unauthorized());
        }
    }
    Ok(())
}

/// Whether a client may read an attribute of its users: those on its list, else all standard ones and those for developers.
#[must_use]
pub fn is_readable(client: &Client, name: &str) -> bool {
    match &client.configuration.read_attributes {
        Some(list) => list.iter().any(|allowed| allowed == name),
        None => !name.contains(':') || name.starts_with("dev:"),
    }
}

/// Checks names and values against the pool's schema and normalizes them.
///
/// # Errors
/// `InvalidParameterException` with Cognito's text, one line for each attribute that fails.
pub fn check_schema(pool: &Pool, list: &[AttributeType], stage: Stage) -> Result<Writes, Error> {
    let mut unknown = String::new();
    for item in list {
        if pool.find_attribute(&item.name).is_none() || item.name == "identities" {
            unknown.push_str(&line(stage, &item.name, "Attribute does not exist in the schema."));
        }
    }
    refuse(stage, unknown)?;
    let mut immutable = String::new();
    if stage == Stage::Update || list.iter().any(|item| item.name == "sub") {
        for item in list {
            let fixed =
                pool.find_attribute(&item.name).is_some_and(|attribute| attribute.mutable == Some(false));
            if fixed && (stage == Stage::Update || item.name == "sub") {
                immutable.push_str(&format!("user.{}: Attribute cannot be updated.\n", item.name));
            }
        }
    }
    if !immutable.is_empty() {
        return Err(Error::invalid_parameter(immutable));
    }
    let mut writes = Writes::default();
    let mut invalid = String::new();
    for item in list {
        let value = item.value.clone().unwrap_or_default();
        if value.is_empty() {
            writes.set.remove(&item.name);
            writes.remove.insert(item.name.clone());
            continue;
        }
        let Some(attribute) = pool.find_attribute(&item.name) else { continue };
        match normalize(attribute, &item.name, value) {
            Ok(value) => {
                writes.remove.remove(&item.name);
                writes.set.insert(item.name.clone(), value);
            }
            Err(Reason::Whole(text)) => return Err(Error::invalid_parameter(text)),
            Err(Reason::Line(text)) => invalid.push_str(&line(stage, &item.name, text)),
        }
    }
    refuse(stage, invalid)?;
    Ok(writes)
}

/// Whether every attribute that the pool requires is there.
///
/// # Errors
/// `InvalidParameterException`, one line for each that is missing.
pub fn check_required(pool: &Pool, attributes: &BTreeMap<String, String>) -> Result<(), Error> {
    let missing: String = pool
        .attributes()
        .filter(|(name, attribute)| attribute.required == Some(true) && *name != "sub")
        .filter(|(name, _)| attributes.get(*name).is_none_or(String::is_empty))
        .map(|(name, _)| format!("{name}: The attribute is required\n"))
        .collect();
    refuse(Stage::Create, missing)
}

/// Whether these attributes may be removed from a user: no required one may.
///
/// # Errors
/// `InvalidParameterException`, one line for each that must stay.
pub fn check_removable<'a>(
    pool: &Pool,
    names: impl IntoIterator<Item = &'a str>,
    stage: Stage,
) -> Result<(), Error> {
    let required: String = names
        .into_iter()
        .filter(|name| pool.find_attribute(name).is_some_and(|attribute| attribute.required == Some(true)))
        .map(|name| line(stage, name, "The attribute is required"))
        .collect();
    refuse(stage, required)
}

/// Whether attributes can be removed by name: they must be in the schema and mutable.
///
/// # Errors
/// `InvalidParameterException`, one line for each that fails.
pub fn check_deletable(pool: &Pool, names: &[String]) -> Result<(), Error> {
    let reason = |name: &str| match pool.find_attribute(name) {
        None => Some("Attribute does not exist in the schema."),
        Some(attribute) if attribute.mutable == Some(false) => Some("Attribute cannot be updated."),
        Some(_) => None,
    };
    let lines: String =
        names.iter().filter_map(|name| Some(line(Stage::Delete, name, reason(name)?))).collect();
    refuse(Stage::Delete, lines)
}

/// Whether every contact that is marked as verified is there.
///
/// # Errors
/// `InvalidParameterException`.
pub fn check_flags(user: &User) -> Result<(), Error> {
    for contact in Contact::ALL {
        let marked = user.attributes.get(contact.flag()).is_some_and(|flag| flag == "true");
        if marked && contact.of(user).is_none() {
            return Err(Error::invalid_parameter(format!(
                "{} is required when {} is set to true.",
                contact.attribute(),
                contact.flag()
            )));
        }
    }
    Ok(())
}

fn line(stage: Stage, name: &str, text: &str) -> String {
    match stage {
        Stage::Create => format!("{name}: {text}\n"),
        Stage::Update | Stage::Delete => format!("user.{name}: {text}\n"),
    }
}

fn refuse(stage: Stage, lines: String) -> Result<(), Error> {
    match (lines.is_empty(), stage) {
        (true, _) => Ok(()),
        (false, Stage::Create) => {
            Err(Error::invalid_parameter(format!("Attributes did not conform to the schema: {lines}")))
        }
        (false, Stage::Update) => Err(Error::invalid_parameter(lines)),
        (false, Stage::Delete) => Err(Error::invalid_parameter(format!("Invalid user attributes: {lines}"))),
    }
}

enum Reason {
    /// The complete message.
    Whole(&'static str),
    /// What is wrong with this attribute.
    Line(&'static str),
}

fn normalize(attribute: &SchemaAttributeType, name: &str, value: String) -> Result<String, Reason> {
    match name {
        "email" if !is_email(&value) => return Err(Reason::Whole("Invalid email address format.")),
        "phone_number" if !is_phone_number(&value) => {
            return Err(Reason::Whole("Invalid phone number format."));
        }
        "birthdate" if !is_date(&value) => {
            return Err(Reason::Line("Attribute value is not a date of the form YYYY-MM-DD."));
        }
        _ => {}
    }
    match attribute.attribute_data_type {
        Some(AttributeDataType::Boolean) => {
            let value = value.to_lowercase();
            if value == "true" || value == "false" {
                Ok(value)
            } else {
                Err(Reason::Line("Attribute value is neither true nor false."))
            }
        }
        Some(AttributeDataType::Number) => check_number(attribute, &value).map(|()| value),
        Some(AttributeDataType::DateTime) => Ok(value),
        Some(AttributeDataType::String) | None => check_length(attribute, &value).map(|()| value),
    }
}

fn check_length(attribute: &SchemaAttributeType, value: &str) -> Result<(), Reason> {
    let Some(constraints) = &attribute.string_attribute_constraints else { return Ok(()) };
    let bound = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<usize>().ok());
    let length = value.chars().count();
    if bound(&constraints.min_length).is_some_and(|min| length < min) {
        return Err(Reason::Line("Attribute value is shorter than the schema allows."));
    }
    if bound(&constraints.max_length).is_some_and(|max| length > max) {
        return Err(Reason::Line("Attribute value is longer than the schema allows."));
    }
    Ok(())
}

fn check_number(attribute: &SchemaAttributeType, value: &str) -> Result<(), Reason> {
    let number: f64 = value
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or(Reason::Line("Attribute value is not a number."))?;
    let Some(constraints) = &attribute.number_attribute_constraints else { return Ok(()) };
    let bound = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<f64>().ok());
    if bound(&constraints.min_value).is_some_and(|min| number < min) {
        return Err(Reason::Line("Attribute value is less than the schema allows."));
    }
    if bound(&constraints.max_value).is_some_and(|max| number > max) {
        return Err(Reason::Line("Attribute value is greater than the schema allows."));
    }
    Ok(())
}

/// Whether a text can be an e-mail address: something, one `@`, something with no blank, control or angle bracket in it.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.chars().any(|c| {
                c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"')
            })
    };
    let Some((local, domain)) = text.split_once('@') else { return false };
    let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    plain(local)
        && plain(domain)
        && !domain.contains('@')
        && dots(local)
        && dots(domain)
        && domain.contains('.')
        || text.split_once('@').is_some_and(|(local, domain)| plain(local) && domain == "localhost")
}

/// Whether a text is `+` and up to fifteen digits.
#[must_use]
pub fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_date(text: &str) -> bool {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    shape && matches!((number(5, 7), number(8, 10)), (Some(1..=12), Some(1..=31)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn contacts_are_recognized() {
        for good in ["a@b.c", "test+tag@example.com", "jürgen@österreich.at", "root@localhost"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.c",
            "a@",
            "a@b",
            "a b@c.d",
            "a@b@c.d",
            "a@b..c",
            ".a@b.c",
            "a@.b",
            "<a@b.c>",
            "a@b.c\r\nBcc: x",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        for good in ["+1", "+12065551234", "+123456789012345"] {
            assert!(is_phone_number(good), "{good}");
        }
        for bad in ["", "+", "12065551234", "+1234567890123456", "+1 206", "+1-206", "+１２"] {
            assert!(!is_phone_number(bad), "{bad}");
        }
        assert!(
            is_date("1999-12-31") && !is_date("1999-13-01") && !is_date("1999-1-1") && !is_date("1999-00-10")
        );
    }

    proptest! {
        #[test]
        fn recognizers_take_anything(text in ".{0,60}") {
            let _ = (is_email(&text), is_phone_number(&text), is_date(&text));
        }
    }
}
