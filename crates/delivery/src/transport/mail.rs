//! An RFC 5322 mail from a message: HTML with a plain-text alternative.

use std::time::{Duration, SystemTime};

use cenote_store::MessageId;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::SendError;
use crate::address::parse_email;
use crate::message::Message;
use crate::text_alternative::html_to_text;

/// Marks the mail as one no human wrote, so that no vacation notice answers it (RFC 3834, section 5).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// `address` or `Name <address>`, without control characters.
pub(super) fn parse_mailbox(text: &str) -> Option<Mailbox> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let mailbox: Mailbox = text.parse().ok()?;
    parse_email(mailbox.email.as_ref())?;
    Some(mailbox)
}

/// Makes the mail. The same message gives the same bytes at every attempt except for the date, so that a mail server or
/// client may recognise a repetition by its Message-ID.
pub(super) fn compose(
    id: &MessageId,
    message: &Message,
    default_from: &Mailbox,
    now_ms: i64,
) -> Result<lettre::Message, SendError> {
    let malformed = |what: &str| SendError::Permanent(format!("the {what} is malformed"));
    let to = parse_email(&message.to).ok_or_else(|| malformed("destination address"))?;
    let from = match &message.from {
        Some(from) => parse_mailbox(from).ok_or_else(|| malformed("sender address"))?,
        None => default_from.clone(),
    };
    let message_id = format!("<{id}@{}>", from.email.domain());
    let date = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
    let mut mail = lettre::Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(one_line(message.subject.as_deref().unwrap_or_default()))
        .date(date)
        .message_id(Some(message_id))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
    if let Some(reply_to) = &message.reply_to {
        mail = mail.reply_to(parse_mailbox(reply_to).ok_or_else(|| malformed("reply address"))?);
    }
    let text = html_to_text(&message.body);
    let html: String =
        message.body.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
    // Both parts are encoded, so no line of theirs can be the boundary.
    let parts = MultiPart::alternative()
        .boundary(format!("=_{id}"))
        .singlepart(SinglePart::plain(text))
        .singlepart(SinglePart::html(html));
    mail.multipart(parts).map_err(|_| malformed("mail"))
}

/// A subject is one line, whatever the template says.
fn one_line(subject: &str) -> String {
    subject.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::mail;

    fn compose_text(message: &Message) -> String {
        let from = parse_mailbox("Cenote <no-reply@id.example.org>").unwrap();
        let id = MessageId::new("1795000000000-abcdefghijkl");
        let mail = compose(&id, message, &from, 1_795_000_000_000).unwrap();
        String::from_utf8(mail.formatted()).unwrap()
    }

    #[test]
    fn a_mail_has_the_headers_and_both_parts() {
        let text = compose_text(&mail());
        for line in [
            "From: Cenote <no-reply@id.example.org>",
            "To: rosa@example.org",
            "Subject: Your verification code",
            "Date: Wed, 18 Nov 2026 11:06:40 +0000",
            "Message-ID: <1795000000000-abcdefghijkl@id.example.org>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Your code is 123456.",
            "Content-Type: text/html; charset=utf-8",
            "Your code is <b>123456</b>.",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        assert!(text.contains("Content-Type: multipart/alternative;"));
        assert_eq!(text, compose_text(&mail()));
    }

    #[test]
    fn sender_and_reply_address_of_the_pool_count() {
        let message = Message {
            from: Some("Acme Bücher <hello@acme.example>".to_owned()),
            reply_to: Some("help@acme.example".to_owned()),
            ..mail()
        };
        let text = compose_text(&message);
        assert!(text.contains("hello@acme.example>\r\n"));
        assert!(text.contains("Reply-To: help@acme.example\r\n"));
        assert!(text.contains("-abcdefghijkl@acme.example>"));
        assert!(text.is_ascii());
    }

    #[test]
    fn no_text_can_add_a_header() {
        let message =
            Message { subject: Some("Hi\r\nBcc: eve@example.org\r\n\r\nBody".to_owned()), ..mail() };
        assert!(!compose_text(&message).lines().any(|line| line.starts_with("Bcc:") || line == "Body"));
        let from = parse_mailbox("no-reply@id.example.org").unwrap();
        let id = MessageId::new("1-a");
        for broken in [
            Message { to: "rosa@example.org\r\nBcc: eve@example.org".to_owned(), ..mail() },
            Message { from: Some("Acme\r\nBcc: eve@example.org <a@b.example>".to_owned()), ..mail() },
            Message { from: Some("nobody".to_owned()), ..mail() },
            Message { reply_to: Some("<a@b.example>\n".to_owned()), ..mail() },
        ] {
            assert!(matches!(compose(&id, &broken, &from, 0), Err(SendError::Permanent(_))));
        }
    }

    #[test]
    fn bodies_have_clean_lines_only() {
        let message = Message { body: "a\n.\nb\r.\rc\0ü\n".repeat(3), ..mail() };
        let text = compose_text(&message);
        assert!(text.is_ascii());
        assert_eq!(text.matches('\r').count(), text.matches("\r\n").count());
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        assert!(!text.contains('\0'));
    }
}
