//! Wildcards as IAM has them: `*` is any text, `?` is any one character.

/// Whether the text fits the pattern. Linear in the product of both lengths at worst, whatever the pattern.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where the last `*` stood, and up to where it has eaten the text.
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at_text) {
        match pattern.get(at_pattern) {
            Some('*') => {
                star = Some((at_pattern, at_text));
                at_pattern += 1;
            }
            Some(expected) if *expected == '?' || expected == character => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => match star {
                Some((star_at, eaten)) => {
                    star = Some((star_at, eaten + 1));
                    at_pattern = star_at + 1;
                    at_text = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at_pattern).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word for word; exponential.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => {
                by_definition(rest, text)
                    || text.split_first().is_some_and(|(_, tail)| by_definition(pattern, tail))
            }
            (Some((expected, rest)), Some((found, tail))) => {
                (*expected == '?' || expected == found) && by_definition(rest, tail)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[abé]{0,8}") {
            let expected = by_definition(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(matches(&pattern, &text), expected);
        }

        #[test]
        fn a_text_fits_itself_and_the_star(text in "[^*?]{0,40}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches("*", &text));
            let prefix = format!("{text}*");
            let suffix = format!("*{text}");
            prop_assert!(matches(&prefix, &text) && matches(&suffix, &text));
        }

        #[test]
        fn without_wildcards_only_equal_texts_fit(pattern in "[abc:/]{0,6}", text in "[abc:/]{0,6}") {
            prop_assert_eq!(matches(&pattern, &text), pattern == text);
        }
    }

    #[test]
    fn hostile_patterns_are_quick() {
        assert!(!matches(&"*a".repeat(200), &"b".repeat(5_000)));
    }
}
