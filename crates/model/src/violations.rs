use std::fmt::{self, Write};

use crate::path::Path;

/// Violations beyond this number are counted but not written out, so that a request full of bad elements cannot ask for
/// an answer many times its size.
const WRITTEN: usize = 100;

/// What a request broke of the model's constraints, in the order found, each in Cognito's words.
///
/// The texts quote the caller's values, so `Debug` shows only how many there are.
#[derive(Default)]
pub struct Violations {
    written: Vec<String>,
    count: usize,
    /// Of these, how many do not stand in the way by themselves.
    excused: usize,
    silenced: bool,
    incomplete: bool,
}

impl Violations {
    /// Collects nothing but whether a value had to be made up; for documents that were checked before.
    pub(crate) fn unchecked() -> Self {
        Self { silenced: true, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.count == self.excused
    }

    /// The text of an InvalidParameterException; `None` if nothing is violated.
    pub fn into_message(self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let noun = if self.count == 1 { "error" } else { "errors" };
        Some(format!("{} validation {noun} detected: {}", self.count, self.written.join("; ")))
    }

    /// `value`: what to quote, `None` for sensitive members, whose value is left out.
    pub(crate) fn add(&mut self, value: Option<&str>, at: &Path, rule: fmt::Arguments<'_>) {
        if self.silenced {
            return;
        }
        self.count += 1;
        if self.written.len() >= WRITTEN {
            return;
        }
        let mut text = String::from("Value ");
        if let Some(value) = value {
            text.push('\'');
            text.push_str(value);
            text.push_str("' ");
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "at '{at}' failed to satisfy constraint: {rule}");
        self.written.push(text);
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// What was found after the first `before` is told beside others only.
    pub(crate) fn excuse_from(&mut self, before: usize) {
        self.excused += self.count - before;
    }

    /// A required value is absent.
    pub(crate) fn add_missing(&mut self, sensitive: bool, at: &Path) {
        self.incomplete = true;
        if self.silenced {
            return;
        }
        self.count += 1;
        if self.written.len() < WRITTEN {
            let null = if sensitive { "" } else { "null " };
            self.written
                .push(format!("Value {null}at '{at}' failed to satisfy constraint: Member must not be null"));
        }
    }

    /// A value was not one of its enumeration, and a placeholder stands for it.
    pub(crate) fn mark_incomplete(&mut self) {
        self.incomplete = true;
    }

    /// Whether the decoded structure has a placeholder in it.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whether nobody listens, so that checks can be left out.
    pub(crate) fn is_silenced(&self) -> bool {
        self.silenced
    }

    /// Sets whether anybody listens and returns what was set before.
    pub(crate) fn silence(&mut self, silenced: bool) -> bool {
        std::mem::replace(&mut self.silenced, silenced)
    }
}

impl fmt::Debug for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Violations").field("count", &self.count).finish_non_exhaustive()
    }
}
