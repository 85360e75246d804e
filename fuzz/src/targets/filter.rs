//! The filters of ListUsers.

use cenote_core::users::list::filter;

use super::{text, texts};

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(Some(found)) = filter::parse(text, str::to_lowercase, |name| name == "custom:plan") else {
        return;
    };
    assert!(text.trim_start().starts_with(&found.name));
    assert!(found.value.len() <= 3 * text.len());
    // Written again, it reads the same.
    let value = found.value.replace('\\', r"\\").replace('"', "\\\"");
    let operation = if text.split('"').next().is_some_and(|head| head.contains('^')) { "^=" } else { "=" };
    let again = format!("{} {operation} \"{value}\"", found.name);
    let read = filter::parse(&again, str::to_lowercase, |name| name == "custom:plan");
    assert_eq!(read.ok().flatten(), Some(found));
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        r#"email = "a@b.c""#,
        r#"  phone_number  ^=  "+49"  "#,
        r#"name = "\"R\\osa\"""#,
        r#"cognito:user_status ^= "CONF""#,
        r#"custom:plan="gold""#,
        r#"username ^= "Rosa""#,
        r#"status = "Enabled""#,
        r#"email = "a" and name = "b""#,
    ])
}
