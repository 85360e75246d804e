//! The constraints of a shape, and the texts for values that break them.

use std::fmt::Write;

use serde_json::Value;

use crate::path::Path;
use crate::pattern::Pattern;
use crate::violations::Violations;

/// What the model demands of a value beyond its type.
///
/// Lengths of strings are counted in UTF-16 units, as Java's `String.length` does; those of lists and maps in elements;
/// those of binary members in bytes after decoding. The minimum and maximum of a number are its value's.
#[derive(Debug)]
pub struct Shape {
    min: Option<i64>,
    max: Option<i64>,
    pattern: Option<&'static Pattern>,
    /// The enumeration, empty if there is none.
    values: &'static [&'static str],
    sensitive: bool,
    base64: bool,
    may_be_blank: bool,
    key: Option<&'static Shape>,
    element: Option<&'static Shape>,
}

impl Shape {
    /// A shape without constraints.
    pub const FREE: Self = Self::new();

    pub(crate) const fn new() -> Self {
        Self {
            min: None,
            max: None,
            pattern: None,
            values: &[],
            sensitive: false,
            base64: false,
            may_be_blank: false,
            key: None,
            element: None,
        }
    }

    pub(crate) const fn min(mut self, min: i64) -> Self {
        self.min = Some(min);
        self
    }

    pub(crate) const fn max(mut self, max: i64) -> Self {
        self.max = Some(max);
        self
    }

    pub(crate) const fn pattern(mut self, pattern: &'static Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    pub(crate) const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    pub(crate) const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    pub(crate) const fn base64(mut self) -> Self {
        self.base64 = true;
        self
    }

    /// An empty text passes where nothing else is wrong with the request.
    pub(crate) const fn may_be_blank(mut self) -> Self {
        self.may_be_blank = true;
        self
    }

    /// Keys of a map.
    pub(crate) const fn key(mut self, key: &'static Self) -> Self {
        self.key = Some(key);
        self
    }

    /// Elements of a list or values of a map, if they are scalars with constraints.
    pub(crate) const fn element(mut self, element: &'static Self) -> Self {
        self.element = Some(element);
        self
    }

    pub(crate) const fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    pub(crate) const fn is_base64(&self) -> bool {
        self.base64
    }

    pub(crate) const fn has_element(&self) -> bool {
        self.element.is_some()
    }

    /// How many of `size` elements are worth keeping: a list above its maximum is refused in any case.
    pub(crate) fn within_maximum(&self, size: usize) -> usize {
        self.max.and_then(|max| usize::try_from(max).ok()).map_or(size, |max| size.min(max))
    }

    /// Reports a string that is too short, not of the pattern, too long: in this order, which fits most live messages
    /// we know with two violations of one member.
    pub(crate) fn check_text(&self, text: &str, at: &Path, violations: &mut Violations) {
        let before = violations.count();
        let length = self.text_length(text);
        let buffer;
        let value = if self.sensitive {
            None
        } else if self.base64 {
            buffer = format!("java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]");
            Some(buffer.as_str())
        } else {
            Some(text)
        };
        if let Some(min) = self.min.filter(|min| length < *min) {
            violations.add(value, at, format_args!("Member must have length greater than or equal to {min}"));
        }
        if let Some(pattern) = self.pattern.filter(|pattern| !pattern.matches(text)) {
            let source = pattern.source();
            violations.add(
                value,
                at,
                format_args!("Member must satisfy regular expression pattern: {source}"),
            );
        }
        if let Some(max) = self.max.filter(|max| length > *max) {
            violations.add(value, at, format_args!("Member must have length less than or equal to {max}"));
        }
        if self.may_be_blank && text.is_empty() {
            violations.excuse_from(before);
        }
    }

    pub(crate) fn check_number(&self, number: i64, at: &Path, violations: &mut Violations) {
        let (bound, limit) = match (self.min, self.max) {
            (Some(min), _) if number < min => ("greater", min),
            (_, Some(max)) if number > max => ("less", max),
            _ => return,
        };
        let text = number.to_string();
        violations.add(
            Some(text.as_str()).filter(|_| !self.sensitive),
            at,
            format_args!("Member must have value {bound} than or equal to {limit}"),
        );
    }

