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
#[expect(clippy::large_enum_variant, reason = "all are constants, and none is moved")]
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
    /// By byte: looked up for every byte of every token.
    holds: [bool; 256],
    beyond: Beyond,
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
    /// Bit n of `ascii` stands for the ASCII character n.
    pub(crate) const fn new(ascii: u128, beyond: Beyond) -> Self {
        let mut holds = [!matches!(beyond, Beyond::None); 256];
        let (mut rest, mut bits) = (holds.as_mut_slice(), ascii);
        let mut byte = 0;
        while let ([first, others @ ..], true) = (rest, byte < 128) {
            *first = bits & 1 == 1;
            (rest, bits, byte) = (others, bits >> 1, byte + 1);
        }
        Self { holds, beyond }
    }

    /// `None`: the value has characters beyond ASCII whose category must be looked at.
    fn has_all(&self, value: &str) -> Option<bool> {
        let holds = |byte: u8| self.holds.get(usize::from(byte)).is_some_and(|holds| *holds);
        // All are looked at, since nearly every value is as it should be.
        if !value.bytes().fold(true, |all, byte| all & holds(byte)) {
            return Some(false);
        }
        if matches!(self.beyond, Beyond::Some) && !value.is_ascii() { None } else { Some(true) }
    }
}

/// `\s`, which is ASCII in Java and, other than Rust's, has the vertical tab.
const fn is_java_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::generated::patterns::ALL;

    /// The model's text as the `regex` crate would have it, worked out another way than the generator does.
    fn reference(source: &str) -> Regex {
        let translated = source
            .replace(r"(?<!\.)", "")
            .replace(r"[\S]", r"[^\t-\r ]")
            .replace(r"\w", "0-9A-Za-z_")
            .replace(r"\s", r"\t-\r ");
        let translated = if source.starts_with("(?s)") {
            translated
        } else {
            translated.replace(".*", r"[^\n\r\x{85}\x{2028}\x{2029}]*")
        };
        Regex::new(&format!(r"\A(?:{translated})\z")).unwrap()
    }

    fn references() -> &'static [Regex] {
        static REFERENCES: OnceLock<Vec<Regex>> = OnceLock::new();
        REFERENCES.get_or_init(|| ALL.iter().map(|pattern| reference(pattern.source)).collect())
    }

    fn by_source(source: &str) -> &'static Pattern {
        ALL.iter().find(|pattern| pattern.source == source).unwrap()
    }

    #[test]
    fn every_expression_compiles() {
        for pattern in ALL {
            assert!(Regex::new(pattern.regex).is_ok(), "{}", pattern.source);
            let undecided = pattern.matches_without_regex("a").is_none();
            assert!(!undecided || !pattern.regex.is_empty(), "{}", pattern.source);
        }
    }

    #[test]
    fn patterns_of_every_sign_in_need_no_regex() {
        for (source, value) in [
            (r"[\w+]+", "4qhbd3m9vpqh2ub1r8gsd2pkq7"),
            (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", "ada@example.com"),
            (r"[\w+=/]+", "iY1U+/aaZQ=="),
            (r"[A-Za-z0-9-_=.]+", "eyJraWQ.eyJzdWI.c2ln-_"),
            (r"[\S]+", "123456"),
            (r"^[\S]+.*[\S]+$", "correct horse"),
            (r"[\w-]+_[0-9a-zA-Z]+", "eu-central-1_aB3dE5"),
            (r"[\w-]+_[0-9a-f-]+", "eu-central-1_5f1d6a4e-77c2-4c5e-9f3b-0a1b2c3d4e5f"),
        ] {
            assert_eq!(by_source(source).matches_without_regex(value), Some(true), "{source}");
        }
    }

    #[test]
    fn java_rules() {
        // `\w` is ASCII.
        assert!(!by_source(r"[\w+]+").matches("cliënt"));
        // `\S` is all but ASCII space.
        assert!(by_source(r"[\S]+").matches("a\u{a0}\u{2003}b"));
        assert!(!by_source(r"[\S]+").matches("a\u{b}b"));
        // A closing newline is not forgiven by `$`.
        assert!(!by_source("^[0-9a-fA-F]+$").matches("ab\n"));
        // `.` stops at every line terminator.
        let password = by_source(r"^[\S]+.*[\S]+$");
        for (value, fits) in [
            ("", false),
            ("a", false),
            ("ab", true),
            (" ab", false),
            ("ab ", false),
            ("a b", true),
            ("a\nb", false),
            ("ä", false),
            ("ää", true),
            ("a \u{2028} b", false),
            ("a\u{2028}b", true),
        ] {
            assert_eq!(password.matches(value), fits, "{value:?}");
        }
        let pool_id = by_source(r"[\w-]+_[0-9a-zA-Z]+");
        for (value, fits) in [
            ("a_b", true),
            ("a__b", true),
            ("_b", false),
            ("a_", false),
            ("ab", false),
            ("a_b-c", false),
            ("a_b_", false),
        ] {
            assert_eq!(pool_id.matches(value), fits, "{value:?}");
        }
        let bucket = by_source(r"^[0-9A-Za-z\.\-_]*(?<!\.)$");
        for (value, fits) in [("", true), ("a.b", true), ("a.", false), ("a b", false), ("ä", false)] {
            assert_eq!(bucket.matches(value), fits, "{value:?}");
        }
    }

    fn tricky_text() -> impl Strategy<Value = String> {
        let tricky: Vec<char> =
            "aZ09_-+=/.,:@#*{} \t\n\r\u{b}\"\\^~\u{7f}\u{85}\u{a0}äß😀\u{301}\u{2028}\u{2003}\u{200d}"
                .chars()
                .collect();
        prop::collection::vec(prop::sample::select(tricky), 0..8)
            .prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn agrees_with_the_reference(value in tricky_text()) {
            for (pattern, reference) in ALL.iter().zip(references()) {
                let expected = reference.is_match(&value)
                    && !(pattern.source.contains(r"(?<!\.)") && value.ends_with('.'));
                prop_assert_eq!(pattern.matches(&value), expected, "{} {:?}", pattern.source, value);
            }
        }
    }
}
