//! The schema: the attributes every pool has, and those it adds.

use cenote_model::types::{
    AttributeDataType, NumberAttributeConstraintsType, SchemaAttributeType, StringAttributeConstraintsType,
};

use crate::error::Error;

/// The longest value of a text attribute.
const MAX_LENGTH: i64 = 2048;
/// Custom attributes of a pool.
const MAX_CUSTOM: usize = 50;

/// What every pool has, in the order in which live pools list it since 2026. Clients must not rely on the order.
const STANDARD: [(&str, Kind); 21] = [
    ("profile", Kind::Text { min: 0, max: 2048 }),
    ("address", Kind::Text { min: 0, max: 2048 }),
    ("birthdate", Kind::Text { min: 10, max: 10 }),
    ("gender", Kind::Text { min: 0, max: 2048 }),
    ("preferred_username", Kind::Text { min: 0, max: 2048 }),
    ("updated_at", Kind::Number),
    ("website", Kind::Text { min: 0, max: 2048 }),
    ("picture", Kind::Text { min: 0, max: 2048 }),
    ("identities", Kind::Unbounded),
    ("sub", Kind::Sub),
    ("phone_number", Kind::Text { min: 0, max: 2048 }),
    ("phone_number_verified", Kind::Flag),
    ("zoneinfo", Kind::Text { min: 0, max: 2048 }),
    ("locale", Kind::Text { min: 0, max: 2048 }),
    ("email", Kind::Text { min: 0, max: 2048 }),
    ("email_verified", Kind::Flag),
    ("given_name", Kind::Text { min: 0, max: 2048 }),
    ("family_name", Kind::Text { min: 0, max: 2048 }),
    ("middle_name", Kind::Text { min: 0, max: 2048 }),
    ("name", Kind::Text { min: 0, max: 2048 }),
    ("nickname", Kind::Text { min: 0, max: 2048 }),
];

#[derive(Clone, Copy)]
enum Kind {
    Text {
        min: u16,
        max: u16,
    },
    Unbounded,
    /// A text that nobody but the server writes.
    Sub,
    Flag,
    Number,
}

/// The attributes of a pool that names none of its own.
#[must_use]
pub fn standard() -> Vec<SchemaAttributeType> {
    STANDARD.iter().map(|(name, kind)| standard_attribute(name, *kind)).collect()
}

/// Whether every pool has an attribute of this name.
fn is_standard(name: &str) -> bool {
    STANDARD.iter().any(|(standard, _)| *standard == name)
}

/// The schema of a new pool. An entry with the name of a standard attribute replaces what may be chosen of it; any other
/// is a custom attribute, behind the standard ones.
///
/// # Errors
/// `InvalidParameterException` as CreateUserPool answers it.
pub fn merge(given: &[SchemaAttributeType]) -> Result<Vec<SchemaAttributeType>, Error> {
    let mut schema = standard();
    for entry in given {
        let name = entry.name.as_deref().unwrap_or_default();
        if let Some(standard) =
            schema.iter_mut().find(|it| is_standard(name) && it.name.as_deref() == Some(name))
        {
            redeclare(standard, entry)?;
            continue;
        }
        let attribute = custom(entry)?;
        if let Some(name) = attribute.name.as_deref().filter(|name| contains(&schema, name)) {
            return Err(Error::invalid_parameter(format!(
                "Duplicate custom attribute names {name} are not allowed in a user pool schema."
            )));
        }
        schema.push(attribute);
    }
    Ok(schema)
}

/// The schema with more custom attributes.
///
/// # Errors
/// `InvalidParameterException` as AddCustomAttributes answers it.
pub fn add(
    schema: &[SchemaAttributeType],
    given: &[SchemaAttributeType],
) -> Result<Vec<SchemaAttributeType>, Error> {
    let mut schema = schema.to_vec();
    for entry in given {
        let attribute = custom(entry)?;
        if let Some(name) = attribute.name.as_deref().filter(|name| contains(&schema, name)) {
            return Err(Error::invalid_parameter(format!(
                "{name}: Existing attribute already has name {name}."
            )));
        }
        schema.push(attribute);
    }
    if schema.len() > STANDARD.len() + MAX_CUSTOM {
        return Err(Error::invalid_parameter(format!(
            "A user pool can have no more than {MAX_CUSTOM} custom attributes."
        )));
    }
    Ok(schema)
}

fn contains(schema: &[SchemaAttributeType], name: &str) -> bool {
    schema.iter().any(|it| it.name.as_deref() == Some(name))
}

fn standard_attribute(name: &str, kind: Kind) -> SchemaAttributeType {
    let text = |min: u16, max: u16| {
        Some(StringAttributeConstraintsType {
            min_length: Some(min.to_string()),
            max_length: Some(max.to_string()),
        })
    };
    let (data_type, string_constraints, number_constraints) = match kind {
        Kind::Text { min, max } => (AttributeDataType::String, text(min, max), None),
        Kind::Sub => (AttributeDataType::String, text(1, 2048), None),
        Kind::Unbounded => (AttributeDataType::String, Some(StringAttributeConstraintsType::default()), None),
        Kind::Flag => (AttributeDataType::Boolean, None, None),
        Kind::Number => {
            let constraints = NumberAttributeConstraintsType { min_value: Some("0".into()), max_value: None };
            (AttributeDataType::Number, None, Some(constraints))
        }
    };
    SchemaAttributeType {
        name: Some(name.to_owned()),
        attribute_data_type: Some(data_type),
        developer_only_attribute: Some(false),
        mutable: Some(!matches!(kind, Kind::Sub)),
        required: Some(matches!(kind, Kind::Sub)),
        string_attribute_constraints: string_constraints,
        number_attribute_constraints: number_constraints,
    }
}

