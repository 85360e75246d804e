//! The model's patterns. Each decides ASCII by byte classes wherever it can; the regex engine sees only what is left.

use std::sync::OnceLock;

use regex::Regex;

/// A pattern of the model, which must match the whole value, by Java's rules.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// As the model writes it, and messages quote it.
    source: &'static str,
    matcher: Matcher,
    /// The same for the `regex` crate, anchored; empty if the matcher needs none.
    regex: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

#[derive(Debug)]
pub(crate) enum Matcher {
    /// At least `min` characters, all of one class, the last of them not `not_last`.
    Every { class: Class, min: usize, not_last: Option<char> },
    /// `[head]+`, the separator, `[tail]+`; the tail has no separator, so the last one in the value is it.
    Split { head: Class, separator: char, tail: Class },
    /// `[\S]+.*[\S]+`: two characters or more, no space at either end, no line terminator where `.` has to reach.
    NoSpaceAtEnds,
    /// Only the regex knows.
    Odd,
}

/// A set of characters.
#[derive(Debug)]
pub(crate) struct Class {
    /// Bit n stands for the ASCII character n.
    pub ascii: u128,
    pub beyond: Beyond,
}

/// What a class says about characters beyond ASCII.
#[derive(Debug)]
pub(crate) enum Beyond {
    None,
    All,
    /// The regex has to look at their category.
    Some,
}

impl Pattern {
    pub(crate) const fn new(source: &'static str, matcher: Matcher, regex: &'static str) -> Self {
        Self { source, matcher, regex, compiled: OnceLock::new() }
    }

    pub(crate) const fn source(&self) -> &'static str {
        self.source
    }

    pub(crate) fn matches(&self, value: &str) -> bool {
        self.matches_without_regex(value).unwrap_or_else(|| self.matches_with_regex(value))
    }

    /// `None`: undecided.
    fn matches_without_regex(&self, value: &str) -> Option<bool> {
        match &self.matcher {
            Matcher::Every { class, min, not_last } => {
                // One byte is one character here, or more than enough of them: `min` is 0 or 1.
                let ends_well = not_last.is_none_or(|last| !value.ends_with(last));
                Some(value.len() >= *min && ends_well && class.has_all(value)?)
            }
            Matcher::Split { head, separator, tail } => Some(match value.rsplit_once(*separator) {
                Some((before, after)) => {
                    !before.is_empty() && !after.is_empty() && head.has_all(before)? && tail.has_all(after)?
                }
                None => false,
            }),
            Matcher::NoSpaceAtEnds => match value.as_bytes() {
                bytes if !bytes.is_ascii() => None,
                [first, .., last] => {
                    Some(!is_java_space(*first) && !is_java_space(*last) && !value.contains(['\n', '\r']))
                }
                _ => Some(false),
            },
            Matcher::Odd => None,
        }
    }

    fn matches_with_regex(&self, value: &str) -> bool {
        // A test compiles them all, so the `false` for one that doesn't never shows.
        self.compiled
            .get_or_init(|| Regex::new(self.regex).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(value))
    }
}

impl Class {
    /// `None`: the value has characters beyond ASCII whose category must be looked at.
    fn has_all(&self, value: &str) -> Option<bool> {
        let mut undecided = false;
        for byte in value.bytes() {
            if byte.is_ascii() {
                if self.ascii >> byte & 1 == 0 {
                    return Some(false);
                }
            } else {
                match self.beyond {
                    Beyond::None => return Some(false),
                    Beyond::All => {}
                    Beyond::Some => undecided = true,
                }
            }
        }
        if undecided { None } else { Some(true) }
    }
}

/// `\s`, which is ASCII in Java and, other than Rust's, has the vertical tab.
const fn is_java_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}
