//! The filter grammar: one clause, `name = "value"` or `name ^= "value"`; in the value, `\"` and `\\` stand for a quotation
//! mark and a backslash.

use cenote_store::{FilterOperation, UserFilter};

use crate::error::Error;

/// What can be searched by.
const SEARCHABLE: [&str; 10] = [
    "username",
    "email",
    "phone_number",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "sub",
    "cognito:user_status",
    "status",
];

/// Reads a filter; `None` for one without a clause, which lets everybody through. `fold_name` makes a user name comparable,
/// `is_custom` knows the pool's custom attributes, which Cognito itself can't search by.
///
/// # Errors
/// `InvalidParameterException`.
pub fn parse(
    text: &str,
    fold_name: impl Fn(&str) -> String,
    is_custom: impl Fn(&str) -> bool,
) -> Result<Option<UserFilter>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (name, operation, value) =
        split(text).ok_or_else(|| Error::invalid_parameter("Error while parsing filter."))?;
    if !SEARCHABLE.contains(&name) && !is_custom(name) {
        return Err(Error::invalid_parameter(format!("Invalid search attribute: {name}")));
    }
    let value = match name {
        "username" => fold_name(&value),
        "cognito:user_status" => value.to_lowercase(),
        _ => value,
    };
    Ok(Some(UserFilter { name: name.to_owned(), operation, value }))
}

fn split(text: &str) -> Option<(&str, FilterOperation, String)> {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '^' | '"'))?;
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let (operation, rest) = match rest.strip_prefix("^=") {
        Some(rest) => (FilterOperation::StartsWith, rest),
        None => (FilterOperation::Equal, rest.strip_prefix('=')?),
    };
    let quoted = rest.trim_start().strip_prefix('"')?.strip_suffix('"')?;
    (!name.is_empty()).then_some(())?;
    Some((name, operation, unescape(quoted)?))
}

/// The value between the quotation marks; `None` when one within it is not escaped, or something else is.
fn unescape(quoted: &str) -> Option<String> {
    let mut value = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => value.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            other => value.push(other),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Option<UserFilter>, String> {
        parse(text, str::to_lowercase, |name| name == "custom:plan").map_err(|error| error.message.unwrap())
    }

    fn filter(name: &str, operation: FilterOperation, value: &str) -> Result<Option<UserFilter>, String> {
        Ok(Some(UserFilter { name: name.into(), operation, value: value.into() }))
    }

    #[test]
    fn clauses_are_read() {
        use FilterOperation::{Equal, StartsWith};
        for (text, expected) in [
            ("", Ok(None)),
            ("   ", Ok(None)),
            (r#"email = "a@b.c""#, filter("email", Equal, "a@b.c")),
            (r#"email="a@b.c""#, filter("email", Equal, "a@b.c")),
            (r#"  email  ^=  "a"  "#, filter("email", StartsWith, "a")),
            (r#"email^="""#, filter("email", StartsWith, "")),
            (r#"name = " Rosa Luna ""#, filter("name", Equal, " Rosa Luna ")),
            (r#"name = "\"R\\osa\"""#, filter("name", Equal, r#""R\osa""#)),
            (r#"name = "a = b""#, filter("name", Equal, "a = b")),
            (r#"username = "Rosa""#, filter("username", Equal, "rosa")),
            (r#"cognito:user_status ^= "CONF""#, filter("cognito:user_status", StartsWith, "conf")),
            (r#"status = "Enabled""#, filter("status", Equal, "Enabled")),
            (r#"email = "Rosa""#, filter("email", Equal, "Rosa")),
            (r#"custom:plan ^= "Go""#, filter("custom:plan", StartsWith, "Go")),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "email",
            "email =",
            "email = a@b.c",
            r#"email = "a"#,
            r#"email = ""#,
            r#"email = a""#,
            r#"email == "a""#,
            r#"email != "a""#,
            r#"email ^ = "a""#,
            r#"= "a""#,
            r#"^= "a""#,
            r#""email" = "a""#,
            r#"email = "a" and name = "b""#,
            r#"email = "a""#.repeat(2).as_str(),
            r#"email = "a\""#,
            r#"email = "a\n""#,
        ] {
            assert_eq!(read(text), Err("Error while parsing filter.".into()), "{text}");
        }
        for name in ["nickname", "custom:x", "Email", "enabled", "dev:custom:x", "email_verified"] {
            assert_eq!(read(&format!("{name} = \"a\"")), Err(format!("Invalid search attribute: {name}")));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s).{0,300}") {
            let _ = read(&text);
        }

        #[test]
        fn nearly_filters_are_read_or_refused(text in r#"(email|status|x)? ?[\^=]{0,3} ?["\\a ]{0,12}"#) {
            let _ = read(&text);
        }

        #[test]
        fn values_come_back_as_they_were(value in "(?s).{0,60}", spaces in " {0,3}") {
            let escaped = value.replace('\\', r"\\").replace('"', "\\\"");
            let text = format!("name{spaces}={spaces}\"{escaped}\"");
            prop_assert_eq!(read(&text), filter("name", FilterOperation::Equal, &value));
        }
    }
}