fn redeclare(standard: &mut SchemaAttributeType, entry: &SchemaAttributeType) -> Result<(), Error> {
    let name = entry.name.as_deref().unwrap_or_default();
    let other_type = entry.attribute_data_type.is_some_and(|it| Some(it) != standard.attribute_data_type);
    if other_type || entry.developer_only_attribute == Some(true) {
        return Err(Error::invalid_parameter(format!(
            "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute {name}"
        )));
    }
    check_bounds(name, entry, standard.attribute_data_type)?;
    if entry.required == Some(true)
        && ["email_verified", "phone_number_verified", "identities"].contains(&name)
    {
        return Err(Error::invalid_parameter(format!(
            "The attribute {name} can't be required: users can't write it."
        )));
    }
    // `sub` is the server's own, whatever a template that lists the whole schema says of it.
    if name == "sub" {
        return Ok(());
    }
    standard.mutable = Some(entry.mutable.unwrap_or(true));
    standard.required = Some(entry.required.unwrap_or(false));
    if let (Some(bounds), Some(given)) =
        (&mut standard.string_attribute_constraints, &entry.string_attribute_constraints)
    {
        bounds.min_length = given.min_length.clone().or_else(|| bounds.min_length.take());
        bounds.max_length = given.max_length.clone().or_else(|| bounds.max_length.take());
    }
    if let (Some(bounds), Some(given)) =
        (&mut standard.number_attribute_constraints, &entry.number_attribute_constraints)
    {
        bounds.min_value = given.min_value.clone().or_else(|| bounds.min_value.take());
        bounds.max_value = given.max_value.clone().or_else(|| bounds.max_value.take());
    }
    // Both together: one bound given here and one that was there may leave nothing between them.
    check_bounds(name, standard, standard.attribute_data_type)
}

/// A custom attribute as it is kept: with its prefix, immutable unless it says otherwise.
fn custom(entry: &SchemaAttributeType) -> Result<SchemaAttributeType, Error> {
    let Some(given) = entry.name.as_deref() else {
        return Err(Error::invalid_parameter("Custom attributes need a name."));
    };
    if entry.required == Some(true) {
        return Err(Error::invalid_parameter("Required custom attributes are not supported currently."));
    }
    let Some(data_type) = entry.attribute_data_type else {
        return Err(Error::invalid_parameter(
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.",
        ));
    };
    let developer_only = entry.developer_only_attribute.unwrap_or(false);
    let name = if developer_only { format!("dev:custom:{given}") } else { format!("custom:{given}") };
    check_bounds(&name, entry, Some(data_type))?;
    let is = |wanted| data_type == wanted;
    Ok(SchemaAttributeType {
        attribute_data_type: Some(data_type),
        developer_only_attribute: Some(developer_only),
        mutable: Some(entry.mutable.unwrap_or(false)),
        required: Some(false),
        string_attribute_constraints: is(AttributeDataType::String)
            .then(|| entry.string_attribute_constraints.clone().unwrap_or_default()),
        number_attribute_constraints: is(AttributeDataType::Number)
            .then(|| entry.number_attribute_constraints.clone().unwrap_or_default()),
        name: Some(name),
    })
}

/// Bounds travel as texts; only those of the attribute's own type count.
fn check_bounds(
    name: &str,
    entry: &SchemaAttributeType,
    data_type: Option<AttributeDataType>,
) -> Result<(), Error> {
    match (data_type, &entry.string_attribute_constraints, &entry.number_attribute_constraints) {
        (Some(AttributeDataType::String), Some(bounds), _) => check_lengths(name, bounds),
        (Some(AttributeDataType::Number), _, Some(bounds)) => check_values(name, bounds),
        _ => Ok(()),
    }
}

fn check_lengths(name: &str, bounds: &StringAttributeConstraintsType) -> Result<(), Error> {
    let parse = |text: &Option<String>| -> Result<Option<i64>, Error> {
        let Some(text) = text else { return Ok(None) };
        match text.parse::<i64>() {
            Ok(length) if length >= 0 => Ok(Some(length)),
            _ => Err(Error::invalid_parameter(format!(
                "Invalid StringAttributeConstraints for schema attribute {name}"
            ))),
        }
    };
    let (min, max) = (parse(&bounds.min_length)?, parse(&bounds.max_length)?);
    if min.into_iter().chain(max).any(|length| length > MAX_LENGTH) {
        return Err(Error::invalid_parameter(format!(
            "user.{name}: String attributes cannot have a length of more than 2048"
        )));
    }
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(Error::invalid_parameter(format!(
            "Attribute {name} cannot have a max length shorter than it's min length"
        )));
    }
    Ok(())
}

fn check_values(name: &str, bounds: &NumberAttributeConstraintsType) -> Result<(), Error> {
    let parse = |text: &Option<String>| -> Result<Option<f64>, Error> {
        let Some(text) = text else { return Ok(None) };
        text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Some).ok_or_else(|| {
            Error::invalid_parameter(format!(
                "Invalid NumberAttributeConstraints for schema attribute {name}"
            ))
        })
    };
    let (min, max) = (parse(&bounds.min_value)?, parse(&bounds.max_value)?);
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(Error::invalid_parameter(format!(
            "Attribute {name} cannot have a max value smaller than it's min value"
        )));
    }
    Ok(())
}