    /// Reports an enumeration's stranger.
    pub(crate) fn add_unknown_value(
        text: &str,
        values: &'static [&'static str],
        at: &Path,
        violations: &mut Violations,
    ) {
        violations.add(
            Some(text),
            at,
            format_args!("Member must satisfy enum value set: [{}]", values.join(", ")),
        );
    }

    /// Reports a list of the wrong size, and, as one violation of the list, elements that break their constraints: all
    /// constraints of the element are named, broken or not, as the live service does for `CallbackURLs`.
    pub(crate) fn check_list(&self, list: &Value, items: &[Value], at: &Path, violations: &mut Violations) {
        self.check_size(list, items.len(), at, violations);
        if let Some(element) = self.element
            && !items.iter().all(|item| element.accepts(item))
        {
            let rules = element.rules();
            violations.add(
                self.quote(list).as_deref(),
                at,
                format_args!("Member must satisfy constraint: [{rules}]"),
            );
        }
    }

    /// The same for a map.
    pub(crate) fn check_map(
        &self,
        map: &Value,
        entries: &serde_json::Map<String, Value>,
        at: &Path,
        violations: &mut Violations,
    ) {
        self.check_size(map, entries.len(), at, violations);
        if let Some(key) = self.key
            && !entries.keys().all(|name| key.accepts_text(name))
        {
            let rules = key.rules();
            violations.add(
                self.quote(map).as_deref(),
                at,
                format_args!("Map keys must satisfy constraint: [{rules}]"),
            );
        }
        if let Some(element) = self.element
            && !entries.values().all(|value| element.accepts(value))
        {
            let rules = element.rules();
            violations.add(
                self.quote(map).as_deref(),
                at,
                format_args!("Map value must satisfy constraint: [{rules}]"),
            );
        }
    }

    fn check_size(&self, value: &Value, size: usize, at: &Path, violations: &mut Violations) {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        if let Some(min) = self.min.filter(|min| size < *min) {
            violations.add(
                self.quote(value).as_deref(),
                at,
                format_args!("Member must have length greater than or equal to {min}"),
            );
        }
        if let Some(max) = self.max.filter(|max| size > *max) {
            violations.add(
                self.quote(value).as_deref(),
                at,
                format_args!("Member must have length less than or equal to {max}"),
            );
        }
    }

    /// Values of another type pass: decoding reports those.
    fn accepts(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.accepts_text(text),
            Value::Number(number) => number.as_i64().is_none_or(|number| {
                self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
            }),
            _ => true,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        if !self.values.is_empty() {
            return self.values.contains(&text);
        }
        let length = self.text_length(text);
        self.min.is_none_or(|min| length >= min)
            && self.max.is_none_or(|max| length <= max)
            && self.pattern.is_none_or(|pattern| pattern.matches(text))
    }

    fn text_length(&self, text: &str) -> i64 {
        if self.base64 {
            let digits = text.trim_end_matches('=').len();
            return i64::try_from(digits / 4 * 3 + (digits % 4) * 3 / 4).unwrap_or(i64::MAX);
        }
        let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        i64::try_from(units).unwrap_or(i64::MAX)
    }

    /// Every constraint of a scalar, in the order of the live service's list messages.
    fn rules(&self) -> String {
        let mut rules = Vec::new();
        if let Some(max) = self.max {
            rules.push(format!("Member must have length less than or equal to {max}"));
        }
        if let Some(min) = self.min {
            rules.push(format!("Member must have length greater than or equal to {min}"));
        }
        if let Some(pattern) = self.pattern {
            rules.push(format!("Member must satisfy regular expression pattern: {}", pattern.source()));
        }
        if !self.values.is_empty() {
            rules.push(format!("Member must satisfy enum value set: [{}]", self.values.join(", ")));
        }
        rules.join(", ")
    }

    /// A list or map as Java prints it: `[a, b]`, `{a=b, c=d}`. `None` if it is sensitive or has structures in it, for
    /// which Java prints an address that nobody can predict or use.
    fn quote(&self, value: &Value) -> Option<String> {
        if self.sensitive {
            return None;
        }
        let mut text = String::new();
        match value {
            Value::Array(items) => {
                text.push('[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        text.push_str(", ");
                    }
                    quote_scalar(item, &mut text)?;
                }
                text.push(']');
            }
            Value::Object(entries) => {
                text.push('{');
                for (position, (key, item)) in entries.iter().enumerate() {
                    if position > 0 {
                        text.push_str(", ");
                    }
                    // Writing to a string cannot fail.
                    let _ = write!(text, "{key}=");
                    quote_scalar(item, &mut text)?;
                }
                text.push('}');
            }
            scalar => quote_scalar(scalar, &mut text)?,
        }
        Some(text)
    }
}

fn quote_scalar(value: &Value, text: &mut String) -> Option<()> {
    match value {
        Value::String(string) => text.push_str(string),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::Array(_) | Value::Object(_) => return None,
    }
    Some(())
}
