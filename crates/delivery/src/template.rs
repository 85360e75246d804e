//! Message templates: `{####}`, `{username}` and `{##link text##}`, replaced in one pass.
//!
//! The rules are those of Cognito's message templates. What cannot be resolved stays as it is, and what was put in is
//! never looked at again: a user who calls himself `{####}` learns no code.

use std::borrow::Cow;

use cenote_store::Channel;

/// The longest text message, in characters, after substitution.
pub const SMS_CHARACTERS: usize = 140;
/// The longest body of a mail, in characters, after substitution.
pub const EMAIL_CHARACTERS: usize = 20_000;
/// The longest subject of a mail, in characters, after substitution.
pub const SUBJECT_CHARACTERS: usize = 140;

/// What a template may mention. A member that is none leaves its placeholder unresolved.
#[derive(Clone, Copy, Default)]
pub struct Placeholders<'a> {
    /// Stands for `{####}`: the code or the temporary password.
    pub code: Option<&'a str>,
    /// Stands for `{username}`.
    pub username: Option<&'a str>,
    /// The address that `{##link text##}` leads to.
    pub link: Option<&'a str>,
}

impl std::fmt::Debug for Placeholders<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Placeholders(***)")
    }
}

/// Part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Code,
    Username,
    Link(&'a str),
}

const CODE: &str = "{####}";
const USERNAME: &str = "{username}";
const LINK_START: &str = "{##";
const LINK_END: &str = "##}";

/// Takes the first piece off `template`, which must not be empty.
fn next_piece(template: &str) -> (Piece<'_>, &str) {
    if let Some(rest) = template.strip_prefix(CODE) {
        return (Piece::Code, rest);
    }
    if let Some(rest) = template.strip_prefix(USERNAME) {
        return (Piece::Username, rest);
    }
    if let Some(behind) = template.strip_prefix(LINK_START) {
        // A link ends before the next one starts; looking no further keeps the whole pass linear.
        let (link, _) = behind.split_once(LINK_START).unwrap_or((behind, ""));
        if let Some((text, _)) = link.split_once(LINK_END) {
            let rest = behind.get(text.len() + LINK_END.len()..).unwrap_or_default();
            return (Piece::Link(text), rest);
        }
    }
    // A brace that opens no placeholder is text itself, so the search for the next one starts behind it.
    let behind_first = template.chars().next().map_or(0, char::len_utf8);
    let end = template
        .char_indices()
        .skip(1)
        .find(|(_, character)| *character == '{')
        .map_or(template.len(), |(at, _)| at)
        .max(behind_first);
    let (text, rest) = template.split_at(end);
    (Piece::Text(text), rest)
}

fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, behind) = next_piece(rest);
        rest = behind;
        Some(piece)
    })
}

/// Renders a subject or a text message. A link becomes `text: address`.
#[must_use]
pub fn render_text(template: &str, placeholders: &Placeholders<'_>) -> String {
    render(template, placeholders, |value| Cow::Borrowed(value), |text, link| format!("{text}: {link}"))
}

/// Renders the HTML body of a mail. The template is HTML and stays as it is; everything put into it is escaped.
#[must_use]
pub fn render_html(template: &str, placeholders: &Placeholders<'_>) -> String {
    render(template, placeholders, escape_html, |text, link| {
        format!("<a href=\"{}\">{text}</a>", escape_html(link))
    })
}

fn render(
    template: &str,
    placeholders: &Placeholders<'_>,
    value: fn(&str) -> Cow<'_, str>,
    link: impl Fn(&str, &str) -> String,
) -> String {
    let mut rendered = String::with_capacity(template.len() + 64);
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => rendered.push_str(text),
            Piece::Code => rendered.push_str(&placeholders.code.map_or(Cow::Borrowed(CODE), value)),
            Piece::Username => {
                rendered.push_str(&placeholders.username.map_or(Cow::Borrowed(USERNAME), value));
            }
            Piece::Link(text) => match placeholders.link {
                Some(address) => rendered.push_str(&link(text, address)),
                None => {
                    rendered.push_str(LINK_START);
                    rendered.push_str(text);
                    rendered.push_str(LINK_END);
                }
            },
        }
    }
    rendered
}

/// What Cognito says of an e-mail text that [has no code](has_code).
pub const EMAIL_PATTERN: &str = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*";

/// The same of a text message.
pub const SMS_PATTERN: &str = r"(?s).*\{####\}(?s).*";

/// Whether the template has a place for the code.
#[must_use]
pub fn has_code(template: &str) -> bool {
    pieces(template).any(|piece| piece == Piece::Code)
}

/// Whether the template has a place for the user name.
#[must_use]
pub fn has_username(template: &str) -> bool {
    pieces(template).any(|piece| piece == Piece::Username)
}

/// Whether the template has a place for the confirmation link.
#[must_use]
pub fn has_link(template: &str) -> bool {
    pieces(template).any(|piece| matches!(piece, Piece::Link(_)))
}

/// Escapes text for HTML, in elements and in quoted attributes.
#[must_use]
pub fn escape_html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// The part of a rendered message that is too long to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    /// More than [`SMS_CHARACTERS`].
    #[error("the text message is longer than {SMS_CHARACTERS} characters")]
    SmsBody,
    /// More than [`EMAIL_CHARACTERS`].
    #[error("the mail is longer than {EMAIL_CHARACTERS} characters")]
    EmailBody,
    /// More than [`SUBJECT_CHARACTERS`].
    #[error("the subject is longer than {SUBJECT_CHARACTERS} characters")]
    Subject,
}

