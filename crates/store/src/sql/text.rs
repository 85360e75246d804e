//! Text as it stands in columns: storable everywhere, short enough for every index, ordered by code point.

use std::borrow::Cow;

use aws_lc_rs::digest;

/// Longest value in the attribute index, in characters. Cognito's filters are no longer than this.
const INDEXED_CHARACTERS: usize = 256;
/// Longest key of a name that is stored as it is, in bytes. PostgreSQL refuses index rows beyond 2704 bytes.
const KEY_BYTES: usize = 1024;
const ESCAPE: char = '\u{1}';

/// PostgreSQL has no place for U+0000 in text. It is written as U+0001 U+0001, and U+0001 as U+0001 U+0002, which keeps
/// texts distinct and in order, and prefixes prefixes.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte <= 1) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        match character {
            '\0' => escaped.extend([ESCAPE, '\u{1}']),
            ESCAPE => escaped.extend([ESCAPE, '\u{2}']),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// The inverse of [`escape`].
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == ESCAPE {
            plain.push(if characters.next() == Some('\u{1}') { '\0' } else { ESCAPE });
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

/// The first 256 characters of an attribute's value.
pub(crate) fn indexed(value: &str) -> &str {
    match value.char_indices().nth(INDEXED_CHARACTERS) {
        Some((end, _)) => value.get(..end).unwrap_or(value),
        None => value,
    }
}

/// A name's key as it is stored: too long ones by their digest.
pub(crate) fn name_key(key: &str) -> Cow<'_, str> {
    if key.len() <= KEY_BYTES {
        return Cow::Borrowed(key);
    }
    let digest = digest::digest(&digest::SHA256, key.as_bytes());
    let mut short = String::from("sha256\u{0}");
    for byte in digest.as_ref() {
        short.extend(
            [char::from_digit(u32::from(byte >> 4), 16), char::from_digit(u32::from(byte & 15), 16)]
                .into_iter()
                .flatten(),
        );
    }
    Cow::Owned(short)
}

/// The least text that is greater than every indexed text that starts with `prefix`.
pub(crate) fn after_prefix(prefix: &str) -> String {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        if last < char::MAX {
            // The step over U+10FFFF cannot happen, the one over the surrogates must.
            end.push(((last as u32 + 1)..=(char::MAX as u32)).find_map(char::from_u32).unwrap_or(char::MAX));
            return end.into_iter().collect();
        }
    }
    // Nothing comes after; this is longer than anything in the index.
    std::iter::repeat_n(char::MAX, INDEXED_CHARACTERS + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_keeps_texts_apart_and_in_order() {
        let mut texts = [
            "",
            "\0",
            "\0\0",
            "\0\u{1}",
            "\u{1}",
            "\u{1}\0",
            "\u{1}\u{1}",
            "\u{1}\u{2}",
            "\u{2}",
            "a",
            "a\0",
            "a\0b",
            "ab",
        ];
        texts.sort_unstable();
        let escaped: Vec<_> = texts.iter().map(|text| escape(text)).collect();
        assert!(escaped.iter().all(|text| !text.contains('\0')));
        assert!(escaped.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(texts.iter().zip(&escaped).all(|(text, escaped)| unescape(escaped) == *text));
    }

    #[test]
    fn the_end_of_a_prefix_is_greater_than_all_it_starts_and_less_than_the_rest() {
        assert_eq!(after_prefix("ab"), "ac");
        assert_eq!(after_prefix("a\u{10FFFF}"), "b");
        assert_eq!(after_prefix("a\u{D7FF}"), "a\u{E000}");
        assert_eq!(after_prefix("z"), "{");
        let longest: String = std::iter::repeat_n(char::MAX, 300).collect();
        assert!(indexed(&longest) < after_prefix("\u{10FFFF}").as_str());
        assert!(indexed(&longest) < after_prefix("").as_str());
    }

    #[test]
    fn values_are_cut_between_characters() {
        let long = "ä".repeat(300);
        assert_eq!(indexed(&long), "ä".repeat(256));
        assert_eq!(indexed("short"), "short");
    }

    #[test]
    fn long_keys_stay_distinct() {
        let (one, two) = ("x".repeat(2000), format!("{}y", "x".repeat(1999)));
        assert_ne!(name_key(&one), name_key(&two));
        assert_eq!(name_key(&one).len(), 7 + 64);
        assert_eq!(name_key("short"), "short");
    }
}
