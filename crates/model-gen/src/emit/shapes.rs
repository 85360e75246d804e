//! The constraints of the shapes, and the patterns they use.

use std::collections::BTreeMap;

use crate::Fallible;
use crate::java_regex::{Beyond, Class, Matcher, translate};
use crate::model::{Kind, Model, Shape};
use crate::names;

/// The Rust expression for a member's constraints: `&shapes::X`, or the shape without any.
pub fn reference(model: &Model, name: &str) -> Fallible<String> {
    Ok(if is_constrained(model, model.shape(name)?)? {
        format!("&shapes::{}", names::constant(name))
    } else {
        "&Shape::FREE".to_owned()
    })
}

/// Enumerations check themselves; they count only as elements of lists and maps.
fn is_constrained(model: &Model, shape: &Shape) -> Fallible<bool> {
    let own = shape.min.is_some() || shape.max.is_some() || shape.pattern.is_some() || shape.sensitive;
    Ok(own
        || matches!(shape.kind, Kind::Blob)
        || match &shape.kind {
            Kind::List(member) => element(model, member)?.is_some(),
            Kind::Map { key, value } => element(model, key)?.is_some() || element(model, value)?.is_some(),
            _ => false,
        })
}

/// The constraints that a list's text reports for its scalar elements.
fn element(model: &Model, name: &str) -> Fallible<Option<String>> {
    let shape = model.shape(name)?;
    Ok(match &shape.kind {
        Kind::Enumeration(_) => Some(format!("&Shape::new().one_of(types::{name}::VALUES)")),
        Kind::Structure(_) => None,
        _ if is_constrained(model, shape)? => Some(format!("&{}", names::constant(name))),
        _ => None,
    })
}

pub fn shapes_module(model: &Model) -> Fallible<String> {
    let mut text = String::from("use super::patterns;\nuse crate::shape::Shape;\nuse crate::types;\n\n");
    for (name, shape) in &model.shapes {
        if matches!(shape.kind, Kind::Exception { .. } | Kind::Enumeration(_))
            || !is_constrained(model, shape)?
        {
            continue;
        }
        let mut value = String::from("Shape::new()");
        if let Some(min) = shape.min {
            value.push_str(&format!(".min({min})"));
        }
        if let Some(max) = shape.max {
            value.push_str(&format!(".max({max})"));
        }
        if let Some(pattern) = &shape.pattern {
            value.push_str(&format!(
                ".pattern(&patterns::{})",
                pattern_names(model).get(pattern).ok_or("no name")?
            ));
        }
        if shape.may_be_blank {
            value.push_str(".may_be_blank()");
        }
        match &shape.kind {
            Kind::List(member) => {
                if let Some(element) = element(model, member)? {
                    value.push_str(&format!(".element({element})"));
                }
            }
            Kind::Map { key, value: of } => {
                if let Some(key) = element(model, key)? {
                    value.push_str(&format!(".key({key})"));
                }
                if let Some(element) = element(model, of)? {
                    value.push_str(&format!(".element({element})"));
                }
            }
            Kind::Blob => value.push_str(".base64()"),
            _ => {}
        }
        if contains_sensitive(model, name)? && !shape.quoted {
            value.push_str(".sensitive()");
        }
        text.push_str(&format!("pub static {}: Shape = {value};\n", names::constant(name)));
    }
    Ok(text)
}

/// Sensitive itself, or a list or map of what is. Members of structures are judged one by one.
pub fn contains_sensitive(model: &Model, name: &str) -> Fallible<bool> {
    let shape = model.shape(name)?;
    Ok(shape.sensitive
        || match &shape.kind {
            Kind::List(member) => contains_sensitive(model, member)?,
            Kind::Map { key, value } => contains_sensitive(model, key)? || contains_sensitive(model, value)?,
            _ => false,
        })
}

/// A pattern is named after the first shape, by name, that has it.
fn pattern_names(model: &Model) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, shape) in &model.shapes {
        if let Some(pattern) = &shape.pattern {
            found.entry(pattern.clone()).or_insert_with(|| names::constant(name));
        }
    }
    found
}

pub fn patterns_module(model: &Model) -> Fallible<String> {
    let mut by_name: Vec<(String, String)> =
        pattern_names(model).into_iter().map(|(pattern, name)| (name, pattern)).collect();
    by_name.sort();
    let mut text = String::from("use crate::pattern::{Beyond, Class, Matcher, Pattern};\n");
    let mut list = String::new();
    for (name, pattern) in by_name {
        let translated = translate(&pattern).map_err(|error| format!("pattern {pattern}: {error}"))?;
        let matcher = match &translated.matcher {
            Matcher::Every { class, min, not_last } => {
                format!(
                    "Matcher::Every {{ class: {}, min: {min}, not_last: {not_last:?} }}",
                    class_text(class)?
                )
            }
            Matcher::Split { head, separator, tail } => format!(
                "Matcher::Split {{ head: {}, separator: {separator:?}, tail: {} }}",
                class_text(head)?,
                class_text(tail)?
            ),
            Matcher::NoSpaceAtEnds => "Matcher::NoSpaceAtEnds".to_owned(),
            Matcher::Odd => "Matcher::Odd".to_owned(),
        };
        text.push_str(&format!(
            "\npub static {name}: Pattern = Pattern::new(r\"{pattern}\", {matcher}, r\"{}\");\n",
            translated.regex
        ));
        list.push_str(&format!("&{name},\n"));
    }
    text.push_str(&format!("\n#[cfg(test)]\npub static ALL: &[&Pattern] = &[\n{list}];\n"));
    Ok(text)
}

fn class_text(class: &Class) -> Fallible<String> {
    let beyond = match class.beyond_ascii() {
        Beyond::None => "None",
        Beyond::All => "All",
        Beyond::Some => "Some",
    };
    Ok(format!("Class::new({:#034x}, Beyond::{beyond})", class.ascii()?))
}