/// Checks what was rendered against Cognito's limits.
///
/// # Errors
/// The first part that is too long.
pub fn check_lengths(channel: Channel, subject: Option<&str>, body: &str) -> Result<(), TooLong> {
    let longer = |text: &str, limit: usize| text.chars().nth(limit).is_some();
    if channel == Channel::Email && subject.is_some_and(|subject| longer(subject, SUBJECT_CHARACTERS)) {
        return Err(TooLong::Subject);
    }
    match channel {
        Channel::Sms if longer(body, SMS_CHARACTERS) => Err(TooLong::SmsBody),
        Channel::Email if longer(body, EMAIL_CHARACTERS) => Err(TooLong::EmailBody),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Placeholders<'_> = Placeholders {
        code: Some("123456"),
        username: Some("rosa"),
        link: Some("https://auth.example.org/confirmUser?client_id=c&user_name=rosa"),
    };

    #[test]
    fn every_placeholder_is_replaced() {
        assert_eq!(render_text("{username}, your code is {####}.", &ALL), "rosa, your code is 123456.");
        assert_eq!(render_text("{####}{####}", &ALL), "123456123456");
        assert_eq!(
            render_html("Please {##click here##}!", &ALL),
            "Please <a href=\"https://auth.example.org/confirmUser?client_id=c&amp;user_name=rosa\">click here</a>!"
        );
        assert_eq!(
            render_text("{##Verify##}", &ALL),
            "Verify: https://auth.example.org/confirmUser?client_id=c&user_name=rosa"
        );
    }

    #[test]
    fn what_is_unknown_stays_as_it_is() {
        let nothing = Placeholders::default();
        for template in
            ["{####} {username} {##go##}", "{", "}{", "{#}{##}{###}{#####}", "{##go", "{user}", "ü{ö}"]
        {
            assert_eq!(render_text(template, &nothing), template);
            assert_eq!(render_html(template, &nothing), template);
        }
        assert_eq!(render_text("{ {####}", &ALL), "{ 123456");
        assert_eq!(render_text("{##{####}", &ALL), "{##123456");
        assert_eq!(render_text("{##{##go##}", &Placeholders { link: Some("x"), ..nothing }), "{##go: x");
    }

    #[test]
    fn values_are_never_expanded_again() {
        let hostile = Placeholders { username: Some("{####}{##x##}"), ..ALL };
        assert_eq!(render_text("{username} {####}", &hostile), "{####}{##x##} 123456");
        let split = Placeholders { username: Some("####}"), ..ALL };
        assert_eq!(render_text("{{username}", &split), "{####}");
    }

    #[test]
    fn values_are_escaped_in_html_only() {
        let hostile = Placeholders {
            code: Some("a<b>&\"'"),
            username: Some("<script>alert(1)</script>"),
            link: Some("https://x/?a=\"><script>"),
        };
        assert_eq!(
            render_html("<b>{username}</b>", &hostile),
            "<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>"
        );
        assert_eq!(render_html("{####}", &hostile), "a&lt;b&gt;&amp;&quot;&#39;");
        assert_eq!(
            render_html("{##go##}", &hostile),
            "<a href=\"https://x/?a=&quot;&gt;&lt;script&gt;\">go</a>"
        );
        assert_eq!(render_text("{####}", &hostile), "a<b>&\"'");
    }

    #[test]
    fn places_are_found() {
        assert!(has_code("code {####}") && !has_code("code {###}"));
        assert!(has_link("{##Click Here##}") && !has_link("{####}"));
        assert!(has_username("{username}") && !has_username("{Username}"));
    }

    #[test]
    fn lengths_count_characters() {
        let exactly = "ü".repeat(140);
        assert_eq!(check_lengths(Channel::Sms, None, &exactly), Ok(()));
        assert_eq!(check_lengths(Channel::Sms, None, &format!("{exactly}.")), Err(TooLong::SmsBody));
        assert_eq!(check_lengths(Channel::Email, Some(&exactly), &"x".repeat(20_000)), Ok(()));
        assert_eq!(check_lengths(Channel::Email, Some("s"), &"x".repeat(20_001)), Err(TooLong::EmailBody));
        assert_eq!(check_lengths(Channel::Email, Some(&format!("{exactly}.")), "x"), Err(TooLong::Subject));
    }

    proptest! {
        #[test]
        fn pieces_cover_the_template(template in "[a-z{}#ü]{0,40}") {
            prop_assert_eq!(render_text(&template, &Placeholders::default()), template);
        }

        #[test]
        fn no_value_brings_markup_into_html(template in "[a-z {}#]{0,20}", value in ".{0,20}") {
            let all = Placeholders { code: Some(&value), username: Some(&value), link: Some(&value) };
            let rendered = render_html(&format!("{template}{{####}}{{username}}"), &all);
            // The only markup that can appear is that of links.
            let without_links = rendered.replace("<a href=\"", "").replace("\">", "").replace("</a>", "");
            prop_assert!(!without_links.contains(['<', '>', '"', '\'']));
        }

        #[test]
        fn the_code_appears_as_often_as_its_placeholder(before in "[a-z{}#]{0,12}", username in "[a-z{}#]{0,12}") {
            let values = Placeholders { code: Some("917352"), username: Some(&username), link: None };
            let template = format!("{before}{{username}}");
            let places = pieces(&template).filter(|piece| *piece == Piece::Code).count();
            prop_assert_eq!(render_text(&template, &values).matches("917352").count(), places);
        }
    }
}
