//! The model's patterns are Java expressions that must match the whole value. They are turned into a byte-class check
//! where they are simple enough, and into an expression for the `regex` crate, which decides the rest.
//!
//! Java's rules where the two differ: `\w`, `\d`, `\s` and `\S` know ASCII only, and `.` stops at a line terminator.

use std::iter::Peekable;
use std::str::Chars;

use crate::Fallible;

/// How a pattern is checked without a regex engine.
pub enum Matcher {
    /// All characters are of one class; `*` has a minimum of 0, `+` of 1. `not_last`: the look-behind `(?<!\.)$`.
    Every { class: Class, min: usize, not_last: Option<char> },
    /// `[head]+_[tail]+` where the tail has no `_`.
    Split { head: Class, separator: char, tail: Class },
    /// `[\S]+.*[\S]+`
    NoSpaceAtEnds,
    /// Only the expression decides.
    Odd,
}

pub struct Translated {
    pub matcher: Matcher,
    /// In the syntax of the `regex` crate, anchored at both ends. Empty if the matcher alone decides.
    pub regex: String,
}

#[derive(Clone, Default)]
pub struct Class {
    negated: bool,
    items: Vec<Item>,
}

#[derive(Clone)]
enum Item {
    Range(char, char),
    /// A general category, as in `\p{L}`.
    Category(String),
    NotSpace,
}

/// What a class says about characters beyond ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    None,
    All,
    /// It depends on the character's category.
    Some,
}

const SPACE: [(char, char); 2] = [('\t', '\r'), (' ', ' ')];
const WORD: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

impl Class {
    pub fn beyond_ascii(&self) -> Beyond {
        let depends = self.items.iter().any(|item| match item {
            Item::Category(_) => true,
            Item::Range(_, last) => !last.is_ascii(),
            Item::NotSpace => false,
        });
        let all = self.items.iter().any(|item| matches!(item, Item::NotSpace));
        match (all != self.negated, depends) {
            _ if all && depends && self.negated => Beyond::None,
            (_, true) if !all => Beyond::Some,
            (true, _) => Beyond::All,
            (false, _) => Beyond::None,
        }
    }

    /// Bit n is set if the class has the ASCII character n.
    pub fn ascii(&self) -> Fallible<u128> {
        let mut bits = 0;
        for byte in 0..128_u8 {
            let letter = char::from(byte);
            let mut inside = false;
            for item in &self.items {
                inside |= match item {
                    Item::Range(first, last) => (*first..=*last).contains(&letter),
                    Item::Category(category) => ascii_category(category)?.contains(&letter),
                    Item::NotSpace => !SPACE.iter().any(|(first, last)| (*first..=*last).contains(&letter)),
                };
            }
            if inside != self.negated {
                bits |= 1 << byte;
            }
        }
        Ok(bits)
    }

    fn regex(&self) -> String {
        let mut text = String::from(if self.negated { "[^" } else { "[" });
        for item in &self.items {
            match item {
                Item::Range(first, last) if first == last => text.push_str(&escape(*first)),
                Item::Range(first, last) => text.push_str(&format!("{}-{}", escape(*first), escape(*last))),
                Item::Category(category) => text.push_str(&format!("\\p{{{category}}}")),
                Item::NotSpace => text.push_str(r"[^\t-\r\x20]"),
            }
        }
        text.push(']');
        text
    }

    fn has_ascii(&self, letter: char) -> Fallible<bool> {
        Ok(letter.is_ascii() && self.ascii()? >> (letter as u32) & 1 == 1)
    }
}

fn ascii_category(category: &str) -> Fallible<Vec<char>> {
    let letters: Vec<char> = match category {
        "L" => ('A'..='Z').chain('a'..='z').collect(),
        "M" => Vec::new(),
        "N" => ('0'..='9').collect(),
        "P" => r##"!"#%&'()*,-./:;?@[\]_{}"##.chars().collect(),
        "S" => "$+<=>^`|~".chars().collect(),
        "Z" => vec![' '],
        other => return Err(format!("category {other} is new").into()),
    };
    Ok(letters)
}

