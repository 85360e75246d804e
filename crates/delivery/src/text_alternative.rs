//! The plain-text alternative of an HTML mail.
//!
//! Not an HTML parser: good enough for the mails people put into pool templates, total on any input, and never longer in
//! time than the input. Its output is only ever sent as `text/plain`.

/// Elements whose content is no text of the mail.
const INVISIBLE: [&str; 4] = ["head", "script", "style", "title"];
/// Elements that begin and end on a line of their own.
const BLOCKS: [&str; 17] = [
    "address",
    "article",
    "blockquote",
    "br",
    "div",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "header",
    "hr",
    "li",
    "p",
    "section",
    "table",
    "tr",
];

/// The text of an HTML mail, links as `text (address)`.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let mut text = Lines::default();
    let mut links: Vec<Option<String>> = Vec::new();
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once('<') {
        text.push_encoded(before);
        if let Some(comment) = behind.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        if !behind.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '!' | '?'))
        {
            text.push_encoded("<");
            rest = behind;
            continue;
        }
        let (tag, behind) = split_tag(behind);
        rest = behind;
        let closing = tag.starts_with('/');
        let name = tag
            .trim_start_matches('/')
            .split(|character: char| !character.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if INVISIBLE.contains(&name.as_str()) && !closing {
            rest = behind_closing_tag(rest, &name);
        } else if BLOCKS.contains(&name.as_str()) {
            text.break_line();
        } else if name == "a" && !closing {
            links.push(attribute(tag, "href").map(decode_entities));
        } else if name == "a"
            && let Some(Some(address)) = links.pop()
        {
            text.push_link(&address);
        }
    }
    text.push_encoded(rest);
    text.finish()
}

/// Splits behind the `>` that ends a tag, which is not one within quotes.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => {
                return (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
            }
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    (text, "")
}

fn behind_closing_tag<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("</") {
        if behind.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return split_tag(behind).1;
        }
        rest = behind;
    }
    ""
}

/// The value of an attribute, still with entities.
fn attribute<'a>(tag: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = tag.split_once(|character: char| character.is_ascii_whitespace())?.1;
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == '/');
        if rest.is_empty() {
            return None;
        }
        let name_end = rest
            .find(|character: char| character.is_ascii_whitespace() || character == '=')
            .unwrap_or(rest.len());
        let (name, behind) = rest.split_at(name_end);
        let Some(behind) = behind.trim_start().strip_prefix('=') else {
            rest = behind.trim_start();
            continue;
        };
        let behind = behind.trim_start();
        let (value, behind) = match behind.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = behind.strip_prefix(quote).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            _ => behind.split_once(|character: char| character.is_ascii_whitespace()).unwrap_or((behind, "")),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = behind;
    }
}

fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        decoded.push_str(before);
        // No entity we know is longer; the bound keeps the whole pass linear.
        let name_end = behind.bytes().take(10).position(|byte| byte == b';');
        let name = name_end.and_then(|end| behind.get(..end));
        match (name.and_then(entity), name_end) {
            (Some(character), Some(end)) => {
                decoded.push(character);
                rest = behind.get(end + 1..).unwrap_or_default();
            }
            _ => {
                decoded.push('&');
                rest = behind;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|character| !character.is_control())
        }
    }
}

/// Text with collapsed white space and no empty line at either end.
#[derive(Default)]
struct Lines {
    text: String,
    space_waits: bool,
    break_waits: bool,
}

impl Lines {
    fn push_encoded(&mut self, encoded: &str) {
        for character in decode_entities(encoded).chars() {
            if character.is_whitespace() {
                self.space_waits = true;
            } else {
                self.settle();
                self.text.push(character);
            }
        }
    }

    fn push_link(&mut self, address: &str) {
        if address.is_empty() || self.text.ends_with(address) {
            return;
        }
        self.space_waits = true;
        self.settle();
        self.text.push('(');
        self.text.extend(address.chars().filter(|character| !character.is_control()));
        self.text.push(')');
    }

    fn break_line(&mut self) {
        self.break_waits = true;
    }

    fn settle(&mut self) {
        if !self.text.is_empty() {
            if self.break_waits {
                self.text.push('\n');
            } else if self.space_waits {
                self.text.push(' ');
            }
        }
        self.break_waits = false;
        self.space_waits = false;
    }

    fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_survives_and_markup_goes() {
        assert_eq!(html_to_text("Your code is 123456."), "Your code is 123456.");
        assert_eq!(
            html_to_text("<p>Hello <b>Rosa</b>,</p>\n<p>code:&nbsp;1&lt;2</p>"),
            "Hello Rosa,\ncode: 1<2"
        );
        assert_eq!(html_to_text("one<br>two<br/>three"), "one\ntwo\nthree");
        assert_eq!(html_to_text("a < b &amp;&amp; c > d"), "a < b && c > d");
        assert_eq!(html_to_text("&#65;&#x42;&unknown;&"), "AB&unknown;&");
    }

    #[test]
    fn links_keep_their_address() {
        assert_eq!(
            html_to_text("Please <a class='x' href=\"https://example.org/?a=1&amp;b=2\">click</a>."),
            "Please click (https://example.org/?a=1&b=2)."
        );
        assert_eq!(
            html_to_text("<a href=https://example.org>https://example.org</a>"),
            "https://example.org"
        );
        assert_eq!(html_to_text("<a name=top>top</a>"), "top");
    }

    #[test]
    fn what_is_not_shown_is_not_sent() {
        assert_eq!(
            html_to_text(
                "<html><head><title>t</title></head><STYLE>p{}</STYLE><!-- no <b> -->yes<script>1<2</script>"
            ),
            "yes"
        );
        assert_eq!(html_to_text("<img alt=\"a > b\" src=x>seen"), "seen");
        assert_eq!(html_to_text("cut <a href=\"x"), "cut");
        assert_eq!(html_to_text("<script>never closed"), "");
    }

    proptest! {
        #[test]
        fn any_input_is_accepted(html in "(<[a-z/!-]{0,4}|>|&[#a-z0-9]{0,6};?|[a-zü\"'= \n]|<a href=){0,40}") {
            let text = html_to_text(&html);
            prop_assert!(!text.chars().any(|character| character.is_control() && character != '\n'));
        }
    }
}
