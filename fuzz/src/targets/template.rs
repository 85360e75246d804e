//! Message templates. The template, a zero byte, the user's name.

use cenote_delivery::template::{Placeholders, has_code, has_link, has_username, render_html, render_text};

use super::{text, texts};

pub(crate) fn run(data: &[u8]) {
    let Some((template, username)) = text(data).and_then(|text| text.split_once('\0')) else { return };
    let placeholders =
        Placeholders { code: Some("123456"), username: Some(username), link: Some("https://a/?b&c") };
    let (plain, html) = (render_text(template, &placeholders), render_html(template, &placeholders));
    if !has_code(template) && !has_username(template) && !has_link(template) {
        assert_eq!((plain.as_str(), html.as_str()), (template, template));
    }
    // Nothing that a user chose becomes markup: there are as many brackets as in the template and the links made of it.
    let brackets = |text: &str| text.matches('<').count();
    assert!(brackets(&html) <= brackets(template) + 2 * template.matches("{##").count());
    assert_eq!(render_html("{username}", &placeholders).matches(['<', '>', '"', '\'']).count(), 0);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "Hello {username}, your code is {####}.\0rosa",
        "<p>{##Click here##} or {##there##}</p>\0<b>",
        "{##{##a##}##}{####{username{####}\0{####}",
        "{\u{e4}{{#}{username}\0\u{1f600}",
    ])
}