fn escape(letter: char) -> String {
    if letter.is_ascii_alphanumeric() { letter.to_string() } else { format!("\\x{:02X}", letter as u32) }
}

pub fn translate(pattern: &str) -> Fallible<Translated> {
    if pattern == r"^[\S]+.*[\S]+$" {
        return Ok(Translated { matcher: Matcher::NoSpaceAtEnds, regex: expression(pattern)? });
    }
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    let (bare, not_last) = match bare.strip_suffix(r"(?<!\.)$") {
        Some(rest) => (rest, Some('.')),
        None => (bare.strip_suffix('$').unwrap_or(bare), None),
    };
    if let Some((class, min)) = one_class(bare)? {
        // A class that ends at ASCII, or has all beyond it, needs no expression.
        let regex = if class.beyond_ascii() == Beyond::Some { expression(bare)? } else { String::new() };
        return Ok(Translated { matcher: Matcher::Every { class, min, not_last }, regex });
    }
    if not_last.is_some() {
        return Err(format!("a look-behind in {pattern}, and no check for it").into());
    }
    if let Some((head, tail)) = bare.split_once("_[")
        && let Some((head, 1)) = one_class(head)?
        && let Some((tail, 1)) = one_class(&format!("[{tail}"))?
        && head.beyond_ascii() == Beyond::None
        && tail.beyond_ascii() == Beyond::None
        && !tail.has_ascii('_')?
    {
        return Ok(Translated {
            matcher: Matcher::Split { head, separator: '_', tail },
            regex: String::new(),
        });
    }
    Ok(Translated { matcher: Matcher::Odd, regex: expression(bare)? })
}

/// `[…]+` or `[…]*` and nothing else.
fn one_class(pattern: &str) -> Fallible<Option<(Class, usize)>> {
    let mut letters = pattern.chars().peekable();
    if letters.next() != Some('[') {
        return Ok(None);
    }
    let class = class(&mut letters)?;
    Ok(match letters.collect::<String>().as_str() {
        "+" => Some((class, 1)),
        "*" => Some((class, 0)),
        _ => None,
    })
}

fn expression(pattern: &str) -> Fallible<String> {
    let mut text = String::from(r"\A(?:");
    let mut dot_matches_all = false;
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '[' => text.push_str(&class(&mut letters)?.regex()),
            '\\' => match letters.next() {
                Some(escaped @ ('{' | '}' | '.' | '-' | '*' | '+' | '?')) => text.push_str(&escape(escaped)),
                other => return Err(format!("escape {other:?} in {pattern}").into()),
            },
            '.' if dot_matches_all => text.push_str(r"(?s:.)"),
            '.' => text.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
            // The whole value must match, so anchors at the ends say nothing.
            '^' | '$' => {}
            '(' if letters.peek() == Some(&'?') => {
                let flags: String = letters.by_ref().take(2).collect();
                match flags.as_str() {
                    "?:" => text.push_str("(?:"),
                    "?s" if letters.next() == Some(')') => dot_matches_all = true,
                    other => return Err(format!("group ({other} in {pattern}").into()),
                }
            }
            '(' => text.push_str("(?:"),
            ')' | '|' | '?' | '*' | '+' | '{' | '}' | ',' => text.push(letter),
            literal => text.push_str(&escape(literal)),
        }
    }
    text.push_str(r")\z");
    Ok(text)
}

