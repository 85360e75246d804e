//! IAM policy documents, as far as they apply here: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
//!
//! What a policy says and Cenote can't evaluate is refused when the policy is read: ignoring a condition would grant more
//! than was meant.

mod document;

use serde_json::{Map, Value};

use super::pattern;

/// What an access key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    effect: Effect,
    actions: Patterns,
    resources: Patterns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// A list of patterns; with `negated`, whatever none of them fits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Patterns {
    negated: bool,
    list: Vec<String>,
}

impl Patterns {
    fn contain(&self, text: &str) -> bool {
        self.list.iter().any(|one| pattern::matches(one, text)) != self.negated
    }
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it; no other can allow it.
    ExplicitlyDenied,
}

/// Why a policy document was refused; names the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy's {place} {problem}")]
pub struct PolicyError {
    place: String,
    problem: String,
}

impl PolicyError {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

impl Policy {
    /// The document that allows everything.
    #[must_use]
    pub fn administrator() -> Value {
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }],
        })
    }

    /// The JSON of a document, in which no member may be there twice.
    ///
    /// # Errors
    /// When it is no JSON, or says something twice.
    pub fn read(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str::<document::Document>(text).map(|document| document.0)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// When it is not a policy, or holds something that Cenote does not evaluate.
    pub fn parse(document: &Value) -> Result<Self, PolicyError> {
        let document =
            document.as_object().ok_or_else(|| PolicyError::new("document", "has to be a JSON object"))?;
        only(document, "document", &["Version", "Id", "Statement"])?;
        match document.get("Version").map(Value::as_str) {
            None | Some(Some("2012-10-17" | "2008-10-17")) => {}
            Some(_) => return Err(PolicyError::new("Version", "has to be \"2012-10-17\"")),
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => return Err(PolicyError::new("Statement", "has to be an object or a list of objects")),
        };
        let statements = statements.iter().enumerate().map(|(index, one)| statement(index, one));
        Ok(Self { statements: statements.collect::<Result<_, _>>()? })
    }

    /// Decides. `action` is `cognito-idp:Operation`, `resource` a pool's ARN or `*`.
    #[must_use]
    pub fn decide(&self, action: &str, resource: &str) -> Decision {
        let action = action.to_ascii_lowercase();
        let mut decision = Decision::NotAllowed;
        for statement in &self.statements {
            if !statement.actions.contain(&action) || !statement.resources.contain(resource) {
                continue;
            }
            match statement.effect {
                Effect::Deny => return Decision::ExplicitlyDenied,
                Effect::Allow => decision = Decision::Allowed,
            }
        }
        decision
    }
}

fn statement(index: usize, value: &Value) -> Result<Statement, PolicyError> {
    let place = |name: &str| format!("Statement[{index}].{name}");
    let object = value
        .as_object()
        .ok_or_else(|| PolicyError::new(format!("Statement[{index}]"), "has to be a JSON object"))?;
    only(
        object,
        &format!("Statement[{index}]"),
        &["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"],
    )?;
    let effect = match object.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(PolicyError::new(place("Effect"), "has to be \"Allow\" or \"Deny\"")),
    };
    let mut actions = patterns(object, index, "Action", "NotAction")?;
    for action in &mut actions.list {
        if action != "*" && !action.contains(':') {
            return Err(PolicyError::new(
                place("Action"),
                format!("names `{action}`, which is no action such as cognito-idp:AdminGetUser"),
            ));
        }
        // IAM compares actions without regard to case.
        *action = action.to_ascii_lowercase();
    }
    let resources = patterns(object, index, "Resource", "NotResource")?;
    if let Some(variable) = resources.list.iter().find(|one| one.contains("${")) {
        return Err(PolicyError::new(
            place("Resource"),
            format!("uses a variable (`{variable}`), which Cenote does not know"),
        ));
    }
    Ok(Statement { effect, actions, resources })
}

fn patterns(
    object: &Map<String, Value>,
    index: usize,
    name: &str,
    negated: &str,
) -> Result<Patterns, PolicyError> {
    let (value, used, negated) = match (object.get(name), object.get(negated)) {
        (Some(value), None) => (value, name, false),
        (None, Some(value)) => (value, negated, true),
        _ => {
            return Err(PolicyError::new(
                format!("Statement[{index}]"),
                format!("needs either {name} or {negated}"),
            ));
        }
    };
    let wrong =
        || PolicyError::new(format!("Statement[{index}].{used}"), "has to be a text or a list of texts");
    let list = match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) if !list.is_empty() => list
            .iter()
            .map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<_, _>>()?,
        _ => return Err(wrong()),
    };
    Ok(Patterns { negated, list })
}

/// Refuses members that nobody would look at.
fn only(object: &Map<String, Value>, place: &str, known: &[&str]) -> Result<(), PolicyError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(PolicyError::new(
            place,
            format!("has the member {key}, which Cenote does not evaluate; it knows {}", known.join(", ")),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
