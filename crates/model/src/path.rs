use std::fmt;

/// Where in a request the decoder is. Shown as Cognito shows it: member names with a lower-case first letter, joined by
/// dots; list elements counted from one: `userAttributes.1.member.value`.
#[derive(Debug, Default)]
pub struct Path {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Member(&'static str),
    Element(usize),
    Entry(String),
}

impl Path {
    pub(crate) fn enter_member(&mut self, name: &'static str) {
        self.steps.push(Step::Member(name));
    }

    /// `index` counts from zero.
    pub(crate) fn enter_element(&mut self, index: usize) {
        self.steps.push(Step::Element(index));
    }

    pub(crate) fn enter_entry(&mut self, key: &str) {
        self.steps.push(Step::Entry(key.to_owned()));
    }

    pub(crate) fn leave(&mut self) {
        self.steps.pop();
    }

    pub(crate) fn is_root(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Member(name) => {
                    let mut letters = name.chars();
                    if let Some(first) = letters.next() {
                        write!(f, "{}", first.to_ascii_lowercase())?;
                    }
                    f.write_str(letters.as_str())?;
                }
                Step::Element(index) => write!(f, "{}.member", index + 1)?,
                Step::Entry(key) => write!(f, "{key}.member")?,
            }
        }
        Ok(())
    }
}
