//! The service model as published: operations and shapes, without prose.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Fallible;

pub struct Model {
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
}

pub struct Operation {
    pub input: String,
    /// `None`: the operation answers with an empty body.
    pub output: Option<String>,
    /// Exception shapes, in the model's order.
    pub errors: Vec<String>,
    /// `authtype: none`.
    pub unsigned: bool,
}

#[derive(Clone)]
pub struct Shape {
    pub kind: Kind,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub pattern: Option<String>,
    pub sensitive: bool,
    /// Whether an empty text passes where nothing else is wrong with the request.
    pub may_be_blank: bool,
    /// Whether violations quote the value although it is sensitive.
    pub quoted: bool,
}

#[derive(Clone)]
pub enum Kind {
    /// Members in the model's order, which is alphabetical.
    Structure(Vec<Member>),
    /// `fault`: the service is to blame, status 500.
    Exception {
        fault: bool,
    },
    Text,
    Enumeration(Vec<String>),
    List(String),
    Map {
        key: String,
        value: String,
    },
    Integer,
    Long,
    Boolean,
    Timestamp,
    Blob,
    Document,
}

#[derive(Clone)]
pub struct Member {
    pub name: String,
    pub shape: String,
    pub required: bool,
}

impl Model {
    pub fn parse(text: &str) -> Fallible<Self> {
        let document: Value = serde_json::from_str(text)?;
        let mut operations = BTreeMap::new();
        for (name, value) in object(&document, "operations")? {
            operations.insert(name.clone(), operation(value)?);
        }
        let mut shapes = BTreeMap::new();
        for (name, value) in object(&document, "shapes")? {
            shapes.insert(name.clone(), shape(value).map_err(|error| format!("shape {name}: {error}"))?);
        }
        Ok(Self { operations, shapes })
    }

    pub fn shape(&self, name: &str) -> Fallible<&Shape> {
        self.shapes.get(name).ok_or_else(|| format!("the model has no shape {name}").into())
    }

    pub fn shape_mut(&mut self, name: &str) -> Fallible<&mut Shape> {
        self.shapes.get_mut(name).ok_or_else(|| format!("the model has no shape {name}").into())
    }
}

fn object<'a>(value: &'a Value, key: &str) -> Fallible<&'a serde_json::Map<String, Value>> {
    value.get(key).and_then(Value::as_object).ok_or_else(|| format!("{key} is missing").into())
}

fn text(value: &Value, key: &str) -> Fallible<String> {
    Ok(value.get(key).and_then(Value::as_str).ok_or_else(|| format!("{key} is missing"))?.to_owned())
}

fn target(value: &Value, key: &str) -> Fallible<String> {
    text(value.get(key).ok_or_else(|| format!("{key} is missing"))?, "shape")
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let items = value.get(key).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn operation(value: &Value) -> Fallible<Operation> {
    let errors = value.get("errors").and_then(Value::as_array).into_iter().flatten();
    Ok(Operation {
        input: target(value, "input")?,
        output: if value.get("output").is_some() { Some(target(value, "output")?) } else { None },
        errors: errors.map(|error| text(error, "shape")).collect::<Fallible<_>>()?,
        unsigned: value.get("authtype").and_then(Value::as_str) == Some("none"),
    })
}

fn shape(value: &Value) -> Fallible<Shape> {
    let kind = match text(value, "type")?.as_str() {
        "structure" if flag(value, "exception") => Kind::Exception { fault: flag(value, "fault") },
        "structure" if flag(value, "document") => Kind::Document,
        "structure" => {
            let required = texts(value, "required");
            let mut members = Vec::new();
            for (name, member) in object(value, "members")? {
                members.push(Member {
                    name: name.clone(),
                    shape: text(member, "shape")?,
                    required: required.contains(name),
                });
            }
            Kind::Structure(members)
        }
        "string" if value.get("enum").is_some() => Kind::Enumeration(texts(value, "enum")),
        "string" => Kind::Text,
        "list" => Kind::List(target(value, "member")?),
        "map" => Kind::Map { key: target(value, "key")?, value: target(value, "value")? },
        "integer" => Kind::Integer,
        "long" => Kind::Long,
        "boolean" => Kind::Boolean,
        "timestamp" => Kind::Timestamp,
        "blob" => Kind::Blob,
        other => return Err(format!("type {other} is new").into()),
    };
    Ok(Shape {
        kind,
        min: value.get("min").and_then(Value::as_i64),
        max: value.get("max").and_then(Value::as_i64),
        pattern: value.get("pattern").and_then(Value::as_str).map(str::to_owned),
        sensitive: flag(value, "sensitive"),
        may_be_blank: false,
        quoted: false,
    })
}