/// Reads a class; the opening bracket is gone already.
fn class(letters: &mut Peekable<Chars<'_>>) -> Fallible<Class> {
    let mut class = Class::default();
    if letters.peek() == Some(&'^') {
        letters.next();
        class.negated = true;
    }
    loop {
        match letters.next() {
            None => return Err("a class without end".into()),
            Some(']') => return Ok(class),
            Some('[') => return Err("a class in a class".into()),
            Some('\\') => match letters.next() {
                Some('w') => class.items.extend(WORD.map(|(first, last)| Item::Range(first, last))),
                Some('s') => class.items.extend(SPACE.map(|(first, last)| Item::Range(first, last))),
                Some('S') => class.items.push(Item::NotSpace),
                Some('p') => {
                    let category: String =
                        letters.by_ref().skip(1).take_while(|letter| *letter != '}').collect();
                    class.items.push(Item::Category(category));
                }
                Some(escaped) => {
                    let first = escaped_letter(escaped, letters)?;
                    range_or_letter(first, letters, &mut class)?;
                }
                None => return Err("an escape without end".into()),
            },
            Some(first) => range_or_letter(first, letters, &mut class)?,
        }
    }
}

fn escaped_letter(escaped: char, letters: &mut Peekable<Chars<'_>>) -> Fallible<char> {
    match escaped {
        't' => Ok('\t'),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        'x' => {
            let digits: String = letters.by_ref().take(2).collect();
            Ok(char::from(u8::from_str_radix(&digits, 16)?))
        }
        other if other.is_ascii_punctuation() => Ok(other),
        other => Err(format!("escape {other} in a class").into()),
    }
}

/// A `-` makes a range only if another letter follows it and it does not follow a range.
fn range_or_letter(first: char, letters: &mut Peekable<Chars<'_>>, class: &mut Class) -> Fallible<()> {
    let mut ahead = letters.clone();
    let is_range = ahead.next() == Some('-') && !matches!(ahead.peek(), None | Some(']'));
    if !is_range {
        class.items.push(Item::Range(first, first));
        return Ok(());
    }
    letters.next();
    let last = match letters.next() {
        Some('\\') => {
            let escaped = letters.next().ok_or("an escape without end")?;
            escaped_letter(escaped, letters)?
        }
        Some(last) => last,
        None => return Err("a class without end".into()),
    };
    class.items.push(Item::Range(first, last));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascii_of(pattern: &str) -> String {
        let (class, _) = one_class(pattern).unwrap().unwrap();
        let bits = class.ascii().unwrap();
        (0..128_u8).filter(|byte| bits >> byte & 1 == 1).map(char::from).collect()
    }

    #[test]
    fn a_hyphen_after_a_range_is_a_hyphen() {
        assert_eq!(ascii_of("[0-9-_=.]+"), "-.0123456789=_");
        assert_eq!(ascii_of("[0-3-]+"), "-0123");
    }

    #[test]
    fn escapes_name_their_character() {
        assert_eq!(ascii_of(r"[\x21\x23-\x25]+"), "!#$%");
        assert_eq!(ascii_of(r"[\t\n\r ]+"), "\t\n\r ");
        assert_eq!(ascii_of(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"), ('!'..='~').collect::<String>());
    }

    #[test]
    fn classes_know_what_they_say_beyond_ascii() {
        for (pattern, beyond) in [
            (r"[\w+]+", Beyond::None),
            (r"[\S]+", Beyond::All),
            (r"[\p{L}]+", Beyond::Some),
            (r"[^_\p{Z}]+", Beyond::Some),
        ] {
            assert!(one_class(pattern).unwrap().unwrap().0.beyond_ascii() == beyond, "{pattern}");
        }
    }

    #[test]
    fn simple_patterns_need_no_expression() {
        for pattern in [r"[\w+]+", r"[\S]+", r"[\w-]+_[0-9a-zA-Z]+", r"^[0-9A-Za-z\.\-_]*(?<!\.)$"] {
            assert_eq!(translate(pattern).unwrap().regex, "", "{pattern}");
        }
        assert_eq!(
            translate(r".*\{####\}.*").unwrap().regex,
            r"\A(?:[^\n\r\x{85}\x{2028}\x{2029}]*\x7B\x23\x23\x23\x23\x7D[^\n\r\x{85}\x{2028}\x{2029}]*)\z"
        );
    }
}
